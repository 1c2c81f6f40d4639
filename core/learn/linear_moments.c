/* Second moments: made, parted, centred. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/learn/linear_moments.h"

#define SHIFT_ROWS ((size_t)256)

/* Rows all over the data: their mean is within the order of a deviation of all rows' mean. */
double *moments_shift(struct arena *arena, const struct linear_rows *rows)
{
    size_t dense = rows->in->dense.columns,
           count = rows->count < SHIFT_ROWS ? rows->count : SHIFT_ROWS;
    double *shift = arena_array(arena, double, rows->columns + 1);
    for (size_t k = 0; k < count; k++) {
        size_t i = k * rows->count / count;
        for (size_t j = 0; j < dense; j++)
            shift[j] += matrix_row(rows->in->dense, i)[j] / (double)count;
        shift[rows->columns] += rows->y[i] / (double)count;
    }
    return shift;
}

struct moments moments_new(struct arena *arena, const struct linear_rows *rows, size_t from,
                           size_t count, const double *shift)
{
    struct segments room = { 0 };
    struct gram_wanted wanted = {
        .from = from, .count = count, .scale = rows->weight, .shift = shift, .with_y = true
    };
    return (struct moments){ linear_gram(arena, rows, &wanted, &room), shift };
}

static double entry(const struct moments *whole, const struct moments *part, size_t i, size_t j)
{
    double value = matrix_row(whole->gram, i)[j];
    return part ? value - matrix_row(part->gram, i)[j] : value;
}

struct centred moments_centre(struct arena *arena, const struct moments *whole,
                              const struct moments *part, bool centre)
{
    size_t last = whole->gram.rows - 1, columns = last - 1;
    struct centred out = { .gram = matrix_new(arena, columns, columns),
                           .with_y = arena_array(arena, double, columns),
                           .means = arena_array(arena, double, columns + 1),
                           .total = entry(whole, part, last, last) };
    double *away = arena_array(arena, double, columns + 1);
    for (size_t j = 0; centre && j <= columns; j++) {
        away[j] = entry(whole, part, last, j) / out.total;
        out.means[j] = whole->shift[j] + away[j];
    }
    for (size_t i = 0; i <= columns; i++)
        for (size_t j = 0; j <= i; j++) {
            double value = entry(whole, part, i, j) / out.total - away[i] * away[j];
            if (i < columns)
                matrix_row(out.gram, i)[j] = matrix_row(out.gram, j)[i] = value;
            else if (j < columns)
                out.with_y[j] = value;
            else
                out.y_squares = value;
        }
    return out;
}

double moments_error(const struct moments *moments, const double *w, double intercept)
{
    size_t last = moments->gram.rows - 1, columns = last - 1;
    double total = matrix_row(moments->gram, last)[last], sum = 0;
    double constant = moments->shift[columns] - intercept; /* y - x w - b = v . (-w, 1, constant) */
    for (size_t j = 0; j < columns; j++)
        constant -= w[j] * moments->shift[j];
    for (size_t i = 0; i <= last; i++) {
        double left = i < columns ? -w[i] : i == columns ? 1 : constant;
        if (left == 0)
            continue;
        for (size_t j = 0; j <= i; j++) {
            double right = j < columns ? -w[j] : j == columns ? 1 : constant;
            sum += (i == j ? 1 : 2) * left * right * matrix_row(moments->gram, i)[j];
        }
    }
    return sum / total;
}
