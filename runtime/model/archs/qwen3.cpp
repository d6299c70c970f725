// SPDX-License-Identifier: MIT
// Qwen 3, dense and with experts: a norm on each head of q and k.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_qwen3, arch_qwen3moe;
const Arch arch_qwen3 = {.name = "qwen3"};
const Arch arch_qwen3moe = {.name = "qwen3moe"};

}  // namespace thimble
