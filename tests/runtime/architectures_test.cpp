// SPDX-License-Identifier: MIT
// Every architecture of archs.def as a toy model with random weights (tests/support/toy_models.h): the logits after each
// of 300 tokens against an independent transformer in double precision (tests/reference/transformer_oracle.h), then the
// same bits with other threads, batches and tiers, and with Q8_0 weights.
// With a folder as argument the models, their tokens and the oracle's logits are written there, for other programs.
#include "runtime/model/arch.h"
#include "runtime/thimble.h"
#include "tests/check.h"
#include "tests/reference/transformer_oracle.h"
#include "tests/support/toy_models.h"

namespace {

constexpr int kTokens = 300;
constexpr uint32_t kSessionContext = 320;

struct Run {
    thimble_model* model = nullptr;
    void* buffer = nullptr;
    uint32_t n_vocab = 0;

    bool open(const GgufBytes& file) {
        thimble_error err;
        const thimble_source src = thimble_from_memory(file.data, file.size);
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
    // Logits after each token; the caller frees. nullptr: no such tier, or an error.
    float* logits(const int32_t* ids, int n, uint32_t threads, uint32_t batch, const char* tier) {
        thimble_error err;
        thimble_session_params p = thimble_session_defaults();
        p.n_ctx = kSessionContext;
        p.n_threads = threads;
        p.n_batch = batch;
        p.cpu_tier = tier;
        p.kv_type_k = p.kv_type_v = THIMBLE_KV_F32;
        size_t bytes;
        thimble_session* s = nullptr;
        if (thimble_session_bytes(model, &p, &bytes, &err) != THIMBLE_OK) return nullptr;
        void* memory = malloc(bytes);
        float* out = nullptr;
        if (thimble_session_init(model, &p, memory, bytes, &s, &err) == THIMBLE_OK) {
            out = static_cast<float*>(malloc(static_cast<size_t>(n) * n_vocab * sizeof(float)));
            if (thimble_eval(s, ids, static_cast<size_t>(n), out, &err) != THIMBLE_OK)
                fprintf(stderr, "%s\n", err.message);
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

int compare(const void* a, const void* b) {
    const double x = *static_cast<const double*>(a), y = *static_cast<const double*>(b);
    return x < y ? -1 : x > y;
}

// The error of each position's logits over their deviation: the largest and the median.
struct Distance {
    double largest, median;
};
Distance distance(const double* want, const float* got, int n, int width) {
    double error[kTokens], top = 0;
    for (int t = 0; t < n; ++t) {
        double mean = 0, deviation = 0, wrong = 0;
        for (int i = 0; i < width; ++i) mean += want[t * width + i] / width;
        for (int i = 0; i < width; ++i) {
            const double centred = want[t * width + i] - mean, e = got[t * width + i] - want[t * width + i];
            deviation += centred * centred / width;
            wrong += e * e / width;
        }
        error[t] = sqrt(wrong / deviation);
        if (!(error[t] <= top)) top = error[t];
    }
    qsort(error, static_cast<size_t>(n), sizeof error[0], compare);
    return {top, error[n / 2]};
}

void fill(int32_t* ids) {
    uint32_t state = 12345;
    for (int i = 0; i < kTokens; ++i) {
        state = state * 1664525 + 1013904223;
        ids[i] = static_cast<int32_t>((state >> 8) % toy::kVocab);
    }
}

void save(const char* folder, const toy::Spec& spec, const GgufBytes& file, const int32_t* ids, const double* logits) {
    char path[1024];
    const struct {
        const char* ending;
        const void* data;
        size_t size;
    } parts[] = {{"gguf", file.data, file.size},
                 {"tokens", ids, kTokens * sizeof(int32_t)},
                 {"oracle", logits, kTokens * toy::kVocab * sizeof(double)}};
    for (const auto& p : parts) {
        snprintf(path, sizeof path, "%s/%s.%s.%s", folder, spec.arch, spec.variant, p.ending);
        for (char* c = path; *c; ++c)
            if (*c == ' ') *c = '_';
        FILE* f = fopen(path, "wb");
        if (!f || fwrite(p.data, 1, p.size, f) != p.size) fprintf(stderr, "cannot write %s\n", path);
        if (f) fclose(f);
    }
}

void check_bits(Run& run, const toy::Spec& spec, const int32_t* ids, int n, const float* first, bool tiers) {
    const struct {
        uint32_t threads, batch;
        const char* tier;
    } variants[] = {{2, 7, nullptr},  {3, 1, nullptr}, {2, 64, "scalar"},  {2, 33, "avx2"}, {1, 33, "avxvnni"},
                    {2, 7, "avx512"}, {2, 33, "neon"}, {2, 33, "dotprod"}, {2, 33, "i8mm"}};
    for (const auto& v : variants) {
        if (v.tier && (!tiers || THIMBLE_EMULATED)) continue;
        float* other = run.logits(ids, n, v.threads, v.batch, v.tier);
        if (!other && v.tier) continue;
        if (!CHECK(other && memcmp(first, other, static_cast<size_t>(n) * run.n_vocab * sizeof(float)) == 0))
            fprintf(stderr, "    %s (%s): other bits with %u threads, batch %u, tier %s\n", spec.arch, spec.variant,
                    v.threads, v.batch, v.tier ? v.tier : "best");
        free(other);
    }
}

// 50 tokens, back to 30, on from there, the last token's logits alone: the same bits as with all, without the detour.
void check_rewind(Run& run, const toy::Spec& spec, const int32_t* ids, const float* first, uint32_t threads) {
    thimble_error err;
    thimble_session_params p = thimble_session_defaults();
    p.n_ctx = kSessionContext;
    p.n_batch = 32;
    p.n_threads = threads;
    p.kv_type_k = p.kv_type_v = THIMBLE_KV_F32;
    size_t bytes;
    thimble_session* s = nullptr;
    if (!CHECK(thimble_session_bytes(run.model, &p, &bytes, &err) == THIMBLE_OK)) return;
    const auto last_is = [&](size_t token) {
        return memcmp(thimble_logits(s), first + token * run.n_vocab, run.n_vocab * sizeof(float)) == 0;
    };
    void* memory = malloc(bytes);
    if (CHECK(thimble_session_init(run.model, &p, memory, bytes, &s, &err) == THIMBLE_OK)) {
        CHECK(thimble_eval(s, ids, 50, nullptr, &err) == THIMBLE_OK);
        if (!CHECK(last_is(49)))
            fprintf(stderr, "    %s (%s), %u threads: other bits without all logits\n", spec.arch, spec.variant,
                    threads);
        CHECK(thimble_rewind(s, 30, &err) == THIMBLE_OK);
        CHECK(thimble_eval(s, ids + 30, 15, nullptr, &err) == THIMBLE_OK);
        if (!CHECK(last_is(44)))
            fprintf(stderr, "    %s (%s), %u threads: other bits after a rewind\n", spec.arch, spec.variant, threads);
    }
    thimble_session_close(s);
    free(memory);
}

// Weights of one type; the largest (F32) or the median (quantised: activations are too) error allowed.
void check_type(const toy::Spec& spec, uint32_t type, double limit, const char* folder) {
    const GgufBytes file = toy::Builder(spec, type).build();
    int32_t ids[kTokens];
    fill(ids);
    Run run;
    if (!CHECK(run.open(file))) {
        fprintf(stderr, "    %s (%s)\n", spec.arch, spec.variant);
        return;
    }
    const int n = type == 0 && spec.n_layer < 20 ? kTokens : 60;
    float* got = run.logits(ids, n, 1, 64, nullptr);
    const oracle::File parsed(file.data, file.size);
    oracle::Transformer reference(parsed, ids, n, kSessionContext);
    double* want = reference.run();
    if (CHECK(got)) {
        const Distance e = distance(want, got, n, static_cast<int>(run.n_vocab));
        const double value = type == 0 ? e.largest : e.median;
        if (!CHECK(value <= limit))
            fprintf(stderr, "    %s (%s), %s weights: error %.3g of the logits' deviation, largest %.3g\n", spec.arch,
                    spec.variant, type ? "Q8_0" : "F32", value, e.largest);
        printf("%-14s %-12s %-5s largest %.2e median %.2e\n", spec.arch, spec.variant, type ? "Q8_0" : "F32", e.largest,
               e.median);
        check_bits(run, spec, ids, n < 72 ? n : 72, got, type != 0);
        for (uint32_t threads : {1u, 3u}) check_rewind(run, spec, ids, got, threads);
    }
    if (folder && type == 0) {
        double* all = n == kTokens ? want : oracle::Transformer(parsed, ids, kTokens, kSessionContext).run();
        save(folder, spec, file, ids, all);
        if (all != want) free(all);
    }
    free(want);
    free(got);
}

}  // namespace

int main(int argc, char** argv) {
    const char* only = argc > 2 ? argv[2] : nullptr;
    uint32_t index = 0;
    for (const toy::Spec& spec : toy::kSpecs) {
        if (only && strcmp(only, spec.arch) != 0) continue;
        if (THIMBLE_EMULATED && index++ % 6 != 0)
            continue;  // a sample; the bits are the same as on the machine that runs all
        check_type(spec, thimble::kF32, 2e-4, argc > 1 ? argv[1] : nullptr);
        check_type(spec, thimble::kQ8_0, 0.035 * sqrt(static_cast<double>(spec.n_layer)), nullptr);
    }
    for (uint32_t i = 0; i < thimble::arch_count(); ++i) {
        bool there = false;
        for (const toy::Spec& spec : toy::kSpecs) there = there || strcmp(spec.arch, thimble::arch_at(i)->name) == 0;
        if (!CHECK(there)) fprintf(stderr, "    %s has no toy model\n", thimble::arch_at(i)->name);
    }
    return REPORT();
}
