/* Metrics as values of weighted rows: one bootstrap and one jackknife for all of them. */
#include "core/eval/weighed.h"
#include "core/eval/design.h"
#include "core/eval/metric_parts.h"
#include "core/eval/normal.h"
#include "core/math/sum.h"
#include <math.h>

/* Beyond so many rows a jackknife of fewer batches does: its error's error is 10 %. */
#define MANY_ROWS ((size_t)1000000)
#define MANY_BATCHES 50

/* A mean of terms as a value of weighted rows. */
struct mean_of_terms {
    const double *term;
    size_t n;
};

static double mean_value(void *prepared, const uint32_t *weight, const char **note)
{
    const struct mean_of_terms *at = prepared;
    struct sum sum = { 0 };
    uint64_t n = 0;
    (void)note;
    for (size_t i = 0; i < at->n && weight; i++) {
        n += weight[i];
        sum_add(&sum, weight[i] * at->term[i]);
    }
    return weight ? sum_value(&sum) / (double)n : mean_in_pieces(at->term, at->n);
}

struct weighed {
    double (*value)(VALUE_PARTS);
    void *prepared;
    struct resampling how;
    uint32_t *weight; /* [n] */
    size_t batches;   /* of the jackknife */
    uint32_t *batch;  /* [n] */
};

/* The value's function and what it needs; false and a note where it is not defined. */
static bool weighed_prepare(struct arena *arena, const struct metric *metric,
                            const struct scored *rows, const struct metric_options *options,
                            struct weighed *out, const char **note)
{
    if (metric->prepare) {
        out->value = metric->value;
        out->prepared = metric->prepare(arena, rows, options, note);
        return out->prepared != NULL;
    }
    struct mean_of_terms *mean = arena_new(arena, struct mean_of_terms);
    double *term = arena_array(arena, double, rows->n);
    metric->terms(rows, options, term);
    *mean = (struct mean_of_terms){ term, rows->n };
    out->value = mean_value;
    out->prepared = mean;
    return true;
}

static struct resampling how_drawn(struct arena *arena, const struct metric *metric,
                                   const struct scored *rows, uint64_t seed)
{
    if (!design_is_plain(rows) || !metric->by_class)
        return design_of(arena, rows, seed);
    uint32_t *class = arena_array(arena, uint32_t, rows->n);
    for (size_t i = 0; i < rows->n; i++)
        class[i] = (uint32_t)rows->truth[i];
    return resample_strata(arena, class, rows->n, seed);
}

/* Rows in turn, what belongs together in turn, or the rows of each class in turn. */
static void batches_make(struct arena *arena, struct weighed *at, const struct scored *rows)
{
    const struct resampling *how = &at->how;
    size_t most = how->n > MANY_ROWS ? MANY_BATCHES : JACKKNIFE_MOST;
    at->batches = design_part_count(rows, most);
    at->batch = arena_array(arena, uint32_t, how->n);
    for (size_t i = 0; i < how->n; i++)
        if (how->is_strata)
            at->batch[how->rows[i]] = (uint32_t)(i % at->batches);
        else
            at->batch[i] = (uint32_t)design_part(rows, i, at->batches);
}

/* The value without each batch in turn; gives how many are defined. */
static size_t jackknife_values(struct weighed *at, double *out)
{
    size_t kept = 0;
    const char *note = "";
    for (size_t b = 0; b < at->batches; b++) {
        for (size_t i = 0; i < at->how.n; i++)
            at->weight[i] = at->batch[i] != b;
        double value = at->value(at->prepared, at->weight, &note);
        if (isfinite(value))
            out[kept++] = -value; /* what the batch adds, but for its scale */
    }
    return kept;
}

static size_t replicates_make(struct weighed *at, double *out, size_t count)
{
    size_t kept = 0;
    const char *note = "";
    for (size_t b = 0; b < count; b++) {
        resample_weights(&at->how, b, at->weight);
        double value = at->value(at->prepared, at->weight, &note);
        if (!isnan(value))
            out[kept++] = value;
    }
    return kept;
}

