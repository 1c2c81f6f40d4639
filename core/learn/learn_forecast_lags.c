/* Boosted trees on lags: one model for all series, of what each step is above its last season. */
#include "core/learn/learn_forecast.h"
#include "core/learn/learn_forecast_series.h"
#include <math.h>
#include <stdio.h>

#define STEPS_MOST ((size_t)10000) /* ahead, step by step; later times are forecast as this one */
#define SEASON_MOST ((size_t)100000)
#define LAGS ((size_t)7)   /* 1, 2, 3, one season and its neighbours, two seasons */
#define PLACES ((size_t)2) /* the step's place in its season, and in seven of them */
#define TREND ((size_t)1)  /* the last season's mean above that of the one before */

struct lags {
    struct history history;
    size_t season, columns;
    const struct learner *trees;
    void *fitted;
    double *spreads; /* [history.series_count]: what a series is measured in */
    double *recent;  /* [history.series_count][season][columns]: the columns of the last season */
};

static size_t width_of(const struct lags *lags)
{
    return LAGS + PLACES + TREND + lags->columns;
}

/* Steps that must be there before one can be looked at. */
static size_t needed(const struct lags *lags)
{
    return 2 * lags->season > 4 ? 2 * lags->season : 4;
}

static double mean_before(const double *y, size_t t, size_t n)
{
    double sum = 0;
    for (size_t i = t - n; i < t; i++)
        sum += y[i];
    return sum / (double)n;
}

/* Step t of a series as trees see it, y[0..t) being there; its middle: the last season's mean. */
static double features_put(const struct lags *lags, const double *y, size_t t, double spread,
                           const double *x, double *out)
{
    size_t m = lags->season, at = 0;
    double middle = mean_before(y, t, m);
    size_t wanted[LAGS] = { 1, 2, 3, m, m + 1, m > 1 ? m - 1 : 1, 2 * m };
    for (size_t i = 0; i < LAGS; i++)
        out[at++] = (y[t - (wanted[i] < t ? wanted[i] : t)] - middle) / spread;
    out[at++] = (double)(t % m);
    out[at++] = (double)(t / m % 7);
    out[at++] = (middle - mean_before(y, t - m, m)) / spread;
    memcpy(out + at, x, lags->columns * sizeof *out);
    return middle;
}

static double spread_of(const double *y, size_t n)
{
    double mean = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        mean += y[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (y[i] - mean) * (y[i] - mean) / (double)n;
    return squares > 0 && isfinite(squares) ? sqrt(squares) : 1;
}

/* All steps of all series that have enough before them. */
static void examples_make(struct arena *arena, struct lags *lags, struct examples *out)
{
    const struct history *history = &lags->history;
    size_t rows = 0, least = needed(lags);
    for (size_t s = 0; s < history->series_count; s++)
        rows += history->series[s].count > least ? history->series[s].count - least : 0;
    out->in.dense = matrix_new(arena, rows, width_of(lags));
    double *y = arena_array(arena, double, rows);
    size_t at = 0;
    for (size_t s = 0; s < history->series_count; s++) {
        const struct series *series = &history->series[s];
        const double *own = history->y + series->at;
        for (size_t t = least; t < series->count; t++, at++)
            y[at] = (own[t] - features_put(lags, own, t, lags->spreads[s],
                                           matrix_row(history->x, series->at + t),
                                           matrix_row(out->in.dense, at))) /
                    lags->spreads[s];
    }
    out->y = y;
}

static void recent_keep(struct lags *lags)
{
    const struct history *history = &lags->history;
    size_t season = lags->season, columns = lags->columns;
    for (size_t s = 0; s < history->series_count; s++) {
        const struct series *series = &history->series[s];
        for (size_t i = 0; i < season && series->count; i++) { /* step t stands at t % season */
            size_t back = (series->count + season - 1 - i) % season;
            size_t t = series->count - 1 >= back ? series->count - 1 - back : 0;
            memcpy(lags->recent + (s * season + t % season) * columns,
                   matrix_row(history->x, series->at + t), columns * sizeof(double));
        }
    }
}

static bool trees_set(const struct params *from, const struct learner *trees, struct params *out,
                      struct fault *why)
{
    static const char *const names[] = { "n_estimators", "learning_rate", "max_depth", "subsample",
                                         "min_child_weight" };
    *out = params_default(trees->params, trees->param_count);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[40];
        snprintf(text, sizeof text, "%.17g", param_number(from, names[i]));
        if (!params_set(out, trees->name, str_of(names[i]), str_of(text), why))
            return false;
    }
    return true;
}

