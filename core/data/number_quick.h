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

/* Digits at `at` go behind those of *value. At most 24; a longer run ends in a digit. */
static inline const char *number_digits(const char *at, uint64_t *value)
{
    uint64_t bytes, strangers = 0;
    for (int i = 0; i < 3; i++) {
        memcpy(&bytes, at, 8);
        strangers = number_strangers(bytes);
        if (strangers)
            break;
        *value = *value * 100000000 + number_eight(bytes & 0x0F0F0F0F0F0F0F0Fu);
        at += 8;
    }
    if (!strangers)
        return at;
    unsigned count = (unsigned)__builtin_ctzll(strangers) >> 3;
    if (count) {
        uint64_t digits = (bytes & 0x0F0F0F0F0F0F0F0Fu) << (64 - 8 * count);
        *value = *value * number_whole_tens[count] + number_eight(digits);
    }
    return at + count;
}

/*
 * Gives where the number ends, NULL when it is not of the common form (then *out is untouched).
 * *whole: without a point and exact.
 */
static inline const char *number_quick(const char *at, double *out, bool *whole)
{
    bool negative = *at == '-';
    const char *first = at + negative;
    uint64_t digits = 0;
    const char *end = number_digits(first, &digits);
    ptrdiff_t count = end - first;
    int places = 0;
    *whole = *end != '.' && digits <= NUMBER_EXACT_MOST;
    if (*end == '.') {
        const char *point = end + 1;
        end = number_digits(point, &digits);
        places = (int)(end - point);
        count += places;
    }
    if (count < 1 || count > NUMBER_QUICK_DIGITS || (*end | 32) == 'e' ||
        (unsigned char)(*end - '0') < 10)
        return NULL;
    double value = (double)digits;
    if (digits <= NUMBER_EXACT_MOST)
        value = places ? value / number_tens[places] : value;
    else if (!number_scale(digits, -places, &value))
        return NULL;
    *out = negative ? -value : value;
    return end;
}
