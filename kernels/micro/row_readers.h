// SPDX-License-Identifier: MIT
// How kRows rows of a quantised matrix come into lanes: one reader a format, written once over the row words of a
// vocabulary (kernels/README.md, "Row words"). A reader serves the matrix x vector product, which multiplies what it
// returns at once, and the panels of the matrix x matrix product.
//
// A chunk is 256 weights of a row, or eight blocks of 32 (fewer at the end of a row: the caller then passes a padded
// copy). A reader states
//   Format       the FormatNAME it reads (minimum, scales, block size)
//   kBias        what the bytes carry beyond q
//   kMax         the largest value of a byte; 128 means signed bytes, -128 allowed (only if V::kSigned8)
//   kShared      blocks of a unit of 128 weights that come from the same bytes: 0: none, 1: neighbours, 2: b and b + 2
//   kStaged      true: a reader of grids, which looks up what scales() wrote to `stage` (micro/grid_readers.h)
//   scales(p, stride, s, stage)   float and integer scales and minima of the chunk that starts at p in the first row
//   kFoldBias, fold(sc, w)        optional: panel words w[4] (four bytes of every row) of a half become q * sc + kFoldBias
//   bytes<U>(p, lane_stride, w)   weights 128 U to 128 U + 127 of the chunk, of rows p, p + lane_stride, ...: w[i] = 16 i on
//   kBytewise    optional: a byte that bytes() makes depends only on the bytes in its own place of what it loads, so that it
//                may also work on words of many rows (WordsOfRows); not where so many loads make a block that they would spill
// Internal linkage: compiled once an ISA.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/formats/formats.h"
#include "kernels/isa/inlined.h"

