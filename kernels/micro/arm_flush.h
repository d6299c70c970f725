// SPDX-License-Identifier: MIT
// The float entries of ARMv7. NEON arithmetic flushes subnormal operands and results to zero there, and is IEEE
// arithmetic otherwise. Whenever it flushes, it sets a cumulative flag of FPSCR: input denormal for an operand,
// underflow for a result (ARM Architecture Reference Manual, ARMv7-A, "Flush-to-zero"). So a piece of work is done by
// NEON between two looks at these flags: when none was set, nothing was flushed and its bits are the reference's; else
// the piece is done again from its inputs by VFP, which keeps subnormals. VFP and conversions to float16 may set the
// underflow flag as well, without harm.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/isa/neon.h"
#include "kernels/isa/scalar.h"
#include "kernels/micro/float_table.h"
#include "kernels/micro/neon32_dense.h"

namespace thimble {
namespace {

constexpr uint32_t kFlushFlags = 1u << 7 | 1u << 3;  // input denormal, underflow

// True when the flags were set since watch_flushes(). results: memory that the work has written.
inline bool flush_seen(const void* results) {
    uint32_t status;
    asm volatile("vmrs %0, fpscr" : "=r"(status) : "r"(results) : "memory");
    return (status & kFlushFlags) != 0;
}
inline void watch_flushes() {
    uint32_t status;
    if (flush_seen(nullptr))
        asm volatile("vmrs %0, fpscr\n\tbic %0, %0, %1\n\tvmsr fpscr, %0"
                     : "=&r"(status)
                     : "i"(kFlushFlags)
                     : "memory");
}

// That this CPU, or what emulates it, sets the flags indeed: each way to flush in one lane of four.
inline bool flushes_are_reported() {
    static const float kCase[][3] = {// a * b + c, a * b, a + b
                                     {0x1p-100f, 0x1p-100f, 0.0f},    {0x1.8p-126f, -0x1p-126f, 0.0f},
                                     {0x1p-130f, 1.0f, 0.0f},         {1.0f, -0x1p-149f, 1.0f},
                                     {0x1p-64f, 0x1p-63f, 0x1p-149f}, {0.0f, 0x1p-127f, 0.0f}};
    float out[4];
    const auto quad = [](float x) { return f4{1.0f, 1.0f, 1.0f, x}; };
    const auto seen = [&](f4 result) {
        f4_store(out, result);
        return flush_seen(out);
    };
    bool all = true;
    for (const auto& x : kCase) {
        watch_flushes();
        all &= seen(f4_fma(quad(x[0]), quad(x[1]), quad(x[2])));
    }
    watch_flushes();
    all &= seen(f4_mul(quad(kCase[0][0]), quad(kCase[0][1])));
    watch_flushes();
    all &= seen(vaddq_f32(quad(kCase[1][0]), quad(kCase[1][1])));
    watch_flushes();
    all &= seen(vsubq_f32(quad(kCase[2][0]), quad(kCase[2][1])));
    watch_flushes();
    all &= seen(vreinterpretq_f32_u32(f4_less(quad(kCase[2][2]), quad(kCase[2][0]))));
    return all;
}

// A function that writes nothing that it reads.
template <auto fast, auto slow>
struct Watched;
template <class... A, void (*fast)(A...), void (*slow)(A...)>
struct Watched<fast, slow> {
    static void call(A... a) {
        watch_flushes();
        fast(a...);
        if (flush_seen(nullptr)) slow(a...);
    }
};

// Work on single values, which may write over its inputs: fn<V>(at, n, to) on parts of them, results to a buffer first.
template <class Fn>
void in_parts(int64_t n, float* y, Fn fn) {
    float part[512];
    for (int64_t at = 0; at < n; at += 512) {
        const int64_t width = n - at < 512 ? n - at : 512;
        watch_flushes();
        fn.template operator()<NeonIsa>(at, width, part);
        if (flush_seen(part)) fn.template operator()<ScalarIsa>(at, width, part);
        memcpy(y + at, part, sizeof(float) * static_cast<size_t>(width));
    }
}
inline void watched_add(const float* a, const float* b, int64_t n, float* y) {
    in_parts(n, y, [&]<class V>(int64_t at, int64_t w, float* to) { add<V>(a + at, b + at, w, to); });
}
inline void watched_add_scaled(const float* a, const float* b, float s, int64_t n, float* y) {
    in_parts(n, y, [&]<class V>(int64_t at, int64_t w, float* to) { add_scaled<V>(a + at, b + at, s, w, to); });
}
inline void watched_scale(float s, int64_t n, float* y) {
    in_parts(n, y, [&]<class V>(int64_t at, int64_t w, float* to) {
        memcpy(to, y + at, sizeof(float) * static_cast<size_t>(w));
        scale<V>(s, w, to);
    });
}
inline void watched_softcap(float cap, int64_t n, float* y) {
    in_parts(n, y, [&]<class V>(int64_t at, int64_t w, float* to) {
        memcpy(to, y + at, sizeof(float) * static_cast<size_t>(w));
        softcap<V>(cap, w, to);
    });
}
inline void watched_activate(Activation act, const float* g, const float* u, int64_t n, float* y) {
    in_parts(n, y,
             [&]<class V>(int64_t at, int64_t w, float* to) { activate<V>(act, g + at, u ? u + at : nullptr, w, to); });
}

using NormFn = void (*)(const float* x, const float* w, const float* b, float eps, int64_t n, float* y);
template <NormFn fast, NormFn slow>
void watched_norm(const float* x, const float* w, const float* b, float eps, int64_t n, float* y) {
    (x == y ? slow : Watched<fast, slow>::call)(x, w, b, eps, n, y);
}

// A few rows at a time, so that one subnormal number costs little.
template <template <class> class W>
void watched_dense(const Matmul* m) {
    constexpr int64_t kRows = 8;
    Matmul part = *m;
    for (int64_t left = m->rows; left > 0; left -= kRows) {
        part.rows = left < kRows ? left : kRows;
        Watched<neon32_dense<W<NeonIsa>>, matmul_dense<ScalarIsa, W<ScalarIsa>>>::call(&part);
        part.w += kRows * part.row_bytes;
        part.out += kRows;
    }
}

// Caches that are not quantised are stored without arithmetic.
inline void watched_kv_store(const KvHead* kv, int64_t position, const float* k, int64_t dk, const float* v,
                             int64_t dv) {
    const bool plain = kv->type_k != kKvQ8_0 && kv->type_v != kKvQ8_0;
    (plain ? kv_store<NeonIsa> : Watched<kv_store<NeonIsa>, kv_store<ScalarIsa>>::call)(kv, position, k, dk, v, dv);
}

// What is left to VFP alone (rope, softmax of routers, merging and finishing attention) is little work.
inline void fill_watched_entries(Kernels* k) {
    fill_float_entries<ScalarIsa>(k);
    if (!flushes_are_reported()) return;
    k->quantize = Watched<quantize<NeonIsa>, quantize<ScalarIsa>>::call;
    k->matmul[kF32] = watched_dense<DenseF32>;
    k->matmul[kF16] = watched_dense<DenseF16>;
    k->matmul[kBF16] = watched_dense<DenseBf16>;
    k->rms_norm = watched_norm<rms_norm<NeonIsa>, rms_norm<ScalarIsa>>;
    k->layer_norm = watched_norm<layer_norm<NeonIsa>, layer_norm<ScalarIsa>>;
    k->add = watched_add;
    k->add_scaled = watched_add_scaled;
    k->scale = watched_scale;
    k->softcap = watched_softcap;
    k->activate = watched_activate;
    k->kv_store = watched_kv_store;
    k->attention_chunk = Watched<AttentionLoops<NeonIsa>::chunk, AttentionLoops<ScalarIsa>::chunk>::call;
}

}  // namespace
}  // namespace thimble
