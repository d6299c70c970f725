// SPDX-License-Identifier: MIT
// TQ2_0: 256 weights, w = d * (2 bits - 1), bits in the order of Q2_K. Ternary by intent; the code 3 decodes to 2.
#pragma once
#include "kernels/formats/fit.h"
#include "kernels/formats/format.h"

namespace thimble {
namespace {

struct FormatTQ2_0 : QuantFormat {
    struct Block {
        uint8_t qs[64];
        uint8_t d[2];  // f16
    };
    static constexpr TypeId kId = kTQ2_0;
    static constexpr int kBlock = 256, kBytes = 66;
    static constexpr int kBias = 1, kQuantMin = -1, kQuantMax = 2;

    static void unpack(const Block* b, int j, SubBlock* out) {
        set_unit_scales(out, load_f16(b->d));
        const uint8_t* bytes = b->qs + (j >> 2) * 32;
        for (int i = 0; i < 32; ++i) out->q[i] = static_cast<int8_t>((bytes[i] >> (j & 3) * 2 & 3) - kBias);
    }
    static constexpr bool kEncodes = true;
    static void encode(const float* weights, Block* out) {
        double x[256];
        int8_t q[256];
        load_finite(weights, 256, x);
        store_u16(out->d, to_f16_scale(fit_scale(x, 256, LinearCodes{-1, 1})));
        quantize_linear(x, 256, load_f16(out->d), 0, -1, 1, q);
        memset(out->qs, 0, sizeof out->qs);
        for (int i = 0; i < 256; ++i) {
            out->qs[(i >> 7) * 32 + (i & 31)] |= static_cast<uint8_t>((q[i] + kBias) << (i >> 5 & 3) * 2);
        }
    }
};
static_assert(sizeof(FormatTQ2_0::Block) == FormatTQ2_0::kBytes);

}  // namespace
}  // namespace thimble
