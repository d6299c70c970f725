// SPDX-License-Identifier: MIT
// The roofs, for benchmarks. Arithmetic: a loop of nothing but the tier's int8 multiply-accumulate instruction, or its fused
// multiply-add of floats, on twelve independent accumulators. Memory: loops that only load, in the ways that were fastest on
// some machine: one or four streams, with or without a prefetch.
#include <cstring>

#include "kernels/kernels.h"

namespace thimble {

uint64_t read_memory(const void* data, size_t bytes, int way) {
    const int streams = way == 2 ? 4 : 1;
    const size_t part = bytes / static_cast<size_t>(streams) / 64 * 64;
    const auto* p = static_cast<const uint8_t*>(data);
    uint64_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (size_t i = 0; i < part; i += 64) {
        for (int k = 0; k < streams; ++k) {
            const uint8_t* q = p + static_cast<size_t>(k) * part + i;
            if (way == 1) __builtin_prefetch(q + 4096, 0, 2);
            uint64_t v[8];
            memcpy(v, q, 64);
            s0 ^= v[0] ^ v[4];
            s1 ^= v[1] ^ v[5];
            s2 ^= v[2] ^ v[6];
            s3 ^= v[3] ^ v[7];
        }
    }
    return s0 ^ s1 ^ s2 ^ s3;
}

#if defined(__x86_64__)
#define THIMBLE_TWELVE(I) I(0) I(1) I(2) I(3) I(4) I(5) I(6) I(7) I(8) I(9) I(10) I(11)
#define THIMBLE_ZMM(n) "vpdpbusd %%zmm30, %%zmm31, %%zmm" #n "\n"
#define THIMBLE_YMM(n) "%{vex%} vpdpbusd %%ymm14, %%ymm15, %%ymm" #n "\n"
#define THIMBLE_PAIR(n) "vpmaddubsw %%ymm14, %%ymm15, %%ymm13\nvpaddw %%ymm13, %%ymm" #n ", %%ymm" #n "\n"
#define THIMBLE_ZMM_FMA(n) "vfmadd231ps %%zmm30, %%zmm31, %%zmm" #n "\n"
#define THIMBLE_YMM_FMA(n) "vfmadd231ps %%ymm14, %%ymm15, %%ymm" #n "\n"
#define THIMBLE_LOOP(I)                                                                                            \
    asm volatile("1:\n" THIMBLE_TWELVE(I) "dec %0\njnz 1b\nvzeroupper"                                             \
                 : "+r"(n)                                                                                         \
                 :                                                                                                 \
                 : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", \
                   "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15")

int64_t multiply_peak(const char* tier, Peak what, int64_t loops) {
    int64_t n = loops > 0 ? loops : 1;
    const int64_t turns = n * 12;
    const bool wide = strncmp(tier, "avx512", 6) == 0;
    if (what == Peak::kFloat) {
        if (!wide && strncmp(tier, "avx", 3) != 0) return 0;
        if (wide)
            THIMBLE_LOOP(THIMBLE_ZMM_FMA);
        else
            THIMBLE_LOOP(THIMBLE_YMM_FMA);
        return turns * (wide ? 16 : 8);
    }
    if (wide) {
        THIMBLE_LOOP(THIMBLE_ZMM);
        return turns * 64;
    }
    if (strcmp(tier, "avxvnni") == 0) {
        THIMBLE_LOOP(THIMBLE_YMM);
        return turns * 32;
    }
    if (strcmp(tier, "avx2") == 0) {
        THIMBLE_LOOP(THIMBLE_PAIR);
        return turns * 32;
    }
    return 0;
}
#elif defined(__aarch64__)
#define THIMBLE_TWELVE(I) I(0) I(1) I(2) I(3) I(4) I(5) I(6) I(7) I(8) I(9) I(10) I(11)
#define THIMBLE_SMLAL(n) "smlal v" #n ".8h, v30.8b, v31.8b\n"
#define THIMBLE_FMLA(n) "fmla v" #n ".4s, v30.4s, v31.4s\n"
#define THIMBLE_SDOT(n) ".inst 0x4e9f97c0 + " #n "\n"   // sdot v<n>.4s, v30.16b, v31.16b
#define THIMBLE_SMMLA(n) ".inst 0x4e9fa7c0 + " #n "\n"  // smmla v<n>.4s, v30.16b, v31.16b
#define THIMBLE_LOOP(I)                                                                                             \
    asm volatile("1:\n" THIMBLE_TWELVE(I) "subs %0, %0, #1\nb.ne 1b"                                                \
                 : "+r"(n)                                                                                          \
                 :                                                                                                  \
                 : "memory", "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v30", \
                   "v31")

int64_t multiply_peak(const char* tier, Peak what, int64_t loops) {
    int64_t n = loops > 0 ? loops : 1;
    const int64_t turns = n * 12;
    if (what == Peak::kFloat) {
        if (strcmp(tier, "scalar") == 0) return 0;
        THIMBLE_LOOP(THIMBLE_FMLA);
        return turns * 4;
    }
    if (strcmp(tier, "i8mm") == 0) {
        THIMBLE_LOOP(THIMBLE_SMMLA);
        return turns * 32;
    }
    if (strcmp(tier, "dotprod") == 0) {
        THIMBLE_LOOP(THIMBLE_SDOT);
        return turns * 16;
    }
    if (strcmp(tier, "neon") == 0) {
        THIMBLE_LOOP(THIMBLE_SMLAL);
        return turns * 8;
    }
    return 0;
}
#else
int64_t multiply_peak(const char*, Peak, int64_t) { return 0; }
#endif

}  // namespace thimble
