// SPDX-License-Identifier: MIT
// Every wait is the same: spin for a bounded time, then announce oneself as a sleeper and sleep on the word waited for.
// The waker changes the word first and looks for sleepers second; both with sequential consistency, so that one of the
// two always sees the other. Counters are 32 bits wide: ARMv6 has no 64-bit atomics.
#include "platform/threads.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <atomic>
#include <initializer_list>

#include "platform/clock.h"
#include "platform/cpu.h"

#if defined(__linux__) && !defined(THIMBLE_NO_FUTEX)
#include <sys/syscall.h>
#include <unistd.h>
#define THIMBLE_FUTEX 1
#endif

namespace thimble {

using Word = std::atomic<uint32_t>;
static_assert(sizeof(Word) == 4 && Word::is_always_lock_free, "the kernel sleeps on these words");

// Kernels take up to 64 KiB of automatic storage, the C library keeps its per-thread data here too. There is no guard
// page: the memory is the caller's buffer, which must not be left with holes.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr size_t kStackBytes = 2048 * 1024;  // sanitizers keep much per thread and make frames larger
#else
constexpr size_t kStackBytes = 256 * 1024;
#endif
constexpr uint64_t kSpinNs = 40 * 1000;

// A word that is waited for, on a cache line of its own.
struct alignas(kCacheLine) TeamSignal {
    Word value{0};
    Word sleepers{0};
};

struct alignas(kCacheLine) TeamMember {
    TeamSignal go;                      // the number of the run to do
    alignas(kCacheLine) Word taken{0};  // numbers of this member's share that are handed out
    Team* team = nullptr;
    uint32_t index = 0;
    pthread_t thread{};
};

static inline void pause_cpu() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || (defined(__arm__) && __ARM_ARCH >= 7)
    __asm__ volatile("yield" ::: "memory");
#else
    __asm__ volatile("" ::: "memory");
#endif
}

struct Team {
    // Written by member 0 between runs, read by the others after `go` (which publishes them).
    TeamFn fn = nullptr;
    void* ctx = nullptr;
    uint32_t members = 0;  // of the current run
    uint32_t size = 0;
    uint32_t run = 0;  // number of the current run, member 0's own
    uint32_t cores = 1;
    bool stop = false;
    TeamMember* member = nullptr;
    alignas(kCacheLine) Word next{0};
    alignas(kCacheLine) Word arrived{0};
    TeamSignal generation;  // of barriers
    TeamSignal done;        // members that have finished the run, without member 0
#if !defined(THIMBLE_FUTEX)
    pthread_mutex_t mutex;
    pthread_cond_t changed;
#endif
};

namespace {

#if defined(THIMBLE_FUTEX)
void sleep_on(Team*, Word* word, uint32_t seen) {
    // 0: FUTEX_WAIT, 128: private to the process. Returns at once when the word is no longer `seen`.
    syscall(SYS_futex, reinterpret_cast<uint32_t*>(word), 0 | 128, seen, nullptr, nullptr, 0);
}
void wake_all(Team*, Word* word) {
    syscall(SYS_futex, reinterpret_cast<uint32_t*>(word), 1 | 128, INT_MAX, nullptr, nullptr, 0);
}
#else
void sleep_on(Team* team, Word* word, uint32_t seen) {
    pthread_mutex_lock(&team->mutex);
    if (word->load() == seen) pthread_cond_wait(&team->changed, &team->mutex);
    pthread_mutex_unlock(&team->mutex);
}
void wake_all(Team* team, Word*) {
    pthread_mutex_lock(&team->mutex);  // so that a sleeper is either before its look at the word or inside its wait
    pthread_cond_broadcast(&team->changed);
    pthread_mutex_unlock(&team->mutex);
}
#endif

// What team_next and team_take have handed out. All others wait, or none runs.
void start_sharing(Team* team, uint32_t members) {
    team->next.store(0, std::memory_order_relaxed);
    for (uint32_t i = 0; i < members; ++i) team->member[i].taken.store(0, std::memory_order_relaxed);
}

// Waits until ready(value). With more members than cores the awaited one may need this very core: then no spinning.
template <class Ready>
void wait_for(Team* team, TeamSignal* signal, bool crowded, Ready ready) {
    uint32_t seen = signal->value.load(std::memory_order_acquire);
    if (ready(seen)) return;
    if (crowded) {
        sched_yield();
    } else {
        const uint64_t start = clock_ns();
        do {
            for (int i = 0; i < 64; ++i) {
                if (ready(signal->value.load(std::memory_order_acquire))) return;
                pause_cpu();
            }
        } while (clock_ns() - start < kSpinNs);
    }
    signal->sleepers.fetch_add(1);
    while (!ready(seen = signal->value.load())) sleep_on(team, &signal->value, seen);
    signal->sleepers.fetch_sub(1);
}

// To be called after the value was changed (sequentially consistent).
void wake(Team* team, TeamSignal* signal) {
    if (signal->sleepers.load() != 0) wake_all(team, &signal->value);
}

void* worker(void* p) {
    TeamMember* self = static_cast<TeamMember*>(p);
    Team* team = self->team;
    for (uint32_t seen = 0;;) {
        wait_for(team, &self->go, self->index >= team->cores, [seen](uint32_t v) { return v != seen; });
        seen = self->go.value.load(std::memory_order_acquire);
        if (team->stop) return nullptr;
        const uint32_t members = team->members;  // after the last fetch_add below, member 0 may start another run
        team->fn(team->ctx, self->index, members);
        if (team->done.value.fetch_add(1) + 1 == members - 1) wake(team, &team->done);
    }
}

// Starts members 1 .. n - 1 as far as the system lets us; the team has team->size members afterwards.
void start_threads(Team* team, uint32_t n, char* stacks) {
    pthread_attr_t attr;
    if (pthread_attr_init(&attr) != 0) return;
    // Signals are the caller's affair and go to the caller's threads; but faults strike the thread that makes them (a
    // mapped file that shrinks: SIGBUS), and where they are blocked the caller's handler is not asked.
    sigset_t all, before;
    sigfillset(&all);
    for (int fault : {SIGBUS, SIGSEGV, SIGFPE, SIGILL}) sigdelset(&all, fault);
    const bool masked = pthread_sigmask(SIG_SETMASK, &all, &before) == 0;
    for (uint32_t i = 1; i < n; ++i) {
        TeamMember* m = &team->member[i];
        m->team = team;
        m->index = i;
        if (pthread_attr_setstack(&attr, stacks + (i - 1) * kStackBytes, kStackBytes) != 0) break;
        if (pthread_create(&m->thread, &attr, worker, m) != 0) break;
        team->size = i + 1;
    }
    if (masked) pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_attr_destroy(&attr);
}

void release(Team* team, uint32_t members) {
    ++team->run;
    for (uint32_t i = 1; i < members; ++i) {
        TeamSignal* go = &team->member[i].go;
        go->value.store(team->run);
        wake(team, go);
    }
}

}  // namespace

