// SPDX-License-Identifier: MIT
// An independent transformer in double precision: plain loops over a GGUF file in memory, whole sequences at once, no
// cache, libm. It shares no code with the library. What differs between architectures is written down here a second
// time, from the models' published code and llama.cpp's reading of them, so that a slip in runtime/model/archs shows.
// Tensors are F32, F16 or Q8_0. Only for small models: memory and time are of no concern.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "tests/reference/gguf_reader.h"

namespace oracle {

enum Act { kSilu, kGelu, kRelu2, kOai };

struct Facts {
    bool layer_norm = false;  // else RMS
    int rope = 2;             // 0 none, 1 pairs of neighbours, 2 halves
    Act act = kSilu;
    bool parallel = false;    // attention and FFN both read the layer's input
    bool weightless = false;  // norms without weights
    bool post_attention_is_ffn_norm = false;
    bool norm_after_rope = false;
    int gating = 0;  // 0 softmax over all, 1 sigmoid, 2 softmax over the chosen
    bool norm_topk = true;
    double alibi = 0;
    int period = 1;  // of each `period` layers the last is full; 1: no window, 0: all have it
    bool rope_windowed_only = false;
    int skip_rope = 0;                                         // every n-th layer has none
    double embed = 1, residual = 1, logit = 1, attention = 0;  // 0: 1 / sqrt(dk)
    double soft_attention = 0, soft_final = 0;
    bool window_unscaled = false;
    double window_base = 0;  // rope of windowed layers: own base, no scaling
    bool half_ffn = false;
};

inline double* doubles(size_t n) {
    double* p = static_cast<double*>(calloc(n ? n : 1, sizeof(double)));
    if (!p) abort();
    return p;
}

class Transformer {
  public:
    Transformer(const File& file, const int32_t* ids, int n, uint32_t n_ctx)
        : f(file), tokens(ids), T(n), context(n_ctx) {
        d = f.integer("embedding_length");
        n_layer = f.integer("block_count");
        heads = f.integer("attention.head_count");
        kv = f.integer("attention.head_count_kv", f.largest("attention.head_count_kv", heads));
        dk = f.integer("attention.key_length", d / heads);
        dv = f.integer("attention.value_length", dk);
        n_rot = f.integer("rope.dimension_count", dk);
        window = f.integer("attention.sliding_window", 0);
        eps = f.number("attention.layer_norm_rms_epsilon", 0);
        facts_of(f.text("general.architecture"));
        if (a.layer_norm) eps = f.number("attention.layer_norm_epsilon", 0);
        embedding = f.tensor("token_embd.weight");
        if (!embedding) embedding = f.tensor("output.weight");
        latent = f.integer("attention.kv_lora_rank", 0);
        if (latent) {  // as if every head had keys and values of its own
            kv = heads;
            dk = f.integer("attention.key_length_mla", dk);
            dv = f.integer("attention.value_length_mla", dv);
        }
        vocab = static_cast<int>(embedding->shape[1]);
    }

    // [T][vocab], the caller frees.
    double* run() {
        double* x = doubles(size_t(T) * d);
        embed(x);
        for (int l = 0; l < n_layer; ++l) layer(l, x);
        double* h = doubles(size_t(T) * d);
        const bool conv = f.integer("shortconv.l_cache", 0) > 0;
        norm(conv ? "token_embd_norm" : "output_norm", x, T, d, h);
        double* logits = doubles(size_t(T) * vocab);
        linear(f.tensor("output.weight") ? "output" : "token_embd", h, d, logits, vocab);
        for (size_t i = 0; i < size_t(T) * vocab; ++i) {
            logits[i] *= a.logit;
            if (a.soft_final != 0) logits[i] = a.soft_final * tanh(logits[i] / a.soft_final);
        }
        free(x);
        free(h);
        return logits;
    }
    int vocabulary() const { return vocab; }

  private:
    const File& f;
    const int32_t* tokens;
    int T;
    uint32_t context;
    int d, n_layer, heads, kv, dk, dv, n_rot, vocab, window, latent;
    double eps;
    const Tensor* embedding;
    Facts a;

