// SPDX-License-Identifier: MIT
// IQ1_S: 256 weights, w = d * (2s + 1) * (grid +- 1/8), here d * (2s + 1) / 8 * (8 * grid +- 1). An index of 11 bits for
// 8 weights: low byte in index, bits 3g of high[j] on top for group g. high[j] also has s in bits 12 to 14 and the sign
// of the shift in bit 15.
#pragma once
#include "kernels/formats/format.h"
#include "kernels/formats/grids.h"

namespace thimble {
namespace {

inline void unpack_iq1_group(int entry, bool negative_shift, int8_t* q) {
    const uint64_t lift = negative_shift ? 0x80 - 9 : 0x80 - 7;  // 8 * (code - 1) +- 1, moved up by 128 meanwhile
    const uint64_t bytes = spread_two_bits(kGridIq1[entry]) * 8 + lift * kEachByte;
    store_bytes(bytes ^ 0x80 * kEachByte, q);
}

struct FormatIQ1_S : QuantFormat {
    struct Block {
        uint8_t d[2];  // f16
        uint8_t index[32];
        uint8_t high[16];  // uint16 for 32 weights
    };
    static constexpr TypeId kId = kIQ1_S;
    static constexpr int kBlock = 256, kBytes = 50;
    static constexpr int kQuantMin = -9, kQuantMax = 9;

    static void unpack(const Block* b, int j, SubBlock* out) {
        const int word = load_u16(b->high + 2 * j);
        set_unit_scales(out, load_f16(b->d) * static_cast<float>(2 * (word >> 12 & 7) + 1) * 0.125f);
        for (int g = 0; g < 4; ++g) {
            unpack_iq1_group(b->index[j * 4 + g] | (word >> 3 * g & 7) << 8, (word & 0x8000) != 0, out->q + 8 * g);
        }
    }
};
static_assert(sizeof(FormatIQ1_S::Block) == FormatIQ1_S::kBytes);

}  // namespace
}  // namespace thimble
