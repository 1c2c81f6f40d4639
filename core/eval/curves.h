/*
 * What plots of predictions are drawn from: points of curves, bins, counts. At most CURVE_MOST
 * points of a curve, spread evenly along it, its ends among them.
 */
#pragma once

#include "core/base/arena.h"
#include "core/eval/scored.h"

#define CURVE_MOST ((size_t)400)

struct curve {
    size_t n;
    const double *x, *y;
};

/*
 * TRUTH_BINARY with both classes (asserted: the kind). A point a distinct score, ties together;
 * from (0, 0) to (1, 1). O(n log n). n = 0 where a class is missing.
 */
void curve_roc(struct arena *arena, const struct scored *rows, struct curve *out);

/* Recall and precision as the threshold falls; from recall 0 with the first precision on. */
void curve_precision_recall(struct arena *arena, const struct scored *rows, struct curve *out);

struct calibration_bins {
    size_t count;
    const double *predicted;  /* [count] mean */
    const double *share;      /* [count] of positives */
    const double *low, *high; /* Wilson, 95 % */
    const size_t *rows;       /* [count] */
};

/* TRUTH_BINARY: `most` bins of about equal numbers of rows, each of `least` rows or more (equal
   predictions stay together). */
void curve_calibration(struct arena *arena, const struct scored *rows, size_t most, size_t least,
                       struct calibration_bins *out);

/* TRUTH_BINARY (1 from `threshold` on) and TRUTH_CLASSES (the likeliest): counts[class_count *
   class_count], a row a true class. */
void curve_confusion(const struct scored *rows, double threshold, double *counts);
