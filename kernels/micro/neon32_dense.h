// SPDX-License-Identifier: MIT
// Products of dense weights on ARMv7 in the order of micro/dense.h: one row and two columns, eight weights at a time, by
// loads that move their pointers. Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/isa/neon.h"
#include "kernels/micro/dense.h"
#include "kernels/micro/neon32_words.h"

namespace thimble {
namespace {

// Eight weights as floats.
THIMBLE_INLINE void take_eight(DenseF32<NeonIsa>, const uint8_t*& p, f4* w) {
    const int8x16x2_t v = take32(p);
    w[0] = vreinterpretq_f32_s8(v.val[0]);
    w[1] = vreinterpretq_f32_s8(v.val[1]);
}
THIMBLE_INLINE void take_eight(DenseF16<NeonIsa>, const uint8_t*& p, f4* w) {
    const uint16x8_t v = vreinterpretq_u16_u8(take16(p));
    w[0] = f4_of_f16(vget_low_u16(v));
    w[1] = f4_of_f16(vget_high_u16(v));
}
THIMBLE_INLINE void take_eight(DenseBf16<NeonIsa>, const uint8_t*& p, f4* w) {
    const uint16x8_t v = vreinterpretq_u16_u8(take16(p));
    w[0] = vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(v), 16));
    w[1] = vreinterpretq_f32_u32(vshll_n_u16(vget_high_u16(v), 16));
}

template <class W, int C>
void neon32_dense_row(const Matmul* m, const uint8_t* w, const float* const* column, float* out) {
    const float* x[C];
    NeonIsa::f acc[C];
    THIMBLE_UNROLL
    for (int c = 0; c < C; ++c) x[c] = column[c], acc[c] = NeonIsa::set1(0.0f);
    for (int steps = static_cast<int>(m->k / 16); steps > 0; --steps) {
        THIMBLE_UNROLL
        for (int h = 0; h < 4; h += 2) {
            f4 weights[2];
            take_eight(W(), w, weights);
            THIMBLE_UNROLL
            for (int c = 0; c < C; ++c) {
                const int8x16x2_t v = take32(x[c]);
                acc[c].v[h] = f4_fma(weights[0], vreinterpretq_f32_s8(v.val[0]), acc[c].v[h]);
                acc[c].v[h + 1] = f4_fma(weights[1], vreinterpretq_f32_s8(v.val[1]), acc[c].v[h + 1]);
            }
        }
    }
    const int left = static_cast<int>(m->k % 16);
    THIMBLE_UNROLL
    for (int c = 0; c < C; ++c) {
        if (left > 0) acc[c] = NeonIsa::fma(W::load_n(w, left), NeonIsa::load_n(x[c], left), acc[c]);
        out[c * m->out_stride] = NeonIsa::hsum(acc[c]);
    }
}

template <class W>
void neon32_dense(const Matmul* m) {
    const uint8_t* w = m->w;
    for (int64_t row = 0; row < m->rows; ++row, w += m->row_bytes) {
        for (int64_t c = 0; c < m->n; c += 2) {
            const float* x[2];
            for (int64_t i = 0; i < 2 && c + i < m->n; ++i)
                x[i] = m->x + (m->col ? m->col[c + i] : c + i) * m->x_stride;
            float* out = m->out + c * m->out_stride + row;
            (m->n - c == 1 ? neon32_dense_row<W, 1> : neon32_dense_row<W, 2>)(m, w, x, out);
        }
    }
}

}  // namespace
}  // namespace thimble
