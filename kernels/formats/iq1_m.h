// SPDX-License-Identifier: MIT
// IQ1_M: 256 weights, w = d * (2s + 1) * (grid +- 1/8) with a 3-bit s for 16 weights and a sign of the shift for 8.
// high[2j + g / 2] holds for group g of sub-block j, in its low or high nibble, three index bits and the shift's sign.
// scales is four words of 16 bits: four times s in the low 12 bits, and a nibble of d (an f16) on top, lowest first.
#pragma once
#include "kernels/formats/iq1_s.h"

namespace thimble {
namespace {

struct FormatIQ1_M : QuantFormat {
    struct Block {
        uint8_t index[32];
        uint8_t high[16];
        uint8_t scales[8];
    };
    static constexpr TypeId kId = kIQ1_M;
    static constexpr int kBlock = 256, kBytes = 56;
    static constexpr int kQuantMin = -9, kQuantMax = 9;
    static constexpr bool kScalePerHalf = true;

    static float scale(const Block* b) {
        const int bits =
            b->scales[1] >> 4 | (b->scales[3] >> 4) << 4 | (b->scales[5] >> 4) << 8 | (b->scales[7] >> 4) << 12;
        return f16_to_f32(static_cast<uint16_t>(bits));
    }
    static void unpack(const Block* b, int j, SubBlock* out) {
        const int word = load_u16(b->scales + (j >> 1) * 2) >> (j & 1) * 6;
        out->dw = out->dw1 = scale(b) * 0.125f;
        out->m0 = out->m1 = 0;
        out->sc0 = 2 * (word & 7) + 1;
        out->sc1 = 2 * (word >> 3 & 7) + 1;
        for (int g = 0; g < 4; ++g) {
            const int nibble = b->high[j * 2 + (g >> 1)] >> (g & 1) * 4;
            unpack_iq1_group(b->index[j * 4 + g] | (nibble & 7) << 8, (nibble & 8) != 0, out->q + 8 * g);
        }
    }
};
static_assert(sizeof(FormatIQ1_M::Block) == FormatIQ1_M::kBytes);

}  // namespace
}  // namespace thimble
