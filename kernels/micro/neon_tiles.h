// SPDX-License-Identifier: MIT
// Tiles of matrix products without dot product instructions: a sub-block of eight rows stays in sixteen registers while
// the columns pass. Products are summed in 16 bits as far as the range of the weights allows (arm_panel.h).
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/isa/arm_pairs.h"
#include "kernels/micro/arm_panel.h"

namespace thimble {
namespace {

// Sums of the eight 16-bit lanes of four registers. levels: how many times two neighbours may be added in 16 bits.
template <int levels>
THIMBLE_INLINE int32x4_t reduce_s16(int16x8_t a, int16x8_t b, int16x8_t c, int16x8_t d) {
    const int16x8_t ab = pair_add(a, b), cd = pair_add(c, d);
    if (levels >= 2) return vpaddlq_s16(pair_add(ab, cd));
    return pair_add(vpaddlq_s16(ab), vpaddlq_s16(cd));
}
THIMBLE_INLINE int32x4_t reduce_s32(int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d) {
    return pair_add(pair_add(a, b), pair_add(c, d));
}

// 16 products a row: two a lane.
THIMBLE_INLINE int16x8_t products16(int8x16_t w, int8x16_t a) { return mlal_high(mull_low(w, a), w, a); }
// 32 products: four a lane, and the same in 32 bits for any int8.
THIMBLE_INLINE int16x8_t products32(int8x16_t w0, int8x16_t w1, int8x16_t a0, int8x16_t a1) {
    return mlal_high(mlal_low(products16(w0, a0), w1, a1), w1, a1);
}
THIMBLE_INLINE int32x4_t products32_wide(int8x16_t w0, int8x16_t w1, int8x16_t a0, int8x16_t a1) {
    return vpadalq_s16(vpaddlq_s16(products16(w0, a0)), products16(w1, a1));
}

// Four rows x 32 weights, w[2 * row + half], times one column. range: how often 16-bit sums of four products may be
// paired (0: not even four products fit).
template <int range>
THIMBLE_INLINE int32x4_t dot32_rows(const int8x16_t* w, int8x16_t a0, int8x16_t a1) {
    if constexpr (range == 0) {
        return reduce_s32(products32_wide(w[0], w[1], a0, a1), products32_wide(w[2], w[3], a0, a1),
                          products32_wide(w[4], w[5], a0, a1), products32_wide(w[6], w[7], a0, a1));
    } else {
        return reduce_s16<range>(products32(w[0], w[1], a0, a1), products32(w[2], w[3], a0, a1),
                                 products32(w[4], w[5], a0, a1), products32(w[6], w[7], a0, a1));
    }
}
// The same for one half of the sub-blocks. range 0: any int8.
template <int range>
THIMBLE_INLINE int32x4_t dot16_rows(const int8x16_t* w, int8x16_t a) {
    const int16x8_t p0 = products16(w[0], a), p1 = products16(w[2], a), p2 = products16(w[4], a),
                    p3 = products16(w[6], a);
    if constexpr (range == 0) return reduce_s32(vpaddlq_s16(p0), vpaddlq_s16(p1), vpaddlq_s16(p2), vpaddlq_s16(p3));
    return reduce_s16<range>(p0, p1, p2, p3);
}

#if defined(__aarch64__)

// [sub][column][32], so that one pointer runs over all columns.
inline void neon_pack(const ArmColumns* cols, int columns, int subs, int8_t* packed) {
    for (int c = 0; c < columns; ++c) {
        const int8_t* from = cols->q[c];
        int8_t* to = packed + 32 * c;
        for (int j = 0; j < subs; ++j, from += 32, to += 32 * kPanelCols) {
            const int8x16_t a = vld1q_s8(from), b = vld1q_s8(from + 16);
            vst1q_s8(to, a);
            vst1q_s8(to + 16, b);
        }
    }
}

// Products of a sub-block of eight rows, w[8 * half + row], and one column. Assembly for the order: each instruction on an
// accumulator stands four to eight behind the one before, which the compilers do not keep and an in-order core needs.
// clang-format off
#define THIMBLE_ROWS_4(x, op) x(op, 0) x(op, 1) x(op, 2) x(op, 3)
#define THIMBLE_ROWS_8(x, op) THIMBLE_ROWS_4(x, op) x(op, 4) x(op, 5) x(op, 6) x(op, 7)
#define THIMBLE_FIRST_LOW(op, i) #op " %[p" #i "].8h, %[v" #i "].8b, %[a].8b\n"
#define THIMBLE_FIRST_HIGH(op, i) #op " %[p" #i "].8h, %[v" #i "].16b, %[a].16b\n"
#define THIMBLE_SECOND_LOW(op, i) #op " %[p" #i "].8h, %[u" #i "].8b, %[b].8b\n"
#define THIMBLE_SECOND_HIGH(op, i) #op " %[p" #i "].8h, %[u" #i "].16b, %[b].16b\n"
// clang-format on

// Two products a lane, p[row]: of halves `w` points at.
THIMBLE_INLINE void eight_rows16(const int8x16_t* w, int8x16_t a, int16x8_t* p) {
    asm(THIMBLE_ROWS_8(THIMBLE_FIRST_LOW, smull) THIMBLE_ROWS_8(THIMBLE_FIRST_HIGH, smlal2)
        : [p0] "=&w"(p[0]), [p1] "=&w"(p[1]), [p2] "=&w"(p[2]), [p3] "=&w"(p[3]), [p4] "=&w"(p[4]), [p5] "=&w"(p[5]),
          [p6] "=&w"(p[6]), [p7] "=&w"(p[7])
        : [v0] "w"(w[0]), [v1] "w"(w[1]), [v2] "w"(w[2]), [v3] "w"(w[3]), [v4] "w"(w[4]), [v5] "w"(w[5]),
          [v6] "w"(w[6]), [v7] "w"(w[7]), [a] "w"(a));
}
// Four products a lane.
THIMBLE_INLINE void eight_rows32(const int8x16_t* w, int8x16_t a, int8x16_t b, int16x8_t* p) {
    asm(THIMBLE_ROWS_8(THIMBLE_FIRST_LOW, smull) THIMBLE_ROWS_8(THIMBLE_FIRST_HIGH, smlal2)
            THIMBLE_ROWS_8(THIMBLE_SECOND_LOW, smlal) THIMBLE_ROWS_8(THIMBLE_SECOND_HIGH, smlal2)
        : [p0] "=&w"(p[0]), [p1] "=&w"(p[1]), [p2] "=&w"(p[2]), [p3] "=&w"(p[3]), [p4] "=&w"(p[4]), [p5] "=&w"(p[5]),
          [p6] "=&w"(p[6]), [p7] "=&w"(p[7])
        : [v0] "w"(w[0]), [v1] "w"(w[1]), [v2] "w"(w[2]), [v3] "w"(w[3]), [v4] "w"(w[4]), [v5] "w"(w[5]),
          [v6] "w"(w[6]), [v7] "w"(w[7]), [u0] "w"(w[8]), [u1] "w"(w[9]), [u2] "w"(w[10]), [u3] "w"(w[11]),
          [u4] "w"(w[12]), [u5] "w"(w[13]), [u6] "w"(w[14]), [u7] "w"(w[15]), [a] "w"(a), [b] "w"(b));
}
// Four rows and any int8: p[row] in 32 bits, eight products a lane.
THIMBLE_INLINE void four_rows32_wide(const int8x16_t* w, int8x16_t a, int8x16_t b, int32x4_t* p) {
    int16x8_t t[4];
#define THIMBLE_OTHER_LOW(op, i) #op " %[t" #i "].8h, %[u" #i "].8b, %[b].8b\n"
#define THIMBLE_OTHER_HIGH(op, i) #op " %[t" #i "].8h, %[u" #i "].16b, %[b].16b\n"
#define THIMBLE_WIDEN(op, i) #op " %[p" #i "].4s, %[p" #i "].8h\n"
#define THIMBLE_ADD(op, i) #op " %[p" #i "].4s, %[t" #i "].8h\n"
    asm(THIMBLE_ROWS_4(THIMBLE_FIRST_LOW, smull) THIMBLE_ROWS_4(THIMBLE_OTHER_LOW, smull)
            THIMBLE_ROWS_4(THIMBLE_FIRST_HIGH, smlal2) THIMBLE_ROWS_4(THIMBLE_OTHER_HIGH, smlal2)
                THIMBLE_ROWS_4(THIMBLE_WIDEN, saddlp) THIMBLE_ROWS_4(THIMBLE_ADD, sadalp)
        : [p0] "=&w"(p[0]), [p1] "=&w"(p[1]), [p2] "=&w"(p[2]), [p3] "=&w"(p[3]), [t0] "=&w"(t[0]), [t1] "=&w"(t[1]),
          [t2] "=&w"(t[2]), [t3] "=&w"(t[3])
        : [v0] "w"(w[0]), [v1] "w"(w[1]), [v2] "w"(w[2]), [v3] "w"(w[3]), [u0] "w"(w[8]), [u1] "w"(w[9]),
          [u2] "w"(w[10]), [u3] "w"(w[11]), [a] "w"(a), [b] "w"(b));
#undef THIMBLE_OTHER_LOW
#undef THIMBLE_OTHER_HIGH
#undef THIMBLE_WIDEN
#undef THIMBLE_ADD
}
#undef THIMBLE_ROWS_4
#undef THIMBLE_ROWS_8
#undef THIMBLE_FIRST_LOW
#undef THIMBLE_FIRST_HIGH
#undef THIMBLE_SECOND_LOW
#undef THIMBLE_SECOND_HIGH

// Eight numbers, one a row. (Not an array: GCC 12 keeps arrays of two registers in memory.)
template <class V>
struct RowPair {
    V low, high;
};
// Sums of the eight lanes of each p[row]; range as in dot32_rows, 0: not even two may be added.
template <int range>
THIMBLE_INLINE RowPair<int32x4_t> reduce_eight(const int16x8_t* p) {
    if constexpr (range == 0) {
        int32x4_t x[8];
        THIMBLE_UNROLL
        for (int i = 0; i < 8; ++i) x[i] = vpaddlq_s16(p[i]);
        return {reduce_s32(x[0], x[1], x[2], x[3]), reduce_s32(x[4], x[5], x[6], x[7])};
    } else {
        return {reduce_s16<range>(p[0], p[1], p[2], p[3]), reduce_s16<range>(p[4], p[5], p[6], p[7])};
    }
}
template <int range>
THIMBLE_INLINE RowPair<int32x4_t> half_sums(const int8x16_t* w, int8x16_t a) {
    int16x8_t part[8];
    eight_rows16(w, a, part);
    return reduce_eight<range>(part);
}
template <int range>
THIMBLE_INLINE RowPair<int32x4_t> whole_sums(const int8x16_t* w, int8x16_t a, int8x16_t b) {
    if constexpr (range == 0) {
        int32x4_t x[4], y[4];
        four_rows32_wide(w, a, b, x);
        const int32x4_t low = reduce_s32(x[0], x[1], x[2], x[3]);
        four_rows32_wide(w + 4, a, b, y);
        return {low, reduce_s32(y[0], y[1], y[2], y[3])};
    } else {
        int16x8_t part[8];
        eight_rows32(w, a, b, part);
        return reduce_eight<range>(part);
    }
}

// One sub-block of a panel in registers, and what it is multiplied with.
template <ArmTile T>
struct NeonSub {
    static constexpr bool kInts = tile_has_int_scales(T), kHalfFloat = T == kTileHalfFloat;
    static constexpr int kRange = T == kTileWide || T == kTileHalfWide ? 0 : T == kTileMediumMin ? 1 : 2;
    static constexpr int kMinima = T == kTileNarrowMin || T == kTileMediumMin ? 1 : T == kTileHalfMin ? 2 : 0;
    int8x16_t w[16];
    RowPair<f4> first_dw;
    const float *dw, *m;
    const int32_t* sc;

