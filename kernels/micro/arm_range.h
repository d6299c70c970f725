// SPDX-License-Identifier: MIT
// Where NEON arithmetic of ARMv7, which flushes subnormal floats to zero, gives the same bits as IEEE arithmetic.
//
// A float16 is a multiple of 2^-24, so that scales and minima of all formats but two (kArmRangeOfScales) are multiples
// of 2^-27. Let every activation scale be 0, NaN or at least 2^-70, hence a multiple of 2^-93. Then every product of
// them is a multiple of 2^-120, which rounding to 24 bits leaves it, and so are the sums: what is not 0 is normal.
// A call with any other activation scale goes to the scalar reference.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/formats/formats.h"
#include "kernels/micro/half.h"
#include "kernels/targets/reference_formats.h"

namespace thimble {
namespace {

#if defined(__aarch64__)
template <class F>
inline bool leave_to_reference(const Matmul*) {
    return false;
}
#else
template <class F>
constexpr bool kArmRangeOfScales = F::kId != kQ8_K&& F::kId != kMXFP4;  // float32 and 2^-128 scales

inline bool columns_in_range(const Matmul* m) {
    constexpr uint32_t kLeast = 57u << 23;  // 2^-70
    const int64_t subs = m->k / 32;
    for (int64_t c = 0; c < m->n; ++c) {
        const float* d = m->acts.d + (m->col ? m->col[c] : c) * m->acts.d_stride;
        uint32_t least = 0xffffffff;  // of bits - 1, so that zero is large; scales are not negative
        for (int64_t j = 0; j < subs; ++j) {
            const uint32_t bits = float_bits(d[j]) - 1;
            least = bits < least ? bits : least;
        }
        if (least < kLeast - 1) return false;
    }
    return true;
}

// True when the reference has computed it all.
template <class F>
inline bool leave_to_reference(const Matmul* m) {
    if (kArmRangeOfScales<F> && columns_in_range(m)) return false;
    reference_matmul_of(F::kId)(m);
    return true;
}
#endif

}  // namespace
}  // namespace thimble
