// SPDX-License-Identifier: MIT
// The vocabulary of sixteen float lanes on ARMv7 with NEON and VFPv4. NEON arithmetic flushes subnormal floats there:
// floats are computed one by one with VFP, whose multiply-add is fused as well; NEON does what has no such numbers,
// integers, bits and conversions. Words mean what isa/scalar.h says. Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/isa/neon_words.h"
#include "kernels/micro/fma.h"
#include "kernels/micro/half.h"

namespace thimble {
namespace {

struct Neon32Isa {
    struct f {
        float v[16];  // constant indices only, so that the numbers live in registers
    };
    struct i {
        int32x4_t v[4];
    };
    struct m {
        uint32x4_t v[4];
    };

    static constexpr int kDenseRows = 1, kDenseCols = 1;
    static constexpr int kAttnRows = 1;
    static constexpr int kAttnTiles = 1;
    static constexpr int kAttnVecs = 1;

    template <class Fn>
    static THIMBLE_INLINE f each(Fn fn) {
        return {{fn(0), fn(1), fn(2), fn(3), fn(4), fn(5), fn(6), fn(7), fn(8), fn(9), fn(10), fn(11), fn(12), fn(13),
                 fn(14), fn(15)}};
    }
    template <class Fn>
    static THIMBLE_INLINE i each_i(Fn fn) {
        return {{fn(0), fn(1), fn(2), fn(3)}};
    }
    template <class Fn>
    static THIMBLE_INLINE m each_m(Fn fn) {
        return {{fn(0), fn(1), fn(2), fn(3)}};
    }

    static THIMBLE_INLINE f set1(float x) {
        return each([&](int) { return x; });
    }
    static THIMBLE_INLINE f load(const float* p) {
        return each([&](int l) {
            float x;  // any alignment
            memcpy(&x, p + l, sizeof x);
            return x;
        });
    }
    static f load_n(const float* p, int n) {
        if (n == 16) return load(p);
        float t[16] = {};
        memcpy(t, p, sizeof(float) * static_cast<size_t>(n));
        return load(t);
    }
    static THIMBLE_INLINE void store(float* p, f a) { memcpy(p, a.v, sizeof a.v); }
    static void store_n(float* p, int n, f a) {
        if (n == 16) return store(p, a);
        memcpy(p, a.v, sizeof(float) * static_cast<size_t>(n));
    }

    // Four registers of bits to floats and back.
    static THIMBLE_INLINE f from_quads(uint32x4_t a, uint32x4_t b, uint32x4_t c, uint32x4_t d) {
        uint32_t t[16];
        vst1q_u32(t, a);
        vst1q_u32(t + 4, b);
        vst1q_u32(t + 8, c);
        vst1q_u32(t + 12, d);
        f r;
        memcpy(&r, t, sizeof r);
        return r;
    }
    static THIMBLE_INLINE uint32x4_t bits_of(float32x4_t a) { return vreinterpretq_u32_f32(a); }
    static uint16x4_t load_u16(const uint16_t* p) {  // rows of weights may lie at odd addresses
        return vreinterpret_u16_u8(vld1_u8(reinterpret_cast<const uint8_t*>(p)));
    }
    static THIMBLE_INLINE f load_f16(const uint16_t* p) {
        return from_quads(bits_of(f4_of_f16(load_u16(p))), bits_of(f4_of_f16(load_u16(p + 4))),
                          bits_of(f4_of_f16(load_u16(p + 8))), bits_of(f4_of_f16(load_u16(p + 12))));
    }
    static f load_f16_n(const uint16_t* p, int n) {
        uint16_t t[16] = {};
        memcpy(t, p, sizeof(uint16_t) * static_cast<size_t>(n));
        return load_f16(t);
    }
    static THIMBLE_INLINE f load_bf16(const uint16_t* p) {
        return from_quads(vshll_n_u16(load_u16(p), 16), vshll_n_u16(load_u16(p + 4), 16),
                          vshll_n_u16(load_u16(p + 8), 16), vshll_n_u16(load_u16(p + 12), 16));
    }
    static f load_bf16_n(const uint16_t* p, int n) {
        uint16_t t[16] = {};
        memcpy(t, p, sizeof(uint16_t) * static_cast<size_t>(n));
        return load_bf16(t);
    }
    // A half is 0 wherever the float is subnormal, and NEON keeps subnormal halves.
    static void store_f16(uint16_t* p, f a) {
        for (int r = 0; r < 4; ++r) vst1_u16(p + 4 * r, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(a.v + 4 * r))));
    }
    static THIMBLE_INLINE f load_i8(const int8_t* p) {
        const int8x16_t v = vld1q_s8(p);
        const int16x8_t low = vmovl_s8(vget_low_s8(v)), high = vmovl_s8(vget_high_s8(v));
        return from_quads(bits_of(f4_of(vmovl_s16(vget_low_s16(low)))), bits_of(f4_of(vmovl_s16(vget_high_s16(low)))),
                          bits_of(f4_of(vmovl_s16(vget_low_s16(high)))),
                          bits_of(f4_of(vmovl_s16(vget_high_s16(high)))));
    }

