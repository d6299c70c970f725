// SPDX-License-Identifier: MIT
// The scalar reference of quantise, matmul and dequantise, templates over the formats. kernels/README.md states the
// order of operations that they spell; every other kernel has to give the same bits. A tier may use any of them for a
// format that it has no kernel of its own for: then they run with that tier's instructions.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/formats/formats.h"
#include "kernels/micro/fma.h"

namespace thimble {
namespace {

inline float reduce_lanes16(const float* v) {
    float t[8];
    for (int l = 0; l < 8; ++l) t[l] = v[l] + v[l + 8];
    for (int l = 0; l < 4; ++l) t[l] = t[l] + t[l + 4];
    for (int l = 0; l < 2; ++l) t[l] = t[l] + t[l + 2];
    return t[0] + t[1];
}

// k a multiple of 32. See "Quantised activations".
inline void reference_quantize(const float* x, int64_t k, int8_t* q, float* d, int16_t* s) {
    for (int64_t b = 0; b < k / 32; ++b, x += 32, q += 32, s += 2) {
        uint32_t largest = 0;
        for (int i = 0; i < 32; ++i) {
            const uint32_t magnitude = float_bits(x[i]) & 0x7fffffff;
            largest = magnitude > largest ? magnitude : largest;
        }
        if (largest >= 0x7f800000 || largest < float_bits(0x1p-100f)) {
            memset(q, 0, 32);
            s[0] = s[1] = 0;
            d[b] = largest >= 0x7f800000 ? bits_float(0x7fc00000) : 0.0f;
            continue;
        }
        const float amax = bits_float(largest), inverse = 127.0f / amax, magic = 12582912.0f;  // 1.5 * 2^23
        d[b] = amax / 127.0f;
        for (int h = 0; h < 2; ++h) {
            int sum = 0;
            for (int i = 16 * h; i < 16 * h + 16; ++i) {
                int v = static_cast<int>((x[i] * inverse + magic) - magic);
                v = v > 127 ? 127 : v < -127 ? -127 : v;
                q[i] = static_cast<int8_t>(v);
                sum += v;
            }
            s[h] = static_cast<int16_t>(sum);
        }
    }
}

inline int dot16(const int8_t* a, const int8_t* b) {
    int sum = 0;
    for (int i = 0; i < 16; ++i) sum += a[i] * b[i];
    return sum;
}

// What the loops need to know of a format. One loop serves all formats of the same shape: the reference is built for
// size, and a call for each 32 weights costs it little.
struct UnpackCode {
    void (*unpack)(const uint8_t* block, int j, SubBlock* out);
    int block, bytes;
};
template <class F>
void unpack_bytes(const uint8_t* block, int j, SubBlock* out) {
    F::unpack(reinterpret_cast<const typename F::Block*>(block), j, out);
}

// acc + the product of 32 weights with one activation block.
template <Minimum kMinimum, bool kScalePerHalf, bool kFloatScalePerHalf>
inline float accumulate32(const SubBlock& w, const int8_t* a, float da, const int16_t* s, float acc) {
    const int half0 = dot16(w.q, a), half1 = dot16(w.q + 16, a + 16);
    if constexpr (kFloatScalePerHalf) {
        acc = fma32(static_cast<float>(half0), w.dw * da, acc);
        return fma32(static_cast<float>(half1), w.dw1 * da, acc);
    }
    const int sum = kScalePerHalf ? w.sc0 * half0 + w.sc1 * half1 : half0 + half1;
    acc = fma32(static_cast<float>(sum), w.dw * da, acc);
    if constexpr (kMinimum == Minimum::kBlock) acc = fma32(w.m0, da * static_cast<float>(s[0] + s[1]), acc);
    if constexpr (kMinimum == Minimum::kHalf) {
        acc = fma32(w.m0, da * static_cast<float>(s[0]), acc);
        acc = fma32(w.m1, da * static_cast<float>(s[1]), acc);
    }
    return acc;
}

template <Minimum kMinimum, bool kScalePerHalf, bool kFloatScalePerHalf>
void reference_matmul_quantized(const Matmul* m, const UnpackCode& code) {
    constexpr int kColumns = 32;
    for (int64_t r = 0; r < m->rows; ++r) {
        const uint8_t* row = m->w + static_cast<size_t>(r) * m->row_bytes;
        for (int64_t c0 = 0; c0 < m->n; c0 += kColumns) {
            const int columns = static_cast<int>(m->n - c0 < kColumns ? m->n - c0 : kColumns);
            float acc[kColumns] = {};
            const uint8_t* block = row;
            int j = 0;                                 // sub-block of the block
            for (int64_t b = 0; b < m->k / 32; ++b) {  // one unpacking serves all columns of the group
                SubBlock w;
                code.unpack(block, j, &w);
                for (int c = 0; c < columns; ++c) {
                    const int64_t column = m->col ? m->col[c0 + c] : c0 + c;
                    acc[c] = accumulate32<kMinimum, kScalePerHalf, kFloatScalePerHalf>(
                        w, m->acts.q + column * m->acts.q_stride + b * 32, m->acts.d[column * m->acts.d_stride + b],
                        m->acts.s + column * m->acts.s_stride + b * 2, acc[c]);
                }
                if (++j == code.block / 32) {
                    j = 0;
                    block += code.bytes;
                }
            }
            for (int c = 0; c < columns; ++c) m->out[(c0 + c) * m->out_stride + r] = acc[c];
        }
    }
}

template <class F>
void reference_matmul_dense(const Matmul* m) {
    constexpr int kColumns = 8;
    for (int64_t r = 0; r < m->rows; ++r) {
        const uint8_t* row = m->w + static_cast<size_t>(r) * m->row_bytes;
        for (int64_t c0 = 0; c0 < m->n; c0 += kColumns) {
            const int columns = static_cast<int>(m->n - c0 < kColumns ? m->n - c0 : kColumns);
            const float* x[kColumns];
            float acc[kColumns][16] = {};
            for (int c = 0; c < columns; ++c) x[c] = m->x + (m->col ? m->col[c0 + c] : c0 + c) * m->x_stride;
            for (int64_t i = 0; i < m->k; i += 16) {  // 16 weights are widened once for all columns of the group
                const int lanes = static_cast<int>(m->k - i < 16 ? m->k - i : 16);
                float w[16];
                for (int l = 0; l < lanes; ++l) w[l] = F::load(row, i + l);
                for (int c = 0; c < columns; ++c) {
                    for (int l = 0; l < lanes; ++l) acc[c][l] = fma32(w[l], x[c][i + l], acc[c][l]);
                }
            }
            for (int c = 0; c < columns; ++c) m->out[(c0 + c) * m->out_stride + r] = reduce_lanes16(acc[c]);
        }
    }
}

template <class F>
void reference_matmul(const Matmul* m) {
    if constexpr (F::kDense) {
        reference_matmul_dense<F>(m);
    } else {
        reference_matmul_quantized<F::kMinimum, F::kScalePerHalf, F::kFloatScalePerHalf>(
            m, {unpack_bytes<F>, F::kBlock, F::kBytes});
    }
}

// k a multiple of the block. (dw * sc) * q (+ m), each step rounded once: exact but for the minimum and Q8_K.
template <Minimum kMinimum>
void reference_dequantize_quantized(const uint8_t* w, int64_t k, float* out, const UnpackCode& code) {
    int j = 0;
    for (int64_t b = 0; b < k / 32; ++b) {
        SubBlock s;
        code.unpack(w, j, &s);
        const float scales[2] = {s.dw * static_cast<float>(s.sc0), s.dw1 * static_cast<float>(s.sc1)};
        const float minima[2] = {s.m0, kMinimum == Minimum::kHalf ? s.m1 : s.m0};
        for (int i = 0; i < 32; ++i) {
            const float product = scales[i >> 4] * static_cast<float>(s.q[i]);
            *out++ = kMinimum == Minimum::kNone ? product : product + minima[i >> 4];
        }
        if (++j == code.block / 32) {
            j = 0;
            w += code.bytes;
        }
    }
}

template <class F>
void reference_dequantize(const uint8_t* w, int64_t k, float* out) {
    if constexpr (F::kDense) {
        for (int64_t i = 0; i < k; ++i) out[i] = F::load(w, i);
    } else {
        reference_dequantize_quantized<F::kMinimum>(w, k, out, {unpack_bytes<F>, F::kBlock, F::kBytes});
    }
}

}  // namespace
}  // namespace thimble
