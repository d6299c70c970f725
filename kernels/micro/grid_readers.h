// SPDX-License-Identifier: MIT
// Row readers (micro/row_readers.h) of the formats whose weights stand in a grid: IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S,
// IQ3_XXS, IQ3_S. scales() also brings the indexes of the entries and the signs of a chunk into a stage, in vectors;
// then the entries, as wide as their weights (formats/grids.h), are looked up one by one and joined to vectors of
// magnitudes. One column multiplies these with activations that took the signs, a panel gets signed weights.
// For x86 vocabularies only: lookups ignore bits 4 to 6 of an index and give 0 where bit 7 is set.
//
// The stage: for each 8 or 16 bytes of indexes and each row of a vector, see index_at; from kStageSigns on the signs of
// a block of 32 of all rows, as V::rs_store leaves them.
// Internal linkage: compiled once an ISA.
#pragma once
#include "kernels/micro/row_readers.h"

namespace thimble {
namespace {

// What a format's indexes are in the stage, and how many weights an entry has.
template <class F>
struct GridIndex;
template <>
struct GridIndex<FormatIQ2_XXS> {
    using Word = uint8_t;
    static constexpr int kWeights = 8;
    static constexpr const auto& kGrid = kWideIq2Xxs;
};
template <>
struct GridIndex<FormatIQ2_XS> {
    using Word = uint16_t;
    static constexpr int kWeights = 8;
    static constexpr const auto& kGrid = kWideIq2Xs;
};
template <>
struct GridIndex<FormatIQ2_S> {
    using Word = uint16_t;
    static constexpr int kWeights = 8;
    static constexpr const auto& kGrid = kWideIq2S;
};
template <>
struct GridIndex<FormatIQ3_XXS> {
    using Word = uint16_t;
    static constexpr int kWeights = 4;
    static constexpr const auto& kGrid = kWideIq3Xxs;
};
template <>
struct GridIndex<FormatIQ3_S> {
    using Word = uint16_t;
    static constexpr int kWeights = 4;
    static constexpr const auto& kGrid = kWideIq3S;
};
template <>
struct GridIndex<FormatIQ1_S> {
    using Word = uint16_t;
    static constexpr int kWeights = 8;
    static constexpr const auto& kGrid = kWideIq1;
};
template <>
struct GridIndex<FormatIQ1_M> : GridIndex<FormatIQ1_S> {};

// IQ1 knows no signs of weights but of shifts, eight weights at a time.
template <class F>
constexpr bool kShifted = F::kId == kIQ1_S || F::kId == kIQ1_M;

template <class V>
constexpr size_t kVectorBytes = size_t{4} * V::kRows;  // an rb, or one word of every row
template <class V>
constexpr size_t kStageSigns = 32 * kVectorBytes<V>;
// Vector i of part j of the stage: of each of its rows 16 bytes of indexes, which are those of two blocks, or of one
// block where it has eight (IQ3).
template <class V>
inline uint8_t* part_at(uint8_t* stage, size_t j, size_t i) {
    return stage + (4 * j + i) * kVectorBytes<V>;
}
template <class V, class F>
inline const uint8_t* index_at(const uint8_t* stage, int b, int i) {
    const auto block = static_cast<size_t>(b), vector = static_cast<size_t>(i) * kVectorBytes<V>;
    if constexpr (GridIndex<F>::kWeights == 4) return stage + 4 * block * kVectorBytes<V> + vector;
    return stage + block / 2 * 4 * kVectorBytes<V> + vector + block % 2 * 8;
}
template <class V>
inline uint8_t* signs_at(uint8_t* stage, int b) {
    return stage + kStageSigns<V> + static_cast<size_t>(b) * kVectorBytes<V>;
}

// ---- signs -----------------------------------------------------------------------------------------------------------
// Bytes of seven signs in the words of every row: the eighth makes their number even.
template <class V>
inline typename V::ri even_sign_bytes(typename V::ri seven) {
    static constexpr uint8_t kOdd[16] = {0, 128, 128, 0, 128, 0, 0, 128, 128, 0, 0, 128, 0, 128, 128, 0};
    const auto odd = V::rb_dup(kOdd), high = V::rb_and(V::template rb_shr<4>(seven), V::rb_set1(15));
    return V::rb_xor(V::rb_xor(V::rb_lookup(odd, seven), V::rb_lookup(odd, high)), seven);
}
template <class V>
inline typename V::ri even_signs_of_28(typename V::ri x) {  // four fields of seven bits
    auto bytes = V::ri_and(x, V::ri_set1(0x7f));
    bytes = V::rb_and_or(V::template ri_shl<1>(x), V::ri_set1(0x7f00), bytes);
    bytes = V::rb_and_or(V::template ri_shl<2>(x), V::ri_set1(0x7f0000), bytes);
    return even_sign_bytes<V>(V::rb_and_or(V::template ri_shl<3>(x), V::ri_set1(0x7f000000), bytes));
}
template <class V>
inline void copy_signs(const uint8_t* p, size_t stride, uint8_t* stage) {  // 32 bytes of signs
    for (int b = 0; b < 8; b += 4) {
        typename V::ri h[4];
        header_words<V>(p + 4 * b, stride, h);
        for (int i = 0; i < 4; ++i) V::rs_store(signs_at<V>(stage, b + i), h[i]);
    }
}

// ---- indexes ---------------------------------------------------------------------------------------------------------
// Indexes of more than eight bits: the upper ones, moved into place by a product of 16 bits.
struct HighBits {
    uint8_t from[4][16];  // where the two bytes stand that word n of eight takes, 128: none; for four times eight words
    int16_t times[8];
    int mask;
};
template <class F>
constexpr HighBits high_bits() {
    HighBits h{};
    constexpr uint8_t kNone = 128;
    for (int j = 0; j < 4; ++j) {
        for (int n = 0; n < 8; ++n) {
            uint8_t* at = h.from[j] + 2 * n;
            at[1] = kNone;
            if (F::kId == kIQ2_S) at[0] = static_cast<uint8_t>(2 * j + n / 4);
            if (F::kId == kIQ1_M) at[0] = static_cast<uint8_t>(4 * j + n / 2);
            if (F::kId ==
                kIQ1_S) {  // 16 bits for four; the last field would have to move down: its upper byte moves up
                at[0] = static_cast<uint8_t>(4 * j + n / 4 * 2 + n % 4 / 3);
                if (n % 4 != 3) at[1] = static_cast<uint8_t>(at[0] + 1);
            }
        }
    }
    for (int n = 0; n < 8; ++n) {
        const int g = n % 4;
        h.times[n] = static_cast<int16_t>(F::kId == kIQ2_S   ? 256 >> 2 * g
                                          : F::kId == kIQ1_M ? 256 >> n % 2 * 4
                                                             : (g == 3 ? 128 : 256 >> 3 * g));
    }
    h.mask = F::kId == kIQ2_S ? 0x300 : 0x700;
    return h;
}
// 32 indexes of 8 weights: 32 low bytes at low, the upper bits in 16 bytes at high.
template <class V, class F>
inline void stage_wide_indexes(const uint8_t* low, const uint8_t* high, size_t stride, uint8_t* stage) {
    static constexpr HighBits kHigh = high_bits<F>();
    const auto times = V::rb_dup(kHigh.times), mask = V::ri_set1(kHigh.mask * 0x10001), zero = V::rb_set1(0);
    for (size_t i = 0; i < 4; ++i) {
        const auto upper = V::rb_load(high + i * stride, 4 * stride);
        for (size_t j = 0; j < 4; j += 2) {
            const auto bytes = V::rb_load(low + i * stride + 8 * j, 4 * stride);
            const auto u0 = V::ri_mul16(V::rb_lookup(upper, V::rb_dup(kHigh.from[j])), times);
            const auto u1 = V::ri_mul16(V::rb_lookup(upper, V::rb_dup(kHigh.from[j + 1])), times);
            V::rb_put(part_at<V>(stage, j, i), V::rb_and_or(u0, mask, V::rb_zip_low(bytes, zero)));
            V::rb_put(part_at<V>(stage, j + 1, i), V::rb_and_or(u1, mask, V::rb_zip_high(bytes, zero)));
        }
    }
}

// ---- scales ----------------------------------------------------------------------------------------------------------
// sc[b] of an integer s: 2s + 1
template <class V>
inline typename V::ri twice_and_one(typename V::ri s) {
    return V::ri_add(V::ri_add(s, s), V::ri_set1(1));
}
template <class V>
inline typename V::ri nibble_of(typename V::ri x, int n) {
    return V::ri_and(n % 2 ? V::template ri_shr<4>(V::ri_byte(x, n / 2)) : V::ri_byte(x, n / 2), V::ri_set1(15));
}

// Scales of a chunk (those of IQ2_XXS and IQ3_XXS come with the signs).
template <class V>
inline void grid_scales(const FormatIQ3_S*, const uint8_t* p, size_t stride, typename V::rf d, RowScales<V>& s) {
    typename V::ri h[4];
    header_words<V>(p + 94, stride, h);  // the scales are the last word
    for (int b = 0; b < 8; ++b)
        V::rf_store(s.dw[b], V::rf_mul(d, V::rf_from_int(twice_and_one<V>(nibble_of<V>(h[3], b)))));
}
template <class V>
inline void grid_scales(const FormatIQ1_S*, const uint8_t* p, size_t stride, typename V::rf d, RowScales<V>& s) {
    typename V::ri h[4];
    header_words<V>(p + 34, stride, h);
    for (int b = 0; b < 8; ++b) {
        const auto word = b % 2 ? V::template ri_shr<28>(h[b / 2]) : V::template ri_shr<12>(h[b / 2]);
        const auto scale = V::rf_from_int(twice_and_one<V>(V::ri_and(word, V::ri_set1(7))));
        V::rf_store(s.dw[b], V::rf_mul(V::rf_mul(d, scale), V::rf_set1(0.125f)));
    }
}
template <class V>
inline void last_eight_nibbles(const uint8_t* p, size_t stride, typename V::rf d, RowScales<V>& s) {
    typename V::ri h[4];
    header_words<V>(p, stride, h);  // the scales are the last two words
    d = V::rf_mul(d, V::rf_set1(0.125f));
    for (int b = 0; b < 8; ++b) V::rf_store(s.dw[b], d);
    const auto ones = V::ri_set1(0x01010101), mask = V::ri_set1(0x1e1e1e1e);
    for (int w = 0; w < 2; ++w) {  // 2s + 1 of four nibbles at a time
        const auto low = V::rb_and_or(V::template ri_shl<1>(h[2 + w]), mask, ones);
        const auto high = V::rb_and_or(V::template ri_shr<3>(h[2 + w]), mask, ones);
        for (int b = 0; b < 4; ++b) {
            V::ri_store(s.sc[8 * w + 2 * b], V::ri_byte(low, b));
            V::ri_store(s.sc[8 * w + 2 * b + 1], V::ri_byte(high, b));
        }
    }
}
template <class V>
inline void grid_scales(const FormatIQ1_M*, const uint8_t* p, size_t stride, typename V::rf, RowScales<V>& s) {
    typename V::ri h[4];
    header_words<V>(p + 40, stride, h);  // four words of 16 bits: a nibble of d over four scales of three bits
    const auto bits = [](typename V::ri x, int mask) { return V::ri_and(x, V::ri_set1(mask)); };
    const auto half =
        V::ri_or(V::ri_or(bits(V::template ri_shr<12>(h[2]), 0xf), bits(V::template ri_shr<24>(h[2]), 0xf0)),
                 V::ri_or(bits(V::template ri_shr<4>(h[3]), 0xf00), bits(V::template ri_shr<16>(h[3]), 0xf000)));
    const auto d = V::rf_mul(V::rf_from_half(half), V::rf_set1(0.125f));
    for (int b = 0; b < 8; ++b) V::rf_store(s.dw[b], d);
    for (int w = 0; w < 4; ++w) {  // 2s + 1 of each field
        auto x = w % 2 ? V::template ri_shr<15>(h[2 + w / 2]) : V::template ri_shl<1>(h[2 + w / 2]);
        for (int g = 0; g < 4; ++g, x = V::template ri_shr<3>(x))
            V::ri_store(s.sc[4 * w + g], V::rb_and_or(x, V::ri_set1(14), V::ri_set1(1)));
    }
}

// Indexes, signs and scales of a chunk. d: the scale in front of it.
template <class V, bool kOneColumn>
inline void stage_grid(const FormatIQ2_XXS*, const uint8_t* p, size_t stride, typename V::rf d, RowScales<V>& s,
                       uint8_t* stage) {
    for (int j = 0; j < 4; ++j) {
        typename V::rb v[4];
        typename V::ri h[4];
        for (size_t i = 0; i < 4; ++i) {
            v[i] = V::rb_load(p + 2 + 16 * j + i * stride, 4 * stride);
            V::rb_put(part_at<V>(stage, static_cast<size_t>(j), i), v[i]);
        }
        V::rb_transpose(v, h);
        for (int e = 0; e < 2; ++e) {
            const int b = 2 * j + e;
            V::rs_store(signs_at<V>(stage, b), even_signs_of_28<V>(h[2 * e + 1]));
            const auto scale = V::rf_from_int(twice_and_one<V>(V::template ri_shr<28>(h[2 * e + 1])));
            V::rf_store(s.dw[b], V::rf_mul(V::rf_mul(d, scale), V::rf_set1(0.125f)));
        }
    }
}
template <class V, bool kOneColumn>
inline void stage_grid(const FormatIQ3_XXS*, const uint8_t* p, size_t stride, typename V::rf d, RowScales<V>& s,
                       uint8_t* stage) {
    const auto zero = V::rb_set1(0);
    for (size_t j = 0; j < 4; ++j) {
        for (size_t i = 0; i < 4; ++i) {
            const auto bytes = V::rb_load(p + 2 + 16 * j + i * stride, 4 * stride);
            V::rb_put(part_at<V>(stage, 2 * j, i), V::rb_zip_low(bytes, zero));
            V::rb_put(part_at<V>(stage, 2 * j + 1, i), V::rb_zip_high(bytes, zero));
        }
    }
    for (int b = 0; b < 8; b += 4) {
        typename V::ri h[4];
        header_words<V>(p + 66 + 4 * b, stride, h);
        for (int e = 0; e < 4; ++e) {
            V::rs_store(signs_at<V>(stage, b + e), even_signs_of_28<V>(h[e]));
            const auto scale = V::rf_from_int(twice_and_one<V>(V::template ri_shr<28>(h[e])));
            V::rf_store(s.dw[b + e], V::rf_mul(V::rf_mul(d, scale), V::rf_set1(0.25f)));
        }
    }
}
template <class V, bool kOneColumn>
inline void stage_grid(const FormatIQ2_XS*, const uint8_t* p, size_t stride, typename V::rf d, RowScales<V>& s,
                       uint8_t* stage) {
    const auto index = V::ri_set1(511 * 0x10001), low = V::ri_set1(0x7f), high = V::ri_set1(0x7f00);
    for (int j = 0; j < 4; ++j) {
        typename V::rb v[4];
        typename V::ri h[4];
        for (size_t i = 0; i < 4; ++i) {  // 16 bits for eight weights, the signs on top
            v[i] = V::rb_load(p + 2 + 16 * j + i * stride, 4 * stride);
            V::rb_put(part_at<V>(stage, static_cast<size_t>(j), i), V::rb_and(v[i], index));
        }
        V::rb_transpose(v, h);
        for (auto& word : h)
            word = V::rb_and_or(V::template ri_shr<17>(word), high, V::ri_and(V::template ri_shr<9>(word), low));
        for (int e = 0; e < 2; ++e) {
            const auto seven = V::ri_or(h[2 * e], V::template ri_shl<16>(h[2 * e + 1]));
            V::rs_store(signs_at<V>(stage, 2 * j + e), even_sign_bytes<V>(seven));
        }
    }
    last_eight_nibbles<V>(p + 58, stride, d, s);
}
template <class V, bool kOneColumn>
inline void stage_grid(const FormatIQ2_S*, const uint8_t* p, size_t stride, typename V::rf d, RowScales<V>& s,
                       uint8_t* stage) {
    stage_wide_indexes<V, FormatIQ2_S>(p + 2, p + 66, stride, stage);
    copy_signs<V>(p + 34, stride, stage);
    last_eight_nibbles<V>(p + 66, stride, d, s);
}
template <class V, bool kOneColumn>
inline void stage_grid(const FormatIQ3_S*, const uint8_t* p, size_t stride, typename V::rf d, RowScales<V>& s,
                       uint8_t* stage) {
    static constexpr int16_t kTimes[8] = {256, 128, 64, 32, 16, 8, 4, 2};
    const auto times = V::rb_dup(kTimes), mask = V::ri_set1(0x01000100), zero = V::rb_set1(0);
    for (size_t i = 0; i < 4; ++i) {
        const auto upper = V::rb_load(p + 66 + i * stride, 4 * stride);
        auto at = V::ri_set1(static_cast<int32_t>(0x80008000u));  // byte b of the upper bits, and none
        for (size_t j = 0; j < 8; j += 2) {
            const auto bytes = V::rb_load(p + 2 + 8 * j + i * stride, 4 * stride);
            const auto next = V::rb_add(at, V::ri_set1(0x00010001));
            const auto u0 = V::ri_mul16(V::rb_lookup(upper, at), times);
            const auto u1 = V::ri_mul16(V::rb_lookup(upper, next), times);
            V::rb_put(part_at<V>(stage, j, i), V::rb_and_or(u0, mask, V::rb_zip_low(bytes, zero)));
            V::rb_put(part_at<V>(stage, j + 1, i), V::rb_and_or(u1, mask, V::rb_zip_high(bytes, zero)));
            at = V::rb_add(next, V::ri_set1(0x00010001));
        }
    }
    copy_signs<V>(p + 74, stride, stage);
    grid_scales<V>(static_cast<const FormatIQ3_S*>(nullptr), p, stride, d, s);
}
template <class V, bool kOneColumn>
inline void stage_grid(const FormatIQ1_S*, const uint8_t* p, size_t stride, typename V::rf d, RowScales<V>& s,
                       uint8_t* stage) {
    stage_wide_indexes<V, FormatIQ1_S>(p + 2, p + 34, stride, stage);
    grid_scales<V>(static_cast<const FormatIQ1_S*>(nullptr), p, stride, d, s);
    typename V::ri h[4];
    header_words<V>(p + 34, stride, h);
    for (int b = 0; b < 8; ++b) {  // the uppermost of 16 bits: the sign of the shift of 32 weights
        const auto word = b % 2 ? h[b / 2] : V::template ri_shl<16>(h[b / 2]);
        const auto down = V::template ri_sar<31>(word);
        if constexpr (kOneColumn)  // what the sum of the activations is multiplied with: see GridRow
            V::ri_store(s.sc[b], V::ri_add(V::ri_and(down, V::ri_set1(-2)), V::ri_set1(-9)));
        else
            V::rs_store(signs_at<V>(stage, b), down);
    }
}
template <class V, bool kOneColumn>
inline void stage_grid(const FormatIQ1_M*, const uint8_t* p, size_t stride, typename V::rf d, RowScales<V>& s,
                       uint8_t* stage) {
    stage_wide_indexes<V, FormatIQ1_M>(p, p + 32, stride, stage);
    grid_scales<V>(static_cast<const FormatIQ1_M*>(nullptr), p, stride, d, s);
    typename V::ri h[4];
    header_words<V>(p + 32, stride, h);
    for (int b = 0; b < 8; ++b) {  // bits 3, 7, 11 and 15 of 16: to a byte each, 1, then 255
        const auto x = b % 2 ? V::template ri_shr<16>(h[b / 2]) : h[b / 2];
        auto bits = V::ri_and(V::template ri_shr<3>(x), V::ri_set1(1));
        bits = V::rb_and_or(V::template ri_shl<1>(x), V::ri_set1(1 << 8), bits);
        bits = V::rb_and_or(V::template ri_shl<5>(x), V::ri_set1(1 << 16), bits);
        bits = V::rb_and_or(V::template ri_shl<9>(x), V::ri_set1(1 << 24), bits);
        V::rs_store(signs_at<V>(stage, b), V::rb_sub(V::rb_set1(0), bits));
    }
}

// ---- readers ---------------------------------------------------------------------------------------------------------
template <class V, class F, bool kOneColumn>
struct GridStage {
    using Format = F;
    static constexpr bool kStaged = true;

