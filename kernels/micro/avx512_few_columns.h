// SPDX-License-Identifier: MIT
// Few columns for AVX-512 in place of panels: the formats of micro/avx512_rows.h, MXFP4, Q8_0, Q4_K, Q5_K and TQ2_0. The bytes of
// sixteen rows are turned, so that words of rows stand in lanes, and unpacked where they meet their activations; each
// broadcast of activations serves two groups of sixteen rows. Few vector operations wait in Zen 4's schedulers, so that
// shuffles only run beside products where they stand between them: what follows is loaded and turned amid the products.
// Internal linkage: compiled once an ISA.
#pragma once
#include <immintrin.h>

#include "kernels/micro/avx512_rows.h"
#include "kernels/micro/quant_few_columns.h"

namespace thimble {
namespace {

template <class F>
constexpr bool kNibbleBlocks = kNibbleRows<F> || F::kId == kMXFP4;

// Where the nibbles of the blocks of a row stand: block b of a chunk at kFirst + b * kStep.
template <class F>
struct NibblePlace {
    static constexpr size_t kStep = F::kBlock == 256 ? 16 : F::kBytes, kFirst = F::kBytes - F::kBlock / 2;
};

// Word k of the 16 bytes at p of sixteen rows.
THIMBLE_INLINE void turn_rows(const uint8_t* p, size_t stride, __m512i out[4]) {
    __m512i v[4];
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) v[i] = Avx512::rb_load(p + i * stride, 4 * stride);
    Avx512::rb_transpose(v, out);
}

// What a block has beside its nibbles, for two groups of sixteen rows: scales, minima and fifth bits.
//   chunk(p, stride, first, count)  before each chunk of `count` blocks, whose first rows are at p[0] and p[1]
//   among(next, stride, g, b)       amid the products of block b; next: the next block of group g
//   after(next, stride, b)          after them; next: the next chunk of rows 4 b to 4 b + 3, unless it is a part
//   scale(g, b), minimum(g, b)      of block b
//   fifth(w, g, b, i)               word i (the first half's four, then those of the second) with its fifth bits
// Here without fifth bits: scales of four rows' eight blocks are fetched a block, and turned before the chunk.
template <class R>
struct FewHeads {
    using F = typename R::Format;
    using B = BlockWords<F>;
    HalfScales dw[2], m[2];
    alignas(64) uint16_t fetched[B::kScales][8][32];

