/*
 * The loss of two classes (linear_objective.h, width 1) over a table's columns where they lie: no
 * matrix is made. Features are (x - shift) / scale of the columns; scores and gradients are taken
 * of x and then put right, which costs digits where |shift| is many times scale.
 * A block of 512 rows stays in the cache between its scores and its gradient.
 */
#pragma once

#include "core/learn/linear_rows.h"

struct linear_table {
    const struct linear_rows *rows; /* rows->in->columns, ->shift, ->scale; nothing sparse */
    double positive;                /* the y of the second class */
    double l2;
    bool intercept;
    double *means;         /* NULL, or [columns], of the features: filled by the next look only */
    double *weights, bias; /* of x: scratch [columns] */
    struct segments segments;
};

/* Do the columns allow it: no |shift| is over 1e4 of its scale. */
bool linear_table_fits(const struct inputs *in);

struct linear_table linear_table_new(struct arena *arena, const struct linear_rows *rows);

/* The value at theta[columns + 1], and its gradient. One pass over the rows. */
double linear_table_look(struct linear_table *table, const double *theta, double *gradient);

/* The same rows with the features as a matrix in place of columns. */
struct linear_rows linear_rows_copied(struct arena *arena, const struct linear_rows *rows);

/* The features as a matrix: all rows, or of each run of `each` groups of 32 rows the first one. */
struct matrix linear_table_matrix(struct arena *arena, const struct linear_rows *rows, size_t each);
