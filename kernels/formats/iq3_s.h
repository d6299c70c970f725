// SPDX-License-Identifier: MIT
// IQ3_S: 256 weights, w = d * (2s + 1) * signed grid value, a 4-bit s for 32 weights, a grid index of 9 bits for 4
// weights: low byte in index, bit e of high[j] on top for index e of sub-block j. All signs are stored.
#pragma once
#include "kernels/formats/format.h"
#include "kernels/formats/grids.h"

namespace thimble {
namespace {

struct FormatIQ3_S : QuantFormat {
    struct Block {
        uint8_t d[2];  // f16
        uint8_t index[64];
        uint8_t high[8];
        uint8_t signs[32];
        uint8_t scales[4];
    };
    static constexpr TypeId kId = kIQ3_S;
    static constexpr int kBlock = 256, kBytes = 110;
    static constexpr int kQuantMin = -15, kQuantMax = 15;

    static void unpack(const Block* b, int j, SubBlock* out) {
        const int s = b->scales[j >> 1] >> (j & 1) * 4 & 15;
        set_unit_scales(out, load_f16(b->d) * static_cast<float>(2 * s + 1));
        for (int g = 0; g < 4; ++g) {
            const int e = 2 * g;
            const uint64_t codes =
                kGridIq3S[b->index[j * 8 + e] | (b->high[j] >> e & 1) << 8] |
                static_cast<uint64_t>(kGridIq3S[b->index[j * 8 + e + 1] | (b->high[j] >> (e + 1) & 1) << 8]) << 16;
            store_bytes(negate_bytes(iq3_s_magnitudes(codes), b->signs[j * 4 + g]), out->q + 8 * g);
        }
    }
};
static_assert(sizeof(FormatIQ3_S::Block) == FormatIQ3_S::kBytes);

}  // namespace
}  // namespace thimble
