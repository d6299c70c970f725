// SPDX-License-Identifier: MIT
// Q8_0: 32 weights, w = d * int8.
#pragma once
#include "kernels/formats/fit.h"
#include "kernels/formats/format.h"

namespace thimble {
namespace {

struct FormatQ8_0 : QuantFormat {
    struct Block {
        uint8_t d[2];  // f16
        int8_t qs[32];
    };
    static constexpr TypeId kId = kQ8_0;
    static constexpr int kBlock = 32, kBytes = 34;
    static constexpr int kQuantMin = -128, kQuantMax = 127;

    static void unpack(const Block* b, int, SubBlock* out) {
        set_unit_scales(out, load_f16(b->d));
        memcpy(out->q, b->qs, 32);
    }
    static constexpr bool kEncodes = true;
    static void encode(const float* weights, Block* out) {
        double x[32];
        load_finite(weights, 32, x);
        store_u16(out->d, to_f16_scale(fit_scale(x, 32, LinearCodes{-127, 127})));
        quantize_linear(x, 32, load_f16(out->d), 0, -127, 127, out->qs);
    }
};
static_assert(sizeof(FormatQ8_0::Block) == FormatQ8_0::kBytes);

}  // namespace
}  // namespace thimble
