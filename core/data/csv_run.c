/* Runs of plain rows, column by column: the inner loop of reading CSV. */
#include "core/data/csv_run.h"
#include "core/data/csv_words.h"
#include "core/data/number_wide.h"
#include "core/data/time.h"
#include <assert.h>
#include <math.h>

#define RUN_BYTES ((size_t)32 << 10) /* text and ends of which stay in the nearest caches */
#define RUN_BYTES_LEAST ((size_t)256)
#define RUN_BYTES_A_CELL 32 /* for wide tables */

/* A column of a run. */
struct strip {
    struct csv_run *run;
    size_t column, row_at, row_count;
};

struct span {
    const char *at, *end;
};

static inline struct span cell_of(const struct strip *strip, size_t row)
{
    const struct csv_index *index = &strip->run->index;
    const uint32_t *ends = index->ends + row * index->width + strip->column;
    const char *end = index->before + ends[1];
    return (struct span){ index->before + ends[0] + 1, end - (index->cr && end[-1] == '\r') };
}

/* The long way. False: a fault. */
static __attribute__((noinline)) bool cell_long(const struct strip *strip, size_t row)
{
    struct csv_piece *piece = strip->run->piece;
    struct csv_scan scan = piece->rows->scan;
    scan.at = cell_of(strip, row).at;
    scan.line = scan.record_line = strip->run->line + row;
    piece->row_count = strip->row_at + row;
    return csv_piece_cell(piece, &scan, strip->column) != CSV_BROKEN;
}

static bool strip_long(const struct strip *strip, struct csv_cells *cells)
{
    for (size_t row = 0; row < strip->row_count && cells->mode != CSV_SKIP; row++)
        if (!cell_long(strip, row))
            return false;
    return true;
}

enum put { PUT_WHOLE, PUT_POINT, PUT_LEFT, PUT_ENDS };

static inline enum put number_put(struct span cell, double *out)
{
    bool whole;
    const char *end = number_quick(cell.at, out, &whole);
    if (end != cell.end && number_quick_long(cell.at, out, &whole) != cell.end)
        return PUT_LEFT;
    return whole ? PUT_WHOLE : PUT_POINT;
}

/* A cell that the loop of its column does not take: PUT_ENDS is a fault, or the column is done. */
static __attribute__((noinline)) enum put number_left(const struct strip *strip, size_t row,
                                                      struct csv_cells *cells)
{
    enum put put = number_put(cell_of(strip, row), &cells->numbers[strip->row_at + row]);
    if (put != PUT_LEFT)
        return put;
    return cell_long(strip, row) && cells->mode != CSV_SKIP ? PUT_LEFT : PUT_ENDS;
}

/* left: what went the long way, which counts for itself. */
static bool numbers_count(const struct strip *strip, struct csv_cells *cells, size_t missing,
                          size_t left)
{
    cells->missing_count += missing;
    cells->any |= missing + left < strip->row_count;
    return true;
}

#ifdef __x86_64__
NUMBER_WIDE static bool strip_numbers_wide(const struct strip *strip, struct csv_cells *cells)
{
    const struct csv_index *index = &strip->run->index;
    const uint32_t *ends = index->ends + strip->column;
    const char *first = index->before + 1;
    const size_t width = index->width, count = strip->row_count;
    const bool cr = index->cr && strip->column + 1 == width;
    double *numbers = cells->numbers + strip->row_at;
    size_t missing = 0, left = 0;
    bool points = false, has_point;
    for (size_t row = 0; row < count; row++, ends += width) {
        const char *at = first + ends[0];
        size_t len = ends[1] - ends[0] - 1;
        len -= cr && at[len - 1] == '\r';
        if (len == 0) {
            numbers[row] = NAN;
            missing++;
        } else if (__builtin_expect(number_wide(at, len, &numbers[row], &has_point), 1)) {
            points |= has_point;
        } else {
            enum put put = number_left(strip, row, cells);
            if (put == PUT_ENDS)
                return cells->mode == CSV_SKIP;
            points |= put == PUT_POINT;
            left += put == PUT_LEFT;
        }
    }
    cells->fraction |= points;
    return numbers_count(strip, cells, missing, left);
}
#endif

