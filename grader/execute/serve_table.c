/* CSV as plain texts. */
#include "grader/execute/serve_table.h"
#include <stdint.h>

/* Behind an opening quote: up to the closing one, doubled ones made single. */
static bool quoted_read(struct serve_reader *reader, struct str *cell, struct fault *why)
{
    struct str from = reader->rest;
    size_t at = 0, doubled = 0;
    for (;; at++) {
        if (at >= from.len)
            return fault_set(why, BLAME_OPEN, "line %zu: a quote was not closed", reader->line);
        if (from.at[at] == '\n')
            reader->next_line++;
        if (from.at[at] != '"')
            continue;
        if (at + 1 >= from.len || from.at[at + 1] != '"')
            break;
        doubled++;
        at++;
    }
    reader->rest = str_from(from, at + 1);
    *cell = str_until(from, at);
    if (!doubled)
        return true;
    char *plain = arena_take(reader->arena, at);
    size_t len = 0;
    for (size_t i = 0; i < at; i++) {
        plain[len++] = from.at[i];
        i += from.at[i] == '"';
    }
    *cell = (struct str){ plain, len };
    return true;
}

/* *more: a comma follows. */
static bool cell_read(struct serve_reader *reader, struct str *cell, bool *more, struct fault *why)
{
    size_t at = 0;
    if (reader->rest.len && reader->rest.at[0] == '"') {
        reader->rest = str_from(reader->rest, 1);
        if (!quoted_read(reader, cell, why))
            return false;
    } else {
        while (at < reader->rest.len && reader->rest.at[at] != ',' && reader->rest.at[at] != '\n')
            at++;
        *cell = str_until(reader->rest, at);
        reader->rest = str_from(reader->rest, at);
        if (cell->len && cell->at[cell->len - 1] == '\r' &&
            (!reader->rest.len || reader->rest.at[0] == '\n'))
            cell->len--;
    }
    if (str_starts(reader->rest, S("\r\n")) || str_is(reader->rest, "\r"))
        reader->rest = str_from(reader->rest, 1);
    *more = reader->rest.len && reader->rest.at[0] == ',';
    if (reader->rest.len && !*more && reader->rest.at[0] != '\n')
        return fault_set(why, BLAME_OPEN, "line %zu: something followed a closed quote",
                         reader->line);
    reader->next_line += reader->rest.len && !*more;
    reader->rest = str_from(reader->rest, 1);
    return true;
}

bool serve_record_read(struct serve_reader *reader, struct serve_record *out, struct fault *why)
{
    why->text[0] = 0;
    if (!reader->next_line) {
        reader->next_line = 1;
        if (str_starts(reader->rest, S("\xef\xbb\xbf")))
            reader->rest = str_from(reader->rest, 3);
    }
    while (reader->rest.len) {
        bool more = true;
        reader->line = reader->next_line;
        for (out->count = 0; more; out->count++) {
            if (out->count == SERVE_COLUMNS_MOST)
                return fault_set(why, BLAME_OPEN, "line %zu had more than %d cells", reader->line,
                                 SERVE_COLUMNS_MOST);
            if (!cell_read(reader, &out->cells[out->count], &more, why))
                return false;
        }
        if (out->count > 1 || out->cells[0].len)
            return true;
    }
    return false;
}

size_t serve_column(const struct serve_table *table, struct str name)
{
    for (size_t i = 0; i < table->width; i++)
        if (str_equal(table->columns[i], name))
            return i;
    return SIZE_MAX;
}

static bool header_take(struct arena *arena, const struct serve_record *record,
                        struct serve_table *out, struct fault *why)
{
    out->columns = arena_array(arena, struct str, record->count);
    for (size_t i = 0; i < record->count; i++) {
        if (serve_column(out, record->cells[i]) != SIZE_MAX)
            return fault_set(why, BLAME_OPEN, "column %.*s was there twice",
                             STR_ARGS(str_until(record->cells[i], 60)));
        out->columns[out->width++] = record->cells[i];
    }
    return true;
}

bool serve_table_parse(struct arena *arena, struct str csv, size_t rows_most,
                       struct serve_table *out, struct fault *why)
{
    struct serve_reader reader = { .arena = arena, .rest = csv };
    struct serve_record *record = arena_new(arena, struct serve_record);
    size_t room = 0;
    *out = (struct serve_table){ .width = 0 };
    if (!serve_record_read(&reader, record, why))
        return why->text[0] ? false : fault_set(why, BLAME_OPEN, "there was no header");
    if (!header_take(arena, record, out, why))
        return false;
    while (out->row_count < rows_most && serve_record_read(&reader, record, why)) {
        if (record->count != out->width)
            return fault_set(why, BLAME_OPEN, "line %zu had %zu cells, the header %zu", reader.line,
                             record->count, out->width);
        if (out->row_count == room) {
            size_t wider = room ? room * 2 : 64, row = out->width * sizeof *out->cells;
            out->cells = arena_grow(arena, out->cells, room * row, wider * row);
            room = wider;
        }
        memcpy(out->cells + out->row_count++ * out->width, record->cells,
               record->count * sizeof *record->cells);
    }
    return !why->text[0];
}
