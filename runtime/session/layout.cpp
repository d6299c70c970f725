// SPDX-License-Identifier: MIT
// What a session takes, and where it lies. The same lines count (dry arena) and build.
#include <cstring>

#include "platform/cpu.h"
#include "runtime/session/session.h"

namespace thimble {
namespace {

int64_t round_up(int64_t a, int64_t b) { return (a + b - 1) / b * b; }
int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

struct Layout {
    const Model& m;
    const SessionParams& p;
    Arena& arena;
    Session* s;

    // floats: false where only quantised weights meet these columns.
    Acts acts(int64_t columns, int64_t width, bool floats = true) {
        Acts a{};
        a.stride = round_up(width, 16) +
                   (columns > 1 ? 16 : 0);  // 64 bytes off a power of two: columns fall into other cache sets
        if (floats) a.x = arena.array<float>(static_cast<uint64_t>(columns * a.stride));
        const int64_t blocks = (width + 31) / 32;
        a.quant.q_stride = blocks * 32 + (columns > 1 ? 64 : 0);
        a.quant.d_stride = blocks;
        a.quant.s_stride = blocks * 2;
        a.quant.q = arena.array<int8_t>(static_cast<uint64_t>(columns * a.quant.q_stride));
        a.quant.d = arena.array<float>(static_cast<uint64_t>(columns * a.quant.d_stride));
        a.quant.s = arena.array<int16_t>(static_cast<uint64_t>(columns * a.quant.s_stride));
        return a;
    }

    AttentionState state(int64_t rows) {
        AttentionState a;
        a.m = arena.array<float>(static_cast<uint64_t>(rows));
        a.l = arena.array<float>(static_cast<uint64_t>(rows));
        a.o = arena.array<float>(static_cast<uint64_t>(rows) * m.hyper.dv);
        return a;
    }

    void cache() {
        const Hyper& h = m.hyper;
        KvLayer* layers = s->kv;
        const int64_t full = round_up(p.n_ctx, kKvTile);
        for (uint32_t i = 0; i < h.n_layer; ++i) {
            const Layer& l = m.layers[i];
            KvLayer kv{};
            int64_t capacity = full;
            if (l.window) {
                const int64_t ring = round_up(int64_t{l.window} + p.n_batch, kKvTile) + kKvTile;
                capacity = ring < full ? ring : full;
            }
            kv.head0.capacity = capacity;
            kv.head0.type_k = p.type_k;
            kv.head0.type_v = p.type_v;
            const auto element = [](KvType t) { return t == kKvF32 ? 4u : t == kKvF16 ? 2u : 1u; };
            // Bytes of one head, at most 2^40: counted in 64 bits on every target, for the arena must see what is too much.
            const uint64_t slots = static_cast<uint64_t>(capacity);
            const uint64_t k = slots * h.dk * element(p.type_k), v = slots * h.dv * element(p.type_v);
            const uint64_t k_scale = p.type_k == kKvQ8_0 ? slots * (h.dk / 32) * 2 : 0,
                           v_scale = p.type_v == kKvQ8_0 ? slots * (h.dv / 32) * 2 : 0;
            if (l.conv) {  // the convolution's inputs, in float
                kv.head0.type_v = kKvF32;
                kv.head0.v = arena.bytes(slots * h.n_embd * sizeof(float));
                if (layers) layers[i] = kv;
                continue;
            }
            kv.head0.k = arena.bytes(k * l.n_head_kv);
            kv.head0.v = arena.bytes(v * l.n_head_kv);
            kv.head0.k_scale = arena.bytes(k_scale * l.n_head_kv);
            kv.head0.v_scale = arena.bytes(v_scale * l.n_head_kv);
            kv.k_step = static_cast<size_t>(k), kv.v_step = static_cast<size_t>(v);
            kv.k_scale_step = static_cast<size_t>(k_scale), kv.v_scale_step = static_cast<size_t>(v_scale);
            if (layers) layers[i] = kv;
        }
    }