    THIMBLE_INLINE void put(const __m512i head[4], size_t j) {
#pragma GCC unroll 2
        for (int i = 0; i < B::kScales; ++i) _mm512_store_si512(fetched[i][j], four_scales<F>(head, i));
    }
    THIMBLE_INLINE void four_rows(const uint8_t* p, size_t stride, size_t j) {
        __m512i head[4];
#pragma GCC unroll 4
        for (size_t r = 0; r < 4; ++r) {
            const uint8_t* q = p + r * stride;
            head[r] = _mm512_mask_loadu_epi16(_mm512_loadu_si512(q), B::from_window(1), q + 64);
            if constexpr (B::from_window(2) != 0)
                head[r] = _mm512_mask_loadu_epi16(head[r], B::from_window(2), q + 2 * B::kLast);
        }
        put(head, j);
    }
    struct Masks {
        uint32_t window[9][3];
    };
    static constexpr Masks masks() {  // of chunks of 0 to 8 blocks
        Masks m{};
        for (int count = 0; count <= 8; ++count)
            for (int i = 0; i < 3; ++i) m.window[count][i] = B::from_window(i, count);
        return m;
    }
    // A first chunk, or the end of a row.
    [[gnu::noinline]] void all_rows(const uint8_t* const p[2], size_t stride, int count) {
        static constexpr Masks kMasks = masks();
        const uint32_t* mask = kMasks.window[count];
        for (size_t j = 0; j < 8; ++j) {
            __m512i head[4];
#pragma GCC unroll 4
            for (size_t r = 0; r < 4; ++r) {
                const uint8_t* q = p[j / 4] + (j % 4 * 4 + r) * stride;
                head[r] = _mm512_mask_loadu_epi16(_mm512_maskz_loadu_epi16(mask[0], q), mask[1], q + 64);
                head[r] = _mm512_mask_loadu_epi16(head[r], mask[2], q + 2 * B::kLast);
            }
            put(head, j);
        }
    }
    THIMBLE_INLINE static void turn(const uint16_t (*from)[32], HalfScales& to) {
        __m512i v[4];
#pragma GCC unroll 4
        for (int g = 0; g < 4; ++g) v[g] = _mm512_load_si512(from[g]);
        to.put(v);
    }
    THIMBLE_INLINE void chunk(const uint8_t* const p[2], size_t stride, bool first, int count) {
        if (first || count < 8) all_rows(p, stride, count);
        for (int g = 0; g < 2; ++g) {
            turn(fetched[0] + 4 * g, dw[g]);
            if constexpr (B::kScales == 2) turn(fetched[1] + 4 * g, m[g]);
        }
    }
    THIMBLE_INLINE void among(const uint8_t*, size_t, int, int) {}
    THIMBLE_INLINE void after(const uint8_t* next, size_t stride, int b) {
        four_rows(next, stride, static_cast<size_t>(b));
    }
    THIMBLE_INLINE __m512 scale(int g, int b) const { return dw[g].of(b); }
    THIMBLE_INLINE __m512 minimum(int g, int b) const { return m[g].of(b); }
    THIMBLE_INLINE __m512i fifth(__m512i w, int, int, int) const { return w; }
};
template <class R>
requires(R::Format::kBlock == 256) struct FewHeads<R> {
    RowScales<Avx512> s[2];
    THIMBLE_INLINE void chunk(const uint8_t* const p[2], size_t stride, bool, int) {
        for (int g = 0; g < 2; ++g) R::scales(p[g], stride, s[g], nullptr);
    }
    THIMBLE_INLINE void among(const uint8_t*, size_t, int, int) {}
    THIMBLE_INLINE void after(const uint8_t*, size_t, int) {}
    THIMBLE_INLINE __m512 scale(int g, int b) const { return s[g].scale(b); }
    THIMBLE_INLINE __m512 minimum(int g, int b) const { return s[g].minimum(b); }
    THIMBLE_INLINE __m512i fifth(__m512i w, int, int, int) const { return w; }
};
// A byte in front of each block, 2^(e - 128) as Mxfp4Reader has it.
template <class R>
requires(R::Format::kId == kMXFP4) struct FewHeads<R> {
    alignas(64) float dw[2][2][16];  // [block % 2][group][row]
    THIMBLE_INLINE void head(const uint8_t* p, size_t stride, int g, int turn) {
        __m512i words[4];
        turn_rows(p, stride, words);
        const auto half = [](__m512i e) {
            return _mm512_castsi512_ps(
                _mm512_slli_epi32(_mm512_add_epi32(_mm512_srli_epi32(e, 1), _mm512_set1_epi32(63)), 23));
        };
        const __m512i e = _mm512_and_si512(words[0], _mm512_set1_epi32(255));
        _mm512_store_ps(dw[turn][g], _mm512_mul_ps(half(e), half(_mm512_add_epi32(e, _mm512_set1_epi32(1)))));
    }
    THIMBLE_INLINE void chunk(const uint8_t* const p[2], size_t stride, bool first, int) {
        for (int g = 0; g < 2 && first; ++g) head(p[g], stride, g, 0);
    }
    THIMBLE_INLINE void among(const uint8_t* next, size_t stride, int g, int b) { head(next, stride, g, (b + 1) % 2); }
    THIMBLE_INLINE void after(const uint8_t*, size_t, int) {}
    THIMBLE_INLINE __m512 scale(int g, int b) const { return _mm512_load_ps(dw[b % 2][g]); }
    THIMBLE_INLINE __m512i fifth(__m512i w, int, int, int) const { return w; }
};
// With fifth bits: the first words of the next block's rows are turned like its nibbles.
template <class R>
requires(kFifthBits<typename R::Format>) struct FewHeads<R> {
    using F = typename R::Format;
    static constexpr bool kMinimum = F::kMinimum != Minimum::kNone;
    alignas(64) float dw[2][2][16], m[2][2][16];  // [block % 2][group][row]
    alignas(64) __mmask64 bits[2][2][8];          // [block % 2][group][word]

    // Bits 4 i to 4 i + 3 of row r to bits 4 r to 4 r + 3 of word i.
    THIMBLE_INLINE static __m512i spread(__m512i x) {
        const __m512i mine = _mm512_set1_epi64(static_cast<long long>(0xf0f0f0f00f0f0f0full));
        const __m512i pairs =
            _mm512_broadcast_i32x4(_mm_setr_epi8(0, 8, 4, 12, 1, 9, 5, 13, 2, 10, 6, 14, 3, 11, 7, 15));
        const __m512i words = _mm512_set_epi16(31, 23, 15, 7, 30, 22, 14, 6, 29, 21, 13, 5, 28, 20, 12, 4, 27, 19, 11,
                                               3, 26, 18, 10, 2, 25, 17, 9, 1, 24, 16, 8, 0);
        const __m512i other =
            _mm512_rolv_epi32(_mm512_shuffle_epi32(x, _MM_PERM_CDAB), _mm512_set1_epi64(28ll << 32 | 4));
        const __m512i both = _mm512_ternarylogic_epi64(mine, x, other, 0xca);  // nibbles of two rows side by side
        return _mm512_permutexvar_epi16(words, _mm512_shuffle_epi8(both, pairs));
    }
    THIMBLE_INLINE void head(const uint8_t* p, size_t stride, int g, int turn) {
        __m512i v[4];
#pragma GCC unroll 4
        for (size_t i = 0; i < 4; ++i) v[i] = Avx512::rb_load(p + i * stride, 4 * stride);
        const __m512i a = _mm512_unpacklo_epi32(v[0], v[1]), c = _mm512_unpacklo_epi32(v[2], v[3]);
        const __m512i first = _mm512_unpacklo_epi64(a, c), second = _mm512_unpackhi_epi64(a, c);
        const __m512i high = _mm512_srli_epi32(first, 16);
        _mm512_store_ps(dw[turn][g], Avx512::rf_from_half(first));
        if constexpr (kMinimum) _mm512_store_ps(m[turn][g], Avx512::rf_from_half(high));
        const __m512i x = kMinimum ? second : _mm512_or_si512(high, _mm512_slli_epi32(second, 16));
        _mm512_store_si512(bits[turn][g], spread(x));
    }
    THIMBLE_INLINE void chunk(const uint8_t* const p[2], size_t stride, bool first, int) {
        if (first) first_heads(p, stride);
    }
    [[gnu::noinline]] void first_heads(const uint8_t* const p[2], size_t stride) {
        for (int g = 0; g < 2; ++g) head(p[g], stride, g, 0);
    }
    THIMBLE_INLINE void among(const uint8_t* next, size_t stride, int g, int b) { head(next, stride, g, (b + 1) % 2); }
    THIMBLE_INLINE void after(const uint8_t*, size_t, int) {}
    THIMBLE_INLINE __m512 scale(int g, int b) const { return _mm512_load_ps(dw[b % 2][g]); }
    THIMBLE_INLINE __m512 minimum(int g, int b) const { return _mm512_load_ps(m[b % 2][g]); }
    THIMBLE_INLINE __m512i fifth(__m512i w, int g, int b, int i) const {
        return _mm512_mask_add_epi8(w, _load_mask64(const_cast<__mmask64*>(&bits[b % 2][g][i])), w,
                                    _mm512_set1_epi8(16));
    }
};

// A block of 32 weights at a time. Block b of a chunk, whose turned nibbles are in raw, times C columns; raw becomes the next block's.
template <class R, int C>
THIMBLE_INLINE void few_block(__m512i raw[2][4], FewHeads<R>& heads, const uint8_t* const next[2],
                              const uint8_t* next_chunk, size_t stride, const ActChunk* a, int b, __m512 acc[C][2]) {
    using F = typename R::Format;
    constexpr size_t kFirst = NibblePlace<F>::kFirst;
    const __m512i low = _mm512_set1_epi8(15);
    __m512i sum[C][2], turned[2][4];
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) {
        sum[c][0] = R::kBias != 0 ? _mm512_set1_epi32(a[c].bias[b]) : _mm512_setzero_si512();
        sum[c][1] = sum[c][0];
    }
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) {
        asm volatile("" : : : "memory");  // else GCC moves loads together, and spills
        if (k % 2 == 0)
            heads.among(next[k / 2], stride, k / 2, b);
        else
            turn_rows(next[k / 2] + kFirst, stride, turned[k / 2]);
        asm volatile("" : : : "memory");
#pragma GCC unroll 2
        for (int h = 0; h < 2; ++h) {
            __m512i w[2];
#pragma GCC unroll 2
            for (int g = 0; g < 2; ++g) {
                w[g] = _mm512_and_si512(h ? _mm512_srli_epi16(raw[g][k], 4) : raw[g][k], low);
                if constexpr (R::kMax > 31) w[g] = _mm512_shuffle_epi8(codebook<Avx512>(kIq4Codebook), w[g]);
                if constexpr (F::kId == kMXFP4) {
                    const __m512i e2m1 = _mm512_add_epi8(Avx512::rb_dup(kE2m1Doubled), _mm512_set1_epi8(R::kBias));
                    w[g] = _mm512_shuffle_epi8(e2m1, w[g]);
                }
                w[g] = heads.fifth(w[g], g, b, 4 * h + k);
            }
#pragma GCC unroll 4
            for (int c = 0; c < C; ++c) {
                __m512i x = _mm512_set1_epi32(load_word(a[c].q + 32 * b + 16 * h + 4 * k));
                asm("" : "+v"(x));  // else GCC loads it twice
                sum[c][0] = _mm512_dpbusd_epi32(sum[c][0], w[0], x);
                sum[c][1] = _mm512_dpbusd_epi32(sum[c][1], w[1], x);
            }
        }
    }
