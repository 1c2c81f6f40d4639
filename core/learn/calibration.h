/*
 * Calibration: from a model's probabilities to ones that come true as often as they say. Fitted on
 * predictions of rows that the model did not see (model.c makes them by cross-validation).
 *   platt      1 / (1 + e^-(a logit(p) + b)), a and b by maximum likelihood with Platt's (1999)
 *              smoothed targets
 *   isotonic   the nearest rising function (pool adjacent violators), straight between its points,
 *              constant beyond its ends; wants about 1000 rows
 * Of three or more classes each is calibrated against the rest, then they are divided by their sum
 * (Zadrozny & Elkan 2002).
 */
#pragma once

#include "core/base/fault.h"
#include "core/learn/bytes.h"

enum calibration_kind { CALIBRATION_NONE, CALIBRATION_PLATT, CALIBRATION_ISOTONIC };

/* "platt" or "isotonic"; false for any other word. */
bool calibration_find(struct str word, enum calibration_kind *out);
const char *calibration_name(enum calibration_kind kind); /* "none", "platt", "isotonic" */

struct calibration_curve {
    double a, b;  /* platt */
    size_t count; /* isotonic: points, rising in x, not falling in y */
    const double *x, *y;
};

struct calibration {
    enum calibration_kind kind;
    size_t width; /* curves: 1 for two classes, else the number of classes */
    const struct calibration_curve *curves;
};

/*
 *   prediction[n * width]  probabilities, row by row
 *   truth[n]               the class: 0 or 1 for width 1
 *   weight[n]              or NULL
 * O(n log n). False when a class has no row, or no row has a weight.
 */
bool calibration_fit(struct arena *arena, enum calibration_kind kind, size_t width, size_t n,
                     const double *prediction, const double *truth, const double *weight,
                     struct calibration *out, struct fault *why);

/* Change prediction[n * width] in place. */
void calibration_apply(const struct calibration *calibration, double *prediction, size_t n);

void calibration_save(const struct calibration *calibration, struct text *out);
/* width: that of the model's predictions. in->failed when the bytes are none of ours. */
void calibration_load(struct bytes *in, size_t width, struct calibration *out);
