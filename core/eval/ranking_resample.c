/* Average precision of resamples: some of them side by side, the same numbers to the bit. */
#include "core/eval/draws.h"
#include "core/eval/ranking.h"
#include "core/math/sum.h"
#include <math.h>
#include <string.h>

#define LANES 4
#define GROUPS_MOST 4096 /* the counts of all lanes stay in the cache */

struct counts {
    uint32_t of[LANES];
};

/* Rows of a class: the group of each, in their order. */
struct drawn_class {
    uint32_t *group;
    size_t n;
};

struct drawn {
    struct drawn_class ones, zeros;
    size_t group_count;
    struct counts *positives, *negatives; /* of each group */
};

/* Where the draws of replicate b start. */
static uint64_t state_of(const struct drawn *drawn, uint64_t seed, size_t b)
{
    return draws_after(seed, b * (drawn->ones.n + drawn->zeros.n));
}

#ifdef __x86_64__
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

static void class_draw(uint64_t state, const struct drawn_class *rows, size_t lane,
                       struct counts *counts)
{
    uint32_t drawn[DRAWS_PIECE];
    for (size_t at = 0; at < rows->n; at += DRAWS_PIECE) {
        size_t count = rows->n - at < DRAWS_PIECE ? rows->n - at : DRAWS_PIECE;
        draws_fill(&state, rows->n, drawn, count);
        for (size_t i = 0; i < count; i++)
            counts[rows->group[drawn[i]]].of[lane]++;
    }
}

/* sum_add of each lane; nothing is negative, so that the larger one needs no look at signs. */
AVX2 static inline void wide_add(__m256d *total, __m256d *lost, __m256d x)
{
    __m256d more = _mm256_add_pd(*total, x);
    __m256d large = _mm256_max_pd(*total, x), small = _mm256_min_pd(*total, x);
    *lost = _mm256_add_pd(*lost, _mm256_add_pd(_mm256_sub_pd(large, more), small));
    *total = more;
}

/* ranking_average_precision of each lane; a group without positives adds a zero. */
AVX2 static void lanes_measure(const struct drawn *drawn, double *out)
{
    const __m128i one = _mm_set1_epi32(1);
    __m256d total = _mm256_setzero_pd(), lost = total;
    __m128i found = _mm_setzero_si128(), seen = found;
    for (size_t g = 0; g < drawn->group_count; g++) {
        __m128i ones = _mm_load_si128((const __m128i *)&drawn->positives[g]);
        __m128i zeros = _mm_load_si128((const __m128i *)&drawn->negatives[g]);
        found = _mm_add_epi32(found, ones);
        seen = _mm_add_epi32(seen, _mm_add_epi32(ones, zeros));
        __m256d rows = _mm256_cvtepi32_pd(_mm_max_epi32(seen, one)); /* none found among none: 0 */
        __m256d precision = _mm256_div_pd(_mm256_cvtepi32_pd(found), rows);
        wide_add(&total, &lost, _mm256_mul_pd(_mm256_cvtepi32_pd(ones), precision));
    }
    double totals[LANES], rests[LANES], counts[LANES];
    _mm256_storeu_pd(totals, total);
    _mm256_storeu_pd(rests, lost);
    _mm256_storeu_pd(counts, _mm256_cvtepi32_pd(found));
    for (size_t k = 0; k < LANES; k++) {
        struct sum sum = { totals[k], rests[k] };
        out[k] = counts[k] > 0 ? sum_value(&sum) / counts[k] : NAN;
    }
}

AVX2 static void lanes_draw(const struct drawn *drawn, uint64_t seed, size_t first, double *out)
{
    memset(drawn->positives, 0, drawn->group_count * sizeof *drawn->positives);
    memset(drawn->negatives, 0, drawn->group_count * sizeof *drawn->negatives);
    for (size_t k = 0; k < LANES; k++) {
        uint64_t state = state_of(drawn, seed, first + k);
        class_draw(state, &drawn->ones, k, drawn->positives);
        class_draw(draws_after(state, drawn->ones.n), &drawn->zeros, k, drawn->negatives);
    }
    lanes_measure(drawn, out);
}

static size_t aside_draw(const struct drawn *drawn, uint64_t seed, double *out, size_t count)
{
    size_t b = 0, n = drawn->ones.n + drawn->zeros.n;
    if (drawn->group_count <= GROUPS_MOST && n <= INT32_MAX && __builtin_cpu_supports("avx2"))
        for (; b + LANES <= count; b += LANES)
            lanes_draw(drawn, seed, b, out + b);
    return b;
}
#else
static size_t aside_draw(const struct drawn *drawn, uint64_t seed, double *out, size_t count)
{
    (void)drawn, (void)seed, (void)out, (void)count;
    return 0;
}
#endif

/* One alone: of many groups the counts of one fill the cache. */
static double alone_draw(const struct drawn *drawn, uint64_t state, uint32_t *positives,
                         uint32_t *negatives)
{
    size_t groups = drawn->group_count;
    memset(positives, 0, groups * sizeof *positives);
    memset(negatives, 0, groups * sizeof *negatives);
    for (size_t i = 0; i < drawn->ones.n; i++)
        positives[drawn->ones.group[draw_row(&state, drawn->ones.n)]]++;
    for (size_t i = 0; i < drawn->zeros.n; i++)
        negatives[drawn->zeros.group[draw_row(&state, drawn->zeros.n)]]++;
    return ranking_average_precision(positives, negatives, groups);
}

static void classes_part(struct arena *arena, const struct ranking *ranking,
                         const struct scored *rows, struct drawn *out)
{
    out->group_count = ranking->group_count;
    out->ones.group = arena_array(arena, uint32_t, ranking->positive_count);
    out->zeros.group = arena_array(arena, uint32_t, ranking->negative_count);
    for (size_t i = 0; i < rows->n; i++) {
        struct drawn_class *to = rows->truth[i] != 0 ? &out->ones : &out->zeros;
        to->group[to->n++] = ranking->group[i];
    }
}

void ranking_average_precision_resample(struct arena *arena, const struct ranking *ranking,
                                        const struct scored *rows, uint64_t seed, double *out,
                                        size_t count)
{
    struct drawn drawn = { .group_count = 0 };
    size_t groups = ranking->group_count;
    size_t room = groups <= GROUPS_MOST ? groups : groups / LANES + 1;
    classes_part(arena, ranking, rows, &drawn);
    drawn.positives = arena_array(arena, struct counts, room);
    drawn.negatives = arena_array(arena, struct counts, room);
    for (size_t b = aside_draw(&drawn, seed, out, count); b < count; b++)
        out[b] =
            alone_draw(&drawn, state_of(&drawn, seed, b), drawn.positives->of, drawn.negatives->of);
}
