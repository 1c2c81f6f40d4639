/* What is in a column. */
#include "core/data/summary.h"
#include "core/math/order.h"
#include "core/math/sum.h"
#include <math.h>

const double summary_shares[SUMMARY_QUANTILES] = { 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99 };

static void numbers_summary(struct arena *arena, const double *numbers, size_t rows,
                            struct summary *out)
{
    double *sorted = arena_array(arena, double, rows);
    size_t n = 0;
    for (size_t i = 0; i < rows; i++)
        if (!isnan(numbers[i]))
            sorted[n++] = numbers[i];
    sort_numbers(sorted, n);
    out->count = n;
    out->mean = mean_of(sorted, n);
    out->least = n ? sorted[0] : NAN;
    out->most = n ? sorted[n - 1] : NAN;
    out->deviation =
        n > 1 ? sqrt(variance_of(sorted, n, out->mean) * (double)n / (double)(n - 1)) : NAN;
    for (size_t i = 0; i < n; i++)
        out->distinct += i == 0 || sorted[i] != sorted[i - 1];
    for (size_t q = 0; q < SUMMARY_QUANTILES; q++)
        out->quantiles[q] = quantile_sorted(sorted, n, summary_shares[q]);
}

/* Into the list of the commonest, which is short. */
static void top_put(struct summary *out, int32_t code, size_t rows)
{
    size_t at = out->top_count;
    while (at > 0 && out->top_rows[at - 1] < rows)
        at--;
    if (at == SUMMARY_TOP)
        return;
    size_t last = out->top_count < SUMMARY_TOP ? out->top_count++ : SUMMARY_TOP - 1;
    for (; last > at; last--) {
        out->top[last] = out->top[last - 1];
        out->top_rows[last] = out->top_rows[last - 1];
    }
    out->top[at] = code;
    out->top_rows[at] = rows;
}

static void texts_summary(struct arena *arena, const struct column *column, size_t rows,
                          struct summary *out)
{
    size_t *counts = arena_array(arena, size_t, column->level_count), bytes = 0;
    for (size_t i = 0; i < rows; i++)
        if (column->codes[i] >= 0) {
            counts[column->codes[i]]++;
            out->count++;
        }
    for (size_t k = 0; k < column->level_count; k++) {
        if (!counts[k])
            continue;
        size_t len = column->levels[k].len;
        out->distinct++;
        bytes += counts[k] * len;
        out->bytes_most = len > out->bytes_most ? len : out->bytes_most;
        top_put(out, (int32_t)k, counts[k]);
    }
    out->bytes_mean = out->count ? (double)bytes / (double)out->count : NAN;
}

void column_summary(struct arena *arena, const struct column *column, size_t rows,
                    struct summary *out)
{
    *out = (struct summary){ 0 };
    if (column_is_numeric(column))
        numbers_summary(arena, column->numbers, rows, out);
    else
        texts_summary(arena, column, rows, out);
}
