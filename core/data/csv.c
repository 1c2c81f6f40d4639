/* CSV text to a table. */
#include "core/data/csv.h"
#include "core/base/file.h"
#include "core/data/csv_words.h"
#include "core/data/dictionary.h"
#include "core/data/number.h"
#include <assert.h>
#include <fcntl.h>
#include <math.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define GUESS_ROWS 1000 /* that kinds are guessed from; a wrong guess costs a second reading */

/* A column while it is read. */
struct building {
    enum column_kind kind;
    bool pinned, done;
    bool is_text; /* a number column met text: it is read again as a category */
    size_t infinite_line;
    size_t missing_count;
    double *numbers;
    int32_t *codes;
    struct dictionary levels;
};

struct reading {
    struct arena *arena;
    struct csv_scan scan;
    struct csv_scan body; /* where the first row starts */
    struct csv_header header;
    struct building *columns;
    size_t rows, rows_most, room; /* room: what the columns hold */
};

/* What a cell of a number column is; the value goes to *value. */
enum cell_is { CELL_MISSING, CELL_NUMBER, CELL_INFINITE, CELL_TEXT };

static enum cell_is number_cell(struct csv_cell cell, double *value)
{
    if (cell.raw.len == 0 || (!cell.quoted && csv_word_is_missing(cell.raw)))
        return CELL_MISSING;
    switch (number_parse(cell.raw, value)) {
    case NUMBER_FINE:
        return CELL_NUMBER;
    case NUMBER_INFINITE:
        return CELL_INFINITE;
    default:
        return CELL_TEXT;
    }
}

static bool fault_cell(const struct reading *r, size_t column, struct csv_cell cell,
                       const char *wanted, struct fault *why)
{
    return csv_fault(&r->scan, why, "column %zu (\"%.*s\") held \"%.*s\", %s", column + 1,
                     STR_ARGS(str_until(r->header.names[column], 40)),
                     STR_ARGS(str_until(cell.raw, 40)), wanted);
}

static bool number_put(struct reading *r, size_t at, struct csv_cell cell, struct fault *why)
{
    struct building *column = &r->columns[at];
    double value = NAN;
    switch (number_cell(cell, &value)) {
    case CELL_TEXT:
        if (column->pinned)
            return fault_cell(r, at, cell, "a number is needed", why);
        column->is_text = true;
        return true;
    case CELL_INFINITE:
        if (!column->infinite_line)
            column->infinite_line = r->scan.record_line;
        break;
    case CELL_MISSING:
        column->missing_count++;
        break;
    case CELL_NUMBER:
        break;
    }
    column->numbers[r->rows] = value;
    return true;
}

static void category_put(struct reading *r, size_t at, struct csv_cell cell)
{
    struct building *column = &r->columns[at];
    bool missing =
        cell.raw.len == 0 || (!column->pinned && !cell.quoted && csv_word_is_missing(cell.raw));
    column->missing_count += missing;
    column->codes[r->rows] =
        missing ? -1 : dictionary_add(&column->levels, csv_cell_text(r->arena, cell));
}

static bool cell_put(struct reading *r, size_t at, struct csv_cell cell, struct fault *why)
{
    if (at >= r->header.count)
        return cell.raw.len == 0 ||
               csv_fault(&r->scan, why, "a value in column %zu, which has no name", at + 1);
    struct building *column = &r->columns[at];
    if (column->done || column->is_text)
        return true;
    if (column->kind == COLUMN_NUMBER)
        return number_put(r, at, cell, why);
    category_put(r, at, cell);
    return true;
}

/* The short way: a plain number right up to the separator or line feed. */
static bool number_quick(struct reading *r, size_t at, enum csv_step *step)
{
    struct building *column = &r->columns[at];
    if (column->kind != COLUMN_NUMBER || column->done || column->is_text)
        return false;
    struct csv_scan *scan = &r->scan;
    double value;
    const char *after = number_cut(scan->at, scan->end, &value);
    if (!after || after == scan->end || (*after != scan->separator && *after != '\n'))
        return false;
    *step = *after == '\n' ? CSV_LAST : CSV_MORE;
    scan->line += *after == '\n';
    scan->at = after + 1;
    column->numbers[r->rows] = value;
    return true;
}

