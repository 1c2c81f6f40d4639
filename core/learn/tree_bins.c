/* Bins of columns: quantile cuts, levels of categories, and the codes of rows. */
#include "core/learn/tree_bins.h"
#include "core/learn/tree_quantiles.h"
#include "core/math/random.h"
#include "core/math/threads.h"
#include <math.h>
#include <stdlib.h>

#define BLOCK_ROWS ((size_t)64) /* a block of 28 columns is 14 KB: stays in the first-level cache */
#define PIECE_ROWS ((size_t)4096)

/* Where a column's numbers lie: step apart. */
struct numbers {
    const double *at;
    size_t step;
};

static struct numbers numbers_of(const struct inputs *in, size_t column)
{
    return in->columns ? (struct numbers){ in->columns[column], 1 }
                       : (struct numbers){ in->dense.at + column, in->dense.stride };
}

struct level_count {
    double weight;
    uint32_t level;
};

static int more_first(const void *a, const void *b)
{
    const struct level_count *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return (x->level > y->level) - (x->level < y->level);
}

static void fit_levels(struct arena *arena, const struct examples *examples,
                       struct bin_column *column)
{
    struct level_count *counts = arena_array(arena, struct level_count, column->levels);
    column->bin_of_level = arena_array(arena, uint8_t, column->levels);
    for (uint32_t k = 0; k < column->levels; k++)
        counts[k].level = k;
    struct numbers cells = numbers_of(&examples->in, column->column);
    for (size_t i = 0; i < examples->in.dense.rows; i++) {
        double cell = cells.at[i * cells.step];
        if (cell >= 0 && cell < column->levels)
            counts[(size_t)cell].weight += examples->weight ? examples->weight[i] : 1;
    }
    qsort(counts, column->levels, sizeof *counts, more_first);
    size_t seen = 0;
    while (seen < column->levels && counts[seen].weight > 0)
        seen++;
    size_t own = seen <= BINS_MOST ? seen : BINS_MOST - 1;
    for (size_t k = 0; k < column->levels; k++)
        column->bin_of_level[counts[k].level] =
            (uint8_t)(k < own ? k : (k < seen ? BINS_MOST - 1 : BIN_MISSING));
    column->count = seen <= BINS_MOST ? (uint32_t)(seen ? seen : 1) : BINS_MOST;
}

/* Cuts of the columns, some at a time: each has scratch of its own. */
struct cutting {
    const struct examples *examples;
    struct binned *binned;
    struct binning binning;
    const uint32_t *sample; /* NULL: all rows */
    size_t sampled;
    size_t from;                    /* the first column of this round */
    struct quantile_scratch *slots; /* [threads] */
};

static void cut_column(void *work, size_t at)
{
    struct cutting *cutting = work;
    struct quantile_scratch *slot = &cutting->slots[at];
    const struct examples *examples = cutting->examples;
    size_t c = cutting->from + at, n = 0;
    struct bin_column *column = &cutting->binned->bins.at[c];
    if (column->levels)
        return;
    struct numbers numbers = numbers_of(&examples->in, column->column);
    for (size_t s = 0; s < cutting->sampled; s++) {
        size_t i = cutting->sample ? cutting->sample[s] : s;
        double x = numbers.at[i * numbers.step];
        double weight = examples->weight ? examples->weight[i] : 1;
        if (!isnan(x) && weight > 0) {
            if (slot->weights)
                slot->weights[n] = (float)weight;
            slot->values[n++] = x;
        }
    }
    double *centers = cutting->binned->centers;
    column->count = (uint32_t)quantile_cuts(slot, n, cutting->binning.most, column->cuts,
                                            centers ? centers + c * 256 : NULL);
    column->room = 1;
    while (column->room < column->count)
        column->room *= 2;
    for (size_t k = column->count - 1; k < column->room; k++)
        column->cuts[k] = INFINITY;
}

/* One row of each of as many equal spans. */
static const uint32_t *sample_rows(struct arena *arena, const struct examples *examples)
{
    size_t rows = examples->in.dense.rows;
    if (rows <= BIN_SAMPLE)
        return NULL;
    uint32_t *sample = arena_array(arena, uint32_t, BIN_SAMPLE);
    struct random random = random_stream(examples->seed, 0xb125);
    for (size_t s = 0; s < BIN_SAMPLE; s++) {
        size_t from = s * rows / BIN_SAMPLE, to = (s + 1) * rows / BIN_SAMPLE;
        sample[s] = (uint32_t)(from + random_below(&random, to - from));
    }
    return sample;
}

