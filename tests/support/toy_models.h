// SPDX-License-Identifier: MIT
// Toy models with random weights, one or more for every architecture, written as GGUF in memory: two layers (more where
// the layers differ), 64 wide, odd head sizes, windows shorter than the texts, few experts. The same bytes on every
// machine. What a file of an architecture holds follows llama.cpp's loaders, so that it can read them too.
#pragma once
#include "kernels/formats/encode.h"
#include "tests/support/gguf_writer.h"

namespace toy {

enum Part : uint64_t {
    kFusedQkv = 1,
    kQkvBias = 2,
    kOutBias = 4,
    kNormBias = 8,
    kUngated = 16,
    kFusedUp = 32,
    kFfnBias = 64,
    kNoAttnNorm = 128,
    kNoFfnNorm = 256,
    kPostNorms = 512,
    kHeadNorms = 1024,
    kWholeNorms = 2048,
    kEachHeadNorms = 4096,
    kTied = 8192,
    kPositions = 1 << 14,
    kEmbdNorm = 1 << 15,
    kSecondNorm = 1 << 16,
    kSubNorms = 1 << 17,
    kScales = 1 << 18,
    kSinks = 1 << 19,
    kExpertBias = 1 << 20,
    kSharedRouter = 1 << 21,
    kFirstDense = 1 << 22,
    kSelectBias = 1 << 23,
    kRopeFreqs = 1 << 24,
    kRopeFactors = 1 << 25,
    kOutputBias = 1 << 26,
    kNormIsPost = 1 << 27,
    kNoOutputNorm = 1 << 28,
    kPattern = 1 << 29,
    kNoEmbd = 1 << 30,
    kHalfFfn = 1ull << 31,
    kShortConv = 1ull << 32,
    kCarried = 1ull << 33,
};

struct Key {
    const char* name;  // under the architecture's prefix
    char kind;         // u f b s, a: sections
    double value;
    const char* text;
};

struct Spec {
    const char* arch;
    const char* variant;
    uint64_t parts = 0;
    uint32_t n_head = 4, n_head_kv = 2, dk = 16, n_rot = 16, n_ff = 96, n_layer = 2;
    uint32_t n_expert = 0, n_used = 0, n_ff_expert = 0, n_ff_shared = 0;
    Key keys[8] = {};
    uint32_t n_embd = 64, dv = 0;  // dv 0: dk
    uint32_t latent_q = 0, latent_kv = 0, dk_full = 0, dv_full = 0;
};

constexpr uint32_t kVocab = 288, kContext = 512, kConvLength = 3;

// The cases.
#include "tests/support/toy_models.inc"

class Builder {
  public:
    Builder(const Spec& spec, uint32_t weight_type)
        : s(spec), type(weight_type), state(0x9e3779b97f4a7c15u ^ spec.parts) {
        for (const char* p = spec.arch; *p; ++p) state = state * 31 + static_cast<unsigned char>(*p);
    }

    GgufBytes build() {
        metadata();
        vocabulary();
        if (!(s.parts & kNoEmbd)) matrix("token_embd.weight", s.n_embd, kVocab, 1, 1.0f);
        if (s.parts & kEmbdNorm) norm("token_embd_norm", s.n_embd, true);
        if (s.parts & kPositions) plain("position_embd.weight", s.n_embd, kContext, 0.3f);
        if (!(s.parts & kTied)) matrix("output.weight", s.n_embd, kVocab, 1, 3.0f);
        if (s.parts & kOutputBias) bias("output", kVocab);
        if (!(s.parts & kNoOutputNorm))
            norm(s.parts & kShortConv ? "token_embd_norm" : "output_norm", s.n_embd, s.parts & kNormBias);
        if (s.parts & kRopeFreqs) factors("rope_freqs.weight", 1, 8);
        if (s.parts & kRopeFactors) {
            factors("rope_factors_short.weight", 1, 1.5f);
            factors("rope_factors_long.weight", 1, 12);
        }
        for (layer = 0; layer < s.n_layer; ++layer) {
            attention();
            feed_forward();
        }
        return w.finish();
    }

  private:
    const Spec& s;
    uint32_t type;
    uint64_t state;
    uint32_t layer = 0;
    GgufWriter w;
    char text[128];

