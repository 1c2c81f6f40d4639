/* Rows back to the lines that they were read from. */
#include "core/data/origin.h"
#include "core/data/csv_scan.h"
#include "core/data/jsonl.h"
#include "core/data/source.h"
#include "core/data/table_load.h"
#include <fcntl.h>
#include <stdio.h>

/* The record behind the header and `row` others. */
static bool csv_line(struct str bytes, size_t row, size_t *line)
{
    struct csv_scan scan;
    struct csv_cell cell;
    struct fault why;
    if (!csv_scan_begin(&scan, bytes, S(""), 0, &why))
        return false;
    for (size_t at = 0; csv_record(&scan); at++) {
        if (at == row + 1) {
            *line = scan.record_line;
            return true;
        }
        enum csv_step step = CSV_MORE;
        while (step == CSV_MORE)
            step = csv_cell(&scan, &cell, &why);
        if (step == CSV_BROKEN)
            return false;
    }
    return false;
}

bool origin_find(struct arena *arena, const struct origin *origin, size_t row, struct str *path,
                 size_t *line)
{
    size_t at = 0;
    struct fault why;
    for (; at < origin->count && row >= origin->rows[at]; at++)
        row -= origin->rows[at];
    if (at == origin->count)
        return false;
    *path = origin->paths[at];
    scoped(fd) int fd = open(path->at, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    scoped(source) struct source source = { 0 };
    if (fd < 0 || !source_open(arena, fd, origin->bytes_most, true, &source, &why))
        return false;
    return table_is_json_lines(*path, source.bytes) ? jsonl_line(source.bytes, row, line)
                                                    : csv_line(source.bytes, row, line);
}

static bool fault_at(struct arena *arena, const struct origin *origin, size_t row,
                     struct fault *why, const char *text)
{
    struct str path;
    size_t line;
    if (origin && origin_find(arena, origin, row, &path, &line))
        return fault_set(why, BLAME_OPEN, "%.*s:%zu: %s", STR_ARGS(str_until(path, 100)), line,
                         text);
    return fault_set(why, BLAME_OPEN, "row %zu: %s", row + 1, text);
}

bool cell_fault(struct arena *arena, const struct column *column, size_t row, struct fault *why,
                const char *format, ...)
{
    char text[sizeof why->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fault_at(arena, column->origin, row, why, text);
}

bool row_fault(struct arena *arena, const struct table *table, size_t row, struct fault *why,
               const char *format, ...)
{
    char text[sizeof why->text];
    const struct origin *origin = NULL;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (size_t i = 0; i < table->column_count && !origin; i++)
        origin = table->columns[i].origin;
    return fault_at(arena, origin, row, why, text);
}
