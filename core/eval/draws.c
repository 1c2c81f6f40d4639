/* Many rows drawn at once: four side by side where the processor can, the same numbers. */
#include "core/eval/draws.h"
#include <assert.h>

static void fill_plain(uint64_t state, size_t n, uint32_t *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rows[i] = (uint32_t)draw_row(&state, n);
}

#ifdef __x86_64__
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
#define WIDTH 4

/* There is no product of 64 bits in AVX2: of halves, and what overflows is left out. */
AVX2 static inline __m256i product(__m256i a, uint64_t by)
{
    __m256i low = _mm256_set1_epi64x((int64_t)by), high = _mm256_set1_epi64x((int64_t)(by >> 32));
    __m256i cross = _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(a, 32), low),
                                     _mm256_mul_epu32(a, high));
    return _mm256_add_epi64(_mm256_mul_epu32(a, low), _mm256_slli_epi64(cross, 32));
}

AVX2 static inline __m256i folded(__m256i a, int by)
{
    return _mm256_xor_si256(a, _mm256_srli_epi64(a, by));
}

/* draw_row of four states; the upper half of the product with n < 2^32 fits into 64 bits. */
AVX2 static inline __m128i draw_four(__m256i z, __m256i n)
{
    const __m256i first = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
    z = product(folded(z, 30), 0xBF58476D1CE4E5B9u);
    z = folded(product(folded(z, 27), 0x94D049BB133111EBu), 31);
    __m256i low = _mm256_srli_epi64(_mm256_mul_epu32(z, n), 32);
    __m256i high = _mm256_mul_epu32(_mm256_srli_epi64(z, 32), n);
    __m256i row = _mm256_srli_epi64(_mm256_add_epi64(high, low), 32);
    return _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(row, first));
}

AVX2 static void fill_wide(uint64_t state, size_t n, uint32_t *rows, size_t count)
{
    __m256i all = _mm256_set1_epi64x((int64_t)n), step = _mm256_set1_epi64x(WIDTH * DRAWS_STEP);
    __m256i states =
        _mm256_setr_epi64x((int64_t)draws_after(state, 1), (int64_t)draws_after(state, 2),
                           (int64_t)draws_after(state, 3), (int64_t)draws_after(state, 4));
    size_t wide = count / WIDTH * WIDTH;
    for (size_t i = 0; i < wide; i += WIDTH) {
        _mm_storeu_si128((__m128i *)(rows + i), draw_four(states, all));
        states = _mm256_add_epi64(states, step);
    }
    fill_plain(draws_after(state, wide), n, rows + wide, count - wide);
}
#endif

void draws_fill(uint64_t *state, size_t n, uint32_t *rows, size_t count)
{
    assert(n <= UINT32_MAX);
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2"))
        fill_wide(*state, n, rows, count);
    else
#endif
        fill_plain(*state, n, rows, count);
    *state = draws_after(*state, count);
}
