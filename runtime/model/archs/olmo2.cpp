// SPDX-License-Identifier: MIT
// OLMo 2: norms after attention and FFN only, norms over the whole of q and k.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_olmo2;
const Arch arch_olmo2 = {.name = "olmo2"};

}  // namespace thimble
