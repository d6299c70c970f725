// SPDX-License-Identifier: MIT
// The scalar tier's attention and KV store: equal (==) to plain loops over all positions, in the order that
// kernels/README.md states under "Attention". Other tiers are compared with the scalar tier elsewhere.
#include <cstring>
#include <initializer_list>

#include "kernels/isa/scalar.h"
#include "kernels/kernels.h"
#include "kernels/micro/vecmath.h"
#include "tests/check.h"
#include "tests/kernels/random.h"

using namespace thimble;

namespace {

constexpr int kMaxHead = 128, kMaxLength = 800, kMaxRows = 32;

float exp_of(float x) { return vec_exp<ScalarIsa>(ScalarIsa::set1(x)).v[0]; }
float tanh_of(float x) { return vec_tanh<ScalarIsa>(ScalarIsa::set1(x)).v[0]; }

struct Case {
    KvType type_k, type_v;
    int dk, dv, tokens, group, pos0, window;
    float softcap;
    bool slopes, sink;
    int capacity;
};

// A vector as the cache keeps it: values, or integers with a scale for 32.
struct Kept {
    float value[kMaxHead], scale[kMaxHead / 32];
};
Kept keep(const Kernels& kernels, KvType type, const float* x, int n) {
    Kept k;
    for (int i = 0; i < n; ++i) k.value[i] = type == kKvF16 ? f16_to_f32(f32_to_f16(x[i])) : x[i];
    if (type != kKvQ8_0) return k;
    int8_t q[kMaxHead];
    int16_t sums[kMaxHead / 16];
    kernels.quantize(x, n, q, k.scale, sums);
    for (int i = 0; i < n; ++i) k.value[i] = q[i];
    for (int b = 0; b < n / 32; ++b) k.scale[b] = f16_to_f32(f32_to_f16(k.scale[b]));
    return k;
}

float score(const Kernels& kernels, const Case& c, const float* q, const Kept& key) {
    float s = 0;
    if (c.type_k != kKvQ8_0) {
        for (int i = 0; i < c.dk; ++i) s = fma32(q[i], key.value[i], s);
        return s;
    }
    int8_t bytes[kMaxHead];
    float d[kMaxHead / 32];
    int16_t sums[kMaxHead / 16];
    kernels.quantize(q, c.dk, bytes, d, sums);
    for (int b = 0; b < c.dk / 32; ++b) {
        int isum = 0;
        for (int i = 32 * b; i < 32 * b + 32; ++i) isum += bytes[i] * static_cast<int>(key.value[i]);
        s = fma32(static_cast<float>(isum), key.scale[b] * d[b], s);
    }
    return s;
}

float tree(const float* lanes) {
    float t[16];
    memcpy(t, lanes, sizeof t);
    for (int width = 8; width > 0; width /= 2)
        for (int l = 0; l < width; ++l) t[l] += t[l + width];
    return t[0];
}

struct State {
    bool empty = true;
    float m = 0, l = 0, o[kMaxHead] = {};
};

// Positions [from, to) of one chunk.
State attend(const Kernels& kernels, const Case& c, const float* q, const Kept* keys, const Kept* values, int from,
             int to, int position, float slope) {
    State r;
    r.empty = false;
    float s[kKvChunk], lanes[16] = {};
    for (int j = from; j < to; ++j) {
        float v = score(kernels, c, q, keys[j]) * 0.125f;
        if (c.softcap != 0) v = tanh_of(v / c.softcap) * c.softcap;
        if (c.slopes) v = fma32(slope, static_cast<float>(j - position), v);
        s[j - from] = v;
        if (j == from || v > r.m) r.m = v;
    }
    for (int i = 0; i < c.dv; ++i) r.o[i] = 0;
    for (int j = from; j < to; ++j) {
        const float p = exp_of(s[j - from] - r.m);
        lanes[j % 16] += p;
        for (int i = 0; i < c.dv; ++i)
            r.o[i] = fma32(c.type_v == kKvQ8_0 ? p * values[j].scale[i / 32] : p, values[j].value[i], r.o[i]);
    }
    r.l = tree(lanes);
    return r;
}

void merge(State* into, const State& part, int dv) {
    if (into->empty) {
        *into = part;
        return;
    }
    const float top = part.m > into->m ? part.m : into->m, a = exp_of(into->m - top), b = exp_of(part.m - top);
    into->m = top;
    into->l = fma32(into->l, a, part.l * b);
    for (int i = 0; i < dv; ++i) into->o[i] = fma32(into->o[i], a, part.o[i] * b);
}

void test(const Kernels& kernels, const Case& c) {
    Random random(static_cast<uint64_t>(c.dk + c.tokens * 3 + c.pos0 * 7 + c.type_k * 11 + c.type_v * 13));
    static Kept keys[kMaxLength], values[kMaxLength];
    alignas(64) static uint8_t memory[4][kMaxLength * kMaxHead * 4], scratch[kAttentionScratch];
    static float q[kMaxRows * kMaxHead], m[2][kMaxRows], l[2][kMaxRows], o[2][kMaxRows * kMaxHead];
    const int length = c.pos0 + c.tokens;
    Attention a = {};
    a.kv = {memory[0], memory[1], memory[2], memory[3], c.capacity, c.type_k, c.type_v};
    for (int p = 0; p < length; ++p) {
        float k[kMaxHead], v[kMaxHead];
        for (int i = 0; i < c.dk; ++i) k[i] = random.normal() * 2;
        for (int i = 0; i < c.dv; ++i) v[i] = random.normal();
        keys[p] = keep(kernels, c.type_k, k, c.dk);
        values[p] = keep(kernels, c.type_v, v, c.dv);
        kernels.kv_store(&a.kv, p, k, c.dk, v, c.dv);
    }
    const int rows = c.tokens * c.group;
    for (int i = 0; i < rows * c.dk; ++i) q[i] = random.normal() * 2;
    float slopes[kMaxRows];
    for (int h = 0; h < c.group; ++h) slopes[h] = 0.3f / static_cast<float>(h + 1);
    a.q = q;
    a.q_stride = int64_t{c.group} * c.dk;
    a.dk = c.dk, a.dv = c.dv;
    a.n_tokens = c.tokens, a.group = c.group;
    a.pos0 = c.pos0, a.window = c.window;
    a.scale = 0.125f, a.softcap = c.softcap, a.slopes = c.slopes ? slopes : nullptr;
    a.scratch = scratch;
    const AttentionState total = {m[0], l[0], o[0]}, part = {m[1], l[1], o[1]};
    for (int chunk = 0; chunk * kKvChunk < length; ++chunk) {
        kernels.attention_chunk(&a, chunk, chunk ? &part : &total);
        if (chunk) kernels.attention_merge(&total, &part, rows, c.dv);
    }
    const float sink = 1.5f;
    for (int r = 0; r < rows; ++r) {
        const int position = c.pos0 + r / c.group;
        const int first = c.window && position + 1 > c.window ? position + 1 - c.window : 0;
        State want;
        for (int start = 0; start <= position; start += kKvChunk) {
            const int from = first > start ? first : start;
            const int to = position + 1 < start + kKvChunk ? position + 1 : start + static_cast<int>(kKvChunk);
            if (from < to)
                merge(&want, attend(kernels, c, q + r * c.dk, keys, values, from, to, position, slopes[r % c.group]),
                      c.dv);
        }
        float factor = 1;
        if (c.sink) {
            const float top = want.m > sink ? want.m : sink;
            factor = exp_of(want.m - top);
            want.l = fma32(want.l, factor, exp_of(sink - top));
        }
        float y[kMaxHead];
        kernels.attention_finish(&total, r, c.dv, c.sink ? &sink : nullptr, y);
        int i = 0;
        while (i < c.dv && y[i] == want.o[i] * factor / want.l) ++i;
        if (!CHECK(i == c.dv))
            printf("    keys %u values %u dk %d pos0 %d, row %d: [%d] %a, want %a\n", c.type_k, c.type_v, c.dk, c.pos0,
                   r, i, static_cast<double>(y[i]), static_cast<double>(want.o[i] * factor / want.l));
    }
}

}  // namespace

int main() {
    static Kernels kernels;
    if (!CHECK(kernels_for("scalar", &kernels))) return REPORT();
    for (KvType k : {kKvF16, kKvF32, kKvQ8_0})
        for (KvType v : {kKvF16, kKvF32, kKvQ8_0}) {
            test(kernels, {k, v, 64, 64, 1, 4, 600, 0, 0, false, false, 608});
            test(kernels, {k, v, 64, 32, 5, 3, 253, 0, 0, false, true, 272});
            test(kernels, {k, v, 128, 96, 3, 2, 300, 40, 20.0f, false, false, 304});
            test(kernels, {k, v, 32, 64, 20, 1, 0, 0, 0, true, false, 32});
            test(kernels, {k, v, 64, 64, 3, 2, 700, 200, 0, false, false, 208});  // a ring
        }
    test(kernels, {kKvF16, kKvF32, 6, 10, 9, 2, 250, 7, 0, true, true, 272});
    return REPORT();
}
