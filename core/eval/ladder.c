/* Ladder and Thresholdout. */
#include "core/eval/ladder.h"
#include "core/eval/design.h"
#include "core/eval/interval.h"
#include "core/eval/metric_parts.h"
#include "core/eval/predictions.h"
#include "core/eval/ranking.h"
#include "core/math/random.h"
#include "core/math/sum.h"
#include <math.h>
#include <string.h>

#define ROUNDING 1e-12

bool ladder_fixed_step(double *released, double loss, double eta)
{
    if (!(loss < *released - eta))
        return false;
    *released = floor(loss / eta + 0.5) * eta;
    return true;
}

bool ladder_step(struct arena *arena, const struct resampling *how,
                 const struct ladder_entry *leader, const struct ladder_entry *entry)
{
    if (isnan(entry->loss))
        return false;
    if (!leader)
        return true;
    double *d = arena_array(arena, double, how->n);
    for (size_t i = 0; i < how->n; i++)
        d[i] = entry->row[i] - leader->row[i];
    double margin = resample_error_of_mean(arena, how, d);
    return entry->loss < leader->loss - margin - ROUNDING; /* never, where the noise is unknown */
}

/* Placements as a mean over all rows, each class scaled to count as the whole. */
static void placements_scale(const struct scored *rows, const double *placements, double *out)
{
    double n = (double)rows->n, ones = 0;
    for (size_t i = 0; i < rows->n; i++)
        ones += rows->truth[i] != 0;
    for (size_t i = 0; i < rows->n; i++)
        out[i] = -placements[i] * n / (rows->truth[i] != 0 ? ones : n - ones);
}

/* The value without each part in turn, by the rows that are left. */
static void measure_without(const struct metric *metric, const struct scored *rows,
                            const struct metric_options *options, size_t *kept, double *out,
                            size_t parts)
{
    for (size_t g = 0; g < parts; g++) {
        scoped_arena scratch = arena_open(NULL);
        struct scored some;
        size_t count = 0;
        for (size_t i = 0; i < rows->n; i++)
            if (design_part(rows, i, parts) != g)
                kept[count++] = i;
        scored_take(scratch, rows, kept, count, &some);
        out[g] = metric_measure(scratch, metric, &some, options).value;
    }
}

/* The same for metrics of rows that count a number of times. */
static void weigh_without(struct arena *arena, const struct metric *metric,
                          const struct scored *rows, const struct metric_options *options,
                          double *out, size_t parts)
{
    const char *note = "";
    struct metric_options weighed = *options;
    weighed.without_interval = false; /* what is prepared without may forget the rows */
    void *prepared = metric->prepare(arena, rows, &weighed, &note);
    uint32_t *weight = arena_array(arena, uint32_t, rows->n);
    for (size_t g = 0; g < parts; g++) {
        for (size_t i = 0; i < rows->n; i++)
            weight[i] = design_part(rows, i, parts) != g;
        out[g] = prepared ? metric->value(prepared, weight, &note) : NAN;
    }
}

static double *pseudo_values_of(struct arena *arena, const struct metric *metric,
                                const struct scored *rows, const struct metric_options *options,
                                double value)
{
    size_t parts = design_part_count(rows, LADDER_GROUPS);
    double *out = arena_array(arena, double, parts);
    if (metric->prepare)
        weigh_without(arena, metric, rows, options, out, parts);
    else
        measure_without(metric, rows, options, arena_array(arena, size_t, rows->n), out, parts);
    for (size_t g = 0; g < parts; g++)
        if (!isfinite(out[g])) /* not defined without that part: it adds nothing */
            out[g] = value;
    pseudo_values(value, out, parts, out);
    return out;
}

/* A function of a mean of terms, as steep as it is at the mean. */
static double *terms_of(struct arena *arena, const struct metric *metric, const struct scored *rows,
                        const struct metric_options *options)
{
    double *out = arena_array(arena, double, rows->n), slope = 1, n = (double)rows->n;
    metric->terms(rows, options, out);
    if (metric->of_mean) {
        double mean = mean_of(out, rows->n), step = 1e-5 * (fabs(mean) > 0 ? fabs(mean) : 1);
        slope = (metric->of_mean(mean + step, n) - metric->of_mean(mean - step, n)) / (2 * step);
    }
    for (size_t i = 0; i < rows->n; i++)
        out[i] *= isfinite(slope) ? slope : 1;
    return out;
}

static double *placements_of(struct arena *arena, const struct scored *rows)
{
    double *out = arena_array(arena, double, rows->n);
    struct ranking ranking;
    ranking_make(arena, rows, true, &ranking);
    ranking_placements(arena, &ranking, rows, out);
    placements_scale(rows, out, out);
    return out;
}

static struct resampling by_class(struct arena *arena, const struct scored *rows)
{
    uint32_t *class = arena_array(arena, uint32_t, rows->n);
    for (size_t i = 0; i < rows->n; i++)
        class[i] = rows->truth[i] != 0;
    return resample_strata(arena, class, rows->n, 0);
}

bool ladder_entry_make(struct arena *arena, const struct metric *metric, const struct scored *rows,
                       const struct metric_options *options, struct ladder_entry *out,
                       struct resampling *how)
{
    struct metric_options plain = options ? *options : (struct metric_options){ 0 };
    plain.without_interval = true;
    metric_options_fill(&plain);
    double value = metric_measure(arena, metric, rows, &plain).value;
    double sign = metric->higher_is_better ? -1 : 1;
    if (isnan(value))
        return false;
    out->loss = sign * value;
    if (metric->losses) {
        double *losses = arena_array(arena, double, rows->n);
        metric->losses(rows, &plain, losses);
        *how = design_of(arena, rows, 0);
        *out = (struct ladder_entry){ mean_of(losses, rows->n), losses };
        return true;
    }
    if (metric->measure == measure_roc_auc && design_is_plain(rows)) {
        out->row = placements_of(arena, rows);
        *how = by_class(arena, rows);
        return true;
    }
    double *row = metric->terms ? terms_of(arena, metric, rows, &plain)
                                : pseudo_values_of(arena, metric, rows, &plain, value);
    *how = metric->terms ? design_of(arena, rows, 0)
                         : resample_rows(design_part_count(rows, LADDER_GROUPS), 0);
    for (size_t i = 0; i < how->n; i++)
        row[i] *= sign;
    out->row = row;
    return true;
}

void thresholdout_start(struct thresholdout *at)
{
    at->noisy = at->threshold + at->noise(at->at, 2 * at->scale);
}

bool thresholdout_ask(struct thresholdout *at, double train, double heldout, double *answer)
{
    if (at->budget < 1)
        return false;
    *answer = train;
    if (fabs(heldout - train) > at->noisy + at->noise(at->at, 4 * at->scale)) {
        at->budget--;
        thresholdout_start(at);
        *answer = heldout + at->noise(at->at, at->scale);
    }
    return true;
}

double laplace_noise(void *at, double scale)
{
    double u = random_unit(at) - 0.5; /* [-0.5, 0.5): the logarithm is finite but for one value */
    double tail = fmax(1 - 2 * fabs(u), 0x1p-54);
    return u < 0 ? scale * log(tail) : -scale * log(tail);
}
