// SPDX-License-Identifier: MIT
// One column of Q2_K, Q3_K and Q6_K for AVX-512, whose halves of sixteen weights have integer scales of their own: loops
// of their own in place of matvec_chunk, for whole chunks of sixteen rows. 64 bytes of a row are multiplied as they lie:
// each lane is a half of a block, so that nothing is arranged before the products, and activations stay in registers.
// Sums of four products fit into 16 bits, once the bias is taken off, and so do sums of eight: they are packed twice,
// and multiplied by the scales as they are added.
// Internal linkage: compiled once an ISA.
#pragma once
#include <immintrin.h>

#include "kernels/micro/avx512_rows.h"

namespace thimble {
namespace {

// Of one row: load<J>() and weights<J>() are called for J = 0 to 3 in order; weights<J>() are 64 bytes, lanes 0 and 1 the
// halves of block(J, 0), lanes 2 and 3 those of block(J, 1); vector(b) is the J of block b. scales() are the bytes of
// four rows' scales as words, those of half h of row r at [r / 2], word r % 2 * 16 + h.
template <class F>
struct HalfRows {
    static constexpr bool kHas = false;
};
THIMBLE_INLINE __m256i two_lanes(const uint8_t* p, size_t stride) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))),
                                   _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + stride)), 1);
}
THIMBLE_INLINE __m512i twice(const uint8_t* p) {  // 32 bytes
    return _mm512_broadcast_i64x4(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
THIMBLE_INLINE __m512i upper_half_shifted(__m512i x, short n) {
    return _mm512_srlv_epi16(x, _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi16(n), 1));
}

template <>
struct HalfRows<FormatQ2_K> {
    static constexpr bool kHas = true;
    static constexpr int block(int j, int i) { return j + 4 * i; }
    static constexpr int vector(int b) { return b % 4; }
    __m512i x;
    template <int J>
    THIMBLE_INLINE void load(const uint8_t* p) {
        if constexpr (J == 0) x = _mm512_loadu_si512(p + 16);
    }
    template <int J>
    THIMBLE_INLINE __m512i weights() const {
        return _mm512_and_si512(J ? _mm512_srli_epi16(x, 2 * J) : x, _mm512_set1_epi8(3));
    }
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, __m512i out[2]) {
        const __m256i low = _mm256_set1_epi8(15);
        out[0] = _mm512_cvtepu8_epi16(_mm256_and_si256(two_lanes(p, stride), low));
        out[1] = _mm512_cvtepu8_epi16(_mm256_and_si256(two_lanes(p + 2 * stride, stride), low));
    }
};

template <>
struct HalfRows<FormatQ3_K> {
    static constexpr bool kHas = true;
    static constexpr int block(int j, int i) { return j + 4 * i; }
    static constexpr int vector(int b) { return b % 4; }
    __m512i x, high;
    template <int J>
    THIMBLE_INLINE void load(const uint8_t* p) {
        if constexpr (J == 0) {
            x = _mm512_loadu_si512(p + 32);
            high = upper_half_shifted(twice(p), 4);  // bit j is that of weights<j>()
        }
    }
    template <int J>
    THIMBLE_INLINE __m512i weights() const {
        const __m512i low = _mm512_and_si512(J ? _mm512_srli_epi16(x, 2 * J) : x, _mm512_set1_epi8(3));
        const __m512i bit = J < 2 ? _mm512_slli_epi16(high, 2 - J) : J == 2 ? high : _mm512_srli_epi16(high, 1);
        return Avx512::rb_and_or(bit, _mm512_set1_epi8(4), low);
    }
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, __m512i out[2]) {
        static constexpr uint8_t kLow[16] = {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5, 6, 7, 8, 9};
        static constexpr uint8_t kHigh[16] = {10, 11, 12, 13, 10, 11, 12, 13, 10, 11, 12, 13, 10, 11, 12, 13};
        const __m512i v = Avx512::rb_load(p + 94, stride);  // twelve bytes of scales from byte 2 on
        const __m512i low =
            _mm512_srlv_epi64(Avx512::rb_lookup(v, Avx512::rb_dup(kLow)), _mm512_set_epi64(4, 0, 4, 0, 4, 0, 4, 0));
        const __m512i high = _mm512_rolv_epi32(Avx512::rb_lookup(v, Avx512::rb_dup(kHigh)),
                                               _mm512_set4_epi32(30, 0, 2, 4));  // bits 2 i and 2 i + 1 to 4 and 5
        const __m512i sc = _mm512_sub_epi8(
            Avx512::rb_and_or(high, _mm512_set1_epi8(0x30), _mm512_and_si512(low, _mm512_set1_epi8(15))),
            _mm512_set1_epi8(32));
        out[0] = _mm512_cvtepi8_epi16(_mm512_castsi512_si256(sc));
        out[1] = _mm512_cvtepi8_epi16(_mm512_extracti64x4_epi64(sc, 1));
    }
};

