// SPDX-License-Identifier: MIT
// The grids of the IQ formats, one uint16_t an entry.
//   IQ1, IQ2: 8 weights of 2 bits, the first weight lowest; code c means -1 + c (IQ1) or 8, 25, 43 (IQ2). Codes are 0 to 2.
//   IQ3:      4 weights of 4 bits, the first weight lowest; code c, 0 to 7, means 8c + 4, but 62 for 7 (IQ3_XXS), or
//             2c + 1 (IQ3_S).
// Formats index them with fields no wider than the grid, so no bit pattern leads outside.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>

namespace thimble {

extern const uint16_t kGridIq2Xxs[256];
extern const uint16_t kGridIq2Xs[512];
extern const uint16_t kGridIq2S[1024];
extern const uint16_t kGridIq3Xxs[256];
extern const uint16_t kGridIq3S[512];
extern const uint16_t kGridIq1[2048];

// The x86 tiers look up whole weights, a byte each, the first lowest: without signs (IQ2, IQ3), or 8 * code + 2 (IQ1).
#if defined(__x86_64__) && !defined(THIMBLE_SCALAR_ONLY)
template <class Word, int kEntries>
struct WideGrid {
    Word of[kEntries];
};
extern const WideGrid<uint64_t, 256> kWideIq2Xxs;
extern const WideGrid<uint64_t, 512> kWideIq2Xs;
extern const WideGrid<uint64_t, 1024> kWideIq2S;
extern const WideGrid<uint32_t, 256> kWideIq3Xxs;
extern const WideGrid<uint32_t, 512> kWideIq3S;
extern const WideGrid<uint64_t, 2048> kWideIq1;
#endif

namespace {

// Eight weights at a time, as the bytes of a 64-bit word, weight 0 lowest. The bytes never carry into each other.
constexpr uint64_t kEachByte = 0x0101010101010101;
constexpr uint64_t spread_two_bits(uint64_t codes) {  // eight codes of two bits
    codes = (codes | codes << 24) & 0x000000ff000000ff;
    codes = (codes | codes << 12) & 0x000f000f000f000f;
    return (codes | codes << 6) & 0x0303030303030303;
}
constexpr uint64_t spread_four_bits(uint64_t codes) {  // eight codes of four bits
    codes = (codes | codes << 16) & 0x0000ffff0000ffff;
    codes = (codes | codes << 8) & 0x00ff00ff00ff00ff;
    return (codes | codes << 4) & 0x0f0f0f0f0f0f0f0f;
}
// Bit i of signs negates byte i; bytes are 1 to 127.
inline uint64_t negate_bytes(uint64_t bytes, int signs) {
    const uint64_t chosen = static_cast<uint64_t>(signs) * kEachByte & 0x8040201008040201;
    const uint64_t negative = (chosen + 0x7f7f7f7f7f7f7f7f) >> 7 & kEachByte;
    return (bytes ^ negative * 255) + negative;
}
inline void store_bytes(uint64_t bytes, int8_t* q) {
    if constexpr (std::endian::native == std::endian::big) bytes = __builtin_bswap64(bytes);
    memcpy(q, &bytes, 8);
}

// Eight weights without their signs.
constexpr uint64_t iq2_magnitudes(uint64_t codes) {  // 8, 25 and 43: the bits of 17 and 35 lie beside those of 8
    const uint64_t two = spread_two_bits(codes);
    return 8 * kEachByte + (two & kEachByte) * 17 + (two >> 1 & kEachByte) * 35;
}
constexpr uint64_t iq3_xxs_magnitudes(uint64_t codes) {  // 4, 12, 20, 28, 36, 44, 52, and 62 for code 7
    const uint64_t code = spread_four_bits(codes), seven = code & code >> 1 & code >> 2 & kEachByte;
    return code * 8 + 4 * kEachByte + seven * 2;
}
constexpr uint64_t iq3_s_magnitudes(uint64_t codes) { return spread_four_bits(codes) * 2 + kEachByte; }

inline void unpack_iq2_group(uint16_t codes, int signs, int8_t* q) {
    store_bytes(negate_bytes(iq2_magnitudes(codes), signs), q);
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
