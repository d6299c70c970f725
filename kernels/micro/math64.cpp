// SPDX-License-Identifier: MIT
// Functions of one binary64 argument for set-up work (rope frequencies and angles). Plain IEEE operations in the order
// written, no contraction, so every target gives the same bits.
#include <cstdint>
#include <cstring>

#include "kernels/kernels.h"

namespace thimble {
namespace {

uint64_t to_bits(double x) {
    uint64_t u;
    memcpy(&u, &x, 8);
    return u;
}
double from_bits(uint64_t u) {
    double x;
    memcpy(&x, &u, 8);
    return x;
}

// Nearest integer, ties to even; |x| < 2^51.
double nearest(double x) {
    volatile double shifted = x + 6755399441055744.0;  // 1.5 * 2^52
    return shifted - 6755399441055744.0;
}

constexpr double kLn2High = 0x1.62e42feep-1;       // 32 bits of ln 2
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;  // the rest
// pi/2 in three pieces of 33, 33 and 53 bits, so that n times the first two is exact for |n| < 2^20.
constexpr double kHalfPi1 = 0x1.921fb544p+0;
constexpr double kHalfPi2 = 0x1.0b4611a6p-34;
constexpr double kHalfPi3 = 0x1.3198a2e037073p-69;

// Taylor series about 0 for |r| <= pi/4; the first term left out is below 2^-57.
double sin_poly(double r) {
    const double u = r * r;
    double p = -1.0 / 1307674368000.0;
    p = p * u + 1.0 / 6227020800.0;
    p = p * u - 1.0 / 39916800.0;
    p = p * u + 1.0 / 362880.0;
    p = p * u - 1.0 / 5040.0;
    p = p * u + 1.0 / 120.0;
    p = p * u - 1.0 / 6.0;
    return r + r * (u * p);
}
double cos_poly(double r) {
    const double u = r * r;
    double p = 1.0 / 20922789888000.0;
    p = p * u - 1.0 / 87178291200.0;
    p = p * u + 1.0 / 479001600.0;
    p = p * u - 1.0 / 3628800.0;
    p = p * u + 1.0 / 40320.0;
    p = p * u - 1.0 / 720.0;
    p = p * u + 1.0 / 24.0;
    p = p * u - 0.5;
    return 1.0 + u * p;
}

}  // namespace

void rope_angle(double angle, float* cos, float* sin) {
    if (!(angle > -0x1p50 && angle < 0x1p50)) angle = 0.0;     // also NaN: frequencies of a hostile file
    const double n = nearest(angle * 0.63661977236758134308);  // 2 / pi
    const double r = ((angle - n * kHalfPi1) - n * kHalfPi2) - n * kHalfPi3;
    const double s = sin_poly(r), c = cos_poly(r);
    switch (static_cast<int64_t>(n) & 3) {
        case 0: *cos = static_cast<float>(c), *sin = static_cast<float>(s); break;
        case 1: *cos = static_cast<float>(-s), *sin = static_cast<float>(c); break;
        case 2: *cos = static_cast<float>(-c), *sin = static_cast<float>(-s); break;
        default: *cos = static_cast<float>(s), *sin = static_cast<float>(-c); break;
    }
}

double math_exp(double x) {
    if (!(x > -700.0)) return 0.0;
    if (x > 700.0) x = 700.0;
    const double n = nearest(x * 1.4426950408889634074);
    const double r = (x - n * kLn2High) - n * kLn2Low;
    double p = 1.0 / 87178291200.0;
    for (int k = 13; k >= 1; --k) {
        static constexpr double kInverse[] = {1,    1,     2,      6,       24,       120,       720,
                                              5040, 40320, 362880, 3628800, 39916800, 479001600, 6227020800.0};
        p = p * r + 1.0 / kInverse[k];
    }
    p = p * r + 1.0;
    return p * from_bits(static_cast<uint64_t>(static_cast<int64_t>(n) + 1023) << 52);
}

double math_log(double x) {
    if (!(x > 0.0)) return -1e300;
    uint64_t u = to_bits(x);
    int e = static_cast<int>(u >> 52) - 1023;
    u = (u & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL;
    double m = from_bits(u);
    if (m > 1.41421356237309504880) m *= 0.5, e += 1;
    // log m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.1716
    const double s = (m - 1.0) / (m + 1.0), q = s * s;
    double p = 1.0 / 21.0;
    for (int k = 19; k >= 1; k -= 2) p = p * q + 1.0 / k;
    return e * kLn2High + (2.0 * s * p + e * kLn2Low);
}

double math_pow(double x, double y) { return math_exp(y * math_log(x)); }

double math_sqrt(double x) {
#if defined(__SOFTFP__)
    if (!(x > 0.0)) return x == 0.0 ? x : from_bits(0x7ff8000000000000ULL);
    if (x > 1.7976931348623157e308) return x;
    // Half the exponent is a guess within a factor of 1.5; each step doubles the digits.
    double y = from_bits((to_bits(x) >> 1) + 0x1ff8000000000000ULL);
    for (int i = 0; i < 6; ++i) y = 0.5 * (y + x / y);
    return y;
#else
    return __builtin_sqrt(x);
#endif
}

}  // namespace thimble