template <>
struct HalfRows<FormatQ6_K> {
    static constexpr bool kHas = true;
    static constexpr int block(int j, int i) { return 2 * j + i; }
    static constexpr int vector(int b) { return b / 2; }
    __m512i x, high;
    template <int J>
    THIMBLE_INLINE void load(const uint8_t* p) {
        if constexpr (J % 2 == 0) {
            x = _mm512_loadu_si512(p + 32 * J);
            high =
                upper_half_shifted(twice(p + 128 + 16 * J), 2);  // bits 0 and 1 of the low nibbles, 4 and 5 of the high
        }
    }
    template <int J>
    THIMBLE_INLINE __m512i weights() const {
        const __m512i low = _mm512_and_si512(J % 2 ? _mm512_srli_epi16(x, 4) : x, _mm512_set1_epi8(15));
        return Avx512::rb_and_or(J % 2 ? high : _mm512_slli_epi16(high, 4), _mm512_set1_epi8(0x30), low);
    }
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, __m512i out[2]) {
        out[0] = _mm512_cvtepi8_epi16(two_lanes(p + 192, stride));
        out[1] = _mm512_cvtepi8_epi16(two_lanes(p + 192 + 2 * stride, stride));
    }
};

// From scales() of four rows to the pairs of words that the sums of weights<j>() stand in: word 2 r and 2 r + 1 of lane l is
// the scale of row r, half l % 2 of block(j, l / 2).
template <class F>
constexpr WordTable pair_scales(int j) {
    WordTable t{};
    for (int i = 0; i < 32; ++i) {
        const int l = i / 8, row = i % 8 / 2;
        t.word[i] = static_cast<uint16_t>(16 * row + 2 * HalfRows<F>::block(j, l / 2) + l % 2);
    }
    return t;
}

// weights<J>() of four rows: in lane l, word r the scaled sum of row r, half l % 2 of block(J, l / 2). start: what the bias
// leaves to add.
template <class F, int J>
THIMBLE_INLINE __m512i half_sums(const uint8_t* p, size_t stride, HalfRows<F> row[4], __m512i acts, __m512i start,
                                 const __m512i scales[2]) {
    static constexpr WordTable kPairs = pair_scales<F>(J);
    const __m512i ones = _mm512_set1_epi16(1);
    __m512i v[4];
#pragma GCC unroll 4
    for (size_t r = 0; r < 4; ++r) row[r].template load<J>(p + r * stride);
#pragma GCC unroll 4
    for (int r = 0; r < 4; ++r) v[r] = row[r].template weights<J>();
#pragma GCC unroll 4
    for (int r = 0; r < 4; ++r) v[r] = _mm512_dpbusd_epi32(start, v[r], acts);
    const __m512i ab = _mm512_madd_epi16(_mm512_packs_epi32(v[0], v[1]), ones);
    const __m512i cd = _mm512_madd_epi16(_mm512_packs_epi32(v[2], v[3]), ones);
    return _mm512_madd_epi16(_mm512_packs_epi32(ab, cd),
                             _mm512_permutex2var_epi16(scales[0], kPairs.load(), scales[1]));
}

