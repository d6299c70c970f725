// SPDX-License-Identifier: MIT
// Products of dense weights (F32, F16, BF16) with float activations, over any vocabulary: sixteen accumulators a
// result, then the fixed tree. A tile of rows x columns keeps its accumulators in registers; the tile's shape does not
// change the bits, nor does it change them that accumulators rest in memory between two parts of a row.
#pragma once
#include <cstring>

#include "kernels/isa/inlined.h"
#include "kernels/kernels.h"

namespace thimble {

// Weights are read with unaligned loads of 16 elements; tails element by element, so nothing past the row is read.
template <class V>
struct DenseF32 {
    template <class U>
    using On = DenseF32<U>;
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
    template <class U>
    using On = DenseF16<U>;
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
    template <class U>
    using On = DenseBf16<U>;
    static constexpr size_t kBytes = 2;
    static typename V::f load(const uint8_t* p) { return V::load_bf16(reinterpret_cast<const uint16_t*>(p)); }
    static typename V::f load_n(const uint8_t* p, int n) {
        uint16_t t[16];
        memcpy(t, p, 2 * static_cast<size_t>(n));
        return V::load_bf16_n(t, n);
    }
};

// What a tile computes with: vectors of sixteen lanes, or halves of eight where registers are few.
template <class V>
struct DensePart {
    using Type = V;
    static constexpr int kParts = 1;
    static typename V::f whole(const typename V::f* p) { return p[0]; }
};
template <class V>
requires requires { typename V::Half; }
struct DensePart<V> {
    using Type = typename V::Half;
    static constexpr int kParts = 2;
    static typename V::f whole(const typename Type::f* p) { return {p[0], p[1]}; }
};

// R rows and C columns from some element on. Every `gap` bytes from `ahead` on something is prefetched, once for sixteen
// elements of many columns, else for 128 bytes.
template <int C>
struct DenseTile {
    const uint8_t* w;
    size_t row_bytes;
    const float* x[C];
    int64_t k;
    const uint8_t* ahead;
    size_t gap;
};
template <class V, class W, int R, int C>
struct DenseSums {
    using Part = DensePart<V>;
    using P = typename Part::Type;
    using Loads = typename W::template On<P>;
    static constexpr int kParts = Part::kParts, kLanes = 16 / kParts;
    static constexpr int64_t kLine = 64 / W::kBytes;  // elements
    typename P::f acc[R][C][kParts];

    THIMBLE_INLINE void zero() {
        for (int r = 0; r < R; ++r)
            for (int c = 0; c < C; ++c)
                for (int h = 0; h < kParts; ++h) acc[r][c][h] = P::set1(0.0f);
    }
    THIMBLE_INLINE void load(const float* p) {
        for (int r = 0; r < R; ++r)
            for (int c = 0; c < C; ++c)
                for (int h = 0; h < kParts; ++h) acc[r][c][h] = P::load(p + (r * C + c) * 16 + h * kLanes);
    }
    THIMBLE_INLINE void store(float* p) const {
        for (int r = 0; r < R; ++r)
            for (int c = 0; c < C; ++c)
                for (int h = 0; h < kParts; ++h) P::store(p + (r * C + c) * 16 + h * kLanes, acc[r][c][h]);
    }
    // The tree, to column c of the tile at out + c * stride.
    THIMBLE_INLINE void finish(float* out, int64_t stride) const {
        for (int c = 0; c < C; ++c) {
            if constexpr (R == 4 && requires(typename V::f v, float* p) { V::hsum4(v, v, v, v, p); })
                V::hsum4(acc[0][c][0], acc[1][c][0], acc[2][c][0], acc[3][c][0], out + c * stride);
            else
                for (int r = 0; r < R; ++r) out[c * stride + r] = V::hsum(Part::whole(acc[r][c]));
        }
    }

