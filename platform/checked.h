// SPDX-License-Identifier: MIT
// The one place for arithmetic on integers that came from a file or a caller. Each returns false, and leaves *out
// unspecified, when the true result does not fit.
#pragma once
#include <cstddef>
#include <cstdint>

namespace thimble {

inline bool checked_add(uint64_t a, uint64_t b, uint64_t* out) { return !__builtin_add_overflow(a, b, out); }
inline bool checked_sub(uint64_t a, uint64_t b, uint64_t* out) { return !__builtin_sub_overflow(a, b, out); }
inline bool checked_mul(uint64_t a, uint64_t b, uint64_t* out) { return !__builtin_mul_overflow(a, b, out); }
// Rounds up to a multiple of `alignment`, a power of two.
inline bool checked_align(uint64_t a, uint64_t alignment, uint64_t* out) {
    uint64_t t;
    if (!checked_add(a, alignment - 1, &t)) return false;
    *out = t & ~(alignment - 1);
    return true;
}
// Narrows to what the address space holds (32-bit targets).
inline bool checked_size(uint64_t a, size_t* out) {
    *out = static_cast<size_t>(a);
    return *out == a;
}
// True when [offset, offset + size) lies within [0, limit).
inline bool within(uint64_t offset, uint64_t size, uint64_t limit) { return offset <= limit && size <= limit - offset; }
inline bool is_power_of_two(uint64_t a) { return a != 0 && (a & (a - 1)) == 0; }

}  // namespace thimble
