// SPDX-License-Identifier: MIT
// Quantised matrix x vector over any vocabulary with row words: kRows rows at a time, in the file's own layout. The
// integer sums of a block are turned so that rows stand in lanes; then the float steps of kernels/README.md.
// Internal linkage: compiled once an ISA.
#pragma once
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/kernels.h"
#include "kernels/micro/grid_readers.h"

namespace thimble {
namespace {

template <class R>
constexpr bool kHalves = R::Format::kScalePerHalf || R::Format::kFloatScalePerHalf;
template <class R>
constexpr size_t kChunkBytes = static_cast<size_t>(256 / R::Format::kBlock * R::Format::kBytes);

// The activations of one column for one chunk: what the float steps need, in the form of broadcasts.
struct ActChunk {
    const int8_t* q;
    alignas(32) float d[8];
    alignas(32) int32_t bias[16];  // -kBias * sum: [block], or [2 block + half]
    alignas(32) float ds[16];      // d * float(sum) for minima: [block], or [2 block + half]
    int32_t pair[8];               // both sums of a block, the first in the low 16 bits
};
template <class V, class R>
inline void fill_acts(const float* d, const int16_t* s, ActChunk* a) {
    memcpy(a->d, d, sizeof a->d);
    if constexpr (kHalves<R> && R::kBias != 0) {
        for (int h = 0; h < 16; ++h) a->bias[h] = -R::kBias * s[h];
        memcpy(a->pair, s, sizeof a->pair);
    }
    if constexpr (!kHalves<R> && R::kBias != 0) V::template pair_sums<-R::kBias>(s, a->bias);
    if constexpr (R::Format::kMinimum == Minimum::kHalf) V::scaled_sums(d, s, a->ds);
    if constexpr (R::Format::kMinimum == Minimum::kBlock) V::scaled_pair_sums(d, s, a->ds);
}
inline int64_t column_of(const Matmul* m, int64_t c) { return m->col ? m->col[c] : c; }
template <class V, class R>
inline void load_acts(const Matmul* m, int64_t column, int64_t block, int blocks, ActChunk* a) {
    a->q = m->acts.q + column * m->acts.q_stride + block * 32;
    const float* d = m->acts.d + column * m->acts.d_stride + block;
    const int16_t* s = m->acts.s + column * m->acts.s_stride + block * 2;
    if (blocks == 8) return fill_acts<V, R>(d, s, a);
    float some_d[8] = {};  // the end of a row
    int16_t some_s[16] = {};
    memcpy(some_d, d, static_cast<size_t>(blocks) * sizeof *d);
    memcpy(some_s, s, static_cast<size_t>(blocks) * 2 * sizeof *s);
    fill_acts<V, R>(some_d, some_s, a);
}

// The float steps of block b: sum0 is the whole integer sum, or that of the first half beside sum1.
template <class V, class R, class Scales>
inline typename V::rf float_steps(const Scales& s, int b, float d, const float* ds, typename V::ri sum0,
                                  typename V::ri sum1, typename V::rf acc) {
    using F = typename R::Format;
    const auto da = V::rf_set1(d);
    if constexpr (F::kFloatScalePerHalf) {  // the second half's scales stand in m
        acc = V::rf_fma(V::rf_from_int(sum0), V::rf_mul(V::rf_load(s.dw[b]), da), acc);
        return V::rf_fma(V::rf_from_int(sum1), V::rf_mul(V::rf_load(s.m[b]), da), acc);
    }
    acc = V::rf_fma(V::rf_from_int(sum0), V::rf_mul(s.scale(b), da), acc);
    if constexpr (F::kMinimum == Minimum::kBlock) acc = V::rf_fma(s.minimum(b), V::rf_set1(ds[b]), acc);
    if constexpr (F::kMinimum == Minimum::kHalf) {
        acc = V::rf_fma(V::rf_load(s.m[2 * b]), V::rf_set1(ds[2 * b]), acc);
        acc = V::rf_fma(V::rf_load(s.m[2 * b + 1]), V::rf_set1(ds[2 * b + 1]), acc);
    }
    return acc;
}

// What is prefetched while a chunk is worked on, an eighth at a time, so that the few line buffers of a core never fill:
// into the second-level cache the part of the group's neighbour that has the same place in memory order, because only
// reading in order wakes the hardware's own prefetch (rows side by side do not: measured on Zen 4, 17 instead of 31 of
// 31 GB/s), and into the first level the chunk kAhead later of the same rows. Addresses may lie behind the matrix, where
// a prefetch does nothing.
constexpr int64_t kMatvecAhead = 2, kPanelAhead = 2;
struct Prefetch {
    uintptr_t near;  // that chunk of the first row; 0: nothing is prefetched
    size_t stride;   // to the next row
    uintptr_t far;   // kRows chunks in memory order
};
template <class V, class R>
THIMBLE_INLINE void prefetch_far(const Prefetch& ahead, int part) {
    constexpr size_t kFar = V::kRows / 8 * kChunkBytes<R>;
    const size_t first = static_cast<size_t>(part) * kFar / 64, end = static_cast<size_t>(part + 1) * kFar / 64;
    for (size_t line = first; line < end; ++line)
        __builtin_prefetch(reinterpret_cast<const void*>(ahead.far + 64 * line), 0, 2);
}
template <class V, class R>
THIMBLE_INLINE void prefetch_eighth(const Prefetch& ahead, int part) {
    if (!ahead.near) return;
    prefetch_far<V, R>(ahead, part);
    constexpr size_t kEach = V::kRows / 8;
    for (size_t r = kEach * static_cast<size_t>(part); r < kEach * static_cast<size_t>(part + 1); ++r)
        for (size_t i = 0; i < kChunkBytes<R>; i += 64)
            __builtin_prefetch(reinterpret_cast<const void*>(ahead.near + r * ahead.stride + i));
}
// p: this chunk in the first row of the group of V::kRows rows, whose neighbour follows `next_group` bytes later.
template <class V, class R, int64_t kAhead>
inline Prefetch prefetch_at(const uint8_t* p, const Matmul* m, int64_t block, size_t next_group) {
    const auto length = static_cast<size_t>(m->k / 256), chunk = static_cast<size_t>(block / 8);
    const uintptr_t group = reinterpret_cast<uintptr_t>(p) - chunk * kChunkBytes<R>;
    const size_t near = chunk + kAhead;
    return {near < length ? group + near * kChunkBytes<R>
                          : group + next_group + (near - length < length ? near - length : 0) * kChunkBytes<R>,
            m->row_bytes, group + next_group + chunk * V::kRows * kChunkBytes<R>};
}

// What a reader leaves of a chunk's scales for one column: where it can, they stay as they stand in the file until the
// float steps, which hides their latency.
template <class V, class R>
struct ScalesOf {
    using Type = RowScales<V>;
};
template <class V, class R>
requires requires { typename R::Packed; }
struct ScalesOf<V, R> {
    using Type = std::conditional_t<V::kFewRegisters, typename R::Packed, RowScales<V>>;
};

// The sum of a block as float_steps takes it: what the weights' bias adds, and, where halves have integer scales, the
// whole block's from sum0 and sum1.
template <class V, class R, class Scales>
THIMBLE_INLINE void whole_sum(const Scales& s, const ActChunk& a, int b, typename V::ri& sum0, typename V::ri& sum1) {
    if constexpr (kHalves<R>) {
        if constexpr (R::kBias != 0) {
            sum0 = V::ri_add(sum0, V::ri_set1(a.bias[2 * b]));
            sum1 = V::ri_add(sum1, V::ri_set1(a.bias[2 * b + 1]));
        }
        if constexpr (R::Format::kScalePerHalf)
            sum0 = V::ri_add(V::ri_mul(sum0, V::ri_load(s.sc[2 * b])), V::ri_mul(sum1, V::ri_load(s.sc[2 * b + 1])));
    } else if constexpr (kRowBias<R>) {
        sum0 = V::ri_add(sum0, V::ri_mul(V::ri_set1(a.bias[b]), V::ri_load(s.sc[b])));
    } else if constexpr (R::kBias != 0) {
        sum0 = V::ri_add(sum0, V::ri_set1(a.bias[b]));
    }
}
// From the integer sums of block b to the accumulator; sum1 only where halves have scales of their own.
template <class V, class R, class Scales>
THIMBLE_INLINE typename V::rf add_block(const Scales& s, const ActChunk& a, int b, typename V::ri sum0,
                                        typename V::ri sum1, typename V::rf acc) {
    whole_sum<V, R>(s, a, b, sum0, sum1);
    return float_steps<V, R>(s, b, a.d[b], a.ds, sum0, sum1, acc);
}
// The integer sums of a block of kRows rows from those of four vectors, [half] where there are halves.
template <class V, class R>
THIMBLE_INLINE void finish_block(const typename V::part v[2][4], typename V::ri sum[2]) {
    sum[0] = V::template finish<R::kMax, (kHalves<R> ? 16 : 32)>(v[0]);
    sum[1] = sum[0];
    if constexpr (kHalves<R>) sum[1] = V::template finish<R::kMax, 16>(v[1]);
}

// The four blocks of a unit as sets that share bytes of the file (R::kShared).
template <class R>
struct BlockSets {
    static constexpr int kSets = R::kShared == 0 ? 4 : 2, kEach = 4 / kSets;
    static constexpr bool kInOrder = R::kShared < 2;  // a set is of neighbours
    static constexpr int block(int set, int e) { return kInOrder ? set * kEach + e : set + e * kSets; }
};

// Loads one such set of kRows rows at p and turns it: word k of every row, one vector a load. Prefetches its share.
template <class V, class R, int U>
THIMBLE_INLINE void turn_set(const uint8_t* p, size_t stride, int set, const Prefetch& ahead,
                             typename V::rb turned[8][4]) {
    constexpr int kEach = BlockSets<R>::kEach;
    for (int i = 0; i < kEach; ++i) prefetch_eighth<V, R>(ahead, 4 * U + kEach * set + i);
    typename V::rb unused[8];
    int count = 0;
    R::template bytes<U>(TurnedRows<V>{p, stride, turned, &count}, 4 * stride, unused);
}
// The weights of word k of every row, as bytes() orders them: half j of the unit's blocks in w[j].
template <class V, class R, int U>
THIMBLE_INLINE void unpack_word(const typename V::rb turned[8][4], int k, typename V::rb w[8]) {
    int count = 0;
    R::template bytes<U>(WordsOfRows<V>{turned, k, &count}, 0, w);
}
inline int32_t load_word(const int8_t* p) {
    int32_t x;
    memcpy(&x, p, 4);
    return x;
}

// The products of a block's two halves with their activations, for vector i of four.
template <class V, class R>
THIMBLE_INLINE void multiply_block(typename V::rb w0, typename V::rb a0, typename V::rb w1, typename V::rb a1, size_t i,
                                   typename V::part v[2][4]) {
    if constexpr (kHalves<R>) {
        v[0][i] = V::template dot16<R::kMax>(w0, a0);
        v[1][i] = V::template dot16<R::kMax>(w1, a1);
    } else {
        v[0][i] = V::template dot32<R::kMax>(w0, a0, w1, a1);
    }
}

// Weights 128 U to 128 U + 127 of the chunk. ahead: what to prefetch meanwhile.
template <class V, class R, int U, bool kFull>
inline typename V::rf matvec_unit(const uint8_t* p, size_t stride, const RowScales<V>& s, const ActChunk& a, int blocks,
                                  const Prefetch& ahead, typename V::rf acc) {
    typename V::part v[4][2][4];
    for (size_t i = 0; i < 4; ++i) {
        prefetch_eighth<V, R>(ahead, 4 * U + static_cast<int>(i));
        typename V::rb w[8];
        R::template bytes<U>(p + i * stride, 4 * stride, w);
        for (int b = 0; b < 4; ++b) {
            const int8_t* q = a.q + 128 * U + 32 * b;
            multiply_block<V, R>(w[2 * b], V::rb_dup(q), w[2 * b + 1], V::rb_dup(q + 16), i, v[b]);
        }
    }
    for (int j = 0; j < 4; ++j) {
        const int b = 4 * U + j;
        if (!kFull && b >= blocks) break;
        typename V::ri sum[2];
        finish_block<V, R>(v[j], sum);
        acc = add_block<V, R>(s, a, b, sum[0], sum[1], acc);
    }
    return acc;
}

// A chunk whose grid entries are looked up: a block of 32 at a time. The signs of the weights go to the activations.
template <class V, class R>
inline typename V::rf matvec_staged(const uint8_t* stage, const RowScales<V>& s, const ActChunk& a, int blocks,
                                    const Prefetch& ahead, typename V::rf acc) {
    for (int b = 0; b < blocks; ++b) {
        prefetch_eighth<V, R>(ahead, b);
        const auto q0 = V::rb_dup(a.q + 32 * b), q1 = V::rb_dup(a.q + 32 * b + 16);
        typename V::part v[2][4];
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
            const auto w0 = R::magnitudes(stage, b, i, 0), w1 = R::magnitudes(stage, b, i, 1);
            const auto a0 = R::signed_acts(stage, b, i, 0, q0), a1 = R::signed_acts(stage, b, i, 1, q1);
            multiply_block<V, R>(w0, a0, w1, a1, static_cast<size_t>(i), v);
        }
        typename V::ri sum[2];
        finish_block<V, R>(v, sum);
        acc = add_block<V, R>(s, a, b, sum[0], sum[1], acc);
    }
    return acc;
}

// matvec_unit where registers are few: only blocks that share bytes of the file are worked on at the same time. For what
// OwnGroup leaves: the end of a row, fewer than kRows rows.
template <class V, class R, int U, class Scales>
THIMBLE_INLINE typename V::rf matvec_sets(const uint8_t* p, size_t stride, const Scales& s, const ActChunk& a,
                                          int blocks, typename V::rf acc) {
    using Sets = BlockSets<R>;
    constexpr int kSets = Sets::kSets, kEach = Sets::kEach;
    constexpr bool kInOrder = Sets::kInOrder;
    typename V::ri sum[4][2];
#pragma GCC unroll 4
    for (int set = 0; set < kSets; ++set) {
        asm("" : "+r"(p));  // else GCC unpacks all sets at once, and spills
        typename V::part v[kEach][2][4];
#pragma GCC unroll 4
        for (size_t i = 0; i < 4; ++i) {
            typename V::rb w[8];
            R::template bytes<U>(p + i * stride, 4 * stride, w);
#pragma GCC unroll 4
            for (int e = 0; e < kEach; ++e) {
                const int b = Sets::block(set, e);
                const int8_t* q = a.q + 128 * U + 32 * b;
                multiply_block<V, R>(w[2 * b], V::rb_dup(q), w[2 * b + 1], V::rb_dup(q + 16), i, v[e]);
            }
        }
#pragma GCC unroll 4
        for (int e = 0; e < kEach; ++e) {
            const int j = Sets::block(set, e);
            finish_block<V, R>(v[e], sum[j]);
            if (kInOrder && 4 * U + j < blocks) acc = add_block<V, R>(s, a, 4 * U + j, sum[j][0], sum[j][1], acc);
        }
    }
    for (int j = 0; j < 4 && !kInOrder; ++j)
        if (4 * U + j < blocks) acc = add_block<V, R>(s, a, 4 * U + j, sum[j][0], sum[j][1], acc);
    return acc;
}

// A loop of its own for whole chunks, where a vocabulary has one for a format (micro/avx512_rows.h).
template <class V, class R>
struct OwnRows {
    static constexpr bool kOwn = false;
};
// A loop of its own for all whole chunks of kRows rows (micro/avx2_rows.h).
template <class V, class R>
struct OwnGroup {
    static constexpr bool kOwn = false;
};

template <class V, class R, bool kFull>
inline typename V::rf matvec_chunk(const uint8_t* p, size_t stride, const ActChunk& a, int blocks, uint8_t* stage,
                                   const Prefetch& ahead, typename V::rf acc) {
    if constexpr (kFull && OwnRows<V, R>::kOwn) {
        return OwnRows<V, R>::chunk(p, stride, a, ahead, acc);
    } else {
        typename ScalesOf<V, R>::Type s;
        R::scales(p, stride, s, stage);
        if constexpr (R::kStaged) {
            return matvec_staged<V, R>(stage, s, a, blocks, ahead, acc);
        } else if constexpr (V::kFewRegisters) {
            acc = matvec_sets<V, R, 0>(p, stride, s, a, blocks, acc);
            return matvec_sets<V, R, 1>(p, stride, s, a, blocks, acc);
        } else {
            acc = matvec_unit<V, R, 0, kFull>(p, stride, s, a, blocks, ahead, acc);
            return matvec_unit<V, R, 1, kFull>(p, stride, s, a, blocks, ahead, acc);
        }
    }
}

// Fewer than kRows rows, or a chunk cut short by the end of the row: a copy with room on all sides. Whatever stands in
// the room is multiplied, but never reaches a result.
template <class V, class R>
struct ChunkCopy {
    alignas(64) uint8_t bytes[V::kRows * kChunkBytes<R>];
    void take(const uint8_t* p, size_t stride, int64_t rows, int blocks) {
        const size_t size = kChunkBytes<R> * static_cast<size_t>(blocks) / 8;
        memset(bytes, 0, sizeof bytes);
        for (int64_t r = 0; r < rows; ++r)
            memcpy(bytes + static_cast<size_t>(r) * kChunkBytes<R>, p + static_cast<size_t>(r) * stride, size);
    }
};

template <class V, class R>
void quant_matvec(const Matmul* m) {
    struct Scratch {
        ChunkCopy<V, R> copy;
        alignas(64) uint8_t stage[R::kStaged ? V::kRows * 256 : 64];
        alignas(64) int8_t q[256];
    };
    static_assert(sizeof(Scratch) <= kMatmulScratch);
    Scratch& scratch = *static_cast<Scratch*>(m->scratch);
    const int64_t column = column_of(m, 0), blocks = m->k / 32;
    for (int64_t row = 0; row < m->rows; row += V::kRows) {
        if (row + V::kRows > m->rows && m->rows >= V::kRows)
            row = m->rows - V::kRows;  // again some rows: the same bits
        const int64_t rows = m->rows < V::kRows ? m->rows : V::kRows;
        const uint8_t* p = m->w + static_cast<size_t>(row) * m->row_bytes;
        auto acc = V::rf_set1(0.0f);
        ActChunk a;
        int64_t block = 0;
        if constexpr (OwnGroup<V, R>::kOwn) {
            if (rows == V::kRows) {
                acc = OwnGroup<V, R>::chunks(p, m, column, blocks / 8);
                block = blocks / 8 * 8;
                p += static_cast<size_t>(blocks / 8) * kChunkBytes<R>;
            }
        }
        for (; block < blocks; block += 8, p += kChunkBytes<R>) {
            const int count = blocks - block < 8 ? static_cast<int>(blocks - block) : 8;
            load_acts<V, R>(m, column, block, count, &a);
            if constexpr (!OwnGroup<V, R>::kOwn) {
                if (count == 8 && rows == V::kRows) {
                    Prefetch ahead = prefetch_at<V, R, kMatvecAhead>(p, m, block, V::kRows * m->row_bytes);
                    if constexpr (OwnRows<V, R>::kOwn) ahead.far += V::kRows * m->row_bytes;  // measured on Zen 4
                    acc = matvec_chunk<V, R, true>(p, m->row_bytes, a, 8, scratch.stage, ahead, acc);
                    continue;
                }
            }
            memset(scratch.q, 0, sizeof scratch.q);
            memcpy(scratch.q, a.q, static_cast<size_t>(count) * 32);
            a.q = scratch.q;
            // A whole chunk may be read where the rows that follow lie behind this one.
            const size_t end = static_cast<size_t>(row + V::kRows - 1) * m->row_bytes +
                               static_cast<size_t>(block / 8 + 1) * kChunkBytes<R>;
            if (rows == V::kRows && end <= static_cast<size_t>(m->rows) * m->row_bytes) {
                acc = matvec_chunk<V, R, false>(p, m->row_bytes, a, count, scratch.stage, {}, acc);
                continue;
            }
            scratch.copy.take(p, m->row_bytes, rows, count);
            acc = matvec_chunk<V, R, false>(scratch.copy.bytes, kChunkBytes<R>, a, count, scratch.stage, {}, acc);
        }
        float out[V::kRows];
        V::rf_store(out, acc);
        memcpy(m->out + row, out, static_cast<size_t>(rows) * sizeof(float));
    }
}

}  // namespace
}  // namespace thimble