    template <int lane>
    THIMBLE_INLINE static void scale(RowPair<int32x4_t> s, RowPair<f4> by, f4 d, RowPair<f4>& f) {
        const f4 low = f4_of(s.low), high = f4_of(s.high);
        const f4 by_low = f4_mul_lane<lane>(by.low, d), by_high = f4_mul_lane<lane>(by.high, d);
        f.low = f4_fma(low, by_low, f.low);
        f.high = f4_fma(high, by_high, f.high);
    }

    // One column onto eight floats. lane: of the column's numbers in d and ds.
    template <int lane>
    THIMBLE_INLINE void column(const int8_t*& a, f4 d, const f4* ds, const float*& from, float*& to) const {
        int8x16_t a0, a1;
        load_pair(a, a0, a1);
        RowPair<int32x4_t> sum, other;
        if constexpr (kHalfFloat) {
            sum = half_sums<2>(w, a0);
            other = half_sums<2>(w + 8, a1);
        } else if constexpr (kInts) {
            RowPair<int32x4_t> by;
            sum = half_sums<kRange>(w, a0);
            load_two<0>(sc, by.low, by.high);
            sum.low = vmulq_s32(sum.low, by.low);
            sum.high = vmulq_s32(sum.high, by.high);
            other = half_sums<kRange>(w + 8, a1);
            load_two<kPanelRows>(sc, by.low, by.high);
            sum.low = vmlaq_s32(sum.low, other.low, by.low);
            sum.high = vmlaq_s32(sum.high, other.high, by.high);
        } else {
            sum = whole_sums<kRange>(w, a0, a1);
        }
        RowPair<f4> f, by;
        load_pair(from, f.low, f.high);
        scale<lane>(sum, first_dw, d, f);
        if constexpr (kHalfFloat) {
            load_two<kPanelRows>(dw, by.low, by.high);
            scale<lane>(other, by, d, f);
        }
        if constexpr (kMinima >= 1) {
            load_two<0>(m, by.low, by.high);
            f.low = f4_fma_lane<lane>(by.low, ds[0], f.low);
            f.high = f4_fma_lane<lane>(by.high, ds[0], f.high);
        }
        if constexpr (kMinima == 2) {
            load_two<kPanelRows>(m, by.low, by.high);
            f.low = f4_fma_lane<lane>(by.low, ds[1], f.low);
            f.high = f4_fma_lane<lane>(by.high, ds[1], f.high);
        }
        store_pair(to, f.low, f.high);
    }
};

template <ArmTile T>
void neon_tile(const ArmPanel* p, int subs, const ArmColumns* cols, const int8_t* packed, int columns, float* acc) {
    using Sub = NeonSub<T>;
    const int8_t* w = p->q;
    for (int j = 0; j < subs; ++j, packed += 32 * kPanelCols) {
        Sub sub;
        THIMBLE_UNROLL
        for (int i = 0; i < 16; i += 2) load_pair(w, sub.w[i], sub.w[i + 1]);
        sub.dw = p->dw + kPanelRows * (Sub::kHalfFloat ? 2 * j : j);
        sub.first_dw = {f4_load(sub.dw), f4_load(sub.dw + 4)};
        sub.m = p->m + kPanelRows * Sub::kMinima * j;
        sub.sc = p->sc + kPanelRows * 2 * j;
        const int8_t* a = packed;
        const float *d = cols->d[j], *ds = cols->ds[Sub::kMinima * j], *from = acc;
        float* to = acc;
        int left = columns;
        do {
            const f4 dv = load_then(d, 16);
            f4 dsv[2];
            if constexpr (Sub::kMinima == 2) dsv[1] = f4_load(ds + kPanelCols);
            if constexpr (Sub::kMinima != 0) dsv[0] = load_then(ds, 16);
            sub.template column<0>(a, dv, dsv, from, to);
            sub.template column<1>(a, dv, dsv, from, to);
            sub.template column<2>(a, dv, dsv, from, to);
            sub.template column<3>(a, dv, dsv, from, to);
            left -= 4;
        } while (left != 0);
    }
}

constexpr ArmTier kNeonTier = {
    {neon_tile<kTileNarrow>, neon_tile<kTileWide>, neon_tile<kTileNarrowMin>, neon_tile<kTileMediumMin>,
     neon_tile<kTileHalfNarrow>, neon_tile<kTileHalfWide>, neon_tile<kTileHalfMin>, neon_tile<kTileHalfFloat>},
    nullptr,
    neon_pack,
    nullptr};

#endif

}  // namespace
}  // namespace thimble
