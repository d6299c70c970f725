// SPDX-License-Identifier: MIT
// Families whose attention and FFN read the same input: Falcon (7B one norm, 40B two), GPT-NeoX and Pythia (by key),
// Command R and Command R7B (Cohere 2: rope in the windowed layers only), PLaMo.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_falcon, arch_gptneox, arch_command_r, arch_cohere2, arch_plamo;
const Arch arch_falcon = {
    .name = "falcon",
    .norm = Norm::kLayer,
    .activation = kActGeluTanh,
    .residual = Residual::kParallel,
};
const Arch arch_gptneox = {
    .name = "gptneox",
    .norm = Norm::kLayer,
    .activation = kActGeluTanh,
    .residual = Residual::kParallel,
    .residual_by_key = true,
};
const Arch arch_command_r = {
    .name = "command-r",
    .norm = Norm::kLayer,
    .rope = Rope::kNorm,
    .residual = Residual::kParallel,
    .scale_keys = true,
    .logit_scale_multiplies = true,
};
const Arch arch_cohere2 = {
    .name = "cohere2",
    .norm = Norm::kLayer,
    .rope = Rope::kNorm,
    .residual = Residual::kParallel,
    .window_period = 4,
    .window_from_key = true,
    .rope_only_in_window = true,
    .scale_keys = true,
    .logit_scale_multiplies = true,
};
const Arch arch_plamo = {
    .name = "plamo",
    .residual = Residual::kParallel,
};

}  // namespace thimble
