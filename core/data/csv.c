/* CSV text to a table: the plan of the reading; the cells are read in core/data/csv_piece.c. */
#include "core/data/csv.h"
#include "core/data/csv_columns.h"
#include "core/data/csv_piece.h"
#include "core/data/csv_survey.h"
#include "core/math/threads.h"
#include <assert.h>

#define GUESS_ROWS 1000   /* that kinds are guessed from; a wrong guess costs a second reading */
#ifndef PIECE_BYTES_LEAST /* a fuzz target cuts small ones */
#define PIECE_BYTES_LEAST ((size_t)8 << 20)
#define PIECE_BYTES_A_CELL 256 /* so that what is kept of a piece is little beside it */
#endif

/* The kinds that the first rows admit; faults are left for the reading itself. */
static void kinds_guess(const struct csv_rows *rows, enum csv_guess *guesses)
{
    struct csv_scan scan = rows->scan;
    for (size_t row = 0; row < GUESS_ROWS && csv_record(&scan); row++) {
        struct csv_cell cell;
        enum csv_step step = CSV_MORE;
        for (size_t at = 0; step == CSV_MORE; at++) {
            if ((step = csv_cell(&scan, &cell, NULL)) == CSV_BROKEN)
                return;
            if (at >= rows->header->count || guesses[at] == CSV_IS_TEXT)
                continue;
            enum csv_guess is = csv_cell_guess(cell);
            if (guesses[at] == CSV_IS_MISSING)
                guesses[at] = is;
            else if (is != CSV_IS_MISSING && is != guesses[at])
                guesses[at] = CSV_IS_TEXT;
        }
    }
}

static enum csv_mode mode_of(const struct csv_field *field, enum csv_guess guess, bool two_kinds)
{
    const struct csv_pin *pin = field->pin;
    if (pin && !kind_is_numeric(pin->kind))
        return CSV_TEXTS;
    if (pin)
        return pin->kind == COLUMN_TIME ? CSV_TIMES : CSV_NUMBERS;
    if (guess == CSV_IS_TEXT || (guess == CSV_IS_TIME && two_kinds))
        return CSV_TEXTS;
    return guess == CSV_IS_TIME ? CSV_TIMES : CSV_NUMBERS;
}

static void modes_set(struct csv_reading *r)
{
    enum csv_guess *guesses = arena_array(r->arena, enum csv_guess, r->header.count);
    size_t count = r->header.count, at = 0; /* the pins are nearly always in the header's order */
    for (size_t k = 0; k < r->how->pin_count; k++)
        for (size_t tried = 0; tried < count; tried++, at = at + 1 < count ? at + 1 : 0)
            if (str_equal(r->header.names[at], r->how->pins[k].column)) {
                r->fields[at].pin = &r->how->pins[k];
                if (r->how->more)
                    r->fields[at].more = r->how->more[k];
                break;
            }
    kinds_guess(&r->rows, guesses);
    for (size_t i = 0; i < r->header.count; i++)
        r->fields[i].mode = mode_of(&r->fields[i], guesses[i], r->how->two_kinds);
}

/* ---- Pieces ---- */

/* Where the first line of [from, to) starts; NULL when none does. */
static const char *line_start_find(const char *from, const char *to, const char *end)
{
    if (csv_line_starts(from, end))
        return from;
    const char *lf = memchr(from, '\n', (size_t)(to - from));
    const char *cr = memchr(from, '\r', (size_t)((lf ? lf : to) - from));
    const char *start = cr && !(cr + 1 < end && cr[1] == '\n') ? cr + 1 : lf ? lf + 1 : to;
    return start < to ? start : NULL;
}

static void piece_set(struct csv_reading *r, struct csv_piece *piece, size_t starts)
{
    size_t bound = (size_t)(piece->limit - piece->from) / r->header.cell_count + 1;
    piece->rows = &r->rows;
    piece->room = starts < bound ? starts : bound;
    piece->row_at = r->room;
    r->room += piece->room;
    piece->arena = arena_child(r->arena, &piece->way_out);
    piece->cells = arena_array(r->arena, struct csv_cells, r->header.count);
}

/*
 * Pieces of so many blocks, the first one from the first row on. A row needs a separator or a line
 * end a cell: hence rows * columns <= bytes and a little, whatever the file says.
 */
