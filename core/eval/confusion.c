/* Counting what was said beside what is true. */
#include "core/eval/confusion.h"
#ifndef __clang__
#pragma GCC optimize("O3") /* vectors in cells_count: 2.5 times as fast */
#endif

struct said {
    struct confusion counts;
    size_t n;
    const uint32_t *truth, *said; /* [n] */
    struct metric_options options;
};

size_t said_class(const struct scored *rows, size_t row, const struct metric_options *options)
{
    const double *at = rows->prediction + row * rows->width;
    if (rows->width == 1)
        return rows->kind == TRUTH_BINARY ? at[0] >= options->threshold : (size_t)at[0];
    size_t best = 0;
    for (size_t i = 1; i < rows->width; i++)
        best = at[i] > at[best] ? i : best;
    return best;
}

struct cells cells_count(const struct scored *rows, double threshold)
{
    const double *truth = rows->truth, *score = rows->prediction;
    uint64_t positives = 0, said = 0, hits = 0;
    for (size_t i = 0; i < rows->n; i++) {
        uint64_t is = truth[i] != 0, says = score[i] >= threshold;
        positives += is;
        said += says;
        hits += is & says;
    }
    return (struct cells){ hits, said - hits, positives - hits, rows->n + hits - positives - said };
}

static void *counted(struct arena *arena, const struct scored *rows,
                     const struct metric_options *options)
{
    struct said *out = arena_new(arena, struct said);
    struct cells c = cells_count(rows, options->threshold);
    double *six = arena_array(arena, double, 6), wrong = (double)(c.fp + c.fn);
    *out = (struct said){ .options = *options,
                          .counts = { .classes = 2,
                                      .n = (double)rows->n,
                                      .right = (double)(c.tp + c.tn),
                                      .hit = six,
                                      .truth = six + 2,
                                      .said = six + 4,
                                      .apart = wrong,
                                      .squared = wrong } };
    const double values[] = { (double)c.tn,          (double)c.tp,          (double)(c.tn + c.fp),
                              (double)(c.tp + c.fn), (double)(c.tn + c.fn), (double)(c.tp + c.fp) };
    memcpy(six, values, sizeof values);
    return out;
}

void *confusion_prepare(PREPARE_PARTS)
{
    if (rows->kind == TRUTH_BINARY && options->without_interval)
        return counted(arena, rows, options);
    struct said *out = arena_new(arena, struct said);
    uint32_t *truth = arena_array(arena, uint32_t, rows->n);
    uint32_t *said = arena_array(arena, uint32_t, rows->n);
    size_t classes = rows->class_count;
    (void)note;
    for (size_t i = 0; i < rows->n; i++) {
        truth[i] = (uint32_t)rows->truth[i];
        said[i] = (uint32_t)said_class(rows, i, options);
        classes = said[i] >= classes ? said[i] + 1 : classes;
    }
    *out = (struct said){ .n = rows->n, .truth = truth, .said = said, .options = *options };
    out->counts.classes = classes;
    out->counts.hit = arena_array(arena, double, classes);
    out->counts.truth = arena_array(arena, double, classes);
    out->counts.said = arena_array(arena, double, classes);
    return out;
}

/* Two classes: no counting in place, three sums side by side. */
static void two_count(struct said *at, const uint32_t *weight)
{
    uint64_t n = 0, positives = 0, said = 0, hits = 0;
    struct confusion *out = &at->counts;
    for (size_t i = 0; i < at->n; i++) {
        uint32_t w = weight ? weight[i] : 1;
        n += w;
        positives += w * at->truth[i];
        said += w * at->said[i];
        hits += w * (at->truth[i] & at->said[i]);
    }
    out->n = (double)n;
    out->truth[1] = (double)positives;
    out->truth[0] = (double)(n - positives);
    out->said[1] = (double)said;
    out->said[0] = (double)(n - said);
    out->hit[1] = (double)hits;
    out->hit[0] = (double)(n + hits - positives - said);
    out->right = out->hit[0] + out->hit[1];
    out->apart = out->squared = out->n - out->right;
}

const struct confusion *confusion_count(void *prepared, const uint32_t *weight)
{
    struct said *at = prepared;
    struct confusion *out = &at->counts;
    if (!at->truth)
        return out;
    uint64_t apart = 0, squared = 0, n = 0;
    if (out->classes == 2) {
        two_count(at, weight);
        return out;
    }
    for (size_t c = 0; c < out->classes; c++)
        out->hit[c] = out->truth[c] = out->said[c] = 0;
    for (size_t i = 0; i < at->n; i++) {
        uint64_t w = weight ? weight[i] : 1, truth = at->truth[i], said = at->said[i];
        uint64_t far = truth > said ? truth - said : said - truth;
        out->truth[truth] += (double)w;
        out->said[said] += (double)w;
        out->hit[truth] += truth == said ? (double)w : 0;
        apart += w * far;
        squared += w * far * far;
        n += w;
    }
    out->n = (double)n;
    out->apart = (double)apart;
    out->squared = (double)squared;
    out->right = 0;
    for (size_t c = 0; c < out->classes; c++)
        out->right += out->hit[c];
    return out;
}

const struct metric_options *confusion_options(const void *prepared)
{
    return &((const struct said *)prepared)->options;
}

double share_of(double hits, double of, const char *nothing, const char **note)
{
    if (of > 0)
        return hits / of;
    *note = nothing;
    return 0;
}