    float uniform() {  // [-1, 1)
        state += 0x9e3779b97f4a7c15u;
        uint64_t z = state;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        z ^= z >> 31;
        return static_cast<float>(static_cast<int64_t>(z >> 40) - (1 << 23)) / (1 << 23);
    }
    bool convolution(uint32_t i) const { return (s.parts & kShortConv) && i % 3 != 1; }
    const char* key(const char* name) {
        snprintf(text, sizeof text, "%s.%s", s.arch, name);
        return text;
    }
    const char* blk(const char* name) {
        static char out[128];
        snprintf(out, sizeof out, "blk.%u.%s", layer, name);
        return out;
    }

    void metadata() {
        w.str("general.architecture", s.arch);
        w.u32(key("context_length"), kContext)
            .u32(key("embedding_length"), s.n_embd)
            .u32(key("block_count"), s.n_layer);
        w.u32(key("feed_forward_length"), s.n_ff).u32(key("attention.head_count"), s.n_head);
        if (s.parts & kShortConv) {
            int32_t heads[64];
            for (uint32_t i = 0; i < s.n_layer; ++i) heads[i] = convolution(i) ? 0 : static_cast<int32_t>(s.n_head_kv);
            w.numbers(key("attention.head_count_kv"), 5, heads, s.n_layer).u32(key("shortconv.l_cache"), kConvLength);
        } else {
            w.u32(key("attention.head_count_kv"), s.n_head_kv);
        }
        w.u32(key("attention.key_length"), s.dk)
            .u32(key("attention.value_length"), s.dv ? s.dv : s.dk)
            .u32(key("rope.dimension_count"), s.n_rot);
        w.f32(key("attention.layer_norm_epsilon"), 1e-5f).f32(key("attention.layer_norm_rms_epsilon"), 1e-6f);
        w.u32(key("vocab_size"), kVocab);
        if (s.latent_kv)
            w.u32(key("attention.kv_lora_rank"), s.latent_kv).u32(key("attention.q_lora_rank"), s.latent_q);
        if (s.parts & kCarried)
            w.u32(key("attention.key_length_mla"), s.dk_full).u32(key("attention.value_length_mla"), s.dv_full);
        if (s.n_expert) {
            w.u32(key("expert_count"), s.n_expert).u32(key("expert_used_count"), s.n_used);
            if (s.n_ff_expert) w.u32(key("expert_feed_forward_length"), s.n_ff_expert);
            if (s.n_ff_shared) w.u32(key("expert_shared_feed_forward_length"), s.n_ff_shared);
        }
        for (const Key& k : s.keys) {
            if (!k.name) break;
            if (k.kind == 'u') w.u32(key(k.name), static_cast<uint32_t>(k.value));
            if (k.kind == 'f') w.f32(key(k.name), static_cast<float>(k.value));
            if (k.kind == 'b') w.boolean(key(k.name), k.value != 0);
            if (k.kind == 'a') {  // M-RoPE's sections: of text all turn alike
                const int32_t sections[4] = {3, 3, static_cast<int32_t>(k.value), 0};
                w.numbers(key(k.name), 5, sections, 4);
            }
            if (k.kind == 's') w.str(key(k.name), k.text);
        }
        if (s.parts & kPattern) {  // every third layer is full
            uint8_t flags[64];
            for (uint32_t i = 0; i < s.n_layer; ++i) flags[i] = i % 3 != 2;
            w.numbers(key("attention.sliding_window_pattern"), 7, flags, s.n_layer);
        }
    }

    void vocabulary() {  // SPM: three control tokens, the bytes, some letters
        static char names[kVocab][16];
        const char* list[kVocab];
        float scores[kVocab];
        int32_t types[kVocab];
        for (uint32_t i = 0; i < kVocab; ++i) {
            if (i < 3)
                snprintf(names[i], sizeof names[i], "%s", i == 0 ? "<unk>" : i == 1 ? "<s>" : "</s>");
            else if (i < 259)
                snprintf(names[i], sizeof names[i], "<0x%02X>", i - 3);
            else
                snprintf(names[i], sizeof names[i], "%c%c", 'a' + static_cast<int>(i - 259) % 26,
                         'a' + static_cast<int>(i - 259) / 26 * 7);
            list[i] = names[i];
            scores[i] = -static_cast<float>(i);
            types[i] = i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1;
        }
        w.str("tokenizer.ggml.model", "llama").str("tokenizer.ggml.pre", "default");
        w.strings("tokenizer.ggml.tokens", list, kVocab)
            .numbers("tokenizer.ggml.scores", 6, scores, kVocab)
            .numbers("tokenizer.ggml.token_type", 5, types, kVocab);
        w.u32("tokenizer.ggml.bos_token_id", 1).u32("tokenizer.ggml.eos_token_id", 2);
    }