static void pieces_cut(struct csv_reading *r, const struct csv_block *blocks, size_t count)
{
    const struct csv_scan *scan = &r->rows.scan;
    size_t least = r->header.cell_count * PIECE_BYTES_A_CELL;
    size_t each = (least > PIECE_BYTES_LEAST ? least : PIECE_BYTES_LEAST) / CSV_BLOCK_BYTES;
    r->pieces = arena_array(r->arena, struct csv_piece, count / each + 1);
    size_t line = 1;
    for (size_t b = 0; b < count; b += each) {
        size_t after = b + each < count ? b + each : count, ends = 0;
        const char *from = blocks[b].from, *limit = blocks[after - 1].to;
        for (size_t i = b; i < after; i++)
            ends += blocks[i].line_ends;
        size_t starts = ends - csv_line_starts(limit, scan->end), first_line = line;
        line += ends;
        if (limit <= scan->at)
            continue;
        struct csv_piece *piece = &r->pieces[r->piece_count++];
        piece->limit = limit;
        if (from <= scan->at) {
            piece->from = scan->at;
            piece->line = scan->line;
            starts += 1 - csv_line_ends(from, scan->at, scan->end);
        } else {
            starts += csv_line_starts(from, scan->end);
            piece->from = line_start_find(from, limit, scan->end);
            piece->line = first_line;
            if (piece->from)
                piece->line += csv_line_ends(from, piece->from, scan->end);
            else
                piece->from = limit;
        }
        piece_set(r, piece, starts);
    }
}

static size_t cell_bytes(const struct csv_field *field)
{
    return field->mode == CSV_TEXTS ? sizeof *field->codes : sizeof *field->numbers;
}

/* All columns in one place: nearly all of it lies in large pages. */
static void fields_room(struct csv_reading *r)
{
    size_t rows = (r->room + 3) / 4 * 4, row_bytes = 0;
    for (size_t i = 0; i < r->header.count; i++)
        row_bytes += cell_bytes(&r->fields[i]);
    char *at = arena_take_array(r->arena, rows, row_bytes);
    for (size_t i = 0; i < r->header.count; i++) {
        if (r->fields[i].mode == CSV_TEXTS)
            r->fields[i].codes = (int32_t *)(void *)at;
        else
            r->fields[i].numbers = (double *)(void *)at;
        at += rows * cell_bytes(&r->fields[i]);
    }
}

/* ---- Rounds: all pieces, until no column's kind is wrong any more ---- */

/* Not behind a piece that failed: the file most likely does. */
static void piece_read(void *work, size_t at)
{
    struct csv_reading *r = work;
    struct csv_piece *piece = &r->pieces[at];
    piece->skipped = at > atomic_load(&r->failed_at);
    if (piece->skipped)
        return;
    csv_piece_read(piece);
    size_t failed_at = atomic_load(&r->failed_at);
    while (piece->failed && at < failed_at &&
           !atomic_compare_exchange_weak(&r->failed_at, &failed_at, at))
        ;
}

static bool piece_faults(const struct csv_reading *r, const struct csv_piece *piece,
                         struct fault *why)
{
    if (piece->no_memory) /* the same for the whole */
        arena_take_array(r->arena, SIZE_MAX, 2);
    if (r->row_count + piece->row_count + piece->failed > r->rows_most) {
        struct csv_scan scan = r->rows.scan;
        scan.at = piece->from;
        scan.line = piece->line;
        for (size_t row = r->row_count; csv_record(&scan) && row < r->rows_most; row++)
            for (struct csv_cell cell; csv_cell(&scan, &cell, NULL) == CSV_MORE;)
                ;
        return csv_fault(&scan, why, "more than %zu rows", r->rows_most);
    }
    if (piece->failed && why)
        *why = piece->why;
    return !piece->failed;
}

/*
 * Each piece must start where the one before ended; else its first line was within quotes and it is
 * read again.
 */
static bool pieces_check(struct csv_reading *r, struct fault *why)
{
    const char *at = r->rows.scan.at, *known = at;
    size_t known_line = r->rows.scan.line;
    for (size_t i = 0; i < r->piece_count; i++) {
        struct csv_piece *piece = &r->pieces[i];
        if (at >= piece->limit) { /* a row before goes over all of it */
            piece->from = piece->end = piece->limit;
            piece->row_count = 0;
            memset(piece->cells, 0, r->header.count * sizeof *piece->cells);
            continue;
        }
        if (piece->from != at || piece->skipped) {
            piece->line = known_line + csv_line_ends(known, at, r->rows.scan.end);
            piece->from = at;
            csv_piece_read(piece);
        }
        if (!piece_faults(r, piece, why))
            return false;
        r->row_count += piece->row_count;
        known = at;
        known_line = piece->line;
        at = piece->end;
    }
    return true;
}

