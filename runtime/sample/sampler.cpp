// SPDX-License-Identifier: MIT
#include "runtime/sample/sampler.h"

#include <cstring>

namespace thimble {
namespace {

// splitmix64 fills xoshiro256** (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", 2019).
uint64_t next_random(uint64_t* s) {
    const auto rotate = [](uint64_t x, int k) { return x << k | x >> (64 - k); };
    const uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

void penalize(const Session* s, const SampleParams& p, float* value, int32_t* counts) {
    const bool repeat = p.repeat_penalty != 1.0f && p.repeat_penalty > 0.0f;
    if (p.repeat_last_n == 0 || (!repeat && p.presence_penalty == 0.0f && p.frequency_penalty == 0.0f)) return;
    const uint32_t n_vocab = s->model->hyper.n_vocab;
    memset(counts, 0, n_vocab * sizeof(int32_t));
    const uint32_t from = s->n_past > p.repeat_last_n ? s->n_past - p.repeat_last_n : 0;
    for (uint32_t i = from; i < s->n_past; ++i) ++counts[s->tokens[i]];
    for (uint32_t i = from; i < s->n_past; ++i) {
        const int32_t id = s->tokens[i];
        if (counts[id] <= 0) continue;
        float& v = value[id];
        if (repeat) v = v <= 0.0f ? v * p.repeat_penalty : v / p.repeat_penalty;
        v -= static_cast<float>(counts[id]) * p.frequency_penalty + p.presence_penalty;
        counts[id] = 0;  // once a token
    }
}

// Candidates as a heap whose root is the worst of those kept: the smaller logit, of equals the higher id.
struct Candidates {
    float* value;
    int32_t* id;
    bool worse(uint32_t a, uint32_t b) const { return value[a] < value[b] || (value[a] == value[b] && id[a] > id[b]); }
    void swap(uint32_t a, uint32_t b) const {
        const float v = value[a];
        const int32_t i = id[a];
        value[a] = value[b], id[a] = id[b];
        value[b] = v, id[b] = i;
    }
    void sift(uint32_t at, uint32_t n) const {
        for (;;) {
            uint32_t child = 2 * at + 1;
            if (child >= n) return;
            if (child + 1 < n && worse(child + 1, child)) ++child;
            if (!worse(child, at)) return;
            swap(child, at);
            at = child;
        }
    }
    // Moves the `keep` best of n to the front, best first.
    void best_first(uint32_t n, uint32_t keep) const {
        for (uint32_t i = keep / 2; i-- > 0;) sift(i, keep);
        for (uint32_t i = keep; i < n; ++i) {
            if (!worse(0, i)) continue;
            swap(0, i);
            sift(0, keep);
        }
        for (uint32_t end = keep; end > 1; --end) {  // take the worst to the end, again and again
            swap(0, end - 1);
            sift(0, end - 1);
        }
    }
};

// The first of the largest; banned is only asked about those that would win.
int32_t greedy(const Session* s, const float* value, bool (*banned)(const Session*, int32_t)) {
    const uint32_t n = s->model->hyper.n_vocab;
    float top = -__builtin_inff();
    int32_t best = 0;
    for (uint32_t i = 0; i < n; ++i) {
        if (!(value[i] > top) || (banned && banned(s, static_cast<int32_t>(i)))) continue;
        top = value[i];
        best = static_cast<int32_t>(i);
    }
    return best;
}

}  // namespace

void sampler_seed(SamplerState* s, uint64_t seed) {
    uint64_t z = seed;
    for (uint64_t& r : s->random) {
        z += 0x9e3779b97f4a7c15ULL;
        uint64_t x = z;
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
        x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
        r = x ^ x >> 31;
    }
    s->seed = seed;
    s->seeded = true;
}

int32_t sample(Session* s, const SampleParams& p, bool (*banned)(const Session*, int32_t)) {
    const uint32_t n = s->model->hyper.n_vocab;
    float* value = s->sampler.value;
    int32_t* id = s->sampler.id;
    memcpy(value, s->logits, n * sizeof(float));
    penalize(s, p, value, id);
    if (!(p.temperature > 0.0f)) return greedy(s, value, banned);
    // A NaN never wins and never breaks the order.
    for (uint32_t i = 0; i < n; ++i) {
        id[i] = static_cast<int32_t>(i);
        if (value[i] != value[i]) value[i] = -__builtin_inff();
    }
    if (banned)
        for (uint32_t i = 0; i < n; ++i)
            if (banned(s, static_cast<int32_t>(i))) value[i] = -__builtin_inff();
    uint32_t keep = p.top_k > 0 && p.top_k < n ? p.top_k : n;
    Candidates{value, id}.best_first(n, keep);

    float* prob = s->sampler.probability;
    memcpy(prob, value, keep * sizeof(float));
    s->kernels.softmax(prob, keep);
    if (p.top_p < 1.0f) {
        float sum = 0;
        for (uint32_t i = 0; i < keep; ++i) {
            sum += prob[i];
            if (sum >= p.top_p) {
                keep = i + 1;
                break;
            }
        }
    }
    if (p.min_p > 0.0f) {
        const float floor = p.min_p * prob[0];
        uint32_t i = 1;
        while (i < keep && prob[i] >= floor) ++i;
        keep = i;
    }
    for (uint32_t i = 0; i < keep; ++i) prob[i] = value[i] / p.temperature;
    s->kernels.softmax(prob, keep);
    const float u = static_cast<float>(next_random(s->sampler.random) >> 40) * 0x1p-24f;
    float sum = 0;
    for (uint32_t i = 0; i + 1 < keep; ++i) {
        sum += prob[i];
        if (u < sum) return id[i];
    }
    return id[keep - 1];
}

}  // namespace thimble
