// SPDX-License-Identifier: MIT
// The thread team as it is built where there is no futex: the same source with a mutex and a condition variable.
#define THIMBLE_NO_FUTEX 1
#include "platform/threads.cpp"

#define THIMBLE_TEAM_TEST_WITHOUT_WRAP 1
#include "tests/platform/threads_test.cpp"
