// SPDX-License-Identifier: MIT
// Put before every C++ file by the musl toolchains: the cross compiler's standard headers were configured for glibc.
// Only their header-only part is used; these are the names that it mentions and musl does not have.
#define _GLIBCXX_OS_DEFINES 1                   // skips bits/os_defines.h, which asks for the version of glibc
#define __locale_t locale_t
#define pthread_cond_clockwait(c, m, k, t) static_cast<void>(0)  // in inline functions that nothing here calls
