// SPDX-License-Identifier: MIT
// Llama 1 to 3.x, Mistral, TinyLlama, SmolLM2 and Mixtral's experts. Rope pairs neighbours (the converter permutes q and k).
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_llama;
const Arch arch_llama = {
    .name = "llama",
    .rope = Rope::kNorm,
    .gating = Gating::kSoftmaxAll,
};

}  // namespace thimble
