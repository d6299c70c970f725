// SPDX-License-Identifier: MIT
// One column on AArch64 for formats whose block is a float16 scale and 32 weights: eight rows at a time, each walked by a
// pointer of its own, scale and quants, without address arithmetic.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include <type_traits>

#include "kernels/formats/formats.h"
#include "kernels/isa/a64_loads.h"
#include "kernels/micro/arm_rows.h"

namespace thimble {
namespace {

template <class F>
struct SmallFormat;
template <>
struct SmallFormat<FormatQ4_0> {
    static constexpr bool kNibbles = true;
    static constexpr int kBias = 8, kMaxRaw = 15;
    static THIMBLE_INLINE int8x16_t code(uint8x16_t index) { return as_s8(index); }
};
template <>
struct SmallFormat<FormatIQ4_NL> {
    static constexpr bool kNibbles = true;
    static constexpr int kBias = 0, kMaxRaw = 127;
    static THIMBLE_INLINE int8x16_t code(uint8x16_t index) {
        return as_s8(lookup(as_u8(vld1q_s8(kIq4Codebook)), index));
    }
};
template <>
struct SmallFormat<FormatQ8_0> {
    static constexpr bool kNibbles = false;
    static constexpr int kBias = 0, kMaxRaw = 128;
};

struct SmallState {
    const uint8_t* w[8];
    f4 acc[2];
    int32x4_t run[4];  // SmallRunning alone
    f4 before[2];
};

#if defined(__ARM_FEATURE_DOTPROD)

// Sums of nibbles: a word (4 bytes, 8 weights) of four rows a register, so that sums stand in row lanes.
template <class F, int lane>
THIMBLE_INLINE void nibble_sums(SmallState* s, int8x16_t a0, int8x16_t a1, int32x4_t bias, uint16x8_t* scales,
                                int32x4_t* sum) {
    using S = SmallFormat<F>;
    take_h<0>(scales, s->w);
    take_h<2>(scales, s->w + 2);
    take_h<4>(scales, s->w + 4);
    take_h<6>(scales, s->w + 6);
    const uint32x4x4_t v[2] = {take_4s(s->w), take_4s(s->w + 4)};
    sum[0] = sum[1] = S::kBias != 0 ? vdupq_laneq_s32(bias, lane) : vdupq_n_s32(0);
    const auto word = [&](auto index) __attribute__((always_inline)) {
        constexpr int i = decltype(index)::value;
        const uint8x16_t b0 = vreinterpretq_u8_u32(v[0].val[i]), b1 = vreinterpretq_u8_u32(v[1].val[i]);
        const int8x16_t low0 = S::code(vandq_u8(b0, vdupq_n_u8(15))), low1 = S::code(vandq_u8(b1, vdupq_n_u8(15)));
        const int8x16_t high0 = S::code(vshrq_n_u8(b0, 4)), high1 = S::code(vshrq_n_u8(b1, 4));
        sum[0] = vdotq_laneq_s32(sum[0], low0, a0, i);
        sum[1] = vdotq_laneq_s32(sum[1], low1, a0, i);
        sum[0] = vdotq_laneq_s32(sum[0], high0, a1, i);
        sum[1] = vdotq_laneq_s32(sum[1], high1, a1, i);
    };
    word(std::integral_constant<int, 0>());
    word(std::integral_constant<int, 1>());
    word(std::integral_constant<int, 2>());
    word(std::integral_constant<int, 3>());
}

// Sums of bytes. Two rows share registers, eight bytes of each, so that one pairwise addition brings four rows into lanes.
// `sdot` adds to what its register holds, so the sums are not set to zero: they run on through eight blocks, and the sum
// of one block is the difference of two running sums. They start at the bits of 1.5 * 2^23. As long as they stay within
// 2^22 of that, a running sum read as a float is 1.5 * 2^23 plus itself, and the difference of two such floats is the
// exact sum of the block, already a float.
constexpr int32_t kRunStart = 0x4b400000;
static_assert(8 * 32 * 128 * 127 < 1 << 22);

THIMBLE_INLINE void start_running(SmallState* s) {
    THIMBLE_UNROLL
    for (int i = 0; i < 4; ++i) s->run[i] = int32x4_t{kRunStart, 0, kRunStart, 0};
    THIMBLE_UNROLL
    for (int g = 0; g < 2; ++g) s->before[g] = vreinterpretq_f32_s32(vdupq_n_s32(kRunStart));
}

template <int row>
THIMBLE_INLINE void byte_sums(SmallState* s, const uint8x16x4_t& a, uint16x8_t* scales) {
    take_h<row>(scales, s->w + row);
    take_h<row + 2>(scales, s->w + row + 2);
    const uint8x16x4_t v0 = take_4d(s->w + row), v1 = take_4d(s->w + row + 2);
    int32x4_t* run = s->run + row / 2;
    THIMBLE_UNROLL
    for (int i = 0; i < 4; ++i) {
        run[0] = vdotq_s32(run[0], as_s8(v0.val[i]), as_s8(a.val[i]));
        run[1] = vdotq_s32(run[1], as_s8(v1.val[i]), as_s8(a.val[i]));
    }
}

#else

// Products are summed in 16 bits: four of weights below 16 in one chain (four rows in turn, for cores that execute in
// order), two of any others.
template <class F, int row, int lane>
THIMBLE_INLINE int32x4_t four_rows(SmallState* s, int8x16_t a0, int8x16_t a1, int32x4_t bias, uint16x8_t* scales) {
    using S = SmallFormat<F>;
    if constexpr (S::kMaxRaw < 16) {
        take_h<row>(scales, s->w + row);
        take_h<row + 2>(scales, s->w + row + 2);
        uint8x16_t v[4];
        int8x16_t low[4], high[4];
        int16x8_t p[4];
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r) v[r] = take_q(&s->w[row + r]);
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r) {
            low[r] = S::code(vandq_u8(v[r], vdupq_n_u8(15)));
            high[r] = S::code(vshrq_n_u8(v[r], 4));
        }
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r) p[r] = mull_low(low[r], a0);
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r) p[r] = mlal_high(p[r], low[r], a0);
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r) p[r] = mlal_low(p[r], high[r], a1);
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r) p[r] = mlal_high(p[r], high[r], a1);
        return vpadalq_s16(vdupq_laneq_s32(bias, lane), pair_add(pair_add(p[0], p[1]), pair_add(p[2], p[3])));
    } else {
        const auto products = [&](int r) __attribute__((always_inline)) {
            if constexpr (S::kNibbles) {
                const uint8x16_t v = take_q(&s->w[r]);
                return products32_wide(S::code(vandq_u8(v, vdupq_n_u8(15))), S::code(vshrq_n_u8(v, 4)), a0, a1);
            } else {
                const uint8x16x2_t v = take_2q(&s->w[r]);
                return products32_wide(as_s8(v.val[0]), as_s8(v.val[1]), a0, a1);
            }
        };
        take_h<row>(scales, s->w + row);
        const int32x4_t p0 = products(row), p1 = products(row + 1), p01 = pair_add(p0, p1);
        take_h<row + 2>(scales, s->w + row + 2);
        const int32x4_t p2 = products(row + 2), p3 = products(row + 3);
        return pair_add(p01, pair_add(p2, p3));
    }
}