namespace thimble {
namespace {

// Scales of one chunk of kRows rows, in the order of kernels/README.md ("Quantised dot product").
template <class V>
struct RowScales {
    alignas(64) float dw[8][V::kRows];
    alignas(64) float m[16][V::kRows];     // [block] or [2 block + half]
    alignas(64) int32_t sc[16][V::kRows];  // [2 block + half]
    typename V::rf scale(int b) const { return V::rf_load(dw[b]); }
    typename V::rf minimum(int b) const { return V::rf_load(m[b]); }
};

template <class V>
inline typename V::ri signed_byte_of(typename V::ri x, int j) {
    switch (j) {
        case 0: return V::template ri_sar<24>(V::template ri_shl<24>(x));
        case 1: return V::template ri_sar<24>(V::template ri_shl<16>(x));
        case 2: return V::template ri_sar<24>(V::template ri_shl<8>(x));
        default: return V::template ri_sar<24>(x);
    }
}
// What bytes() reads, from where its argument p says: 16 bytes a row.
template <class V>
THIMBLE_INLINE typename V::rb row_bytes(const uint8_t* p, size_t lane_stride) {
    return V::rb_load(p, lane_stride);
}
// In place of an address: each load fetches the bytes of all kRows rows, which come as four vectors of 32-bit words.
template <class V>
struct TurnedRows {
    const uint8_t* p;
    size_t stride;  // between rows; the lanes of a vector are four apart
    typename V::rb (*turned)[4];
    int* count;  // of loads
    THIMBLE_INLINE TurnedRows operator+(size_t n) const { return {p + n, stride, turned, count}; }
};
template <class V>
THIMBLE_INLINE typename V::rb row_bytes(const TurnedRows<V>& from, size_t lane_stride) {
    typename V::rb v[4];
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) v[i] = V::rb_load(from.p + i * from.stride, lane_stride);
    typename V::rb(&out)[4] = from.turned[(*from.count)++];
    V::rb_transpose(v, out);
    return out[0];
}
// In place of an address: what TurnedRows left, word k of each row.
template <class V>
struct WordsOfRows {
    const typename V::rb (*turned)[4];
    int k;
    int* count;
    THIMBLE_INLINE WordsOfRows operator+(size_t) const { return *this; }
};
template <class V>
THIMBLE_INLINE typename V::rb row_bytes(const WordsOfRows<V>& from, size_t) {
    return from.turned[(*from.count)++][from.k];
}
// Word k of the 16 bytes at p of every row.
template <class V>
THIMBLE_INLINE void header_words(const uint8_t* p, size_t stride, typename V::ri out[4]) {
    typename V::rb v[4];
    for (size_t i = 0; i < 4; ++i) v[i] = V::rb_load(p + i * stride, 4 * stride);
    V::rb_transpose(v, out);
}
// Scales of formats with a float16 in front of each block of 32, or two where it has a minimum.
template <class V, class F>
THIMBLE_INLINE void block_scales(const uint8_t* p, size_t stride, RowScales<V>& s) {
    if constexpr (F::kMinimum != Minimum::kNone)
        V::template load_half_pairs<F::kBytes>(p, stride, s.dw, s.m);
    else
        V::template load_halves<F::kBytes>(p, stride, s.dw);
}
// Scales of formats with a float16 in front of each block of 64 or 128, or behind the only one of 256.
template <class V, class F>
inline void front_scales(const uint8_t* p, size_t stride, RowScales<V>& s) {
    constexpr int kEach = F::kBlock / 32;
    for (int i = 0; i < 8; i += kEach, p += F::kBytes) {
        typename V::ri h[4];
        header_words<V>(p, stride, h);
        for (int b = i; b < i + kEach; ++b) V::rf_store(s.dw[b], V::rf_from_half(h[0]));
    }
}
template <class V, class F>
inline void last_scale(const uint8_t* p, size_t stride, RowScales<V>& s) {
    typename V::ri t[4];
    header_words<V>(p + F::kBytes - 16, stride, t);
    const auto d = V::rf_from_half(V::template ri_shr<16>(t[3]));
    for (int b = 0; b < 8; ++b) V::rf_store(s.dw[b], d);
}
// Bit kFrom of every byte, moved to bit kTo, all others cleared.
template <class V, int kFrom, int kTo>
inline typename V::rb move_bit(typename V::rb x) {
    const auto bit = V::rb_set1(1 << kTo);
    if constexpr (kFrom < kTo)
        return V::rb_and(V::template rb_shl<kTo - kFrom>(x), bit);
    else if constexpr (kFrom > kTo)
        return V::rb_and(V::template rb_shr<kFrom - kTo>(x), bit);
    else
        return V::rb_and(x, bit);
}
// The same for two bits, kFrom and kFrom + 1, to kTo and kTo + 1.
template <class V, int kFrom, int kTo>
inline typename V::rb move_two(typename V::rb x) {
    const auto bits = V::rb_set1(3 << kTo);
    if constexpr (kFrom < kTo)
        return V::rb_and(V::template rb_shl<kTo - kFrom>(x), bits);
    else if constexpr (kFrom > kTo)
        return V::rb_and(V::template rb_shr<kFrom - kTo>(x), bits);
    else
        return V::rb_and(x, bits);
}

// Sixteen bytes of four two-bit codes each, the lowest bits first, to four vectors of codes.
template <class V>
inline void spread_two_bits(typename V::rb x, typename V::rb out[4]) {
    static constexpr uint8_t kFour[16] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3};
    static constexpr uint8_t kLow[16] = {1, 4, 16, 64, 1, 4, 16, 64, 1, 4, 16, 64, 1, 4, 16, 64};
    const auto low = V::rb_dup(kLow), high = V::rb_add(low, low);
    auto at = V::rb_dup(kFour);
    for (size_t n = 0; n < 4; ++n) {
        const auto v = V::rb_lookup(x, at);
        out[n] = V::rb_or_if(V::rb_or_if(V::rb_set1(0), v, low, V::rb_set1(1)), v, high, V::rb_set1(2));
        at = V::rb_add(at, V::rb_set1(4));
    }
}

// ---- blocks of 32 -----------------------------------------------------------------------------------------------
template <class V, class F>
struct NibbleReader {  // Q4_0, Q4_1
    using Format = F;
    static constexpr int kBias = F::kBias, kMax = 15;
    static constexpr bool kStaged = false, kBytewise = true;
    static constexpr int kShared = 0;
    static constexpr size_t kQuants = F::kBytes - 16;
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t*) {
        block_scales<V, F>(p, stride, s);
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
        const auto low = V::rb_set1(15);
#pragma GCC unroll 8
        for (size_t b = 0; b < 4; ++b) {
            const auto v = row_bytes<V>(p + (4 * U + b) * F::kBytes + kQuants, lane_stride);
            w[2 * b] = V::rb_and(v, low);
            w[2 * b + 1] = V::rb_and(V::template rb_shr<4>(v), low);
        }
    }
};

