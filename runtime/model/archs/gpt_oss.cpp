// SPDX-License-Identifier: MIT
// gpt-oss: attention sinks, a window in every other layer, MXFP4 experts with biases chosen before their softmax.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_gpt_oss;
const Arch arch_gpt_oss = {
    .name = "gpt-oss",
    .activation = kActSwigluOai,
    .gating = Gating::kSoftmaxTop,
    .window_period = 2,
    .window_from_key = true,
    .ffn_norm_is_post_attention = true,
};

}  // namespace thimble
