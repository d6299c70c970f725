// SPDX-License-Identifier: MIT
// A tiny whole model (llama unless told otherwise) with random weights, made in memory: right by default, wrong where a
// member says so. About 150 KB; every byte follows from the options.
#pragma once
#include "tests/support/tokenizer_opened.h"

struct ToyLlama {
    const char* arch = "llama";
    uint32_t n_ctx = 256, n_embd = 64, n_layer = 2, n_head = 4, n_head_kv = 2, n_ff = 96, window = 0;
    uint32_t n_expert = 0, n_expert_used = 0, n_ff_expert = 64;
    uint32_t type = thimble::kQ8_0;  // of the matrices: kQ8_0, kF16, kF32
    uint32_t alignment = 32;
    bool tied = true, biases = false, qk_norm = false, end_token = true;
    uint64_t seed = 1;
    const char* skip[4] = {};  // keys and tensors that are left out, to be written otherwise by `extra`
    void (*extra)(GgufWriter*) = nullptr;

    static constexpr uint32_t kVocab = 275;

    bool skipped(const char* name) const {
        for (const char* s : skip)
            if (s && strcmp(s, name) == 0) return true;
        return false;
    }
    const char* key(char* text, size_t size, const char* name) const {
        snprintf(text, size, "%s.%s", arch, name);
        return text;
    }
    void number(GgufWriter* w, const char* name, uint32_t v) const {
        char k[96];
        if (!skipped(key(k, sizeof k, name))) w->u32(k, v);
    }
    void real(GgufWriter* w, const char* name, float v) const {
        char k[96];
        if (!skipped(key(k, sizeof k, name))) w->f32(k, v);
    }

    uint32_t random() {
        uint64_t z = seed += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        return static_cast<uint32_t>(z >> 32);
    }
    float uniform() {
        return static_cast<float>(static_cast<int32_t>(random() >> 8) - (1 << 23)) * 0x1p-23f;
    }  // [-1, 1)

    // A matrix of values of about 1 / sqrt(k).
    void matrix(GgufWriter* w, const char* name, uint64_t k, uint64_t rows, uint64_t experts = 1, uint32_t as = ~0u) {
        if (skipped(name)) return;
        const uint32_t t = as == ~0u ? type : as;
        ByteBuffer b;
        const uint64_t n = k * rows * experts;
        for (uint64_t i = 0; i < n; i += t == thimble::kQ8_0 ? 32 : 1) {
            if (t == thimble::kF32) {
                b.put<float>(uniform() * 0.2f);
            } else if (t == thimble::kF16) {
                b.put<uint16_t>(static_cast<uint16_t>((random() & 0x83ff) | 0x2c00));  // +-[0.0625, 0.125)
            } else {
                b.put<uint16_t>(0x1400);  // 2^-10
                for (int j = 0; j < 32; ++j) b.put<int8_t>(static_cast<int8_t>(static_cast<int>(random() % 255) - 127));
            }
        }
        if (experts > 1)
            w->tensor(name, t, {k, rows, experts}, b.data);
        else
            w->tensor(name, t, {k, rows}, b.data);
    }
    void vector(GgufWriter* w, const char* name, uint64_t n, float about) {
        if (skipped(name)) return;
        ByteBuffer b;
        for (uint64_t i = 0; i < n; ++i) b.put<float>(about + uniform() * 0.1f);
        w->tensor(name, thimble::kF32, {n}, b.data);
    }
    const char* of(char* text, uint32_t layer, const char* name) const {
        snprintf(text, 80, "blk.%u.%s", layer, name);
        return text;
    }

    void metadata(GgufWriter* w) {
        if (!skipped("general.architecture")) w->str("general.architecture", arch);
        w->str("general.name", "toy");
        if (alignment != 32) w->align(alignment);
        number(w, "context_length", n_ctx);
        number(w, "embedding_length", n_embd);
        number(w, "block_count", n_layer);
        number(w, "attention.head_count", n_head);
        number(w, "attention.head_count_kv", n_head_kv);
        number(w, "feed_forward_length", n_ff);
        real(w, "attention.layer_norm_rms_epsilon", 1e-5f);
        real(w, "rope.freq_base", 10000.0f);
        if (window) number(w, "attention.sliding_window", window);
        if (n_expert) {
            number(w, "expert_count", n_expert);
            number(w, "expert_used_count", n_expert_used);
            number(w, "expert_feed_forward_length", n_ff_expert);
        }
        if (!skipped("tokenizer")) {
            VocabWriter v;
            vocab_spm(&v);
            v.write(w, "llama", "default");
        }
        if (!skipped("tokenizer.ggml.bos_token_id")) w->u32("tokenizer.ggml.bos_token_id", 1);
        if (!skipped("tokenizer.ggml.eos_token_id")) w->u32("tokenizer.ggml.eos_token_id", 2);
    }
    void layer(GgufWriter* w, uint32_t l) {
        char n[80];
        const uint64_t d = n_head ? n_embd / n_head : 0, q = uint64_t{n_head} * d, kv = uint64_t{n_head_kv} * d;
        vector(w, of(n, l, "attn_norm.weight"), n_embd, 1);
        matrix(w, of(n, l, "attn_q.weight"), n_embd, q);
        matrix(w, of(n, l, "attn_k.weight"), n_embd, kv);
        matrix(w, of(n, l, "attn_v.weight"), n_embd, kv);
        if (biases) {
            vector(w, of(n, l, "attn_q.bias"), q, 0);
            vector(w, of(n, l, "attn_k.bias"), kv, 0);
            vector(w, of(n, l, "attn_v.bias"), kv, 0);
        }
        if (qk_norm) {
            vector(w, of(n, l, "attn_q_norm.weight"), d, 1);
            vector(w, of(n, l, "attn_k_norm.weight"), d, 1);
        }
        matrix(w, of(n, l, "attn_output.weight"), q, n_embd);
        vector(w, of(n, l, "ffn_norm.weight"), n_embd, 1);
        if (n_expert) {
            matrix(w, of(n, l, "ffn_gate_inp.weight"), n_embd, n_expert, 1, thimble::kF32);
            matrix(w, of(n, l, "ffn_gate_exps.weight"), n_embd, n_ff_expert, n_expert);
            matrix(w, of(n, l, "ffn_up_exps.weight"), n_embd, n_ff_expert, n_expert);
            matrix(w, of(n, l, "ffn_down_exps.weight"), n_ff_expert, n_embd, n_expert);
        } else {
            matrix(w, of(n, l, "ffn_gate.weight"), n_embd, n_ff);
            matrix(w, of(n, l, "ffn_up.weight"), n_embd, n_ff);
            matrix(w, of(n, l, "ffn_down.weight"), n_ff, n_embd);
        }
    }
    void write(GgufWriter* w) {
        metadata(w);
        matrix(w, "token_embd.weight", n_embd, kVocab);
        if (!tied) matrix(w, "output.weight", n_embd, kVocab);
        vector(w, "output_norm.weight", n_embd, 1);
        for (uint32_t l = 0; l < n_layer; ++l) layer(w, l);
        if (extra) extra(w);
    }
    GgufBytes bytes() {
        GgufWriter w;
        write(&w);
        return w.finish();
    }
};
