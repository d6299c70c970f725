// SPDX-License-Identifier: MIT
// EXAONE 3 and 4. EXAONE 4 norms after attention and FFN; its 32B has a window in three of four layers, and rope in
// those only.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_exaone, arch_exaone4;
const Arch arch_exaone = {.name = "exaone"};
const Arch arch_exaone4 = {
    .name = "exaone4",
    .window_period = 4,
    .window_from_key = true,
    .rope_only_in_window = true,
};

}  // namespace thimble
