/*
 * e^x without a call: a loop over it becomes vectors, libm's does not. Error below 4e-16 of the
 * value. x beyond [-708, 709] counts as the nearer end, NAN as whatever.
 *   x = n log 2 + r, |r| <= log(2) / 2: the series of e^r to r^13, times 2^n
 */
#pragma once

#include <stdint.h>
#include <string.h>

static inline __attribute__((always_inline)) double exp_series(double x)
{
    x = x < -708 ? -708 : x;
    x = x > 709 ? 709 : x;
    double shifted = x * 0x1.71547652b82fep0 + 0x1.8p52;
    double n = shifted - 0x1.8p52;
    double r = (x - n * 0x1.62e42fefa0000p-1) - n * 0x1.cf79abc9e3b39p-40;
    double p = 1.0 / 6227020800;
    p = p * r + 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1;
    p = p * r + 1;
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52; /* the low bits of `shifted` are n */
    double power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}
