// SPDX-License-Identifier: MIT
// One column for vocabularies with few registers (AVX2, AVX-VNNI): a loop of its own over the whole chunks of eight rows,
// in place of matvec_chunk. It does what matvec_sets does, in an order that sixteen registers and the core's window allow
// to overlap: while the products of a set of blocks are computed, the sums of the set before it are brought into lanes and
// added; float16 scales wait in memory until then, two blocks at a time; and the addresses of eight rows are kept in four
// registers, so that nothing is computed or spilled between.
// Internal linkage: compiled once an ISA.
#pragma once
#include "kernels/micro/quant_matvec.h"

namespace thimble {
namespace {

// Eight rows, of which r and r + 4 meet in a vector. Where they start is hidden from the compiler in each chunk: it would
// keep the addresses of all loads on the stack.
struct GroupRows {
    const uint8_t *first, *fifth;
    size_t stride, three;  // rows
    GroupRows(const uint8_t* p, size_t stride_)
        : first(p), fifth(p + 4 * stride_), stride(stride_), three(3 * stride_) {}
    THIMBLE_INLINE void hide() { asm volatile("" : "+r"(first), "+r"(fifth), "+r"(stride), "+r"(three)); }
    THIMBLE_INLINE void step(size_t bytes) {
        first += bytes;
        fifth += bytes;
    }
    THIMBLE_INLINE const uint8_t* at(int r) const {  // r a constant after unrolling
        const uint8_t* p = r < 4 ? first : fifth;
        return r % 4 == 0 ? p : r % 4 == 1 ? p + stride : r % 4 == 2 ? p + 2 * stride : p + three;
    }
};
// In place of an address: 16 bytes of each of two rows.
struct TwoRows {
    const uint8_t *low, *high;
    THIMBLE_INLINE TwoRows operator+(size_t n) const { return {low + n, high + n}; }
};
template <class V>
THIMBLE_INLINE typename V::rb row_bytes(const TwoRows& from, size_t) {
    return V::rb_load_two(from.low, from.high);
}

// Whether a format has its float16 scale, or scale and minimum, before each block of 32.
template <class F>
constexpr bool kHeads = F::kBlock == 32 && F::kBytes % 2 == 0;

// Float16 scales and minima as they stand in the file, until they are used.
template <class V, class F>
struct HeadScales {
    alignas(32) uint16_t dw[8][V::kRows];
    alignas(32) uint16_t m[8][V::kRows];
    THIMBLE_INLINE typename V::rf scale(int b) const { return V::rf_load_half(dw[b]); }
    THIMBLE_INLINE typename V::rf minimum(int b) const { return V::rf_load_half(m[b]); }
    THIMBLE_INLINE void take(const GroupRows& rows, int b) {  // of blocks b and b + 1
        const auto at = [&](int r) { return rows.at(r) + b * F::kBytes; };
        if constexpr (F::kMinimum == Minimum::kNone) {
            V::ri_store(reinterpret_cast<int32_t*>(dw[b]), V::template two_halves<F::kBytes>(at));
        } else {
            typename V::ri h[2];
            V::template two_half_pairs<F::kBytes>(at, h);
            V::ri_store(reinterpret_cast<int32_t*>(dw[b]), h[0]);
            V::ri_store(reinterpret_cast<int32_t*>(m[b]), h[1]);
        }
    }
};

// How a set of blocks that share bytes is worked on, in steps of two rows a vector: multiply() leaves the products of rows i
// and i + 4, finish() takes one of four steps, between those of the next set, that bring the set's sums into lanes and
// add them.
template <class V, class R>
struct SetsOf {
    using Sets = BlockSets<R>;
    using F = typename R::Format;
    using Scales = std::conditional_t<kHeads<F>, HeadScales<V, F>, typename ScalesOf<V, R>::Type>;
    static constexpr int kSets = 2 * Sets::kSets, kEach = Sets::kEach;  // of a chunk
    static constexpr int block(int set, int e) { return set / Sets::kSets * 4 + Sets::block(set % Sets::kSets, e); }
    THIMBLE_INLINE static void weights(const GroupRows& rows, int set, int i, typename V::rb w[8]) {
        const TwoRows two = {rows.at(i), rows.at(i + 4)};
        if (set < Sets::kSets)
            R::template bytes<0>(two, 0, w);
        else
            R::template bytes<1>(two, 0, w);
    }
    struct Acts {
        typename V::rb half[kEach][2];
        THIMBLE_INLINE void load(const int8_t* q, int set) {
#pragma GCC unroll 2
            for (int e = 0; e < kEach; ++e)
                for (int h = 0; h < 2; ++h) half[e][h] = V::rb_dup(q + 32 * block(set, e) + 16 * h);
        }
    };
};

// One integer sum a block.
template <class V, class R>
struct WholeSets : SetsOf<V, R> {
    using Base = SetsOf<V, R>;
    using Base::block, Base::kEach;
    static_assert(Base::Sets::kInOrder);
    struct Set {
        typename Base::Acts acts;
        typename V::part v[kEach][4], ab[kEach], cd[kEach];  // unfinished sums of two rows, of four
        typename V::ri sum[kEach];
        THIMBLE_INLINE void fold_first(int e) { ab[e] = V::template fold_two<R::kMax, 32>(v[e][0], v[e][1]); }
        THIMBLE_INLINE void fold_last(int e) { cd[e] = V::template fold_two<R::kMax, 32>(v[e][2], v[e][3]); }
        THIMBLE_INLINE void fold(int e) { sum[e] = V::template fold_four<R::kMax, 32>(ab[e], cd[e]); }
    };
    // With one block a set, the set before keeps its sums in registers of its own; with two, those of its first rows are
    // folded before those of the next set take their place.
    static constexpr int kBuffers = kEach == 1 ? 2 : 1;

