// SPDX-License-Identifier: MIT
// Attention of one kv head over one chunk of positions, the KV store, and the merging of partial results, over any
// vocabulary (isa/). kernels/README.md, "Attention", has the order of operations.
//
// Keys of 16 positions stand side by side (KvHead), so q . k runs with positions in lanes and needs no reduction;
// values lie as they come, so p . v runs with the head's dimension in lanes. All query rows of a block share each load.
#pragma once
#include <cstring>

#include "kernels/isa/inlined.h"
#include "kernels/kernels.h"
#include "kernels/micro/fma.h"
#include "kernels/micro/vector_ops.h"

namespace thimble {

template <class V>
struct AttentionLoops {
    using F = typename V::f;
    static constexpr int kRows = V::kAttnRows, kTiles = V::kAttnTiles, kVecs = V::kAttnVecs;
    static constexpr int kTilesQ8 = kTiles < 4 ? 1 : 2, kBlocksQ8 = kVecs < 4 ? 1 : 2;
    // What stands in the scratch: weights of a chunk, then scales, starts of the sums and bytes of the quantised queries;
    // from kQ8Weights on the products of the weights with the scales of quantised values.
    static constexpr size_t kQ8Weights = kRows * (kKvChunk * 4 + kMaxHeadSize / 32 * 8 + kMaxHeadSize);
    static_assert(kQ8Weights + kBlocksQ8 * kRows * kKvChunk * 4 <= kAttentionScratch);

    // A query row within a block: where it is and what it sees of the chunk, [lo, hi) relative to the chunk's start.
    struct Row {
        const float* q;
        int64_t index;  // t * group + h
        int lo, hi;
        int64_t position;  // of the token
        float slope;
        const int8_t* q8;  // Q8_0 keys only
        const float* q8_scale;
        const int32_t* q8_start;  // -V::kKeyBias * the sum of the block's bytes
    };

    // The slot of the position `j` after the one that has slot `first`.
    static int64_t slot(const Attention* a, int64_t first, int64_t j) {
        const int64_t at = first + j;
        return at < a->kv.capacity ? at : at % a->kv.capacity;
    }
    static int64_t element_size(KvType type) { return type == kKvF32 ? 4 : type == kKvF16 ? 2 : 1; }
    // How far slots run on from chunk position j, at most to `end`.
    static int slots_end(const Attention* a, int64_t first, int j, int end) {
        const int64_t left = a->kv.capacity - slot(a, first, j);
        return end - j < left ? end : j + static_cast<int>(left);
    }

    // What is read next is asked for while the current bytes are multiplied: the chunk's values meanwhile its keys, the
    // keys of the next chunk meanwhile the values. One head's cache is a few streams of a few kilobytes, too short for a
    // hardware prefetcher. Addresses may lie past the cache: it is only a hint.
    static THIMBLE_INLINE void prefetch(const void* p, int64_t bytes) {
        for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(static_cast<const uint8_t*>(p) + i, 0, 2);
    }
    // Elements of F16 (kHalf) or F32 caches.
    template <bool kHalf>
    static THIMBLE_INLINE F element16(const uint8_t* p, int64_t i) {
        if constexpr (kHalf)
            return V::load_f16(reinterpret_cast<const uint16_t*>(p) + i);
        else
            return V::load(reinterpret_cast<const float*>(p) + i);
    }

    // scores[r][j] = q . k for T tiles of 16 positions from chunk position j on, R rows. first: slot of the chunk's
    // start. Prefetches the values of these positions.
    template <int R, int T, bool kHalf>
    static void scores_dense(const Attention* a, const Row* rows, int64_t first, int64_t j, float* const* out) {
        const uint8_t* base[T];
        const int64_t tile_bytes = a->dk * kKvTile * (kHalf ? 2 : 4);
#pragma GCC unroll 8
        for (int t = 0; t < T; ++t)
            base[t] = static_cast<const uint8_t*>(a->kv.k) + slot(a, first, j + t * kKvTile) / kKvTile * tile_bytes;
        const uint8_t* next = static_cast<const uint8_t*>(a->kv.v) + (first + j) * a->dv * (kHalf ? 2 : 4);
        const float* q[R];
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) q[r] = rows[r].q;
        F acc[R][T];
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
            for (int t = 0; t < T; ++t) acc[r][t] = V::set1(0.0f);
        for (int64_t i = 0; i < a->dk; ++i) {
            prefetch(next + i * T * kKvTile * (kHalf ? 2 : 4), T * kKvTile * (kHalf ? 2 : 4));
            F k[T];
#pragma GCC unroll 8
            for (int t = 0; t < T; ++t) k[t] = element16<kHalf>(base[t], i * kKvTile);
#pragma GCC unroll 8
            for (int r = 0; r < R; ++r) {
                const F x = V::set1(q[r][i]);
#pragma GCC unroll 8
                for (int t = 0; t < T; ++t) acc[r][t] = V::fma(x, k[t], acc[r][t]);
            }
        }
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
            for (int t = 0; t < T; ++t) V::store(out[r] + j + t * kKvTile, acc[r][t]);
    }

