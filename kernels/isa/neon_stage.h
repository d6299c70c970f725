// SPDX-License-Identifier: MIT
// Formats that NEON unpacks into a stage of bytes, whatever the number of columns (the layouts are stated in formats/*.h):
// weights that stand in a grid (IQ1 to IQ3) or take more than a shift and a mask. One NeonStage<F> a format:
//   row(b, to)             the weights of one block as int8: half h of sub-block j at to + (2 * j + h) * kStageHalf;
//   scales(b, dw, sc)      scales of four blocks (rows), rows in lanes: sub-block j at dw[j * kStageRows], with a float
//                          scale a half at dw[(2j + h) * kStageRows], integer scales at sc[(2j + h) * kStageRows].
// Reads nothing outside the block. Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/isa/neon_formats.h"

namespace thimble {
namespace {

constexpr int kStageRows = 8, kStageHalf = 16 * kStageRows;  // rows side by side in the stage; bytes to the next half

template <class F>
struct NeonStage {
    static constexpr bool kAny = false;
};
struct NeonStageBase {
    static constexpr bool kAny = true;
};

THIMBLE_INLINE void put_half(int8_t* to, int half, uint8x16_t q) { vst1q_s8(to + half * kStageHalf, as_s8(q)); }

// ---- Scales --------------------------------------------------------------------------------------------------------------

// A float16 of four blocks for each of their sub-blocks.
template <class F>
struct NeonStageScale : NeonStageBase {
    static void scales(const typename F::Block* const* b, float* dw, int32_t*) {
        const f4 d = gather_d(b);
        for (int j = 0; j < F::kBlock / 32; ++j) f4_store(dw + j * kStageRows, d);
    }
};
// rows: 2 s + 1 of eight sub-blocks a row; d * (2 s + 1) with rows in lanes.
inline void put_odd_scales(f4 d, const uint16x8_t* rows, float* dw) {
    const uint16x8x2_t even = vzipq_u16(rows[0], rows[2]), odd = vzipq_u16(rows[1], rows[3]);
    for (int i = 0; i < 2; ++i) {
        const uint16x8x2_t lanes = vzipq_u16(even.val[i], odd.val[i]);
        THIMBLE_UNROLL
        for (int k = 0; k < 2; ++k, dw += 2 * kStageRows) {
            f4_store(dw, f4_mul(d, f4_of_u(vmovl_u16(vget_low_u16(lanes.val[k])))));
            f4_store(dw + kStageRows, f4_mul(d, f4_of_u(vmovl_u16(vget_high_u16(lanes.val[k])))));
        }
    }
}
// 2 s + 1 for the highest four bits s of each of eight words, `step` words apart.
template <int step>
inline uint16x8_t odd_of_top_bits(const uint8_t* p) {
    uint32x4_t w[2];
    THIMBLE_UNROLL
    for (int i = 0; i < 2; ++i) {
        const uint8x16_t first = vld1q_u8(p + 16 * step * i);
        if constexpr (step == 1)
            w[i] = vreinterpretq_u32_u8(first);
        else  // the odd ones
            w[i] = vuzpq_u32(vreinterpretq_u32_u8(first), vreinterpretq_u32_u8(vld1q_u8(p + 32 * i + 16))).val[1];
    }
    const uint16x8_t s = vcombine_u16(vmovn_u32(vshrq_n_u32(w[0], 28)), vmovn_u32(vshrq_n_u32(w[1], 28)));
    return vorrq_u16(vshlq_n_u16(s, 1), vdupq_n_u16(1));
}
// 2 s + 1 for the nibbles s of eight bytes, the low one first.
inline uint8x16_t odd_of_nibbles(const uint8_t* p) {
    const uint8x8_t v = vld1_u8(p);
    const uint8x8x2_t s = vzip_u8(vand_u8(v, vdup_n_u8(15)), vshr_n_u8(v, 4));
    return vorrq_u8(vshlq_n_u8(vcombine_u8(s.val[0], s.val[1]), 1), vdupq_n_u8(1));
}

// ---- Signs and grids -----------------------------------------------------------------------------------------------------

// 0xff where the bit of the four bytes is set: weights 16 h to 16 h + 15.
THIMBLE_INLINE uint8x16_t sign_mask(uint8x16_t bytes, int h) {
    static const uint8_t kByte[32] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1,
                                      2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3};
    static const uint8_t kBit[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    return vtstq_u8(lookup(bytes, vld1q_u8(kByte + 16 * h)), vld1q_u8(kBit));
}
inline uint8x16_t four_bytes(const uint8_t* p) { return vreinterpretq_u8_u32(vdupq_n_u32(load_u32(p))); }
// A sub-block of magnitudes with the signs in four bytes.
THIMBLE_INLINE void put_signed(int8_t* to, int j, uint8x16_t m0, uint8x16_t m1, uint8x16_t signs) {
    const uint8x16_t s0 = sign_mask(signs, 0), s1 = sign_mask(signs, 1);
    put_half(to, 2 * j, vsubq_u8(veorq_u8(m0, s0), s0));
    put_half(to, 2 * j + 1, vsubq_u8(veorq_u8(m1, s1), s1));
}
// Four times seven signs in the low 28 bits of each word, to four bytes with an even number of signs each.
inline uint8x16_t even_sign_bytes(uint32x4_t w) {
    uint32x4_t s = vandq_u32(w, vdupq_n_u32(0x7f));
    s = vorrq_u32(s, vandq_u32(vshlq_n_u32(w, 1), vdupq_n_u32(0x7f00)));
    s = vorrq_u32(s, vandq_u32(vshlq_n_u32(w, 2), vdupq_n_u32(0x7f0000)));
    s = vorrq_u32(s, vandq_u32(vshlq_n_u32(w, 3), vdupq_n_u32(0x7f000000)));
    const uint8x16_t seven = vreinterpretq_u8_u32(s);
    return vsliq_n_u8(seven, vcntq_u8(seven), 7);
}

// Four entries of IQ1 or IQ2, eight codes of two bits each; codes to bytes by the table.
THIMBLE_INLINE uint64_t join_four(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    return a | b << 16 | c << 32 | d << 48;
}
THIMBLE_INLINE uint8x16_t spread_entries(uint64_t entries, int h, uint8x16_t table) {
    static const uint8_t kByte[32] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3,
                                      4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7};
    static const int8_t kDown[16] = {0, -2, -4, -6, 0, -2, -4, -6, 0, -2, -4, -6, 0, -2, -4, -6};
    const uint8x8_t e = vcreate_u8(entries);
    const uint8x16_t four = lookup(vcombine_u8(e, e), vld1q_u8(kByte + 16 * h));
    return lookup(table, vandq_u8(vshlq_u8(four, vld1q_s8(kDown)), vdupq_n_u8(3)));
}
inline uint8x16_t iq2_table() {
    static const uint8_t kOf[16] = {8, 25, 43};
    return vld1q_u8(kOf);
}
inline uint8x16_t iq1_table() {  // 8 * (code - 1)
    static const uint8_t kOf[16] = {0xf8, 0, 8};
    return vld1q_u8(kOf);
}
// Eight entries of IQ3, four codes of four bits each.
THIMBLE_INLINE void put_iq3(int8_t* to, int j, const uint16_t* entries, uint8x16_t table, uint8x16_t signs) {
    const uint8x16_t v = vreinterpretq_u8_u16(vld1q_u16(entries));
    const uint8x16x2_t codes = vzipq_u8(low_nibbles(v), vshrq_n_u8(v, 4));
    put_signed(to, j, lookup(table, codes.val[0]), lookup(table, codes.val[1]), signs);
}

template <>
struct NeonStage<FormatIQ2_XXS> : NeonStageBase {
    static void row(const FormatIQ2_XXS::Block* b, int8_t* to) {
        const uint8x16_t table = iq2_table();
        uint8_t signs[32];
        THIMBLE_UNROLL
        for (int i = 0; i < 2; ++i) {
            const uint32x4x2_t words = vuzpq_u32(vreinterpretq_u32_u8(vld1q_u8(b->qs + 32 * i)),
                                                 vreinterpretq_u32_u8(vld1q_u8(b->qs + 32 * i + 16)));
            vst1q_u8(signs + 16 * i, even_sign_bytes(words.val[1]));
        }
        for (int j = 0; j < 8; ++j) {
            const uint8_t* at = b->qs + 8 * j;
            const uint64_t e =
                join_four(kGridIq2Xxs[at[0]], kGridIq2Xxs[at[1]], kGridIq2Xxs[at[2]], kGridIq2Xxs[at[3]]);
            put_signed(to, j, spread_entries(e, 0, table), spread_entries(e, 1, table), four_bytes(signs + 4 * j));
        }
    }
    static void scales(const FormatIQ2_XXS::Block* const* b, float* dw, int32_t*) {
        uint16x8_t rows[4];
        for (int r = 0; r < 4; ++r) rows[r] = odd_of_top_bits<2>(b[r]->qs);
        put_odd_scales(f4_mul(gather_d(b), f4_dup(0.125f)), rows, dw);
    }
};

// An eighth of d for all sub-blocks, and integer scales of halves in nibbles.
template <class F>
struct NeonStageIq2Scales : NeonStageBase {
    static void scales(const typename F::Block* const* b, float* dw, int32_t* sc) {
        const f4 d = f4_mul(gather_d(b), f4_dup(0.125f));
        for (int j = 0; j < 8; ++j) f4_store(dw + j * kStageRows, d);
        uint8x16_t rows[4];
        for (int r = 0; r < 4; ++r) rows[r] = odd_of_nibbles(b[r]->scales);
        store_int_scales<kStageRows>(rows, sc);
    }
};

template <>
struct NeonStage<FormatIQ2_XS> : NeonStageIq2Scales<FormatIQ2_XS> {
    static void row(const FormatIQ2_XS::Block* b, int8_t* to) {
        const uint8x16_t table = iq2_table();
        uint8_t signs[32];
        for (int i = 0; i < 4; ++i) {  // the high seven bits of eight words, made even
            const uint8x8_t seven = vshrn_n_u16(vreinterpretq_u16_u8(vld1q_u8(b->qs + 16 * i)), 9 - 1);
            const uint8x8_t low = vshr_n_u8(seven, 1);
            vst1_u8(signs + 8 * i, vsli_n_u8(low, vcnt_u8(low), 7));
        }
        for (int j = 0; j < 8; ++j) {
            const uint8_t* at = b->qs + 8 * j;
            const uint64_t e = join_four(kGridIq2Xs[load_u16(at) & 511], kGridIq2Xs[load_u16(at + 2) & 511],
                                         kGridIq2Xs[load_u16(at + 4) & 511], kGridIq2Xs[load_u16(at + 6) & 511]);
            put_signed(to, j, spread_entries(e, 0, table), spread_entries(e, 1, table), four_bytes(signs + 4 * j));
        }
    }
};

template <>
struct NeonStage<FormatIQ2_S> : NeonStageIq2Scales<FormatIQ2_S> {
    static void row(const FormatIQ2_S::Block* b, int8_t* to) {
        const uint8x16_t table = iq2_table();
        for (int j = 0; j < 8; ++j) {
            const uint8_t* at = b->index + 4 * j;
            const uint32_t high = b->high[j];
            const uint64_t e = join_four(kGridIq2S[at[0] | (high & 3) << 8], kGridIq2S[at[1] | (high & 12) << 6],
                                         kGridIq2S[at[2] | (high & 48) << 4], kGridIq2S[at[3] | (high & 192) << 2]);
            put_signed(to, j, spread_entries(e, 0, table), spread_entries(e, 1, table), four_bytes(b->signs + 4 * j));
        }
    }
};

template <>
struct NeonStage<FormatIQ3_XXS> : NeonStageBase {
    static void row(const FormatIQ3_XXS::Block* b, int8_t* to) {
        static const uint8_t kOf[16] = {4, 12, 20, 28, 36, 44, 52, 62};
        const uint8x16_t table = vld1q_u8(kOf);
        uint8_t signs[32];
        THIMBLE_UNROLL
        for (int i = 0; i < 2; ++i)
            vst1q_u8(signs + 16 * i, even_sign_bytes(vreinterpretq_u32_u8(vld1q_u8(b->words + 16 * i))));
        for (int j = 0; j < 8; ++j) {
            uint16_t e[8];
            THIMBLE_UNROLL
            for (int i = 0; i < 8; ++i) e[i] = kGridIq3Xxs[b->index[8 * j + i]];
            put_iq3(to, j, e, table, four_bytes(signs + 4 * j));
        }
    }
    static void scales(const FormatIQ3_XXS::Block* const* b, float* dw, int32_t*) {
        uint16x8_t rows[4];
        for (int r = 0; r < 4; ++r) rows[r] = odd_of_top_bits<1>(b[r]->words);
        put_odd_scales(f4_mul(gather_d(b), f4_dup(0.25f)), rows, dw);
    }
};

template <>
struct NeonStage<FormatIQ3_S> : NeonStageBase {
    static void row(const FormatIQ3_S::Block* b, int8_t* to) {
        static const uint8_t kOf[16] = {1, 3, 5, 7, 9, 11, 13, 15};
        const uint8x16_t table = vld1q_u8(kOf);
        for (int j = 0; j < 8; ++j) {
            const uint32_t high = b->high[j];
            uint16_t e[8];
            THIMBLE_UNROLL
            for (int i = 0; i < 8; ++i) e[i] = kGridIq3S[b->index[8 * j + i] | (high << (8 - i) & 256)];
            put_iq3(to, j, e, table, four_bytes(b->signs + 4 * j));
        }
    }
    static void scales(const FormatIQ3_S::Block* const* b, float* dw, int32_t*) {
        const f4 d = gather_d(b);
        uint32_t words[4];
        for (int r = 0; r < 4; ++r) words[r] = load_u32(b[r]->scales);
        uint32x4_t s = vld1q_u32(words);
        for (int j = 0; j < 8; ++j) {
            const uint32x4_t odd = vorrq_u32(vandq_u32(vshlq_n_u32(s, 1), vdupq_n_u32(30)), vdupq_n_u32(1));
            f4_store(dw + j * kStageRows, f4_mul(d, f4_of_u(odd)));
            s = vshrq_n_u32(s, 4);
        }
    }
};

template <>
struct NeonStage<FormatIQ1_S> : NeonStageBase {
    static void row(const FormatIQ1_S::Block* b, int8_t* to) {
        const uint8x16_t table = iq1_table();
        for (int j = 0; j < 8; ++j) {
            const uint8_t* at = b->index + 4 * j;
            const uint32_t high = load_u16(b->high + 2 * j);
            const uint64_t e = join_four(kGridIq1[at[0] | (high << 8 & 0x700)], kGridIq1[at[1] | (high << 5 & 0x700)],
                                         kGridIq1[at[2] | (high << 2 & 0x700)], kGridIq1[at[3] | (high >> 1 & 0x700)]);
            const uint8x16_t shift = vdupq_n_u8(static_cast<uint8_t>(1 - static_cast<int>(high >> 15) * 2));
            put_half(to, 2 * j, vaddq_u8(spread_entries(e, 0, table), shift));
            put_half(to, 2 * j + 1, vaddq_u8(spread_entries(e, 1, table), shift));
        }
    }
    static void scales(const FormatIQ1_S::Block* const* b, float* dw, int32_t*) {
        uint16x8_t rows[4];
        for (int r = 0; r < 4; ++r) {
            const uint16x8_t high = vreinterpretq_u16_u8(vld1q_u8(b[r]->high));
            rows[r] = vorrq_u16(vandq_u16(vshrq_n_u16(high, 11), vdupq_n_u16(14)), vdupq_n_u16(1));
        }
        put_odd_scales(f4_mul(gather_d(b), f4_dup(0.125f)), rows, dw);
    }
};

template <>
struct NeonStage<FormatIQ1_M> : NeonStageBase {
    static void row(const FormatIQ1_M::Block* b, int8_t* to) {
        static const uint8_t kByte[32] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                          1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
        static const uint8_t kBit[16] = {8, 8, 8, 8, 8, 8, 8, 8, 128, 128, 128, 128, 128, 128, 128, 128};
        const uint8x16_t table = iq1_table(), bit = vld1q_u8(kBit), one = vdupq_n_u8(1);
        for (int j = 0; j < 8; ++j) {
            const uint8_t* at = b->index + 4 * j;
            const uint32_t high = load_u16(b->high + 2 * j);
            const uint64_t e = join_four(kGridIq1[at[0] | (high << 8 & 0x700)], kGridIq1[at[1] | (high << 4 & 0x700)],
                                         kGridIq1[at[2] | (high & 0x700)], kGridIq1[at[3] | (high >> 4 & 0x700)]);
            const uint8x16_t bytes = vreinterpretq_u8_u16(vdupq_n_u16(static_cast<uint16_t>(high)));
            THIMBLE_UNROLL
            for (int h = 0; h < 2; ++h) {  // 1, or where the bit is set -1
                const uint8x16_t shift = vorrq_u8(vtstq_u8(lookup(bytes, vld1q_u8(kByte + 16 * h)), bit), one);
                put_half(to, 2 * j + h, vaddq_u8(spread_entries(e, h, table), shift));
            }
        }
    }
    static void scales(const FormatIQ1_M::Block* const* b, float* dw, int32_t* sc) {
        static const uint8_t kWord[32] = {0, 1, 0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3, 2, 3,
                                          4, 5, 4, 5, 4, 5, 4, 5, 6, 7, 6, 7, 6, 7, 6, 7};
        static const int16_t kDown[8] = {1, -2, -5, -8, 1, -2, -5, -8};
        float d[4];
        uint8x16_t rows[4];
        for (int r = 0; r < 4; ++r) {
            d[r] = FormatIQ1_M::scale(b[r]) * 0.125f;
            const uint8x8_t v = vld1_u8(b[r]->scales);
            uint8x8_t part[2];
            THIMBLE_UNROLL
            for (int i = 0; i < 2; ++i) {
                const uint16x8_t word = vreinterpretq_u16_u8(lookup(vcombine_u8(v, v), vld1q_u8(kWord + 16 * i)));
                part[i] = vmovn_u16(vandq_u16(vshlq_u16(word, vld1q_s16(kDown)), vdupq_n_u16(14)));
            }
            rows[r] = vorrq_u8(vcombine_u8(part[0], part[1]), vdupq_n_u8(1));
        }
        for (int j = 0; j < 8; ++j) f4_store(dw + j * kStageRows, f4_load(d));
        store_int_scales<kStageRows>(rows, sc);
    }
};

// ---- The others ----------------------------------------------------------------------------------------------------------

inline uint8x16_t e2m1_table() { return as_u8(vld1q_s8(kE2m1Doubled)); }

template <>
struct NeonStage<FormatMXFP4> : NeonStageBase {
    static void row(const FormatMXFP4::Block* b, int8_t* to) {
        const uint8x16_t v = vld1q_u8(b->qs), table = e2m1_table();
        put_half(to, 0, lookup(table, low_nibbles(v)));
        put_half(to, 1, lookup(table, vshrq_n_u8(v, 4)));
    }
    static void scales(const FormatMXFP4::Block* const* b, float* dw, int32_t*) {
        const uint32_t e[4] = {b[0]->e, b[1]->e, b[2]->e, b[3]->e};
        f4_store(dw, half_of_e8m0(vld1q_u32(e)));
    }
};

template <>
struct NeonStage<FormatNVFP4> : NeonStageBase {
    static void row(const FormatNVFP4::Block* b, int8_t* to) {
        const uint8x16_t table = e2m1_table();
        THIMBLE_UNROLL
        for (int j = 0; j < 2; ++j) {
            const uint8x16_t v = vld1q_u8(b->qs + 16 * j), low = low_nibbles(v), high = vshrq_n_u8(v, 4);
            put_half(to, 2 * j, lookup(table, vcombine_u8(vget_low_u8(low), vget_low_u8(high))));
            put_half(to, 2 * j + 1, lookup(table, vcombine_u8(vget_high_u8(low), vget_high_u8(high))));
        }
    }
    static void scales(const FormatNVFP4::Block* const* b, float* dw, int32_t*) {
        for (int h = 0; h < 4; ++h) {
            const uint8_t s[4] = {b[0]->scales[h], b[1]->scales[h], b[2]->scales[h], b[3]->scales[h]};
            const uint32x4_t code = {s[0], s[1], s[2], s[3]}, mantissa = vandq_u32(code, vdupq_n_u32(7));
            const uint32x4_t normal =
                vaddq_u32(vshlq_n_u32(vandq_u32(code, vdupq_n_u32(127)), 20), vdupq_n_u32((127 - 7 - 1) << 23));
            const uint32x4_t small = vceqq_u32(vandq_u32(code, vdupq_n_u32(0x78)), vdupq_n_u32(0));
            const f4 subnormal = f4_mul(f4_of_u(mantissa), f4_dup(0x1p-10f));
            const uint32x4_t bits = vbslq_u32(small, vreinterpretq_u32_f32(subnormal), normal);
            f4_store(dw + h * kStageRows, vreinterpretq_f32_u32(vbicq_u32(bits, vceqq_u32(code, vdupq_n_u32(0x7f)))));
        }
    }
};

template <>
struct NeonStage<FormatTQ1_0> : NeonStageScale<FormatTQ1_0> {
    // The highest trit of byte b is b >= 86 and b >= 171, counted; less one.
    static uint8x16_t trits(uint8x16_t v) {
        const uint8x16_t some = vaddq_u8(vcgeq_u8(v, vdupq_n_u8(86)), vcgeq_u8(v, vdupq_n_u8(171)));  // 0, -1, -2
        return vmvnq_u8(some);                                                                        // -1, 0, 1
    }
    static uint8x16_t times_three(uint8x16_t v) { return vaddq_u8(v, vaddq_u8(v, v)); }
    static void row(const FormatTQ1_0::Block* b, int8_t* to) {
        static const uint8_t kFour[16] = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3};
        static const uint8_t kPower[16] = {1, 1, 1, 1, 3, 3, 3, 3, 9, 9, 9, 9, 27, 27, 27, 27};
        for (int part = 0; part < 3; ++part) {  // 32 bytes give two halves of five sub-blocks, 16 then five halves
            uint8x16_t v = vld1q_u8(b->qs + 16 * part);
            THIMBLE_UNROLL
            for (int digit = 0; digit < 5; ++digit, v = times_three(v))
                put_half(to, part < 2 ? 2 * digit + part : 10 + digit, trits(v));
        }
        put_half(to, 15, trits(vmulq_u8(lookup(four_bytes(b->qh), vld1q_u8(kFour)), vld1q_u8(kPower))));
    }
};

