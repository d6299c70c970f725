// SPDX-License-Identifier: MIT
// The correctly rounded square root without libm: the instruction where the target has one, else by integers.
#pragma once
#include <bit>
#include <cstdint>

#include "kernels/micro/half.h"

namespace thimble {
namespace {

// Digit by digit, for targets without a floating-point unit. A tie cannot occur.
inline float sqrt32_soft(float x) {
    uint32_t u = float_bits(x);
    if (!(x > 0.0f) || u >= 0x7f800000) return x == 0.0f || u == 0x7f800000 ? x : bits_float(0x7fc00000);
    int e = static_cast<int>(u >> 23);
    uint64_t m = u & 0x7fffff;
    if (e == 0) {
        const int shift = std::countl_zero(static_cast<uint32_t>(m)) - 8;
        m <<= shift;
        e = 1 - shift;
    } else {
        m |= 0x800000;
    }
    e -= 127;                           // x = m * 2^(e - 23)
    if (e & 1) m <<= 1, e -= 1;         // e even, m in [2^23, 2^25)
    uint64_t rest = m << 23, root = 0;  // root = floor(sqrt(m * 2^23)), 24 bits; rest = m * 2^23 - root^2
    for (uint64_t bit = uint64_t{1} << 46; bit; bit >>= 2) {
        if (rest >= root + bit) {
            rest -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    if (rest > root) root += 1;  // above (root + 1/2)^2
    return bits_float((static_cast<uint32_t>(e / 2 + 127) << 23) + static_cast<uint32_t>(root - 0x800000));
}

inline float sqrt32(float x) {
#if defined(__SOFTFP__) || (defined(__riscv) && !defined(__riscv_flen))
    return sqrt32_soft(x);
#else
    return __builtin_sqrtf(x);
#endif
}

}  // namespace
}  // namespace thimble
