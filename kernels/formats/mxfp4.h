// SPDX-License-Identifier: MIT
// MXFP4 (OCP Microscaling): 32 weights of e2m1 with an e8m0 scale, w = 2^(e - 127) * e2m1. The codebook holds the
// doubled values, so that they are integers; the scale is halved. e = 255 is not treated as NaN, as in ggml.
#pragma once
#include "kernels/formats/iq4_nl.h"

namespace thimble {
namespace {

constexpr int8_t kE2m1Doubled[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

struct FormatMXFP4 : QuantFormat {
    struct Block {
        uint8_t e;
        uint8_t qs[16];
    };
    static constexpr TypeId kId = kMXFP4;
    static constexpr int kBlock = 32, kBytes = 17;
    static constexpr int kQuantMin = -12, kQuantMax = 12;

    // 2^(e - 128): the two smallest are subnormal.
    static float half_scale(uint8_t e) { return bits_float(e < 2 ? 0x200000u << e : (e - 1u) << 23); }
    static void unpack(const Block* b, int, SubBlock* out) {
        set_unit_scales(out, half_scale(b->e));
        unpack_codebook(b->qs, 16, kE2m1Doubled, out->q);
    }
};
static_assert(sizeof(FormatMXFP4::Block) == FormatMXFP4::kBytes);

}  // namespace
}  // namespace thimble