#pragma GCC unroll 2
    for (int g = 0; g < 2; ++g) {
        const __m512 d = heads.scale(g, b);
#pragma GCC unroll 4
        for (int c = 0; c < C; ++c)
            acc[c][g] =
                _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[c][g]), _mm512_mul_ps(d, _mm512_set1_ps(a[c].d[b])), acc[c][g]);
        if constexpr (F::kMinimum == Minimum::kBlock) {
            const __m512 m = heads.minimum(g, b);
#pragma GCC unroll 4
            for (int c = 0; c < C; ++c) acc[c][g] = _mm512_fmadd_ps(m, _mm512_set1_ps(a[c].ds[b]), acc[c][g]);
        }
    }
    if (next_chunk) heads.after(next_chunk, stride, b);
#pragma GCC unroll 2
    for (int g = 0; g < 2; ++g)
#pragma GCC unroll 4
        for (int k = 0; k < 4; ++k) raw[g][k] = turned[g][k];
}

// Two groups of sixteen rows that start at rows first[0] and first[1], times columns c0 to c0 + C - 1.
template <class R, int C>
requires(kNibbleBlocks<typename R::Format>) void few_rows(const Matmul* m, const int64_t first[2], int64_t c0) {
    using Place = NibblePlace<typename R::Format>;
    const int64_t blocks = m->k / 32;
    const size_t stride = m->row_bytes;
    const uint8_t* p[2];
    __m512i raw[2][4];
    __m512 acc[C][2];
    FewHeads<R> heads;
#pragma GCC unroll 2
    for (int g = 0; g < 2; ++g) {
        p[g] = m->w + static_cast<size_t>(first[g]) * stride;
        turn_rows(p[g] + Place::kFirst, stride, raw[g]);
#pragma GCC unroll 4
        for (int c = 0; c < C; ++c) acc[c][g] = _mm512_setzero_ps();
    }
    int count = blocks < 8 ? static_cast<int>(blocks) : 8;
    for (int64_t block = 0; block < blocks; block += 8) {
        ActChunk a[C];
        for (int c = 0; c < C; ++c) load_acts<Avx512, R>(m, column_of(m, c0 + c), block, count, &a[c]);
        heads.chunk(p, stride, block == 0, count);
        const int64_t left = blocks - block - 8;
        const int next_count = left < 8 ? static_cast<int>(left) : 8;
        const Prefetch ahead[2] = {prefetch_at<Avx512, R, kPanelAhead>(p[0], m, block, 32 * stride),
                                   prefetch_at<Avx512, R, kPanelAhead>(p[1], m, block, 32 * stride)};
        const size_t last = static_cast<size_t>(count - 1) * Place::kStep;  // behind it, it comes once more
#pragma GCC unroll 1
        for (int b = 0; b < count; ++b) {
            prefetch_far<Avx512, R>(ahead[0], b);
            prefetch_far<Avx512, R>(ahead[1], b);
            const size_t step = b + 1 < count ? static_cast<size_t>(b + 1) * Place::kStep
                                : left > 0    ? kChunkBytes<R>
                                              : last;
            const uint8_t* next[2] = {p[0] + step, p[1] + step};
            const uint8_t* next_chunk =
                next_count == 8 ? p[b / 4] + static_cast<size_t>(b % 4 * 4) * stride + kChunkBytes<R> : nullptr;
            few_block<R, C>(raw, heads, next, next_chunk, stride, a, b, acc);
        }
        count = next_count;
        for (int g = 0; g < 2; ++g) p[g] += kChunkBytes<R>;
    }
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c)
#pragma GCC unroll 2
        for (int g = 0; g < 2; ++g) _mm512_storeu_ps(m->out + (c0 + c) * m->out_stride + first[g], acc[c][g]);
}

