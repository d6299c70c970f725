// SPDX-License-Identifier: MIT
// Sixteen bytes of grid entries (formats/grids.h), each loaded by itself: no faster with blends (Zen 4), for
// the number of loads is the limit. Internal linkage: compiled once an ISA.
#pragma once
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace thimble {
namespace {

inline __m128i join_entries(const uint64_t* grid, size_t e0, size_t e1) {
    const auto at = [&](size_t e) { return reinterpret_cast<const double*>(grid + e); };
    return _mm_castpd_si128(_mm_loadh_pd(_mm_load_sd(at(e0)), at(e1)));
}
inline __m128i join_entries(const uint32_t* grid, size_t e0, size_t e1, size_t e2, size_t e3) {
    const auto at = [&](size_t e) { return static_cast<int>(grid[e]); };
    const __m128i two = _mm_insert_epi32(_mm_cvtsi32_si128(at(e0)), at(e1), 1);
    return _mm_insert_epi32(_mm_insert_epi32(two, at(e2), 2), at(e3), 3);
}

}  // namespace
}  // namespace thimble
