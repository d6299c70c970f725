// SPDX-License-Identifier: MIT
// Loads of ARMv7 that move their pointer: GCC would add to it apart. Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/isa/neon_words.h"

#define THIMBLE_INLINE_LAMBDA __attribute__((always_inline))

namespace thimble {
namespace {

template <class T>
using Bytes16 = const T (&)[16 / sizeof(T)];
template <class T>
using Bytes32 = const T (&)[32 / sizeof(T)];

template <class T>
THIMBLE_INLINE uint8x16_t take16(const T*& p) {
    uint8x16_t v;
    asm("vld1.8 {%e0, %f0}, [%1]!" : "=w"(v), "+r"(p) : "m"(reinterpret_cast<Bytes16<T>>(*p)));
    return v;
}
template <class T>
THIMBLE_INLINE int8x16x2_t take32(const T*& p) {
    int8x16x2_t v;
    asm("vld1.8 %h0, [%1]!" : "=w"(v), "+r"(p) : "m"(reinterpret_cast<Bytes32<T>>(*p)));
    return v;
}
// One number in every lane.
THIMBLE_INLINE f4 take_dup(const float*& p) {
    f4 v;
    asm("vld1.32 {%e0[], %f0[]}, [%1]!" : "=w"(v), "+r"(p) : "m"(*p));
    return v;
}
THIMBLE_INLINE int32x4_t take_dup(const int32_t*& p) {
    int32x4_t v;
    asm("vld1.32 {%e0[], %f0[]}, [%1]!" : "=w"(v), "+r"(p) : "m"(*p));
    return v;
}
template <class T>
THIMBLE_INLINE f4 take_four(const T*& p) {
    f4 v;
    asm("vld1.32 {%e0, %f0}, [%1]!" : "=w"(v), "+r"(p) : "m"(reinterpret_cast<Bytes16<T>>(*p)));
    return v;
}
// Two bytes of any alignment in every lane, or in one.
THIMBLE_INLINE uint16x4_t take_dup16(const uint8_t*& p) {
    uint16x4_t v;
    asm("vld1.16 {%P0[]}, [%1]!" : "=w"(v), "+r"(p) : "m"(reinterpret_cast<const uint8_t(&)[2]>(*p)));
    return v;
}
template <int lane>
THIMBLE_INLINE void take_lane16(const uint8_t*& p, uint16x4_t& v) {
    asm("vld1.16 {%P0[%c3]}, [%1]!" : "+w"(v), "+r"(p) : "m"(reinterpret_cast<const uint8_t(&)[2]>(*p)), "i"(lane));
}

}  // namespace
}  // namespace thimble
