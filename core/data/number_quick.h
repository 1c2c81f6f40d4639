/*
 * The common decimal, read where it stands: [-]digits[.digits] of up to 19 digits, eight at a time.
 * For the inner loops of readers; all else is number_parse's. Little-endian machines.
 */
#pragma once

#include "core/data/number.h"

#define NUMBER_QUICK_BYTES 80  /* that must be readable from where a number begins */
#define NUMBER_QUICK_DIGITS 19 /* any such fit 64 bits */
#define NUMBER_EXACT_MOST ((uint64_t)1 << 53)
#define NUMBER_EXACT_POWER 22 /* 10^22 is a double */

extern const double number_tens[NUMBER_EXACT_POWER + 1];
extern const uint64_t number_whole_tens[9];

/* digits * 10^power correctly rounded; false where that takes the long way. digits > 0. */
bool number_scale(uint64_t digits, int power, double *out);

/* A byte's high bits are set where it is no digit, exactly so up to the first such. */
static inline uint64_t number_strangers(uint64_t bytes)
{
    return ((bytes & 0xF0F0F0F0F0F0F0F0u) ^ 0x3030303030303030u) |
           (((bytes + 0x0606060606060606u) & 0xF0F0F0F0F0F0F0F0u) ^ 0x3030303030303030u);
}

/* The value of eight digits, each a byte 0..9, the first one lowest. */
static inline uint64_t number_eight(uint64_t bytes)
{
    bytes = bytes * 10 + (bytes >> 8);
    return ((bytes & 0x000000FF000000FFu) * 0x000F424000000064u +
            ((bytes >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u) >>
           32;
}

/* The value of the first `count` (0..7) of eight characters that are digits. */
static inline uint64_t number_few(uint64_t bytes, unsigned count)
{
    return number_eight((bytes & 0x0F0F0F0F0F0F0F0Fu) << 8 << (56 - 8 * count));
}

/* Digits behind a point go behind those of *digits; gives their number, 0 to 15, 16 for more. */
static inline unsigned number_places(const char *at, uint64_t *digits)
{
    uint64_t bytes;
    memcpy(&bytes, at, 8);
    uint64_t strangers = number_strangers(bytes);
    if (__builtin_expect(!strangers, 0)) {
        *digits = *digits * 100000000 + number_eight(bytes & 0x0F0F0F0F0F0F0F0Fu);
        memcpy(&bytes, at + 8, 8);
        strangers = number_strangers(bytes);
        if (!strangers)
            return 16;
        unsigned count = (unsigned)__builtin_ctzll(strangers) >> 3;
        *digits = *digits * number_whole_tens[count] + number_few(bytes, count);
        return 8 + count;
    }
    unsigned count = (unsigned)__builtin_ctzll(strangers) >> 3;
    *digits = *digits * number_whole_tens[count] + number_few(bytes, count);
    return count;
}

/*
 * Gives where the number ends, NULL when it is none or has more than 7 digits before the point or
 * 15 in all: see number_quick_long. What stands behind it is not looked at but for a digit: the
 * caller must refuse an exponent. *whole: without a point
 */
static inline const char *number_quick(const char *at, double *out, bool *whole)
{
    uint64_t bytes, digits;
    bool negative = *at == '-';
    const char *end = at + negative;
    unsigned count = 1, places = 0;
    if (end[1] == '.' && (unsigned char)(end[0] - '0') < 10) {
        digits = (uint64_t)(end[0] - '0');
    } else {
        memcpy(&bytes, end, 8);
        uint64_t strangers = number_strangers(bytes);
        if (__builtin_expect(!strangers, 0))
            return NULL;
        count = (unsigned)__builtin_ctzll(strangers) >> 3;
        digits = number_few(bytes, count);
    }
    end += count;
    double value = (double)digits;
    *whole = *end != '.';
    if (*end == '.') {
        places = number_places(++end, &digits);
        if (__builtin_expect(count + places > 15, 0))
            return NULL;
        value = (double)digits / number_tens[places]; /* below 10^15: exact before the division */
        end += places;
    }
    uint64_t sign = (uint64_t)negative << 63; /* a branch here would be a coin's */
    memcpy(&bytes, &value, 8);
    bytes |= sign;
    memcpy(out, &bytes, 8);
    return count + places ? end : NULL;
}

/* The same with up to 19 digits. *whole: without a point and exact. */
const char *number_quick_long(const char *at, double *out, bool *whole);
