// SPDX-License-Identifier: MIT
// Q8_K: 256 weights, w = d * int8 with a binary32 scale. The sums of 16 that follow are not needed to decode.
#pragma once
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
};
static_assert(sizeof(FormatQ8_K::Block) == FormatQ8_K::kBytes);

}  // namespace
}  // namespace thimble
