// SPDX-License-Identifier: MIT
// StarCoder 2: layer norms and biases everywhere, an ungated FFN.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_starcoder2;
const Arch arch_starcoder2 = {
    .name = "starcoder2",
    .norm = Norm::kLayer,
    .activation = kActGeluTanh,
};

}  // namespace thimble
