// SPDX-License-Identifier: MIT
// Decimal text of doubles, both ways, exact (big integers in a fixed buffer), without libc and without a locale.
#pragma once
#include "platform/status.h"

namespace thimble {

constexpr size_t kDoubleText = 32;  // what format_double may need
constexpr size_t kFixedText = 440;  // what format_fixed may need

// The shortest decimal that reads back as `v`, written as Python's repr does: "1.0", "0.1", "1e+16", "1e-05", "inf",
// "nan". Returns the length; not NUL-terminated.
size_t format_double(double v, char* out);
// `v` rounded (half to even on the exact value) to `decimals` places, at most 100, as "%.*f" writes it.
size_t format_fixed(double v, unsigned decimals, char* out);
size_t format_int(int64_t v, char* out);  // up to 20 characters
// The double nearest to a decimal "[-]digits[.digits][e[+-]digits]"; false when the text is not of that form. What is
// too large becomes infinity.
bool parse_double(Str text, double* out);
// Exact or false: "[-+]digits" that does not fit 64 bits is refused.
bool parse_int(Str text, int64_t* out);

}  // namespace thimble
