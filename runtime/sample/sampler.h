// SPDX-License-Identifier: MIT
// From logits to a token: penalties, top-k, top-p, min-p, temperature, in this order (llama.cpp's default chain), and a
// seeded draw. Deterministic on every CPU: the exponentials are the kernels', sums run in a fixed order.
#pragma once
#include "runtime/session/session.h"

namespace thimble {

struct SampleParams {
    float temperature, top_p, min_p, repeat_penalty, presence_penalty, frequency_penalty;
    uint32_t top_k, repeat_last_n;
};

void sampler_seed(SamplerState* s, uint64_t seed);
// Reads s->logits and s->tokens (for penalties); works in s->sampler. Temperature 0 or less is greedy: the largest logit,
// the lowest id among equals. `banned` (or nullptr) tells tokens that may not be chosen.
int32_t sample(Session* s, const SampleParams& p, bool (*banned)(const Session*, int32_t));

}  // namespace thimble
