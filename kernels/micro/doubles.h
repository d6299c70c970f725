// SPDX-License-Identifier: MIT
// sin, cos, exp, log and pow of binary64 numbers, written once over a lane type: one double, or a vector of them. Plain
// IEEE operations in the order written, no contraction, and selects where a value decides, so that every lane of every
// tier gives the bits of the single number. Internal linkage: see kernels/micro/half.h.
#pragma once
#include <cstdint>
#include <cstring>

namespace thimble {
namespace {

// kBytes / 8 doubles (D), their bits (U), and as many floats (F).
template <int kBytes>
struct Doubles {
    typedef double D __attribute__((vector_size(kBytes)));
    typedef uint64_t U __attribute__((vector_size(kBytes)));
    typedef float F __attribute__((vector_size(kBytes / 2)));
    static constexpr int64_t kCount = kBytes / 8;
    template <class X>  // X is D (GCC 12 takes no vector of dependent size here)
    static F to_float(X x) {
        return __builtin_convertvector(x, F);
    }
};
template <>
struct Doubles<8> {
    using D = double;
    using U = uint64_t;
    using F = float;
    static constexpr int64_t kCount = 1;
    static F to_float(D x) { return static_cast<float>(x); }
};

// The functions; all of them take and give lanes.
template <int kBytes>
struct DoubleMath {
    using L = Doubles<kBytes>;
    using D = typename L::D;
    using U = typename L::U;

    static U bits(D x) { return __builtin_bit_cast(U, x); }
    static D from_bits(U x) { return __builtin_bit_cast(D, x); }
    static D set1(double x) { return D{} + x; }

    // c[0] u^(n - 1) + ... + c[n - 1], from the left.
    template <int n>
    static D polynomial(D u, const double (&c)[n]) {
        D p = set1(c[0]);
#pragma GCC unroll 16
        for (int i = 1; i < n; ++i) p = p * u + c[i];
        return p;
    }

    // Adding kMagic leaves no bits below one: the nearest integer, ties to even, stands in the low bits, for |x| < 2^51.
    static constexpr double kMagic = 6755399441055744.0;  // 1.5 * 2^52
    static constexpr uint64_t kMagicBits = 0x4338000000000000;

    static constexpr double kLn2High = 0x1.62e42feep-1;       // 32 bits of ln 2
    static constexpr double kLn2Low = 0x1.a39ef35793c76p-33;  // the rest
    // pi/2 in three pieces of 33, 33 and 53 bits, so that n times the first two is exact for |n| < 2^20.
    static constexpr double kHalfPi1 = 0x1.921fb544p+0;
    static constexpr double kHalfPi2 = 0x1.0b4611a6p-34;
    static constexpr double kHalfPi3 = 0x1.3198a2e037073p-69;

    // Taylor series about 0 for |r| <= pi/4; the first term left out is below 2^-57.
    static void cos_sin(D x, D* cos, D* sin) {
        const auto taken = (x > -0x1p50) & (x < 0x1p50);  // else 0, also NaN: frequencies of a hostile file
        x = taken ? x : D{};
        const D shifted = x * 0.63661977236758134308 + kMagic;  // 2 / pi
        const D n = shifted - kMagic;
        const D r = ((x - n * kHalfPi1) - n * kHalfPi2) - n * kHalfPi3, u = r * r;
        constexpr double kSin[] = {-1.0 / 1307674368000.0, 1.0 / 6227020800.0, -1.0 / 39916800.0, 1.0 / 362880.0,
                                   -1.0 / 5040.0,          1.0 / 120.0,        -1.0 / 6.0};
        constexpr double kCos[] = {1.0 / 20922789888000.0, -1.0 / 87178291200.0, 1.0 / 479001600.0, -1.0 / 3628800.0,
                                   1.0 / 40320.0,          -1.0 / 720.0,         1.0 / 24.0,        -0.5};
        const D s = r + r * (u * polynomial(u, kSin)), c = u * polynomial(u, kCos) + 1.0;
        // By quarter turns: cos is c, -s, -c, s and sin is s, c, -s, -c.
        const U quarter = bits(shifted);
        const auto even = (quarter & 1) == 0;
        *cos = from_bits(bits(even ? c : s) ^ (((quarter + 1) & 2) << 62));
        *sin = from_bits(bits(even ? s : c) ^ ((quarter & 2) << 62));
    }