    static bool is(const char* a0, const char* list) {  // a word of a list
        char padded[64];
        snprintf(padded, sizeof padded, " %s ", a0);
        return strstr(list, padded) != nullptr;
    }
    void facts_of(const char* name) {
        a.layer_norm = is(name,
                          " gpt2 phi2 starcoder2 stablelm falcon mpt gptneox bloom command-r cohere2 olmo orion "
                          "starcoder codeshell nemotron ");
        if (is(name,
               " llama granite granitemoe smollm3 internlm2 minicpm command-r cohere2 deepseek deepseek2 ernie4_5 "
               "ernie4_5-moe olmo baichuan xverse arcee "
               "glm4 chatglm mistral3 bailingmoe "))
            a.rope = 1;
        if (is(name, " gpt2 mpt bloom starcoder refact ")) a.rope = 0;
        if (is(name, " gemma gemma2 gemma3 gpt2 phi2 starcoder2 falcon mpt gptneox bloom starcoder codeshell "))
            a.act = kGelu;
        if (is(name, " arcee nemotron ")) a.act = kRelu2;
        if (is(name, " gpt-oss ")) a.act = kOai, a.gating = 2;
        a.parallel = is(name, " phi2 falcon command-r cohere2 plamo ") ||
                     (is(name, " gptneox ") && f.number("use_parallel_residual", 0) != 0);
        a.weightless = is(name, " olmo ");
        a.post_attention_is_ffn_norm = is(name, " gpt-oss seed_oss ");
        a.norm_after_rope = is(name, " hunyuan-dense hunyuan-moe ");
        a.norm_topk = !is(name, " qwen2moe deepseek olmoe deepseek2 dots1 bailingmoe ");
        a.norm_topk = f.number("expert_weights_norm", a.norm_topk) != 0;
        if (f.number("expert_gating_func", 0) == 2) a.gating = 1;
        if (is(name, " bloom refact ") || (is(name, " baichuan ") && n_layer == 40)) a.alibi = 8, a.rope = 0;
        if (is(name, " mpt ")) a.alibi = f.number("attention.max_alibi_bias", 0);
        a.skip_rope = is(name, " smollm3 ") ? 4 : 0;
        a.half_ffn = is(name, " qwen ");
        windows_of(name);
        scales_of(name);
    }
    void windows_of(const char* name) {
        if (is(name, " phi3 ")) a.period = 0;
        if (is(name, " gemma2 gpt-oss ")) a.period = 2;
        if (is(name, " cohere2 exaone4 olmo2 ")) a.period = 4;
        a.window_unscaled = is(name, " olmo2 ");
        if (is(name, " gemma3 ")) a.period = 6, a.window_base = 10000;
        if (is(name, " gemma2 ") && !window) window = 4096;
        if (is(name, " cohere2 exaone4 ")) a.rope_windowed_only = window != 0;
    }
    void scales_of(const char* name) {
        if (is(name, " gemma gemma2 gemma3 ")) a.embed = sqrt(double(d));
        if (is(name, " gemma2 ")) {
            a.soft_attention = f.number("attn_logit_softcapping", 50);
            a.soft_final = f.number("final_logit_softcapping", 30);
        }
        if (is(name, " granite granitemoe minicpm command-r cohere2 ")) {
            a.embed = f.number("embedding_scale", 1);
            a.residual = f.number("residual_scale", 1);
            a.attention = f.number("attention.scale", 0);
            a.logit = f.number("logit_scale", 1);
            if (is(name, " granite granitemoe minicpm ")) a.logit = 1 / a.logit;
        }
    }

