// SPDX-License-Identifier: MIT
// The AVX2 vocabulary (with FMA and F16C), and AVX-VNNI on top of it. First the sixteen-float words that isa/scalar.h
// defines, two ymm each; then the row words of the quantised products (kernels/README.md, "Row words"): eight rows in
// 32-bit lanes. Internal linkage, so that no other translation unit can pick up code compiled for this ISA.
#pragma once
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/isa/x86_act_sums.h"
#include "kernels/isa/x86_entries.h"

namespace thimble {
namespace {

struct Avx2 : ActSums {
    struct f {
        __m256 lo, hi;
    };
    struct i {
        __m256i lo, hi;
    };
    struct m {
        __m256i lo, hi;
    };

    static constexpr int kDenseOne = 6, kDenseSums = 6;
    static constexpr int kDenseRows = 1, kDenseCols = 6, kDenseBlock = 2048, kDenseStripe = 64;
    static constexpr bool kDenseAhead = true;
    static constexpr int kAttnRows = 2;
    static constexpr int kAttnTiles = 2;
    static constexpr int kAttnVecs = 2;
    static constexpr int kDoubleBytes = 32;

    // Eight of the sixteen floats, where all sixteen take too many registers.
    struct Half {
        using f = __m256;
        static f set1(float x) { return _mm256_set1_ps(x); }
        static f load(const float* p) { return _mm256_loadu_ps(p); }
        static void store(float* p, f a) { _mm256_storeu_ps(p, a); }
        static f load_f16(const uint16_t* p) { return _mm256_cvtph_ps(load128(p)); }
        static f load_bf16(const uint16_t* p) {
            return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(load128(p)), 16));
        }
        static f fma(f a, f b, f c) { return _mm256_fmadd_ps(a, b, c); }
    };

