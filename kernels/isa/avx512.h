// SPDX-License-Identifier: MIT
// The AVX-512 vocabulary (F, BW, DQ, VL, VNNI). First the sixteen-float words that isa/scalar.h defines, one zmm
// each; then the row words of the quantised products (kernels/README.md, "Row words"): sixteen rows in 32-bit lanes.
// Internal linkage, so that no other translation unit can pick up code compiled for this ISA.
#pragma once
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/isa/avx512_acts.h"
#include "kernels/isa/x86_entries.h"

namespace thimble {
namespace {

struct Avx512 : Avx512Acts {
    using f = __m512;
    using i = __m512i;
    using m = __mmask16;

    static constexpr int kDenseOne = 10, kDenseSums = 24;
    static constexpr int kDenseRows = 4, kDenseCols = 6, kDenseBlock = 16384, kDenseStripe = 64;
    static constexpr bool kDenseAhead = true;
    static constexpr int kAttnRows = 4;
    static constexpr int kAttnTiles = 4;
    static constexpr int kAttnVecs = 4;
    static constexpr int kDoubleBytes = 64;

    static __mmask16 first(int n) { return static_cast<__mmask16>((1u << n) - 1); }
    static f set1(float x) { return _mm512_set1_ps(x); }
    static f load(const float* p) { return _mm512_loadu_ps(p); }
    static f load_n(const float* p, int n) { return _mm512_maskz_loadu_ps(first(n), p); }
    static void store(float* p, f a) { _mm512_storeu_ps(p, a); }
    static void store_n(float* p, int n, f a) { _mm512_mask_storeu_ps(p, first(n), a); }
    static f load_f16(const uint16_t* p) {
        return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    }
    static f load_f16_n(const uint16_t* p, int n) { return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first(n), p)); }
    static f load_bf16(const uint16_t* p) {
        const __m512i w = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
        return _mm512_castsi512_ps(_mm512_slli_epi32(w, 16));
    }
    static f load_bf16_n(const uint16_t* p, int n) {
        const __m512i w = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first(n), p));
        return _mm512_castsi512_ps(_mm512_slli_epi32(w, 16));
    }
    static void store_f16(uint16_t* p, f a) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT));
    }
    // 16 halves that stand 2 or 4 apart, from the one at `at`, which is less; all between are read.
    static f load_f16_apart(const uint16_t* p, int64_t apart, int64_t at) {
        const __m128i shift = _mm_cvtsi32_si128(static_cast<int>(16 * at));
        const __m512i a = _mm512_loadu_si512(p);
        if (apart == 2) return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_srl_epi32(a, shift)));
        const __m128i low = _mm512_cvtepi64_epi16(_mm512_srl_epi64(a, shift));
        const __m128i high = _mm512_cvtepi64_epi16(_mm512_srl_epi64(_mm512_loadu_si512(p + 32), shift));
        return _mm512_cvtph_ps(_mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1));
    }
    static f load_i8(const int8_t* p) {
        return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
    }

    static f add(f a, f b) { return _mm512_add_ps(a, b); }
    static f sub(f a, f b) { return _mm512_sub_ps(a, b); }
    static f mul(f a, f b) { return _mm512_mul_ps(a, b); }
    static f div(f a, f b) { return _mm512_div_ps(a, b); }
    static f fma(f a, f b, f c) { return _mm512_fmadd_ps(a, b, c); }
    static f max(f a, f b) { return _mm512_max_ps(a, b); }  // a > b ? a : b, as the words are defined
    static f min(f a, f b) { return _mm512_min_ps(a, b); }

    static m less(f a, f b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
    static m range(int lo, int hi) {
        lo = lo < 0 ? 0 : lo > 16 ? 16 : lo;
        hi = hi < lo ? lo : hi > 16 ? 16 : hi;
        return static_cast<__mmask16>(((1u << hi) - 1) & ~((1u << lo) - 1));
    }
    static f select(m c, f a, f b) { return _mm512_mask_blend_ps(c, b, a); }

    static i set1_i(int32_t x) { return _mm512_set1_epi32(x); }
    static i bits(f a) { return _mm512_castps_si512(a); }
    static f from_bits(i a) { return _mm512_castsi512_ps(a); }
    static f to_float(i a) { return _mm512_cvtepi32_ps(a); }
    static i add_i(i a, i b) { return _mm512_add_epi32(a, b); }
    static i and_i(i a, i b) { return _mm512_and_si512(a, b); }
    static i or_i(i a, i b) { return _mm512_or_si512(a, b); }
    static i xor_i(i a, i b) { return _mm512_xor_si512(a, b); }
    static i max_i(i a, i b) { return _mm512_max_epi32(a, b); }
    template <int n>
    static i shl_i(i a) {
        return _mm512_slli_epi32(a, n);
    }
    static int32_t hmax_i(i a) { return _mm512_reduce_max_epi32(a); }
    using keys = __m512i;
    static constexpr int kKeyBias = 128;
    static keys load_keys(const int8_t* p) { return _mm512_xor_si512(_mm512_loadu_si512(p), _mm512_set1_epi8(-128)); }
    static i dot4_i8(i acc, keys k, int32_t q4) { return _mm512_dpbusd_epi32(acc, k, _mm512_set1_epi32(q4)); }
    static int32_t store_i8(int8_t* p, f a) {
        const __m512i v = _mm512_cvtps_epi32(a);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(v));
        return _mm512_reduce_add_epi32(v);
    }
    static float hsum(f a) {
        const __m256 v8 = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
        const __m128 v4 = _mm_add_ps(_mm256_castps256_ps128(v8), _mm256_extractf128_ps(v8, 1));
        const __m128 v2 = _mm_add_ps(v4, _mm_movehl_ps(v4, v4));
        return _mm_cvtss_f32(_mm_add_ss(v2, _mm_movehdup_ps(v2)));
    }
    static void hsum4(f a, f b, f c, f d, float* out) {  // out[0] = hsum(a), ...
        const f ab = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee));
        const f cd = _mm512_add_ps(_mm512_shuffle_f32x4(c, d, 0x44), _mm512_shuffle_f32x4(c, d, 0xee));
        const f v4 = _mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, 0x88), _mm512_shuffle_f32x4(ab, cd, 0xdd));
        const f v2 = _mm512_add_ps(v4, _mm512_permute_ps(v4, 0xee));
        const f v1 = _mm512_add_ps(v2, _mm512_movehdup_ps(v2));
        _mm_storeu_ps(out, _mm512_castps512_ps128(_mm512_maskz_compress_ps(0x1111, v1)));
    }
    static float hmax(f a) {
        const __m256 v8 = _mm256_max_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
        const __m128 v4 = _mm_max_ps(_mm256_castps256_ps128(v8), _mm256_extractf128_ps(v8, 1));
        const __m128 v2 = _mm_max_ps(v4, _mm_movehl_ps(v4, v4));
        return _mm_cvtss_f32(_mm_max_ss(v2, _mm_movehdup_ps(v2)));
    }

    // ---- Row words -------------------------------------------------------------------------------------------------
    static constexpr int kRows = 16;  // rows in lanes
    static constexpr bool kFewRegisters = false;
    static constexpr bool kSigned8 = false;  // products take unsigned weight bytes
    static constexpr bool kPairSums = false;
    static constexpr int kGemmCols = 6, kGemmColsHalves = 4;  // columns of a register tile of 2 x kRows rows
    using rf = __m512;                                        // one float a row
    using ri = __m512i;                                       // one int32 a row
    using rb = __m512i;    // 16 bytes of each of kRows / 4 rows: lane l of vector p belongs to row 4l + p
    using part = __m512i;  // unfinished sums of one vector's rows

    static rf rf_load(const float* p) { return _mm512_loadu_ps(p); }
    static void rf_store(float* p, rf a) { _mm512_storeu_ps(p, a); }
    static rf rf_set1(float x) { return _mm512_set1_ps(x); }
    static rf rf_mul(rf a, rf b) { return _mm512_mul_ps(a, b); }
    static rf rf_fma(rf a, rf b, rf c) { return _mm512_fmadd_ps(a, b, c); }
    static rf rf_bits(ri a) { return _mm512_castsi512_ps(a); }
    static rf rf_from_int(ri a) { return _mm512_cvtepi32_ps(a); }
    static rf rf_from_half(ri a) { return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(a)); }  // the low 16 bits of each lane
    static ri ri_load(const int32_t* p) { return _mm512_loadu_si512(p); }
    static void ri_store(int32_t* p, ri a) { _mm512_storeu_si512(p, a); }
    static ri ri_set1(int32_t x) { return _mm512_set1_epi32(x); }
    static ri ri_add(ri a, ri b) { return _mm512_add_epi32(a, b); }
    static ri ri_mul(ri a, ri b) { return _mm512_mullo_epi32(a, b); }
    static ri ri_mul16(ri a, ri b) { return _mm512_mullo_epi16(a, b); }
    static ri ri_and(ri a, ri b) { return _mm512_and_si512(a, b); }
    static ri ri_or(ri a, ri b) { return _mm512_or_si512(a, b); }
    static ri ri_xor(ri a, ri b) { return _mm512_xor_si512(a, b); }
    template <int n>
    static ri ri_shl(ri a) {
        return _mm512_slli_epi32(a, n);
    }
    template <int n>
    static ri ri_shr(ri a) {
        return _mm512_srli_epi32(a, n);
    }
    template <int n>
    static ri ri_sar(ri a) {
        return _mm512_srai_epi32(a, n);
    }

    static ri ri_byte(ri x, int j) {  // j a constant after unrolling
        const __m512i y = j ? _mm512_srli_epi32(x, static_cast<unsigned>(8 * j)) : x;
        return j == 3 ? y : _mm512_and_si512(y, _mm512_set1_epi32(255));
    }

    static rb rb_load(const uint8_t* p, size_t lane_stride) {  // 16 bytes at p, p + lane_stride, ...
        const auto two = [&](const uint8_t* q) {               // 256-bit insertions cost Zen 4 half of 512-bit ones
            const auto* first = reinterpret_cast<const __m128i*>(q);
            const auto* second = reinterpret_cast<const __m128i*>(q + lane_stride);
            return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(first)), _mm_loadu_si128(second), 1);
        };
        return _mm512_inserti64x4(_mm512_castsi256_si512(two(p)), two(p + 2 * lane_stride), 1);
    }
    static rb rb_dup(const void* p) {  // the same 16 bytes in every lane
        return _mm512_broadcast_i32x4(_mm_loadu_si128(static_cast<const __m128i*>(p)));
    }
    static rb rb_set1(int x) { return _mm512_set1_epi8(static_cast<char>(x)); }
    static rb rb_and(rb a, rb b) { return _mm512_and_si512(a, b); }
    static rb rb_or(rb a, rb b) { return _mm512_or_si512(a, b); }
    static rb rb_xor(rb a, rb b) { return _mm512_xor_si512(a, b); }
    static rb rb_sub(rb a, rb b) { return _mm512_sub_epi8(a, b); }
    static rb rb_add(rb a, rb b) { return _mm512_add_epi8(a, b); }
    static rb rb_zip_low(rb a, rb b) { return _mm512_unpacklo_epi8(a, b); }  // within lanes
    static rb rb_zip_high(rb a, rb b) { return _mm512_unpackhi_epi8(a, b); }
    static rb rb_and_or(rb a, rb b, rb c) { return _mm512_ternarylogic_epi32(a, b, c, 0xea); }  // (a & b) | c
    template <int n>
    static rb rb_shl(rb a) {
        return _mm512_slli_epi16(a, n);
    }  // crosses bytes within 16 bits: mask
    template <int n>
    static rb rb_shr(rb a) {
        return _mm512_srli_epi16(a, n);
    }
    static rb rb_lookup(rb table, rb index) { return _mm512_shuffle_epi8(table, index); }  // within lanes, index < 16
    static rb rb_or_if(rb a, rb x, rb bit, rb value) {  // a | value where x & bit, a and value without common bits
        return _mm512_mask_add_epi8(a, _mm512_test_epi8_mask(x, bit), a, value);
    }
    static rb rb_at_least(rb a, rb b) { return _mm512_movm_epi8(_mm512_cmpge_epu8_mask(a, b)); }  // 255 or 0, unsigned
    static void rb_put(uint8_t* p, rb a) { _mm512_storeu_si512(p, a); }                           // as they lie
    template <class Lane>
    static rb rb_from_lanes(Lane lane) {  // lane(l): the 16 bytes of lane l
        const __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(lane(0)), lane(1), 1);
        const __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(lane(2)), lane(3), 1);
        return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    }
    // Signs: 32 bits of every row, bit n for byte n, stored so that kRows / 2 bytes at 2 p + h halves are those of bytes
    // 16 h to 16 h + 15 of the rows in vector p.
    using rs = __mmask64;
    static void rs_store(uint8_t* p, ri bits) {
        const __m512i at = _mm512_set_epi16(31, 23, 15, 7, 30, 22, 14, 6, 29, 21, 13, 5, 28, 20, 12, 4, 27, 19, 11, 3,
                                            26, 18, 10, 2, 25, 17, 9, 1, 24, 16, 8, 0);
        _mm512_storeu_si512(p, _mm512_permutexvar_epi16(at, bits));
    }
    static rs rs_load(const uint8_t* p) { return _load_mask64(reinterpret_cast<__mmask64*>(const_cast<uint8_t*>(p))); }
    static rs rs_load_eighths(const uint8_t* p) { return rs_load(p); }  // eight equal bits at a time
    static rb rb_negate_if(rb a, rs signs) { return _mm512_mask_sub_epi8(a, signs, _mm512_setzero_si512(), a); }
    static rb rb_sub_if(rb a, rs signs, rb b) { return _mm512_mask_sub_epi8(a, signs, a, b); }
    // out[k], row r = 32-bit word k of the 16 bytes of row r.
    static void rb_transpose(const rb in[4], ri out[4]) {
        const __m512i a = _mm512_unpacklo_epi32(in[0], in[1]), b = _mm512_unpackhi_epi32(in[0], in[1]);
        const __m512i c = _mm512_unpacklo_epi32(in[2], in[3]), d = _mm512_unpackhi_epi32(in[2], in[3]);
        out[0] = _mm512_unpacklo_epi64(a, c);
        out[1] = _mm512_unpackhi_epi64(a, c);
        out[2] = _mm512_unpacklo_epi64(b, d);
        out[3] = _mm512_unpackhi_epi64(b, d);
    }
    // out[b][r] = the float16 at p + r * stride + b * kStep, for b < 8: the scales of eight blocks of kStep bytes; reads
    // nothing outside these blocks. Two or four scales come with one load a row; a masked permute of two rows puts
    // each into its place.
    template <int kStep>
    static void load_halves(const uint8_t* p, size_t stride, float (*out)[kRows]) {
        constexpr int kEach = 3 * kStep + 2 <= 64 ? 4 : 2;
        for (int b = 0; b < 8; b += kEach) {
            const int base =
                b * kStep + 66 <= 8 * kStep ? b * kStep : 8 * kStep - 66;  // p may stand 2 bytes into a block
            const int w = (b * kStep - base) / 2, s = kStep / 2;
            const __m512i high = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi16(s), 1);
            // Even words from the first of two rows, odd ones from the second.
            const __m512i idx0 = _mm512_add_epi16(_mm512_set1_epi32((32 + w) << 16 | w), high);
            const __m512i idx1 = _mm512_add_epi16(idx0, _mm512_set1_epi16(2 * s));
            __m512i c0[4], c1[4];  // chains, as a masked permute waits for the one before it
#pragma GCC unroll 8
            for (int r = 0; r < kRows; r += 2) {
                const uint8_t* row = p + static_cast<size_t>(r) * stride + base;
                const __m512i v0 = _mm512_loadu_si512(row), v1 = _mm512_loadu_si512(row + stride);
                const __mmask32 k = 0x30003u << r;
                const __m512i x0 = _mm512_maskz_permutex2var_epi16(k, v0, idx0, v1);
                c0[r / 2 % 4] = r < 8 ? x0 : _mm512_or_si512(c0[r / 2 % 4], x0);
                if (kEach == 4) {
                    const __m512i x1 = _mm512_maskz_permutex2var_epi16(k, v0, idx1, v1);
                    c1[r / 2 % 4] = r < 8 ? x1 : _mm512_or_si512(c1[r / 2 % 4], x1);
                }
            }
            const __m512i z0 = _mm512_or_si512(_mm512_or_si512(c0[0], c0[1]), _mm512_or_si512(c0[2], c0[3]));
            const __m512i z1 =
                kEach == 4 ? _mm512_or_si512(_mm512_or_si512(c1[0], c1[1]), _mm512_or_si512(c1[2], c1[3])) : z0;
            _mm512_storeu_ps(out[b], _mm512_cvtph_ps(_mm512_castsi512_si256(z0)));
            _mm512_storeu_ps(out[b + 1], _mm512_cvtph_ps(_mm512_extracti64x4_epi64(z0, 1)));
            if (kEach == 4) {
                _mm512_storeu_ps(out[b + 2], _mm512_cvtph_ps(_mm512_castsi512_si256(z1)));
                _mm512_storeu_ps(out[b + 3], _mm512_cvtph_ps(_mm512_extracti64x4_epi64(z1, 1)));
            }
        }
    }

    // The same for two float16 side by side.
    template <int kStep>
    static void load_half_pairs(const uint8_t* p, size_t stride, float (*first)[kRows], float (*second)[kRows]) {
        load_halves<kStep>(p, stride, first);
        load_halves<kStep>(p + 2, stride, second);
    }

    // Products of weight bytes (|w| <= kMax) with activation bytes: one vector's rows, 16 or 32 values.
    template <int kMax>
    static part dot16(rb w, rb a) {
        return _mm512_dpbusd_epi32(_mm512_setzero_si512(), w, a);
    }
    template <int kMax>
    static part dot32(rb w0, rb a0, rb w1, rb a1) {
        return _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(_mm512_setzero_si512(), w0, a0), w1, a1);
    }
    // Finishes the sums of four vectors into one int32 a row; kValues = 16 or 32 went into each. Sums of kValues / 4
    // products that stay within 16 bits are packed, and added in pairs by a multiplication: six instructions, not nine.
    template <int kMax, int kValues>
    static ri finish(const part v[4]) {
        constexpr int kLargest = kValues / 4 * kMax * 127;
        if constexpr (kLargest <= 32767) {
            const __m512i ones = _mm512_set1_epi16(1);
            const __m512i ab = _mm512_madd_epi16(_mm512_packs_epi32(v[0], v[1]), ones);
            const __m512i cd = _mm512_madd_epi16(_mm512_packs_epi32(v[2], v[3]), ones);
            if constexpr (2 * kLargest <= 32767) return _mm512_madd_epi16(_mm512_packs_epi32(ab, cd), ones);
            const __m512 x = _mm512_castsi512_ps(ab), y = _mm512_castsi512_ps(cd);
            return _mm512_add_epi32(_mm512_castps_si512(_mm512_shuffle_ps(x, y, 0x88)),
                                    _mm512_castps_si512(_mm512_shuffle_ps(x, y, 0xdd)));
        }
        return fold<Sum>(v);
    }
    // acc[r] += sum of four products of the bytes in lane r with the four activations in every lane of a.
    static ri dot4(ri acc, ri w, ri a) { return _mm512_dpbusd_epi32(acc, w, a); }
};

}  // namespace
}  // namespace thimble
