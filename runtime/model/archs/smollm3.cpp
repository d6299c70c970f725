// SPDX-License-Identifier: MIT
// SmolLM3: every fourth layer has no rope.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_smollm3;
const Arch arch_smollm3 = {
    .name = "smollm3",
    .rope = Rope::kNorm,
    .rope_skip_period = 4,
};

}  // namespace thimble
