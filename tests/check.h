// SPDX-License-Identifier: MIT
// A tiny test harness: CHECK and friends count and report, REPORT() prints the totals and gives the exit status.
// A test program that finds nothing to run on (no ../shared) returns 77, which CTest shows as skipped.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace check {
inline int passed = 0, failed = 0;
inline bool report(bool ok, const char* file, int line, const char* what) {
    if (ok) {
        ++passed;
    } else if (++failed <= 50) {
        fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
    }
    return ok;
}
}  // namespace check

#define CHECK(cond) check::report(static_cast<bool>(cond), __FILE__, __LINE__, #cond)
#define CHECK_EQ(a, b)                                              \
    (check::report((a) == (b), __FILE__, __LINE__, #a " == " #b) || \
     (fprintf(stderr, "    %lld vs %lld\n", static_cast<long long>(a), static_cast<long long>(b)), false))
#define CHECK_STR(a, b)                                                            \
    (check::report(strcmp((a), (b)) == 0, __FILE__, __LINE__, #a " equals " #b) || \
     (fprintf(stderr, "    \"%s\" vs \"%s\"\n", (a), (b)), false))
#define REPORT()                                                                                        \
    (printf("%s%d passed, %d failed\n", check::failed ? "FAILED: " : "", check::passed, check::failed), \
     check::failed ? 1 : 0)
