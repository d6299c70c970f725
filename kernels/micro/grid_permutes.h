// SPDX-License-Identifier: MIT
// A few columns of IQ2_XXS, IQ2_XS, IQ3_XXS and IQ3_S where a permutation of bytes looks up 64 grid entries at a time
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
    const float* d;  // of the blocks
    void take(const int8_t* acts, const float* scales) {
        static constexpr Bytes64 kFrom = bytes64([](int i) {
            constexpr int kGroup = 4 * kWeights;
            return i / kGroup * kGroup + i % 4 * kWeights + i % kGroup / 4;
        });
        for (int i = 0; i < 256; i += 64)
            _mm512_store_si512(q + i, _mm512_permutexvar_epi8(load64(kFrom), _mm512_loadu_si512(acts + i)));
        d = scales;
    }
    // Plane t of four entries, number n of the chunk.
    __m512i plane(int n, int t, __mmask64 minus) const {
        int32_t four;
        memcpy(&four, q + 4 * (kWeights * n + t), 4);
        const __m512i a = _mm512_set1_epi32(four);
        return _mm512_mask_sub_epi8(a, minus, _mm512_setzero_si512(), a);
    }
};
inline __mmask64 bit_of(__m512i bytes, int bit) {
    return _mm512_test_epi8_mask(bytes, _mm512_set1_epi8(static_cast<char>(1 << bit)));
}

// The eight planes of an entry of IQ2: two bits each, four to a byte.
struct TwoBits {
    static constexpr Bytes64 kValues = bytes64([](int i) {
        constexpr int kMagnitudes[4] = {8, 25, 43, 0};
        return kMagnitudes[i % 4];
    });
    __m512i values = load64(kValues);
    __m512i plane(__m512i low, __m512i high, int t) const {
        const __m512i codes = _mm512_srl_epi16(t < 4 ? low : high, _mm_cvtsi32_si128(t % 4 * 2));
        return _mm512_permutexvar_epi8(codes, values);
    }
};
inline void split_nibbles(__m512i low, __m512i high, __m512i w[4]) {
    const __m512i mask = _mm512_set1_epi8(15);
    w[0] = _mm512_and_si512(low, mask);
    w[1] = _mm512_and_si512(_mm512_srli_epi16(low, 4), mask);
    w[2] = _mm512_and_si512(high, mask);
    w[3] = _mm512_and_si512(_mm512_srli_epi16(high, 4), mask);
}

inline __m512i twice_and_one_scale(__m512i s) { return _mm512_add_epi32(_mm512_add_epi32(s, s), _mm512_set1_epi32(1)); }
inline __m512 scale_of_word(__m512 d, __m512i word, float part) {  // the upper four bits
    const __m512 scale = _mm512_cvtepi32_ps(twice_and_one_scale(_mm512_srli_epi32(word, 28)));
    return _mm512_mul_ps(_mm512_mul_ps(d, scale), _mm512_set1_ps(part));
}
inline __m512 block_step(__m512i sum, __m512 dw, float da, __m512 acc) {
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(dw, _mm512_set1_ps(da)), acc);
}
// Adds the products of plane t of entries n.
template <int kWeights, int C>
inline void add_plane(__m512i w, const PlaneActs<kWeights>* acts, int n, int t, __mmask64 minus, __m512i sum[C]) {
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) sum[c] = _mm512_dpbusd_epi32(sum[c], w, acts[c].plane(n, t, minus));
}
template <int kWeights, int C>
inline void add_block(const __m512i sum[2][C], __m512 dw, const PlaneActs<kWeights>* acts, int b, __m512 acc[C]) {
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) acc[c] = block_step(_mm512_add_epi32(sum[0][c], sum[1][c]), dw, acts[c].d[b], acc[c]);
}

