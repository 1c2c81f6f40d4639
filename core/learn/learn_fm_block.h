/* What alternating least squares of factorization machines does for each feature's numbers. */
#pragma once

#include "core/learn/learn_fm.h"
#include "core/base/compiler.h"
#include <math.h>

#define BATCH ((size_t)4)
#define SIDE_MOST (FACTORS_MOST + 4)
#define FM_CURVATURE_BOUND 0.25 /* of the log loss */
#define NEGLIGIBLE 1e-60

/* Large arrays on the stack that the compiler need not clear. */
#define SCRATCH __attribute__((uninitialized))

typedef double four __attribute__((vector_size(32), aligned(8)));

/*
 * matrix[side][side] += sum over the rows r[side] of scales * transpose(r) r; the upper triangle,
 * and what lies in its blocks of four. side is a multiple of four.
 */
void fm_products_add(size_t side, const double *const rows[BATCH], const double scales[BATCH],
                     double *restrict matrix);

/* right[n] becomes the solution; the upper triangle of a, rows `side` apart, is lost. False: a is
   not positive definite. */
bool fm_solve(double *restrict a, size_t n, size_t side, double *restrict right);

/* Penalised factors fall towards 0 for ever: numbers below 2^-1022 would slow all down. */
static inline double fm_kept(double x)
{
    return fabs(x) > NEGLIGIBLE ? x : 0;
}

/* As fm_als, where all columns are categories; false, and nothing done, where they are not. */
bool fm_als_levels(struct arena *arena, const struct fm_task *task, struct fm *fm);
