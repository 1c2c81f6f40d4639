/* Autoregression: each series by its own past, and the other columns of its rows. */
#include "core/learn/learn_forecast.h"
#include "core/learn/learn_forecast_ar_fit.h"
#include "core/learn/learn_forecast_series.h"
#include <math.h>
#include <stdlib.h>

#define LAGS_MOST ((size_t)512)
#define LAG_MOST 100000
#define PERIOD_MOST 1000

struct ar {
    struct history history;
    size_t columns;
    struct ar_form form;
    struct ar_series *series; /* [history.series_count]; of count 0 where there is none */
};

static int size_order(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static bool lag_add(size_t *lags, size_t *count, size_t lag)
{
    for (size_t i = 0; i < *count; i++)
        if (lags[i] == lag)
            return true;
    if (*count == LAGS_MOST)
        return false;
    lags[(*count)++] = lag;
    return true;
}

/* "12" are the lags 1 to 12; "1,2,12" and "1-3,12" are those. */
static bool lags_parse(struct str text, size_t *lags, size_t *count, struct fault *why)
{
    struct str rest = text, part;
    bool alone = !memchr(text.at, ',', text.len) && !memchr(text.at, '-', text.len), fits = true;
    *count = 0;
    while (fits && str_cut(&rest, ',', &part)) {
        int64_t from = 0, to = 0;
        size_t dash;
        if (str_find(part, '-', &dash))
            fits = str_to_int(str_trim(str_until(part, dash)), &from) &&
                   str_to_int(str_trim(str_from(part, dash + 1)), &to);
        else
            fits = str_to_int(str_trim(part), &to);
        from = from ? from : alone ? 1 : to;
        if (alone && fits && to == 0)
            return true;
        fits = fits && from >= 1 && from <= to && to <= LAG_MOST;
        for (int64_t lag = from; fits && lag <= to; lag++)
            fits = lag_add(lags, count, (size_t)lag);
    }
    qsort(lags, *count, sizeof *lags, size_order);
    return fits || fault_set(why, BLAME_OPEN,
                             "lags of ar was \"%.*s\", allowed are a count such as 12, or a list "
                             "such as 1-3,12 of at most %zu lags up to %d",
                             STR_ARGS(str_until(text, 40)), LAGS_MOST, LAG_MOST);
}

static bool ar_check(const struct params *params, struct fault *why)
{
    size_t lags[LAGS_MOST], count;
    return !param_is_set(params, "lags") ||
           lags_parse(param_text(params, "lags"), lags, &count, why);
}

/* By default 1 to 3, and one season ago with the step before that. */
static bool form_make(struct arena *arena, const struct params *params, size_t season,
                      struct ar_form *form, struct fault *why)
{
    size_t *lags = arena_array(arena, size_t, LAGS_MOST);
    bool trend = param_is(params, "trend", "ct") || param_is(params, "trend", "t");
    *form = (struct ar_form){ .lags = lags, .trend = trend, .period = 1 };
    form->constant = param_is(params, "trend", "c") || param_is(params, "trend", "ct");
    form->alpha = param_number(params, "alpha");
    if (param_flag(params, "seasonal")) {
        form->period = param_is_set(params, "period") ? param_integer(params, "period") : season;
        form->period = form->period < PERIOD_MOST ? form->period : PERIOD_MOST;
    }
    if (param_is_set(params, "lags"))
        return lags_parse(param_text(params, "lags"), lags, &form->lag_count, why);
    for (size_t lag = 1; lag <= 3; lag++)
        lag_add(lags, &form->lag_count, lag);
    if (season > 1) {
        lag_add(lags, &form->lag_count, season);
        lag_add(lags, &form->lag_count, season + 1);
        qsort(lags, form->lag_count, sizeof *lags, size_order);
    }
    return true;
}

static bool ar_learn(struct arena *arena, const struct examples *examples,
                     const struct params *params, void **fitted, struct fault *why)
{
    struct ar *ar = arena_new(arena, struct ar);
    struct history *history = &ar->history;
    ar->columns = examples->in.dense.columns;
    if (!history_make(arena, examples, true, history, why) ||
        !form_make(arena, params, history_season(history), &ar->form, why))
        return false;
    ar->series = arena_array(arena, struct ar_series, history->series_count);
    for (size_t s = 0; s < history->series_count; s++) {
        const struct series *series = &history->series[s];
        struct matrix x = matrix_rows(history->x, series->at, series->count);
        if (series->count && !ar_fit(arena, &ar->form, history->y + series->at, x, &ar->series[s]))
            return fault_set(why, BLAME_OPEN,
                             "ar went beyond the range of numbers: scale the target or the "
                             "features");
    }
    *fitted = ar;
    return true;
}

/* z of a series, carried on as far as rows ask for. */
static double *carry_on(struct arena *arena, const struct ar *ar, size_t s, size_t ahead)
{
    const struct ar_series *series = &ar->series[s];
    double *z = arena_array(arena, double, series->count + ahead);
    memcpy(z, series->z, series->count * sizeof *z);
    for (size_t t = series->count; t < series->count + ahead; t++)
        z[t] = ar_expect(&ar->form, series, z, t);
    return z;
}

static void ar_predict(struct arena *arena, const void *fitted, const struct inputs *in,
                       unsigned threads, double *out)
{
    (void)threads;
    const struct ar *ar = fitted;
    size_t *ahead;
    double **z = arena_array(arena, double *, ar->history.series_count);
    history_ahead(arena, &ar->history, in, &ahead);
    for (size_t i = 0; i < inputs_rows(in); i++) {
        size_t step;
        const struct series *series = history_place(&ar->history, in, i, &step);
        if (!series) {
            out[i] = ar->history.middle;
            continue;
        }
        size_t s = (size_t)(series - ar->history.series);
        if (!z[s])
            z[s] = carry_on(arena, ar, s, ahead[s]);
        double expected = ar_expect(&ar->form, &ar->series[s], z[s], step) +
                          ar_columns(&ar->series[s], matrix_row(in->dense, i), ar->columns);
        out[i] = ar->series[s].mean + ar->series[s].spread * expected;
    }
}

static void ar_save(const void *fitted, struct text *out)
{
    const struct ar *ar = fitted;
    history_save(&ar->history, out);
    bytes_put_u32(out, (uint32_t)ar->form.lag_count);
    for (size_t i = 0; i < ar->form.lag_count; i++)
        bytes_put_u32(out, (uint32_t)ar->form.lags[i]);
    bytes_put_u32(out, ar->form.constant);
    bytes_put_u32(out, ar->form.trend);
    bytes_put_u32(out, (uint32_t)ar->form.period);
    bytes_put_double(out, ar->form.alpha);
    for (size_t s = 0; s < ar->history.series_count; s++) {
        const struct ar_series *one = &ar->series[s];
        if (!one->count)
            continue;
        bytes_put_double(out, one->mean);
        bytes_put_double(out, one->spread);
        bytes_put_double(out, one->squared_error);
        bytes_put_doubles(out, one->fixed, ar_fixed_count(&ar->form));
        bytes_put_u32(out, (uint32_t)one->lag_count);
        bytes_put_doubles(out, one->phi, one->lag_count);
        bytes_put_doubles(out, one->x_means, ar->columns);
        bytes_put_doubles(out, one->x_weights, ar->columns);
        bytes_put_doubles(out, one->z, one->count);
    }
}

static void form_load(struct bytes *in, struct ar_form *form)
{
    form->lag_count = bytes_u32(in);
    if (form->lag_count > LAGS_MOST)
        in->failed = true;
    size_t *lags = arena_array(in->arena, size_t, in->failed ? 0 : form->lag_count);
    for (size_t i = 0; i < form->lag_count && !in->failed; i++) {
        lags[i] = bytes_u32(in);
        if (lags[i] > LAG_MOST || lags[i] <= (i ? lags[i - 1] : 0))
            in->failed = true;
    }
    uint32_t constant = bytes_u32(in), trend = bytes_u32(in);
    form->lags = lags;
    form->constant = constant == 1;
    form->trend = trend == 1;
    form->period = bytes_u32(in);
    form->alpha = bytes_finite(in);
    if (constant > 1 || trend > 1 || !form->period || form->period > PERIOD_MOST)
        in->failed = true;
}

static void series_load(struct bytes *in, const struct ar *ar, size_t count, struct ar_series *out)
{
    *out = (struct ar_series){ .count = count };
    out->mean = bytes_finite(in);
    out->spread = bytes_finite(in);
    out->squared_error = bytes_finite(in);
    out->fixed = bytes_doubles(in, ar_fixed_count(&ar->form));
    out->lag_count = bytes_u32(in);
    if (out->lag_count > ar->form.lag_count)
        in->failed = true;
    out->phi = bytes_doubles(in, out->lag_count);
    out->x_means = bytes_doubles(in, ar->columns);
    out->x_weights = bytes_doubles(in, ar->columns);
    out->z = bytes_doubles(in, count);
}

static void *ar_load(struct bytes *in, const struct fitted_shape *shape)
{
    struct ar *ar = arena_new(in->arena, struct ar);
    ar->columns = shape->columns;
    if (!history_load(in, shape, &ar->history))
        return NULL;
    form_load(in, &ar->form);
    ar->series = arena_array(in->arena, struct ar_series, ar->history.series_count);
    for (size_t s = 0; s < ar->history.series_count && !in->failed; s++)
        if (ar->history.series[s].count)
            series_load(in, ar, ar->history.series[s].count, &ar->series[s]);
    return in->failed ? NULL : ar;
}

/* In the units of the columns and the target. */
static void series_describe(const struct ar *ar, const struct ar_series *one,
                            const struct feature_names *names, struct json_out *out)
{
    json_open_map(out, NULL);
    json_add_int(out, "steps", (int64_t)one->count);
    json_add_double(out, "sse", one->squared_error);
    json_open_list(out, "lags");
    for (size_t i = 0; i < one->lag_count; i++) {
        json_open_map(out, NULL);
        json_add_int(out, "lag", (int64_t)ar->form.lags[i]);
        json_add_double(out, "value", one->phi[i]);
        json_close_map(out);
    }
    json_close_list(out);
    json_open_list(out, "coefficients");
    for (size_t j = 0; j < ar->columns; j++) {
        json_open_map(out, NULL);
        json_add_text(out, "feature", names->at[j]);
        json_add_double(out, "value", one->x_weights[j] * one->spread);
        json_close_map(out);
    }
    json_close_list(out);
    json_close_map(out);
}

static void ar_describe(const void *fitted, const struct feature_names *names, struct json_out *out)
{
    const struct ar *ar = fitted;
    history_describe(&ar->history, out);
    json_open_list(out, "fits");
    for (size_t s = 0; s < ar->history.series_count; s++)
        if (ar->series[s].count)
            series_describe(ar, &ar->series[s], names, out);
    json_close_list(out);
}

static const char *const trends[] = { "n", "c", "t", "ct", NULL };

static const struct param_spec ar_params[] = {
    { "lags", NULL, PARAM_TEXT, 1, 2000, NULL, NULL,
      "a count such as 12, or a list such as 1-3,12; by default 1-3, a season and 1 more" },
    { "trend", NULL, PARAM_CHOICE, 0, 0, "c", trends,
      "n: neither, c: a constant, t: a straight line, ct: both" },
    { "seasonal", NULL, PARAM_BOOL, 0, 1, "false", NULL, "a constant for each step of a season" },
    { "period", "seasonal_periods", PARAM_INTEGER, 1, PERIOD_MOST, NULL, NULL,
      "steps of a season; by default a day, week or year as the steps suggest" },
    { "alpha", "l2", PARAM_NUMBER, 0, 1e12, "0", NULL,
      "weight of an L2 penalty on lags and columns, of standardised numbers" },
};

const struct learner learn_ar = {
    .name = "ar",
    .what = "forecast: autoregression on lags, with the other columns of a row",
    .targets = TARGET_NUMBER,
    .past_alone = true,
    .params = ar_params,
    .param_count = sizeof ar_params / sizeof *ar_params,
    .check = ar_check,
    .fit = ar_learn,
    .predict = ar_predict,
    .save = ar_save,
    .load = ar_load,
    .describe = ar_describe,
};
