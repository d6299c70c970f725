// SPDX-License-Identifier: MIT
// One column of IQ2_XXS, IQ2_XS, IQ3_XXS and IQ3_S where a permutation of bytes looks up 64 grid entries at a time
// (AVX-512 VBMI): the grids stand in registers, no index leaves the vectors. Sixteen rows in 32-bit lanes; the indexes
// of a block, or of half of one (IQ3), are the four bytes of a lane. What is looked up are planes: plane t holds weight t
// of each of the four entries. Their products with the activations, which are put in the same order once a chunk, add up
// to the block's sum in the lane, so that nothing has to be turned afterwards. Internal linkage: compiled once an ISA.
#pragma once
#include "kernels/isa/avx512.h"
#include "kernels/micro/quant_matvec.h"

namespace thimble {
namespace {

struct Bytes64 {
    uint8_t of[64];
};
template <class Fn>
constexpr Bytes64 bytes64(Fn fn) {
    Bytes64 b{};
    for (int i = 0; i < 64; ++i) b.of[i] = static_cast<uint8_t>(fn(i));
    return b;
}
inline __m512i load64(const Bytes64& b) { return _mm512_loadu_si512(b.of); }

// Seven signs to eight, whose number is even: a table of 128.
constexpr int with_eighth(int seven) {
    int ones = 0;
    for (int i = 0; i < 7; ++i) ones += seven >> i & 1;
    return seven | (ones & 1) << 7;
}
struct EvenSigns {
    static constexpr Bytes64 kLow = bytes64([](int i) { return with_eighth(i); }),
                             kHigh = bytes64([](int i) { return with_eighth(64 + i); });
    __m512i low = load64(kLow), high = load64(kHigh);
    __m512i operator()(__m512i seven) const { return _mm512_permutex2var_epi8(low, seven, high); }  // bit 7 is ignored
    __m512i of_28(__m512i word) const {  // four fields of seven bits
        static constexpr Bytes64 kFields = bytes64([](int i) { return i % 8 / 4 * 32 + i % 4 * 7; });
        return (*this)(_mm512_multishift_epi64_epi8(load64(kFields), word));
    }
};
// Four bits of each 16 to a byte, with others above them: half h of 32 signs in the order of planes.
template <int h>
inline __m512i spread_signs(__m512i signs) {
    static constexpr Bytes64 kFields = bytes64([](int i) { return i % 8 / 4 * 32 + 16 * h + i % 4 * 4; });
    return _mm512_multishift_epi64_epi8(load64(kFields), signs);
}

// One byte of kEntries entries; the packed grid has two.
template <int kEntries>
struct ByteTable {
    __m512i part[kEntries / 64];
    ByteTable(const uint16_t* grid, int byte) {
        static constexpr Bytes64 kEven = bytes64([](int i) { return 2 * i; });
        const __m512i at = _mm512_add_epi8(load64(kEven), _mm512_set1_epi8(static_cast<char>(byte)));
        for (int i = 0; i < kEntries / 64; ++i)
            part[i] =
                _mm512_permutex2var_epi8(_mm512_loadu_si512(grid + 64 * i), at, _mm512_loadu_si512(grid + 64 * i + 32));
    }
    // index: eight bits, of which `seventh` is the uppermost; upper: the ninth
    __m512i lookup(__m512i index, __mmask64 seventh, __mmask64 upper) const {
        const auto two = [&](int i) {
            return _mm512_mask_blend_epi8(seventh, _mm512_permutex2var_epi8(part[i], index, part[i + 1]),
                                          _mm512_permutex2var_epi8(part[i + 2], index, part[i + 3]));
        };
        if constexpr (kEntries == 256)
            return two(0);
        else
            return _mm512_mask_blend_epi8(upper, two(0), two(4));
    }
};

// The activations of a chunk in the order of planes of entries of kWeights: the four bytes t of four entries side by side.
template <int kWeights>
struct PlaneActs {
    alignas(64) int8_t q[256];
    explicit PlaneActs(const int8_t* acts) {
        static constexpr Bytes64 kFrom = bytes64([](int i) {
            constexpr int kGroup = 4 * kWeights;
            return i / kGroup * kGroup + i % 4 * kWeights + i % kGroup / 4;
        });
        for (int i = 0; i < 256; i += 64)
            _mm512_store_si512(q + i, _mm512_permutexvar_epi8(load64(kFrom), _mm512_loadu_si512(acts + i)));
    }
    // Plane t of four entries, number n of the chunk; negative where a byte of signs has `bit`.
    __m512i plane(int n, int t, __m512i signs, int bit) const {
        int32_t four;
        memcpy(&four, q + 4 * (kWeights * n + t), 4);
        const __m512i a = _mm512_set1_epi32(four);
        const __mmask64 minus = _mm512_test_epi8_mask(signs, _mm512_set1_epi8(static_cast<char>(1 << bit)));
        return _mm512_mask_sub_epi8(a, minus, _mm512_setzero_si512(), a);
    }
};

// The eight planes of an entry of IQ2: two bits each, four to a byte.
struct TwoBits {
    static constexpr Bytes64 kValues = bytes64([](int i) {
        constexpr int kMagnitudes[4] = {8, 25, 43, 0};
        return kMagnitudes[i % 4];
    });
    __m512i values = load64(kValues);
    template <int t>
    __m512i plane(__m512i low, __m512i high) const {
        return _mm512_permutexvar_epi8(_mm512_srli_epi16(t < 4 ? low : high, t % 4 * 2), values);
    }
};

inline __m512i twice_and_one_scale(__m512i s) { return _mm512_add_epi32(_mm512_add_epi32(s, s), _mm512_set1_epi32(1)); }
inline __m512 scale_of_word(__m512 d, __m512i word, float part) {  // the upper four bits
    const __m512 scale = _mm512_cvtepi32_ps(twice_and_one_scale(_mm512_srli_epi32(word, 28)));
    return _mm512_mul_ps(_mm512_mul_ps(d, scale), _mm512_set1_ps(part));
}
inline __m512 block_step(__m512i sum, __m512 dw, float da, __m512 acc) {
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(dw, _mm512_set1_ps(da)), acc);
}

// matvec_chunk of quant_matvec.h calls chunk() of a reader that has it.
template <class F>
struct PermuteReader {
    using Format = F;
    using V = Avx512;
    static constexpr int kBias = 0, kMax = F::kQuantMax;
    static constexpr bool kStaged = false;
    static __m512 chunk(const uint8_t* p, size_t stride, const ActChunk& a, int blocks, const Prefetch& ahead,
                        __m512 acc);
};

template <>
inline __m512 PermuteReader<FormatIQ2_XXS>::chunk(const uint8_t* p, size_t stride, const ActChunk& a, int blocks,
                                                  const Prefetch& ahead, __m512 acc) {
    const ByteTable<256> low(kGridIq2Xxs, 0), high(kGridIq2Xxs, 1);
    const EvenSigns even;
    const TwoBits two;
    const PlaneActs<8> acts(a.q);
    __m512i h[4];
    header_words<V>(p, stride, h);
    const __m512 d = V::rf_from_half(h[0]);
    for (int b = 0; b < blocks; ++b) {
        prefetch_eighth<V, PermuteReader>(ahead, b);
        if (b % 2 == 0)
            header_words<V>(p + 2 + 8 * b, stride, h);
        else
            h[0] = h[2], h[1] = h[3];
        const __m512i index = h[0], word = h[1];
        const __m512i signs = even.of_28(word);
        const __mmask64 seventh = _mm512_movepi8_mask(index);
        const __m512i l = low.lookup(index, seventh, 0), u = high.lookup(index, seventh, 0);
        __m512i s0 = _mm512_setzero_si512(), s1 = s0;
        s0 = _mm512_dpbusd_epi32(s0, two.plane<0>(l, u), acts.plane(b, 0, signs, 0));
        s1 = _mm512_dpbusd_epi32(s1, two.plane<1>(l, u), acts.plane(b, 1, signs, 1));
        s0 = _mm512_dpbusd_epi32(s0, two.plane<2>(l, u), acts.plane(b, 2, signs, 2));
        s1 = _mm512_dpbusd_epi32(s1, two.plane<3>(l, u), acts.plane(b, 3, signs, 3));
        s0 = _mm512_dpbusd_epi32(s0, two.plane<4>(l, u), acts.plane(b, 4, signs, 4));
        s1 = _mm512_dpbusd_epi32(s1, two.plane<5>(l, u), acts.plane(b, 5, signs, 5));
        s0 = _mm512_dpbusd_epi32(s0, two.plane<6>(l, u), acts.plane(b, 6, signs, 6));
        s1 = _mm512_dpbusd_epi32(s1, two.plane<7>(l, u), acts.plane(b, 7, signs, 7));
        acc = block_step(_mm512_add_epi32(s0, s1), scale_of_word(d, word, 0.125f), a.d[b], acc);
    }
    return acc;
}

template <>
inline __m512 PermuteReader<FormatIQ2_XS>::chunk(const uint8_t* p, size_t stride, const ActChunk& a, int blocks,
                                                 const Prefetch& ahead, __m512 acc) {
    // Of the two words of a block, 16 bits for eight weights each, the lower bytes; the upper ones follow them.
    static constexpr Bytes64 kLower = bytes64([](int i) { return i / 4 * 4 + i % 2 * 2 + i % 4 / 2 * 64; });
    const ByteTable<512> low(kGridIq2Xs, 0), high(kGridIq2Xs, 1);
    const EvenSigns even;
    const TwoBits two;
    const PlaneActs<8> acts(a.q);
    const __m512i lower = load64(kLower), upper = _mm512_add_epi8(lower, _mm512_set1_epi8(1));
    __m512i h[4], nibbles[4];
    header_words<V>(p, stride, h);
    const __m512 dw = _mm512_mul_ps(V::rf_from_half(h[0]), _mm512_set1_ps(0.125f));
    header_words<V>(p + 58, stride, nibbles);  // the scales are the last two words
    for (int b = 0; b < blocks; ++b) {
        prefetch_eighth<V, PermuteReader>(ahead, b);
        if (b % 2 == 0)
            header_words<V>(p + 2 + 8 * b, stride, h);
        else
            h[0] = h[2], h[1] = h[3];
        const __m512i w0 = h[0], w1 = h[1];
        const __m512i index = _mm512_permutex2var_epi8(w0, lower, w1), rest = _mm512_permutex2var_epi8(w0, upper, w1);
        const __m512i signs = even(_mm512_srli_epi16(rest, 1));
        const __mmask64 seventh = _mm512_movepi8_mask(index), ninth = _mm512_test_epi8_mask(rest, _mm512_set1_epi8(1));
        const __m512i l = low.lookup(index, seventh, ninth), u = high.lookup(index, seventh, ninth);
        // Both scales of the block, 16 bits each.
        const __m512i x = _mm512_srl_epi32(nibbles[2 + b / 4], _mm_cvtsi32_si128(b % 4 * 8));
        const __m512i s = _mm512_or_si512(_mm512_and_si512(x, _mm512_set1_epi32(15)),
                                          _mm512_and_si512(_mm512_slli_epi32(x, 12), _mm512_set1_epi32(15 << 16)));
        const __m512i scales = _mm512_add_epi16(_mm512_add_epi16(s, s), _mm512_set1_epi16(1));
        // Sums of the pairs of a half: 16 bits hold those of three planes.
        static_assert(3 * 2 * 43 * 127 <= 32767);
        const __m512i t0 = _mm512_maddubs_epi16(two.plane<0>(l, u), acts.plane(b, 0, signs, 0));
        const __m512i t1 = _mm512_maddubs_epi16(two.plane<1>(l, u), acts.plane(b, 1, signs, 1));
        const __m512i t2 = _mm512_maddubs_epi16(two.plane<2>(l, u), acts.plane(b, 2, signs, 2));
        const __m512i t3 = _mm512_maddubs_epi16(two.plane<3>(l, u), acts.plane(b, 3, signs, 3));
        const __m512i t4 = _mm512_maddubs_epi16(two.plane<4>(l, u), acts.plane(b, 4, signs, 4));
        const __m512i t5 = _mm512_maddubs_epi16(two.plane<5>(l, u), acts.plane(b, 5, signs, 5));
        const __m512i t6 = _mm512_maddubs_epi16(two.plane<6>(l, u), acts.plane(b, 6, signs, 6));
        const __m512i t7 = _mm512_maddubs_epi16(two.plane<7>(l, u), acts.plane(b, 7, signs, 7));
        const __m512i t012 = _mm512_add_epi16(_mm512_add_epi16(t0, t1), t2);
        const __m512i t345 = _mm512_add_epi16(_mm512_add_epi16(t3, t4), t5);
        __m512i sum = _mm512_dpwssd_epi32(_mm512_setzero_si512(), t012, scales);
        sum = _mm512_dpwssd_epi32(sum, t345, scales);
        sum = _mm512_dpwssd_epi32(sum, _mm512_add_epi16(t6, t7), scales);
        acc = block_step(sum, dw, a.d[b], acc);
    }
    return acc;
}

// IQ3: products of half h of a block, whose planes w[t] are those of its four entries.
template <int h>
inline __m512i add_half(__m512i sum, const __m512i w[4], const PlaneActs<4>& acts, int b, __m512i spread) {
    for (int t = 0; t < 4; ++t) sum = _mm512_dpbusd_epi32(sum, w[t], acts.plane(2 * b + h, t, spread, t));
    return sum;
}
inline void split_nibbles(__m512i low, __m512i high, __m512i w[4]) {
    const __m512i mask = _mm512_set1_epi8(15);
    w[0] = _mm512_and_si512(low, mask);
    w[1] = _mm512_and_si512(_mm512_srli_epi16(low, 4), mask);
    w[2] = _mm512_and_si512(high, mask);
    w[3] = _mm512_and_si512(_mm512_srli_epi16(high, 4), mask);
}

template <>
inline __m512 PermuteReader<FormatIQ3_XXS>::chunk(const uint8_t* p, size_t stride, const ActChunk& a, int blocks,
                                                  const Prefetch& ahead, __m512 acc) {
    static constexpr Bytes64 kValues = bytes64([](int i) { return i % 8 == 7 ? 62 : i % 8 * 8 + 4; });
    const ByteTable<256> low(kGridIq3Xxs, 0), high(kGridIq3Xxs, 1);
    const EvenSigns even;
    const PlaneActs<4> acts(a.q);
    const __m512i values = load64(kValues);
    __m512i h[4], words[4];
    header_words<V>(p, stride, h);
    const __m512 d = V::rf_from_half(h[0]);
    for (int b = 0; b < blocks; ++b) {
        prefetch_eighth<V, PermuteReader>(ahead, b);
        if (b % 4 == 0) header_words<V>(p + 66 + 4 * b, stride, words);
        if (b % 2 == 0) header_words<V>(p + 2 + 8 * b, stride, h);
        const __m512i word = words[b % 4], signs = even.of_28(word);
        const auto planes = [&](__m512i index, __m512i w[4]) {
            const __mmask64 seventh = _mm512_movepi8_mask(index);
            split_nibbles(low.lookup(index, seventh, 0), high.lookup(index, seventh, 0), w);
            for (int t = 0; t < 4; ++t) w[t] = _mm512_shuffle_epi8(values, w[t]);
        };
        __m512i w[4], s0 = _mm512_setzero_si512(), s1 = s0;
        planes(h[b % 2 * 2], w);
        s0 = add_half<0>(s0, w, acts, b, spread_signs<0>(signs));
        planes(h[b % 2 * 2 + 1], w);
        s1 = add_half<1>(s1, w, acts, b, spread_signs<1>(signs));
        acc = block_step(_mm512_add_epi32(s0, s1), scale_of_word(d, word, 0.25f), a.d[b], acc);
    }
    return acc;
}

template <>
inline __m512 PermuteReader<FormatIQ3_S>::chunk(const uint8_t* p, size_t stride, const ActChunk& a, int blocks,
                                                const Prefetch& ahead, __m512 acc) {
    static constexpr Bytes64 kFirst = bytes64([](int i) { return i / 4 % 4 * 4; });
    static constexpr Bytes64 kBits = bytes64([](int i) { return 1 << i % 4; });
    ByteTable<512> low(kGridIq3S, 0), high(kGridIq3S, 1);
    for (int i = 0; i < 8; ++i) {  // code c means 2c + 1, which still fits
        low.part[i] = _mm512_add_epi8(_mm512_add_epi8(low.part[i], low.part[i]), _mm512_set1_epi8(0x11));
        high.part[i] = _mm512_add_epi8(_mm512_add_epi8(high.part[i], high.part[i]), _mm512_set1_epi8(0x11));
    }
    const PlaneActs<4> acts(a.q);
    const __m512i bits = load64(kBits), bits4 = _mm512_slli_epi16(bits, 4);
    __m512i h[4], upper[4], words[4];
    header_words<V>(p + 94, stride, words);
    const __m512i nibbles = words[3];  // the scales
    header_words<V>(p, stride, h);
    const __m512 d = V::rf_from_half(h[0]);
    header_words<V>(p + 66, stride, upper);
    for (int b = 0; b < blocks; ++b) {
        prefetch_eighth<V, PermuteReader>(ahead, b);
        if (b % 4 == 0) header_words<V>(p + 74 + 4 * b, stride, words);
        if (b % 2 == 0) header_words<V>(p + 2 + 8 * b, stride, h);
        const __m512i signs = words[b % 4];
        const __m512i at = _mm512_add_epi8(load64(kFirst), _mm512_set1_epi8(static_cast<char>(b % 4)));
        const __m512i ninths = _mm512_shuffle_epi8(upper[b / 4], at);  // eight bits in every byte
        const auto planes = [&](__m512i index, __m512i which, __m512i w[4]) {
            const __mmask64 seventh = _mm512_movepi8_mask(index), ninth = _mm512_test_epi8_mask(ninths, which);
            split_nibbles(low.lookup(index, seventh, ninth), high.lookup(index, seventh, ninth), w);
        };
        __m512i w[4], s0 = _mm512_setzero_si512(), s1 = s0;
        planes(h[b % 2 * 2], bits, w);
        s0 = add_half<0>(s0, w, acts, b, spread_signs<0>(signs));
        planes(h[b % 2 * 2 + 1], bits4, w);
        s1 = add_half<1>(s1, w, acts, b, spread_signs<1>(signs));
        const __m512i s = _mm512_and_si512(_mm512_srl_epi32(nibbles, _mm_cvtsi32_si128(4 * b)), _mm512_set1_epi32(15));
        const __m512 dw = _mm512_mul_ps(d, _mm512_cvtepi32_ps(twice_and_one_scale(s)));
        acc = block_step(_mm512_add_epi32(s0, s1), dw, a.d[b], acc);
    }
    return acc;
}

}  // namespace
}  // namespace thimble
