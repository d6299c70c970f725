// SPDX-License-Identifier: MIT
// AArch64 with the dot product instructions (Cortex-A76 and later).
#if defined(__aarch64__) && defined(__ARM_FEATURE_DOTPROD)
#include "kernels/micro/a64_few_rows.h"
#include "kernels/micro/a64_small_rows.h"
#include "kernels/micro/dotprod_tiles.h"

namespace thimble {

void target_dotprod(Kernels* k);
void target_dotprod(Kernels* k) { fill_arm_matmul<kDotprodTier, SdotDot>(k); }

// For tiers above, whose products with one column are the same.
MatmulFn dotprod_row(TypeId id);
MatmulFn dotprod_row(TypeId id) {
    switch (id) {
#define THIMBLE_FORMAT(name, id, block, bytes) \
    case k##name:                              \
        return row_of<Format##name, SdotDot>();
#include "kernels/formats/formats.def"
#undef THIMBLE_FORMAT
    }
    return nullptr;
}

}  // namespace thimble
#endif
