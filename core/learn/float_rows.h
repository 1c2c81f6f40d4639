/*
 * Rows as floats around a common middle: what fast products of matrices want. Numbers are first
 * shifted (by a multiple of a power of two near their mean) and scaled (all columns by one power of
 * two, so that the greatest is at most 1): both are exact where the digits suffice, so that equal
 * distances stay equal and only the rounding to 24 bits is lost, relative to a column's spread.
 */
#pragma once

#include "core/learn/bytes.h"
#include "core/math/matrix.h"

struct float_rows {
    size_t columns;
    double *shift; /* [columns] */
    double scale;  /* > 0 */
};

/* Learn shift and scale; the spread of finite x may overflow, then it is false. O(cells). */
bool float_rows_fit(struct arena *arena, struct matrix x, unsigned threads, struct float_rows *out);

/* The same of columns[shape.columns], each of them [shape.rows]; shape.at is not looked at. */
bool float_rows_fit_columns(struct arena *arena, const double *const *columns, struct matrix shape,
                            unsigned threads, struct float_rows *out);

/* A number of a row: within +-1e15, whose square times many columns is still a float. */
static inline float float_rows_number(double x)
{
    x = x < (double)1e15F ? x : (double)1e15F;
    return (float)(x > -(double)1e15F ? x : -(double)1e15F);
}

/* out[columns] = (in - shift) * scale, within +-1e15. */
void float_rows_make(const struct float_rows *rows, const double *in, float *out);

/* The other way, in double. */
void float_rows_back(const struct float_rows *rows, const double *in, double *out);

void float_rows_save(const struct float_rows *rows, struct text *out);
bool float_rows_load(struct bytes *in, size_t columns, struct float_rows *out);

/* Many floats without their count, as bytes_put_floats writes each; they may be anything. */
void floats_put(struct text *out, const float *values, size_t count);
bool floats_get(struct bytes *in, float *values, size_t count);
