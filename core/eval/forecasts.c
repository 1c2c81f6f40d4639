/* Forecasts series by series. */
#include "core/eval/forecasts.h"
#include "core/eval/draws.h"
#include "core/math/sum.h"
#include <math.h>
#include <stdlib.h>

struct placed {
    double time;
    uint32_t series, row;
};

struct series {
    size_t from, count;        /* in sums */
    double sum[FORECAST_SUMS]; /* of all of them */
    double value;              /* of the sums; only where each series has one */
    size_t number;             /* in rows->group */
};

struct forecast {
    const struct scored *rows;
    const struct forecast_rule *rule;
    double (*sums)[FORECAST_SUMS]; /* [n] in the order of series and time */
    struct series *series;         /* [count] those that have rows (and a value) */
    size_t count, left_out, n;
};

static int placed_order(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->series != y->series)
        return x->series < y->series ? -1 : 1;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static double series_value(const struct forecast *f, const double *sum, double n, size_t number)
{
    return f->rule->of(sum, n, f->rows, number);
}

static void series_end(struct forecast *f, struct series *at)
{
    struct sum sums[FORECAST_SUMS] = { 0 };
    if (at->count == 0)
        return;
    for (size_t i = at->from; i < at->from + at->count; i++)
        for (size_t k = 0; k < FORECAST_SUMS; k++)
            sum_add(&sums[k], f->sums[i][k]);
    for (size_t k = 0; k < FORECAST_SUMS; k++)
        at->sum[k] = sum_value(&sums[k]);
    at->value = series_value(f, at->sum, (double)at->count, at->number);
    bool kept = !f->rule->each_series || !isnan(at->value);
    f->count += kept;
    f->left_out += !kept;
}

static void forecast_make(struct arena *arena, const struct scored *rows,
                          const struct forecast_rule *rule, struct forecast *f)
{
    size_t n = rows->n, groups = rows->group ? rows->group_count : 1;
    struct placed *order = arena_array(arena, struct placed, n);
    *f = (struct forecast){ .rows = rows, .rule = rule, .n = n };
    f->sums = arena_take_array(arena, n, sizeof *f->sums);
    f->series = arena_array(arena, struct series, groups + 1);
    for (size_t i = 0; i < n; i++)
        order[i] = (struct placed){ rows->time ? rows->time[i] : (double)i,
                                    rows->group ? rows->group[i] : 0, (uint32_t)i };
    qsort(order, n, sizeof *order, placed_order);
    for (size_t i = 0; i < n; i++) {
        bool first = i == 0 || order[i].series != order[i - 1].series;
        if (first) {
            if (i)
                series_end(f, &f->series[f->count]);
            f->series[f->count] = (struct series){ .from = i, .number = order[i].series };
        }
        f->series[f->count].count++;
        rule->row(rows, order[i].row, first ? SIZE_MAX : order[i - 1].row, f->sums[i]);
    }
    series_end(f, &f->series[f->count]);
}

/* The value of all series together, or the mean of their values; of drawn ones. */
struct total {
    struct sum sum[FORECAST_SUMS], values;
    double n, series;
};

static void total_add(const struct forecast *f, struct total *total, const double *sum, double n,
                      double value)
{
    for (size_t k = 0; k < FORECAST_SUMS && !f->rule->each_series; k++)
        sum_add(&total->sum[k], sum[k]);
    total->n += n;
    if (f->rule->each_series && !isnan(value)) {
        sum_add(&total->values, value);
        total->series++;
    }
}

static double total_value(const struct forecast *f, const struct total *total)
{
    double sum[FORECAST_SUMS];
    if (f->rule->each_series)
        return sum_value(&total->values) / total->series;
    for (size_t k = 0; k < FORECAST_SUMS; k++)
        sum[k] = sum_value(&total->sum[k]);
    return series_value(f, sum, total->n, SIZE_MAX);
}

/* Without one of them; SIZE_MAX: of all. */
static double value_without(const struct forecast *f, size_t without)
{
    struct total total = { 0 };
    for (size_t s = 0; s < f->count; s++)
        if (s != without)
            total_add(f, &total, f->series[s].sum, (double)f->series[s].count, f->series[s].value);
    return total_value(f, &total);
}

