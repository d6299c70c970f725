// SPDX-License-Identifier: MIT
// One column on AArch64 for formats of blocks of 32 weights, and IQ4_XS: eight rows at a time, each walked by a pointer of
// its own, scale and quants, without address arithmetic.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include <type_traits>

#include "kernels/formats/formats.h"
#include "kernels/micro/a64_lanes.h"
#include "kernels/micro/arm_rows.h"

namespace thimble {
namespace {

// Weights come signed as far as their bits go: those of Q5_1 lack 16.
struct SmallNibbles {
    static constexpr bool kNibbles = true, kFifth = false;
    static constexpr bool kShort = false;  // one copy of the loop's block in place of nine
    static constexpr int kBias = 0, kMaxRaw = 15;
    static THIMBLE_INLINE int8x16_t code(uint8x16_t index) { return as_s8(index); }
};
struct SmallFive : SmallNibbles {
    static constexpr bool kFifth = true;
    static constexpr int kMaxRaw = 16;
};
struct SmallCodebook : SmallNibbles {
    static constexpr int kMaxRaw = 127;
    static THIMBLE_INLINE int8x16_t code(uint8x16_t index) {
        return as_s8(lookup(as_u8(vld1q_s8(kIq4Codebook)), index));
    }
};
template <class F>
struct SmallFormat;
template <>
struct SmallFormat<FormatQ4_0> : SmallNibbles {
    static constexpr int kBias = 8;
};
template <>
struct SmallFormat<FormatQ4_1> : SmallNibbles {};
template <>
struct SmallFormat<FormatQ5_0> : SmallFive {};
template <>
struct SmallFormat<FormatQ5_1> : SmallFive {
    static constexpr int kBias = -16;
};
template <>
struct SmallFormat<FormatIQ4_NL> : SmallCodebook {};
template <>
struct SmallFormat<FormatIQ4_XS> : SmallCodebook {};
template <>
struct SmallFormat<FormatMXFP4> : SmallNibbles {
    static constexpr bool kShort = true;
    static constexpr int kMaxRaw = 12;
    static THIMBLE_INLINE int8x16_t code(uint8x16_t index) {
        return as_s8(lookup(as_u8(vld1q_s8(kE2m1Doubled)), index));
    }
};
template <>
struct SmallFormat<FormatQ8_0> : SmallNibbles {
    static constexpr bool kNibbles = false;
    static constexpr int kMaxRaw = 128;
};

// The scales of a superblock of four rows of IQ4_XS.
struct SmallSuper {
    f4 d;
    int32x4_t even, odd;  // a signed byte for each sub-block
};

struct SmallState {
    const uint8_t* w[8];
    f4 acc[2];
    int32x4_t run[4];  // running sums of bytes alone
    f4 before[2];
    SmallSuper super[2];   // IQ4_XS alone
    const uint8_t* fifth;  // kFifthBytes
};

// Byte i of each word four times, for i from 0 to 3.
alignas(16) constexpr uint8_t kFifthBytes[64] = {
    0, 0, 0, 0, 4, 4, 4, 4, 8,  8,  8,  8,  12, 12, 12, 12, 1, 1, 1, 1, 5, 5, 5, 5, 9,  9,  9,  9,  13, 13, 13, 13,
    2, 2, 2, 2, 6, 6, 6, 6, 10, 10, 10, 10, 14, 14, 14, 14, 3, 3, 3, 3, 7, 7, 7, 7, 11, 11, 11, 11, 15, 15, 15, 15};

THIMBLE_INLINE SmallSuper take_super(const uint8_t** w) {
    static const uint8_t kByte[16] = {2, 2, 3, 3, 6, 6, 7, 7, 10, 10, 11, 11, 14, 14, 15, 15};
    const uint32x4x2_t head = take_2s(w);
    const uint8x16_t low = vreinterpretq_u8_u32(head.val[1]),
                     bytes = lookup(vreinterpretq_u8_u32(head.val[0]), vld1q_u8(kByte));
    const uint8x16_t two = vshlq_u8(bytes, vreinterpretq_s8_u16(vdupq_n_u16(0xfc00)));  // of even and odd: 2 bits each
    const uint8x16_t even = vandq_u8(vsliq_n_u8(low, two, 4), vdupq_n_u8(63));
    const uint8x16_t odd = vandq_u8(vsliq_n_u8(vshrq_n_u8(low, 4), vshrq_n_u8(two, 2), 4), vdupq_n_u8(63));
    return {f4_of_f16(vmovn_u32(head.val[0])), vreinterpretq_s32_u8(vsubq_u8(even, vdupq_n_u8(32))),
            vreinterpretq_s32_u8(vsubq_u8(odd, vdupq_n_u8(32)))};
}
template <int sub>
THIMBLE_INLINE f4 super_scale(const SmallSuper& s) {
    const int32x4_t bytes = sub % 2 ? s.odd : s.even;
    const int32x4_t top = sub / 2 == 3 ? bytes : vshlq_n_s32(bytes, 24 - sub / 2 * 8);
    return f4_mul(s.d, f4_of(vshrq_n_s32(top, 24)));
}

// What stands in front of the weights of a block of eight rows.
struct SmallHead {
    uint8x16_t e;  // exponents in place of d
    uint16x8_t d;
    uint32x4_t both[2];  // d and the minimum
    uint32x4_t fifth[2];
};
template <class F, int row>
THIMBLE_INLINE void take_head(SmallState* s, SmallHead* head) {  // rows row, row + 1
    if constexpr (F::kBlock != 32) return;
    if constexpr (F::kId == kMXFP4)
        take_b<row>(&head->e, s->w + row);
    else if constexpr (F::kMinimum == Minimum::kBlock)
        take_s<row % 4>(&head->both[row / 4], s->w + row);
    else
        take_h<row>(&head->d, s->w + row);
    if constexpr (SmallFormat<F>::kFifth) take_s<row % 4>(&head->fifth[row / 4], s->w + row);
}

// A fifth bit that is set adds 16 to a nibble, and all weights are 16 less: the bits above the nibble are the inverse of
// that bit, all of them. The bits of four rows come as a word each.
template <class F, int lane, int g, int groups>
THIMBLE_INLINE void nibble_sums(SmallState* s, const LaneActs& a0, const LaneActs& a1, int32x4_t bias, SmallHead* head,
                                int32x4_t* sum) {
    using S = SmallFormat<F>;
    THIMBLE_UNROLL
    for (int i = 0; i < groups; ++i) {
        if (g + i == 0) take_head<F, 0>(s, head), take_head<F, 2>(s, head);
        if (g + i == 1) take_head<F, 4>(s, head), take_head<F, 6>(s, head);
    }
    const uint32x4x4_t v0 = take_4s(s->w + 4 * g), v1 = [&]() __attribute__((always_inline)) {
        if constexpr (groups == 2) return take_4s(s->w + 4 * g + 4);
        return v0;
    }
    ();
    uint8x16_t clear[groups];
    LaneSums sums[groups], more[groups];
    const int32x4_t start = S::kBias != 0 ? vdupq_laneq_s32(bias, lane) : vdupq_n_s32(0);
    THIMBLE_UNROLL
    for (int i = 0; i < groups; ++i)
        if constexpr (S::kFifth) clear[i] = vmvnq_u8(vreinterpretq_u8_u32(head->fifth[g + i]));
    const auto word = [&](auto index) __attribute__((always_inline)) {
        constexpr int i = decltype(index)::value;
        int8x16_t low[groups], high[groups];
        THIMBLE_UNROLL
        for (int k = 0; k < groups; ++k) {
            const uint8x16_t b = vreinterpretq_u8_u32((k == 0 ? v0 : v1).val[i]);
            if constexpr (S::kFifth) {
                const uint8x16_t bit = vreinterpretq_u8_u32(vdupq_n_u32(i % 2 ? 0x80402010 : 0x08040201));
                const uint8x16_t above = vtstq_u8(lookup(clear[k], vld1q_u8(s->fifth + i / 2 * 16)), bit),
                                 next = vtstq_u8(lookup(clear[k], vld1q_u8(s->fifth + 32 + i / 2 * 16)), bit);
                low[k] = as_s8(vbslq_u8(vdupq_n_u8(15), b, above));
                high[k] = as_s8(vsriq_n_u8(next, b, 4));
            } else {
                low[k] = S::code(vandq_u8(b, vdupq_n_u8(15)));
                high[k] = S::code(vshrq_n_u8(b, 4));
            }
        }
        THIMBLE_UNROLL
        for (int k = 0; k < groups; ++k) lane_add<i, i == 0>(&sums[k], low[k], a0, start);
        THIMBLE_UNROLL
        for (int k = 0; k < groups; ++k)
            lane_add<i, i == 0 && kLaneTwo>(kLaneTwo ? &more[k] : &sums[k], high[k], a1, start);
    };
    word(std::integral_constant<int, 0>());
    word(std::integral_constant<int, 1>());
    word(std::integral_constant<int, 2>());
    word(std::integral_constant<int, 3>());
    THIMBLE_UNROLL
    for (int i = 0; i < groups; ++i) {
        if constexpr (kLaneTwo) lane_join(&sums[i], more[i]);
        sum[g + i] = lane_sum<true>(sums[i], start);  // 16 * 127 * 16 < 2^15
    }
}

#if defined(__ARM_FEATURE_DOTPROD)

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
THIMBLE_INLINE void byte_sums(SmallState* s, const uint8x16x4_t& a, SmallHead* head) {
    take_head<FormatQ8_0, row>(s, head);
    take_head<FormatQ8_0, row + 2>(s, head);
    const uint8x16x4_t v0 = take_4d(s->w + row), v1 = take_4d(s->w + row + 2);
    int32x4_t* run = s->run + row / 2;
    THIMBLE_UNROLL
    for (int i = 0; i < 4; ++i) {
        run[0] = vdotq_s32(run[0], as_s8(v0.val[i]), as_s8(a.val[i]));
        run[1] = vdotq_s32(run[1], as_s8(v1.val[i]), as_s8(a.val[i]));
    }
}

constexpr bool kSmallRunning = true;

#else

constexpr bool kSmallRunning = false;

// Products are summed in 16 bits: four of weights below 16 in one chain (four rows in turn, for cores that execute in
// order), two of any others.
template <class F, int row, int lane>
THIMBLE_INLINE int32x4_t four_rows(SmallState* s, int8x16_t a0, int8x16_t a1, int32x4_t bias, SmallHead* head) {
    using S = SmallFormat<F>;
    if constexpr (S::kMaxRaw < 16) {
        take_head<F, row>(s, head);
        take_head<F, row + 2>(s, head);
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
        const int32x4_t start = S::kBias != 0 ? vdupq_laneq_s32(bias, lane) : vdupq_n_s32(0);
        return vpadalq_s16(start, pair_add(pair_add(p[0], p[1]), pair_add(p[2], p[3])));
    } else {
        const auto weights = [&](int r, int8x16_t* q) __attribute__((always_inline)) {
            if constexpr (S::kNibbles) {
                const uint8x16_t v = take_q(&s->w[r]);
                q[0] = S::code(vandq_u8(v, vdupq_n_u8(15)));
                q[1] = S::code(vshrq_n_u8(v, 4));
            } else {
                const uint8x16x2_t v = take_2q(&s->w[r]);
                q[0] = as_s8(v.val[0]);
                q[1] = as_s8(v.val[1]);
            }
        };
        const auto two_rows = [&](int r) __attribute__((always_inline)) {
            int8x16_t q0[2], q1[2];
            weights(r, q0);
            weights(r + 1, q1);
            const int8x16_t w[4] = {q0[0], q1[0], q0[1], q1[1]}, a[2] = {a0, a1};
            int16x8_t p[4];
            products16_of_four(w, a, p);
            const int32x4_t s0 = vpaddlq_s16(p[0]), s1 = vpaddlq_s16(p[1]);
            return pair_add(vpadalq_s16(s0, p[2]), vpadalq_s16(s1, p[3]));
        };
        take_head<F, row>(s, head);
        const int32x4_t p01 = two_rows(row);
        take_head<F, row + 2>(s, head);
        return pair_add(p01, two_rows(row + 2));
    }
}

#endif

// One block of eight rows. d, ds, bias: of this block and its neighbours, `lane` being this one; sub: of a superblock.
template <class F, int lane, int sub>
THIMBLE_INLINE void small_block(SmallState* s, const uint8_t** q, f4 d, f4 ds, int32x4_t bias) {
    SmallHead head;
    f4 sum[2];
    int32x4_t whole[2];
#if defined(__ARM_FEATURE_DOTPROD)
    if constexpr (!SmallFormat<F>::kNibbles) {
        const uint8x16x4_t a = take_eights(q);
        byte_sums<0>(s, a, &head);
        byte_sums<4>(s, a, &head);
        THIMBLE_UNROLL
        for (int g = 0; g < 2; ++g) {
            const f4 now = vreinterpretq_f32_s32(vpaddq_s32(s->run[2 * g], s->run[2 * g + 1]));
            sum[g] = vsubq_f32(now, s->before[g]);
            s->before[g] = now;
        }
    } else {
        const uint8x16x2_t a = take_2q(q);
        nibble_sums<F, lane, 0, 2>(s, as_s8(a.val[0]), as_s8(a.val[1]), bias, &head, whole);
    }
#else
    if constexpr (SmallFormat<F>::kFifth) {
        const LaneActs a0 = take_lane_acts(q), a1 = take_lane_acts(q);
        nibble_sums<F, lane, 0, 1>(s, a0, a1, bias, &head, whole);
        nibble_sums<F, lane, 1, 1>(s, a0, a1, bias, &head, whole);
    } else {
        const uint8x16x2_t a = take_2q(q);
        whole[0] = four_rows<F, 0, lane>(s, as_s8(a.val[0]), as_s8(a.val[1]), bias, &head);
        whole[1] = four_rows<F, 4, lane>(s, as_s8(a.val[0]), as_s8(a.val[1]), bias, &head);
    }
#endif
    if constexpr (SmallFormat<F>::kNibbles || !kSmallRunning) {
        THIMBLE_UNROLL
        for (int g = 0; g < 2; ++g) sum[g] = f4_of(whole[g]);
    }
    f4 dw[2];
    if constexpr (F::kBlock != 32) {
        THIMBLE_UNROLL
        for (int g = 0; g < 2; ++g) dw[g] = super_scale<sub>(s->super[g]);
    } else if constexpr (F::kId == kMXFP4) {
        const uint16x8_t e = vmovl_u8(vget_low_u8(head.e));
        dw[0] = half_of_e8m0(vmovl_u16(vget_low_u16(e)));
        dw[1] = half_of_e8m0(vmovl_high_u16(e));
    } else {
        const uint16x8_t first = vreinterpretq_u16_u32(head.both[0]), second = vreinterpretq_u16_u32(head.both[1]);
        const bool both = F::kMinimum == Minimum::kBlock;
        const float16x8_t half = vreinterpretq_f16_u16(both ? vuzp1q_u16(first, second) : head.d);
        dw[0] = vcvt_f32_f16(vget_low_f16(half));
        dw[1] = vcvt_high_f32_f16(half);
    }
    THIMBLE_UNROLL
    for (int g = 0; g < 2; ++g) s->acc[g] = f4_fma(sum[g], f4_mul_lane<lane>(dw[g], d), s->acc[g]);
    if constexpr (F::kMinimum == Minimum::kBlock) {
        const float16x8_t m =
            vreinterpretq_f16_u16(vuzp2q_u16(vreinterpretq_u16_u32(head.both[0]), vreinterpretq_u16_u32(head.both[1])));
        s->acc[0] = f4_fma_lane<lane>(vcvt_f32_f16(vget_low_f16(m)), ds, s->acc[0]);
        s->acc[1] = f4_fma_lane<lane>(vcvt_high_f32_f16(m), ds, s->acc[1]);
    }
}

template <class F>
THIMBLE_INLINE void start_eight(SmallState* s) {
#if defined(__ARM_FEATURE_DOTPROD)
    if constexpr (!SmallFormat<F>::kNibbles) start_running(s);
#endif
    if constexpr (F::kBlock != 32) s->super[0] = take_super(s->w), s->super[1] = take_super(s->w + 4);
}

// Numbers of the column for four blocks.
template <class F>
constexpr int kSmallColumn = F::kMinimum == Minimum::kBlock ? 12 : 8;

template <class F, int sub>
THIMBLE_INLINE void four_blocks(SmallState* s, const uint8_t** q, const float* c) {
    const f4 d = f4_load(c), ds = f4_load(c + kSmallColumn<F> - 4);
    const int32x4_t bias = vreinterpretq_s32_f32(f4_load(c + 4));
    small_block<F, 0, sub>(s, q, d, ds, bias);
    small_block<F, 1, sub + 1>(s, q, d, ds, bias);
    small_block<F, 2, sub + 2>(s, q, d, ds, bias);
    small_block<F, 3, sub + 3>(s, q, d, ds, bias);
}

// What the loops need of the column, once a call: for every four blocks their scales, minus the bias of the weights times
// the sums of the blocks, and for minima the scales times the sums. Three numbers more may be read than there are.
template <class F>
inline const float* prepare_small_column(const Matmul* m, int64_t column) {
    const int64_t blocks = m->k / 32;
    const float* d = m->acts.d + column * m->acts.d_stride;
    const int16_t* s = m->acts.s + column * m->acts.s_stride;
    float* to = static_cast<float*>(m->scratch);
    const auto four = [&](const float* d4, const int16_t* s8, float* at) {
        const int32x4_t sums = vpaddlq_s16(vld1q_s16(s8));
        f4_store(at, f4_load(d4));
        f4_store(at + 4, vreinterpretq_f32_s32(vmulq_n_s32(sums, -SmallFormat<F>::kBias)));
        if constexpr (kSmallColumn<F> == 12) f4_store(at + 8, f4_mul(f4_load(d4), f4_of(sums)));
    };
    for (int64_t j = 0; j + 4 <= blocks; j += 4, to += kSmallColumn<F>) four(d + j, s + 2 * j, to);
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
        s.fifth = kFifthBytes;
        asm("" : "+r"(s.fifth));  // else GCC forms the address of a constant each time
        const uint8_t* q = acts;
        const float* c = column;
        constexpr bool kShort = SmallFormat<F>::kShort;
        if constexpr (!kShort) {
            for (int64_t eights = blocks / 8; eights > 0; --eights, c += 2 * kSmallColumn<F>) {
                start_eight<F>(&s);
                four_blocks<F, 0>(&s, &q, c);
                four_blocks<F, 4>(&s, &q, c + kSmallColumn<F>);
            }
        }
        const int64_t left = kShort ? blocks : blocks % 8;
        if (F::kBlock == 32 && left != 0) {
            start_eight<F>(&s);
            for (int64_t i = 0; i < left; ++i) {
                const float* at = c + i / 4 * kSmallColumn<F> + i % 4;
                small_block<F, 0, 0>(&s, &q, f4_load(at), f4_load(at + kSmallColumn<F> - 4),
                                     vreinterpretq_s32_f32(f4_load(at + 4)));
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

template <class F>
requires(SmallFormat<F>::kMaxRaw > 0) struct OwnRows<F> {
    static constexpr MatmulFn kFn = small_row_matmul<F>;
};

}  // namespace
}  // namespace thimble