    // The same for Q8_0 keys.
    template <int R, int T>
    static void scores_q8(const Attention* a, const Row* rows, int64_t first, int64_t j, float* const* out) {
        const int8_t* k[T];
        const uint16_t* ks[T];
#pragma GCC unroll 8
        for (int t = 0; t < T; ++t) {
            const int64_t tile = slot(a, first, j + t * kKvTile) / kKvTile;
            k[t] = static_cast<const int8_t*>(a->kv.k) + tile * a->dk * kKvTile;
            ks[t] = static_cast<const uint16_t*>(a->kv.k_scale) + tile * (a->dk / 32) * kKvTile;
        }
        F acc[R][T];
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
            for (int t = 0; t < T; ++t) acc[r][t] = V::set1(0.0f);
        const int8_t* next = static_cast<const int8_t*>(a->kv.v) + (first + j) * a->dv;
        for (int64_t b = 0; b < a->dk / 32; ++b) {
            typename V::i sum[R][T];
#pragma GCC unroll 8
            for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
                for (int t = 0; t < T; ++t) sum[r][t] = V::set1_i(V::kKeyBias ? rows[r].q8_start[b] : 0);
#pragma GCC unroll 8
            for (int64_t g = 8 * b; g < 8 * b + 8; ++g) {
                prefetch(next + g * T * 64, T * 64);
                typename V::keys x[T];
#pragma GCC unroll 8
                for (int t = 0; t < T; ++t) x[t] = V::load_keys(k[t] + g * 4 * kKvTile);
#pragma GCC unroll 8
                for (int r = 0; r < R; ++r) {
                    int32_t q4;
                    memcpy(&q4, rows[r].q8 + g * 4, 4);
#pragma GCC unroll 8
                    for (int t = 0; t < T; ++t) sum[r][t] = V::dot4_i8(sum[r][t], x[t], q4);
                }
            }
            F dk[T];
#pragma GCC unroll 8
            for (int t = 0; t < T; ++t) dk[t] = V::load_f16(ks[t] + b * kKvTile);
#pragma GCC unroll 8
            for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
                for (int t = 0; t < T; ++t)
                    acc[r][t] = V::fma(V::to_float(sum[r][t]), V::mul(dk[t], V::set1(rows[r].q8_scale[b])), acc[r][t]);
        }
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
            for (int t = 0; t < T; ++t) V::store(out[r] + j + t * kKvTile, acc[r][t]);
    }

    // o[r] += p[r][j] * v_j for chunk positions j in [j0, j1), R rows, N vectors of values from value index i.
    // next: what is prefetched meanwhile, as many bytes a position as a key has.
    template <int R, int N, bool kHalf>
    static void values_dense(const Attention* a, int64_t first, int j0, int j1, const float* const* p, float* const* o,
                             int64_t i, const uint8_t* next) {
        constexpr int64_t kSize = kHalf ? 2 : 4;
        F acc[R][N];
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
            for (int n = 0; n < N; ++n) acc[r][n] = V::load(o[r] + i + 16 * n);
        for (int j = j0; j < j1;) {
            const int stop = slots_end(a, first, j, j1);
            const uint8_t* v = static_cast<const uint8_t*>(a->kv.v) + (slot(a, first, j) * a->dv + i) * kSize;
            const uint8_t* to = next + (j * a->dk + i) * kSize;
            for (; j < stop; ++j, v += a->dv * kSize, to += a->dk * kSize) {
                prefetch(to, N * 16 * kSize);
                F x[N];
#pragma GCC unroll 8
                for (int n = 0; n < N; ++n) x[n] = element16<kHalf>(v, 16 * n);
#pragma GCC unroll 8
                for (int r = 0; r < R; ++r) {
                    const F w = V::set1(p[r][j]);
#pragma GCC unroll 8
                    for (int n = 0; n < N; ++n) acc[r][n] = V::fma(w, x[n], acc[r][n]);
                }
            }
        }
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
            for (int n = 0; n < N; ++n) V::store(o[r] + i + 16 * n, acc[r][n]);
    }

