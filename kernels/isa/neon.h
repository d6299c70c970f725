// SPDX-License-Identifier: MIT
// The vocabulary of sixteen float lanes on ARM: four registers. Words mean what isa/scalar.h says; on ARMv7, where NEON
// flushes subnormal numbers, only as long as none occur (micro/arm_flush.h). Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/isa/neon_words.h"

namespace thimble {
namespace {

struct NeonIsa {
    struct f {
        float32x4_t v[4];
    };
    struct i {
        int32x4_t v[4];
    };
    struct m {
        uint32x4_t v[4];
    };

    static constexpr int kDenseRows = 2, kDenseCols = 2, kDenseBlock = 0;
    static constexpr bool kDenseAhead = false;
    static constexpr int kAttnRows = kManyRegisters ? 4 : 2;
    static constexpr int kAttnTiles = 1;
    static constexpr int kAttnVecs = 1;
    static constexpr int kDoubleBytes = kManyRegisters ? 16 : 8;  // ARMv7 has no vectors of doubles

    template <class Fn>
    static f each(Fn fn) {
        return {{fn(0), fn(1), fn(2), fn(3)}};
    }
    template <class Fn>
    static i each_i(Fn fn) {
        return {{fn(0), fn(1), fn(2), fn(3)}};
    }
    template <class Fn>
    static m each_m(Fn fn) {
        return {{fn(0), fn(1), fn(2), fn(3)}};
    }

