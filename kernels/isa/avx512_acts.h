// SPDX-License-Identifier: MIT
// Quantising activations by AVX-512, eight blocks of 32 at a time: the largest values of all eight, their scales and the
// sums of their halves stand in lanes. Internal linkage: compiled once an ISA.
#pragma once
#include <immintrin.h>

#include <cstdint>

#include "kernels/isa/inlined.h"
#include "kernels/isa/x86_act_sums.h"

namespace thimble {
namespace {

struct Avx512Acts : ActSums {
    // Blocks that quantize_blocks takes.
    static constexpr int kQuantizeBlocks = 8;

    // 256 values to codes, 8 scales and 16 sums (kernels/README.md, "Quantised activations"). false, and nothing
    // written, if the largest value of a block is below 2^-100, infinite or NaN. The clamp to 127 is left out:
    // |x| <= amax, so that |x * (127 / amax)| < 127.5.
    THIMBLE_INLINE static bool quantize_blocks(const float* x, int8_t* q, float* d, int16_t* s) {
        const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
        __m512i top[8];
#pragma GCC unroll 8
        for (int b = 0; b < 8; ++b) {
            const __m512i x0 = _mm512_loadu_si512(x + 32 * b), x1 = _mm512_loadu_si512(x + 32 * b + 16);
            top[b] = _mm512_max_epi32(_mm512_and_si512(x0, magnitude), _mm512_and_si512(x1, magnitude));
        }
        const __m512i r0 = fold<Max>(top),
                      r1 = fold<Max>(top + 4);  // lane l: a quarter of the values of blocks 0 to 3, 4 to 7
        const __m512i half = _mm512_max_epi32(_mm512_shuffle_i32x4(r0, r1, 0x44), _mm512_shuffle_i32x4(r0, r1, 0xee));
        const __m512i turned = _mm512_shuffle_i32x4(half, half, 0xd8);
        const __m256i bits = _mm256_max_epi32(_mm512_castsi512_si256(turned), _mm512_extracti64x4_epi64(turned, 1));
        if (_mm256_cmpge_epi32_mask(bits, _mm256_set1_epi32(0x7f800000)) |
            _mm256_cmplt_epi32_mask(bits, _mm256_set1_epi32(0x0d800000)))
            return false;
        const __m256 amax = _mm256_castsi256_ps(bits), most = _mm256_set1_ps(127.0f);
        _mm256_storeu_ps(d, _mm256_div_ps(amax, most));
        alignas(32) float id[8];
        _mm256_store_ps(id, _mm256_div_ps(most, amax));

        // 32-bit word 4 v + l from word 4 l + v: what packing within lanes and folding leave, in order.
        const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
        __m512i sum[4];
#pragma GCC unroll 4
        for (int pair = 0; pair < 4; ++pair) {
            __m512i code[4];
#pragma GCC unroll 4
            for (int i = 0; i < 4; ++i)
                code[i] = _mm512_cvtps_epi32(
                    _mm512_mul_ps(_mm512_loadu_ps(x + 64 * pair + 16 * i), _mm512_set1_ps(id[2 * pair + i / 2])));
            const __m512i bytes = _mm512_permutexvar_epi32(
                order, _mm512_packs_epi16(_mm512_packs_epi32(code[0], code[1]), _mm512_packs_epi32(code[2], code[3])));
            _mm512_storeu_si512(q + 64 * pair, bytes);
            sum[pair] = _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_set1_epi8(1), bytes);
        }
        const __m512i sums = _mm512_permutexvar_epi32(order, fold<Sum>(sum));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(s), _mm512_cvtepi32_epi16(sums));
        return true;
    }

  protected:
    struct Max {
        static __m512i of(__m512i a, __m512i b) { return _mm512_max_epi32(a, b); }
    };
    struct Sum {
        static __m512i of(__m512i a, __m512i b) { return _mm512_add_epi32(a, b); }
    };
    // Word i of a lane: Op over the four words of v[i] in that lane.
    template <class Op>
    static __m512i fold(const __m512i v[4]) {
        const __m512i ab = Op::of(_mm512_unpacklo_epi32(v[0], v[1]), _mm512_unpackhi_epi32(v[0], v[1]));
        const __m512i cd = Op::of(_mm512_unpacklo_epi32(v[2], v[3]), _mm512_unpackhi_epi32(v[2], v[3]));
        return Op::of(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
    }
};

}  // namespace
}  // namespace thimble
