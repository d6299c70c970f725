// SPDX-License-Identifier: MIT
// One column of the formats with blocks of 32 weights and nibbles, for AVX-512: loops of their own in place of
// matvec_chunk, for whole chunks of sixteen rows. Three loads of 64 bytes bring the eight blocks of a row, a permutation
// of two of them the nibbles of four blocks, one a lane, so that the activations stay in registers for all rows; scales
// come from the same loads. Sums are turned only once a block, when they are finished.
// Internal linkage: compiled once an ISA.
#pragma once
#include <immintrin.h>

#include "kernels/isa/avx512.h"
#include "kernels/micro/quant_matvec.h"

namespace thimble {
namespace {

struct WordTable {
    alignas(64) uint16_t word[32];
    __m512i load() const { return _mm512_load_si512(word); }
};

template <class F>
constexpr bool kNibbleRows = F::kId == kIQ4_XS ||
                             (F::kBlock == 32 && F::kBytes % 2 == 0 && F::kBytes < 32);  // not Q8_0, MXFP4

template <class F>
constexpr bool kFifthBits = F::kBlock == 32 && F::kBytes > 20;

// Where the words of eight blocks of 32 weights lie: windows of 32 words start at words 0, 32 and kLast of a row's chunk.
// A block has kHead words (a float16 scale, a minimum, 32 fifth bits) before its eight words of nibbles.
template <class F>
struct BlockWords {
    static constexpr int kWords = F::kBytes / 2, kHead = kWords - 8, kLast = 8 * kWords - 32;
    static constexpr int kScales = F::kMinimum == Minimum::kNone ? 1 : 2;

