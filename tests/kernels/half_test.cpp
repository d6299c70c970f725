// SPDX-License-Identifier: MIT
// binary16 and bfloat16 conversions against values computed in double from the definition of the formats.
#include "kernels/micro/half.h"

#include "tests/check.h"

using namespace thimble;

static double power_of_two(int e) {
    double v = 1;
    for (; e > 0; --e) v *= 2;
    for (; e < 0; ++e) v /= 2;
    return v;
}

// Value of a finite 16-bit float with the given widths; the exponent after the largest finite one gives the value at
// which rounding turns to infinity.
static double small_float_value(int bits, int mantissa_bits, int bias) {
    const int exponent = bits >> mantissa_bits, mantissa = bits & ((1 << mantissa_bits) - 1);
    if (exponent == 0) return mantissa * power_of_two(1 - bias - mantissa_bits);
    return ((1 << mantissa_bits) + mantissa) * power_of_two(exponent - bias - mantissa_bits);
}

struct Kind {
    int mantissa_bits, bias, infinity;
    uint16_t (*narrow)(float);
    float (*widen)(uint16_t);
};

static void test_widen(const Kind& k) {
    for (int h = 0; h < 65536; ++h) {
        const int magnitude = h & 0x7fff;
        const float f = k.widen(static_cast<uint16_t>(h));
        if (magnitude > k.infinity) {
            CHECK(f != f);
            CHECK((k.narrow(f) & 0x7fff) > k.infinity);
            continue;
        }
        CHECK((float_bits(f) >> 31) == static_cast<uint32_t>(h >> 15));
        if (magnitude == k.infinity) {
            CHECK((float_bits(f) & 0x7fffffff) == 0x7f800000);
        } else {
            const double value = small_float_value(magnitude, k.mantissa_bits, k.bias);
            CHECK(static_cast<double>(f) == (h >> 15 ? -value : value));
        }
        CHECK(k.narrow(f) == h);
    }
}

// Around every midpoint of two neighbours: the midpoint goes to the even one, its float neighbours to the nearer one.
static void test_narrow(const Kind& k) {
    for (int h = 0; h < k.infinity; ++h) {
        const double low = small_float_value(h, k.mantissa_bits, k.bias);
        const double high = small_float_value(h + 1, k.mantissa_bits, k.bias);
        const float middle = static_cast<float>((low + high) / 2);
        if (static_cast<double>(middle) != (low + high) / 2) continue;  // the last midpoint of bfloat16 is no float
        const uint32_t bits = float_bits(middle);
        for (uint32_t negative = 0; negative < 2; ++negative) {
            const uint32_t sign = negative << 31;
            const int s = static_cast<int>(sign >> 16);
            CHECK(k.narrow(bits_float(sign | bits)) == (s | (h & 1 ? h + 1 : h)));
            CHECK(k.narrow(bits_float(sign | (bits - 1))) == (s | h));
            CHECK(k.narrow(bits_float(sign | (bits + 1))) == (s | (h + 1)));
        }
    }
    CHECK(k.narrow(bits_float(0x7f800000)) == k.infinity);
    CHECK(k.narrow(bits_float(0x7f7fffff)) == k.infinity);
    CHECK(k.narrow(bits_float(1)) == 0);
}

int main() {
    const Kind kinds[] = {{10, 15, 0x7c00, f32_to_f16, f16_to_f32}, {7, 127, 0x7f80, f32_to_bf16, bf16_to_f32}};
    for (const Kind& k : kinds) {
        test_widen(k);
        test_narrow(k);
    }
    return REPORT();
}
