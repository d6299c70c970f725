// SPDX-License-Identifier: MIT
// Unpacking with NEON words, one NeonFormat<F> a format (the layouts are stated in formats/*.h):
//   kRuns, kUnits, kUnitSubs   a block is kRuns runs of kUnits units of kUnitSubs sub-blocks of 32 weights;
//   sub(run, unit, t)          the number of sub-block t of a unit within the block;
//   kBias, kMaxRaw             unpack gives q + kBias, |q + kBias| <= kMaxRaw;
//   unpack<unit>(b, run, q)    16 weights a register, 2 * kUnitSubs registers;
//   scales<S>(b, dw, m, sc)    scales of four blocks (rows), rows in lanes: sub-block j at dw[j * S], its minimum at
//                              m[j * S] (one a half: m[(2j + h) * S]), its integer scales at sc[(2j + h) * S].
// Formats without a specialisation stand in isa/neon_stage.h. Reads nothing outside the block.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/formats/formats.h"
#include "kernels/isa/neon_words.h"

namespace thimble {
namespace {

template <class F>
struct NeonFormat {
    static constexpr bool kVector = false;
};

struct NeonFormatBase {
    static constexpr bool kVector = true;
    static constexpr int kRuns = 1, kUnits = 1, kUnitSubs = 1, kBias = 0;
    static constexpr int sub(int run, int unit, int t) { return run + unit + t; }
};

inline uint8x16_t low_nibbles(uint8x16_t a) { return vandq_u8(a, vdupq_n_u8(15)); }

// 32 bytes of any alignment.
THIMBLE_INLINE void load_two(const uint8_t* p, uint8x16_t* v) {
#if defined(__aarch64__)
    v[0] = vld1q_u8(p);
    v[1] = vld1q_u8(p + 16);
#else
    uint8x16x2_t two;
    // volatile: what two unpackings share is read twice, there are no registers to keep it
    asm volatile("vld1.8 %h0, [%1]" : "=w"(two) : "r"(p), "m"(reinterpret_cast<const uint8_t(&)[32]>(*p)));
    v[0] = two.val[0];
    v[1] = two.val[1];
#endif
}

// Rows a, b, c, d of 16 bytes -> out[i] = a[4i] b[4i] c[4i] d[4i] a[4i + 1] ...
inline void interleave_bytes(const uint8x16_t* rows, uint8x16_t* out) {
    const uint8x16x2_t ac = vzipq_u8(rows[0], rows[2]), bd = vzipq_u8(rows[1], rows[3]);
    const uint8x16x2_t first = vzipq_u8(ac.val[0], bd.val[0]), second = vzipq_u8(ac.val[1], bd.val[1]);
    out[0] = first.val[0];
    out[1] = first.val[1];
    out[2] = second.val[0];
    out[3] = second.val[1];
}

#if !defined(__aarch64__)
// A store of eight numbers that moves the pointer.
THIMBLE_INLINE void store_on(int32_t*& p, int32x4_t a, int32x4_t b) {
    const int32x4x2_t two = {{a, b}};
    asm("vst1.32 %h2, [%0]!" : "+r"(p), "=m"(reinterpret_cast<int32_t(&)[8]>(*p)) : "w"(two));
}
#endif

// Sixteen int8 integer scales of each of four rows, rows in lanes.
template <int S>
inline void store_int_scales(const uint8x16_t* rows, int32_t* sc) {
    uint8x16_t lanes[4];
    interleave_bytes(rows, lanes);
    THIMBLE_UNROLL
    for (int i = 0; i < 4; ++i) {
        const int16x8_t low = vmovl_s8(vget_low_s8(as_s8(lanes[i]))), high = vmovl_s8(vget_high_s8(as_s8(lanes[i])));
#if !defined(__aarch64__)
        if constexpr (S == 4) {
            store_on(sc, vmovl_s16(vget_low_s16(low)), vmovl_s16(vget_high_s16(low)));
            store_on(sc, vmovl_s16(vget_low_s16(high)), vmovl_s16(vget_high_s16(high)));
            continue;
        }
#endif
        vst1q_s32(sc + (4 * i + 0) * S, vmovl_s16(vget_low_s16(low)));
        vst1q_s32(sc + (4 * i + 1) * S, vmovl_s16(vget_high_s16(low)));
        vst1q_s32(sc + (4 * i + 2) * S, vmovl_s16(vget_low_s16(high)));
        vst1q_s32(sc + (4 * i + 3) * S, vmovl_s16(vget_high_s16(high)));
    }
}

// The same scale for all sub-blocks; the only loop of ARMv7 over rows that asks (S == 4) takes the first.
template <int S>
inline void store_eight(float* dw, f4 d) {
    constexpr int kCopies = S == 4 && !kManyRegisters ? 1 : 8;
    THIMBLE_UNROLL
    for (int j = 0; j < kCopies; ++j) f4_store(dw + j * S, d);
}

template <class B>
inline f4 gather_d(const B* const* b) {
    return f4_of_f16(gather_u16(b[0]->d, b[1]->d, b[2]->d, b[3]->d));
}

template <class Format>
struct NeonSimpleScale : NeonFormatBase {
    template <int S>
    static void scales(const typename Format::Block* const* b, float* dw, float*, int32_t*) {
        f4_store(dw, gather_d(b));
    }
};
template <class Format>
struct NeonScaleAndMin : NeonFormatBase {
    template <int S>
    static void scales(const typename Format::Block* const* b, float* dw, float* m, int32_t*) {
        f4_store(dw, gather_d(b));
        f4_store(m, f4_of_f16(gather_u16(b[0]->m, b[1]->m, b[2]->m, b[3]->m)));
    }
};

// FormatMXFP4::half_scale of each lane: 2^(e - 128), the two smallest subnormal.
inline f4 half_of_e8m0(uint32x4_t e) {
    const uint32x4_t normal = vshlq_n_u32(vsubq_u32(e, vdupq_n_u32(1)), 23);
    const uint32x4_t small = vshlq_u32(vdupq_n_u32(0x200000), vreinterpretq_s32_u32(e));
    return vreinterpretq_f32_u32(vbslq_u32(vcltq_u32(e, vdupq_n_u32(2)), small, normal));
}

inline void unpack_nibbles(const uint8_t* qs, int8x16_t* q) {
    const uint8x16_t v = vld1q_u8(qs);
    q[0] = as_s8(low_nibbles(v));
    q[1] = as_s8(vshrq_n_u8(v, 4));
}

template <>
struct NeonFormat<FormatQ4_0> : NeonSimpleScale<FormatQ4_0> {
    static constexpr int kBias = 8, kMaxRaw = 15;
    template <int unit>
    static void unpack(const FormatQ4_0::Block* b, int, int8x16_t* q) {
        unpack_nibbles(b->qs, q);
    }
};

template <>
struct NeonFormat<FormatQ4_1> : NeonScaleAndMin<FormatQ4_1> {
    static constexpr int kMaxRaw = 15;
    template <int unit>
    static void unpack(const FormatQ4_1::Block* b, int, int8x16_t* q) {
        unpack_nibbles(b->qs, q);
    }
};

// 16 where bit i of the two bytes is set, else 0.
inline uint8x16_t spread_bits(const uint8_t* p) {
    static const uint8_t kBit[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x8_t bit = vld1_u8(kBit);
    const uint8x16_t bytes = vcombine_u8(vld1_dup_u8(p), vld1_dup_u8(p + 1));
    return vandq_u8(vtstq_u8(bytes, vcombine_u8(bit, bit)), vdupq_n_u8(16));
}
inline void unpack_five(const uint8_t* qs, const uint8_t* qh, int8x16_t* q) {
    const uint8x16_t v = vld1q_u8(qs);
    q[0] = as_s8(vorrq_u8(low_nibbles(v), spread_bits(qh)));
    q[1] = as_s8(vorrq_u8(vshrq_n_u8(v, 4), spread_bits(qh + 2)));
}

template <>
struct NeonFormat<FormatQ5_0> : NeonSimpleScale<FormatQ5_0> {
    static constexpr int kBias = 16, kMaxRaw = 31;
    template <int unit>
    static void unpack(const FormatQ5_0::Block* b, int, int8x16_t* q) {
        unpack_five(b->qs, b->qh, q);
    }
};

template <>
struct NeonFormat<FormatQ5_1> : NeonScaleAndMin<FormatQ5_1> {
    static constexpr int kMaxRaw = 31;
    template <int unit>
    static void unpack(const FormatQ5_1::Block* b, int, int8x16_t* q) {
        unpack_five(b->qs, b->qh, q);
    }
};

template <>
struct NeonFormat<FormatQ8_0> : NeonSimpleScale<FormatQ8_0> {
    static constexpr int kMaxRaw = 128;
    template <int unit>
    static void unpack(const FormatQ8_0::Block* b, int, int8x16_t* q) {
        const auto* p = reinterpret_cast<const int8_t*>(b->qs);
        q[0] = vld1q_s8(p);
        q[1] = vld1q_s8(p + 16);
    }
};

inline void unpack_iq4(const uint8_t* qs, int8x16_t* q) {
    const uint8x16_t v = vld1q_u8(qs), table = as_u8(vld1q_s8(kIq4Codebook));
    q[0] = as_s8(lookup(table, low_nibbles(v)));
    q[1] = as_s8(lookup(table, vshrq_n_u8(v, 4)));
}

template <>
struct NeonFormat<FormatIQ4_NL> : NeonSimpleScale<FormatIQ4_NL> {
    static constexpr int kMaxRaw = 127;
    template <int unit>
    static void unpack(const FormatIQ4_NL::Block* b, int, int8x16_t* q) {
        unpack_iq4(b->qs, q);
    }
};

template <>
struct NeonFormat<FormatIQ4_XS> : NeonFormatBase {
    static constexpr int kRuns = 8, kMaxRaw = 127;
    template <int unit>
    static void unpack(const FormatIQ4_XS::Block* b, int run, int8x16_t* q) {
        unpack_iq4(b->qs + 16 * run, q);
    }
    template <int S>
    static void scales(const FormatIQ4_XS::Block* const* b, float* dw, float*, int32_t*) {
        const f4 d = gather_d(b);
        uint32_t words[4];
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r) words[r] = load_u32(b[r]->scales_low);
        uint32x4_t low = vld1q_u32(words);
        uint32x4_t high =
            vmovl_u16(gather_u16(b[0]->scales_high, b[1]->scales_high, b[2]->scales_high, b[3]->scales_high));
        THIMBLE_UNROLL
        for (int j = 0; j < 8; ++j) {
            const uint32x4_t field =
                vorrq_u32(vandq_u32(low, vdupq_n_u32(15)), vshlq_n_u32(vandq_u32(high, vdupq_n_u32(3)), 4));
            f4_store(dw + j * S, f4_mul(d, f4_of(vsubq_s32(vreinterpretq_s32_u32(field), vdupq_n_s32(32)))));
            low = vshrq_n_u32(low, 4);
            high = vshrq_n_u32(high, 2);
        }
    }
};

#if defined(__aarch64__)
// Byte `at` of each 32-bit lane.
template <int at>
inline uint32x4_t byte_words(uint32x4_t a) {
    static const uint32_t kFrom[4] = {0xffffff00u + at, 0xffffff04u + at, 0xffffff08u + at, 0xffffff0cu + at};
    return vreinterpretq_u32_u8(lookup(vreinterpretq_u8_u32(a), vreinterpretq_u8_u32(vld1q_u32(kFrom))));
}
#endif
// The same as a float.
template <int at>
inline f4 byte_lanes(uint32x4_t a) {
#if defined(__aarch64__)
    return f4_of_u(byte_words<at>(a));
#else
    if constexpr (at == 0) return f4_of_u(vandq_u32(a, vdupq_n_u32(255)));
    return vcvtq_n_f32_u32(vandq_u32(a, vdupq_n_u32(255u << 8 * at)), at == 0 ? 1 : 8 * at);  // a fixed point
#endif
}

// The common head of Q4_K and Q5_K blocks: d, dmin and twelve bytes of scales and minima, four rows at once.
template <int S, class B>
inline void scales_of_four_rows(const B* const* b, float* dw, float* m) {
    uint32x4_t row[4];
    THIMBLE_UNROLL
    for (int r = 0; r < 4; ++r) row[r] = vreinterpretq_u32_u8(vld1q_u8(b[r]->d));
    const uint32x4x2_t p = vzipq_u32(row[0], row[2]), q = vzipq_u32(row[1], row[3]);
    const uint32x4x2_t head = vzipq_u32(p.val[0], q.val[0]), tail = vzipq_u32(p.val[1], q.val[1]);
    const f4 d = f4_of_f16(vmovn_u32(head.val[0])), dmin = f4_neg(f4_of_f16(vshrn_n_u32(head.val[0], 16)));
    const uint8x16_t a = vreinterpretq_u8_u32(head.val[1]), c = vreinterpretq_u8_u32(tail.val[0]);
    const uint8x16_t e = vreinterpretq_u8_u32(tail.val[1]), six = vdupq_n_u8(63);
    uint32x4_t sc[2], mn[2];
    sc[0] = vreinterpretq_u32_u8(vandq_u8(a, six));
    mn[0] = vreinterpretq_u32_u8(vandq_u8(c, six));
    sc[1] = vreinterpretq_u32_u8(vsliq_n_u8(low_nibbles(e), vshrq_n_u8(a, 6), 4));
    mn[1] = vreinterpretq_u32_u8(vsliq_n_u8(vshrq_n_u8(e, 4), vshrq_n_u8(c, 6), 4));
    THIMBLE_UNROLL
    for (int i = 0; i < 2; ++i) {
        f4_store(dw + (4 * i + 0) * S, f4_mul(d, byte_lanes<0>(sc[i])));
        f4_store(dw + (4 * i + 1) * S, f4_mul(d, byte_lanes<1>(sc[i])));
        f4_store(dw + (4 * i + 2) * S, f4_mul(d, byte_lanes<2>(sc[i])));
        f4_store(dw + (4 * i + 3) * S, f4_mul(d, f4_of_u(vshrq_n_u32(sc[i], 24))));
        f4_store(m + (4 * i + 0) * S, f4_mul(dmin, byte_lanes<0>(mn[i])));
        f4_store(m + (4 * i + 1) * S, f4_mul(dmin, byte_lanes<1>(mn[i])));
        f4_store(m + (4 * i + 2) * S, f4_mul(dmin, byte_lanes<2>(mn[i])));
        f4_store(m + (4 * i + 3) * S, f4_mul(dmin, f4_of_u(vshrq_n_u32(mn[i], 24))));
    }
}

template <>
struct NeonFormat<FormatQ4_K> : NeonFormatBase {
    static constexpr int kRuns = 4, kUnitSubs = 2, kMaxRaw = 15;
    static constexpr int sub(int run, int, int t) { return 2 * run + t; }
    template <int unit>
    static void unpack(const FormatQ4_K::Block* b, int run, int8x16_t* q) {
        uint8x16_t v[2];
        load_two(b->qs + 32 * run, v);
        THIMBLE_UNROLL
        for (int h = 0; h < 2; ++h) {
            q[h] = as_s8(low_nibbles(v[h]));
            q[2 + h] = as_s8(vshrq_n_u8(v[h], 4));
        }
    }
    template <int S>
    static void scales(const FormatQ4_K::Block* const* b, float* dw, float* m, int32_t*) {
        scales_of_four_rows<S>(b, dw, m);
    }
};

template <>
struct NeonFormat<FormatQ5_K> : NeonFormatBase {
    static constexpr int kRuns = 4, kUnitSubs = 2, kMaxRaw = 31;
    static constexpr int sub(int run, int, int t) { return 2 * run + t; }
    template <int unit>
    static void unpack(const FormatQ5_K::Block* b, int run, int8x16_t* q) {
        const int8x16_t down = vdupq_n_s8(static_cast<int8_t>(-2 * run));
        uint8x16_t v[2], bits[2];
        load_two(b->qs + 32 * run, v);
        load_two(b->qh, bits);
        THIMBLE_UNROLL
        for (int h = 0; h < 2; ++h) {
            const uint8x16_t high = vshlq_u8(bits[h], down);
            q[h] = as_s8(vsliq_n_u8(low_nibbles(v[h]), vandq_u8(high, vdupq_n_u8(1)), 4));
            q[2 + h] = as_s8(vsliq_n_u8(vshrq_n_u8(v[h], 4), vandq_u8(vshrq_n_u8(high, 1), vdupq_n_u8(1)), 4));
        }
    }
    template <int S>
    static void scales(const FormatQ5_K::Block* const* b, float* dw, float* m, int32_t*) {
        scales_of_four_rows<S>(b, dw, m);
    }
};

template <>
struct NeonFormat<FormatQ2_K> : NeonFormatBase {
    static constexpr int kRuns = 2, kUnits = 2, kUnitSubs = 2, kMaxRaw = 3;
    static constexpr int sub(int run, int unit, int t) { return 4 * run + 2 * unit + t; }
    template <int unit>
    static void unpack(const FormatQ2_K::Block* b, int run, int8x16_t* q) {
        const uint8x16_t three = vdupq_n_u8(3);
        uint8x16_t v[2];
        load_two(b->qs + 32 * run, v);
        THIMBLE_UNROLL
        for (int h = 0; h < 2; ++h) {
            q[h] = as_s8(vandq_u8(unit ? vshrq_n_u8(v[h], 4) : v[h], three));
            q[2 + h] = as_s8(unit ? vshrq_n_u8(v[h], 6) : vandq_u8(vshrq_n_u8(v[h], 2), three));
        }
    }
    template <int S>
    static void scales(const FormatQ2_K::Block* const* b, float* dw, float* m, int32_t* sc) {
        uint8x16_t rows[4], low[4], lanes[4];
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r) {
            rows[r] = vld1q_u8(b[r]->scales);
            low[r] = low_nibbles(rows[r]);
            rows[r] = vshrq_n_u8(rows[r], 4);
        }
        store_eight<S>(dw, gather_d(b));
        store_int_scales<S>(low, sc);
        interleave_bytes(rows, lanes);
        const f4 dmin = f4_neg(f4_of_f16(gather_u16(b[0]->dmin, b[1]->dmin, b[2]->dmin, b[3]->dmin)));
        THIMBLE_UNROLL
        for (int i = 0; i < 4; ++i) {
            const uint16x8_t first = vmovl_u8(vget_low_u8(lanes[i])), second = vmovl_u8(vget_high_u8(lanes[i]));
            f4_store(m + (4 * i + 0) * S, f4_mul(dmin, f4_of_u(vmovl_u16(vget_low_u16(first)))));
            f4_store(m + (4 * i + 1) * S, f4_mul(dmin, f4_of_u(vmovl_u16(vget_high_u16(first)))));
            f4_store(m + (4 * i + 2) * S, f4_mul(dmin, f4_of_u(vmovl_u16(vget_low_u16(second)))));
            f4_store(m + (4 * i + 3) * S, f4_mul(dmin, f4_of_u(vmovl_u16(vget_high_u16(second)))));
        }
    }
};

template <>
struct NeonFormat<FormatQ3_K> : NeonFormatBase {
    static constexpr int kRuns = 2, kUnits = 2, kUnitSubs = 2, kBias = 4, kMaxRaw = 7;
    static constexpr int sub(int run, int unit, int t) { return 4 * run + 2 * unit + t; }
    template <int unit>
    static void unpack(const FormatQ3_K::Block* b, int run, int8x16_t* q) {
        const uint8x16_t three = vdupq_n_u8(3), four = vdupq_n_u8(4);
        const int8x16_t down = vdupq_n_s8(static_cast<int8_t>(-4 * run));
        uint8x16_t two[2], bits[2];
        load_two(b->qs + 32 * run, two);
        load_two(b->hmask, bits);
        THIMBLE_UNROLL
        for (int h = 0; h < 2; ++h) {
            const uint8x16_t v = two[h], high = vshlq_u8(bits[h], down);
            if (unit == 0) {
                q[h] = as_s8(vbslq_u8(four, vshlq_n_u8(high, 2), vandq_u8(v, three)));
                q[2 + h] = as_s8(vbslq_u8(four, vshlq_n_u8(high, 1), vandq_u8(vshrq_n_u8(v, 2), three)));
            } else {
                q[h] = as_s8(vbslq_u8(four, high, vandq_u8(vshrq_n_u8(v, 4), three)));
                q[2 + h] = as_s8(vbslq_u8(four, vshrq_n_u8(high, 1), vshrq_n_u8(v, 6)));
            }
        }
    }
    template <int S>
    static void scales(const FormatQ3_K::Block* const* b, float* dw, float*, int32_t* sc) {
        static const int8_t kDown[16] = {0, 0, 0, 0, -2, -2, -2, -2, -4, -4, -4, -4, -6, -6, -6, -6};
        const int8x16_t down = vld1q_s8(kDown);
        uint8x16_t rows[4];
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r) {
            const uint8x8_t v = vld1_u8(b[r]->scales);
            const uint8x16_t low = vcombine_u8(vand_u8(v, vdup_n_u8(15)), vshr_n_u8(v, 4));
            const uint8x16_t high = vshlq_u8(vreinterpretq_u8_u32(vdupq_n_u32(load_u32(b[r]->scales + 8))), down);
            rows[r] = vsubq_u8(vsliq_n_u8(low, vandq_u8(high, vdupq_n_u8(3)), 4), vdupq_n_u8(32));
        }
        store_eight<S>(dw, gather_d(b));
        store_int_scales<S>(rows, sc);
    }
};

