/* Sums of gradients by bin. */
#include "core/learn/learn_gbdt_histogram.h"
#include "core/base/compiler.h"

#define AHEAD 16          /* rows whose bytes are asked for before their turn */
#define TILE ((size_t)32) /* columns whose sums are in the making: 64 KB */
#define FLUSH_ROWS 4096   /* of 19 bits and a sign: they sum to less than 2^31 */

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

/*
 * Gradient and Hessian are added as halves of one number, half the memory of a gradient_sum. Coarse
 * ones fit as they are; others are cut into two digits, a pass over the rows for each.
 */
struct digit {
    unsigned g_shift, h_shift;
    uint32_t g_mask, h_mask;
};

static const struct digit digits[] = {
    { 12, 12, UINT32_MAX, UINT32_MAX },
    { 0, 0, (1u << 12) - 1, (1u << 12) - 1 },
    { 0, 0, UINT32_MAX, UINT32_MAX }, /* of coarse ones the only one */
};
enum { DIGIT_COARSE = 2 };

/* Rows that are being added; left: how many are there to ask for, count or more. */
struct span {
    const struct gradient *gradients;
    struct digit digit;
    const uint32_t *rows;
    size_t count, left;
};

/* Columns [from, from + count) of the shape. */
struct tile {
    const struct histogram_shape *shape;
    size_t from, count;
};

/* How many of the rows have one to ask for behind them. */
static size_t asking(const struct span *span)
{
    size_t some = span->left > AHEAD ? span->left - AHEAD : 0;
    return some < span->count ? some : span->count;
}

static inline void ask_for(const struct binned *binned, const struct gradient *gradients,
                           uint32_t row)
{
    const uint8_t *codes = binned->by_row + row * binned->stride;
    __builtin_prefetch(codes);
    __builtin_prefetch(codes + binned->stride - 1);
    __builtin_prefetch(gradients + row);
}

static inline int64_t value_of(const struct gradient *gradients, uint32_t row, struct digit digit)
{
    uint32_t g = (uint32_t)(gradients[row].g >> digit.g_shift) & digit.g_mask;
    uint32_t h = (uint32_t)(gradients[row].h >> digit.h_shift) & digit.h_mask;
    return (int64_t)((uint64_t)g << 32 | h);
}

static void add_even(const struct tile *tile, const struct span *span, int64_t *sums)
{
    const struct binned binned = *tile->shape->binned;
    const struct span own = *span;
    const size_t columns = tile->count, from = tile->from, asked = asking(span);
    for (size_t i = 0; i < own.count; i++) {
        if (i < asked)
            ask_for(&binned, own.gradients, own.rows[i + AHEAD]);
        const uint8_t *codes = binned.by_row + own.rows[i] * binned.stride + from;
        int64_t *at = sums, more = value_of(own.gradients, own.rows[i], own.digit);
        size_t c = 0;
        for (; c + 8 <= columns; c += 8, at += 8 * TREE_CODES) {
            uint64_t eight;
            memcpy(&eight, codes + c, sizeof eight);
            at[eight & 255] += more;
            at[TREE_CODES + (eight >> 8 & 255)] += more;
            at[2 * TREE_CODES + (eight >> 16 & 255)] += more;
            at[3 * TREE_CODES + (eight >> 24 & 255)] += more;
            at[4 * TREE_CODES + (eight >> 32 & 255)] += more;
            at[5 * TREE_CODES + (eight >> 40 & 255)] += more;
            at[6 * TREE_CODES + (eight >> 48 & 255)] += more;
            at[7 * TREE_CODES + (eight >> 56)] += more;
        }
        for (; c < columns; c++, at += TREE_CODES)
            at[codes[c]] += more;
    }
}

static void add_any(const struct tile *tile, const struct span *span, int64_t *sums)
{
    const struct histogram_shape *shape = tile->shape;
    const struct binned binned = *shape->binned;
    const uint32_t *columns = shape->columns + tile->from, *starts = shape->starts + tile->from;
    const struct span own = *span;
    const size_t count = tile->count, asked = asking(span);
    for (size_t i = 0; i < own.count; i++) {
        if (i < asked)
            ask_for(&binned, own.gradients, own.rows[i + AHEAD]);
        const uint8_t *codes = binned.by_row + own.rows[i] * binned.stride;
        int64_t more = value_of(own.gradients, own.rows[i], own.digit);
        for (size_t k = 0; k < count; k++)
            sums[starts[k] - starts[0] + codes[columns[k]]] += more;
    }
}

#define FEW_COLUMNS 8

