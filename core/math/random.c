/* splitmix64 and what is drawn from it. */
#include "core/math/random.h"
#include <assert.h>
#include <math.h>

__extension__ typedef unsigned __int128 wide;

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint64_t random_next(struct random *random)
{
    random->state += 0x9E3779B97F4A7C15u;
    return mix(random->state);
}

uint64_t random_below(struct random *random, uint64_t below)
{
    assert(below > 0);
    return (uint64_t)(((wide)random_next(random) * below) >> 64);
}

double random_unit(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

double random_normal(struct random *random)
{
    double radius = 1 - random_unit(random); /* (0, 1]: the logarithm is finite */
    double angle = 2 * M_PI * random_unit(random);
    return sqrt(-2 * log(radius)) * cos(angle);
}

struct random random_stream(uint64_t seed, uint64_t stream)
{
    return (struct random){ mix(seed + 0x9E3779B97F4A7C15u) ^ mix(stream ^ 0xD1B54A32D192ED03u) };
}

void random_shuffle(struct random *random, size_t *at, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)random_below(random, i);
        size_t kept = at[i - 1];
        at[i - 1] = at[j];
        at[j] = kept;
    }
}
