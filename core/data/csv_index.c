/* The first pass over a run of CSV rows. */
#include "core/data/csv_index.h"
#include "core/base/compiler.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

struct bits { /* one for each of 64 bytes, the first one lowest */
    uint64_t separators, lf, cr, quotes;
};

/* Across 64 bytes. */
struct state {
    uint64_t quoted;                 /* all ones within quotes */
    uint64_t after_end, after_close; /* 1: the byte before was the end of a cell, a closing quote */
};

/* Of 64 bytes. */
typedef struct bits bits_of(const char *at, char separator);

#ifdef __x86_64__
static inline uint64_t equal(const __m128i bytes[4], char wanted)
{
    __m128i all = _mm_set1_epi8(wanted);
    uint64_t mask = 0;
    for (int i = 0; i < 4; i++)
        mask |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes[i], all)) << 16 * i;
    return mask;
}

static inline struct bits bits_plain(const char *at, char separator)
{
    __m128i bytes[4];
    for (int i = 0; i < 4; i++)
        bytes[i] = _mm_loadu_si128((const __m128i *)(const void *)(at + 16 * i));
    return (struct bits){ equal(bytes, separator), equal(bytes, '\n'), equal(bytes, '\r'),
                          equal(bytes, '"') };
}

#define AVX2 __attribute__((target("avx2,bmi,popcnt")))

AVX2 static inline uint64_t both_masks(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high)
                                                     << 32;
}

/* CR and quotes are rare. */
AVX2 static inline struct bits bits_wide(const char *at, char separator)
{
    const __m256i *from = (const __m256i *)(const void *)at;
    __m256i low = _mm256_loadu_si256(from), high = _mm256_loadu_si256(from + 1), rare[4];
    __m256i all = _mm256_set1_epi8(separator), lf = _mm256_set1_epi8('\n');
    __m256i cr = _mm256_set1_epi8('\r'), quote = _mm256_set1_epi8('"');
    struct bits bits = {
        .separators = both_masks(_mm256_cmpeq_epi8(low, all), _mm256_cmpeq_epi8(high, all)),
        .lf = both_masks(_mm256_cmpeq_epi8(low, lf), _mm256_cmpeq_epi8(high, lf)),
    };
    rare[0] = _mm256_cmpeq_epi8(low, cr);
    rare[1] = _mm256_cmpeq_epi8(high, cr);
    rare[2] = _mm256_cmpeq_epi8(low, quote);
    rare[3] = _mm256_cmpeq_epi8(high, quote);
    __m256i any =
        _mm256_or_si256(_mm256_or_si256(rare[0], rare[1]), _mm256_or_si256(rare[2], rare[3]));
    if (__builtin_expect(!_mm256_testz_si256(any, any), 0)) {
        bits.cr = both_masks(rare[0], rare[1]);
        bits.quotes = both_masks(rare[2], rare[3]);
    }
    return bits;
}
#else
static inline struct bits bits_plain(const char *at, char separator)
{
    struct bits bits = { 0 };
    for (int i = 0; i < 64; i++) {
        bits.separators |= (uint64_t)(at[i] == separator) << i;
        bits.lf |= (uint64_t)(at[i] == '\n') << i;
        bits.cr |= (uint64_t)(at[i] == '\r') << i;
        bits.quotes |= (uint64_t)(at[i] == '"') << i;
    }
    return bits;
}
#endif

