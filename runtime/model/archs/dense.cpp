// SPDX-License-Identifier: MIT
// Dense families that differ from Llama by little: which pairs rope turns, the activation, where the norms stand. What
// their files say by having a tensor (biases, fused projections, post norms) the binder sees.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_internlm2, arch_ernie4_5, arch_hunyuan_dense, arch_seed_oss, arch_olmo, arch_orion, arch_xverse,
    arch_codeshell, arch_qwen, arch_arcee, arch_glm4, arch_chatglm, arch_nemotron, arch_mistral3;
const Arch arch_internlm2 = {.name = "internlm2", .rope = Rope::kNorm};
const Arch arch_ernie4_5 = {.name = "ernie4_5", .rope = Rope::kNorm};
const Arch arch_hunyuan_dense = {.name = "hunyuan-dense", .qk_norm_after_rope = true};
const Arch arch_seed_oss = {.name = "seed_oss", .ffn_norm_is_post_attention = true};
const Arch arch_olmo = {.name = "olmo", .norm = Norm::kLayer, .norm_weightless = true, .rope = Rope::kNorm};
const Arch arch_orion = {.name = "orion", .norm = Norm::kLayer};
const Arch arch_xverse = {.name = "xverse", .rope = Rope::kNorm};
const Arch arch_codeshell = {.name = "codeshell", .norm = Norm::kLayer, .activation = kActGeluTanh};
const Arch arch_qwen = {.name = "qwen", .ffn_length_halved = true};
const Arch arch_arcee = {.name = "arcee", .rope = Rope::kNorm, .activation = kActReluSquared};
const Arch arch_glm4 = {.name = "glm4", .rope = Rope::kNorm};
const Arch arch_chatglm = {.name = "chatglm", .rope = Rope::kNorm};
const Arch arch_nemotron = {.name = "nemotron", .norm = Norm::kLayer, .activation = kActReluSquared};
const Arch arch_mistral3 = {.name = "mistral3", .rope = Rope::kNorm};

}  // namespace thimble
