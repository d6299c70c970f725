// SPDX-License-Identifier: MIT
// The one decoder pass. Every member of the team runs Member::run; phases are divided by rows, heads and tokens, never
// inside a reduction, so the bits do not depend on the team. A layer has five phases when one token is decoded:
//     q, k, v | rope, KV append, attention | output + residual | gate x up x activation | down + residual
// with a barrier after each; the norms between them are computed by every member for itself. Batches divide the norms,
// the rope and the KV append by tokens, behind barriers of their own. When only the logits after the last token are asked
// for, the last layer of a batch takes keys and values from all tokens and follows just the last one from there on.
#pragma once
#include <cstring>

#include "kernels/micro/half.h"
#include "runtime/session/session.h"

namespace thimble {

struct Pass {
    Session* s;
    const int32_t* ids;
    int64_t n;
    float* logits;
    bool all;
    uint32_t members;
    bool stop;  // written by member 0 at the start of a layer, read by all after its first barrier
};

// A member's view of the pass.
struct Member {
    Pass* pass;
    Session* s;
    const Model& m;
    const Hyper& h;
    const Kernels& k;
    Private& own;
    uint32_t me, members;
    int64_t n, pos0;
    bool narrow = false;  // in the last layer: once keys and values are cached, only the batch's last token matters

    void barrier() { team_barrier(s->team, me); }

    // Work of this phase in `count` parts: the next part for this member, `count` when none is left.
    int64_t take(int64_t count) { return team_take(s->team, me, static_cast<uint32_t>(count)); }
    // Calls part(row, rows) for chunks of `rows` rows until none is left.
    template <class Part>
    void share_rows(int64_t rows, int64_t chunk, Part part) {
        const int64_t count = (rows + chunk - 1) / chunk;
        for (int64_t c = take(count); c < count; c = take(count)) {
            const int64_t row = c * chunk;
            part(row, rows - row < chunk ? rows - row : chunk);
        }
    }

    // Tokens [first, last) of this member.
    int64_t first_token() const { return n * me / members; }
    int64_t last_token() const { return n * (me + 1) / members; }

    // Rows of one chunk for a matrix (or several side by side) of `rows` rows.
    int64_t chunk_rows(int64_t rows) const {
        if (n > 1) return kPromptChunk;
        int64_t c = (rows / (int64_t{members} * 6) + 31) / 32 * 32;
        return c < 32 ? 32 : c > kDecodeChunk ? kDecodeChunk : c;
    }

    void multiply(const Weight& w, const uint8_t* data, int64_t row, int64_t rows, const Acts& a, int64_t columns,
                  const int32_t* col, float* out, int64_t out_stride) {
        Matmul mm;
        mm.w = data + static_cast<size_t>(row) * w.row_bytes;
        mm.row_bytes = w.row_bytes;
        mm.k = w.k;
        mm.rows = rows;
        mm.n = columns;
        mm.acts = a.quant;
        mm.x = a.x;
        mm.x_stride = a.stride;
        mm.col = col;
        mm.out = out;
        mm.out_stride = out_stride;
        mm.scratch = own.matmul;
        k.matmul[w.type](&mm);
        if (!w.scale) return;
        const float factor =
            w.scale[w.experts > 1 ? static_cast<size_t>(data - w.data) / (static_cast<size_t>(w.rows) * w.row_bytes)
                                  : 0];
        for (int64_t c = 0; c < columns; ++c) k.scale(factor, rows, out + c * out_stride);
    }
    void multiply(const Weight& w, int64_t row, int64_t rows, const Acts& a, float* out, int64_t out_stride) {
        multiply(w, w.data, row, rows, a, n, nullptr, out, out_stride);
    }

    // Quantises x as values [at, at + width) of column c, if both are multiples of 32.
    void quantize(const Acts& a, int64_t c, int64_t at, int64_t width, const float* x) {
        if (at % 32 || width % 32) return;
        const QuantActs& q = a.quant;
        k.quantize(x, width, q.q + c * q.q_stride + at, q.d + c * q.d_stride + at / 32, q.s + c * q.s_stride + at / 16);
    }

