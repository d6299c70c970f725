// SPDX-License-Identifier: MIT
// IQ2_S: 256 weights, w = d / 8 * (2s + 1) * signed grid value, a 4-bit s for 16 weights, a grid index of 10 bits for 8
// weights: low bytes in index, two upper bits of group g of sub-block j in bits 2g of high[j]. All signs are stored.
#pragma once
#include "kernels/formats/format.h"
#include "kernels/formats/grids.h"

namespace thimble {
namespace {

struct FormatIQ2_S : QuantFormat {
    struct Block {
        uint8_t d[2];  // f16
        uint8_t index[32];
        uint8_t signs[32];
        uint8_t high[8];
        uint8_t scales[8];
    };
    static constexpr TypeId kId = kIQ2_S;
    static constexpr int kBlock = 256, kBytes = 82;
    static constexpr int kQuantMin = -43, kQuantMax = 43;
    static constexpr bool kScalePerHalf = true;

    static void unpack(const Block* b, int j, SubBlock* out) {
        out->dw = out->dw1 = load_f16(b->d) * 0.125f;
        out->m0 = out->m1 = 0;
        out->sc0 = 2 * (b->scales[j] & 15) + 1;
        out->sc1 = 2 * (b->scales[j] >> 4) + 1;
        for (int g = 0; g < 4; ++g) {
            const int entry = b->index[j * 4 + g] | (b->high[j] >> 2 * g & 3) << 8;
            unpack_iq2_group(kGridIq2S[entry], b->signs[j * 4 + g], out->q + 8 * g);
        }
    }
};
static_assert(sizeof(FormatIQ2_S::Block) == FormatIQ2_S::kBytes);

}  // namespace
}  // namespace thimble