    THIMBLE_INLINE static void multiply(const GroupRows& rows, const int8_t* q, int set, int i, Set& x) {
        if (i == 0) x.acts.load(q, set);
        typename V::rb w[8];
        Base::weights(rows, set, i, w);
#pragma GCC unroll 2
        for (int e = 0; e < kEach; ++e) {
            const int b = block(set, e) % 4;
            x.v[e][i] = V::template dot32<R::kMax>(w[2 * b], x.acts.half[e][0], w[2 * b + 1], x.acts.half[e][1]);
            if constexpr (kEach == 2) {
                asm volatile("" : "+x"(x.v[e][i]));  // else GCC unpacks both blocks of several rows first, and spills
                if (i == 2 + e) x.fold_first(e);
            }
        }
    }
    THIMBLE_INLINE static typename V::rf finish(const typename Base::Scales& s, const ActChunk& a, int set, int i,
                                                Set& x, typename V::rf acc) {
        if constexpr (kEach == 1) {
            if (i == 0) x.fold_first(0);
            if (i == 1) x.fold_last(0);
            if (i == 2) x.fold(0);
            return i == 3 ? add_block<V, R>(s, a, set, x.sum[0], x.sum[0], acc) : acc;
        }
        if (i < kEach) {
            x.fold_last(i);
            x.fold(i);
        }
        const int e = i - 1;
        return e == 0 || e == kEach - 1 ? add_block<V, R>(s, a, block(set, e), x.sum[e], x.sum[e], acc) : acc;
    }
};

// Halves with scales of their own. The sums of two rows are folded as soon as they are there, for there are twice as many.
template <class V, class R>
struct HalfSets : SetsOf<V, R> {
    using Base = SetsOf<V, R>;
    using Base::block, Base::kEach;
    static constexpr int kBuffers = 1;
    struct Set {
        typename Base::Acts acts;
        typename V::part v[kEach][2], ab[kEach][2], cd[kEach][2];
        typename V::ri sum[4][2];  // of the unit's blocks
    };
    THIMBLE_INLINE static void multiply(const GroupRows& rows, const int8_t* q, int set, int i, Set& x) {
        if (i == 0) x.acts.load(q, set);
        typename V::rb w[8];
        Base::weights(rows, set, i, w);
#pragma GCC unroll 2
        for (int e = 0; e < kEach; ++e)
#pragma GCC unroll 2
            for (int h = 0; h < 2; ++h) {
                auto v = V::template dot16<R::kMax>(w[2 * (block(set, e) % 4) + h], x.acts.half[e][h]);
                asm volatile("" : "+x"(v));
                if (i == 1) x.ab[e][h] = V::template fold_two<R::kMax, 16>(x.v[e][h], v);
                if (i == 3) x.cd[e][h] = V::template fold_two<R::kMax, 16>(x.v[e][h], v);
                x.v[e][h] = v;
            }
    }
    THIMBLE_INLINE static typename V::rf finish(const typename Base::Scales& s, const ActChunk& a, int set, int i,
                                                Set& x, typename V::rf acc) {
        if (i == 0)
#pragma GCC unroll 2
            for (int e = 0; e < kEach; ++e)
                for (int h = 0; h < 2; ++h)
                    x.sum[block(set, e) % 4][h] = V::template fold_four<R::kMax, 16>(x.ab[e][h], x.cd[e][h]);
        if (i >= kEach) return acc;
        typename V::ri* sum = x.sum[block(set, i) % 4];
        whole_sum<V, R>(s, a, block(set, i), sum[0], sum[1]);
        if constexpr (Base::Sets::kInOrder) return add(s, a, block(set, i), x, acc);
        // Blocks 0 and 2, then 1 and 3.
        if (set % 2 == 0) return i == 0 ? add(s, a, block(set, 0), x, acc) : acc;
        acc = add(s, a, block(set, i), x, acc);
        return i == 0 ? add(s, a, block(set, 0) + 1, x, acc) : acc;
    }
    THIMBLE_INLINE static typename V::rf add(const typename Base::Scales& s, const ActChunk& a, int b, const Set& x,
                                             typename V::rf acc) {
        return float_steps<V, R>(s, b, a.d[b], a.ds, x.sum[b % 4][0], x.sum[b % 4][1], acc);
    }
};

template <class V, class R>
requires(V::kFewRegisters && !R::kStaged) struct OwnGroup<V, R> {
    static constexpr bool kOwn = true;
    using F = typename R::Format;
    using Work = std::conditional_t<kHalves<R>, HalfSets<V, R>, WholeSets<V, R>>;
    static constexpr int kSets = Work::kSets;

    THIMBLE_INLINE static typename V::rf chunks(const uint8_t* p, const Matmul* m, int64_t column, int64_t count) {
        GroupRows rows(p, m->row_bytes);
        Prefetch ahead = {0, 0, reinterpret_cast<uintptr_t>(p) + 2 * V::kRows * m->row_bytes};  // two groups ahead
        const int8_t* q = m->acts.q + column * m->acts.q_stride;
        const float* d = m->acts.d + column * m->acts.d_stride;
        const int16_t* sums = m->acts.s + column * m->acts.s_stride;
        auto acc = V::rf_set1(0.0f);
        for (; count > 0; --count) {
            rows.hide();
            asm volatile("" : "+r"(q));
            ActChunk a;
            fill_acts<V, R>(d, sums, &a);
            typename Work::Scales s;
            if constexpr (!kHeads<F>) {
                R::scales(rows.first, rows.stride, s, nullptr);
                asm volatile("" : "+m"(s));  // no registers for them
            }
            typename Work::Set sets[Work::kBuffers];
#pragma GCC unroll 9
            for (int set = 0; set <= kSets; ++set) {
#pragma GCC unroll 4
                for (int i = 0; i < 4; ++i) {
                    if (set < kSets) {
                        const int step = 4 * set + i;
                        if (step % (kSets / 2) == 0) prefetch_far<V, R>(ahead, step / (kSets / 2));
                        asm volatile("" : : : "memory");  // else GCC moves them, and loads, together
                        Work::multiply(rows, q, set, i, sets[set % Work::kBuffers]);
                        if constexpr (kHeads<F>)
                            if (i == 0 && set % 2 == 0) s.take(rows, set);
                    }
                    if (set > 0) acc = Work::finish(s, a, set - 1, i, sets[(set - 1) % Work::kBuffers], acc);
                }
            }
            rows.step(kChunkBytes<R>);
            ahead.far += V::kRows * kChunkBytes<R>;
            q += 256;
            d += 8;
            sums += 16;
        }
        return acc;
    }
};

}  // namespace
}  // namespace thimble
