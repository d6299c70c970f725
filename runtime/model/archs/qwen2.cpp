// SPDX-License-Identifier: MIT
// Qwen 1.5 to 2.5, dense and with experts (a shared one, weights not normalised).
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_qwen2, arch_qwen2moe, arch_qwen2vl;
const Arch arch_qwen2 = {.name = "qwen2"};
const Arch arch_qwen2vl = {.name = "qwen2vl"};  // text: the three positions of M-RoPE are one
const Arch arch_qwen2moe = {
    .name = "qwen2moe",
    .normalize_weights = false,
};

}  // namespace thimble