// What is read of a chunk of sixteen rows, and how far it is from the next row.
struct GridRows {
    using V = Avx512;
    const uint8_t* p;
    size_t stride;
    void words(int offset, __m512i out[4]) const { header_words<V>(p + offset, stride, out); }
    // Words 0 and 1 of h: the eight bytes of block b, which follow a scale in front; h is kept from block to block.
    void block_words(int b, __m512i h[4]) const {
        if (b % 2 == 0)
            words(2 + 8 * b, h);
        else
            h[0] = h[2], h[1] = h[3];
    }
    __m512 half() const {  // in front
        __m512i h[4];
        words(0, h);
        return V::rf_from_half(h[0]);
    }
};

// Adds the products of a chunk to acc, for C columns.
template <class F>
struct PermuteReader;

template <>
struct PermuteReader<FormatIQ2_XXS> {
    using Format = FormatIQ2_XXS;
    static constexpr int kWeights = 8;
    template <int C>
    static void chunk(const GridRows& rows, const PlaneActs<8>* acts, const Prefetch& ahead, __m512 acc[C]) {
        const ByteTable<256> low(kGridIq2Xxs, 0), high(kGridIq2Xxs, 1);
        const EvenSigns even;
        const TwoBits two;
        const __m512 d = rows.half();
        __m512i h[4];
        for (int b = 0; b < 8; ++b) {
            prefetch_eighth<Avx512, PermuteReader>(ahead, b);
            rows.block_words(b, h);
            const __m512i index = h[0], signs = even.of_28(h[1]);
            const __mmask64 seventh = _mm512_movepi8_mask(index);
            const __m512i l = low.lookup(index, seventh, 0), u = high.lookup(index, seventh, 0);
            __m512i sum[2][C] = {};
#pragma GCC unroll 8
            for (int t = 0; t < 8; ++t) add_plane<8, C>(two.plane(l, u, t), acts, b, t, bit_of(signs, t), sum[t % 2]);
            add_block<8, C>(sum, scale_of_word(d, h[1], 0.125f), acts, b, acc);
        }
    }
};

template <>
struct PermuteReader<FormatIQ2_XS> {
    using Format = FormatIQ2_XS;
    static constexpr int kWeights = 8;
    template <int C>
    static void chunk(const GridRows& rows, const PlaneActs<8>* acts, const Prefetch& ahead, __m512 acc[C]) {
        // Of the two words of a block, 16 bits for eight weights each, the lower bytes; the upper ones follow them.
        static constexpr Bytes64 kLower = bytes64([](int i) { return i / 4 * 4 + i % 2 * 2 + i % 4 / 2 * 64; });
        const ByteTable<512> low(kGridIq2Xs, 0), high(kGridIq2Xs, 1);
        const EvenSigns even;
        const TwoBits two;
        const __m512i lower = load64(kLower), upper = _mm512_add_epi8(lower, _mm512_set1_epi8(1));
        const __m512 dw = _mm512_mul_ps(rows.half(), _mm512_set1_ps(0.125f));
        __m512i h[4], nibbles[4];
        rows.words(58, nibbles);  // the scales are the last two words
        for (int b = 0; b < 8; ++b) {
            prefetch_eighth<Avx512, PermuteReader>(ahead, b);
            rows.block_words(b, h);
            const __m512i index = _mm512_permutex2var_epi8(h[0], lower, h[1]);
            const __m512i rest = _mm512_permutex2var_epi8(h[0], upper, h[1]);
            const __m512i signs = even(_mm512_srli_epi16(rest, 1));
            const __mmask64 seventh = _mm512_movepi8_mask(index), ninth = bit_of(rest, 0);
            const __m512i l = low.lookup(index, seventh, ninth), u = high.lookup(index, seventh, ninth);
            // Both scales of the block, 16 bits each.
            const __m512i x = _mm512_srl_epi32(nibbles[2 + b / 4], _mm_cvtsi32_si128(b % 4 * 8));
            const __m512i s = _mm512_or_si512(_mm512_and_si512(x, _mm512_set1_epi32(15)),
                                              _mm512_and_si512(_mm512_slli_epi32(x, 12), _mm512_set1_epi32(15 << 16)));
            const __m512i scales = _mm512_add_epi16(_mm512_add_epi16(s, s), _mm512_set1_epi16(1));
            // Sums of the pairs of a half: 16 bits hold those of three planes.
            static_assert(3 * 2 * 43 * 127 <= 32767);
            __m512i sum[2][C] = {}, pairs[C];
#pragma GCC unroll 8
            for (int t = 0; t < 8; ++t) {
                const __m512i w = two.plane(l, u, t);
                const __mmask64 minus = bit_of(signs, t);
#pragma GCC unroll 4
                for (int c = 0; c < C; ++c) {
                    const __m512i v = _mm512_maddubs_epi16(w, acts[c].plane(b, t, minus));
                    pairs[c] = t % 3 == 0 ? v : _mm512_add_epi16(pairs[c], v);
                    if (t % 3 == 2 || t == 7) sum[t % 2][c] = _mm512_dpwssd_epi32(sum[t % 2][c], pairs[c], scales);
                }
            }
            add_block<8, C>(sum, dw, acts, b, acc);
        }
    }
};

