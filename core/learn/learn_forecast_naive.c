/* The seasonal naive forecast: what was one season ago. */
#include "core/learn/learn_forecast.h"
#include "core/learn/learn_forecast_series.h"

struct naive {
    struct history history;
    size_t season;
};

static bool naive_fit(struct arena *arena, const struct examples *examples,
                      const struct params *params, void **fitted, struct fault *why)
{
    struct naive *naive = arena_new(arena, struct naive);
    if (!history_make(arena, examples, false, &naive->history, why))
        return false;
    naive->season = param_integer(params, "season_length");
    if (!naive->season)
        naive->season = history_season(&naive->history);
    *fitted = naive;
    return true;
}

/* Where there is no season before a step: the step before; the first one expects itself. */
static double expected(const struct naive *naive, const struct series *series, size_t step)
{
    const double *y = naive->history.y + series->at;
    size_t m = naive->season, count = series->count;
    if (step < count)
        return step >= m ? y[step - m] : y[step ? step - 1 : 0];
    return count >= m ? y[count - m + (step - count) % m] : y[count - 1];
}

static void naive_predict(struct arena *arena, const void *fitted, const struct inputs *in,
                          unsigned threads, double *out)
{
    (void)arena, (void)threads;
    const struct naive *naive = fitted;
    for (size_t i = 0; i < inputs_rows(in); i++) {
        size_t step;
        const struct series *series = history_place(&naive->history, in, i, &step);
        out[i] = series ? expected(naive, series, step) : naive->history.middle;
    }
}

static void naive_save(const void *fitted, struct text *out)
{
    const struct naive *naive = fitted;
    bytes_put_u64(out, naive->season);
    history_save(&naive->history, out);
}

static void *naive_load(struct bytes *in, const struct fitted_shape *shape)
{
    struct naive *naive = arena_new(in->arena, struct naive);
    naive->season = bytes_u64(in);
    return naive->season && history_load(in, shape, &naive->history) ? naive : NULL;
}

static void naive_describe(const void *fitted, const struct feature_names *names,
                           struct json_out *out)
{
    (void)names;
    const struct naive *naive = fitted;
    history_describe(&naive->history, out);
    json_add_int(out, "season_length", (int64_t)naive->season);
}

static const struct param_spec naive_params[] = {
    { "season_length", "seasonal_periods", PARAM_INTEGER, 0, 1000000, "0", NULL,
      "steps of a season; 1: the last value; 0: a day, week or year as the steps suggest" },
};

const struct learner learn_seasonal_naive = {
    .name = "seasonal_naive",
    .what = "forecast: the value of one season ago",
    .targets = TARGET_NUMBER,
    .past_alone = true,
    .takes = TAKES_MISSING | TAKES_LEVELS | TAKES_SPARSE,
    .params = naive_params,
    .param_count = sizeof naive_params / sizeof *naive_params,
    .fit = naive_fit,
    .predict = naive_predict,
    .save = naive_save,
    .load = naive_load,
    .describe = naive_describe,
};
