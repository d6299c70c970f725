// SPDX-License-Identifier: MIT
// Gemma 1, 2 and 3. The converter has added 1 to the norm weights.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_gemma, arch_gemma2, arch_gemma3;
const Arch arch_gemma = {
    .name = "gemma",
    .activation = kActGeluTanh,
    .embed_scale_sqrt = true,
};
const Arch arch_gemma2 = {
    .name = "gemma2",
    .activation = kActGeluTanh,
    .embed_scale_sqrt = true,
    .window_period = 2,
    .window_default = 4096,
    .window_from_key = true,
    .final_softcap = true,
    .attn_softcap_default = 50.0f,
    .final_softcap_default = 30.0f,
    .query_scale_by_width = true,
    .query_scale_layers = 46,
};
const Arch arch_gemma3 = {
    .name = "gemma3",
    .activation = kActGeluTanh,
    .embed_scale_sqrt = true,
    .window_period = 6,
    .window_from_key = true,
    .rope_base_window = 10000.0f,
    .final_softcap = true,
    .query_scale_by_width = true,
    .query_scale_layers = 62,
};

}  // namespace thimble
