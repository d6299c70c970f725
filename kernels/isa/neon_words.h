// SPDX-License-Identifier: MIT
// Words over 128-bit registers that AArch64 and ARMv7 share. On ARMv7 NEON arithmetic flushes subnormal floats: f4 is
// for numbers among which none can occur (micro/arm_range.h) or where that is seen afterwards (micro/arm_flush.h).
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include <arm_neon.h>

#include <cstdint>
#include <cstring>

#include "kernels/isa/inlined.h"

// Loops over registers must vanish for the registers to be registers, also at -O2.
#define THIMBLE_UNROLL _Pragma("GCC unroll 16")

namespace thimble {
namespace {

using f4 = float32x4_t;
inline f4 f4_zero() { return vdupq_n_f32(0); }
inline f4 f4_dup(float x) { return vdupq_n_f32(x); }
inline f4 f4_load(const float* p) { return vld1q_f32(p); }
inline void f4_store(float* p, f4 a) { vst1q_f32(p, a); }
inline f4 f4_mul(f4 a, f4 b) { return vmulq_f32(a, b); }
inline f4 f4_neg(f4 a) { return vnegq_f32(a); }
inline f4 f4_fma(f4 a, f4 b, f4 c) { return vfmaq_f32(c, a, b); }  // a * b + c
inline f4 f4_of(int32x4_t a) { return vcvtq_f32_s32(a); }
inline f4 f4_of_u(uint32x4_t a) { return vcvtq_f32_u32(a); }
inline f4 f4_of_f16(uint16x4_t a) { return vcvt_f32_f16(vreinterpret_f16_u16(a)); }

#if defined(__aarch64__)

constexpr bool kManyRegisters = true;  // 32 of 16 bytes; ARMv7: 16

inline f4 f4_div(f4 a, f4 b) { return vdivq_f32(a, b); }
inline uint32x4_t f4_less(f4 a, f4 b) { return vcltq_f32(a, b); }
template <int lane>
inline f4 f4_mul_lane(f4 a, f4 b) {
    return vmulq_laneq_f32(a, b, lane);
}
template <int lane>
inline f4 f4_fma_lane(f4 a, f4 b, f4 c) {
    return vfmaq_laneq_f32(c, a, b, lane);
}

inline int16x8_t pair_add(int16x8_t a, int16x8_t b) { return vpaddq_s16(a, b); }
inline int32x4_t pair_add(int32x4_t a, int32x4_t b) { return vpaddq_s32(a, b); }
inline int32_t lane_sum(int16x8_t a) { return vaddvq_s16(a); }
inline int32_t lane_max(int32x4_t a) { return vmaxvq_s32(a); }
inline int16x8_t mull_high(int8x16_t a, int8x16_t b) { return vmull_high_s8(a, b); }
inline int16x8_t mlal_high(int16x8_t c, int8x16_t a, int8x16_t b) { return vmlal_high_s8(c, a, b); }
inline uint8x16_t lookup(uint8x16_t table, uint8x16_t index) { return vqtbl1q_u8(table, index); }

#else

constexpr bool kManyRegisters = false;

inline f4 f4_div(f4 a, f4 b) {  // by VFP
    return f4{a[0] / b[0], a[1] / b[1], a[2] / b[2], a[3] / b[3]};
}
THIMBLE_INLINE uint32x4_t f4_less(f4 a, f4 b) {  // GCC would compare one by one, by VFP
    uint32x4_t r;
    asm("vcgt.f32 %q0, %q1, %q2" : "=w"(r) : "w"(b), "w"(a));
    return r;
}
template <int lane>
inline f4 f4_mul_lane(f4 a, f4 b) {
    return vmulq_lane_f32(a, lane < 2 ? vget_low_f32(b) : vget_high_f32(b), lane & 1);
}
template <int lane>
inline f4 f4_fma_lane(f4 a, f4 b, f4 c) {
    return vfmaq_f32(c, a, vdupq_lane_f32(lane < 2 ? vget_low_f32(b) : vget_high_f32(b), lane & 1));
}

// GCC copies the halves that vcombine brings together.
THIMBLE_INLINE int16x8_t pair_add(int16x8_t a, int16x8_t b) {
    int16x8_t r;
    asm("vpadd.i16 %e0, %e1, %f1\n\tvpadd.i16 %f0, %e2, %f2" : "=&w"(r) : "w"(a), "w"(b));
    return r;
}
THIMBLE_INLINE int32x4_t pair_add(int32x4_t a, int32x4_t b) {
    int32x4_t r;
    asm("vpadd.i32 %e0, %e1, %f1\n\tvpadd.i32 %f0, %e2, %f2" : "=&w"(r) : "w"(a), "w"(b));
    return r;
}
inline int32_t lane_sum(int16x8_t a) {
    const int32x4_t pairs = vpaddlq_s16(a);
    const int32x2_t sum = vpadd_s32(vget_low_s32(pairs), vget_high_s32(pairs));
    return vget_lane_s32(vpadd_s32(sum, sum), 0);
}
inline int32_t lane_max(int32x4_t a) {
    const int32x2_t most = vpmax_s32(vget_low_s32(a), vget_high_s32(a));
    return vget_lane_s32(vpmax_s32(most, most), 0);
}
inline int16x8_t mull_high(int8x16_t a, int8x16_t b) { return vmull_s8(vget_high_s8(a), vget_high_s8(b)); }
inline int16x8_t mlal_high(int16x8_t c, int8x16_t a, int8x16_t b) {
    return vmlal_s8(c, vget_high_s8(a), vget_high_s8(b));
}
inline uint8x16_t lookup(uint8x16_t table, uint8x16_t index) {
    const uint8x8x2_t t = {{vget_low_u8(table), vget_high_u8(table)}};
    return vcombine_u8(vtbl2_u8(t, vget_low_u8(index)), vtbl2_u8(t, vget_high_u8(index)));
}

#endif

inline int16x8_t mull_low(int8x16_t a, int8x16_t b) { return vmull_s8(vget_low_s8(a), vget_low_s8(b)); }
inline int16x8_t mlal_low(int16x8_t c, int8x16_t a, int8x16_t b) { return vmlal_s8(c, vget_low_s8(a), vget_low_s8(b)); }
inline int8x16_t as_s8(uint8x16_t a) { return vreinterpretq_s8_u8(a); }
inline uint8x16_t as_u8(int8x16_t a) { return vreinterpretq_u8_s8(a); }

// The 16 bits at p0, p1, p2, p3 into four lanes; any alignment.
THIMBLE_INLINE uint16x4_t gather_u16(const uint8_t* p0, const uint8_t* p1, const uint8_t* p2, const uint8_t* p3) {
    using Unaligned = uint16_t __attribute__((aligned(1)));
    uint16x4_t v = vld1_dup_u16(reinterpret_cast<const Unaligned*>(p0));
    v = vld1_lane_u16(reinterpret_cast<const Unaligned*>(p1), v, 1);
    v = vld1_lane_u16(reinterpret_cast<const Unaligned*>(p2), v, 2);
    return vld1_lane_u16(reinterpret_cast<const Unaligned*>(p3), v, 3);
}

}  // namespace
}  // namespace thimble
