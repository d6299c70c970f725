// SPDX-License-Identifier: MIT
// What every ARMv8.0 core has (Cortex-A53, A72), and ARMv7 cores with NEON and VFPv4 (Cortex-A7, A15).
#if defined(__aarch64__)
#include "kernels/isa/neon.h"
#include "kernels/micro/a64_few_rows.h"
#include "kernels/micro/a64_small_rows.h"
#elif defined(__ARM_NEON)
#include "kernels/micro/arm_flush.h"
#include "kernels/micro/neon32_rows.h"
#include "kernels/micro/neon32_tiles.h"
#endif

#if defined(__ARM_NEON)
#include "kernels/micro/arm_rows.h"
#include "kernels/micro/float_table.h"

namespace thimble {

void target_neon(Kernels* k);
void target_neon(Kernels* k) {
#if defined(__aarch64__)
    fill_float_entries<NeonIsa>(k);
    fill_arm_matmul<kNeonTier, NeonDot>(k);
#else
    fill_watched_entries(k);
    fill_arm_matmul<kNeon32Tier, NeonDot>(k);
#endif
}

}  // namespace thimble
#endif