    // The same for `columns` columns from `to` on, which x holds one after another: at once if they are 256 values, which
    // kernels take faster than short pieces.
    static constexpr int64_t kTogether = 256;
    void quantize_columns(const Acts& a, int64_t to, int64_t columns, int64_t at, int64_t width, const float* x) {
        if (columns * width != kTogether || columns == 1 || at % 32 || width % 32) {
            for (int64_t c = 0; c < columns; ++c) quantize(a, to + c, at, width, x + c * width);
            return;
        }
        int8_t codes[kTogether];
        float scales[kTogether / 32];
        int16_t sums[kTogether / 16];
        k.quantize(x, kTogether, codes, scales, sums);
        const QuantActs& q = a.quant;
        const auto values = static_cast<size_t>(width);
        for (int64_t c = 0; c < columns; ++c) {
            const int64_t t = to + c;
            memcpy(q.q + t * q.q_stride + at, codes + c * width, values);
            memcpy(q.d + t * q.d_stride + at / 32, scales + c * width / 32, values / 32 * sizeof(float));
            memcpy(q.s + t * q.s_stride + at / 16, sums + c * width / 16, values / 16 * sizeof(int16_t));
        }
    }

    void normalize(const float* x, Vector w, Vector b, int64_t width, float* y) {
        if (h.arch->norm == Norm::kRms)
            k.rms_norm(x, w, b, h.norm_eps, width, y);
        else
            k.layer_norm(x, w, b, h.norm_eps, width, y);
    }

    // The residual stream of the tokens, normed and quantised: every member for itself when there is one token, else
    // divided, with a barrier. Returns where the columns are.
    const Acts& norm_phase(Vector w, Vector b) {
        const bool alone = n == 1;
        const Acts& a = alone ? own.norm : s->norm;
        for (int64_t t = alone ? 0 : first_token(); t < (alone ? 1 : last_token()); ++t) {
            const float* x = s->x + t * h.n_embd;
            float* y = norm_room(a, t);
            if (w || h.arch->norm_weightless)
                normalize(x, w, b, h.n_embd, y);
            else
                memcpy(y, x, static_cast<size_t>(h.n_embd) * sizeof(float));
            quantize(a, t, 0, h.n_embd, y);
        }
        if (!alone) barrier();
        return a;
    }
    // Where the floats of normed column t go: to the others, or where nobody wants them, to this member's one column.
    float* norm_room(const Acts& a, int64_t t) { return a.x ? a.x + t * a.stride : own.norm.x; }

    void embed() {
        const int64_t half = h.n_rot / 2;
        for (int64_t t = first_token(); t < last_token(); ++t) {
            float* x = s->x + t * h.n_embd;
            const int64_t position = pos0 + t;
            k.dequantize[m.token_embd.type](
                m.token_embd.data + static_cast<size_t>(pass->ids[t]) * m.token_embd.row_bytes, h.n_embd, x);
            if (h.embed_scale != 1.0f) k.scale(h.embed_scale, h.n_embd, x);
            if (m.position_embd) {
                float* row = own.norm.x;
                k.dequantize[m.position_embd.type](
                    m.position_embd.data + static_cast<size_t>(position) * m.position_embd.row_bytes, h.n_embd, row);
                k.add(x, row, h.n_embd, x);
            }
            if (m.embd_norm) normalize(x, m.embd_norm, m.embd_norm_b, h.n_embd, x);
            for (RopeTable& r : s->rope) {
                k.rope_angles(static_cast<double>(position), r.frequency, r.magnitude, half, r.cos + t * half,
                              r.sin + t * half);
            }
        }
        barrier();
    }

    // Goes on as if the batch were its last token. Behind a barrier; its residual stream and its q (or the like) move to
    // the front.
    void keep_last() {
        const int64_t last = n - 1;
        if (me == 0) {
            memcpy(s->x, s->x + last * h.n_embd, static_cast<size_t>(h.n_embd) * sizeof(float));
            memcpy(s->qkv, s->qkv + last * s->qkv_stride, static_cast<size_t>(s->qkv_stride) * sizeof(float));
        }
        n = 1;
        pos0 += last;
        narrow = false;
        barrier();
    }

    // ---- Attention -----------------------------------------------------------------------------------------------------

