/* Runs of plain rows, column by column: the inner loop of reading CSV. */
#include "core/data/csv_run.h"
#include "core/data/csv_words.h"
#include "core/data/number_quick.h"
#include "core/data/time.h"
#include <assert.h>
#include <math.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

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

/* Neither a quote nor a blank; some others too take the long way for it. */
static inline bool is_plain(char c)
{
    return (unsigned char)c > '"';
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

static inline bool general_put(struct span cell, double *out, bool *fraction)
{
    bool whole;
    const char *end = number_quick(cell.at, out, &whole);
    if (end != cell.end && number_quick_long(cell.at, out, &whole) != cell.end)
        return false;
    *fraction |= !whole;
    return true;
}

typedef bool number_put(struct span cell, double *out, bool *fraction);

static inline __attribute__((always_inline)) bool numbers_read(const struct strip *strip,
                                                               struct csv_cells *cells,
                                                               number_put *put)
{
    double *numbers = cells->numbers + strip->row_at;
    size_t missing = 0, left = 0;
    bool fraction = false;
    for (size_t row = 0; row < strip->row_count; row++) {
        struct span cell = cell_of(strip, row);
        if (cell.at == cell.end) {
            numbers[row] = NAN;
            missing++;
        } else if (!put(cell, &numbers[row], &fraction)) {
            if (!cell_long(strip, row))
                return false;
            if (cells->mode == CSV_SKIP)
                return true;
            left++;
        }
    }
    cells->missing_count += missing;
    cells->fraction |= fraction;
    cells->any |= missing + left < strip->row_count;
    return true;
}

#ifdef __x86_64__
#define AVX2 __attribute__((target("avx2")))

/* The value of 16 digits, each a byte 0..9, the first one lowest. */
AVX2 static inline uint64_t sixteen(__m128i digits)
{
    __m128i pairs = _mm_maddubs_epi16(digits, _mm_set1_epi16(1 << 8 | 10));
    __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(1 << 16 | 100));
    __m128i eights =
        _mm_madd_epi16(_mm_packus_epi32(fours, fours), _mm_set1_epi32(1 << 16 | 10000));
    uint64_t both = (uint64_t)_mm_cvtsi128_si64(eights);
    return (both & UINT32_MAX) * 100000000 + (both >> 32);
}

/* [-]digits[.digits] of up to 16 characters, all at once: what is behind is no matter. */
AVX2 static inline bool decimal_put(struct span cell, double *out, bool *fraction)
{
    bool negative = *cell.at == '-';
    const char *first = cell.at + negative;
    unsigned len = (unsigned)(cell.end - first);
    if (cell.end - first > 16)
        return general_put(cell, out, fraction);
    unsigned within = (1u << len) - 1;
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)first);
    __m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    __m128i fits = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
    unsigned points =
        (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('.'))) & within;
    unsigned strangers = ~(unsigned)_mm_movemask_epi8(fits) & within & ~points;
    unsigned point = points ? (unsigned)__builtin_ctz(points) : len, count = len - (points != 0);
    /* to the right end, without the point; in front come zeros */
    __m128i from = _mm_add_epi8(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                                _mm_set1_epi8((char)(count - 16)));
    from = _mm_sub_epi8(from, _mm_cmpgt_epi8(from, _mm_set1_epi8((char)(point - 1))));
    uint64_t whole = sixteen(_mm_shuffle_epi8(digits, from));
    if (__builtin_expect(
            strangers || (points & (points - 1)) || !count || whole > NUMBER_EXACT_MOST, 0))
        return general_put(cell, out, fraction);
    double value = (double)(int64_t)whole / number_tens[count - point];
    uint64_t bits;
    memcpy(&bits, &value, 8);
    bits |= (uint64_t)negative << 63;
    memcpy(out, &bits, 8);
    *fraction |= points != 0;
    return true;
}

AVX2 static bool strip_numbers_wide(const struct strip *strip, struct csv_cells *cells)
{
    return numbers_read(strip, cells, decimal_put);
}
#endif

static bool strip_numbers(const struct strip *strip, struct csv_cells *cells)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2"))
        return strip_numbers_wide(strip, cells);
#endif
    return numbers_read(strip, cells, general_put);
}

/*
 * A text of 1 to 8 bytes that is known and in its first slot; else -1. What is known may be a word
 * for missing or begin with a blank, if it was in quotes where it was met.
 */
static inline int32_t short_text(const struct csv_cells *cells, struct span cell)
{
    size_t len = (size_t)(cell.end - cell.at);
    bool may_be_word = len <= 4 && cells->words && (*cell.at == '?' || (*cell.at | 32) == 'n');
    if (len - 1 >= 8 || may_be_word || !is_plain(*cell.at) || !is_plain(cell.end[-1]))
        return -1;
    uint64_t key;
    unsigned above = (unsigned)(64 - 8 * len);
    memcpy(&key, cell.at, 8);
    key = key << above >> above;
    const struct csv_slot *slot = csv_level_first(&cells->levels, len, key);
    return slot->key == key && slot->len == len ? (int32_t)slot->number - 1 : -1;
}

/* Any other plain text; -2: it takes the long way. */
static __attribute__((noinline)) int32_t text_put(struct csv_cells *cells, struct span cell)
{
    struct str text = { cell.at, (size_t)(cell.end - cell.at) };
    if (text.len == 0 || (cells->words && csv_word_is_missing(text))) {
        cells->missing_count++;
        return -1;
    }
    if (!is_plain(*cell.at) || !is_plain(cell.end[-1]))
        return -2;
    uint64_t key = text.len <= 8 ? csv_level_word(text.at, text.len) : csv_level_hash(text);
    return csv_levels_add(&cells->levels, text, key);
}

static bool strip_texts(const struct strip *strip, struct csv_cells *cells)
{
    int32_t *codes = cells->codes + strip->row_at;
    for (size_t row = 0; row < strip->row_count; row++) {
        struct span cell = cell_of(strip, row);
        int32_t code = short_text(cells, cell);
        if (code < 0)
            code = text_put(cells, cell);
        codes[row] = code;
        if (code == -2 && !cell_long(strip, row))
            return false;
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
