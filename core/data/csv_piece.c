/* Rows of a CSV file into columns: the inner loop of reading. */
#include "core/data/csv_piece.h"
#include "core/data/csv_words.h"
#include "core/data/number_quick.h"
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

static csv_quick skip_quickly, never_quickly;

static void misfit_note(struct csv_cells *cells, struct csv_cell cell)
{
    cells->misfit = true;
    cells->misfit_is_time = csv_cell_guess(cell) == CSV_IS_TIME;
    cells->mode = CSV_SKIP;
    cells->quick = skip_quickly;
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

/* ---- The short way: what most cells are ---- */

static inline bool ends_cell(char c, char separator)
{
    return c == separator || c == '\n' || c == '\r';
}

static inline uint64_t zero_bytes(uint64_t word)
{
    return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u;
}

/* The first of 8 bytes that is a separator or below 14, as line ends are; exact up to that one. */
static inline uint64_t ends_among(uint64_t word, uint64_t separators)
{
    return zero_bytes(word ^ separators) |
           ((word - 0x0E0E0E0E0E0E0E0Eu) & ~word & 0x8080808080808080u);
}

/* Where an unquoted cell ends; NULL when it is longer than 64 bytes or has control characters. */
static inline const char *end_find(const char *at, uint64_t separators)
{
    for (int i = 0; i < 8; i++, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        uint64_t ends = ends_among(word, separators);
        if (ends) {
            at += __builtin_ctzll(ends) >> 3;
            return ends_cell(*at, (char)separators) ? at : NULL;
        }
    }
    return NULL;
}

/* At an end of a cell: neither a quote nor a blank; some others too take the long way for it. */
static inline bool is_plain(char c)
{
    return (unsigned char)c > '"';
}

static inline const char *number_take(struct csv_cells *cells, double value, bool whole,
                                      const char *end, size_t row)
{
    cells->numbers[row] = value;
    cells->fraction |= !whole;
    cells->any = true;
    return end;
}

static __attribute__((noinline)) const char *number_long(struct csv_cells *cells, const char *at,
                                                         uint64_t separators, size_t row)
{
    double value;
    bool whole;
    if (ends_cell(*at, (char)separators)) {
        cells->numbers[row] = NAN;
        cells->missing_count++;
        return at;
    }
    const char *end = number_quick_long(at, &value, &whole);
    return end && ends_cell(*end, (char)separators) ? number_take(cells, value, whole, end, row)
                                                    : NULL;
}

static const char *number_quickly(struct csv_cells *cells, const char *at, uint64_t separators,
                                  size_t row)
{
    double value;
    bool whole;
    const char *end = number_quick(at, &value, &whole);
    if (end && ends_cell(*end, (char)separators))
        return number_take(cells, value, whole, end, row);
    return number_long(cells, at, separators, row);
}

static __attribute__((noinline)) const char *text_long(struct csv_cells *cells, const char *at,
                                                       uint64_t separators, size_t row)
{
    const char *end = end_find(at, separators);
    if (!end)
        return NULL;
    struct str text = { at, (size_t)(end - at) };
    int32_t code = -1;
    if (text.len && (!is_plain(*at) || !is_plain(end[-1])))
        return NULL;
    if (text.len == 0 || (cells->words && csv_word_is_missing(text))) {
        cells->missing_count++;
    } else {
        uint64_t key = text.len <= 8 ? csv_level_word(at, text.len) : csv_level_hash(text);
        code = csv_levels_add(&cells->levels, text, key);
    }
    cells->codes[row] = code;
    return end;
}

/* A text of 1 to 7 bytes that is known and in its first slot. */
static const char *text_quickly(struct csv_cells *cells, const char *at, uint64_t separators,
                                size_t row)
{
    uint64_t word;
    memcpy(&word, at, 8);
    uint64_t ends = ends_among(word, separators);
    unsigned bits = ends ? (unsigned)__builtin_ctzll(ends) & ~7u : 0, len = bits >> 3;
    bool may_be_word = bits <= 32 && cells->words && (*at == '?' || (*at | 32) == 'n');
    if (len == 0 || !ends_cell(at[len], (char)separators) || !is_plain(*at) ||
        !is_plain(at[len - 1]) || may_be_word)
        return text_long(cells, at, separators, row);
    uint64_t key = word & (((uint64_t)1 << bits) - 1);
    const struct csv_slot *slot = csv_level_first(&cells->levels, len, key);
    if (slot->key != key || slot->len != len)
        return text_long(cells, at, separators, row);
    cells->codes[row] = (int32_t)slot->number - 1;
    return at + len;
}

static __attribute__((noinline)) const char *time_long(struct csv_cells *cells, const char *at,
                                                       uint64_t separators, size_t row)
{
    const char *end = end_find(at, separators);
    double value = NAN;
    unsigned form = 0;
    if (!end)
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

/* A bare date. */
static const char *time_quickly(struct csv_cells *cells, const char *at, uint64_t separators,
                                size_t row)
{
    uint64_t word, dashes = (uint64_t)'-' << 32 | (uint64_t)'-' << 56;
    memcpy(&word, at, 8);
    bool shaped = (word & 0xFF0000FF00000000u) == dashes && ends_cell(at[10], (char)separators);
    word += (uint64_t)('0' - '-') << 32 | (uint64_t)('0' - '-') << 56;
    unsigned tens = (unsigned char)(at[8] - '0'), ones = (unsigned char)(at[9] - '0');
    if (!shaped || number_strangers(word) || tens > 9 || ones > 9)
        return time_long(cells, at, separators, row);
    unsigned date = (unsigned)number_eight(word & 0x0F0F0F0F0F0F0F0Fu); /* YYYY0MM0 */
    unsigned year = date / 10000, month = date / 10 % 100, day = tens * 10 + ones;
    if (!time_is_date((int)year, (int)month, (int)day))
        return NULL;
    cells->numbers[row] = (double)(time_days(year, month, day) * 86400);
    cells->any = true;
    return at + 10;
}

static const char *skip_quickly(struct csv_cells *cells, const char *at, uint64_t separators,
                                size_t row)
{
    (void)cells;
    (void)row;
    const char *end = end_find(at, separators);
    return end == at || is_plain(*at) ? end : NULL;
}

static const char *never_quickly(struct csv_cells *cells, const char *at, uint64_t separators,
                                 size_t row)
{
    (void)cells;
    (void)at;
    (void)separators;
    (void)row;
    return NULL;
}

static bool cell_slow(struct csv_piece *piece, struct csv_scan *scan, size_t column,
                      enum csv_step *step)
{
    struct csv_cell cell;
    *step = csv_cell(scan, &cell, &piece->why);
    return *step != CSV_BROKEN && (column >= piece->rows->header->cell_count ||
                                   cell_put(piece, scan, column, cell, &piece->why));
}

/* From where on cells take the long way. */
static const char *quick_end(const struct csv_scan *scan)
{
    return scan->end - scan->at > NUMBER_QUICK_BYTES ? scan->end - NUMBER_QUICK_BYTES : scan->at;
}

static bool row_read(struct csv_piece *piece, struct csv_scan *scan)
{
    size_t count = 0, names = piece->rows->header->count, row = piece->row_count;
    char separator = scan->separator;
    uint64_t separators = 0x0101010101010101u * (unsigned char)separator;
    const char *at = scan->at, *last = quick_end(scan);
    struct csv_cells *cells = piece->cells;
    for (enum csv_step step = CSV_MORE; step == CSV_MORE; count++, cells++) {
        const char *end =
            count < names && at < last ? cells->quick(cells, at, separators, row) : NULL;
        if (end) {
            at = end + 1;
            if (*end == separator)
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
        static csv_quick *const quick[] = { [CSV_SKIP] = skip_quickly,
                                            [CSV_NUMBERS] = number_quickly,
                                            [CSV_TIMES] = time_quickly,
                                            [CSV_TEXTS] = text_quickly };
        bool special = field->more.missing_count || field->more.format.len;
        piece->cells[i] = (struct csv_cells){
            .mode = field->mode,
            .quick = special || (pin && pin->kind == COLUMN_INTEGER) ? never_quickly
                                                                     : quick[field->mode],
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