static bool strip_numbers(const struct strip *strip, struct csv_cells *cells)
{
#ifdef __x86_64__
    if (NUMBER_WIDE_RUNS)
        return strip_numbers_wide(strip, cells);
#endif
    double *numbers = cells->numbers + strip->row_at;
    size_t missing = 0, left = 0;
    for (size_t row = 0; row < strip->row_count; row++) {
        struct span cell = cell_of(strip, row);
        if (cell.at == cell.end) {
            numbers[row] = NAN;
            missing++;
            continue;
        }
        enum put put = number_put(cell, &numbers[row]);
        if (put == PUT_LEFT)
            put = number_left(strip, row, cells);
        if (put == PUT_ENDS)
            return cells->mode == CSV_SKIP;
        cells->fraction |= put == PUT_POINT;
        left += put == PUT_LEFT;
    }
    return numbers_count(strip, cells, missing, left);
}

/* A text that is not in its first slot, or is not short; -2: it takes the long way. */
static __attribute__((noinline)) int32_t text_put(struct csv_cells *cells, struct span cell)
{
    struct str text = { cell.at, (size_t)(cell.end - cell.at) };
    if (text.len == 0 || (cells->words && csv_word_is_missing(text))) {
        cells->missing_count++;
        return -1;
    }
    if (!csv_level_edges_plain(text))
        return -2;
    uint64_t key = text.len <= 8 ? csv_level_word(text.at, text.len) : csv_level_hash(text);
    return csv_levels_add(&cells->levels, text, key);
}

/*
 * A cell that is letter for letter a known text is that text, but for a cell that could be a known
 * text only in quotes: levels.odd.
 */
static bool strip_texts(const struct strip *strip, struct csv_cells *cells)
{
    const struct csv_index *index = &strip->run->index;
    const uint32_t *ends = index->ends + strip->column;
    const char *first = index->before + 1;
    const size_t width = index->width, count = strip->row_count;
    const bool cr = index->cr && strip->column + 1 == width;
    int32_t *codes = cells->codes + strip->row_at;
    struct csv_levels levels = cells->levels; /* looked up in; a copy, until there are more */
    for (size_t row = 0; row < count; row++, ends += width) {
        const char *at = first + ends[0];
        size_t len = ends[1] - ends[0] - 1;
        len -= cr && at[len - 1] == '\r';
        if (len - 1 < 8 && !levels.odd) {
            uint64_t key;
            memcpy(&key, at, 8);
            key = key << (64 - 8 * len) >> (64 - 8 * len);
            const struct csv_slot *slot = csv_level_first(&levels, len, key);
            codes[row] = (int32_t)slot->number - 1;
            if (slot->key == key && slot->len == len)
                continue;
        }
        codes[row] = text_put(cells, (struct span){ at, at + len });
        if (codes[row] == -2 && !cell_long(strip, row))
            return false;
        levels = cells->levels;
    }
    return true;
}

/* A bare date. */
static inline bool date_put(struct span cell, double *out)
{
    uint64_t word, dashes = (uint64_t)'-' << 32 | (uint64_t)'-' << 56;
    memcpy(&word, cell.at, 8);
    bool shaped = cell.end - cell.at == 10 && (word & 0xFF0000FF00000000u) == dashes;
    word += (uint64_t)('0' - '-') << 32 | (uint64_t)('0' - '-') << 56;
    unsigned tens = (unsigned char)(cell.at[8] - '0'), ones = (unsigned char)(cell.at[9] - '0');
    if (!shaped || number_strangers(word) || tens > 9 || ones > 9)
        return false;
    unsigned date = (unsigned)number_eight(word & 0x0F0F0F0F0F0F0F0Fu); /* YYYY0MM0 */
    unsigned year = date / 10000, month = date / 10 % 100, day = tens * 10 + ones;
    if (!time_is_date((int)year, (int)month, (int)day))
        return false;
    *out = (double)(time_days(year, month, day) * 86400);
    return true;
}

