/* Decimal numbers to doubles and back. */
#include "core/data/number_quick.h"
#include "core/data/powers.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 wide;

#define HARD_DIGITS 780  /* more cannot change the nearest double, but whether any is not 0 */
#define POWER_MOST 99999 /* beyond it all is infinite or 0 */

const double number_tens[NUMBER_EXACT_POWER + 1] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
const uint64_t number_whole_tens[9] = { 1,      10,      100,      1000,     10000,
                                        100000, 1000000, 10000000, 100000000 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *digits_cut(const char *at, const char *end, uint64_t *value)
{
    uint64_t bytes;
    while (end - at >= 8 && (memcpy(&bytes, at, 8), !number_strangers(bytes))) {
        *value = *value * 100000000 + number_eight(bytes & 0x0F0F0F0F0F0F0F0Fu);
        at += 8;
    }
    for (; at < end && is_digit(*at); at++)
        *value = *value * 10 + (uint64_t)(*at - '0');
    return at;
}

/*
 * Eisel & Lemire's way (Lemire 2021): the digits times the first 128 bits of the power decide but
 * for a few products, which are refused, as are results that are not normal numbers. A power that
 * could make a tie (5^27 is the largest that divides 64 bits) is rounded up, so that an exact half
 * shows as one.
 */
bool number_scale(uint64_t digits, int power, double *out)
{
    if (power < -330 || power > 308)
        return false;
    int zeros = __builtin_clzll(digits);
    uint64_t normal = digits << zeros;
    struct power_of_ten ten = powers_of_ten[power - POWER_OF_TEN_LEAST];
    ten.low += power < 0 && power >= -27;
    wide product = (wide)normal * ten.high;
    uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
    if ((high & 0x1FF) == 0x1FF) {
        uint64_t more = (uint64_t)((wide)normal * ten.low >> 64);
        low += more;
        high += low < more;
        if (low == UINT64_MAX && (power < -27 || power > 55))
            return false;
    }
    int top = (int)(high >> 63), shift = top + 9;
    uint64_t mantissa = high >> shift;
    int exponent = power_of_ten_exponent(power) + 63 + top - zeros + 1023;
    if (exponent <= 0)
        return false;
    bool half =
        low <= 1 && power >= -4 && power <= 23 && (mantissa & 3) == 1 && mantissa << shift == high;
    mantissa = half ? mantissa >> 1 : (mantissa + 1) >> 1; /* a tie goes to the even one */
    if (mantissa == NUMBER_EXACT_MOST) {
        mantissa >>= 1;
        exponent++;
    }
    if (exponent >= 2047)
        return false;
    uint64_t bits = (mantissa & ~(NUMBER_EXACT_MOST >> 1)) | (uint64_t)exponent << 52;
    memcpy(out, &bits, sizeof bits);
    return true;
}

/* Digits at `at` go behind those of *value. At most 24; a longer run ends in a digit. */
static const char *run_cut(const char *at, uint64_t *value)
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
    *value = *value * number_whole_tens[count] + number_few(bytes, count);
    return at + count;
}

const char *number_quick_long(const char *at, double *out, bool *whole)
{
    bool negative = *at == '-';
    const char *first = at + negative;
    uint64_t digits = 0;
    const char *end = run_cut(first, &digits);
    ptrdiff_t count = end - first;
    int places = 0;
    *whole = *end != '.' && digits < NUMBER_EXACT_MOST;
    if (*end == '.') {
        const char *point = end + 1;
        end = run_cut(point, &digits);
        places = (int)(end - point);
        count += places;
    }
    if (count < 1 || count > NUMBER_QUICK_DIGITS || is_digit(*end))
        return NULL;
    double value = (double)digits;
    if (digits <= NUMBER_EXACT_MOST)
        value = places ? value / number_tens[places] : value;
    else if (!number_scale(digits, -places, &value))
        return NULL;
    *out = negative ? -value : value;
    return end;
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
        if (p - point > NUMBER_QUICK_DIGITS + 1)
            return NULL;
        power = (int)(point + 1 - p);
        count -= power;
    }
    if (count < 1 || count > NUMBER_QUICK_DIGITS)
        return NULL;
    if (p < end && (*p == 'e' || *p == 'E') && !(p = power_cut(p, end, &power)))
        return NULL;
    double value;
    if (digits == 0)
        value = 0;
    else if (digits <= NUMBER_EXACT_MOST && abs(power) <= NUMBER_EXACT_POWER)
        value =
            power < 0 ? (double)digits / number_tens[-power] : (double)digits * number_tens[power];
    else if (!number_scale(digits, power, &value))
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