    // The narrow tail of the values (dv not a multiple of 16), one row.
    static void values_tail(const Attention* a, int64_t first, int j0, int j1, const float* p, float* o, int64_t i) {
        const int width = static_cast<int>(a->dv - i);
        F acc = V::load_n(o + i, width);
        for (int j = j0; j < j1; ++j) {
            const int64_t at = slot(a, first, j) * a->dv + i;
            const F x = a->kv.type_v == kKvF16 ? V::load_f16_n(static_cast<const uint16_t*>(a->kv.v) + at, width)
                                               : V::load_n(static_cast<const float*>(a->kv.v) + at, width);
            acc = V::fma(V::set1(p[j]), x, acc);
        }
        V::store_n(o + i, width, acc);
    }

    // The scales of 16 positions that follow each other: block b of `blocks`.
    static F value_scales(const uint16_t* d, int64_t blocks, int64_t b) {
        if constexpr (requires { V::load_f16_apart(d, blocks, b); }) {
            if (blocks == 2 || blocks == 4) return V::load_f16_apart(d, blocks, b);
        }
        uint16_t d16[16];
        for (int l = 0; l < 16; ++l) d16[l] = d[l * blocks + b];
        return V::load_f16(d16);
    }
    template <int R, int B>
    static void values_q8(const Attention* a, int64_t first, int j0, int j1, const float* const* p, float* const* o,
                          int64_t i, const uint8_t* next) {  // B blocks of 32 values
        const int64_t blocks = a->dv / 32;
        const auto* scales = static_cast<const uint16_t*>(a->kv.v_scale);
        // [B][R][kKvChunk], p * scale; beside [j0, j1) unused
        float* w = reinterpret_cast<float*>(static_cast<uint8_t*>(a->scratch) + kQ8Weights);
        for (int j = j0 & ~15; j < j1; j += 16) {  // slots run on within 16 positions
            const uint16_t* d = scales + slot(a, first, j) * blocks;
#pragma GCC unroll 8
            for (int b = 0; b < B; ++b) {
                const F scale = value_scales(d, blocks, i / 32 + b);
#pragma GCC unroll 8
                for (int r = 0; r < R; ++r) V::store(w + (b * R + r) * kKvChunk + j, V::mul(V::load(p[r] + j), scale));
            }
        }
        F acc[R][B][2];
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
            for (int n = 0; n < 2 * B; ++n) acc[r][n / 2][n % 2] = V::load(o[r] + i + 16 * n);
        for (int j = j0; j < j1;) {
            const int stop = slots_end(a, first, j, j1);
            const int8_t* v = static_cast<const int8_t*>(a->kv.v) + slot(a, first, j) * a->dv + i;
            const uint8_t* to = next + j * a->dk + i;
            for (; j < stop; ++j, v += a->dv, to += a->dk) {
                prefetch(to, 32 * B);
#pragma GCC unroll 8
                for (int b = 0; b < B; ++b) {
                    const F x0 = V::load_i8(v + 32 * b), x1 = V::load_i8(v + 32 * b + 16);
#pragma GCC unroll 8
                    for (int r = 0; r < R; ++r) {
                        const F x = V::set1(w[(b * R + r) * kKvChunk + j]);
                        acc[r][b][0] = V::fma(x, x0, acc[r][b][0]);
                        acc[r][b][1] = V::fma(x, x1, acc[r][b][1]);
                    }
                }
            }
        }
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
            for (int n = 0; n < 2 * B; ++n) V::store(o[r] + i + 16 * n, acc[r][n / 2][n % 2]);
    }

    template <int R, bool kHalf>
    static void values_floats(const Attention* a, int64_t first, int j0, int j1, const float* const* p, float* const* o,
                              const uint8_t* next) {
        int64_t i = 0;
        for (; i + 16 * kVecs <= a->dv; i += 16 * kVecs) values_dense<R, kVecs, kHalf>(a, first, j0, j1, p, o, i, next);
        for (; i + 16 <= a->dv; i += 16) values_dense<R, 1, kHalf>(a, first, j0, j1, p, o, i, next);
        if (i < a->dv)
            for (int r = 0; r < R; ++r) values_tail(a, first, j0, j1, p[r], o[r], i);
    }
    template <int R>
    static void values(const Attention* a, int64_t first, int j0, int j1, const float* const* p, float* const* o,
                       const uint8_t* next) {
        if (j0 >= j1) return;
        if (a->kv.type_v == kKvQ8_0) {
            int64_t i = 0;
            for (; i + 32 * kBlocksQ8 <= a->dv; i += 32 * kBlocksQ8)
                values_q8<R, kBlocksQ8>(a, first, j0, j1, p, o, i, next);
            for (; i < a->dv; i += 32) values_q8<R, 1>(a, first, j0, j1, p, o, i, next);
        } else if (a->kv.type_v == kKvF16) {
            values_floats<R, true>(a, first, j0, j1, p, o, next);
        } else {
            values_floats<R, false>(a, first, j0, j1, p, o, next);
        }
    }