// Formats of which 32 bytes, kBits bits a weight, are 8 / kBits blocks. They start at byte kFirst of a chunk, and each
// kStep bytes later; fifth bits, one a block, at kHigh.
template <class F>
struct SharedBytes {
    static constexpr bool kHas = false;
};
template <int bits, size_t first, size_t high, size_t step = 32>
struct SharedAt {
    static constexpr bool kHas = true;
    static constexpr int kBits = bits, kMost = bits == 2 ? 8 : 4;  // columns
    static constexpr size_t kFirst = first, kHigh = high, kStep = step;
};
template <>
struct SharedBytes<FormatQ4_K> : SharedAt<4, 16, 0> {};
template <>
struct SharedBytes<FormatQ5_K> : SharedAt<4, 48, 16> {};
template <>
struct SharedBytes<FormatTQ2_0> : SharedAt<2, 0, 0> {};
template <>
struct SharedBytes<FormatQ8_0> : SharedAt<8, 2, 0, 34> {};

// Beside the shared bytes, for two groups of sixteen rows.
template <class R>
struct SharedHeads {
    using F = typename R::Format;
    static constexpr size_t kHigh = SharedBytes<F>::kHigh;
    KScales<Avx512> s[2];
    THIMBLE_INLINE void block(const uint8_t*, size_t, int) {}
    alignas(64) uint8_t high[2][8][kHigh ? 64 : 1];