/*
 * What a column becomes whose cells did not fit: times when nothing speaks against it, else texts.
 */
static bool misfit_settle(struct csv_reading *r, size_t column)
{
    bool any = false, misfit = false, is_time = false;
    for (size_t i = 0; i < r->piece_count; i++) {
        const struct csv_cells *cells = &r->pieces[i].cells[column];
        if (cells->misfit && !misfit)
            is_time = cells->misfit_is_time;
        misfit |= cells->misfit;
        any |= cells->any;
    }
    struct csv_field *field = &r->fields[column];
    if (!misfit)
        return false;
    bool times = field->mode == CSV_NUMBERS && is_time && !any && !r->how->two_kinds;
    field->mode = times ? CSV_TIMES : CSV_TEXTS;
    if (field->mode == CSV_TEXTS) {
        field->codes = (int32_t *)(void *)field->numbers;
        field->numbers = NULL;
    }
    return true;
}

/* What fits is settled and skipped from now on; false when that is all. */
static bool again_is_needed(struct csv_reading *r)
{
    bool any = false;
    for (size_t i = 0; i < r->header.count; i++) {
        if (r->fields[i].mode == CSV_SKIP)
            continue;
        if (misfit_settle(r, i)) {
            any = true;
            continue;
        }
        csv_column_finish(r, i);
        r->fields[i].mode = CSV_SKIP;
    }
    return any;
}

static bool rounds_run(struct csv_reading *r, struct fault *why)
{
    threads_run(r->how->threads, r->piece_count, piece_read, r);
    if (!pieces_check(r, why))
        return false;
    while (again_is_needed(r)) {
        atomic_store(&r->failed_at, SIZE_MAX);
        threads_run(r->how->threads, r->piece_count, piece_read, r);
        for (size_t i = 0; i < r->piece_count; i++)
            if (r->pieces[i].no_memory)
                arena_take_array(r->arena, SIZE_MAX, 2);
    }
    for (size_t i = 0; i < r->piece_count; i++)
        arena_drop(r->pieces[i].arena);
    return true;
}

/* ---- The whole ---- */

static bool text_check(const struct csv_reading *r, const struct csv_block *blocks, size_t count,
                       struct fault *why)
{
    struct csv_scan scan = r->rows.scan;
    scan.record_line = 1;
    for (size_t i = 0; i < count; i++) {
        if (!blocks[i].stranger) {
            scan.record_line += blocks[i].line_ends;
            continue;
        }
        scan.record_line += csv_line_ends(blocks[i].from, blocks[i].stranger, scan.end);
        return csv_fault(&scan, why,
                         *blocks[i].stranger ? "text that is not UTF-8"
                                             : "a NUL byte: this is not text");
    }
    return true;
}

bool csv_parse(struct arena *arena, struct str bytes, const struct csv_options *how,
               struct table *out, struct fault *why)
{
    static const struct csv_options plain;
    how = how ? how : &plain;
    struct csv_reading r = { .arena = arena, .how = how, .rows_most = how->rows_most };
    atomic_init(&r.failed_at, SIZE_MAX);
    struct str file = how->file.len ? how->file : S("csv");
    if (!r.rows_most || r.rows_most > CSV_ROWS_MOST)
        r.rows_most = CSV_ROWS_MOST;
    size_t bytes_most = how->bytes_most ? how->bytes_most : CSV_BYTES_MOST, count;
    if (bytes.len > bytes_most)
        return fault_set(why, BLAME_OPEN, "%.*s: %zu bytes, allowed are %zu",
                         STR_ARGS(str_until(file, 100)), bytes.len, bytes_most);
    size_t columns_most = how->columns_most ? how->columns_most : CSV_COLUMNS_MOST;
    if (!csv_scan_begin(&r.rows.scan, bytes, file, how->separator, why))
        return false;
    const struct csv_block *blocks = csv_survey(arena, bytes, how->threads, &count);
    if (!text_check(&r, blocks, count, why) ||
        !csv_header_read(arena, &r.rows.scan, columns_most, &r.header, why))
        return false;
    r.rows.header = &r.header;
    r.rows.fields = r.fields = arena_array(arena, struct csv_field, r.header.count);
    r.columns = arena_array(arena, struct column, r.header.count);
    modes_set(&r);
    pieces_cut(&r, blocks, count);
    fields_room(&r);
    if (!rounds_run(&r, why) || !csv_infinite_refuse(&r, why))
        return false;
    *out = (struct table){ r.row_count, r.header.count, r.columns };
    return true;
}