Team* team_start(Arena& arena, uint32_t n) {
    if (n == 0) n = 1;
    // A buffer past the address space of a 32-bit machine is refused by the arena: all products are of 64 bits.
    Team* team = static_cast<Team*>(arena.bytes(sizeof(Team)));
    TeamMember* member = arena.array<TeamMember>(n);
    char* stacks = static_cast<char*>(arena.bytes(uint64_t(n - 1) * kStackBytes));
    if (arena.dry() || arena.overflowed()) return nullptr;
    new (team) Team();
    for (uint32_t i = 0; i < n; ++i) new (member + i) TeamMember();
    team->member = member;
    team->size = 1;
    team->cores = cpu_cores();
#if !defined(THIMBLE_FUTEX)
    if (pthread_mutex_init(&team->mutex, nullptr) != 0 || pthread_cond_init(&team->changed, nullptr) != 0) n = 1;
#endif
    start_threads(team, n, stacks);
    return team;
}

void team_stop(Team* team) {
    if (!team) return;
    team->stop = true;
    release(team, team->size);
    for (uint32_t i = 1; i < team->size; ++i) pthread_join(team->member[i].thread, nullptr);
#if !defined(THIMBLE_FUTEX)
    pthread_cond_destroy(&team->changed);
    pthread_mutex_destroy(&team->mutex);
#endif
    team->size = 1;
}

uint32_t team_size(const Team* team) { return team->size; }

void team_run(Team* team, uint32_t members, TeamFn fn, void* ctx) {
    if (members > team->size) members = team->size;
    if (members == 0) members = 1;
    team->members = members;
    start_sharing(team, members);
    if (members == 1) return fn(ctx, 0, 1);
    team->fn = fn;
    team->ctx = ctx;
    team->done.value.store(0, std::memory_order_relaxed);
    release(team, members);
    fn(ctx, 0, members);
    wait_for(team, &team->done, members > team->cores, [members](uint32_t v) { return v == members - 1; });
}

void team_barrier(Team* team, uint32_t) {
    const uint32_t members = team->members;
    if (members == 1) return start_sharing(team, 1);
    TeamSignal* generation = &team->generation;
    const uint32_t mine = generation->value.load(std::memory_order_relaxed);  // cannot change before we arrive
    if (team->arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == members) {
        // All others wait: what is reset here is seen by them with the new generation.
        team->arrived.store(0, std::memory_order_relaxed);
        start_sharing(team, members);
        generation->value.store(mine + 1);
        wake(team, generation);
    } else {
        wait_for(team, generation, members > team->cores, [mine](uint32_t v) { return v != mine; });
    }
}

uint32_t team_next(Team* team) { return team->next.fetch_add(1, std::memory_order_relaxed); }

uint32_t team_take(Team* team, uint32_t member, uint32_t count) {
    const uint64_t members = team->members;
    for (uint64_t i = 0; i < members; ++i) {
        const uint64_t owner = (member + i) % members;
        const uint32_t first = static_cast<uint32_t>(count * owner / members);
        const uint32_t share = static_cast<uint32_t>(count * (owner + 1) / members) - first;
        Word* taken = &team->member[owner].taken;
        if (taken->load(std::memory_order_relaxed) >= share) continue;
        const uint32_t number = taken->fetch_add(1, std::memory_order_relaxed);
        if (number < share) return first + number;
    }
    return count;
}

}  // namespace thimble