    THIMBLE_INLINE void step(const DenseTile<C>& t, int64_t i) {
        for (int h = 0; h < kParts; ++h) {
            typename P::f w[R];
            for (int r = 0; r < R; ++r)
                w[r] = Loads::load(t.w + static_cast<size_t>(r) * t.row_bytes +
                                   static_cast<size_t>(i + h * kLanes) * W::kBytes);
            for (int c = 0; c < C; ++c) {
                const auto x = P::load(t.x[c] + i + h * kLanes);
                for (int r = 0; r < R; ++r) acc[r][c][h] = P::fma(w[r], x, acc[r][c][h]);
            }
        }
    }
    // kFetches: prefetches a line of weights.
    template <int kFetches>
    THIMBLE_INLINE void add(const DenseTile<C>& t) {
        int64_t i = 0;
        if constexpr (kFetches > 0) {
            const uint8_t* ahead = t.ahead;
            for (; i + kLine <= t.k; i += kLine) {
                for (int p = 0; p < kFetches; ++p, ahead += t.gap) __builtin_prefetch(ahead, 0, 2);
                for (int64_t j = 0; j < kLine; j += 16) step(t, i + j);
            }
        }
        for (; i + 16 <= t.k; i += 16) step(t, i);
        if (i < t.k) tail(t, i, static_cast<int>(t.k - i));
    }
    // The last n < 16 elements of the rows.
    THIMBLE_INLINE void tail(const DenseTile<C>& t, int64_t i, int n) {
        float rest[16];
        for (int r = 0; r < R; ++r) {
            const auto w =
                W::load_n(t.w + static_cast<size_t>(r) * t.row_bytes + static_cast<size_t>(i) * W::kBytes, n);
            for (int c = 0; c < C; ++c) {
                V::store(rest, V::fma(w, V::load_n(t.x[c] + i, n), Part::whole(acc[r][c])));
                for (int h = 0; h < kParts; ++h) acc[r][c][h] = P::load(rest + h * kLanes);
            }
        }
    }
};

inline const float* dense_column(const Matmul* m, int64_t column) {
    return m->x + (m->col ? m->col[column] : column) * m->x_stride;
}
template <int C>
inline DenseTile<C> dense_at(const Matmul* m, int64_t row, int64_t column, int64_t from, int64_t to, size_t element) {
    DenseTile<C> t;
    t.w = m->w + static_cast<size_t>(row) * m->row_bytes + static_cast<size_t>(from) * element;
    t.row_bytes = m->row_bytes;
    for (int c = 0; c < C; ++c) t.x[c] = dense_column(m, column + c) + from;
    t.k = to - from;
    return t;
}

// Whole rows [row, rows) with C columns, in groups of R, from memory: prefetched in memory order two groups ahead. Only
// reading in order wakes the hardware's own prefetch, which rows side by side do not; every second line is enough, and
// leaves the core's few line buffers to the loads (measured on Zen 4). Returns the row that comes next.
template <class V, class W, int R, int C>
int64_t dense_rows(const Matmul* m, int64_t row, int64_t column) {
    constexpr int kFetches = V::kDenseAhead ? (R + 1) / 2 : 0;
    for (; row + R <= m->rows; row += R) {
        auto t = dense_at<C>(m, row, column, 0, m->k, W::kBytes);
        t.ahead = t.w + 2 * R * m->row_bytes;
        t.gap = 128;
        DenseSums<V, W, R, C> sums;
        sums.zero();
        sums.template add<kFetches>(t);
        sums.finish(m->out + column * m->out_stride + row, m->out_stride);
    }
    return row;
}

// All rows with n <= C columns: as many rows at a time as the registers hold sums of.
template <class V, class W, int C>
void dense_few(const Matmul* m) {
    if constexpr (C > 1) {
        if (m->n < C) return dense_few<V, W, C - 1>(m);
    }
    constexpr int kFit = V::kDenseSums / C, R = kFit < V::kDenseOne ? kFit : V::kDenseOne;
    int64_t row = dense_rows<V, W, R, C>(m, 0, 0);
    for (int64_t c = 0; c < C; ++c) dense_rows<V, W, 1, 1>(m, row, c);
}

// Many columns, in groups of at most C, each of which stays in the caches while kDenseStripe rows pass; one that comes
// next is prefetched meanwhile. Rows longer than kDenseBlock bytes are taken a block at a time; between two blocks the
// accumulators of a stripe, and of as many groups as there is room for, rest in the scratch.
template <class V, class W>
struct DenseMany {
    static constexpr int R = V::kDenseRows, C = V::kDenseCols;
    static constexpr int64_t kBlock = V::kDenseBlock / W::kBytes, kStripe = V::kDenseStripe;
    static constexpr int64_t kGroupSums = kStripe * C * 16,
                             kGroups = static_cast<int64_t>(kMatmulScratch / 4) / kGroupSums;
    static_assert(kStripe % R == 0 && kBlock % 64 == 0 && kGroups > 0);