    // Values of deviation `gain` / sqrt(k): an activation of deviation 1 leaves with deviation `gain`.
    void matrix(const char* name, uint64_t k, uint64_t rows, uint64_t experts, float gain) {
        put(name, k, rows, experts, gain * 1.7320508f / root(k), type);
    }
    void plain(const char* name, uint64_t k, uint64_t rows, float range) { put(name, k, rows, 1, range, 0); }
    static float root(uint64_t k) {
        float r = 1;
        for (int i = 0; i < 40; ++i) r = (r + static_cast<float>(k) / r) / 2;
        return r;
    }
    void put(const char* name, uint64_t k, uint64_t rows, uint64_t experts, float range, uint32_t t) {
        const uint64_t n = k * rows * experts;
        float* v = static_cast<float*>(malloc(n * sizeof(float)));
        for (uint64_t i = 0; i < n; ++i) v[i] = uniform() * range;
        if (t != 0 && k % GgufWriter::block(t) == 0) {
            const size_t row_bytes = k / GgufWriter::block(t) * GgufWriter::block_bytes(t);
            uint8_t* q = static_cast<uint8_t*>(malloc(row_bytes * rows * experts));
            for (uint64_t r = 0; r < rows * experts; ++r)
                thimble::encode_row(t, v + r * k, static_cast<int64_t>(k), q + r * row_bytes);
            add(name, t, k, rows, experts, q);
            free(q);
        } else {
            add(name, 0, k, rows, experts, v);
        }
        free(v);
    }
    void add(const char* name, uint32_t t, uint64_t k, uint64_t rows, uint64_t experts, const void* data) {
        if (experts > 1)
            w.tensor(name, t, {k, rows, experts}, data);
        else
            w.tensor(name, t, {k, rows}, data);
    }
    void vector(const char* name, uint64_t n, float middle, float range, uint64_t sets = 1) {
        float v[8192];
        for (uint64_t i = 0; i < n * sets; ++i) v[i] = middle + range * uniform();
        if (sets > 1)
            w.tensor(name, 0, {n, sets}, v);
        else
            w.tensor(name, 0, {n}, v);
    }
    void norm(const char* stem, uint64_t n, bool with_bias, uint64_t sets = 1) {
        char name[192];
        snprintf(name, sizeof name, "%s.weight", stem);
        vector(name, n, 1.0f, 0.3f, sets);
        if (with_bias) bias(stem, n, sets);
    }
    void bias(const char* stem, uint64_t n, uint64_t sets = 1) {
        char name[192];
        snprintf(name, sizeof name, "%s.bias", stem);
        vector(name, n, 0.0f, 0.3f, sets);
    }
    void factors(const char* name, float low, float high) {
        float v[64];
        for (uint32_t i = 0; i < s.n_rot / 2; ++i)
            v[i] = low + (high - low) * static_cast<float>(i) / static_cast<float>(s.n_rot);
        w.tensor(name, 0, {s.n_rot / 2}, v);
    }
    // A projection with its optional bias and scale.
    void project(const char* stem, uint64_t k, uint64_t rows, bool with_bias, uint64_t experts = 1, float gain = 1.0f) {
        char name[192];
        snprintf(name, sizeof name, "%s.weight", blk(stem));
        matrix(name, k, rows, experts, gain);
        if (with_bias) bias(blk(stem), rows, experts);
        if (s.parts & kScales) {
            snprintf(name, sizeof name, "%s.scale", blk(stem));
            vector(name, 1, 1.0f, 0.4f);
        }
    }

    void latent_attention() {
        const uint64_t e = s.n_embd, heads = s.n_head, nope = s.dk_full - s.n_rot, latent = s.latent_kv;
        norm(blk("attn_norm"), e, false);
        if (s.latent_q) {
            project("attn_q_a", e, s.latent_q, false);
            norm(blk("attn_q_a_norm"), s.latent_q, false);
            project("attn_q_b", s.latent_q, heads * s.dk_full, false, 1, 1.6f);
        } else {
            project("attn_q", e, heads * s.dk_full, false, 1, 1.6f);
        }
        project("attn_kv_a_mqa", e, latent + s.n_rot, false, 1, 1.6f);
        norm(blk("attn_kv_a_norm"), latent, false);
        if (s.parts & kCarried) {
            project("attn_k_b", nope, latent, false, heads, 1.6f);
            project("attn_v_b", latent, s.dv_full, false, heads);
        } else {
            project("attn_kv_b", latent, heads * (nope + s.dv_full), false, 1, 1.3f);
        }
        project("attn_output", heads * s.dv_full, e, false, 1, 1.5f);
    }

