// SPDX-License-Identifier: MIT
// Functions of one binary64 number for set-up work: a lane of those of kernels/micro/doubles.h, and a square root.
#include "kernels/kernels.h"
#include "kernels/micro/doubles.h"

namespace thimble {

double math_exp(double x) { return DoubleMath<8>::exp(x); }
double math_log(double x) { return DoubleMath<8>::log(x); }
double math_pow(double x, double y) { return math_exp(y * math_log(x)); }

double math_sqrt(double x) {
#if defined(__SOFTFP__)
    if (!(x > 0.0)) return x == 0.0 ? x : DoubleMath<8>::from_bits(0x7ff8000000000000ULL);
    if (x > 1.7976931348623157e308) return x;
    // Half the exponent is a guess within a factor of 1.5; each step doubles the digits.
    double y = DoubleMath<8>::from_bits((DoubleMath<8>::bits(x) >> 1) + 0x1ff8000000000000ULL);
    for (int i = 0; i < 6; ++i) y = 0.5 * (y + x / y);
    return y;
#else
    return __builtin_sqrt(x);
#endif
}

}  // namespace thimble
