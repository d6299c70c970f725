// SPDX-License-Identifier: MIT
// Phi-3, Phi-3.5, Phi-4, Phi-4-mini: fused qkv and gate/up, long and short rope factors. A sliding window that the file
// gives holds in every layer, as the authors run Phi-3-mini.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_phi3;
const Arch arch_phi3 = {
    .name = "phi3",
    .window_period = 0,
};

}  // namespace thimble