static void cut_columns(struct arena *arena, const struct examples *examples, struct binned *binned,
                        struct binning binning)
{
    struct cutting cutting = { .examples = examples, .binned = binned, .binning = binning };
    size_t slots = examples->threads ? examples->threads : 1;
    if (slots > THREADS_MOST)
        slots = THREADS_MOST;
    if (slots > binned->columns)
        slots = binned->columns;
    cutting.sample = sample_rows(arena, examples);
    cutting.sampled = cutting.sample ? BIN_SAMPLE : binned->rows;
    cutting.slots = arena_array(arena, struct quantile_scratch, slots);
    for (size_t s = 0; s < slots; s++)
        cutting.slots[s] = quantile_scratch_new(arena, cutting.sampled, examples->weight != NULL);
    for (; cutting.from < binned->columns; cutting.from += slots) {
        size_t left = binned->columns - cutting.from;
        size_t most = binning.most < cutting.sampled ? binning.most : cutting.sampled;
        for (size_t at = 0; at < slots && at < left; at++) {
            struct bin_column *column = &binned->bins.at[cutting.from + at];
            size_t room = 1;
            while (room < most + 1)
                room *= 2;
            if (!column->levels)
                column->cuts = arena_array(arena, double, room);
        }
        threads_run(examples->threads, left < slots ? left : slots, cut_column, &cutting);
    }
}

#define SIDE 8

/*
 * Bins of count <= BLOCK_ROWS values, eight halvings side by side and without branches: a branch
 * would be guessed wrongly every second time.
 */
static void search(const struct bin_column *column, const double *x, size_t count, uint8_t *out)
{
    const double *cuts = column->cuts;
    for (size_t from = 0; from < count; from += SIDE) {
        uint32_t at[SIDE] = { 0 };
        for (uint32_t step = column->room / 2; step; step /= 2)
            for (size_t i = 0; i < SIDE; i++)
                at[i] += step & -(uint32_t)(cuts[at[i] + step - 1] < x[from + i]);
        for (size_t i = 0; i < SIDE && from + i < count; i++)
            out[from + i] = (uint8_t)at[i];
    }
}

/* Codes of one column of a block; missing gets `missing`. True when there was one. */
static bool encode_column(const struct bin_column *column, const double *x, size_t count,
                          uint8_t missing, uint8_t *out)
{
    bool any = false;
    if (column->levels) {
        for (size_t i = 0; i < count; i++) {
            uint8_t code = BIN_MISSING;
            if (x[i] >= 0 && x[i] < column->levels)
                code = column->bin_of_level[(size_t)x[i]];
            out[i] = code == BIN_MISSING ? missing : code;
            any |= code == BIN_MISSING;
        }
        return any;
    }
    search(column, x, count, out);
    for (size_t i = 0; i < count; i++)
        any |= isnan(x[i]);
    for (size_t i = 0; any && i < count; i++)
        if (isnan(x[i]))
            out[i] = missing;
    return any;
}

static void gather(const struct inputs *in, size_t from, size_t count, size_t column, double *out)
{
    struct numbers numbers = numbers_of(in, column);
    const double *at = numbers.at + from * numbers.step;
    for (size_t i = 0; i < count; i++)
        out[i] = at[i * numbers.step];
}

struct encoding {
    const struct examples *examples;
    struct binned *binned;
};

static void encode_block(const struct encoding *encoding, size_t from, size_t count)
{
    struct binned *binned = encoding->binned;
    double x[BLOCK_ROWS] = { 0 };
    uint8_t codes[BLOCK_ROWS];
    for (size_t c = 0; c < binned->columns; c++) {
        const struct bin_column *column = &binned->bins.at[c];
        gather(&encoding->examples->in, from, count, column->column, x);
        if (encode_column(column, x, count, (uint8_t)column->count, codes))
            __atomic_store_n(&binned->has_missing[c], true, __ATOMIC_RELAXED);
        for (size_t i = 0; i < count; i++)
            binned->by_row[(from + i) * binned->stride + c] = codes[i];
        if (binned->by_column)
            memcpy(binned->by_column + c * binned->rows + from, codes, count);
    }
}

static void encode_piece(void *work, size_t at)
{
    const struct encoding *encoding = work;
    size_t end = (at + 1) * PIECE_ROWS;
    if (end > encoding->binned->rows)
        end = encoding->binned->rows;
    for (size_t from = at * PIECE_ROWS; from < end; from += BLOCK_ROWS)
        encode_block(encoding, from, end - from < BLOCK_ROWS ? end - from : BLOCK_ROWS);
}

/* Rows of a power of two of bytes never lie in two cache lines; only where that wastes little. */
static size_t stride_of(size_t columns)
{
    size_t stride = 4;
    while (stride < columns && stride < 64)
        stride *= 2;
    bool fits = stride >= columns && stride - columns <= stride / 4;
    return fits ? stride : (columns + 3) & ~(size_t)3;
}

