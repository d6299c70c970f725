// SPDX-License-Identifier: MIT
// fma32(a, b, c) = a * b + c, rounded once, the same bits everywhere. Where the unit is compiled for a CPU with a fused
// multiply-add it is that instruction; else it is computed in binary64: the product of two floats is exact there, and
// the sum is rounded to odd before it is rounded to binary32 (Boldo and Melquiond, "Emulation of a FMA and correctly
// rounded sums: proved algorithms using rounding to odd", 2008), which also holds for subnormal results.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include <cstdint>
#include <cstring>

#include "kernels/micro/half.h"

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__aarch64__) || \
    (defined(__riscv_flen) && __riscv_flen >= 32)
#define THIMBLE_HARDWARE_FMA 1
#else
#define THIMBLE_HARDWARE_FMA 0
#endif

namespace thimble {
namespace {

// A quiet NaN of one pattern is returned for every invalid or NaN case.
inline float fma32_software(float a, float b, float c) {
    const double product = static_cast<double>(a) * static_cast<double>(b), addend = c;
    double sum = product + addend;
    uint64_t bits;
    memcpy(&bits, &sum, 8);
    const uint64_t exponent = bits >> 52 & 0x7ff;
    // A normal float that is not on the midpoint of two floats: binary64's own rounding did no harm.
    if (exponent - 897 < 2047 - 897 && (bits & 0x1fffffff) != 0x10000000) return static_cast<float>(sum);
    if (exponent == 2047) return sum == sum ? static_cast<float>(sum) : bits_float(0x7fc00000);
    const double part = sum - product;
    const double error = (product - (sum - part)) + (addend - part);
    if (error != 0 && (bits & 1) == 0) {
        bits += (error > 0) == (sum > 0) ? 1 : static_cast<uint64_t>(-1);
        memcpy(&sum, &bits, 8);
    }
    return static_cast<float>(sum);
}

inline float fma32(float a, float b, float c) {
#if THIMBLE_HARDWARE_FMA
    return __builtin_fmaf(a, b, c);
#else
    return fma32_software(a, b, c);
#endif
}

}  // namespace
}  // namespace thimble