template <class V, class F>
struct FiveBitReader {  // Q5_0, Q5_1: the fifth bits are 32 bits before the nibbles
    using Format = F;
    static constexpr int kBias = F::kBias, kMax = 31;
    static constexpr bool kStaged = false;
    static constexpr int kShared = 0;
    static constexpr size_t kQuants = F::kBytes - 16;
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t*) {
        block_scales<V, F>(p, stride, s);
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
        constexpr uint8_t kH = kQuants - 4;  // where the high bits lie in the block
        static constexpr uint8_t kSpread0[16] = {kH,     kH,     kH,     kH,     kH,     kH,     kH,     kH,
                                                 kH + 1, kH + 1, kH + 1, kH + 1, kH + 1, kH + 1, kH + 1, kH + 1};
        static constexpr uint8_t kBits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
        const auto low = V::rb_set1(15), value = V::rb_set1(16), bits = V::rb_dup(kBits);
        const auto spread0 = V::rb_dup(kSpread0), spread1 = V::rb_or(spread0, spread0);
        for (size_t b = 0; b < 4; ++b) {
            const auto block = p + (4 * U + b) * F::kBytes;
            const auto head = row_bytes<V>(block, lane_stride);
            const auto v = row_bytes<V>(block + kQuants, lane_stride);
            const auto h0 = V::rb_lookup(head, spread0);
            const auto h1 = V::rb_lookup(head, V::rb_sub(spread1, V::rb_set1(-2)));
            w[2 * b] = V::rb_or_if(V::rb_and(v, low), h0, bits, value);
            w[2 * b + 1] = V::rb_or_if(V::rb_and(V::template rb_shr<4>(v), low), h1, bits, value);
        }
    }
};

template <class V, class F>
struct ByteReader {  // Q8_0
    using Format = F;
    static constexpr int kBias = V::kSigned8 ? 0 : 128, kMax = V::kSigned8 ? 128 : 255;
    static constexpr bool kStaged = false;
    static constexpr int kShared = 0;
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t*) {
        V::template load_halves<F::kBytes>(p, stride, s.dw);
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
        for (size_t b = 0; b < 4; ++b) {
            const auto block = p + (4 * U + b) * F::kBytes + 2;
            w[2 * b] = row_bytes<V>(block, lane_stride);
            w[2 * b + 1] = row_bytes<V>(block + 16, lane_stride);
            if constexpr (!V::kSigned8) {
                const auto top = V::rb_set1(128);
                w[2 * b] = V::rb_xor(w[2 * b], top);
                w[2 * b + 1] = V::rb_xor(w[2 * b + 1], top);
            }
        }
    }
};

// A codebook of sixteen int8 values as V takes bytes: signed, or moved up by 128.
template <class V>
inline typename V::rb codebook(const int8_t* values) {
    const auto t = V::rb_dup(values);
    return V::kSigned8 ? t : V::rb_xor(t, V::rb_set1(128));
}
template <class V, class F>
struct CodebookReader {  // IQ4_NL
    using Format = F;
    static constexpr int kBias = V::kSigned8 ? 0 : 128, kMax = V::kSigned8 ? 128 : 255;
    static constexpr bool kStaged = false, kBytewise = true;
    static constexpr int kShared = 0;
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t*) {
        V::template load_halves<F::kBytes>(p, stride, s.dw);
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
        const auto low = V::rb_set1(15), table = codebook<V>(kIq4Codebook);
#pragma GCC unroll 8
        for (size_t b = 0; b < 4; ++b) {
            const auto v = row_bytes<V>(p + (4 * U + b) * F::kBytes + 2, lane_stride);
            w[2 * b] = V::rb_lookup(table, V::rb_and(v, low));
            w[2 * b + 1] = V::rb_lookup(table, V::rb_and(V::template rb_shr<4>(v), low));
        }
    }
};

