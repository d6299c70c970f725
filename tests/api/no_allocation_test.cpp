// SPDX-License-Identifier: MIT
// Law 3 through the public interface: after open nothing is allocated or mapped, on any path, and what was asked for is
// what is used, to the byte. The C library's allocator and mmap are replaced by ones that count.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/thimble.h"
#include "tests/api/models.h"
#include "tests/check.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define THIMBLE_COUNTS 1
#endif

static volatile int g_armed = 0;
static volatile int g_calls = 0;

#if defined(THIMBLE_COUNTS)
static void count() {
    if (g_armed) __atomic_fetch_add(&g_calls, 1, __ATOMIC_RELAXED);
}
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);
void* malloc(size_t n) { return count(), __libc_malloc(n); }
void* calloc(size_t n, size_t size) { return count(), __libc_calloc(n, size); }
void* realloc(void* p, size_t n) { return count(), __libc_realloc(p, n); }
void* memalign(size_t a, size_t n) { return count(), __libc_memalign(a, n); }
void* aligned_alloc(size_t a, size_t n) { return count(), __libc_memalign(a, n); }
int posix_memalign(void** p, size_t a, size_t n) { return count(), *p = __libc_memalign(a, n), *p ? 0 : 12; }
void free(void* p) { __libc_free(p); }
#if defined(SYS_mmap2)
static void* map(void* p, size_t n, int prot, int flags, int fd, off64_t at) {
    return count(), reinterpret_cast<void*>(syscall(SYS_mmap2, p, n, prot, flags, fd, static_cast<long>(at >> 12)));
}
#else
static void* map(void* p, size_t n, int prot, int flags, int fd, off64_t at) {
    return count(), reinterpret_cast<void*>(syscall(SYS_mmap, p, n, prot, flags, fd, at));
}
#endif
void* mmap64(void* p, size_t n, int prot, int flags, int fd, off64_t at) __THROW {
    return map(p, n, prot, flags, fd, at);
}
}
#endif

