// SPDX-License-Identifier: MIT
// THIMBLE_INLINED: what must be inlined to be fast, because its arguments are constants after inlining. Not under the
// sanitizers, whose checks would make such code grow to where a file takes GCC ten minutes.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define THIMBLE_INLINED inline
#else
#define THIMBLE_INLINED [[gnu::always_inline]] inline
#endif
