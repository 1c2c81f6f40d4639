/*
 * Linear algebra: the door to OpenBLAS and its LAPACK. OpenBLAS runs with one thread: with more,
 * sums depend on their number, and our own threads over blocks of rows are faster.
 * Sides must be below 2^31. Equal inputs give equal bits on one kind of processor.
 */
#pragma once

#include "core/math/matrix.h"
#include <stdbool.h>

/*
 * Set OpenBLAS to one thread for the whole process; later calls cost nothing. Every function here
 * does it by itself: call it early to have it done before threads are started.
 */
void blas_start(void);

/* OpenBLAS's name for the kernels it chose, such as "Haswell": part of a run's receipt. */
const char *blas_core_name(void);

/* The sum of x[i] * y[i]. */
double dot(const double *x, const double *y, size_t n);

/* y[a.rows] = a x. */
void matrix_times(struct matrix a, const double *x, double *y);

/* y[a.columns] += transpose(a) x. */
void matrix_transposed_times_add(struct matrix a, const double *x, double *y);

/* gram += transpose(a) a; the lower triangle only. O(rows * columns^2). */
void gram_add(struct matrix a, struct matrix gram);

/* gram += a transpose(a); the lower triangle only. O(rows^2 * columns). */
void gram_of_rows_add(struct matrix a, struct matrix gram);

/*
 * Cholesky: the lower triangle of a becomes L with a = L transpose(L). False when a is not
 * positive definite or not finite; its content is lost then. O(n^3 / 3).
 */
bool cholesky(struct matrix a);

/* x: the right side, becomes the solution. l from cholesky(). */
void cholesky_solve(struct matrix l, double *x);

/*
 * An estimate of 1 / condition of the symmetric a from its Cholesky factor l and the 1-norm of a;
 * 0 is singular. work: 3n doubles, iwork: n ints.
 */
double cholesky_rcond(struct matrix l, double norm, double *work, int *iwork);

/*
 * Eigenvalues (rising) of the symmetric a, whose lower triangle is read; row i of a becomes the
 * eigenvector of values[i]. work[room] with room >= 3n. False when it did not converge.
 */
bool eigen_symmetric(struct matrix a, double *values, double *work, size_t room);

/*
 * The `count` greatest eigenvalues of the symmetric a (lower triangle read, content lost), falling;
 * row k of vectors (count x a.rows) becomes the eigenvector of values[k], of length 1.
 * work[eigen_greatest_room(a.rows)]. False when it did not converge.
 */
bool eigen_greatest(struct matrix a, size_t count, double *values, struct matrix vectors,
                    double *work);
size_t eigen_greatest_room(size_t n);

/* c[i][j] += the product of row i of a with row j of b; both have as many columns. */
void rows_times_rows_add(struct matrix a, struct matrix b, struct matrix c);

/* c[i][j] += the sum over k of a[k][i] b[k][j]: columns with columns. */
void columns_times_columns_add(struct matrix a, struct matrix b, struct matrix c);

/* A matrix of floats as a view. turned: the memory holds its transpose, rows `stride` apart. */
struct floats {
    float *at;
    size_t rows, columns;
    size_t stride;
    bool turned;
};

static inline struct floats floats_turned(struct floats a)
{
    return (struct floats){ a.at, a.columns, a.rows, a.stride, !a.turned };
}

/* c = keep c + a b, in single precision; c is not turned. Where keep is 0, c is not read. */
void floats_multiply(struct floats a, struct floats b, float keep, struct floats c);
