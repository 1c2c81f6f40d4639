/* Metrics of two and more classes. */
#include "core/eval/confusion.h"
#include "core/eval/draws.h"
#include "core/eval/normal.h"
#include "core/eval/ranking.h"
#include "core/math/sum.h"
#include <math.h>

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

/* Where the classes are fully apart there is no variance: as if the rarer class were a sample. */
static struct interval apart(size_t positives, size_t negatives, double value)
{
    double rarer = (double)(positives < negatives ? positives : negatives);
    return interval_wilson(value * rarer, rarer);
}

static struct interval auc_interval(const struct ranking_area *area)
{
    double deviation = sqrt(area->variance), half = NORMAL_975 * deviation, auc = area->value;
    if (isnan(deviation))
        return (struct interval){ NAN, NAN };
    if (auc <= 0 || auc >= 1)
        return apart(area->positive_count, area->negative_count, auc);
    if (auc - 2 * half > 0 && auc + 2 * half < 1)
        return (struct interval){ auc - half, auc + half };
    double logit = log(auc / (1 - auc)), wide = half / (auc * (1 - auc));
    return (struct interval){ logistic(logit - wide), logistic(logit + wide) };
}

static struct interval auc_resampled(struct arena *arena, const struct scored *rows,
                                     const struct metric_options *options,
                                     const struct ranking_area *area)
{
    double *replicates = arena_array(arena, double, options->bootstrap_count);
    ranking_area_resample(arena, rows, options->seed, replicates, options->bootstrap_count);
    return interval_bca(area->value, replicates, options->bootstrap_count, area->acceleration);
}

void measure_roc_auc(METRIC_PARTS)
{
    struct ranking_area area = ranking_area_of(arena, rows, !options->without_interval);
    bool is_apart = area.value <= 0 || area.value >= 1;
    out->value = area.value;
    if (options->without_interval)
        return;
    interval_set(out,
                 options->bootstrap_count && !is_apart ? auc_resampled(arena, rows, options, &area)
                                                       : auc_interval(&area),
                 0, 1);
}

static struct interval average_precision_interval(struct arena *arena, const struct scored *rows,
                                                  const struct ranking *ranking, double value,
                                                  uint64_t seed)
{
    struct influence influence = ranking_average_precision_influence(arena, ranking);
    double deviation = sqrt(influence.squares);
    if (value >= 1)
        return apart(ranking->positive_count, ranking->negative_count, 1);
    if (rows->n > BOOTSTRAP_ROWS_MOST)
        return (struct interval){ value - NORMAL_975 * deviation, value + NORMAL_975 * deviation };
    size_t count = bootstrap_count(rows->n);
    double *replicates = arena_array(arena, double, count);
    ranking_average_precision_resample(arena, ranking, rows, seed, replicates, count);
    double cube = deviation * deviation * deviation;
    return interval_bca(value, replicates, count, cube > 0 ? influence.cubes / (6 * cube) : 0);
}

void measure_average_precision(METRIC_PARTS)
{
    struct ranking ranking;
    bool resampled = rows->n <= BOOTSTRAP_ROWS_MOST;
    if (options->without_interval) {
        out->value = ranking_average_precision_of(arena, rows);
        return;
    }
    ranking_make(arena, rows, resampled, &ranking);
    out->value =
        ranking_average_precision(ranking.positives, ranking.negatives, ranking.group_count);
    interval_set(out, average_precision_interval(arena, rows, &ranking, out->value, options->seed),
                 0, 1);
}

void resample_average_precision(RESAMPLE_PARTS)
{
    struct ranking ranking;
    ranking_make(arena, rows, true, &ranking);
    ranking_average_precision_resample(arena, &ranking, rows, options->seed, out, count);
}

void losses_accuracy(LOSSES_PARTS)
{
    for (size_t i = 0; i < rows->n; i++)
        out[i] = said_class(rows, i, options) != (size_t)rows->truth[i];
}

void measure_accuracy(METRIC_PARTS)
{
    (void)arena;
    size_t right = 0;
    if (rows->kind == TRUTH_BINARY) {
        struct cells c = cells_count(rows, options->threshold);
        right = c.tp + c.tn;
    } else {
        for (size_t i = 0; i < rows->n; i++)
            right += said_class(rows, i, options) == (size_t)rows->truth[i];
    }
    out->value = (double)right / (double)rows->n;
    if (!options->without_interval)
        interval_set(out, interval_wilson((double)right, (double)rows->n), 0, 1);
}

