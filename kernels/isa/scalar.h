// SPDX-License-Identifier: MIT
// The scalar vocabulary: sixteen float lanes as an array. It defines what every word means; other ISAs spell the same
// words with registers (two of AVX2, one of AVX-512, four of NEON). The loops in micro/ are templates over such a
// struct, so equal bits follow from equal words. Internal linkage: see kernels/micro/half.h.
#pragma once
#include <cstdint>
#include <cstring>

#include "kernels/micro/fma.h"
#include "kernels/micro/half.h"

namespace thimble {
namespace {

struct ScalarIsa {
    struct f {
        float v[16];
    };  // 16 floats
    struct i {
        int32_t v[16];
    };  // 16 int32, wrapping arithmetic
    struct m {
        uint32_t bits;
    };  // 16 flags, lane l at bit l

    // Dense products (micro/dense.h): a tile of rows and columns. Where caches and prefetch are to be thought of
    // (kDenseBlock > 0): rows with one column, accumulators of few columns, bytes of a row and rows that pass together.
    static constexpr int kDenseRows = 2, kDenseCols = 2, kDenseBlock = 0;
    static constexpr bool kDenseAhead = false;  // weights are prefetched
    // How many accumulators the loops of attention may keep in registers.
    static constexpr int kAttnRows = 2;     // query rows of an attention tile
    static constexpr int kAttnTiles = 1;    // 16-position tiles taken together in q . k
    static constexpr int kAttnVecs = 2;     // 16-value vectors taken together in p . v
    static constexpr int kDoubleBytes = 8;  // a vector of doubles (micro/doubles.h)

    template <class Fn>
    static f each(Fn fn) {
        f r;
        for (int l = 0; l < 16; ++l) r.v[l] = fn(l);
        return r;
    }
    template <class Fn>
    static i each_i(Fn fn) {
        i r;
        for (int l = 0; l < 16; ++l) r.v[l] = fn(l);
        return r;
    }
    static f set1(float x) {
        return each([&](int) { return x; });
    }
    static f load(const float* p) {  // any alignment, as for all loads here
        f r;
        memcpy(r.v, p, sizeof r.v);
        return r;
    }
    static f load_n(const float* p, int n) {
        return each([&](int l) { return l < n ? p[l] : 0.0f; });
    }  // reads n floats
    static void store(float* p, f a) {
        for (int l = 0; l < 16; ++l) p[l] = a.v[l];
    }
    static void store_n(float* p, int n, f a) {
        for (int l = 0; l < n; ++l) p[l] = a.v[l];
    }
    static f load_f16(const uint16_t* p) {
        uint16_t h[16];
        memcpy(h, p, sizeof h);
        return each([&](int l) { return f16_to_f32(h[l]); });
    }
    static f load_f16_n(const uint16_t* p, int n) {
        return each([&](int l) { return l < n ? f16_to_f32(p[l]) : 0.0f; });
    }
    static f load_bf16(const uint16_t* p) {
        uint16_t h[16];
        memcpy(h, p, sizeof h);
        return each([&](int l) { return bf16_to_f32(h[l]); });
    }
    static f load_bf16_n(const uint16_t* p, int n) {
        return each([&](int l) { return l < n ? bf16_to_f32(p[l]) : 0.0f; });
    }
    static void store_f16(uint16_t* p, f a) {
        for (int l = 0; l < 16; ++l) p[l] = f32_to_f16(a.v[l]);
    }
    static f load_i8(const int8_t* p) {
        return each([&](int l) { return static_cast<float>(p[l]); });
    }  // 16 int8

    static f add(f a, f b) {
        return each([&](int l) { return a.v[l] + b.v[l]; });
    }
    static f sub(f a, f b) {
        return each([&](int l) { return a.v[l] - b.v[l]; });
    }
    static f mul(f a, f b) {
        return each([&](int l) { return a.v[l] * b.v[l]; });
    }
    static f div(f a, f b) {
        return each([&](int l) { return a.v[l] / b.v[l]; });
    }
    static f fma(f a, f b, f c) {
        return each([&](int l) { return fma32(a.v[l], b.v[l], c.v[l]); });
    }
    static f max(f a, f b) {
        return each([&](int l) { return a.v[l] > b.v[l] ? a.v[l] : b.v[l]; });
    }
    static f min(f a, f b) {
        return each([&](int l) { return a.v[l] < b.v[l] ? a.v[l] : b.v[l]; });
    }

