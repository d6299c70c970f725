// SPDX-License-Identifier: MIT
// Tiles of matrix products over smmla: eight rows x four columns as 4 x 2 registers of 2 x 2 sums,
// [r][c] [r][c + 1] [r + 1][c] [r + 1][c + 1]. Floats keep that order until finish.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/isa/arm_pairs.h"
#include "kernels/micro/arm_panel.h"

namespace thimble {
namespace {

// Sixteen values of two columns or rows to two steps of eight values of both.
inline void zip_longs(int8x16_t x, int8x16_t y, int8x16_t* first, int8x16_t* second) {
    const int64x2_t a = vreinterpretq_s64_s8(x), b = vreinterpretq_s64_s8(y);
    *first = vreinterpretq_s8_s64(vzip1q_s64(a, b));
    *second = vreinterpretq_s8_s64(vzip2q_s64(a, b));
}

// Eight rows' numbers, `count` times, to [r r r+1 r+1] of each pair of rows, in place.
inline void spread_row_pairs(float* x, int count) {
    for (int i = count - 1; i >= 0; --i) {
        const f4 a = f4_load(x + 8 * i), b = f4_load(x + 8 * i + 4);
        f4_store(x + 16 * i, vzip1q_f32(a, a));
        f4_store(x + 16 * i + 4, vzip2q_f32(a, a));
        f4_store(x + 16 * i + 8, vzip1q_f32(b, b));
        f4_store(x + 16 * i + 12, vzip2q_f32(b, b));
    }
}
inline void spread_row_pairs(int32_t* x, int count) {
    for (int i = count - 1; i >= 0; --i) {
        const int32x4_t a = vld1q_s32(x + 8 * i), b = vld1q_s32(x + 8 * i + 4);
        vst1q_s32(x + 16 * i, vzip1q_s32(a, a));
        vst1q_s32(x + 16 * i + 4, vzip2q_s32(a, a));
        vst1q_s32(x + 16 * i + 8, vzip1q_s32(b, b));
        vst1q_s32(x + 16 * i + 12, vzip2q_s32(b, b));
    }
}

// [sub][half][row][16] -> [sub][4 steps of 8 values][row][8]; scales as the sums of two rows and columns stand. Integer scales
// as in dotprod_arrange.
inline void i8mm_arrange(const int8_t* rows, int subs, ArmTile tile, ArmPanel* p) {
    int8_t* q = p->q;
    for (int i = 0; i < 2 * subs; ++i) {
        int8x16_t first[4], second[4];
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r) {
            int8x16_t x, y;
            load_pair(rows, x, y);
            zip_longs(x, y, first + r, second + r);
        }
        store_pair(q, first[0], first[1]);
        store_pair(q, first[2], first[3]);
        store_pair(q, second[0], second[1]);
        store_pair(q, second[2], second[3]);
    }
    spread_row_pairs(p->dw, tile == kTileHalfFloat ? 2 * subs : subs);
    if (tile == kTileNarrowMin || tile == kTileMediumMin) spread_row_pairs(p->m, subs);
    if (tile == kTileHalfMin) spread_row_pairs(p->m, 2 * subs);
    if (!tile_has_int_scales(tile)) return;
    for (int i = 0; i < 2 * subs * kPanelRows; i += 2 * kPanelRows)
        for (int r = 0; r < kPanelRows; ++r) p->sc[i + r] -= p->sc[i + kPanelRows + r];
    spread_row_pairs(p->sc, 2 * subs);
}

// Columns, four together: [sub][4 steps of 8 values][column][8].
inline void i8mm_pack(const ArmColumns* cols, int columns, int subs, int8_t* packed) {
    for (int c = 0; c < columns; c += 4, packed += kPanelSubs * 128) {
        const int8_t* from[4] = {cols->q[c], cols->q[c + 1], cols->q[c + 2], cols->q[c + 3]};
        int8_t* to = packed;
        int left = subs;
        do {
            int8x16_t v[8], out[8];
            THIMBLE_UNROLL
            for (int i = 0; i < 4; ++i) load_pair(from[i], v[2 * i], v[2 * i + 1]);
            THIMBLE_UNROLL
            for (int pair = 0; pair < 2; ++pair) {
                zip_longs(v[4 * pair], v[4 * pair + 2], out + pair, out + 2 + pair);
                zip_longs(v[4 * pair + 1], v[4 * pair + 3], out + 4 + pair, out + 6 + pair);
            }
            THIMBLE_UNROLL
            for (int i = 0; i < 8; i += 2) store_pair(to, out[i], out[i + 1]);
        } while (--left != 0);
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

// Where a tile reads: the panel's weights and four packed columns. The products move them on.
struct MmaCursor {
    const int8_t *w, *a;
};

// The sums of sixteen or 32 products, s[2 * row pair + column pair]. Assembly for the same reasons as dot32_tile: 83
// instructions instead of 91 a sub-block. A step multiplies eight values and loads those of another one meanwhile.
// clang-format off
#define THIMBLE_MMA_ROWS(w, a0, a1, s0, s1)                                   \
    "smmla %[" #s0 "].4s, v" #w ".16b, v" #a0 ".16b\n"                        \
    "smmla %[" #s1 "].4s, v" #w ".16b, v" #a1 ".16b\n"
#define THIMBLE_MMA_STEP(w0, w1, w2, w3, a0, a1, load0, load1, load2)         \
    THIMBLE_MMA_ROWS(w0, a0, a1, s0, s1) load0                                \
    THIMBLE_MMA_ROWS(w1, a0, a1, s2, s3) load1                                \
    THIMBLE_MMA_ROWS(w2, a0, a1, s4, s5) load2                                \
    THIMBLE_MMA_ROWS(w3, a0, a1, s6, s7)
#define THIMBLE_MMA_ZERO                                                      \
    "movi %[s0].4s, #0\n movi %[s1].4s, #0\n movi %[s2].4s, #0\n"             \
    "movi %[s3].4s, #0\n movi %[s4].4s, #0\n movi %[s5].4s, #0\n"             \
    "movi %[s6].4s, #0\n movi %[s7].4s, #0\n"
#define THIMBLE_MMA_W(x, y, at) "ldp q" #x ", q" #y ", [%[w], #" #at "]\n"
#define THIMBLE_MMA_A(x, y, at) "ldp q" #x ", q" #y ", [%[a], #" #at "]\n"
#define THIMBLE_MMA_LAST_W(x, y, size) "ldp q" #x ", q" #y ", [%[w]], #" #size "\n"
#define THIMBLE_MMA_LAST_A(x, y, size) "ldp q" #x ", q" #y ", [%[a]], #" #size "\n"
#define THIMBLE_MMA_SUMS(s, kind)                                                                                     \
    [s0] kind(s[0]), [s1] kind(s[1]), [s2] kind(s[2]), [s3] kind(s[3]), [s4] kind(s[4]), [s5] kind(s[5]),             \
        [s6] kind(s[6]), [s7] kind(s[7])
// clang-format on

THIMBLE_INLINE void mma32_tile(MmaCursor& at, int32x4_t* s) {
    asm(THIMBLE_MMA_A(4, 5, 32) THIMBLE_MMA_W(0, 1, 64) THIMBLE_MMA_W(2, 3, 96) THIMBLE_MMA_ZERO  //
            THIMBLE_MMA_STEP(0, 1, 2, 3, 4, 5, THIMBLE_MMA_A(6, 7, 64), THIMBLE_MMA_W(16, 17, 128),
                             THIMBLE_MMA_W(18, 19, 160))
                THIMBLE_MMA_STEP(16, 17, 18, 19, 6, 7, THIMBLE_MMA_A(4, 5, 96), THIMBLE_MMA_W(0, 1, 192),
                                 THIMBLE_MMA_W(2, 3, 224))
                    THIMBLE_MMA_STEP(0, 1, 2, 3, 4, 5, THIMBLE_MMA_LAST_A(6, 7, 128), THIMBLE_MMA_W(18, 19, 32),
                                     THIMBLE_MMA_LAST_W(16, 17, 256)) THIMBLE_MMA_STEP(16, 17, 18, 19, 6, 7, "", "", "")
        : THIMBLE_MMA_SUMS(s, "=&w"), [w] "+r"(at.w), [a] "+r"(at.a)
        :
        : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "memory");
}
THIMBLE_INLINE void mma16_first(MmaCursor& at, int32x4_t* s) {
    asm(THIMBLE_MMA_A(4, 5, 32) THIMBLE_MMA_W(0, 1, 64) THIMBLE_MMA_W(2, 3, 96) THIMBLE_MMA_ZERO  //
            THIMBLE_MMA_STEP(0, 1, 2, 3, 4, 5, THIMBLE_MMA_LAST_A(6, 7, 64), THIMBLE_MMA_W(18, 19, 32),
                             THIMBLE_MMA_LAST_W(16, 17, 128)) THIMBLE_MMA_STEP(16, 17, 18, 19, 6, 7, "", "", "")
        : THIMBLE_MMA_SUMS(s, "=&w"), [w] "+r"(at.w), [a] "+r"(at.a)
        :
        : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "memory");
}
// On top of what `s` holds; few registers are left here.
THIMBLE_INLINE void mma16_second(MmaCursor& at, int32x4_t* s) {
    asm(THIMBLE_MMA_A(4, 5, 32) THIMBLE_MMA_W(0, 1, 64) THIMBLE_MMA_W(2, 3, 96)  //
        THIMBLE_MMA_STEP(0, 1, 2, 3, 4, 5, THIMBLE_MMA_LAST_A(6, 7, 64), "", THIMBLE_MMA_W(0, 1, 0))
            THIMBLE_MMA_W(2, 3, 32) "add %[w], %[w], #128\n" THIMBLE_MMA_STEP(0, 1, 2, 3, 6, 7, "", "", "")
        : THIMBLE_MMA_SUMS(s, "+w"), [w] "+r"(at.w), [a] "+r"(at.a)
        :
        : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "memory");
}
#undef THIMBLE_MMA_ROWS
#undef THIMBLE_MMA_STEP
#undef THIMBLE_MMA_ZERO
#undef THIMBLE_MMA_W
#undef THIMBLE_MMA_A
#undef THIMBLE_MMA_LAST_W
#undef THIMBLE_MMA_LAST_A
#undef THIMBLE_MMA_SUMS

// Four columns' numbers as [c c+1 c c+1] of each pair.
struct ColumnPairs {
    f4 x[2];
};
THIMBLE_INLINE ColumnPairs column_pairs(const float*& p) {
    constexpr int64_t kRest = sizeof(ArmColumns::d[0]) - 8;
    return {{load_twice_then(p, 8), load_twice_then(p, kRest)}};
}
THIMBLE_INLINE void mma_scale(const int32x4_t* s, const float*& dw, ColumnPairs d, f4* f) {
    f4 w[4];
    load_pair(dw, w[0], w[1]);
    load_pair(dw, w[2], w[3]);
    THIMBLE_UNROLL
    for (int i = 0; i < 8; ++i) f[i] = f4_fma(f4_of(s[i]), f4_mul(w[i >> 1], d.x[i & 1]), f[i]);
}
THIMBLE_INLINE void mma_minimum(const float*& m, ColumnPairs x, f4* f) {
    f4 v[4];
    load_pair(m, v[0], v[1]);
    load_pair(m, v[2], v[3]);
    THIMBLE_UNROLL
    for (int i = 0; i < 8; ++i) f[i] = f4_fma(v[i >> 1], x.x[i & 1], f[i]);
}

enum class MmaKind { kPlain, kMin, kHalf, kHalfMin, kHalfFloat };

template <MmaKind K>
void i8mm_tile(const ArmPanel* p, int subs, const ArmColumns* cols, const int8_t* packed, int columns, float* acc) {
    constexpr bool kHalf = K == MmaKind::kHalf || K == MmaKind::kHalfMin;
    for (int c = 0; c < columns; c += 4, acc += 4 * kPanelRows, packed += kPanelSubs * 128) {
        f4 f[8];
        THIMBLE_UNROLL
        for (int i = 0; i < 8; ++i) f[i] = f4_load(acc + 4 * i);
        MmaCursor at = {p->q, packed};
        const float *dw = p->dw, *m = p->m, *d = cols->d[0] + c, *ds = cols->ds[0] + c;
        const int32_t* sc = p->sc;
        int left = subs;
        do {
            int32x4_t s[8];
            if constexpr (K == MmaKind::kHalfFloat) {
                const ColumnPairs both = column_pairs(d);
                mma16_first(at, s);
                mma_scale(s, dw, both, f);
                mma16_first(at, s);
                mma_scale(s, dw, both, f);
                continue;
            }
            if constexpr (kHalf) {
                int32x4_t sum[8], w[4];
                mma16_first(at, s);
                load_pair(sc, w[0], w[1]);
                load_pair(sc, w[2], w[3]);
                THIMBLE_UNROLL
                for (int i = 0; i < 8; ++i) sum[i] = vmulq_s32(s[i], w[i >> 1]);
                mma16_second(at, s);
                load_pair(sc, w[0], w[1]);
                load_pair(sc, w[2], w[3]);
                THIMBLE_UNROLL
                for (int i = 0; i < 8; ++i) s[i] = vmlaq_s32(sum[i], s[i], w[i >> 1]);
            } else {
                mma32_tile(at, s);
            }
            mma_scale(s, dw, column_pairs(d), f);
            if constexpr (K == MmaKind::kMin) mma_minimum(m, column_pairs(ds), f);
            if constexpr (K == MmaKind::kHalfMin) {
                mma_minimum(m, column_pairs(ds), f);
                mma_minimum(m, column_pairs(ds), f);
            }
        } while (--left != 0);
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
