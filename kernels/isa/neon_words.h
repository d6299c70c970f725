// SPDX-License-Identifier: MIT
// Words over 128-bit registers that AArch64 and ARMv7 share. On ARMv7 NEON arithmetic flushes subnormal floats: f4 is
// for numbers among which none can occur (micro/arm_range.h).
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include <arm_neon.h>

#include <cstdint>
#include <cstring>

// Loops over registers must vanish for the registers to be registers, also at -O2.
#define THIMBLE_UNROLL _Pragma("GCC unroll 16")
#define THIMBLE_INLINE inline __attribute__((always_inline))

namespace thimble {
namespace {

#if defined(__aarch64__)

using f4 = float32x4_t;
inline f4 f4_zero() { return vdupq_n_f32(0); }
inline f4 f4_dup(float x) { return vdupq_n_f32(x); }
inline f4 f4_load(const float* p) { return vld1q_f32(p); }
inline void f4_store(float* p, f4 a) { vst1q_f32(p, a); }
inline f4 f4_mul(f4 a, f4 b) { return vmulq_f32(a, b); }
inline f4 f4_neg(f4 a) { return vnegq_f32(a); }
inline f4 f4_fma(f4 a, f4 b, f4 c) { return vfmaq_f32(c, a, b); }  // a * b + c
template <int lane>
inline f4 f4_mul_lane(f4 a, f4 b) {
    return vmulq_laneq_f32(a, b, lane);
}
template <int lane>
inline f4 f4_fma_lane(f4 a, f4 b, f4 c) {
    return vfmaq_laneq_f32(c, a, b, lane);
}
inline f4 f4_of(int32x4_t a) { return vcvtq_f32_s32(a); }
inline f4 f4_of_u(uint32x4_t a) { return vcvtq_f32_u32(a); }
inline f4 f4_of_f16(uint16x4_t a) { return vcvt_f32_f16(vreinterpret_f16_u16(a)); }

inline int16x8_t pair_add(int16x8_t a, int16x8_t b) { return vpaddq_s16(a, b); }
inline int32x4_t pair_add(int32x4_t a, int32x4_t b) { return vpaddq_s32(a, b); }
inline int16x8_t mull_high(int8x16_t a, int8x16_t b) { return vmull_high_s8(a, b); }
inline int16x8_t mlal_high(int16x8_t c, int8x16_t a, int8x16_t b) { return vmlal_high_s8(c, a, b); }
inline uint8x16_t lookup(uint8x16_t table, uint8x16_t index) { return vqtbl1q_u8(table, index); }

#else

using f4 = float32x4_t;
inline f4 f4_zero() { return vdupq_n_f32(0); }
inline f4 f4_dup(float x) { return vdupq_n_f32(x); }
inline f4 f4_load(const float* p) { return vld1q_f32(p); }
inline void f4_store(float* p, f4 a) { vst1q_f32(p, a); }
inline f4 f4_mul(f4 a, f4 b) { return vmulq_f32(a, b); }
inline f4 f4_neg(f4 a) { return vnegq_f32(a); }
inline f4 f4_fma(f4 a, f4 b, f4 c) { return vfmaq_f32(c, a, b); }  // a * b + c
template <int lane>
inline f4 f4_mul_lane(f4 a, f4 b) {
    return vmulq_lane_f32(a, lane < 2 ? vget_low_f32(b) : vget_high_f32(b), lane & 1);
}
template <int lane>
inline f4 f4_fma_lane(f4 a, f4 b, f4 c) {
    return vfmaq_f32(c, a, vdupq_lane_f32(lane < 2 ? vget_low_f32(b) : vget_high_f32(b), lane & 1));
}
inline f4 f4_of(int32x4_t a) { return vcvtq_f32_s32(a); }
inline f4 f4_of_u(uint32x4_t a) { return vcvtq_f32_u32(a); }
inline f4 f4_of_f16(uint16x4_t a) { return vcvt_f32_f16(vreinterpret_f16_u16(a)); }

inline int16x8_t pair_add(int16x8_t a, int16x8_t b) {
    return vcombine_s16(vpadd_s16(vget_low_s16(a), vget_high_s16(a)), vpadd_s16(vget_low_s16(b), vget_high_s16(b)));
}
inline int32x4_t pair_add(int32x4_t a, int32x4_t b) {
    return vcombine_s32(vpadd_s32(vget_low_s32(a), vget_high_s32(a)), vpadd_s32(vget_low_s32(b), vget_high_s32(b)));
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

// The 16 bits at p[0], p[1], p[2], p[3] into four lanes; any alignment.
inline uint16x4_t gather_u16(const uint8_t* p0, const uint8_t* p1, const uint8_t* p2, const uint8_t* p3) {
    uint16_t h[4];
    memcpy(h, p0, 2);
    memcpy(h + 1, p1, 2);
    memcpy(h + 2, p2, 2);
    memcpy(h + 3, p3, 2);
    uint16x4_t v = vld1_dup_u16(h);
    v = vld1_lane_u16(h + 1, v, 1);
    v = vld1_lane_u16(h + 2, v, 2);
    return vld1_lane_u16(h + 3, v, 3);
}

}  // namespace
}  // namespace thimble
