/* Radix sort by leading digits, for keys and for keys with rows. */
#include "core/eval/ranking_sort.h"

#define DIGIT_BITS 11 /* more streams than that miss the translation buffer */
#define FEW 24        /* sorted by insertion */

/* How many bits the numbers up to `range` have. */
static unsigned bits_of(uint64_t range)
{
    return range ? 64 - (unsigned)__builtin_clzll(range) : 0;
}

/* So many that a bucket gets about eight keys. */
static unsigned digit_bits(size_t n, unsigned range_bits)
{
    unsigned bits = bits_of(n) - 3;
    bits = bits > DIGIT_BITS ? DIGIT_BITS : bits;
    return bits < range_bits ? bits : range_bits;
}

/*
 * from[n] sorted into to[n] (other memory), or in place when `stay`; both are overwritten. Each
 * level cuts by the leading digit of what is left of the range, and the two change roles.
 */
#define SORT_BY(name, type, KEY)                                                                   \
    static void name##_few(type *from, type *to, size_t n, int stay)                               \
    {                                                                                              \
        type *out = stay ? from : to;                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            type one = from[i];                                                                    \
            size_t at = i;                                                                         \
            for (; at > 0 && KEY(out[at - 1]) > KEY(one); at--)                                    \
                out[at] = out[at - 1];                                                             \
            out[at] = one;                                                                         \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void name##_part(type *from, type *to, size_t n, int stay)                              \
    {                                                                                              \
        uint64_t least = UINT64_MAX, most = 0;                                                     \
        __attribute__((uninitialized)) uint32_t starts[(1 << DIGIT_BITS) + 1];                     \
        for (size_t i = 0; i < n; i++) {                                                           \
            least = KEY(from[i]) < least ? KEY(from[i]) : least;                                   \
            most = KEY(from[i]) > most ? KEY(from[i]) : most;                                      \
        }                                                                                          \
        if (least == most) {                                                                       \
            if (!stay)                                                                             \
                memcpy(to, from, n * sizeof *to);                                                  \
            return;                                                                                \
        }                                                                                          \
        unsigned range = bits_of(most - least), bits = digit_bits(n, range), shift = range - bits; \
        memset(starts, 0, (((size_t)1 << bits) + 1) * sizeof *starts);                             \
        for (size_t i = 0; i < n; i++)                                                             \
            starts[((KEY(from[i]) - least) >> shift) + 1]++;                                       \
        for (size_t d = 0; d < (size_t)1 << bits; d++)                                             \
            starts[d + 1] += starts[d];                                                            \
        for (size_t i = 0; i < n; i++)                                                             \
            to[starts[(KEY(from[i]) - least) >> shift]++] = from[i];                               \
        for (size_t d = 0, start = 0; d < (size_t)1 << bits; start = starts[d++]) {                \
            size_t count = starts[d] - start;                                                      \
            if (count > FEW)                                                                       \
                name##_part(to + start, from + start, count, !stay);                               \
            else                                                                                   \
                name##_few(to + start, from + start, count, !stay);                                \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void name(type *keys, type *other, size_t n)                                            \
    {                                                                                              \
        if (n > FEW)                                                                               \
            name##_part(keys, other, n, 1);                                                        \
        else                                                                                       \
            name##_few(keys, other, n, 1);                                                         \
    }

#define KEY_ITSELF(at) (at)
#define KEY_WITHIN(at) ((at).key)

SORT_BY(plain, uint64_t, KEY_ITSELF)
SORT_BY(with_rows, struct keyed, KEY_WITHIN)

void sort_keys(uint64_t *keys, uint64_t *other, size_t n)
{
    plain(keys, other, n);
}

void sort_keyed(struct keyed *keys, struct keyed *other, size_t n)
{
    with_rows(keys, other, n);
}
