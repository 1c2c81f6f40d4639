/*
 * The common decimal again, of up to 16 characters, all of them at once: [-]digits[.digits] with at
 * most 15 digits. For processors that NUMBER_WIDE_RUNS says yes of; others have
 * core/data/number_quick.h. What bounds it is how many numbers the processor works at side by side,
 * hence few instructions, and no way through general registers between digits and quotient.
 */
#pragma once

#include "core/data/number_quick.h"
#ifdef __x86_64__
#include <immintrin.h>

#define NUMBER_WIDE __attribute__((target("avx2,bmi")))
#define NUMBER_WIDE_RUNS (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))
#define NUMBER_WIDE_DIGITS 15 /* any such are a double */

/* In memory: compilers make constants of lanes anew for each number. */
extern const struct number_wide_lanes {
    int8_t slide[32]; /* -16..15: 16 of them from [n] on say which of n bytes goes where, to the
                         right end */
    int8_t lift[16];  /* makes -128..-119 of digits */
    int8_t past[16];  /* -118 */
    int8_t zero[16];  /* '0' */
} number_wide_lanes;
/* [2 * places + negative] */
extern const double number_wide_tens[2 * (NUMBER_WIDE_DIGITS + 1)];

NUMBER_WIDE static inline __m128i number_wide_load(const void *at)
{
    return _mm_loadu_si128(at);
}

/* The value of 16 digits, each a byte 0..9, the first one lowest; exact below 2^53. */
NUMBER_WIDE static inline __m128d number_wide_whole(__m128i digits)
{
    __m128i pairs = _mm_maddubs_epi16(digits, _mm_set1_epi16(1 << 8 | 10));
    __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(1 << 16 | 100));
    __m128i eights =
        _mm_madd_epi16(_mm_packus_epi32(fours, fours), _mm_set1_epi32(1 << 16 | 10000));
    __m128d halves = _mm_cvtepi32_pd(eights);
    return _mm_add_sd(_mm_mul_sd(halves, _mm_set_sd(1e8)), _mm_unpackhi_pd(halves, halves));
}

/*
 * The `len` bytes at `at`, at least one; 17 must be readable, and the byte behind is no digit.
 * False where they are not such a number; *out is untouched then. *has_point: is it there?
 */
NUMBER_WIDE static inline bool number_wide(const char *at, size_t len, double *out, bool *has_point)
{
    __m128i bytes = number_wide_load(at);
    __m128i is_digit =
        _mm_cmpgt_epi8(number_wide_load(number_wide_lanes.past),
                       _mm_add_epi8(bytes, number_wide_load(number_wide_lanes.lift)));
    size_t negative = *at == '-';
    unsigned strangers = ~(unsigned)_mm_movemask_epi8(is_digit) - (unsigned)negative;
    size_t point = (unsigned)__builtin_ctz(strangers); /* or where the number ends */
    size_t second = (unsigned)__builtin_ctz(strangers & (strangers - 1));
    size_t shown = len - (point != len);
    *has_point = point != len;
    if (point != len && __builtin_expect(second != len || at[point] != '.', 0))
        return false;
    if (__builtin_expect(shown - negative - 1 >= NUMBER_WIDE_DIGITS, 0))
        return false;
    /* To the right end, without the point; in front come zeros, the sign is one. */
    const int8_t *slide = number_wide_lanes.slide;
    __m128i from = number_wide_load(slide + shown);
    from = _mm_sub_epi8(from, _mm_cmpgt_epi8(from, _mm_set1_epi8(slide[15 + point])));
    __m128i digits =
        _mm_subs_epu8(_mm_shuffle_epi8(bytes, from), number_wide_load(number_wide_lanes.zero));
    __m128d ten = _mm_load_sd(&number_wide_tens[2 * (shown - point) + negative]);
    _mm_store_sd(out, _mm_div_sd(number_wide_whole(digits), ten));
    return true;
}
#else
#define NUMBER_WIDE_RUNS false
#endif
