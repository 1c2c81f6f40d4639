/* Rows of a CSV file into columns: the way that each cell can go. */
#include "core/data/csv_piece.h"
#include "core/data/csv_run.h"
#include "core/data/csv_words.h"
#include "core/data/number.h"
#include "core/data/time.h"
#include <assert.h>
#include <math.h>

#define COPY_MOST 1024 /* longer cells with doubled quotes are copied before they are looked up */

enum cell_is { CELL_MISSING, CELL_FITS, CELL_INFINITE, CELL_MISFIT };

static bool own_word(const struct csv_pin_more *more, struct str word)
{
    for (size_t i = 0; i < more->missing_count; i++)
        if (str_equal(word, more->missing[i]))
            return true;
    return false;
}

static bool is_missing(const struct csv_pin_more *more, bool words, struct csv_cell cell)
{
    if (cell.raw.len == 0)
        return true;
    if (cell.quoted)
        return false;
    return more->missing_count ? own_word(more, cell.raw) : words && csv_word_is_missing(cell.raw);
}

/* Written without point and exponent, and exact as a double. */
static bool is_whole(struct str text, double value)
{
    for (size_t i = 0; i < text.len; i++)
        if ((text.at[i] < '0' || text.at[i] > '9') && text.at[i] != '-' && text.at[i] != '+')
            return false;
    return fabs(value) < 0x1p53;
}

static enum cell_is number_cell(const struct csv_pin *pin, struct csv_cells *cells,
                                struct csv_cell cell, double *value)
{
    enum number_found found = number_parse(cell.raw, value);
    if (found != NUMBER_FINE)
        return found == NUMBER_NONE ? CELL_MISFIT : CELL_INFINITE;
    bool whole = is_whole(cell.raw, *value);
    if (!whole && pin && pin->kind == COLUMN_INTEGER)
        return CELL_MISFIT;
    cells->fraction |= !whole;
    return CELL_FITS;
}

static enum cell_is time_cell(struct str format, struct csv_cells *cells, struct csv_cell cell,
                              double *value)
{
    unsigned form;
    bool fits = format.len ? time_parse_as(cell.raw, format, value, &form)
                           : time_parse(cell.raw, value, &form);
    if (fits)
        cells->time_form |= form;
    return fits ? CELL_FITS : CELL_MISFIT;
}

enum csv_guess csv_cell_guess(struct csv_cell cell)
{
    double value;
    unsigned form;
    if (is_missing(&(struct csv_pin_more){ 0 }, true, cell))
        return CSV_IS_MISSING;
    if (number_parse(cell.raw, &value) != NUMBER_NONE)
        return CSV_IS_NUMBER;
    return time_parse(cell.raw, &value, &form) ? CSV_IS_TIME : CSV_IS_TEXT;
}

static bool cell_refuse(const struct csv_piece *piece, const struct csv_scan *scan, size_t column,
                        struct csv_cell cell, struct fault *why)
{
    const struct csv_pin *pin = piece->rows->fields[column].pin;
    const char *wanted = pin->kind == COLUMN_INTEGER              ? "a whole number"
                         : piece->cells[column].mode == CSV_TIMES ? "a time"
                                                                  : "a number";
    return csv_fault(scan, why, "column %zu (\"%.*s\") held \"%.*s\", %s is needed", column + 1,
                     STR_ARGS(str_until(piece->rows->header->names[column], 40)),
                     STR_ARGS(str_until(cell.raw, 40)), wanted);
}

static void misfit_note(struct csv_cells *cells, struct csv_cell cell)
{
    cells->misfit = true;
    cells->misfit_is_time = csv_cell_guess(cell) == CSV_IS_TIME;
    cells->mode = CSV_SKIP;
}

/* A cell of a column of numbers or times, the long way. */
static bool value_put(struct csv_piece *piece, const struct csv_scan *scan, size_t column,
                      struct csv_cell cell, struct fault *why)
{
    struct csv_cells *cells = &piece->cells[column];
    const struct csv_field *field = &piece->rows->fields[column];
    const struct csv_pin *pin = field->pin;
    double value = NAN;
    enum cell_is is = is_missing(&field->more, true, cell) ? CELL_MISSING
                      : cells->mode == CSV_TIMES
                          ? time_cell(field->more.format, cells, cell, &value)
                          : number_cell(pin, cells, cell, &value);
    if (is == CELL_MISFIT && pin)
        return cell_refuse(piece, scan, column, cell, why);
    if (is == CELL_MISFIT) {
        misfit_note(cells, cell);
        return true;
    }
    if (is == CELL_INFINITE && !cells->infinite_line)
        cells->infinite_line = scan->record_line;
    cells->missing_count += is == CELL_MISSING;
    cells->any |= is != CELL_MISSING;
    cells->numbers[piece->row_count] = value;
    return true;
}

