// SPDX-License-Identifier: MIT
// Latent attention (DeepSeek-V2, 2024): keys and values of all heads come from one short vector a position. Two layouts of
// files. In the newer one (attn_k_b, attn_v_b) queries are carried into the latent space, so the cache holds one head: the
// latent vector and the rotated part that all heads share. In the older one (attn_kv_b) keys and values are expanded
// before they are cached.
#include "runtime/session/decoder.h"

namespace thimble {
namespace {

// One product of `rows` rows; several are worked off together.
struct Job {
    const Weight* w;
    const uint8_t* data;
    Acts in;
    float* out;
    int64_t stride;
};

template <class JobAt>
void products(Member& m, int64_t count, JobAt job) {
    constexpr int64_t kRows = 128;
    int64_t first = 0, at = 0;
    for (int64_t u = team_next(m.s->team);; u = team_next(m.s->team)) {
        int64_t chunks = 0;
        for (; at < count; ++at, first += chunks) {
            chunks = (job(at).w->rows + kRows - 1) / kRows;
            if (u < first + chunks) break;
        }
        if (at == count) break;
        const Job j = job(at);
        const int64_t row = (u - first) * kRows, rows = j.w->rows - row < kRows ? j.w->rows - row : kRows;
        m.multiply(*j.w, j.data, row, rows, j.in, m.n, nullptr, j.out + row, j.stride);
    }
    m.barrier();
}

// The columns of `a` from value x, whose blocks start at value `block` (a multiple of 32 wherever a quantised matrix meets them).
Acts part(const Acts& a, int64_t x, int64_t block) {
    Acts p = a;
    p.x += x;
    p.quant.q += block;
    p.quant.d += block / 32;
    p.quant.s += block / 16;
    return p;
}

}  // namespace

// q, k and v of all tokens into s->qkv, rotated; the layer's own rope, biases and head norms are off.
void Member::latent_qkv(const Layer& l, const Acts& in) {
    const int64_t heads = l.n_head, dk = h.dk_full, nope = dk - h.n_rot;
    LatentBuffers& x = s->latent;
    float* q = l.k_b ? x.q.x : s->qkv;  // [heads][dk] of a token
    const int64_t q_stride = l.k_b ? x.q.stride : s->qkv_stride;
    float* raw_kv = x.raw + h.n_latent_q;  // latent, shared key, expanded heads
    products(*this, 2, [&](int64_t i) {
        if (i == 1) return Job{&l.kv_a, l.kv_a.data, in, raw_kv, x.raw_stride};
        return l.q_b ? Job{&l.q_a, l.q_a.data, in, x.raw, x.raw_stride} : Job{&l.wq, l.wq.data, in, q, q_stride};
    });
    latent_norms(l);
    const Weight* const second[2] = {l.q_b ? &l.q_b : &l.kv_b, &l.kv_b};
    const int64_t count = (l.q_b ? 1 : 0) + (l.kv_b ? 1 : 0);
    if (count > 0)
        products(*this, count, [&](int64_t i) {
            const Weight* w = second[i];
            if (w == &l.kv_b) return Job{w, w->data, x.kv, raw_kv + h.n_latent_kv + h.n_rot, x.raw_stride};
            return Job{w, w->data, x.compressed_q, q, q_stride};
        });
    for (int64_t t = first_token(); t < last_token(); ++t) {
        const RopeTable& r = s->rope[0];
        const int64_t half = h.n_rot / 2;
        for (int64_t i = 0; i < heads; ++i) {
            float* head = q + t * q_stride + i * dk;
            k.rope(head + nope, 1, h.n_rot, h.n_rot, h.arch->rope == Rope::kNeox, r.cos + t * half, r.sin + t * half);
            if (l.k_b) quantize(x.q, t, i * nope, nope, head);
        }
        latent_keys(l, t, q + t * q_stride);
    }
    barrier();
    if (l.k_b)
        products(*this, heads, [&](int64_t i) {
            return Job{&l.k_b, l.k_b.expert(static_cast<uint32_t>(i)), part(x.q, i * dk, i * nope), s->qkv + i * h.dk,
                       s->qkv_stride};
        });
}

// The norms of both latent vectors, and the rotation of the shared key.
void Member::latent_norms(const Layer& l) {
    LatentBuffers& x = s->latent;
    const RopeTable& r = s->rope[0];
    const int64_t half = h.n_rot / 2;
    for (int64_t t = first_token(); t < last_token(); ++t) {
        float *q = x.raw + t * x.raw_stride, *kv = q + h.n_latent_q;
        if (l.q_b) {
            float* y = x.compressed_q.x + t * x.compressed_q.stride;
            normalize(q, l.q_a_norm, nullptr, h.n_latent_q, y);
            quantize(x.compressed_q, t, 0, h.n_latent_q, y);
        }
        float* y = x.kv.x + t * x.kv.stride;
        normalize(kv, l.kv_a_norm, nullptr, h.n_latent_kv, y);
        quantize(x.kv, t, 0, h.n_latent_kv, y);
        k.rope(kv + h.n_latent_kv, 1, h.n_rot, h.n_rot, h.arch->rope == Rope::kNeox, r.cos + t * half,
               r.sin + t * half);
    }
    barrier();
}

// Lays out token t's keys and values, and the rotated parts of its queries where they are carried into the latent space.
void Member::latent_keys(const Layer& l, int64_t t, const float* q) {
    const LatentBuffers& x = s->latent;
    const int64_t heads = l.n_head, nope = h.dk_full - h.n_rot, latent = h.n_latent_kv;
    const auto copy = [](float* to, const float* from, int64_t count) {
        memcpy(to, from, static_cast<size_t>(count) * sizeof(float));
    };
    const float* shared = x.raw + t * x.raw_stride + h.n_latent_q + latent;
    float* row = s->qkv + t * s->qkv_stride;
    float *key = row + heads * h.dk, *value = key + l.n_head_kv * int64_t{h.dk};
    if (l.k_b) {
        for (int64_t i = 0; i < heads; ++i) copy(row + i * h.dk + latent, q + i * h.dk_full + nope, h.n_rot);
        copy(key, x.kv.x + t * x.kv.stride, latent);
        copy(key + latent, shared, h.n_rot);
        copy(value, x.kv.x + t * x.kv.stride, latent);
        return;
    }
    const float* expanded = shared + h.n_rot;
    for (int64_t i = 0; i < heads; ++i, expanded += nope + h.dv) {
        copy(key + i * h.dk, expanded, nope);
        copy(key + i * h.dk + nope, shared, h.n_rot);
        copy(value + i * h.dv, expanded + nope, h.dv);
    }
}

// What attention gave, as the output projection takes it.
const Acts& Member::latent_out(const Layer& l) {
    if (!l.v_b) return s->attention;
    const Acts& out = s->latent.out;
    products(*this, l.n_head, [&](int64_t i) {
        return Job{&l.v_b, l.v_b.expert(static_cast<uint32_t>(i)), part(s->attention, i * h.dv, i * h.dv),
                   out.x + i * h.dv_full, out.stride};
    });
    columns_again(out, nullptr, int64_t{l.n_head} * h.dv_full);
    return out;
}

}  // namespace thimble