    // ---- Small parts --------------------------------------------------------------------------------------------------
    // out[T][rows] = in[T][k] W^T * scale + bias; `rows` of the matrix from row `first` of matrix `expert`.
    void linear(const char* stem, const double* in, int k, double* out, int rows, int n = -1, int first = 0,
                int expert = 0) {
        const Tensor* w = f.tensor("%s.weight", stem);
        const Tensor* b = f.tensor("%s.bias", stem);
        const Tensor* s = f.tensor("%s.scale", stem);
        if (!w) fprintf(stderr, "oracle: no %s\n", stem), abort();
        if (n < 0) n = T;
        const int matrix_rows = int(w->shape[1]);
        double* row = doubles(size_t(k));
        for (int r = 0; r < rows; ++r) {
            const int at = expert * matrix_rows + first + r;
            for (int i = 0; i < k; ++i) row[i] = w->value(size_t(at) * w->shape[0] + size_t(i));
            for (int t = 0; t < n; ++t) {
                double sum = 0;
                for (int i = 0; i < k; ++i) sum += row[i] * in[size_t(t) * k + i];
                if (s) sum *= s->value(size_t(expert));
                if (b) sum += b->value(size_t(at));
                out[size_t(t) * rows + r] = sum;
            }
        }
        free(row);
    }
    // Rows of n values; with `groups` > 1 each of the n / groups parts has weights of its own.
    void norm(const char* stem, const double* x, int rows, int n, double* y) {
        const Tensor* w = f.tensor("%s.weight", stem);
        const Tensor* b = f.tensor("%s.bias", stem);
        if (!w && !a.weightless) {
            memmove(y, x, size_t(rows) * n * sizeof(double));
            return;
        }
        const int sets = w ? int(w->count() / size_t(n)) : 1;
        for (int r = 0; r < rows; ++r) {
            double mean = 0, square = 0;
            if (a.layer_norm)
                for (int i = 0; i < n; ++i) mean += x[r * n + i] / n;
            for (int i = 0; i < n; ++i) square += (x[r * n + i] - mean) * (x[r * n + i] - mean) / n;
            for (int i = 0; i < n; ++i) {
                const size_t at = size_t(r % sets) * n + size_t(i);
                double v = (x[r * n + i] - mean) / sqrt(square + eps);
                if (w) v *= w->value(at);
                if (b) v += b->value(at);
                y[r * n + i] = v;
            }
        }
    }
    double activation(double g, double u, bool gated) const {
        if (a.act == kOai) {
            g = g < 7 ? g : 7;
            u = u < -7 ? -7 : u > 7 ? 7 : u;
            return g / (1 + exp(-1.702 * g)) * (u + 1);
        }
        double y = g > 0 ? g * g : 0;
        if (a.act == kSilu) y = g / (1 + exp(-g));
        if (a.act == kGelu) y = 0.5 * g * (1 + tanh(sqrt(2 / M_PI) * (g + 0.044715 * g * g * g)));
        return gated ? y * u : y;
    }
    struct Name {
        char text[96];
        Name(int l, const char* stem) { snprintf(text, sizeof text, "blk.%d.%s", l, stem); }
        operator const char*() const { return text; }
    };
    bool has(int l, const char* stem) { return f.tensor("%s.weight", Name(l, stem).text) != nullptr; }

    void embed(double* x) {
        const Tensor *e = embedding, *p = f.tensor("position_embd.weight");
        for (int t = 0; t < T; ++t)
            for (int i = 0; i < d; ++i)
                x[t * d + i] = e->value(size_t(tokens[t]) * d + i) * a.embed + (p ? p->value(size_t(t) * d + i) : 0);
        if (f.tensor("token_embd_norm.weight") && f.integer("shortconv.l_cache", 0) <= 0)
            norm("token_embd_norm", x, T, d, x);
    }

    // ---- Rope ---------------------------------------------------------------------------------------------------------
    double yarn_dimension(double rotations, double base) {
        return n_rot *
               log(f.number("rope.scaling.original_context_length", f.number("context_length", 0)) /
                   (rotations * 2 * M_PI)) /
               (2 * log(base));
    }
    double frequency(int i, bool windowed) {
        double base = f.number("rope.freq_base", 10000), factor = f.number("rope.scaling.factor", 1);
        const char* kind = f.text("rope.scaling.type", "linear");
        if (windowed && a.window_base != 0) base = a.window_base, factor = 1;
        if (windowed) base = f.number("rope.freq_base_swa", base);
        if (windowed && a.window_unscaled) factor = 1;
        if (!strcmp(kind, "none")) factor = 1;
        double w = pow(base, -2.0 * i / n_rot);
        const Tensor* t = f.tensor("rope_freqs.weight");
        if (!t)
            t = f.tensor(context > f.number("rope.scaling.original_context_length", f.number("context_length", 0))
                             ? "rope_factors_long.weight"
                             : "rope_factors_short.weight");
        if (t) w /= t->value(size_t(i));
        if (strcmp(kind, "yarn") || factor == 1) return w / factor;
        double low = floor(yarn_dimension(f.number("rope.scaling.yarn_beta_fast", 32), base)),
               high = ceil(yarn_dimension(f.number("rope.scaling.yarn_beta_slow", 1), base));
        low = low < 0 ? 0 : low;
        high = high > n_rot - 1 ? n_rot - 1 : high;
        double ramp = (i - low) / (high - low > 0.001 ? high - low : 0.001);
        ramp = ramp < 0 ? 0 : ramp > 1 ? 1 : ramp;
        return w / factor * ramp + w * (1 - ramp);
    }
    double magnitude(bool windowed) {
        if (windowed && (a.window_base != 0 || a.window_unscaled)) return 1;
        const double factor = f.number("rope.scaling.factor", 1), attention = f.number("rope.scaling.attn_factor", 1);
        if (strcmp(f.text("rope.scaling.type", "linear"), "yarn")) return attention;
        const double all = f.number("rope.scaling.yarn_log_multiplier", 0);
        if (latent && all != 0) return attention;
        return attention * (1 + 0.1 * log(factor)) / (all != 0 ? 1 + 0.1 * all * log(factor) : 1);
    }
    void rotate(double* x, int n, bool windowed, int first = 0) {  // [T][n][dk], from value `first` of each
        const double m = magnitude(windowed);
        for (int i = 0; i < n_rot / 2; ++i) {
            const double w = frequency(i, windowed);
            for (int t = 0; t < T; ++t) {
                const double c = cos(t * w) * m, s = sin(t * w) * m;
                for (int h = 0; h < n; ++h) {
                    double* v = x + (size_t(t) * n + h) * dk + first;
                    double &p = a.rope == 2 ? v[i] : v[2 * i], &q = a.rope == 2 ? v[i + n_rot / 2] : v[2 * i + 1];
                    const double p0 = p, q0 = q;
                    p = p0 * c - q0 * s;
                    q = p0 * s + q0 * c;
                }
            }
        }
    }

