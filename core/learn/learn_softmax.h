/*
 * The solvers of logistic regression behind learn_logistic.h that take more than two classes, or
 * any number of columns.
 */
#pragma once

#include "core/learn/linear_newton.h"

/* What is minimised, per weight of the rows: see linear_objective.h, and l1 |w|. */
struct logistic_task {
    const struct linear_rows *rows;
    size_t width; /* 1: two classes */
    double l1, l2, tol;
    size_t max_iter;
    bool intercept;
};

/* Rows enough for a start from a tenth of them. */
bool logistic_is_long(const struct linear_rows *rows);
/* Rows enough for a start from a fiftieth of them. */
bool logistic_is_very_long(const struct linear_rows *rows);
#define SAMPLE_EACH ((size_t)10)

/* theta: linear_weights of the width, from where; becomes the solution. False: out of range. */
bool logistic_lbfgs(struct arena *arena, const struct logistic_task *task, double *theta,
                    struct newton_end *end);

/* With L1, three classes or more: one class after the other, the others being fixed. */
bool softmax_by_class(struct arena *arena, const struct logistic_task *task, double *theta,
                      struct newton_end *end);
