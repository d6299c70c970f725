// SPDX-License-Identifier: MIT
// The product of a matrix and one column on ARMv7, where a load has no offset but may move its pointer, and sixteen
// registers hold little: four rows at a time, each read front to back by one pointer.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/micro/arm_rows.h"
#include "kernels/micro/neon32_words.h"

namespace thimble {
namespace {

// How a row of blocks of 32 is read: kMin float16 minima follow the scales; take(p, q) splits what follows.
template <class F>
struct Neon32Stream {
    static constexpr bool kHas = false;
};
struct Neon32Nibbles {
    static constexpr bool kHas = true;
    static THIMBLE_INLINE void take(const uint8_t*& p, int8x16_t* q) {
        const uint8x16_t v = take16(p);
        q[0] = as_s8(low_nibbles(v));
        q[1] = as_s8(vshrq_n_u8(v, 4));
    }
};
struct Neon32FiveBits {
    static constexpr bool kHas = true;
    static THIMBLE_INLINE void take(const uint8_t*& p, int8x16_t* q) {
        const uint8_t* high = p;
        p += 4;
        const uint8x16_t v = take16(p);
        q[0] = as_s8(vorrq_u8(low_nibbles(v), spread_bits(high)));
        q[1] = as_s8(vorrq_u8(vshrq_n_u8(v, 4), spread_bits(high + 2)));
    }
};
template <>
struct Neon32Stream<FormatQ4_0> : Neon32Nibbles {};
template <>
struct Neon32Stream<FormatQ4_1> : Neon32Nibbles {};
template <>
struct Neon32Stream<FormatQ5_0> : Neon32FiveBits {};
template <>
struct Neon32Stream<FormatQ5_1> : Neon32FiveBits {};
template <>
struct Neon32Stream<FormatQ8_0> {
    static constexpr bool kHas = true;
    static THIMBLE_INLINE void take(const uint8_t*& p, int8x16_t* q) {
        const int8x16x2_t v = take32(p);
        q[0] = v.val[0];
        q[1] = v.val[1];
    }
};
template <>
struct Neon32Stream<FormatIQ4_NL> {
    static constexpr bool kHas = true;
    static THIMBLE_INLINE void take(const uint8_t*& p, int8x16_t* q) {
        const uint8x16_t v = take16(p), table = as_u8(vld1q_s8(kIq4Codebook));
        q[0] = as_s8(lookup(table, low_nibbles(v)));
        q[1] = as_s8(lookup(table, vshrq_n_u8(v, 4)));
    }
};

THIMBLE_INLINE f4 take_scales(const uint8_t*& p0, const uint8_t*& p1, const uint8_t*& p2, const uint8_t*& p3) {
    uint16x4_t h = take_dup16(p0);
    take_lane16<1>(p1, h);
    take_lane16<2>(p2, h);
    take_lane16<3>(p3, h);
    return f4_of_f16(h);
}

// Four rows of blocks of 32 from p on.
template <class F>
f4 neon32_small_blocks(const uint8_t* p0, const uint8_t* p1, const uint8_t* p2, const uint8_t* p3, const ArmColumn& c,
                       int blocks) {
    using N = NeonFormat<F>;
    using Dot = NeonDot<N::kMaxRaw, 4>;
    const int8_t* a = c.q;
    const float* d = c.d;
    const float* ds = c.ds;
    const int32_t* bias = c.bias;
    f4 acc = f4_zero();
    do {
        const f4 dw = take_scales(p0, p1, p2, p3);
        f4 min;
        if constexpr (F::kMinimum == Minimum::kBlock) min = take_scales(p0, p1, p2, p3);
        const int8x16x2_t av = take32(a);
        const auto row = [&](const uint8_t*& p) THIMBLE_INLINE_LAMBDA {
            int8x16_t q[2];
            Neon32Stream<F>::take(p, q);
            return Dot::part(q[0], q[1], av.val[0], av.val[1]);
        };
        const auto s0 = row(p0), s1 = row(p1), s2 = row(p2), s3 = row(p3);
        int32x4_t sum = Dot::reduce(s0, s1, s2, s3);
        if constexpr (N::kBias != 0) sum = vaddq_s32(sum, take_dup(bias));
        acc = f4_fma(f4_of(sum), f4_mul(dw, take_dup(d)), acc);
        if constexpr (F::kMinimum == Minimum::kBlock) acc = f4_fma(min, take_dup(ds), acc);
    } while (--blocks != 0);
    return acc;
}

// Q4_K: both halves of the bytes are used while they are there, two rows at a time.
inline f4 neon32_q4_k(const uint8_t* p0, const uint8_t* p1, const uint8_t* p2, const uint8_t* p3, const ArmColumn& c,
                      int blocks) {
    using Block = FormatQ4_K::Block;
    const int8_t* a = c.q;
    const float* d = c.d;
    const float* ds = c.ds;
    f4 acc = f4_zero();
    alignas(16) float dw[32], min[32];
    do {
        const Block* const b[4] = {reinterpret_cast<const Block*>(p0), reinterpret_cast<const Block*>(p1),
                                   reinterpret_cast<const Block*>(p2), reinterpret_cast<const Block*>(p3)};
        scales_of_four_rows<4>(b, dw, min);
        constexpr int kHead = sizeof(Block) - 128;
        p0 += kHead;
        p1 += kHead;
        p2 += kHead;
        p3 += kHead;
        const float* dw_at = dw;
        const float* min_at = min;
        do {
            const int8x16x2_t a0 = take32(a), a1 = take32(a);
            int16x8_t low[2], high[2];
            const auto two = [&](const uint8_t*& p, const uint8_t*& r, int i) THIMBLE_INLINE_LAMBDA {
                const auto one = [&](const uint8_t*& w, int16x8_t* l, int16x8_t* h) THIMBLE_INLINE_LAMBDA {
                    const int8x16x2_t v = take32(w);
                    const uint8x16_t v0 = as_u8(v.val[0]), v1 = as_u8(v.val[1]);
                    *l = products32(as_s8(low_nibbles(v0)), as_s8(low_nibbles(v1)), a0.val[0], a0.val[1]);
                    *h = products32(as_s8(vshrq_n_u8(v0, 4)), as_s8(vshrq_n_u8(v1, 4)), a1.val[0], a1.val[1]);
                };
                int16x8_t l0, h0, l1, h1;
                one(p, &l0, &h0);
                one(r, &l1, &h1);
                low[i] = pair_add(l0, l1);
                high[i] = pair_add(h0, h1);
            };
            two(p0, p1, 0);
            two(p2, p3, 1);
            const int32x4_t sums[2] = {vpaddlq_s16(pair_add(low[0], low[1])), vpaddlq_s16(pair_add(high[0], high[1]))};
            THIMBLE_UNROLL
            for (int i = 0; i < 2; ++i) {
                acc = f4_fma(f4_of(sums[i]), f4_mul(take_four(dw_at), take_dup(d)), acc);
                acc = f4_fma(take_four(min_at), take_dup(ds), acc);
            }
        } while (dw_at != dw + 32);
    } while (--blocks != 0);
    return acc;
}

// The sub-block `unit`, t of a run of four rows: the sums of its halves, in order. The rest of what unpack() gives is
// not computed, and what is read is read again for the next sub-block (load_two).
template <class F, int run, int unit, int t>
THIMBLE_INLINE void neon32_half_sums(const typename F::Block* const* b, const int8_t*& a, int32x4_t* sum) {
    using N = NeonFormat<F>;
    using Dot = NeonDot<N::kMaxRaw, 2>;
    static_assert(Dot::kRange > 0);
    const int8x16x2_t av = take32(a);
    int16x8_t first[2], second[2];
    THIMBLE_UNROLL
    for (int i = 0; i < 2; ++i) {
        int16x8_t part[2][2];
        THIMBLE_UNROLL
        for (int r = 0; r < 2; ++r) {
            int8x16_t q[2 * N::kUnitSubs];
            N::template unpack<unit>(b[2 * i + r], run, q);
            part[r][0] = Dot::part(q[2 * t], av.val[0]);
            part[r][1] = Dot::part(q[2 * t + 1], av.val[1]);
        }
        first[i] = pair_add(part[0][0], part[1][0]);
        second[i] = pair_add(part[0][1], part[1][1]);
    }
    if constexpr (Dot::kRange == 2) {
        sum[0] = vpaddlq_s16(pair_add(first[0], first[1]));
        sum[1] = vpaddlq_s16(pair_add(second[0], second[1]));
    } else {
        sum[0] = pair_add(vpaddlq_s16(first[0]), vpaddlq_s16(first[1]));
        sum[1] = pair_add(vpaddlq_s16(second[0]), vpaddlq_s16(second[1]));
    }
}

// Formats of 256 with integer scales for 16 weights, one sub-block after the other.
template <class F>
f4 neon32_half_scales(const uint8_t* p0, const uint8_t* p1, const uint8_t* p2, const uint8_t* p3, const ArmColumn& c,
                      int blocks) {
    using Block = typename F::Block;
    using N = NeonFormat<F>;
    const Block* b[4] = {reinterpret_cast<const Block*>(p0), reinterpret_cast<const Block*>(p1),
                         reinterpret_cast<const Block*>(p2), reinterpret_cast<const Block*>(p3)};
    const int8_t* a = c.q;
    const float* d = c.d;
    const float* ds = c.ds;
    const int32_t* bias = c.bias;
    f4 acc = f4_zero();
    do {
        alignas(16) float dw[32], min[64];
        alignas(16) int32_t sc[64];
        N::template scales<4>(b, dw, min, sc);
        const float* min_at = min;
        const int32_t* sc_at = sc;
        const auto step = [&]<int j>() THIMBLE_INLINE_LAMBDA {
            static_assert(N::kRuns == 2 && N::kUnits == 2 && N::kUnitSubs == 2);
            constexpr int run = j / 4, i = j % 4;
            constexpr int unit = N::sub(0, 0, 0) == i || N::sub(0, 0, 1) == i ? 0 : 1;
            constexpr int t = N::sub(0, unit, 0) == i ? 0 : 1;
            static_assert(N::sub(run, unit, t) == j);
            int32x4_t sum[2];
            neon32_half_sums<F, run, unit, t>(b, a, sum);
            if constexpr (N::kBias != 0) sum[0] = vaddq_s32(sum[0], take_dup(bias));
            if constexpr (N::kBias != 0) sum[1] = vaddq_s32(sum[1], take_dup(bias));
            int32x4_t dot = vmulq_s32(sum[0], vreinterpretq_s32_f32(take_four(sc_at)));
            dot = vmlaq_s32(dot, sum[1], vreinterpretq_s32_f32(take_four(sc_at)));
            acc = f4_fma(f4_of(dot), f4_mul(f4_load(dw), take_dup(d)), acc);  // the same for the whole block
            if constexpr (F::kMinimum == Minimum::kHalf) {
                acc = f4_fma(take_four(min_at), take_dup(ds), acc);
                acc = f4_fma(take_four(min_at), take_dup(ds), acc);
            }
        };
        step.template operator()<0>();
        step.template operator()<1>();
        step.template operator()<2>();
        step.template operator()<3>();
        step.template operator()<4>();
        step.template operator()<5>();
        step.template operator()<6>();
        step.template operator()<7>();
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r) ++b[r];
    } while (--blocks != 0);
    return acc;
}

// Four rows from p0, p1, p2, p3 on times the column.
using Neon32RowsFn = f4 (*)(const uint8_t* p0, const uint8_t* p1, const uint8_t* p2, const uint8_t* p3,
                            const ArmColumn& c, int blocks);

template <class F, Neon32RowsFn rows>
void neon32_row_matmul(const Matmul* m) {
    const ArmColumn c = prepare_column<F>(m);
    const int blocks = static_cast<int>(m->k / F::kBlock);
    for (int64_t r0 = 0; r0 < m->rows; r0 += 4) {
        const int64_t left = m->rows - r0;
        const uint8_t* p[4];  // rows past the last one are copies of it
        for (int i = 0; i < 4; ++i) p[i] = m->w + static_cast<size_t>(i < left ? r0 + i : m->rows - 1) * m->row_bytes;
        float sums[4];
        f4_store(sums, rows(p[0], p[1], p[2], p[3], c, blocks));
        memcpy(m->out + r0, sums, sizeof(float) * static_cast<size_t>(left < 4 ? left : 4));
    }
}

template <class F>
requires Neon32Stream<F>::kHas struct OwnRows<F> {
    static constexpr MatmulFn kFn = neon32_row_matmul<F, neon32_small_blocks<F>>;
};
template <class F>
requires(!F::kDense && F::kScalePerHalf && NeonFormat<F>::kVector) struct OwnRows<F> {
    static constexpr MatmulFn kFn = neon32_row_matmul<F, neon32_half_scales<F>>;
};
template <>
struct OwnRows<FormatQ4_K> {
    static constexpr MatmulFn kFn = neon32_row_matmul<FormatQ4_K, neon32_q4_k>;
};

}  // namespace
}  // namespace thimble
