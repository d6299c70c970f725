// SPDX-License-Identifier: MIT
// Tiles of matrix products over sdot: eight rows (in lanes) x four columns (by lane), all sums in registers.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/isa/neon_words.h"
#include "kernels/micro/arm_panel.h"

namespace thimble {
namespace {

// 4 x 4 words transposed: out[i] = word i of rows 0 to 3.
inline void transpose_words(const int8_t* rows, int stride, int8_t* out) {
    int32x4_t r[4];
    THIMBLE_UNROLL
    for (int i = 0; i < 4; ++i) r[i] = vreinterpretq_s32_s8(vld1q_s8(rows + i * stride));
    const int32x4_t e0 = vzip1q_s32(r[0], r[2]), e1 = vzip2q_s32(r[0], r[2]);
    const int32x4_t o0 = vzip1q_s32(r[1], r[3]), o1 = vzip2q_s32(r[1], r[3]);
    vst1q_s8(out, vreinterpretq_s8_s32(vzip1q_s32(e0, o0)));
    vst1q_s8(out + 32, vreinterpretq_s8_s32(vzip2q_s32(e0, o0)));
    vst1q_s8(out + 64, vreinterpretq_s8_s32(vzip1q_s32(e1, o1)));
    vst1q_s8(out + 96, vreinterpretq_s8_s32(vzip2q_s32(e1, o1)));
}

// [sub][row][32] -> [sub][8 steps of 4 values][row][4].
inline void dotprod_arrange(const int8_t* rows, int subs, int8_t* q) {
    for (int i = 0; i < 2 * subs; ++i) {
        const int8_t* from = rows + (i >> 1) * 256 + (i & 1) * 16;
        transpose_words(from, 32, q + i * 128);
        transpose_words(from + 128, 32, q + i * 128 + 16);
    }
}

// s[2 * column + g] += rows 4g .. 4g + 3 x 16 values. w: [4 steps][2 g] registers.
THIMBLE_INLINE void dot16_tile(const int8_t* w, const int8x16_t* a, int32x4_t* s) {
    const auto step = [&]<int i>() {
        const int8x16_t w0 = vld1q_s8(w + 32 * i), w1 = vld1q_s8(w + 32 * i + 16);
        THIMBLE_UNROLL
        for (int c = 0; c < 4; ++c) {
            s[2 * c] = vdotq_laneq_s32(s[2 * c], w0, a[c], i);
            s[2 * c + 1] = vdotq_laneq_s32(s[2 * c + 1], w1, a[c], i);
        }
    };
    step.template operator()<0>();
    step.template operator()<1>();
    step.template operator()<2>();
    step.template operator()<3>();
}

// f[2c + g] = fma(m[g], x[c], f[2c + g]) for the four columns c.
THIMBLE_INLINE void fma_columns(const float* m, f4 x, f4* f) {
    const f4 m0 = f4_load(m), m1 = f4_load(m + 4);
    f[0] = f4_fma_lane<0>(m0, x, f[0]);
    f[1] = f4_fma_lane<0>(m1, x, f[1]);
    f[2] = f4_fma_lane<1>(m0, x, f[2]);
    f[3] = f4_fma_lane<1>(m1, x, f[3]);
    f[4] = f4_fma_lane<2>(m0, x, f[4]);
    f[5] = f4_fma_lane<2>(m1, x, f[5]);
    f[6] = f4_fma_lane<3>(m0, x, f[6]);
    f[7] = f4_fma_lane<3>(m1, x, f[7]);
}
// f = fma(float(s), dw * d, f)
THIMBLE_INLINE void scale_columns(const int32x4_t* s, const float* dw, f4 d, f4* f) {
    const f4 w0 = f4_load(dw), w1 = f4_load(dw + 4);
    f[0] = f4_fma(f4_of(s[0]), f4_mul_lane<0>(w0, d), f[0]);
    f[1] = f4_fma(f4_of(s[1]), f4_mul_lane<0>(w1, d), f[1]);
    f[2] = f4_fma(f4_of(s[2]), f4_mul_lane<1>(w0, d), f[2]);
    f[3] = f4_fma(f4_of(s[3]), f4_mul_lane<1>(w1, d), f[3]);
    f[4] = f4_fma(f4_of(s[4]), f4_mul_lane<2>(w0, d), f[4]);
    f[5] = f4_fma(f4_of(s[5]), f4_mul_lane<2>(w1, d), f[5]);
    f[6] = f4_fma(f4_of(s[6]), f4_mul_lane<3>(w0, d), f[6]);
    f[7] = f4_fma(f4_of(s[7]), f4_mul_lane<3>(w1, d), f[7]);
}
THIMBLE_INLINE void load_columns(const ArmColumns* cols, int c, int at, int8x16_t* a) {
    THIMBLE_UNROLL
    for (int i = 0; i < 4; ++i) a[i] = vld1q_s8(cols->q[c + i] + at);
}
THIMBLE_INLINE void clear8(int32x4_t* s) {
    THIMBLE_UNROLL
    for (int i = 0; i < 8; ++i) s[i] = vdupq_n_s32(0);
}

enum class TileKind { kPlain, kMin, kHalf, kHalfMin, kHalfFloat };

template <TileKind K>
void dotprod_tile(const ArmPanel* p, int subs, const ArmColumns* cols, const int8_t*, int columns, float* acc) {
    for (int c = 0; c < columns; c += 4, acc += 4 * kPanelRows) {
        f4 f[8];
        THIMBLE_UNROLL
        for (int i = 0; i < 8; ++i) f[i] = f4_load(acc + 4 * i);
        for (int j = 0; j < subs; ++j) {
            const int8_t* w = p->q + 256 * j;
            const f4 d = f4_load(cols->d[j] + c);
            int8x16_t a[4];
            int32x4_t s[8];
            clear8(s);
            load_columns(cols, c, 32 * j, a);
            dot16_tile(w, a, s);
            load_columns(cols, c, 32 * j + 16, a);
            if constexpr (K == TileKind::kHalfFloat) {
                scale_columns(s, p->dw[2 * j], d, f);
                clear8(s);
                dot16_tile(w + 128, a, s);
                scale_columns(s, p->dw[2 * j + 1], d, f);
                continue;
            }
            if constexpr (K == TileKind::kHalf || K == TileKind::kHalfMin) {
                const int32x4_t sc0 = vld1q_s32(p->sc[2 * j]), sc1 = vld1q_s32(p->sc[2 * j] + 4);
                int32x4_t first[8];
                THIMBLE_UNROLL
                for (int i = 0; i < 8; ++i) first[i] = vmulq_s32(s[i], i & 1 ? sc1 : sc0);
                clear8(s);
                dot16_tile(w + 128, a, s);
                const int32x4_t sd0 = vld1q_s32(p->sc[2 * j + 1]), sd1 = vld1q_s32(p->sc[2 * j + 1] + 4);
                THIMBLE_UNROLL
                for (int i = 0; i < 8; ++i) s[i] = vmlaq_s32(first[i], s[i], i & 1 ? sd1 : sd0);
            } else {
                dot16_tile(w + 128, a, s);
            }
            scale_columns(s, p->dw[j], d, f);
            if constexpr (K == TileKind::kMin) fma_columns(p->m[j], f4_load(cols->ds[j] + c), f);
            if constexpr (K == TileKind::kHalfMin) {
                fma_columns(p->m[2 * j], f4_load(cols->ds[2 * j] + c), f);
                fma_columns(p->m[2 * j + 1], f4_load(cols->ds[2 * j + 1] + c), f);
            }
        }
        THIMBLE_UNROLL
        for (int i = 0; i < 8; ++i) f4_store(acc + 4 * i, f[i]);
    }
}

constexpr ArmTier kDotprodTier = {
    {dotprod_tile<TileKind::kPlain>, dotprod_tile<TileKind::kPlain>, dotprod_tile<TileKind::kMin>,
     dotprod_tile<TileKind::kMin>, dotprod_tile<TileKind::kHalf>, dotprod_tile<TileKind::kHalf>,
     dotprod_tile<TileKind::kHalfMin>, dotprod_tile<TileKind::kHalfFloat>},
    dotprod_arrange,
    nullptr,
    nullptr};

}  // namespace
}  // namespace thimble
