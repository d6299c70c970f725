// SPDX-License-Identifier: MIT
// StableLM: layer norms, partial rope; StableLM 2 12B has parallel layers (no ffn_norm) and norms on q and k.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_stablelm;
const Arch arch_stablelm = {
    .name = "stablelm",
    .norm = Norm::kLayer,
    .parallel_without_ffn_norm = true,
};

}  // namespace thimble
