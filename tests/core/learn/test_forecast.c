/* Forecasts against statsmodels' and scipy's numbers, and what must hold for any series. */
#include "core/data/time.h"
#include "core/learn/learn_forecast_smooth.h"
#include "tests/core/learn/near.h"

#define DAY 86400.0
#define AHEAD 24

/* n steps from 1949 on: months, or days. */
static double *times(struct arena *arena, size_t n, bool months)
{
    double *out = arena_array(arena, double, n);
    for (size_t i = 0; i < n; i++)
        out[i] = months ? DAY * (double)time_days(1949 + (int64_t)i / 12, (unsigned)i % 12 + 1, 1)
                        : DAY * (double)i;
    return out;
}

static struct examples series(struct arena *arena, const struct json *set)
{
    const struct json *y = json_get(set, "y");
    struct matrix x = json_get(set, "x") ? read_matrix(arena, json_get(set, "x"))
                                         : matrix_new(arena, y->count + AHEAD, 0);
    x.rows = y->count;
    return (struct examples){
        .in = { .dense = x,
                .time = times(arena, y->count + AHEAD, json_get_bool(set, "months", false)) },
        .y = read_numbers(arena, y),
        .target = TARGET_NUMBER,
    };
}

/* The steps behind training. */
static struct inputs ahead(const struct examples *examples)
{
    struct inputs in = examples->in;
    in.dense.at += in.dense.rows * in.dense.stride;
    in.time += in.dense.rows;
    in.dense.rows = AHEAD;
    return in;
}

static double squared_error(const struct examples *examples, const double *out)
{
    double sum = 0;
    for (size_t i = 0; i < inputs_rows(&examples->in); i++)
        sum += (out[i] - examples->y[i]) * (out[i] - examples->y[i]);
    return sum;
}

/* Never a greater squared error than the peer's; where the fits are the same, so are forecasts. */
static void smoothing_fits_as_well_as_the_peer(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = load(arena, "forecast.json");
    static const char *const names[] = { "air", "nile" };
    size_t same = 0;
    for (size_t n = 0; n < COUNT_OF(names); n++) {
        const struct json *set = json_get(map, names[n]), *cases = json_get(set, "holt");
        struct examples examples = series(arena, set);
        struct inputs in = ahead(&examples);
        for (size_t i = 0; i < cases->count; i++) {
            const struct json *one = &cases->members[i], *expected = json_get(one, "forecast");
            struct learned holt = learn(arena, "holt_winters", &examples,
                                        settings_of(arena, json_get(one, "params")));
            double error = squared_error(&examples, predict(arena, &holt, &examples.in, 1));
            double peer = json_get_double(one, "sse", NAN);
            if (!(error <= peer * (1 + 1e-5)))
                fail_msg("%s, case %zu: squared error %g, the peer's %g", names[n], i, error, peer);
            survives_its_file(arena, &holt, &in);
            if (error < peer * (1 - 1e-4))
                continue;
            same++;
            double *out = predict(arena, &holt, &in, 1);
            for (size_t k = 0; k < 11; k++) /* from a whole season on the peer is a step off */
                near(out[k], expected->members[k].number, 5e-3, names[n]);
        }
    }
    assert_true(same >= 2);
}

