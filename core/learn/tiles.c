/* Columns into rows. */
#include "core/learn/tiles.h"

#ifndef __clang__
#pragma GCC optimize("O3")
#endif

#define ABREAST ((size_t)8) /* columns: what they write is one line of the cache */

static void turn(const double *const *columns, size_t from, size_t rows, double *to, size_t stride)
{
    const double *a = columns[0] + from, *b = columns[1] + from, *c = columns[2] + from;
    const double *d = columns[3] + from, *e = columns[4] + from, *f = columns[5] + from;
    const double *g = columns[6] + from, *h = columns[7] + from;
    for (size_t i = 0; i < rows; i++, to += stride) {
        to[0] = a[i], to[1] = b[i], to[2] = c[i], to[3] = d[i];
        to[4] = e[i], to[5] = f[i], to[6] = g[i], to[7] = h[i];
    }
}

void tile_make(const double *const *columns, size_t from, struct matrix out)
{
    size_t j = 0;
    for (; j + ABREAST <= out.columns; j += ABREAST)
        turn(columns + j, from, out.rows, out.at + j, out.stride);
    for (; j < out.columns; j++)
        for (size_t i = 0; i < out.rows; i++)
            matrix_row(out, i)[j] = columns[j][from + i];
}
