// SPDX-License-Identifier: MIT
// One column on AArch64 for Q4_K, Q5_K and Q6_K: four rows at a time, a superblock's scales brought into row lanes once.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/micro/a64_lanes.h"
#include "kernels/micro/arm_rows.h"

namespace thimble {
namespace {

struct KRows {
    const uint8_t* w[4];
    f4 acc;
};

// Byte `at` of each word.
template <int at>
THIMBLE_INLINE int32x4_t signed_byte(uint32x4_t v) {
    const int32x4_t s = vreinterpretq_s32_u32(v);
    if constexpr (at == 3) return vshrq_n_s32(s, 24);
    return vshrq_n_s32(vshlq_n_s32(s, 24 - 8 * at), 24);
}

#if defined(__ARM_FEATURE_DOTPROD)

// Running sums, as in a64_small_rows.h: `sdot` adds on and on, a pairwise addition takes no more than a look, and the sum
// of one sub-block is the difference of two looks. Even sub-blocks (low nibbles) and odd ones have sums of their own.
struct KSums {
    int32x4_t run[2][4];
    f4 before[2];
};
template <class F>
constexpr int64_t k_window() {  // superblocks until they start anew
    return (1 << 22) / (4 * 32 * 127 * NeonFormat<F>::kMaxRaw);
}
constexpr int32_t kKRunStart = 0x4b400000;  // 1.5 * 2^23

THIMBLE_INLINE void start_sums(KSums* s) {
    THIMBLE_UNROLL
    for (int i = 0; i < 2; ++i) {
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r)
            s->run[i][r] = int32x4_t{kKRunStart / 4, kKRunStart / 4, kKRunStart / 4, kKRunStart / 4};
        s->before[i] = vreinterpretq_f32_s32(vdupq_n_s32(kKRunStart));
    }
}
static_assert(kKRunStart % 4 == 0);

constexpr int kRowsInTurn = 1;
THIMBLE_INLINE void add_rows(KSums* s, int row, const int8x16_t* q, const int8x16_t*, const int8x16_t* a) {
    THIMBLE_UNROLL
    for (int i = 0; i < 2; ++i)
        s->run[i][row] = vdotq_s32(vdotq_s32(s->run[i][row], q[2 * i], a[2 * i]), q[2 * i + 1], a[2 * i + 1]);
}
template <class F>
THIMBLE_INLINE f4 take_sum(KSums* s, int i) {
    const f4 now = vreinterpretq_f32_s32(reduce_s32(s->run[i][0], s->run[i][1], s->run[i][2], s->run[i][3]));
    const f4 sum = vsubq_f32(now, s->before[i]);
    s->before[i] = now;
    return sum;
}

#else

struct KSums {
    int16x8_t part[2][4];
};
template <class F>
constexpr int64_t k_window() {
    return int64_t{1} << 40;
}
THIMBLE_INLINE void start_sums(KSums*) {}
constexpr int kRowsInTurn = 2;
THIMBLE_INLINE void add_rows(KSums* s, int row, const int8x16_t* q0, const int8x16_t* q1, const int8x16_t* a) {
    const int8x16_t first[4] = {q0[0], q1[0], q0[2], q1[2]}, second[4] = {q0[1], q1[1], q0[3], q1[3]};
    const int8x16_t even[2] = {a[0], a[2]}, odd[2] = {a[1], a[3]};
    int16x8_t p[4];
    products16_of_four(first, even, p);
    products16_onto_four(second, odd, p);
    s->part[0][row] = p[0];
    s->part[0][row + 1] = p[1];
    s->part[1][row] = p[2];
    s->part[1][row + 1] = p[3];
}
template <class F>
THIMBLE_INLINE f4 take_sum(KSums* s, int i) {
    constexpr int kLevels = NeonFormat<F>::kMaxRaw * 127 * 16 < 32768 ? 2 : 1;
    static_assert(NeonFormat<F>::kMaxRaw * 127 * 8 < 32768);
    return f4_of(reduce_s16<kLevels>(s->part[i][0], s->part[i][1], s->part[i][2], s->part[i][3]));
}

#endif

struct KScales {
    f4 d, dmin;
    uint32x4_t sc[2], m[2];  // of four sub-blocks, a byte each
};

THIMBLE_INLINE KScales take_k_scales(const uint8_t** w) {
    const uint32x4x4_t head = take_4s(w);
    const uint8x16_t a = vreinterpretq_u8_u32(head.val[1]), c = vreinterpretq_u8_u32(head.val[2]);
    const uint8x16_t e = vreinterpretq_u8_u32(head.val[3]);
    KScales s;
    s.d = f4_of_f16(vmovn_u32(head.val[0]));
    s.dmin = f4_of_f16(vshrn_n_u32(head.val[0], 16));
    s.sc[0] = vreinterpretq_u32_u8(vandq_u8(a, vdupq_n_u8(63)));
    s.m[0] = vreinterpretq_u32_u8(vandq_u8(c, vdupq_n_u8(63)));
    s.sc[1] = vreinterpretq_u32_u8(vbslq_u8(vdupq_n_u8(15), e, vshrq_n_u8(a, 2)));
    s.m[1] = vreinterpretq_u32_u8(vsriq_n_u8(vshrq_n_u8(c, 2), e, 4));
    return s;
}

// c: d of two sub-blocks, d * sum of both.
template <class F, int j>
THIMBLE_INLINE f4 add_sub_block(f4 sum, const KScales& s, f4 c, f4 acc) {
    const f4 dw = f4_mul(s.d, byte_lanes<j % 4>(s.sc[j / 4]));
    const f4 m = f4_mul(s.dmin, byte_lanes<j % 4>(s.m[j / 4]));
    acc = f4_fma(sum, f4_mul_lane<j % 2>(dw, c), acc);
    return vfmsq_laneq_f32(acc, m, c, 2 + j % 2);
}

// Sub-blocks 2 * run and 2 * run + 1.
template <class F, int run>
THIMBLE_INLINE void k_run(KRows* s, KSums* sums, const KScales& scales, const uint8_t** acts, const float** column) {
    const uint8x16x4_t act = take_4q(acts);
    const int8x16_t a[4] = {as_s8(act.val[0]), as_s8(act.val[1]), as_s8(act.val[2]), as_s8(act.val[3])};
    const auto weights = [&](int r, int8x16_t* q) __attribute__((always_inline)) {
        uint8x16x2_t v;
        if constexpr (F::kId == kQ4_K) {
            v = take_2q(&s->w[r]);
        } else {  // the bits above stand in front
            v.val[0] = vld1q_u8(s->w[r] + 32 + 32 * run);
            v.val[1] = vld1q_u8(s->w[r] + 48 + 32 * run);
        }
        THIMBLE_UNROLL
        for (int h = 0; h < 2; ++h) {
            uint8x16_t low = low_nibbles(v.val[h]), high = vshrq_n_u8(v.val[h], 4);
            if constexpr (F::kId != kQ4_K) {
                const uint8x16_t top = vld1q_u8(s->w[r] + 16 * h), bit = vdupq_n_u8(16);
                const int8x16_t by = vdupq_n_s8(4 - 2 * run), by_next = vdupq_n_s8(3 - 2 * run);
                low = vbslq_u8(bit, vshlq_u8(top, by), low);
                high = vbslq_u8(bit, vshlq_u8(top, by_next), high);
            }
            q[h] = as_s8(low);
            q[2 + h] = as_s8(high);
        }
    };
    THIMBLE_UNROLL
    for (int r = 0; r < 4; r += kRowsInTurn) {
        int8x16_t q0[4], q1[4] = {};
        weights(r, q0);
        if (kRowsInTurn == 2) weights(r + 1, q1);
        add_rows(sums, r, q0, q1, a);
    }
    const f4 c = f4_load(*column);
    *column += 4;
    const f4 first = take_sum<F>(sums, 0), second = take_sum<F>(sums, 1);
    s->acc = add_sub_block<F, 2 * run>(first, scales, c, s->acc);
    s->acc = add_sub_block<F, 2 * run + 1>(second, scales, c, s->acc);
}

struct MinLoop {
    // For every two sub-blocks: their d, their d * sum.
    static const float* prepare(const Matmul* m, int64_t column) {
        const float* d = m->acts.d + column * m->acts.d_stride;
        const int16_t* s = m->acts.s + column * m->acts.s_stride;
        float* to = static_cast<float*>(m->scratch);
        for (int64_t j = 0; j < m->k / 32; j += 4, to += 8) {
            const f4 d4 = f4_load(d + j), ds = f4_mul(d4, f4_of(vpaddlq_s16(vld1q_s16(s + 2 * j))));
            f4_store(to, vreinterpretq_f32_f64(vzip1q_f64(vreinterpretq_f64_f32(d4), vreinterpretq_f64_f32(ds))));
            f4_store(to + 4, vreinterpretq_f32_f64(vzip2q_f64(vreinterpretq_f64_f32(d4), vreinterpretq_f64_f32(ds))));
        }
        return static_cast<const float*>(m->scratch);
    }
    template <class F>
    static THIMBLE_INLINE f4 rows(const uint8_t* const* w, int64_t blocks, const uint8_t* acts, const float* column) {
        KRows s = {{w[0], w[1], w[2], w[3]}, f4_zero()};
        KSums sums;
        while (blocks > 0) {
            int64_t n = blocks < k_window<F>() ? blocks : k_window<F>();
            blocks -= n;
            start_sums(&sums);
            do {
                const KScales scales = take_k_scales(s.w);
                k_run<F, 0>(&s, &sums, scales, &acts, &column);
                k_run<F, 1>(&s, &sums, scales, &acts, &column);
                k_run<F, 2>(&s, &sums, scales, &acts, &column);
                k_run<F, 3>(&s, &sums, scales, &acts, &column);
                if constexpr (F::kId != kQ4_K) {
                    THIMBLE_UNROLL
                    for (int r = 0; r < 4; ++r) s.w[r] += 160;
                }
            } while (--n > 0);
        }
        return s.acc;
    }
};

// Q6_K: the integer sums of sixteen weights are multiplied by their scales in row lanes, minus 32 times those of the column.

// Weights of sub-block `unit` of four (q[0], q[1]) and of sub-block unit + 2 (q[2], q[3]), 6 bits each. low: their 32 bytes
// of nibbles, high: the 32 bytes with two bits of each of the four.
template <int unit>
THIMBLE_INLINE void unpack_six(const uint8_t* low, const uint8_t* high, int8x16_t* q) {
    THIMBLE_UNROLL
    for (int h = 0; h < 2; ++h) {
        const uint8x16_t v = vld1q_u8(low + 16 * h);
        uint8x16_t top = vld1q_u8(high + 16 * h);
        if constexpr (unit == 0) {
            q[2 + h] = as_s8(vsriq_n_u8(vandq_u8(top, vdupq_n_u8(48)), v, 4));
            q[h] = as_s8(vandq_u8(vsliq_n_u8(v, top, 4), vdupq_n_u8(63)));
        } else {
            top = vshrq_n_u8(top, 2);
            q[h] = as_s8(vandq_u8(vsliq_n_u8(v, top, 4), vdupq_n_u8(63)));
            q[2 + h] = as_s8(vsriq_n_u8(top, v, 4));
        }
    }
}

struct SixSums {
    int32x4_t sum[4];  // of 16 weights: the halves of sub-block `unit`, of sub-block unit + 2
#if defined(__ARM_FEATURE_DOTPROD)
    int32x4_t run[4], before;  // running sums of the rows; never set to zero, 32 bits wrap
#endif
};

template <int unit>
THIMBLE_INLINE void six_sums(SixSums* s, const uint8_t* const* low, const uint8_t* const* high, const int8x16_t* a) {
#if defined(__ARM_FEATURE_DOTPROD)
    int32x4_t look[4][2];  // of two rows each
    THIMBLE_UNROLL
    for (int r = 0; r < 4; r += 2) {
        int8x16_t q0[4], q1[4];
        unpack_six<unit>(low[r], high[r], q0);
        unpack_six<unit>(low[r + 1], high[r + 1], q1);
        THIMBLE_UNROLL
        for (int i = 0; i < 4; ++i) {
            s->run[r] = vdotq_s32(s->run[r], q0[i], a[i]);
            s->run[r + 1] = vdotq_s32(s->run[r + 1], q1[i], a[i]);
            look[i][r / 2] = pair_add(s->run[r], s->run[r + 1]);
        }
    }
    THIMBLE_UNROLL
    for (int i = 0; i < 4; ++i) {
        const int32x4_t now = pair_add(look[i][0], look[i][1]);
        s->sum[i] = vsubq_s32(now, s->before);
        s->before = now;
    }
#else
    int32x4_t look[4][2];
    THIMBLE_UNROLL
    for (int r = 0; r < 4; r += 2) {
        int8x16_t q0[4], q1[4];
        unpack_six<unit>(low[r], high[r], q0);
        unpack_six<unit>(low[r + 1], high[r + 1], q1);
        THIMBLE_UNROLL
        for (int i = 0; i < 4; i += 2) {  // 4 * 63 * 127 < 2^15
            const int8x16_t w[4] = {q0[i], q1[i], q0[i + 1], q1[i + 1]};
            int16x8_t p[4];
            products16_of_four(w, a + i, p);
            look[i][r / 2] = vpaddlq_s16(pair_add(p[0], p[1]));
            look[i + 1][r / 2] = vpaddlq_s16(pair_add(p[2], p[3]));
        }
    }
    THIMBLE_UNROLL
    for (int i = 0; i < 4; ++i) s->sum[i] = pair_add(look[i][0], look[i][1]);
#endif
}

struct SixHead {
    uint32x4x4_t sc;  // 16 scales of each row
    f4 d;
};

// Sub-block j, from the sums of its halves and -32 times those of the column.
template <int j>
THIMBLE_INLINE f4 add_six(const int32x4_t* sum, const SixHead& head, f4 da, int32x4_t bias, f4 acc) {
    const int32x4_t sc0 = signed_byte<2 * j % 4>(head.sc.val[j / 2]),
                    sc1 = signed_byte<2 * j % 4 + 1>(head.sc.val[j / 2]);
    int32x4_t dot = vmulq_s32(sum[0], sc0);
    dot = vmlaq_s32(dot, sum[1], sc1);
    dot = vmlaq_laneq_s32(dot, sc0, bias, 2 * j % 4);
    dot = vmlaq_laneq_s32(dot, sc1, bias, 2 * j % 4 + 1);
    return f4_fma(f4_of(dot), f4_mul_lane<j % 4>(head.d, da), acc);
}

// 128 weights, of the blocks that start at w.
template <int run>
THIMBLE_INLINE f4 six_run(SixSums* s, const uint8_t* const* w, const SixHead& head, const int8_t* a, const float* d,
                          const int32_t* bias, f4 acc) {
    const uint8_t *low[4], *low_next[4], *high[4];
    THIMBLE_UNROLL
    for (int r = 0; r < 4; ++r) {
        low[r] = w[r] + 64 * run;
        low_next[r] = low[r] + 32;
        high[r] = w[r] + 128 + 32 * run;
    }
    a += 128 * run;
    const f4 da = f4_load(d + 4 * run);
    const int32x4_t bias0 = vld1q_s32(bias + 8 * run), bias1 = vld1q_s32(bias + 8 * run + 4);
    int8x16_t act[4] = {vld1q_s8(a), vld1q_s8(a + 16), vld1q_s8(a + 64), vld1q_s8(a + 80)};
    six_sums<0>(s, low, high, act);
    acc = add_six<4 * run>(s->sum, head, da, bias0, acc);
    const int32x4_t third[2] = {s->sum[2], s->sum[3]};
    THIMBLE_UNROLL
    for (int i = 0; i < 4; ++i) act[i] = vld1q_s8(a + 32 + (i & 1) * 16 + (i >> 1) * 64);
    six_sums<1>(s, low_next, high, act);
    acc = add_six<4 * run + 1>(s->sum, head, da, bias0, acc);
    acc = add_six<4 * run + 2>(third, head, da, bias1, acc);
    return add_six<4 * run + 3>(s->sum + 2, head, da, bias1, acc);
}

struct SixLoop {
    struct Column {
        const float* d;
        const int32_t* bias;
    };
    static Column prepare(const Matmul* m, int64_t column) {
        const int16_t* s = m->acts.s + column * m->acts.s_stride;
        int32_t* to = static_cast<int32_t*>(m->scratch);
        for (int64_t h = 0; h < m->k / 16; ++h) to[h] = -32 * s[h];
        return {m->acts.d + column * m->acts.d_stride, to};
    }
    template <class F>
    static THIMBLE_INLINE f4 rows(const uint8_t* const* first, int64_t blocks, const uint8_t* acts, Column c) {
        constexpr int kHead = 192, kAfter = kHead + 16;  // the pointers stand at the scales, then behind them
        const uint8_t* w[4] = {first[0] + kHead, first[1] + kHead, first[2] + kHead, first[3] + kHead};
        f4 acc = f4_zero();
        SixSums s;
#if defined(__ARM_FEATURE_DOTPROD)
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r) s.run[r] = vdupq_n_s32(0);
        s.before = vdupq_n_s32(0);
#endif
        const auto* a = reinterpret_cast<const int8_t*>(acts);
        for (; blocks > 0; --blocks, a += 256, c.d += 8, c.bias += 16) {
            SixHead head;
            head.sc = take_4s(w);
            head.d = f4_of_f16(peek_4h(w));
            const uint8_t* at[4] = {w[0] - kAfter, w[1] - kAfter, w[2] - kAfter, w[3] - kAfter};
            acc = six_run<0>(&s, at, head, a, c.d, c.bias, acc);
            acc = six_run<1>(&s, at, head, a, c.d, c.bias, acc);
            THIMBLE_UNROLL
            for (int r = 0; r < 4; ++r) w[r] += 210 - 16;
        }
        return acc;
    }
};

