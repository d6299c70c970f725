// SPDX-License-Identifier: MIT
// Norms, sums, rope, softmax and the quantising of activations, over any vocabulary (isa/).
#pragma once
#include "kernels/kernels.h"
#include "kernels/micro/sqrt.h"
#include "kernels/micro/vecmath.h"

namespace thimble {

// Calls fn(offset, width) over n elements in vectors of 16; the last may be narrower.
template <class Fn>
inline void for_vectors(int64_t n, Fn fn) {
    int64_t at = 0;
    for (; at + 16 <= n; at += 16) fn(at, 16);
    if (at < n) fn(at, static_cast<int>(n - at));
}

// y = (x - shift) * factor * w + b, with w and b optional: ((x - shift) * factor), then fma or mul or add.
template <class V>
inline void scale_shift(const float* x, float shift, float factor, const float* w, const float* b, int64_t n,
                        float* y) {
    const auto s = V::set1(shift), f = V::set1(factor);
    for_vectors(n, [&](int64_t at, int width) {
        auto v = V::mul(V::sub(V::load_n(x + at, width), s), f);
        if (w && b)
            v = V::fma(v, V::load_n(w + at, width), V::load_n(b + at, width));
        else if (w)
            v = V::mul(v, V::load_n(w + at, width));
        else if (b)
            v = V::add(v, V::load_n(b + at, width));
        V::store_n(y + at, width, v);
    });
}

template <class V>
void rms_norm(const float* x, const float* w, const float* b, float eps, int64_t n, float* y) {
    auto acc = V::set1(0.0f);
    for_vectors(n, [&](int64_t at, int width) {
        const auto v = V::load_n(x + at, width);
        acc = V::fma(v, v, acc);
    });
    const float mean = V::hsum(acc) / static_cast<float>(n);
    scale_shift<V>(x, 0.0f, 1.0f / sqrt32(mean + eps), w, b, n, y);
}

template <class V>
void layer_norm(const float* x, const float* w, const float* b, float eps, int64_t n, float* y) {
    auto sum = V::set1(0.0f);
    for_vectors(n, [&](int64_t at, int width) { sum = V::add(sum, V::load_n(x + at, width)); });
    const float mean = V::hsum(sum) / static_cast<float>(n);
    const auto m = V::set1(mean);
    auto acc = V::set1(0.0f);
    for_vectors(n, [&](int64_t at, int width) {
        auto v = V::sub(V::load_n(x + at, width), m);
        if (width < 16) v = V::select(V::range(0, width), v, V::set1(0.0f));
        acc = V::fma(v, v, acc);
    });
    const float variance = V::hsum(acc) / static_cast<float>(n);
    scale_shift<V>(x, mean, 1.0f / sqrt32(variance + eps), w, b, n, y);
}

template <class V>
void add(const float* a, const float* b, int64_t n, float* y) {
    for_vectors(n,
                [&](int64_t at, int w) { V::store_n(y + at, w, V::add(V::load_n(a + at, w), V::load_n(b + at, w))); });
}

template <class V>
void add_scaled(const float* a, const float* b, float s, int64_t n, float* y) {
    const auto sv = V::set1(s);
    for_vectors(
        n, [&](int64_t at, int w) { V::store_n(y + at, w, V::fma(V::load_n(b + at, w), sv, V::load_n(a + at, w))); });
}

template <class V>
void scale(float s, int64_t n, float* y) {
    const auto sv = V::set1(s);
    for_vectors(n, [&](int64_t at, int w) { V::store_n(y + at, w, V::mul(V::load_n(y + at, w), sv)); });
}

template <class V>
void softcap(float cap, int64_t n, float* y) {
    const auto c = V::set1(cap);
    for_vectors(
        n, [&](int64_t at, int w) { V::store_n(y + at, w, V::mul(vec_tanh<V>(V::div(V::load_n(y + at, w), c)), c)); });
}

// The two members of a pair: a' = a cos - b sin, b' = a sin + b cos, as fma(a, cos, -(b sin)) and fma(a, sin, b cos).
template <class V>
void rope(float* x, int64_t heads, int64_t d, int64_t n_rot, int neox, const float* cos, const float* sin) {
    const int64_t half = n_rot / 2;
    const auto zero = V::set1(0.0f);
    for (int64_t h = 0; h < heads; ++h, x += d) {
        for_vectors(half, [&](int64_t at, int w) {
            const auto c = V::load_n(cos + at, w), s = V::load_n(sin + at, w);
            float even[16], odd[16];
            float* pa = neox ? x + at : even;
            float* pb = neox ? x + half + at : odd;
            if (!neox)
                for (int l = 0; l < w; ++l) even[l] = x[2 * (at + l)], odd[l] = x[2 * (at + l) + 1];
            const auto a = V::load_n(pa, w), b = V::load_n(pb, w);
            V::store_n(pa, w, V::fma(a, c, V::sub(zero, V::mul(b, s))));
            V::store_n(pb, w, V::fma(a, s, V::mul(b, c)));
            if (!neox)
                for (int l = 0; l < w; ++l) x[2 * (at + l)] = even[l], x[2 * (at + l) + 1] = odd[l];
        });
    }
}

// x = exp(x - max) / sum, lanes of 16.
template <class V>
void softmax(float* x, int64_t n) {
    const auto lowest = V::set1(-__builtin_inff());
    auto top = lowest;
    for_vectors(n,
                [&](int64_t at, int w) { top = V::max(top, V::select(V::range(0, w), V::load_n(x + at, w), lowest)); });
    const auto m = V::set1(V::hmax(top));
    auto sum = V::set1(0.0f);
    for_vectors(n, [&](int64_t at, int w) {
        const auto e = V::select(V::range(0, w), vec_exp<V>(V::sub(V::load_n(x + at, w), m)), V::set1(0.0f));
        sum = V::add(sum, e);
        V::store_n(x + at, w, e);
    });
    const auto total = V::set1(V::hsum(sum));
    for_vectors(n, [&](int64_t at, int w) { V::store_n(x + at, w, V::div(V::load_n(x + at, w), total)); });
}

// A block of 32 with one scale (kernels/README.md, "Quantised activations").
template <class V>
inline void quantize_block(const float* x, int8_t* q, float* d, int16_t* s) {
    const auto mask = V::set1_i(0x7fffffff);
    const auto limit = V::set1(127.0f), low = V::set1(-127.0f);
    const auto x0 = V::load(x), x1 = V::load(x + 16);
    const int32_t bits = V::hmax_i(V::max_i(V::and_i(V::bits(x0), mask), V::and_i(V::bits(x1), mask)));
    if (bits >= 0x7f800000 || bits < 0x0d800000) {  // inf or NaN; below 2^-100
        memset(q, 0, 32);
        s[0] = s[1] = 0;
        *d = bits >= 0x7f800000 ? bits_float(0x7fc00000) : 0.0f;
        return;
    }
    const float amax = bits_float(bits);
    const auto id = V::set1(127.0f / amax);
    *d = amax / 127.0f;
    s[0] = static_cast<int16_t>(V::store_i8(q, V::max(V::min(round_even<V>(V::mul(x0, id)), limit), low)));
    s[1] = static_cast<int16_t>(V::store_i8(q + 16, V::max(V::min(round_even<V>(V::mul(x1, id)), limit), low)));
}
// Where a vocabulary has quantize_blocks, that takes as many blocks as it likes, if all are ordinary.
template <class V>
void quantize(const float* x, int64_t k, int8_t* q, float* d, int16_t* s) {
    const int64_t blocks = k / 32;
    for (int64_t b = 0; b < blocks;) {
        int64_t end = b + 1;
        if constexpr (requires { V::kQuantizeBlocks; }) {
            if (b + V::kQuantizeBlocks <= blocks) {
                end = b + V::kQuantizeBlocks;
                if (V::quantize_blocks(x + 32 * b, q + 32 * b, d + b, s + 2 * b)) b = end;
            }
        }
        for (; b < end; ++b) quantize_block<V>(x + 32 * b, q + 32 * b, d + b, s + 2 * b);
    }
}

}  // namespace thimble