static void share_set(struct metric_value *out, size_t hits, size_t of,
                      const struct metric_options *options, const char *nothing)
{
    out->value = of ? (double)hits / (double)of : 0;
    if (!of)
        out->note = nothing;
    if (!options->without_interval)
        interval_set(out, interval_wilson((double)hits, (double)of), 0, 1);
}

void measure_precision(METRIC_PARTS)
{
    (void)arena;
    struct cells c = cells_count(rows, options->threshold);
    share_set(out, c.tp, c.tp + c.fp, options, "no row was said to be 1: set to 0");
}

void measure_recall(METRIC_PARTS)
{
    (void)arena;
    struct cells c = cells_count(rows, options->threshold);
    share_set(out, c.tp, c.tp + c.fn, options, "no row is of class 1: set to 0");
}

static double f1_of(double tp, double fp, double fn)
{
    return tp > 0 ? 2 * tp / (2 * tp + fp + fn) : 0;
}

static double precision_of(double tp, double fp, double fn)
{
    (void)fn;
    return tp > 0 ? tp / (tp + fp) : 0;
}

static double recall_of(double tp, double fp, double fn)
{
    (void)fp;
    return tp > 0 ? tp / (tp + fn) : 0;
}

/* What was said of the rows of a class, in their order; gives how many there are. */
static size_t said_of(const struct scored *rows, const struct metric_options *options, bool class,
                      uint8_t *said)
{
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++)
        if ((rows->truth[i] != 0) == class)
            said[n++] = said_class(rows, i, options) == 1;
    return n;
}

static double said_draw(uint64_t *state, const uint8_t *said, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += said[draw_row(state, n)];
    return (double)count;
}

static void resample_confusion(RESAMPLE_PARTS, double (*of)(double tp, double fp, double fn))
{
    uint8_t *positives = arena_array(arena, uint8_t, rows->n);
    uint8_t *negatives = arena_array(arena, uint8_t, rows->n);
    size_t p = said_of(rows, options, true, positives),
           n = said_of(rows, options, false, negatives);
    uint64_t state = options->seed;
    for (size_t b = 0; b < count; b++) {
        double tp = said_draw(&state, positives, p), fp = said_draw(&state, negatives, n);
        out[b] = of(tp, fp, (double)p - tp);
    }
}

void resample_f1(RESAMPLE_PARTS)
{
    resample_confusion(arena, rows, options, out, count, f1_of);
}

void resample_precision(RESAMPLE_PARTS)
{
    resample_confusion(arena, rows, options, out, count, precision_of);
}

void resample_recall(RESAMPLE_PARTS)
{
    resample_confusion(arena, rows, options, out, count, recall_of);
}

/* Where it is 0 or 1 no resample differs: from the intervals of its two parts. */
static struct interval f1_edge(struct cells c)
{
    struct interval p = interval_wilson((double)c.tp, (double)(c.tp + c.fp));
    struct interval r = interval_wilson((double)c.tp, (double)(c.tp + c.fn));
    return (struct interval){ p.low + r.low > 0 ? 2 * p.low * r.low / (p.low + r.low) : 0,
                              2 * p.high * r.high / (p.high + r.high) };
}

static struct interval f1_interval(struct arena *arena, const struct scored *rows, struct cells c,
                                   const struct metric_options *options)
{
    double tp = (double)c.tp, wrong = (double)(c.fp + c.fn), of = 2 * tp + wrong;
    double value = f1_of(tp, (double)c.fp, (double)c.fn);
    if (value <= 0 || value >= 1)
        return f1_edge(c);
    if (rows->n > BOOTSTRAP_ROWS_MOST) { /* delta method: the influence of the rows of each cell */
        double hit = 2 * wrong / (of * of), miss = 2 * tp / (of * of);
        double half = NORMAL_975 * sqrt(tp * hit * hit + wrong * miss * miss);
        return (struct interval){ value - half, value + half };
    }
    size_t count = bootstrap_count(rows->n);
    double *replicates = arena_array(arena, double, count);
    resample_f1(arena, rows, options, replicates, count);
    return interval_bca(value, replicates, count, 0);
}

void measure_f1(METRIC_PARTS)
{
    struct cells c = cells_count(rows, options->threshold);
    out->value = f1_of((double)c.tp, (double)c.fp, (double)c.fn);
    if (c.tp + c.fp + c.fn == 0)
        out->note = "no row is or was said to be 1: set to 0";
    if (!options->without_interval)
        interval_set(out, f1_interval(arena, rows, c, options), 0, 1);
}