    static m less(f a, f b) {  // false where unordered
        m r{0};
        for (int l = 0; l < 16; ++l) r.bits |= static_cast<uint32_t>(a.v[l] < b.v[l]) << l;
        return r;
    }
    static m range(int lo, int hi) {  // lanes [lo, hi), any ints
        lo = lo < 0 ? 0 : lo > 16 ? 16 : lo;
        hi = hi < lo ? lo : hi > 16 ? 16 : hi;
        return {((1u << hi) - 1) & ~((1u << lo) - 1)};
    }
    static f select(m c, f a, f b) {
        return each([&](int l) { return (c.bits >> l & 1) ? a.v[l] : b.v[l]; });
    }

    static i set1_i(int32_t x) {
        return each_i([&](int) { return x; });
    }
    static i bits(f a) {
        return each_i([&](int l) { return static_cast<int32_t>(float_bits(a.v[l])); });
    }
    static f from_bits(i a) {
        return each([&](int l) { return bits_float(static_cast<uint32_t>(a.v[l])); });
    }
    static f to_float(i a) {
        return each([&](int l) { return static_cast<float>(a.v[l]); });
    }  // |a| < 2^24
    static i add_i(i a, i b) {
        return each_i(
            [&](int l) { return static_cast<int32_t>(static_cast<uint32_t>(a.v[l]) + static_cast<uint32_t>(b.v[l])); });
    }
    static i and_i(i a, i b) {
        return each_i([&](int l) { return a.v[l] & b.v[l]; });
    }
    static i or_i(i a, i b) {
        return each_i([&](int l) { return a.v[l] | b.v[l]; });
    }
    static i xor_i(i a, i b) {
        return each_i([&](int l) { return a.v[l] ^ b.v[l]; });
    }
    static i max_i(i a, i b) {
        return each_i([&](int l) { return a.v[l] > b.v[l] ? a.v[l] : b.v[l]; });
    }
    template <int n>
    static i shl_i(i a) {
        return each_i([&](int l) { return static_cast<int32_t>(static_cast<uint32_t>(a.v[l]) << n); });
    }
    static int32_t hmax_i(i a) {  // the largest lane
        int32_t r = a.v[0];
        for (int l = 1; l < 16; ++l) r = a.v[l] > r ? a.v[l] : r;
        return r;
    }
    // Lane l += p[4l] * q[0] + ... + p[4l + 3] * q[3]; q packed in one word, first at the low end; all in [-127, 127].
    // The keys of 16 positions, four bytes each, may be held moved up by kKeyBias; then sums start at what that takes off.
    using keys = const int8_t*;
    static constexpr int kKeyBias = 0;
    static keys load_keys(const int8_t* p) { return p; }
    static i dot4_i8(i acc, keys p, int32_t q4) {
        int8_t q[4];
        for (int b = 0; b < 4; ++b) q[b] = static_cast<int8_t>(static_cast<uint32_t>(q4) >> (8 * b));
        return each_i([&](int l) {
            return acc.v[l] + p[4 * l] * q[0] + p[4 * l + 1] * q[1] + p[4 * l + 2] * q[2] + p[4 * l + 3] * q[3];
        });
    }
    // Integral floats in [-127, 127] to int8; returns their exact sum.
    static int32_t store_i8(int8_t* p, f a) {
        int32_t sum = 0;
        for (int l = 0; l < 16; ++l) sum += p[l] = static_cast<int8_t>(a.v[l]);
        return sum;
    }

    // The fixed tree over 16 lanes (kernels/README.md).
    static float hsum(f a) {
        for (int w = 8; w; w /= 2)
            for (int l = 0; l < w; ++l) a.v[l] = a.v[l] + a.v[l + w];
        return a.v[0];
    }
    static float hmax(f a) {
        for (int w = 8; w; w /= 2)
            for (int l = 0; l < w; ++l) a.v[l] = a.v[l] > a.v[l + w] ? a.v[l] : a.v[l + w];
        return a.v[0];
    }
};

}  // namespace
}  // namespace thimble
