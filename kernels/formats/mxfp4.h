// SPDX-License-Identifier: MIT
// MXFP4 (OCP Microscaling): 32 weights of e2m1 with an e8m0 scale, w = 2^(e - 127) * e2m1. The codebook holds the
// doubled values, so that they are integers; the scale is halved. e = 255 is not treated as NaN, as in ggml.
#pragma once
#include "kernels/formats/fit.h"
#include "kernels/formats/iq4_nl.h"

namespace thimble {
namespace {

constexpr int8_t kE2m1Doubled[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// The nearest code, as a rule for fit_scale.
struct E2m1Codes {
    static constexpr int low = -12, high = 12;
    static int index(double v) {
        const double size = v < 0 ? -v : v;
        int i = 0;
        for (int c = 0; c < 7; ++c) i += size > (kE2m1Doubled[c] + kE2m1Doubled[c + 1]) * 0.5;
        return v < 0 && i ? i + 8 : i;
    }
    int operator()(double v) const { return kE2m1Doubled[index(v)]; }
};

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
    static constexpr bool kEncodes = true;
    static void encode(const float* weights, Block* out) {
        double x[32];
        int8_t q[32];
        load_finite(weights, 32, x);
        // e = 252 is the last scale whose largest code is a finite float.
        const double wanted = fit_scale(x, 32, E2m1Codes{});
        int e = 0;  // the largest with half_scale(e) <= |wanted|; its neighbours are tried as well
        while (e < 251 && half_scale(static_cast<uint8_t>(e + 1)) <= (wanted < 0 ? -wanted : wanted)) ++e;
        double best = -1;
        for (int c = e > 0 ? e - 1 : 0; c <= e + 1; ++c) {
            const double error = quantize_codes(x, 32, half_scale(static_cast<uint8_t>(c)), E2m1Codes{}, q);
            if (best >= 0 && error >= best) continue;
            best = error;
            out->e = static_cast<uint8_t>(c);
            for (int i = 0; i < 16; ++i) {
                out->qs[i] = static_cast<uint8_t>(E2m1Codes::index(q[i]) | E2m1Codes::index(q[i + 16]) << 4);
            }
        }
    }
};
static_assert(sizeof(FormatMXFP4::Block) == FormatMXFP4::kBytes);

}  // namespace
}  // namespace thimble