    template <int R, bool kHalf>
    static void scores_floats(const Attention* a, const Row* rows, int64_t first, int64_t j, int64_t hi,
                              float* const* p) {
        for (; j + 16 * (kTiles - 1) < hi; j += 16 * kTiles) scores_dense<R, kTiles, kHalf>(a, rows, first, j, p);
        for (; j < hi; j += 16) scores_dense<R, 1, kHalf>(a, rows, first, j, p);
    }

    // Scores to weights: scale, softcap, bias, maximum, exp, sum. p beyond [lo, hi) is not touched.
    static void weights(const Attention* a, const Row& row, int64_t start, float* p, float* m_out, float* l_out) {
        const F lowest = V::set1(-__builtin_inff()), scale = V::set1(a->scale);
        const int lo = row.lo, hi = row.hi, first = lo & ~15;
        // What lanes beyond [lo, hi) hold, which only the first and the last vector have.
        const auto seen = [&](int j, F x, F otherwise) {
            if (j < lo || j + 16 > hi) {
                asm volatile("");  // else GCC computes the mask for all
                x = V::select(V::range(lo - j, hi - j), x, otherwise);
            }
            return x;
        };
        F top = lowest;
        for (int j = first; j < hi; j += 16) {
            F s = V::mul(V::load(p + j), scale);
            if (a->softcap != 0.0f) s = V::mul(vec_tanh<V>(V::div(s, V::set1(a->softcap))), V::set1(a->softcap));
            if (a->slopes) {
                float distance[16];
                for (int l = 0; l < 16; ++l) distance[l] = static_cast<float>(start + j + l - row.position);
                s = V::fma(V::set1(row.slope), V::load(distance), s);
            }
            V::store(p + j, s);
            top = V::max(top, seen(j, s, lowest));
        }
        const float m = V::hmax(top);
        const F most = V::set1(m), none = V::set1(0.0f);
        F sum = none;
        for (int j = first; j < hi; j += 16) {
            const F e = seen(j, vec_exp<V>(V::sub(V::load(p + j), most)), none);
            sum = V::add(sum, e);
            V::store(p + j, e);
        }
        *m_out = m;
        *l_out = V::hsum(sum);
    }

    // One block of R rows over the chunk that starts at `start`. Every row sees something.
    template <int R>
    static void block(const Attention* a, Row* rows, int64_t start, float* buffer, const AttentionState* out) {
        float* p[R];
        float* o[R];
        int lo = rows[0].lo, hi = rows[0].hi, from = rows[0].lo, to = rows[0].hi;  // union, intersection
        for (int r = 0; r < R; ++r) {
            p[r] = buffer + r * kKvChunk;
            o[r] = out->o + rows[r].index * a->dv;
            lo = rows[r].lo < lo ? rows[r].lo : lo;
            hi = rows[r].hi > hi ? rows[r].hi : hi;
            from = rows[r].lo > from ? rows[r].lo : from;
            to = rows[r].hi < to ? rows[r].hi : to;
        }
        const int64_t first = start % a->kv.capacity;
        if (a->kv.type_k == kKvQ8_0) {
            prefetch(static_cast<const uint16_t*>(a->kv.v_scale) + first * (a->dv / 32), a->dv * 16);
            int j = lo & ~15;
            for (; j + 16 * (kTilesQ8 - 1) < hi; j += 16 * kTilesQ8) scores_q8<R, kTilesQ8>(a, rows, first, j, p);
            for (; j < hi; j += 16) scores_q8<R, 1>(a, rows, first, j, p);
        } else if (a->kv.type_k == kKvF16) {
            scores_floats<R, true>(a, rows, first, lo & ~15, hi, p);
        } else {
            scores_floats<R, false>(a, rows, first, lo & ~15, hi, p);
        }
        for (int r = 0; r < R; ++r) {
            weights(a, rows[r], start, p[r], &out->m[rows[r].index], &out->l[rows[r].index]);
            memset(o[r], 0, static_cast<size_t>(a->dv) * sizeof(float));
        }
        // The keys of the next chunk where there is one; else these values again, which costs nothing.
        const uint8_t* next = static_cast<const uint8_t*>(a->kv.v) + first * a->dv * element_size(a->kv.type_v);
        if (a->pos0 + a->n_tokens > start + kKvChunk) {
            const int64_t at = slot(a, first, kKvChunk);
            next = static_cast<const uint8_t*>(a->kv.k) + at * a->dk * element_size(a->kv.type_k);
            if (a->kv.type_k == kKvQ8_0)
                prefetch(static_cast<const uint16_t*>(a->kv.k_scale) + at * (a->dk / 32), a->dk * 16);
        }
        // Rows together where all see the position, alone at the edges: what a row does not see it never multiplies.
        if (from < to) {
            for (int r = 0; r < R; ++r) values<1>(a, first, rows[r].lo, from, p + r, o + r, next);
            values<R>(a, first, from, to, p, o, next);
            for (int r = 0; r < R; ++r) values<1>(a, first, to, rows[r].hi, p + r, o + r, next);
        } else {
            for (int r = 0; r < R; ++r) values<1>(a, first, rows[r].lo, rows[r].hi, p + r, o + r, next);
        }
    }

