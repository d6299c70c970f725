// SPDX-License-Identifier: MIT
// IQ2_XXS: 256 weights, w = d * (2s + 1) / 8 * signed grid value. For each 32 weights two words: four grid indexes of
// 8 bits, then four times 7 signs and the 4-bit scale s on top.
#pragma once
#include "kernels/formats/format.h"
#include "kernels/formats/grids.h"

namespace thimble {
namespace {

struct FormatIQ2_XXS : QuantFormat {
    struct Block {
        uint8_t d[2];  // f16
        uint8_t qs[64];
    };
    static constexpr TypeId kId = kIQ2_XXS;
    static constexpr int kBlock = 256, kBytes = 66;
    static constexpr int kQuantMin = -43, kQuantMax = 43;

    static void unpack(const Block* b, int j, SubBlock* out) {
        const uint8_t* index = b->qs + j * 8;
        const uint32_t word = load_u32(index + 4);
        set_unit_scales(out, load_f16(b->d) * static_cast<float>(2 * (word >> 28) + 1) * 0.125f);
        for (int g = 0; g < 4; ++g) {
            unpack_iq2_group(kGridIq2Xxs[index[g]], even_signs(static_cast<int>(word >> 7 * g & 127)), out->q + 8 * g);
        }
    }
};
static_assert(sizeof(FormatIQ2_XXS::Block) == FormatIQ2_XXS::kBytes);

}  // namespace
}  // namespace thimble
