/* Applying fitted features to a table: what a learner sees, block by block of rows. */
#include "core/data/origin.h"
#include "core/learn/features_past.h"
#include "core/math/threads.h"
#include <math.h>

#ifndef __clang__
#pragma GCC optimize("O3")
#endif

#define BLOCK_BYTES ((size_t)256 << 10) /* of the rows that are written at a time */
#define BLOCK_ROWS_LEAST ((size_t)16)

/* Where a request's data goes. */
struct part {
    enum slot_kind kind;
    bool sparse;
    bool check;    /* numbers may be what the learner does not take */
    size_t column; /* the first one; of sparse ones, counted from the first sparse one */
    uint32_t slot; /* the first of the request */
};

struct broken { /* the first cell that the learner does not take */
    size_t row;
    size_t part, at;
};

struct encoding {
    const struct features *features;
    const struct binding *binding;
    const struct schedule *schedule;
    struct request *requests;
    struct part *parts;
    size_t part_count, block_rows, pieces, room_bytes;
    size_t first, rows; /* of the table; rows are counted from the first one here */
    char *rooms;
    struct matrix dense;
    bool missing;   /* NAN may stay */
    size_t *starts; /* of the sparse part */
    uint32_t *columns_at;
    double *values;
    struct broken *broken; /* [pieces] */
};

struct piece {
    struct encoding *in;
    size_t at;
    size_t *cursors; /* [block_rows]: where each row's next sparse cell goes */
};

/* ---- dense ---- */

static bool cell_fits(const struct encoding *in, double value)
{
    return isfinite(value) || (in->missing && isnan(value));
}

static void find_broken(struct piece *piece, size_t part, size_t from, size_t rows,
                        const void *const *data, size_t count)
{
    struct broken *broken = &piece->in->broken[piece->at];
    for (size_t i = 0; i < rows && from + i <= broken->row; i++)
        for (size_t k = 0; k < count; k++)
            if (!cell_fits(piece->in, ((const double *)data[k])[i])) {
                if (from + i < broken->row || part < broken->part)
                    *broken = (struct broken){ from + i, part, k };
                return;
            }
}

static bool all_fit(const double *x, size_t rows, bool missing)
{
    double worst[4] = { 0 };
    size_t i = 0;
    for (; i + 4 <= rows; i += 4)
        for (size_t k = 0; k < 4; k++) {
            double zero = x[i + k] * 0; /* NAN of NAN and of infinities */
            worst[k] += missing && x[i + k] != x[i + k] ? 0 : zero;
        }
    for (; i < rows; i++)
        worst[0] += missing && x[i] != x[i] ? 0 : x[i] * 0;
    double sum = worst[0] + worst[1] + worst[2] + worst[3];
    return sum == sum;
}

static void numbers_write(const void *const *data, size_t count, size_t rows, double *out,
                          size_t stride)
{
    if (count == 8) {
        const double *const *in = (const double *const *)data;
        const double *a = in[0], *b = in[1], *c = in[2], *d = in[3];
        const double *e = in[4], *f = in[5], *g = in[6], *h = in[7];
        for (size_t i = 0; i < rows; i++, out += stride) {
            out[0] = a[i], out[1] = b[i], out[2] = c[i], out[3] = d[i];
            out[4] = e[i], out[5] = f[i], out[6] = g[i], out[7] = h[i];
        }
        return;
    }
    for (size_t k = 0; k < count; k++) {
        const double *in = data[k];
        for (size_t i = 0; i < rows; i++)
            out[i * stride + k] = in[i];
    }
}

static void codes_write(const int32_t *codes, size_t rows, double *out, size_t stride)
{
    for (size_t i = 0; i < rows; i++)
        out[i * stride] = codes[i] < 0 ? NAN : (double)codes[i];
}

/* The matrix is zero at first. */
static void hot_write(const int32_t *codes, size_t rows, double *out, size_t stride)
{
    for (size_t i = 0; i < rows; i++)
        if (codes[i] >= 0)
            out[i * stride + (size_t)codes[i]] = 1;
}

static void rows_write(const struct csr *csr, const int32_t *codes, size_t rows, double *out,
                       size_t stride)
{
    for (size_t i = 0; i < rows; i++) {
        if (codes[i] < 0)
            continue;
        for (size_t e = csr->starts[codes[i]]; e < csr->starts[codes[i] + 1]; e++)
            out[i * stride + csr->columns_at[e]] = csr->values[e];
    }
}

