// SPDX-License-Identifier: MIT
// Tiles of matrix products over smmla: eight rows x four columns as 4 x 2 registers of 2 x 2 sums,
// [r][c] [r][c + 1] [r + 1][c] [r + 1][c + 1]. Floats keep that order until finish.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/isa/neon_words.h"
#include "kernels/micro/arm_panel.h"

namespace thimble {
namespace {

inline void zip_longs(const int8_t* x, const int8_t* y, int8_t* first, int8_t* second) {
    const int64x2_t a = vreinterpretq_s64_s8(vld1q_s8(x)), b = vreinterpretq_s64_s8(vld1q_s8(y));
    vst1q_s8(first, vreinterpretq_s8_s64(vzip1q_s64(a, b)));
    vst1q_s8(second, vreinterpretq_s8_s64(vzip2q_s64(a, b)));
}

// [sub][row][32] -> [sub][4 steps of 8 values][row][8].
inline void i8mm_arrange(const int8_t* rows, int subs, int8_t* q) {
    for (int i = 0; i < 2 * subs; ++i) {
        const int8_t* from = rows + (i >> 1) * 256 + (i & 1) * 16;
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r)
            zip_longs(from + 64 * r, from + 64 * r + 32, q + i * 128 + 16 * r, q + i * 128 + 64 + 16 * r);
    }
}

// Columns, four together: [sub][4 steps of 8 values][column][8].
inline void i8mm_pack(const ArmColumns* cols, int columns, int subs, int8_t* packed) {
    for (int c = 0; c < columns; c += 4, packed += kPanelSubs * 128) {
        for (int i = 0; i < 2 * subs; ++i) {
            int8_t* to = packed + i * 64;
            zip_longs(cols->q[c] + 16 * i, cols->q[c + 1] + 16 * i, to, to + 32);
            zip_longs(cols->q[c + 2] + 16 * i, cols->q[c + 3] + 16 * i, to + 16, to + 48);
        }
    }
}

inline void i8mm_finish(float* acc) {
    f4 v[8];
    THIMBLE_UNROLL
    for (int i = 0; i < 8; ++i) v[i] = f4_load(acc + 4 * i);
    THIMBLE_UNROLL
    for (int pair = 0; pair < 2; ++pair) {
        THIMBLE_UNROLL
        for (int half = 0; half < 2; ++half) {
            const f4 a = v[4 * half + pair], b = v[4 * half + 2 + pair];
            f4_store(acc + (2 * pair) * kPanelRows + 4 * half, vuzp1q_f32(a, b));
            f4_store(acc + (2 * pair + 1) * kPanelRows + 4 * half, vuzp2q_f32(a, b));
        }
    }
}

// s[2 * row pair + column pair] += 16 values
THIMBLE_INLINE void mma16_tile(const int8_t* w, const int8_t* a, int32x4_t* s) {
    THIMBLE_UNROLL
    for (int step = 0; step < 2; ++step) {
        const int8x16_t a0 = vld1q_s8(a + 32 * step), a1 = vld1q_s8(a + 32 * step + 16);
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r) {
            const int8x16_t v = vld1q_s8(w + 64 * step + 16 * r);
            s[2 * r] = vmmlaq_s32(s[2 * r], v, a0);
            s[2 * r + 1] = vmmlaq_s32(s[2 * r + 1], v, a1);
        }
    }
}