    static void chunk(const Attention* a, int64_t chunk_index, const AttentionState* out) {
        const int64_t start = chunk_index * kKvChunk;
        float* buffer = static_cast<float*>(a->scratch);                                  // [kRows][kKvChunk]
        float* q8_scale = buffer + kRows * kKvChunk;                                      // [kRows][dk / 32]
        int32_t* q8_start = reinterpret_cast<int32_t*>(q8_scale + kRows * (a->dk / 32));  // [kRows][dk / 32]
        int8_t* q8 = reinterpret_cast<int8_t*>(q8_start + kRows * (a->dk / 32));          // [kRows][dk]
        Row rows[kRows];
        int n = 0;
        for (int64_t index = 0; index < a->n_tokens * a->group; ++index) {
            const int64_t t = index / a->group, h = index % a->group, position = a->pos0 + t;
            int64_t lo = a->window > 0 && position + 1 > a->window ? position + 1 - a->window : 0;
            int64_t hi = position + 1;
            lo = lo < start ? 0 : lo - start;
            hi = hi - start > kKvChunk ? kKvChunk : hi - start;
            if (lo >= hi) {
                out->m[index] = -__builtin_inff();
                out->l[index] = 0.0f;
                memset(out->o + index * a->dv, 0, static_cast<size_t>(a->dv) * sizeof(float));
                continue;
            }
            Row& row = rows[n];
            row = {a->q + t * a->q_stride + h * a->dk,
                   index,
                   static_cast<int>(lo),
                   static_cast<int>(hi),
                   position,
                   a->slopes ? a->slopes[h] : 0.0f,
                   q8 + n * a->dk,
                   q8_scale + n * (a->dk / 32),
                   q8_start + n * (a->dk / 32)};
            if (a->kv.type_k == kKvQ8_0) {
                int16_t sums[2 * 16];
                for (int64_t i = 0; i < a->dk; i += 512) {
                    const int64_t w = a->dk - i < 512 ? a->dk - i : 512, at = n * (a->dk / 32) + i / 32;
                    quantize<V>(row.q + i, w, q8 + n * a->dk + i, q8_scale + at, sums);
                    for (int64_t b = 0; b < w / 32; ++b)
                        q8_start[at + b] = -V::kKeyBias * (sums[2 * b] + sums[2 * b + 1]);
                }
            }
            if (++n == kRows) {
                block<kRows>(a, rows, start, buffer, out);
                n = 0;
            }
        }
        leftover<kRows - 1>(n, a, rows, start, buffer, out);
    }

    // The last n < kRows rows, together.
    template <int R>
    static void leftover(int n, const Attention* a, Row* rows, int64_t start, float* buffer,
                         const AttentionState* out) {
        if constexpr (R > 0) {
            if (n == R)
                block<R>(a, rows, start, buffer, out);
            else
                leftover<R - 1>(n, a, rows, start, buffer, out);
        }
    }
};

