/* Decimal numbers to doubles and back. */
#include "core/data/number.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 wide;

#define EASY_DIGITS 19   /* any such fit 64 bits */
#define EASY_POWER 27    /* 5^27 < 2^63 */
#define EXACT_POWER 22   /* 10^22 is a double */
#define HARD_DIGITS 780  /* more cannot change the nearest double, but whether any is not 0 */
#define POWER_MOST 99999 /* beyond it all is infinite or 0 */

static const double tens[EXACT_POWER + 1] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Eight bytes that are all digits (Lemire's test), as read on a little-endian machine. */
static bool eight_digits(uint64_t bytes)
{
    return ((bytes & 0xF0F0F0F0F0F0F0F0u) |
            (((bytes + 0x0606060606060606u) & 0xF0F0F0F0F0F0F0F0u) >> 4)) == 0x3333333333333333u;
}

static uint64_t eight_value(uint64_t bytes)
{
    bytes -= 0x3030303030303030u;
    bytes = bytes * 10 + (bytes >> 8);
    return ((bytes & 0x000000FF000000FFu) * 0x000F424000000064u +
            ((bytes >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u) >>
           32;
}

static const char *digits_cut(const char *at, const char *end, uint64_t *value)
{
    uint64_t bytes;
    while (end - at >= 8 && (memcpy(&bytes, at, 8), eight_digits(bytes))) {
        *value = *value * 100000000 + eight_value(bytes);
        at += 8;
    }
    for (; at < end && is_digit(*at); at++)
        *value = *value * 10 + (uint64_t)(*at - '0');
    return at;
}

/* The double nearest to mantissa * 2^power (plus a little, when `more`), ties to even. */
static double nearest(wide mantissa, int power, bool more)
{
    uint64_t high = (uint64_t)(mantissa >> 64);
    int bits = high ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll((uint64_t)mantissa);
    int cut = bits - 53;
    if (cut <= 0)
        return ldexp((double)(uint64_t)mantissa, power);
    uint64_t kept = (uint64_t)(mantissa >> cut);
    wide rest = mantissa & (((wide)1 << cut) - 1), half = (wide)1 << (cut - 1);
    kept += rest > half || (rest == half && (more || (kept & 1)));
    return ldexp((double)kept, power + cut);
}

/*
 * digits * 10^power for |power| <= 27: exact in 128 bits, because 10^k = 2^k * 5^k, then rounded
 * once. Python prints 17 digits, so this is the common case of predictions.
 */
static double exact(uint64_t digits, int power)
{
    uint64_t fives = 1;
    for (int i = abs(power); i > 0; i--)
        fives *= 5;
    if (power >= 0)
        return nearest((wide)digits * fives, power, false);
    int shift = __builtin_clzll(digits);
    wide above = (wide)(digits << shift) << 63;
    return nearest(above / fives, power - shift - 63, above % fives != 0);
}

static const char *power_cut(const char *at, const char *end, int *power)
{
    const char *sign = at + 1;
    const char *first = sign + (sign < end && (*sign == '-' || *sign == '+'));
    if (first >= end || !is_digit(*first))
        return NULL;
    int value = 0;
    const char *p = first;
    for (; p < end && is_digit(*p); p++)
        value = value < POWER_MOST ? value * 10 + (*p - '0') : value;
    *power += *sign == '-' ? -value : value;
    return p;
}

const char *number_cut(const char *at, const char *end, double *out)
{
    bool negative = at < end && *at == '-';
    const char *first = at + (at < end && (*at == '-' || *at == '+'));
    uint64_t digits = 0;
    int power = 0;
    const char *p = digits_cut(first, end, &digits);
    ptrdiff_t count = p - first;
    if (p < end && *p == '.') {
        const char *point = p;
        p = digits_cut(p + 1, end, &digits);
        if (p - point > EASY_DIGITS + 1)
            return NULL;
        power = (int)(point + 1 - p);
        count -= power;
    }
    if (count < 1 || count > EASY_DIGITS)
        return NULL;
    if (p < end && (*p == 'e' || *p == 'E') && !(p = power_cut(p, end, &power)))
        return NULL;
    double value;
    if (digits == 0)
        value = 0;
    else if (digits <= (uint64_t)1 << 53 && abs(power) <= EXACT_POWER)
        value = power < 0 ? (double)digits / tens[-power] : (double)digits * tens[power];
    else if (abs(power) <= EASY_POWER)
        value = exact(digits, power);
    else
        return NULL;
    *out = negative ? -value : value;
    return p;
}

/*
 * The long way: the significant digits without the point and their power go to strtod, which
 * rounds correctly and, without a point, in any locale alike.
 */
static enum number_found long_way(struct str text, double *out)
{
    char plain[HARD_DIGITS + 32];
    size_t kept = 0, at = 0;
    int64_t power = 0;
    bool any = false, point = false, lost = false;
    bool negative = text.len && text.at[0] == '-';
    for (at = text.len && (negative || text.at[0] == '+'); at < text.len; at++) {
        char c = text.at[at];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(c))
            break;
        any = true;
        bool keep = kept < HARD_DIGITS && (kept > 0 || c != '0');
        if (keep)
            plain[kept++] = c;
        else
            lost |= c != '0';
        power += (!keep && kept > 0 ? 1 : 0) - (point ? 1 : 0);
    }
    int written = 0;
    const char *end = text.at + text.len;
    if (!any || (at < text.len &&
                 ((text.at[at] | 32) != 'e' || power_cut(text.at + at, end, &written) != end)))
        return NUMBER_NONE;
    power += written;
    if (lost) { /* one digit more stands for all that follow */
        plain[kept++] = '1';
        power--;
    }
    if (kept == 0)
        plain[kept++] = '0';
    snprintf(plain + kept, sizeof plain - kept, "e%lld", (long long)power);
    double value = strtod(plain, NULL);
    if (isinf(value))
        return NUMBER_INFINITE;
    *out = negative ? -value : value;
    return NUMBER_FINE;
}

static bool says_infinite(struct str text)
{
    static const char *const words[] = { "inf", "infinity" };
    if (text.len && (text.at[0] == '-' || text.at[0] == '+'))
        text = str_from(text, 1);
    for (size_t i = 0; i < 2; i++)
        if (text.len == strlen(words[i])) {
            size_t k = 0;
            while (k < text.len && (text.at[k] | 32) == words[i][k])
                k++;
            if (k == text.len)
                return true;
        }
    return false;
}

enum number_found number_parse(struct str text, double *out)
{
    if (text.len == 0)
        return NUMBER_NONE;
    const char *end = text.at + text.len;
    double value;
    if (number_cut(text.at, end, &value) == end) {
        *out = value;
        return NUMBER_FINE;
    }
    if (says_infinite(text))
        return NUMBER_INFINITE;
    return long_way(text, out);
}

size_t number_print(double value, char out[NUMBER_BYTES])
{
    if (!isfinite(value))
        return (size_t)snprintf(out, NUMBER_BYTES, "nan");
    if (fabs(value) < 1e15 && value == (double)(int64_t)value && !(value == 0 && signbit(value)))
        return (size_t)snprintf(out, NUMBER_BYTES, "%lld", (long long)value);
    int len = 0;
    for (int digits = 15; digits <= 17; digits++) {
        len = snprintf(out, NUMBER_BYTES, "%.*g", digits, value);
        for (int i = 0; i < len; i++)
            if (!is_digit(out[i]) && !strchr("+-e", out[i]))
                out[i] = '.'; /* another locale's point */
        double back;
        if (number_parse((struct str){ out, (size_t)len }, &back) == NUMBER_FINE && back == value)
            break;
    }
    return (size_t)len;
}