template <>
struct PermuteReader<FormatIQ3_XXS> {
    using Format = FormatIQ3_XXS;
    static constexpr int kWeights = 4;
    template <int C>
    static void chunk(const GridRows& rows, const PlaneActs<4>* acts, const Prefetch& ahead, __m512 acc[C]) {
        static constexpr Bytes64 kValues = bytes64([](int i) { return i % 8 == 7 ? 62 : i % 8 * 8 + 4; });
        const ByteTable<256> low(kGridIq3Xxs, 0), high(kGridIq3Xxs, 1);
        const EvenSigns even;
        const __m512i values = load64(kValues);
        const __m512 d = rows.half();
        __m512i h[4], words[4];
        for (int b = 0; b < 8; ++b) {
            prefetch_eighth<Avx512, PermuteReader>(ahead, b);
            if (b % 4 == 0) rows.words(66 + 4 * b, words);
            rows.block_words(b, h);
            const __m512i word = words[b % 4], signs = even.of_28(word);
            const __m512i spread[2] = {spread_signs<0>(signs), spread_signs<1>(signs)};
            __m512i sum[2][C] = {};
#pragma GCC unroll 2
            for (int i = 0; i < 2; ++i) {  // halves
                const __mmask64 seventh = _mm512_movepi8_mask(h[i]);
                __m512i w[4];
                split_nibbles(low.lookup(h[i], seventh, 0), high.lookup(h[i], seventh, 0), w);
#pragma GCC unroll 4
                for (int t = 0; t < 4; ++t)
                    add_plane<4, C>(_mm512_shuffle_epi8(values, w[t]), acts, 2 * b + i, t, bit_of(spread[i], t),
                                    sum[i]);
            }
            add_block<4, C>(sum, scale_of_word(d, word, 0.25f), acts, b, acc);
        }
    }
};

template <>
struct PermuteReader<FormatIQ3_S> {
    using Format = FormatIQ3_S;
    static constexpr int kWeights = 4;
    template <int C>
    static void chunk(const GridRows& rows, const PlaneActs<4>* acts, const Prefetch& ahead, __m512 acc[C]) {
        static constexpr Bytes64 kFirst = bytes64([](int i) { return i / 4 % 4 * 4; });
        static constexpr Bytes64 kBits = bytes64([](int i) { return 1 << i % 4; });
        ByteTable<512> low(kGridIq3S, 0), high(kGridIq3S, 1);
        for (int i = 0; i < 8; ++i) {  // code c means 2c + 1, which still fits
            low.part[i] = _mm512_add_epi8(_mm512_add_epi8(low.part[i], low.part[i]), _mm512_set1_epi8(0x11));
            high.part[i] = _mm512_add_epi8(_mm512_add_epi8(high.part[i], high.part[i]), _mm512_set1_epi8(0x11));
        }
        const __m512i bits = load64(kBits), which[2] = {bits, _mm512_slli_epi16(bits, 4)};
        const __m512 d = rows.half();
        __m512i h[4], upper[4], words[4];
        rows.words(94, words);
        const __m512i nibbles = words[3];  // the scales
        rows.words(66, upper);
        for (int b = 0; b < 8; ++b) {
            prefetch_eighth<Avx512, PermuteReader>(ahead, b);
            if (b % 4 == 0) rows.words(74 + 4 * b, words);
            rows.block_words(b, h);
            const __m512i signs = words[b % 4], spread[2] = {spread_signs<0>(signs), spread_signs<1>(signs)};
            const __m512i at = _mm512_add_epi8(load64(kFirst), _mm512_set1_epi8(static_cast<char>(b % 4)));
            const __m512i ninths = _mm512_shuffle_epi8(upper[b / 4], at);  // the block's eight bits in every byte
            __m512i sum[2][C] = {};
#pragma GCC unroll 2
            for (int i = 0; i < 2; ++i) {  // halves
                const __mmask64 seventh = _mm512_movepi8_mask(h[i]), ninth = _mm512_test_epi8_mask(ninths, which[i]);
                __m512i w[4];
                split_nibbles(low.lookup(h[i], seventh, ninth), high.lookup(h[i], seventh, ninth), w);
#pragma GCC unroll 4
                for (int t = 0; t < 4; ++t) add_plane<4, C>(w[t], acts, 2 * b + i, t, bit_of(spread[i], t), sum[i]);
            }
            const __m512i s =
                _mm512_and_si512(_mm512_srl_epi32(nibbles, _mm_cvtsi32_si128(4 * b)), _mm512_set1_epi32(15));
            add_block<4, C>(sum, _mm512_mul_ps(d, _mm512_cvtepi32_ps(twice_and_one_scale(s))), acts, b, acc);
        }
    }
};

