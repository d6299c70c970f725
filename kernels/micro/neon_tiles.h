// SPDX-License-Identifier: MIT
// Tiles of matrix products without dot product instructions: a sub-block of eight rows stays in sixteen registers while
// the columns pass. Products are summed in 16 bits as far as the range of the weights allows (arm_panel.h).
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/isa/neon_words.h"
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

template <ArmTile T>
void neon_tile(const ArmPanel* p, int subs, const ArmColumns* cols, const int8_t*, int columns, float* acc) {
    constexpr bool kHalf = T == kTileHalfNarrow || T == kTileHalfWide || T == kTileHalfMin;
    constexpr int kRange = T == kTileWide || T == kTileHalfWide ? 0 : T == kTileMediumMin ? 1 : 2;
    for (int j = 0; j < subs; ++j) {
        int8x16_t w[16];
        THIMBLE_UNROLL
        for (int i = 0; i < 16; ++i) w[i] = vld1q_s8(p->q + (j * 16 + i) * 16);
        f4 dw[2] = {f4_load(p->dw[j]), f4_load(p->dw[j] + 4)};
        float* to = acc;
        for (int c = 0; c < columns; ++c, to += kPanelRows) {
            const int8_t* a = cols->q[c] + 32 * j;
            const int8x16_t a0 = vld1q_s8(a), a1 = vld1q_s8(a + 16);
            const f4 d = f4_dup(cols->d[j][c]);
            THIMBLE_UNROLL
            for (int g = 0; g < 2; ++g) {
                const int8x16_t* wg = w + 8 * g;
                f4 sum = f4_load(to + 4 * g);
                if constexpr (T == kTileHalfFloat) {
                    sum = f4_fma(f4_of(dot16_rows<2>(wg, a0)), f4_mul(f4_load(p->dw[2 * j] + 4 * g), d), sum);
                    sum = f4_fma(f4_of(dot16_rows<2>(wg + 1, a1)), f4_mul(f4_load(p->dw[2 * j + 1] + 4 * g), d), sum);
                } else {
                    int32x4_t dot;
                    if constexpr (kHalf) {
                        dot = vmulq_s32(dot16_rows<kRange>(wg, a0), vld1q_s32(p->sc[2 * j] + 4 * g));
                        dot = vmlaq_s32(dot, dot16_rows<kRange>(wg + 1, a1), vld1q_s32(p->sc[2 * j + 1] + 4 * g));
                    } else {
                        dot = dot32_rows<kRange>(wg, a0, a1);
                    }
                    sum = f4_fma(f4_of(dot), f4_mul(dw[g], d), sum);
                }
                if constexpr (T == kTileNarrowMin || T == kTileMediumMin) {
                    sum = f4_fma(f4_load(p->m[j] + 4 * g), f4_dup(cols->ds[j][c]), sum);
                }
                if constexpr (T == kTileHalfMin) {
                    sum = f4_fma(f4_load(p->m[2 * j] + 4 * g), f4_dup(cols->ds[2 * j][c]), sum);
                    sum = f4_fma(f4_load(p->m[2 * j + 1] + 4 * g), f4_dup(cols->ds[2 * j + 1][c]), sum);
                }
                f4_store(to + 4 * g, sum);
            }
        }
    }
}

constexpr ArmTier kNeonTier = {
    {neon_tile<kTileNarrow>, neon_tile<kTileWide>, neon_tile<kTileNarrowMin>, neon_tile<kTileMediumMin>,
     neon_tile<kTileHalfNarrow>, neon_tile<kTileHalfWide>, neon_tile<kTileHalfMin>, neon_tile<kTileHalfFloat>},
    nullptr,
    nullptr,
    nullptr};

}  // namespace
}  // namespace thimble
