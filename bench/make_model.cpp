// SPDX-License-Identifier: MIT
// Writes a random-weight GGUF model at a real shape, in one pass, for speed measurements: bench_make_model SHAPE TYPE OUT.
// Every matrix has the one type; blocks are drawn from a pool of encoded normal noise, so that numbers stay tame. Other
// programs that read GGUF load it too. Memory: a few megabytes, whatever the model's size.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "kernels/formats/encode.h"
#include "kernels/kernels.h"

using namespace thimble;

namespace {

struct Shape {
    const char* name;
    const char* arch;
    uint32_t layers, width, ff, heads, kv_heads, head_dim, vocab, context;
    bool tied, fused, qkv_bias;  // fused: one qkv matrix and gate over up (Phi-3)
    float rope_base;
    uint32_t n_rot;
};
const Shape kShapes[] = {
    {"llama-3.2-1b", "llama", 16, 2048, 8192, 32, 8, 64, 128256, 131072, true, false, false, 500000, 64},
    {"llama-3-8b", "llama", 32, 4096, 14336, 32, 8, 128, 128256, 8192, false, false, false, 500000, 128},
    {"qwen2.5-0.5b", "qwen2", 24, 896, 4864, 14, 2, 64, 151936, 32768, true, false, true, 1000000, 64},
    {"smollm2-135m", "llama", 30, 576, 1536, 9, 3, 64, 49152, 8192, true, false, false, 100000, 64},
    {"phi-4-mini", "phi3", 32, 3072, 8192, 24, 8, 128, 200064, 131072, true, true, false, 10000, 96},
    {"probe", "llama", 2, 2048, 8192, 32, 8, 64, 4096, 8192, false, false, false, 500000,
     64},  // two layers, for counting
};

uint64_t state = 0x853c49e6748fea9bULL;
uint32_t random32() {  // PCG32, O'Neill 2014
    const uint64_t old = state;
    state = old * 6364136223846793005ULL + 1442695040888963407ULL;
    const uint32_t x = static_cast<uint32_t>(((old >> 18) ^ old) >> 27), r = static_cast<uint32_t>(old >> 59);
    return x >> r | x << ((32 - r) & 31);
}
float normal() {  // sum of twelve uniforms
    float s = -6;
    for (int i = 0; i < 12; ++i) s += static_cast<float>(random32() >> 8) * 0x1p-24f;
    return s;
}

struct Writer {
    FILE* f;  // nullptr: only counts
    uint64_t at = 0;
    bool ok = true;
    void raw(const void* p, size_t n) {
        ok = ok && (!f || fwrite(p, 1, n, f) == n);
        at += n;
    }
    void u32(uint32_t v) { raw(&v, 4); }
    void u64(uint64_t v) { raw(&v, 8); }
    void str(const char* s) {
        u64(strlen(s));
        raw(s, strlen(s));
    }
    void pad(uint64_t alignment) {
        static const char zero[64] = {};
        raw(zero, (alignment - at % alignment) % alignment);
    }
    // Metadata: GGUF type numbers 4 u32, 6 f32, 7 bool, 8 string, 9 array.
    uint32_t entries = 0;
    void key(const char* arch, const char* name, uint32_t type) {
        char full[128];
        snprintf(full, sizeof full, "%s%s%s", arch, *arch ? "." : "", name);
        str(full);
        u32(type);
        ++entries;
    }
    void meta(const char* arch, const char* name, uint32_t v) { key(arch, name, 4), u32(v); }
    void meta(const char* arch, const char* name, float v) { key(arch, name, 6), raw(&v, 4); }
    void meta(const char* name, const char* v) { key("", name, 8), str(v); }
    void flag(const char* name, bool v) {
        key("", name, 7);
        const uint8_t b = v;
        raw(&b, 1);
    }
};

struct TensorPlan {
    char name[64];
    uint64_t k, rows;  // rows 0: a vector
    uint32_t type;
    float value;  // vectors: filled with it
    uint64_t bytes() const {
        const FormatInfo* f = format_info(type);
        return k / f->block * f->bytes * (rows ? rows : 1);
    }
};
TensorPlan plan[1024];
int n_plan;

void matrix(const char* name, int layer, uint64_t k, uint64_t rows, uint32_t type) {
    TensorPlan& t = plan[n_plan++];
    if (layer >= 0)
        snprintf(t.name, sizeof t.name, "blk.%d.%s.weight", layer, name);
    else
        snprintf(t.name, sizeof t.name, "%s.weight", name);
    t.k = k, t.rows = rows, t.type = type;
}
void vector(const char* name, int layer, uint64_t n, float value) {
    TensorPlan& t = plan[n_plan++];
    if (layer >= 0)
        snprintf(t.name, sizeof t.name, "blk.%d.%s", layer, name);
    else
        snprintf(t.name, sizeof t.name, "%s", name);
    t.k = n, t.rows = 0, t.type = kF32, t.value = value;
}

void plan_tensors(const Shape& s, uint32_t type) {
    const uint64_t e = s.width, q = uint64_t{s.heads} * s.head_dim, kv = uint64_t{s.kv_heads} * s.head_dim;
    matrix("token_embd", -1, e, s.vocab, type);
    for (int l = 0; l < static_cast<int>(s.layers); ++l) {
        vector("attn_norm.weight", l, e, 1);
        if (s.fused) {
            matrix("attn_qkv", l, e, q + 2 * kv, type);
        } else {
            matrix("attn_q", l, e, q, type);
            matrix("attn_k", l, e, kv, type);
            matrix("attn_v", l, e, kv, type);
        }
        if (s.qkv_bias)
            vector("attn_q.bias", l, q, 0), vector("attn_k.bias", l, kv, 0), vector("attn_v.bias", l, kv, 0);
        matrix("attn_output", l, q, e, type);
        vector("ffn_norm.weight", l, e, 1);
        if (s.fused) {
            matrix("ffn_up", l, e, 2 * uint64_t{s.ff}, type);
        } else {
            matrix("ffn_gate", l, e, s.ff, type);
            matrix("ffn_up", l, e, s.ff, type);
        }
        matrix("ffn_down", l, s.ff, e, type);
    }
    vector("output_norm.weight", -1, e, 1);
    if (!s.tied) matrix("output", -1, e, s.vocab, type);
}

// Blocks of the type that hold normal noise; formats without an encoder get random bytes under a small scale.
constexpr int kPool = 2048;
bool fill_pool(uint32_t type, uint8_t* pool, float sigma) {
    const FormatInfo* f = format_info(type);
    float x[256];
    for (int b = 0; b < kPool; ++b) {
        uint8_t* block = pool + static_cast<size_t>(b) * f->bytes;
        for (uint32_t i = 0; i < f->block; ++i) x[i] = sigma * normal();
        if (encode_row(type, x, f->block, block)) continue;
        for (uint32_t i = 0; i < f->bytes; ++i) block[i] = static_cast<uint8_t>(random32());
        if (type == kIQ1_M) {  // its scale is spread over the top nibbles of four words
            for (int i = 0; i < 4; ++i)
                block[49 + 2 * i] = static_cast<uint8_t>((block[49 + 2 * i] & 15) | (i == 3 ? 0x10 : 0));
        } else {
            block[0] = 0, block[1] = 0x14;  // f16 0.001
        }
    }
    return true;
}

void write_data(Writer& w, const TensorPlan& t, const uint8_t* pool) {
    if (t.rows == 0) {
        for (uint64_t i = 0; i < t.k; ++i) w.raw(&t.value, 4);
        return;
    }
    const FormatInfo* f = format_info(t.type);
    static uint8_t buffer[1 << 16];
    const uint64_t run = sizeof buffer / f->bytes, blocks = t.k / f->block * t.rows;
    for (uint64_t done = 0; done < blocks;) {
        const uint64_t take = blocks - done < run ? blocks - done : run;
        for (uint64_t i = 0; i < take; ++i)
            memcpy(buffer + i * f->bytes, pool + size_t{random32() % kPool} * f->bytes, f->bytes);
        w.raw(buffer, take * f->bytes);
        done += take;
    }
}

void write_metadata(Writer& w, const Shape& s, const char* type_name) {
    char name[96];
    snprintf(name, sizeof name, "%s-random-%s", s.name, type_name);
    w.meta("general.architecture", s.arch);
    w.meta("general.name", name);
    w.meta(s.arch, "context_length", s.context);
    w.meta(s.arch, "embedding_length", s.width);
    w.meta(s.arch, "block_count", s.layers);
    w.meta(s.arch, "feed_forward_length", s.ff);
    w.meta(s.arch, "attention.head_count", s.heads);
    w.meta(s.arch, "attention.head_count_kv", s.kv_heads);
    w.meta(s.arch, "vocab_size", s.vocab);
    w.meta(s.arch, "rope.dimension_count", s.n_rot);
    w.meta(s.arch, "rope.freq_base", s.rope_base);
    w.meta(s.arch, "attention.layer_norm_rms_epsilon", 1e-5f);
    w.meta("tokenizer.ggml.model", "llama");
    w.meta("", "tokenizer.ggml.bos_token_id", 1u);
    w.meta("", "tokenizer.ggml.eos_token_id", 2u);
    w.meta("", "tokenizer.ggml.unknown_token_id", 0u);
    w.flag("tokenizer.ggml.add_bos_token", false);
    w.key("", "tokenizer.ggml.tokens", 9);
    w.u32(8);
    w.u64(s.vocab);
    for (uint32_t i = 0; i < s.vocab; ++i) {
        char t[16];
        if (i < 3)
            snprintf(t, sizeof t, "%s", i == 0 ? "<unk>" : i == 1 ? "<s>" : "</s>");
        else if (i < 259)
            snprintf(t, sizeof t, "<0x%02X>", i - 3);
        else
            snprintf(t, sizeof t, "t%u", i);
        w.str(t);
    }
    w.key("", "tokenizer.ggml.scores", 9);
    w.u32(6);
    w.u64(s.vocab);
    for (uint32_t i = 0; i < s.vocab; ++i) {
        const float score = -static_cast<float>(i);
        w.raw(&score, 4);
    }
    w.key("", "tokenizer.ggml.token_type", 9);
    w.u32(5);
    w.u64(s.vocab);
    for (uint32_t i = 0; i < s.vocab; ++i) w.u32(i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1);
}

int usage(FILE* to) {
    fputs("usage: bench_make_model SHAPE TYPE OUT.gguf\nWrites a model of random weights.\nshapes:", to);
    for (const Shape& s : kShapes) fprintf(to, " %s", s.name);
    fputs("\ntypes:", to);
    for (uint32_t t = 0; t < kTypeCount; ++t)
        if (format_info(t)) fprintf(to, " %s", format_info(t)->name);
    fputc('\n', to);
    return to == stdout ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return usage(stdout);
    if (argc != 4) return usage(stderr);
    const Shape* shape = nullptr;
    uint32_t type = kTypeCount;
    for (const Shape& s : kShapes)
        if (strcmp(s.name, argv[1]) == 0) shape = &s;
    for (uint32_t t = 0; t < kTypeCount; ++t)
        if (format_info(t) && strcmp(format_info(t)->name, argv[2]) == 0) type = t;
    if (!shape || type == kTypeCount) {
        fprintf(stderr, "bench_make_model: no such %s: %s\n", shape ? "type" : "shape", argv[shape ? 2 : 1]);
        return usage(stderr);
    }
    const FormatInfo* f = format_info(type);
    if (shape->width % f->block || shape->ff % f->block) {
        fprintf(stderr, "bench_make_model: rows of %s are no multiple of %s's block of %u\n", shape->name, f->name,
                f->block);
        return 1;
    }
    plan_tensors(*shape, type);
    uint8_t* pool = static_cast<uint8_t*>(malloc(size_t{kPool} * f->bytes));
    if (!pool || !fill_pool(type, pool, 0.02f)) return 1;
    FILE* file = fopen(argv[3], "wb");
    if (!file) {
        perror(argv[3]);
        return 1;
    }
    Writer w{file};
    w.raw("GGUF", 4);
    w.u32(3);
    w.u64(static_cast<uint64_t>(n_plan));
    Writer counted{nullptr};
    write_metadata(counted, *shape, f->name);
    w.u64(counted.entries);
    write_metadata(w, *shape, f->name);
    uint64_t offset = 0;
    for (int i = 0; i < n_plan; ++i) {
        const TensorPlan& t = plan[i];
        w.str(t.name);
        w.u32(t.rows ? 2 : 1);
        w.u64(t.k);
        if (t.rows) w.u64(t.rows);
        w.u32(t.type);
        w.u64(offset);
        offset += (t.bytes() + 31) / 32 * 32;
    }
    for (int i = 0; i < n_plan; ++i) {
        w.pad(32);
        write_data(w, plan[i], pool);
    }
    w.pad(32);
    if (fclose(file) != 0 || !w.ok) {
        fprintf(stderr, "bench_make_model: cannot write %s\n", argv[3]);
        return 1;
    }
    free(pool);
    return 0;
}
