// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

namespace thimble {

uint64_t clock_ns();  // monotonic
int64_t clock_unix_seconds();

}  // namespace thimble