    // ---- Attention ----------------------------------------------------------------------------------------------------
    double slope(int h) const {
        int power = 1;
        while (power * 2 <= heads) power *= 2;
        if (h < power) return pow(2, -a.alibi * (h + 1) / power);
        return pow(2, -a.alibi / 2 * (2 * (h - power) + 1) / power);
    }
    bool windowed(int l) {
        if (!window) return false;
        int n = 0;
        if (const uint8_t* p = f.bools("attention.sliding_window_pattern", &n)) return l < n && p[l];
        const int period = a.period == 1 ? 1 : f.integer("attention.sliding_window_pattern", a.period);
        return period == 0 || l % period < period - 1;
    }
    void project(int l, const double* h, double* q, double* k, double* v) {
        const int nq = heads * dk, nk = kv * dk, nv = kv * dv;
        if (has(l, "attn_qkv")) {
            double* all = doubles(size_t(T) * (nq + nk + nv));
            linear(Name(l, "attn_qkv"), h, d, all, nq + nk + nv);
            for (int t = 0; t < T; ++t) {
                const double* row = all + size_t(t) * (nq + nk + nv);
                memcpy(q + size_t(t) * nq, row, size_t(nq) * 8);
                memcpy(k + size_t(t) * nk, row + nq, size_t(nk) * 8);
                memcpy(v + size_t(t) * nv, row + nq + nk, size_t(nv) * 8);
            }
            free(all);
        } else {
            linear(Name(l, "attn_q"), h, d, q, nq);
            linear(Name(l, "attn_k"), h, d, k, nk);
            linear(Name(l, "attn_v"), h, d, v, nv);
        }
        const double c = f.number("attention.clamp_kqv", 0);
        if (c > 0)
            for (double* p : {q, k, v})
                for (int i = 0; i < T * (p == q ? nq : p == k ? nk : nv); ++i)
                    p[i] = p[i] < -c ? -c : p[i] > c ? c : p[i];
    }
    void head_norms(int l, double* q, double* k) {
        if (!has(l, "attn_q_norm")) return;
        const Tensor* w = f.tensor("%s.weight", Name(l, "attn_q_norm").text);
        const bool whole = w->dims == 1 && w->count() == size_t(heads) * dk;
        norm(Name(l, "attn_q_norm"), q, whole ? T : T * heads, whole ? heads * dk : dk, q);
        norm(Name(l, "attn_k_norm"), k, whole ? T : T * kv, whole ? kv * dk : dk, k);
    }
    void attend(int l, const double* q, const double* k, const double* v, double* o) {
        const bool near = windowed(l);
        const double scale = a.attention != 0 ? a.attention : 1 / sqrt(double(dk));
        const Tensor* sinks = f.tensor("%s.weight", Name(l, "attn_sinks").text);
        double* p = doubles(size_t(T));
        for (int t = 0; t < T; ++t) {
            for (int h = 0; h < heads; ++h) {
                const int from = near && t + 1 > window ? t + 1 - window : 0, g = h / (heads / kv);
                double top = sinks ? sinks->value(size_t(h)) : -1e300, sum = 0;
                for (int s = from; s <= t; ++s) {
                    double dot = 0;
                    for (int i = 0; i < dk; ++i)
                        dot += q[(size_t(t) * heads + h) * dk + i] * k[(size_t(s) * kv + g) * dk + i];
                    dot *= scale;
                    if (a.soft_attention != 0) dot = a.soft_attention * tanh(dot / a.soft_attention);
                    if (a.alibi > 0) dot += slope(h) * (s - t);
                    p[s] = dot;
                    if (dot > top) top = dot;
                }
                if (sinks) sum = exp(sinks->value(size_t(h)) - top);
                for (int s = from; s <= t; ++s) sum += p[s] = exp(p[s] - top);
                for (int i = 0; i < dv; ++i) {
                    double y = 0;
                    for (int s = from; s <= t; ++s) y += p[s] / sum * v[(size_t(s) * kv + g) * dv + i];
                    o[(size_t(t) * heads + h) * dv + i] = y;
                }
            }
        }
        free(p);
    }
    // Queries, keys and values of latent attention, every head for itself.
    void latent_heads(int l, const double* h, double* q, double* k, double* v) {
        const int nope = dk - n_rot, rank = f.integer("attention.q_lora_rank", 0);
        double *low = doubles(size_t(T) * (rank + 1)), *both_kv = doubles(size_t(T) * (latent + n_rot)),
               *c = doubles(size_t(T) * latent);
        if (rank) {
            linear(Name(l, "attn_q_a"), h, d, low, rank);
            norm(Name(l, "attn_q_a_norm"), low, T, rank, low);
            linear(Name(l, "attn_q_b"), low, rank, q, heads * dk);
        } else {
            linear(Name(l, "attn_q"), h, d, q, heads * dk);
        }
        linear(Name(l, "attn_kv_a_mqa"), h, d, both_kv, latent + n_rot);
        for (int t = 0; t < T; ++t)
            memcpy(c + size_t(t) * latent, both_kv + size_t(t) * (latent + n_rot), size_t(latent) * 8);
        norm(Name(l, "attn_kv_a_norm"), c, T, latent, c);
        const Tensor *kb = f.tensor("%s.weight", Name(l, "attn_k_b").text),
                     *vb = f.tensor("%s.weight", Name(l, "attn_v_b").text),
                     *both = f.tensor("%s.weight", Name(l, "attn_kv_b").text);
        for (int t = 0; t < T; ++t) {
            for (int i = 0; i < heads; ++i) {
                double *key = k + (size_t(t) * heads + i) * dk, *value = v + (size_t(t) * heads + i) * dv;
                for (int x = 0; x < nope + dv; ++x) {
                    double sum = 0;
                    for (int j = 0; j < latent; ++j) {
                        const size_t at = both       ? (size_t(i) * (nope + dv) + x) * latent + j
                                          : x < nope ? (size_t(i) * latent + j) * nope + x
                                                     : (size_t(i) * dv + (x - nope)) * latent + j;
                        sum += (both ? both : x < nope ? kb : vb)->value(at) * c[size_t(t) * latent + j];
                    }
                    (x < nope ? key[x] : value[x - nope]) = sum;
                }
                memcpy(key + nope, both_kv + size_t(t) * (latent + n_rot) + latent, size_t(n_rot) * 8);
            }
        }
        rotate(q, heads, false, nope);
        rotate(k, heads, false, nope);
        const double m = f.number("rope.scaling.yarn_log_multiplier", 0) * 10,
                     factor = f.number("rope.scaling.factor", 1);
        const double sharp = strcmp(f.text("rope.scaling.type"), "yarn") ? 1 : 1 + 0.1 * (m != 0 ? m : 1) * log(factor);
        a.attention = sharp * sharp / sqrt(double(dk));
        free(low), free(both_kv), free(c);
    }
    void convolution(int l, const double* h, double* out) {
        const int n = f.integer("shortconv.l_cache");
        const Tensor* w = f.tensor("%s.weight", Name(l, "shortconv.conv").text);
        double *p = doubles(size_t(T) * 3 * d), *y = doubles(size_t(T) * d);
        linear(Name(l, "shortconv.in_proj"), h, d, p, 3 * d);
        for (int t = 0; t < T; ++t)
            for (int i = 0; i < d; ++i) {
                double sum = 0;
                for (int back = 0; back < n && back <= t; ++back)
                    sum += w->value(size_t(i) * n + (n - 1 - back)) * p[(t - back) * 3 * d + i] *
                           p[(t - back) * 3 * d + 2 * d + i];
                y[t * d + i] = sum * p[t * 3 * d + d + i];
            }
        linear(Name(l, "shortconv.out_proj"), y, d, out, d);
        free(p), free(y);
    }
    void attention(int l, const double* h, double* out) {
        double *q = doubles(size_t(T) * heads * dk), *k = doubles(size_t(T) * kv * dk),
               *v = doubles(size_t(T) * kv * dv), *o = doubles(size_t(T) * heads * dv);
        if (latent) {
            latent_heads(l, h, q, k, v);
            attend(l, q, k, v, o);
            linear(Name(l, "attn_output"), o, heads * dv, out, d);
            free(q), free(k), free(v), free(o);
            return;
        }
        project(l, h, q, k, v);
        if (!a.norm_after_rope) head_norms(l, q, k);
        const bool near = windowed(l);
        if (a.rope && !(a.skip_rope && (l + 1) % a.skip_rope == 0) && !(a.rope_windowed_only && !near)) {
            rotate(q, heads, near);
            rotate(k, kv, near);
        }
        if (a.norm_after_rope) head_norms(l, q, k);
        const double temperature = f.number("attention.temperature_scale", 0),
                     length = f.number("rope.scaling.original_context_length", f.number("context_length", 0));
        if (temperature != 0)
            for (int i = 0; i < T * heads * dk; ++i)
                q[i] *= log(floor((i / (heads * dk)) / length) + 1) * temperature + 1;
        attend(l, q, k, v, o);
        if (has(l, "attn_sub_norm")) norm(Name(l, "attn_sub_norm"), o, T, heads * dv, o);
        linear(Name(l, "attn_output"), o, heads * dv, out, d);
        free(q), free(k), free(v), free(o);
    }

