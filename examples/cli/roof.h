// SPDX-License-Identifier: MIT
// The roof of a machine, for `thimble bench` and bench/kernels.cpp: what some threads together read from memory, and how
// many products they compute, in a second.
#pragma once
#include <pthread.h>
#include <time.h>

#include "kernels/kernels.h"

namespace roof {

constexpr int kMostThreads = 64;

struct Threads {
    int count;       // 1 to kMostThreads
    bool cpu_clock;  // processor time over the number of threads, not wall clock: for a machine that is busy otherwise

    double now() const {
        struct timespec t;
        clock_gettime(cpu_clock ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
        const double s = static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
        return cpu_clock ? s / count : s;
    }

    // Calls fn(member) on all threads at the same time, the caller among them; seconds until the last is done.
    template <class Fn>
    double run(const Fn& fn) const {
        struct Job {
            const Fn* fn;
            int member;
            bool started;
            pthread_t thread;
            static void* start(void* p) {
                const Job* j = static_cast<const Job*>(p);
                (*j->fn)(j->member);
                return nullptr;
            }
        };
        Job jobs[kMostThreads];
        const double from = now();
        for (int i = 1; i < count; ++i) {
            jobs[i].fn = &fn;
            jobs[i].member = i;
            jobs[i].started = pthread_create(&jobs[i].thread, nullptr, Job::start, &jobs[i]) == 0;
        }
        fn(0);
        for (int i = 1; i < count; ++i) {
            if (jobs[i].started)
                pthread_join(jobs[i].thread, nullptr);
            else
                fn(i);
        }
        return now() - from;
    }

    // Bytes a second, the best of two rounds of every way to read.
    double read_rate(const void* data, size_t bytes) const {
        const size_t part = bytes / static_cast<size_t>(count) / 256 * 256;
        uint64_t sums[kMostThreads];
        double best = 0;
        for (int i = 0; i < 2 * thimble::kReadWays; ++i) {
            const double took = run([&](int member) {
                const auto* from = static_cast<const uint8_t*>(data) + part * static_cast<size_t>(member);
                sums[member] = thimble::read_memory(from, part, i % thimble::kReadWays);
            });
            const double rate = static_cast<double>(part) * count / took;
            best = rate > best ? rate : best;
        }
        return best;
    }

    // Products a second of the tier's own multiply instruction, the best of three rounds; 0 where there is none.
    double multiply_rate(const char* tier, thimble::Peak what) const {
        if (thimble::multiply_peak(tier, what, 1) == 0) return 0;
        int64_t products[kMostThreads];
        double best = 0;
        for (int i = 0; i < 3; ++i) {
            const double took =
                run([&](int member) { products[member] = thimble::multiply_peak(tier, what, 4000000); });
            double all = 0;
            for (int j = 0; j < count; ++j) all += static_cast<double>(products[j]);
            best = all / took > best ? all / took : best;
        }
        return best;
    }
};

}  // namespace roof
