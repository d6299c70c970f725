// SPDX-License-Identifier: MIT
// Metadata to hyperparameters. Key names: github.com/ggml-org/ggml, docs/gguf.md, and what converters write.
#include "runtime/model/model.h"

namespace thimble {
namespace {

constexpr uint32_t kMaxLayers = 1024, kMaxWidth = 1u << 20, kMaxHeads = 1u << 14, kMaxTrained = 1u << 28,
                   kMaxExperts = 4096;

// Reads keys under the architecture's prefix; the first error sticks.
struct Keys {
    const Gguf& g;
    Str arch;
    Error* err;
    Status status = kOk;
    char text[128];

    Str name(const char* key) {
        TextBuilder b(text, sizeof text);
        b.add(arch);
        b.add('.');
        b.add(key);
        return Str(text, b.used);
    }
    void u32(const char* key, GgufNeed need, uint32_t* out, uint32_t low, uint32_t high) {
        if (status == kOk) status = gguf_u32(g, name(key), need, out, err, low, high);
    }
    void f32(const char* key, GgufNeed need, float* out) {
        if (status == kOk) status = gguf_f32(g, name(key), need, out, err);
    }
    void flag(const char* key, bool* out) {
        if (status == kOk) status = gguf_bool(g, name(key), kGgufOptional, out, err);
    }
    void str(const char* key, Str* out) {
        if (status == kOk) status = gguf_str(g, name(key), kGgufOptional, out, err);
    }
    void of_layer(const char* key, GgufNeed need, uint32_t layer, uint32_t n_layer, uint32_t* out, uint32_t low,
                  uint32_t high) {
        if (status == kOk) status = gguf_u32_of_layer(g, name(key), need, layer, n_layer, out, err, low, high);
    }
};

uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

void read_heads(Keys& k, Hyper* h) {
    for (uint32_t l = 0; l < h->n_layer && k.status == kOk; ++l) {
        uint32_t heads = 0, kv = 0, ff = 0;
        k.of_layer("attention.head_count", kGgufRequired, l, h->n_layer, &heads, 1, kMaxHeads);
        kv = heads;
        const bool conv = h->arch->short_convolutions;
        k.of_layer("attention.head_count_kv", kGgufOptional, l, h->n_layer, &kv, conv ? 0 : 1, kMaxHeads);
        k.of_layer("feed_forward_length", kGgufRequired, l, h->n_layer, &ff, 1, kMaxWidth);
        if (h->arch->ffn_length_halved) ff /= 2;
        if (k.status != kOk) return;
        h->n_ff_max = larger(h->n_ff_max, ff);
        if (l == 0) h->n_head = heads, h->n_ff = ff;
        if (kv == 0) continue;  // a convolution
        if (heads % kv != 0) {
            k.status = fail(k.err, kFormat, k.g.label, ": ", k.arch, ".attention.head_count_kv ", kv,
                            " does not divide head_count ", heads);
            return;
        }
        if (h->n_head_kv == 0) h->n_head_kv = kv;
        h->n_head_max = larger(h->n_head_max, heads);
        h->n_head_kv_max = larger(h->n_head_kv_max, kv);
    }
}

void read_rope(Keys& k, Hyper* h) {
    h->n_rot = h->dk;
    k.u32("rope.dimension_count", kGgufOptional, &h->n_rot, 0, h->dk);
    if (k.status == kOk && h->n_rot % 2)
        k.status = fail(k.err, kFormat, k.g.label, ": ", k.arch, ".rope.dimension_count ", h->n_rot, " is odd");
    h->rope_base = 10000.0f;
    k.f32("rope.freq_base", kGgufOptional, &h->rope_base);
    h->rope_base_window = h->arch->rope_base_window > 0 ? h->arch->rope_base_window : h->rope_base;
    k.f32("rope.freq_base_swa", kGgufOptional, &h->rope_base_window);
    if (k.status == kOk && (!(h->rope_base > 0) || !(h->rope_base_window > 0)))
        k.status = fail(k.err, kFormat, k.g.label, ": ", k.arch, ".rope.freq_base is not positive");
    Str kind;
    k.str("rope.scaling.type", &kind);
    h->scaling_factor = 1.0f;
    k.f32("rope.scale_linear", kGgufOptional, &h->scaling_factor);
    k.f32("rope.scaling.factor", kGgufOptional, &h->scaling_factor);
    if (k.status == kOk && !(h->scaling_factor >= 0.0f && h->scaling_factor < 1e6f))
        k.status = fail(k.err, kFormat, k.g.label, ": ", k.arch, ".rope.scaling.factor ",
                        static_cast<double>(h->scaling_factor), " is out of range");
    if (h->scaling_factor == 0.0f) h->scaling_factor = 1.0f;
    h->scaling_attn = 1.0f;
    k.f32("rope.scaling.attn_factor", kGgufOptional, &h->scaling_attn);
    h->n_ctx_original = h->n_ctx_train;
    k.u32("rope.scaling.original_context_length", kGgufOptional, &h->n_ctx_original, 1, kMaxTrained);
    h->scaling = RopeScaling::kLinear;  // a factor of 1 is none
    if (kind == "none")
        h->scaling = RopeScaling::kNone, h->scaling_factor = 1.0f;
    else if (kind == "yarn")
        h->scaling = RopeScaling::kYarn;
    else if (kind == "longrope")
        h->scaling = RopeScaling::kLongrope;
    else if (kind.size && !(kind == "linear") && k.status == kOk)
        k.status = fail(k.err, kUnsupported, k.g.label, ": ", k.arch, ".rope.scaling.type '", kind,
                        "' is not known; none, linear, yarn and longrope are");
    h->yarn_ext = 1.0f;
    h->yarn_beta_fast = 32.0f;
    h->yarn_beta_slow = 1.0f;
    float attn = 0.0f;
    k.f32("rope.scaling.yarn_ext_factor", kGgufOptional, &h->yarn_ext);
    k.f32("rope.scaling.yarn_attn_factor", kGgufOptional, &attn);
    k.f32("rope.scaling.yarn_beta_fast", kGgufOptional, &h->yarn_beta_fast);
    k.f32("rope.scaling.yarn_beta_slow", kGgufOptional, &h->yarn_beta_slow);
    k.f32("rope.scaling.yarn_log_multiplier", kGgufOptional, &h->yarn_log_mul);
    h->yarn_attn = attn;
}

void read_experts(Keys& k, Hyper* h) {
    k.u32("expert_count", kGgufOptional, &h->n_expert, 0, kMaxExperts);
    if (h->n_expert == 0 || k.status != kOk) return;
    k.u32("expert_used_count", kGgufRequired, &h->n_expert_used, 1, h->n_expert < 64 ? h->n_expert : 64);
    h->n_ff_expert = h->n_ff;
    k.u32("expert_feed_forward_length", kGgufOptional, &h->n_ff_expert, 1, kMaxWidth);
    k.u32("expert_shared_feed_forward_length", kGgufOptional, &h->n_ff_shared, 0, kMaxWidth);
    h->expert_scale = 1.0f;
    k.f32("expert_weights_scale", kGgufOptional, &h->expert_scale);
    if (h->expert_scale == 0.0f) h->expert_scale = 1.0f;
    k.u32("expert_group_count", kGgufOptional, &h->n_group, 0, h->n_expert);
    k.u32("expert_group_used_count", kGgufOptional, &h->n_group_used, 0, h->n_group);
    if (k.status == kOk && h->n_group > 1 &&
        (h->n_expert % h->n_group || h->n_group_used * (h->n_expert / h->n_group) < h->n_expert_used))
        k.status = fail(k.err, kFormat, k.g.label, ": ", k.arch, ".expert_group_count ", h->n_group,
                        " and expert_group_used_count ", h->n_group_used, " do not fit ", h->n_expert, " experts, ",
                        h->n_expert_used, " used");
    k.flag("expert_weights_norm", &h->normalize_weights);
    uint32_t gating = 0;
    k.u32("expert_gating_func", kGgufOptional, &gating, 0, 3);
    if (gating == 1) h->gating = Gating::kSoftmaxAll;
    if (gating == 2) h->gating = Gating::kSigmoid;
    if (gating == 3) h->gating = Gating::kSoftmaxTop;
}

void read_latent(Keys& k, Hyper* h) {
    h->dk_full = h->dk, h->dv_full = h->dv;
    k.u32("attention.q_lora_rank", kGgufOptional, &h->n_latent_q, 0, kMaxWidth);
    k.u32("attention.kv_lora_rank", kGgufRequired, &h->n_latent_kv, 1, 4096);
    k.u32("attention.key_length_mla", kGgufOptional, &h->dk_full, 1, 4096);
    k.u32("attention.value_length_mla", kGgufOptional, &h->dv_full, 1, 4096);
    if (k.status == kOk && (h->n_rot == 0 || h->n_rot >= h->dk_full))
        k.status = fail(k.err, kFormat, k.g.label, ": ", k.arch, ".rope.dimension_count ", h->n_rot,
                        " does not fit keys of ", h->dk_full, " values");
    h->yarn_log_mul *= 10.0f;  // converters write a tenth
    // YaRN's magnitude goes into the scale instead of the rotation (DeepSeek-V2's modelling code).
    const bool yarn = h->scaling == RopeScaling::kYarn && h->scaling_factor > 1.0f && h->yarn_ext != 0.0f;
    const double growth = yarn ? 0.1 * math_log(h->scaling_factor) : 0.0;
    double m = h->scaling_attn * (h->yarn_log_mul != 0.0f ? 1.0 + growth * h->yarn_log_mul : 1.0 + growth);
    h->attn_scale = static_cast<float>(m * m * math_pow(h->dk_full, -0.5));
}

void read_scales(Keys& k, Hyper* h) {
    const Arch* a = h->arch;
    h->embed_scale = h->residual_scale = h->logit_factor = 1.0f;
    h->attn_scale = static_cast<float>(math_pow(h->dk, -0.5));
    if (a->embed_scale_sqrt) h->embed_scale = static_cast<float>(math_pow(h->n_embd, 0.5));
    if (a->query_scale_by_width && (a->query_scale_layers == 0 || a->query_scale_layers == h->n_layer))
        h->attn_scale = static_cast<float>(math_pow(static_cast<double>(h->n_embd) / h->n_head, -0.5));
    if (a->scale_keys) {
        float attn = 0, logit = 0;
        if (a->scale_defaults_minicpm) {
            h->embed_scale = 12.0f;
            h->residual_scale = static_cast<float>(1.4 * math_pow(h->n_layer, -0.5));
            logit = static_cast<float>(h->n_embd) / 256.0f;
        }
        k.f32("embedding_scale", kGgufOptional, &h->embed_scale);
        k.f32("residual_scale", kGgufOptional, &h->residual_scale);
        k.f32("attention.scale", kGgufOptional, &attn);
        k.f32("logit_scale", kGgufOptional, &logit);
        if (h->embed_scale == 0.0f) h->embed_scale = 1.0f;
        if (h->residual_scale == 0.0f) h->residual_scale = 1.0f;
        if (attn != 0.0f) h->attn_scale = attn;
        if (logit != 0.0f) h->logit_factor = a->logit_scale_multiplies ? logit : 1.0f / logit;
    }
    if (a->final_softcap) {
        h->attn_softcap = a->attn_softcap_default;
        h->final_softcap = a->final_softcap_default;
        k.f32("attn_logit_softcapping", kGgufOptional, &h->attn_softcap);
        k.f32("final_logit_softcapping", kGgufOptional, &h->final_softcap);
    }
    k.f32("attention.clamp_kqv", kGgufOptional, &h->clamp_qkv);
    if (a->alibi && (a->alibi_layers == 0 || a->alibi_layers == h->n_layer)) {
        h->alibi_max = a->alibi_default;
        k.f32("attention.max_alibi_bias", kGgufOptional, &h->alibi_max);
    }
    k.f32("attention.temperature_scale", kGgufOptional, &h->attn_temperature);
}

// By name, with the list of those that are supported, cut at a whole name where the message ends.
Status refuse_architecture(const Gguf& g, Str name, Error* err) {
    char list[232], shown[64];
    TextBuilder l(list, sizeof list - 4), n(shown, sizeof shown);
    n.add(name);
    for (uint32_t i = 0; i < arch_count(); ++i) {
        if (l.used + strlen(arch_at(i)->name) + 2 > l.capacity) {
            memcpy(list + l.used, " ...", 5);
            break;
        }
        l.add(' ');
        l.add(arch_at(i)->name);
    }
    return fail(err, kUnsupported, g.label, ": architecture '", shown, "' is not supported; ", arch_count(),
                " are (thimble --version):", list);
}

}  // namespace

Status read_hyper(const Gguf& g, Hyper* h, Error* err) {
    *h = Hyper{};
    Str name;
    Status s = gguf_str(g, "general.architecture", kGgufRequired, &name, err);
    if (s != kOk) return s;
    h->arch = arch_find(name.data, static_cast<uint32_t>(name.size));
    if (!h->arch) return refuse_architecture(g, name, err);
    Keys k{g, name, err, kOk, {}};
    k.u32("context_length", kGgufRequired, &h->n_ctx_train, 1, kMaxTrained);
    k.u32("embedding_length", kGgufRequired, &h->n_embd, 1, kMaxWidth);
    k.u32("block_count", kGgufRequired, &h->n_layer, 1, kMaxLayers);
    read_heads(k, h);
    if (k.status != kOk) return k.status;
    h->dk = h->n_embd / h->n_head;
    k.u32("attention.key_length", kGgufOptional, &h->dk, 1, kMaxHeadSize);
    h->dv = h->dk;
    k.u32("attention.value_length", kGgufOptional, &h->dv, 1, kMaxHeadSize);
    if (k.status == kOk && (h->dk == 0 || h->dk > kMaxHeadSize))
        return fail(err, kFormat, g.label, ": embedding_length ", h->n_embd, " over head_count ", h->n_head,
                    " gives an impossible head of ", h->dk);
    h->norm_eps = 1e-5f;
    k.f32(h->arch->norm == Norm::kRms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon",
          kGgufRequired, &h->norm_eps);
    h->gating = h->arch->gating;
    h->normalize_weights = h->arch->normalize_weights;
    if (h->arch->short_convolutions) k.u32("shortconv.l_cache", kGgufRequired, &h->conv_length, 2, 1024);
    read_rope(k, h);
    read_experts(k, h);
    read_scales(k, h);
    if (h->arch->latent_attention) read_latent(k, h);
    return k.status;
}

}  // namespace thimble
