// SPDX-License-Identifier: MIT
// The tiers that tests compare with the scalar reference: all that this CPU has and, on x86-64 with AVX2 but without
// AVX-VNNI, that tier's code with its one instruction put together from others (avxvnni_emulated.cpp).
#pragma once
#include <cstring>

#include "kernels/kernels.h"
#include "platform/cpu.h"
#include "tests/check.h"

#if defined(__x86_64__) && !defined(THIMBLE_SCALAR_ONLY)
void avxvnni_emulated(thimble::Kernels* k);
#endif

struct ComparedTiers {
    thimble::Kernels tier[16];
    uint32_t n = 0;

    ComparedTiers() {
        using namespace thimble;
        for (uint32_t t = 1; t < tier_count(); ++t)
            if (tier_supported(t) && CHECK(kernels_for(tier_name(t), &tier[n]))) ++n;
#if defined(__x86_64__) && !defined(THIMBLE_SCALAR_ONLY)
        if ((cpu_features() & (kCpuAvx2 | kCpuAvxVnni)) != kCpuAvx2 || !CHECK(kernels_for("avx2", &tier[n]))) return;
        tier[n].name = "avxvnni, emulated";
        avxvnni_emulated(&tier[n++]);
#endif
    }
    void must_have(const char* name) const {
        uint32_t t = 0;
        while (t < n && strcmp(tier[t].name, name) != 0) ++t;
        if (!CHECK(t < n)) fprintf(stderr, "    %s was not compared\n", name);
    }
};
