// SPDX-License-Identifier: MIT
// thimble bench: prompt and generation speed of a model, beside what this machine could do at most, measured in the same
// run: the memory bandwidth that its threads reach, for generation, and their multiply peaks, for prompts: int8 products of
// quantised matrices, fused multiply-adds of floats for the others and for attention. Protocol: bench/README.md.
#include "examples/cli/cli.h"
#include "examples/cli/roof.h"
#include "kernels/kernels.h"

namespace cli {
namespace {

constexpr int kMostTests = 64;
constexpr roof::Threads kClock{1, false};

struct Test {
    char name[48];
    uint32_t prompt, generate, depth;
    double mean, deviation, roof;  // tokens a second
};

// The best rates seen, a second.
struct Roofs {
    double bytes, products, floats;
    void measure(const roof::Threads& threads, const char* tier, const void* data, size_t size) {
        const double b = threads.read_rate(data, size);
        const double p = threads.multiply_rate(tier, thimble::Peak::kInt8);
        const double f = threads.multiply_rate(tier, thimble::Peak::kFloat);
        bytes = b > bytes ? b : bytes;
        products = p > products ? p : products;
        floats = f > floats ? f : floats;
    }
};

// What the layers of a dense model take for a token of a prompt.
struct PromptWork {
    double products, floats;  // multiply-accumulates of quantised and of other matrices
    double attended;          // fused multiply-adds of attention for each position that a token sees
};
bool named(const thimble_tensor_info& t, const char* end) {
    const size_t n = strlen(end);
    return t.name_length > n && memcmp(t.name + t.name_length - n, end, n) == 0;
}
PromptWork prompt_work(const thimble_model* m) {
    PromptWork w{};
    thimble_tensor_info t;
    for (uint32_t i = 0; thimble_tensor(m, i, &t); ++i) {
        if (t.n_dims != 2 || t.name_length <= 4 || memcmp(t.name, "blk.", 4) != 0) continue;
        const bool dense = !strcmp(t.type_name, "F32") || !strcmp(t.type_name, "F16") || !strcmp(t.type_name, "BF16");
        (dense ? w.floats : w.products) += static_cast<double>(t.shape[0]) * static_cast<double>(t.shape[1]);
        // All heads' values enter the output projection; keys are taken to be as wide.
        if (named(t, ".attn_output.weight")) w.attended += 2 * static_cast<double>(t.shape[0]);
    }
    // Windows are not looked into: such a model's attention stays uncounted, which leaves the roof too high.
    size_t length;
    for (uint32_t i = 0; const char* key = thimble_meta_key(m, i, &length); ++i)
        if (length > 15 && memcmp(key + length - 15, ".sliding_window", 15) == 0) w.attended = 0;
    return w;
}

// "128,512" to numbers.
bool parse_list(const char* flag, const char* text, uint32_t* out, int* n) {
    *n = 0;
    while (*text) {
        char* end;
        const long v = strtol(text, &end, 10);
        if (end == text || v < 0 || v > 1 << 24 || *n == 16 || (*end && *end != ','))
            return usage_error("%s wants numbers with commas between, not '%s'", flag, text), false;
        out[(*n)++] = static_cast<uint32_t>(v);
        text = *end ? end + 1 : end;
    }
    return *n > 0;
}

struct Bench {
    const Options& o;
    Loaded l;
    uint32_t n_vocab = 0;
    uint32_t state = 12345;
    int32_t* ids = nullptr;