static double draw_series(const struct forecast *f, uint64_t *state)
{
    struct total total = { 0 };
    for (size_t i = 0; i < f->count; i++) {
        const struct series *s = &f->series[draw_row(state, f->count)];
        total_add(f, &total, s->sum, (double)s->count, s->value);
    }
    return total_value(f, &total);
}

/* Blocks of a series until as many rows are drawn as it has. */
static void draw_blocks(const struct forecast *f, const struct series *s, uint64_t *state,
                        double *sum)
{
    size_t length = (size_t)lround(cbrt((double)s->count)), drawn = 0;
    while (drawn < s->count) {
        size_t from = s->from + draw_row(state, s->count - length + 1);
        for (size_t i = 0; i < length && drawn < s->count; i++, drawn++)
            for (size_t k = 0; k < FORECAST_SUMS; k++)
                sum[k] += f->sums[from + i][k];
    }
}

static double draw_rows(const struct forecast *f, uint64_t *state)
{
    struct total total = { 0 };
    for (size_t s = 0; s < f->count; s++) {
        double sum[FORECAST_SUMS] = { 0 }, n = (double)f->series[s].count;
        draw_blocks(f, &f->series[s], state, sum);
        total_add(f, &total, sum, n, series_value(f, sum, n, f->series[s].number));
    }
    return total_value(f, &total);
}

static void draw(const struct forecast *f, uint64_t seed, double *out, size_t count)
{
    uint64_t state = seed;
    for (size_t b = 0; b < count; b++)
        out[b] = f->count >= SERIES_DRAWN ? draw_series(f, &state) : draw_rows(f, &state);
}

static struct interval interval(struct arena *arena, const struct forecast *f, double value,
                                const struct metric_options *options)
{
    bool by_series = f->count >= SERIES_DRAWN;
    size_t fits = bootstrap_count(by_series ? f->count : f->n), kept = 0;
    size_t count = options->bootstrap_count ? options->bootstrap_count : fits;
    double *replicates = arena_array(arena, double, count);
    double *influence = arena_array(arena, double, f->count);
    if (!by_series && f->n < 2)
        return (struct interval){ NAN, NAN };
    draw(f, options->seed, replicates, count);
    for (size_t b = 0; b < count; b++)
        if (!isnan(replicates[b]))
            replicates[kept++] = replicates[b];
    if (2 * kept <= count)
        return (struct interval){ NAN, NAN };
    size_t most = f->count < JACKKNIFE_MOST ? f->count : JACKKNIFE_MOST;
    for (size_t s = 0; s < most && by_series; s++)
        influence[s] = -value_without(f, s);
    return interval_bca(value, replicates, kept, by_series ? acceleration_of(influence, most) : 0);
}

void forecast_measure(METRIC_PARTS, const struct forecast_rule *rule)
{
    struct forecast f;
    forecast_make(arena, rows, rule, &f);
    out->value = value_without(&f, SIZE_MAX);
    if (f.left_out)
        out->note = arena_print(arena, "%zu of %zu series have no value: left out", f.left_out,
                                f.left_out + f.count);
    if (isnan(out->value) && !f.left_out)
        out->note = "there is nothing to divide by";
    if (!isnan(out->value) && !options->without_interval)
        interval_set(out, interval(arena, &f, out->value, options), rule->least, rule->most);
}

void forecast_resample(RESAMPLE_PARTS, const struct forecast_rule *rule)
{
    struct forecast f;
    forecast_make(arena, rows, rule, &f);
    draw(&f, options->seed, out, count);
}

bool forecast_interval(const struct scored *rows, size_t *low, size_t *high)
{
    for (size_t i = 0; i < rows->quantile_count && rows->quantile_levels[i] < 0.5; i++)
        for (size_t k = rows->quantile_count; k-- > i;)
            if (fabs(rows->quantile_levels[i] + rows->quantile_levels[k] - 1) < 1e-9) {
                *low = i;
                *high = k;
                return true;
            }
    return false;
}
