// SPDX-License-Identifier: MIT
// A persistent team of threads. The caller is member 0; the others wait, spinning for a bounded time and then asleep
// (futex on Linux, else a condition variable). All memory, stacks included, is the caller's.
#pragma once
#include <cstddef>
#include <cstdint>

#include "platform/arena.h"

namespace thimble {

struct Team;

// Lays a team of at most `n` members out in the arena (dry: counts) and, when not dry, starts n - 1 threads. A thread
// that cannot be started is done without: team_size tells how many there are. nullptr when dry.
Team* team_start(Arena& arena, uint32_t n);
void team_stop(Team* team);  // joins; nullptr allowed
uint32_t team_size(const Team* team);

// Runs fn(ctx, member, members) on the first `members` of the team (1 <= members <= team_size) and returns when all are
// done. With members == 1 no thread is woken.
typedef void (*TeamFn)(void* ctx, uint32_t member, uint32_t members);
void team_run(Team* team, uint32_t members, TeamFn fn, void* ctx);

// Within fn: waits until every member of this run is here. Everything written before is visible after.
void team_barrier(Team* team, uint32_t member);

// Dynamic work sharing within fn: hands out 0, 1, 2, ... once each among the members. The counter starts anew after
// every team_barrier and at the start of each run. Cheap: one relaxed fetch_add.
uint32_t team_next(Team* team);

// The same for numbers below `count`, in runs: a member gets its own share, which is contiguous, in ascending order, and
// then what other members have left of theirs; `count` when nothing is left. So a member reads a matrix front to back,
// as the hardware's prefetch wants it. All members pass the same count between two barriers.
uint32_t team_take(Team* team, uint32_t member, uint32_t count);

}  // namespace thimble