    void qkv(const Layer& l, const Acts& in) {
        const Weight parts[3] = {l.wqkv ? l.wqkv : l.wq, l.wk, l.wv};
        const int64_t rows[3] = {parts[0].rows, parts[1].rows, parts[2].rows};
        const int64_t chunk = chunk_rows(rows[0] + rows[1] + rows[2]);
        int64_t count[3];
        for (int i = 0; i < 3; ++i) count[i] = (rows[i] + chunk - 1) / chunk;
        const int64_t all = count[0] + count[1] + count[2];
        for (int64_t c = take(all); c < all; c = take(all)) {
            int part = 0;
            int64_t at = c, base = 0;
            while (at >= count[part]) at -= count[part], base += rows[part], ++part;
            const int64_t row = at * chunk, have = rows[part] - row < chunk ? rows[part] - row : chunk;
            float* out = s->qkv + base + row;
            if (part == 0 && narrow && !l.wqkv && !l.conv)  // q of the last token alone
                multiply(parts[part], parts[part].data, row, have, in.column(n - 1), 1, nullptr,
                         out + (n - 1) * s->qkv_stride, s->qkv_stride);
            else
                multiply(parts[part], row, have, in, out, s->qkv_stride);
        }
        barrier();
    }

    // Bias, clamp, norms, rope of heads [head, head + heads) of q or k of one token.
    void finish_heads(const Layer& l, int64_t t, float* x, int64_t head, int64_t heads, Vector bias, Vector norm,
                      Vector norm_b) {
        if (bias) k.add(x, bias, heads * h.dk, x);
        clamp(x, heads * h.dk);
        const bool late = h.arch->qk_norm_after_rope;
        if (norm && !late) norm_heads(l, x, head, heads, norm, norm_b);
        if (l.rope) {
            const RopeTable& r = s->rope[l.window ? 1 : 0];
            const int64_t half = h.n_rot / 2;
            k.rope(x, heads, h.dk, h.n_rot, h.arch->rope == Rope::kNeox, r.cos + t * half, r.sin + t * half);
        }
        if (norm && late) norm_heads(l, x, head, heads, norm, norm_b);
    }
    void norm_heads(const Layer& l, float* x, int64_t head, int64_t heads, Vector norm, Vector norm_b) {
        if (l.qk_norm_whole) return normalize(x, norm, norm_b, heads * h.dk, x);
        for (int64_t i = 0; i < heads; ++i) {
            const int64_t w = l.qk_norm_per_head_weights ? (head + i) * h.dk : 0;
            normalize(x + i * h.dk, norm + w, norm_b ? norm_b + w : nullptr, h.dk, x + i * h.dk);
        }
    }
    // Sharper attention at positions beyond the original context (Llama 4, Ministral 3).
    float temperature(int64_t position) const {
        const int64_t spans = position / h.n_ctx_original + 1;  // whole original contexts, the one begun included
        return static_cast<float>(1.0 + static_cast<double>(h.attn_temperature) * math_log(static_cast<double>(spans)));
    }
    void clamp(float* x, int64_t count) {
        if (h.clamp_qkv == 0.0f) return;
        for (int64_t i = 0; i < count; ++i)
            x[i] = x[i] < -h.clamp_qkv ? -h.clamp_qkv : x[i] > h.clamp_qkv ? h.clamp_qkv : x[i];
    }

    // Prepares q, k, v of kv heads [first, last) of token t and stores k and v.
    void append(const Layer& l, const KvLayer& kv, int64_t t, int64_t first, int64_t last) {
        const int64_t group = l.n_head / l.n_head_kv, nq = int64_t{l.n_head} * h.dk, nk = int64_t{l.n_head_kv} * h.dk;
        float* row = s->qkv + t * s->qkv_stride;
        float *q = row + first * group * h.dk, *kk = row + nq + first * h.dk, *v = row + nq + nk + first * h.dv;
        const Vector bq = l.bqkv ? l.bqkv : l.bq, bk = l.bqkv ? l.bqkv + nq : l.bk,
                     bv = l.bqkv ? l.bqkv + nq + nk : l.bv;
        if (!narrow || t == n - 1) {
            finish_heads(l, t, q, first * group, (last - first) * group, bq ? bq + first * group * h.dk : nullptr,
                         l.q_norm, l.q_norm_b);
            if (h.attn_temperature != 0.0f) k.scale(temperature(pos0 + t), (last - first) * group * h.dk, q);
        }
        finish_heads(l, t, kk, first, last - first, bk ? bk + first * h.dk : nullptr, l.k_norm, l.k_norm_b);
        if (bv) k.add(v, bv + first * h.dv, (last - first) * h.dv, v);
        clamp(v, (last - first) * h.dv);
        for (int64_t g = first; g < last; ++g) {
            const KvHead head = kv.head(static_cast<uint32_t>(g));
            k.kv_store(&head, pos0 + t, kk + (g - first) * h.dk, h.dk, v + (g - first) * h.dv, h.dv);
        }
    }

