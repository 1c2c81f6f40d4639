/* Texts into words. */
#include "core/learn/words.h"
#include "core/learn/unicode_table.h"

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

#define PADDING ((size_t)8)

size_t words_room(size_t len)
{
    /* all of it in lower case, then words in which that may take three bytes for two */
    return len + PADDING + len + len / 2 + 2 * PADDING;
}

struct words words_of(struct str text, char *room)
{
    const unsigned char *at = (const unsigned char *)text.at;
    for (size_t i = 0; i < text.len; i++)
        room[i] = (char)((unsigned)(at[i] - 'A') < 26 ? at[i] | 32 : at[i]);
    return (struct words){
        .rest = text, .text = text.at, .small = room, .out = room + text.len + PADDING
    };
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
static bool take_wide(struct words *in, char **out, size_t characters, bool *ends)
{
    size_t bytes;
    uint32_t c = decode(in->rest, &bytes);
    in->rest = str_from(in->rest, bytes ? bytes : 1);
    if (!bytes || !is_word(c))
        return false;
    if (c == SIGMA)
        c = characters && !word_follows(in->rest) ? SIGMA_FINAL : SIGMA_SMALL;
    else
        c = c == I_DOTTED ? 'i' : lower_of(c);
    *ends = c == 'i'; /* only from the dotted one: the dot behind it is no word character */
    *out = encode(*out, c);
    return true;
}

/* The word in front, with letters beyond ASCII; false when none is before what is no letter. */
static bool take_word(struct words *in, struct str *word)
{
    char *out = in->out;
    size_t characters = 0;
    for (bool ends = false; !ends; characters++) {
        const unsigned char *at = (const unsigned char *)in->rest.at, *end = at + in->rest.len;
        for (unsigned char c; at < end && (c = lower[*at]) != 0; at++, characters++)
            *out++ = (char)c;
        in->rest = (struct str){ (const char *)at, (size_t)(end - at) };
        if (at == end || *at < 0x80 || !take_wide(in, &out, characters, &ends))
            break;
    }
    if (characters < 2)
        return false;
    *word = (struct str){ in->out, (size_t)(out - in->out) };
    in->out = out;
    return true;
}

bool words_next(struct words *in, struct str *word)
{
    const unsigned char *at = (const unsigned char *)in->rest.at, *end = at + in->rest.len;
    for (;;) {
        while (at < end && *at < 0x80 && !lower[*at])
            at++;
        const unsigned char *start = at;
        while (at < end && lower[*at])
            at++;
        in->rest = (struct str){ (const char *)at, (size_t)(end - at) };
        if (at == end || *at < 0x80) {
            if (at - start >= 2) {
                *word = (struct str){ in->small + ((const char *)start - in->text),
                                      (size_t)(at - start) };
                return true;
            }
        } else {
            in->rest = (struct str){ (const char *)start, (size_t)(end - start) };
            if (take_word(in, word))
                return true;
            at = (const unsigned char *)in->rest.at;
        }
        if (!in->rest.len)
            return false;
    }
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
