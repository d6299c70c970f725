// SPDX-License-Identifier: MIT
// AArch64 with what every ARMv8.0 core has (Cortex-A53, A72).
#if defined(__aarch64__)
#include "kernels/isa/neon.h"
#include "kernels/micro/arm_rows.h"
#include "kernels/micro/float_table.h"

namespace thimble {

void target_neon(Kernels* k);
void target_neon(Kernels* k) {
    fill_float_entries<NeonIsa>(k);
    fill_arm_matmul<kNeonTier, NeonDot>(k);
}

}  // namespace thimble
#endif