    void rope() {
        const uint64_t half = m.hyper.n_rot / 2;
        for (RopeTable& t : s->rope) {
            t.frequency = arena.array<double>(half);
            t.cos = arena.array<float>(half * p.n_batch);
            t.sin = arena.array<float>(half * p.n_batch);
        }
    }

    void experts(bool floats) {
        const Hyper& h = m.hyper;
        if (!h.n_expert) return;
        ExpertLists& e = s->experts;
        const uint64_t n = p.n_batch, entries = n * h.n_expert_used;
        e.logits = arena.array<float>(n * h.n_expert);
        e.chosen = arena.array<int32_t>(entries);
        e.weight = arena.array<float>(entries);
        e.start = arena.array<int32_t>(uint64_t{h.n_expert} + 1);
        e.token = arena.array<int32_t>(entries);
        e.entry = arena.array<int32_t>(entries);
        e.active = arena.array<int32_t>(h.n_expert);
        e.shared = arena.array<float>(n);
        int64_t shared = 0;
        for (uint32_t i = 0; i < h.n_layer; ++i) shared = most(shared, m.layers[i].shared_up.rows);
        if (shared) s->shared_hidden = acts(p.n_batch, shared, floats);
    }

    static bool dense(const Weight& w) { return w && format_is_dense(w.type); }
    // Which activations somebody reads as floats: dense weights, and norms and sums between the product that made them
    // and the next; and whether any layer has a post norm.
    struct Wanted {
        bool norm, attention, hidden, shared_hidden, projected;
    };
    Wanted wanted() const {
        Wanted y{};
        y.norm = dense(m.output);
        for (uint32_t i = 0; i < m.hyper.n_layer; ++i) {
            const Layer& l = m.layers[i];
            const Weight* of_norm[] = {&l.wq,      &l.wk,          &l.wv,        &l.wqkv,         &l.q_a,
                                       &l.kv_a,    &l.gate,        &l.up,        &l.router,       &l.gate_exps,
                                       &l.up_exps, &l.shared_gate, &l.shared_up, &l.shared_router};
            for (const Weight* w : of_norm) y.norm = y.norm || dense(*w);
            y.attention = y.attention || dense(l.wo) || l.attn_sub_norm || l.conv || l.v_b || unit_width(l) % 32;
            y.hidden = y.hidden || dense(l.down) || dense(l.down_exps) || l.ffn_sub_norm;
            y.shared_hidden = y.shared_hidden || dense(l.shared_down);
            y.projected = y.projected || l.attn_post_norm || l.ffn_post_norm;
        }
        return y;
    }
    // Values of the heads that share a kv head.
    int64_t unit_width(const Layer& l) const { return int64_t{l.n_head / l.n_head_kv} * m.hyper.dv; }

