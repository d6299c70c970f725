// SPDX-License-Identifier: MIT
// Row readers (micro/row_readers.h) of the formats whose weights stand in a grid: IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S,
// IQ3_XXS, IQ3_S. Looking up the entries is scalar (x86 gathers are no faster); the stage keeps them packed, two or four
// bits a weight, with their signs, and they become bytes in vectors: the bits of a code and the sign are brought
// together to a number of four bits, which a table turns into the signed weight.
//
// The stage of a row: entries from byte 0, signs from byte 128 in the form that GridSigns states.
// Internal linkage: compiled once an ISA.
#pragma once
#include "kernels/micro/row_readers.h"

namespace thimble {
namespace {

constexpr size_t kStageRow = 256, kStageSigns = 128;

// What a code means, without its sign and with it. IQ1 has no signs: its two columns are the shift up and down.
template <class F>
struct GridValues {
    static constexpr int kBits = 2;
    static constexpr int8_t kPlus[8] = {8, 25, 43}, kMinus[8] = {-8, -25, -43};
};
template <>
struct GridValues<FormatIQ3_XXS> {
    static constexpr int kBits = 4;
    static constexpr int8_t kPlus[8] = {4, 12, 20, 28, 36, 44, 52, 62};
    static constexpr int8_t kMinus[8] = {-4, -12, -20, -28, -36, -44, -52, -62};
};
template <>
struct GridValues<FormatIQ3_S> {
    static constexpr int kBits = 4;
    static constexpr int8_t kPlus[8] = {1, 3, 5, 7, 9, 11, 13, 15}, kMinus[8] = {-1, -3, -5, -7, -9, -11, -13, -15};
};
template <>
struct GridValues<FormatIQ1_S> {
    static constexpr int kBits = 2;
    static constexpr int8_t kPlus[8] = {-7, 1, 9}, kMinus[8] = {-9, -1, 7};
};
template <>
struct GridValues<FormatIQ1_M> : GridValues<FormatIQ1_S> {};

// Where the sign of weight l of a vector of sixteen, number i of its chunk, stands in the staged bytes.
struct ByteOfEight {  // a byte for eight weights, bit l % 8
    static constexpr int kBytes = 32;
    static constexpr uint8_t bit(int l) { return static_cast<uint8_t>(1 << l % 8); }
    static constexpr uint8_t at(int i, int l) { return static_cast<uint8_t>(2 * i + l / 8); }
};
struct NibbleOfEight {  // IQ1_M: the upper bit of a nibble
    static constexpr int kBytes = 16;
    static constexpr uint8_t bit(int l) { return l < 8 ? 8 : 128; }
    static constexpr uint8_t at(int i, int) { return static_cast<uint8_t>(i); }
};
struct WordOf32 {  // IQ1_S: the upper bit of 16
    static constexpr int kBytes = 16;
    static constexpr uint8_t bit(int) { return 128; }
    static constexpr uint8_t at(int i, int) { return static_cast<uint8_t>(i / 2 * 2 + 1); }
};
template <class F>
struct GridSigns : ByteOfEight {};
template <>
struct GridSigns<FormatIQ1_S> : WordOf32 {};
template <>
struct GridSigns<FormatIQ1_M> : NibbleOfEight {};

// Bytes of seven signs in the words of every row: the eighth makes their number even.
template <class V>
inline typename V::ri even_sign_bytes(typename V::ri seven) {
    const auto fold = V::ri_xor(seven, V::ri_and(V::template ri_shr<4>(seven), V::ri_set1(0x0f0f0f0f)));
    const auto two = V::ri_xor(fold, V::template ri_shr<2>(fold)), one = V::ri_xor(two, V::template ri_shr<1>(two));
    return V::ri_or(seven, V::template ri_shl<7>(V::ri_and(one, V::ri_set1(0x01010101))));
}
template <class V>
inline typename V::ri even_signs_of_28(typename V::ri x) {  // four fields of seven bits
    const auto field = [](typename V::ri y, int mask) { return V::ri_and(y, V::ri_set1(mask)); };
    return even_sign_bytes<V>(
        V::ri_or(V::ri_or(field(x, 0x7f), field(V::template ri_shl<1>(x), 0x7f00)),
                 V::ri_or(field(V::template ri_shl<2>(x), 0x7f0000), field(V::template ri_shl<3>(x), 0x7f000000))));
}
// Four words of every row to 16 bytes of its stage.
template <class V>
inline void stage_words(const typename V::ri words[4], uint8_t* stage) {
    typename V::rb rows[4];
    V::rb_transpose(words, rows);  // its own inverse
    for (size_t i = 0; i < 4; ++i) V::rb_store(stage + i * kStageRow, 4 * kStageRow, rows[i]);
}

// Signs of a chunk to the stage.
template <class V>
inline void grid_signs(const FormatIQ2_XXS*, const uint8_t* p, size_t stride, uint8_t* stage) {
    typename V::ri h[4], signs[4];
    for (int b = 0; b < 8; b += 2) {
        header_words<V>(p + 2 + 8 * b, stride, h);
        signs[b % 4] = even_signs_of_28<V>(h[1]);
        signs[b % 4 + 1] = even_signs_of_28<V>(h[3]);
        if (b % 4 == 2) stage_words<V>(signs, stage + b / 4 * 16);
    }
}
template <class V>
inline void grid_signs(const FormatIQ3_XXS*, const uint8_t* p, size_t stride, uint8_t* stage) {
    typename V::ri h[4];
    for (int b = 0; b < 8; b += 4) {
        header_words<V>(p + 66 + 4 * b, stride, h);
        for (auto& word : h) word = even_signs_of_28<V>(word);
        stage_words<V>(h, stage + 4 * b);
    }
}
template <class V>
inline void grid_signs(const FormatIQ2_XS*, const uint8_t* p, size_t stride, uint8_t* stage) {
    typename V::ri h[4], signs[4];
    for (int b = 0; b < 8; b += 2) {  // 16 bits for eight weights, the signs on top
        header_words<V>(p + 2 + 8 * b, stride, h);
        const auto low = V::ri_set1(0x7f), high = V::ri_set1(0x7f00);
        for (auto& word : h)
            word = V::ri_or(V::ri_and(V::template ri_shr<9>(word), low), V::ri_and(V::template ri_shr<17>(word), high));
        signs[b % 4] = even_sign_bytes<V>(V::ri_or(h[0], V::template ri_shl<16>(h[1])));
        signs[b % 4 + 1] = even_sign_bytes<V>(V::ri_or(h[2], V::template ri_shl<16>(h[3])));
        if (b % 4 == 2) stage_words<V>(signs, stage + b / 4 * 16);
    }
}
template <class V>
inline void copy_signs(const uint8_t* p, size_t stride, size_t bytes, uint8_t* stage) {
    for (size_t r = 0; r < V::kRows; ++r) memcpy(stage + r * kStageRow, p + r * stride, bytes);
}
template <class V>
inline void grid_signs(const FormatIQ2_S*, const uint8_t* p, size_t stride, uint8_t* stage) {
    copy_signs<V>(p + 34, stride, 32, stage);
}
template <class V>
inline void grid_signs(const FormatIQ3_S*, const uint8_t* p, size_t stride, uint8_t* stage) {
    copy_signs<V>(p + 74, stride, 32, stage);
}
template <class V>
inline void grid_signs(const FormatIQ1_S*, const uint8_t* p, size_t stride, uint8_t* stage) {
    copy_signs<V>(p + 34, stride, 16, stage);
}
template <class V>
inline void grid_signs(const FormatIQ1_M*, const uint8_t* p, size_t stride, uint8_t* stage) {
    copy_signs<V>(p + 32, stride, 16, stage);
}

// sc[b] of an integer s: 2s + 1
template <class V>
inline typename V::ri twice_and_one(typename V::ri s) {
    return V::ri_add(V::ri_add(s, s), V::ri_set1(1));
}
template <class V>
inline typename V::ri nibble_of(typename V::ri x, int n) {
    return V::ri_and(n % 2 ? V::template ri_shr<4>(byte_of<V>(x, n / 2)) : byte_of<V>(x, n / 2), V::ri_set1(15));
}

// Scales of a chunk, from the header words of its rows.
template <class V>
inline void grid_scales(const FormatIQ2_XXS*, const uint8_t* p, size_t stride, typename V::rf d, RowScales<V>& s) {
    typename V::ri h[4];
    for (int b = 0; b < 8; b += 2) {
        header_words<V>(p + 2 + 8 * b, stride, h);
        for (int i = 0; i < 2; ++i) {
            const auto scale = V::rf_from_int(twice_and_one<V>(V::template ri_shr<28>(h[2 * i + 1])));
            V::rf_store(s.dw[b + i], V::rf_mul(V::rf_mul(d, scale), V::rf_set1(0.125f)));
        }
    }
}
template <class V>
inline void grid_scales(const FormatIQ3_XXS*, const uint8_t* p, size_t stride, typename V::rf d, RowScales<V>& s) {
    for (int i = 0; i < 2; ++i) {
        typename V::ri h[4];
        header_words<V>(p + 66 + 16 * i, stride, h);
        for (int b = 0; b < 4; ++b) {
            const auto scale = V::rf_from_int(twice_and_one<V>(V::template ri_shr<28>(h[b])));
            V::rf_store(s.dw[4 * i + b], V::rf_mul(V::rf_mul(d, scale), V::rf_set1(0.25f)));
        }
    }
}
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
    for (int g = 0; g < 16; ++g) V::ri_store(s.sc[g], twice_and_one<V>(nibble_of<V>(h[2 + g / 8], g % 8)));
}
template <class V>
inline void grid_scales(const FormatIQ2_XS*, const uint8_t* p, size_t stride, typename V::rf d, RowScales<V>& s) {
    last_eight_nibbles<V>(p + 58, stride, d, s);
}
template <class V>
inline void grid_scales(const FormatIQ2_S*, const uint8_t* p, size_t stride, typename V::rf d, RowScales<V>& s) {
    last_eight_nibbles<V>(p + 66, stride, d, s);
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
    for (int w = 0; w < 4; ++w) {
        auto x = w % 2 ? V::template ri_shr<16>(h[2 + w / 2]) : h[2 + w / 2];
        for (int g = 0; g < 4; ++g, x = V::template ri_shr<3>(x))
            V::ri_store(s.sc[4 * w + g], twice_and_one<V>(bits(x, 7)));
    }
}

template <class V, class F>
struct GridReader {
    using Format = F;
    using Values = GridValues<F>;
    static constexpr int kRange = F::kQuantMax - F::kQuantMin;
    static constexpr bool kSignedBytes = V::kSigned8 && kRange > 63;
    static constexpr int kBias = kSignedBytes ? 0 : -F::kQuantMin, kMax = kSignedBytes ? 128 : kRange;
    static constexpr bool kStaged = true;

