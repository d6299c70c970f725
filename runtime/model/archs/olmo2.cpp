// SPDX-License-Identifier: MIT
// OLMo 2 and 3: norms after attention and FFN only, norms over the whole of q and k; OLMo 3 has windows.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_olmo2;
const Arch arch_olmo2 = {
    .name = "olmo2",
    .window_period = 4,
    .window_from_key = true,
    .window_unscaled = true,
};

}  // namespace thimble