    void scratch() {
        const Hyper& h = m.hyper;
        const int64_t n = p.n_batch, e = h.n_embd;
        int64_t q = 0, attention = 0;
        for (uint32_t i = 0; i < h.n_layer; ++i) {
            const Layer& l = m.layers[i];
            q = most(q, int64_t{l.n_head + l.n_head_kv} * h.dk + int64_t{l.n_head_kv} * h.dv);
            attention = most(attention, int64_t{l.n_head} * h.dv);
            if (l.conv) q = most(q, 3 * e), attention = most(attention, e);
        }
        s->x = arena.array<float>(static_cast<uint64_t>(n * e));
        s->qkv_stride = round_up(q, 16);
        s->qkv = arena.array<float>(static_cast<uint64_t>(n * s->qkv_stride));
        const Wanted floats = wanted();
        if (floats.projected) s->projected = arena.array<float>(static_cast<uint64_t>(n * e));
        s->norm = acts(n, e, floats.norm);
        s->attention = acts(n, attention, floats.attention);
        // Hidden columns: tokens of width n_ff, or (token, expert) pairs of width n_ff_expert; one buffer serves both.
        int64_t columns = n, width = h.n_ff_max;
        if (h.n_expert) {
            columns = n * h.n_expert_used;
            width = most(h.n_ff_max, h.n_ff_expert);
            bool dense = false;
            for (uint32_t i = 0; i < h.n_layer; ++i) dense = dense || !m.layers[i].router;
            if (!dense) width = h.n_ff_expert;
        }
        s->hidden = acts(columns, width, floats.hidden);
        experts(floats.shared_hidden);
        latent();
        rope();
        const uint32_t chunks = static_cast<uint32_t>((p.n_ctx + kKvChunk - 1) / kKvChunk);
        if (h.n_head_kv < p.n_threads_decode && chunks > 1) s->split = state(int64_t{chunks} * h.n_head_max);
        s->slopes = arena.array<float>(h.n_head_max);
        s->logits = arena.array<float>(h.n_vocab);
        s->tokens = arena.array<int32_t>(p.n_ctx);
        s->sampler.value = arena.array<float>(h.n_vocab);
        s->sampler.id = arena.array<int32_t>(h.n_vocab);
        s->sampler.probability = arena.array<float>(h.n_vocab);
        s->prompt_ids = arena.array<int32_t>(p.n_ctx);
        s->text_limit = size_t{p.n_ctx} * 8 + 1024;
        // The prompt's tokens are made here, then the text on its way out lies here: a stop string and the longest token.
        const size_t outgoing = kLongestStop + size_t{m.tokenizer.max_token} + 64;
        s->text_scratch_size = tokenizer_scratch(m.tokenizer, s->text_limit);
        if (s->text_scratch_size < outgoing) s->text_scratch_size = outgoing;
        s->text_scratch = arena.bytes(s->text_scratch_size);
        own(columns, !floats.attention);
    }

    void latent() {
        const Hyper& h = m.hyper;
        if (!h.n_latent_kv) return;
        const int64_t n = p.n_batch, heads = h.n_head_max;
        LatentBuffers& x = s->latent;
        bool carried = false, expanded = false;
        for (uint32_t i = 0; i < h.n_layer; ++i) {
            carried = carried || m.layers[i].k_b;
            expanded = expanded || m.layers[i].kv_b;
        }
        x.raw_stride = round_up(
            h.n_latent_q + h.n_latent_kv + h.n_rot + (expanded ? heads * (h.dk_full - h.n_rot + h.dv_full) : 0), 16);
        x.raw = arena.array<float>(static_cast<uint64_t>(n * x.raw_stride));
        if (h.n_latent_q) x.compressed_q = acts(n, h.n_latent_q);
        x.kv = acts(n, h.n_latent_kv);
        if (carried) x.q = acts(n, heads * h.dk_full);
        if (carried) x.out = acts(n, heads * h.dv_full);
    }

