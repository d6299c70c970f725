// SPDX-License-Identifier: MIT
// One column on AArch64 for Q2_K and Q3_K, whose bytes hold two bits of four sub-blocks: four rows side by side.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/micro/a64_k_rows.h"
#include "kernels/micro/a64_lanes.h"

namespace thimble {
namespace {

// For each format: where the weights stand in a block, its scales in row lanes, and the two bits of sub-block t (of four)
// as weights times 4^shift(t). Sums of sixteen such products fit 16 bits, and narrow(t): so do sums of two of them.
template <class F>
struct FewFormat;

template <>
struct FewFormat<FormatQ2_K> {
    static constexpr int kWeights = 16;
    struct Head {
        f4 d, dmin;
        uint32x4_t sc[4], m[4];  // of four halves, a byte each
    };
    static THIMBLE_INLINE Head head(const uint8_t* const* w) {
        const uint8_t *at[4] = {w[0], w[1], w[2], w[3]}, *end[4] = {w[0] + 80, w[1] + 80, w[2] + 80, w[3] + 80};
        const uint32x4x4_t both = take_4s(at);
        const uint32x4_t d = peek_4s(end);
        Head h;
        h.d = f4_of_f16(vmovn_u32(d));
        h.dmin = f4_of_f16(vshrn_n_u32(d, 16));
        THIMBLE_UNROLL
        for (int i = 0; i < 4; ++i) {
            const uint8x16_t v = vreinterpretq_u8_u32(both.val[i]);
            h.sc[i] = vreinterpretq_u32_u8(low_nibbles(v));
            h.m[i] = vreinterpretq_u32_u8(vshrq_n_u8(v, 4));
        }
        return h;
    }
    template <int half>
    static THIMBLE_INLINE int32x4_t scale(const Head& h) {
        return vreinterpretq_s32_u32(byte_words<half % 4>(h.sc[half / 4]));
    }
    static constexpr int shift(int t) { return t < 3 ? t : 0; }
    static constexpr bool narrow(int t) { return t != 2; }
    struct High {};
    static THIMBLE_INLINE High take_high(const uint8_t**) { return {}; }
    template <int run, int t>
    static THIMBLE_INLINE int8x16_t weights(uint8x16_t v, const High&, int) {
        return as_s8(t < 3 ? vandq_u8(v, vdupq_n_u8(3 << t % 3 * 2)) : vshrq_n_u8(v, 6));
    }
};

template <>
struct FewFormat<FormatQ3_K> {
    static constexpr int kWeights = 32;
    struct Head {
        f4 d;
        uint32x4_t sc[4];  // signed bytes
    };
    static THIMBLE_INLINE Head head(const uint8_t* const* w) {
        const uint8_t* at[4] = {w[0] + 96, w[1] + 96, w[2] + 96, w[3] + 96};
        const uint32x4x3_t v = take_3s(at);
        const uint8x16_t high = vreinterpretq_u8_u32(v.val[2]);
        const uint8x16_t low[2] = {vreinterpretq_u8_u32(v.val[0]), vreinterpretq_u8_u32(v.val[1])};
        const uint8x16_t six[4] = {
            vandq_u8(vsliq_n_u8(low[0], high, 4), vdupq_n_u8(63)),
            vandq_u8(vsliq_n_u8(low[1], vshrq_n_u8(high, 2), 4), vdupq_n_u8(63)),
            vandq_u8(vsliq_n_u8(vshrq_n_u8(low[0], 4), vshrq_n_u8(high, 4), 4), vdupq_n_u8(63)),
            vsliq_n_u8(vshrq_n_u8(low[1], 4), vshrq_n_u8(high, 6), 4),
        };
        Head h;
        h.d = f4_of_f16(peek_4h(at));
        THIMBLE_UNROLL
        for (int i = 0; i < 4; ++i) h.sc[i] = vreinterpretq_u32_u8(vsubq_u8(six[i], vdupq_n_u8(32)));
        return h;
    }
    template <int half>
    static THIMBLE_INLINE int32x4_t scale(const Head& h) {
        return signed_byte<half % 4>(h.sc[half / 4]);
    }
    static constexpr int shift(int) { return 0; }
    static constexpr bool narrow(int) { return true; }
    struct High {
        uint8x16_t clear[4];
    };
    static THIMBLE_INLINE High take_high(const uint8_t** p) {
        const uint32x4x4_t v = take_4s(p);
        High h;
        THIMBLE_UNROLL
        for (int i = 0; i < 4; ++i) h.clear[i] = vmvnq_u8(vreinterpretq_u8_u32(v.val[i]));
        return h;
    }
    // A bit that is clear takes 4 off: all bits above the two are its inverse.
    template <int run, int t>
    static THIMBLE_INLINE int8x16_t weights(uint8x16_t v, const High& h, int i) {
        const uint8x16_t above = vtstq_u8(h.clear[i], vdupq_n_u8(1 << (4 * run + t)));
        if constexpr (t == 0) return as_s8(vbslq_u8(vdupq_n_u8(3), v, above));
        if constexpr (t == 3) return as_s8(vsriq_n_u8(above, v, 6));
        return as_s8(vsriq_n_u8(above, vshlq_n_u8(v, 6 - 2 * t), 6));
    }
};

// Where the loop stands in the column: the activations of first halves, of second halves; scales; and with minima the
// scales times the sums of the halves.
struct FewColumn {
    const uint8_t* a[2];
    const float* d;
    const float* ds;
};

// The sums of half h of sub-blocks 4 * run to 4 * run + 3, 16 weights each; low, high: their pointers move on.
template <class F, int run>
THIMBLE_INLINE void few_half(const uint8_t** low, const uint8_t** high, const uint8_t** a, int32x4_t* sum) {
    using N = FewFormat<F>;
    const uint32x4x4_t v = take_4s(low);
    const auto top = N::take_high(high);
    const int32x4_t zero = vdupq_n_s32(0);
    // Two sub-blocks in turn, for cores that execute in order.
    const auto two = [&](auto number) __attribute__((always_inline)) {
        constexpr int t = decltype(number)::value;
        const LaneActs a0 = take_lane_acts<32>(a), a1 = take_lane_acts<32>(a);
        LaneSums s0, s1;
        const auto word = [&](auto index) __attribute__((always_inline)) {
            constexpr int i = decltype(index)::value;
            const uint8x16_t bytes = vreinterpretq_u8_u32(v.val[i]);
            const int8x16_t q0 = N::template weights<run, t>(bytes, top, i),
                            q1 = N::template weights<run, t + 1>(bytes, top, i);
            lane_add<i, i == 0>(&s0, q0, a0, zero);
            lane_add<i, i == 0>(&s1, q1, a1, zero);
        };
        word(std::integral_constant<int, 0>());
        word(std::integral_constant<int, 1>());
        word(std::integral_constant<int, 2>());
        word(std::integral_constant<int, 3>());
        sum[2 * t] = lane_sum<N::narrow(t)>(s0);
        sum[2 * t + 2] = lane_sum<N::narrow(t + 1)>(s1);
    };
    two(std::integral_constant<int, 0>());
    two(std::integral_constant<int, 2>());
}

// 128 weights; w: the start of the blocks.
template <class F, int run>
THIMBLE_INLINE f4 few_run(const uint8_t* const* w, const uint8_t** low, const typename FewFormat<F>::Head& head,
                          FewColumn* c, f4 acc) {
    using N = FewFormat<F>;
    const uint8_t* high[4] = {w[0], w[1], w[2], w[3]};
    int32x4_t sum[8];
    few_half<F, run>(low, high, &c->a[0], sum);
    few_half<F, run>(low, high, &c->a[1], sum + 1);
    const f4 d = f4_load(c->d + 4 * run);
    const auto sub_block = [&](auto number) __attribute__((always_inline)) {
        constexpr int t = decltype(number)::value, half = 8 * run + 2 * t;
        int32x4_t dot = vmulq_s32(sum[2 * t], N::template scale<half>(head));
        dot = vmlaq_s32(dot, sum[2 * t + 1], N::template scale<half + 1>(head));
        f4 exact;
        if constexpr (N::shift(t) != 0)
            exact = vcvtq_n_f32_s32(dot, 2 * N::shift(t));
        else
            exact = f4_of(dot);
        acc = f4_fma(exact, f4_mul_lane<t>(head.d, d), acc);
        if constexpr (F::kMinimum == Minimum::kHalf) {
            const f4 ds = f4_load(c->ds + (half & ~3)), m = f4_mul(head.dmin, byte_lanes<half % 4>(head.m[half / 4]));
            acc = vfmsq_laneq_f32(acc, m, ds, half % 4);
            acc = vfmsq_laneq_f32(acc, f4_mul(head.dmin, byte_lanes<half % 4 + 1>(head.m[half / 4])), ds, half % 4 + 1);
        }
    };
    sub_block(std::integral_constant<int, 0>());
    sub_block(std::integral_constant<int, 1>());
    sub_block(std::integral_constant<int, 2>());
    sub_block(std::integral_constant<int, 3>());
    return acc;
}

template <class Format>
struct FewLoop {
    static FewColumn prepare(const Matmul* m, int64_t column) {
        const auto* q = reinterpret_cast<const uint8_t*>(m->acts.q + column * m->acts.q_stride);
        const float* d = m->acts.d + column * m->acts.d_stride;
        const int16_t* s = m->acts.s + column * m->acts.s_stride;
        float* to = static_cast<float*>(m->scratch);
        if constexpr (Format::kMinimum == Minimum::kHalf)
            for (int64_t h = 0; h < m->k / 16; ++h) to[h] = d[h >> 1] * static_cast<float>(s[h]);
        return {{q, q + 16}, d, to};
    }
    template <class F>
    static THIMBLE_INLINE f4 rows(const uint8_t* const* first, int64_t blocks, const uint8_t*, FewColumn c) {
        using N = FewFormat<F>;
        constexpr int kBytes = static_cast<int>(F::kBytes), kAfter = N::kWeights + 64;
        const uint8_t* low[4];
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r) low[r] = first[r] + N::kWeights;
        f4 acc = f4_zero();
        for (; blocks > 0; --blocks, c.d += 8, c.ds += 16) {
            const uint8_t* w[4];
            THIMBLE_UNROLL
            for (int r = 0; r < 4; ++r) w[r] = low[r] - N::kWeights;
            const auto head = N::head(w);
            acc = few_run<F, 0>(w, low, head, &c, acc);
            acc = few_run<F, 1>(w, low, head, &c, acc);
            THIMBLE_UNROLL
            for (int r = 0; r < 4; ++r) low[r] += kBytes - kAfter + N::kWeights;
        }
        return acc;
    }
};

template <>
struct OwnRows<FormatQ2_K> {
    static constexpr MatmulFn kFn = k_row_matmul<FormatQ2_K, FewLoop<FormatQ2_K>>;
};
template <>
struct OwnRows<FormatQ3_K> {
    static constexpr MatmulFn kFn = k_row_matmul<FormatQ3_K, FewLoop<FormatQ3_K>>;
};

}  // namespace
}  // namespace thimble
