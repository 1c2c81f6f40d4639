/*
 * Random numbers from a seed: splitmix64 (Steele, Lea & Flood 2014), the same on every machine.
 * The seed is always passed in. Vectors: tests/core/math/splitmix64.json.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state; /* { seed } starts it */
};

uint64_t random_next(struct random *random);                  /* any of 2^64 */
uint64_t random_below(struct random *random, uint64_t below); /* 0..below-1; below > 0 */
double random_unit(struct random *random);                    /* [0, 1), multiples of 2^-53 */
double random_normal(struct random *random); /* mean 0, deviation 1: Box-Muller, two draws */

/*
 * A generator of its own for stream `stream` of a seed (a tree, a fold, a row), so that what one
 * draws does not depend on who draws before.
 */
struct random random_stream(uint64_t seed, uint64_t stream);

/* Permute at[n] (Fisher-Yates from the back, n - 1 draws). */
void random_shuffle(struct random *random, size_t *at, size_t n);