static bool lags_fit(struct arena *arena, const struct examples *examples,
                     const struct params *params, void **fitted, struct fault *why)
{
    struct lags *lags = arena_new(arena, struct lags);
    struct history *history = &lags->history;
    struct params of_trees;
    lags->columns = examples->in.dense.columns;
    lags->trees = learner_find(S("gbdt"), why);
    if (!lags->trees || !history_make(arena, examples, true, history, why) ||
        !trees_set(params, lags->trees, &of_trees, why))
        return false;
    lags->season = param_integer(params, "season_length");
    lags->season = lags->season ? lags->season : history_season(history);
    lags->spreads = arena_array(arena, double, history->series_count);
    for (size_t s = 0; s < history->series_count; s++)
        lags->spreads[s] = spread_of(history->y + history->series[s].at, history->series[s].count);
    struct examples inner = { .target = TARGET_NUMBER,
                              .seed = examples->seed,
                              .threads = examples->threads };
    examples_make(arena, lags, &inner);
    if (!inner.in.dense.rows)
        return fault_set(why, BLAME_OPEN,
                         "the series were too short: gbdt_lags needs over %zu steps, two seasons "
                         "and one more",
                         needed(lags));
    lags->recent = arena_array(arena, double, history->series_count * lags->season * lags->columns);
    recent_keep(lags);
    *fitted = lags;
    return lags->trees->fit(arena, &inner, &of_trees, &lags->fitted, why);
}

/* Series on their way ahead. */
struct ways {
    size_t *ahead; /* [series]: steps */
    double **y;    /* [series][count + ahead]: NULL where nobody asks, or the series is short */
};

/* One step further for all series that go so far, by one call to the trees. */
static bool step_on(struct arena *arena, const struct lags *lags, struct ways *ways, size_t h,
                    struct matrix room, double *out)
{
    const struct history *history = &lags->history;
    size_t rows = 0;
    double *middles = out + history->series_count;
    for (size_t s = 0; s < history->series_count; s++) {
        size_t t = history->series[s].count + h;
        if (!ways->y[s] || h >= ways->ahead[s])
            continue;
        const double *x = lags->recent + (s * lags->season + t % lags->season) * lags->columns;
        middles[rows] =
            features_put(lags, ways->y[s], t, lags->spreads[s], x, matrix_row(room, rows));
        rows++;
    }
    if (!rows)
        return false;
    struct inputs in = { .dense = matrix_rows(room, 0, rows) };
    lags->trees->predict(arena, lags->fitted, &in, 1, out);
    rows = 0;
    for (size_t s = 0; s < history->series_count; s++)
        if (ways->y[s] && h < ways->ahead[s]) {
            ways->y[s][history->series[s].count + h] = middles[rows] + lags->spreads[s] * out[rows];
            rows++;
        }
    return true;
}

static struct ways go(struct arena *arena, const struct lags *lags, const struct inputs *in)
{
    const struct history *history = &lags->history;
    struct ways ways = { .y = arena_array(arena, double *, history->series_count) };
    history_ahead(arena, history, in, &ways.ahead);
    for (size_t s = 0; s < history->series_count; s++) {
        const struct series *series = &history->series[s];
        ways.ahead[s] = ways.ahead[s] < STEPS_MOST ? ways.ahead[s] : STEPS_MOST;
        if (series->count < needed(lags))
            continue;
        ways.y[s] = arena_array(arena, double, series->count + ways.ahead[s]);
        memcpy(ways.y[s], history->y + series->at, series->count * sizeof(double));
    }
    struct matrix room = matrix_new(arena, history->series_count, width_of(lags));
    double *out = arena_array(arena, double, 2 * history->series_count);
    size_t h = 0;
    while (step_on(arena, lags, &ways, h, room, out))
        h++;
    return ways;
}

/* Rows of short series, and the first steps of long ones: the step before, or the last one. */
static double plain(const struct lags *lags, const struct series *series, size_t step)
{
    const double *y = lags->history.y + series->at;
    return step < series->count ? y[step ? step - 1 : 0] : y[series->count - 1];
}

