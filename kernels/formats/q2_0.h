// SPDX-License-Identifier: MIT
// Q2_0: 64 weights, w = d * (2 bits - 1); bits 2(i % 4) of byte i / 4 are weight i.
#pragma once
#include "kernels/formats/fit.h"
#include "kernels/formats/format.h"

namespace thimble {
namespace {

struct FormatQ2_0 : QuantFormat {
    struct Block {
        uint8_t d[2];  // f16
        uint8_t qs[16];
    };
    static constexpr TypeId kId = kQ2_0;
    static constexpr int kBlock = 64, kBytes = 18;
    static constexpr int kBias = 1, kQuantMin = -1, kQuantMax = 2;

    static void unpack(const Block* b, int j, SubBlock* out) {
        set_unit_scales(out, load_f16(b->d));
        const uint8_t* bytes = b->qs + j * 8;
        for (int i = 0; i < 32; ++i) out->q[i] = static_cast<int8_t>((bytes[i >> 2] >> (i & 3) * 2 & 3) - kBias);
    }
    static constexpr bool kEncodes = true;
    static void encode(const float* weights, Block* out) {
        double x[64];
        int8_t q[64];
        load_finite(weights, 64, x);
        store_u16(out->d, to_f16_scale(fit_scale(x, 64, LinearCodes{kQuantMin, kQuantMax})));
        quantize_linear(x, 64, load_f16(out->d), 0, kQuantMin, kQuantMax, q);
        memset(out->qs, 0, sizeof out->qs);
        for (int i = 0; i < 64; ++i) out->qs[i >> 2] |= static_cast<uint8_t>((q[i] + kBias) << (i & 3) * 2);
    }
};
static_assert(sizeof(FormatQ2_0::Block) == FormatQ2_0::kBytes);

}  // namespace
}  // namespace thimble