struct binned bins_fit(struct arena *arena, const struct examples *examples, struct binning binning)
{
    const struct matrix *x = &examples->in.dense;
    struct binned binned = { .rows = x->rows,
                             .columns = x->columns,
                             .stride = stride_of(x->columns),
                             .bins.count = x->columns };
    binned.bins.at = arena_array(arena, struct bin_column, x->columns);
    binned.codes = arena_array(arena, uint32_t, x->columns);
    binned.has_missing = arena_array(arena, bool, x->columns);
    binned.by_row = arena_take_array(arena, x->rows, binned.stride);
    if (binning.by_column)
        binned.by_column = arena_take_array(arena, x->rows, x->columns);
    if (binning.centers)
        binned.centers = arena_array(arena, double, x->columns * 256);
    for (size_t c = 0; c < x->columns; c++) {
        struct bin_column *column = &binned.bins.at[c];
        column->column = (uint32_t)c;
        column->levels = examples->in.levels ? examples->in.levels[c] : 0;
        if (column->levels)
            fit_levels(arena, examples, column);
    }
    cut_columns(arena, examples, &binned, binning);
    struct encoding encoding = { examples, &binned };
    threads_run(examples->threads, (x->rows + PIECE_ROWS - 1) / PIECE_ROWS, encode_piece,
                &encoding);
    for (size_t c = 0; c < x->columns; c++)
        binned.codes[c] = binned.bins.at[c].count + binned.has_missing[c];
    return binned;
}

void bins_encode(const struct bins *bins, const struct inputs *in, size_t from, size_t count,
                 uint8_t *out)
{
    double x[BLOCK_ROWS] = { 0 };
    uint8_t codes[BLOCK_ROWS];
    size_t stride = 2 * bins->count;
    for (size_t done = 0; done < count; done += BLOCK_ROWS) {
        size_t some = count - done < BLOCK_ROWS ? count - done : BLOCK_ROWS;
        for (size_t c = 0; c < bins->count; c++) {
            const struct bin_column *column = &bins->at[c];
            uint8_t *to = out + done * stride + 2 * c;
            gather(in, from + done, some, column->column, x);
            encode_column(column, x, some, BIN_MISSING, codes);
            for (size_t i = 0; i < some; i++) {
                to[i * stride] = codes[i];
                to[i * stride + 1] = codes[i] == BIN_MISSING ? 0 : codes[i];
            }
        }
    }
}

struct bins bins_keep(struct arena *arena, const struct bins *bins, const bool *used, uint32_t *map)
{
    struct bins kept = { 0 };
    for (size_t c = 0; c < bins->count; c++)
        kept.count += used[c];
    kept.at = arena_array(arena, struct bin_column, kept.count);
    for (size_t c = 0, at = 0; c < bins->count; c++)
        if (used[c]) {
            map[c] = (uint32_t)at;
            kept.at[at++] = bins->at[c];
        }
    return kept;
}

double bins_threshold(const struct bin_column *column, size_t bin)
{
    return bin + 1 < column->count ? column->cuts[bin] : INFINITY;
}

void bins_save(const struct bins *bins, struct text *out)
{
    bytes_put_u32(out, (uint32_t)bins->count);
    for (size_t c = 0; c < bins->count; c++) {
        const struct bin_column *column = &bins->at[c];
        bytes_put_u32(out, column->column);
        bytes_put_u32(out, column->count);
        if (!column->levels)
            bytes_put_doubles(out, column->cuts, column->count - 1);
        else
            text_add(out, (struct str){ (const char *)column->bin_of_level, column->levels });
    }
}

static void load_levels(struct bytes *in, struct bin_column *column)
{
    if (in->rest.len < column->levels) {
        in->failed = true;
        return;
    }
    column->bin_of_level = arena_array(in->arena, uint8_t, column->levels);
    memcpy(column->bin_of_level, in->rest.at, column->levels);
    in->rest = str_from(in->rest, column->levels);
    for (size_t k = 0; k < column->levels; k++)
        if (column->bin_of_level[k] >= column->count && column->bin_of_level[k] != BIN_MISSING)
            in->failed = true;
}

static void load_cuts(struct bytes *in, struct bin_column *column)
{
    size_t count = column->count - 1;
    const double *cuts = bytes_doubles(in, count);
    column->room = 1;
    while (column->room < column->count)
        column->room *= 2;
    column->cuts = arena_array(in->arena, double, column->room);
    for (size_t k = 0; k < column->room; k++)
        column->cuts[k] = cuts && k < count ? cuts[k] : INFINITY;
    for (size_t k = 1; k < count; k++)
        if (!(column->cuts[k - 1] < column->cuts[k]))
            in->failed = true;
}

struct bins bins_load(struct bytes *in, const struct fitted_shape *shape)
{
    struct bins bins = { .count = bytes_count(in, 8) };
    bins.at = arena_array(in->arena, struct bin_column, bins.count);
    for (size_t c = 0; c < bins.count && !in->failed; c++) {
        struct bin_column *column = &bins.at[c];
        column->column = bytes_u32(in);
        column->count = bytes_u32(in);
        if (column->column >= shape->dense || column->count < 1 || column->count > BINS_MOST ||
            (c && column->column <= column[-1].column))
            in->failed = true;
        if (in->failed)
            break;
        column->levels = shape->levels ? shape->levels[column->column] : 0;
        if (column->levels)
            load_levels(in, column);
        else
            load_cuts(in, column);
    }
    return bins;
}
