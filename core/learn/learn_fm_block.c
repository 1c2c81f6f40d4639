/* Small linear equations. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/learn/learn_fm_block.h"

/* Row by row: transpose(U) U, each row taken off those below as soon as it is known. */
CLONED_V4 bool fm_solve(double *restrict a, size_t n, size_t side, double *restrict right)
{
    for (size_t j = 0; j < n; j++) {
        double *restrict row = a + j * side;
        if (!(row[j] > 0))
            return false;
        double inverse = 1 / sqrt(row[j]);
        for (size_t b = j & ~(size_t)3; b < side; b += 4)
            *(four *)(row + b) *= inverse;
        right[j] *= inverse;
        for (size_t i = j + 1; i < n; i++) {
            double times = row[i];
            for (size_t b = i & ~(size_t)3; b < side; b += 4)
                *(four *)(a + i * side + b) -= times * *(const four *)(row + b);
            right[i] -= times * right[j];
        }
        row[j] = inverse;
    }
    for (size_t j = n; j-- > 0;) {
        double sum = right[j];
        for (size_t i = j + 1; i < n; i++)
            sum -= a[j * side + i] * right[i];
        right[j] = sum * a[j * side + j];
    }
    return true;
}

bool fm_settled(const struct fm_task *task, const struct fm_change *changes, size_t features)
{
    double moved = 0, size = 0;
    for (size_t j = 0; j < features; j++) {
        moved += changes[j].moved;
        size += changes[j].size;
    }
    return moved <= task->tol * task->tol * size;
}
