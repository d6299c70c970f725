// SPDX-License-Identifier: MIT
// A session: the KV cache, the scratch of one pass, the thread team and the tokens so far. Laid out once in the caller's
// buffer; nothing grows after. One piece of code (session_layout) counts and builds.
#pragma once
#include "kernels/kernels.h"
#include "platform/threads.h"
#include "runtime/model/model.h"

namespace thimble {

// Columns of activations for the products: floats for dense weights, int8 blocks for quantised ones.
struct Acts {
    float* x;  // [columns][stride]; nullptr where no weight of the model reads these columns as floats
    int64_t stride;
    QuantActs quant;  // filled where the width is a multiple of 32 (else no quantised weight can meet it)
    Acts column(int64_t c) const {
        Acts a = *this;
        if (x) a.x += c * stride;
        a.quant.q += c * quant.q_stride;
        a.quant.d += c * quant.d_stride;
        a.quant.s += c * quant.s_stride;
        return a;
    }
};

// What one thread needs for itself.
struct Private {
    void* matmul;                  // kMatmulScratch
    void* attention;               // kAttentionScratch
    float* rows;                   // results of a chunk of rows, [columns][chunk], twice; a unit's heads
    Acts norm;                     // one column: the normed input of a layer when one token is decoded
    AttentionState running, part;  // of kTokenBlock tokens and one kv head's group
};

// One layer's cache.
struct KvLayer {
    KvHead head0;                                       // of kv head 0; the others follow at these distances
    size_t k_step, v_step, k_scale_step, v_scale_step;  // bytes
    KvHead head(uint32_t h) const {
        KvHead r = head0;
        r.k = static_cast<char*>(r.k) + h * k_step;
        r.v = static_cast<char*>(r.v) + h * v_step;
        r.k_scale = static_cast<char*>(r.k_scale) + h * k_scale_step;
        r.v_scale = static_cast<char*>(r.v_scale) + h * v_scale_step;
        return r;
    }
};

// The chosen experts of a batch, sorted by expert: entries [start[e], start[e + 1]) are those of expert e.
struct ExpertLists {
    float* logits;    // [n_batch][n_expert]
    int32_t* chosen;  // [n_batch][n_used], in rank order
    float* weight;    // [n_batch][n_used]
    int32_t* start;   // [n_expert + 1]
    int32_t* token;   // [n_batch * n_used] token of an entry
    int32_t* entry;   // [n_batch][n_used] entry of a token's choice
    int32_t* active;  // [n_expert] experts with entries
    int32_t n_active;
    float* shared;  // [n_batch] gate of the shared expert
};

// Latent attention, a column a token.
struct LatentBuffers {
    float* raw;  // [n_batch][raw_stride]: q's latent, kv's latent, the shared key, expanded heads
    int64_t raw_stride;
    Acts compressed_q, kv;  // the latents after their norms
    Acts q, out;  // where queries are carried into the latent space: [n_head][dk_full] before, [n_head][dv_full] after
};

struct RopeTable {
    double* frequency;  // [n_rot / 2] radians a position
    float magnitude;    // factor on cos and sin
    float *cos, *sin;   // [n_batch][n_rot / 2]
};

constexpr int64_t kTokenBlock = 8;     // tokens of one attention unit in prefill
constexpr int64_t kDecodeChunk = 512;  // most rows of a chunk when one token is decoded
constexpr int64_t kPromptChunk = 64;   // rows of a chunk otherwise

constexpr uint32_t kMaxContext = 1u << 26, kMaxBatch = 1u << 16;  // with n_expert_used <= 64, entries fit 31 bits
constexpr size_t kLongestStop = 4096;                             // bytes of a stop string

struct SamplerState {
    uint64_t random[4];  // xoshiro256**
    uint64_t seed;       // that filled it
    bool seeded;
    float* value;        // [n_vocab]
    int32_t* id;         // [n_vocab]
    float* probability;  // [n_vocab]
};

struct SessionParams {
    uint32_t n_ctx, n_batch, n_threads, n_threads_decode;
    KvType type_k, type_v;
    const char* tier;
    uint64_t budget;
};

struct Session {
    const Model* model;
    Kernels kernels;
    Team* team;
    uint32_t n_ctx, n_batch, n_threads, n_threads_decode;
    uint32_t n_past;  // tokens in the context
    uint32_t high;    // positions ever written since the last full rewind
    bool has_logits;
    int cancel;  // set by thimble_cancel from anywhere: only through cancelled() and set_cancel()
    int (*progress)(void*, uint32_t, uint32_t);
    void* progress_user;

    KvLayer* kv;        // [n_layer]
    RopeTable rope[2];  // full attention, sliding window
    float* x;           // [n_batch][n_embd] the residual stream
    float* qkv;         // [n_batch][qkv_stride]
    int64_t qkv_stride;
    float* projected;  // [n_batch][n_embd], before a post norm; nullptr: no layer has one
    Acts norm, attention, hidden, shared_hidden;
    LatentBuffers latent;
    AttentionState split;  // [chunks][n_head] partial results of one token, when heads are fewer than threads
    float* slopes;         // [n_head] ALiBi
    float* logits;         // [n_vocab]
    int32_t* tokens;       // [n_ctx]
    ExpertLists experts;
    Private* own;  // [n_threads]
    SamplerState sampler;
    int32_t* prompt_ids;  // [n_ctx]
    void* text_scratch;
    size_t text_scratch_size, text_limit;  // bytes of a prompt that thimble_generate takes
    uint64_t kv_bytes, scratch_bytes, session_bytes;
};

// Lock-free on every target, so fit for signal handlers; orders nothing.
inline bool cancelled(const Session* s) { return __atomic_load_n(&s->cancel, __ATOMIC_RELAXED) != 0; }
inline void set_cancel(Session* s, int v) { __atomic_store_n(&s->cancel, v, __ATOMIC_RELAXED); }

// Fills params that are 0 with defaults and checks the rest; lowers n_ctx to the budget.
Status session_resolve(const Model& m, SessionParams* p, Error* err);
// Lays out *s (dry: counts only, and s may be nullptr; threads are started in the real run). *s lies in the arena already.
Status session_layout(const Model& m, const SessionParams& p, Arena& arena, Session* s, Error* err);
void session_close(Session* s);

// One batch through the decoder: n <= n_batch tokens at positions n_past.., KV appended, n_past not yet moved.
// logits: [n][n_vocab] after each token when all, else [n_vocab] after the last; nullptr: none.
// False: cancelled.
bool decode_batch(Session* s, const int32_t* ids, int64_t n, float* logits, bool all);

// Any number of tokens, in batches. After kCancelled the context is as before the call, or empty where a sliding window
// has dropped what it would need (n_past tells).
Status session_eval(Session* s, const int32_t* ids, size_t n, float* all_logits, Error* err);

// Forgets positions from `keep` on. kState where a sliding window has dropped what they would need.
Status session_rewind(Session* s, uint32_t keep, Error* err);

}  // namespace thimble
