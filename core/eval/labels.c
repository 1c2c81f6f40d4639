/* Rows with several labels. */
#include "core/eval/labels.h"
#include "core/eval/normal.h"
#include "core/math/sum.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BATCHES 100

enum { IS_TRUE = 1, IS_SAID = 2 };

struct prepared {
    size_t n, labels;
    size_t *from;    /* [n + 1] where a row's cells start */
    uint32_t *label; /* of each cell; the low bits of kind say what it is */
    uint8_t *kind;
    struct label_counts *counts;
};

static uint8_t kind_of(const struct scored *rows, size_t at, double threshold)
{
    return (uint8_t)((rows->truth[at] != 0 ? IS_TRUE : 0) |
                     (rows->prediction[at] >= threshold ? IS_SAID : 0));
}

void *labels_prepare(PREPARE_PARTS)
{
    struct prepared *p = arena_new(arena, struct prepared);
    size_t labels = rows->class_count, cells = 0;
    (void)note;
    for (size_t i = 0; i < rows->n * labels; i++)
        cells += kind_of(rows, i, options->threshold) != 0;
    *p = (struct prepared){ .n = rows->n,
                            .labels = labels,
                            .from = arena_array(arena, size_t, rows->n + 1),
                            .label = arena_array(arena, uint32_t, cells),
                            .kind = arena_array(arena, uint8_t, cells),
                            .counts = arena_array(arena, struct label_counts, labels) };
    for (size_t i = 0, at = 0; i < rows->n; i++) {
        for (size_t k = 0; k < labels; k++) {
            uint8_t kind = kind_of(rows, i * labels + k, options->threshold);
            if (!kind)
                continue;
            p->label[at] = (uint32_t)k;
            p->kind[at++] = kind;
        }
        p->from[i + 1] = at;
    }
    return p;
}

const struct label_counts *labels_count(void *prepared, const uint32_t *weight, size_t *labels)
{
    struct prepared *p = prepared;
    memset(p->counts, 0, p->labels * sizeof *p->counts);
    for (size_t i = 0; i < p->n; i++) {
        double times = weight ? weight[i] : 1;
        for (size_t at = p->from[i]; times > 0 && at < p->from[i + 1]; at++) {
            struct label_counts *c = &p->counts[p->label[at]];
            c->both += p->kind[at] == (IS_TRUE | IS_SAID) ? times : 0;
            c->truth += p->kind[at] & IS_TRUE ? times : 0;
            c->said += p->kind[at] & IS_SAID ? times : 0;
        }
    }
    *labels = p->labels;
    return p->counts;
}

/* A row of one label. */
struct placed {
    double score;
    uint32_t row;
    bool truth;
};

static int placed_order(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Of the sorted rows of a label, by weight; NAN where one of the classes is missing. */
static double ranked_value(const struct placed *at, size_t n, const uint32_t *weight,
                           enum labels_ranked which)
{
    double ones = 0, zeros = 0, area = 0, precision = 0;
    for (size_t i = 0; i < n;) {
        double more_ones = 0, more_zeros = 0, score = at[i].score;
        for (; i < n && at[i].score == score; i++) {
            double times = weight ? weight[at[i].row] : 1;
            more_ones += at[i].truth ? times : 0;
            more_zeros += at[i].truth ? 0 : times;
        }
        area += more_zeros * (ones + more_ones / 2);
        ones += more_ones;
        zeros += more_zeros;
        precision += more_ones > 0 ? more_ones * (ones / (ones + zeros)) : 0;
    }
    if (ones == 0 || zeros == 0)
        return NAN;
    return which == LABELS_ROC_AUC ? area / (ones * zeros) : precision / ones;
}

/* Weights of the b-th value; NULL: once each. */
typedef const uint32_t *weights_at(void *state, size_t b);

/* Label by label, so that one order is kept at a time: means over labels into out[count]. */
static size_t ranked_means(struct arena *arena, const struct scored *rows, enum labels_ranked which,
                           weights_at *weights, void *state, double *out, size_t count)
{
    size_t n = rows->n, labels = rows->class_count, kept = 0;
    struct placed *at = arena_array(arena, struct placed, n);
    double *defined = arena_array(arena, double, count);
    for (size_t b = 0; b < count; b++)
        out[b] = 0;
    for (size_t k = 0; k < labels; k++) {
        for (size_t i = 0; i < n; i++)
            at[i] = (struct placed){ rows->prediction[i * labels + k], (uint32_t)i,
                                     rows->truth[i * labels + k] != 0 };
        qsort(at, n, sizeof *at, placed_order);
        if (isnan(ranked_value(at, n, NULL, which)))
            continue;
        kept++;
        for (size_t b = 0; b < count; b++) {
            double value = ranked_value(at, n, weights(state, b), which);
            out[b] += isnan(value) ? 0 : value;
            defined[b] += !isnan(value);
        }
    }
    for (size_t b = 0; b < count; b++)
        out[b] /= defined[b]; /* NAN without any */
    return kept;
}

struct batches {
    uint32_t *weight;
    size_t n, count;
};

/* The first: all rows; then without every count-th one. */
static const uint32_t *without_batch(void *state, size_t b)
{
    struct batches *s = state;
    if (b == 0)
        return NULL;
    for (size_t i = 0; i < s->n; i++)
        s->weight[i] = i % s->count != b - 1;
    return s->weight;
}

void labels_measure_ranked(METRIC_PARTS, enum labels_ranked which)
{
    size_t count = options->without_interval || rows->n < 3 ? 0
                   : rows->n < BATCHES                      ? rows->n
                                                            : BATCHES;
    struct batches state = { arena_array(arena, uint32_t, rows->n), rows->n, count };
    double values[BATCHES + 1], *without = values + 1;
    size_t kept = ranked_means(arena, rows, which, without_batch, &state, values, count + 1);
    out->value = values[0];
    if (kept == 0)
        out->note = "no label has rows of both classes";
    else if (kept < rows->class_count)
        out->note = arena_print(arena, "%zu of %zu labels have no rows of both classes: left out",
                                rows->class_count - kept, rows->class_count);
    if (options->without_interval || kept == 0)
        return;
    double mean = mean_of(without, count);
    double half = NORMAL_975 * sqrt((double)(count - 1) * variance_of(without, count, mean));
    interval_set(out, (struct interval){ out->value - half, out->value + half }, 0, 1);
}

struct draws {
    struct resampling how;
    uint32_t *weight;
};

static const uint32_t *drawn(void *state, size_t b)
{
    struct draws *s = state;
    resample_weights(&s->how, b, s->weight);
    return s->weight;
}

void labels_resample_ranked(struct arena *arena, const struct scored *rows, uint64_t seed,
                            double *out, size_t count, enum labels_ranked which)
{
    struct draws state = { resample_rows(rows->n, seed), arena_array(arena, uint32_t, rows->n) };
    ranked_means(arena, rows, which, drawn, &state, out, count);
}
