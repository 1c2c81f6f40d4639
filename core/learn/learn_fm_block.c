/* Sums of products and small linear equations. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/learn/learn_fm_block.h"

CLONED_V4 void fm_products_add(size_t side, const double *const rows[BATCH],
                               const double scales[BATCH], double *restrict matrix)
{
    const double *restrict r0 = rows[0], *restrict r1 = rows[1];
    const double *restrict r2 = rows[2], *restrict r3 = rows[3];
    for (size_t a = 0; a < side; a++) {
        double c0 = scales[0] * r0[a], c1 = scales[1] * r1[a];
        double c2 = scales[2] * r2[a], c3 = scales[3] * r3[a];
        for (size_t b = a & ~(size_t)3; b < side; b += 4) {
            four *sum = (four *)(matrix + a * side + b);
            *sum += (c0 * *(const four *)(r0 + b) + c1 * *(const four *)(r1 + b)) +
                    (c2 * *(const four *)(r2 + b) + c3 * *(const four *)(r3 + b));
        }
    }
}

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
