/* The staff's small CSV lists: one pass, quotes, CRLF, a byte order mark. */
#include "grader/course_csv.h"
#include <strings.h>

struct scan {
    struct arena *arena;
    struct course_csv *csv;
    struct complaints *to;
    struct str rest;
    int line;
    size_t room; /* rows */
};

/* A cell in quotes, from behind the opening one; "" is a quote. False at the end of the file. */
static bool quoted_take(struct scan *scan, struct text *cell)
{
    while (scan->rest.len) {
        char c = scan->rest.at[0];
        scan->rest = str_from(scan->rest, 1);
        bool doubled = c == '"' && scan->rest.len && scan->rest.at[0] == '"';
        if (c == '"' && !doubled)
            return true;
        if (doubled)
            scan->rest = str_from(scan->rest, 1);
        scan->line += c == '\n';
        text_char(cell, c);
    }
    return false;
}

/* The next cell; *last when its row ends with it. */
static bool cell_take(struct scan *scan, struct str *out, bool *last)
{
    struct text cell = { .arena = scan->arena };
    text_add(&cell, S(""));
    if (scan->rest.len && scan->rest.at[0] == '"') {
        int opened = scan->line;
        scan->rest = str_from(scan->rest, 1);
        if (!quoted_take(scan, &cell)) {
            complain(scan->to, scan->csv->file, opened, "a quote was opened and never closed");
            return false;
        }
    }
    while (scan->rest.len && scan->rest.at[0] != ',' && scan->rest.at[0] != '\n') {
        text_char(&cell, scan->rest.at[0]);
        scan->rest = str_from(scan->rest, 1);
    }
    *last = scan->rest.len == 0 || scan->rest.at[0] == '\n';
    scan->line += scan->rest.len && scan->rest.at[0] == '\n';
    scan->rest = str_from(scan->rest, 1);
    *out = str_keep(scan->arena, str_trim(text_str(&cell)));
    return true;
}

/* Cells of one row; more than there is room for are counted only. 0: the file cannot be read on. */
static size_t row_take(struct scan *scan, struct str cells[COURSE_CSV_COLUMNS_MOST])
{
    size_t count = 0;
    for (bool last = false; !last; count++) {
        struct str cell;
        if (!cell_take(scan, &cell, &last))
            return 0;
        if (count < COURSE_CSV_COLUMNS_MOST)
            cells[count] = cell;
    }
    return count;
}

static bool header_take(struct scan *scan)
{
    struct course_csv *csv = scan->csv;
    csv->column_count = scan->rest.len ? row_take(scan, csv->header) : 0;
    if (csv->column_count == 0 || csv->column_count > COURSE_CSV_COLUMNS_MOST) {
        complain(scan->to, csv->file, 1, "found %zu columns, allowed are 1 to %d",
                 csv->column_count, COURSE_CSV_COLUMNS_MOST);
        return false;
    }
    for (size_t i = 0; i < csv->column_count; i++)
        for (size_t j = 0; j < i; j++)
            if (csv->header[i].len && str_equal(csv->header[i], csv->header[j]))
                complain(scan->to, csv->file, 1, "column \"%s\" was there twice",
                         csv->header[i].at);
    return true;
}

static void row_keep(struct scan *scan, const struct str *cells, int line)
{
    struct course_csv *csv = scan->csv;
    size_t row = csv->column_count * sizeof *cells, old = scan->room;
    if (csv->row_count == scan->room) {
        scan->room = old ? 2 * old : 64;
        csv->cells = arena_grow(scan->arena, csv->cells, old * row, scan->room * row);
        csv->lines =
            arena_grow(scan->arena, csv->lines, old * sizeof(int), scan->room * sizeof(int));
    }
    memcpy(csv->cells + csv->row_count * csv->column_count, cells, row);
    csv->lines[csv->row_count++] = line;
}

bool course_csv_parse(struct arena *arena, const char *file, struct str bytes,
                      struct course_csv *out, struct complaints *to)
{
    size_t before = to->count;
    *out = (struct course_csv){ .file = file };
    struct scan scan = { .arena = arena, .csv = out, .to = to, .rest = bytes, .line = 1 };
    if (!str_is_utf8(bytes) || memchr(bytes.at, 0, bytes.len)) {
        complain(to, file, 0, "found bytes that are not UTF-8 text");
        return false;
    }
    if (str_starts(bytes, S("\xef\xbb\xbf")))
        scan.rest = str_from(bytes, 3);
    if (!header_take(&scan))
        return false;
    while (scan.rest.len) {
        struct str cells[COURSE_CSV_COLUMNS_MOST];
        int line = scan.line;
        size_t count = row_take(&scan, cells);
        if (count == 0)
            break;
        if (count == 1 && cells[0].len == 0)
            continue;
        if (out->row_count == COURSE_CSV_ROWS_MOST) {
            complain(to, file, line, "found more than %d rows", COURSE_CSV_ROWS_MOST);
            break;
        }
        if (count == out->column_count)
            row_keep(&scan, cells, line);
        else
            complain(to, file, line, "found %zu cells, allowed are %zu as in the header", count,
                     out->column_count);
    }
    return to->count == before;
}

int course_csv_column(const struct course_csv *csv, const char *name)
{
    for (size_t i = 0; i < csv->column_count; i++)
        if (strcasecmp(csv->header[i].at, name) == 0)
            return (int)i;
    return -1;
}

struct str course_csv_cell(const struct course_csv *csv, size_t row, int column)
{
    return column < 0 ? S("") : csv->cells[row * csv->column_count + (size_t)column];
}
