// SPDX-License-Identifier: MIT
// Loads of AArch64 that step their pointer by themselves, which GCC does not form from intrinsics: a row of weights is
// walked field by field (scale, quants, scale, ...) without any address arithmetic, and fields of several rows are
// gathered into lanes as they come. One instruction a pointer. Any alignment; they read exactly the bytes they step over.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/isa/neon_words.h"

namespace thimble {
namespace {

#define THIMBLE_BYTES(n, p) "m"(*reinterpret_cast<const uint8_t(*)[n]>(p))

// Lanes lane, lane + 1 of 8 bits <- 1 byte of each pointer.
template <int lane>
THIMBLE_INLINE void take_b(uint8x16_t* v, const uint8_t** p) {
#define THIMBLE_TAKE(how)                                        \
    asm("ld1 {%0.b}[%c5], [%1], #1\n\tld1 {%0.b}[%c6], [%2], #1" \
        : how(*v), "+r"(p[0]), "+r"(p[1])                        \
        : THIMBLE_BYTES(1, p[0]), THIMBLE_BYTES(1, p[1]), "i"(lane), "i"(lane + 1))
    if constexpr (lane == 0)
        THIMBLE_TAKE("=w");  // the first: what stood in the other lanes is gone
    else
        THIMBLE_TAKE("+w");
#undef THIMBLE_TAKE
}
// Lanes lane, lane + 1 of 16 bits <- 2 bytes of each pointer.
template <int lane>
THIMBLE_INLINE void take_h(uint16x8_t* v, const uint8_t** p) {
#define THIMBLE_TAKE(how)                                        \
    asm("ld1 {%0.h}[%c5], [%1], #2\n\tld1 {%0.h}[%c6], [%2], #2" \
        : how(*v), "+r"(p[0]), "+r"(p[1])                        \
        : THIMBLE_BYTES(2, p[0]), THIMBLE_BYTES(2, p[1]), "i"(lane), "i"(lane + 1))
    if constexpr (lane == 0)
        THIMBLE_TAKE("=w");
    else
        THIMBLE_TAKE("+w");
#undef THIMBLE_TAKE
}
// Lanes lane, lane + 1 of 32 bits <- 4 bytes of each pointer.
template <int lane>
THIMBLE_INLINE void take_s(uint32x4_t* v, const uint8_t** p) {
#define THIMBLE_TAKE(how)                                        \
    asm("ld1 {%0.s}[%c5], [%1], #4\n\tld1 {%0.s}[%c6], [%2], #4" \
        : how(*v), "+r"(p[0]), "+r"(p[1])                        \
        : THIMBLE_BYTES(4, p[0]), THIMBLE_BYTES(4, p[1]), "i"(lane), "i"(lane + 1))
    if constexpr (lane == 0)
        THIMBLE_TAKE("=w");
    else
        THIMBLE_TAKE("+w");
#undef THIMBLE_TAKE
}
// Half i of two registers <- 16 bytes of p[i]; of four registers <- 32 bytes.
THIMBLE_INLINE uint8x16x2_t take_2d(const uint8_t** p) {
    uint8x16x2_t v;
    asm("ld2 {%S0.d, %T0.d}[0], [%1], #16\n\tld2 {%S0.d, %T0.d}[1], [%2], #16"
        : "=w"(v), "+r"(p[0]), "+r"(p[1])
        : THIMBLE_BYTES(16, p[0]), THIMBLE_BYTES(16, p[1]));
    return v;
}
THIMBLE_INLINE uint8x16x4_t take_4d(const uint8_t** p) {
    uint8x16x4_t v;
    asm("ld4 {%S0.d - %V0.d}[0], [%1], #32\n\tld4 {%S0.d - %V0.d}[1], [%2], #32"
        : "=w"(v), "+r"(p[0]), "+r"(p[1])
        : THIMBLE_BYTES(32, p[0]), THIMBLE_BYTES(32, p[1]));
    return v;
}
// Word i of four registers <- 16 bytes of p[i].
THIMBLE_INLINE uint32x4x4_t take_4s(const uint8_t** p) {
    uint32x4x4_t v;
    asm("ld4 {%S0.s - %V0.s}[0], [%1], #16\n\tld4 {%S0.s - %V0.s}[1], [%2], #16\n\t"
        "ld4 {%S0.s - %V0.s}[2], [%3], #16\n\tld4 {%S0.s - %V0.s}[3], [%4], #16"
        : "=w"(v), "+r"(p[0]), "+r"(p[1]), "+r"(p[2]), "+r"(p[3])
        : THIMBLE_BYTES(16, p[0]), THIMBLE_BYTES(16, p[1]), THIMBLE_BYTES(16, p[2]), THIMBLE_BYTES(16, p[3]));
    return v;
}
// Word i of two registers <- 8 bytes of p[i].
THIMBLE_INLINE uint32x4x2_t take_2s(const uint8_t** p) {
    uint32x4x2_t v;
    asm("ld2 {%S0.s, %T0.s}[0], [%1], #8\n\tld2 {%S0.s, %T0.s}[1], [%2], #8\n\t"
        "ld2 {%S0.s, %T0.s}[2], [%3], #8\n\tld2 {%S0.s, %T0.s}[3], [%4], #8"
        : "=w"(v), "+r"(p[0]), "+r"(p[1]), "+r"(p[2]), "+r"(p[3])
        : THIMBLE_BYTES(8, p[0]), THIMBLE_BYTES(8, p[1]), THIMBLE_BYTES(8, p[2]), THIMBLE_BYTES(8, p[3]));
    return v;
}
// Word i of three registers <- 12 bytes of p[i].
THIMBLE_INLINE uint32x4x3_t take_3s(const uint8_t** p) {
    uint32x4x3_t v;
    asm("ld3 {%S0.s - %U0.s}[0], [%1], #12\n\tld3 {%S0.s - %U0.s}[1], [%2], #12\n\t"
        "ld3 {%S0.s - %U0.s}[2], [%3], #12\n\tld3 {%S0.s - %U0.s}[3], [%4], #12"
        : "=w"(v), "+r"(p[0]), "+r"(p[1]), "+r"(p[2]), "+r"(p[3])
        : THIMBLE_BYTES(12, p[0]), THIMBLE_BYTES(12, p[1]), THIMBLE_BYTES(12, p[2]), THIMBLE_BYTES(12, p[3]));
    return v;
}
// Lane i of 32 bits <- the 4 bytes at p[i], which stays.
THIMBLE_INLINE uint32x4_t peek_4s(const uint8_t* const* p) {
    uint32x4_t v;
    asm("ld1 {%0.s}[0], [%1]\n\tld1 {%0.s}[1], [%2]\n\tld1 {%0.s}[2], [%3]\n\tld1 {%0.s}[3], [%4]"
        : "=&w"(v)
        : "r"(p[0]), "r"(p[1]), "r"(p[2]), "r"(p[3]), THIMBLE_BYTES(4, p[0]), THIMBLE_BYTES(4, p[1]),
          THIMBLE_BYTES(4, p[2]), THIMBLE_BYTES(4, p[3]));
    return v;
}
// Lane i of 16 bits <- the 2 bytes at p[i], which stays.
THIMBLE_INLINE uint16x4_t peek_4h(const uint8_t* const* p) {
    uint16x4_t v;
    asm("ld1 {%0.h}[0], [%1]\n\tld1 {%0.h}[1], [%2]\n\tld1 {%0.h}[2], [%3]\n\tld1 {%0.h}[3], [%4]"
        : "=&w"(v)
        : "r"(p[0]), "r"(p[1]), "r"(p[2]), "r"(p[3]), THIMBLE_BYTES(2, p[0]), THIMBLE_BYTES(2, p[1]),
          THIMBLE_BYTES(2, p[2]), THIMBLE_BYTES(2, p[3]));
    return v;
}
template <int step = 16>
THIMBLE_INLINE uint8x16_t take_q(const uint8_t** p) {
    uint8x16_t v;
    asm("ldr %q0, [%1], %2" : "=w"(v), "+r"(*p) : "i"(step), THIMBLE_BYTES(16, *p));
    return v;
}
THIMBLE_INLINE uint8x16x2_t take_2q(const uint8_t** p) {
    uint8x16x2_t v;
    asm("ld1 {%S0.16b, %T0.16b}, [%1], #32" : "=w"(v), "+r"(*p) : THIMBLE_BYTES(32, *p));
    return v;
}
THIMBLE_INLINE uint8x16x4_t take_4q(const uint8_t** p) {
    uint8x16x4_t v;
    asm("ld1 {%S0.16b - %V0.16b}, [%1], #64" : "=w"(v), "+r"(*p) : THIMBLE_BYTES(64, *p));
    return v;
}
// 16 bytes, each four of them four times.
template <int64_t step>
THIMBLE_INLINE uint8x16x4_t take_words(const uint8_t** p) {
    uint8x16x4_t v;
    if constexpr (step == 16)
        asm("ld4r {%S0.4s - %V0.4s}, [%1], #16" : "=w"(v), "+r"(*p) : THIMBLE_BYTES(16, *p));
    else
        asm("ld4r {%S0.4s - %V0.4s}, [%1], %2" : "=w"(v), "+r"(*p) : "r"(step), THIMBLE_BYTES(16, *p));
    return v;
}
// 32 bytes, each eight of them twice.
THIMBLE_INLINE uint8x16x4_t take_eights(const uint8_t** p) {
    uint8x16x4_t v;
    asm("ld4r {%S0.2d - %V0.2d}, [%1], #32" : "=w"(v), "+r"(*p) : THIMBLE_BYTES(32, *p));
    return v;
}

}  // namespace
}  // namespace thimble