template <>
struct NeonStage<FormatTQ2_0> : NeonStageScale<FormatTQ2_0> {
    static void row(const FormatTQ2_0::Block* b, int8_t* to) {
        THIMBLE_UNROLL
        for (int i = 0; i < 4; ++i) {
            uint8x16_t v = vld1q_u8(b->qs + 16 * i);
            THIMBLE_UNROLL
            for (int k = 0; k < 4; ++k, v = vshrq_n_u8(v, 2))
                put_half(to, 8 * (i / 2) + 2 * k + i % 2, vsubq_u8(vandq_u8(v, vdupq_n_u8(3)), vdupq_n_u8(1)));
        }
    }
};

template <>
struct NeonStage<FormatQ1_0> : NeonStageScale<FormatQ1_0> {
    static void row(const FormatQ1_0::Block* b, int8_t* to) {
        for (int j = 0; j < 4; ++j) {
            const uint8x16_t bytes = four_bytes(b->qs + 4 * j);
            THIMBLE_UNROLL
            for (int h = 0; h < 2; ++h) put_half(to, 2 * j + h, vornq_u8(vdupq_n_u8(1), sign_mask(bytes, h)));
        }
    }
};

template <>
struct NeonStage<FormatQ2_0> : NeonStageScale<FormatQ2_0> {
    static void row(const FormatQ2_0::Block* b, int8_t* to) {
        static const uint8_t kOf[16] = {0xff, 0, 1, 2};
        const uint8x16_t table = vld1q_u8(kOf);
        for (int j = 0; j < 2; ++j) {
            const uint64_t codes = load_u32(b->qs + 8 * j) | static_cast<uint64_t>(load_u32(b->qs + 8 * j + 4)) << 32;
            put_half(to, 2 * j, spread_entries(codes, 0, table));
            put_half(to, 2 * j + 1, spread_entries(codes, 1, table));
        }
    }
};

template <>
struct NeonStage<FormatQ8_K> : NeonStageBase {
    static void row(const FormatQ8_K::Block* b, int8_t* to) {
        const auto* q = reinterpret_cast<const uint8_t*>(b->qs);
        THIMBLE_UNROLL
        for (int h = 0; h < 16; ++h) put_half(to, h, vld1q_u8(q + 16 * h));
    }
    static void scales(const FormatQ8_K::Block* const* b, float* dw, int32_t*) {
        for (int r = 0; r < 4; ++r)
            for (int j = 0; j < 8; ++j) dw[j * kStageRows + r] = bits_float(load_u32(b[r]->d));
    }
};

}  // namespace
}  // namespace thimble