static struct interval weighed_interval(struct arena *arena, struct weighed *at,
                                        const struct scored *rows, double value, size_t asked)
{
    double influence[JACKKNIFE_MOST];
    at->weight = arena_array(arena, uint32_t, at->how.n);
    if (at->how.n < 2 || at->how.unit_count < 1 || at->how.draws < 2)
        return (struct interval){ NAN, NAN };
    batches_make(arena, at, rows);
    size_t kept = jackknife_values(at, influence);
    if (at->how.n > BOOTSTRAP_ROWS_MOST && !asked) {
        double mean = mean_of(influence, kept), count = (double)kept;
        double half = NORMAL_975 * sqrt((count - 1) * variance_of(influence, kept, mean));
        return (struct interval){ value - half, value + half };
    }
    size_t count = asked ? asked : bootstrap_count(at->how.n);
    double *replicates = arena_array(arena, double, count);
    size_t defined = replicates_make(at, replicates, count);
    if (2 * defined <= count)
        return (struct interval){ NAN, NAN };
    return interval_bca(value, replicates, defined, acceleration_of(influence, kept));
}

/*
 * Where no resample differs, as at a perfect value, the rows are too few to show what there is: as
 * if a share of the rarer class (or of all rows) had come out so. For ranges of known ends.
 */
static struct interval without_spread(const struct metric *metric, const struct scored *rows,
                                      double value)
{
    double range = metric->most - metric->least, n = (double)rows->n, ones = 0;
    if (!isfinite(range) && metric->terms)
        return (struct interval){ value, value };
    if (!isfinite(range))
        return (struct interval){ NAN, NAN };
    for (size_t i = 0; i < rows->n && rows->kind == TRUTH_BINARY; i++)
        ones += rows->truth[i] != 0;
    n = ones > 0 && ones < n ? fmin(ones, n - ones) : n;
    struct interval share = interval_wilson((value - metric->least) / range * n, n);
    return (struct interval){ metric->least + range * share.low,
                              metric->least + range * share.high };
}

/* A heavily biased statistic's interval may lie beside the value: it is drawn up to it. */
static void ends_set(struct metric_value *out, struct interval interval,
                     const struct metric *metric, const struct scored *rows)
{
    if (interval.low == interval.high)
        interval = without_spread(metric, rows, out->value);
    interval_set(out, interval, metric->least, metric->most);
    if (isnan(out->low))
        return;
    out->low = fmin(out->low, out->value);
    out->high = fmax(out->high, out->value);
}

void weighed_measure(struct arena *arena, const struct metric *metric, const struct scored *rows,
                     const struct metric_options *options, struct metric_value *out)
{
    struct weighed at = { 0 };
    struct metric_options plain = *options;
    bool wilson = metric->share && design_is_plain(rows) && !options->bootstrap_count;
    plain.without_interval |= wilson || !metric->interval;
    if (!weighed_prepare(arena, metric, rows, &plain, &at, &out->note))
        return;
    double value = at.value(at.prepared, NULL, &out->note), n = (double)rows->n;
    double (*of_mean)(double, double) = metric->prepare ? NULL : metric->of_mean;
    out->value = of_mean ? of_mean(value, n) : value;
    if (isnan(out->value) || options->without_interval || !metric->interval)
        return;
    if (wilson) {
        double hits, of;
        metric->share(at.prepared, &hits, &of);
        interval_set(out, interval_wilson(hits, of), 0, 1);
        return;
    }
    at.how = how_drawn(arena, metric, rows, options->seed);
    struct interval interval = weighed_interval(arena, &at, rows, value, options->bootstrap_count);
    ends_set(out, interval_carried(interval, of_mean, n), metric, rows);
}

void weighed_resample(struct arena *arena, const struct metric *metric, const struct scored *rows,
                      const struct metric_options *options, double *out, size_t count)
{
    struct weighed at = { 0 };
    const char *note = "";
    struct metric_options with = *options;
    with.without_interval = false; /* else what weights need is not prepared */
    bool defined = weighed_prepare(arena, metric, rows, &with, &at, &note);
    at.how = how_drawn(arena, metric, rows, options->seed);
    at.weight = arena_array(arena, uint32_t, rows->n);
    for (size_t b = 0; b < count; b++) {
        resample_weights(&at.how, b, at.weight);
        out[b] = defined ? at.value(at.prepared, at.weight, &note) : NAN;
        if (defined && !metric->prepare && metric->of_mean)
            out[b] = metric->of_mean(out[b], (double)rows->n);
    }
}
