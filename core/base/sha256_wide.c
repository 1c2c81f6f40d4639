/* SHA-256 of whole blocks by SHA-NI. */
#include "core/base/sha256_wide.h"

/* Clang 14 cannot ask for them. */
#if defined(__x86_64__) && !defined(__clang__)
#include <immintrin.h>

#define WIDE __attribute__((target("sha,sse4.1,ssse3")))

/* FIPS 180-4, 4.2.2 */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* The eight words as the instructions want them, the first of each four highest. */
struct halves {
    __m128i abef, cdgh;
};

/* Four rounds; w: what the schedule has for them. */
WIDE static inline void four_rounds(struct halves *at, __m128i w, size_t round)
{
    __m128i sum = _mm_add_epi32(w, _mm_loadu_si128((const __m128i *)&constants[round]));
    at->cdgh = _mm_sha256rnds2_epu32(at->cdgh, at->abef, sum);
    at->abef = _mm_sha256rnds2_epu32(at->abef, at->cdgh, _mm_shuffle_epi32(sum, 0x0E));
}

/* What the schedule has 16 rounds after w[0]. */
WIDE static inline __m128i schedule(__m128i w0, __m128i w1, __m128i w2, __m128i w3)
{
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
    return _mm_sha256msg2_epu32(sum, w3);
}

WIDE static inline void block_add(struct halves *at, const unsigned char *block)
{
    const __m128i swapped = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    struct halves before = *at;
    __m128i w[4];
    for (size_t i = 0; i < 4; i++)
        w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)block + i), swapped);
    for (size_t round = 0; round < 48; round += 16) {
        four_rounds(at, w[0], round);
        w[0] = schedule(w[0], w[1], w[2], w[3]);
        four_rounds(at, w[1], round + 4);
        w[1] = schedule(w[1], w[2], w[3], w[0]);
        four_rounds(at, w[2], round + 8);
        w[2] = schedule(w[2], w[3], w[0], w[1]);
        four_rounds(at, w[3], round + 12);
        w[3] = schedule(w[3], w[0], w[1], w[2]);
    }
    for (size_t i = 0; i < 4; i++)
        four_rounds(at, w[i], 48 + 4 * i);
    at->abef = _mm_add_epi32(at->abef, before.abef);
    at->cdgh = _mm_add_epi32(at->cdgh, before.cdgh);
}

WIDE static void blocks_add(uint32_t state[8], const unsigned char *at, size_t count)
{
    __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
    __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state + 1), 0x1B);
    struct halves all = { _mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xF0) };
    for (size_t i = 0; i < count; i++)
        block_add(&all, at + i * SHA256_BLOCK);
    __m128i feba = _mm_shuffle_epi32(all.abef, 0x1B), dchg = _mm_shuffle_epi32(all.cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)state + 1, _mm_alignr_epi8(dchg, feba, 8));
}

bool sha256_wide(uint32_t state[8], const unsigned char *at, size_t count)
{
    bool able = __builtin_cpu_supports("sha") && __builtin_cpu_supports("sse4.1");
    if (able)
        blocks_add(state, at, count);
    return able;
}
#else
bool sha256_wide(uint32_t state[8], const unsigned char *at, size_t count)
{
    (void)state, (void)at, (void)count;
    return false;
}
#endif
