// SPDX-License-Identifier: MIT
// The product of a matrix and one column on ARM: four or eight rows at a time in their native layout, the integer sums of a
// sub-block brought into row lanes, scales of four rows together. D says how products are summed (NeonDot, SdotDot).
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include <type_traits>

#include "kernels/isa/neon_formats.h"
#include "kernels/micro/arm_panel.h"
#include "kernels/micro/arm_range.h"
#include "kernels/micro/neon_tiles.h"
#include "kernels/micro/reference_matmul.h"

namespace thimble {
namespace {

// Sums in 16 bits as long as the range of the (raw) weights allows. count: products a lane (4: of 32, 2: of 16).
template <int max_raw, int count>
struct NeonDot {
    static constexpr bool kStarts = false;
    static constexpr int kRange = max_raw * 127 * count * 4 < 32768 ? 2 : max_raw * 127 * count * 2 < 32768 ? 1 : 0;
    using Part = std::conditional_t<kRange == 0, int32x4_t, int16x8_t>;
    static Part part(int8x16_t q0, int8x16_t q1, int8x16_t a0, int8x16_t a1) {
        if constexpr (kRange == 0)
            return products32_wide(q0, q1, a0, a1);
        else
            return products32(q0, q1, a0, a1);
    }
    static Part part(int8x16_t q, int8x16_t a) {
        if constexpr (kRange == 0)
            return vpaddlq_s16(products16(q, a));
        else
            return products16(q, a);
    }
    static int32x4_t reduce(Part a, Part b, Part c, Part d) {
        if constexpr (kRange == 0)
            return reduce_s32(a, b, c, d);
        else
            return reduce_s16<kRange>(a, b, c, d);
    }
};

#if defined(__ARM_FEATURE_DOTPROD)
template <int, int>
struct SdotDot {
    static constexpr bool kStarts = true;  // sums start at a given value
    using Part = int32x4_t;
    static Part part(int8x16_t q0, int8x16_t q1, int8x16_t a0, int8x16_t a1, int32x4_t start) {
        return vdotq_s32(vdotq_s32(start, q0, a0), q1, a1);
    }
    static Part part(int8x16_t q, int8x16_t a, int32x4_t start) { return vdotq_s32(start, q, a); }
    static int32x4_t reduce(Part a, Part b, Part c, Part d) { return reduce_s32(a, b, c, d); }
};
#endif

// What the four-row loop needs of the column, once a call: q and d as they are, d * sum for minima, -bias * sum.
struct ArmColumn {
    const int8_t* q;
    const float* d;
    float* ds;      // a sub-block, or a half
    int32_t* bias;  // a sub-block, or a half
};

template <class F>
inline ArmColumn prepare_column(const Matmul* m) {
    constexpr int kBias = NeonFormat<F>::kBias;
    const int64_t column = m->col ? m->col[0] : 0, subs = m->k / 32;
    const int16_t* s = m->acts.s + column * m->acts.s_stride;
    ArmColumn c;
    c.q = m->acts.q + column * m->acts.q_stride;
    c.d = m->acts.d + column * m->acts.d_stride;
    c.ds = static_cast<float*>(m->scratch);
    c.bias = reinterpret_cast<int32_t*>(c.ds + 2 * subs);
    if constexpr (F::kMinimum == Minimum::kBlock) {
        for (int64_t j = 0; j < subs; ++j) c.ds[j] = c.d[j] * static_cast<float>(s[2 * j] + s[2 * j + 1]);
    }
    if constexpr (F::kMinimum == Minimum::kHalf) {
        for (int64_t h = 0; h < 2 * subs; ++h) c.ds[h] = c.d[h >> 1] * static_cast<float>(s[h]);
    }
    if constexpr (kBias != 0 && F::kScalePerHalf) {
        for (int64_t h = 0; h < 2 * subs; ++h) c.bias[h] = -kBias * s[h];
    } else if constexpr (kBias != 0) {
        for (int64_t j = 0; j < subs; ++j) c.bias[j] = -kBias * (s[2 * j] + s[2 * j + 1]);
    }
    return c;
}

// The integer sums of one unit (kUnitSubs sub-blocks) of four rows, without integer scales: sum[t], or sum[2t + half].
template <class F, template <int, int> class D, int unit>
THIMBLE_INLINE void unit_sums(const typename F::Block* const* b, int run, const int8_t* a, const int32_t* bias,
                              int32x4_t* sum) {
    using N = NeonFormat<F>;
    constexpr bool kHalf = F::kScalePerHalf;
    using Dot = D<N::kMaxRaw, kHalf ? 2 : 4>;
    constexpr int kParts = kHalf ? 2 * N::kUnitSubs : N::kUnitSubs;
    typename Dot::Part part[kParts][4];
    const auto place = [](int i) { return kHalf ? 2 * N::sub(0, unit, i >> 1) + (i & 1) : N::sub(0, unit, i); };
    bias += kHalf ? 2 * N::sub(run, 0, 0) : N::sub(run, 0, 0);
    int32x4_t start[kParts];  // the bias in one of the four lanes that are summed in the end
    THIMBLE_UNROLL
    for (int i = 0; i < kParts; ++i) start[i] = int32x4_t{N::kBias != 0 ? bias[place(i)] : 0, 0, 0, 0};
    THIMBLE_UNROLL
    for (int r = 0; r < 4; ++r) {
        int8x16_t q[2 * N::kUnitSubs];
        N::template unpack<unit>(b[r], run, q);
        THIMBLE_UNROLL
        for (int t = 0; t < N::kUnitSubs; ++t) {
            const int8_t* at = a + 32 * N::sub(run, unit, t);
            const int8x16_t a0 = vld1q_s8(at), a1 = vld1q_s8(at + 16);
            if constexpr (Dot::kStarts && kHalf) {
                part[2 * t][r] = Dot::part(q[2 * t], a0, start[2 * t]);
                part[2 * t + 1][r] = Dot::part(q[2 * t + 1], a1, start[2 * t + 1]);
            } else if constexpr (Dot::kStarts) {
                part[t][r] = Dot::part(q[2 * t], q[2 * t + 1], a0, a1, start[t]);
            } else if constexpr (kHalf) {
                part[2 * t][r] = Dot::part(q[2 * t], a0);
                part[2 * t + 1][r] = Dot::part(q[2 * t + 1], a1);
            } else {
                part[t][r] = Dot::part(q[2 * t], q[2 * t + 1], a0, a1);
            }
        }
    }
    THIMBLE_UNROLL
    for (int i = 0; i < kParts; ++i) {
        sum[i] = Dot::reduce(part[i][0], part[i][1], part[i][2], part[i][3]);
        if constexpr (N::kBias != 0 && !Dot::kStarts) sum[i] = vaddq_s32(sum[i], vld1q_dup_s32(bias + place(i)));
    }
}

// One block of four rows onto acc. a, d, ds, bias: of the block's first sub-block.
template <class F, template <int, int> class D>
THIMBLE_INLINE f4 block_of_rows(const typename F::Block* const* b, const int8_t* a, const float* d, const float* ds,
                                const int32_t* bias, f4 acc) {
    using N = NeonFormat<F>;
    constexpr bool kHalf = F::kScalePerHalf;
    constexpr int kSubs = F::kBlock / 32, kParts = kHalf ? 2 * N::kUnitSubs : N::kUnitSubs;
    alignas(16) float dw[kSubs * 4], min[2 * kSubs * 4];
    alignas(16) int32_t sc[2 * kSubs * 4];
    N::template scales<4>(b, dw, min, sc);
    for (int run = 0; run < N::kRuns; ++run) {
        int32x4_t sum[N::kUnits][kParts];
        unit_sums<F, D, 0>(b, run, a, bias, sum[0]);
        if constexpr (N::kUnits == 2) unit_sums<F, D, 1>(b, run, a, bias, sum[1]);
        constexpr int kRunSubs = N::kUnits * N::kUnitSubs;
        THIMBLE_UNROLL
        for (int i = 0; i < kRunSubs; ++i) {
            // ascending sub-blocks: find the unit that holds number i of the run
            const int first = kRunSubs * run;
            int unit = 0, t = 0;
            THIMBLE_UNROLL
            for (int u = 0; u < N::kUnits; ++u) {
                THIMBLE_UNROLL
                for (int v = 0; v < N::kUnitSubs; ++v) {
                    if (N::sub(0, u, v) == i) unit = u, t = v;
                }
            }
            const int j = first + i;
            int32x4_t dot;
            if constexpr (kHalf) {
                dot = vmulq_s32(sum[unit][2 * t], vld1q_s32(sc + (2 * j) * 4));
                dot = vmlaq_s32(dot, sum[unit][2 * t + 1], vld1q_s32(sc + (2 * j + 1) * 4));
            } else {
                dot = sum[unit][t];
            }
            acc = f4_fma(f4_of(dot), f4_mul(f4_load(dw + 4 * j), f4_dup(d[j])), acc);
            if constexpr (F::kMinimum == Minimum::kBlock) acc = f4_fma(f4_load(min + 4 * j), f4_dup(ds[j]), acc);
            if constexpr (F::kMinimum == Minimum::kHalf) {
                acc = f4_fma(f4_load(min + 8 * j), f4_dup(ds[2 * j]), acc);
                acc = f4_fma(f4_load(min + 8 * j + 4), f4_dup(ds[2 * j + 1]), acc);
            }
        }
    }
    return acc;
}

// Rows [r0, r0 + 4 * groups); those past the last one are copies of it.
template <class F, template <int, int> class D, int groups>
void row_groups(const Matmul* m, const ArmColumn& c, int64_t r0) {
    constexpr int kSubs = F::kBlock / 32, kPer = F::kMinimum == Minimum::kHalf ? 2 : 1,
                  kBiasPer = F::kScalePerHalf ? 2 : 1;
    const int64_t blocks = m->k / F::kBlock;
    const typename F::Block* b[4 * groups];
    THIMBLE_UNROLL
    for (int i = 0; i < 4 * groups; ++i) {
        const int64_t r = r0 + i < m->rows ? r0 + i : m->rows - 1;
        b[i] = reinterpret_cast<const typename F::Block*>(m->w + static_cast<size_t>(r) * m->row_bytes);
    }
    const int8_t* a = c.q;
    const float* d = c.d;
    const float* ds = c.ds;
    const int32_t* bias = c.bias;
    f4 acc[groups];
    THIMBLE_UNROLL
    for (int g = 0; g < groups; ++g) acc[g] = f4_zero();
    for (int64_t i = 0; i < blocks; ++i) {
        THIMBLE_UNROLL
        for (int g = 0; g < groups; ++g) acc[g] = block_of_rows<F, D>(b + 4 * g, a, d, ds, bias, acc[g]);
        a += F::kBlock;
        d += kSubs;
        ds += kPer * kSubs;
        bias += kBiasPer * kSubs;
        THIMBLE_UNROLL
        for (int r = 0; r < 4 * groups; ++r) ++b[r];
    }
    float sums[4 * groups];
    THIMBLE_UNROLL
    for (int g = 0; g < groups; ++g) f4_store(sums + 4 * g, acc[g]);
    const int64_t left = m->rows - r0;
    memcpy(m->out + r0, sums, sizeof(float) * static_cast<size_t>(left < 4 * groups ? left : 4 * groups));
}

template <class F, template <int, int> class D>
void arm_row_matmul(const Matmul* m) {
    constexpr int kGroups =
        F::kBlock == 32 && kManyRegisters ? 2 : 1;  // small blocks: eight rows share the loads of the column
    const ArmColumn c = prepare_column<F>(m);
    int64_t r0 = 0;
    for (; m->rows - r0 >= 4 * kGroups; r0 += 4 * kGroups) row_groups<F, D, kGroups>(m, c, r0);
    for (; r0 < m->rows; r0 += 4) row_groups<F, D, 1>(m, c, r0);
}

// One column times a stage: kInt, kFloat: what scales halves have. max: the largest magnitude of a weight, or more.
enum class StageHalves { kNone, kInt, kFloat };
template <StageHalves halves, int max, template <int, int> class D>
void staged_column(const ArmPanel* p, int subs, const int8_t* q, const float* d, float* acc) {
    constexpr bool kHalf = halves != StageHalves::kNone;
    using Dot = D<max, kHalf ? 2 : 4>;
    const auto dot = [](auto... v) {
        if constexpr (Dot::kStarts)
            return Dot::part(v..., vdupq_n_s32(0));
        else
            return Dot::part(v...);
    };
    f4 sum[2] = {f4_load(acc), f4_load(acc + 4)};
    const int8_t* w = p->q;
    for (int j = 0; j < subs; ++j, q += 32, w += 2 * 16 * kPanelRows) {
        const int8x16_t a0 = vld1q_s8(q), a1 = vld1q_s8(q + 16);
        const f4 da = f4_dup(d[j]);
        THIMBLE_UNROLL
        for (int g = 0; g < 2; ++g) {
            typename Dot::Part part[2][4];
            THIMBLE_UNROLL
            for (int r = 0; r < 4; ++r) {
                const int8x16_t w0 = vld1q_s8(w + (4 * g + r) * 16), w1 = vld1q_s8(w + (kPanelRows + 4 * g + r) * 16);
                if constexpr (kHalf)
                    part[0][r] = dot(w0, a0), part[1][r] = dot(w1, a1);
                else
                    part[0][r] = dot(w0, w1, a0, a1);
            }
            int32x4_t whole = Dot::reduce(part[0][0], part[0][1], part[0][2], part[0][3]);
            if constexpr (!kHalf) {
                sum[g] = f4_fma(f4_of(whole), f4_mul(f4_load(p->dw + j * kPanelRows + 4 * g), da), sum[g]);
                continue;
            }
            const int32x4_t second = Dot::reduce(part[1][0], part[1][1], part[1][2], part[1][3]);
            const int first = 2 * j * kPanelRows + 4 * g, other = first + kPanelRows;
            if constexpr (halves == StageHalves::kInt) {
                whole = vmulq_s32(whole, vld1q_s32(p->sc + first));
                whole = vmlaq_s32(whole, second, vld1q_s32(p->sc + other));
                sum[g] = f4_fma(f4_of(whole), f4_mul(f4_load(p->dw + j * kPanelRows + 4 * g), da), sum[g]);
            } else {
                sum[g] = f4_fma(f4_of(whole), f4_mul(f4_load(p->dw + first), da), sum[g]);
                sum[g] = f4_fma(f4_of(second), f4_mul(f4_load(p->dw + other), da), sum[g]);
            }
        }
    }
    f4_store(acc, sum[0]);
    f4_store(acc + 4, sum[1]);
}
template <class F, template <int, int> class D>
void staged_row(const Matmul* m) {
    constexpr StageHalves kHalves = F::kFloatScalePerHalf ? StageHalves::kFloat
                                    : F::kScalePerHalf    ? StageHalves::kInt
                                                          : StageHalves::kNone;
    constexpr int kMost = F::kQuantMax > -F::kQuantMin ? F::kQuantMax : -F::kQuantMin;
    constexpr int kRange = kMost <= 16 ? 16 : 128;
    arm_staged_row(m, arm_format(F::kId), staged_column<kHalves, kRange, D>);
}

// The whole product of format F: one column by `row`, more by panels.
template <class F, const ArmTier& tier, MatmulFn row>
void arm_matmul(const Matmul* m) {
    if (leave_to_reference<F>(m)) return;
    if (m->n == 1 && m->k <= kArmRowMaxK) return row(m);
    arm_panel_matmul(m, arm_format(F::kId), &tier);
}

// A loop of its own that a tier has for one column of a format (specialised there).
template <class F>
struct OwnRows {
    static constexpr MatmulFn kFn = nullptr;
};

template <class F, template <int, int> class D>
constexpr MatmulFn row_of() {
    if constexpr (F::kDense)
        return nullptr;
    else if constexpr (OwnRows<F>::kFn != nullptr)
        return OwnRows<F>::kFn;
    else if constexpr (NeonFormat<F>::kVector)
        return arm_row_matmul<F, D>;
    else
        return staged_row<F, D>;
}

// Puts the products of all quantised formats into the table.
template <const ArmTier& tier, template <int, int> class D>
inline void fill_arm_matmul(Kernels* k) {
#define THIMBLE_FORMAT(name, id, block, bytes) \
    if constexpr (!Format##name::kDense) k->matmul[id] = arm_matmul<Format##name, tier, row_of<Format##name, D>()>;
#include "kernels/formats/formats.def"
#undef THIMBLE_FORMAT
}

}  // namespace
}  // namespace thimble
