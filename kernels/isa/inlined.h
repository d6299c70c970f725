// SPDX-License-Identifier: MIT
// THIMBLE_INLINE: what must be inlined to be fast, because its arguments are constants only then. Not under the
// sanitizers, whose checks make such code grow until a file takes GCC ten minutes.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define THIMBLE_INLINE inline
#else
#define THIMBLE_INLINE inline __attribute__((always_inline))
#endif