    Attention unit(const Layer& l, const KvLayer& kv, int64_t g, int64_t token, int64_t tokens) {
        const int64_t group = l.n_head / l.n_head_kv;
        Attention a;
        a.kv = kv.head(static_cast<uint32_t>(g));
        a.q = s->qkv + token * s->qkv_stride + g * group * h.dk;
        a.q_stride = s->qkv_stride;
        a.dk = h.dk;
        a.dv = h.dv;
        a.n_tokens = tokens;
        a.group = group;
        a.pos0 = pos0 + token;
        a.window = l.window;
        a.scale = h.attn_scale;
        a.softcap = h.attn_softcap;
        a.slopes = h.alibi_max > 0 ? s->slopes + g * group : nullptr;
        a.scratch = own.attention;
        return a;
    }
    static int64_t first_chunk(const Attention& a) {
        const int64_t low = a.window && a.pos0 + 1 > a.window ? a.pos0 + 1 - a.window : 0;
        return low / kKvChunk;
    }
    static int64_t last_chunk(const Attention& a) { return (a.pos0 + a.n_tokens - 1) / kKvChunk; }

    // Writes the finished heads of a unit and quantises them where they are whole blocks.
    void finish_unit(const Layer& l, const Attention& a, const AttentionState& state, int64_t g, int64_t token) {
        const int64_t width = a.group * h.dv;
        for (int64_t t = 0; t < a.n_tokens; ++t) {
            float* y = s->attention.x ? s->attention.x + (token + t) * s->attention.stride + g * width : own.rows;
            for (int64_t i = 0; i < a.group; ++i)
                k.attention_finish(&state, t * a.group + i, h.dv, l.sinks ? l.sinks + g * a.group + i : nullptr,
                                   y + i * h.dv);
            quantize(s->attention, token + t, g * width, width, y);
        }
    }

    void attend(const Layer& l, const KvLayer& kv, int64_t g, int64_t token, int64_t tokens) {
        const Attention a = unit(l, kv, g, token, tokens);
        const int64_t rows = a.n_tokens * a.group;
        const int64_t first = first_chunk(a), last = last_chunk(a);
        k.attention_chunk(&a, first, &own.running);
        for (int64_t c = first + 1; c <= last; ++c) {
            k.attention_chunk(&a, c, &own.part);
            k.attention_merge(&own.running, &own.part, rows, h.dv);
        }
        finish_unit(l, a, own.running, g, token);
    }

    // One token, fewer kv heads than members: chunks of positions are shared out too, and merged in order.
    void attend_split(const Layer& l, const KvLayer& kv) {
        const int64_t heads = l.n_head_kv, group = l.n_head / l.n_head_kv;
        const Attention probe = unit(l, kv, 0, 0, 1);
        const int64_t first = first_chunk(probe), chunks = last_chunk(probe) - first + 1;
        const auto part = [&](int64_t c, int64_t g) {
            const int64_t row = c * l.n_head + g * group;
            return AttentionState{s->split.m + row, s->split.l + row, s->split.o + row * h.dv};
        };
        for (int64_t u = team_next(s->team); u < heads * chunks; u = team_next(s->team)) {
            const Attention a = unit(l, kv, u % heads, 0, 1);
            const AttentionState out = part(u / heads, u % heads);
            k.attention_chunk(&a, first + u / heads, &out);
        }
        barrier();
        for (int64_t g = team_next(s->team); g < heads; g = team_next(s->team)) {
            const AttentionState total = part(0, g);
            for (int64_t c = 1; c < chunks; ++c) {
                const AttentionState p = part(c, g);
                k.attention_merge(&total, &p, group, h.dv);
            }
            finish_unit(l, unit(l, kv, g, 0, 1), total, g, 0);
        }
        barrier();
    }

    void attention(const Layer& l, const KvLayer& kv) {
        const int64_t heads = l.n_head_kv, width = int64_t{l.n_head} * h.dv;
        const bool whole_norm = l.q_norm && l.qk_norm_whole, few = heads < members && s->split.m;
        if (n == 1 && !whole_norm && !few) {
            for (int64_t g = team_next(s->team); g < heads; g = team_next(s->team)) {
                append(l, kv, 0, g, g + 1);
                attend(l, kv, g, 0, 1);
            }
            barrier();
        } else {
            for (int64_t t = first_token(); t < last_token(); ++t) append(l, kv, t, 0, heads);
            barrier();
            if (narrow) keep_last();
            if (n == 1 && few) {
                attend_split(l, kv);
            } else {
                const int64_t blocks = (n + kTokenBlock - 1) / kTokenBlock;
                for (int64_t u = team_next(s->team); u < heads * blocks; u = team_next(s->team)) {
                    // The longest units first.
                    const int64_t token = (blocks - 1 - u / heads) * kTokenBlock;
                    attend(l, kv, u % heads, token, n - token < kTokenBlock ? n - token : kTokenBlock);
                }
                barrier();
            }
        }
        // What is left when heads are no whole blocks, or their norm runs over all of them.
        if (l.attn_sub_norm || (l.n_head / l.n_head_kv * int64_t{h.dv}) % 32)
            columns_again(s->attention, l.attn_sub_norm, width);
    }

