// SPDX-License-Identifier: MIT
// F32: plain binary32, little endian.
#pragma once
#include "kernels/formats/format.h"

namespace thimble {
namespace {

struct FormatF32 {
    static constexpr TypeId kId = kF32;
    static constexpr int kBlock = 1, kBytes = 4;
    static constexpr bool kDense = true;
    static float load(const uint8_t* w, int64_t i) { return bits_float(load_u32(w + i * 4)); }
    static void store(uint8_t* w, int64_t i, float v) { store_u32(w + i * 4, float_bits(v)); }
};

}  // namespace
}  // namespace thimble
