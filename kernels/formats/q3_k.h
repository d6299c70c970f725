// SPDX-License-Identifier: MIT
// Q3_K: 256 weights in 16 groups of 16, w = d * (6-bit scale - 32) * (3 bits - 4). Low two bits lie as in Q2_K; the third
// bit of weight 32j + i is bit j of hmask[i]. Scale g: low nibbles of groups 0 to 7 are the low nibbles of scales[g], of
// groups 8 to 15 the high nibbles of scales[g - 8]; the upper two bits are bits 2(g / 4) of scales[8 + g % 4].
#pragma once
#include "kernels/formats/fit.h"
#include "kernels/formats/format.h"

namespace thimble {
namespace {

struct FormatQ3_K : QuantFormat {
    struct Block {
        uint8_t hmask[32];
        uint8_t qs[64];
        uint8_t scales[12];
        uint8_t d[2];  // f16
    };
    static constexpr TypeId kId = kQ3_K;
    static constexpr int kBlock = 256, kBytes = 110;
    static constexpr int kBias = 4, kQuantMin = -4, kQuantMax = 3;
    static constexpr bool kScalePerHalf = true;

    static int scale(const Block* b, int group) {  // -32 to 31
        const int low = b->scales[group & 7] >> (group >> 3) * 4 & 15;
        const int high = b->scales[8 + (group & 3)] >> (group >> 2) * 2 & 3;
        return (low | high << 4) - 32;
    }
    static void unpack(const Block* b, int j, SubBlock* out) {
        out->dw = out->dw1 = load_f16(b->d);
        out->m0 = out->m1 = 0;
        out->sc0 = scale(b, 2 * j);
        out->sc1 = scale(b, 2 * j + 1);
        const uint8_t* bytes = b->qs + (j >> 2) * 32;
        const int shift = (j & 3) * 2;
        for (int i = 0; i < 32; ++i) {
            const int field = (bytes[i] >> shift & 3) + (b->hmask[i] >> j & 1) * 4;
            out->q[i] = static_cast<int8_t>(field - kBias);
        }
    }
    static constexpr bool kEncodes = true;
    static void encode(const float* weights, Block* out) {
        ScaleGroups groups;
        fit_scale_groups(weights, 16, LinearCodes{kQuantMin, kQuantMax}, {-32, 31}, &groups);
        memset(out, 0, sizeof *out);
        store_u16(out->d, groups.d);
        for (int g = 0; g < 16; ++g) {
            const int field = groups.scale[g] + 32;
            out->scales[g & 7] |= static_cast<uint8_t>((field & 15) << (g >> 3) * 4);
            out->scales[8 + (g & 3)] |= static_cast<uint8_t>(field >> 4 << (g >> 2) * 2);
        }
        for (int i = 0; i < 256; ++i) {
            const int field = groups.q[i] + kBias;
            out->qs[(i >> 7) * 32 + (i & 31)] |= static_cast<uint8_t>((field & 3) << (i >> 5 & 3) * 2);
            out->hmask[i & 31] |= static_cast<uint8_t>(field >> 2 << (i >> 5));
        }
    }
};
static_assert(sizeof(FormatQ3_K::Block) == FormatQ3_K::kBytes);

}  // namespace
}  // namespace thimble