    static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t* stage) {
        typename V::ri h[4];
        header_words<V>(p, stride, h);
        stage_grid<V, kOneColumn>(static_cast<const F*>(nullptr), p, stride, V::rf_from_half(h[0]), s, stage);
    }
    // The entries of bytes 16 h to 16 h + 15 of block b of the rows in vector i.
    static typename V::rb entries(const uint8_t* stage, int b, int i, int h) {
        using Word = typename GridIndex<F>::Word;
        constexpr auto kWeights = GridIndex<F>::kWeights;
        constexpr int kCount = 16 / kWeights, kWide = 8 * sizeof(Word);
        const auto* grid = GridIndex<F>::kGrid.of;
        const uint8_t* first = index_at<V, F>(stage, b, i) + h * kCount * static_cast<int>(sizeof(Word));
        return V::rb_from_lanes([&](int l) {
            // Words come with one load, as loads are what is short; bytes would cost as many shifts as they save loads.
            uint64_t words = 0;
            if constexpr (kWide == 16) memcpy(&words, first + 16 * l, kCount * sizeof(Word));
            const auto index = [&](int e) -> size_t {
                if constexpr (kWide == 16) return static_cast<Word>(words >> kWide * e);
                return first[16 * l + e];
            };
            if constexpr (kWeights == 8)
                return join_entries(grid, index(0), index(1));
            else
                return join_entries(grid, index(0), index(1), index(2), index(3));
        });
    }
    static typename V::rs signs(const uint8_t* stage, int b, int i, int h) {
        const uint8_t* at =
            stage + kStageSigns<V> + static_cast<size_t>(b) * kVectorBytes<V> + (2 * i + h) * V::kRows / 2;
        return kShifted<F> ? V::rs_load_eighths(at) : V::rs_load(at);
    }
    static typename V::rb shifted_entries(const uint8_t* stage, int b, int i, int h) {
        return V::rb_sub_if(entries(stage, b, i, h), signs(stage, b, i, h), V::rb_set1(2));
    }
};

// For panels: signed weights, moved up by kBias.
template <class V, class F>
struct GridReader : GridStage<V, F, false> {
    using Base = GridStage<V, F, false>;
    static constexpr int kRange = F::kQuantMax - F::kQuantMin;
    static constexpr bool kSignedBytes = V::kSigned8 && kRange > 63;
    static constexpr int kBias = kSignedBytes ? 0 : -F::kQuantMin, kMax = kSignedBytes ? 128 : kRange;

