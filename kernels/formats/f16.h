// SPDX-License-Identifier: MIT
// F16: plain binary16, little endian.
#pragma once
#include "kernels/formats/format.h"

namespace thimble {
namespace {

struct FormatF16 {
    static constexpr TypeId kId = kF16;
    static constexpr int kBlock = 1, kBytes = 2;
    static constexpr bool kDense = true;
    static float load(const uint8_t* w, int64_t i) { return load_f16(w + i * 2); }
    static void store(uint8_t* w, int64_t i, float v) { store_u16(w + i * 2, f32_to_f16(v)); }
};

}  // namespace
}  // namespace thimble