namespace {

constexpr size_t kGuard = 4096;

// A buffer of exactly n bytes between guards, at an odd address.
struct Buffer {
    unsigned char* all;
    size_t n;
    explicit Buffer(size_t size) : all(static_cast<unsigned char*>(malloc(size + 2 * kGuard + 1))), n(size) {
        memset(all, 0xa5, size + 2 * kGuard + 1);
    }
    ~Buffer() { free(all); }
    void* data() { return all + kGuard + 1; }
    bool untouched() const {
        for (size_t i = 0; i <= kGuard; ++i) {
            if (all[i] != 0xa5) return false;
        }
        for (size_t i = kGuard + 1 + n; i < n + 2 * kGuard + 1; ++i) {
            if (all[i] != 0xa5) return false;
        }
        return true;
    }
};

int stop_after(void* user, const char*, size_t) { return ++*static_cast<int*>(user) > 3; }

// Everything a session does, with the counters armed.
void work(thimble_model* model, thimble_session* session) {
    static char scratch[1 << 16];
    static thimble_token ids[256];
    static const char text[] = "turn on the light, please";
    thimble_error err;
    thimble_generate_params gp = thimble_generate_defaults();
    gp.n_predict = 12;
    gp.ignore_eos = 1;
    thimble_result result;
    result.struct_size = sizeof result;
    int pieces = 0, more = 0;
    size_t n = 0;
    const size_t need = thimble_tokenize_scratch(model, sizeof text - 1);
    if (!CHECK(need <= sizeof scratch)) return;

    g_calls = 0;
    g_armed = 1;
    const thimble_status tokenized = thimble_tokenize(model, text, sizeof text - 1, THIMBLE_TOKENIZE_BOS, scratch,
                                                      sizeof scratch, ids, 256, &n, &err);
    const thimble_status evaluated = thimble_eval(session, ids, n, nullptr, &err);
    const float* logits = thimble_logits(session);
    const thimble_status rewound = thimble_rewind(session, 1, &err);
    const thimble_status generated =
        thimble_generate(session, text, sizeof text - 1, &gp, stop_after, &pieces, &result, &err);
    thimble_rewind(session, 0, &err);
    gp.temperature = 0;
    const thimble_status again =
        thimble_generate(session, text, sizeof text - 1, &gp, stop_after, &more, nullptr, &err);
    static thimble_token many[4096];
    for (thimble_token& id : many) id = ids[0];
    const thimble_status full = thimble_eval(session, many, 4096, nullptr, &err);  // the error path too
    g_armed = 0;

    CHECK_EQ(g_calls, 0);
    CHECK_EQ(tokenized, THIMBLE_OK);
    CHECK_EQ(evaluated, THIMBLE_OK);
    CHECK(logits != nullptr);
    CHECK_EQ(rewound, THIMBLE_OK);
    CHECK(generated == THIMBLE_OK || generated == THIMBLE_E_CANCELLED);
    CHECK(again == THIMBLE_OK || again == THIMBLE_E_CANCELLED);
    CHECK(pieces > 0);
    CHECK_EQ(full, THIMBLE_E_CONTEXT_FULL);
}

void one_session(thimble_model* model, size_t model_bytes, uint32_t threads, uint32_t batch) {
    thimble_error err;
    thimble_session_params sp = thimble_session_defaults();
    sp.n_ctx = 256;
    sp.n_threads = threads;
    sp.n_batch = batch;
    size_t bytes = 0;
    if (!CHECK_EQ(thimble_session_bytes(model, &sp, &bytes, &err), THIMBLE_OK)) return;
    thimble_plan plan;
    plan.struct_size = sizeof plan;
    CHECK_EQ(thimble_plan_session(model, &sp, &plan, &err), THIMBLE_OK);
    CHECK_EQ(plan.session_bytes, bytes);
    CHECK_EQ(plan.model_bytes, model_bytes);
    CHECK_EQ(plan.arena_bytes, bytes + model_bytes);

    thimble_session* session = nullptr;
    {
        Buffer small(bytes - 65);  // one byte less than the alignment of any buffer can spare
        CHECK_EQ(thimble_session_init(model, &sp, small.data(), bytes - 65, &session, &err), THIMBLE_E_MEMORY);
        CHECK(small.untouched());
    }
    Buffer exact(bytes);
    if (!CHECK_EQ(thimble_session_init(model, &sp, exact.data(), bytes, &session, &err), THIMBLE_OK)) return;
    work(model, session);
    thimble_session_close(session);
    CHECK(exact.untouched());
}

void one_model(const char* path) {
    thimble_error err;
    const thimble_source source = thimble_from_path(path);
    thimble_model_params mp = thimble_model_defaults();
    for (uint32_t no_mmap = 0; no_mmap < 2; ++no_mmap) {
        mp.no_mmap = no_mmap;
        size_t bytes = 0;
        if (!CHECK_EQ(thimble_model_bytes(&source, &mp, &bytes, &err), THIMBLE_OK)) {
            fprintf(stderr, "%s: %s\n", path, err.message);
            return;
        }
        thimble_model* model = nullptr;
        {
            Buffer small(bytes - 65);
            CHECK_EQ(thimble_model_init(&source, &mp, small.data(), bytes - 65, &model, &err), THIMBLE_E_MEMORY);
            CHECK(small.untouched());
        }
        Buffer exact(bytes);
        if (!CHECK_EQ(thimble_model_init(&source, &mp, exact.data(), bytes, &model, &err), THIMBLE_OK)) {
            fprintf(stderr, "%s: %s\n", path, err.message);
            return;
        }
        one_session(model, bytes, 1, 0);
        one_session(model, bytes, 4, 7);
        thimble_model_close(model);
        CHECK(exact.untouched());
    }
}

// The counting itself: what the library must not do is seen when somebody does it.
void counters_count() {
#if defined(THIMBLE_COUNTS)
    g_armed = 1;
    void* volatile p = malloc(10);
    void* m = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    g_armed = 0;
    CHECK_EQ(g_calls, 2);
    CHECK(m != MAP_FAILED);
    munmap(m, 4096);
    free(p);
#endif
}

}  // namespace

int main() {
    counters_count();
    int models = 0;
    for (const char* path : test_models()) {
        if (access(path, R_OK) != 0) continue;
        ++models;
        one_model(path);
    }
    if (models == 0) return 77;
#if !defined(THIMBLE_COUNTS)
    printf("allocations are not counted in this build\n");
#endif
    return REPORT();
}