    // ---- Feed-forward -------------------------------------------------------------------------------------------------
    // One expert (or the dense FFN) for one row.
    void ffn_row(int l, const char* suffix, int expert, int width, const double* in, double* out) {
        char gate[64], up[64], down[64];
        snprintf(gate, sizeof gate, "ffn_gate%s", suffix);
        snprintf(up, sizeof up, "ffn_up%s", suffix);
        snprintf(down, sizeof down, "ffn_down%s", suffix);
        const bool fused = !has(l, gate) && f.tensor("%s.weight", Name(l, up).text)->shape[1] == 2 * uint64_t(width);
        double *g = doubles(size_t(width)), *u = doubles(size_t(width));
        if (fused)
            linear(Name(l, up), in, d, g, width, 1);
        else if (has(l, gate))
            linear(Name(l, gate), in, d, g, width, 1, 0, expert);
        linear(Name(l, up), in, d, u, width, 1, fused ? width : 0, expert);
        const bool gated = fused || has(l, gate);
        for (int i = 0; i < width; ++i) u[i] = gated ? activation(g[i], u[i], true) : activation(u[i], 0, false);
        if (has(l, "ffn_sub_norm") && !*suffix) norm(Name(l, "ffn_sub_norm"), u, 1, width, u);
        linear(Name(l, down), u, width, out, d, 1, 0, expert);
        free(g), free(u);
    }
    void experts_row(int l, const double* in, double* out) {
        const int n = f.integer("expert_count"), used = f.integer("expert_used_count");
        const int width = f.integer("expert_feed_forward_length", f.integer("feed_forward_length"));
        double *p = doubles(size_t(n)), *score = doubles(size_t(n)), *part = doubles(size_t(d)), sum = 0, top = -1e300;
        linear(Name(l, "ffn_gate_inp"), in, d, p, n, 1);
        for (int e = 0; e < n; ++e) top = p[e] > top ? p[e] : top;
        for (int e = 0; e < n; ++e) sum += exp(p[e] - top);
        const Tensor* bias = f.tensor("%s.bias", Name(l, "exp_probs_b").text);
        for (int e = 0; e < n; ++e) {
            if (a.gating == 0) p[e] = exp(p[e] - top) / sum;
            if (a.gating == 1) p[e] = 1 / (1 + exp(-p[e]));
            score[e] = p[e] + (bias ? bias->value(size_t(e)) : 0);
        }
        const int groups = f.integer("expert_group_count", 0), kept = f.integer("expert_group_used_count", 0);
        for (int g = 0; groups > 1 && g < groups - kept; ++g) {  // the worst group leaves, again and again
            int worst = -1;
            double least = 1e300;
            for (int i = 0; i < groups; ++i) {
                double first = -1e300, second = -1e300;
                for (int e = i * n / groups; e < (i + 1) * n / groups; ++e) {
                    if (score[e] > first)
                        second = first, first = score[e];
                    else if (score[e] > second)
                        second = score[e];
                }
                if (first > -1e299 && first + second < least) least = first + second, worst = i;
            }
            for (int e = worst * n / groups; e < (worst + 1) * n / groups; ++e) score[e] = -1e300;
        }
        int chosen[64];
        double weight[64], total = 0;
        for (int r = 0; r < used; ++r) {
            chosen[r] = 0;
            for (int e = 1; e < n; ++e)
                if (score[e] > score[chosen[r]]) chosen[r] = e;
            weight[r] = a.gating == 2 ? exp(p[chosen[r]] - top) : p[chosen[r]];
            total += weight[r];
            score[chosen[r]] = -1e300;
        }
        for (int i = 0; i < d; ++i) out[i] = 0;
        double scale = f.number("expert_weights_scale", 1);
        if (scale == 0) scale = 1;
        for (int r = 0; r < used; ++r) {
            ffn_row(l, "_exps", chosen[r], width, in, part);
            const double w = (a.gating == 2 || a.norm_topk ? weight[r] / total : weight[r]) * scale;
            for (int i = 0; i < d; ++i) out[i] += w * part[i];
        }
        if (const Tensor* shared = f.tensor("%s.weight", Name(l, "ffn_up_shexp").text)) {
            ffn_row(l, "_shexp", 0, int(shared->shape[1]), in, part);
            double gate = 1;
            if (has(l, "ffn_gate_inp_shexp"))
                linear(Name(l, "ffn_gate_inp_shexp"), in, d, &gate, 1, 1), gate = 1 / (1 + exp(-gate));
            for (int i = 0; i < d; ++i) out[i] += gate * part[i];
        }
        free(p), free(score), free(part);
    }
    void ffn(int l, const double* h, double* out) {
        for (int t = 0; t < T; ++t) {
            if (has(l, "ffn_gate_inp"))
                experts_row(l, h + size_t(t) * d, out + size_t(t) * d);
            else
                ffn_row(l, "", 0, f.integer("feed_forward_length") / (a.half_ffn ? 2 : 1), h + size_t(t) * d,
                        out + size_t(t) * d);
        }
    }

