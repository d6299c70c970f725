// SPDX-License-Identifier: MIT
// NVFP4: 64 weights of e2m1 in 4 groups of 16, each with an unsigned e4m3 scale (bias 7, the top bit is ignored, 0x7f is
// zero), w = scale * e2m1. Byte i of a group holds weight i (low) and weight i + 8 (high).
#pragma once
#include "kernels/formats/fit.h"
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
    static constexpr bool kEncodes = true;
    static void encode(const float* weights, Block* out) {
        for (int g = 0; g < 4; ++g) {
            double x[16];
            int8_t q[16];
            load_finite(weights + 16 * g, 16, x);
            double best = -1;
            for (int c = 0; c < 0x7f; ++c) {  // every scale there is
                const double error = quantize_codes(x, 16, half_scale(static_cast<uint8_t>(c)), E2m1Codes{}, q);
                if (best >= 0 && error >= best) continue;
                best = error;
                out->scales[g] = static_cast<uint8_t>(c);
                for (int i = 0; i < 8; ++i) {
                    out->qs[g * 8 + i] = static_cast<uint8_t>(E2m1Codes::index(q[i]) | E2m1Codes::index(q[i + 8]) << 4);
                }
            }
        }
    }
};
static_assert(sizeof(FormatNVFP4::Block) == FormatNVFP4::kBytes);

}  // namespace
}  // namespace thimble