/* Each bit: is the number of bits up to it odd? */
static inline uint64_t prefix_odd(uint64_t bits)
{
    for (int shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

/* Takes separators within quotes away; gives what is not plain. */
static inline uint64_t quotes_apply(struct bits *bits, struct state *state)
{
    uint64_t within = prefix_odd(bits->quotes) ^ state->quoted; /* the opening quote too */
    uint64_t opening = bits->quotes & within, closing = bits->quotes & ~within;
    bits->separators &= ~within;
    uint64_t ends = bits->separators | bits->lf;
    uint64_t after_end = ends << 1 | state->after_end;
    uint64_t after_close = closing << 1 | state->after_close;
    state->quoted = (uint64_t)((int64_t)within >> 63);
    state->after_end = ends >> 63;
    state->after_close = closing >> 63;
    return (bits->lf & within) | (opening & ~(after_end | after_close)) |
           (after_close & ~(ends | bits->cr | opening));
}

/* Where the lowest one is, at most 64; whatever when there is none. */
typedef uint32_t first_bit(uint64_t bits);

static inline uint32_t first_plain(uint64_t bits)
{
    return (uint32_t)__builtin_ctzll(bits | (uint64_t)1 << 63);
}

#ifdef __x86_64__
AVX2 static inline uint32_t first_wide(uint64_t bits)
{
    return (uint32_t)_tzcnt_u64(bits);
}
#endif

#define INLINED inline __attribute__((always_inline))

/* Where the first four bits are, `from` added, into out; gives the others. */
static INLINED uint64_t four_put(uint64_t bits, uint32_t from, first_bit *first, uint32_t *out)
{
    UNROLLED
    for (size_t k = 0; k < 4; k++, bits &= bits - 1)
        out[k] = from + first(bits);
    return bits;
}

/* The same of all; up to 12 entries more are written. Gives how many. */
static INLINED size_t ends_put(uint64_t bits, uint32_t from, first_bit *first, uint32_t *out)
{
    size_t count = (size_t)__builtin_popcountll(bits);
    UNROLLED
    for (size_t i = 0; i < 12; i += 4) /* as many as most have: a guess less to go wrong */
        bits = four_put(bits, from, first, out + i);
    for (size_t i = 12; bits; i += 4)
        bits = four_put(bits, from, first, out + i);
    return count;
}

static bool is_line_end(const struct csv_index *index, size_t cell)
{
    return index->before[index->ends[cell]] == '\n';
}

static bool row_is_plain(const struct csv_index *index, size_t row)
{
    size_t width = index->width, first = row * width + 1;
    for (size_t i = 0; i < width; i++)
        if (is_line_end(index, first + i) != (i + 1 == width))
            return false;
    const char *at = index->before + index->ends[first - 1] + 1;
    while (width == 1 && (*at == ' ' || *at == '\t')) /* a blank line is no row */
        at++;
    return width > 1 || (*at != '\n' && *at != '\r');
}

/* Of cell_count cells, lf_count of them at the end of a line. */
static size_t rows_count(const struct csv_index *index, size_t cell_count, size_t lf_count)
{
    size_t most = cell_count / index->width, count = 0;
    if (index->width > 1 && lf_count == most)
        while (count < most && is_line_end(index, (count + 1) * index->width))
            count++;
    if (count == most)
        return count;
    for (count = 0; count < most && row_is_plain(index, count);)
        count++;
    return count;
}

static INLINED void fill(struct csv_index *index, const char *to, char separator, bits_of *look,
                         first_bit *first)
{
    struct state state = { 0, 1, 0 };
    size_t count = 1, lf_count = 0;
    uint64_t odd = 0, cr = 0;
    index->ends[0] = 0;
    index->row_count = 0;
    if (*index->before == '\r') /* alone: an empty first cell would end before it begins */
        return;
    for (const char *at = index->before + 1; at < to && !odd; at += 64) {
        struct bits bits = look(at, separator);
        odd = to - at < 64 ? ~(uint64_t)0 << (to - at) : 0;
        odd |= bits.cr & ~(bits.lf >> 1 | (uint64_t)(at[64] == '\n') << 63);
        if (bits.quotes | state.quoted | state.after_close)
            odd |= quotes_apply(&bits, &state);
        else
            state.after_end = (bits.separators | bits.lf) >> 63;
        uint64_t plain = odd ? (odd & -odd) - 1 : ~(uint64_t)0;
        cr |= bits.cr;
        lf_count += (size_t)__builtin_popcountll(bits.lf & plain);
        count += ends_put((bits.separators | bits.lf) & plain, (uint32_t)(at - index->before),
                          first, index->ends + count);
    }
    index->cr = cr != 0;
    index->row_count = rows_count(index, count - 1, lf_count);
}

#ifdef __x86_64__
/* Takes half as long. */
AVX2 static void fill_wide(struct csv_index *index, const char *to, char separator)
{
    fill(index, to, separator, bits_wide, first_wide);
}
#endif

void csv_index_fill(struct csv_index *index, const char *to, char separator)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) {
        fill_wide(index, to, separator);
        return;
    }
#endif
    fill(index, to, separator, bits_plain, first_plain);
}