    // Word x of the chunk, as a permutation of two windows counts: of the first two, or (half 1) of the last two.
    static constexpr uint16_t index(int half, int x) {
        return static_cast<uint16_t>(half == 0 ? x : x < 64 ? x - 32 : 32 + x - kLast);
    }
    static constexpr WordTable nibbles(int half) {  // of blocks 4 half to 4 half + 3
        WordTable t{};
        for (int j = 0; j < 32; ++j) t.word[j] = index(half, (4 * half + j / 8) * kWords + kHead + j % 8);
        return t;
    }
    // With fifth bits: those of the first halves of four blocks, those of the second halves, and from word 8 + 8 half on
    // four scales and four minima.
    static constexpr WordTable heads(int half) {
        WordTable t{};
        for (int b = 0; b < 4; ++b) {
            const int block = (4 * half + b) * kWords;
            for (int i = 0; i < 2; ++i) t.word[4 * i + b] = index(half, block + kHead - 2 + i);
            for (int i = 0; i < kScales; ++i) t.word[8 + 8 * half + 4 * i + b] = index(half, block + i);
        }
        return t;
    }
    // Without: the windows are blended so that all scales and minima stand in one. Words taken from window i.
    static constexpr int start(int window) { return window == 2 ? kLast : 32 * window; }
    static constexpr uint32_t from_window(int window, int blocks = 8) {
        uint32_t mask = 0;
        for (int x = 0; x < blocks * kWords; ++x)
            if (x % kWords < kScales && x / 32 == window) mask |= 1u << (x - start(window));
        return mask;
    }
    static_assert(kFifthBits<F> || (from_window(0) & (from_window(1) | from_window(2))) == 0);
    static_assert(kFifthBits<F> || (from_window(1) & from_window(2)) == 0);
    // Two rows' words i of each block (scales or minima) to words 4 b and 4 b + 1, and again 4 b + 2 and 4 b + 3.
    static constexpr WordTable two_rows(int i) {
        WordTable t{};
        for (int j = 0; j < 32; ++j) {
            const int b = j / 4, x = b * kWords + i;
            const int at = kFifthBits<F> ? 8 + b / 4 * 8 + 4 * i + b % 4 : x - start(x / 32);
            t.word[j] = static_cast<uint16_t>(at + j % 2 * 32);
        }
        return t;
    }
};

// What one row leaves until the sums: nibbles of blocks 0 to 3 and 4 to 7, words with its scales, its fifth bits.
struct RowWords {
    __m512i nibbles[2], head;
    alignas(16) __mmask64 fifth[2][2];  // [half of the chunk][half of each block]
};
template <class F>
THIMBLE_INLINE void load_row(const uint8_t* p, RowWords& w) {
    if constexpr (F::kBlock == 256) {  // nibbles stand together behind the scales
        w.nibbles[0] = _mm512_loadu_si512(p + F::kBytes - 128);
        w.nibbles[1] = _mm512_loadu_si512(p + F::kBytes - 64);
    } else {
        using B = BlockWords<F>;
        static constexpr WordTable kNibbles0 = B::nibbles(0), kNibbles1 = B::nibbles(1);
        __m512i first = _mm512_loadu_si512(p), second = _mm512_loadu_si512(p + 64);
        const __m512i third = _mm512_loadu_si512(p + 2 * B::kLast);
        asm("" : "+v"(first), "+v"(second));  // else GCC loads them once a use
        if constexpr (kFifthBits<F>) {
            static constexpr WordTable kHeads0 = B::heads(0), kHeads1 = B::heads(1);
            const __m512i h0 = _mm512_permutex2var_epi16(first, kHeads0.load(), second);
            const __m512i h1 = _mm512_permutex2var_epi16(second, kHeads1.load(), third);
            _mm_store_si128(reinterpret_cast<__m128i*>(w.fifth[0]), _mm512_castsi512_si128(h0));
            _mm_store_si128(reinterpret_cast<__m128i*>(w.fifth[1]), _mm512_castsi512_si128(h1));
            w.head = _mm512_mask_blend_epi16(0xffff0000u, h0, h1);
        } else {
            w.head = _mm512_mask_blend_epi16(B::from_window(1), first, second);
            if constexpr (B::from_window(2) != 0) w.head = _mm512_mask_blend_epi16(B::from_window(2), w.head, third);
        }
        w.nibbles[0] = _mm512_permutex2var_epi16(first, kNibbles0.load(), second);
        w.nibbles[1] = _mm512_permutex2var_epi16(second, kNibbles1.load(), third);
    }
}

// Unfinished sums of four blocks (half of the chunk) of four rows. Rows stand side by side, step by step, so that no
// instruction waits for the one before it.
template <class R>
THIMBLE_INLINE void multiply_rows(const RowWords w[4], int half, __m512i low_acts, __m512i high_acts, __m512i sum[4]) {
    using F = typename R::Format;
    const __m512i low = _mm512_set1_epi8(15), fifth = _mm512_set1_epi8(16);
    __m512i v[2][4];
#pragma GCC unroll 4
    for (int r = 0; r < 4; ++r) v[1][r] = _mm512_srli_epi16(w[r].nibbles[half], 4);
#pragma GCC unroll 4
    for (int r = 0; r < 4; ++r) v[0][r] = w[r].nibbles[half];
#pragma GCC unroll 2
    for (int h = 0; h < 2; ++h) {
#pragma GCC unroll 4
        for (int r = 0; r < 4; ++r) {
            v[h][r] = _mm512_and_si512(v[h][r], low);
            if constexpr (R::kMax > 31) v[h][r] = _mm512_shuffle_epi8(codebook<Avx512>(kIq4Codebook), v[h][r]);
            if constexpr (kFifthBits<F>)
                v[h][r] = _mm512_mask_add_epi8(v[h][r], _load_mask64(const_cast<__mmask64*>(&w[r].fifth[half][h])),
                                               v[h][r], fifth);
        }
#pragma GCC unroll 4
        for (int r = 0; r < 4; ++r)
            sum[r] = h ? _mm512_dpbusd_epi32(sum[r], v[h][r], high_acts)
                       : _mm512_dpbusd_epi32(_mm512_setzero_si512(), v[h][r], low_acts);
    }
}

// The sums of four rows, four words each in every lane, finished: lane l, word r is block l of row r. Where pairs of the
// sums of eight products fit into 16 bits, the bias comes without an addition.
template <class R>
THIMBLE_INLINE __m512i finish_rows(const __m512i v[4], __m512i bias) {
    if constexpr (R::kMax <= 15) {
        const __m512i ones = _mm512_set1_epi16(1);
        const __m512i ab = _mm512_madd_epi16(_mm512_packs_epi32(v[0], v[1]), ones);
        const __m512i cd = _mm512_madd_epi16(_mm512_packs_epi32(v[2], v[3]), ones);
        return _mm512_dpwssd_epi32(bias, _mm512_packs_epi32(ab, cd), ones);
    }
    return _mm512_add_epi32(Avx512::finish<R::kMax, 32>(v), bias);
}
// out[l], lane i = lane l of v[i].
THIMBLE_INLINE void turn_lanes(const __m512i v[4], __m512i out[4]) {
    const __m512i a = _mm512_shuffle_i32x4(v[0], v[1], 0x44), b = _mm512_shuffle_i32x4(v[2], v[3], 0x44);
    const __m512i c = _mm512_shuffle_i32x4(v[0], v[1], 0xee), d = _mm512_shuffle_i32x4(v[2], v[3], 0xee);
    out[0] = _mm512_shuffle_i32x4(a, b, 0x88);
    out[1] = _mm512_shuffle_i32x4(a, b, 0xdd);
    out[2] = _mm512_shuffle_i32x4(c, d, 0x88);
    out[3] = _mm512_shuffle_i32x4(c, d, 0xdd);
}

// float16 scales (or minima) of sixteen rows; block b stands at [b % 2 * 4 + b / 2].
struct HalfScales {
    alignas(64) uint16_t word[8][16];
    THIMBLE_INLINE __m512 of(int b) const {
        return _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(word[b % 2 * 4 + b / 2])));
    }
    // v[g]: quarter b is block b of rows 4 g to 4 g + 3.
    THIMBLE_INLINE void put(const __m512i v[4]) {
        const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11),
                      second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
        const __m512i even0 = _mm512_unpacklo_epi64(v[0], v[1]), even1 = _mm512_unpacklo_epi64(v[2], v[3]);
        const __m512i odd0 = _mm512_unpackhi_epi64(v[0], v[1]), odd1 = _mm512_unpackhi_epi64(v[2], v[3]);
        _mm512_store_si512(word[0], _mm512_permutex2var_epi64(even0, first, even1));
        _mm512_store_si512(word[2], _mm512_permutex2var_epi64(even0, second, even1));
        _mm512_store_si512(word[4], _mm512_permutex2var_epi64(odd0, first, odd1));
        _mm512_store_si512(word[6], _mm512_permutex2var_epi64(odd0, second, odd1));
    }
};
// Scales (i 0) or minima (i 1) of four rows from the words that hold them: quarter b is block b of these rows.
template <class F>
THIMBLE_INLINE __m512i four_scales(const __m512i head[4], int i) {
    static constexpr WordTable kTwo[2] = {BlockWords<F>::two_rows(0), BlockWords<F>::two_rows(1)};
    return _mm512_mask_blend_epi32(0xaaaa, _mm512_permutex2var_epi16(head[0], kTwo[i].load(), head[1]),
                                   _mm512_permutex2var_epi16(head[2], kTwo[i].load(), head[3]));
}