    static THIMBLE_INLINE f add(f a, f b) {
        return each([&](int l) { return a.v[l] + b.v[l]; });
    }
    static THIMBLE_INLINE f sub(f a, f b) {
        return each([&](int l) { return a.v[l] - b.v[l]; });
    }
    static THIMBLE_INLINE f mul(f a, f b) {
        return each([&](int l) { return a.v[l] * b.v[l]; });
    }
    static THIMBLE_INLINE f div(f a, f b) {
        return each([&](int l) { return a.v[l] / b.v[l]; });
    }
    static THIMBLE_INLINE f fma(f a, f b, f c) {
        return each([&](int l) { return fma32(a.v[l], b.v[l], c.v[l]); });
    }
    static THIMBLE_INLINE f max(f a, f b) {
        return each([&](int l) { return a.v[l] > b.v[l] ? a.v[l] : b.v[l]; });
    }
    static THIMBLE_INLINE f min(f a, f b) {
        return each([&](int l) { return a.v[l] < b.v[l] ? a.v[l] : b.v[l]; });
    }

    static THIMBLE_INLINE m less(f a, f b) {
        uint32_t t[16];
        for (int l = 0; l < 16; ++l) t[l] = a.v[l] < b.v[l] ? 0xffffffffu : 0;
        return each_m([&](int r) { return vld1q_u32(t + 4 * r); });
    }
    static m range(int lo, int hi) {
        static const int32_t kLane[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
        const int32x4_t low = vdupq_n_s32(lo), high = vdupq_n_s32(hi);
        return each_m([&](int r) {
            const int32x4_t lane = vld1q_s32(kLane + 4 * r);
            return vandq_u32(vcgeq_s32(lane, low), vcltq_s32(lane, high));
        });
    }
    static THIMBLE_INLINE f select(m c, f a, f b) {
        f r;
        for (int q = 0; q < 4; ++q)
            vst1q_f32(r.v + 4 * q, vbslq_f32(c.v[q], vld1q_f32(a.v + 4 * q), vld1q_f32(b.v + 4 * q)));
        return r;
    }

    static i set1_i(int32_t x) {
        return each_i([&](int) { return vdupq_n_s32(x); });
    }
    static THIMBLE_INLINE i bits(f a) {
        return each_i([&](int r) { return vreinterpretq_s32_f32(vld1q_f32(a.v + 4 * r)); });
    }
    static THIMBLE_INLINE f from_bits(i a) {
        return from_quads(vreinterpretq_u32_s32(a.v[0]), vreinterpretq_u32_s32(a.v[1]), vreinterpretq_u32_s32(a.v[2]),
                          vreinterpretq_u32_s32(a.v[3]));
    }
    static THIMBLE_INLINE f to_float(i a) {
        return from_quads(bits_of(f4_of(a.v[0])), bits_of(f4_of(a.v[1])), bits_of(f4_of(a.v[2])),
                          bits_of(f4_of(a.v[3])));
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
    static int32_t hmax_i(i a) {
        const int32x4_t t = vmaxq_s32(vmaxq_s32(a.v[0], a.v[1]), vmaxq_s32(a.v[2], a.v[3]));
        const int32x2_t u = vpmax_s32(vget_low_s32(t), vget_high_s32(t));
        return vget_lane_s32(vpmax_s32(u, u), 0);
    }
    static i dot4_i8(i acc, const int8_t* p, int32_t q4) {
        const int8x8_t q = vreinterpret_s8_s32(vdup_n_s32(q4));
        return each_i([&](int r) {
            const int8x16_t v = vld1q_s8(p + 16 * r);
            const int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(v), q)),
                            high = vpaddlq_s16(vmull_s8(vget_high_s8(v), q));
            return vaddq_s32(acc.v[r], pair_add(low, high));
        });
    }
    static int32_t store_i8(int8_t* p, f a) {
        const i n = each_i([&](int r) { return vcvtq_s32_f32(vld1q_f32(a.v + 4 * r)); });
        const int16x8_t low = vcombine_s16(vmovn_s32(n.v[0]), vmovn_s32(n.v[1]));
        const int16x8_t high = vcombine_s16(vmovn_s32(n.v[2]), vmovn_s32(n.v[3]));
        vst1q_s8(p, vcombine_s8(vmovn_s16(low), vmovn_s16(high)));
        const int32x4_t sum = vpaddlq_s16(vaddq_s16(low, high));
        const int32x2_t half = vadd_s32(vget_low_s32(sum), vget_high_s32(sum));
        return vget_lane_s32(vpadd_s32(half, half), 0);
    }

    static float hsum(f a) {
        float t[8];
        for (int l = 0; l < 8; ++l) t[l] = a.v[l] + a.v[l + 8];
        for (int l = 0; l < 4; ++l) t[l] = t[l] + t[l + 4];
        return (t[0] + t[2]) + (t[1] + t[3]);
    }
    static float hmax(f a) {
        for (int w = 8; w; w /= 2)
            for (int l = 0; l < w; ++l) a.v[l] = a.v[l] > a.v[l + w] ? a.v[l] : a.v[l + w];
        return a.v[0];
    }
};

}  // namespace
}  // namespace thimble
