// SPDX-License-Identifier: MIT
// Tiles of matrix products on ARMv7, which has half the registers of AArch64 and pairwise additions of 8 bytes only: four
// rows of a sub-block stay in eight registers while the columns pass. Two rows lie together, four weights of one beside
// four of the other, and the columns have each four values twice: so a register of 16-bit sums holds two rows, and
// bringing four rows into 32-bit lanes takes two pairwise additions and a widening one.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/micro/arm_panel.h"
#include "kernels/micro/neon32_words.h"

namespace thimble {
namespace {

// Two rows x 16 values, w and a as they lie: 4 products a lane, lanes 0..3 the first row.
THIMBLE_INLINE int16x8_t pair16(int8x16_t w0, int8x16_t w1, int8x16_t a0, int8x16_t a1) {
    return mlal_high(mlal_low(mlal_high(mull_low(w0, a0), w0, a0), w1, a1), w1, a1);
}
THIMBLE_INLINE int16x8_t pair32(const int8x16_t* w, const int8x16_t* a) {
    int16x8_t p = pair16(w[0], w[1], a[0], a[1]);
    p = mlal_high(mlal_low(p, w[2], a[2]), w[2], a[2]);
    return mlal_high(mlal_low(p, w[3], a[3]), w[3], a[3]);
}
// The same for any int8: two products are all that 16 bits hold.
THIMBLE_INLINE int32x4_t pair16_wide(int8x16_t w0, int8x16_t w1, int8x16_t a0, int8x16_t a1) {
    return vpadalq_s16(vpaddlq_s16(mlal_high(mull_low(w0, a0), w0, a0)), mlal_high(mull_low(w1, a1), w1, a1));
}
THIMBLE_INLINE int32x4_t pair32_wide(const int8x16_t* w, const int8x16_t* a) {
    int32x4_t s = pair16_wide(w[0], w[1], a[0], a[1]);
    s = vpadalq_s16(s, mlal_high(mull_low(w[2], a[2]), w[2], a[2]));
    return vpadalq_s16(s, mlal_high(mull_low(w[3], a[3]), w[3], a[3]));
}

// Four rows in lanes. range 2: 16 bits hold one more pairwise addition; 1: none; 0: any int8.
template <int range>
THIMBLE_INLINE int32x4_t dot32_pairs(const int8x16_t* w, const int8x16_t* a) {
    if constexpr (range == 2) return vpaddlq_s16(pair_add(pair32(w, a), pair32(w + 4, a)));
    if constexpr (range == 1) return pair_add(vpaddlq_s16(pair32(w, a)), vpaddlq_s16(pair32(w + 4, a)));
    return pair_add(pair32_wide(w, a), pair32_wide(w + 4, a));
}
template <int range>
THIMBLE_INLINE int32x4_t dot16_pairs(const int8x16_t* w, const int8x16_t* a) {
    if constexpr (range == 2)
        return vpaddlq_s16(pair_add(pair16(w[0], w[1], a[0], a[1]), pair16(w[4], w[5], a[0], a[1])));
    return pair_add(pair16_wide(w[0], w[1], a[0], a[1]), pair16_wide(w[4], w[5], a[0], a[1]));
}

template <ArmTile T>
void neon32_tile(const ArmPanel* p, int subs, const ArmColumns* cols, const int8_t* packed, int columns, float* acc) {
    constexpr bool kHalf = T == kTileHalfNarrow || T == kTileHalfWide || T == kTileHalfMin;
    constexpr int kRange = T == kTileWide || T == kTileHalfWide ? 0 : T == kTileMediumMin ? 1 : 2;
    for (int j = 0; j < subs; ++j) {
        for (int g = 0; g < 2; ++g) {
            int8x16_t w[8];
            THIMBLE_UNROLL
            for (int i = 0; i < 8; ++i) w[i] = vld1q_s8(p->q + ((2 * j + g) * 8 + i) * 16);
            const f4 dw = f4_load(p->dw + kPanelRows * j + 4 * g);
            const int8_t* from = packed + static_cast<size_t>(j) * static_cast<size_t>(columns) * 64;
            const float* d = cols->d[j];
            const float* ds = cols->ds[j];
            float* to = acc + 4 * g;
            const float* end = to + columns * kPanelRows;
            do {
                const int8x16x2_t a01 = take32(from), a23 = take32(from);
                const int8x16_t a[4] = {a01.val[0], a01.val[1], a23.val[0], a23.val[1]};
                f4 sum;
                if constexpr (T == kTileHalfFloat) {
                    const f4 dc = take_dup(d);
                    sum = f4_fma(f4_of(dot16_pairs<2>(w, a)), f4_mul(f4_load(p->dw + kPanelRows * 2 * j + 4 * g), dc),
                                 f4_load(to));
                    sum = f4_fma(f4_of(dot16_pairs<2>(w + 2, a + 2)),
                                 f4_mul(f4_load(p->dw + kPanelRows * (2 * j + 1) + 4 * g), dc), sum);
                } else {
                    int32x4_t dot;
                    if constexpr (kHalf) {
                        dot = vmulq_s32(dot16_pairs<kRange>(w, a), vld1q_s32(p->sc + kPanelRows * 2 * j + 4 * g));
                        dot = vmlaq_s32(dot, dot16_pairs<kRange>(w + 2, a + 2),
                                        vld1q_s32(p->sc + kPanelRows * (2 * j + 1) + 4 * g));
                    } else {
                        dot = dot32_pairs<kRange>(w, a);
                    }
                    sum = f4_fma(f4_of(dot), f4_mul(dw, take_dup(d)), f4_load(to));
                }
                if constexpr (T == kTileNarrowMin || T == kTileMediumMin) {
                    sum = f4_fma(f4_load(p->m + kPanelRows * j + 4 * g), take_dup(ds), sum);
                }
                if constexpr (T == kTileHalfMin) {
                    const int64_t c = (to - acc) / kPanelRows;
                    sum = f4_fma(f4_load(p->m + kPanelRows * 2 * j + 4 * g), f4_dup(cols->ds[2 * j][c]), sum);
                    sum = f4_fma(f4_load(p->m + kPanelRows * (2 * j + 1) + 4 * g), f4_dup(cols->ds[2 * j + 1][c]), sum);
                }
                f4_store(to, sum);
                to += kPanelRows;
            } while (to != end);
        }
    }
}

// [sub][half][row][16] -> [sub][row pair][half][32]: rows 2i and 2i + 1 side by side, four weights each.
inline void neon32_arrange(const int8_t* rows, int subs, ArmTile, ArmPanel* p) {
    for (int i = 0; i < 2 * subs; ++i) {
        int8_t* q = p->q + (i >> 1) * kPanelRows * 32 + (i & 1) * 32;
        for (int r = 0; r < kPanelRows; r += 2, rows += 32, q += 64) {
            const int32x4x2_t z =
                vzipq_s32(vreinterpretq_s32_s8(vld1q_s8(rows)), vreinterpretq_s32_s8(vld1q_s8(rows + 16)));
            vst1q_s8(q, vreinterpretq_s8_s32(z.val[0]));
            vst1q_s8(q + 16, vreinterpretq_s8_s32(z.val[1]));
        }
    }
}

// Each four values of a column twice: [sub][column][64].
inline void neon32_pack(const ArmColumns* c, int columns, int subs, int8_t* packed) {
    for (int i = 0; i < columns; ++i) {
        const int8_t* from = c->q[i];
        for (int j = 0; j < subs; ++j) {
            int8_t* to = packed + (static_cast<size_t>(j) * static_cast<size_t>(columns) + static_cast<size_t>(i)) * 64;
            THIMBLE_UNROLL
            for (int h = 0; h < 2; ++h, from += 16) {
                const int32x4_t v = vreinterpretq_s32_s8(vld1q_s8(from));
                const int32x4x2_t z = vzipq_s32(v, v);
                vst1q_s8(to + 32 * h, vreinterpretq_s8_s32(z.val[0]));
                vst1q_s8(to + 32 * h + 16, vreinterpretq_s8_s32(z.val[1]));
            }
        }
    }
}

constexpr ArmTier kNeon32Tier = {
    {neon32_tile<kTileNarrow>, neon32_tile<kTileWide>, neon32_tile<kTileNarrowMin>, neon32_tile<kTileMediumMin>,
     neon32_tile<kTileHalfNarrow>, neon32_tile<kTileHalfWide>, neon32_tile<kTileHalfMin>, neon32_tile<kTileHalfFloat>},
    neon32_arrange,
    neon32_pack,
    nullptr};

}  // namespace
}  // namespace thimble
