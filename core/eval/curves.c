/* Points of ROC and precision-recall curves, calibration bins, confusion counts. */
#include "core/eval/curves.h"
#include "core/eval/confusion.h"
#include "core/eval/interval.h"
#include <assert.h>
#include <stdlib.h>

struct row {
    double score, truth;
};

static int highest_first(const void *a, const void *b)
{
    double x = ((const struct row *)a)->score, y = ((const struct row *)b)->score;
    return (x < y) - (x > y);
}

static struct row *rows_sorted(struct arena *arena, const struct scored *rows)
{
    struct row *sorted = arena_array(arena, struct row, rows->n);
    assert(rows->kind == TRUTH_BINARY);
    for (size_t i = 0; i < rows->n; i++)
        sorted[i] = (struct row){ rows->prediction[i], rows->truth[i] };
    qsort(sorted, rows->n, sizeof *sorted, highest_first);
    return sorted;
}

/* Hits and misses above each distinct score. */
struct steps {
    size_t count;
    double *hits, *misses; /* [count] so far */
    double all_hits, all_misses;
};

static struct steps steps_of(struct arena *arena, const struct scored *rows)
{
    const struct row *sorted = rows_sorted(arena, rows);
    struct steps s = { .hits = arena_array(arena, double, rows->n),
                       .misses = arena_array(arena, double, rows->n) };
    for (size_t i = 0; i < rows->n; i++) {
        s.all_hits += sorted[i].truth != 0;
        s.all_misses += sorted[i].truth == 0;
        if (i + 1 < rows->n && sorted[i + 1].score == sorted[i].score)
            continue;
        s.hits[s.count] = s.all_hits;
        s.misses[s.count++] = s.all_misses;
    }
    return s;
}

/* Keep CURVE_MOST points: those next to even places along x + y. */
static void curve_thin(struct arena *arena, double *x, double *y, size_t n, struct curve *out)
{
    if (n > CURVE_MOST) {
        double *walked = arena_array(arena, double, n);
        for (size_t i = 1; i < n; i++)
            walked[i] = walked[i - 1] + (x[i] > x[i - 1] ? x[i] - x[i - 1] : x[i - 1] - x[i]) +
                        (y[i] > y[i - 1] ? y[i] - y[i - 1] : y[i - 1] - y[i]);
        double step = walked[n - 1] / (double)(CURVE_MOST - 1);
        size_t kept = 1;
        for (size_t i = 1; i + 1 < n && kept + 1 < CURVE_MOST; i++)
            if (walked[i] >= step * (double)kept) {
                x[kept] = x[i];
                y[kept++] = y[i];
            }
        x[kept] = x[n - 1];
        y[kept++] = y[n - 1];
        n = kept;
    }
    *out = (struct curve){ n, x, y };
}

void curve_roc(struct arena *arena, const struct scored *rows, struct curve *out)
{
    struct steps s = steps_of(arena, rows);
    *out = (struct curve){ 0 };
    if (s.all_hits == 0 || s.all_misses == 0)
        return;
    double *x = arena_array(arena, double, s.count + 1);
    double *y = arena_array(arena, double, s.count + 1);
    for (size_t i = 0; i < s.count; i++) {
        x[i + 1] = s.misses[i] / s.all_misses;
        y[i + 1] = s.hits[i] / s.all_hits;
    }
    curve_thin(arena, x, y, s.count + 1, out);
}

void curve_precision_recall(struct arena *arena, const struct scored *rows, struct curve *out)
{
    struct steps s = steps_of(arena, rows);
    *out = (struct curve){ 0 };
    if (s.all_hits == 0)
        return;
    double *x = arena_array(arena, double, s.count + 1);
    double *y = arena_array(arena, double, s.count + 1);
    for (size_t i = 0; i < s.count; i++) {
        x[i + 1] = s.hits[i] / s.all_hits;
        y[i + 1] = s.hits[i] / (s.hits[i] + s.misses[i]);
    }
    y[0] = y[1];
    curve_thin(arena, x, y, s.count + 1, out);
}

void curve_calibration(struct arena *arena, const struct scored *rows, size_t most, size_t least,
                       struct calibration_bins *out)
{
    const struct row *sorted = rows_sorted(arena, rows);
    double *predicted = arena_array(arena, double, most), *share = arena_array(arena, double, most);
    double *low = arena_array(arena, double, most), *high = arena_array(arena, double, most);
    size_t *counts = arena_array(arena, size_t, most), count = 0, from = rows->n;
    /* from the lowest score up: sorted backwards */
    while (from > 0 && count < most) {
        size_t wanted = from / (most - count), to = from;
        wanted = wanted < least ? least : wanted;
        double sum = 0, hits = 0;
        while (to > 0 &&
               (from - to < wanted || to < least || sorted[to - 1].score == sorted[to].score)) {
            to--;
            sum += sorted[to].score;
            hits += sorted[to].truth != 0;
        }
        double n = (double)(from - to);
        struct interval interval = interval_wilson(hits, n);
        predicted[count] = sum / n;
        share[count] = hits / n;
        low[count] = interval.low;
        high[count] = interval.high;
        counts[count++] = from - to;
        from = to;
    }
    *out = (struct calibration_bins){ count, predicted, share, low, high, counts };
}

void curve_confusion(const struct scored *rows, double threshold, double *counts)
{
    struct metric_options options = { .threshold = threshold };
    size_t classes = rows->class_count;
    for (size_t i = 0; i < classes * classes; i++)
        counts[i] = 0;
    for (size_t i = 0; i < rows->n; i++)
        counts[(size_t)rows->truth[i] * classes + said_class(rows, i, &options)] += 1;
}
