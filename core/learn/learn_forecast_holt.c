/* Holt-Winters: each series smoothed by its own level, trend and season. */
#include "core/learn/learn_forecast.h"
#include "core/learn/learn_forecast_series.h"
#include "core/learn/learn_forecast_smooth.h"
#include <math.h>

#define PERIOD_MOST 100000

/* What was fitted to one series. */
struct smoothed {
    struct smooth_form form;
    struct smooth_state first; /* before its first step */
    double squared_error;      /* the sum over training, one step ahead */
};

struct holt {
    struct history history;
    struct smoothed *series; /* [history.series_count] */
};

static enum smooth_part part_of(const struct params *params, const char *name)
{
    return param_is(params, name, "add")   ? SMOOTH_ADD
           : param_is(params, name, "mul") ? SMOOTH_MUL
                                           : SMOOTH_NONE;
}

static struct smooth_state state_copy(struct arena *arena, const struct smoothed *smoothed)
{
    struct smooth_state copy = smoothed->first;
    size_t period = smoothed->form.period;
    copy.season = arena_array(arena, double, period);
    memcpy(copy.season, smoothed->first.season, period * sizeof(double));
    return copy;
}

static bool holt_fit(struct arena *arena, const struct examples *examples,
                     const struct params *params, void **fitted, struct fault *why)
{
    struct holt *holt = arena_new(arena, struct holt);
    struct history *history = &holt->history;
    if (!history_make(arena, examples, false, history, why))
        return false;
    struct smooth_form form = { .trend = part_of(params, "trend"),
                                .season = part_of(params, "seasonal"),
                                .period = param_integer(params, "seasonal_periods"),
                                .damped = param_flag(params, "damped_trend") };
    form.period = form.period ? form.period : history_season(history);
    bool states = param_is(params, "initialization_method", "estimated");
    holt->series = arena_array(arena, struct smoothed, history->series_count);
    for (size_t s = 0; s < history->series_count; s++) {
        const struct series *series = &history->series[s];
        struct smoothed *out = &holt->series[s];
        const double *y = history->y + series->at;
        out->form = form;
        if (!series->count)
            continue;
        if (!smooth_fit(arena, &out->form, y, series->count, states, &out->first))
            return fault_set(why, BLAME_OPEN,
                             "holt_winters takes values above 0 alone where trend or seasonal is "
                             "\"mul\"");
        struct smooth_state state = state_copy(arena, out);
        out->squared_error = smooth_run(&out->form, &state, y, series->count, NULL);
        if (!isfinite(out->squared_error))
            return fault_set(why, BLAME_OPEN, "holt_winters went beyond the range of numbers");
    }
    *fitted = holt;
    return true;
}

/* One series behind training, run when a row asks for it. */
struct ran {
    bool done;
    double *expected;
    struct smooth_state last;
};

static double expected_at(struct arena *arena, const struct holt *holt, struct ran *ran,
                          const struct series *series, size_t step)
{
    size_t at = (size_t)(series - holt->history.series);
    const struct smoothed *smoothed = &holt->series[at];
    if (!ran[at].done) {
        ran[at].expected = arena_array(arena, double, series->count);
        ran[at].last = state_copy(arena, smoothed);
        smooth_run(&smoothed->form, &ran[at].last, holt->history.y + series->at, series->count,
                   ran[at].expected);
        ran[at].done = true;
    }
    return step < series->count ? ran[at].expected[step]
                                : smooth_ahead(&smoothed->form, &ran[at].last, series->count,
                                               step + 1 - series->count);
}

static void holt_predict(struct arena *arena, const void *fitted, const struct inputs *in,
                         unsigned threads, double *out)
{
    (void)threads;
    const struct holt *holt = fitted;
    struct ran *ran = arena_array(arena, struct ran, holt->history.series_count);
    for (size_t i = 0; i < inputs_rows(in); i++) {
        size_t step;
        const struct series *series = history_place(&holt->history, in, i, &step);
        out[i] = series ? expected_at(arena, holt, ran, series, step) : holt->history.middle;
    }
}

