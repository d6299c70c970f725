// SPDX-License-Identifier: MIT
// The scanners behind the pre-tokenisers' rules; private to runtime/text.
#pragma once
#include <cstddef>
#include <cstdint>

#include "runtime/text/prerules.h"

namespace thimble {

// Where the match of `rule` at code[at] ends; `at` when there is none. Looks at the piece code[from, to) only.
size_t pre_match(PreRule rule, const uint32_t* code, size_t from, size_t at, size_t to, uint64_t* steps);
// Rules that are not matches but ways to cut a whole piece; false for all others.
bool pre_split_whole(PreRule rule, uint32_t* code, size_t from, size_t to);

}  // namespace thimble