template <class R>
requires(HalfRows<typename R::Format>::kHas) struct OwnRows<Avx512, R> {
    static constexpr bool kOwn = true;
    using F = typename R::Format;
    using Rows = HalfRows<F>;
    // |q| of a weight, once the bias is taken off: sums of eight products fit into 16 bits.
    static_assert((R::kMax - R::kBias > R::kBias ? R::kMax - R::kBias : R::kBias) * 8 * 127 <= 32767);

    THIMBLE_INLINE static __m512 chunk(const uint8_t* p, size_t stride, const ActChunk& a, const Prefetch& ahead,
                                       __m512 acc) {
        __m512i acts[4], start[4];
#pragma GCC unroll 4
        for (int j = 0; j < 4; ++j) {
            const auto* q0 = reinterpret_cast<const __m256i*>(a.q + 32 * Rows::block(j, 0));
            const auto* q1 = reinterpret_cast<const __m256i*>(a.q + 32 * Rows::block(j, 1));
            acts[j] = _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_loadu_si256(q0)), _mm256_loadu_si256(q1), 1);
            start[j] = _mm512_setzero_si512();
            if constexpr (R::kBias != 0)
                start[j] =
                    _mm512_sub_epi32(start[j], _mm512_dpbusd_epi32(start[j], _mm512_set1_epi8(R::kBias), acts[j]));
        }
        __m512i sum[2]
                   [4];  // [rows 8 g on][j]: lanes are block(j, 0) and block(j, 1) of four rows, then of the next four
#pragma GCC unroll 2
        for (size_t g = 0; g < 2; ++g) {
            __m512i v[2][4];
#pragma GCC unroll 2
            for (size_t i = 0; i < 2; ++i) {
                const uint8_t* row = p + (8 * g + 4 * i) * stride;
                __m512i scales[2];
                Rows four[4];
                Rows::scales(row, stride, scales);
                prefetch_rows<R, F::kId == kQ6_K>(ahead, static_cast<int>(4 * g + 2 * i));
                v[i][0] = half_sums<F, 0>(row, stride, four, acts[0], start[0], scales);
                v[i][1] = half_sums<F, 1>(row, stride, four, acts[1], start[1], scales);
                asm volatile("" : : : "memory");  // else GCC moves all prefetches together
                prefetch_rows<R, F::kId == kQ6_K>(ahead, static_cast<int>(4 * g + 2 * i + 1));
                v[i][2] = half_sums<F, 2>(row, stride, four, acts[2], start[2], scales);
                v[i][3] = half_sums<F, 3>(row, stride, four, acts[3], start[3], scales);
                asm volatile("" : : : "memory");
            }
#pragma GCC unroll 4
            for (int j = 0; j < 4; ++j)
                sum[g][j] = _mm512_add_epi32(_mm512_shuffle_i32x4(v[0][j], v[1][j], 0x88),
                                             _mm512_shuffle_i32x4(v[0][j], v[1][j], 0xdd));
        }
        __m512i last[4], head[4];
        header_words<Avx512>(p + F::kBytes - 16, stride, last);
        __m512 d, dmin;
        if constexpr (F::kMinimum == Minimum::kHalf) {
            header_words<Avx512>(p, stride, head);
            d = Avx512::rf_from_half(last[3]);
            dmin = _mm512_mul_ps(Avx512::rf_from_half(_mm512_srli_epi32(last[3], 16)), _mm512_set1_ps(-1.0f));
        } else {
            d = Avx512::rf_from_half(_mm512_srli_epi32(last[3], 16));
        }
        const __m512 nibbles = _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#pragma GCC unroll 8
        for (int b = 0; b < 8; ++b) {
            const int j = Rows::vector(b);
            const __m512i isum = b == Rows::block(j, 0) ? _mm512_shuffle_i32x4(sum[0][j], sum[1][j], 0x88)
                                                        : _mm512_shuffle_i32x4(sum[0][j], sum[1][j], 0xdd);
            acc = _mm512_fmadd_ps(_mm512_cvtepi32_ps(isum), _mm512_mul_ps(d, _mm512_set1_ps(a.d[b])), acc);
            if constexpr (F::kMinimum == Minimum::kHalf) {
#pragma GCC unroll 2
                for (int h = 2 * b; h < 2 * b + 2; ++h) {  // a permutation looks at four bits of its index
                    const __m512i at = _mm512_srli_epi32(head[h / 4], static_cast<unsigned>(8 * (h % 4) + 4));
                    const __m512 m = _mm512_mul_ps(dmin, _mm512_permutexvar_ps(at, nibbles));
                    acc = _mm512_fmadd_ps(m, _mm512_set1_ps(a.ds[h]), acc);
                }
            }
        }
        return acc;
    }
};

}  // namespace
}  // namespace thimble
