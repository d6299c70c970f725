// SPDX-License-Identifier: MIT
// Tensors by name, each shape checked against the hyperparameters before anything uses it. Matrices are used where they
// lie, at any address; vectors are read as floats, so the few of a file that leaves them unaligned (alignment 1 or 2, or
// bytes in memory at an odd address) are copied into the arena.
#include <cstring>

#include "runtime/model/model.h"

namespace thimble {
namespace {

enum Need : uint8_t { kOptional, kRequired };

struct Binder {
    const Gguf& g;
    Arena& arena;
    Error* err;
    Status status = kOk;
    int layer = -1;  // of the names now looked up, -1: the model's own
    char text[80];

    Str name(const char* stem, const char* suffix) {
        TextBuilder b(text, sizeof text);
        if (layer >= 0) {
            b.add("blk.");
            b.add(layer);
            b.add('.');
        }
        b.add(stem);
        b.add('.');
        b.add(suffix);
        return Str(text, b.used);
    }

    bool find(const char* stem, const char* suffix, Need need, GgufTensor* t) {
        if (status != kOk) return false;
        const Str n = name(stem, suffix);
        if (gguf_tensor(g, n, t)) return true;
        if (need == kRequired) status = fail(err, kFormat, g.label, ": tensor '", n, "' is missing");
        return false;
    }

    void refuse(const GgufTensor& t, int64_t k, int64_t rows, int64_t experts) {
        char want[96];
        TextBuilder b(want, sizeof want);
        b.add(static_cast<long long>(k));
        if (rows) b.add(" x "), b.add(static_cast<long long>(rows));
        if (experts > 1) b.add(" x "), b.add(static_cast<long long>(experts));
        char have[96];
        TextBuilder h(have, sizeof have);
        for (uint32_t d = 0; d < t.n_dims; ++d) {
            if (d) h.add(" x ");
            h.add(static_cast<unsigned long long>(t.shape[d]));
        }
        status = fail(err, kFormat, g.label, ": tensor '", t.name, "' is ", have, "; the hyperparameters want ", want);
    }

    // A matrix of exactly rows x k; rows 0: any (then *out tells).
    void weight(const char* stem, Need need, int64_t k, int64_t rows, Weight* out, uint32_t experts = 1) {
        GgufTensor t;
        if (!find(stem, "weight", need, &t)) return;
        const FormatInfo* f = format_info(t.type);
        if (!f) {
            status = fail(err, kUnsupported, g.label, ": tensor '", t.name, "' has type ",
                          gguf_tensor_type_name(t.type), ", which is no weight type");
            return;
        }
        const uint64_t want_rows = rows ? static_cast<uint64_t>(rows) : t.shape[1];
        if (t.shape[0] != static_cast<uint64_t>(k) || t.shape[1] != want_rows || t.shape[2] != experts ||
            t.shape[3] != 1)
            return refuse(t, k, rows, experts);
        out->data = t.data;
        out->type = t.type;
        out->k = k;
        out->rows = static_cast<int64_t>(t.shape[1]);
        out->row_bytes = static_cast<size_t>(t.shape[0] / f->block) * f->bytes;
        out->experts = experts;
        vector(stem, "scale", kOptional, experts, &out->scale);
    }

