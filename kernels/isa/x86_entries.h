// SPDX-License-Identifier: MIT
// Sixteen bytes of grid entries (formats/grids.h). An entry comes with whatever stands around it, loaded so that it lies
// in its place already, and a blend keeps it: no shuffles, of which x86 cores do fewer at a time than anything else here.
// Internal linkage: compiled once an ISA.
#pragma once
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace thimble {
namespace {

inline __m128i load_entries(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
inline __m128i join_entries(const uint64_t* grid, size_t e0, size_t e1) {
    return _mm_blend_epi32(load_entries(grid + e0), load_entries(grid + e1 - 1), 0xc);
}
inline __m128i join_entries(const uint32_t* grid, size_t e0, size_t e1, size_t e2, size_t e3) {
    const __m128i low = _mm_blend_epi32(load_entries(grid + e0), load_entries(grid + e1 - 1), 0x2);
    const __m128i three = _mm_blend_epi32(low, load_entries(grid + e2 - 2), 0x4);
    return _mm_blend_epi32(three, load_entries(grid + e3 - 3), 0x8);
}

}  // namespace
}  // namespace thimble