template <class V>
struct Mxfp4Reader {
    using Format = FormatMXFP4;
    static constexpr int kBias = 12, kMax = 24;
    static constexpr bool kStaged = false, kBytewise = true;
    static constexpr int kShared = 0;
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t*) {
        // 2^(e - 128) is exactly 2^(floor(e / 2) - 64) times 2^(ceil(e / 2) - 64), subnormal or not.
        const auto half = [](typename V::ri e) {
            return V::rf_bits(V::template ri_shl<23>(V::ri_add(V::template ri_shr<1>(e), V::ri_set1(63))));
        };
        for (int b = 0; b < 8; ++b, p += Format::kBytes) {
            typename V::ri h[4];
            header_words<V>(p, stride, h);
            const auto e = V::ri_byte(h[0], 0);
            V::rf_store(s.dw[b], V::rf_mul(half(e), half(V::ri_add(e, V::ri_set1(1)))));
        }
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
        const auto low = V::rb_set1(15), table = V::rb_sub(V::rb_dup(kE2m1Doubled), V::rb_set1(-kBias));
#pragma GCC unroll 8
        for (size_t b = 0; b < 4; ++b) {
            const auto v = row_bytes<V>(p + (4 * U + b) * Format::kBytes + 1, lane_stride);
            w[2 * b] = V::rb_lookup(table, V::rb_and(v, low));
            w[2 * b + 1] = V::rb_lookup(table, V::rb_and(V::template rb_shr<4>(v), low));
        }
    }
};