static void dense_emit(struct piece *piece, size_t at, size_t from, size_t rows,
                       const void *const *data)
{
    const struct encoding *in = piece->in;
    const struct part *part = &in->parts[at];
    size_t stride = in->dense.stride, count = in->requests[at].count;
    double *out = matrix_row(in->dense, from) + part->column;
    if (part->kind == SLOT_CODES) {
        codes_write(data[0], rows, out, stride);
    } else if (part->kind == SLOT_HOT) {
        hot_write(data[0], rows, out, stride);
    } else if (part->kind == SLOT_SPARSE) {
        rows_write(in->binding->sparse[part->slot], data[0], rows, out, stride);
    } else {
        numbers_write(data, count, rows, out, stride);
        for (size_t k = 0; part->check && k < count; k++)
            if (!all_fit(data[k], rows, in->missing)) {
                find_broken(piece, at, from, rows, data, count);
                break;
            }
        return;
    }
    /* where a learner knows levels a code may lack; as a plain number it may not */
    bool gaps = part->kind == SLOT_CODES && !(in->missing || in->features->takes & TAKES_LEVELS);
    for (size_t i = 0; gaps && i < rows; i++)
        if (((const int32_t *)data[0])[i] < 0 && from + i < in->broken[piece->at].row)
            in->broken[piece->at] = (struct broken){ from + i, at, 0 };
}

/* ---- sparse ---- */

static void sparse_count(struct piece *piece, const struct part *part, size_t from, size_t rows,
                         const int32_t *codes)
{
    size_t *counts = piece->in->starts + from + 1;
    if (part->kind == SLOT_HOT) {
        for (size_t i = 0; i < rows; i++)
            counts[i] += codes[i] >= 0;
        return;
    }
    const struct csr *csr = piece->in->binding->sparse[part->slot];
    for (size_t i = 0; i < rows; i++)
        if (codes[i] >= 0)
            counts[i] += csr->starts[codes[i] + 1] - csr->starts[codes[i]];
}

static void sparse_emit(struct piece *piece, const struct part *part, size_t rows,
                        const int32_t *codes)
{
    const struct encoding *in = piece->in;
    size_t *cursors = piece->cursors;
    uint32_t base = (uint32_t)part->column, *columns_at = in->columns_at;
    double *values = in->values;
    if (part->kind == SLOT_HOT) {
        for (size_t i = 0; i < rows; i++) {
            if (codes[i] < 0)
                continue;
            columns_at[cursors[i]] = base + (uint32_t)codes[i];
            values[cursors[i]++] = 1;
        }
        return;
    }
    const struct csr *csr = in->binding->sparse[part->slot];
    for (size_t i = 0; i < rows; i++) {
        if (codes[i] < 0)
            continue;
        size_t from = csr->starts[codes[i]], end = csr->starts[codes[i] + 1];
        for (size_t e = from; e < end; e++)
            columns_at[cursors[i] + e - from] = base + csr->columns_at[e];
        memcpy(values + cursors[i], csr->values + from, (end - from) * sizeof *values);
        cursors[i] += end - from;
    }
}

static void emit(void *context, size_t request, size_t from, size_t rows, const void *const *data)
{
    struct piece *piece = context;
    const struct part *part = &piece->in->parts[request];
    from -= piece->in->first;
    if (!part->sparse)
        dense_emit(piece, request, from, rows, data);
    else if (!piece->in->columns_at)
        sparse_count(piece, part, from, rows, data[0]);
    else
        sparse_emit(piece, part, rows, data[0]);
}

/* ---- blocks ---- */

static void encode_piece(void *work, size_t at)
{
    struct encoding *in = work;
    size_t cursors[BLOCK_ROWS_MOST];
    struct piece piece = { in, at, cursors };
    struct emitter to = { emit, &piece };
    for (size_t from = at * in->block_rows; from < in->rows; from += in->pieces * in->block_rows) {
        size_t rows = in->rows - from < in->block_rows ? in->rows - from : in->block_rows;
        if (in->columns_at)
            memcpy(cursors, in->starts + from, rows * sizeof *cursors);
        schedule_run(in->schedule, in->rooms + at * in->room_bytes, in->first + from, rows, &to);
    }
}

static void run(struct arena *arena, struct encoding *in, const struct request *requests,
                size_t count, unsigned threads)
{
    in->schedule = schedule_new(arena, in->binding, requests, count);
    in->room_bytes = (schedule_bytes(in->schedule) + 63) & ~(size_t)63;
    in->rooms = arena_take_array(arena, in->pieces, in->room_bytes);
    threads_run(threads, in->pieces, encode_piece, in);
}

/* May a number of this slot be one that the learner does not take? */
static bool must_check(const struct encoding *in, uint32_t slot)
{
    const struct column *column = in->binding->columns[slot];
    bool of_table = slot < in->features->source_count;
    return !of_table || (!in->missing && column->missing_count > 0);
}

