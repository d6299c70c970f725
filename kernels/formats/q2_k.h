// SPDX-License-Identifier: MIT
// Q2_K: 256 weights in 16 groups of 16, w = d * scale * 2 bits - dmin * min. scales[g] = scale (low nibble) and min (high)
// of group g. Weights stand in two runs of 128 over 32 bytes each; bits 2s, 2s + 1 of byte i of a run are weight 32s + i.
#pragma once
#include "kernels/formats/fit.h"
#include "kernels/formats/format.h"

namespace thimble {
namespace {

struct FormatQ2_K : QuantFormat {
    struct Block {
        uint8_t scales[16];
        uint8_t qs[64];
        uint8_t d[2];     // f16
        uint8_t dmin[2];  // f16
    };
    static constexpr TypeId kId = kQ2_K;
    static constexpr int kBlock = 256, kBytes = 84;
    static constexpr int kQuantMin = 0, kQuantMax = 3;
    static constexpr Minimum kMinimum = Minimum::kHalf;
    static constexpr bool kScalePerHalf = true;

    static void unpack(const Block* b, int j, SubBlock* out) {
        const float dmin = load_f16(b->dmin);
        const int first = b->scales[2 * j], second = b->scales[2 * j + 1];
        out->dw = out->dw1 = load_f16(b->d);
        out->sc0 = first & 15;
        out->sc1 = second & 15;
        out->m0 = -(dmin * static_cast<float>(first >> 4));
        out->m1 = -(dmin * static_cast<float>(second >> 4));
        const uint8_t* bytes = b->qs + (j >> 2) * 32;
        const int shift = (j & 3) * 2;
        for (int i = 0; i < 32; ++i) out->q[i] = static_cast<int8_t>(bytes[i] >> shift & 3);
    }
    static constexpr bool kEncodes = true;
    static void encode(const float* weights, Block* out) {
        LineGroups groups;
        fit_line_groups(weights, 16, kQuantMax, 15, &groups);
        store_u16(out->d, groups.d);
        store_u16(out->dmin, groups.dmin);
        for (int g = 0; g < 16; ++g) out->scales[g] = static_cast<uint8_t>(groups.scale[g] | groups.min[g] << 4);
        memset(out->qs, 0, sizeof out->qs);
        for (int i = 0; i < 256; ++i) {
            out->qs[(i >> 7) * 32 + (i & 31)] |= static_cast<uint8_t>(groups.q[i] << (i >> 5 & 3) * 2);
        }
    }
};
static_assert(sizeof(FormatQ2_K::Block) == FormatQ2_K::kBytes);

}  // namespace
}  // namespace thimble
