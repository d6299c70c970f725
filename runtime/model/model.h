// SPDX-License-Identifier: MIT
// A model: what its metadata say, where its tensors lie in the mapped file, and its tokenizer. Immutable after open.
// All of it lives in the caller's buffer; the weights stay in the file.
#pragma once
#include "kernels/kernels.h"
#include "platform/filemap.h"
#include "runtime/gguf/gguf.h"
#include "runtime/model/arch.h"
#include "runtime/text/tokenizer.h"

namespace thimble {

// A matrix of `rows` rows of k values, in GGUF blocks; with experts, as many such matrices one after another.
struct Weight {
    const uint8_t* data = nullptr;  // nullptr: the model has no such tensor
    uint32_t type = 0;
    int64_t k = 0, rows = 0;
    size_t row_bytes = 0;
    uint32_t experts = 1;
    const float* scale = nullptr;  // [experts] the products are multiplied by it; nullptr: by nothing
    explicit operator bool() const { return data != nullptr; }
    Weight rows_from(int64_t first, int64_t count) const {
        Weight w = *this;
        w.data += static_cast<size_t>(first) * row_bytes;
        w.rows = count;
        return w;
    }
    const uint8_t* expert(uint32_t e) const {
        return data + static_cast<size_t>(e) * static_cast<size_t>(rows) * row_bytes;
    }
};
using Vector = const float*;  // F32 in the file; nullptr: none

struct Layer {
    Vector attn_norm, attn_norm_b;  // none in OLMo 2
    Weight wq, wk, wv, wqkv;        // either the three or the fused one ([q rows | k rows | v rows])
    Vector bq, bk, bv, bqkv;
    Vector q_norm, k_norm, q_norm_b, k_norm_b;
    bool qk_norm_whole;  // the norm runs over all heads at once, not over each; weights [heads][d] if per_head
    bool qk_norm_per_head_weights;  // one weight vector a head (StableLM 2 12B)
    Weight wo;
    Weight q_a, q_b, kv_a, kv_b, k_b, v_b;  // latent attention: wq or q_a, q_b; kv_b or k_b, v_b (one matrix a head)
    Vector q_a_norm, kv_a_norm;
    Vector conv;  // [n_embd][conv_length]; then wqkv is the projection to 3 n_embd, wo the one back
    Vector bo, attn_post_norm, attn_sub_norm;  // the sub norms (BitNet) stand before wo and down
    Vector sinks;                              // [n_head] attention sinks
    Vector ffn_norm, ffn_norm_b;
    Weight gate, up, down;  // no gate: either up alone (up.rows == n_ff) or gate over up (2 n_ff)
    Vector gate_b, up_b, down_b, ffn_post_norm, ffn_sub_norm;
    Weight router, gate_exps, up_exps, down_exps;
    Vector router_b, router_bias_select, gate_exps_b, up_exps_b, down_exps_b;  // router_bias_select: only for choosing
    Weight shared_gate, shared_up, shared_down, shared_router;                 // an expert that every token passes
    uint32_t n_head, n_head_kv, n_ff;
    uint32_t window;  // 0: full attention
    bool rope;        // this layer rotates q and k
    bool parallel;    // FFN reads what attention reads
};

enum class RopeScaling : uint8_t { kNone, kLinear, kYarn, kLongrope };

struct Hyper {
    const Arch* arch;
    uint32_t n_ctx_train, n_embd, n_layer, n_vocab;
    uint32_t n_head, n_head_kv, n_ff;  // of the first layer; largest over the layers in *_max
    uint32_t n_head_max, n_head_kv_max, n_ff_max;
    uint32_t dk, dv, n_rot;            // of a head in the cache
    uint32_t n_latent_q, n_latent_kv;  // latent attention: widths of the latent vectors, 0: none
    uint32_t dk_full, dv_full;         // of a head before queries are carried into the latent space
    float norm_eps;
    float embed_scale, residual_scale, logit_factor, attn_scale;
    float attn_softcap, final_softcap;
    float clamp_qkv, alibi_max;  // 0: none
    float attn_temperature;      // q times 1 + this * log(1 + floor(position / n_ctx_original)); 0: none
    uint32_t n_expert, n_expert_used, n_ff_expert, n_ff_shared;
    uint32_t n_group, n_group_used;  // experts are chosen from this many groups of so many; 0 or 1: from all
    float expert_scale;
    Gating gating;
    bool normalize_weights;
    // Rope
    float rope_base, rope_base_window;
    RopeScaling scaling;
    float scaling_factor;  // positions are divided by it (linear, YaRN)
    float scaling_attn;    // extra factor on cos and sin
    uint32_t n_ctx_original;
    uint32_t conv_length;  // positions that a short convolution sums
    float yarn_beta_fast, yarn_beta_slow, yarn_ext, yarn_log_mul;
    float yarn_attn;                             // the factor on cos and sin, where the file gives one; else 0
    Vector rope_factors, rope_long, rope_short;  // [n_rot / 2], divide the frequencies
};

struct Model {
    GgufFiles files;
    Gguf gguf;
    Hyper hyper;
    Layer* layers;  // [n_layer]
    Weight token_embd, position_embd, output;
    Vector output_norm, output_norm_b, output_b, embd_norm, embd_norm_b;
    Tokenizer tokenizer;
    Str architecture, name, type_name;
    Str chat_template;
    const char* architecture_z;  // NUL-terminated copies for the C API
    const char* name_z;
    bool vocab_only, owns_files;
    uint64_t model_bytes, tokenizer_bytes;
};

// One routine, run twice: with a dry arena it checks and counts, with a real one it builds *out (which must lie in the
// arena already). `source` chooses path, descriptor or memory.
struct ModelSource {
    const char* path;
    int fd;  // used when path is nullptr and memory is nullptr
    const void* memory;
    size_t memory_size;
    bool no_mmap, vocab_only;
};
Status model_open(const ModelSource& source, Arena& arena, Model* out, Error* err);
void model_close(Model* m);

// hyper.cpp: metadata to numbers, each bounded; bind.cpp: tensors by name, each shape checked against the numbers.
Status read_hyper(const Gguf& g, Hyper* out, Error* err);
Status bind_tensors(const Gguf& g, Arena& arena, Model* m, Error* err);

}  // namespace thimble
