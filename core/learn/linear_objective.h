/*
 * What logistic regression minimises, without its L1 part:
 *   sum of weight * loss / sum of weights + l2 |w|^2 / 2, intercepts not penalised
 * for two classes (width 1) or more (a softmax over `width` classes).
 */
#pragma once

#include "core/learn/linear_model.h"
#include "core/learn/linear_rows.h"

struct linear_objective {
    const struct linear_rows *rows;
    double positive;      /* width 1: the y of the second class */
    const double *offset; /* width 1: NULL, or [rows] added to the scores */
    double l2;
    bool intercept;              /* false: they stay 0 */
    struct linear_weights shape; /* at = what is looked at */
    double *residual;            /* [rows * width]: loss by score, weighted; out */
    double *curvature;           /* NULL, or [rows * width] out: second derivative, weighted */
    double *scores;              /* NULL, or [rows * width] out; without the offset */
    double *means;               /* NULL, or [columns]: filled by the next look only */
    double *gradient;
    struct segments segments;
};

struct linear_objective linear_objective_new(struct arena *arena, const struct linear_rows *rows,
                                             size_t width);

/* The value at theta, and its gradient (laid out alike). One pass over the rows. */
double linear_objective_look(struct linear_objective *objective, const double *theta,
                             double *gradient);
