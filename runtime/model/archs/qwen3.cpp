// SPDX-License-Identifier: MIT
// Qwen 3, dense and with experts: a norm on each head of q and k.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_qwen3, arch_qwen3moe, arch_qwen3vl, arch_qwen3vlmoe;
const Arch arch_qwen3 = {.name = "qwen3"};
const Arch arch_qwen3moe = {.name = "qwen3moe"};
const Arch arch_qwen3vl = {.name = "qwen3vl"};  // the text part of the models that see
const Arch arch_qwen3vlmoe = {.name = "qwen3vlmoe"};

}  // namespace thimble
