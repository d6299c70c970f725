// SPDX-License-Identifier: MIT
// NVFP4: 64 weights of e2m1 in 4 groups of 16, each with an unsigned e4m3 scale (bias 7, the top bit is ignored, 0x7f is
// zero), w = scale * e2m1. Byte i of a group holds weight i (low) and weight i + 8 (high).
#pragma once
#include "kernels/formats/mxfp4.h"

namespace thimble {
namespace {

struct FormatNVFP4 : QuantFormat {
    struct Block {
        uint8_t scales[4];
        uint8_t qs[32];
    };
    static constexpr TypeId kId = kNVFP4;
    static constexpr int kBlock = 64, kBytes = 36;
    static constexpr int kQuantMin = -12, kQuantMax = 12;
    static constexpr bool kFloatScalePerHalf = true;

    // Half the value of an e4m3 number: subnormals are multiples of 2^-9.
    static float half_scale(uint8_t s) {
        if (s == 0x7f) return 0;
        const uint32_t exponent = s >> 3 & 15, mantissa = s & 7;
        if (exponent == 0) return static_cast<float>(mantissa) * 0x1p-10f;
        return bits_float((exponent + 127 - 7 - 1) << 23 | mantissa << 20);
    }
    static void unpack(const Block* b, int j, SubBlock* out) {
        set_unit_scales(out, 0);
        out->dw = half_scale(b->scales[2 * j]);
        out->dw1 = half_scale(b->scales[2 * j + 1]);
        unpack_codebook(b->qs + j * 16, 8, kE2m1Doubled, out->q);
        unpack_codebook(b->qs + j * 16 + 8, 8, kE2m1Doubled, out->q + 16);
    }
};
static_assert(sizeof(FormatNVFP4::Block) == FormatNVFP4::kBytes);

}  // namespace
}  // namespace thimble