#endif

// One block of eight rows. d, bias: of this block and its neighbours, `lane` being this one.
template <class F, int lane>
THIMBLE_INLINE void small_block(SmallState* s, const uint8_t** q, f4 d, int32x4_t bias) {
    uint16x8_t scales;
    f4 sum[2];
#if defined(__ARM_FEATURE_DOTPROD)
    if constexpr (!SmallFormat<F>::kNibbles) {
        const uint8x16x4_t a = take_eights(q);
        byte_sums<0>(s, a, &scales);
        byte_sums<4>(s, a, &scales);
        THIMBLE_UNROLL
        for (int g = 0; g < 2; ++g) {
            const f4 now = vreinterpretq_f32_s32(vpaddq_s32(s->run[2 * g], s->run[2 * g + 1]));
            sum[g] = vsubq_f32(now, s->before[g]);
            s->before[g] = now;
        }
    } else
#endif
    {
        const uint8x16x2_t a = take_2q(q);
        const int8x16_t a0 = as_s8(a.val[0]), a1 = as_s8(a.val[1]);
        int32x4_t whole[2];
#if defined(__ARM_FEATURE_DOTPROD)
        nibble_sums<F, lane>(s, a0, a1, bias, &scales, whole);
#else
        whole[0] = four_rows<F, 0, lane>(s, a0, a1, bias, &scales);
        whole[1] = four_rows<F, 4, lane>(s, a0, a1, bias, &scales);
#endif
        sum[0] = f4_of(whole[0]);
        sum[1] = f4_of(whole[1]);
    }
    const float16x8_t half = vreinterpretq_f16_u16(scales);
    const f4 dw[2] = {vcvt_f32_f16(vget_low_f16(half)), vcvt_high_f32_f16(half)};
    THIMBLE_UNROLL
    for (int g = 0; g < 2; ++g) s->acc[g] = f4_fma(sum[g], f4_mul_lane<lane>(dw[g], d), s->acc[g]);
}

