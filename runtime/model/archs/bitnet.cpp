// SPDX-License-Identifier: MIT
// BitNet b1.58: norms before the output and down projections, a scale for each matrix.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_bitnet;
const Arch arch_bitnet = {.name = "bitnet"};

}  // namespace thimble
