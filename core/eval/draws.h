/*
 * Rows drawn with replacement, inline: the numbers of core/math/random.h (random_below), which the
 * compiler can then keep in flight side by side. Bootstraps take a third of the time by it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 draws_wide;

#define DRAWS_STEP 0x9E3779B97F4A7C15u

/* The state behind `count` draws. */
static inline uint64_t draws_after(uint64_t state, size_t count)
{
    return state + (uint64_t)count * DRAWS_STEP;
}

/* The next row of n; *state starts as the seed. */
static inline size_t draw_row(uint64_t *state, size_t n)
{
    uint64_t z = *state += DRAWS_STEP;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (size_t)(((draws_wide)(z ^ (z >> 31)) * n) >> 64);
}
