// SPDX-License-Identifier: MIT
// Tiles of matrix products over sdot: eight rows (in lanes) x four columns (by lane), all sums in registers. A sub-block
// of 32 takes 64 sdot, 8 to zero the sums, 12 loads and the 24 to 32 float operations of kernels/README.md.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/isa/arm_pairs.h"
#include "kernels/micro/arm_panel.h"

namespace thimble {
namespace {

// [sub][half][row][16] -> [sub][8 steps of 4 values][row][4]. With integer scales the sum over the first half comes to
// (sc0 - sc1) * first + sc1 * (first + second), so that the sums need no second start: sc0 becomes sc0 - sc1.
inline void dotprod_arrange(const int8_t* rows, int subs, ArmTile tile, ArmPanel* p) {
    int8_t* q = p->q;
    for (int i = 0; i < 2 * subs; ++i, rows += 128) {
        const int32x4x4_t low = vld4q_s32(reinterpret_cast<const int32_t*>(rows)),
                          high = vld4q_s32(reinterpret_cast<const int32_t*>(rows + 64));
        THIMBLE_UNROLL
        for (int step = 0; step < 4; ++step) store_pair(q, low.val[step], high.val[step]);
    }
    if (!tile_has_int_scales(tile)) return;
    for (int i = 0; i < 2 * subs * kPanelRows; i += 2 * kPanelRows)
        for (int r = 0; r < kPanelRows; ++r) p->sc[i + r] -= p->sc[i + kPanelRows + r];
}

// Where a tile reads: the panel's weights and the four columns. The products move them on.
struct DotprodCursor {
    const int8_t *w, *a[4];
};

// The sums of sixteen or 32 products, s[2 * column + g]: rows 4g .. 4g + 3. Assembly, because GCC 12 copies zeroed
// registers, and accumulators, and splits pairs of loads: 131 instructions instead of 112 a sub-block. The weights of the
// next four values are loaded while those before are multiplied; the first four come last, to move the pointer on. clang-format off
#define THIMBLE_DOT_ZERO                                          \
    "movi %[s0].4s, #0\n movi %[s1].4s, #0\n movi %[s2].4s, #0\n" \
    "movi %[s3].4s, #0\n movi %[s4].4s, #0\n movi %[s5].4s, #0\n" \
    "movi %[s6].4s, #0\n movi %[s7].4s, #0\n"
#define THIMBLE_DOT_WEIGHTS(w0, w1, at) "ldp q" #w0 ", q" #w1 ", [%[w], #" #at "]\n"
#define THIMBLE_DOT_LAST_WEIGHTS(w0, w1, size) "ldp q" #w0 ", q" #w1 ", [%[w]], #" #size "\n"
#define THIMBLE_DOT_STEP(w0, w1, a0, a1, a2, a3, lane) \
    "sdot %[s0].4s, v" #w0 ".16b, " a0 ".4b[" #lane    \
    "]\n"                                              \
    "sdot %[s1].4s, v" #w1 ".16b, " a0 ".4b[" #lane    \
    "]\n"                                              \
    "sdot %[s2].4s, v" #w0 ".16b, " a1 ".4b[" #lane    \
    "]\n"                                              \
    "sdot %[s3].4s, v" #w1 ".16b, " a1 ".4b[" #lane    \
    "]\n"                                              \
    "sdot %[s4].4s, v" #w0 ".16b, " a2 ".4b[" #lane    \
    "]\n"                                              \
    "sdot %[s5].4s, v" #w1 ".16b, " a2 ".4b[" #lane    \
    "]\n"                                              \
    "sdot %[s6].4s, v" #w0 ".16b, " a3 ".4b[" #lane    \
    "]\n"                                              \
    "sdot %[s7].4s, v" #w1 ".16b, " a3 ".4b[" #lane "]\n"
#define THIMBLE_DOT_SUMS(s)                                                                                     \
    [s0] "=&w"(s[0]), [s1] "=&w"(s[1]), [s2] "=&w"(s[2]), [s3] "=&w"(s[3]), [s4] "=&w"(s[4]), [s5] "=&w"(s[5]), \
        [s6] "=&w"(s[6]), [s7] "=&w"(s[7])
// clang-format on

THIMBLE_INLINE void dot32_tile(DotprodCursor& at, int32x4_t* s) {
    asm(THIMBLE_DOT_WEIGHTS(0, 1, 32)
        "ldp q4, q16, [%[a0]], #32\n"
        "ldp q5, q17, [%[a1]], #32\n"
        "ldp q6, q18, [%[a2]], #32\n"
        "ldp q7, q19, [%[a3]], #32\n" THIMBLE_DOT_ZERO THIMBLE_DOT_WEIGHTS(2, 3, 64)  //
        THIMBLE_DOT_STEP(0, 1, "v4", "v5", "v6", "v7", 1) THIMBLE_DOT_WEIGHTS(0, 1, 96)
        THIMBLE_DOT_STEP(2, 3, "v4", "v5", "v6", "v7", 2) THIMBLE_DOT_WEIGHTS(2, 3, 128)
        THIMBLE_DOT_STEP(0, 1, "v4", "v5", "v6", "v7", 3) THIMBLE_DOT_WEIGHTS(0, 1, 160)
        THIMBLE_DOT_STEP(2, 3, "v16", "v17", "v18", "v19", 0) THIMBLE_DOT_WEIGHTS(2, 3, 192)
        THIMBLE_DOT_STEP(0, 1, "v16", "v17", "v18", "v19", 1) THIMBLE_DOT_WEIGHTS(0, 1, 224)
        THIMBLE_DOT_STEP(2, 3, "v16", "v17", "v18", "v19", 2) THIMBLE_DOT_LAST_WEIGHTS(2, 3, 256)
        THIMBLE_DOT_STEP(0, 1, "v16", "v17", "v18", "v19", 3)
        THIMBLE_DOT_STEP(2, 3, "v4", "v5", "v6", "v7", 0)
        : THIMBLE_DOT_SUMS(s), [w] "+r"(at.w), [a0] "+r"(at.a[0]), [a1] "+r"(at.a[1]), [a2] "+r"(at.a[2]),
          [a3] "+r"(at.a[3])
        :
        : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "memory");
}

// The first half of a sub-block; leaves the activations of the second in `rest`.
THIMBLE_INLINE void dot16_first(DotprodCursor& at, int32x4_t* s, int8x16_t* rest) {
    asm(THIMBLE_DOT_WEIGHTS(0, 1, 32)
        "ldp q4, %q[b0], [%[a0]], #32\n"
        "ldp q5, %q[b1], [%[a1]], #32\n"
        "ldp q6, %q[b2], [%[a2]], #32\n"
        "ldp q7, %q[b3], [%[a3]], #32\n" THIMBLE_DOT_ZERO THIMBLE_DOT_WEIGHTS(2, 3, 64)  //
        THIMBLE_DOT_STEP(0, 1, "v4", "v5", "v6", "v7", 1) THIMBLE_DOT_WEIGHTS(0, 1, 96)
        THIMBLE_DOT_STEP(2, 3, "v4", "v5", "v6", "v7", 2) THIMBLE_DOT_LAST_WEIGHTS(2, 3, 128)
        THIMBLE_DOT_STEP(0, 1, "v4", "v5", "v6", "v7", 3)
        THIMBLE_DOT_STEP(2, 3, "v4", "v5", "v6", "v7", 0)
        : THIMBLE_DOT_SUMS(s), [w] "+r"(at.w), [a0] "+r"(at.a[0]), [a1] "+r"(at.a[1]), [a2] "+r"(at.a[2]),
          [a3] "+r"(at.a[3]), [b0] "=&w"(rest[0]), [b1] "=&w"(rest[1]), [b2] "=&w"(rest[2]), [b3] "=&w"(rest[3])
        :
        : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "memory");
}
// The second half, on top of what `s` holds.
THIMBLE_INLINE void dot16_second(DotprodCursor& at, int32x4_t* s, const int8x16_t* a) {
    asm(THIMBLE_DOT_WEIGHTS(0, 1, 32) THIMBLE_DOT_WEIGHTS(2, 3, 64)  //
        THIMBLE_DOT_STEP(0, 1, "%[b0]", "%[b1]", "%[b2]", "%[b3]", 1) THIMBLE_DOT_WEIGHTS(0, 1, 96)
            THIMBLE_DOT_STEP(2, 3, "%[b0]", "%[b1]", "%[b2]", "%[b3]", 2) THIMBLE_DOT_LAST_WEIGHTS(2, 3, 128)
                THIMBLE_DOT_STEP(0, 1, "%[b0]", "%[b1]", "%[b2]", "%[b3]", 3)
                    THIMBLE_DOT_STEP(2, 3, "%[b0]", "%[b1]", "%[b2]", "%[b3]", 0)
        : [s0] "+w"(s[0]), [s1] "+w"(s[1]), [s2] "+w"(s[2]), [s3] "+w"(s[3]), [s4] "+w"(s[4]), [s5] "+w"(s[5]),
          [s6] "+w"(s[6]), [s7] "+w"(s[7]), [w] "+r"(at.w)
        : [b0] "w"(a[0]), [b1] "w"(a[1]), [b2] "w"(a[2]), [b3] "w"(a[3])
        : "v0", "v1", "v2", "v3", "memory");
}
#undef THIMBLE_DOT_ZERO
#undef THIMBLE_DOT_WEIGHTS
#undef THIMBLE_DOT_LAST_WEIGHTS
#undef THIMBLE_DOT_STEP
#undef THIMBLE_DOT_SUMS

// f[2c + g] = fma(x[2c + g], m[g] * d[c], f[2c + g]) for the four columns c, and the same with x[g] for m[g] * d[c].
template <int c>
THIMBLE_INLINE void scale_column(const int32x4_t* s, f4 w0, f4 w1, f4 d, f4* f) {
    f[2 * c] = f4_fma(f4_of(s[2 * c]), f4_mul_lane<c>(w0, d), f[2 * c]);
    f[2 * c + 1] = f4_fma(f4_of(s[2 * c + 1]), f4_mul_lane<c>(w1, d), f[2 * c + 1]);
}
THIMBLE_INLINE void scale_columns(const int32x4_t* s, const float*& dw, f4 d, f4* f) {
    f4 w0, w1;
    load_pair(dw, w0, w1);
    scale_column<0>(s, w0, w1, d, f);
    scale_column<1>(s, w0, w1, d, f);
    scale_column<2>(s, w0, w1, d, f);
    scale_column<3>(s, w0, w1, d, f);
}
THIMBLE_INLINE void fma_columns(const float*& m, f4 x, f4* f) {
    f4 m0, m1;
    load_pair(m, m0, m1);
    f[0] = f4_fma_lane<0>(m0, x, f[0]);
    f[1] = f4_fma_lane<0>(m1, x, f[1]);
    f[2] = f4_fma_lane<1>(m0, x, f[2]);
    f[3] = f4_fma_lane<1>(m1, x, f[3]);
    f[4] = f4_fma_lane<2>(m0, x, f[4]);
    f[5] = f4_fma_lane<2>(m1, x, f[5]);
    f[6] = f4_fma_lane<3>(m0, x, f[6]);
    f[7] = f4_fma_lane<3>(m1, x, f[7]);
}

enum class TileKind { kPlain, kMin, kHalf, kHalfMin, kHalfFloat };

template <TileKind K>
void dotprod_tile(const ArmPanel* p, int subs, const ArmColumns* cols, const int8_t*, int columns, float* acc) {
    constexpr bool kHalf = K == TileKind::kHalf || K == TileKind::kHalfMin, kHalfFloat = K == TileKind::kHalfFloat;
    constexpr int64_t kStep = sizeof cols->d[0];
    for (int c = 0; c < columns; c += 4, acc += 4 * kPanelRows) {
        f4 f[8];
        THIMBLE_UNROLL
        for (int i = 0; i < 8; ++i) f[i] = f4_load(acc + 4 * i);
        DotprodCursor at = {p->q, {cols->q[c], cols->q[c + 1], cols->q[c + 2], cols->q[c + 3]}};
        const float *dw = p->dw, *m = p->m, *d = cols->d[0] + c, *ds = cols->ds[0] + c;
        const int32_t* sc = p->sc;
        int left = subs;
        do {
            int32x4_t s[8];
            if constexpr (kHalf || kHalfFloat) {
                int8x16_t rest[4];
                dot16_first(at, s, rest);
                if constexpr (kHalfFloat) {
                    const f4 both = load_then(d, kStep);
                    scale_columns(s, dw, both, f);
                    THIMBLE_UNROLL
                    for (int i = 0; i < 8; ++i) s[i] = vdupq_n_s32(0);
                    dot16_second(at, s, rest);
                    scale_columns(s, dw, both, f);
                    continue;
                }
                int32x4_t sum[8], sc0, sc1;
                load_pair(sc, sc0, sc1);
                THIMBLE_UNROLL
                for (int i = 0; i < 8; ++i) sum[i] = vmulq_s32(s[i], i & 1 ? sc1 : sc0);
                dot16_second(at, s, rest);
                load_pair(sc, sc0, sc1);
                THIMBLE_UNROLL
                for (int i = 0; i < 8; ++i) s[i] = vmlaq_s32(sum[i], s[i], i & 1 ? sc1 : sc0);
            } else {
                dot32_tile(at, s);
            }
            scale_columns(s, dw, load_then(d, kStep), f);
            if constexpr (K == TileKind::kMin) fma_columns(m, load_then(ds, kStep), f);
            if constexpr (K == TileKind::kHalfMin) {
                fma_columns(m, load_then(ds, kStep), f);
                fma_columns(m, load_then(ds, kStep), f);
            }
        } while (--left != 0);
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