    static f set1(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
    static f load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
    static f load_n(const float* p, int n) {
        const m k = range(0, n);
        return {_mm256_maskload_ps(p, k.lo), _mm256_maskload_ps(p + 8, k.hi)};
    }
    static void store(float* p, f a) {
        _mm256_storeu_ps(p, a.lo);
        _mm256_storeu_ps(p + 8, a.hi);
    }
    static void store_n(float* p, int n, f a) {
        const m k = range(0, n);
        _mm256_maskstore_ps(p, k.lo, a.lo);
        _mm256_maskstore_ps(p + 8, k.hi, a.hi);
    }
    static __m128i load128(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
    static f load_f16(const uint16_t* p) { return {_mm256_cvtph_ps(load128(p)), _mm256_cvtph_ps(load128(p + 8))}; }
    static f load_bf16(const uint16_t* p) {
        const __m256i lo = _mm256_slli_epi32(_mm256_cvtepu16_epi32(load128(p)), 16);
        const __m256i hi = _mm256_slli_epi32(_mm256_cvtepu16_epi32(load128(p + 8)), 16);
        return {_mm256_castsi256_ps(lo), _mm256_castsi256_ps(hi)};
    }
    static f load_f16_n(const uint16_t* p, int n) {
        uint16_t t[16] = {};
        memcpy(t, p, 2 * static_cast<size_t>(n));
        return load_f16(t);
    }
    static f load_bf16_n(const uint16_t* p, int n) {
        uint16_t t[16] = {};
        memcpy(t, p, 2 * static_cast<size_t>(n));
        return load_bf16(t);
    }
    static void store_f16(uint16_t* p, f a) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(a.lo, _MM_FROUND_TO_NEAREST_INT));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p + 8), _mm256_cvtps_ph(a.hi, _MM_FROUND_TO_NEAREST_INT));
    }
    // 16 halves that stand 2 or 4 apart, from the one at `at`, which is less; all between are read.
    static f load_f16_apart(const uint16_t* p, int64_t apart, int64_t at) {
        const __m128i shift = _mm_cvtsi32_si128(static_cast<int>(16 * at));
        const auto two = [&](int i) {
            return _mm_blend_epi16(_mm_setzero_si128(), _mm_srl_epi64(load128(p + 8 * i), shift), 0x11);
        };
        const auto four = [&](int i) {
            if (apart == 4) return _mm_packus_epi32(two(2 * i), two(2 * i + 1));
            return _mm_blend_epi16(_mm_setzero_si128(), _mm_srl_epi32(load128(p + 8 * i), shift), 0x55);
        };
        return {_mm256_cvtph_ps(_mm_packus_epi32(four(0), four(1))),
                _mm256_cvtph_ps(_mm_packus_epi32(four(2), four(3)))};
    }
    static f load_i8(const int8_t* p) {
        const __m128i v = load128(p);
        return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(v)),
                _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_unpackhi_epi64(v, v)))};
    }

    static f add(f a, f b) { return {_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)}; }
    static f sub(f a, f b) { return {_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)}; }
    static f mul(f a, f b) { return {_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)}; }
    static f div(f a, f b) { return {_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)}; }
    static f fma(f a, f b, f c) { return {_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)}; }
    static f max(f a, f b) { return {_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)}; }
    static f min(f a, f b) { return {_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)}; }

    static m less(f a, f b) {
        return {_mm256_castps_si256(_mm256_cmp_ps(a.lo, b.lo, _CMP_LT_OQ)),
                _mm256_castps_si256(_mm256_cmp_ps(a.hi, b.hi, _CMP_LT_OQ))};
    }
    static m range(int lo, int hi) {
        const __m256i at0 = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
                      at1 = _mm256_add_epi32(at0, _mm256_set1_epi32(8));
        const __m256i first = _mm256_set1_epi32(lo), end = _mm256_set1_epi32(hi);
        return {_mm256_andnot_si256(_mm256_cmpgt_epi32(first, at0), _mm256_cmpgt_epi32(end, at0)),
                _mm256_andnot_si256(_mm256_cmpgt_epi32(first, at1), _mm256_cmpgt_epi32(end, at1))};
    }
    static f select(m c, f a, f b) {
        return {_mm256_blendv_ps(b.lo, a.lo, _mm256_castsi256_ps(c.lo)),
                _mm256_blendv_ps(b.hi, a.hi, _mm256_castsi256_ps(c.hi))};
    }

    static i set1_i(int32_t x) { return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)}; }
    static i bits(f a) { return {_mm256_castps_si256(a.lo), _mm256_castps_si256(a.hi)}; }
    static f from_bits(i a) { return {_mm256_castsi256_ps(a.lo), _mm256_castsi256_ps(a.hi)}; }
    static f to_float(i a) { return {_mm256_cvtepi32_ps(a.lo), _mm256_cvtepi32_ps(a.hi)}; }
    static i add_i(i a, i b) { return {_mm256_add_epi32(a.lo, b.lo), _mm256_add_epi32(a.hi, b.hi)}; }
    static i and_i(i a, i b) { return {_mm256_and_si256(a.lo, b.lo), _mm256_and_si256(a.hi, b.hi)}; }
    static i or_i(i a, i b) { return {_mm256_or_si256(a.lo, b.lo), _mm256_or_si256(a.hi, b.hi)}; }
    static i xor_i(i a, i b) { return {_mm256_xor_si256(a.lo, b.lo), _mm256_xor_si256(a.hi, b.hi)}; }
    static i max_i(i a, i b) { return {_mm256_max_epi32(a.lo, b.lo), _mm256_max_epi32(a.hi, b.hi)}; }
    template <int n>
    static i shl_i(i a) {
        return {_mm256_slli_epi32(a.lo, n), _mm256_slli_epi32(a.hi, n)};
    }
    static int32_t hmax_i(i a) {
        const __m256i v8 = _mm256_max_epi32(a.lo, a.hi);
        __m128i v = _mm_max_epi32(_mm256_castsi256_si128(v8), _mm256_extracti128_si256(v8, 1));
        v = _mm_max_epi32(v, _mm_shuffle_epi32(v, 0x4e));
        return _mm_cvtsi128_si32(_mm_max_epi32(v, _mm_shuffle_epi32(v, 0xb1)));
    }
    struct keys {
        __m256i lo, hi;
    };
    static constexpr int kKeyBias = 0;
    static keys load_keys(const int8_t* p) {
        return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)),
                _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32))};
    }
    static __m256i dot4_half(__m256i acc, __m256i k, __m256i q) {
        const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(k), _mm256_sign_epi8(q, k));  // <= 2 * 127 * 127
        return _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
    static i dot4_i8(i acc, keys k, int32_t q4) {
        const __m256i q = _mm256_set1_epi32(q4);
        return {dot4_half(acc.lo, k.lo, q), dot4_half(acc.hi, k.hi, q)};
    }
    static int32_t store_i8(int8_t* p, f a) {
        const __m256i lo = _mm256_cvtps_epi32(a.lo), hi = _mm256_cvtps_epi32(a.hi);
        const __m256i w = _mm256_permute4x64_epi64(_mm256_packs_epi32(lo, hi), 0xd8);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p),
                         _mm_packs_epi16(_mm256_castsi256_si128(w), _mm256_extracti128_si256(w, 1)));
        const __m256i s8 = _mm256_add_epi32(lo, hi);
        __m128i v = _mm_add_epi32(_mm256_castsi256_si128(s8), _mm256_extracti128_si256(s8, 1));
        v = _mm_add_epi32(v, _mm_shuffle_epi32(v, 0x4e));
        return _mm_cvtsi128_si32(_mm_add_epi32(v, _mm_shuffle_epi32(v, 0xb1)));
    }
    static float hsum(f a) {
        const __m256 v8 = _mm256_add_ps(a.lo, a.hi);
        const __m128 v4 = _mm_add_ps(_mm256_castps256_ps128(v8), _mm256_extractf128_ps(v8, 1));
        const __m128 v2 = _mm_add_ps(v4, _mm_movehl_ps(v4, v4));
        return _mm_cvtss_f32(_mm_add_ss(v2, _mm_movehdup_ps(v2)));
    }
    static float hmax(f a) {
        const __m256 v8 = _mm256_max_ps(a.lo, a.hi);
        const __m128 v4 = _mm_max_ps(_mm256_castps256_ps128(v8), _mm256_extractf128_ps(v8, 1));
        const __m128 v2 = _mm_max_ps(v4, _mm_movehl_ps(v4, v4));
        return _mm_cvtss_f32(_mm_max_ss(v2, _mm_movehdup_ps(v2)));
    }

    // ---- Row words -------------------------------------------------------------------------------------------------
    static constexpr int kRows = 8;              // rows in lanes
    static constexpr bool kFewRegisters = true;  // 16: one column keeps the sums of few blocks at a time
    static constexpr bool kSigned8 = true;       // bytes beyond 63 come signed: |w| x sign(a, w) is exact in maddubs
    static constexpr bool kPairSums = true;      // products come as sums of pairs in 16 bits
    static constexpr int kGemmCols = 4, kGemmColsHalves = 4;  // columns of a register tile of 2 x kRows rows
    using rf = __m256;                                        // one float a row
    using ri = __m256i;                                       // one int32 a row
    using rb = __m256i;    // 16 bytes of each of kRows / 4 rows: lane l of vector p belongs to row 4l + p
    using part = __m256i;  // unfinished sums of one vector's rows

    // A constant that stays in a register or on the stack: GCC makes it anew by three instructions at each use otherwise.
    static __m256i kept(__m256i x) {
        asm("" : "+x"(x));
        return x;
    }
    static rf rf_load(const float* p) { return _mm256_loadu_ps(p); }
    static void rf_store(float* p, rf a) { _mm256_storeu_ps(p, a); }
    static rf rf_set1(float x) { return _mm256_set1_ps(x); }
    static rf rf_mul(rf a, rf b) { return _mm256_mul_ps(a, b); }
    static rf rf_fma(rf a, rf b, rf c) { return _mm256_fmadd_ps(a, b, c); }
    static rf rf_bits(ri a) { return _mm256_castsi256_ps(a); }
    static rf rf_from_int(ri a) { return _mm256_cvtepi32_ps(a); }
    static rf rf_from_half(ri a) {  // the low 16 bits of each lane
        const __m256i low = _mm256_and_si256(a, _mm256_set1_epi32(0xffff));
        const __m256i w = _mm256_permute4x64_epi64(_mm256_packus_epi32(low, low), 0x08);
        return _mm256_cvtph_ps(_mm256_castsi256_si128(w));
    }
    static void rf_from_halves(ri a, rf& low, rf& high) {  // the low and the high 16 bits of each lane
        const __m256i order =
            _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15));
        alignas(32) uint16_t half[16];  // converted from memory: half as many operations
        ri_store(reinterpret_cast<int32_t*>(half), _mm256_permute4x64_epi64(_mm256_shuffle_epi8(a, order), 0xd8));
        asm("" : "+m"(half));
        low = rf_load_half(half);
        high = rf_load_half(half + 8);
    }
    static ri ri_load(const int32_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
    static void ri_store(int32_t* p, ri a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a); }
    static ri ri_set1(int32_t x) { return _mm256_set1_epi32(x); }
    static ri ri_byte(ri x, int j) {  // j a constant after unrolling
        if (j == 3) return _mm256_srli_epi32(x, 24);
        const int at = static_cast<int>(0x80808000u) + j;
        return _mm256_shuffle_epi8(x, _mm256_setr_epi32(at, at + 4, at + 8, at + 12, at, at + 4, at + 8, at + 12));
    }
    static ri ri_add(ri a, ri b) { return _mm256_add_epi32(a, b); }
    static ri ri_mul(ri a, ri b) { return _mm256_mullo_epi32(a, b); }
    static ri ri_mul16(ri a, ri b) { return _mm256_mullo_epi16(a, b); }
    static ri ri_and(ri a, ri b) { return _mm256_and_si256(a, b); }
    static ri ri_or(ri a, ri b) { return _mm256_or_si256(a, b); }
    static ri ri_xor(ri a, ri b) { return _mm256_xor_si256(a, b); }
    template <int n>
    static ri ri_shl(ri a) {
        return _mm256_slli_epi32(a, n);
    }
    template <int n>
    static ri ri_shr(ri a) {
        return _mm256_srli_epi32(a, n);
    }
    template <int n>
    static ri ri_sar(ri a) {
        return _mm256_srai_epi32(a, n);
    }

    static rb rb_load_two(const uint8_t* low, const uint8_t* high) {  // 16 bytes of each
        return _mm256_inserti128_si256(_mm256_castsi128_si256(load128(low)), load128(high), 1);
    }
    static rb rb_load(const uint8_t* p, size_t lane_stride) { return rb_load_two(p, p + lane_stride); }
    static rb rb_dup(const void* p) { return _mm256_broadcastsi128_si256(load128(p)); }  // the same in every lane
    static rb rb_set1(int x) { return kept(_mm256_set1_epi8(static_cast<char>(x))); }
    static rb rb_and(rb a, rb b) { return _mm256_and_si256(a, b); }
    static rb rb_or(rb a, rb b) { return _mm256_or_si256(a, b); }
    static rb rb_xor(rb a, rb b) { return _mm256_xor_si256(a, b); }
    static rb rb_sub(rb a, rb b) { return _mm256_sub_epi8(a, b); }
    static rb rb_add(rb a, rb b) { return _mm256_add_epi8(a, b); }
    static rb rb_zip_low(rb a, rb b) { return _mm256_unpacklo_epi8(a, b); }  // within lanes
    static rb rb_zip_high(rb a, rb b) { return _mm256_unpackhi_epi8(a, b); }
    static rb rb_and_or(rb a, rb b, rb c) { return _mm256_or_si256(_mm256_and_si256(a, b), c); }
    template <int n>
    static rb rb_shl(rb a) {
        return _mm256_slli_epi16(a, n);
    }  // crosses bytes within 16 bits: mask
    template <int n>
    static rb rb_shr(rb a) {
        return _mm256_srli_epi16(a, n);
    }
    static rb rb_lookup(rb table, rb index) { return _mm256_shuffle_epi8(table, index); }  // within lanes, index < 16
    static rb rb_or_if(rb a, rb x, rb bit, rb value) {  // a | value where x & bit (one bit a byte)
        const __m256i hit = _mm256_cmpeq_epi8(_mm256_and_si256(x, bit), bit);
        return _mm256_or_si256(a, _mm256_and_si256(hit, value));
    }
    static rb rb_at_least(rb a, rb b) { return _mm256_cmpeq_epi8(_mm256_max_epu8(a, b), a); }  // 255 or 0, unsigned
    static void rb_put(uint8_t* p, rb a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a); }  // as they lie
    template <class Lane>
    static rb rb_from_lanes(Lane lane) {  // lane(l): the 16 bytes of lane l
        return _mm256_inserti128_si256(_mm256_castsi128_si256(lane(0)), lane(1), 1);
    }
    // Signs: 32 bits of every row, bit n for byte n, stored so that kRows / 2 bytes at 2 p + h halves are those of bytes
    // 16 h to 16 h + 15 of the rows in vector p.
    using rs = __m256i;  // 255 where there is a sign
    static void rs_store(uint8_t* p, ri bits) {
        const __m128i low = _mm256_castsi256_si128(bits), high = _mm256_extracti128_si256(bits, 1);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm_unpacklo_epi16(low, high));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p + 16), _mm_unpackhi_epi16(low, high));
    }
    static rs rs_load_eighths(const uint8_t* p) {  // eight equal bits at a time
        int32_t bits;
        memcpy(&bits, p, 4);
        const __m256i at = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
        return _mm256_shuffle_epi8(_mm256_set1_epi32(bits), at);
    }
    static rs rs_load(const uint8_t* p) {
        const __m256i bit = _mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201));
        return _mm256_cmpeq_epi8(_mm256_and_si256(rs_load_eighths(p), bit), bit);
    }
    static rb rb_negate_if(rb a, rs signs) { return _mm256_sub_epi8(_mm256_xor_si256(a, signs), signs); }
    static rb rb_sub_if(rb a, rs signs, rb b) { return _mm256_sub_epi8(a, _mm256_and_si256(signs, b)); }
    // out[k], row r = 32-bit word k of the 16 bytes of row r.
    static void rb_transpose(const rb in[4], ri out[4]) {
        const __m256i a = _mm256_unpacklo_epi32(in[0], in[1]), b = _mm256_unpackhi_epi32(in[0], in[1]);
        const __m256i c = _mm256_unpacklo_epi32(in[2], in[3]), d = _mm256_unpackhi_epi32(in[2], in[3]);
        out[0] = _mm256_unpacklo_epi64(a, c);
        out[1] = _mm256_unpackhi_epi64(a, c);
        out[2] = _mm256_unpacklo_epi64(b, d);
        out[3] = _mm256_unpackhi_epi64(b, d);
    }
    // Float16 scales before blocks of kStep bytes: those of two blocks and eight rows, a block a lane; at(r) is where the
    // first block of row r starts. Both blocks of a row come with one load where the second scale stands early enough in
    // the upper lane.
    template <int kStep, class At>
    [[gnu::always_inline]] static __m256i two_halves(At at) {
        if constexpr (kStep == 18) {
            const auto two = [&](int r) { return _mm256_unpacklo_epi16(load256(at(r)), load256(at(r + 1))); };
            const __m256i r03 = _mm256_unpacklo_epi32(two(0), two(2)), r47 = _mm256_unpacklo_epi32(two(4), two(6));
            return low_high(r03, r47);
        } else if constexpr (kStep == 22) {
            const __m256i order = kept(_mm256_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1, 2, 3,
                                                        6, 7, 10, 11, 14, 15, -1, -1, -1, -1, -1, -1, -1, -1));
            return _mm256_unpacklo_epi64(_mm256_shuffle_epi8(second_words(at, 0), order),
                                         _mm256_shuffle_epi8(second_words(at, 4), order));
        } else {
            __m128i d[2][2];
            for (int i = 0; i < 2; ++i) halves_of(at, i * kStep, d[i]);
            return _mm256_set_m128i(_mm_unpacklo_epi64(d[1][0], d[1][1]), _mm_unpacklo_epi64(d[0][0], d[0][1]));
        }
    }
    // The same for two float16 side by side: out[0] has the first ones.
    template <int kStep, class At>
    [[gnu::always_inline]] static void two_half_pairs(At at, __m256i out[2]) {
        __m256i r03, r47;  // the first ones of four rows, then the second ones
        if constexpr (kStep == 20) {
            const __m256i order =
                kept(_mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15)));
            r03 = _mm256_shuffle_epi8(second_words(at, 0), order);
            r47 = _mm256_shuffle_epi8(second_words(at, 4), order);
        } else {
            __m128i d[2][2];
            for (int i = 0; i < 2; ++i) halves_of(at, i * kStep, d[i]);
            r03 = _mm256_set_m128i(d[1][0], d[0][0]);
            r47 = _mm256_set_m128i(d[1][1], d[0][1]);
        }
        out[0] = _mm256_unpacklo_epi64(r03, r47);
        out[1] = _mm256_unpackhi_epi64(r03, r47);
    }
    // out[b][r] = the float16 at p + r * stride + b * kStep, for b < 8: the scales of eight blocks of kStep >= 18 bytes.
    template <int kStep>
    [[gnu::always_inline]] static void load_halves(const uint8_t* p, size_t stride, float (*out)[kRows]) {
        for (int b = 0; b < 8; b += 2, p += 2 * kStep)
            store_halves(out + b, two_halves<kStep>([=](int r) { return p + static_cast<size_t>(r) * stride; }));
    }
    template <int kStep>
    [[gnu::always_inline]] static void load_half_pairs(const uint8_t* p, size_t stride, float (*first)[kRows],
                                                       float (*second)[kRows]) {
        for (int b = 0; b < 8; b += 2, p += 2 * kStep) {
            __m256i h[2];
            two_half_pairs<kStep>([=](int r) { return p + static_cast<size_t>(r) * stride; }, h);
            store_halves(first + b, h[0]);
            store_halves(second + b, h[1]);
        }
    }
    static rf rf_load_half(const uint16_t* p) { return _mm256_cvtph_ps(load128(p)); }
    static __m256i load256(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
    static __m256i low_high(__m256i a,
                            __m256i b) {  // the low halves of the low lanes, the high halves of the high lanes
        return _mm256_castpd_si256(_mm256_shuffle_pd(_mm256_castsi256_pd(a), _mm256_castsi256_pd(b), 12));
    }
    // Of rows r to r + 3: word 0 in the low lane, word 1 of the upper lane in the high lane.
    template <class At>
    static __m256i second_words(At at, int r) {
        return low_high(_mm256_unpacklo_epi32(load256(at(r)), load256(at(r + 1))),
                        _mm256_unpacklo_epi32(load256(at(r + 2)), load256(at(r + 3))));
    }
    static void store_halves(float (*out)[kRows], __m256i h) {  // a block a lane
        _mm256_storeu_ps(out[0], _mm256_cvtph_ps(_mm256_castsi256_si128(h)));
        _mm256_storeu_ps(out[1], _mm256_cvtph_ps(_mm256_extracti128_si256(h, 1)));
    }
    // The first float16 of four rows, then the second ones, of the blocks `offset` bytes on; rows 0 to 3 and 4 to 7.
    template <class At>
    static void halves_of(At at, int offset, __m128i out[2]) {
        const auto two = [&](int r) {
            return _mm_unpacklo_epi16(load128(at(r) + offset), load128(at(r + 1) + offset));
        };
        for (int i = 0; i < 2; ++i) out[i] = _mm_unpacklo_epi32(two(4 * i), two(4 * i + 2));
    }

    // Sums of pairs of products in 16 bits, exact for 0 <= w <= 128 and for signed bytes.
    template <int kMax>
    static part mul_pairs(rb w, rb a) {
        if constexpr (kMax == 128) return _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(a, w));
        return _mm256_maddubs_epi16(w, a);
    }
    static rb negative(rb a) { return _mm256_cmpgt_epi8(_mm256_setzero_si256(), a); }  // 255 or 0
    static ri sum_negative(ri a) {  // the magnitudes of the negative bytes of each lane
        const __m256i size = _mm256_and_si256(_mm256_sub_epi8(_mm256_setzero_si256(), a), negative(a));
        return widen_pairs(_mm256_maddubs_epi16(size, _mm256_set1_epi8(1)));
    }
    static part add_pairs(part a, part b) { return _mm256_add_epi16(a, b); }
    static ri widen_pairs(part a) { return _mm256_madd_epi16(a, kept(_mm256_set1_epi16(1))); }
    static ri widen_pairs_scaled(part a, ri scale) { return _mm256_madd_epi16(a, scale); }  // scale in both halves
    // How many of mul_pairs fit in 16 bits.
    template <int kMax>
    static constexpr int pair_room() {
        return kMax >= 128 ? 1 : 32767 / (kMax * 254);
    }

    // Products of weight bytes (|w| <= kMax) with activation bytes: one vector's rows, 16 or 32 values. The sums stay in
    // 16 bits while they fit.
    template <int kMax>
    static part dot16(rb w, rb a) {
        return mul_pairs<kMax>(w, a);
    }
    template <int kMax>
    static part dot32(rb w0, rb a0, rb w1, rb a1) {
        if constexpr (pair_room<kMax>() >= 2) return add_pairs(mul_pairs<kMax>(w0, a0), mul_pairs<kMax>(w1, a1));
        return _mm256_add_epi32(widen_pairs(mul_pairs<kMax>(w0, a0)), widen_pairs(mul_pairs<kMax>(w1, a1)));
    }
    static __m256i add32(__m256i a, __m256i b) { return _mm256_add_epi32(a, b); }
    // Finishes the sums of four vectors into one int32 a row, in two steps of which the first takes two vectors;
    // kValues = 16 or 32 went into each.
    template <int kMax, int kValues>
    static part fold_two(part a, part b) {
        constexpr int room = pair_room<kMax>() / (kValues / 16);  // vectors of 16-bit sums that may still be added
        if constexpr (room >= 2) {
            const part sum = add_pairs(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
            return room >= 4 ? sum : widen_pairs(sum);
        } else if constexpr (room == 1 || kValues == 16) {
            return fold_two32(widen_pairs(a), widen_pairs(b));
        } else {
            return fold_two32(a, b);
        }
    }
    template <int kMax, int kValues>
    static ri fold_four(part ab, part cd) {
        if constexpr (pair_room<kMax>() / (kValues / 16) >= 4)
            return widen_pairs(add_pairs(_mm256_unpacklo_epi64(ab, cd), _mm256_unpackhi_epi64(ab, cd)));
        return fold_four32(ab, cd);
    }
    template <int kMax, int kValues>
    static ri finish(const part v[4]) {
        return fold_four<kMax, kValues>(fold_two<kMax, kValues>(v[0], v[1]), fold_two<kMax, kValues>(v[2], v[3]));
    }
    static ri fold_two32(ri a, ri b) { return add32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b)); }
    static ri fold_four32(ri ab, ri cd) { return add32(_mm256_unpacklo_epi64(ab, cd), _mm256_unpackhi_epi64(ab, cd)); }
};