    THIMBLE_INLINE void load(const uint8_t* const p[2], size_t stride) {
#pragma GCC unroll 1
        for (int g = 0; g < 2; ++g) {
            R::scales(p[g], stride, s[g], nullptr);
            if constexpr (kHigh != 0) {
                __m512i v[8];
                turn_rows(p[g] + kHigh, stride, v);
                turn_rows(p[g] + kHigh + 16, stride, v + 4);
#pragma GCC unroll 8
                for (int k = 0; k < 8; ++k) _mm512_store_si512(high[g][k], v[k]);
            }
        }
    }
    THIMBLE_INLINE static __m512 scaled_byte(__m512 d, __m512i bytes, int j) {
        const __m512i x = _mm512_srlv_epi32(bytes, _mm512_set1_epi32(8 * j));
        return _mm512_mul_ps(d, _mm512_cvtepi32_ps(_mm512_and_si512(x, _mm512_set1_epi32(255))));
    }
    THIMBLE_INLINE __m512 scale(int g, int b) const { return scaled_byte(s[g].d, s[g].sc[b / 4], b % 4); }
    THIMBLE_INLINE __m512 minimum(int g, int b) const { return scaled_byte(s[g].dmin, s[g].mn[b / 4], b % 4); }
    // Word k of block b with its fifth bits.
    THIMBLE_INLINE __m512i fifth(__m512i w, int g, int b, int k) const {
        if constexpr (kHigh == 0) return w;
        const __mmask64 set =
            _mm512_test_epi8_mask(_mm512_load_si512(high[g][k]), _mm512_set1_epi8(static_cast<char>(1 << b)));
        return _mm512_mask_add_epi8(w, set, w, _mm512_set1_epi8(16));
    }
};
template <class R>
requires(R::Format::kBlock == 32) struct SharedHeads<R> {  // a scale in front of each block
    __m512 d[2];
    THIMBLE_INLINE void load(const uint8_t* const[2], size_t) {}
    THIMBLE_INLINE void block(const uint8_t* p, size_t stride, int g) {
        __m512i words[4];
        turn_rows(p, stride, words);
        d[g] = Avx512::rf_from_half(words[0]);
    }
    THIMBLE_INLINE __m512 scale(int g, int) const { return d[g]; }
    THIMBLE_INLINE __m512i fifth(__m512i w, int, int, int) const { return w; }
};
template <class R>
requires(R::Format::kBlock == 256 && R::Format::kMinimum == Minimum::kNone) struct SharedHeads<R> {  // one a chunk
    __m512 d[2];
    THIMBLE_INLINE void block(const uint8_t*, size_t, int) {}
    THIMBLE_INLINE void load(const uint8_t* const p[2], size_t stride) {
        for (int g = 0; g < 2; ++g) {
            RowScales<Avx512> s;
            R::scales(p[g], stride, s, nullptr);
            d[g] = s.scale(0);
        }
    }
    THIMBLE_INLINE __m512 scale(int g, int) const { return d[g]; }
    THIMBLE_INLINE __m512i fifth(__m512i w, int, int, int) const { return w; }
};