static bool strip_times(const struct strip *strip, struct csv_cells *cells)
{
    double *numbers = cells->numbers + strip->row_at;
    for (size_t row = 0; row < strip->row_count; row++) {
        struct span cell = cell_of(strip, row);
        unsigned form = 0;
        if (cell.at == cell.end) {
            numbers[row] = NAN;
            cells->missing_count++;
        } else if (date_put(cell, &numbers[row]) ||
                   time_parse((struct str){ cell.at, (size_t)(cell.end - cell.at) }, &numbers[row],
                              &form)) {
            cells->any = true;
            cells->time_form |= form;
        } else if (!cell_long(strip, row)) {
            return false;
        } else if (cells->mode == CSV_SKIP) {
            return true;
        }
    }
    return true;
}

static bool strip_nothing(const struct strip *strip, struct csv_cells *cells)
{
    (void)strip;
    (void)cells;
    return true;
}

static bool strip_read(const struct strip *strip)
{
    static bool (*const read[])(const struct strip *, struct csv_cells *) = {
        [CSV_SKIP] = strip_nothing,
        [CSV_NUMBERS] = strip_numbers,
        [CSV_TIMES] = strip_times,
        [CSV_TEXTS] = strip_texts,
    };
    if (strip->column >= strip->run->piece->rows->header->count) { /* without a name */
        for (size_t row = 0; row < strip->row_count; row++)
            if (!cell_long(strip, row))
                return false;
        return true;
    }
    struct csv_cells *cells = &strip->run->piece->cells[strip->column];
    return cells->special ? strip_long(strip, cells) : read[cells->mode](strip, cells);
}

void csv_run_start(struct csv_run *run, struct csv_piece *piece)
{
    size_t width = piece->rows->header->cell_count;
    *run = (struct csv_run){ .piece = piece,
                             .index = { .width = width },
                             .bytes = width * RUN_BYTES_A_CELL };
    if (run->bytes < RUN_BYTES)
        run->bytes = RUN_BYTES;
    run->index.ends = arena_array(piece->arena, uint32_t, CSV_INDEX_ROOM(run->bytes));
}

/*
 * How far to look: 4 times what was read since the last look. Where few rows are plain (a blank
 * line behind each) looking far for each of them takes 100 times as long.
 */
static size_t run_reach(struct csv_run *run, const char *at)
{
    size_t reach = run->from ? (size_t)(at - run->from) * 4 : run->bytes;
    run->from = at;
    reach = reach > RUN_BYTES_LEAST ? reach : RUN_BYTES_LEAST;
    return reach < run->bytes ? reach : run->bytes;
}

bool csv_run_read(struct csv_run *run, struct csv_scan *scan)
{
    struct csv_piece *piece = run->piece;
    struct csv_index *index = &run->index;
    if (scan->end - scan->at <= CSV_INDEX_SLACK)
        return false;
    const char *to =
        scan->end - CSV_INDEX_SLACK < piece->limit ? scan->end - CSV_INDEX_SLACK : piece->limit;
    size_t reach = run_reach(run, scan->at);
    if ((size_t)(to - scan->at) > reach)
        to = scan->at + reach;
    index->before = scan->at - 1;
    csv_index_fill(index, to, scan->separator);
    size_t row_at = piece->row_count;
    assert(index->row_count <= piece->room - row_at);
    run->line = scan->line;
    for (size_t i = 0; i < index->width && index->row_count; i++) {
        struct strip strip = { run, i, row_at, index->row_count };
        if (!strip_read(&strip)) {
            piece->row_count = row_at;
            return false;
        }
    }
    piece->row_count = row_at + index->row_count;
    scan->line += index->row_count;
    scan->at = index->before + index->ends[index->row_count * index->width] + 1;
    return index->row_count > 0;
}
