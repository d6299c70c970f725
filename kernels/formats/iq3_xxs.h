// SPDX-License-Identifier: MIT
// IQ3_XXS: 256 weights, w = d * (2s + 1) / 4 * signed grid value. For each 32 weights eight grid indexes (4 weights each)
// and, after the 64 indexes of the block, a word of four times 7 signs with the 4-bit s on top.
#pragma once
#include "kernels/formats/format.h"
#include "kernels/formats/grids.h"

namespace thimble {
namespace {

struct FormatIQ3_XXS : QuantFormat {
    struct Block {
        uint8_t d[2];  // f16
        uint8_t index[64];
        uint8_t words[32];
    };
    static constexpr TypeId kId = kIQ3_XXS;
    static constexpr int kBlock = 256, kBytes = 98;
    static constexpr int kQuantMin = -62, kQuantMax = 62;

    static void unpack(const Block* b, int j, SubBlock* out) {
        const uint32_t word = load_u32(b->words + j * 4);
        set_unit_scales(out, load_f16(b->d) * static_cast<float>(2 * (word >> 28) + 1) * 0.25f);
        for (int g = 0; g < 4; ++g) {
            const int signs = even_signs(static_cast<int>(word >> 7 * g & 127));
            const uint64_t codes = kGridIq3Xxs[b->index[j * 8 + 2 * g]] |
                                   static_cast<uint64_t>(kGridIq3Xxs[b->index[j * 8 + 2 * g + 1]]) << 16;
            store_bytes(negate_bytes(iq3_xxs_magnitudes(codes), signs), out->q + 8 * g);
        }
    }
};
static_assert(sizeof(FormatIQ3_XXS::Block) == FormatIQ3_XXS::kBytes);

}  // namespace
}  // namespace thimble
