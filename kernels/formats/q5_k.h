// SPDX-License-Identifier: MIT
// Q5_K: as Q4_K with a fifth bit: bit j of qh[i] belongs to weight i of group j.
#pragma once
#include "kernels/formats/fit.h"
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
    static constexpr bool kEncodes = true;
    static void encode(const float* weights, Block* out) {
        LineGroups groups;
        fit_line_groups(weights, 32, kQuantMax, 63, &groups);
        memset(out, 0, sizeof *out);
        store_u16(out->d, groups.d);
        store_u16(out->dmin, groups.dmin);
        for (int g = 0; g < 8; ++g) store_scale_min(out->scales, g, {groups.scale[g], groups.min[g]});
        for (int i = 0; i < 256; ++i) {
            out->qs[(i >> 6) * 32 + (i & 31)] |= static_cast<uint8_t>((groups.q[i] & 15) << (i >> 5 & 1) * 4);
            out->qh[i & 31] |= static_cast<uint8_t>(groups.q[i] >> 4 << (i >> 5));
        }
    }
};
static_assert(sizeof(FormatQ5_K::Block) == FormatQ5_K::kBytes);

}  // namespace
}  // namespace thimble
