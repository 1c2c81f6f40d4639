/* The staff's small CSV lists: all cells as text, by the scanner of core/data. */
#include "grader/course/course_csv.h"
#include "core/data/csv_scan.h"
#include <strings.h>

struct reading {
    struct arena *arena;
    struct course_csv *csv;
    struct complaints *to;
    struct csv_scan scan;
    size_t room; /* rows */
};

/* Cells of one record; more than there is room for are only counted. 0: cannot be read on. */
static size_t record_take(struct reading *at, struct str cells[COURSE_CSV_COLUMNS_MOST])
{
    size_t count = 0;
    struct fault why = { 0 };
    enum csv_step step = CSV_MORE;
    while (step == CSV_MORE) {
        struct csv_cell cell;
        step = csv_cell(&at->scan, &cell, &why);
        if (step == CSV_BROKEN) {
            complain(at->to, NULL, 0, "%s", why.text);
            return 0;
        }
        if (count < COURSE_CSV_COLUMNS_MOST)
            cells[count] = str_keep(at->arena, csv_cell_text(at->arena, cell));
        count++;
    }
    return count;
}

static bool header_take(struct reading *at)
{
    struct course_csv *csv = at->csv;
    csv->column_count = csv_record(&at->scan) ? record_take(at, csv->header) : 0;
    if (csv->column_count == 0 || csv->column_count > COURSE_CSV_COLUMNS_MOST) {
        complain(at->to, csv->file, 1, "found %zu columns, allowed are 1 to %d", csv->column_count,
                 COURSE_CSV_COLUMNS_MOST);
        csv->column_count = 0; /* there is room for no more */
        return false;
    }
    for (size_t i = 0; i < csv->column_count; i++)
        for (size_t j = 0; j < i; j++)
            if (csv->header[i].len && str_equal(csv->header[i], csv->header[j]))
                complain(at->to, csv->file, 1, "column \"%s\" was there twice", csv->header[i].at);
    return true;
}

static void row_keep(struct reading *at, const struct str *cells)
{
    struct course_csv *csv = at->csv;
    size_t row = csv->column_count * sizeof *cells, old = at->room;
    if (csv->row_count == at->room) {
        at->room = old ? 2 * old : 64;
        csv->cells = arena_grow(at->arena, csv->cells, old * row, at->room * row);
        csv->lines = arena_grow(at->arena, csv->lines, old * sizeof(int), at->room * sizeof(int));
    }
    memcpy(csv->cells + csv->row_count * csv->column_count, cells, row);
    csv->lines[csv->row_count++] = (int)at->scan.record_line;
}

bool course_csv_parse(struct arena *arena, const char *file, struct str bytes,
                      struct course_csv *out, struct complaints *to)
{
    size_t before = to->count;
    struct fault why = { 0 };
    *out = (struct course_csv){ .file = file };
    struct reading at = { .arena = arena, .csv = out, .to = to };
    if (!csv_scan_open(&at.scan, bytes, str_of(file), ',', &why)) {
        complain(to, NULL, 0, "%s", why.text);
        return false;
    }
    if (!header_take(&at))
        return false;
    while (csv_record(&at.scan)) {
        struct str cells[COURSE_CSV_COLUMNS_MOST];
        size_t count = record_take(&at, cells);
        int line = (int)at.scan.record_line;
        if (count == 0)
            break;
        if (out->row_count == COURSE_CSV_ROWS_MOST) {
            complain(to, file, line, "found more than %d rows", COURSE_CSV_ROWS_MOST);
            break;
        }
        if (count == out->column_count)
            row_keep(&at, cells);
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
