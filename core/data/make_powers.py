#!/usr/bin/env python3
"""Makes core/data/powers.c: the first 128 bits of each power of ten that doubles need, rounded down."""
LEAST, MOST = -342, 324


def significand(power):
    if power >= 0:
        value = 10 ** power
        bits = value.bit_length()
        return value << (128 - bits) if bits <= 128 else value >> (bits - 128)
    ten = 10 ** -power
    bits = ten.bit_length()
    value = (1 << (bits + 127)) // ten  # 128 bits or, for no power here, one more
    assert value.bit_length() == 128
    return value


print("/* The first 128 bits of powers of ten, rounded down. Made by core/data/make_powers.py. */")
print('#include "core/data/powers.h"')
print("\n/* clang-format off */")
print("const struct power_of_ten powers_of_ten[POWER_OF_TEN_MOST - POWER_OF_TEN_LEAST + 1] = {")
row = []
for power in range(LEAST, MOST + 1):
    value = significand(power)
    row.append("{ 0x%016xu, 0x%016xu }," % (value >> 64, value & (1 << 64) - 1))
    if len(row) == 2 or power == MOST:
        print("    " + " ".join(row))
        row = []
print("};")
