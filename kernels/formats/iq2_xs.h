// SPDX-License-Identifier: MIT
// IQ2_XS: 256 weights, w = d / 8 * (2s + 1) * signed grid value, a 4-bit s for 16 weights. For each 8 weights 16 bits:
// 9 of grid index, 7 of signs.
#pragma once
#include "kernels/formats/format.h"
#include "kernels/formats/grids.h"

namespace thimble {
namespace {

struct FormatIQ2_XS : QuantFormat {
    struct Block {
        uint8_t d[2];  // f16
        uint8_t qs[64];
        uint8_t scales[8];
    };
    static constexpr TypeId kId = kIQ2_XS;
    static constexpr int kBlock = 256, kBytes = 74;
    static constexpr int kQuantMin = -43, kQuantMax = 43;
    static constexpr bool kScalePerHalf = true;

    static void unpack(const Block* b, int j, SubBlock* out) {
        out->dw = out->dw1 = load_f16(b->d) * 0.125f;
        out->m0 = out->m1 = 0;
        out->sc0 = 2 * (b->scales[j] & 15) + 1;
        out->sc1 = 2 * (b->scales[j] >> 4) + 1;
        for (int g = 0; g < 4; ++g) {
            const int word = load_u16(b->qs + j * 8 + g * 2);
            unpack_iq2_group(kGridIq2Xs[word & 511], even_signs(word >> 9), out->q + 8 * g);
        }
    }
};
static_assert(sizeof(FormatIQ2_XS::Block) == FormatIQ2_XS::kBytes);

}  // namespace
}  // namespace thimble