// kNear: also into the first level, where the loop would otherwise wait for memory more than for its arithmetic (measured).
template <class R, bool kNear>
THIMBLE_INLINE void prefetch_rows(const Prefetch& ahead, int part) {
    if constexpr (kNear)
        prefetch_eighth<Avx512, R>(ahead, part);
    else
        prefetch_far<Avx512, R>(ahead, part);
}

template <class R>
requires(kNibbleRows<typename R::Format>) struct OwnRows<Avx512, R> {
    static constexpr bool kOwn = true;
    using F = typename R::Format;
    static constexpr int kScales = F::kBlock == 256 ? 0 : F::kMinimum == Minimum::kNone ? 1 : 2;  // float16 a block

    THIMBLE_INLINE static __m512 chunk(const uint8_t* p, size_t stride, const ActChunk& a, const Prefetch& ahead,
                                       __m512 acc) {
        __m512i low[2], high[2], bias[2];
#pragma GCC unroll 2
        for (int i = 0; i < 2; ++i) {
            const __m512i x = _mm512_loadu_si512(a.q + 128 * i), y = _mm512_loadu_si512(a.q + 128 * i + 64);
            low[i] = _mm512_shuffle_i32x4(x, y, 0x88);
            high[i] = _mm512_shuffle_i32x4(x, y, 0xdd);
            bias[i] = _mm512_setzero_si512();
            if constexpr (R::kBias != 0) {
                const __m512i at = _mm512_set_epi32(3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0);
                bias[i] = _mm512_permutexvar_epi32(
                    at, _mm512_castsi128_si512(_mm_load_si128(reinterpret_cast<const __m128i*>(a.bias + 4 * i))));
            }
        }
        __m512i sum[2][4], scales[2][4];
        RowScales<Avx512> ready;  // of a superblock
        if constexpr (kScales == 0) R::scales(p, stride, ready, nullptr);
#pragma GCC unroll 4
        for (size_t g = 0; g < 4; ++g) {
            RowWords w[4];
#pragma GCC unroll 4
            for (size_t r = 0; r < 4; ++r) {
                if (r % 2 == 0) prefetch_rows<R, !kFifthBits<F>>(ahead, static_cast<int>(2 * g + r / 2));
                load_row<F>(p + (4 * g + r) * stride, w[r]);
                asm volatile("" : : : "memory");  // else GCC moves all prefetches together
            }
#pragma GCC unroll 2
            for (int i = 0; i < 2; ++i) {
                __m512i v[4];
                multiply_rows<R>(w, i, low[i], high[i], v);
                sum[i][g] = finish_rows<R>(v, bias[i]);
            }
            const __m512i head[4] = {w[0].head, w[1].head, w[2].head, w[3].head};
            if constexpr (kScales > 0) scales[0][g] = four_scales<F>(head, 0);
            if constexpr (kScales > 1) scales[1][g] = four_scales<F>(head, 1);
        }
        HalfScales dw, m;
        if constexpr (kScales != 0) dw.put(scales[0]);
        if constexpr (kScales == 2) m.put(scales[1]);
        __m512i isum[8];
        turn_lanes(sum[0], isum);
        turn_lanes(sum[1], isum + 4);
#pragma GCC unroll 8
        for (int b = 0; b < 8; ++b) {
            __m512 d;
            if constexpr (kScales == 0)
                d = ready.scale(b);
            else
                d = dw.of(b);
            acc = _mm512_fmadd_ps(_mm512_cvtepi32_ps(isum[b]), _mm512_mul_ps(d, _mm512_set1_ps(a.d[b])), acc);
            if constexpr (kScales == 2) acc = _mm512_fmadd_ps(m.of(b), _mm512_set1_ps(a.ds[b]), acc);
        }
        return acc;
    }
};

}  // namespace
}  // namespace thimble
