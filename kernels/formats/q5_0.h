// SPDX-License-Identifier: MIT
// Q5_0: 32 weights, w = d * (5 bits - 16). Byte i holds the low nibbles of weight i (low) and i + 16 (high); bit i of the
// 32-bit word qh is the fifth bit of weight i.
#pragma once
#include "kernels/formats/fit.h"
#include "kernels/formats/format.h"

namespace thimble {
namespace {

inline void unpack_five_bits(const uint8_t* qs, uint32_t high, int bias, int8_t* q) {
    for (int i = 0; i < 16; ++i) {
        q[i] = static_cast<int8_t>((qs[i] & 15) + static_cast<int>(high >> i & 1) * 16 - bias);
        q[i + 16] = static_cast<int8_t>((qs[i] >> 4) + static_cast<int>(high >> (i + 16) & 1) * 16 - bias);
    }
}

inline void pack_five_bits(const int8_t* q, int bias, uint8_t* qs, uint8_t* qh) {
    uint32_t high = 0;
    for (int i = 0; i < 16; ++i) {
        const int low = q[i] + bias, top = q[i + 16] + bias;
        qs[i] = static_cast<uint8_t>((low & 15) | (top & 15) << 4);
        high |= static_cast<uint32_t>(low >> 4) << i | static_cast<uint32_t>(top >> 4) << (i + 16);
    }
    store_u32(qh, high);
}

struct FormatQ5_0 : QuantFormat {
    struct Block {
        uint8_t d[2];  // f16
        uint8_t qh[4];
        uint8_t qs[16];
    };
    static constexpr TypeId kId = kQ5_0;
    static constexpr int kBlock = 32, kBytes = 22;
    static constexpr int kBias = 16, kQuantMin = -16, kQuantMax = 15;

    static void unpack(const Block* b, int, SubBlock* out) {
        set_unit_scales(out, load_f16(b->d));
        unpack_five_bits(b->qs, load_u32(b->qh), kBias, out->q);
    }
    static constexpr bool kEncodes = true;
    static void encode(const float* weights, Block* out) {
        double x[32];
        int8_t q[32];
        load_finite(weights, 32, x);
        store_u16(out->d, to_f16_scale(fit_scale(x, 32, LinearCodes{kQuantMin, kQuantMax})));
        quantize_linear(x, 32, load_f16(out->d), 0, kQuantMin, kQuantMax, q);
        pack_five_bits(q, kBias, out->qs, out->qh);
    }
};
static_assert(sizeof(FormatQ5_0::Block) == FormatQ5_0::kBytes);

}  // namespace
}  // namespace thimble