    static typename V::rb weights(const uint8_t* stage, int b, int i, int h) {
        if constexpr (kShifted<F>) {
            return Base::shifted_entries(stage, b, i, h);
        } else {
            const auto w = V::rb_negate_if(Base::entries(stage, b, i, h), Base::signs(stage, b, i, h));
            return kBias != 0 ? V::rb_add(w, V::rb_set1(kBias)) : w;
        }
    }
};

// For one column: weights without signs, and activations that took them. IQ1_S has one shift for 32 weights, so that its
// entries are multiplied as they are, and the sum of the activations -9 times, or -11 times where the shift is down.
template <class V, class F>
struct GridRow : GridStage<V, F, true> {
    using Base = GridStage<V, F, true>;
    static constexpr int kBias = F::kId == kIQ1_S ? -1 : F::kId == kIQ1_M ? 9 : 0;
    static constexpr int kMax = kShifted<F> ? 18 : F::kQuantMax;

    static typename V::rb magnitudes(const uint8_t* stage, int b, int i, int h) {
        if constexpr (F::kId == kIQ1_M) return Base::shifted_entries(stage, b, i, h);
        return Base::entries(stage, b, i, h);
    }
    static typename V::rb signed_acts(const uint8_t* stage, int b, int i, int h, typename V::rb acts) {
        if constexpr (kShifted<F>) return acts;
        return V::rb_negate_if(acts, Base::signs(stage, b, i, h));
    }
};

// A bias that is multiplied with a number of each row, sc.
template <class R>
constexpr bool kRowBias = false;
template <class V>
constexpr bool kRowBias<GridRow<V, FormatIQ1_S>> = true;

// The reader that one column takes.
template <class R>
struct OneColumnOf {
    using Reader = R;
};
template <class V, class F>
struct OneColumnOf<GridReader<V, F>> {
    using Reader = GridRow<V, F>;
};
template <class R>
using OneColumn = typename OneColumnOf<R>::Reader;

}  // namespace
}  // namespace thimble
