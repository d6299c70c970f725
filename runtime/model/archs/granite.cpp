// SPDX-License-Identifier: MIT
// Granite 3: embeddings, residuals, attention and logits scaled by keys.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_granite;
const Arch arch_granite = {
    .name = "granite",
    .rope = Rope::kNorm,
    .scale_keys = true,
};

}  // namespace thimble
