// SPDX-License-Identifier: MIT
// IQ4_XS: 256 weights in 8 groups of 32, w = d * (6-bit scale - 32) * codebook[nibble]. Low nibbles of the scales in
// scales_low (two a byte), upper two bits of group j in bits 2j of the 16-bit word scales_high.
#pragma once
#include "kernels/formats/fit.h"
#include "kernels/formats/iq4_nl.h"

namespace thimble {
namespace {

struct FormatIQ4_XS : QuantFormat {
    struct Block {
        uint8_t d[2];  // f16
        uint8_t scales_high[2];
        uint8_t scales_low[4];
        uint8_t qs[128];
    };
    static constexpr TypeId kId = kIQ4_XS;
    static constexpr int kBlock = 256, kBytes = 136;
    static constexpr int kQuantMin = -127, kQuantMax = 113;

    static void unpack(const Block* b, int j, SubBlock* out) {
        const int low = b->scales_low[j >> 1] >> (j & 1) * 4 & 15, high = load_u16(b->scales_high) >> 2 * j & 3;
        set_unit_scales(out, load_f16(b->d) * static_cast<float>((low | high << 4) - 32));
        unpack_codebook(b->qs + j * 16, 16, kIq4Codebook, out->q);
    }
    static constexpr bool kEncodes = true;
    static void encode(const float* weights, Block* out) {
        ScaleGroups groups;
        fit_scale_groups(weights, 32, Iq4Codes{}, {-32, 31}, &groups);
        memset(out, 0, sizeof *out);
        store_u16(out->d, groups.d);
        int high = 0;
        for (int g = 0; g < 8; ++g) {
            const int field = groups.scale[g] + 32;
            out->scales_low[g >> 1] |= static_cast<uint8_t>((field & 15) << (g & 1) * 4);
            high |= field >> 4 << 2 * g;
            for (int i = 0; i < 16; ++i) {
                const int8_t* q = groups.q + g * 32;
                out->qs[g * 16 + i] = static_cast<uint8_t>(Iq4Codes::index(q[i]) | Iq4Codes::index(q[i + 16]) << 4);
            }
        }
        store_u16(out->scales_high, static_cast<uint16_t>(high));
    }
};
static_assert(sizeof(FormatIQ4_XS::Block) == FormatIQ4_XS::kBytes);

}  // namespace
}  // namespace thimble
