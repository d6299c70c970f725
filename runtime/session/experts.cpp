// SPDX-License-Identifier: MIT
// Mixtures of experts: routing, the experts' products with the tokens that chose them, and the weighted sum in rank
// order, which no division of the work changes.
#include "runtime/session/decoder.h"

namespace thimble {
namespace {

float sigmoid(const Kernels& k, float x) {  // 1 / (1 + e^-x) by the kernels' own exp
    float pair[2] = {0.0f, -x};             // softmax of (0, -x): 1 / (1 + e^-x) first
    k.softmax(pair, 2);
    return pair[0];
}

// The used experts of one token by falling score; ties go to the lower index.
void rank(const float* score, uint32_t n, uint32_t used, int32_t* chosen) {
    for (uint32_t r = 0; r < used; ++r) {
        int32_t best = -1;
        for (uint32_t e = 0; e < n; ++e) {
            bool taken = false;
            for (uint32_t i = 0; i < r; ++i) taken = taken || chosen[i] == static_cast<int32_t>(e);
            if (!taken && (best < 0 || score[e] > score[best])) best = static_cast<int32_t>(e);
        }
        chosen[r] = best;
    }
}

// Only the `used` groups of experts whose two best scores add up to most stay in the choice (DeepSeek 3).
void leave_groups(float* score, uint32_t n, uint32_t groups, uint32_t used) {
    const uint32_t size = n / groups;
    const float lowest = -__builtin_inff();
    const auto sum_of_two = [&](const float* g) {
        float first = lowest, second = lowest;
        for (uint32_t i = 0; i < size; ++i) {
            if (g[i] > first)
                second = first, first = g[i];
            else if (g[i] > second)
                second = g[i];
        }
        return size > 1 ? first + second : first;
    };
    // A group stays when fewer than `used` others are better, or as good and before it.
    uint64_t stay[64] = {};
    for (uint32_t a = 0; a < groups; ++a) {
        uint32_t better = 0;
        const float mine = sum_of_two(score + a * size);
        for (uint32_t b = 0; b < groups; ++b) {
            const float other = sum_of_two(score + b * size);
            better += other > mine || (other == mine && b < a);
        }
        if (better < used) stay[a / 64] |= uint64_t{1} << a % 64;
    }
    for (uint32_t e = 0; e < n; ++e)
        if (!(stay[e / size / 64] >> e / size % 64 & 1)) score[e] = lowest;
}

}  // namespace

// Router logits are in place; one member turns them into choices, weights and lists.
void Member::choose_experts(const Layer& l) {
    ExpertLists& x = s->experts;
    const uint32_t count = h.n_expert, used = h.n_expert_used;
    for (uint32_t e = 0; e <= count; ++e) x.start[e] = 0;
    for (int64_t t = 0; t < n; ++t) {
        float* p = x.logits + t * count;
        if (l.router_b) k.add(p, l.router_b, count, p);
        if (h.gating == Gating::kSoftmaxAll) k.softmax(p, count);
        if (h.gating == Gating::kSigmoid)
            for (uint32_t e = 0; e < count; ++e) p[e] = sigmoid(k, p[e]);
        int32_t* chosen = x.chosen + t * used;
        float* w = x.weight + t * used;
        float* score = own.rows;  // what the choice goes by
        memcpy(score, p, count * sizeof(float));
        if (l.router_bias_select) k.add(p, l.router_bias_select, count, score);
        if (h.n_group > 1) leave_groups(score, count, h.n_group, h.n_group_used);
        rank(score, count, used, chosen);
        for (uint32_t r = 0; r < used; ++r) w[r] = p[chosen[r]];
        if (h.gating == Gating::kSoftmaxTop) {
            k.softmax(w, used);
        } else if (h.normalize_weights) {
            float sum = 0;
            for (uint32_t r = 0; r < used; ++r) sum += w[r];
            if (sum < 6.103515625e-5f) sum = 6.103515625e-5f;  // as the peers: the smallest normal f16
            for (uint32_t r = 0; r < used; ++r) w[r] /= sum;
        }
        for (uint32_t r = 0; r < used; ++r) {
            w[r] *= h.expert_scale;
            ++x.start[chosen[r] + 1];
        }
    }
    x.n_active = 0;
    for (uint32_t e = 0; e < count; ++e) {
        if (x.start[e + 1]) x.active[x.n_active++] = static_cast<int32_t>(e);
        x.start[e + 1] += x.start[e];
    }
    for (int64_t t = 0; t < n; ++t) {
        for (uint32_t r = 0; r < used; ++r) {
            const int32_t at = x.start[x.chosen[t * used + r]]++;
            x.token[at] = static_cast<int32_t>(t);
            x.entry[t * used + r] = at;
        }
    }
    for (uint32_t e = count; e > 0; --e) x.start[e] = x.start[e - 1];  // undo the shift that filling made
    x.start[0] = 0;
}

// Rows [row, row + rows) of the sum over experts, added to the residual stream (or left for the post norm).
void Member::expert_down(const Layer& l, int64_t row, int64_t rows) {
    const ExpertLists& x = s->experts;
    const int64_t used = h.n_expert_used, e = h.n_embd;
    float* part = own.rows;                 // [entries][rows]
    float* total = part + n * used * rows;  // [n][rows]
    for (int32_t i = 0; i < x.n_active; ++i) {
        const int32_t expert = x.active[i], from = x.start[expert], count = x.start[expert + 1] - from;
        multiply(l.down_exps, l.down_exps.expert(static_cast<uint32_t>(expert)), row, rows, s->hidden.column(from),
                 count, nullptr, part + from * rows, rows);
        if (l.down_exps_b)
            for (int32_t c = 0; c < count; ++c)
                k.add(part + (from + c) * rows, l.down_exps_b + expert * e + row, rows, part + (from + c) * rows);
    }
    if (l.shared_down) multiply(l.shared_down, row, rows, s->shared_hidden, total, rows);
    for (int64_t t = 0; t < n; ++t) {
        float* y = total + t * rows;
        if (!l.shared_down)
            memset(y, 0, static_cast<size_t>(rows) * sizeof(float));
        else if (l.shared_router)
            k.scale(x.shared[t], rows, y);
        for (int64_t r = 0; r < used; ++r)
            k.add_scaled(y, part + x.entry[t * used + r] * rows, x.weight[t * used + r], rows, y);
        if (l.ffn_post_norm)
            memcpy(s->projected + t * e + row, y, static_cast<size_t>(rows) * sizeof(float));
        else
            accumulate(y, nullptr, rows, s->x + t * e + row);
    }
}

void Member::expert_ffn(const Layer& l, const Acts& in) {
    ExpertLists& x = s->experts;
    const int64_t f = h.n_ff_expert;
    share_rows(h.n_expert, 32,
               [&](int64_t row, int64_t rows) { multiply(l.router, row, rows, in, x.logits + row, h.n_expert); });
    barrier();
    if (me == 0) {
        choose_experts(l);
        if (l.shared_router) {
            multiply(l.shared_router, 0, 1, in, x.shared, 1);
            for (int64_t t = 0; t < n; ++t) x.shared[t] = sigmoid(k, x.shared[t]);
        }
    }
    barrier();
    const int64_t chunk = chunk_rows(2 * f * h.n_expert_used), blocks = (f + chunk - 1) / chunk;
    const int64_t shared = l.shared_up.rows, shared_blocks = (shared + chunk - 1) / chunk;
    const int64_t all = x.n_active * blocks + shared_blocks;
    for (int64_t u = take(all); u < all; u = take(all)) {
        const int64_t block = u < x.n_active * blocks ? u % blocks : u - x.n_active * blocks;
        const int64_t row = block * chunk;
        if (u >= x.n_active * blocks) {
            gate_up(l.shared_gate ? &l.shared_gate : nullptr, l.shared_gate.data, nullptr, l.shared_up,
                    l.shared_up.data, 0, nullptr, in, n, nullptr, s->shared_hidden, 0, row,
                    shared - row < chunk ? shared - row : chunk);
            continue;
        }
        const uint32_t e = static_cast<uint32_t>(x.active[u / blocks]);
        const int32_t from = x.start[e];
        gate_up(l.gate_exps ? &l.gate_exps : nullptr, l.gate_exps ? l.gate_exps.expert(e) : nullptr,
                l.gate_exps_b ? l.gate_exps_b + e * f : nullptr, l.up_exps, l.up_exps.expert(e), 0,
                l.up_exps_b ? l.up_exps_b + e * f : nullptr, in, x.start[e + 1] - from, x.token + from, s->hidden, from,
                row, f - row < chunk ? f - row : chunk);
    }
    barrier();
    const int64_t e = h.n_embd, down_chunk = chunk_rows(e);
    share_rows(e, down_chunk, [&](int64_t row, int64_t rows) { expert_down(l, row, rows); });
    barrier();
    if (l.ffn_post_norm) post(nullptr, l.ffn_post_norm);
}

}  // namespace thimble
