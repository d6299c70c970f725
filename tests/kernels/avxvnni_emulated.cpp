// SPDX-License-Identifier: MIT
// The AVX-VNNI tier with vpdpbusd made of AVX2's products of 16 bits, for CPUs without it: everything but the encoding
// of that instruction can be tested there.
#if defined(__x86_64__) && !defined(THIMBLE_SCALAR_ONLY)
#include <immintrin.h>

static inline __m256i emulated_dpbusd(__m256i sum, __m256i u, __m256i s) {
    const __m256i even =
        _mm256_madd_epi16(_mm256_and_si256(u, _mm256_set1_epi16(255)), _mm256_srai_epi16(_mm256_slli_epi16(s, 8), 8));
    const __m256i odd = _mm256_madd_epi16(_mm256_srli_epi16(u, 8), _mm256_srai_epi16(s, 8));
    return _mm256_add_epi32(sum, _mm256_add_epi32(even, odd));
}

#define __AVXVNNI__ 1
#define _mm256_dpbusd_avx_epi32 emulated_dpbusd
#define target_avxvnni target_avxvnni_emulated
#include "kernels/targets/avxvnni.cpp"

void avxvnni_emulated(thimble::Kernels* k);
void avxvnni_emulated(thimble::Kernels* k) { thimble::target_avxvnni_emulated(k); }
#endif
