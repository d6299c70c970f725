// SPDX-License-Identifier: MIT
// Two to four columns where registers are many, and nothing better is at hand (OwnColumns): rows are turned and unpacked as for a panel (micro/quant_matmul.h), but
// words of sixteen rows meet their activations at once, without the panel's stores and loads, which would take as long
// as the products of so few columns. For formats of which two neighbouring blocks share bytes (R::kShared 1) and have one
// integer sum each: with one block at a time (Q4_0 and the like) the panel is as fast or faster, because its two groups
// of rows share each broadcast of activations, unless the loop is written for it (micro/avx512_few_columns.h).
// Internal linkage: compiled once an ISA.
#pragma once
#include "kernels/micro/quant_matvec.h"

namespace thimble {
namespace {

constexpr int64_t kFusedColumns = 4;  // at most: sums of two blocks and the accumulators stay in registers

template <class V, class R>
constexpr bool kFused = false;
template <class V, class R>
requires(
    requires { R::kBytewise; } &&
    !requires { R::kFoldBias; }) constexpr bool kFused<V, R> = !V::kPairSums && !V::kFewRegisters &&
                                                               !kHalves<R> && R::kShared == 1;

// Weights 128 U to 128 U + 127 of the chunk of kRows rows at p, times C columns.
template <class V, class R, int U, int C>
THIMBLE_INLINE void fused_unit(const uint8_t* p, size_t stride, const RowScales<V>& s, const ActChunk* a,
                               const Prefetch& ahead, typename V::rf acc[C]) {
    using Sets = BlockSets<R>;
    constexpr int kSets = Sets::kSets, kEach = Sets::kEach;
#pragma GCC unroll 4
    for (int set = 0; set < kSets; ++set) {
        asm("" : "+r"(p));  // else GCC loads all sets at once, and spills
        typename V::rb turned[8][4];
        turn_set<V, R, U>(p, stride, set, ahead, turned);
        typename V::ri sum[kEach][C];
#pragma GCC unroll 4
        for (int e = 0; e < kEach; ++e)
            for (int c = 0; c < C; ++c)
                sum[e][c] = R::kBias != 0 ? V::ri_set1(a[c].bias[4 * U + Sets::block(set, e)]) : V::ri_set1(0);
#pragma GCC unroll 4
        for (int k = 0; k < 4; ++k) {
            typename V::rb w[8];
            unpack_word<V, R, U>(turned, k, w);
#pragma GCC unroll 4
            for (int e = 0; e < 2 * kEach; ++e) {
                const int half = 2 * Sets::block(set, e / 2) + e % 2;
                for (int c = 0; c < C; ++c) {
                    const auto x = V::ri_set1(load_word(a[c].q + 4 * (4 * (8 * U + half) + k)));
                    sum[e / 2][c] = V::dot4(sum[e / 2][c], w[half], x);
                }
            }
        }
#pragma GCC unroll 4
        for (int e = 0; e < kEach; ++e)
            for (int c = 0; c < C; ++c) {
                const int b = 4 * U + Sets::block(set, e);
                acc[c] = float_steps<V, R>(s, b, a[c].d[b], a[c].ds, sum[e][c], sum[e][c], acc[c]);
            }
    }
}

// m->rows >= kRows, m->k a multiple of 256, C columns.
template <class V, class R, int C>
void quant_few_columns(const Matmul* m) {
    const int64_t blocks = m->k / 32;
    for (int64_t row = 0; row < m->rows; row += V::kRows) {
        if (row + V::kRows > m->rows) row = m->rows - V::kRows;  // again some rows: the same bits
        const uint8_t* p = m->w + static_cast<size_t>(row) * m->row_bytes;
        typename V::rf acc[C];
        for (int c = 0; c < C; ++c) acc[c] = V::rf_set1(0.0f);
        for (int64_t block = 0; block < blocks; block += 8, p += kChunkBytes<R>) {
            ActChunk a[C];
            for (int c = 0; c < C; ++c) load_acts<V, R>(m, column_of(m, c), block, 8, &a[c]);
            const Prefetch ahead = prefetch_at<V, R, kMatvecAhead>(p, m, block, V::kRows * m->row_bytes);
            RowScales<V> s;
            R::scales(p, m->row_bytes, s, nullptr);
            fused_unit<V, R, 0, C>(p, m->row_bytes, s, a, ahead, acc);
            fused_unit<V, R, 1, C>(p, m->row_bytes, s, a, ahead, acc);
        }
        for (int c = 0; c < C; ++c) V::rf_store(m->out + c * m->out_stride + row, acc[c]);
    }
}

// A loop of its own, where a vocabulary has one for a format (micro/avx512_few_columns.h).
template <class V, class R>
struct OwnColumns {
    static constexpr bool kOwn = false;
};

// Whether it took the call.
template <class V, class R>
bool quant_few_columns(const Matmul* m) {
    if constexpr (OwnColumns<V, R>::kOwn) {
        if (m->n > OwnColumns<V, R>::kMost || m->rows < V::kRows) return false;
        OwnColumns<V, R>::multiply(m);
        return true;
    }
    if constexpr (kFused<V, R>) {
        if (m->n > kFusedColumns || m->rows < V::kRows || m->k % 256) return false;
        if (m->n == 2) quant_few_columns<V, R, 2>(m);
        if (m->n == 3) quant_few_columns<V, R, 3>(m);
        if (m->n == 4) quant_few_columns<V, R, 4>(m);
        return true;
    }
    return false;
}

}  // namespace
}  // namespace thimble
