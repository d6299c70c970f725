// SPDX-License-Identifier: MIT
// What every block format looks like to the kernels: a struct FormatNAME of compile-time facts and a scalar unpack of
// 32 weights into integers, integer scales, float scales and minima (kernels/README.md, "One answer").
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include <cstdint>
#include <cstring>

#include "kernels/kernels.h"
#include "kernels/micro/half.h"

namespace thimble {
namespace {

enum class Minimum { kNone, kBlock, kHalf };  // none, one for 32 weights, one for 16

// Weight i of a sub-block of 32, in half h = i / 16, is (dw * sc_h) * q[i] + m_h.
struct SubBlock {
    int8_t q[32];
    int32_t sc0, sc1;  // 1 unless kScalePerHalf
    float dw, dw1;     // of the two halves; equal unless kFloatScalePerHalf
    float m0, m1;      // of the two halves; equal unless kMinimum == kHalf, 0 if kNone
};

// Facts that most formats share; a format states those that differ, and always:
//   kId, kBlock (weights a block), kBytes, struct Block (bytes only: alignment 1), kQuantMin, kQuantMax (range of q over
//   all bit patterns), unpack(block, j, out): sub-block j, 0 <= j < kBlock / 32, any bytes are allowed.
struct QuantFormat {
    static constexpr bool kDense = false;
    static constexpr Minimum kMinimum = Minimum::kNone;
    static constexpr bool kScalePerHalf = false;       // integer scales sc0, sc1
    static constexpr bool kFloatScalePerHalf = false;  // float scales dw, dw1
    static constexpr int kBias = 0;                    // q = stored field - kBias, when q is stored as it is
    static constexpr bool kEncodes = false;            // has encode(const float weights[kBlock], Block* out)
};

inline uint16_t load_u16(const uint8_t* p) { return static_cast<uint16_t>(p[0] | p[1] << 8); }
inline uint32_t load_u32(const uint8_t* p) {
    return static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8 | static_cast<uint32_t>(p[2]) << 16 |
           static_cast<uint32_t>(p[3]) << 24;
}
inline void store_u16(uint8_t* p, uint16_t v) {
    p[0] = static_cast<uint8_t>(v);
    p[1] = static_cast<uint8_t>(v >> 8);
}
inline void store_u32(uint8_t* p, uint32_t v) {
    store_u16(p, static_cast<uint16_t>(v));
    store_u16(p + 2, static_cast<uint16_t>(v >> 16));
}
inline float load_f16(const uint8_t* p) { return f16_to_f32(load_u16(p)); }

inline void set_unit_scales(SubBlock* out, float dw) {
    out->sc0 = out->sc1 = 1;
    out->dw = out->dw1 = dw;
    out->m0 = out->m1 = 0;
}

// q[i] = low nibble of p[i] - bias for i < 16, q[16 + i] = high nibble: the order of the 32-weight formats.
inline void unpack_nibble_halves(const uint8_t* p, int bias, int8_t* q) {
    for (int i = 0; i < 16; ++i) {
        q[i] = static_cast<int8_t>((p[i] & 15) - bias);
        q[i + 16] = static_cast<int8_t>((p[i] >> 4) - bias);
    }
}

inline void pack_nibble_halves(const int8_t* q, int bias, uint8_t* p) {
    for (int i = 0; i < 16; ++i) p[i] = static_cast<uint8_t>((q[i] + bias) | (q[i + 16] + bias) << 4);
}

}  // namespace
}  // namespace thimble
