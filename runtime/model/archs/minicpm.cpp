// SPDX-License-Identifier: MIT
// MiniCPM: Llama with scaled embeddings, residuals and logits; older files lack the keys.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_minicpm;
const Arch arch_minicpm = {
    .name = "minicpm",
    .rope = Rope::kNorm,
    .scale_keys = true,
    .scale_defaults_minicpm = true,
};

}  // namespace thimble