    // 0 at and below -700 and for NaN, e^700 above 700.
    static D exp(D x) {
        const auto live = x > -700.0;
        x = live ? x : D{};
        x = x > 700.0 ? set1(700.0) : x;
        const D shifted = x * 1.4426950408889634074 + kMagic, n = shifted - kMagic;
        const D r = (x - n * kLn2High) - n * kLn2Low;
        constexpr double kTaylor[] = {1.0 / 87178291200.0,
                                      1.0 / 6227020800.0,
                                      1.0 / 479001600.0,
                                      1.0 / 39916800.0,
                                      1.0 / 3628800.0,
                                      1.0 / 362880.0,
                                      1.0 / 40320.0,
                                      1.0 / 5040.0,
                                      1.0 / 720.0,
                                      1.0 / 120.0,
                                      1.0 / 24.0,
                                      1.0 / 6.0,
                                      1.0 / 2.0,
                                      1.0,
                                      1.0};
        const D y = polynomial(r, kTaylor) * from_bits((bits(shifted) + (1023 - kMagicBits)) << 52);
        return live ? y : D{};
    }

    // -1e300 at and below 0 and for NaN.
    static D log(D x) {
        const auto positive = x > 0.0;
        const U u = bits(x);
        D e = from_bits(u >> 52 | 0x4330000000000000) - (0x1p52 + 1023);  // sign and exponent as a number
        D m = from_bits((u & 0x000fffffffffffff) | 0x3ff0000000000000);
        const auto big = m > 1.41421356237309504880;
        m = big ? m * 0.5 : m;
        e = big ? e + 1.0 : e;
        // log m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.1716
        const D s = (m - 1.0) / (m + 1.0);
        constexpr double kOdd[] = {1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11,
                                   1.0 / 9,  1.0 / 7,  1.0 / 5,  1.0 / 3,  1.0};
        const D p = polynomial(s * s, kOdd);
        const D y = e * kLn2High + (s * 2.0 * p + e * kLn2Low);
        return positive ? y : set1(-1e300);
    }

    static D pow(D x, D y) { return exp(y * log(x)); }

    // ---- Arrays ----------------------------------------------------------------------------------------------------------

    // n values of p, zeros behind them. What is whole goes by registers alone.
    static D load(const double* p, int64_t n) {
        D x;
        if (n >= L::kCount) {
            memcpy(&x, p, sizeof x);
            return x;
        }
        D part{};
        memcpy(&part, p, static_cast<size_t>(n) * sizeof *p);
        return part;
    }
    template <class T, class Lanes>
    static void store(T* p, int64_t n, Lanes x) {
        if (n >= L::kCount) {
            memcpy(p, &x, sizeof x);
            return;
        }
        const Lanes part = x;
        memcpy(p, &part, static_cast<size_t>(n) * sizeof *p);
    }
    static void rope_angles(double position, const double* frequency, float magnitude, int64_t n, float* cos,
                            float* sin) {
        for (int64_t at = 0; at < n; at += L::kCount) {
            D c, s;
            cos_sin(load(frequency + at, n - at) * position, &c, &s);
            store(cos + at, n - at, L::to_float(c) * magnitude);
            store(sin + at, n - at, L::to_float(s) * magnitude);
        }
    }
    static void logs(const double* x, int64_t n, double* y) {
        for (int64_t at = 0; at < n; at += L::kCount) store(y + at, n - at, log(load(x + at, n - at)));
    }
    static void powers(const double* x, int64_t step, const double* y, int64_t n, double* z) {
        for (int64_t at = 0; at < n; at += L::kCount)
            store(z + at, n - at, pow(step ? load(x + at, n - at) : set1(*x), load(y + at, n - at)));
    }
};

}  // namespace
}  // namespace thimble