static bool row_read(struct reading *r, struct fault *why)
{
    struct csv_cell cell;
    size_t count = 0, wanted = r->header.cell_count;
    for (enum csv_step step = CSV_MORE; step == CSV_MORE; count++) {
        if (count < r->header.count && number_quick(r, count, &step))
            continue;
        step = csv_cell(&r->scan, &cell, why);
        if (step == CSV_BROKEN || (count < wanted && !cell_put(r, count, cell, why)))
            return false;
    }
    return count == wanted || csv_fault(&r->scan, why, "%zu cell%s, header has %zu", count,
                                        count == 1 ? "" : "s", wanted);
}

static bool rows_read(struct reading *r, struct fault *why)
{
    r->scan = r->body;
    for (r->rows = 0; csv_record(&r->scan); r->rows++) {
        if (r->rows >= r->rows_most)
            return csv_fault(&r->scan, why, "more than %zu rows", r->rows_most);
        assert(r->rows < r->room);
        if (!row_read(r, why))
            return false;
    }
    return true;
}

/* No number column of the first rows may hold text; faults are left for the reading itself. */
static void kinds_guess(struct reading *r)
{
    r->scan = r->body;
    for (size_t row = 0; row < GUESS_ROWS && csv_record(&r->scan); row++) {
        struct csv_cell cell;
        enum csv_step step = CSV_MORE;
        for (size_t at = 0; step == CSV_MORE; at++) {
            double value;
            if ((step = csv_cell(&r->scan, &cell, NULL)) == CSV_BROKEN)
                return;
            if (at < r->header.count && !r->columns[at].pinned &&
                r->columns[at].kind == COLUMN_NUMBER && number_cell(cell, &value) == CELL_TEXT)
                r->columns[at].kind = COLUMN_CATEGORY;
        }
    }
}

/*
 * A bound on the rows: each ends a line and has a separator or a line end a cell. Hence rows *
 * columns <= bytes, whatever the file says.
 */
static size_t rows_bound(const struct csv_scan *body, size_t cells)
{
    size_t bytes = (size_t)(body->end - body->at), lines = 1;
    for (size_t i = 0; i < bytes; i++)
        lines += (body->at[i] == '\n') |
                 (body->at[i] == '\r' && (i + 1 == bytes || body->at[i + 1] != '\n'));
    return lines < bytes / cells + 1 ? lines : bytes / cells + 1;
}

static void kinds_set(struct reading *r, const struct csv_options *how)
{
    for (size_t i = 0; i < r->header.count; i++)
        r->columns[i] = (struct building){ .kind = COLUMN_NUMBER, .levels = { .arena = r->arena } };
    for (size_t k = 0; k < how->pin_count; k++)
        for (size_t i = 0; i < r->header.count; i++)
            if (str_equal(r->header.names[i], how->pins[k].column)) {
                r->columns[i].kind = how->pins[k].kind;
                r->columns[i].pinned = true;
            }
    kinds_guess(r);
}

static void columns_room(struct reading *r)
{
    r->room = rows_bound(&r->body, r->header.cell_count);
    if (r->room > r->rows_most)
        r->room = r->rows_most;
    for (size_t i = 0; i < r->header.count; i++)
        if (r->columns[i].kind == COLUMN_NUMBER)
            r->columns[i].numbers = arena_array(r->arena, double, r->room);
        else
            r->columns[i].codes = arena_array(r->arena, int32_t, r->room);
}

/* Columns in which text was met are read once more; all others are done. */
static bool again_is_needed(struct reading *r)
{
    bool any = false;
    for (size_t i = 0; i < r->header.count; i++) {
        struct building *column = &r->columns[i];
        if (column->is_text) {
            column->kind = COLUMN_CATEGORY;
            column->codes = (int32_t *)(void *)column->numbers;
            column->numbers = NULL;
            column->is_text = false;
            column->missing_count = 0;
            any = true;
        } else {
            column->done = true;
        }
    }
    return any;
}

