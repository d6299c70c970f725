// SPDX-License-Identifier: MIT
// DeepSeek 2 and 3, and what took over their layers (Kanana 2, GigaChat 3, Moonlight): latent attention, shared experts.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_deepseek2;
const Arch arch_deepseek2 = {
    .name = "deepseek2",
    .rope = Rope::kNorm,
    .normalize_weights = false,  // expert_weights_norm says
    .latent_attention = true,
};

}  // namespace thimble
