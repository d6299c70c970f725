// SPDX-License-Identifier: MIT
// Logits of every model in ../shared/fixtures against those of the same weights in F32 (peer.tsv says how far llama.cpp
// is from them): the mean KL divergence, the median for mixtures of experts, may exceed the peer's by 15 %. Then the
// same bits from every tier, thread count and batch size. Skipped where ../shared is absent.
#include <dirent.h>
#include <cstdlib>

#include "kernels/kernels.h"
#include "runtime/thimble.h"
#include "tests/check.h"

namespace {

char* read_file(const char* path, size_t* n) {
    FILE* f = fopen(path, "rb");
    if (!f) return nullptr;
    fseek(f, 0, SEEK_END);
    *n = static_cast<size_t>(ftell(f));
    rewind(f);
    char* p = static_cast<char*>(malloc(*n + 1));
    *n = fread(p, 1, *n, f);
    p[*n] = 0;
    fclose(f);
    return p;
}

struct Run {
    thimble_model* model = nullptr;
    void* buffer = nullptr;
    uint32_t n_vocab = 0;

    bool open(const char* path) {
        thimble_error err;
        const thimble_source src = thimble_from_path(path);
        size_t bytes;
        if (thimble_model_bytes(&src, nullptr, &bytes, &err) != THIMBLE_OK || !(buffer = malloc(bytes)) ||
            thimble_model_init(&src, nullptr, buffer, bytes, &model, &err) != THIMBLE_OK) {
            fprintf(stderr, "%s\n", err.message);
            return false;
        }
        thimble_model_info info;
        info.struct_size = sizeof info;
        thimble_model_describe(model, &info);
        n_vocab = info.n_vocab;
        return true;
    }
    // Logits after each of n ids; the caller frees.
    float* logits(const int32_t* ids, size_t n, uint32_t threads, uint32_t batch, const char* tier,
                  bool* unsupported = nullptr) {
        thimble_error err;
        thimble_session_params p = thimble_session_defaults();
        p.n_threads = threads;
        p.n_batch = batch;
        p.cpu_tier = tier;
        size_t bytes;
        thimble_session* s = nullptr;
        if (thimble_session_bytes(model, &p, &bytes, &err) != THIMBLE_OK)
            return fprintf(stderr, "%s\n", err.message), nullptr;
        void* memory = malloc(bytes);
        const thimble_status st = thimble_session_init(model, &p, memory, bytes, &s, &err);
        if (unsupported) *unsupported = st == THIMBLE_E_UNSUPPORTED;
        float* out = nullptr;
        if (st == THIMBLE_OK) {
            out = static_cast<float*>(malloc(n * n_vocab * sizeof(float)));
            if (thimble_eval(s, ids, n, out, &err) != THIMBLE_OK) fprintf(stderr, "%s\n", err.message);
        }
        thimble_session_close(s);
        free(memory);
        return out;
    }
    ~Run() {
        thimble_model_close(model);
        free(buffer);
    }
};

double divergence(const float* reference, const float* got, size_t n) {
    double a = reference[0], b = got[0], sa = 0, sb = 0, kl = 0;
    for (size_t i = 0; i < n; ++i) a = reference[i] > a ? reference[i] : a, b = got[i] > b ? got[i] : b;
    for (size_t i = 0; i < n; ++i) sa += thimble::math_exp(reference[i] - a), sb += thimble::math_exp(got[i] - b);
    for (size_t i = 0; i < n; ++i) {
        const double lp = reference[i] - a - thimble::math_log(sa), lq = got[i] - b - thimble::math_log(sb);
        kl += thimble::math_exp(lp) * (lp - lq);
    }
    return kl;
}

int compare(const void* a, const void* b) {
    const double x = *static_cast<const double*>(a), y = *static_cast<const double*>(b);
    return x < y ? -1 : x > y;
}

void check_fixture(const char* folder, const char* name, double peer_mean) {
    char path[1024];
    size_t n_text, n_ref;
    snprintf(path, sizeof path, "%s/%s.tokens", folder, name);
    char* text = read_file(path, &n_text);
    snprintf(path, sizeof path, "%s/%s.logits.f32", folder, name);
    const float* reference = reinterpret_cast<float*>(read_file(path, &n_ref));
    struct Owned {
        void *a, *b;
        ~Owned() { free(a), free(b); }
    } owned{text, const_cast<float*>(reference)};
    if (!CHECK(text && reference)) return;
    int32_t ids[512];
    size_t n = 0;
    for (char* p = text; *p && n < 512;) {
        char* end;
        const long v = strtol(p, &end, 10);
        if (end == p) {
            ++p;
            continue;
        }
        ids[n++] = static_cast<int32_t>(v);
        p = end;
    }
    snprintf(path, sizeof path, "%s/%s.gguf", folder, name);
    Run run;
    if (!CHECK(run.open(path))) return;
    float* first = run.logits(ids, n, 1, 64, nullptr);
    Owned logits{first, nullptr};
    if (!CHECK(first) || !CHECK_EQ(n * run.n_vocab * 4, n_ref)) return;
    double kl[512], sum = 0;
    for (size_t i = 0; i < n; ++i)
        sum += kl[i] = divergence(reference + i * run.n_vocab, first + i * run.n_vocab, run.n_vocab);
    qsort(kl, n, sizeof kl[0], compare);
    const bool experts = strstr(name, "mixtral") || strstr(name, "moe");
    const double value = experts ? kl[n / 2] : sum / static_cast<double>(n);
    printf("%-28s mean KL %.3e  median %.3e  peer's mean %.3e  ratio %.2f\n", name, sum / static_cast<double>(n),
           kl[n / 2], peer_mean, value / peer_mean);
    CHECK(value <= 1.15 * peer_mean);

    const struct {
        uint32_t threads, batch;
        const char* tier;
    } variants[] = {{2, 64, nullptr}, {4, 7, nullptr},   {1, 1, nullptr},   {3, 1, nullptr},  {2, 16, "scalar"},
                    {2, 64, "avx2"},  {1, 1, "avx2"},    {2, 7, "avxvnni"}, {2, 7, "avx512"}, {2, 7, "avx512vbmi"},
                    {2, 7, "neon"},   {2, 7, "dotprod"}, {2, 7, "i8mm"}};
    for (const auto& v : variants) {
        if (THIMBLE_EMULATED && (v.threads != 2 || v.batch != 7)) continue;  // each tier of the CPU, once
        bool unsupported = false;
        float* other = run.logits(ids, n, v.threads, v.batch, v.tier, &unsupported);
        if (unsupported && v.tier) continue;
        if (!CHECK(other)) continue;
        if (!CHECK(memcmp(first, other, n * run.n_vocab * sizeof(float)) == 0))
            fprintf(stderr, "    %s: other bits with %u threads, batch %u, tier %s\n", name, v.threads, v.batch,
                    v.tier ? v.tier : "best");
        free(other);
    }
}

}  // namespace

int main() {
    const char* folder = THIMBLE_SOURCE_DIR "/../shared/fixtures";
    size_t n;
    char path[1024];
    snprintf(path, sizeof path, "%s/peer.tsv", folder);
    char* table = read_file(path, &n);
    if (!table) {
        printf("no ../shared/fixtures: skipped\n");
        return 77;
    }
    char* save = nullptr;
    for (char* line = strtok_r(table, "\n", &save); line; line = strtok_r(nullptr, "\n", &save)) {
        char name[128];
        double std, mean;
        if (sscanf(line, "%127s %lf %lf", name, &std, &mean) == 3) check_fixture(folder, name, mean);
    }
    free(table);
    return REPORT();
}