// ---- superblocks of 256 -----------------------------------------------------------------------------------------
// d, dmin and the twelve bytes of six-bit scales and mins of Q4_K and Q5_K: 16 bytes.
template <class V>
struct KScales {
    typename V::ri sc[2], mn[2];  // a byte a block
    typename V::rf d, dmin;
    typename V::rf scale(int b) const { return V::rf_mul(d, V::rf_from_int(V::ri_byte(sc[b / 4], b % 4))); }
    typename V::rf minimum(int b) const { return V::rf_mul(dmin, V::rf_from_int(V::ri_byte(mn[b / 4], b % 4))); }
};
template <class V>
THIMBLE_INLINE void k_scales(const uint8_t* p, size_t stride, KScales<V>& s) {
    typename V::ri h[4];
    header_words<V>(p, stride, h);
    const auto six = V::ri_set1(0x3f3f3f3f), four = V::ri_set1(0x0f0f0f0f), top = V::ri_set1(0x30303030);
    if constexpr (V::kFewRegisters) {
        V::rf_from_halves(h[0], s.d, s.dmin);
    } else {
        s.d = V::rf_from_half(h[0]);
        s.dmin = V::rf_from_half(V::template ri_shr<16>(h[0]));
    }
    s.dmin = V::rf_mul(s.dmin, V::rf_set1(-1.0f));
    s.sc[0] = V::ri_and(h[1], six);
    s.sc[1] = V::ri_or(V::ri_and(h[3], four), V::ri_and(V::template ri_shr<2>(h[1]), top));
    s.mn[0] = V::ri_and(h[2], six);
    s.mn[1] = V::ri_or(V::ri_and(V::template ri_shr<4>(h[3]), four), V::ri_and(V::template ri_shr<2>(h[2]), top));
}
template <class V>
THIMBLE_INLINE void k_scales(const uint8_t* p, size_t stride, RowScales<V>& s) {
    KScales<V> k;
    k_scales<V>(p, stride, k);
    for (int b = 0; b < 8; ++b) {
        V::rf_store(s.dw[b], k.scale(b));
        V::rf_store(s.m[b], k.minimum(b));
    }
}
template <class V>
struct Q4KReader {
    using Format = FormatQ4_K;
    static constexpr int kBias = 0, kMax = 15;
    static constexpr bool kStaged = false, kBytewise = true;
    static constexpr int kShared = 1;
    using Packed = KScales<V>;
    template <class Scales>
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, Scales& s, uint8_t*) {
        k_scales<V>(p, stride, s);
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
        const auto low = V::rb_set1(15);
#pragma GCC unroll 8
        for (size_t i = 0; i < 4; ++i) {
            const auto v = row_bytes<V>(p + 16 + 64 * U + 16 * i, lane_stride);
            w[4 * (i / 2) + i % 2] = V::rb_and(v, low);
            w[4 * (i / 2) + i % 2 + 2] = V::rb_and(V::template rb_shr<4>(v), low);
        }
    }
};
template <class V>
struct Q5KReader {
    using Format = FormatQ5_K;
    static constexpr int kBias = 0, kMax = 31;
    static constexpr bool kStaged = false;
    static constexpr int kShared = 1;
    using Packed = KScales<V>;
    template <class Scales>
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, Scales& s, uint8_t*) {
        k_scales<V>(p, stride, s);
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
        const auto low = V::rb_set1(15);
        for (size_t i = 0; i < 2; ++i) {
            const auto h = row_bytes<V>(p + 16 + 16 * i, lane_stride);
            const auto v0 = row_bytes<V>(p + 48 + 64 * U + 16 * i, lane_stride);
            const auto v1 = row_bytes<V>(p + 48 + 64 * U + 32 + 16 * i, lane_stride);
            w[i] = V::rb_and_or(v0, low, move_bit<V, 4 * U, 4>(h));
            w[2 + i] = V::rb_and_or(V::template rb_shr<4>(v0), low, move_bit<V, 4 * U + 1, 4>(h));
            w[4 + i] = V::rb_and_or(v1, low, move_bit<V, 4 * U + 2, 4>(h));
            w[6 + i] = V::rb_and_or(V::template rb_shr<4>(v1), low, move_bit<V, 4 * U + 3, 4>(h));
        }
    }
};
template <class V>
struct Q6KReader {
    using Format = FormatQ6_K;
    static constexpr int kBias = 32, kMax = 63;
    static constexpr bool kStaged = false;
    static constexpr int kShared = 2;
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t*) {
        typename V::ri h[4], t[4];
        header_words<V>(p + 192, stride, h);
        header_words<V>(p + 194, stride, t);  // d is the last half word
        const auto d = V::rf_from_half(V::template ri_shr<16>(t[3]));
        for (int b = 0; b < 8; ++b) V::rf_store(s.dw[b], d);
        for (int g = 0; g < 16; ++g) V::ri_store(s.sc[g], signed_byte_of<V>(h[g / 4], g % 4));
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
        const auto low = V::rb_set1(15);
        for (size_t i = 0; i < 2; ++i) {
            const auto h = row_bytes<V>(p + 128 + 32 * U + 16 * i, lane_stride);
            const auto v0 = row_bytes<V>(p + 64 * U + 16 * i, lane_stride);
            const auto v1 = row_bytes<V>(p + 64 * U + 32 + 16 * i, lane_stride);
            w[i] = V::rb_and_or(v0, low, move_two<V, 0, 4>(h));
            w[2 + i] = V::rb_and_or(v1, low, move_two<V, 2, 4>(h));
            w[4 + i] = V::rb_and_or(V::template rb_shr<4>(v0), low, move_two<V, 4, 4>(h));
            w[6 + i] = V::rb_and_or(V::template rb_shr<4>(v1), low, move_two<V, 6, 4>(h));
        }
    }
};
template <class V>
struct Q2KReader {
    using Format = FormatQ2_K;
    static constexpr int kBias = 0, kMax = 3, kFoldBias = 0;
    static constexpr bool kStaged = false, kBytewise = true;
    static constexpr int kShared = 1;
    static void fold(typename V::ri sc, typename V::ri w[4]) {  // at most 3 * 15: no byte carries into the next
        sc = V::ri_or(sc, V::template ri_shl<16>(sc));
        for (int i = 0; i < 4; ++i) w[i] = V::ri_mul16(w[i], sc);
    }
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t*) {
        typename V::ri h[4], t[4];
        header_words<V>(p, stride, h);
        header_words<V>(p + 68, stride, t);  // d, dmin are the last word
        const auto d = V::rf_from_half(t[3]);
        const auto dmin = V::rf_mul(V::rf_from_half(V::template ri_shr<16>(t[3])), V::rf_set1(-1.0f));
        const auto low = V::ri_set1(15);
        for (int b = 0; b < 8; ++b) V::rf_store(s.dw[b], d);
        for (int g = 0; g < 16; ++g) {
            const auto x = V::ri_byte(h[g / 4], g % 4);
            V::ri_store(s.sc[g], V::ri_and(x, low));
            V::rf_store(s.m[g], V::rf_mul(dmin, V::rf_from_int(V::template ri_shr<4>(x))));
        }
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
#pragma GCC unroll 8
        for (size_t i = 0; i < 2; ++i) {
            const auto v = row_bytes<V>(p + 16 + 32 * U + 16 * i, lane_stride);
            w[i] = move_two<V, 0, 0>(v);
            w[2 + i] = move_two<V, 2, 0>(v);
            w[4 + i] = move_two<V, 4, 0>(v);
            w[6 + i] = move_two<V, 6, 0>(v);
        }
    }
};
template <class V>
struct Tq2Reader {
    using Format = FormatTQ2_0;
    static constexpr int kBias = 1, kMax = 3;
    static constexpr bool kStaged = false, kBytewise = true;
    static constexpr int kShared = 1;
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t*) {
        last_scale<V, Format>(p, stride, s);
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
#pragma GCC unroll 8
        for (size_t i = 0; i < 2; ++i) {
            const auto v = row_bytes<V>(p + 32 * U + 16 * i, lane_stride);
            w[i] = move_two<V, 0, 0>(v);
            w[2 + i] = move_two<V, 2, 0>(v);
            w[4 + i] = move_two<V, 4, 0>(v);
            w[6 + i] = move_two<V, 6, 0>(v);
        }
    }
};
template <class V>
struct Q3KReader {
    using Format = FormatQ3_K;
    static constexpr int kBias = 4, kMax = 7, kFoldBias = 124;
    static constexpr bool kStaged = false;
    static constexpr int kShared = 1;
    // (q - 4) sc + 124 lies in [0, 252]. By |sc|, with 7 - q instead of q where sc is negative, so that no byte carries
    // or borrows: sc >= 0: q |sc| + (124 - 4 |sc|), else (7 - q) |sc| + (124 - 3 |sc|).
    static void fold(typename V::ri sc, typename V::ri w[4]) {
        const auto negative = V::template ri_sar<31>(sc);
        auto size = V::ri_add(V::ri_xor(sc, negative), V::template ri_shr<31>(sc));
        size = V::ri_or(size, V::template ri_shl<16>(size));
        const auto flip = V::ri_and(negative, V::ri_set1(0x07070707));
        const auto bytes = V::ri_or(size, V::template ri_shl<8>(size));  // |sc| in every byte, at most 32
        const auto three = V::ri_add(bytes, V::ri_add(bytes, bytes));
        const auto start =
            V::rb_sub(V::ri_set1(0x7c7c7c7c), V::rb_sub(V::ri_add(three, bytes), V::ri_and(negative, bytes)));
        for (int i = 0; i < 4; ++i) w[i] = V::ri_add(V::ri_mul16(V::ri_xor(w[i], flip), size), start);
    }
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t*) {
        static constexpr uint8_t kRotate[16] = {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1};
        typename V::rb v[4];
        const auto rotate = V::rb_dup(kRotate);
        for (size_t i = 0; i < 4; ++i) v[i] = V::rb_lookup(V::rb_load(p + 94 + i * stride, 4 * stride), rotate);
        typename V::ri h[4];  // three words of scales, then d
        V::rb_transpose(v, h);
        const auto four = V::ri_set1(0x0f0f0f0f), top = V::ri_set1(0x30303030), bias = V::ri_set1(-32);
        const typename V::ri sc[4] = {
            V::ri_or(V::ri_and(h[0], four), V::ri_and(V::template ri_shl<4>(h[2]), top)),
            V::ri_or(V::ri_and(h[1], four), V::ri_and(V::template ri_shl<2>(h[2]), top)),
            V::ri_or(V::ri_and(V::template ri_shr<4>(h[0]), four), V::ri_and(h[2], top)),
            V::ri_or(V::ri_and(V::template ri_shr<4>(h[1]), four), V::ri_and(V::template ri_shr<2>(h[2]), top))};
        const auto d = V::rf_from_half(h[3]);
        for (int b = 0; b < 8; ++b) V::rf_store(s.dw[b], d);
        for (int g = 0; g < 16; ++g) V::ri_store(s.sc[g], V::ri_add(V::ri_byte(sc[g / 4], g % 4), bias));
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
        for (size_t i = 0; i < 2; ++i) {
            const auto h = row_bytes<V>(p + 16 * i, lane_stride);
            const auto v = row_bytes<V>(p + 32 + 32 * U + 16 * i, lane_stride);
            w[i] = V::rb_or(move_two<V, 0, 0>(v), move_bit<V, 4 * U, 2>(h));
            w[2 + i] = V::rb_or(move_two<V, 2, 0>(v), move_bit<V, 4 * U + 1, 2>(h));
            w[4 + i] = V::rb_or(move_two<V, 4, 0>(v), move_bit<V, 4 * U + 2, 2>(h));
            w[6 + i] = V::rb_or(move_two<V, 6, 0>(v), move_bit<V, 4 * U + 3, 2>(h));
        }
    }
};
template <class V>
struct Iq4XsReader {
    using Format = FormatIQ4_XS;
    static constexpr int kBias = V::kSigned8 ? 0 : 128, kMax = V::kSigned8 ? 128 : 255;
    static constexpr bool kStaged = false, kBytewise = true;
    static constexpr int kShared = 0;
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t*) {
        typename V::ri h[4];
        header_words<V>(p, stride, h);
        const auto d = V::rf_from_half(h[0]);
        const auto low = V::ri_set1(15), top = V::ri_set1(0x30);
        auto lows = h[1], highs = V::template ri_shr<12>(h[0]);  // two high bits of block b at bits 4 and 5
        for (int b = 0; b < 8; ++b) {
            const auto scale =
                V::rf_from_int(V::ri_add(V::ri_or(V::ri_and(lows, low), V::ri_and(highs, top)), V::ri_set1(-32)));
            V::rf_store(s.dw[b], V::rf_mul(d, scale));
            lows = V::template ri_shr<4>(lows);
            highs = V::template ri_shr<2>(highs);
        }
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
        const auto low = V::rb_set1(15), table = codebook<V>(kIq4Codebook);
#pragma GCC unroll 8
        for (size_t b = 0; b < 4; ++b) {
            const auto v = row_bytes<V>(p + 8 + 64 * U + 16 * b, lane_stride);
            w[2 * b] = V::rb_lookup(table, V::rb_and(v, low));
            w[2 * b + 1] = V::rb_lookup(table, V::rb_and(V::template rb_shr<4>(v), low));
        }
    }
};

