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

#define FEW_COLUMNS 8
#ifdef __clang__
#define UNROLLED _Pragma("unroll")
#else
#define UNROLLED _Pragma("GCC unroll 8")
#endif

/*
 * All columns of few, of a number that the compiler knows: codes come in one load, and where each
 * column's sums start stays in a register.
 */
static inline __attribute__((always_inline)) void add_few(const struct histogram_shape *shape,
                                                          const struct gradient *gradients,
                                                          const uint32_t *rows, size_t count,
                                                          gradient_sum *sums, const size_t columns)
{
    const struct binned *binned = shape->binned;
    const uint8_t *by_row = binned->by_row;
    const size_t stride = columns > 4 ? 8 : 4;
    gradient_sum *starts[FEW_COLUMNS];
    UNROLLED
    for (size_t k = 0; k < columns; k++)
        starts[k] = sums + shape->starts[k] - shape->starts[0];
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count) {
            __builtin_prefetch(by_row + rows[i + AHEAD] * stride);
            __builtin_prefetch(gradients + rows[i + AHEAD]);
        }
        struct gradient own = gradients[rows[i]];
        gradient_sum more = { own.g, own.h };
        uint64_t codes = 0;
        memcpy(&codes, by_row + rows[i] * stride, stride);
        UNROLLED
        for (size_t k = 0; k < columns; k++)
            starts[k][codes >> (8 * k) & 255] += more;
    }
}

#define ADD_FEW(columns)                                                                           \
    static void add_##columns(const struct histogram_shape *shape,                                 \
                              const struct gradient *gradients, const uint32_t *rows,              \
                              size_t count, gradient_sum *sums)                                    \
    {                                                                                              \
        add_few(shape, gradients, rows, count, sums, columns);                                     \
    }
ADD_FEW(1)
ADD_FEW(2)
ADD_FEW(3)
ADD_FEW(4)
ADD_FEW(5)
ADD_FEW(6)
ADD_FEW(7)
ADD_FEW(8)

typedef void adding(const struct histogram_shape *shape, const struct gradient *gradients,
                    const uint32_t *rows, size_t count, gradient_sum *sums);
static adding *const few_ways[] = { add_1, add_2, add_3, add_4, add_5, add_6, add_7, add_8 };

void histogram_add(const struct histogram_shape *shape, const struct gradient *gradients,
                   const uint32_t *rows, size_t count, gradient_sum *sums)
{
    const struct binned *binned = shape->binned;
    size_t columns = shape->count;
    if (shape->even) {
        add_even(shape, gradients, rows, count, sums);
        return;
    }
    if (columns && columns <= FEW_COLUMNS && columns == binned->columns) {
        few_ways[columns - 1](shape, gradients, rows, count, sums);
        return;
    }
    uint32_t first = columns ? shape->starts[0] : 0;
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count)
            ask_for(binned, gradients, rows[i + AHEAD]);
        struct gradient own = gradients[rows[i]];
        gradient_sum more = { own.g, own.h };
        const uint8_t *codes = binned->by_row + rows[i] * binned->stride;
        for (size_t k = 0; k < columns; k++)
            sums[shape->starts[k] - first + codes[shape->columns[k]]] += more;
    }
}
