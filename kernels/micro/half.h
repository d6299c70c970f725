// SPDX-License-Identifier: MIT
// binary16 and bfloat16 to and from binary32, by integers: round to nearest even, subnormals kept, NaN made quiet with
// the top bits of its payload (as F16C and ARM do).
// Everything here has internal linkage on purpose: headers of kernels/ are compiled with different instruction sets in
// different translation units, and the linker must never give a baseline unit a copy that was compiled for a newer CPU.
#pragma once
#include <cstdint>
#include <cstring>

namespace thimble {
namespace {

inline uint32_t float_bits(float f) {
    uint32_t u;
    memcpy(&u, &f, 4);
    return u;
}

inline float bits_float(uint32_t u) {
    float f;
    memcpy(&f, &u, 4);
    return f;
}

inline float f16_to_f32(uint16_t h) {
    const uint32_t sign = static_cast<uint32_t>(h & 0x8000) << 16;
    const uint32_t exponent = (h >> 10) & 31, mantissa = h & 0x3ff;
    if (exponent == 0) return bits_float(sign | float_bits(static_cast<float>(mantissa) * 0x1p-24f));
    if (exponent == 31) return bits_float(sign | 0x7f800000 | (mantissa ? 0x400000 | mantissa << 13 : 0));
    return bits_float(sign | (exponent + 112) << 23 | mantissa << 13);
}

inline uint16_t f32_to_f16(float f) {
    const uint32_t bits = float_bits(f), sign = bits >> 16 & 0x8000, mag = bits & 0x7fffffff;
    if (mag > 0x7f800000) return static_cast<uint16_t>(sign | 0x7e00 | (mag >> 13 & 0x3ff));
    if (mag >= 0x477ff000) return static_cast<uint16_t>(sign | 0x7c00);  // 65520 and up round to infinity
    if (mag < 0x33000000) return static_cast<uint16_t>(sign);            // below 2^-25: zero
    uint32_t value = mag, drop = 13;
    if (mag < 0x38800000) {  // a subnormal half: align the significand to units of 2^-24
        drop = 126 - (mag >> 23);
        value = (mag & 0x7fffff) | 0x800000;
    } else {
        value -= 112u << 23;
    }
    const uint32_t kept = value >> drop, rest = value & ((1u << drop) - 1), tie = 1u << (drop - 1);
    return static_cast<uint16_t>(sign | (kept + (rest > tie || (rest == tie && (kept & 1)) ? 1 : 0)));
}

inline float bf16_to_f32(uint16_t h) { return bits_float(static_cast<uint32_t>(h) << 16); }

inline uint16_t f32_to_bf16(float f) {
    const uint32_t bits = float_bits(f);
    if ((bits & 0x7fffffff) > 0x7f800000) return static_cast<uint16_t>(bits >> 16 | 0x40);
    return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

}  // namespace
}  // namespace thimble