static void smoothing_gradients_are_those_of_differences(void **state)
{
    (void)state;
    enum { N = 60, M = 7 };
    double y[N], season[M], slopes[M], run[M], work[3 * (N + 1) + M];
    for (size_t i = 0; i < N; i++)
        y[i] = 50 + (double)i + 5 * sin((double)i);
    for (size_t f = 0; f < 18; f++) {
        struct smooth_form form = { .trend = (enum smooth_part)(f % 3),
                                    .season = (enum smooth_part)(f / 3 % 3),
                                    .period = M,
                                    .damped = f >= 9 };
        for (size_t i = 0; i < M; i++)
            season[i] = form.season == SMOOTH_MUL ? 1 + 0.1 * sin((double)i) : cos((double)i);
        struct smooth_state start = { 0.3, 0.2, 0.1, f >= 9 ? 0.9 : 1, 45, 1.02, season };
        struct smooth_state slope = { .season = slopes };
        smooth_slope(&form, &start, y, N, work, &slope);
        double *numbers[] = { &start.alpha, &start.beta, &start.gamma, &start.level,
                              &start.trend, &season[0],  &season[4],   &start.phi };
        double given[] = { slope.alpha, slope.beta, slope.gamma, slope.level,
                           slope.trend, slopes[0],  slopes[4],   slope.phi };
        for (size_t i = 0; i < (f >= 9 ? 8 : 7); i++) {
            double kept = *numbers[i], step = 1e-6 * fmax(1, fabs(kept)), sums[2];
            for (size_t side = 0; side < 2; side++) {
                *numbers[i] = kept + (side ? step : -step);
                struct smooth_state copy = start;
                copy.season = memcpy(run, season, sizeof run);
                sums[side] = smooth_run(&form, &copy, y, N, NULL);
            }
            *numbers[i] = kept;
            near(given[i], (sums[1] - sums[0]) / (2 * step), 1e-5, "derivative");
        }
    }
}

static void autoregression_is_the_peers(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = load(arena, "forecast.json");
    static const char *const names[] = { "air", "sunspots" };
    for (size_t n = 0; n < COUNT_OF(names); n++) {
        const struct json *set = json_get(map, names[n]), *cases = json_get(set, "ar");
        struct examples examples = series(arena, set);
        struct inputs in = ahead(&examples);
        assert_int_equal(cases->count, 5);
        for (size_t i = 0; i < cases->count; i++) {
            const struct json *one = &cases->members[i], *forecast = json_get(one, "forecast");
            const struct json *fitted = json_get(one, "fitted");
            struct learned ar =
                learn(arena, "ar", &examples, settings_of(arena, json_get(one, "params")));
            double *out = predict(arena, &ar, &in, 1);
            for (size_t k = 0; k < AHEAD; k++)
                near(out[k], forecast->members[k].number, 1e-6, names[n]);
            out = predict(arena, &ar, &examples.in, 1);
            size_t first = examples.in.dense.rows - fitted->count;
            for (size_t k = 0; k < fitted->count; k++)
                near(out[first + k], fitted->members[k].number, 1e-6, "one step ahead");
            survives_its_file(arena, &ar, &in);
        }
    }
}

static void other_columns_are_weighed_as_by_scipy(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *set = json_get(load(arena, "forecast.json"), "columns");
    struct examples examples = series(arena, set);
    struct inputs in = ahead(&examples);
    struct learned ar = learn(arena, "ar", &examples, settings_of(arena, json_get(set, "params")));
    double *out = predict(arena, &ar, &in, 1);
    for (size_t k = 0; k < AHEAD; k++)
        near(out[k], json_get(set, "forecast")->members[k].number, 1e-5, "forecast");
    survives_its_file(arena, &ar, &in);
    matrix_row(in.dense, 3)[0] += 1; /* another row's columns do not matter, its own do */
    double *other = predict(arena, &ar, &in, 1);
    for (size_t k = 0; k < AHEAD; k++)
        near(other[k] - out[k], k == 3 ? json_get(set, "weights")->members[0].number : 0, 1e-5,
             "row");
}

static void the_naive_forecast_is_the_last_season(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *set = json_get(load(arena, "forecast.json"), "air");
    struct examples examples = series(arena, set);
    struct inputs in = ahead(&examples);
    struct learned naive = learn(arena, "seasonal_naive", &examples, NULL); /* finds 12 months */
    double *out = predict(arena, &naive, &in, 1);
    for (size_t k = 0; k < AHEAD; k++)
        near(out[k], examples.y[108 + k % 12], 0, "forecast");
    out = predict(arena, &naive, &examples.in, 1);
    near(out[50], examples.y[38], 0, "within training");
    survives_its_file(arena, &naive, &in);
}

static const char *const all[] = { "seasonal_naive", "holt_winters", "ar" };

