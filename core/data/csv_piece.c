/* Rows of a CSV file into columns: the inner loop of reading. */
#include "core/data/csv_piece.h"
#include "core/data/csv_words.h"
#include "core/data/number_quick.h"
#include "core/data/time.h"
#include <assert.h>
#include <math.h>

#pragma GCC optimize("O3")

#define TIME_TEXT_MOST 40 /* longer than any time that is read the short way */
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
    return fabs(value) <= 0x1p53;
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
    if (levels->count * 2 >= levels->slot_count)
        csv_levels_grow(levels);
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

/* ---- The short way: what most cells are ---- */

static inline bool ends_cell(char c, char separator)
{
    return c == separator || c == '\n' || c == '\r';
}

static inline uint64_t zero_bytes(uint64_t word)
{
    return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u;
}

/* Where an unquoted cell ends; NULL when it is longer than 64 bytes. */
static inline const char *end_find(const char *at, uint64_t separators)
{
    for (int i = 0; i < 8; i++, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        uint64_t ends = zero_bytes(word ^ separators) | zero_bytes(word ^ 0x0A0A0A0A0A0A0A0Au) |
                        zero_bytes(word ^ 0x0D0D0D0D0D0D0D0Du);
        if (ends)
            return at + (__builtin_ctzll(ends) >> 3);
    }
    return NULL;
}

static inline bool starts_plainly(char c)
{
    return c != '"' && c != ' ' && c != '\t';
}

static inline const char *number_put(struct csv_cells *cells, const char *at, char separator,
                                     size_t row)
{
    double value = NAN;
    if (ends_cell(*at, separator)) {
        cells->numbers[row] = value;
        cells->missing_count++;
        return at;
    }
    bool whole;
    const char *end = number_quick(at, &value, &whole);
    if (!end || !ends_cell(*end, separator))
        return NULL;
    cells->numbers[row] = value;
    cells->fraction |= !whole;
    cells->any = true;
    return end;
}

static inline const char *text_quick(struct csv_cells *cells, const char *at, uint64_t separators,
                                     size_t row)
{
    const char *end = end_find(at, separators);
    if (!end || !starts_plainly(*at))
        return NULL;
    struct str text = { at, (size_t)(end - at) };
    if (text.len == 0) {
        cells->codes[row] = -1;
        cells->missing_count++;
        return end;
    }
    bool may_be_word = cells->words && text.len <= 4 && (*at == '?' || (*at | 32) == 'n');
    if (end[-1] == ' ' || end[-1] == '\t' || may_be_word)
        return NULL;
    uint64_t key = text.len <= 8 ? csv_level_word(at, text.len) : csv_level_hash(text);
    cells->codes[row] = csv_levels_add(&cells->levels, text, key);
    return end;
}

static inline const char *time_quick(struct csv_cells *cells, const char *at, uint64_t separators,
                                     size_t row)
{
    const char *end = end_find(at, separators);
    double value = NAN;
    unsigned form = 0;
    if (!end || end - at > TIME_TEXT_MOST)
        return NULL;
    if (end == at)
        cells->missing_count++;
    else if (time_parse((struct str){ at, (size_t)(end - at) }, &value, &form))
        cells->any = true;
    else
        return NULL;
    cells->numbers[row] = value;
    cells->time_form |= form;
    return end;
}

/* Gives the separator or line end behind the cell; NULL: the long way. */
static inline const char *cell_quick(struct csv_cells *cells, const char *at, uint64_t separators,
                                     size_t row)
{
    if (!cells->quick)
        return NULL;
    switch (cells->mode) {
    case CSV_NUMBERS:
        return number_put(cells, at, (char)separators, row);
    case CSV_TEXTS:
        return text_quick(cells, at, separators, row);
    case CSV_TIMES:
        return time_quick(cells, at, separators, row);
    default:
        return starts_plainly(*at) ? end_find(at, separators) : NULL;
    }
}

static bool cell_slow(struct csv_piece *piece, struct csv_scan *scan, size_t column,
                      enum csv_step *step)
{
    struct csv_cell cell;
    *step = csv_cell(scan, &cell, &piece->why);
    return *step != CSV_BROKEN && (column >= piece->rows->header->cell_count ||
                                   cell_put(piece, scan, column, cell, &piece->why));
}

static bool row_read(struct csv_piece *piece, struct csv_scan *scan)
{
    size_t count = 0, names = piece->rows->header->count;
    uint64_t separators = 0x0101010101010101u * (unsigned char)scan->separator;
    const char *at = scan->at;
    for (enum csv_step step = CSV_MORE; step == CSV_MORE; count++) {
        const char *end = count < names && scan->end - at > NUMBER_QUICK_BYTES
                              ? cell_quick(&piece->cells[count], at, separators, piece->row_count)
                              : NULL;
        if (end) {
            at = end + 1;
            if (*end == scan->separator)
                continue;
            at += *end == '\r' && *at == '\n';
            scan->line++;
            step = CSV_LAST;
            continue;
        }
        scan->at = at;
        if (!cell_slow(piece, scan, count, &step))
            return false;
        at = scan->at;
    }
    scan->at = at;
    size_t wanted = piece->rows->header->cell_count;
    return count == wanted || csv_fault(scan, &piece->why, "%zu cell%s, header has %zu", count,
                                        count == 1 ? "" : "s", wanted);
}

static void cells_start(struct csv_piece *piece)
{
    for (size_t i = 0; i < piece->rows->header->count; i++) {
        const struct csv_field *field = &piece->rows->fields[i];
        const struct csv_pin *pin = field->pin;
        bool special = field->more.missing_count || field->more.format.len;
        piece->cells[i] = (struct csv_cells){
            .mode = field->mode,
            .quick = !special && !(pin && pin->kind == COLUMN_INTEGER),
            .words = !pin,
            .numbers = field->numbers ? field->numbers + piece->row_at : NULL,
            .codes = field->codes ? field->codes + piece->row_at : NULL,
            .levels = { .arena = piece->arena },
        };
    }
}

static void rows_read(struct csv_piece *piece)
{
    struct csv_scan scan = piece->rows->scan;
    scan.at = piece->from;
    scan.line = piece->line;
    piece->row_count = 0;
    piece->failed = false;
    for (; csv_record_before(&scan, piece->limit); piece->row_count++) {
        assert(piece->row_count < piece->room);
        if (!row_read(piece, &scan)) {
            piece->failed = true;
            return;
        }
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