static void parts_make(struct arena *arena, struct encoding *in)
{
    const struct features *f = in->features;
    size_t column = 0, sparse = 0;
    in->requests = arena_array(arena, struct request, f->final_count);
    in->parts = arena_array(arena, struct part, f->final_count);
    for (size_t i = 0; i < f->final_count; i++) {
        uint32_t s = f->finals[i];
        const struct slot *slot = &f->slots[s];
        struct request *last = in->part_count ? &in->requests[in->part_count - 1] : NULL;
        if (slot->kind == SLOT_NUMBER && last &&
            in->parts[in->part_count - 1].kind == SLOT_NUMBER && last->count < 8) {
            in->parts[in->part_count - 1].check |= must_check(in, s);
            last->slots[last->count++] = s;
            column++;
            continue;
        }
        bool apart =
            (slot->kind == SLOT_HOT && f->hot_sparse) || (slot->kind == SLOT_SPARSE && f->sparse);
        in->requests[in->part_count] = (struct request){ { s }, 1 };
        in->parts[in->part_count++] =
            (struct part){ .kind = slot->kind,
                           .sparse = apart,
                           .check = slot->kind == SLOT_NUMBER && must_check(in, s),
                           .column = apart ? sparse : column,
                           .slot = s };
        *(apart ? &sparse : &column) += slot->kind == SLOT_CODES ? 1 : slot->width;
    }
}

/* All sparse cells, where these are the rows of one slot as they stand: the arena takes them. */
static const struct csr *sparse_take(struct arena *arena, struct encoding *in)
{
    size_t at = 0, count = 0;
    for (size_t i = 0; i < in->part_count; i++)
        if (in->parts[i].sparse && count++ == 0)
            at = i;
    uint32_t slot = in->parts[at].slot;
    const struct csr *csr = in->binding->sparse[slot];
    const struct column *column = in->binding->columns[slot];
    if (count != 1 || in->parts[at].kind != SLOT_SPARSE || in->first || csr->rows != in->rows ||
        !in->binding->sparse_own[slot])
        return NULL;
    for (size_t i = 0; i < in->rows; i++)
        if (column->codes[i] != (int32_t)i)
            return NULL;
    arena_move(in->binding->sparse_own[slot], arena);
    in->binding->sparse_own[slot] = NULL;
    in->part_count--;
    for (size_t i = at; i < in->part_count; i++) {
        in->parts[i] = in->parts[i + 1];
        in->requests[i] = in->requests[i + 1];
    }
    return csr;
}

/* How many cells each row has in the sparse part, then room for them. */
static const struct csr *sparse_open(struct arena *arena, struct encoding *in, unsigned threads)
{
    size_t first = 0;
    while (first < in->part_count && !in->parts[first].sparse)
        first++;
    in->starts = arena_array(arena, size_t, in->rows + 1);
    struct part *parts = in->parts;
    in->parts += first;
    run(arena, in, in->requests + first, in->part_count - first, threads);
    in->parts = parts;
    for (size_t i = 0; i < in->rows; i++)
        in->starts[i + 1] += in->starts[i];
    in->columns_at = arena_array(arena, uint32_t, in->starts[in->rows]);
    in->values = arena_array(arena, double, in->starts[in->rows]);
    struct csr *csr = arena_new(arena, struct csr);
    *csr = (struct csr){ in->rows, in->features->width - in->features->dense, in->starts,
                         in->columns_at, in->values };
    return csr;
}

static bool refuse_cell(const struct encoding *in, struct fault *why)
{
    struct broken first = { SIZE_MAX, 0, 0 };
    for (size_t p = 0; p < in->pieces; p++)
        if (in->broken[p].row < first.row)
            first = in->broken[p];
    if (first.row == SIZE_MAX)
        return true;
    uint32_t s = in->requests[first.part].slots[first.at];
    const struct slot *slot = &in->features->slots[s];
    double value = matrix_row(in->dense, first.row)[in->parts[first.part].column + first.at];
    return row_fault(in->binding->arena, in->binding->table, in->first + first.row, why,
                     "column \"%.*s\" %s", STR_ARGS(str_until(slot->name, 60)),
                     isnan(value) ? "was empty and no transform \"impute\" fills it"
                                  : "went beyond the range of numbers");
}