template <class V>
void attention_merge(const AttentionState* into, const AttentionState* part, int64_t rows, int64_t dv) {
    const float none = -__builtin_inff();
    for (int64_t r = 0; r < rows; ++r) {
        float* o = into->o + r * dv;
        const float* x = part->o + r * dv;
        if (part->l[r] == 0.0f && part->m[r] == none) continue;
        if (into->l[r] == 0.0f && into->m[r] == none) {
            into->m[r] = part->m[r];
            into->l[r] = part->l[r];
            memcpy(o, x, static_cast<size_t>(dv) * sizeof(float));
            continue;
        }
        const float top = into->m[r] > part->m[r] ? into->m[r] : part->m[r];
        float e[16] = {into->m[r] - top, part->m[r] - top};
        V::store_n(e, 2, vec_exp<V>(V::load_n(e, 2)));
        into->m[r] = top;
        into->l[r] = fma32(into->l[r], e[0], part->l[r] * e[1]);
        const auto a = V::set1(e[0]), b = V::set1(e[1]);
        for_vectors(dv, [&](int64_t at, int w) {
            V::store_n(o + at, w, V::fma(V::load_n(o + at, w), a, V::mul(V::load_n(x + at, w), b)));
        });
    }
}

template <class V>
void attention_finish(const AttentionState* s, int64_t row, int64_t dv, const float* sink, float* y) {
    float l = s->l[row], factor = 1.0f;
    if (sink) {
        const float top = s->m[row] > *sink ? s->m[row] : *sink;
        float e[16] = {s->m[row] - top, *sink - top};
        V::store_n(e, 2, vec_exp<V>(V::load_n(e, 2)));
        l = fma32(l, e[0], e[1]);
        factor = e[0];
    }
    const float* o = s->o + row * dv;
    const auto total = V::set1(l), f = V::set1(factor);
    for_vectors(dv, [&](int64_t at, int w) { V::store_n(y + at, w, V::div(V::mul(V::load_n(o + at, w), f), total)); });
}

// One block of 32 floats to int8 and an f16 scale.
template <class V>
inline uint16_t kv_quantize32(const float* x, int8_t* q) {
    int16_t sums[2];
    float d;
    quantize<V>(x, 32, q, &d, sums);
    return f32_to_f16(d);
}

template <class V>
void kv_store(const KvHead* kv, int64_t position, const float* k, int64_t dk, const float* v, int64_t dv) {
    const int64_t slot = position % kv->capacity, tile = slot / kKvTile, lane = slot % kKvTile;
    if (kv->type_k == kKvF32) {
        float* out = static_cast<float*>(kv->k) + tile * dk * kKvTile + lane;
        for (int64_t i = 0; i < dk; ++i) out[i * kKvTile] = k[i];
    } else if (kv->type_k == kKvF16) {
        uint16_t* out = static_cast<uint16_t*>(kv->k) + tile * dk * kKvTile + lane;
        for_vectors(dk, [&](int64_t at, int w) {
            uint16_t h[16];
            V::store_f16(h, V::load_n(k + at, w));
            for (int l = 0; l < w; ++l) out[(at + l) * kKvTile] = h[l];
        });
    } else {
        int8_t* out = static_cast<int8_t*>(kv->k) + tile * dk * kKvTile;
        uint16_t* scales = static_cast<uint16_t*>(kv->k_scale) + tile * (dk / 32) * kKvTile + lane;
        for (int64_t b = 0; b < dk / 32; ++b) {
            int8_t q[32];
            scales[b * kKvTile] = kv_quantize32<V>(k + b * 32, q);
            for (int i = 0; i < 32; i += 4) memcpy(out + ((b * 32 + i) / 4 * kKvTile + lane) * 4, q + i, 4);
        }
    }
    if (kv->type_v == kKvF32) {
        memcpy(static_cast<float*>(kv->v) + slot * dv, v, static_cast<size_t>(dv) * sizeof(float));
    } else if (kv->type_v == kKvF16) {
        uint16_t* out = static_cast<uint16_t*>(kv->v) + slot * dv;
        for_vectors(dv, [&](int64_t at, int w) {
            uint16_t h[16];
            V::store_f16(h, V::load_n(v + at, w));
            memcpy(out + at, h, static_cast<size_t>(w) * 2);
        });
    } else {
        int8_t* out = static_cast<int8_t*>(kv->v) + slot * dv;
        uint16_t* scales = static_cast<uint16_t*>(kv->v_scale) + slot * (dv / 32);
        for (int64_t b = 0; b < dv / 32; ++b) scales[b] = kv_quantize32<V>(v + b * 32, out + b * 32);
    }
}

}  // namespace thimble
