// SPDX-License-Identifier: MIT
// Mixtures of experts whose parts are those of dense families: DeepSeek 1, OLMoE, dots.llm1, ERNIE 4.5, Hunyuan, Granite.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_deepseek, arch_olmoe, arch_dots1, arch_ernie4_5_moe, arch_hunyuan_moe, arch_granitemoe;
const Arch arch_deepseek = {
    .name = "deepseek",
    .rope = Rope::kNorm,
    .normalize_weights = false,
};
const Arch arch_olmoe = {
    .name = "olmoe",
    .normalize_weights = false,
};
const Arch arch_dots1 = {
    .name = "dots1",
    .normalize_weights = false,  // expert_weights_norm says
};
const Arch arch_ernie4_5_moe = {
    .name = "ernie4_5-moe",
    .rope = Rope::kNorm,
};
const Arch arch_hunyuan_moe = {
    .name = "hunyuan-moe",
    .qk_norm_after_rope = true,
};
const Arch arch_granitemoe = {
    .name = "granitemoe",
    .rope = Rope::kNorm,
    .scale_keys = true,
};

}  // namespace thimble
