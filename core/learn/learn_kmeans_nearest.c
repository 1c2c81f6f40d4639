/* Rows against centres in vectors of eight floats. */
#include "core/learn/learn_kmeans_nearest.h"
#include "core/base/compiler.h"
#include <math.h>
#include <string.h>

#pragma GCC optimize("O3")

typedef float lanes __attribute__((vector_size(4 * NEAREST_LANES)));
/* Where vectors do not stand at multiples of their size. */
typedef float loose __attribute__((vector_size(4 * NEAREST_LANES), aligned(4), may_alias));
typedef int32_t marks __attribute__((vector_size(4 * NEAREST_LANES)));

#define GROUP 3 /* vectors of centres at once: 12 sums fit 16 registers */

/* The two lowest in each lane so far, and where. */
struct lowest {
    lanes best, second;
    marks at;
};

/* A macro: a function that gives vectors would have another ABI with each processor. */
#define EITHER(which, yes, no) ((lanes)(((marks)(yes) & (which)) | ((marks)(no) & ~(which))))

static inline __attribute__((always_inline)) void lowest_add(struct lowest *low, const lanes *sum,
                                                             const marks *at)
{
    marks below = *sum < low->best, beside;
    lanes middle = EITHER(below, low->best, *sum);
    low->best = EITHER(below, *sum, low->best);
    low->at = (*at & below) | (low->at & ~below);
    beside = middle < low->second;
    low->second = EITHER(beside, middle, low->second);
}

static inline __attribute__((always_inline)) void group_add(const float *const *rows,
                                                            const float *left, size_t depth,
                                                            size_t width, struct lowest *low,
                                                            size_t first, size_t vectors)
{
    lanes sums[ROWS_AT_ONCE][GROUP] = { 0 };
    const float *centre = left + first;
    for (size_t j = 0; j < depth; j++, centre += width) {
        lanes centres[GROUP];
        for (size_t v = 0; v < vectors; v++)
            centres[v] = *(const loose *)(centre + v * NEAREST_LANES);
        for (size_t i = 0; i < ROWS_AT_ONCE; i++) {
            float x = rows[i][j];
            for (size_t v = 0; v < vectors; v++)
                sums[i][v] += centres[v] * x;
        }
    }
    for (size_t v = 0; v < vectors; v++) {
        marks at = (marks){ 0, 1, 2, 3, 4, 5, 6, 7 } + (int32_t)(first + v * NEAREST_LANES);
        for (size_t i = 0; i < ROWS_AT_ONCE; i++)
            lowest_add(&low[i], &sums[i][v], &at);
    }
}

#define TURNED(x, a, b, c, d, e, f, g, h) __builtin_shufflevector(x, x, a, b, c, d, e, f, g, h)

/* Both of each pair of lanes get what is lowest in the two. */
#define HALVE(low, ...)                                                                            \
    do {                                                                                           \
        lanes best = TURNED((low)->best, __VA_ARGS__),                                             \
              second = TURNED((low)->second, __VA_ARGS__);                                         \
        marks at = TURNED((low)->at, __VA_ARGS__), below = best < (low)->best, beside;             \
        lanes middle = EITHER(below, (low)->best, best);                                           \
        (low)->best = EITHER(below, best, (low)->best);                                            \
        (low)->at = (at & below) | ((low)->at & ~below);                                           \
        beside = second < (low)->second;                                                           \
        (low)->second = EITHER(beside, second, (low)->second);                                     \
        beside = middle < (low)->second;                                                           \
        (low)->second = EITHER(beside, middle, (low)->second);                                     \
    } while (0)

/* Of equally near centres any, and then second is best. */
static inline __attribute__((always_inline)) struct nearest across(struct lowest *low)
{
    HALVE(low, 4, 5, 6, 7, 0, 1, 2, 3);
    HALVE(low, 2, 3, 0, 1, 6, 7, 4, 5);
    HALVE(low, 1, 0, 3, 2, 5, 4, 7, 6);
    return (struct nearest){ low->best[0], low->second[0], (uint32_t)low->at[0] };
}

CLONED_V4 void nearest_find(const float *const *rows, const float *left, size_t depth, size_t width,
                            struct nearest *found)
{
    struct lowest low[ROWS_AT_ONCE];
    for (size_t i = 0; i < ROWS_AT_ONCE; i++)
        for (size_t t = 0; t < NEAREST_LANES; t++) {
            low[i].best[t] = low[i].second[t] = INFINITY;
            low[i].at[t] = 0;
        }
    size_t first = 0;
    for (; first + GROUP * NEAREST_LANES <= width; first += GROUP * NEAREST_LANES)
        group_add(rows, left, depth, width, low, first, GROUP);
    if (width - first == 2 * NEAREST_LANES)
        group_add(rows, left, depth, width, low, first, 2);
    else if (width > first)
        group_add(rows, left, depth, width, low, first, 1);
    for (size_t i = 0; i < ROWS_AT_ONCE; i++)
        found[i] = across(&low[i]);
}

CLONED_V4 float row_product(const float *a, const float *b, size_t n)
{
    lanes sums[2] = { 0 }, x, y;
    size_t j = 0;
    for (; j + 2 * NEAREST_LANES <= n; j += 2 * NEAREST_LANES)
        for (size_t t = 0; t < 2; t++) {
            memcpy(&x, a + j + NEAREST_LANES * t, sizeof x);
            memcpy(&y, b + j + NEAREST_LANES * t, sizeof y);
            sums[t] += x * y;
        }
    lanes both = sums[0] + sums[1];
    float sum = 0;
    for (size_t t = 0; t < NEAREST_LANES; t++)
        sum += both[t];
    for (; j < n; j++)
        sum += a[j] * b[j];
    return sum;
}
