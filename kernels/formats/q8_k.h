// SPDX-License-Identifier: MIT
// Q8_K: 256 weights, w = d * int8 with a binary32 scale. The sums of 16 that follow are not needed to decode.
#pragma once
#include "kernels/formats/fit.h"
#include "kernels/formats/format.h"

namespace thimble {
namespace {

struct FormatQ8_K : QuantFormat {
    struct Block {
        uint8_t d[4];  // f32
        int8_t qs[256];
        uint8_t sums[32];  // int16 of each 16
    };
    static constexpr TypeId kId = kQ8_K;
    static constexpr int kBlock = 256, kBytes = 292;
    static constexpr int kQuantMin = -128, kQuantMax = 127;

    static void unpack(const Block* b, int j, SubBlock* out) {
        set_unit_scales(out, bits_float(load_u32(b->d)));
        memcpy(out->q, b->qs + j * 32, 32);
    }
    static constexpr bool kEncodes = true;
    static void encode(const float* weights, Block* out) {
        double x[256];
        load_finite(weights, 256, x);
        store_u32(out->d, float_bits(static_cast<float>(fit_scale(x, 256, LinearCodes{-127, 127}))));
        quantize_linear(x, 256, bits_float(load_u32(out->d)), 0, -127, 127, out->qs);
        for (int g = 0; g < 16; ++g) {
            int sum = 0;
            for (int i = 0; i < 16; ++i) sum += out->qs[16 * g + i];
            store_u16(out->sums + 2 * g, static_cast<uint16_t>(sum));
        }
    }
};
static_assert(sizeof(FormatQ8_K::Block) == FormatQ8_K::kBytes);

}  // namespace
}  // namespace thimble
