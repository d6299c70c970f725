// SPDX-License-Identifier: MIT
// Loads of two registers by one instruction that moves the pointer on, which GCC 12 does not reliably find by itself.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/isa/neon_words.h"

namespace thimble {
namespace {

// p[0], p[1] of 16 bytes each; p moves on.
template <class T, class V>
THIMBLE_INLINE void load_pair(const T*& p, V& first, V& second) {
    asm("ldp %q0, %q1, [%2], #32" : "=w"(first), "=w"(second), "+r"(p) : "m"(*reinterpret_cast<const char(*)[32]>(p)));
}
// The same `at` elements behind p, which stays.
template <int at, class T, class V>
THIMBLE_INLINE void load_two(const T* p, V& first, V& second) {
    asm("ldp %q0, %q1, [%2, %3]"
        : "=w"(first), "=w"(second)
        : "r"(p), "i"(at * sizeof(T)), "m"(*reinterpret_cast<const char(*)[32]>(p + at)));
}
template <class T, class V>
THIMBLE_INLINE void store_pair(T*& p, V first, V second) {
    asm("stp %q2, %q3, [%1], #32" : "=m"(*reinterpret_cast<char(*)[32]>(p)), "+r"(p) : "w"(first), "w"(second));
}
// Four floats; p moves on by `bytes`.
THIMBLE_INLINE f4 load_then(const float*& p, int64_t bytes) {
    f4 v;
    asm("ld1 {%0.4s}, [%1], %2" : "=w"(v), "+r"(p) : "r"(bytes), "m"(*reinterpret_cast<const char(*)[16]>(p)));
    return v;
}
// Two floats, twice: [0 1 0 1].
THIMBLE_INLINE f4 load_twice_then(const float*& p, int64_t bytes) {
    f4 v;
    asm("ld1r {%0.2d}, [%1], %2" : "=w"(v), "+r"(p) : "r"(bytes), "m"(*reinterpret_cast<const char(*)[8]>(p)));
    return v;
}

}  // namespace
}  // namespace thimble
