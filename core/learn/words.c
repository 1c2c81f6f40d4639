/* Texts into words. */
#include "core/learn/words.h"
#include "core/learn/unicode_table.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

#ifndef __clang__
#pragma GCC optimize("O3")
#endif

#define SIGMA 0x3A3u
#define SIGMA_SMALL 0x3C3u
#define SIGMA_FINAL 0x3C2u
#define I_DOTTED 0x130u /* its lower case is an i and a combining dot, which is no word character */

#define W(c) [c] = c
#define UP(c) [c] = c + 32
/* The lower case of ASCII's word characters, 0 for all other bytes. */
static const unsigned char lower[256] = {
    W('0'),  W('1'),  W('2'),  W('3'),  W('4'),  W('5'),  W('6'),  W('7'),  W('8'),
    W('9'),  W('_'),  W('a'),  W('b'),  W('c'),  W('d'),  W('e'),  W('f'),  W('g'),
    W('h'),  W('i'),  W('j'),  W('k'),  W('l'),  W('m'),  W('n'),  W('o'),  W('p'),
    W('q'),  W('r'),  W('s'),  W('t'),  W('u'),  W('v'),  W('w'),  W('x'),  W('y'),
    W('z'),  UP('A'), UP('B'), UP('C'), UP('D'), UP('E'), UP('F'), UP('G'), UP('H'),
    UP('I'), UP('J'), UP('K'), UP('L'), UP('M'), UP('N'), UP('O'), UP('P'), UP('Q'),
    UP('R'), UP('S'), UP('T'), UP('U'), UP('V'), UP('W'), UP('X'), UP('Y'), UP('Z'),
};

static bool is_word(uint32_t c)
{
    size_t low = 0, high = sizeof word_runs / sizeof *word_runs;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (word_runs[middle][1] < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sizeof word_runs / sizeof *word_runs && word_runs[low][0] <= c;
}

static uint32_t lower_of(uint32_t c)
{
    size_t low = 0, high = sizeof lower_runs / sizeof *lower_runs;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (lower_runs[middle].last < c)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == sizeof lower_runs / sizeof *lower_runs || c < lower_runs[low].first ||
        (c - lower_runs[low].first) % lower_runs[low].step)
        return c;
    return c + (uint32_t)lower_runs[low].delta;
}

/* The character at the front and its bytes; 0 bytes when it is no UTF-8. */
static uint32_t decode(struct str text, size_t *bytes)
{
    const unsigned char *at = (const unsigned char *)text.at;
    size_t len = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;
    *bytes = 0;
    if (at[0] < 0xC2 || at[0] > 0xF4 || text.len < len)
        return 0;
    uint32_t c = at[0] & (0xFFu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (at[i] & 0x3F);
    }
    if (c > 0x10FFFF || (len == 3 && c < 0x800) || (len == 4 && c < 0x10000) ||
        (c >= 0xD800 && c < 0xE000))
        return 0;
    *bytes = len;
    return c;
}

static char *encode(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3F));
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    }
    return out;
}

#define BLOCK ((size_t)64)

static size_t blocks_of(size_t len)
{
    return len / BLOCK + 1; /* the last one is not full: marks end with a zero */
}

size_t words_room(size_t len)
{
    /* marks; all of it in lower case; words in which that may take three bytes for two */
    return blocks_of(len) * (sizeof(uint64_t) + BLOCK) + WORD_PADDING + len + len / 2 +
           WORD_PADDING;
}

#ifdef __x86_64__
/* Bytes of at[] from `first` on, `count` of them. */
static inline __m128i is_in(__m128i bytes, char first, int count)
{
    __m128i low = _mm_add_epi8(bytes, _mm_set1_epi8((char)(-128 - first)));
    return _mm_cmplt_epi8(low, _mm_set1_epi8((char)(-128 + count)));
}

/* Of 64 bytes the marks, and in lower case; *wide says also whether some are beyond ASCII. */
static inline uint64_t block_read(const char *at, char *small, bool *wide)
{
    uint64_t marks = 0;
    for (int i = 0; i < 4; i++) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at + 16 * i));
        __m128i upper = is_in(bytes, 'A', 26);
        bytes = _mm_or_si128(bytes, _mm_and_si128(upper, _mm_set1_epi8(32)));
        _mm_storeu_si128((__m128i *)(void *)(small + 16 * i), bytes);
        __m128i letter = _mm_or_si128(is_in(bytes, 'a', 26), is_in(bytes, '0', 10));
        letter = _mm_or_si128(letter, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_')));
        marks |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_or_si128(letter, bytes)) << 16 * i;
        *wide |= _mm_movemask_epi8(bytes) != 0;
    }
    return marks;
}
#else
static inline uint64_t block_read(const char *at, char *small, bool *wide)
{
    uint64_t marks = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        unsigned char c = (unsigned char)at[i];
        small[i] = (char)(c - 'A' < 26u ? c | 32 : c);
        marks |= (uint64_t)(lower[c] || c >= 0x80) << i;
        *wide |= c >= 0x80;
    }
    return marks;
}
#endif