// Eight rows' numbers to [r r r+1 r+1] of row pair i.
THIMBLE_INLINE f4 row_pair(const float* x, int i) {
    const f4 v = f4_load(x + (i & 2) * 2);
    return i & 1 ? vzip2q_f32(v, v) : vzip1q_f32(v, v);
}
THIMBLE_INLINE int32x4_t row_pair(const int32_t* x, int i) {
    const int32x4_t v = vld1q_s32(x + (i & 2) * 2);
    return i & 1 ? vzip2q_s32(v, v) : vzip1q_s32(v, v);
}
struct ColumnPairs {
    f4 x[2];  // [c c+1 c c+1]
};
THIMBLE_INLINE ColumnPairs column_pairs(const float* x) {
    const float64x2_t v = vreinterpretq_f64_f32(f4_load(x));
    return {{vreinterpretq_f32_f64(vzip1q_f64(v, v)), vreinterpretq_f32_f64(vzip2q_f64(v, v))}};
}
THIMBLE_INLINE void mma_scale(const int32x4_t* s, const float* dw, ColumnPairs d, f4* f) {
    THIMBLE_UNROLL
    for (int r = 0; r < 4; ++r) {
        const f4 w = row_pair(dw, r);
        f[2 * r] = f4_fma(f4_of(s[2 * r]), f4_mul(w, d.x[0]), f[2 * r]);
        f[2 * r + 1] = f4_fma(f4_of(s[2 * r + 1]), f4_mul(w, d.x[1]), f[2 * r + 1]);
    }
}
THIMBLE_INLINE void mma_minimum(const float* m, ColumnPairs x, f4* f) {
    THIMBLE_UNROLL
    for (int r = 0; r < 4; ++r) {
        const f4 v = row_pair(m, r);
        f[2 * r] = f4_fma(v, x.x[0], f[2 * r]);
        f[2 * r + 1] = f4_fma(v, x.x[1], f[2 * r + 1]);
    }
}

enum class MmaKind { kPlain, kMin, kHalf, kHalfMin, kHalfFloat };

template <MmaKind K>
void i8mm_tile(const ArmPanel* p, int subs, const ArmColumns* cols, const int8_t* packed, int columns, float* acc) {
    for (int c = 0; c < columns; c += 4, acc += 4 * kPanelRows, packed += kPanelSubs * 128) {
        f4 f[8];
        THIMBLE_UNROLL
        for (int i = 0; i < 8; ++i) f[i] = f4_load(acc + 4 * i);
        for (int j = 0; j < subs; ++j) {
            const int8_t* w = p->q + 256 * j;
            const int8_t* a = packed + 128 * j;
            const ColumnPairs d = column_pairs(cols->d[j] + c);
            int32x4_t s[8];
            THIMBLE_UNROLL
            for (int i = 0; i < 8; ++i) s[i] = vdupq_n_s32(0);
            mma16_tile(w, a, s);
            if constexpr (K == MmaKind::kHalfFloat) {
                mma_scale(s, p->dw[2 * j], d, f);
                THIMBLE_UNROLL
                for (int i = 0; i < 8; ++i) s[i] = vdupq_n_s32(0);
                mma16_tile(w + 128, a + 64, s);
                mma_scale(s, p->dw[2 * j + 1], d, f);
                continue;
            }
            if constexpr (K == MmaKind::kHalf || K == MmaKind::kHalfMin) {
                int32x4_t first[8];
                THIMBLE_UNROLL
                for (int i = 0; i < 8; ++i) first[i] = vmulq_s32(s[i], row_pair(p->sc[2 * j], i >> 1));
                THIMBLE_UNROLL
                for (int i = 0; i < 8; ++i) s[i] = vdupq_n_s32(0);
                mma16_tile(w + 128, a + 64, s);
                THIMBLE_UNROLL
                for (int i = 0; i < 8; ++i) s[i] = vmlaq_s32(first[i], s[i], row_pair(p->sc[2 * j + 1], i >> 1));
            } else {
                mma16_tile(w + 128, a + 64, s);
            }
            mma_scale(s, p->dw[j], d, f);
            if constexpr (K == MmaKind::kMin) mma_minimum(p->m[j], column_pairs(cols->ds[j] + c), f);
            if constexpr (K == MmaKind::kHalfMin) {
                mma_minimum(p->m[2 * j], column_pairs(cols->ds[2 * j] + c), f);
                mma_minimum(p->m[2 * j + 1], column_pairs(cols->ds[2 * j + 1] + c), f);
            }
        }
        THIMBLE_UNROLL
        for (int i = 0; i < 8; ++i) f4_store(acc + 4 * i, f[i]);
    }
}

constexpr ArmTier kI8mmTier = {{i8mm_tile<MmaKind::kPlain>, i8mm_tile<MmaKind::kPlain>, i8mm_tile<MmaKind::kMin>,
                                i8mm_tile<MmaKind::kMin>, i8mm_tile<MmaKind::kHalf>, i8mm_tile<MmaKind::kHalf>,
                                i8mm_tile<MmaKind::kHalfMin>, i8mm_tile<MmaKind::kHalfFloat>},
                               i8mm_arrange,
                               i8mm_pack,
                               i8mm_finish};

}  // namespace
}  // namespace thimble
