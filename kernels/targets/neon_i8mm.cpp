// SPDX-License-Identifier: MIT
// AArch64 with the 8-bit matrix product instructions; products with one column are those of the dotprod tier.
#if defined(__aarch64__) && defined(__ARM_FEATURE_MATMUL_INT8)
#include "kernels/formats/formats.h"
#include "kernels/micro/i8mm_tiles.h"

namespace thimble {

void (*dotprod_row(TypeId id))(const Matmul*);  // targets/neon_dotprod.cpp; nullptr: none, or dense

namespace {

template <class F>
void i8mm_matmul(const Matmul* m) {
    if (m->n == 1 && m->k <= kArmRowMaxK) {
        if (const auto row = dotprod_row(F::kId)) return row(m);
    }
    arm_panel_matmul(m, arm_format(F::kId), &kI8mmTier);
}

}  // namespace

void target_i8mm(Kernels* k);
void target_i8mm(Kernels* k) {
#define THIMBLE_FORMAT(name, id, block, bytes) \
    if constexpr (!Format##name::kDense) k->matmul[id] = i8mm_matmul<Format##name>;
#include "kernels/formats/formats.def"
#undef THIMBLE_FORMAT
}

}  // namespace thimble
#endif
