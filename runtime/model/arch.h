// SPDX-License-Identifier: MIT
// What differs between architectures, as data. One decoder pass (decoder.cpp) serves them all; archs/NAME.cpp holds one
// Arch a family and archs.def lists them. What a file says by having or lacking a tensor (biases, q/k norms, post norms,
// a gate, a fused qkv, experts) is not repeated here: the binder looks.
#pragma once
#include <cstdint>

#include "kernels/kernels.h"

namespace thimble {

enum class Norm : uint8_t { kRms, kLayer };
enum class Rope : uint8_t { kNone, kNorm, kNeox };         // pairs (2i, 2i+1), or (i, i + n_rot/2)
enum class Residual : uint8_t { kSequential, kParallel };  // parallel: attention and FFN read the same input
enum class Gating : uint8_t {
    kSoftmaxAll,
    kSoftmaxTop,
    kSigmoid
};  // router: over all experts, over the chosen, sigmoid

struct Arch {
    const char* name;  // general.architecture
    Norm norm = Norm::kRms;
    bool norm_weightless = false;  // norms without weights (OLMo 1): a missing tensor does not mean no norm
    Rope rope = Rope::kNeox;
    Activation activation = kActSilu;
    Residual residual = Residual::kSequential;
    bool residual_by_key = false;            // use_parallel_residual decides
    bool parallel_without_ffn_norm = false;  // parallel where a layer has no ffn_norm of its own (StableLM)
    bool embed_scale_sqrt = false;           // embeddings times sqrt(n_embd)
    Gating gating = Gating::kSoftmaxAll;
    bool normalize_weights = true;  // weights of the chosen experts sum to 1
    // Sliding window: of each `window_period` layers the last has full attention (first, where window_full_first);
    // 0: every layer has the window if the file gives one; 1: none has.
    uint8_t window_period = 1;
    bool window_full_first = false;
    uint32_t window_default = 0;       // where the file gives no attention.sliding_window
    bool window_from_key = false;      // attention.sliding_window_pattern, where present, overrides the period
    uint8_t rope_skip_period = 0;      // of each n layers the last has no rope (0: all have)
    bool rope_only_in_window = false;  // layers with full attention have none (Cohere 2)
    float rope_base_window = 0;        // base of the windowed layers, 0: the same; scaling does not apply to them
    bool window_unscaled = false;      // rope scaling does not apply to windowed layers (OLMo 3)
    bool latent_attention = false;     // keys and values from one latent vector (DeepSeek 2)
    bool short_convolutions = false;   // layers without kv heads are those; token_embd_norm is the output norm (LFM2)
    bool final_softcap = false;        // *_logit_softcapping keys are honoured, with these defaults
    float attn_softcap_default = 0, final_softcap_default = 0;
    bool scale_keys = false;              // embedding_scale, residual_scale, attention.scale, logit_scale (divides)
    bool logit_scale_multiplies = false;  // Cohere
    bool query_scale_by_width = false;    // attention scale 1/sqrt(n_embd / n_head) instead of 1/sqrt(d) (Gemma 27B)
    uint32_t query_scale_layers = 0;      // ... only in the model of this many layers (0: all)
    bool alibi = false;                   // attention.max_alibi_bias, with this default (0: none) ...
    float alibi_default = 0;
    uint32_t alibi_layers = 0;            // ... only in the model of this many layers, which then has no rope (0: all)
    bool scale_defaults_minicpm = false;  // where the scale keys are missing: 12, 1.4 / sqrt(layers), 256 / n_embd
    bool qk_norm_after_rope = false;      // Hunyuan
    bool ffn_norm_is_post_attention = false;  // the FFN's norm is called post_attention_norm
    bool ffn_length_halved = false;           // feed_forward_length counts gate and up together (Qwen 1)
};

const Arch* arch_find(const char* name, uint32_t length);  // nullptr: not supported
uint32_t arch_count();
const Arch* arch_at(uint32_t index);

}  // namespace thimble
