// SPDX-License-Identifier: MIT
// Rows of every format for tests of kernels: random bits, tame ones, and the ends of what each field can hold.
#pragma once
#include <cstring>

#include "kernels/kernels.h"
#include "kernels/micro/half.h"
#include "tests/kernels/random.h"

enum Pattern {
    kRandomBytes,
    kTame,     // random quants, float scales of ordinary size
    kAllZero,  // bits
    kAllOnes,
    kExtreme,   // zeros, subnormals and the largest numbers as scales, ends of the range among the quants
    kCoherent,  // rows of the least, of the greatest or of the largest quants, under integer scales at their ends
    kPatterns
};

namespace weights {
using namespace thimble;

// Where float16 scales (-1: none) and integer scales of a block stand.
struct Layout {
    uint32_t type;
    int half[2];
    int scales, scale_bytes;
};
inline const Layout* layout(uint32_t type) {
    static const Layout kLayouts[] = {
        {kQ4_0, {0, -1}, 0, 0},    {kQ4_1, {0, 2}, 0, 0},       {kQ5_0, {0, -1}, 0, 0},     {kQ5_1, {0, 2}, 0, 0},
        {kQ8_0, {0, -1}, 0, 0},    {kQ2_K, {80, 82}, 0, 16},    {kQ3_K, {108, -1}, 96, 12}, {kQ4_K, {0, 2}, 4, 12},
        {kQ5_K, {0, 2}, 4, 12},    {kQ6_K, {208, -1}, 192, 16}, {kIQ4_NL, {0, -1}, 0, 0},   {kIQ4_XS, {0, -1}, 2, 6},
        {kIQ2_XXS, {0, -1}, 0, 0}, {kIQ2_XS, {0, -1}, 66, 8},   {kIQ2_S, {0, -1}, 74, 8},   {kIQ3_XXS, {0, -1}, 66, 32},
        {kIQ3_S, {0, -1}, 106, 4}, {kIQ1_S, {0, -1}, 34, 16},   {kIQ1_M, {-1, -1}, 48, 8},  {kTQ1_0, {52, -1}, 0, 0},
        {kTQ2_0, {64, -1}, 0, 0},  {kQ1_0, {0, -1}, 0, 0},      {kQ2_0, {0, -1}, 0, 0},     {kQ8_K, {-1, -1}, 0, 0},
        {kMXFP4, {-1, -1}, 0, 0},  {kNVFP4, {-1, -1}, 0, 0},    {kF32, {-1, -1}, 0, 0},     {kF16, {-1, -1}, 0, 0},
        {kBF16, {-1, -1}, 0, 0}};
    for (const Layout& l : kLayouts)
        if (l.type == type) return &l;
    return nullptr;  // a new format: tests ask for its line here
}

template <class T, int n>
T pick(const T (&list)[n], Random* random) {
    return list[random->next32() % n];
}

inline uint16_t half_scale(Random* random, Pattern pattern) {
    static const uint16_t kEdges[] = {0x0000, 0x8000, 0x0001, 0x8001, 0x03ff, 0x0400, 0x7bff, 0xfbff, 0x3c00, 0xbc00};
    if (pattern == kExtreme) return pick(kEdges, random);
    const uint32_t sign = pattern == kCoherent ? 0 : 0x8000;
    return static_cast<uint16_t>(0x2000 + (random->next32() & (0x0fff | sign)));  // 2^-7 or so
}

inline void set_float_scales(const Layout& l, uint8_t* block, Random* random, Pattern pattern) {
    static const uint32_t kEdges32[] = {0,          0x80000000, 1,          0x80000001, 0x007fffff,
                                        0x00800000, 0x7b000000, 0xfb000000, 0x3f800000};
    static const uint8_t kE8m0[] = {0, 1, 2, 60, 127, 200, 254, 255}, kE4m3[] = {0, 1, 7, 8, 0x7e, 0x7f, 0x80, 0xff};
    for (int offset : l.half) {
        const uint16_t h = half_scale(random, pattern);
        if (offset >= 0) memcpy(block + offset, &h, 2);
    }
    if (l.type == kQ8_K) {
        float d = 0.01f * (1.5f + random->uniform());
        if (pattern == kExtreme) d = bits_float(pick(kEdges32, random));
        memcpy(block, &d, 4);
    }
    if (l.type == kMXFP4)
        block[0] = pattern == kExtreme ? pick(kE8m0, random) : static_cast<uint8_t>(116 + random->next32() % 8);
    for (int i = 0; i < 4 && l.type == kNVFP4; ++i)
        block[i] = pattern == kExtreme ? pick(kE4m3, random) : static_cast<uint8_t>(0x20 + random->next32() % 16);
    if (l.type == kIQ1_M) {  // a nibble on top of each of four words
        const uint16_t h = half_scale(random, pattern);
        for (int i = 0; i < 4; ++i)
            block[49 + 2 * i] = static_cast<uint8_t>((block[49 + 2 * i] & 15) | (h >> 4 * i & 15) << 4);
    }
}

inline void fill_dense(uint32_t type, uint8_t* row, size_t bytes, Random* random, Pattern pattern) {
    static const uint16_t kHalf[] = {0, 0x8000, 1, 0x8001, 0x03ff, 0x0400, 0x7bff, 0xfbff, 0x3c00, 0xbc00};
    static const uint16_t kTop[] = {0, 0x8000, 1, 0x8001, 0x007f, 0x0080, 0x7a7f, 0xfa7f, 0x3f80, 0xbf80};
    const size_t element = type == kF32 ? 4 : 2;
    for (size_t i = 0; i + element <= bytes; i += element) {
        float v = random->normal() * 0.05f;
        uint16_t h = type == kF16 ? f32_to_f16(v) : f32_to_bf16(v);
        if (pattern == kExtreme && random->next32() % 2) {
            h = type == kF16 ? pick(kHalf, random) : pick(kTop, random);
            v = bits_float(static_cast<uint32_t>(h) << 16 | (random->next32() & 1));
        }
        if (pattern == kAllZero) v = 0, h = 0;
        if (type == kF32)
            memcpy(row + i, &v, 4);
        else
            memcpy(row + i, &h, 2);
    }
}

// The bytes that, all over a block's quants, give the least and the greatest sum of weights, and the largest magnitudes.
struct Ends {
    uint8_t byte[3];
};
inline Ends find_ends(const Kernels& reference, uint32_t type) {
    const FormatInfo* f = format_info(type);
    const Layout& l = *layout(type);
    Ends ends = {};
    uint8_t block[512];
    float x[256];
    double least = 0, greatest = 0, largest = 0;
    for (int b = 0; b < 256; ++b) {
        Random random(1);
        memset(block, b, f->bytes);
        memset(block + l.scales, 0x7f, static_cast<size_t>(l.scale_bytes));
        set_float_scales(l, block, &random, kCoherent);
        reference.dequantize[type](block, f->block, x);
        double sum = 0, size = 0;
        for (uint32_t i = 0; i < f->block; ++i) sum += x[i], size += x[i] < 0 ? -x[i] : x[i];
        if (b == 0 || sum < least) least = sum, ends.byte[0] = static_cast<uint8_t>(b);
        if (b == 0 || sum > greatest) greatest = sum, ends.byte[1] = static_cast<uint8_t>(b);
        if (b == 0 || size > largest) largest = size, ends.byte[2] = static_cast<uint8_t>(b);
    }
    return ends;
}

// Row `index` of a matrix of this pattern.
inline void fill_row(uint32_t type, uint8_t* row, size_t bytes, Random* random, Pattern pattern, int64_t index,
                     const Ends& ends) {
    static const uint8_t kIntegerScales[] = {0x80, 0x7f, 0xff, 0x00, 0x3f};
    for (size_t i = 0; i < bytes; ++i) {
        row[i] = pattern == kAllZero ? 0 : pattern == kAllOnes ? 0xff : static_cast<uint8_t>(random->next32());
        if (pattern == kExtreme && random->next32() % 4 == 0) row[i] = random->next32() & 1 ? 0xff : 0x80;
        if (pattern == kCoherent && index % 4 < 3) row[i] = ends.byte[index % 4];
    }
    if (pattern == kRandomBytes) return;
    if (format_is_dense(type)) return fill_dense(type, row, bytes, random, pattern);
    const Layout& l = *layout(type);
    const size_t block = format_info(type)->bytes;
    for (size_t b = 0; b + block <= bytes; b += block) {
        if (pattern == kCoherent)
            memset(row + b + l.scales, kIntegerScales[index / 4 % 5], static_cast<size_t>(l.scale_bytes));
        set_float_scales(l, row + b, random, pattern);
    }
}

}  // namespace weights