    struct Table {
        int8_t of[16];
    };
    // Index: two bits of code and the sign above, or three bits and the sign.
    static constexpr Table table() {
        Table t{};
        constexpr int kCodes = Values::kBits == 2 ? 4 : 8;
        for (int c = 0; c < kCodes; ++c) {
            t.of[c] = static_cast<int8_t>(Values::kPlus[c] + kBias);
            t.of[kCodes + c] = static_cast<int8_t>(Values::kMinus[c] + kBias);
        }
        return t;
    }
    static constexpr Table kTable = table();

    using Signs = GridSigns<F>;
    struct Places {
        uint8_t of[16][16];
    };
    static constexpr Places places() {
        Places t{};
        for (int i = 0; i < 16; ++i)
            for (int l = 0; l < 16; ++l) t.of[i][l] = Signs::at(i, l);
        return t;
    }
    struct Bits {
        uint8_t of[16];
    };
    static constexpr Bits bits() {
        Bits t{};
        for (int l = 0; l < 16; ++l) t.of[l] = Signs::bit(l);
        return t;
    }
    static constexpr Places kSignAt = places();
    static constexpr Bits kSignBits = bits();

    static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t* stage) {
        for (int r = 0; r < V::kRows; ++r) {
            F::entries(reinterpret_cast<const typename F::Block*>(p + static_cast<size_t>(r) * stride),
                       reinterpret_cast<uint16_t*>(stage + static_cast<size_t>(r) * kStageRow));
        }
        grid_signs<V>(static_cast<const F*>(nullptr), p, stride, stage + kStageSigns);
        typename V::ri h[4];
        header_words<V>(p, stride, h);
        grid_scales<V>(static_cast<const F*>(nullptr), p, stride, V::rf_from_half(h[0]), s);
    }
    template <int U>
    static void bytes(const uint8_t* p, size_t lane_stride, typename V::rb w[8]) {
        const auto values = V::rb_dup(kTable.of), sign_bits = V::rb_dup(kSignBits.of);
        const auto signs = V::rb_load(p + kStageSigns + (Signs::kBytes == 32 ? 16 * U : 0), lane_stride);
        // Code 0 or 4 (8) by the sign of vector n.
        const auto with_sign = [&](typename V::rb code, size_t n) {
            const auto at = V::rb_dup(kSignAt.of[Signs::kBytes == 32 ? n : 8 * U + n]);
            return V::rb_or_if(code, V::rb_lookup(signs, at), sign_bits, V::rb_set1(Values::kBits == 2 ? 4 : 8));
        };
        if constexpr (Values::kBits == 2) {
            for (size_t i = 0; i < 2; ++i) {
                typename V::rb codes[4];
                spread_two_bits<V>(V::rb_load(p + 32 * U + 16 * i, lane_stride), codes);
                for (size_t n = 0; n < 4; ++n) w[4 * i + n] = V::rb_lookup(values, with_sign(codes[n], 4 * i + n));
            }
        } else {
            const auto low = V::rb_set1(15);
            for (size_t i = 0; i < 4; ++i) {
                const auto entries = V::rb_load(p + 64 * U + 16 * i, lane_stride);
                const auto even = V::rb_and(entries, low), odd = V::rb_and(V::template rb_shr<4>(entries), low);
                w[2 * i] = V::rb_lookup(values, with_sign(V::rb_zip_low(even, odd), 2 * i));
                w[2 * i + 1] = V::rb_lookup(values, with_sign(V::rb_zip_high(even, odd), 2 * i + 1));
            }
        }
    }
};

}  // namespace
}  // namespace thimble
