// SPDX-License-Identifier: MIT
// Products of dense weights (F32, F16, BF16) with float activations, over any vocabulary: sixteen accumulators a
// result, then the fixed tree. A tile of rows x columns keeps its accumulators in registers; the tile's shape does not
// change the bits.
#pragma once
#include <cstring>

#include "kernels/kernels.h"

namespace thimble {

// Weights are read with unaligned loads of 16 elements; tails element by element, so nothing past the row is read.
template <class V>
struct DenseF32 {
    static constexpr size_t kBytes = 4;
    static typename V::f load(const uint8_t* p) { return V::load(reinterpret_cast<const float*>(p)); }
    static typename V::f load_n(const uint8_t* p, int n) {
        float t[16];
        memcpy(t, p, 4 * static_cast<size_t>(n));
        return V::load_n(t, n);
    }
};
template <class V>
struct DenseF16 {
    static constexpr size_t kBytes = 2;
    static typename V::f load(const uint8_t* p) { return V::load_f16(reinterpret_cast<const uint16_t*>(p)); }
    static typename V::f load_n(const uint8_t* p, int n) {
        uint16_t t[16];
        memcpy(t, p, 2 * static_cast<size_t>(n));
        return V::load_f16_n(t, n);
    }
};
template <class V>
struct DenseBf16 {
    static constexpr size_t kBytes = 2;
    static typename V::f load(const uint8_t* p) { return V::load_bf16(reinterpret_cast<const uint16_t*>(p)); }
    static typename V::f load_n(const uint8_t* p, int n) {
        uint16_t t[16];
        memcpy(t, p, 2 * static_cast<size_t>(n));
        return V::load_bf16_n(t, n);
    }
};

template <class V, class W, int R, int C>
inline void dense_tile(const Matmul* a, int64_t row, int64_t column) {
    const uint8_t* w[R];
    const float* x[C];
    for (int r = 0; r < R; ++r) w[r] = a->w + static_cast<size_t>(row + r) * a->row_bytes;
    for (int c = 0; c < C; ++c) x[c] = a->x + (a->col ? a->col[column + c] : column + c) * a->x_stride;
    typename V::f acc[R][C];
    for (int r = 0; r < R; ++r)
        for (int c = 0; c < C; ++c) acc[r][c] = V::set1(0.0f);
    int64_t i = 0;
    for (; i + 16 <= a->k; i += 16) {
        typename V::f wr[R];
        for (int r = 0; r < R; ++r) wr[r] = W::load(w[r] + static_cast<size_t>(i) * W::kBytes);
        for (int c = 0; c < C; ++c) {
            const auto xc = V::load(x[c] + i);
            for (int r = 0; r < R; ++r) acc[r][c] = V::fma(wr[r], xc, acc[r][c]);
        }
    }
    if (i < a->k) {
        const int n = static_cast<int>(a->k - i);
        for (int c = 0; c < C; ++c) {
            const auto xc = V::load_n(x[c] + i, n);
            for (int r = 0; r < R; ++r)
                acc[r][c] = V::fma(W::load_n(w[r] + static_cast<size_t>(i) * W::kBytes, n), xc, acc[r][c]);
        }
    }
    for (int r = 0; r < R; ++r)
        for (int c = 0; c < C; ++c) a->out[(column + c) * a->out_stride + row + r] = V::hsum(acc[r][c]);
}

// Rows outside, so that a group of rows stays in the cache while all columns pass.
template <class V, class W>
void matmul_dense(const Matmul* a) {
    constexpr int R = V::kDenseRows, C = V::kDenseCols;
    int64_t row = 0;
    for (; row + R <= a->rows; row += R) {
        int64_t c = 0;
        for (; c + C <= a->n; c += C) dense_tile<V, W, R, C>(a, row, c);
        for (; c < a->n; ++c) dense_tile<V, W, R, 1>(a, row, c);
    }
    for (; row < a->rows; ++row)
        for (int64_t c = 0; c < a->n; ++c) dense_tile<V, W, 1, 1>(a, row, c);
}

}  // namespace thimble
