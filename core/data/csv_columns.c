/* Pieces of columns put together. */
#include "core/data/csv_columns.h"
#include "core/data/dictionary.h"
#include "core/math/threads.h"

#define TEXT_ROWS_LEAST 100 /* see core/data/csv.h */
#define TEXT_BYTES_MEAN 60

/* Close up the rows of pieces that held fewer than there was room for. */
static void pieces_close_up(const struct csv_reading *r, void *values, size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < r->piece_count; i++) {
        const struct csv_piece *piece = &r->pieces[i];
        if (at != piece->row_at && piece->row_count)
            memmove((char *)values + at * size, (char *)values + piece->row_at * size,
                    piece->row_count * size);
        at += piece->row_count;
    }
}

/* One numbering of the texts of all pieces, in order of first appearance. */
static void levels_merge(const struct csv_reading *r, size_t column, struct dictionary *all)
{
    for (size_t i = 0; i < r->piece_count; i++) {
        struct csv_cells *cells = &r->pieces[i].cells[column];
        if (r->pieces[i].row_count == 0)
            continue;
        int32_t *map = arena_array(r->pieces[i].arena, int32_t, cells->levels.count + 1);
        bool same = true;
        *map++ = -1; /* missing */
        for (size_t k = 0; k < cells->levels.count; k++) {
            map[k] = dictionary_add(all, cells->levels.texts[k]);
            same &= map[k] == (int32_t)k;
        }
        cells->map = same ? NULL : map;
    }
}

struct mapping {
    const struct csv_reading *r;
    size_t column;
};

static void codes_map(void *work, size_t at)
{
    const struct mapping *mapping = work;
    const struct csv_piece *piece = &mapping->r->pieces[at];
    const struct csv_cells *cells = &piece->cells[mapping->column];
    const int32_t *map = cells->map;
    for (size_t i = 0; map && i < piece->row_count; i++)
        cells->codes[i] = map[cells->codes[i]];
}

/* Distinct as names and descriptions are, not as classes. */
enum column_kind csv_texts_kind(const struct column *column, size_t rows)
{
    size_t filled = rows - column->missing_count, bytes = 0;
    if (filled >= TEXT_ROWS_LEAST && column->level_count >= filled - filled / 10)
        return COLUMN_TEXT;
    for (size_t i = 0; i < column->level_count; i++)
        bytes += column->levels[i].len;
    return bytes > column->level_count * TEXT_BYTES_MEAN ? COLUMN_TEXT : COLUMN_CATEGORY;
}

static void texts_finish(struct csv_reading *r, size_t at, struct column *out)
{
    const struct csv_field *field = &r->fields[at];
    struct dictionary levels = { .arena = r->arena };
    struct mapping mapping = { r, at };
    levels_merge(r, at, &levels);
    threads_run(r->how->threads, r->piece_count, codes_map, &mapping);
    pieces_close_up(r, field->codes, sizeof *field->codes);
    out->codes = field->codes;
    out->levels = levels.texts;
    out->level_count = levels.count;
    out->kind = field->pin ? field->pin->kind : COLUMN_CATEGORY;
    if (!field->pin && !r->how->two_kinds)
        out->kind = csv_texts_kind(out, r->row_count);
}

static enum column_kind kind_of_values(const struct csv_reading *r, size_t at)
{
    const struct csv_field *field = &r->fields[at];
    bool any = false, fraction = false;
    if (field->mode == CSV_TIMES)
        return COLUMN_TIME;
    if (field->pin)
        return field->pin->kind;
    for (size_t i = 0; i < r->piece_count; i++) {
        any |= r->pieces[i].cells[at].any;
        fraction |= r->pieces[i].cells[at].fraction;
    }
    return any && !fraction && !r->how->two_kinds ? COLUMN_INTEGER : COLUMN_NUMBER;
}

void csv_column_finish(struct csv_reading *r, size_t at)
{
    struct csv_field *field = &r->fields[at];
    struct column *out = &r->columns[at];
    *out = (struct column){ .name = r->header.names[at] };
    for (size_t i = 0; i < r->piece_count; i++) {
        const struct csv_cells *cells = &r->pieces[i].cells[at];
        if (r->pieces[i].row_count == 0)
            continue;
        out->missing_count += cells->missing_count;
        out->time_form |= cells->time_form;
        if (cells->infinite_line && !field->infinite_line)
            field->infinite_line = cells->infinite_line;
    }
    if (field->mode == CSV_TEXTS) {
        texts_finish(r, at, out);
        return;
    }
    pieces_close_up(r, field->numbers, sizeof *field->numbers);
    out->numbers = field->numbers;
    out->kind = kind_of_values(r, at);
}

bool csv_infinite_refuse(const struct csv_reading *r, struct fault *why)
{
    for (size_t i = 0; i < r->header.count; i++) {
        if (!r->fields[i].infinite_line)
            continue;
        struct csv_scan scan = r->rows.scan;
        scan.record_line = r->fields[i].infinite_line;
        return csv_fault(&scan, why, "column %zu (\"%.*s\") held a number that is not finite",
                         i + 1, STR_ARGS(str_until(r->header.names[i], 40)));
    }
    return true;
}
