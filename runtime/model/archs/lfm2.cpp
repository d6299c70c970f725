// SPDX-License-Identifier: MIT
// LFM2: most layers are gated short convolutions (those without kv heads), the others attention with norms on q and k.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_lfm2, arch_lfm2moe;
const Arch arch_lfm2 = {
    .name = "lfm2",
    .window_period = 0,
    .short_convolutions = true,
};
const Arch arch_lfm2moe = {
    .name = "lfm2moe",
    .window_period = 0,
    .short_convolutions = true,
};

}  // namespace thimble