    // Norms (where w) and quantises the columns of `a`.
    void columns_again(const Acts& a, Vector w, int64_t width) {
        for (int64_t t = first_token(); t < last_token(); ++t) {
            float* x = a.x + t * a.stride;
            if (w) normalize(x, w, nullptr, width, x);
            quantize(a, t, 0, width, x);
        }
        barrier();
    }

    // ---- Products that go back into the residual stream -----------------------------------------------------------------

    // x += residual_scale * (w a + bias), or with a post norm x += residual_scale * norm(w a + bias).
    void project(const Weight& w, Vector bias, Vector post_norm, const Acts& a) {
        const int64_t e = h.n_embd, chunk = chunk_rows(e);
        share_rows(e, chunk, [&](int64_t row, int64_t rows) {
            if (post_norm) return multiply(w, row, rows, a, s->projected + row, e);
            multiply(w, row, rows, a, own.rows, rows);
            constexpr int64_t kAhead = 8;  // a token's stream is far from the next one's, which no hardware foresees
            for (int64_t t = 0; t < n; ++t) {
                for (int64_t i = 0; t + kAhead < n && i < rows; i += 16)
                    __builtin_prefetch(s->x + (t + kAhead) * e + row + i, 1);
                accumulate(own.rows + t * rows, bias ? bias + row : nullptr, rows, s->x + t * e + row);
            }
        });
        barrier();
        if (post_norm) post(bias, post_norm);
    }
    void accumulate(float* y, Vector bias, int64_t count, float* x) {
        if (bias) k.add(y, bias, count, y);
        if (h.residual_scale != 1.0f)
            k.add_scaled(x, y, h.residual_scale, count, x);
        else
            k.add(x, y, count, x);
    }
    void post(Vector bias, Vector post_norm) {
        const int64_t e = h.n_embd;
        for (int64_t t = first_token(); t < last_token(); ++t) {
            float* y = s->projected + t * e;
            if (bias) k.add(y, bias, e, y);
            normalize(y, post_norm, nullptr, e, y);
            accumulate(y, nullptr, e, s->x + t * e);
        }
        barrier();
    }

    // ---- Feed-forward --------------------------------------------------------------------------------------------------

    // Rows [row, row + rows) of act(gate) x up for `columns` columns of `in`, into out from column `to`.
    void gate_up(const Weight* gate, const uint8_t* gate_data, Vector gate_b, const Weight& up, const uint8_t* up_data,
                 int64_t up_row, Vector up_b, const Acts& in, int64_t columns, const int32_t* col, const Acts& out,
                 int64_t to, int64_t row, int64_t rows) {
        float* g = own.rows;
        float* u = own.rows + columns * rows;
        if (gate) multiply(*gate, gate_data, row, rows, in, columns, col, g, rows);
        multiply(up, up_data, up_row + row, rows, in, columns, col, u, rows);
        const int64_t together = rows < kTogether ? kTogether / rows : 1;
        for (int64_t c = 0; c < columns; c += together) {
            const int64_t some = columns - c < together ? columns - c : together;
            float *gc = g + c * rows, *uc = u + c * rows;
            for (int64_t i = 0; i < some; ++i) {
                if (gate && gate_b) k.add(gc + i * rows, gate_b + row, rows, gc + i * rows);
                if (up_b) k.add(uc + i * rows, up_b + row, rows, uc + i * rows);
            }
            k.activate(h.arch->activation, gate ? gc : uc, gate ? uc : nullptr, some * rows, gc);
            quantize_columns(out, to + c, some, row, rows, gc);
            for (int64_t i = 0; out.x && i < some; ++i)
                memcpy(out.x + (to + c + i) * out.stride + row, gc + i * rows,
                       static_cast<size_t>(rows) * sizeof(float));
        }
    }

