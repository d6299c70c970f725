// SPDX-License-Identifier: MIT
// GPT-2: learned positions, layer norms with biases, fused qkv.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_gpt2;
const Arch arch_gpt2 = {
    .name = "gpt2",
    .norm = Norm::kLayer,
    .rope = Rope::kNone,
    .activation = kActGeluTanh,
};

}  // namespace thimble