// 32 bytes of a row at a time, which fill sixteen registers, so that the float accumulators wait in memory.
template <class R, int C>
requires(SharedBytes<typename R::Format>::kHas) void few_rows(const Matmul* m, const int64_t first[2], int64_t c0) {
    using F = typename R::Format;
    using Shared = SharedBytes<F>;
    constexpr int kEach = 8 / Shared::kBits;
    const int64_t blocks = m->k / 32;
    const size_t stride = m->row_bytes;
    const __m512i low = _mm512_set1_epi8(static_cast<char>(kEach == 1 ? 128 : (1 << Shared::kBits) - 1));
    const uint8_t* p[2];
    alignas(64) float acc[C][2][16] = {};
    for (int g = 0; g < 2; ++g) p[g] = m->w + static_cast<size_t>(first[g]) * stride;
    for (int64_t block = 0; block < blocks; block += 8) {
        const int count = F::kBlock < 256 && blocks - block < 8 ? static_cast<int>(blocks - block) : 8;
        ActChunk a[C];
        const int8_t* q[C];
        for (int c = 0; c < C; ++c) {
            load_acts<Avx512, R>(m, column_of(m, c0 + c), block, count, &a[c]);
            q[c] = a[c].q;
        }
        SharedHeads<R> heads;
        heads.load(p, stride);
        const Prefetch ahead[2] = {prefetch_at<Avx512, R, kPanelAhead>(p[0], m, block, 32 * stride),
                                   prefetch_at<Avx512, R, kPanelAhead>(p[1], m, block, 32 * stride)};
#pragma GCC unroll 1
        for (int i = 0; i < count / kEach; ++i) {
            const size_t place = Shared::kFirst + static_cast<size_t>(i) * Shared::kStep;
            __m512i raw[2][8];
#pragma GCC unroll 2
            for (int g = 0; g < 2; ++g) {
                for (int j = 0; j < kEach; ++j) prefetch_far<Avx512, R>(ahead[g], kEach * i + j);
                turn_rows(p[g] + place, stride, raw[g]);
            }
#pragma GCC unroll 4
            for (int h = 0; h < kEach; ++h) {
                const int b = kEach * i + h;
                __m512i sum[C][2];
#pragma GCC unroll 4
                for (int c = 0; c < C; ++c)
                    sum[c][0] = sum[c][1] = R::kBias != 0 ? _mm512_set1_epi32(a[c].bias[b]) : _mm512_setzero_si512();
#pragma GCC unroll 8
                for (int k = 0; k < 8; ++k) {
                    if (h == 0 && k < 4 && k % 2 == 1) {  // the second half, amid the products of the first
                        asm volatile("" : : : "memory");
                        turn_rows(p[k / 2] + place + 16, stride, raw[k / 2] + 4);
                        asm volatile("" : : : "memory");
                    }
                    if (h == 0 && k > 5) heads.block(p[k - 6] + place - Shared::kFirst, stride, k - 6);
                    __m512i w[2];
#pragma GCC unroll 2
                    for (int g = 0; g < 2; ++g) {
                        if constexpr (kEach == 1) {
                            w[g] = _mm512_xor_si512(raw[g][k], low);
                            continue;
                        }
                        w[g] = h ? _mm512_srli_epi16(raw[g][k], static_cast<unsigned>(Shared::kBits * h)) : raw[g][k];
                        w[g] = heads.fifth(_mm512_and_si512(w[g], low), g, b, k);
                    }
#pragma GCC unroll 4
                    for (int c = 0; c < C; ++c) {
                        __m512i x = _mm512_set1_epi32(load_word(q[c] + 32 * b + 4 * k));
                        asm volatile("" : "+v"(x));  // else GCC loads it twice
                        sum[c][0] = _mm512_dpbusd_epi32(sum[c][0], w[0], x);
                        sum[c][1] = _mm512_dpbusd_epi32(sum[c][1], w[1], x);
                    }
                }
#pragma GCC unroll 2
                for (int g = 0; g < 2; ++g) {
                    const __m512 d = heads.scale(g, b);
                    __m512 min = d;
                    if constexpr (F::kMinimum == Minimum::kBlock) min = heads.minimum(g, b);
#pragma GCC unroll 4
                    for (int c = 0; c < C; ++c) {
                        __m512 x =
                            _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[c][g]), _mm512_mul_ps(d, _mm512_set1_ps(a[c].d[b])),
                                            _mm512_load_ps(acc[c][g]));
                        if constexpr (F::kMinimum == Minimum::kBlock)
                            x = _mm512_fmadd_ps(min, _mm512_set1_ps(a[c].ds[b]), x);
                        _mm512_store_ps(acc[c][g], x);
                    }
                }
            }
        }
        for (int g = 0; g < 2; ++g) p[g] += kChunkBytes<R>;
    }
    for (int c = 0; c < C; ++c)
        for (int g = 0; g < 2; ++g)
            _mm512_storeu_ps(m->out + (c0 + c) * m->out_stride + first[g], _mm512_load_ps(acc[c][g]));
}

