/* The shortest decimal of a double. */
#include "core/data/number_quick.h"
#include "core/data/powers.h"
#include <math.h>

__extension__ typedef unsigned __int128 wide;

#define FRACTION_BITS 52
#define EXPONENT_BIAS 1075 /* of the fraction as a whole number */
#define PLAIN_DIGITS 15    /* from this many digits before the point on there is an exponent */
#define PLACES_MOST 16     /* behind the point, that are tried */

struct decimal {
    uint64_t digits;
    int power;
};

/* The first 64 bits of ten * factor / 2^128, the last one set when anything was cut off. */
static uint64_t times(struct power_of_ten ten, uint64_t factor)
{
    wide low = (wide)ten.low * factor, high = (wide)ten.high * factor + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/*
 * Schubfach (Giulietti 2020): the shortest decimal between the neighbours' middles, the nearest of
 * them, from three products with one 128-bit power of ten. value = fraction * 2^power > 0.
 */
static struct decimal shortest(uint64_t fraction, int power, bool lower_is_nearer)
{
    uint64_t odd = fraction & 1;
    int k = (power * 1262611 - (lower_is_nearer ? 524031 : 0)) >> 22;
    int shift = power + power_of_ten_exponent(-k) + 1;
    struct power_of_ten ten = powers_of_ten[-k - POWER_OF_TEN_LEAST];
    if (-k < 0 || -k > 55) { /* cut off: the next larger one is needed */
        ten.low++;
        ten.high += ten.low == 0;
    }
    uint64_t middle = times(ten, fraction * 4 << shift);
    uint64_t low = times(ten, (fraction * 4 - 2 + lower_is_nearer) << shift) + odd;
    uint64_t high = times(ten, (fraction * 4 + 2) << shift) - odd;
    uint64_t digits = middle / 4;
    if (digits >= 10) { /* one digit less */
        uint64_t tenth = digits / 10;
        bool below = low <= tenth * 40, above = tenth * 40 + 40 <= high;
        if (below != above)
            return (struct decimal){ tenth + above, k + 1 };
    }
    bool below = low <= digits * 4, above = digits * 4 + 4 <= high;
    if (below != above)
        return (struct decimal){ digits + above, k };
    uint64_t half = digits * 4 + 2;
    return (struct decimal){ digits + (middle > half || (middle == half && (digits & 1))), k };
}

static const char pairs[201] =
    "00010203040506070809101112131415161718192021222324252627282930313233"
    "34353637383940414243444546474849505152535455565758596061626364656667"
    "6869707172737475767778798081828384858687888990919293949596979899";

/* `count` digits into out. */
static void digits_put(uint64_t value, unsigned count, char *out)
{
    char *at = out + count;
    for (; count >= 2; count -= 2) {
        at -= 2;
        memcpy(at, pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (count)
        out[0] = (char)('0' + value);
}

static const uint64_t tens[] = { 0,
                                 10,
                                 100,
                                 1000,
                                 10000,
                                 100000,
                                 1000000,
                                 10000000,
                                 100000000,
                                 1000000000,
                                 10000000000,
                                 100000000000,
                                 1000000000000,
                                 10000000000000,
                                 100000000000000,
                                 1000000000000000,
                                 10000000000000000,
                                 100000000000000000,
                                 1000000000000000000,
                                 10000000000000000000u }; /* but for the first */

static unsigned digits_count(uint64_t value)
{
    unsigned guess = (unsigned)(64 - __builtin_clzll(value | 1)) * 1233 >> 12;
    return guess + (value >= tens[guess]);
}

static struct decimal without_zeros(struct decimal from)
{
    if (from.digits % 100000000 == 0 && from.digits) {
        from.digits /= 100000000;
        from.power += 8;
    }
    while (from.digits % 100 == 0 && from.digits) {
        from.digits /= 100;
        from.power += 2;
    }
    if (from.digits % 10 == 0 && from.digits) {
        from.digits /= 10;
        from.power++;
    }
    return from;
}

static char *exponent_put(int exponent, char *at)
{
    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
    unsigned count = size >= 100 ? 3 : 2;
    digits_put(size, count, at);
    return at + count;
}

/* "12.5", "0.0012", "1200" or "1.2e-07"; gives the end. */
static char *decimal_put(struct decimal value, char *at)
{
    unsigned count = digits_count(value.digits);
    int point = (int)count + value.power; /* digits before the point */
    int plain = count > PLAIN_DIGITS ? (int)count : PLAIN_DIGITS;
    if (point < -3 || point > plain) {
        digits_put(value.digits, count, at + 1);
        at[0] = at[1];
        at[1] = '.';
        return exponent_put(point - 1, count > 1 ? at + count + 1 : at + 1);
    }
    if (point <= 0) {
        memcpy(at, "0.0000", 6);
        at += 2 - point;
        digits_put(value.digits, count, at);
        return at + count;
    }
    if (value.power >= 0) {
        digits_put(value.digits, count, at);
        memset(at + count, '0', (size_t)value.power);
        return at + point;
    }
    uint64_t unit = tens[-value.power], whole = value.digits / unit;
    digits_put(whole, (unsigned)point, at);
    at[point] = '.';
    digits_put(value.digits - whole * unit, (unsigned)-value.power, at + point + 1);
    return at + count + 1;
}

/* The digits of a value below 10^8, each a byte 0..9, the first one lowest. */
static inline uint64_t eight_digits(uint32_t value)
{
    uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
    uint64_t hundreds = (fours * 10486 >> 20) & 0x0000007F0000007Fu;
    uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
    uint64_t ones = (twos * 103 >> 10) & 0x000F000F000F000Fu;
    return ones | (twos - 10 * ones) << 8;
}

/* All eight into out; gives the end without zeros at the end. */
static inline char *eight_put(uint64_t digits, char *at)
{
    uint64_t letters = digits | 0x3030303030303030u;
    memcpy(at, &letters, 8);
    return at + 8 - __builtin_clzll(digits | 1) / 8;
}

/*
 * The decimal with so many places that is nearest to size, if it reads back equal; else NULL. Of up
 * to 15 digits no two read as one double, hence it is the shortest, but for zeros at its end. size
 * is not whole, at least 0.001. Little-endian machines.
 */
static inline char *places_put(double size, unsigned places, char *at)
{
    double scaled = size * number_tens[places];
    if (!(scaled < 1e15))
        return NULL;
    uint64_t digits = (uint64_t)(int64_t)(scaled + 0.5), whole = (uint64_t)(int64_t)size;
    if ((double)(int64_t)digits / number_tens[places] != size)
        return NULL;
    unsigned count = digits_count(whole);
    digits_put(whole, count, at);
    at += count;
    *at++ = '.';
    uint64_t fraction = digits - whole * tens[places];
    if (places <= 8)
        return eight_put(eight_digits((uint32_t)(fraction * number_whole_tens[8 - places])), at);
    fraction *= number_whole_tens[PLACES_MOST - places];
    uint64_t last = eight_digits((uint32_t)(fraction % 100000000));
    char *end = eight_put(eight_digits((uint32_t)(fraction / 100000000)), at);
    return last ? eight_put(last, at + 8) : end;
}

static char *shortest_put(double size, uint64_t bits, unsigned *places, char *at)
{
    unsigned exponent = (unsigned)(bits >> FRACTION_BITS) & 2047;
    uint64_t fraction = bits & (((uint64_t)1 << FRACTION_BITS) - 1);
    uint64_t whole = exponent ? fraction | (uint64_t)1 << FRACTION_BITS : fraction;
    int power = (int)(exponent ? exponent : 1) - EXPONENT_BIAS;
    struct decimal value = without_zeros(shortest(whole, power, fraction == 0 && exponent > 1));
    bool few = value.digits < tens[15] && value.power < 0 && value.power >= -PLACES_MOST;
    *places = few && size >= 1e-3 ? (unsigned)-value.power : 0;
    return decimal_put(value, at);
}

size_t number_print_near(double value, unsigned *places, char out[NUMBER_BYTES])
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    char *at = out, *end = NULL;
    double size = fabs(value);
    *at = '-';
    at += bits >> 63;
    if (size < 1e15 && size == (double)(int64_t)size) {
        unsigned count = digits_count((uint64_t)size);
        digits_put((uint64_t)size, count, at);
        end = at + count;
    } else if (!isfinite(size)) {
        memcpy(out, "nan", 4);
        return 3;
    } else {
        if (*places && size >= 1e-3)
            end = places_put(size, *places, at);
        if (!end)
            end = shortest_put(size, bits, places, at);
    }
    *end = 0;
    return (size_t)(end - out);
}

size_t number_print(double value, char out[NUMBER_BYTES])
{
    unsigned places = 0;
    return number_print_near(value, &places, out);
}
