// SPDX-License-Identifier: MIT
// Phi-1.5 and Phi-2: parallel residual, layer norms with biases, partial rope.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_phi2;
const Arch arch_phi2 = {
    .name = "phi2",
    .norm = Norm::kLayer,
    .activation = kActGeluTanh,
    .residual = Residual::kParallel,
};

}  // namespace thimble
