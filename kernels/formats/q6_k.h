// SPDX-License-Identifier: MIT
// Q6_K: 256 weights in 16 groups of 16, w = d * int8 scale * (6 bits - 32). Two runs of 128 weights, four rows of 32:
// of 64 bytes of low nibbles, row 0 and 2 are the low and high nibbles of bytes 0 to 31, row 1 and 3 those of bytes 32
// to 63; bits 2r, 2r + 1 of byte i of the run's 32 high bytes belong to weight i of row r.
#pragma once
#include "kernels/formats/fit.h"
#include "kernels/formats/format.h"

namespace thimble {
namespace {

struct FormatQ6_K : QuantFormat {
    struct Block {
        uint8_t ql[128];
        uint8_t qh[64];
        int8_t scales[16];
        uint8_t d[2];  // f16
    };
    static constexpr TypeId kId = kQ6_K;
    static constexpr int kBlock = 256, kBytes = 210;
    static constexpr int kBias = 32, kQuantMin = -32, kQuantMax = 31;
    static constexpr bool kScalePerHalf = true;

    static void unpack(const Block* b, int j, SubBlock* out) {
        out->dw = out->dw1 = load_f16(b->d);
        out->m0 = out->m1 = 0;
        out->sc0 = b->scales[2 * j];
        out->sc1 = b->scales[2 * j + 1];
        const int run = j >> 2, row = j & 3;
        const uint8_t* low = b->ql + run * 64 + (row & 1) * 32;
        const uint8_t* high = b->qh + run * 32;
        for (int i = 0; i < 32; ++i) {
            const int field = (low[i] >> (row >> 1) * 4 & 15) | (high[i] >> row * 2 & 3) << 4;
            out->q[i] = static_cast<int8_t>(field - kBias);
        }
    }
    static constexpr bool kEncodes = true;
    static void encode(const float* weights, Block* out) {
        ScaleGroups groups;
        fit_scale_groups(weights, 16, LinearCodes{kQuantMin, kQuantMax}, {-128, 127}, &groups);
        memset(out, 0, sizeof *out);
        store_u16(out->d, groups.d);
        for (int g = 0; g < 16; ++g) out->scales[g] = static_cast<int8_t>(groups.scale[g]);
        for (int i = 0; i < 256; ++i) {
            const int field = groups.q[i] + kBias, run = i >> 7, row = i >> 5 & 3, column = i & 31;
            out->ql[run * 64 + (row & 1) * 32 + column] |= static_cast<uint8_t>((field & 15) << (row >> 1) * 4);
            out->qh[run * 32 + column] |= static_cast<uint8_t>(field >> 4 << row * 2);
        }
    }
};
static_assert(sizeof(FormatQ6_K::Block) == FormatQ6_K::kBytes);

}  // namespace
}  // namespace thimble
