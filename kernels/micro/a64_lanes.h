// SPDX-License-Identifier: MIT
// Products of weights whose rows stand side by side on AArch64: a word (4 bytes) of each of four rows a register, times
// the same four activations for all, so that sums stand in row lanes. Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/isa/a64_loads.h"

namespace thimble {
namespace {

#if defined(__ARM_FEATURE_DOTPROD)

constexpr bool kLaneTwo = false;  // better two sums in turn, joined in the end
using LaneActs = int8x16_t;       // of four words
template <int step = 16>
THIMBLE_INLINE LaneActs take_lane_acts(const uint8_t** p) {  // and `step` bytes on
    return as_s8(take_q<step>(p));
}

struct LaneSums {
    int32x4_t v;
};
// Word i; the first of all: on top of `start`.
template <int i, bool first>
THIMBLE_INLINE void lane_add(LaneSums* s, int8x16_t q, const LaneActs& a, int32x4_t start) {
    s->v = vdotq_laneq_s32(first ? start : s->v, q, a, i);
}
THIMBLE_INLINE void lane_join(LaneSums* s, const LaneSums& more) { s->v = vaddq_s32(s->v, more.v); }
template <bool narrow>
THIMBLE_INLINE int32x4_t lane_sum(const LaneSums& s) {
    return s.v;
}
template <bool narrow>
THIMBLE_INLINE int32x4_t lane_sum(const LaneSums& s, int32x4_t) {
    return s.v;
}

#else

constexpr bool kLaneTwo = true;
using LaneActs = uint8x16x4_t;  // each word four times
template <int step = 16>
THIMBLE_INLINE LaneActs take_lane_acts(const uint8_t** p) {
    return take_words<step>(p);
}

// Sixteen products in 16 bits each, w[i] times a[i / 2]: four chains in turn, for cores that execute in order. Of
// intrinsics GCC 12 makes moves.
THIMBLE_INLINE void products16_of_four(const int8x16_t* w, const int8x16_t* a, int16x8_t* p) {
    asm("smull %0.8h, %4.8b, %8.8b\n\tsmull %1.8h, %5.8b, %8.8b\n\t"
        "smull %2.8h, %6.8b, %9.8b\n\tsmull %3.8h, %7.8b, %9.8b\n\t"
        "smlal2 %0.8h, %4.16b, %8.16b\n\tsmlal2 %1.8h, %5.16b, %8.16b\n\t"
        "smlal2 %2.8h, %6.16b, %9.16b\n\tsmlal2 %3.8h, %7.16b, %9.16b"
        : "=&w"(p[0]), "=&w"(p[1]), "=&w"(p[2]), "=&w"(p[3])
        : "w"(w[0]), "w"(w[1]), "w"(w[2]), "w"(w[3]), "w"(a[0]), "w"(a[1]));
}

THIMBLE_INLINE void products16_onto_four(const int8x16_t* w, const int8x16_t* a, int16x8_t* p) {
    asm("smlal %0.8h, %4.8b, %8.8b\n\tsmlal %1.8h, %5.8b, %8.8b\n\t"
        "smlal %2.8h, %6.8b, %9.8b\n\tsmlal %3.8h, %7.8b, %9.8b\n\t"
        "smlal2 %0.8h, %4.16b, %8.16b\n\tsmlal2 %1.8h, %5.16b, %8.16b\n\t"
        "smlal2 %2.8h, %6.16b, %9.16b\n\tsmlal2 %3.8h, %7.16b, %9.16b"
        : "+w"(p[0]), "+w"(p[1]), "+w"(p[2]), "+w"(p[3])
        : "w"(w[0]), "w"(w[1]), "w"(w[2]), "w"(w[3]), "w"(a[0]), "w"(a[1]));
}

// In 16 bits, two rows a register; the caller sees to it that they suffice.
struct LaneSums {
    int16x8_t v[2];
};
template <int i, bool first>
THIMBLE_INLINE void lane_add(LaneSums* s, int8x16_t q, const LaneActs& a, int32x4_t) {
    const int8x16_t word = as_s8(a.val[i]);
    s->v[0] = first ? mull_low(q, word) : mlal_low(s->v[0], q, word);
    s->v[1] = first ? mull_high(q, word) : mlal_high(s->v[1], q, word);
}
THIMBLE_INLINE void lane_join(LaneSums* s, const LaneSums& more) {
    s->v[0] = vaddq_s16(s->v[0], more.v[0]);
    s->v[1] = vaddq_s16(s->v[1], more.v[1]);
}
// narrow: sums of two of them fit 16 bits as well.
template <bool narrow>
THIMBLE_INLINE int32x4_t lane_sum(const LaneSums& s) {
    if constexpr (narrow) return vpaddlq_s16(pair_add(s.v[0], s.v[1]));
    return pair_add(vpaddlq_s16(s.v[0]), vpaddlq_s16(s.v[1]));
}
template <bool narrow>
THIMBLE_INLINE int32x4_t lane_sum(const LaneSums& s, int32x4_t start) {
    if constexpr (narrow) return vpadalq_s16(start, pair_add(s.v[0], s.v[1]));
    return vaddq_s32(start, lane_sum<false>(s));
}

#endif

}  // namespace
}  // namespace thimble
