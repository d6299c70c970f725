// SPDX-License-Identifier: MIT
// The grids of the IQ formats, one uint16_t an entry.
//   IQ1, IQ2: 8 weights of 2 bits, the first weight lowest; code c means -1 + c (IQ1) or kIq2Values[c]. Codes are 0 to 2.
//   IQ3:      4 weights of 3 bits, the first weight lowest; code c means kIq3XxsValues[c] or 2c + 1 (IQ3_S).
// Formats index them with fields no wider than the grid, so no bit pattern leads outside.
#pragma once
#include <cstdint>

namespace thimble {

extern const uint16_t kGridIq2Xxs[256];
extern const uint16_t kGridIq2Xs[512];
extern const uint16_t kGridIq2S[1024];
extern const uint16_t kGridIq3Xxs[256];
extern const uint16_t kGridIq3S[512];
extern const uint16_t kGridIq1[2048];

namespace {

constexpr int8_t kIq2Values[4] = {8, 25, 43, 0};
constexpr int8_t kIq3XxsValues[8] = {4, 12, 20, 28, 36, 44, 52, 62};

// Bit i of signs negates weight i.
inline int8_t with_sign(int value, int signs, int i) { return static_cast<int8_t>(signs >> i & 1 ? -value : value); }

inline void unpack_iq2_group(uint16_t codes, int signs, int8_t* q) {
    for (int i = 0; i < 8; ++i) q[i] = with_sign(kIq2Values[codes >> 2 * i & 3], signs, i);
}

// Sign words of IQ2_XXS, IQ2_XS and IQ3_XXS hold seven signs; the eighth makes their number even.
inline int even_signs(int seven) {
    int parity = seven ^ seven >> 4;
    parity ^= parity >> 2;
    parity ^= parity >> 1;
    return seven | (parity & 1) << 7;
}

}  // namespace
}  // namespace thimble
