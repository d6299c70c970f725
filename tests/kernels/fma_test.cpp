// SPDX-License-Identifier: MIT
// fma32_software against an exact computation in integers of 704 bits, and against the CPU's own fma where it has one.
#include "kernels/micro/fma.h"

#include "tests/check.h"
#include "tests/kernels/random.h"

using namespace thimble;

// A non-negative number in units of 2^-320 (below any product of two floats).
struct Wide {
    static constexpr int kWords = 22, kUnit = 320;
    uint32_t w[kWords];

    static Wide shifted(uint64_t value, int shift) {  // value * 2^shift, shift >= 0
        Wide r = {};
        for (int b = 0; b < 64; ++b) {
            if (value >> b & 1) r.w[(b + shift) / 32] |= 1u << (b + shift) % 32;
        }
        return r;
    }
    int compare(const Wide& o) const {
        for (int i = kWords - 1; i >= 0; --i) {
            if (w[i] != o.w[i]) return w[i] < o.w[i] ? -1 : 1;
        }
        return 0;
    }
    Wide plus(const Wide& o) const {
        Wide r;
        uint64_t carry = 0;
        for (int i = 0; i < kWords; ++i) {
            carry += static_cast<uint64_t>(w[i]) + o.w[i];
            r.w[i] = static_cast<uint32_t>(carry);
            carry >>= 32;
        }
        return r;
    }
    Wide minus(const Wide& o) const {
        Wide r;
        int64_t borrow = 0;
        for (int i = 0; i < kWords; ++i) {
            borrow += static_cast<int64_t>(w[i]) - o.w[i];
            r.w[i] = static_cast<uint32_t>(borrow);
            borrow >>= 32;
        }
        return r;
    }
    int bit(int i) const { return i < 0 ? 0 : w[i / 32] >> i % 32 & 1; }
    bool any_below(int i) const {
        for (int b = 0; b < i; ++b) {
            if (bit(b)) return true;
        }
        return false;
    }
};

struct Parts {
    uint64_t significand;
    int exponent;  // value = significand * 2^exponent
    bool negative;
};
static Parts parts(float f) {
    const uint32_t u = float_bits(f), e = u >> 23 & 255;
    if (e == 0) return {u & 0x7fffff, -149, (u >> 31) != 0};
    return {(u & 0x7fffff) | 0x800000, static_cast<int>(e) - 150, (u >> 31) != 0};
}

static float round_wide(const Wide& v, bool negative) {
    int top = Wide::kWords * 32 - 1;
    while (top >= 0 && !v.bit(top)) --top;
    const uint32_t sign = negative ? 0x80000000u : 0;
    if (top < 0) return bits_float(sign);
    int low = top - 23;  // place of the last bit kept
    if (low < Wide::kUnit - 149) low = Wide::kUnit - 149;
    uint64_t kept = 0;
    for (int i = low + 23; i >= low; --i) kept = kept * 2 + static_cast<uint64_t>(v.bit(i));
    if (v.bit(low - 1) && (v.any_below(low - 1) || (kept & 1))) ++kept;
    int exponent = low - Wide::kUnit;
    if (kept == 1u << 24) {
        kept >>= 1;
        ++exponent;
    }
    if (kept < 1u << 23) return bits_float(sign | static_cast<uint32_t>(kept));  // subnormal
    if (exponent + 150 >= 255) return bits_float(sign | 0x7f800000);
    return bits_float(sign | static_cast<uint32_t>(exponent + 150) << 23 | (kept & 0x7fffff));
}

static float exact_fma(float a, float b, float c) {
    const Parts x = parts(a), y = parts(b), z = parts(c);
    const bool product_negative = x.negative != y.negative;
    const Wide p = Wide::shifted(x.significand * y.significand, x.exponent + y.exponent + Wide::kUnit);
    const Wide q = Wide::shifted(z.significand, z.exponent + Wide::kUnit);
    if (product_negative == z.negative) return round_wide(p.plus(q), z.negative);
    const int order = p.compare(q);
    if (order == 0) return 0.0f;
    return order > 0 ? round_wide(p.minus(q), product_negative) : round_wide(q.minus(p), z.negative);
}