template <class F>
THIMBLE_INLINE void start_eight(SmallState* s) {
#if defined(__ARM_FEATURE_DOTPROD)
    if constexpr (!SmallFormat<F>::kNibbles) start_running(s);
#endif
}

template <class F>
THIMBLE_INLINE void four_blocks(SmallState* s, const uint8_t** q, const float* c) {
    const f4 d = f4_load(c);
    const int32x4_t bias = vreinterpretq_s32_f32(f4_load(c + 4));
    small_block<F, 0>(s, q, d, bias);
    small_block<F, 1>(s, q, d, bias);
    small_block<F, 2>(s, q, d, bias);
    small_block<F, 3>(s, q, d, bias);
}

// What the loops need of the column, once a call: for every four blocks their scales, and minus the bias of the weights
// times the sums of the blocks. Three numbers more may be read than there are.
template <class F>
inline const float* prepare_small_column(const Matmul* m, int64_t column) {
    const int64_t blocks = m->k / 32;
    const float* d = m->acts.d + column * m->acts.d_stride;
    const int16_t* s = m->acts.s + column * m->acts.s_stride;
    float* to = static_cast<float*>(m->scratch);
    const auto four = [&](const float* d4, const int16_t* s8, float* at) {
        const int32x4_t bias = vmulq_n_s32(vpaddlq_s16(vld1q_s16(s8)), -SmallFormat<F>::kBias);
        f4_store(at, f4_load(d4));
        f4_store(at + 4, vreinterpretq_f32_s32(bias));
    };
    for (int64_t j = 0; j + 4 <= blocks; j += 4, to += 8) four(d + j, s + 2 * j, to);
    float last_d[4] = {};
    int16_t last_s[8] = {};
    const size_t left = static_cast<size_t>(blocks % 4);
    memcpy(last_d, d + blocks - left, left * sizeof(float));
    memcpy(last_s, s + 2 * (blocks - left), 2 * left * sizeof(int16_t));
    four(last_d, last_s, to);
    return static_cast<float*>(m->scratch);
}

// Not inlined: GCC would make several copies.
template <class F>
__attribute__((noinline)) void small_rows(const Matmul* m, const uint8_t* acts, const float* column) {
    const int64_t blocks = m->k / 32;
    const size_t stride = m->row_bytes;
    const uint8_t* row = m->w;
    float* out = m->out;
    for (int64_t rows = m->rows; rows > 0; rows -= 8, out += 8) {
        SmallState s;
        if (rows >= 8) {
            THIMBLE_UNROLL
            for (int i = 0; i < 8; ++i, row += stride) s.w[i] = row;
        } else {  // rows past the last one are copies of it
            THIMBLE_UNROLL
            for (int i = 0; i < 8; ++i) s.w[i] = row + stride * static_cast<size_t>(i < rows ? i : rows - 1);
        }
        s.acc[0] = s.acc[1] = f4_zero();
        const uint8_t* q = acts;
        const float* c = column;
        for (int64_t eights = blocks / 8; eights > 0; --eights, c += 16) {
            start_eight<F>(&s);
            four_blocks<F>(&s, &q, c);
            four_blocks<F>(&s, &q, c + 8);
        }
        if (blocks % 8 != 0) {
            start_eight<F>(&s);
            for (int i = 0; i < blocks % 8; ++i) {
                const float* at = c + i / 4 * 8 + i % 4;
                small_block<F, 0>(&s, &q, f4_load(at), vreinterpretq_s32_f32(f4_load(at + 4)));
            }
        }
        float sums[8];
        float* to = rows >= 8 ? out : sums;
        f4_store(to, s.acc[0]);
        f4_store(to + 4, s.acc[1]);
        if (rows < 8) memcpy(out, sums, sizeof(float) * static_cast<size_t>(rows));
    }
}

template <class F>
void small_row_matmul(const Matmul* m) {
    const int64_t column = m->col ? m->col[0] : 0;
    small_rows<F>(m, reinterpret_cast<const uint8_t*>(m->acts.q + column * m->acts.q_stride),
                  prepare_small_column<F>(m, column));
}

template <>
struct OwnRows<FormatQ4_0> {
    static constexpr MatmulFn kFn = small_row_matmul<FormatQ4_0>;
};
template <>
struct OwnRows<FormatIQ4_NL> {
    static constexpr MatmulFn kFn = small_row_matmul<FormatIQ4_NL>;
};
template <>
struct OwnRows<FormatQ8_0> {
    static constexpr MatmulFn kFn = small_row_matmul<FormatQ8_0>;
};

}  // namespace
}  // namespace thimble