    void layer(int l, double* x) {
        const size_t n = size_t(T) * d;
        double *h = doubles(n), *att = doubles(n), *mlp = doubles(n);
        const bool twin = has(l, "attn_norm_2");  // Falcon 40B: attention has the second norm, the FFN the first
        norm(Name(l, twin ? "attn_norm_2" : "attn_norm"), x, T, d, h);
        if (has(l, "shortconv.conv"))
            convolution(l, h, att);
        else
            attention(l, h, att);
        const char* ffn_norm = a.post_attention_is_ffn_norm ? "post_attention_norm" : "ffn_norm";
        if (!a.post_attention_is_ffn_norm && has(l, "post_attention_norm"))
            norm(Name(l, "post_attention_norm"), att, T, d, att);
        const bool parallel =
            a.parallel || (!strcmp(f.text("general.architecture"), "stablelm") && !has(l, "ffn_norm"));
        if (!parallel)
            for (size_t i = 0; i < n; ++i) x[i] += a.residual * att[i];
        if (parallel && twin)
            norm(Name(l, "attn_norm"), x, T, d, h);
        else if (!parallel || has(l, ffn_norm))
            norm(Name(l, ffn_norm), x, T, d, h);
        ffn(l, h, mlp);
        if (has(l, "post_ffw_norm")) norm(Name(l, "post_ffw_norm"), mlp, T, d, mlp);
        for (size_t i = 0; i < n; ++i) x[i] += a.residual * (mlp[i] + (parallel ? att[i] : 0));
        free(h), free(att), free(mlp);
    }
};

}  // namespace oracle