static bool same(float a, float b) { return float_bits(a) == float_bits(b) || (a != a && b != b); }
static bool finite(float f) { return (float_bits(f) & 0x7f800000) != 0x7f800000; }

#if defined(__x86_64__)
__attribute__((target("fma"))) static float cpu_fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
static bool cpu_has_fma() { return __builtin_cpu_supports("fma"); }
#else
static float cpu_fma(float a, float b, float c) { return fma32(a, b, c); }
static bool cpu_has_fma() { return THIMBLE_HARDWARE_FMA; }
#endif

static const uint32_t kEdges[] = {0,          1,          2,          3,          0x400000,   0x7fffff,   0x800000,
                                  0x800001,   0xffffff,   0x1000000,  0x0c800000, 0x1f800000, 0x1f800001, 0x20000000,
                                  0x33800000, 0x34000001, 0x3f000000, 0x3f7fffff, 0x3f800000, 0x3f800001, 0x3fc00000,
                                  0x40490fdb, 0x4b000000, 0x4b7fffff, 0x4b800001, 0x5f000001, 0x5f7fffff, 0x7e800000,
                                  0x7f000000, 0x7f7fffff, 0x7f800000, 0x7fc00000};

static void test_edges() {
    const int n = sizeof kEdges / sizeof *kEdges;
    for (int i = 0; i < n * n * n * 8; ++i) {
        const uint32_t sign = static_cast<uint32_t>(i % 8);
        const float a = bits_float(kEdges[i / 8 % n] | sign << 31),
                    b = bits_float(kEdges[i / 8 / n % n] | sign >> 1 << 31);
        const float c = bits_float(kEdges[i / 8 / n / n] | sign >> 2 << 31);
        const float got = fma32_software(a, b, c);
        if (finite(a) && finite(b) && finite(c)) {
            CHECK(same(got, exact_fma(a, b, c)));
        } else {
            CHECK(same(got, static_cast<float>(static_cast<double>(a) * b + c)));  // rounding does not matter
            if (got != got) CHECK(float_bits(got) == 0x7fc00000);
        }
    }
}

// c is made to lie where sums are hard: cancelling, on or next to a midpoint, or in the subnormals.
static void test_random(int count, float (*want)(float, float, float)) {
    Random random(11);
    for (int i = 0; i < count; ++i) {
        uint32_t ua = random.next32(), ub = random.next32(), uc = random.next32();
        if (i & 1) ua &= 0xfffff000u;
        if (i & 2) ub &= 0xffff0000u;
        if (i & 4) ub = (ub & 0x807fffff) | ((281u - (ua >> 23 & 255)) % 255) << 23;        // the product is about 2^27
        if (i & 8) ub = (ub & 0x807fffff) | ((127u - (ua >> 23 & 255) + 255) % 255) << 23;  // about 2^-127
        const float a = bits_float(ua), b = bits_float(ub), p = a * b;
        if (i & 16) uc = (float_bits(p) ^ 0x80000000u) + (random.next32() % 5) - 2;
        if (i & 32) uc = (uc & 0x80ffffff & ~0xfffu) | ((float_bits(p) >> 23 & 255) % 231 + (i & 64 ? 24 : 0)) << 23;
        const float c = bits_float(uc);
        if (!finite(a) || !finite(b) || !finite(c)) continue;
        if (!CHECK(same(fma32_software(a, b, c), want(a, b, c)))) printf("    %a %a %a\n", a, b, c);
    }
}

int main() {
    test_edges();
    test_random(200000, exact_fma);
    if (cpu_has_fma()) test_random(3000000, cpu_fma);
    return REPORT();
}
