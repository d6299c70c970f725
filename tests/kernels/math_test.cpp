// SPDX-License-Identifier: MIT
// exp, tanh, erf, sin, cos, log, pow and sqrt: near those of the system, and the same bits everywhere. Tiers are compared
// over sweeps of all floats and doubles; sums of the results' bits, the same constants on every architecture, stand for
// the rest.
#include <math.h>

#include <cstring>
#include <initializer_list>

#include "kernels/isa/scalar.h"
#include "kernels/kernels.h"
#include "kernels/micro/vecmath.h"
#include "tests/check.h"
#include "tests/kernels/compared_tiers.h"
#include "tests/kernels/random.h"

using namespace thimble;

namespace {

struct Bits {  // FNV-1a over 64-bit words; a NaN counts as one
    uint64_t sum = 0xcbf29ce484222325u;
    void add(uint64_t v) { sum = (sum ^ v) * 0x100000001b3u; }
    void add(float v) { add(v != v ? uint64_t{0x7fc00000} : float_bits(v)); }
    void add(double v) {
        uint64_t u;
        memcpy(&u, &v, 8);
        add(v != v ? uint64_t{0x7ff8} << 48 : u);
    }
};

void check_sum(const char* what, const Bits& bits, uint64_t want) {
    if (!CHECK(bits.sum == want))
        fprintf(stderr, "    %s: 0x%016llx\n", what, static_cast<unsigned long long>(bits.sum));
}

using Function = float (*)(float);
template <ScalarIsa::f (*fn)(ScalarIsa::f)>
float one(float x) {
    return fn(ScalarIsa::set1(x)).v[0];
}

// The greatest error in units of the last place of the result (relative) or of 1 (absolute).
void check_float(const char* name, Function fn, double (*truth)(double), float low, float high, double bound,
                 bool relative) {
    double worst = 0, at = 0;
    for (int i = 0; i <= 200000; ++i) {
        const float x = low + (high - low) * static_cast<float>(i) / 200000.0f;
        const double want = truth(static_cast<double>(x));
        int exponent = 0;
        frexp(want, &exponent);
        const double unit = relative ? ldexp(1.0, exponent < -125 ? -149 : exponent - 24) : 1.0;
        const double error = fabs(static_cast<double>(fn(x)) - want) / unit;
        if (!(error <= worst)) worst = error, at = static_cast<double>(x);
    }
    printf("%s: error %.3g at %.9g\n", name, worst, at);
    CHECK(worst <= bound);
}

void check_floats() {
    constexpr Function exp32 = one<vec_exp<ScalarIsa>>, tanh32 = one<vec_tanh<ScalarIsa>>,
                       erf32 = one<vec_erf<ScalarIsa>>;
    check_float("exp", exp32, exp, -87.2f, 88.0f, 1.2, true);
    check_float("tanh", tanh32, tanh, -12.0f, 12.0f, 1.5, true);
    check_float("tanh near 0", tanh32, tanh, -0.7f, 0.7f, 1.5, true);
    check_float("erf", erf32, erf, -6.0f, 6.0f, 5e-7, false);
    const float inf = __builtin_inff(), nan = __builtin_nanf("");
    CHECK(exp32(0.0f) == 1.0f && exp32(-87.3f) == 0.0f && exp32(-inf) == 0.0f && exp32(nan) == 0.0f);
    CHECK(exp32(inf) == exp32(88.0f) && exp32(1e38f) == exp32(88.0f));
    CHECK(tanh32(inf) == 1.0f && tanh32(-inf) == -1.0f && tanh32(0.0f) == 0.0f);
    CHECK(erf32(inf) == 1.0f && erf32(-1e30f) == -1.0f);
}

// cos and sin of one angle by the scalar tier.
void angle_of(const Kernels& k, double angle, float* c, float* s) { k.rope_angles(1.0, &angle, 1.0f, 1, c, s); }

void check_doubles() {
    static Kernels reference;
    if (!CHECK(kernels_for("scalar", &reference))) return;
    Random random(3);
    Bits bits;
    double worst_exp = 0, worst_log = 0, worst_pow = 0, worst_sqrt = 0, worst_angle = 0;
    const auto note = [](double* worst, double got, double want) {
        const double error = fabs(got - want) / (fabs(want) > 0 ? fabs(want) : 1.0);
        if (!(error <= *worst)) *worst = error;
    };
    for (int i = 0; i < 100000; ++i) {
        const double u = static_cast<double>(random.next64() >> 11) * 0x1p-53, x = (u - 0.5) * 1300.0;
        const double positive = ldexp(0.5 + u, static_cast<int>(random.next32() % 200) - 100), y = (u - 0.5) * 8;
        note(&worst_exp, math_exp(x), exp(x));
        note(&worst_log, math_log(positive), log(positive));
        note(&worst_pow, math_pow(positive, y), pow(positive, y));
        note(&worst_sqrt, math_sqrt(positive), sqrt(positive));
        bits.add(math_exp(x)), bits.add(math_log(positive)), bits.add(math_pow(positive, y));
        const double angle = u * (i % 2 ? 1e6 : 10.0) * (i % 3 ? 1 : -1);  // positions up to a million, frequency 1
        float c, s;
        angle_of(reference, angle, &c, &s);
        const double c_error = fabs(static_cast<double>(c) - cos(angle)),
                     s_error = fabs(static_cast<double>(s) - sin(angle));
        worst_angle = c_error > worst_angle ? c_error : s_error > worst_angle ? s_error : worst_angle;
        bits.add(c), bits.add(s);
    }
    printf("exp %.3g log %.3g pow %.3g sqrt %.3g (relative), cos and sin %.3g\n", worst_exp, worst_log, worst_pow,
           worst_sqrt, worst_angle);
    CHECK(worst_exp < 1e-15 && worst_log < 1e-15 && worst_pow < 1e-13 && worst_sqrt < 3e-16);
    CHECK(worst_angle <= 0x1p-25 * 1.01);  // half a unit in the last place below 1
    CHECK(math_exp(-1e9) == 0.0 && math_exp(1e9) == math_exp(700.0) && math_log(0.0) == -1e300 && math_log(1.0) == 0.0);
    float c, s;
    for (double bad : {static_cast<double>(__builtin_inff()), static_cast<double>(__builtin_nanf("")), 0x1p60}) {
        angle_of(reference, bad, &c, &s);
        CHECK(c == 1.0f && s == 0.0f);
    }
    check_sum("sum of the functions in double", bits, 0x4ac4abe6ead0c035);
}

// Every activation over floats of all exponents and both signs, and closely about the places where a polynomial ends.
void check_tiers() {
    constexpr int kCount = 4096;
    static float x[kCount], want[kCount], got[kCount];
    static Kernels reference;
    if (!CHECK(kernels_for("scalar", &reference))) return;
    static const ComparedTiers tiers;
    static const float kPlaces[] = {-87.3f, 88.0f, 0.625f, -0.625f, 44.0f, 1.0f, 0x1p-126f, 7.0f};
    Bits bits;
    for (int part = 0; part < 24; ++part) {
        for (int i = 0; i < kCount; ++i)
            x[i] = part < 16 ? bits_float(static_cast<uint32_t>(part * kCount + i) * 65521u)
                             : bits_float(float_bits(kPlaces[part - 16]) + static_cast<uint32_t>(i - kCount / 2));
        for (uint32_t a = kActSilu; a <= kActSwigluOai + 1; ++a) {
            const auto run = [&](const Kernels& k, float* y) {
                memcpy(y, x, sizeof x);
                if (a > kActSwigluOai)
                    k.softcap(30.0f, kCount, y);
                else
                    k.activate(static_cast<Activation>(a), x, nullptr, kCount, y);
            };
            run(reference, want);
            for (float v : want) bits.add(v);
            for (uint32_t t = 0; t < tiers.n; ++t) {
                run(tiers.tier[t], got);
                int i = 0;
                while (i < kCount && (memcmp(want + i, got + i, 4) == 0 || (want[i] != want[i] && got[i] != got[i])))
                    ++i;
                if (!CHECK(i == kCount))
                    fprintf(stderr, "    %s, activation %u of %a: %a, want %a\n", tiers.tier[t].name, a,
                            static_cast<double>(x[i]), static_cast<double>(got[i]), static_cast<double>(want[i]));
            }
        }
    }
    check_sum("sum of the activations", bits, 0xf20a32618decf131);
}

double from_bits64(uint64_t u) {
    double x;
    memcpy(&x, &u, 8);
    return x;
}

// The functions in double as vectors, over doubles of all exponents and both signs, closely about the places where a
// value decides, and where they differ from one number to the next: every tier's lanes, and the single numbers.
void check_double_tiers() {
    constexpr int kCount = 4095;  // no multiple of any number of lanes
    static double x[kCount], y[kCount], want[3][kCount], got[3][kCount];
    static float want_angle[4][kCount], got_angle[4][kCount];
    static const double kPlaces[] = {1.0,
                                     1.41421356237309504880,  // log halves above
                                     0x1p-1022,
                                     0.0,
                                     0.78539816339744830962,  // a quarter turn begins
                                     -2.3561944901923449288,
                                     0x1p50,  // no angle from here on
                                     -0x1p50,
                                     __builtin_inf(),
                                     -__builtin_inf()};
    constexpr int kParts = 26, kSpread = 16;
    static const ComparedTiers tiers;
    static Kernels reference;
    if (!CHECK(kernels_for("scalar", &reference))) return;
    Random random(11);
    Bits bits;
    for (int part = 0; part < kParts; ++part) {
        for (int i = 0; i < kCount; ++i) {
            const uint64_t from = part < kSpread ? 0 : __builtin_bit_cast(uint64_t, kPlaces[part - kSpread]);
            x[i] = part < kSpread ? from_bits64(random.next64())
                                  : from_bits64(from + static_cast<uint64_t>(int64_t{i} - kCount / 2));
            // Powers all over what exp takes, and a little beyond: |y log x| up to 720.
            const double l = math_log(x[i]), u = static_cast<double>(random.next64() >> 11) * 0x1p-53;
            y[i] = i % 16 == 5 ? from_bits64(random.next64()) : (u - 0.5) * 1440.0 / (l != 0 ? l : 1.0);
        }
        static const float kMagnitude = 1.1384f;
        const auto run = [&](const Kernels& k, double out[3][kCount], float angle[4][kCount]) {
            static const double base = 10000.0;
            k.log(x, kCount, out[0]);
            k.pow(x, 1, y, kCount, out[1]);
            k.pow(&base, 0, x, kCount, out[2]);
            k.rope_angles(1.0, x, 1.0f, kCount, angle[0], angle[1]);
            k.rope_angles(4097.0, x, kMagnitude, kCount, angle[2], angle[3]);
        };
        run(reference, want, want_angle);
        for (int i = 0; i < kCount; ++i) {
            const double single[3] = {math_log(x[i]), math_pow(x[i], y[i]), math_pow(10000.0, x[i])};
            for (int f = 0; f < 3; ++f) {
                CHECK(memcmp(&single[f], &want[f][i], 8) == 0);
                bits.add(want[f][i]);
            }
            for (int f = 0; f < 4; ++f) bits.add(want_angle[f][i]);
        }
        for (uint32_t t = 0; t < tiers.n; ++t) {
            run(tiers.tier[t], got, got_angle);
            for (int f = 0; f < 3; ++f) {
                int i = 0;
                while (i < kCount && memcmp(&want[f][i], &got[f][i], 8) == 0) ++i;
                if (!CHECK(i == kCount))
                    fprintf(stderr, "    %s, function %d of %a, %a: %a, want %a\n", tiers.tier[t].name, f, x[i], y[i],
                            got[f][i], want[f][i]);
            }
            for (int f = 0; f < 4; ++f) {
                int i = 0;
                while (i < kCount && memcmp(&want_angle[f][i], &got_angle[f][i], 4) == 0) ++i;
                if (!CHECK(i == kCount))
                    fprintf(stderr, "    %s, %s of %a: %a, want %a\n", tiers.tier[t].name, f % 2 ? "sin" : "cos", x[i],
                            static_cast<double>(got_angle[f][i]), static_cast<double>(want_angle[f][i]));
            }
        }
    }
#if !defined(__SOFTFP__)  // libgcc's addition for ARM rounds some 1 - x wrongly (kernels/README.md)
    check_sum("sum of the vectors in double", bits, 0x0d1589cb08f07f63);
#endif
}

}  // namespace

int main() {
    check_floats();
    check_doubles();
    check_tiers();
    check_double_tiers();
    return REPORT();
}