// Rows past the last one are copies of it. Not inlined: GCC would make several copies.
template <class F, class Loop>
__attribute__((noinline)) void k_row_matmul(const Matmul* m) {
    const int64_t column = m->col ? m->col[0] : 0, blocks = m->k / F::kBlock;
    const auto* acts = reinterpret_cast<const uint8_t*>(m->acts.q + column * m->acts.q_stride);
    const auto c = Loop::prepare(m, column);
    const uint8_t* w[4];
    const uint8_t* row = m->w;
    float* out = m->out;
    for (int64_t rows = m->rows; rows > 0; rows -= 4, out += 4) {
        THIMBLE_UNROLL
        for (int i = 0; i < 4; ++i) {
            w[i] = row;
            if (i + 1 < rows) row += m->row_bytes;
        }
        const f4 acc = Loop::template rows<F>(w, blocks, acts, c);
        float sums[4];
        if (rows >= 4) {
            f4_store(out, acc);
        } else {
            f4_store(sums, acc);
            memcpy(out, sums, sizeof(float) * static_cast<size_t>(rows));
        }
    }
}

template <>
struct OwnRows<FormatQ4_K> {
    static constexpr MatmulFn kFn = k_row_matmul<FormatQ4_K, MinLoop>;
};
template <>
struct OwnRows<FormatQ5_K> {
    static constexpr MatmulFn kFn = k_row_matmul<FormatQ5_K, MinLoop>;
};

template <>
struct OwnRows<FormatQ6_K> {
    static constexpr MatmulFn kFn = k_row_matmul<FormatQ6_K, SixLoop>;
};

}  // namespace
}  // namespace thimble
