// SPDX-License-Identifier: MIT
// Linux facts are read from /proc and /sys; where a file is missing the answer falls back to something safe.
#include "platform/cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "platform/status.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#elif defined(__linux__) && (defined(__aarch64__) || defined(__arm__))
#include <sys/auxv.h>
#endif

namespace thimble {

#if defined(__x86_64__) || defined(__i386__)
uint32_t cpu_features() {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    constexpr unsigned kFma = 1u << 12, kOsxsave = 1u << 27, kAvx = 1u << 28, kF16c = 1u << 29;
    constexpr unsigned kNeeded = kFma | kOsxsave | kAvx | kF16c;
    if ((c & kNeeded) != kNeeded) return 0;
    unsigned xcr0, xcr0_high;
    __asm__ volatile("xgetbv" : "=a"(xcr0), "=d"(xcr0_high) : "c"(0));
    const bool ymm = (xcr0 & 0x06) == 0x06;  // the OS saves xmm and ymm
    const bool zmm = (xcr0 & 0xe6) == 0xe6;  // and mask registers and all of zmm
    if (!ymm || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b >> 5 & 1)) return 0;
    uint32_t f = kCpuAvx2;
    constexpr unsigned k512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;  // F, DQ, BW, VL
    if (zmm && (b & k512) == k512) {
        f |= kCpuAvx512;
        if (c >> 11 & 1) f |= kCpuAvx512Vnni;
        if (c >> 1 & 1) f |= kCpuAvx512Vbmi;
    }
    if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1)) f |= kCpuAvxVnni;
    return f;
}
#elif defined(__linux__) && defined(__aarch64__)
uint32_t cpu_features() {
    const unsigned long cap = getauxval(AT_HWCAP), cap2 = getauxval(AT_HWCAP2);
    uint32_t f = 0;
    if (cap >> 1 & 1) f |= kCpuNeon;      // HWCAP_ASIMD
    if (cap >> 20 & 1) f |= kCpuDotprod;  // HWCAP_ASIMDDP
    if (cap2 >> 13 & 1) f |= kCpuI8mm;    // HWCAP2_I8MM
    return f;
}
#elif defined(__linux__) && defined(__arm__)
uint32_t cpu_features() {
    const unsigned long cap = getauxval(AT_HWCAP);
    return (cap >> 12 & 1) && (cap >> 16 & 1) ? uint32_t(kCpuNeon) : 0;  // HWCAP_NEON and HWCAP_VFPv4
}
#else
uint32_t cpu_features() { return 0; }
#endif

