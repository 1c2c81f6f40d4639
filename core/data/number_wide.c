/* What decimals that are read all at once need. */
#include "core/data/number_wide.h"

#ifdef __x86_64__
#define SIXTEEN(x)                                                                                 \
    {                                                                                              \
        x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x                                             \
    }

const struct number_wide_lanes number_wide_lanes = {
    .slide = { -16, -15, -14, -13, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1,
               0,   1,   2,   3,   4,   5,   6,   7,  8,  9,  10, 11, 12, 13, 14, 15 },
    .lift = SIXTEEN(128 - '0'),
    .past = SIXTEEN(-118),
    .zero = SIXTEEN('0'),
};
const double number_wide_tens[2 * (NUMBER_WIDE_DIGITS + 1)] = {
    1e0,  -1e0,  1e1,  -1e1,  1e2,  -1e2,  1e3,  -1e3,  1e4,  -1e4, 1e5,
    -1e5, 1e6,   -1e6, 1e7,   -1e7, 1e8,   -1e8, 1e9,   -1e9, 1e10, -1e10,
    1e11, -1e11, 1e12, -1e12, 1e13, -1e13, 1e14, -1e14, 1e15, -1e15
};
#endif