template <>
struct NeonFormat<FormatQ6_K> : NeonFormatBase {
    static constexpr int kRuns = 2, kUnits = 2, kUnitSubs = 2, kBias = 32, kMaxRaw = 63;
    static constexpr int sub(int run, int unit, int t) { return 4 * run + unit + 2 * t; }
    template <int unit>
    static void unpack(const FormatQ6_K::Block* b, int run, int8x16_t* q) {
        const uint8x16_t top = vdupq_n_u8(0x30);
        uint8x16_t two[2], bits[2];
        load_two(b->ql + 64 * run + 32 * unit, two);
        load_two(b->qh + 32 * run, bits);
        THIMBLE_UNROLL
        for (int h = 0; h < 2; ++h) {
            const uint8x16_t v = two[h], high = bits[h];
            const uint8x16_t first = unit ? vshlq_n_u8(high, 2) : vshlq_n_u8(high, 4);
            q[h] = as_s8(vbslq_u8(top, first, low_nibbles(v)));
            q[2 + h] = as_s8(vbslq_u8(top, unit ? vshrq_n_u8(high, 2) : high, vshrq_n_u8(v, 4)));
        }
    }
    template <int S>
    static void scales(const FormatQ6_K::Block* const* b, float* dw, float*, int32_t* sc) {
        uint8x16_t rows[4];
        THIMBLE_UNROLL
        for (int r = 0; r < 4; ++r) rows[r] = as_u8(vld1q_s8(b[r]->scales));
        store_eight<S>(dw, gather_d(b));
        store_int_scales<S>(rows, sc);
    }
};

}  // namespace
}  // namespace thimble
