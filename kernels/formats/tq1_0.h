// SPDX-License-Identifier: MIT
// TQ1_0: 256 ternary weights, w = d * (trit - 1). A byte b stands for the fraction b / 256; its trits are the digits of
// that fraction in base 3, so trit n is the integer part of 3 * frac(b * 3^n / 256). Bytes 0 to 31 give weights 0 to 159
// (32 a digit), bytes 32 to 47 weights 160 to 239 (16 a digit), the four bytes qh weights 240 to 255 (4 a digit).
#pragma once
#include "kernels/formats/fit.h"
#include "kernels/formats/format.h"

namespace thimble {
namespace {

struct FormatTQ1_0 : QuantFormat {
    struct Block {
        uint8_t qs[48];
        uint8_t qh[4];
        uint8_t d[2];  // f16
    };
    static constexpr TypeId kId = kTQ1_0;
    static constexpr int kBlock = 256, kBytes = 54;
    static constexpr int kBias = 1, kQuantMin = -1, kQuantMax = 1;

    static int8_t trit(uint8_t byte, int digit) {
        constexpr uint8_t kPowers[5] = {1, 3, 9, 27, 81};
        return static_cast<int8_t>(((byte * kPowers[digit] & 255) * 3 >> 8) - 1);
    }
    static void unpack(const Block* b, int j, SubBlock* out) {
        set_unit_scales(out, load_f16(b->d));
        if (j < 5) {
            for (int i = 0; i < 32; ++i) out->q[i] = trit(b->qs[i], j);
            return;
        }
        for (int h = 0; h < 2; ++h) {
            const int digit = (j - 5) * 2 + h;
            for (int i = 0; i < 16; ++i) {
                out->q[16 * h + i] = digit < 5 ? trit(b->qs[32 + i], digit) : trit(b->qh[i & 3], i >> 2);
            }
        }
    }
    static constexpr bool kEncodes = true;
    // The least byte whose fraction has these digits, the first in front.
    static uint8_t pack(const int8_t* q, int stride, int digits) {
        int number = 0;
        for (int n = 0; n < 5; ++n) number = number * 3 + (n < digits ? q[n * stride] + kBias : 0);
        return static_cast<uint8_t>((number * 256 + 242) / 243);
    }
    static void encode(const float* weights, Block* out) {
        double x[256];
        int8_t q[256];
        load_finite(weights, 256, x);
        store_u16(out->d, to_f16_scale(fit_scale(x, 256, LinearCodes{-1, 1})));
        quantize_linear(x, 256, load_f16(out->d), 0, -1, 1, q);
        for (int i = 0; i < 32; ++i) out->qs[i] = pack(q + i, 32, 5);
        for (int i = 0; i < 16; ++i) out->qs[32 + i] = pack(q + 160 + i, 16, 5);
        for (int i = 0; i < 4; ++i) out->qh[i] = pack(q + 240 + i, 4, 4);
    }
};
static_assert(sizeof(FormatTQ1_0::Block) == FormatTQ1_0::kBytes);

}  // namespace
}  // namespace thimble