#if defined(__AVXVNNI__)
struct AvxVnni : Avx2 {
    static constexpr bool kSigned8 = false;  // products take unsigned weight bytes
    static constexpr bool kPairSums = false;
    static constexpr int kGemmCols = 3, kGemmColsHalves = 2;

    template <int kMax>
    static part dot16(rb w, rb a) {
        return _mm256_dpbusd_avx_epi32(_mm256_setzero_si256(), w, a);
    }
    template <int kMax>
    static part dot32(rb w0, rb a0, rb w1, rb a1) {
        return _mm256_dpbusd_avx_epi32(_mm256_dpbusd_avx_epi32(_mm256_setzero_si256(), w0, a0), w1, a1);
    }
    template <int kMax, int kValues>
    static part fold_two(part a, part b) {
        return fold_two32(a, b);
    }
    template <int kMax, int kValues>
    static ri fold_four(part ab, part cd) {
        return fold_four32(ab, cd);
    }
    template <int kMax, int kValues>
    static ri finish(const part v[4]) {
        return fold_four32(fold_two32(v[0], v[1]), fold_two32(v[2], v[3]));
    }
    static ri dot4(ri acc, ri w, ri a) { return _mm256_dpbusd_avx_epi32(acc, w, a); }

    static constexpr int kKeyBias = 128;
    static keys load_keys(const int8_t* p) {
        const keys k = Avx2::load_keys(p);
        const __m256i top = _mm256_set1_epi8(-128);
        return {_mm256_xor_si256(k.lo, top), _mm256_xor_si256(k.hi, top)};
    }
    static i dot4_i8(i acc, keys k, int32_t q4) {
        const __m256i q = _mm256_set1_epi32(q4);
        return {_mm256_dpbusd_avx_epi32(acc.lo, k.lo, q), _mm256_dpbusd_avx_epi32(acc.hi, k.hi, q)};
    }
};
#endif

}  // namespace
}  // namespace thimble
