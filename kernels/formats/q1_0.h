// SPDX-License-Identifier: MIT
// Q1_0: 128 weights, w = d for a set bit, -d for a clear one; bit i % 8 of byte i / 8 is weight i.
#pragma once
#include "kernels/formats/fit.h"
#include "kernels/formats/format.h"

namespace thimble {
namespace {

struct FormatQ1_0 : QuantFormat {
    struct Block {
        uint8_t d[2];  // f16
        uint8_t qs[16];
    };
    static constexpr TypeId kId = kQ1_0;
    static constexpr int kBlock = 128, kBytes = 18;
    static constexpr int kQuantMin = -1, kQuantMax = 1;

    static void unpack(const Block* b, int j, SubBlock* out) {
        set_unit_scales(out, load_f16(b->d));
        const uint32_t bits = load_u32(b->qs + j * 4);
        for (int i = 0; i < 32; ++i) out->q[i] = bits >> i & 1 ? 1 : -1;
    }
    static constexpr bool kEncodes = true;
    // The mean magnitude is the least-squares scale of the signs.
    static void encode(const float* weights, Block* out) {
        double x[128], sum = 0;
        load_finite(weights, 128, x);
        memset(out->qs, 0, sizeof out->qs);
        for (int i = 0; i < 128; ++i) {
            sum += x[i] < 0 ? -x[i] : x[i];
            out->qs[i >> 3] |= static_cast<uint8_t>((x[i] < 0 ? 0 : 1) << (i & 7));
        }
        store_u16(out->d, to_f16_scale(sum / 128));
    }
};
static_assert(sizeof(FormatQ1_0::Block) == FormatQ1_0::kBytes);

}  // namespace
}  // namespace thimble