static void holt_save(const void *fitted, struct text *out)
{
    const struct holt *holt = fitted;
    history_save(&holt->history, out);
    for (size_t s = 0; s < holt->history.series_count; s++) {
        const struct smoothed *one = &holt->series[s];
        if (!holt->history.series[s].count)
            continue;
        bytes_put_u32(out, one->form.trend);
        bytes_put_u32(out, one->form.season);
        bytes_put_u32(out, one->form.damped);
        double numbers[] = { one->first.alpha, one->first.beta,  one->first.gamma,  one->first.phi,
                             one->first.level, one->first.trend, one->squared_error };
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            bytes_put_double(out, numbers[i]);
        bytes_put_u64(out, one->form.period);
        bytes_put_doubles(out, one->first.season, one->form.period);
    }
}

static void smoothed_load(struct bytes *in, struct smoothed *out)
{
    uint32_t trend = bytes_u32(in), season = bytes_u32(in), damped = bytes_u32(in);
    if (trend > SMOOTH_MUL || season > SMOOTH_MUL || damped > 1)
        in->failed = true;
    out->form = (struct smooth_form){ .trend = (enum smooth_part)trend,
                                      .season = (enum smooth_part)season,
                                      .damped = damped == 1 };
    double *numbers[] = { &out->first.alpha, &out->first.beta,  &out->first.gamma,  &out->first.phi,
                          &out->first.level, &out->first.trend, &out->squared_error };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = bytes_finite(in);
    out->form.period = bytes_u64(in);
    if (!out->form.period || out->form.period > PERIOD_MOST)
        in->failed = true;
    out->first.season = bytes_doubles(in, out->form.period);
}

static void *holt_load(struct bytes *in, const struct fitted_shape *shape)
{
    struct holt *holt = arena_new(in->arena, struct holt);
    if (!history_load(in, shape, &holt->history))
        return NULL;
    holt->series = arena_array(in->arena, struct smoothed, holt->history.series_count);
    for (size_t s = 0; s < holt->history.series_count && !in->failed; s++)
        if (holt->history.series[s].count)
            smoothed_load(in, &holt->series[s]);
    return in->failed ? NULL : holt;
}

static void holt_describe(const void *fitted, const struct feature_names *names,
                          struct json_out *out)
{
    (void)names;
    const struct holt *holt = fitted;
    history_describe(&holt->history, out);
    json_open_list(out, "fits");
    for (size_t s = 0; s < holt->history.series_count; s++) {
        static const char *const parts[] = { "none", "add", "mul" };
        const struct smoothed *one = &holt->series[s];
        if (!holt->history.series[s].count)
            continue;
        json_open_map(out, NULL);
        json_add_int(out, "steps", (int64_t)holt->history.series[s].count);
        json_add_zero(out, "trend", parts[one->form.trend]);
        json_add_zero(out, "seasonal", parts[one->form.season]);
        json_add_int(out, "seasonal_periods", (int64_t)one->form.period);
        json_add_double(out, "smoothing_level", one->first.alpha);
        json_add_double(out, "smoothing_trend", one->first.beta);
        json_add_double(out, "smoothing_seasonal", one->first.gamma);
        json_add_double(out, "damping_trend", one->first.phi);
        json_add_double(out, "sse", one->squared_error);
        json_close_map(out);
    }
    json_close_list(out);
}

static const char *const parts[] = { "none", "add", "mul", NULL };
static const char *const methods[] = { "estimated", "heuristic", NULL };

static const struct param_spec holt_params[] = {
    { "trend", NULL, PARAM_CHOICE, 0, 0, "add", parts, "the trend is added, or multiplied" },
    { "damped_trend", NULL, PARAM_BOOL, 0, 1, "false", NULL, "the trend fades out" },
    { "seasonal", NULL, PARAM_CHOICE, 0, 0, "add", parts,
      "the season is added, or multiplied (the higher the level the wider it swings)" },
    { "seasonal_periods", "season_length", PARAM_INTEGER, 0, PERIOD_MOST, "0", NULL,
      "steps of a season; 0: a day, week or year as the steps suggest" },
    { "initialization_method", NULL, PARAM_CHOICE, 0, 0, "estimated", methods,
      "the first level, trend and season: fitted too, or from the first seasons" },
};

const struct learner learn_holt_winters = {
    .name = "holt_winters",
    .what = "forecast: exponential smoothing of level, trend and season",
    .targets = TARGET_NUMBER,
    .past_alone = true,
    .takes = TAKES_MISSING | TAKES_LEVELS | TAKES_SPARSE,
    .params = holt_params,
    .param_count = sizeof holt_params / sizeof *holt_params,
    .fit = holt_fit,
    .predict = holt_predict,
    .save = holt_save,
    .load = holt_load,
    .describe = holt_describe,
};