static bool infinite_refuse(struct reading *r, struct fault *why)
{
    for (size_t i = 0; i < r->header.count; i++) {
        const struct building *column = &r->columns[i];
        if (column->kind != COLUMN_NUMBER || !column->infinite_line)
            continue;
        r->scan.record_line = column->infinite_line;
        return csv_fault(&r->scan, why, "column %zu (\"%.*s\") held a number that is not finite",
                         i + 1, STR_ARGS(str_until(r->header.names[i], 40)));
    }
    return true;
}

static void table_take(struct reading *r, struct table *out)
{
    struct column *columns = arena_array(r->arena, struct column, r->header.count);
    for (size_t i = 0; i < r->header.count; i++) {
        struct building *from = &r->columns[i];
        columns[i] = (struct column){ .name = r->header.names[i],
                                      .kind = from->kind,
                                      .missing_count = from->missing_count,
                                      .numbers = from->numbers,
                                      .codes = from->kind == COLUMN_NUMBER ? NULL : from->codes,
                                      .levels = from->levels.texts,
                                      .level_count = from->levels.count };
    }
    *out = (struct table){ .rows = r->rows, .column_count = r->header.count, .columns = columns };
}

bool csv_parse(struct arena *arena, struct str bytes, const struct csv_options *how,
               struct table *out, struct fault *why)
{
    static const struct csv_options plain;
    how = how ? how : &plain;
    struct reading r = { .arena = arena, .rows_most = how->rows_most };
    struct str file = how->file.len ? how->file : S("csv");
    if (!r.rows_most || r.rows_most > CSV_ROWS_MOST)
        r.rows_most = CSV_ROWS_MOST;
    size_t bytes_most = how->bytes_most ? how->bytes_most : CSV_BYTES_MOST;
    if (bytes.len > bytes_most)
        return fault_set(why, BLAME_OPEN, "%.*s: %zu bytes, allowed are %zu",
                         STR_ARGS(str_until(file, 100)), bytes.len, bytes_most);
    size_t columns_most = how->columns_most ? how->columns_most : CSV_COLUMNS_MOST;
    if (!csv_scan_open(&r.body, bytes, file, how->separator, why) ||
        !csv_header_read(arena, &r.body, columns_most, &r.header, why))
        return false;
    r.columns = arena_array(arena, struct building, r.header.count);
    kinds_set(&r, how);
    columns_room(&r);
    do {
        if (!rows_read(&r, why))
            return false;
    } while (again_is_needed(&r));
    if (!infinite_refuse(&r, why))
        return false;
    table_take(&r, out);
    return true;
}

struct mapping {
    void *at;
    size_t len;
};

static void mapping_scoped(struct mapping *mapping)
{
    if (mapping->at)
        munmap(mapping->at, mapping->len);
}

bool csv_load_fd(struct arena *arena, int fd, const struct csv_options *how, struct table *out,
                 struct fault *why)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return fault_errno(why, "could not look at the file");
    size_t bytes_most = how && how->bytes_most ? how->bytes_most : CSV_BYTES_MOST;
    scoped(mapping) struct mapping map = { 0 };
    struct str bytes = { 0 };
    if (S_ISREG(st.st_mode) && st.st_size > 0 && (size_t)st.st_size <= bytes_most) {
        map.len = (size_t)st.st_size;
        map.at = mmap(NULL, map.len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
        if (map.at == MAP_FAILED)
            map.at = NULL;
        bytes = (struct str){ map.at, map.len };
    }
    if (!map.at && !fd_load(arena, fd, bytes_most, &bytes, why))
        return how && how->file.len ? fault_within(why, "%.*s", STR_ARGS(str_until(how->file, 100)))
                                    : false;
    return csv_parse(arena, bytes, how, out, why);
}

bool csv_load(struct arena *arena, int dir, const char *path, const struct csv_options *how,
              struct table *out, struct fault *why)
{
    scoped(fd) int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fault_errno(why, "%s", path);
    struct csv_options named = how ? *how : (struct csv_options){ 0 };
    if (!named.file.len)
        named.file = str_of(path);
    return csv_load_fd(arena, fd, &named, out, why);
}