namespace {

// The first bytes of a small file, NUL-terminated; 0 when it cannot be read.
size_t read_small(const char* path, char* out, size_t capacity) {
    int fd;
    do fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    size_t used = 0;
    while (fd >= 0 && used < capacity - 1) {
        const ssize_t got = read(fd, out + used, capacity - 1 - used);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        used += static_cast<size_t>(got);
    }
    if (fd >= 0) close(fd);
    out[used] = 0;
    return used;
}

// Reads a decimal number at *p and moves past it.
bool parse_number(const char** p, uint64_t* out) {
    if (**p < '0' || **p > '9') return false;
    uint64_t v = 0;
    for (; **p >= '0' && **p <= '9'; ++*p)
        v = v < UINT64_MAX / 16 ? v * 10 + static_cast<uint64_t>(**p - '0') : UINT64_MAX / 2;
    *out = v;
    return true;
}

bool read_number(const char* path, uint64_t* out) {
    char text[64];
    if (!read_small(path, text, sizeof text)) return false;
    const char* p = text;
    return parse_number(&p, out);
}

// The number after `key` at the start of a line ("MemTotal:   123 kB").
bool find_number(const char* text, const char* key, uint64_t* out) {
    const size_t n = strlen(key);
    for (const char* p = text; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : p) {
        if (strncmp(p, key, n) != 0) continue;
        for (p += n; *p == ' ' || *p == ':' || *p == '\t';) ++p;
        return parse_number(&p, out);
    }
    return false;
}

#if defined(__linux__)
bool affinity(cpu_set_t* set) {
    CPU_ZERO(set);
    return sched_getaffinity(0, sizeof *set, set) == 0;
}

void cpu_path(char* out, size_t capacity, unsigned cpu, const char* leaf) {
    TextBuilder b(out, capacity);
    b.add("/sys/devices/system/cpu/cpu");
    b.add(cpu);
    b.add(leaf);
}

// False for a CPU that shares its core with one of a lower number that this process may also use.
bool first_of_core(const cpu_set_t* set, unsigned cpu) {
    char path[96], list[256];
    cpu_path(path, sizeof path, cpu, "/topology/thread_siblings_list");
    if (!read_small(path, list, sizeof list)) return true;
    for (const char* p = list; *p;) {  // "0,4" or "0-1"
        uint64_t low, high;
        if (!parse_number(&p, &low)) break;
        high = low;
        if (*p == '-') {
            ++p;
            if (!parse_number(&p, &high)) break;
        }
        for (uint64_t i = low; i <= high && i < cpu; ++i) {
            if (i < CPU_SETSIZE && CPU_ISSET(i, set)) return false;
        }
        if (*p != ',') break;
        ++p;
    }
    return true;
}

// Calls visit(directory) for this process' control group of the memory or cpu controller and its ancestors.
template <class Visit>
void each_cgroup(const char* controller, Visit visit) {
    char text[1024], dir[512];
    if (!read_small("/proc/self/cgroup", text, sizeof text)) return;
    for (char* line = text; *line;) {
        char* end = strchr(line, '\n');
        if (end) *end = 0;
        char* names = strchr(line, ':');
        char* path = names ? strchr(names + 1, ':') : nullptr;
        if (path) {
            *path++ = 0;
            const bool unified = names[1] == 0;
            if (unified || strcmp(names + 1, controller) == 0) {
                TextBuilder b(dir, sizeof dir);
                b.add("/sys/fs/cgroup");
                const size_t root = b.used + (unified ? 0 : 1 + strlen(controller));
                if (!unified) {
                    b.add('/');
                    b.add(controller);
                }
                b.add(path);
                // Inside a container the path may be the host's, which is not there: the root is always asked too.
                for (size_t n = b.used;; --n) {
                    if (n == root || dir[n] == '/' || dir[n] == 0) {
                        dir[n] = 0;
                        visit(dir, unified);
                    }
                    if (n <= root) break;
                }
            }
        }
        if (!end) break;
        line = end + 1;
    }
}

bool cgroup_number(const char* dir, const char* leaf, uint64_t* out) {
    char path[600];
    TextBuilder b(path, sizeof path);
    b.add(dir);
    b.add(leaf);
    return read_number(path, out);
}

// Least of the memory limits, and of what is left below them (page cache that can be dropped counts as left).
void cgroup_memory(uint64_t* limit, uint64_t* left) {
    each_cgroup("memory", [&](const char* dir, bool unified) {
        uint64_t max, current = 0, cache = 0;
        if (!cgroup_number(dir, unified ? "/memory.max" : "/memory.limit_in_bytes", &max)) return;  // "max": none
        cgroup_number(dir, unified ? "/memory.current" : "/memory.usage_in_bytes", &current);
        char path[600], text[4096];
        TextBuilder b(path, sizeof path);
        b.add(dir);
        b.add("/memory.stat");
        if (read_small(path, text, sizeof text))
            find_number(text, unified ? "inactive_file" : "total_inactive_file", &cache);
        const uint64_t taken = current > cache ? current - cache : 0;
        if (max < *limit) *limit = max;
        const uint64_t rest = max > taken ? max - taken : 0;
        if (rest < *left) *left = rest;
    });
}

// Whole CPUs that the control group's quota allows, rounded up; at least 1.
uint32_t cgroup_cpus() {
    uint64_t least = UINT32_MAX;
    each_cgroup("cpu", [&](const char* dir, bool unified) {
        uint64_t quota = 0, period = 0;
        if (unified) {
            char path[600], text[64];
            TextBuilder b(path, sizeof path);
            b.add(dir);
            b.add("/cpu.max");
            if (!read_small(path, text, sizeof text)) return;
            const char* p = text;  // "max 100000" or "200000 100000"
            if (!parse_number(&p, &quota) || *p != ' ' || !parse_number(&++p, &period)) return;
        } else if (!cgroup_number(dir, "/cpu.cfs_quota_us", &quota) ||
                   !cgroup_number(dir, "/cpu.cfs_period_us", &period)) {
            return;
        }
        if (period == 0 || quota == 0) return;
        const uint64_t cpus = quota / period + (quota % period != 0);
        if (cpus < least) least = cpus;
    });
    return static_cast<uint32_t>(least);
}

uint64_t meminfo(const char* key) {
    char text[4096];
    uint64_t kib;
    if (!read_small("/proc/meminfo", text, sizeof text) || !find_number(text, key, &kib)) return 0;
    return kib * 1024;
}
#endif

}  // namespace

uint32_t cpu_cores() {
#if defined(__linux__)
    cpu_set_t set;
    if (affinity(&set)) {
        const int n = CPU_COUNT(&set);
        if (n > 0) return static_cast<uint32_t>(n);
    }
#endif
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? static_cast<uint32_t>(n) : 1;
}

uint32_t cpu_threads_default() {
    uint32_t threads = cpu_cores();
#if defined(__linux__)
    cpu_set_t set;
    if (affinity(&set)) {
        // Two passes: the greatest capacity first, then the cores that come near it (DynamIQ's little ones have
        // a quarter to a half of it and would hold up every barrier).
        uint64_t most = 0;
        uint32_t cores = 0;
        for (int pass = 0; pass < 2; ++pass) {
            for (unsigned i = 0; i < CPU_SETSIZE; ++i) {
                if (!CPU_ISSET(i, &set)) continue;
                char path[96];
                uint64_t capacity = 1024;
                cpu_path(path, sizeof path, i, "/cpu_capacity");
                read_number(path, &capacity);
                if (pass == 0) {
                    if (capacity > most) most = capacity;
                } else if (capacity * 10 >= most * 6 && first_of_core(&set, i)) {
                    ++cores;
                }
            }
        }
        if (cores > 0) threads = cores;
    }
    const uint32_t quota = cgroup_cpus();
    if (threads > quota) threads = quota;
#endif
    return threads > 0 ? threads : 1;
}

uint64_t memory_total_bytes() {
#if defined(__linux__)
    uint64_t total = meminfo("MemTotal"), limit = UINT64_MAX, left = UINT64_MAX;
    cgroup_memory(&limit, &left);
    if (total == 0) return limit == UINT64_MAX ? 0 : limit;
    return limit < total ? limit : total;
#else
    return 0;
#endif
}

uint64_t memory_available_bytes() {
#if defined(__linux__)
    uint64_t available = meminfo("MemAvailable"), limit = UINT64_MAX, left = UINT64_MAX;
    cgroup_memory(&limit, &left);
    if (available == 0) return left == UINT64_MAX ? 0 : left;
    return left < available ? left : available;
#else
    return 0;
#endif
}

}  // namespace thimble
