/*
 * Coordinate descent column by column, for L1 penalties where columns are too many for a Gram
 * matrix: least squares (lasso, elastic net) and logistic regression of two classes, the latter by
 * quadratic models of the loss with halved steps. Only columns that are not 0 or whose gradient
 * says that they should not be are visited, until no other one wants to join.
 */
#pragma once

#include "core/learn/linear_newton.h"

/* The columns of rows: those of the dense part copied, less their means. */
struct linear_columns {
    const struct linear_rows *rows;
    struct matrix dense; /* [dense columns][rows] */
    const double *means; /* [dense columns] */
    double *slope;       /* [rows] of scratch, as are those below: [columns + 1] each */
    double *w, *bends, *step, *trial, *gradient;
    size_t *active;
};

/* centre: false leaves the means 0, for models without an intercept. */
struct linear_columns linear_columns_new(struct arena *arena, const struct linear_rows *rows,
                                         bool centre);

/* As linear_newton; objective->curvature is needed. */
bool linear_columns_logistic(struct linear_objective *objective,
                             const struct linear_columns *columns,
                             const struct newton_options *options, double *theta,
                             struct newton_end *end);

/*
 * sum weight (y - x w - b)^2 / (2 total) + l1 |w| + l2 |w|^2 / 2; theta[columns + 1] as above.
 * tol: of the (sub)gradient.
 */
bool linear_columns_squares(struct arena *arena, const struct linear_columns *columns, double l2,
                            bool intercept, const struct newton_options *options, double *theta,
                            struct newton_end *end);