/* Each row by the way of its series up to there, and by its own columns. */
static void lags_predict(struct arena *arena, const void *fitted, const struct inputs *in,
                         unsigned threads, double *out)
{
    const struct lags *lags = fitted;
    const struct history *history = &lags->history;
    size_t rows = inputs_rows(in), count = 0;
    struct ways ways = go(arena, lags, in);
    struct matrix features = matrix_new(arena, rows, width_of(lags));
    size_t *at = arena_array(arena, size_t, rows);
    double *middles = arena_array(arena, double, rows), *found = arena_array(arena, double, rows);
    double *spreads = arena_array(arena, double, rows);
    for (size_t i = 0; i < rows; i++) {
        size_t step;
        const struct series *series = history_place(history, in, i, &step);
        out[i] = series ? plain(lags, series, step) : history->middle;
        size_t s = series ? (size_t)(series - history->series) : 0;
        if (!series || !ways.y[s] || step < needed(lags))
            continue;
        size_t last = series->count + ways.ahead[s];
        step = ways.ahead[s] && step >= last ? last - 1 : step;
        middles[count] = features_put(lags, ways.y[s], step, lags->spreads[s],
                                      matrix_row(in->dense, i), matrix_row(features, count));
        spreads[count] = lags->spreads[s];
        at[count++] = i;
    }
    struct inputs inner = { .dense = matrix_rows(features, 0, count) };
    if (count)
        lags->trees->predict(arena, lags->fitted, &inner, threads, found);
    for (size_t k = 0; k < count; k++)
        out[at[k]] = middles[k] + spreads[k] * found[k];
}

static void lags_save(const void *fitted, struct text *out)
{
    const struct lags *lags = fitted;
    size_t series = lags->history.series_count;
    history_save(&lags->history, out);
    bytes_put_u32(out, (uint32_t)lags->season);
    bytes_put_doubles(out, lags->spreads, series);
    bytes_put_doubles(out, lags->recent, series * lags->season * lags->columns);
    lags->trees->save(lags->fitted, out);
}

static void *lags_load(struct bytes *in, const struct fitted_shape *shape)
{
    struct lags *lags = arena_new(in->arena, struct lags);
    lags->columns = shape->columns;
    lags->trees = learner_find(S("gbdt"), NULL);
    if (!lags->trees || !history_load(in, shape, &lags->history))
        return NULL;
    size_t series = lags->history.series_count;
    lags->season = bytes_u32(in);
    if (!lags->season || lags->season > SEASON_MOST)
        return NULL;
    lags->spreads = bytes_doubles(in, series);
    lags->recent = bytes_doubles(in, series * lags->season * lags->columns);
    if (in->failed)
        return NULL;
    struct fitted_shape inner = { .columns = width_of(lags),
                                  .dense = width_of(lags),
                                  .target = TARGET_NUMBER };
    lags->fitted = lags->trees->load(in, &inner);
    for (size_t s = 0; s < series; s++)
        if (!(lags->spreads[s] > 0))
            return NULL;
    return lags->fitted && !in->failed ? lags : NULL;
}

static void lags_describe(const void *fitted, const struct feature_names *names,
                          struct json_out *out)
{
    const struct lags *lags = fitted;
    static const char *const own[] = { "lag 1",           "lag 2",
                                       "lag 3",           "one season ago",
                                       "the step before", "the step behind",
                                       "two seasons ago", "place in season",
                                       "season of seven", "trend" };
    size_t count = sizeof own / sizeof *own;
    struct str *all = arena_array(out->text->arena, struct str, width_of(lags));
    for (size_t i = 0; i < width_of(lags); i++)
        all[i] = i < count ? str_of(own[i]) : names->at[i - count];
    history_describe(&lags->history, out);
    json_add_int(out, "season_length", (int64_t)lags->season);
    json_open_map(out, "trees");
    lags->trees->describe(lags->fitted, &(struct feature_names){ all, width_of(lags) }, out);
    json_close_map(out);
}

static const struct param_spec lags_params[] = {
    { "season_length", "seasonal_periods", PARAM_INTEGER, 0, SEASON_MOST, "0", NULL,
      "steps of a season; 0: a day, week or year as the steps suggest" },
    { "n_estimators", "num_round", PARAM_INTEGER, 1, 100000, "100", NULL, "rounds of boosting" },
    { "learning_rate", "eta", PARAM_NUMBER, 1e-6, 10, "0.1", NULL, "share of each tree" },
    { "max_depth", NULL, PARAM_INTEGER, 0, 16, "5", NULL, "levels of a tree" },
    { "subsample", NULL, PARAM_NUMBER, 1e-6, 1, "1", NULL, "share of the rows a round" },
    { "min_child_weight", NULL, PARAM_NUMBER, 0, 1e9, "3", NULL, "least rows of a leaf" },
};

const struct learner learn_gbdt_lags = {
    .name = "gbdt_lags",
    .what = "forecast: boosted trees on lags, with the other columns of a row",
    .targets = TARGET_NUMBER,
    .params = lags_params,
    .param_count = sizeof lags_params / sizeof *lags_params,
    .fit = lags_fit,
    .predict = lags_predict,
    .save = lags_save,
    .load = lags_load,
    .describe = lags_describe,
};
