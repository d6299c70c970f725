// SPDX-License-Identifier: MIT
// IQ4_NL: 32 weights, w = d * codebook[nibble], nibbles in the order of Q4_0.
#pragma once
#include "kernels/formats/fit.h"
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

// The nearest code, as a rule for fit_scale.
struct Iq4Codes {
    static constexpr int low = -127, high = 113;
    static int index(double v) {
        int i = 0;
        for (int c = 0; c < 15; ++c) i += v > (kIq4Codebook[c] + kIq4Codebook[c + 1]) * 0.5;
        return i;
    }
    int operator()(double v) const { return kIq4Codebook[index(v)]; }
};

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
    static constexpr bool kEncodes = true;
    static void encode(const float* weights, Block* out) {
        double x[32];
        load_finite(weights, 32, x);
        store_u16(out->d, to_f16_scale(fit_scale(x, 32, Iq4Codes{})));
        const double d = load_f16(out->d), inverse = d != 0 ? 1 / d : 0;
        for (int i = 0; i < 16; ++i) {
            out->qs[i] =
                static_cast<uint8_t>(Iq4Codes::index(x[i] * inverse) | Iq4Codes::index(x[i + 16] * inverse) << 4);
        }
    }
};
static_assert(sizeof(FormatIQ4_NL::Block) == FormatIQ4_NL::kBytes);

}  // namespace
}  // namespace thimble