/* Two series in one table, rows in any order: each as by itself. */
static void groups_are_series_of_their_own(void **state)
{
    (void)state;
    enum { N = 60, BOTH = 2 * N };
    scoped_arena arena = arena_open(NULL);
    double y[BOTH], time[BOTH], mixed_y[BOTH], mixed_time[BOTH];
    uint32_t group[BOTH], mixed_group[BOTH];
    for (size_t i = 0; i < BOTH; i++) {
        struct random random = random_stream(2, i);
        group[i] = i >= N;
        time[i] = (double)(i % N) * 3600 + (i >= N ? 1e6 : 0);
        y[i] = (i >= N ? 1000 : 10) + sin((double)i) + random_normal(&random);
    }
    size_t *order = shuffled(arena, BOTH, 5);
    for (size_t i = 0; i < BOTH; i++) {
        mixed_y[i] = y[order[i]];
        mixed_time[i] = time[order[i]];
        mixed_group[i] = group[order[i]];
    }
    double next[3] = { N * 3600.0, N * 3600.0 + 1e6, 0 };
    uint32_t next_group[3] = { 0, 1, GROUP_UNKNOWN };
    struct inputs in = {
        .dense = matrix_new(arena, 3, 0), .time = next, .group = next_group, .group_count = 2
    };
    for (size_t l = 0; l < COUNT_OF(all); l++) {
        struct examples both = { .in = { .dense = matrix_new(arena, BOTH, 0),
                                         .time = mixed_time,
                                         .group = mixed_group,
                                         .group_count = 2 },
                                 .y = mixed_y,
                                 .target = TARGET_NUMBER };
        struct learned together = learn(arena, all[l], &both, NULL);
        double *out = predict(arena, &together, &in, 1);
        for (size_t s = 0; s < 2; s++) {
            struct examples alone = { .in = { .dense = matrix_new(arena, N, 0),
                                              .time = time + s * N },
                                      .y = y + s * N,
                                      .target = TARGET_NUMBER };
            struct learned one = learn(arena, all[l], &alone, NULL);
            struct inputs step = { .dense = matrix_new(arena, 1, 0), .time = next + s };
            near(out[s], predict(arena, &one, &step, 1)[0], 0, all[l]);
        }
        assert_true(out[2] > 400 && out[2] < 600); /* unknown: the mean of all */
        survives_its_file(arena, &together, &in);
    }
}

/* A forecast does not know what else is asked for, nor how far. */
static void each_row_is_forecast_alone(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct examples examples = series(arena, json_get(load(arena, "forecast.json"), "air"));
    struct inputs in = ahead(&examples);
    for (size_t l = 0; l < COUNT_OF(all); l++) {
        struct learned learned = learn(arena, all[l], &examples, NULL);
        double *out = predict(arena, &learned, &in, 1);
        for (size_t i = 0; i < AHEAD; i += 5) {
            struct inputs one = { .dense = matrix_new(arena, 1, 0), .time = in.time + i };
            near(predict(arena, &learned, &one, 1)[0], out[i], 0, all[l]);
        }
    }
}

static void gaps_are_filled_and_counted(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    double y[9] = { 0, 1, 2, 4, 5, 6, 7, 9, 10 }, time[9];
    for (size_t i = 0; i < 9; i++)
        time[i] = y[i] * 60; /* the steps 3 and 8 have no row */
    struct examples examples = { .in = { .dense = matrix_new(arena, 9, 0), .time = time },
                                 .y = y,
                                 .target = TARGET_NUMBER };
    double next[2] = { 11 * 60, 3 * 60 };
    struct inputs in = { .dense = matrix_new(arena, 2, 0), .time = next };
    const char *const settings[] = { "trend=add", "seasonal=none", NULL };
    struct learned holt = learn(arena, "holt_winters", &examples, settings);
    double *out = predict(arena, &holt, &in, 1);
    near(out[0], 11, 1e-6, "on the line");
    near(out[1], 3, 1e-6, "in the gap");
    struct text text = { .arena = arena };
    struct json_out json = { .text = &text };
    json_open_map(&json, NULL);
    holt.learner->describe(holt.fitted, &(struct feature_names){ 0 }, &json);
    assert_non_null(strstr(text_str(&text).at, "\"gaps_filled\":2"));
}