/* Rows [first, first + rows) of the table, without their time and group. */
static bool encode_rows(struct arena *arena, const struct binding *binding, size_t first,
                        size_t rows, unsigned threads, struct inputs *out, struct fault *why)
{
    const struct features *f = binding->features;
    struct encoding *in = arena_new(arena, struct encoding);
    size_t cells, wide = f->dense ? BLOCK_BYTES / 8 / f->dense : BLOCK_ROWS_MOST;
    if (__builtin_mul_overflow(rows, f->dense, &cells) || cells > DENSE_BYTES_MOST / sizeof(double))
        return fault_set(why, BLAME_OPEN,
                         "%zu rows of %zu dense features are over %zu GiB: fewer columns are "
                         "needed, or a learner that takes sparse ones",
                         rows, f->dense, DENSE_BYTES_MOST >> 30);
    *in = (struct encoding){ .features = f,
                             .binding = binding,
                             .first = first,
                             .rows = rows,
                             .missing = f->takes & TAKES_MISSING,
                             .pieces = threads < 1              ? 1
                                       : threads > THREADS_MOST ? THREADS_MOST
                                                                : threads };
    in->block_rows = wide < BLOCK_ROWS_LEAST  ? BLOCK_ROWS_LEAST
                     : wide > BLOCK_ROWS_MOST ? BLOCK_ROWS_MOST
                                              : wide & ~(size_t)15;
    in->dense = matrix_new(arena, in->rows, f->dense);
    in->broken = arena_array(arena, struct broken, in->pieces);
    for (size_t p = 0; p < in->pieces; p++)
        in->broken[p].row = SIZE_MAX;
    parts_make(arena, in);
    *out =
        (struct inputs){ .dense = in->dense, .levels = f->levels, .group_count = f->group_count };
    if (f->sparse && !(out->sparse = sparse_take(arena, in)))
        out->sparse = sparse_open(arena, in, threads);
    run(arena, in, in->requests, in->part_count, threads);
    return refuse_cell(in, why);
}

static bool encode(struct arena *arena, const struct binding *binding, unsigned threads,
                   struct inputs *out, struct fault *why)
{
    const struct features *f = binding->features;
    return encode_rows(arena, binding, 0, binding->table->rows, threads, out, why) &&
           inputs_time(arena, f, binding->table, &out->time, why) &&
           inputs_group(arena, f, binding->table, &out->group, why);
}

bool features_encode_training(struct arena *arena, const struct features *features,
                              struct inputs *out, struct fault *why)
{
    features->training->features = features; /* which may have been moved */
    return encode(arena, features->training, features->training->threads, out, why);
}

bool features_columns_training(struct arena *arena, const struct features *features,
                               struct inputs *out)
{
    const struct binding *binding = features->training;
    const double **columns = arena_array(arena, const double *, features->final_count);
    struct fault why = { 0 };
    for (size_t i = 0; i < features->final_count; i++) {
        uint32_t s = features->finals[i];
        const struct column *column = binding->columns[s];
        if (s >= features->source_count || features->slots[s].kind != SLOT_NUMBER || !column ||
            (column->missing_count && !(features->takes & TAKES_MISSING)))
            return false;
        columns[i] = column->numbers;
    }
    *out = (struct inputs){ .dense = { NULL, binding->table->rows, features->final_count,
                                       features->final_count },
                            .columns = columns,
                            .levels = features->levels,
                            .group_count = features->group_count };
    return inputs_time(arena, features, binding->table, &out->time, &why) &&
           inputs_group(arena, features, binding->table, &out->group, &why);
}

static struct binding *bind(struct arena *arena, const struct features *features,
                            const struct table *table, unsigned threads, struct fault *why)
{
    struct binding *binding = binding_new(arena, features, table, threads);
    for (size_t i = 0; i < features->source_count; i++)
        if (!binding_source(binding, i, why))
            return NULL;
    for (size_t n = 0; n < features->node_count; n++)
        if (!binding_node(binding, n, why))
            return NULL;
    return binding;
}

bool features_encode_by(struct arena *arena, const struct features *features,
                        const struct table *table, unsigned threads, struct inputs *out,
                        struct fault *why)
{
    const struct binding *binding = bind(arena, features, table, threads, why);
    return binding && encode(arena, binding, threads, out, why);
}

#define PART_BYTES ((size_t)2 << 20) /* of the dense matrix: the cache holds it */

bool features_encode_parts(struct arena *arena, const struct features *features,
                           const struct table *table, unsigned threads,
                           const struct inputs_taker *taker, struct fault *why)
{
    const struct binding *binding = bind(arena, features, table, threads, why);
    size_t most = PART_BYTES / sizeof(double) / (features->dense ? features->dense : 1);
    most = most < BLOCK_ROWS_MOST ? BLOCK_ROWS_MOST : most & ~(BLOCK_ROWS_MOST - 1);
    bool whole = features->time.len || features->group.len;
    if (!binding)
        return false;
    for (size_t from = 0; from < table->rows || !from; from += most) {
        struct inputs in;
        struct arena *scratch = arena_child(arena, NULL);
        size_t left = table->rows - from, rows = whole || left < most ? left : most;
        if (!(whole ? encode(scratch, binding, threads, &in, why)
                    : encode_rows(scratch, binding, from, rows, threads, &in, why)))
            return false;
        taker->take(taker->work, scratch, &in, from);
        arena_drop(scratch);
        if (whole)
            break;
    }
    return true;
}

bool features_encode(struct arena *arena, const struct features *features,
                     const struct table *table, struct inputs *out, struct fault *why)
{
    return features_encode_by(arena, features, table, 1, out, why);
}
