// SPDX-License-Identifier: MIT
// exp, tanh, erf and the activations on 16 lanes, over any vocabulary (isa/). The polynomials of exp and tanh are our
// own fits (interpolation at Chebyshev nodes in 50 digits); the order of operations written here is the definition.
#pragma once
#include "kernels/kernels.h"

namespace thimble {

// Nearest integer, ties to even, as a float; |x| < 2^22.
template <class V>
inline typename V::f round_even(typename V::f x) {
    const auto magic = V::set1(12582912.0f);  // 1.5 * 2^23: adding it leaves no bits below one
    return V::sub(V::add(x, magic), magic);
}

// e^x; saturates at e^88, is 0 at and below -87.3 and for NaN. Error below 1.2 ulp.
// x = n ln2 + r, |r| <= ln2 / 2; e^r = 1 + r + r^2 P(r), P of degree 5.
template <class V>
inline typename V::f vec_exp(typename V::f x) {
    const auto lowest = V::set1(-87.3f);
    const auto live = V::less(lowest, x);
    x = V::min(V::max(x, lowest), V::set1(88.0f));
    const auto magic = V::set1(12582912.0f);
    const auto shifted = V::add(V::mul(x, V::set1(1.44269504f)), magic);
    const auto n = V::sub(shifted, magic);
    auto r = V::fma(n, V::set1(-0.693145752f), x);  // ln2 in two pieces; the first has 15 bits, so n * it is exact
    r = V::fma(n, V::set1(-1.42860682e-6f), r);
    auto p = V::fma(V::set1(1.98919814e-4f), r, V::set1(1.39345419e-3f));
    p = V::fma(p, r, V::set1(8.33331002e-3f));
    p = V::fma(p, r, V::set1(4.16664568e-2f));
    p = V::fma(p, r, V::set1(1.66666667e-1f));
    p = V::fma(p, r, V::set1(0.5f));
    p = V::add(V::fma(p, V::mul(r, r), r), V::set1(1.0f));
    // 2^n from the low bits of the shifted sum; n in [-126, 127].
    const auto power = V::template shl_i<23>(V::add_i(V::bits(shifted), V::set1_i(127 - 0x4b400000)));
    return V::select(live, V::mul(p, V::from_bits(power)), V::set1(0.0f));
}

// tanh: an odd polynomial below 0.625, else 1 - 2 / (e^2x + 1). Error below 1.5 ulp.
template <class V>
inline typename V::f vec_tanh(typename V::f x) {
    const auto sign = V::and_i(V::bits(x), V::set1_i(INT32_MIN));
    const auto a = V::from_bits(V::xor_i(V::bits(x), sign));
    const auto u = V::mul(a, a);
    auto p = V::fma(V::set1(2.28302436e-3f), u, V::set1(-8.33532427e-3f));
    p = V::fma(p, u, V::set1(2.17662723e-2f));
    p = V::fma(p, u, V::set1(-5.39589328e-2f));
    p = V::fma(p, u, V::set1(1.33333022e-1f));
    p = V::fma(p, u, V::set1(-3.33333332e-1f));
    const auto small = V::fma(V::mul(p, u), a, a);
    const auto one = V::set1(1.0f);
    const auto e = vec_exp<V>(V::add(a, a));
    const auto large = V::sub(one, V::div(V::set1(2.0f), V::add(e, one)));
    const auto t = V::select(V::less(a, V::set1(0.625f)), small, large);
    return V::from_bits(V::or_i(V::bits(t), sign));
}

// erf, absolute error below 5e-7 (most of it rounding): Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26.
template <class V>
inline typename V::f vec_erf(typename V::f x) {
    const auto sign = V::and_i(V::bits(x), V::set1_i(INT32_MIN));
    const auto a = V::from_bits(V::xor_i(V::bits(x), sign));
    const auto one = V::set1(1.0f);
    const auto t = V::div(one, V::fma(V::set1(0.3275911f), a, one));
    auto p = V::fma(V::set1(1.061405429f), t, V::set1(-1.453152027f));
    p = V::fma(p, t, V::set1(1.421413741f));
    p = V::fma(p, t, V::set1(-0.284496736f));
    p = V::fma(p, t, V::set1(0.254829592f));
    p = V::mul(p, t);
    const auto e = vec_exp<V>(V::sub(V::set1(0.0f), V::mul(a, a)));
    const auto r = V::sub(one, V::mul(p, e));
    return V::from_bits(V::or_i(V::bits(r), sign));
}

// x / (1 + e^-(k x))
template <class V>
inline typename V::f vec_sigmoid_times(typename V::f x, float k) {
    const auto e = vec_exp<V>(V::mul(x, V::set1(-k)));
    return V::div(x, V::add(V::set1(1.0f), e));
}

template <class V>
inline typename V::f vec_activate(Activation act, typename V::f g) {
    const auto half = V::set1(0.5f), one = V::set1(1.0f), zero = V::set1(0.0f);
    switch (act) {
        case kActSilu: return vec_sigmoid_times<V>(g, 1.0f);
        case kActSwigluOai: return vec_sigmoid_times<V>(V::min(g, V::set1(7.0f)), 1.702f);
        case kActGeluQuick: return vec_sigmoid_times<V>(g, 1.702f);
        case kActGeluTanh: {  // 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
            const auto inner = V::mul(V::mul(g, V::set1(0.797884561f)), V::fma(V::mul(g, g), V::set1(0.044715f), one));
            return V::mul(V::mul(g, half), V::add(one, vec_tanh<V>(inner)));
        }
        case kActGeluErf: return V::mul(V::mul(g, half), V::add(one, vec_erf<V>(V::mul(g, V::set1(0.707106781f)))));
        case kActRelu: return V::max(g, zero);
        case kActReluSquared: {
            const auto r = V::max(g, zero);
            return V::mul(r, r);
        }
        default: return g;
    }
}

// y = act(g) * u. SwigluOai (gpt-oss): g' = min(g, 7), u' = clamp(u, -7, 7), y = g' sigmoid(1.702 g') (u' + 1).
template <class V>
void activate(Activation act, const float* g, const float* u, int64_t n, float* y) {
    for (int64_t at = 0; at < n; at += 16) {
        const int w = n - at < 16 ? static_cast<int>(n - at) : 16;
        auto a = vec_activate<V>(act, V::load_n(g + at, w));
        if (u) {
            auto b = V::load_n(u + at, w);
            if (act == kActSwigluOai) b = V::add(V::min(V::max(b, V::set1(-7.0f)), V::set1(7.0f)), V::set1(1.0f));
            a = V::mul(a, b);
        }
        V::store_n(y + at, w, a);
    }
}

}  // namespace thimble