    // units: the heads of a unit lie in `rows` until they are quantised.
    void own(int64_t columns, bool units) {
        const Hyper& h = m.hyper;
        Private* list = arena.array<Private>(p.n_threads);
        int64_t group = 1, unit = 0;
        for (uint32_t i = 0; i < h.n_layer; ++i) {
            group = most(group, m.layers[i].n_head / m.layers[i].n_head_kv);
            if (units) unit = most(unit, unit_width(m.layers[i]));
        }
        const int64_t prompt = h.n_expert ? (columns + 2 * p.n_batch) * kPromptChunk : 2 * p.n_batch * kPromptChunk;
        const int64_t decode = (2 + 2 * int64_t{h.n_expert_used}) * kDecodeChunk;
        for (uint32_t t = 0; t < p.n_threads; ++t) {
            Private own{};
            own.matmul = arena.bytes(kMatmulScratch);
            own.attention = arena.bytes(kAttentionScratch);
            own.rows = arena.array<float>(static_cast<uint64_t>(most(most(prompt, decode), most(unit, h.n_expert))));
            own.norm = acts(1, h.n_embd);
            own.running = state(group * kTokenBlock);
            own.part = state(group * kTokenBlock);
            if (list) list[t] = own;
        }
        s->own = list;
    }
};

// Frequencies: base^(-2i/n) over the factors, then the scaling. YaRN: Peng et al., "YaRN: Efficient Context Window
// Extension of Large Language Models", 2023, and llama.cpp's reading of it for the magnitude.
void fill_rope(const Hyper& h, const Kernels& k, uint32_t n_ctx, bool window, RopeTable* t) {
    const double base = window ? h.rope_base_window : h.rope_base;
    const bool scaled = !window || (h.arch->rope_base_window == 0 && !h.arch->window_unscaled);
    const bool yarn = scaled && h.scaling == RopeScaling::kYarn && h.scaling_factor != 1.0f && h.yarn_ext != 0.0f;
    const double interpolation = scaled && h.scaling != RopeScaling::kNone ? 1.0 / h.scaling_factor : 1.0;
    Vector factors = h.rope_factors;
    if (!factors) factors = n_ctx > h.n_ctx_original ? h.rope_long : h.rope_short;
    const double pi = 3.14159265358979323846;
    const auto correction = [&](double rotations) {
        return h.n_rot * math_log(h.n_ctx_original / (rotations * 2 * pi)) / (2 * math_log(base));
    };
    double low = 0, high = 0;
    if (yarn) {
        low = correction(h.yarn_beta_fast);
        high = correction(h.yarn_beta_slow);
        // Hostile bases and betas make these infinite or NaN, which no integer may be made of.
        const double most = h.n_rot ? h.n_rot - 1.0 : 0.0;
        const auto bounded = [most](double x) { return x > 0 ? (x < most ? x : most) : 0.0; };
        low = static_cast<double>(static_cast<int64_t>(bounded(low)));  // floor, not below 0
        high = bounded(high);
        const int64_t whole = static_cast<int64_t>(high);
        if (high > static_cast<double>(whole)) high = static_cast<double>(whole + 1);  // ceil, not above n - 1
    }
    for (uint32_t i = 0; i < h.n_rot / 2; ++i) t->frequency[i] = -2.0 * i / h.n_rot;
    k.pow(&base, 0, t->frequency, h.n_rot / 2, t->frequency);
    for (uint32_t i = 0; i < h.n_rot / 2; ++i) {
        double f = t->frequency[i];
        if (factors) f /= factors[i];
        double mix = 0;  // share of the unscaled frequency
        if (yarn) {
            const double width = high - low > 0.001 ? high - low : 0.001;
            double y = (i - low) / width;
            y = y < 0 ? 0 : y > 1 ? 1 : y;
            mix = (1 - y) * h.yarn_ext;
        }
        t->frequency[i] = f * interpolation * (1 - mix) + f * mix;
    }
    double magnitude = scaled ? h.scaling_attn : 1.0;
    // With a multiplier m (mscale_all_dim) the magnitude is that of 1 over that of m; DeepSeek 2 has m in both.
    const double growth = yarn && h.scaling_factor > 1.0f ? 0.1 * math_log(h.scaling_factor) : 0.0;
    if (yarn && h.yarn_attn > 0.0f)
        magnitude *= h.yarn_attn;
    else if (h.yarn_log_mul != 0.0f && h.n_latent_kv)
        magnitude *= 1.0;
    else if (h.yarn_log_mul == 0.0f)
        magnitude *= 1.0 + growth;
    else
        magnitude *= (1.0 + growth) / (1.0 + growth * h.yarn_log_mul);
    t->magnitude = static_cast<float>(magnitude);
}

// Slopes of ALiBi (Press et al., 2021), with the rule for head counts that are no power of two.
void fill_slopes(const Hyper& h, float* slopes) {
    uint32_t power = 1;
    while (power * 2 <= h.n_head) power *= 2;
    for (uint32_t i = 0; i < h.n_head; ++i) {
        const double exponent = i < power ? -static_cast<double>(h.alibi_max) * (i + 1) / power
                                          : -static_cast<double>(h.alibi_max) / 2 * (2 * (i - power) + 1) / power;
        slopes[i] = static_cast<float>(math_pow(2.0, exponent));
    }
}

}  // namespace

Status session_layout(const Model& m, const SessionParams& p, Arena& arena, Session* s, Error* err) {
    const Hyper& h = m.hyper;
    const uint64_t start = arena.used();
    Session counted{};
    if (!s) s = &counted;
    Layout layout{m, p, arena, s};
    s->kv = arena.array<KvLayer>(h.n_layer);
    arena.bytes(0);
    const uint64_t cache = arena.used();
    layout.cache();
    s->kv_bytes = arena.used() - cache;
    layout.scratch();
    s->team = team_start(arena, p.n_threads);
    s->scratch_bytes = arena.used() - start - s->kv_bytes;
    s->session_bytes = arena.used();
    if (arena.overflowed())
        return arena.dry() ? fail(err, kMemory, "the session does not fit the address space")
                           : fail(err, kMemory, "the buffer for the session is too small; needed ",
                                  static_cast<unsigned long long>(arena.needed()), " bytes");
    if (arena.dry()) return kOk;
    s->model = &m;
    s->n_ctx = p.n_ctx;
    s->n_batch = p.n_batch;
    s->n_threads = team_size(s->team) < p.n_threads ? team_size(s->team) : p.n_threads;
    s->n_threads_decode = p.n_threads_decode < s->n_threads ? p.n_threads_decode : s->n_threads;
    fill_rope(h, s->kernels, p.n_ctx, false, &s->rope[0]);
    fill_rope(h, s->kernels, p.n_ctx, true, &s->rope[1]);
    if (h.alibi_max > 0) fill_slopes(h, s->slopes);
    return kOk;
}

Status session_resolve(const Model& m, SessionParams* p, Error* err) {
    if (m.vocab_only) return fail(err, kState, "the model was opened for its vocabulary only");
    const Hyper& h = m.hyper;
    const bool choose_ctx = p->n_ctx == 0;
    if (choose_ctx) {
        p->n_ctx = h.n_ctx_train < kMaxContext ? h.n_ctx_train : kMaxContext;
        if (m.position_embd && p->n_ctx > m.position_embd.rows) p->n_ctx = static_cast<uint32_t>(m.position_embd.rows);
    }
    if (p->n_ctx > kMaxContext)
        return fail(err, kArgument, "a context of ", p->n_ctx, " tokens is out of range (at most ", kMaxContext, ")");
    if (p->n_batch > kMaxBatch) p->n_batch = kMaxBatch;
    if (m.position_embd && p->n_ctx > m.position_embd.rows)
        return fail(err, kArgument, "a context of ", p->n_ctx, " tokens exceeds the model's ",
                    static_cast<long long>(m.position_embd.rows), " learned positions");
    if (p->n_batch == 0) p->n_batch = 128;
    if (p->n_threads == 0) p->n_threads = cpu_threads_default();
    if (p->n_threads > 256) return fail(err, kArgument, p->n_threads, " threads: at most 256 are possible");
    if (p->n_threads_decode == 0) p->n_threads_decode = p->n_threads;
    if (p->n_threads_decode > p->n_threads) p->n_threads = p->n_threads_decode;
    for (int side = 0; side < 2; ++side) {
        const KvType t = side ? p->type_v : p->type_k;
        const uint32_t d = side ? h.dv : h.dk;
        if (t > kKvQ8_0) return fail(err, kArgument, "unknown KV type ", static_cast<unsigned>(t));
        if (t == kKvQ8_0 && d % 32)
            return fail(err, kUnsupported, "a q8_0 KV cache needs heads of a multiple of 32 values; this model has ",
                        d);
    }
    const uint32_t batch = p->n_batch;
    for (;;) {
        p->n_batch = batch < p->n_ctx ? batch : p->n_ctx;
        if (p->budget == 0) return kOk;
        Arena dry;
        const Status s = session_layout(m, *p, dry, nullptr, err);
        if (s == kOk && dry.needed() <= p->budget) return kOk;
        if (!choose_ctx || p->n_ctx <= 256)
            return fail(err, kMemory, "a context of ", p->n_ctx, " tokens needs ",
                        static_cast<unsigned long long>(dry.needed()), " bytes, the budget is ",
                        static_cast<unsigned long long>(p->budget), "; lower the context, the batch or the KV type");
        p->n_ctx = p->n_ctx > 8192 ? p->n_ctx / 2 : p->n_ctx * 3 / 4;
    }
}

void session_close(Session* s) { team_stop(s->team); }

}  // namespace thimble
