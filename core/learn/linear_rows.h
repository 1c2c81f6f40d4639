/*
 * Training rows as linear learners see them: dense and sparse columns together, weights, the sparse
 * part once more by column, and the passes over them that all solvers share. Equal bits with any
 * number of threads.
 */
#pragma once

#include "core/learn/learner.h"
#include "core/learn/segments.h"

struct linear_rows {
    const struct inputs *in;
    const double *y;
    const double *weight; /* NULL: all count 1. Else [count] */
    size_t count, columns;
    double total;         /* of the weights */
    struct csr by_column; /* the sparse part transposed: its rows are columns; none: rows = 0 */
    unsigned threads;
};

/* class_weight: NULL or [classes] factors by class, see linear_balanced. */
struct linear_rows linear_rows_new(struct arena *arena, const struct examples *examples,
                                   const double *class_weight);

double linear_rows_total(const struct linear_rows *rows); /* of the weights */

/* Factors with which all classes weigh alike: total / (classes * weight of the class). */
double *linear_balanced(struct arena *arena, const struct examples *examples);

/*
 * About one row in `each`, copied, in groups all over the data: to start from a solution for fewer
 * rows. y stays with its rows.
 */
struct linear_rows linear_rows_sample(struct arena *arena, const struct linear_rows *rows,
                                      size_t each, struct inputs *in);

/* Transposed, the order of the rows kept within each column. */
struct csr csr_transposed(struct arena *arena, const struct csr *sparse);

/* means[columns], weighted. */
void linear_means(struct arena *arena, const struct linear_rows *rows, double *means);

/*
 * sum over the rows i of [from, from + count) of scale[i] v_i transpose(v_i), lower triangle, where
 * v_i = (x_i - shift, y_i - shift[columns], 1), the y only where with_y. The matrix lies in *room,
 * which is made where it is empty: a further call with it for equal rows writes over it.
 */
struct gram_wanted {
    size_t from, count;
    const double *scale; /* NULL: all 1. Else [rows], >= 0 */
    size_t scale_stride; /* of scale; 0 is 1 */
    const double *shift; /* NULL: all 0. Else [columns + with_y] */
    bool with_y;
};

struct matrix linear_gram(struct arena *arena, const struct linear_rows *rows,
                          const struct gram_wanted *wanted, struct segments *room);

/* out[columns + 1]: the sum of r[i] x[i][j] over the rows, at last the sum of r.
   room: segments with sums for the dense columns and one more. */
void linear_transposed(const struct linear_rows *rows, const double *r, double *out,
                       struct segments room);
