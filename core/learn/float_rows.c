/* Rows as floats: shift and scale. */
#include "core/learn/float_rows.h"
#include "core/math/threads.h"
#include <math.h>

#pragma GCC optimize("O3")

#define PIECES ((size_t)16) /* of the rows; their number does not depend on the threads */

struct spread {
    struct matrix x;
    const double *const *columns; /* NULL, or in place of x.at */
    struct extent {
        double *sum, *low, *high; /* [columns]; sums around the first row */
    } at[PIECES];
};

static void piece_spread(void *work, size_t at)
{
    struct spread *spread = work;
    size_t columns = spread->x.columns;
    const double *first = matrix_row(spread->x, 0);
    double *sum = spread->at[at].sum, *low = spread->at[at].low, *high = spread->at[at].high;
    size_t end = spread->x.rows * (at + 1) / PIECES;
    for (size_t i = spread->x.rows * at / PIECES; i < end; i++) {
        const double *row = matrix_row(spread->x, i);
        for (size_t j = 0; j < columns; j++) {
            double far = row[j] - first[j];
            sum[j] += far;
            low[j] = far < low[j] ? far : low[j];
            high[j] = far > high[j] ? far : high[j];
        }
    }
}

#define ABREAST 4 /* columns at once: their sums do not wait for one another */

static void columns_spread(void *work, size_t at)
{
    struct spread *spread = work;
    struct extent *extent = &spread->at[at];
    size_t columns = spread->x.columns, end = spread->x.rows * (at + 1) / PIECES;
    size_t from = spread->x.rows * at / PIECES;
    for (size_t j = 0; j < columns; j += ABREAST) {
        const double *in[ABREAST];
        double first[ABREAST], sum[ABREAST] = { 0 }, low[ABREAST] = { 0 }, high[ABREAST] = { 0 };
        for (size_t t = 0; t < ABREAST; t++) {
            in[t] = spread->columns[j + t < columns ? j + t : j];
            first[t] = in[t][0];
        }
        for (size_t i = from; i < end; i++)
            for (size_t t = 0; t < ABREAST; t++) {
                double far = in[t][i] - first[t];
                sum[t] += far;
                low[t] = far < low[t] ? far : low[t];
                high[t] = far > high[t] ? far : high[t];
            }
        for (size_t t = 0; t < ABREAST && j + t < columns; t++) {
            extent->sum[j + t] = sum[t];
            extent->low[j + t] = low[t];
            extent->high[j + t] = high[t];
        }
    }
}

static double first_of(const struct spread *spread, size_t column)
{
    return spread->columns ? spread->columns[column][0] : spread->x.at[column];
}

static bool fit(struct arena *arena, struct spread spread, unsigned threads, struct float_rows *out)
{
    struct matrix x = spread.x;
    for (size_t p = 0; p < PIECES; p++)
        spread.at[p] = (struct extent){ arena_array(arena, double, x.columns),
                                        arena_array(arena, double, x.columns),
                                        arena_array(arena, double, x.columns) };
    *out = (struct float_rows){ .columns = x.columns, .scale = 1 };
    out->shift = arena_array(arena, double, x.columns);
    if (!x.rows)
        return true;
    threads_run(threads, PIECES, spread.columns ? columns_spread : piece_spread, &spread);
    double most = 0;
    for (size_t j = 0; j < x.columns; j++) {
        double sum = 0, low = 0, high = 0;
        for (size_t p = 0; p < PIECES; p++) {
            sum += spread.at[p].sum[j];
            low = fmin(low, spread.at[p].low[j]);
            high = fmax(high, spread.at[p].high[j]);
        }
        double wide = high - low, first = first_of(&spread, j);
        if (!isfinite(wide) || !isfinite(sum))
            return false;
        double unit = wide > 0 ? ldexp(1, ilogb(wide) - 1) : 0;
        double mean = first + sum / (double)x.rows;
        out->shift[j] = unit > 0 ? unit * round(mean / unit) : first;
        if (!isfinite(out->shift[j]))
            out->shift[j] = mean;
        most =
            fmax(most, fmax(fabs(first + low - out->shift[j]), fabs(first + high - out->shift[j])));
    }
    if (most > 0)
        out->scale = ldexp(1, -ilogb(most) - 1);
    return isfinite(most) && isfinite(out->scale);
}

bool float_rows_fit(struct arena *arena, struct matrix x, unsigned threads, struct float_rows *out)
{
    return fit(arena, (struct spread){ .x = x }, threads, out);
}

bool float_rows_fit_columns(struct arena *arena, const double *const *columns, struct matrix shape,
                            unsigned threads, struct float_rows *out)
{
    return fit(arena, (struct spread){ .x = shape, .columns = columns }, threads, out);
}

void float_rows_make(const struct float_rows *rows, const double *in, float *out)
{
    const double *shift = rows->shift, scale = rows->scale;
    for (size_t j = 0; j < rows->columns; j++)
        out[j] = float_rows_number((in[j] - shift[j]) * scale);
}

void float_rows_back(const struct float_rows *rows, const double *in, double *out)
{
    for (size_t j = 0; j < rows->columns; j++)
        out[j] = in[j] / rows->scale + rows->shift[j];
}

void float_rows_save(const struct float_rows *rows, struct text *out)
{
    bytes_put_doubles(out, rows->shift, rows->columns);
    bytes_put_double(out, rows->scale);
}

bool float_rows_load(struct bytes *in, size_t columns, struct float_rows *out)
{
    *out = (struct float_rows){ .columns = columns };
    out->shift = bytes_doubles(in, columns);
    out->scale = bytes_finite(in);
    if (!(out->scale > 0))
        in->failed = true;
    return !in->failed;
}

#define CHUNK ((size_t)1024) /* floats put at once */

void floats_put(struct text *out, const float *values, size_t count)
{
    unsigned char bytes[4 * CHUNK];
    for (size_t from = 0; from < count; from += CHUNK) {
        size_t some = count - from < CHUNK ? count - from : CHUNK;
        for (size_t i = 0; i < some; i++) {
            uint32_t word;
            memcpy(&word, values + from + i, sizeof word);
            for (size_t b = 0; b < 4; b++)
                bytes[4 * i + b] = (unsigned char)(word >> (8 * b));
        }
        text_add(out, (struct str){ (const char *)bytes, 4 * some });
    }
}

bool floats_get(struct bytes *in, float *values, size_t count)
{
    const unsigned char *bytes = (const unsigned char *)in->rest.at;
    if (in->failed || in->rest.len / 4 < count) {
        in->failed = true;
        return false;
    }
    for (size_t i = 0; i < count; i++, bytes += 4) {
        uint32_t word = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                        (uint32_t)bytes[3] << 24;
        memcpy(values + i, &word, sizeof word);
    }
    in->rest = str_from(in->rest, 4 * count);
    return true;
}
