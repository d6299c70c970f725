// SPDX-License-Identifier: MIT
// What AVX2 and wider vocabularies make of the sums of quantised activations: s[2 b] and s[2 b + 1] are the sums of the
// halves of block b, eight blocks a call. Internal linkage: compiled once an ISA.
#pragma once
#include <immintrin.h>

#include <cstdint>

namespace thimble {
namespace {

struct ActSums {
    // out[b] = kFactor * (s[2 b] + s[2 b + 1])
    template <int kFactor>
    static void pair_sums(const int16_t* s, int32_t* out) {
        const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(s));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_madd_epi16(v, _mm256_set1_epi16(kFactor)));
    }
    // out[b] = d[b] * float(s[2 b] + s[2 b + 1])
    static void scaled_pair_sums(const float* d, const int16_t* s, float* out) {
        const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(s));
        const __m256 sum = _mm256_cvtepi32_ps(_mm256_madd_epi16(v, _mm256_set1_epi16(1)));
        _mm256_storeu_ps(out, _mm256_mul_ps(_mm256_loadu_ps(d), sum));
    }
    // out[h] = d[h / 2] * float(s[h])
    static void scaled_sums(const float* d, const int16_t* s, float* out) {
        const __m256 all = _mm256_loadu_ps(d);
        for (int i = 0; i < 2; ++i) {
            const __m256i at = _mm256_add_epi32(_mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3), _mm256_set1_epi32(4 * i));
            const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(s + 8 * i));
            _mm256_storeu_ps(out + 8 * i, _mm256_mul_ps(_mm256_permutevar8x32_ps(all, at),
                                                        _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(v))));
        }
    }
};

}  // namespace
}  // namespace thimble
