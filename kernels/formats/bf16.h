// SPDX-License-Identifier: MIT
// BF16: the upper half of binary32, little endian.
#pragma once
#include "kernels/formats/format.h"

namespace thimble {
namespace {

struct FormatBF16 {
    static constexpr TypeId kId = kBF16;
    static constexpr int kBlock = 1, kBytes = 2;
    static constexpr bool kDense = true;
    static float load(const uint8_t* w, int64_t i) { return bf16_to_f32(load_u16(w + i * 2)); }
    static void store(uint8_t* w, int64_t i, float v) { store_u16(w + i * 2, f32_to_bf16(v)); }
};

}  // namespace
}  // namespace thimble