    static f set1(float x) {
        return each([&](int) { return vdupq_n_f32(x); });
    }
    static f load(const float* p) {
        const auto* bytes = reinterpret_cast<const uint8_t*>(p);  // any alignment
        return each([&](int r) { return vreinterpretq_f32_u8(vld1q_u8(bytes + 16 * r)); });
    }
    static f load_n(const float* p, int n) {
        if (n == 16) return load(p);
        float t[16] = {};
        memcpy(t, p, sizeof(float) * static_cast<size_t>(n));
        return load(t);
    }
    static void store(float* p, f a) {
        for (int r = 0; r < 4; ++r) vst1q_f32(p + 4 * r, a.v[r]);
    }
    static void store_n(float* p, int n, f a) {
        if (n == 16) return store(p, a);
        float t[16];
        store(t, a);
        memcpy(p, t, sizeof(float) * static_cast<size_t>(n));
    }
    static uint16x4_t load_u16(const uint16_t* p) {  // rows of weights may lie at odd addresses
        return vreinterpret_u16_u8(vld1_u8(reinterpret_cast<const uint8_t*>(p)));
    }
    static f load_f16(const uint16_t* p) {
        return each([&](int r) { return f4_of_f16(load_u16(p + 4 * r)); });
    }
    static f load_f16_n(const uint16_t* p, int n) {
        uint16_t t[16] = {};
        memcpy(t, p, sizeof(uint16_t) * static_cast<size_t>(n));
        return load_f16(t);
    }
    static f load_bf16(const uint16_t* p) {
        return each([&](int r) { return vreinterpretq_f32_u32(vshll_n_u16(load_u16(p + 4 * r), 16)); });
    }
    static f load_bf16_n(const uint16_t* p, int n) {
        uint16_t t[16] = {};
        memcpy(t, p, sizeof(uint16_t) * static_cast<size_t>(n));
        return load_bf16(t);
    }
    static void store_f16(uint16_t* p, f a) {
        for (int r = 0; r < 4; ++r) vst1_u16(p + 4 * r, vreinterpret_u16_f16(vcvt_f16_f32(a.v[r])));
    }
    static f load_i8(const int8_t* p) {
        const int8x16_t v = vld1q_s8(p);
        const int16x8_t low = vmovl_s8(vget_low_s8(v)), high = vmovl_s8(vget_high_s8(v));
        return {{vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))), vcvtq_f32_s32(vmovl_s16(vget_high_s16(low))),
                 vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))), vcvtq_f32_s32(vmovl_s16(vget_high_s16(high)))}};
    }

    static f add(f a, f b) {
        return each([&](int r) { return vaddq_f32(a.v[r], b.v[r]); });
    }
    static f sub(f a, f b) {
        return each([&](int r) { return vsubq_f32(a.v[r], b.v[r]); });
    }
    static f mul(f a, f b) {
        return each([&](int r) { return vmulq_f32(a.v[r], b.v[r]); });
    }
    static f div(f a, f b) {
        return each([&](int r) { return f4_div(a.v[r], b.v[r]); });
    }
    static f fma(f a, f b, f c) {
        return each([&](int r) { return vfmaq_f32(c.v[r], a.v[r], b.v[r]); });
    }
    // fmax and fmin differ from a > b ? a : b in NaN and in zeros of two signs.
    static float32x4_t larger(float32x4_t a, float32x4_t b) { return vbslq_f32(f4_less(b, a), a, b); }
    static f max(f a, f b) {
        return each([&](int r) { return larger(a.v[r], b.v[r]); });
    }
    static f min(f a, f b) {
        return each([&](int r) { return vbslq_f32(f4_less(a.v[r], b.v[r]), a.v[r], b.v[r]); });
    }

    static m less(f a, f b) {
        return each_m([&](int r) { return f4_less(a.v[r], b.v[r]); });
    }
    static m range(int lo, int hi) {
        static const int32_t kLane[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
        const int32x4_t low = vdupq_n_s32(lo), high = vdupq_n_s32(hi);
        return each_m([&](int r) {
            const int32x4_t lane = vld1q_s32(kLane + 4 * r);
            return vandq_u32(vcgeq_s32(lane, low), vcltq_s32(lane, high));
        });
    }
    static f select(m c, f a, f b) {
        return each([&](int r) { return vbslq_f32(c.v[r], a.v[r], b.v[r]); });
    }

    static i set1_i(int32_t x) {
        return each_i([&](int) { return vdupq_n_s32(x); });
    }
    static i bits(f a) {
        return each_i([&](int r) { return vreinterpretq_s32_f32(a.v[r]); });
    }
    static f from_bits(i a) {
        return each([&](int r) { return vreinterpretq_f32_s32(a.v[r]); });
    }
    static f to_float(i a) {
        return each([&](int r) { return vcvtq_f32_s32(a.v[r]); });
    }
    static i add_i(i a, i b) {
        return each_i([&](int r) { return vaddq_s32(a.v[r], b.v[r]); });
    }
    static i and_i(i a, i b) {
        return each_i([&](int r) { return vandq_s32(a.v[r], b.v[r]); });
    }
    static i or_i(i a, i b) {
        return each_i([&](int r) { return vorrq_s32(a.v[r], b.v[r]); });
    }
    static i xor_i(i a, i b) {
        return each_i([&](int r) { return veorq_s32(a.v[r], b.v[r]); });
    }
    static i max_i(i a, i b) {
        return each_i([&](int r) { return vmaxq_s32(a.v[r], b.v[r]); });
    }
    template <int n>
    static i shl_i(i a) {
        return each_i([&](int r) { return vshlq_n_s32(a.v[r], n); });
    }
    static int32_t hmax_i(i a) { return lane_max(vmaxq_s32(vmaxq_s32(a.v[0], a.v[1]), vmaxq_s32(a.v[2], a.v[3]))); }
    using keys = const int8_t*;
    static constexpr int kKeyBias = 0;
    static keys load_keys(const int8_t* p) { return p; }
    static i dot4_i8(i acc, keys p, int32_t q4) {
        const int8x16_t q = vreinterpretq_s8_s32(vdupq_n_s32(q4));
        return each_i([&](int r) {
            const int8x16_t v = vld1q_s8(p + 16 * r);
            const int16x8_t low = mull_low(v, q), high = mull_high(v, q);
            return vaddq_s32(acc.v[r], pair_add(vpaddlq_s16(low), vpaddlq_s16(high)));
        });
    }
    static int32_t store_i8(int8_t* p, f a) {
        const i n = each_i([&](int r) { return vcvtq_s32_f32(a.v[r]); });
        const int16x8_t low = vcombine_s16(vmovn_s32(n.v[0]), vmovn_s32(n.v[1]));
        const int16x8_t high = vcombine_s16(vmovn_s32(n.v[2]), vmovn_s32(n.v[3]));
        vst1q_s8(p, vcombine_s8(vmovn_s16(low), vmovn_s16(high)));
        return lane_sum(vaddq_s16(low, high));
    }

    static float hsum(f a) {
        const float32x4_t t = vaddq_f32(vaddq_f32(a.v[0], a.v[2]), vaddq_f32(a.v[1], a.v[3]));
        const float32x2_t u = vadd_f32(vget_low_f32(t), vget_high_f32(t));
        return vget_lane_f32(u, 0) + vget_lane_f32(u, 1);
    }
    static float hmax(f a) {
        const float32x4_t t = larger(larger(a.v[0], a.v[2]), larger(a.v[1], a.v[3]));
        const f4 u = larger(t, vextq_f32(t, t, 2));
        const float x = vgetq_lane_f32(u, 0), y = vgetq_lane_f32(u, 1);
        return x > y ? x : y;
    }
};

}  // namespace
}  // namespace thimble