    const Matmul* m;
    int64_t row, end;  // the stripe
    int64_t groups;    // all columns in groups as even as can be
    int64_t from, to;  // elements

    int64_t first_column(int64_t group) const {
        const int64_t each = m->n / groups, more = m->n % groups;
        return group * each + (group < more ? group : more);
    }
    template <int N>
    void group(int64_t number, float* sums) const {
        const int64_t column = first_column(number);
        if constexpr (N > 1) {
            if (first_column(number + 1) - column < N) return group<N - 1>(number, sums);
        }
        for (int64_t r = row; r < end; r += R, sums += R * N * 16) {
            auto t = dense_at<N>(m, r, column, from, to, W::kBytes);
            if (number == 0) {
                t.ahead = t.w + 2 * R * m->row_bytes;
                t.gap = R * 16 * W::kBytes;
            } else {  // a column of the next group, or what is there already
                const int64_t next = column + N + (r - row) / R;
                t.ahead = reinterpret_cast<const uint8_t*>(next < m->n && r - row < R * C ? dense_column(m, next) + from
                                                                                          : t.x[0]);
                t.gap = 64;
            }
            DenseSums<V, W, R, N> s;
            if (from == 0)
                s.zero();
            else
                s.load(sums);
            s.template add<64 / W::kBytes / 16>(t);
            if (to == m->k)
                s.finish(m->out + column * m->out_stride + r, m->out_stride);
            else
                s.store(sums);
        }
    }
    void run() {
        const int64_t whole = m->rows / R * R;
        groups = (m->n + C - 1) / C;
        const int64_t together = m->k <= kBlock ? groups : kGroups;
        for (row = 0; row < whole; row = end) {
            end = row + kStripe < whole ? row + kStripe : whole;
            for (int64_t first = 0; first < groups; first += together) {
                const int64_t last = first + together < groups ? first + together : groups;
                for (from = 0; from < m->k; from = to) {
                    to = from + kBlock < m->k ? from + kBlock : m->k;
                    for (int64_t g = first; g < last; ++g)
                        group<C>(g, static_cast<float*>(m->scratch) + (g - first) * kGroupSums);
                }
            }
        }
        for (int64_t c = 0; c < m->n; ++c) dense_rows<V, W, 1, 1>(m, whole, c);
    }
};

// Small tiles where nothing else pays: a group of rows stays in the cache while all columns pass.
template <class V, class W>
void dense_plain(const Matmul* m) {
    constexpr int R = V::kDenseRows, C = V::kDenseCols;
    int64_t row = 0;
    Matmul part = *m;
    for (; row + R <= m->rows; row += R) {
        part.rows = row + R;
        int64_t c = 0;
        for (; c + C <= m->n; c += C) dense_rows<V, W, R, C>(&part, row, c);
        for (; c < m->n; ++c) dense_rows<V, W, R, 1>(&part, row, c);
    }
    for (int64_t c = 0; c < m->n; ++c) dense_rows<V, W, 1, 1>(m, row, c);
}

template <class V, class W>
void matmul_dense(const Matmul* m) {
    if constexpr (V::kDenseBlock == 0) {
        dense_plain<V, W>(m);
    } else {
        if (m->n <= V::kDenseCols) return dense_few<V, W, V::kDenseCols>(m);
        DenseMany<V, W> many;
        many.m = m;
        many.run();
    }
}

}  // namespace thimble
