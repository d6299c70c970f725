// SPDX-License-Identifier: MIT
// Families without rope: slopes on the scores (ALiBi: Press et al., 2021) or learned positions.
#include "runtime/model/arch.h"

namespace thimble {

extern const Arch arch_mpt, arch_bloom, arch_refact, arch_starcoder, arch_baichuan;
const Arch arch_mpt = {
    .name = "mpt",
    .norm = Norm::kLayer,
    .rope = Rope::kNone,
    .activation = kActGeluTanh,
    .alibi = true,  // a file with learned positions has no attention.max_alibi_bias
};
const Arch arch_bloom = {
    .name = "bloom",
    .norm = Norm::kLayer,
    .rope = Rope::kNone,
    .activation = kActGeluTanh,
    .alibi = true,
    .alibi_default = 8.0f,
};
const Arch arch_refact = {
    .name = "refact",
    .rope = Rope::kNone,
    .alibi = true,
    .alibi_default = 8.0f,
};
// StarCoder 1 (and SantaCoder): GPT-2 with one kv head.
const Arch arch_starcoder = {
    .name = "starcoder",
    .norm = Norm::kLayer,
    .rope = Rope::kNone,
    .activation = kActGeluTanh,
};
// Baichuan: 7B has rope, 13B (40 layers) has slopes instead.
const Arch arch_baichuan = {
    .name = "baichuan",
    .rope = Rope::kNorm,
    .alibi = true,
    .alibi_default = 8.0f,
    .alibi_layers = 40,
};

}  // namespace thimble