// Columns [c0, c0 + C) of the product; rows are whole chunks.
template <class F, int C>
[[gnu::flatten]] void permute_columns(const Matmul* m, int64_t c0) {
    using R = PermuteReader<F>;
    using V = Avx512;
    auto& copy = *static_cast<ChunkCopy<V, R>*>(m->scratch);
    const int64_t blocks = m->k / 32;
    for (int64_t row = 0; row < m->rows; row += V::kRows) {
        if (row + V::kRows > m->rows && m->rows >= V::kRows)
            row = m->rows - V::kRows;  // again some rows: the same bits
        const int64_t rows = m->rows < V::kRows ? m->rows : V::kRows;
        const uint8_t* p = m->w + static_cast<size_t>(row) * m->row_bytes;
        __m512 acc[C] = {};
        for (int64_t block = 0; block < blocks; block += 8, p += kChunkBytes<R>) {
            PlaneActs<R::kWeights> acts[C];
            for (int c = 0; c < C; ++c) {
                const int64_t column = column_of(m, c0 + c);
                acts[c].take(m->acts.q + column * m->acts.q_stride + block * 32,
                             m->acts.d + column * m->acts.d_stride + block);
            }
            GridRows at = {p, m->row_bytes};
            Prefetch ahead = {};
            if (rows == V::kRows) {
                ahead = prefetch_at<V, R, kMatvecAhead>(p, m, block, V::kRows * m->row_bytes);
            } else {
                copy.take(p, m->row_bytes, rows, 8);
                at = {copy.bytes, kChunkBytes<R>};
            }
            R::template chunk<C>(at, acts, ahead, acc);
        }
        for (int c = 0; c < C; ++c)
            _mm512_mask_storeu_ps(m->out + (c0 + c) * m->out_stride + row, V::first(static_cast<int>(rows)), acc[c]);
    }
}

// Few columns share what was looked up; more are better off with a panel (measured on Zen 4).
template <class F>
constexpr int64_t kPermuteColumns = PermuteReader<F>::kWeights == 4 ? 8 : 4;
template <class F>
void permute_matmul(const Matmul* m) {
    const int64_t parts = (m->n + 3) / 4;
    for (int64_t t = 0, c = 0; t < parts; ++t) {
        const int64_t columns = (m->n - c + parts - t - 1) / (parts - t);
        switch (columns) {
            case 1: permute_columns<F, 1>(m, c); break;
            case 2: permute_columns<F, 2>(m, c); break;
            case 3: permute_columns<F, 3>(m, c); break;
            default: permute_columns<F, 4>(m, c); break;
        }
        c += columns;
    }
}

}  // namespace
}  // namespace thimble
