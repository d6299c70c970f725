// SPDX-License-Identifier: MIT
// AArch64 with the dot product instructions (Cortex-A76 and later).
#if defined(__aarch64__) && defined(__ARM_FEATURE_DOTPROD)
#include "kernels/isa/neon.h"
#include "kernels/micro/a64_few_rows.h"
#include "kernels/micro/a64_small_rows.h"
#include "kernels/micro/attention.h"
#include "kernels/micro/dotprod_tiles.h"

namespace thimble {
namespace {

struct SdotIsa : NeonIsa {
    static i dot4_i8(i acc, keys p, int32_t q4) {
        const int8x16_t q = vreinterpretq_s8_s32(vdupq_n_s32(q4));
        return each_i([&](int r) { return vdotq_s32(acc.v[r], vld1q_s8(p + 16 * r), q); });
    }
};

}  // namespace

void target_dotprod(Kernels* k);
void target_dotprod(Kernels* k) {
    fill_arm_matmul<kDotprodTier, SdotDot>(k);
    k->attention_chunk = AttentionLoops<SdotIsa>::chunk;
}

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