/*
 * All columns of few, of a number that the compiler knows: codes come in one load, and where each
 * column's sums start stays in a register.
 */
static inline __attribute__((always_inline)) void add_few(const struct tile *tile,
                                                          const struct span *span, int64_t *sums,
                                                          const size_t columns)
{
    const struct histogram_shape *shape = tile->shape;
    const uint8_t *by_row = shape->binned->by_row;
    const size_t stride = columns > 4 ? 8 : 4, asked = asking(span);
    const struct span own = *span;
    int64_t *starts[FEW_COLUMNS];
    UNROLLED
    for (size_t k = 0; k < columns; k++)
        starts[k] = sums + shape->starts[k] - shape->starts[0];
    for (size_t i = 0; i < own.count; i++) {
        if (i < asked) {
            __builtin_prefetch(by_row + own.rows[i + AHEAD] * stride);
            __builtin_prefetch(own.gradients + own.rows[i + AHEAD]);
        }
        uint64_t codes = 0;
        int64_t more = value_of(own.gradients, own.rows[i], own.digit);
        memcpy(&codes, by_row + own.rows[i] * stride, stride);
        UNROLLED
        for (size_t k = 0; k < columns; k++)
            starts[k][codes >> (8 * k) & 255] += more;
    }
}

#define ADD_FEW(columns)                                                                           \
    static void add_##columns(const struct tile *tile, const struct span *span, int64_t *sums)     \
    {                                                                                              \
        add_few(tile, span, sums, columns);                                                        \
    }
ADD_FEW(1)
ADD_FEW(2)
ADD_FEW(3)
ADD_FEW(4)
ADD_FEW(5)
ADD_FEW(6)
ADD_FEW(7)
ADD_FEW(8)

typedef void adding(const struct tile *tile, const struct span *span, int64_t *sums);
static adding *const few_ways[] = { add_1, add_2, add_3, add_4, add_5, add_6, add_7, add_8 };

static adding *way_of(const struct histogram_shape *shape)
{
    if (shape->even)
        return add_even;
    bool all = shape->count == shape->binned->columns;
    return all && shape->count && shape->count <= FEW_COLUMNS ? few_ways[shape->count - 1]
                                                              : add_any;
}

/* What was added goes to the sums and is forgotten. */
static void flush(int64_t *packed, size_t entries, const struct digit *digit, gradient_sum *sums)
{
    int64_t g_unit = 1 << digit->g_shift, h_unit = 1 << digit->h_shift;
    for (size_t e = 0; e < entries; e++)
        sums[e] += (gradient_sum){ (packed[e] >> 32) * g_unit, (int32_t)packed[e] * h_unit };
    memset(packed, 0, entries * sizeof *packed);
}

struct adding_rows {
    const struct gradients *gradients;
    const uint32_t *rows;
    size_t count;
};

static void tile_add(const struct tile *tile, const struct adding_rows *adding_rows,
                     const struct digit *digit, gradient_sum *sums)
{
    const struct histogram_shape *shape = tile->shape;
    adding *add = way_of(shape);
    int64_t packed[TILE * TREE_CODES] = { 0 };
    size_t entries = shape->even
                         ? tile->count * TREE_CODES
                         : shape->starts[tile->from + tile->count] - shape->starts[tile->from];
    struct span span = { .gradients = adding_rows->gradients->at, .digit = *digit };
    for (size_t from = 0; from < adding_rows->count; from += span.count) {
        span.rows = adding_rows->rows + from;
        span.left = adding_rows->count - from;
        span.count = span.left < FLUSH_ROWS ? span.left : FLUSH_ROWS;
        add(tile, &span, packed);
        flush(packed, entries, digit, sums);
    }
}

void histogram_add(const struct histogram_shape *shape, const struct gradients *gradients,
                   const uint32_t *rows, size_t count, gradient_sum *sums)
{
    size_t columns = shape->even ? padded(shape->count) : shape->count;
    struct adding_rows adding_rows = { gradients, rows, count };
    const struct digit *first = digits + (gradients->coarse ? DIGIT_COARSE : 0);
    const struct digit *end = digits + (gradients->coarse ? DIGIT_COARSE + 1 : DIGIT_COARSE);
    for (size_t from = 0; from < columns; from += TILE) {
        struct tile tile = { shape, from, columns - from < TILE ? columns - from : TILE };
        size_t start = shape->even ? from * TREE_CODES : shape->starts[from] - shape->starts[0];
        for (const struct digit *digit = first; digit < end; digit++)
            tile_add(&tile, &adding_rows, digit, sums + start);
    }
}