/* The text of a cell with doubled quotes, copied where it is new. */
static int32_t quotes_add(struct csv_levels *levels, struct csv_cell cell)
{
    char copy[COPY_MOST];
    if (cell.raw.len > COPY_MOST) {
        struct str text = csv_cell_text(levels->arena, cell);
        return csv_levels_add(levels, text, csv_level_key(text));
    }
    struct str text = { copy, csv_cell_copy(cell, copy) };
    uint64_t key = csv_level_key(text);
    struct csv_slot *slot = csv_level_slot(levels, text, key);
    return slot->number ? (int32_t)(slot->number - 1)
                        : csv_level_new(levels, slot, str_keep(levels->arena, text), key);
}

static void text_put(struct csv_piece *piece, size_t column, struct csv_cell cell)
{
    struct csv_cells *cells = &piece->cells[column];
    int32_t code = -1;
    if (is_missing(&piece->rows->fields[column].more, cells->words, cell))
        cells->missing_count++;
    else if (cell.quoted && memchr(cell.raw.at, '"', cell.raw.len))
        code = quotes_add(&cells->levels, cell);
    else
        code = csv_levels_add(&cells->levels, cell.raw, csv_level_key(cell.raw));
    cells->codes[piece->row_count] = code;
}

static bool cell_put(struct csv_piece *piece, const struct csv_scan *scan, size_t column,
                     struct csv_cell cell, struct fault *why)
{
    if (column >= piece->rows->header->count)
        return cell.raw.len == 0 ||
               csv_fault(scan, why, "a value in column %zu, which has no name", column + 1);
    switch (piece->cells[column].mode) {
    case CSV_SKIP:
        return true;
    case CSV_TEXTS:
        text_put(piece, column, cell);
        return true;
    default:
        return value_put(piece, scan, column, cell, why);
    }
}

enum csv_step csv_piece_cell(struct csv_piece *piece, struct csv_scan *scan, size_t column)
{
    struct csv_cell cell;
    enum csv_step step = csv_cell(scan, &cell, &piece->why);
    if (step == CSV_BROKEN || column >= piece->rows->header->cell_count)
        return step;
    return cell_put(piece, scan, column, cell, &piece->why) ? step : CSV_BROKEN;
}

static bool row_read(struct csv_piece *piece, struct csv_scan *scan)
{
    size_t count = 0, wanted = piece->rows->header->cell_count;
    for (enum csv_step step = CSV_MORE; step == CSV_MORE; count++)
        if ((step = csv_piece_cell(piece, scan, count)) == CSV_BROKEN)
            return false;
    return count == wanted || csv_fault(scan, &piece->why, "%zu cell%s, header has %zu", count,
                                        count == 1 ? "" : "s", wanted);
}

static void cells_start(struct csv_piece *piece)
{
    for (size_t i = 0; i < piece->rows->header->count; i++) {
        const struct csv_field *field = &piece->rows->fields[i];
        const struct csv_pin *pin = field->pin;
        piece->cells[i] = (struct csv_cells){
            .mode = field->mode,
            .special = field->more.missing_count || field->more.format.len ||
                       (pin && pin->kind == COLUMN_INTEGER),
            .words = !pin,
            .numbers = field->numbers ? field->numbers + piece->row_at : NULL,
            .codes = field->codes ? field->codes + piece->row_at : NULL,
            .levels = { .arena = piece->arena },
        };
        if (field->mode == CSV_TEXTS)
            csv_levels_start(&piece->cells[i].levels);
    }
}

static void rows_read(struct csv_piece *piece)
{
    struct csv_scan scan = piece->rows->scan;
    struct csv_run run;
    scan.at = piece->from;
    scan.line = piece->line;
    piece->row_count = 0;
    piece->failed = false;
    csv_run_start(&run, piece);
    while (csv_record_before(&scan, piece->limit)) {
        if (csv_run_read(&run, &scan))
            continue;
        assert(piece->row_count < piece->room);
        if (!row_read(piece, &scan)) {
            piece->failed = true;
            return;
        }
        piece->row_count++;
    }
    piece->end = scan.at;
}

void csv_piece_read(struct csv_piece *piece)
{
    piece->no_memory = false;
    if (setjmp(piece->way_out)) {
        piece->no_memory = true;
        return;
    }
    cells_start(piece);
    rows_read(piece);
}
