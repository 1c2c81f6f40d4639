/*
 * A dense matrix as a view: rows one behind the other, `stride` doubles apart. Nobody owns it; the
 * memory is an arena's or the caller's.
 */
#pragma once

#include "core/base/arena.h"

struct matrix {
    double *at;
    size_t rows, columns;
    size_t stride; /* >= columns */
};

static inline struct matrix matrix_new(struct arena *arena, size_t rows, size_t columns)
{
    size_t cells;
    if (__builtin_mul_overflow(rows, columns, &cells))
        cells = (size_t)-1; /* the arena refuses it as out of memory */
    return (struct matrix){ arena_array(arena, double, cells), rows, columns, columns };
}

static inline double *matrix_row(struct matrix a, size_t row)
{
    return a.at + row * a.stride;
}

/* The rows [from, from + count). */
static inline struct matrix matrix_rows(struct matrix a, size_t from, size_t count)
{
    return (struct matrix){ a.at + from * a.stride, count, a.columns, a.stride };
}