    void random_ids(uint32_t n) {
        for (uint32_t i = 0; i < n; ++i) {
            state = state * 1664525u + 1013904223u;
            ids[i] = static_cast<int32_t>((state >> 8) % n_vocab);
        }
    }
    bool evaluate(uint32_t n) {
        thimble_error err;
        random_ids(n);
        if (thimble_eval(l.session, ids, n, nullptr, &err) == THIMBLE_OK) return true;
        fail(err);
        return false;
    }
    bool once(const Test& t, double* seconds) {
        thimble_rewind(l.session, 0, nullptr);
        if (t.depth && !evaluate(t.depth)) return false;
        const double t0 = kClock.now();
        if (t.prompt && !evaluate(t.prompt)) return false;
        for (uint32_t i = 0; i < t.generate; ++i)
            if (!evaluate(1)) return false;
        *seconds = kClock.now() - t0;
        return true;
    }
    bool measure(Test* t) {
        double seconds, sum = 0, squares = 0;
        Test warm = *t;  // page in, warm up
        if (warm.generate > 4) warm.generate = 4;
        warm.depth = 0;
        if (!once(warm, &seconds)) return false;
        for (uint32_t r = 0; r < o.repeats; ++r) {
            if (!once(*t, &seconds)) return false;
            const double rate = (t->prompt + t->generate) / seconds;
            sum += rate;
            squares += rate * rate;
        }
        t->mean = sum / o.repeats;
        const double variance = o.repeats > 1 ? (squares - sum * sum / o.repeats) / (o.repeats - 1) : 0;
        t->deviation = variance > 0 ? thimble::math_sqrt(variance) : 0;
        return true;
    }
};

void print(const Options& o, const thimble_model_info& info, const Test* tests, int n, const Roofs& roofs,
           uint32_t threads, const char* tier) {
    const char* format = o.output ? o.output : "md";
    const char* model = *info.name ? info.name : info.architecture;
    if (strcmp(format, "json") == 0) {
        put("[", 1);
        for (int i = 0; i < n; ++i) {
            printf("%s{\"test\":\"%s\",\"avg_ts\":%.3f,\"stddev_ts\":%.3f,\"threads\":%u,\"model\":", i ? ",\n " : "",
                   tests[i].name, tests[i].mean, tests[i].deviation, threads);
            put_json_string(model, strlen(model));
            printf(
                ",\"type\":\"%s\",\"size\":%llu,\"params\":%llu,\"cpu\":\"%s\",\"read_gbps\":%.2f,\"multiply_gmacs\":%."
                "1f,\"fma_gmacs\":%.1f",
                info.type_name, static_cast<unsigned long long>(info.weights_bytes),
                static_cast<unsigned long long>(info.n_params), tier, roofs.bytes / 1e9, roofs.products / 1e9,
                roofs.floats / 1e9);
            if (tests[i].roof > 0)
                printf(",\"roof_ts\":%.3f,\"roof_percent\":%.1f", tests[i].roof, 100 * tests[i].mean / tests[i].roof);
            else
                printf(",\"roof_ts\":null,\"roof_percent\":null");
            put("}", 1);
        }
        put("]\n", 2);
        return;
    }
    const bool csv = strcmp(format, "csv") == 0;
    if (csv)
        printf("model,type,size,params,threads,cpu,test,avg_ts,stddev_ts,roof_ts,roof_percent\n");
    else
        printf(
            "| model | size | params | threads | cpu | test | t/s | of the roof "
            "|\n|---|---:|---:|---:|---|---|---:|---:|\n");
    for (int i = 0; i < n; ++i) {
        const Test& t = tests[i];
        if (csv)
            printf("\"%s\",%s,%llu,%llu,%u,%s,%s,%.3f,%.3f,%.3f,%.1f\n", model, info.type_name,
                   static_cast<unsigned long long>(info.weights_bytes), static_cast<unsigned long long>(info.n_params),
                   threads, tier, t.name, t.mean, t.deviation, t.roof, t.roof > 0 ? 100 * t.mean / t.roof : 0);
        else {
            printf("| %s %s | %.2f MiB | %.2f M | %u | %s | %s | %.2f ± %.2f |", model, info.type_name,
                   static_cast<double>(info.weights_bytes) / 1048576, static_cast<double>(info.n_params) / 1e6, threads,
                   tier, t.name, t.mean, t.deviation);
            if (t.roof > 0)
                printf(" %.0f %% |\n", 100 * t.mean / t.roof);
            else
                printf(" |\n");
        }
    }
    if (!csv)
        printf("\nroofs of %u threads: memory read %.1f GB/s, int8 products %.0f GMAC/s, floats %.0f GMAC/s (%s)\n",
               threads, roofs.bytes / 1e9, roofs.products / 1e9, roofs.floats / 1e9, tier);
}

}  // namespace

int bench(const Options& o) {
    if (o.output && strcmp(o.output, "md") && strcmp(o.output, "csv") && strcmp(o.output, "json"))
        return usage_error("-o wants md, csv or json, not '%s'", o.output);
    uint32_t prompts[16], generates[16], depths[16];
    int np, ng, nd;
    if (!parse_list("-p", o.p_list ? o.p_list : "512", prompts, &np) ||
        !parse_list("-n", o.n_list ? o.n_list : "128", generates, &ng) ||
        !parse_list("-d", o.d_list ? o.d_list : "0", depths, &nd))
        return kUsage;
    Test tests[kMostTests];
    int n = 0;
    uint32_t most = 1;
    for (int d = 0; d < nd; ++d) {
        for (int kind = 0; kind < 2; ++kind) {
            for (int i = 0; i < (kind ? ng : np) && n < kMostTests; ++i) {
                Test t{};
                (kind ? t.generate : t.prompt) = kind ? generates[i] : prompts[i];
                if (t.generate + t.prompt == 0) continue;
                t.depth = depths[d];
                snprintf(t.name, sizeof t.name, t.depth ? "%s%u@d%u" : "%s%u", kind ? "tg" : "pp",
                         t.generate + t.prompt, t.depth);
                if (t.generate + t.prompt + t.depth > most) most = t.generate + t.prompt + t.depth;
                tests[n++] = t;
            }
        }
    }
    if (n == 0) return usage_error("nothing to measure: -p and -n are 0");
    Options with = o;
    with.session.n_ctx = with.session.n_ctx > most ? with.session.n_ctx : most;
    if (!o.batch_given) with.session.n_batch = 512;
    if (!with.model && o.n_positional) with.model = o.positional[0];
    if (!with.model && !default_model()) return usage_error("bench wants -m MODEL");
    Bench b{with, {}};
    if (!load(with, true, &b.l)) return kFailed;
    thimble_model_info info{};
    info.struct_size = sizeof info;
    thimble_model_describe(b.l.model, &info);
    b.n_vocab = info.n_vocab;
    b.ids = static_cast<int32_t*>(malloc(most * sizeof(int32_t)));
    if (!b.ids) return fail("not enough memory");
    const size_t probe = size_t{256} << 20;
    void* data = allocate(probe, "the memory probe", "");
    memset(data, 1, probe);
    const char* tier = thimble_cpu_tier(b.l.session);
    const uint32_t threads = b.l.plan.n_threads;
    const roof::Threads team{threads < roof::kMostThreads ? static_cast<int>(threads) : roof::kMostThreads, false};
    Roofs roofs{};
    roofs.measure(team, tier, data, probe);
    for (int i = 0; i < n; ++i) {
        if (terminal(2) && !o.quiet) fprintf(stderr, "\r%s ...\033[K", tests[i].name);
        if (!b.measure(&tests[i])) return interrupted() ? kInterrupted : kFailed;
        roofs.measure(team, tier, data, probe);
    }
    if (terminal(2) && !o.quiet) fputs("\r\033[K", stderr);
    // Decode reads every weight once (the embedding only a row where the output has a matrix of its own) and the KV cache.
    uint64_t weights = info.weights_bytes;
    thimble_tensor_info t;
    bool output = false;
    uint64_t embedding = 0;
    for (uint32_t i = 0; thimble_tensor(b.l.model, i, &t); ++i) {
        if (t.name_length == 13 && memcmp(t.name, "output.weight", 13) == 0) output = true;
        if (t.name_length == 17 && memcmp(t.name, "token_embd.weight", 17) == 0) embedding = t.bytes;
    }
    if (output) weights -= embedding;
    const PromptWork work = prompt_work(b.l.model);
    for (int i = 0; i < n; ++i) {
        if (info.n_expert) continue;
        if (!tests[i].generate) {
            if (roofs.products == 0 || roofs.floats == 0) continue;
            const double positions = tests[i].depth + (tests[i].prompt + 1) / 2.0;
            tests[i].roof =
                1 / (work.products / roofs.products + (work.floats + work.attended * positions) / roofs.floats);
            continue;
        }
        const double kv =
            static_cast<double>(b.l.plan.kv_bytes) / b.l.plan.n_ctx * (tests[i].depth + tests[i].generate / 2.0);
        tests[i].roof = roofs.bytes / (static_cast<double>(weights) + kv);
    }
    print(o, info, tests, n, roofs, b.l.plan.n_threads, tier);
    unload(&b.l);
    return kOkay;
}

}  // namespace cli
