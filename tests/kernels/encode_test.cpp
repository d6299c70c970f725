// SPDX-License-Identifier: MIT
// Encoders: error of the round trip on smooth and on heavy-tailed data, extreme blocks, values that a format can hold.
#include "kernels/formats/encode.h"

#include <cstring>
#include <initializer_list>

#include "kernels/kernels.h"
#include "kernels/micro/half.h"
#include "kernels/targets/reference_formats.h"
#include "tests/check.h"
#include "tests/kernels/random.h"

using namespace thimble;

static Kernels kernels;

static float magnitude_of(float v) { return v < 0 ? -v : v; }

struct Bound {
    uint32_t type;
    double normal, cubed;  // sqrt(sum error^2 / sum x^2), about 3 % above what the searches reach
    float spike;           // relative error of a lone value and of the zeros around it
};
// clang-format off
// IQ4 has no code 0 (the nearest is 1 of 113); the FP4 scales have few or no mantissa bits; Q1_0 has only +-d.
static const Bound kBounds[] = {
    {kQ4_0, 0.082, 0.11, 0.005f},
    {kQ4_1, 0.0705, 0.086, 0.005f},
    {kQ5_0, 0.0406, 0.0595, 0.005f},
    {kQ5_1, 0.0344, 0.0446, 0.005f},
    {kQ8_0, 0.0049, 0.0083, 0.005f},
    {kQ2_K, 0.265, 0.255, 0.005f},
    {kQ3_K, 0.146, 0.154, 0.005f},
    {kQ4_K, 0.071, 0.0875, 0.005f},
    {kQ5_K, 0.0352, 0.0466, 0.005f},
    {kQ6_K, 0.0169, 0.0241, 0.005f},
    {kQ8_K, 0.0068, 0.0155, 0.005f},
    {kIQ4_NL, 0.075, 0.09, 0.032f},
    {kIQ4_XS, 0.0756, 0.0912, 0.032f},
    {kTQ1_0, 0.444, 0.586, 0.005f},
    {kTQ2_0, 0.444, 0.586, 0.005f},
    {kMXFP4, 0.115, 0.135, 0.15f},
    {kNVFP4, 0.0885, 0.079, 0.07f},
    {kQ1_0, 0.6135, 0.927, 1.0f},
    {kQ2_0, 0.364, 0.386, 0.005f},
    {kF16, 0.0003, 0.0003, 0.005f},
    {kBF16, 0.002, 0.002, 0.005f},
    {kF32, 0, 0, 0.005f},
};
// clang-format on

constexpr int kValues = 256 * 100;
static float x[kValues], y[kValues];
static uint8_t blocks[kValues * 4 + 1];

static void round_trip(uint32_t type, int64_t k) {
    CHECK(encode_row(type, x, k, blocks));
    kernels.dequantize[type](blocks, k, y);
}

static double squared_error(int64_t k) {
    double error = 0;
    for (int64_t i = 0; i < k; ++i) {
        const double e = static_cast<double>(x[i]) - static_cast<double>(y[i]);
        error += e * e;
    }
    return error;
}