template <class R>
requires(kNibbleBlocks<typename R::Format> || SharedBytes<typename R::Format>::kHas) struct OwnColumns<Avx512, R> {
    static constexpr bool kOwn = true;
    static constexpr int64_t kMost = [] {  // where the panel is no faster
        if constexpr (SharedBytes<typename R::Format>::kHas) return SharedBytes<typename R::Format>::kMost;
        return R::Format::kId == kMXFP4 ? 4 : 8;
    }();

    // m->rows >= 16.
    static void multiply(const Matmul* m) {
        const int64_t parts = (m->n + 3) / 4;
        for (int64_t row = 0; row < m->rows; row += 32) {
            int64_t first[2];
            for (int g = 0; g < 2; ++g)
                first[g] =
                    row + 16 * g + 16 <= m->rows ? row + 16 * g : m->rows - 16;  // again some rows: the same bits
            for (int64_t t = 0, c = 0; t < parts; ++t) {
                const int64_t n = (m->n - c + parts - t - 1) / (parts - t);
                if (n == 2) few_rows<R, 2>(m, first, c);
                if (n == 3) few_rows<R, 3>(m, first, c);
                if (n == 4) few_rows<R, 4>(m, first, c);
                c += n;
            }
        }
    }
};

}  // namespace
}  // namespace thimble
