// SPDX-License-Identifier: MIT
// What this CPU can do, asked once at run time (cpuid, getauxval), and the core count.
#pragma once
#include <cstdint>

namespace thimble {

enum CpuFeature : uint32_t {
    kCpuAvx2 = 1u << 0,  // with FMA and F16C, and the OS saving ymm
    kCpuAvxVnni = 1u << 1,
    kCpuAvx512 = 1u << 2,  // F, BW, DQ, VL and the OS saving zmm
    kCpuAvx512Vnni = 1u << 3,
    kCpuAvx512Vbmi = 1u << 4,
    kCpuNeon = 1u << 8,  // AArch64, or ARMv7 NEON with VFPv4 (fma, half-precision conversion)
    kCpuDotprod = 1u << 9,
    kCpuI8mm = 1u << 10,
};
uint32_t cpu_features();
uint32_t cpu_cores();            // usable by this process (affinity), at least 1
uint32_t cpu_threads_default();  // physical cores; on big.LITTLE the big ones
uint64_t memory_total_bytes();   // of the machine or the cgroup, 0: unknown
uint64_t memory_available_bytes();

}  // namespace thimble