// ---- the rest ---------------------------------------------------------------------------------------------------
template <class V>
struct Q8KReader {
    using Format = FormatQ8_K;
    static constexpr int kBias = V::kSigned8 ? 0 : 128, kMax = V::kSigned8 ? 128 : 255;
    static constexpr bool kStaged = false;
    static constexpr int kShared = 0;
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t*) {
        typename V::ri h[4];
        header_words<V>(p, stride, h);
        for (int b = 0; b < 8; ++b) V::ri_store(reinterpret_cast<int32_t*>(s.dw[b]), h[0]);
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
        for (size_t i = 0; i < 8; ++i) {
            w[i] = row_bytes<V>(p + 4 + 128 * U + 16 * i, lane_stride);
            if constexpr (!V::kSigned8) w[i] = V::rb_xor(w[i], V::rb_set1(128));
        }
    }
};

template <class V>
struct Nvfp4Reader {
    using Format = FormatNVFP4;
    static constexpr int kBias = 12, kMax = 24;
    static constexpr bool kStaged = false;
    static constexpr int kShared = 0;
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t*) {
        for (int r = 0; r < V::kRows; ++r, p += stride) {
            for (int b = 0; b < 8; ++b) {
                const uint8_t* each = p + b / 2 * Format::kBytes + 2 * (b % 2);
                s.dw[b][r] = Format::half_scale(each[0]);
                s.m[b][r] = Format::half_scale(each[1]);
            }
        }
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
        static constexpr uint8_t kFirst[16] = {0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7};
        static constexpr uint8_t kLow[16] = {15, 15, 15, 15, 15, 15, 15, 15};
        static constexpr uint8_t kHigh[16] = {0, 0, 0, 0, 0, 0, 0, 0, 15, 15, 15, 15, 15, 15, 15, 15};
        const auto first = V::rb_dup(kFirst), second = V::rb_add(first, V::rb_set1(8));
        const auto low = V::rb_dup(kLow), high = V::rb_dup(kHigh);
        const auto table = V::rb_sub(V::rb_dup(kE2m1Doubled), V::rb_set1(-kBias));
        for (size_t b = 0; b < 4; ++b) {
            const auto v = row_bytes<V>(p + (2 * U + b / 2) * Format::kBytes + 4 + 16 * (b % 2), lane_stride);
            const auto up = V::template rb_shr<4>(v);
            // The low nibbles of eight bytes, then their high nibbles.
            w[2 * b] = V::rb_lookup(
                table, V::rb_and_or(V::rb_lookup(v, first), low, V::rb_and(V::rb_lookup(up, first), high)));
            w[2 * b + 1] = V::rb_lookup(
                table, V::rb_and_or(V::rb_lookup(v, second), low, V::rb_and(V::rb_lookup(up, second), high)));
        }
    }
};

