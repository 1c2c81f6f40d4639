/* Sums of gradients by bin. */
#include "core/learn/learn_gbdt_histogram.h"

#define AHEAD 16 /* rows whose bytes are asked for before their turn */

/* The fast way takes four columns at once; those that are not there have code 0 alone. */
static size_t padded(size_t columns)
{
    return (columns + 3) & ~(size_t)3;
}

void histogram_shape_set(struct histogram_shape *shape, const bool *wanted)
{
    const struct binned *binned = shape->binned;
    size_t codes = 0;
    shape->count = 0;
    for (size_t c = 0; c < binned->columns; c++)
        if (!wanted || wanted[c]) {
            shape->columns[shape->count++] = (uint32_t)c;
            codes += binned->codes[c];
        }
    shape->even = shape->count == binned->columns && codes >= 160 * shape->count;
    for (size_t k = 0; k < shape->count; k++)
        shape->starts[k + 1] =
            shape->starts[k] + (shape->even ? TREE_CODES : binned->codes[shape->columns[k]]);
    shape->entries =
        shape->even ? padded(binned->columns) * TREE_CODES : shape->starts[shape->count];
}

struct histogram_shape histogram_shape_new(struct arena *arena, const struct binned *binned)
{
    struct histogram_shape shape = { .binned = binned };
    shape.columns = arena_array(arena, uint32_t, binned->columns);
    shape.starts = arena_array(arena, uint32_t, binned->columns + 1);
    histogram_shape_set(&shape, NULL);
    return shape;
}

struct histogram_shape histogram_shape_part(const struct histogram_shape *shape, size_t from,
                                            size_t count)
{
    return (struct histogram_shape){ .binned = shape->binned,
                                     .columns = shape->columns + from,
                                     .starts = shape->starts + from,
                                     .count = count,
                                     .entries = shape->starts[from + count] - shape->starts[from] };
}

static inline void ask_for(const struct binned *binned, const struct gradient *gradients,
                           uint32_t row)
{
    const uint8_t *codes = binned->by_row + row * binned->stride;
    __builtin_prefetch(codes);
    __builtin_prefetch(codes + binned->stride - 1);
    __builtin_prefetch(gradients + row);
}

static void add_even(const struct histogram_shape *shape, const struct gradient *gradients,
                     const uint32_t *rows, size_t count, gradient_sum *sums)
{
    const struct binned *binned = shape->binned;
    size_t stride = binned->stride, columns = padded(binned->columns);
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count)
            ask_for(binned, gradients, rows[i + AHEAD]);
        struct gradient own = gradients[rows[i]];
        gradient_sum more = { own.g, own.h };
        const uint8_t *codes = binned->by_row + rows[i] * stride;
        gradient_sum *at = sums;
        for (size_t c = 0; c < columns; c += 4, at += 4 * TREE_CODES) {
            at[codes[c]] += more;
            at[TREE_CODES + codes[c + 1]] += more;
            at[2 * TREE_CODES + codes[c + 2]] += more;
            at[3 * TREE_CODES + codes[c + 3]] += more;
        }
    }
}

void histogram_add(const struct histogram_shape *shape, const struct gradient *gradients,
                   const uint32_t *rows, size_t count, gradient_sum *sums)
{
    if (shape->even) {
        add_even(shape, gradients, rows, count, sums);
        return;
    }
    const struct binned *binned = shape->binned;
    uint32_t first = shape->count ? shape->starts[0] : 0;
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count)
            ask_for(binned, gradients, rows[i + AHEAD]);
        struct gradient own = gradients[rows[i]];
        gradient_sum more = { own.g, own.h };
        const uint8_t *codes = binned->by_row + rows[i] * binned->stride;
        for (size_t k = 0; k < shape->count; k++)
            sums[shape->starts[k] - first + codes[shape->columns[k]]] += more;
    }
}