    void dense_ffn(const Layer& l, const Acts& in) {
        const int64_t f = l.n_ff, chunk = chunk_rows(2 * f);
        const bool fused = !l.gate && l.up.rows == 2 * f;  // gate over up in one matrix
        const Weight* gate = l.gate ? &l.gate : fused ? &l.up : nullptr;
        const Vector gate_b = fused ? l.up_b : l.gate_b, up_b = fused && l.up_b ? l.up_b + f : l.up_b;
        share_rows(f, chunk, [&](int64_t row, int64_t rows) {
            gate_up(gate, gate ? gate->data : nullptr, gate_b, l.up, l.up.data, fused ? f : 0, up_b, in, n, nullptr,
                    s->hidden, 0, row, rows);
        });
        barrier();
        if (l.ffn_sub_norm) columns_again(s->hidden, l.ffn_sub_norm, f);
        project(l.down, l.down_b, l.ffn_post_norm, s->hidden);
    }

    void latent_qkv(const Layer& l, const Acts& in);
    void latent_norms(const Layer& l);
    void latent_keys(const Layer& l, int64_t t, const float* q);
    const Acts& latent_out(const Layer& l);
    void short_conv(const Layer& l, const KvLayer& kv);
    void choose_experts(const Layer& l);
    void expert_ffn(const Layer& l, const Acts& in);
    void expert_down(const Layer& l, int64_t row, int64_t rows);

    // ---- The pass ------------------------------------------------------------------------------------------------------

    bool layer(const Layer& l, const KvLayer& kv, bool last) {
        if (me == 0) pass->stop = cancelled(s);
        const Acts& in = norm_phase(l.attn_norm, l.attn_norm_b);
        const int64_t columns = n;
        narrow = last && n > 1 && !pass->all;
        if (l.kv_a)
            latent_qkv(l, in);
        else
            qkv(l, in);
        if (pass->stop) return false;
        if (l.conv)
            short_conv(l, kv);
        else
            attention(l, kv);
        // With parallel residuals the FFN reads the stream as attention found it, so its products go first.
        if (l.parallel) {
            ffn(l, l.ffn_norm ? norm_phase(l.ffn_norm, l.ffn_norm_b) : n < columns ? in.column(columns - 1) : in);
            project(l.wo, l.bo, l.attn_post_norm, s->attention);
            return true;
        }
        project(l.wo, l.bo, l.attn_post_norm, latent_out(l));
        ffn(l, norm_phase(l.ffn_norm, l.ffn_norm_b));
        return true;
    }
    void ffn(const Layer& l, const Acts& in) {
        if (l.router)
            expert_ffn(l, in);
        else
            dense_ffn(l, in);
    }

    void finish() {
        if (!pass->logits) return;
        const int64_t from = pass->all ? 0 : n - 1, count = n - from;
        const Acts& a = count == 1 ? own.norm : s->norm;
        for (int64_t t = count == 1 ? 0 : count * me / members; t < (count == 1 ? 1 : count * (me + 1) / members);
             ++t) {
            float* y = norm_room(a, t);
            normalize(s->x + (from + t) * h.n_embd, m.output_norm, m.output_norm_b, h.n_embd, y);
            quantize(a, t, 0, h.n_embd, y);
        }
        if (count > 1) barrier();
        const int64_t v = h.n_vocab;
        const int64_t chunk = count > 1 ? kPromptChunk : 256;
        share_rows(v, chunk, [&](int64_t row, int64_t rows) {
            multiply(m.output, m.output.data, row, rows, a, count, nullptr, pass->logits + row, v);
            for (int64_t c = 0; c < count; ++c) finish_logits(pass->logits + c * v + row, row, rows);
        });
        barrier();
    }
    void finish_logits(float* y, int64_t row, int64_t rows) {
        if (m.output_b) k.add(y, m.output_b + row, rows, y);
        if (h.logit_factor != 1.0f) k.scale(h.logit_factor, rows, y);
        if (h.final_softcap != 0.0f) k.softcap(h.final_softcap, rows, y);
        for (int64_t i = 0; i < rows; ++i)
            if (y[i] != y[i]) y[i] = bits_float(0x7fc00000);  // one NaN for all CPUs
    }

    void run() {
        embed();
        for (uint32_t i = 0; i < h.n_layer; ++i)
            if (!layer(m.layers[i], s->kv[i], i + 1 == h.n_layer)) return;
        finish();
    }
};

}  // namespace thimble