static double squared(int64_t k) {
    double sum = 0;
    for (int64_t i = 0; i < k; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    return sum;
}

static void test_error(const Bound& b) {
    for (const bool cubed : {false, true}) {
        Random random(1);
        for (float& v : x) {
            v = random.normal();
            if (cubed) v = v * v * v;
        }
        round_trip(b.type, kValues);
        const double bound = cubed ? b.cubed : b.normal, ratio = squared_error(kValues) / squared(kValues);
        if (!CHECK(ratio <= bound * bound))
            printf("    %s: error^2 %g of %g\n", format_info(b.type)->name, ratio, bound * bound);
    }
}

// Zeros, a constant, a single spike: what is left is the rounding of the f16 scales, which for the K formats come near
// the subnormals of f16 when weights are small.
static void test_simple(uint32_t type, float spike) {
    const FormatInfo* f = format_info(type);
    for (int64_t i = 0; i < f->block; ++i) x[i] = 0;
    round_trip(type, f->block);
    for (int64_t i = 0; i < f->block; ++i) CHECK(y[i] == 0);
    for (const float value : {1.0f, -1.0f, 0.0625f}) {
        for (int64_t i = 0; i < f->block; ++i) x[i] = value;
        round_trip(type, f->block);
        float worst = 0;
        for (int64_t i = 0; i < f->block; ++i)
            worst = magnitude_of(y[i] - value) > worst ? magnitude_of(y[i] - value) : worst;
        if (!CHECK(worst <= 2e-3f * magnitude_of(value)))
            printf("    %s: %g off by %g\n", f->name, static_cast<double>(value), static_cast<double>(worst));
    }
    for (int64_t at = 0; at < f->block; at += 13) {  // one spike
        for (int64_t i = 0; i < f->block; ++i) x[i] = 0;
        x[at] = -3.5f;
        round_trip(type, f->block);
        for (int64_t i = 0; i < f->block; ++i) {
            if (!CHECK(magnitude_of(y[i] - x[i]) <= 3.5f * spike))
                printf("    %s: spike %g\n", f->name, static_cast<double>(y[i]));
        }
    }
}

static bool finite(float v) { return (float_bits(v) & 0x7f800000) != 0x7f800000; }

// Denormals, the largest floats, NaN and infinities among ordinary values: the result is finite.
static void test_extremes(uint32_t type) {
    const FormatInfo* f = format_info(type);
    const uint32_t specials[] = {0x00000001, 0x807fffff, 0x7f7fffff, 0xff7fffff, 0x7f800000,
                                 0xff800000, 0x7fc00000, 0xffffffff, 0x47800000};
    Random random(type);
    for (int n = 0; n < 200; ++n) {
        const float size = bits_float(static_cast<uint32_t>(1 + n * 253 / 199) << 23);
        for (int64_t i = 0; i < f->block; ++i) x[i] = random.uniform() * size;
        if (n & 1) x[random.next32() % f->block] = bits_float(specials[n / 2 % 9]);
        if (n % 5 == 0) x[random.next32() % f->block] = bits_float(specials[n / 5 % 9]);
        if (n % 17 == 0) {
            for (int64_t i = 0; i < f->block; ++i) x[i] = bits_float(specials[n / 17 % 9]);
        }
        round_trip(type, f->block);
        for (int64_t i = 0; i < f->block; ++i) CHECK(finite(y[i]));
    }
}

// The relative error does not depend on the size of the weights, whatever its exponent within the range of the scales.
static void test_scale_invariance(uint32_t type) {
    const FormatInfo* f = format_info(type);
    double ratio[3];
    for (int n = 0; n < 3; ++n) {
        Random random(9);
        const float size = n == 0 ? 1.0f : n == 1 ? (type == kNVFP4 ? 0x1p-2f : 0x1p-6f) : 0x1p6f;
        for (int64_t i = 0; i < f->block * 4; ++i) x[i] = random.normal() * size;
        round_trip(type, f->block * 4);
        ratio[n] = squared_error(f->block * 4) / squared(f->block * 4);
    }
    CHECK(ratio[1] <= ratio[0] * 1.05 + 1e-9 && ratio[2] <= ratio[0] * 1.05 + 1e-9);
}

int main() {
    reference_fill_formats(&kernels);
    for (const Bound& b : kBounds) {
        test_error(b);
        if (format_is_dense(b.type)) continue;
        test_simple(b.type, b.spike);
        test_extremes(b.type);
        test_scale_invariance(b.type);
    }
    uint8_t guard[4] = {1, 2, 3, 4};
    CHECK(!encode_row(kIQ1_S, x, 256, guard) && !encode_row(4, x, 256, guard) && !encode_row(1000, x, 256, guard));
    CHECK(guard[0] == 1 && guard[3] == 4);
    return REPORT();
}
