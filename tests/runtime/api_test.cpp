// SPDX-License-Identifier: MIT
// Models and sessions through thimble.h: sizes to the byte, sources that agree, one answer whatever the division of the
// work, contexts that fill, rewind and cancel, arguments that are wrong.
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "tests/support/api_opened.h"
#include "tests/support/toy_llama.h"

namespace {

constexpr size_t kTokens = 90;
thimble_token g_ids[256];

thimble_source memory_of(const GgufBytes& b) { return thimble_from_memory(b.data, b.size); }

struct Logits {
    float* p = nullptr;
    size_t bytes = 0;
    ~Logits() { free(p); }
    bool operator==(const Logits& o) const { return p && o.p && bytes == o.bytes && memcmp(p, o.p, bytes) == 0; }
};

// Logits after each of n tokens, fed `piece` at a time.
bool eval_all(thimble_session* s, uint32_t n_vocab, size_t n, size_t piece, Logits* out) {
    free(out->p);
    out->bytes = n * n_vocab * sizeof(float);
    out->p = static_cast<float*>(malloc(out->bytes));
    for (size_t i = 0; i < n; i += piece) {
        const size_t take = n - i < piece ? n - i : piece;
        if (thimble_eval(s, g_ids + i, take, out->p + i * n_vocab, nullptr) != THIMBLE_OK) return false;
        if (memcmp(thimble_logits(s), out->p + (i + take - 1) * n_vocab, n_vocab * sizeof(float)) != 0) return false;
    }
    return true;
}

void sizes_to_the_byte(const OpenedModel& m) {
    const thimble_kv_type kinds[] = {THIMBLE_KV_F16, THIMBLE_KV_F32};
    for (uint32_t ctx : {1u, 17u, 256u, 600u}) {
        for (uint32_t batch : {1u, 33u}) {
            for (uint32_t threads : {1u, 3u}) {
                for (thimble_kv_type kind : kinds) {
                    thimble_session_params p = session_of(ctx, batch, threads);
                    p.kv_type_k = kind;
                    p.kv_type_v = kinds[kind == THIMBLE_KV_F16];
                    OpenedSession s;
                    if (!CHECK(s.open(m.model, p, (ctx + batch + threads) % 64))) continue;
                    thimble_plan plan;
                    plan.struct_size = sizeof plan;
                    CHECK_EQ(thimble_plan_session(m.model, &p, &plan, nullptr), THIMBLE_OK);
                    CHECK_EQ(plan.session_bytes, s.buffer.n);
                    CHECK_EQ(plan.model_bytes, m.buffer.n);
                    CHECK_EQ(plan.n_ctx, ctx);
                    CHECK(plan.kv_bytes + plan.scratch_bytes <= plan.session_bytes);
                    Logits l;
                    CHECK(eval_all(s.s, m.n_vocab, ctx < kTokens ? ctx : kTokens, batch, &l));
                    s.close();
                    // At an aligned address the padding for alignment is not needed; one byte below that must fail.
                    GuardedBuffer small;
                    const size_t least = s.buffer.n - 64;
                    small.make(least + 128);
                    const uintptr_t a = (reinterpret_cast<uintptr_t>(small.data()) + 63) & ~uintptr_t{63};
                    thimble_session* none = nullptr;
                    thimble_error err{};
                    CHECK_EQ(thimble_session_init(m.model, &p, reinterpret_cast<void*>(a), least - 1, &none, &err),
                             THIMBLE_E_MEMORY);
                    CHECK(none == nullptr && strstr(err.message, "bytes"));
                    CHECK_EQ(thimble_session_init(m.model, &p, reinterpret_cast<void*>(a), least, &none, &err),
                             THIMBLE_OK);
                    thimble_session_close(none);
                }
            }
        }
    }
}

void sources_agree(const GgufBytes& b, const Logits& expected) {
    const char* path = "api_test.gguf";
    FILE* f = fopen(path, "wb");
    if (!CHECK(f && fwrite(b.data, 1, b.size, f) == b.size)) return;
    fclose(f);
    uint8_t* shifted = static_cast<uint8_t*>(malloc(b.size + 16));
    for (int way = 0; way < 10; ++way) {  // path, descriptor, memory; mapped or read
        const int fd = open(path, O_RDONLY);
        thimble_model_params p = thimble_model_defaults();
        p.no_mmap = way & 1;
        thimble_source src = way < 2 ? thimble_from_path(path) : thimble_from_fd(fd);
        if (way >= 4) {  // from memory, at any address
            static const size_t kShift[] = {0, 1, 2, 4, 7, 8};
            memcpy(shifted + kShift[way - 4], b.data, b.size);
            src = thimble_from_memory(shifted + kShift[way - 4], b.size);
        }
        OpenedModel m;
        const bool ok = m.open(src, &p, static_cast<size_t>(way));
        close(fd);
        if (!CHECK(ok)) {
            fprintf(stderr, "    way %d: %s\n", way, m.err.message);
            continue;
        }
        OpenedSession s;
        Logits l;
        CHECK(s.open(m.model, session_of(256, 16, 2)) && eval_all(s.s, m.n_vocab, kTokens, kTokens, &l));
        CHECK(l == expected);
    }
    free(shifted);
    unlink(path);
}

// Batches, threads, KV order, rewinds: the same bits.
void one_answer(const char* what, ToyLlama toy) {
    const GgufBytes b = toy.bytes();
    OpenedModel m;
    if (!CHECK(m.open(memory_of(b)))) {
        fprintf(stderr, "    %s: %s\n", what, m.err.message);
        return;
    }
    Logits first;
    {
        OpenedSession s;
        CHECK(s.open(m.model, session_of(256, 128, 1)) && eval_all(s.s, m.n_vocab, kTokens, kTokens, &first));
    }
    for (uint32_t threads = 1; threads <= 4; ++threads) {
        for (uint32_t piece : {1u, 3u, 32u}) {
            OpenedSession s;
            Logits l, again;
            if (!CHECK(s.open(m.model, session_of(256, piece, threads)))) continue;
            CHECK(eval_all(s.s, m.n_vocab, kTokens, kTokens, &l) && l == first);
            // Rewound a little, and wholly.
            if (thimble_rewind(s.s, kTokens - 5, nullptr) == THIMBLE_OK) {
                CHECK(thimble_logits(s.s) == nullptr);
                CHECK_EQ(thimble_eval(s.s, g_ids + kTokens - 5, 5, nullptr, nullptr), THIMBLE_OK);
                CHECK(memcmp(thimble_logits(s.s), first.p + (kTokens - 1) * m.n_vocab, m.n_vocab * sizeof(float)) == 0);
            } else {
                CHECK(toy.window > 0);
            }
            CHECK_EQ(thimble_rewind(s.s, 0, nullptr), THIMBLE_OK);
            CHECK(eval_all(s.s, m.n_vocab, kTokens, piece, &again) && again == first);
            if (check::failed)
                return (void)fprintf(stderr, "    %s, %u threads, batches of %u\n", what, threads, piece);
        }
    }
    for (uint32_t t = 0; t < 9; ++t) {
        static const char* const tiers[] = {"scalar", "avx2",    "avxvnni", "avx512", "avx512vbmi",
                                            "neon",   "dotprod", "i8mm",    "rvv"};
        OpenedSession s;
        Logits l;
        if (s.open(m.model, session_of(256, 16, 2, tiers[t])))
            CHECK(eval_all(s.s, m.n_vocab, kTokens, kTokens, &l) && l == first);
        else
            CHECK(t > 0 && s.status == THIMBLE_E_UNSUPPORTED);
    }
    if (strcmp(what, "plain") == 0) sources_agree(b, first);
}

void context_full(const OpenedModel& m) {
    OpenedSession s;
    if (!CHECK(s.open(m.model, session_of(20, 8, 2)))) return;
    CHECK(thimble_logits(s.s) == nullptr);
    CHECK_EQ(thimble_context_size(s.s), 20);
    CHECK_EQ(thimble_eval(s.s, g_ids, 15, nullptr, nullptr), THIMBLE_OK);
    float before = thimble_logits(s.s)[3];
    thimble_error err{};
    CHECK_EQ(thimble_eval(s.s, g_ids, 6, nullptr, &err), THIMBLE_E_CONTEXT_FULL);
    CHECK(strstr(err.message, "20") && strstr(err.message, "15") && strstr(err.message, "6"));
    CHECK_EQ(thimble_position(s.s), 15);
    CHECK(thimble_logits(s.s)[3] == before);
    CHECK_EQ(thimble_eval(s.s, g_ids, 5, nullptr, nullptr), THIMBLE_OK);
    CHECK_EQ(thimble_eval(s.s, g_ids, 1, nullptr, nullptr), THIMBLE_E_CONTEXT_FULL);
    CHECK_EQ(thimble_rewind(s.s, 21, &err), THIMBLE_E_ARGUMENT);
    const thimble_token bad[] = {1, 275};
    CHECK_EQ(thimble_rewind(s.s, 3, &err), THIMBLE_OK);
    CHECK_EQ(thimble_eval(s.s, bad, 2, nullptr, &err), THIMBLE_E_ARGUMENT);
    CHECK_EQ(thimble_position(s.s), 3);
    CHECK_EQ(thimble_eval(s.s, g_ids, 0, nullptr, &err), THIMBLE_E_ARGUMENT);
    // A prompt that does not fit says how many tokens it has and how many there are.
    thimble_generate_params g = thimble_generate_defaults();
    const char text[] = "a b c a b c a b c a b c a b c a b c a b c a b c a b c";
    CHECK_EQ(thimble_generate(s.s, text, sizeof text - 1, &g, nullptr, nullptr, nullptr, &err), THIMBLE_E_CONTEXT_FULL);
    CHECK(strstr(err.message, "20"));
    CHECK_EQ(thimble_position(s.s), 3);
}

// ---- Cancelling ----------------------------------------------------------------------------------------------------------

int stop_at_32(void* user, uint32_t done, uint32_t total) {
    CHECK(done <= total);
    ++*static_cast<int*>(user);
    return done >= 32;
}
void* cancel_soon(void* p) {
    usleep(20000);
    thimble_cancel(static_cast<thimble_session*>(p));
    return nullptr;
}
int never(void* user, const char*, size_t) { return ++*static_cast<int*>(user) < 0; }

void cancelling(const OpenedModel& m) {
    OpenedSession s;
    if (!CHECK(s.open(m.model, session_of(4096, 8, 2)))) return;
    CHECK_EQ(thimble_eval(s.s, g_ids, 10, nullptr, nullptr), THIMBLE_OK);
    float* kept = static_cast<float*>(malloc(m.n_vocab * sizeof(float)));
    memcpy(kept, thimble_logits(s.s), m.n_vocab * sizeof(float));
    int calls = 0;
    thimble_set_progress(s.s, stop_at_32, &calls);
    CHECK_EQ(thimble_eval(s.s, g_ids, 80, nullptr, nullptr), THIMBLE_E_CANCELLED);
    CHECK_EQ(calls, 4);
    CHECK_EQ(thimble_position(s.s), 10);  // as before the call
    CHECK(thimble_logits(s.s) && memcmp(thimble_logits(s.s), kept, m.n_vocab * sizeof(float)) == 0);
    thimble_set_progress(s.s, nullptr, nullptr);
    CHECK_EQ(thimble_eval(s.s, g_ids + 10, 1, nullptr, nullptr), THIMBLE_OK);  // and it goes on
    Logits l;
    OpenedSession fresh;
    CHECK(fresh.open(m.model, session_of(64, 64, 1)) && eval_all(fresh.s, m.n_vocab, 11, 11, &l));
    CHECK(memcmp(thimble_logits(s.s), l.p + 10 * m.n_vocab, m.n_vocab * sizeof(float)) == 0);
    free(kept);
    // From another thread, in the middle of an endless generation.
    pthread_t thread;
    int pieces = 0;
    thimble_generate_params g = thimble_generate_defaults();
    g.ignore_eos = 1;
    thimble_result r{};
    r.struct_size = sizeof r;
    CHECK_EQ(pthread_create(&thread, nullptr, cancel_soon, s.s), 0);
    const thimble_status st = thimble_generate(s.s, "ab", 2, &g, never, &pieces, &r, nullptr);
    pthread_join(thread, nullptr);
    CHECK(st == THIMBLE_E_CANCELLED || st == THIMBLE_OK);
    if (st == THIMBLE_E_CANCELLED) CHECK_EQ(r.finish, THIMBLE_FINISH_CANCELLED);
}

// ---- Arguments -----------------------------------------------------------------------------------------------------------

void arguments(const GgufBytes& b, const OpenedModel& m) {
    thimble_error err{};
    const thimble_source src = memory_of(b);
    size_t bytes = 0;
    thimble_model* model = nullptr;
    CHECK_EQ(thimble_model_bytes(nullptr, nullptr, &bytes, &err), THIMBLE_E_ARGUMENT);
    CHECK_EQ(thimble_model_bytes(&src, nullptr, nullptr, &err), THIMBLE_E_ARGUMENT);
    CHECK_EQ(thimble_model_init(&src, nullptr, nullptr, 100, &model, nullptr), THIMBLE_E_ARGUMENT);
    char tiny[100];
    CHECK_EQ(thimble_model_init(&src, nullptr, tiny, sizeof tiny, &model, &err), THIMBLE_E_MEMORY);
    thimble_source odd = thimble_from_path("");
    CHECK_EQ(thimble_model_bytes(&odd, nullptr, &bytes, &err), THIMBLE_E_ARGUMENT);
    odd = thimble_from_path("/nonexistent/model.gguf");
    CHECK_EQ(thimble_model_bytes(&odd, nullptr, &bytes, &err), THIMBLE_E_IO);
    CHECK(strstr(err.message, "/nonexistent/model.gguf"));
    odd = thimble_from_path("/");
    CHECK_EQ(thimble_model_bytes(&odd, nullptr, &bytes, &err), THIMBLE_E_IO);
    CHECK(strstr(err.message, "directory"));
    odd = thimble_from_fd(-1);
    CHECK_EQ(thimble_model_bytes(&odd, nullptr, &bytes, &err), THIMBLE_E_IO);
    odd = thimble_from_memory(nullptr, 10);
    CHECK_EQ(thimble_model_bytes(&odd, nullptr, &bytes, &err), THIMBLE_E_ARGUMENT);
    odd = thimble_from_memory(b.data, 0);
    CHECK_EQ(thimble_model_bytes(&odd, nullptr, &bytes, &err), THIMBLE_E_FORMAT);
    odd.kind = static_cast<thimble_source_kind>(9);
    CHECK_EQ(thimble_model_bytes(&odd, nullptr, &bytes, &err), THIMBLE_E_ARGUMENT);
    thimble_model_close(nullptr);
    thimble_session_close(nullptr);
    thimble_cancel(nullptr);
    thimble_set_progress(nullptr, nullptr, nullptr);
    CHECK(thimble_logits(nullptr) == nullptr && thimble_position(nullptr) == 0 &&
          thimble_token_is_end(nullptr, 0) == 0);

    // Structs of another age: a shorter one keeps our defaults, a longer one is read as far as we know it.
    thimble_session_params p = session_of(32, 4, 1);
    p.struct_size = offsetof(thimble_session_params, n_threads);
    thimble_plan plan;
    plan.struct_size = sizeof plan;
    CHECK_EQ(thimble_plan_session(m.model, &p, &plan, &err), THIMBLE_OK);
    CHECK_EQ(plan.n_ctx, 32);
    struct {
        thimble_session_params p;
        uint64_t later[4];
    } longer = {session_of(32, 4, 1), {~0ull, ~0ull, ~0ull, ~0ull}};
    longer.p.struct_size = sizeof longer;
    CHECK_EQ(thimble_plan_session(m.model, &longer.p, &plan, &err), THIMBLE_OK);
    p.struct_size = 0;
    CHECK_EQ(thimble_plan_session(m.model, &p, &plan, &err), THIMBLE_E_ARGUMENT);
    p = session_of(32, 4, 1);
    plan.struct_size = 8;
    plan.n_batch = 77;
    CHECK_EQ(thimble_plan_session(m.model, &p, &plan, &err), THIMBLE_OK);
    CHECK(plan.n_ctx == 32 && plan.n_batch == 77 && plan.struct_size == 8);
    plan.struct_size = 0;
    CHECK_EQ(thimble_plan_session(m.model, &p, &plan, &err), THIMBLE_E_ARGUMENT);
    thimble_model_info info;
    info.struct_size = 0;
    CHECK_EQ(thimble_model_describe(m.model, &info), THIMBLE_E_ARGUMENT);

    // Sessions out of range.
    p = session_of(32, 4, 1, "nosuch");
    OpenedSession s;
    CHECK(!s.open(m.model, p) && s.status == THIMBLE_E_UNSUPPORTED && strstr(s.err.message, "scalar"));
    p = session_of(1u << 31, 4, 1);
    CHECK_EQ(thimble_session_bytes(m.model, &p, &bytes, &err), THIMBLE_E_ARGUMENT);
    p = session_of(32, 4, 100000);
    CHECK_EQ(thimble_session_bytes(m.model, &p, &bytes, &err), THIMBLE_E_ARGUMENT);
    p = session_of(32, 4, 1);
    p.kv_type_k = static_cast<thimble_kv_type>(7);
    CHECK_EQ(thimble_session_bytes(m.model, &p, &bytes, &err), THIMBLE_E_ARGUMENT);
    p.kv_type_k = THIMBLE_KV_Q8_0;  // heads of 16
    CHECK_EQ(thimble_session_bytes(m.model, &p, &bytes, &err), THIMBLE_E_UNSUPPORTED);
    // A budget lowers the context that nobody asked for, and refuses one that somebody did.
    p = session_of(0, 4, 1);
    p.memory_budget = 1500000;
    CHECK_EQ(thimble_session_bytes(m.model, &p, &bytes, &err), THIMBLE_OK);
    CHECK(bytes <= 1500000);
    p.n_ctx = 60000;
    CHECK_EQ(thimble_session_bytes(m.model, &p, &bytes, &err), THIMBLE_E_MEMORY);
    CHECK(strstr(err.message, "1500000"));
}

void vocabulary_only(const GgufBytes& b) {
    thimble_model_params p = thimble_model_defaults();
    p.vocab_only = 1;
    OpenedModel m;
    if (!CHECK(m.open(memory_of(b), &p))) return;
    CHECK_EQ(m.n_vocab, ToyLlama::kVocab);
    size_t bytes = 0;
    thimble_error err{};
    CHECK_EQ(thimble_session_bytes(m.model, nullptr, &bytes, &err), THIMBLE_E_STATE);
    char text[8];
    CHECK_EQ(thimble_token_bytes(m.model, 3 + 'x', 0, text, sizeof text), 1);
    CHECK(text[0] == 'x');
    CHECK_EQ(thimble_token_bytes(m.model, 3 + 'x', 0, nullptr, 0), 1);
    CHECK(thimble_token_is_end(m.model, 2) && !thimble_token_is_end(m.model, 5));
}

}  // namespace

int main() {
    ToyLlama toy;
    for (thimble_token& id : g_ids) id = static_cast<thimble_token>(toy.random() % ToyLlama::kVocab);
    toy.seed = 1;
    const GgufBytes b = toy.bytes();
    {
        OpenedModel m;
        if (!CHECK(m.open(memory_of(b)))) {
            fprintf(stderr, "%s\n", m.err.message);
            return REPORT();
        }
        sizes_to_the_byte(m);
        context_full(m);
        cancelling(m);
        arguments(b, m);
    }
    vocabulary_only(b);
    one_answer("plain", toy);
    ToyLlama dense = toy;
    dense.type = thimble::kF32, dense.biases = dense.qk_norm = true, dense.tied = false, dense.n_head_kv = 1;
    one_answer("dense", dense);
    ToyLlama windows = toy;
    windows.arch = "phi3", windows.window = 20;
    one_answer("windows", windows);
    ToyLlama experts = toy;
    experts.n_expert = 5, experts.n_expert_used = 2, experts.type = thimble::kF16;
    one_answer("experts", experts);
    return REPORT();
}
