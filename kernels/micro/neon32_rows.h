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

template <class F>
void neon32_row_matmul(const Matmul* m) {
    const ArmColumn c = prepare_column<F>(m);
    const int blocks = static_cast<int>(m->k / F::kBlock);
    for (int64_t r0 = 0; r0 < m->rows; r0 += 4) {
        const int64_t left = m->rows - r0;
        const uint8_t* p[4];  // rows past the last one are copies of it
        for (int i = 0; i < 4; ++i) p[i] = m->w + static_cast<size_t>(i < left ? r0 + i : m->rows - 1) * m->row_bytes;
        float sums[4];
        f4_store(sums, neon32_small_blocks<F>(p[0], p[1], p[2], p[3], c, blocks));
        memcpy(m->out + r0, sums, sizeof(float) * static_cast<size_t>(left < 4 ? left : 4));
    }
}

template <class F>
requires Neon32Stream<F>::kHas struct OwnRows<F> {
    static constexpr MatmulFn kFn = neon32_row_matmul<F>;
};

}  // namespace
}  // namespace thimble
