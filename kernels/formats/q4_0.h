// SPDX-License-Identifier: MIT
// Q4_0: 32 weights, w = d * (nibble - 8). Byte i holds weight i (low) and weight i + 16 (high).
#pragma once
#include "kernels/formats/fit.h"
#include "kernels/formats/format.h"

namespace thimble {
namespace {

struct FormatQ4_0 : QuantFormat {
    struct Block {
        uint8_t d[2];  // f16
        uint8_t qs[16];
    };
    static constexpr TypeId kId = kQ4_0;
    static constexpr int kBlock = 32, kBytes = 18;
    static constexpr int kBias = 8, kQuantMin = -8, kQuantMax = 7;

    static void unpack(const Block* b, int, SubBlock* out) {
        set_unit_scales(out, load_f16(b->d));
        unpack_nibble_halves(b->qs, kBias, out->q);
    }
    static constexpr bool kEncodes = true;
    static void encode(const float* weights, Block* out) {
        double x[32];
        int8_t q[32];
        load_finite(weights, 32, x);
        store_u16(out->d, to_f16_scale(fit_scale(x, 32, LinearCodes{kQuantMin, kQuantMax})));
        quantize_linear(x, 32, load_f16(out->d), 0, kQuantMin, kQuantMax, q);
        pack_nibble_halves(q, kBias, out->qs);
    }
};
static_assert(sizeof(FormatQ4_0::Block) == FormatQ4_0::kBytes);

}  // namespace
}  // namespace thimble
