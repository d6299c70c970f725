// SPDX-License-Identifier: MIT
// The thread team: every member runs once, barriers separate phases, chunks are handed out once each, for 1 to 16
// members (more than the cores of most machines), and a thread that cannot be created is done without.
#include "platform/threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include <atomic>
#include <initializer_list>

#include "tests/check.h"

using namespace thimble;

#ifndef THIMBLE_TEAM_TEST_WITHOUT_WRAP
// The linker sends the library's calls of pthread_create here (--wrap).
static int g_fail_after = -1;  // fail when this many have been created; -1: never
static int g_created = 0;
extern "C" int __real_pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
extern "C" int __wrap_pthread_create(pthread_t* t, const pthread_attr_t* a, void* (*f)(void*), void* p) {
    if (g_fail_after >= 0 && g_created >= g_fail_after) return EAGAIN;
    ++g_created;
    return __real_pthread_create(t, a, f, p);
}
#endif

namespace {

constexpr uint32_t kChunks = 97;

struct Work {
    Team* team;
    uint32_t rounds;
    std::atomic<uint32_t> ran[16];
    std::atomic<uint32_t> wrong{0};
    uint32_t owner[kChunks];  // plain memory: barriers must publish it
};

void phases(void* ctx, uint32_t member, uint32_t members) {
    Work* w = static_cast<Work*>(ctx);
    w->ran[member].fetch_add(1);
    for (uint32_t r = 0; r < w->rounds; ++r) {
        if (r % 2 == 0)
            for (uint32_t c; (c = team_next(w->team)) < kChunks;) w->owner[c] += r * 1000 + c;
        else
            for (uint32_t c; (c = team_take(w->team, member, kChunks)) < kChunks;) w->owner[c] += r * 1000 + c;
        team_barrier(w->team, member);
        for (uint32_t c = member; c < kChunks; c += members) {
            if (w->owner[c] != r * 1000 + c) w->wrong.fetch_add(1);
            w->owner[c] = 0;
        }
        team_barrier(w->team, member);
    }
}

struct Buffer {
    void* memory = nullptr;
    Team* team = nullptr;
    explicit Buffer(uint32_t n) {
        Arena dry;
        CHECK(team_start(dry, n) == nullptr);
        memory = malloc(static_cast<size_t>(dry.needed()));
        Arena real(memory, static_cast<size_t>(dry.needed()));
        team = team_start(real, n);
        CHECK_EQ(real.used(), dry.used());
        CHECK(!real.overflowed());
    }
    ~Buffer() {
        team_stop(team);
        free(memory);
    }
};

void stress(uint32_t n) {
    Buffer b(n);
    if (!CHECK(b.team != nullptr)) return;
    CHECK_EQ(team_size(b.team), n);
    Work w{};
    w.team = b.team;
    w.rounds = 20;
    uint32_t expected[16] = {};
    for (uint32_t run = 0; run < 40; ++run) {
        const uint32_t members = run % 3 == 0 ? n : 1 + run % n;  // fewer members than the team has
        for (uint32_t i = 0; i < members; ++i) ++expected[i];
        team_run(b.team, members, phases, &w);
    }
    CHECK_EQ(w.wrong.load(), 0);
    for (uint32_t i = 0; i < n; ++i) CHECK_EQ(w.ran[i].load(), expected[i]);
}

uint64_t process_cpu_ns() {
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1000000000u + static_cast<uint64_t>(t.tv_nsec);
}

void idle_costs_nothing() {
    Buffer b(4);
    Work w{};
    w.team = b.team;
    w.rounds = 1;
    team_run(b.team, 4, phases, &w);
    timespec pause = {0, 20 * 1000 * 1000};
    nanosleep(&pause, nullptr);  // spinning is over
    const uint64_t before = process_cpu_ns();
    pause.tv_nsec = 200 * 1000 * 1000;
    nanosleep(&pause, nullptr);
    CHECK(process_cpu_ns() - before < 20u * 1000 * 1000);
}

#ifndef THIMBLE_TEAM_TEST_WITHOUT_WRAP
void creation_fails() {
    for (int allowed : {0, 1, 2}) {
        g_created = 0;
        g_fail_after = allowed;
        Buffer b(4);
        CHECK_EQ(team_size(b.team), static_cast<uint32_t>(allowed) + 1);
        Work w{};
        w.team = b.team;
        w.rounds = 3;
        team_run(b.team, team_size(b.team), phases, &w);
        CHECK_EQ(w.wrong.load(), 0);
        CHECK_EQ(w.ran[allowed].load(), 1);
        CHECK_EQ(w.ran[allowed + 1].load(), 0);
    }
    g_fail_after = -1;
}
#else
void creation_fails() {}
#endif

void small_buffer() {
    static char memory[1024];
    Arena a(memory, sizeof memory);
    CHECK(team_start(a, 4) == nullptr);
    CHECK(a.overflowed());
}

}  // namespace

int main() {
    for (uint32_t n : {1u, 2u, 3u, 4u, 16u}) stress(n);
    idle_costs_nothing();
    creation_fails();
    small_buffer();
    team_stop(nullptr);
    return REPORT();
}