    void vector(const char* stem, const char* suffix, Need need, int64_t n, Vector* out) {
        GgufTensor t;
        if (!find(stem, suffix, need, &t)) return;
        const uint64_t elements = t.shape[0] * t.shape[1];  // both below 2^31 after the checks of the parser's sizes
        if (t.shape[2] != 1 || t.shape[3] != 1 || elements != static_cast<uint64_t>(n)) return refuse(t, n, 0, 1);
        if (t.type != kF32) {
            status = fail(err, kUnsupported, g.label, ": tensor '", t.name, "' has type ",
                          gguf_tensor_type_name(t.type), "; norms, biases and factors must be F32");
            return;
        }
        *out = reinterpret_cast<uintptr_t>(t.data) % alignof(float) ? aligned(t.data, elements)
                                                                    : reinterpret_cast<const float*>(t.data);
    }
    Vector aligned(const uint8_t* data, uint64_t n) {
        float* copy = arena.array<float>(n, alignof(float));  // nullptr: dry, or the caller sees the overflow
        if (copy) memcpy(copy, data, static_cast<size_t>(n) * sizeof(float));
        return copy;
    }
};

void bind_attention(Binder& b, const Hyper& h, Layer* l) {
    const int64_t e = h.n_embd, q = int64_t{l->n_head} * h.dk, k = int64_t{l->n_head_kv} * h.dk,
                  v = int64_t{l->n_head_kv} * h.dv;
    b.vector("attn_norm", "weight", kOptional, e, &l->attn_norm);
    b.vector("attn_norm", "bias", kOptional, e, &l->attn_norm_b);
    GgufTensor t;
    if (b.find("attn_norm_2", "weight", kOptional, &t)) {  // Falcon 40B: the first norm is the FFN's
        l->ffn_norm = l->attn_norm;
        l->ffn_norm_b = l->attn_norm_b;
        b.vector("attn_norm_2", "weight", kRequired, e, &l->attn_norm);
        b.vector("attn_norm_2", "bias", kOptional, e, &l->attn_norm_b);
    }
    b.weight("attn_qkv", kOptional, e, q + k + v, &l->wqkv);
    const Need split = l->wqkv ? kOptional : kRequired;
    if (!l->wqkv) {
        b.weight("attn_q", split, e, q, &l->wq);
        b.weight("attn_k", split, e, k, &l->wk);
        b.weight("attn_v", split, e, v, &l->wv);
    }
    b.vector("attn_qkv", "bias", kOptional, q + k + v, &l->bqkv);
    b.vector("attn_q", "bias", kOptional, q, &l->bq);
    b.vector("attn_k", "bias", kOptional, k, &l->bk);
    b.vector("attn_v", "bias", kOptional, v, &l->bv);
    if (b.find("attn_q_norm", "weight", kOptional, &t)) {
        l->qk_norm_whole = t.shape[0] * t.shape[1] == static_cast<uint64_t>(q) && t.n_dims == 1 && q != h.dk;
        l->qk_norm_per_head_weights = !l->qk_norm_whole && t.n_dims == 2;
        const bool wide = l->qk_norm_whole || l->qk_norm_per_head_weights;
        b.vector("attn_q_norm", "weight", kRequired, wide ? q : h.dk, &l->q_norm);
        b.vector("attn_k_norm", "weight", kRequired, wide ? k : h.dk, &l->k_norm);
        b.vector("attn_q_norm", "bias", kOptional, wide ? q : h.dk, &l->q_norm_b);
        b.vector("attn_k_norm", "bias", kOptional, wide ? k : h.dk, &l->k_norm_b);
    }
    b.weight("attn_output", kRequired, int64_t{l->n_head} * h.dv, e, &l->wo);
    b.vector("attn_output", "bias", kOptional, e, &l->bo);
    b.vector("attn_sub_norm", "weight", kOptional, int64_t{l->n_head} * h.dv, &l->attn_sub_norm);
    b.vector("post_attention_norm", "weight", kOptional, e,
             h.arch->ffn_norm_is_post_attention ? &l->ffn_norm : &l->attn_post_norm);
    b.vector("attn_sinks", "weight", kOptional, l->n_head, &l->sinks);
}

// Latent attention, in the newer layout of files (one head in the cache) or the older.
void bind_latent(Binder& b, const Hyper& h, Layer* l) {
    const int64_t e = h.n_embd, heads = l->n_head, latent = h.n_latent_kv, nope = h.dk_full - h.n_rot;
    b.vector("attn_norm", "weight", kOptional, e, &l->attn_norm);
    if (h.n_latent_q) {
        b.weight("attn_q_a", kRequired, e, h.n_latent_q, &l->q_a);
        b.vector("attn_q_a_norm", "weight", kRequired, h.n_latent_q, &l->q_a_norm);
        b.weight("attn_q_b", kRequired, h.n_latent_q, heads * h.dk_full, &l->q_b);
    } else {
        b.weight("attn_q", kRequired, e, heads * h.dk_full, &l->wq);
    }
    b.weight("attn_kv_a_mqa", kRequired, e, latent + h.n_rot, &l->kv_a);
    b.vector("attn_kv_a_norm", "weight", kRequired, latent, &l->kv_a_norm);
    b.weight("attn_k_b", kOptional, nope, latent, &l->k_b, l->n_head);
    if (l->k_b)
        b.weight("attn_v_b", kRequired, latent, h.dv_full, &l->v_b, l->n_head);
    else
        b.weight("attn_kv_b", kRequired, latent, heads * (nope + int64_t{h.dv_full}), &l->kv_b);
    b.weight("attn_output", kRequired, heads * h.dv_full, e, &l->wo);
    const int64_t kv = l->k_b ? 1 : heads, dk = l->k_b ? latent + h.n_rot : int64_t{h.dk_full},
                  dv = l->k_b ? latent : int64_t{h.dv_full};
    if (b.status == kOk && (l->n_head_kv != kv || h.dk != dk || h.dv != dv))
        b.status = fail(b.err, kFormat, b.g.label, ": layer ", b.layer, ": latent attention needs ",
                        static_cast<long long>(kv), " kv heads of ", static_cast<long long>(dk), " and ",
                        static_cast<long long>(dv), "; the file has ", l->n_head_kv, " of ", h.dk, " and ", h.dv);
}

// A gated short convolution in place of attention.
void bind_convolution(Binder& b, const Hyper& h, Layer* l) {
    const int64_t e = h.n_embd;
    l->n_head = l->n_head_kv = 1;
    b.vector("attn_norm", "weight", kOptional, e, &l->attn_norm);
    b.weight("shortconv.in_proj", kRequired, e, 3 * e, &l->wqkv);
    b.vector("shortconv.conv", "weight", kRequired, e * h.conv_length, &l->conv);
    b.weight("shortconv.out_proj", kRequired, e, e, &l->wo);
}

void bind_experts(Binder& b, const Hyper& h, Layer* l) {
    const int64_t e = h.n_embd, f = h.n_ff_expert;
    b.weight("ffn_gate_inp", kRequired, e, h.n_expert, &l->router);
    b.vector("ffn_gate_inp", "bias", kOptional, h.n_expert, &l->router_b);
    b.vector("exp_probs_b", "bias", kOptional, h.n_expert, &l->router_bias_select);
    b.weight("ffn_gate_exps", kOptional, e, f, &l->gate_exps, h.n_expert);
    b.weight("ffn_up_exps", kRequired, e, f, &l->up_exps, h.n_expert);
    b.weight("ffn_down_exps", kRequired, f, e, &l->down_exps, h.n_expert);
    b.vector("ffn_gate_exps", "bias", kOptional, f * h.n_expert, &l->gate_exps_b);
    b.vector("ffn_up_exps", "bias", kOptional, f * h.n_expert, &l->up_exps_b);
    b.vector("ffn_down_exps", "bias", kOptional, e * h.n_expert, &l->down_exps_b);
    GgufTensor t;
    if (b.find("ffn_up_shexp", "weight", kOptional, &t)) {
        const int64_t n = h.n_ff_shared ? h.n_ff_shared : static_cast<int64_t>(t.shape[1]);
        b.weight("ffn_up_shexp", kRequired, e, n, &l->shared_up);
        b.weight("ffn_gate_shexp", kOptional, e, n, &l->shared_gate);
        b.weight("ffn_down_shexp", kRequired, n, e, &l->shared_down);
        b.weight("ffn_gate_inp_shexp", kOptional, e, 1, &l->shared_router);
    }
}

void bind_ffn(Binder& b, const Hyper& h, Layer* l) {
    const int64_t e = h.n_embd;
    b.vector("ffn_norm", "weight", kOptional, e, &l->ffn_norm);
    b.vector("ffn_norm", "bias", kOptional, e, &l->ffn_norm_b);
    b.vector("post_ffw_norm", "weight", kOptional, e, &l->ffn_post_norm);
    b.vector("ffn_sub_norm", "weight", kOptional, l->n_ff, &l->ffn_sub_norm);
    GgufTensor t;
    if (h.n_expert && b.find("ffn_gate_inp", "weight", kOptional, &t)) return bind_experts(b, h, l);
    b.weight("ffn_gate", kOptional, e, l->n_ff, &l->gate);
    // Without a gate of its own, `up` is either the whole FFN or gate over up.
    if (!l->gate && b.find("ffn_up", "weight", kRequired, &t) && t.shape[1] == 2 * uint64_t{l->n_ff}) {
        b.weight("ffn_up", kRequired, e, 2 * int64_t{l->n_ff}, &l->up);
        b.vector("ffn_up", "bias", kOptional, 2 * int64_t{l->n_ff}, &l->up_b);
    } else {
        b.weight("ffn_up", kRequired, e, l->n_ff, &l->up);
        b.vector("ffn_up", "bias", kOptional, l->n_ff, &l->up_b);
    }
    b.weight("ffn_down", kRequired, l->n_ff, e, &l->down);
    b.vector("ffn_gate", "bias", kOptional, l->n_ff, &l->gate_b);
    b.vector("ffn_down", "bias", kOptional, e, &l->down_b);
}

// Which layers slide, rotate, and run their two halves in parallel.
Status layer_kinds(const Gguf& g, const Hyper& h, uint32_t index, Layer* l, Error* err) {
    const Arch* a = h.arch;
    l->window = h.conv_length;
    if (l->conv) return kOk;  // its cache is that of a window
    char text[128];
    TextBuilder b(text, sizeof text);
    b.add(a->name);
    b.add(".attention.sliding_window");
    const Str window_key(text, b.used);
    uint32_t window = a->window_default, period = a->window_period;
    Status s = gguf_u32(g, window_key, kGgufOptional, &window, err, 0, 1u << 28);
    if (s != kOk) return s;
    bool windowed =
        period == 0 || (period > 1 && (a->window_full_first ? index % period != 0 : index % period != period - 1u));
    if (a->window_from_key) {
        b.add("_pattern");
        const Str pattern_key(text, b.used);
        GgufValue v;
        if (gguf_find(g, pattern_key, &v)) {
            uint32_t value = 0;
            s = gguf_u32_of_layer(g, pattern_key, kGgufOptional, index, h.n_layer, &value, err, 0, 1024);
            if (s != kOk) return s;
            windowed = v.type == kGgufArray ? value != 0 : value == 0 || index % value != value - 1u;
        }
    }
    l->window = windowed ? window : 0;
    l->rope = a->rope != Rope::kNone && h.n_rot > 0 &&
              !(a->rope_skip_period && (index + 1) % a->rope_skip_period == 0) && !h.n_latent_kv &&
              !(a->rope_only_in_window && window && !l->window) && !(a->alibi_layers && h.alibi_max > 0);
    bool parallel = a->residual == Residual::kParallel;
    if (a->residual_by_key) {
        TextBuilder p(text, sizeof text);
        p.add(a->name);
        p.add(".use_parallel_residual");
        s = gguf_bool(g, Str(text, p.used), kGgufOptional, &parallel, err);
        if (s != kOk) return s;
    }
    if (a->parallel_without_ffn_norm && !l->ffn_norm) parallel = true;
    l->parallel = parallel;
    return kOk;
}

}  // namespace

// Whether some vectors may have to be copied.
static bool unaligned(const Gguf& g) {
    for (uint32_t i = 0; i < g.n_shards; ++i)
        if (g.shard[i].alignment % alignof(float) || reinterpret_cast<uintptr_t>(g.shard[i].data) % alignof(float))
            return true;
    return false;
}

Status bind_tensors(const Gguf& g, Arena& arena, Model* m, Error* err) {
    Hyper& h = m->hyper;
    m->layers = arena.array<Layer>(h.n_layer);
    if (arena.dry() && !unaligned(g)) return kOk;  // nothing to count
    if (!arena.dry() && !m->layers) return kOk;    // the caller sees the arena's overflow
    Layer counted;
    Binder b{g, arena, err, kOk, -1, {}};
    const int64_t e = h.n_embd;
    b.weight("token_embd", kOptional, e, 0, &m->token_embd);
    if (!m->token_embd) {  // tied the other way round, in old files of CodeShell
        b.weight("output", kOptional, e, 0, &m->token_embd);
        if (!m->token_embd) b.weight("token_embd", kRequired, e, 0, &m->token_embd);
    }
    if (b.status != kOk) return b.status;
    if (m->token_embd.rows < 1 || m->token_embd.rows > INT32_MAX)
        return fail(err, kFormat, g.label, ": tensor 'token_embd.weight' has an impossible number of rows");
    h.n_vocab = static_cast<uint32_t>(m->token_embd.rows);
    b.weight("output", kOptional, e, h.n_vocab, &m->output);
    if (!m->output) m->output = m->token_embd;
    b.vector("output", "bias", kOptional, h.n_vocab, &m->output_b);
    const bool misnamed = h.arch->short_convolutions;
    b.vector(misnamed ? "token_embd_norm" : "output_norm", "weight", h.arch->norm_weightless ? kOptional : kRequired, e,
             &m->output_norm);
    b.vector("output_norm", "bias", kOptional, e, &m->output_norm_b);
    if (!misnamed) b.vector("token_embd_norm", "weight", kOptional, e, &m->embd_norm);
    b.vector("token_embd_norm", "bias", kOptional, e, &m->embd_norm_b);
    b.weight("position_embd", kOptional, e, 0, &m->position_embd);
    b.vector("rope_freqs", "weight", kOptional, h.n_rot / 2, &h.rope_factors);
    b.vector("rope_factors_long", "weight", kOptional, h.n_rot / 2, &h.rope_long);
    b.vector("rope_factors_short", "weight", kOptional, h.n_rot / 2, &h.rope_short);
    for (uint32_t i = 0; i < h.n_layer && b.status == kOk; ++i) {
        Layer* l = m->layers ? &m->layers[i] : &counted;
        *l = Layer{};
        char key[96];
        const char* const names[] = {".attention.head_count", ".attention.head_count_kv", ".feed_forward_length"};
        uint32_t* const values[] = {&l->n_head, &l->n_head_kv, &l->n_ff};
        l->n_head_kv = UINT32_MAX;
        for (int n = 0; n < 3 && b.status == kOk; ++n) {
            TextBuilder t(key, sizeof key);
            t.add(h.arch->name);
            t.add(names[n]);
            b.status = gguf_u32_of_layer(g, Str(key, t.used), kGgufOptional, i, h.n_layer, values[n], err);
        }
        if (b.status != kOk) break;
        if (l->n_head_kv == UINT32_MAX) l->n_head_kv = l->n_head;
        if (h.arch->ffn_length_halved) l->n_ff /= 2;
        b.layer = static_cast<int>(i);
        if (l->n_head_kv == 0)
            bind_convolution(b, h, l);
        else if (h.n_latent_kv)
            bind_latent(b, h, l);
        else
            bind_attention(b, h, l);
        bind_ffn(b, h, l);
        if (b.status == kOk) b.status = layer_kinds(g, h, i, l, err);
    }
    return b.status;
}

}  // namespace thimble