struct words words_of(struct str text, char *room)
{
    size_t full = text.len / BLOCK;
    struct words out = { .text = text.at, .len = text.len, .marks = (uint64_t *)(void *)room };
    out.small = room + (full + 1) * sizeof(uint64_t);
    out.out = out.small + (full + 1) * BLOCK + WORD_PADDING;
    for (size_t b = 0; b < full; b++)
        out.marks[b] = block_read(text.at + BLOCK * b, out.small + BLOCK * b, &out.wide);
    char last[BLOCK] = { 0 };
    memcpy(last, text.at + BLOCK * full, text.len - BLOCK * full);
    out.marks[full] = block_read(last, out.small + BLOCK * full, &out.wide);
    return out;
}

/* From `at` on: the first byte that is marked; len when there is none. */
static inline size_t next_marked(const struct words *in, size_t at)
{
    size_t block = at / BLOCK, last = in->len / BLOCK;
    uint64_t bits = in->marks[block] >> at % BLOCK;
    if (bits)
        return at + (size_t)__builtin_ctzll(bits);
    while (++block <= last)
        if (in->marks[block])
            return block * BLOCK + (size_t)__builtin_ctzll(in->marks[block]);
    return in->len;
}

/* From `at` on, which is marked: the first byte that is not. */
static inline size_t next_unmarked(const struct words *in, size_t at)
{
    size_t block = at / BLOCK;
    uint64_t bits = ~in->marks[block] >> at % BLOCK;
    if (bits)
        return at + (size_t)__builtin_ctzll(bits);
    while (!~in->marks[++block]) {
    }
    return block * BLOCK + (size_t)__builtin_ctzll(~in->marks[block]);
}

static bool word_follows(struct str rest)
{
    size_t bytes;
    if (!rest.len)
        return false;
    if ((unsigned char)*rest.at < 0x80)
        return lower[(unsigned char)*rest.at] != 0;
    uint32_t c = decode(rest, &bytes);
    return bytes && is_word(c);
}

/* A character beyond ASCII: appended when it is one of a word, skipped otherwise. */
static bool take_wide(struct str *rest, char **out, size_t characters, bool *ends)
{
    size_t bytes;
    uint32_t c = decode(*rest, &bytes);
    *rest = str_from(*rest, bytes ? bytes : 1);
    if (!bytes || !is_word(c))
        return false;
    if (c == SIGMA)
        c = characters && !word_follows(*rest) ? SIGMA_FINAL : SIGMA_SMALL;
    else
        c = c == I_DOTTED ? 'i' : lower_of(c);
    *ends = c == 'i'; /* only from the dotted one: the dot behind it is no word character */
    *out = encode(*out, c);
    return true;
}

/* The word in front, with letters beyond ASCII; false when none is before what is no letter. */
static bool take_word(struct words *in, struct str *rest, struct str *word)
{
    char *out = in->out;
    size_t characters = 0;
    for (bool ends = false; !ends; characters++) {
        const unsigned char *at = (const unsigned char *)rest->at, *end = at + rest->len;
        for (unsigned char c; at < end && (c = lower[*at]) != 0; at++, characters++)
            *out++ = (char)c;
        *rest = (struct str){ (const char *)at, (size_t)(end - at) };
        if (at == end || !take_wide(rest, &out, characters, &ends))
            break;
    }
    if (characters < 2)
        return false;
    *word = (struct str){ in->out, (size_t)(out - in->out) };
    in->out = out;
    return true;
}

static bool is_ascii(const char *at, size_t len)
{
    unsigned char all = 0;
    for (size_t i = 0; i < len; i++)
        all |= (unsigned char)at[i];
    return all < 0x80;
}

/* Of marked bytes [start, end), some of them beyond ASCII: the next word; gives where it ended. */
static size_t take_run(struct words *in, size_t start, size_t end, struct str *word, bool *taken)
{
    struct str rest = { in->text + start, end - start };
    *taken = false;
    while (rest.len && !*taken)
        *taken = take_word(in, &rest, word);
    return end - rest.len;
}

size_t words_take(struct words *in, struct str *out, size_t most)
{
    size_t count = 0, at = in->at;
    while (count < most) {
        size_t start = next_marked(in, at), end;
        if (start == in->len) {
            at = start;
            break;
        }
        end = next_unmarked(in, start);
        if (in->wide && !is_ascii(in->small + start, end - start)) {
            bool taken;
            at = take_run(in, start, end, &out[count], &taken);
            count += taken;
        } else {
            out[count] = (struct str){ in->small + start, end - start };
            count += end - start >= 2;
            at = end;
        }
    }
    in->at = at;
    return count;
}

bool words_next(struct words *in, struct str *word)
{
    return words_take(in, word, 1) == 1;
}

uint32_t murmur_hash(struct str text, uint32_t seed)
{
    uint32_t h = seed, k;
    const char *at = text.at;
    size_t left = text.len;
    for (; left >= 4; at += 4, left -= 4) {
        memcpy(&k, at, 4);
        k *= 0xcc9e2d51u;
        k = (k << 15 | k >> 17) * 0x1b873593u;
        h ^= k;
        h = (h << 13 | h >> 19) * 5 + 0xe6546b64u;
    }
    k = 0;
    for (size_t i = left; i > 0; i--)
        k = k << 8 | (unsigned char)at[i - 1];
    k *= 0xcc9e2d51u;
    k = (k << 15 | k >> 17) * 0x1b873593u;
    h ^= k;
    h ^= (uint32_t)text.len;
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    return h ^ h >> 16;
}
