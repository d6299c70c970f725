// SPDX-License-Identifier: MIT
// IQ4_NL: 32 weights, w = d * codebook[nibble], nibbles in the order of Q4_0.
#pragma once
#include "kernels/formats/format.h"

namespace thimble {
namespace {

constexpr int8_t kIq4Codebook[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

inline void unpack_codebook(const uint8_t* p, int count, const int8_t* codebook, int8_t* q) {
    for (int i = 0; i < count; ++i) {
        q[i] = codebook[p[i] & 15];
        q[i + count] = codebook[p[i] >> 4];
    }
}

struct FormatIQ4_NL : QuantFormat {
    struct Block {
        uint8_t d[2];  // f16
        uint8_t qs[16];
    };
    static constexpr TypeId kId = kIQ4_NL;
    static constexpr int kBlock = 32, kBytes = 18;
    static constexpr int kQuantMin = -127, kQuantMax = 113;

    static void unpack(const Block* b, int, SubBlock* out) {
        set_unit_scales(out, load_f16(b->d));
        unpack_codebook(b->qs, 16, kIq4Codebook, out->q);
    }
};
static_assert(sizeof(FormatIQ4_NL::Block) == FormatIQ4_NL::kBytes);

}  // namespace
}  // namespace thimble
