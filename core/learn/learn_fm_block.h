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

/* Four rows r[side] of sums: those that are not there have scales 0. side is a multiple of four. */
struct fm_batch {
    const double *rows[BATCH];
    double scales[BATCH], slopes[BATCH];
};

/*
 * a[side][side] += sum over the rows of scales * transpose(r) r; the upper triangle, and what lies
 * in its blocks of four. right[side] += slopes * r. Block by block: four numbers of each row stay
 * in registers for sixteen sums.
 */
static inline __attribute__((always_inline)) void fm_batch_add(size_t side,
                                                               const struct fm_batch *batch,
                                                               double *restrict a,
                                                               double *restrict right)
{
    SCRATCH double scaled[BATCH * SIDE_MOST];
    const double *s = batch->slopes;
    for (size_t r = 0; r < BATCH; r++)
        for (size_t b = 0; b < side; b += 4)
            *(four *)(scaled + r * side + b) =
                batch->scales[r] * *(const four *)(batch->rows[r] + b);
    for (size_t b = 0; b < side; b += 4) {
        four r0 = *(const four *)(batch->rows[0] + b), r1 = *(const four *)(batch->rows[1] + b);
        four r2 = *(const four *)(batch->rows[2] + b), r3 = *(const four *)(batch->rows[3] + b);
        *(four *)(right + b) += (s[0] * r0 + s[1] * r1) + (s[2] * r2 + s[3] * r3);
        for (size_t from = 0; from <= b; from += 4) {
            UNROLLED
            for (size_t i = 0; i < 4; i++) {
                const double *c = scaled + from + i;
                *(four *)(a + (from + i) * side + b) +=
                    (c[0] * r0 + c[side] * r1) + (c[2 * side] * r2 + c[3 * side] * r3);
            }
        }
    }
}

/* right[n] becomes the solution; the upper triangle of a, rows `side` apart, is lost. False: a is
   not positive definite. */
bool fm_solve(double *restrict a, size_t n, size_t side, double *restrict right);

/* Penalised factors fall towards 0 for ever: numbers below 2^-1022 would slow all down. */
static inline double fm_kept(double x)
{
    return fabs(x) > NEGLIGIBLE ? x : 0;
}

/* What an epoch changed in a feature's numbers: squares of the differences, and of the numbers. */
struct fm_change {
    double moved, size;
};

static inline void fm_change_add(struct fm_change *change, double before, double now)
{
    change->moved += (now - before) * (now - before);
    change->size += now * now;
}

/* All numbers together moved by no more than task->tol of their size. */
bool fm_settled(const struct fm_task *task, const struct fm_change *changes, size_t features);

/* As fm_als, where all columns are categories; false, and nothing done, where they are not. */
bool fm_als_levels(struct arena *arena, const struct fm_task *task, struct fm *fm);
