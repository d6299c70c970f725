// SPDX-License-Identifier: MIT
// Q5_1: 32 weights, w = d * 5 bits + m; bits as in Q5_0.
#pragma once
#include "kernels/formats/fit.h"
#include "kernels/formats/q5_0.h"

namespace thimble {
namespace {

struct FormatQ5_1 : QuantFormat {
    struct Block {
        uint8_t d[2];  // f16
        uint8_t m[2];  // f16
        uint8_t qh[4];
        uint8_t qs[16];
    };
    static constexpr TypeId kId = kQ5_1;
    static constexpr int kBlock = 32, kBytes = 24;
    static constexpr int kQuantMin = 0, kQuantMax = 31;
    static constexpr Minimum kMinimum = Minimum::kBlock;

    static void unpack(const Block* b, int, SubBlock* out) {
        set_unit_scales(out, load_f16(b->d));
        out->m0 = out->m1 = load_f16(b->m);
        unpack_five_bits(b->qs, load_u32(b->qh), 0, out->q);
    }
    static constexpr bool kEncodes = true;
    static void encode(const float* weights, Block* out) {
        double x[32];
        int8_t q[32];
        load_finite(weights, 32, x);
        const Line line = fit_line(x, 32, kQuantMax, false);
        store_u16(out->d, to_f16_scale(line.scale));
        store_u16(out->m, to_f16_scale(line.minimum));
        quantize_linear(x, 32, load_f16(out->d), load_f16(out->m), 0, kQuantMax, q);
        pack_five_bits(q, 0, out->qs, out->qh);
    }
};
static_assert(sizeof(FormatQ5_1::Block) == FormatQ5_1::kBytes);

}  // namespace
}  // namespace thimble
