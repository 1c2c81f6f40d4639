/* Powers of ten to 128 bits: what reading and printing doubles multiply with. */
#pragma once

#include <stdint.h>

#define POWER_OF_TEN_LEAST (-342)
#define POWER_OF_TEN_MOST 324

/*
 * 10^p is about (high * 2^64 + low) * 2^(power_of_ten_exponent(p) - 127): high's top bit is set,
 * what is beyond 128 bits is cut off.
 */
struct power_of_ten {
    uint64_t high, low;
};

extern const struct power_of_ten powers_of_ten[POWER_OF_TEN_MOST - POWER_OF_TEN_LEAST + 1];

/* floor(log2(10^power)) for |power| <= 1233. */
static inline int power_of_ten_exponent(int power)
{
    return (power * 1741647) >> 19;
}
