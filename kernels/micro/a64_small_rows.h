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
template <class F, int row, int lane>
THIMBLE_INLINE int32x4_t four_rows(SmallState* s, int8x16_t a0, int8x16_t a1, int32x4_t bias, uint16x8_t* scales) {
    using S = SmallFormat<F>;
    take_h<row>(scales, s->w + row);
    take_h<row + 2>(scales, s->w + row + 2);
    const uint32x4x4_t v = take_4s(s->w + row);
    int32x4_t sum = S::kBias != 0 ? vdupq_laneq_s32(bias, lane) : vdupq_n_s32(0);
    const auto word = [&](auto index) __attribute__((always_inline)) {
        constexpr int i = decltype(index)::value;
        const uint8x16_t bytes = vreinterpretq_u8_u32(v.val[i]);
        sum = vdotq_laneq_s32(sum, S::code(vandq_u8(bytes, vdupq_n_u8(15))), a0, i);
        sum = vdotq_laneq_s32(sum, S::code(vshrq_n_u8(bytes, 4)), a1, i);
    };
    word(std::integral_constant<int, 0>());
    word(std::integral_constant<int, 1>());
    word(std::integral_constant<int, 2>());
    word(std::integral_constant<int, 3>());
    return sum;
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
THIMBLE_INLINE void two_rows(SmallState* s, const uint8x16x4_t& a, uint16x8_t* scales) {
    take_h<row>(scales, s->w + row);
    const uint8x16x4_t v = take_4d(s->w + row);
    THIMBLE_UNROLL
    for (int i = 0; i < 4; ++i) s->run[row / 2] = vdotq_s32(s->run[row / 2], as_s8(v.val[i]), as_s8(a.val[i]));
}

#else

// Products are summed in 16 bits: four of weights below 16 in one chain, two of any others.
template <class F, int row>
THIMBLE_INLINE auto row_products(SmallState* s, int8x16_t a0, int8x16_t a1, uint16x8_t* scales) {
    using S = SmallFormat<F>;
    if constexpr (row % 2 == 0) take_h<row>(scales, s->w + row);
    int8x16_t w0, w1;
    if constexpr (S::kNibbles) {
        const uint8x16_t v = take_q(&s->w[row]);
        w0 = S::code(vandq_u8(v, vdupq_n_u8(15)));
        w1 = S::code(vshrq_n_u8(v, 4));
    } else {
        const uint8x16x2_t v = take_2q(&s->w[row]);
        w0 = as_s8(v.val[0]);
        w1 = as_s8(v.val[1]);
    }
    if constexpr (S::kMaxRaw < 16)
        return products32(w0, w1, a0, a1);
    else
        return products32_wide(w0, w1, a0, a1);
}

template <class F, int row, int lane>
THIMBLE_INLINE int32x4_t four_rows(SmallState* s, int8x16_t a0, int8x16_t a1, int32x4_t bias, uint16x8_t* scales) {
    const auto p0 = row_products<F, row>(s, a0, a1, scales), p1 = row_products<F, row + 1>(s, a0, a1, scales);
    const auto p01 = pair_add(p0, p1);
    const auto p2 = row_products<F, row + 2>(s, a0, a1, scales), p3 = row_products<F, row + 3>(s, a0, a1, scales);
    const auto sums = pair_add(p01, pair_add(p2, p3));
    if constexpr (SmallFormat<F>::kMaxRaw >= 16)
        return sums;
    else
        return vpadalq_s16(vdupq_laneq_s32(bias, lane), sums);
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
        two_rows<0>(s, a, &scales);
        two_rows<2>(s, a, &scales);
        two_rows<4>(s, a, &scales);
        two_rows<6>(s, a, &scales);
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
        sum[0] = f4_of(four_rows<F, 0, lane>(s, a0, a1, bias, &scales));
        sum[1] = f4_of(four_rows<F, 4, lane>(s, a0, a1, bias, &scales));
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