static void times_that_make_no_series_are_faults(void **state)
{
    (void)state;
    static const struct {
        double times[4];
        const char *fault;
    } rows[] = {
        { { 0, 60, 60, 120 },
          "the series have two rows of the time 1970-01-01T00:01:00: name the column that tells "
          "the series apart as the group" },
        { { 0, 60, 150, 210 },
          "the times are not regular: row 3 is between two steps of 60 seconds" },
        { { 0, 1, 1e9, 2e9 }, "the times have too many gaps: most steps of 1 seconds have no row" },
    };
    scoped_arena arena = arena_open(NULL);
    double y[4] = { 1, 2, 3, 4 };
    for (size_t l = 0; l < COUNT_OF(all); l++) {
        const struct learner *learner = learner_find(str_of(all[l]), NULL);
        struct params params = params_default(learner->params, learner->param_count);
        void *fitted;
        for (size_t i = 0; i <= COUNT_OF(rows); i++) {
            struct fault why = { 0 };
            struct examples examples = { .in = { .dense = matrix_new(arena, 4, 0),
                                                 .time = i < 3 ? rows[i].times : NULL },
                                         .y = y,
                                         .target = TARGET_NUMBER };
            assert_false(learner->fit(arena, &examples, &params, &fitted, &why));
            assert_string_equal(why.text,
                                i < 3 ? rows[i].fault
                                      : "there was no column named as the time, which forecasts "
                                        "need");
        }
    }
}

/* One row, two, a constant, a line; and times far from training on either side. */
static void short_and_dull_series_have_forecasts(void **state)
{
    (void)state;
    static const size_t counts[] = { 1, 2, 3, 5, 30 };
    scoped_arena arena = arena_open(NULL);
    double time[31], far[4] = { -1e15, 0, 31 * DAY, 1e15 };
    for (size_t i = 0; i < 31; i++)
        time[i] = (double)i * DAY;
    for (size_t l = 0; l < COUNT_OF(all); l++)
        for (size_t c = 0; c < COUNT_OF(counts); c++)
            for (int line = 0; line < 2; line++) {
                double y[30];
                for (size_t i = 0; i < 30; i++)
                    y[i] = 5 + (line ? 0.01 * (double)i : 0);
                struct examples examples = { .in = { .dense = matrix_new(arena, counts[c], 0),
                                                     .time = time },
                                             .y = y,
                                             .target = TARGET_NUMBER };
                struct learned learned = learn(arena, all[l], &examples, NULL);
                struct inputs in = { .dense = matrix_new(arena, 4, 0), .time = far };
                double *out = predict(arena, &learned, &in, 1);
                for (size_t i = 0; i < 4; i++)
                    assert_true(isfinite(out[i]) && (line || fabs(out[i] - 5) < 1e-6));
                survives_its_file(arena, &learned, &in);
            }
}

static void months_are_steps_whatever_their_days(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    double time[40], y[40];
    for (size_t i = 0; i < 40; i++) { /* the last day of each month */
        time[i] =
            DAY *
            (double)(time_days(2020 + (int64_t)(i + 1) / 12, (unsigned)(i + 1) % 12 + 1, 1) - 1);
        y[i] = (double)(i % 12);
    }
    struct examples examples = { .in = { .dense = matrix_new(arena, 30, 0), .time = time },
                                 .y = y,
                                 .target = TARGET_NUMBER };
    struct inputs in = { .dense = matrix_new(arena, 10, 0), .time = time + 30 };
    struct learned naive = learn(arena, "seasonal_naive", &examples, NULL);
    double *out = predict(arena, &naive, &in, 1);
    for (size_t i = 0; i < 10; i++)
        near(out[i], y[30 + i], 0, "a year ago");
}