    void attention() {
        if (s.latent_kv) return latent_attention();
        const uint64_t e = s.n_embd, q = uint64_t{s.n_head} * s.dk, kv = uint64_t{s.n_head_kv} * s.dk, p = s.parts;
        if (!(p & kNoAttnNorm)) norm(blk("attn_norm"), e, p & kNormBias);
        if (convolution(layer)) {
            project("shortconv.in_proj", e, 3 * e, false, 1, 1.5f);
            plain(blk("shortconv.conv.weight"), kConvLength, e, 0.8f);
            project("shortconv.out_proj", e, e, false, 1, 1.5f);
            return;
        }
        if (p & kSecondNorm) norm(blk("attn_norm_2"), e, p & kNormBias);
        if (p & kFusedQkv) {
            project("attn_qkv", e, q + 2 * kv, p & kQkvBias, 1, 1.4f);
        } else {
            project("attn_q", e, q, p & kQkvBias, 1, 1.6f);
            project("attn_k", e, kv, p & kQkvBias, 1, 1.6f);
            project("attn_v", e, kv, p & kQkvBias);
        }
        if (p & (kHeadNorms | kEachHeadNorms | kWholeNorms)) {
            const bool whole = p & kWholeNorms, each = p & kEachHeadNorms;
            norm(blk("attn_q_norm"), whole ? q : s.dk, false, each ? s.n_head : 1);
            norm(blk("attn_k_norm"), whole ? kv : s.dk, false, each ? s.n_head_kv : 1);
        }
        if (p & kSinks) vector(blk("attn_sinks.weight"), s.n_head, 0.5f, 1.0f);
        if (p & kSubNorms) norm(blk("attn_sub_norm"), q, false);
        project("attn_output", q, e, p & kOutBias, 1, 1.5f);
        if (p & (kPostNorms | kNormIsPost)) norm(blk("post_attention_norm"), e, false);
    }

    void feed_forward() {
        const uint64_t e = s.n_embd, p = s.parts;
        if (!(p & (kNoFfnNorm | kNormIsPost))) norm(blk("ffn_norm"), e, p & kNormBias);
        if (p & kPostNorms) norm(blk("post_ffw_norm"), e, false);
        const bool sparse = s.n_expert && !((p & kFirstDense) && layer == 0);
        if (!sparse) {
            const uint64_t f = p & kHalfFfn ? s.n_ff / 2 : s.n_ff;
            if (!(p & (kUngated | kFusedUp))) project("ffn_gate", e, f, p & kFfnBias);
            project("ffn_up", e, p & kFusedUp ? 2 * f : f, p & kFfnBias);
            if (p & kSubNorms) norm(blk("ffn_sub_norm"), f, false);
            project("ffn_down", f, e, p & kFfnBias, 1, 1.5f);
            return;
        }
        const uint64_t f = s.n_ff_expert ? s.n_ff_expert : s.n_ff, n = s.n_expert;
        char name[192];
        snprintf(name, sizeof name, "%s", blk("ffn_gate_inp.weight"));
        plain(name, e, n, 0.4f);
        if (p & kExpertBias) bias(blk("ffn_gate_inp"), n);
        if (p & kSelectBias) vector(blk("exp_probs_b.bias"), n, 0.0f, 0.3f);
        project("ffn_gate_exps", e, f, p & kExpertBias, n);
        project("ffn_up_exps", e, f, p & kExpertBias, n);
        project("ffn_down_exps", f, e, p & kExpertBias, n, 1.5f);
        if (!s.n_ff_shared) return;
        project("ffn_gate_shexp", e, s.n_ff_shared, false);
        project("ffn_up_shexp", e, s.n_ff_shared, false);
        project("ffn_down_shexp", s.n_ff_shared, e, false, 1, 1.5f);
        if (p & kSharedRouter) vector(blk("ffn_gate_inp_shexp.weight"), e, 0.0f, 0.3f);
    }
};

}  // namespace toy
