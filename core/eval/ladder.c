/* Ladder and Thresholdout. */
#include "core/eval/ladder.h"
#include "core/eval/interval.h"
#include "core/eval/metric_parts.h"
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
    return entry->loss < leader->loss - (margin > 0 ? margin : 0) - ROUNDING;
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

/* The rows that are kept, side by side; of what one value a row stands for. */
static void rows_keep(struct arena *arena, const struct scored *rows, const bool *keep,
                      struct scored *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->n; i++)
        kept += keep[i];
    double *truth = arena_array(arena, double, kept);
    double *prediction = arena_array(arena, double, kept * rows->width);
    *out = *rows;
    out->n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        if (!keep[i])
            continue;
        truth[out->n] = rows->truth[i];
        memcpy(prediction + out->n * rows->width, rows->prediction + i * rows->width,
               rows->width * sizeof *prediction);
        out->n++;
    }
    out->truth = truth;
    out->prediction = prediction;
}

enum together { ALONE, CLUSTERS, NEIGHBOURS };

/* Which rows belong together. */
static enum together together_of(const struct scored *rows)
{
    if (rows->group && rows->group_count >= LADDER_CLUSTERS)
        return CLUSTERS;
    return rows->kind == TRUTH_NUMBER && (rows->time || rows->history) ? NEIGHBOURS : ALONE;
}

static struct resampling design_of(struct arena *arena, const struct scored *rows)
{
    switch (together_of(rows)) {
    case CLUSTERS:
        return resample_clusters(arena, rows->group, rows->n, 0);
    case NEIGHBOURS:
        return resample_blocks(rows->n, 0, 0);
    default:
        return resample_rows(rows->n, 0);
    }
}

/* In which of `groups` groups a row is left out. */
static size_t group_of(const struct scored *rows, size_t i, size_t groups)
{
    switch (together_of(rows)) {
    case CLUSTERS:
        return rows->group[i] % groups;
    case NEIGHBOURS:
        return i * groups / rows->n;
    default:
        return i % groups;
    }
}

static size_t group_count(const struct scored *rows)
{
    size_t units = together_of(rows) == CLUSTERS     ? rows->group_count
                   : together_of(rows) == NEIGHBOURS ? resample_blocks(rows->n, 0, 0).draws
                                                     : rows->n;
    return units < LADDER_GROUPS ? units : LADDER_GROUPS;
}

/* Without a group that a metric cannot do without, the whole stands in: it adds nothing. */
static double *pseudo_values_of(struct arena *arena, const struct metric *metric,
                                const struct scored *rows, const struct metric_options *options,
                                double value)
{
    size_t groups = group_count(rows);
    double *out = arena_array(arena, double, groups);
    bool *keep = arena_array(arena, bool, rows->n);
    for (size_t g = 0; g < groups; g++) {
        scoped_arena scratch = arena_open(NULL);
        struct scored some;
        for (size_t i = 0; i < rows->n; i++)
            keep[i] = group_of(rows, i, groups) != g;
        rows_keep(scratch, rows, keep, &some);
        double without = metric_measure(scratch, metric, &some, options).value;
        out[g] = isnan(without) ? value : without;
    }
    pseudo_values(value, out, groups, out);
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
    if (!(plain.clip > 0))
        plain.clip = METRIC_CLIP_PRIVATE;
    double value = metric_measure(arena, metric, rows, &plain).value;
    double sign = metric->higher_is_better ? -1 : 1;
    if (isnan(value))
        return false;
    out->loss = sign * value;
    if (metric->losses) {
        double *losses = arena_array(arena, double, rows->n);
        metric->losses(rows, &plain, losses);
        *how = design_of(arena, rows);
        *out = (struct ladder_entry){ mean_of(losses, rows->n), losses };
        return true;
    }
    if (metric->measure == measure_roc_auc) {
        out->row = placements_of(arena, rows);
        *how = by_class(arena, rows);
        return true;
    }
    double *row = pseudo_values_of(arena, metric, rows, &plain, value);
    *how = resample_rows(group_count(rows), 0);
    for (size_t g = 0; g < how->n; g++)
        row[g] *= sign;
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
