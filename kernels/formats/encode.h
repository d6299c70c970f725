// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

namespace thimble {

// Encodes k floats (a multiple of the format's block) into blocks at `out`. False, and nothing written, if the format has
// no encoder here. NaN is encoded as 0, values beyond the format's range as its largest; no scale comes out infinite or
// NaN. (F32 and the 16-bit floats keep what they can hold, NaN and infinities included.)
// Minimises the squared error by search: for tools and tests, not for the hot path.
bool encode_row(uint32_t type, const float* x, int64_t k, uint8_t* out);

}  // namespace thimble
