// SPDX-License-Identifier: MIT
// Q5_K: as Q4_K with a fifth bit: bit j of qh[i] belongs to weight i of group j.
#pragma once
#include "kernels/formats/q4_k.h"

namespace thimble {
namespace {

struct FormatQ5_K : QuantFormat {
    struct Block {
        uint8_t d[2];     // f16
        uint8_t dmin[2];  // f16
        uint8_t scales[12];
        uint8_t qh[32];
        uint8_t qs[128];
    };
    static constexpr TypeId kId = kQ5_K;
    static constexpr int kBlock = 256, kBytes = 176;
    static constexpr int kQuantMin = 0, kQuantMax = 31;
    static constexpr Minimum kMinimum = Minimum::kBlock;

    static void unpack(const Block* b, int j, SubBlock* out) {
        const ScaleMin sm = load_scale_min(b->scales, j);
        set_unit_scales(out, load_f16(b->d) * static_cast<float>(sm.scale));
        out->m0 = out->m1 = -(load_f16(b->dmin) * static_cast<float>(sm.min));
        const uint8_t* bytes = b->qs + (j >> 1) * 32;
        const int shift = (j & 1) * 4;
        for (int i = 0; i < 32; ++i) {
            out->q[i] = static_cast<int8_t>((bytes[i] >> shift & 15) + (b->qh[i] >> j & 1) * 16);
        }
    }
};
static_assert(sizeof(FormatQ5_K::Block) == FormatQ5_K::kBytes);

}  // namespace
}  // namespace thimble