template <class V>
struct Q1Reader {
    using Format = FormatQ1_0;
    static constexpr int kBias = 1, kMax = 2;
    static constexpr bool kStaged = false;
    static constexpr int kShared = 1;
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t*) {
        front_scales<V, Format>(p, stride, s);
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
        static constexpr uint8_t kEight[16] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
        static constexpr uint8_t kBits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
        const auto bits = V::rb_dup(kBits), v = row_bytes<V>(p + U * Format::kBytes + 2, lane_stride);
        auto at = V::rb_dup(kEight);
        for (size_t i = 0; i < 8; ++i) {
            w[i] = V::rb_or_if(V::rb_set1(0), V::rb_lookup(v, at), bits, V::rb_set1(2));
            at = V::rb_add(at, V::rb_set1(2));
        }
    }
};

template <class V>
struct Q2Reader {
    using Format = FormatQ2_0;
    static constexpr int kBias = Format::kBias, kMax = 3;
    static constexpr bool kStaged = false;
    static constexpr int kShared = 1;
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t*) {
        front_scales<V, Format>(p, stride, s);
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
        for (size_t i = 0; i < 2; ++i)
            spread_two_bits<V>(row_bytes<V>(p + (2 * U + i) * Format::kBytes + 2, lane_stride), w + 4 * i);
    }
};

