// SPDX-License-Identifier: MIT
#include "platform/clock.h"

#include <time.h>

namespace thimble {

uint64_t clock_ns() {
    timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0) return 0;
    return static_cast<uint64_t>(t.tv_sec) * 1000000000u + static_cast<uint64_t>(t.tv_nsec);
}

int64_t clock_unix_seconds() {
    timespec t;
    if (clock_gettime(CLOCK_REALTIME, &t) != 0) return 0;
    return static_cast<int64_t>(t.tv_sec);
}

}  // namespace thimble
