// SPDX-License-Identifier: MIT
// thimble inspect and plan: what a file holds, and what running it takes.
#include "examples/cli/cli.h"

namespace cli {
namespace {

bool wants_json(const Options& o, bool* json) {
    *json = o.json || (o.output && strcmp(o.output, "json") == 0);
    if (o.output && !*json && strcmp(o.output, "text") != 0)
        return usage_error("-o wants json or text, not '%s'", o.output), false;
    return true;
}

char* value_of(const thimble_model* m, uint32_t i, size_t* n) {
    *n = thimble_meta_value(m, i, nullptr, 0);
    char* v = static_cast<char*>(malloc(*n + 1));
    if (!v) exit(fail("not enough memory"));
    thimble_meta_value(m, i, v, *n);
    v[*n] = 0;
    return v;
}

void inspect_json(const thimble_model* m) {
    printf("{\"metadata\":{");
    size_t key_length, n;
    for (uint32_t i = 0; i < thimble_meta_count(m); ++i) {
        const char* key = thimble_meta_key(m, i, &key_length);
        if (i) put(",", 1);
        put_json_string(key, key_length);
        put(":", 1);
        char* v = value_of(m, i, &n);
        put_json_string(v, n);
        free(v);
    }
    printf("},\"tensors\":[");
    thimble_tensor_info t;
    for (uint32_t i = 0; thimble_tensor(m, i, &t); ++i) {
        if (i) put(",", 1);
        printf("{\"name\":");
        put_json_string(t.name, t.name_length);
        printf(",\"type\":\"%s\",\"shape\":[", t.type_name);
        for (uint32_t d = 0; d < t.n_dims; ++d)
            printf(d ? ",%llu" : "%llu", static_cast<unsigned long long>(t.shape[d]));
        printf("],\"offset\":%llu,\"bytes\":%llu,\"shard\":%u}", static_cast<unsigned long long>(t.offset),
               static_cast<unsigned long long>(t.bytes), t.shard);
    }
    printf("]}\n");
}

// One line, cut to a width, control characters shown as spaces.
void put_line(const char* v, size_t n, size_t width) {
    const size_t take = n < width ? n : width;
    for (size_t i = 0; i < take; ++i) {
        const char c = static_cast<unsigned char>(v[i]) < 0x20 ? ' ' : v[i];
        put(&c, 1);
    }
    if (take < n) put("...", 3);
    put("\n", 1);
}

void inspect_text(const thimble_model* m) {
    thimble_model_info info{};
    info.struct_size = sizeof info;
    thimble_model_describe(m, &info);
    printf("%s  %s  %s  %.2f M parameters, %.1f MiB of weights\n\n", *info.name ? info.name : "(no name)",
           info.architecture, info.type_name, static_cast<double>(info.n_params) / 1e6,
           static_cast<double>(info.weights_bytes) / 1048576.0);
    size_t key_length, n;
    for (uint32_t i = 0; i < thimble_meta_count(m); ++i) {
        const char* key = thimble_meta_key(m, i, &key_length);
        put(key, key_length);
        put(" = ", 3);
        char* v = value_of(m, i, &n);
        put_line(v, n, 160);
        free(v);
    }
    put("\n", 1);
    thimble_tensor_info t;
    for (uint32_t i = 0; thimble_tensor(m, i, &t); ++i) {
        put(t.name, t.name_length);
        printf("  %s  ", t.type_name);
        for (uint32_t d = 0; d < t.n_dims; ++d)
            printf(d ? " x %llu" : "%llu", static_cast<unsigned long long>(t.shape[d]));
        printf("  %llu bytes\n", static_cast<unsigned long long>(t.bytes));
    }
}

}  // namespace

int inspect(const Options& o) {
    Options with = o;
    if (!with.model && o.n_positional) with.model = o.positional[0];
    if (!with.model) return usage_error("inspect wants a MODEL");
    bool json;
    if (!wants_json(o, &json)) return kUsage;
    // Any well-formed container is shown, also one whose architecture cannot run here.
    with.load.vocab_only = 1;
    Loaded l;
    if (!load(with, false, &l)) return kFailed;
    if (json)
        inspect_json(l.model);
    else
        inspect_text(l.model);
    unload(&l);
    return kOkay;
}

int plan(const Options& o) {
    bool json;
    if (!wants_json(o, &json)) return kUsage;
    Options with = o;
    if (!with.model && o.n_positional) with.model = o.positional[0];
    if (!with.model && !default_model()) return usage_error("plan wants -m MODEL");
    Loaded l;
    if (!load(with, false, &l)) return kFailed;
    thimble_error err;
    thimble_plan p{};
    p.struct_size = sizeof p;
    const thimble_session_params params = session_params(o);
    if (thimble_plan_session(l.model, &params, &p, &err) != THIMBLE_OK) return fail(err);
    const struct {
        const char* name;
        uint64_t value;
        const char* what;
    } rows[] = {{"weights_bytes", p.weights_bytes, "weights, mapped from the file"},
                {"kv_bytes", p.kv_bytes, "KV cache"},
                {"scratch_bytes", p.scratch_bytes, "activations, logits, thread stacks"},
                {"tokenizer_bytes", p.tokenizer_bytes, "tokenizer indexes, inside the model handle"},
                {"model_bytes", p.model_bytes, "model handle"},
                {"session_bytes", p.session_bytes, "session: KV cache and scratch"},
                {"arena_bytes", p.arena_bytes, "all that is allocated: model handle and session"},
                {"total_bytes", p.arena_bytes + p.weights_bytes, "resident at most: weights and arena"}};
    if (json) {
        printf("{\"n_ctx\":%u,\"n_batch\":%u,\"n_threads\":%u", p.n_ctx, p.n_batch, p.n_threads);
        for (const auto& r : rows) printf(",\"%s\":%llu", r.name, static_cast<unsigned long long>(r.value));
        printf("}\n");
    } else {
        printf("context %u tokens, batch %u, %u threads\n", p.n_ctx, p.n_batch, p.n_threads);
        for (const auto& r : rows) printf("%14llu  %s\n", static_cast<unsigned long long>(r.value), r.what);
    }
    unload(&l);
    return kOkay;
}

}  // namespace cli