template <class V>
struct Tq1Reader {
    using Format = FormatTQ1_0;
    static constexpr int kBias = Format::kBias, kMax = 2;
    static constexpr bool kStaged = false;
    static constexpr int kShared = 1;
    THIMBLE_INLINE static void scales(const uint8_t* p, size_t stride, RowScales<V>& s, uint8_t*) {
        last_scale<V, Format>(p, stride, s);
    }
    static typename V::rb triple(typename V::rb x) { return V::rb_add(V::rb_add(x, x), x); }
    // The leading base-3 digit of the fractions x / 256: 3x / 256, rounded down.
    static typename V::rb digit(typename V::rb x) {
        return V::rb_sub(V::rb_set1(0),
                         V::rb_add(V::rb_at_least(x, V::rb_set1(86)), V::rb_at_least(x, V::rb_set1(171))));
    }
    template <int U, class P>
    THIMBLE_INLINE static void bytes(P p, size_t lane_stride, typename V::rb w[8]) {
        if constexpr (U == 0) {  // digits 0 to 3 of 32 bytes
            for (size_t i = 0; i < 2; ++i) {
                auto x = row_bytes<V>(p + 16 * i, lane_stride);
                for (size_t n = 0; n < 4; ++n, x = triple(x)) w[2 * n + i] = digit(x);
            }
        } else {  // their digit 4, five digits of 16 bytes, four of the four bytes qh
            for (size_t i = 0; i < 2; ++i)
                w[i] = digit(triple(triple(triple(triple(row_bytes<V>(p + 16 * i, lane_stride))))));
            auto x = row_bytes<V>(p + 32, lane_stride);
            for (size_t n = 0; n < 5; ++n, x = triple(x)) w[2 + n] = digit(x);
            static constexpr uint8_t kLast[16] = {12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15};
            static constexpr uint8_t kPart[4][16] = {{255, 255, 255, 255},
                                                     {0, 0, 0, 0, 255, 255, 255, 255},
                                                     {0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255},
                                                     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255}};
            auto y = V::rb_lookup(row_bytes<V>(p + 36, lane_stride), V::rb_dup(kLast)), all = V::rb_set1(0);
            for (size_t n = 0; n < 4; ++n, y = triple(y)) all = V::rb_and_or(y, V::rb_dup(kPart[n]), all);
            w[7] = digit(all);
        }
    }
};

}  // namespace
}  // namespace thimble