/* What no line can follow: every other season is another one, and a column adds to it. */
static void trees_on_lags_learn_what_the_season_does_not_tell(void **state)
{
    (void)state;
    enum { N = 400, NEXT = 40, SERIES = 2 };
    scoped_arena arena = arena_open(NULL);
    struct matrix x = matrix_new(arena, SERIES * (N + NEXT), 1);
    double *time = arena_array(arena, double, x.rows), *y = arena_array(arena, double, x.rows);
    uint32_t *group = arena_array(arena, uint32_t, x.rows);
    for (size_t i = 0; i < x.rows; i++) { /* both series up to N, then what is ahead of both */
        size_t s = i < SERIES * N ? i / N : (i - SERIES * N) / NEXT;
        size_t t = i < SERIES * N ? i % N : N + (i - SERIES * N) % NEXT;
        struct random random = random_stream(6, i);
        matrix_row(x, i)[0] = (double)random_below(&random, 2);
        time[i] = (double)t * DAY;
        group[i] = (uint32_t)s;
        y[i] = (s ? 1000 : 10) *
               (10 + (double)((t / 7 % 2) * (t % 7)) + 4 * matrix_row(x, i)[0] + (double)t / 50);
    }
    struct examples examples = { .in = { .dense = matrix_rows(x, 0, SERIES * N),
                                         .time = time,
                                         .group = group,
                                         .group_count = SERIES },
                                 .y = y,
                                 .target = TARGET_NUMBER };
    struct inputs in = { .dense = matrix_rows(x, SERIES * N, SERIES * NEXT),
                         .time = time + SERIES * N,
                         .group = group + SERIES * N,
                         .group_count = SERIES };
    struct learned trees = learn(arena, "gbdt_lags", &examples, NULL);
    struct learned naive = learn(arena, "seasonal_naive", &examples, NULL);
    double *out = predict(arena, &trees, &in, 1), *plain = predict(arena, &naive, &in, 1);
    double error = 0, naive_error = 0;
    for (size_t i = 0; i < SERIES * NEXT; i++) {
        double unit = i < NEXT ? 10 : 1000, truth = y[SERIES * N + i];
        error += fabs(out[i] - truth) / unit;
        naive_error += fabs(plain[i] - truth) / unit;
    }
    if (!(error < naive_error / 2))
        fail_msg("error %g, of the naive forecast %g", error, naive_error);
    survives_its_file(arena, &trees, &in);
    same_with_any_threads(arena, "gbdt_lags", examples, NULL);
    struct inputs one = { .dense = matrix_rows(in.dense, 30, 1),
                          .time = in.time + 30,
                          .group = in.group + 30,
                          .group_count = SERIES };
    near(predict(arena, &trees, &one, 1)[0], out[30], 0, "alone");
    uint32_t unknown = GROUP_UNKNOWN;
    one.group = &unknown;
    assert_true(isfinite(predict(arena, &trees, &one, 1)[0]));
}

static void trees_on_lags_say_when_series_are_too_short(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    double y[14] = { 0 };
    struct examples examples = { .in = { .dense = matrix_new(arena, 14, 0),
                                         .time = times(arena, 14, false) },
                                 .y = y,
                                 .target = TARGET_NUMBER };
    const struct learner *lags = learner_find(S("gbdt_lags"), NULL);
    struct params params = params_default(lags->params, lags->param_count);
    struct fault why = { 0 };
    void *fitted;
    assert_false(lags->fit(arena, &examples, &params, &fitted, &why));
    assert_string_equal(why.text, "the series were too short: gbdt_lags needs over 14 steps, two "
                                  "seasons and one more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smoothing_fits_as_well_as_the_peer),
        cmocka_unit_test(smoothing_gradients_are_those_of_differences),
        cmocka_unit_test(autoregression_is_the_peers),
        cmocka_unit_test(other_columns_are_weighed_as_by_scipy),
        cmocka_unit_test(the_naive_forecast_is_the_last_season),
        cmocka_unit_test(groups_are_series_of_their_own),
        cmocka_unit_test(each_row_is_forecast_alone),
        cmocka_unit_test(gaps_are_filled_and_counted),
        cmocka_unit_test(times_that_make_no_series_are_faults),
        cmocka_unit_test(short_and_dull_series_have_forecasts),
        cmocka_unit_test(months_are_steps_whatever_their_days),
        cmocka_unit_test(trees_on_lags_learn_what_the_season_does_not_tell),
        cmocka_unit_test(trees_on_lags_say_when_series_are_too_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
