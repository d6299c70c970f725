// SPDX-License-Identifier: MIT
// Every tier's float kernels equal the scalar reference, bit for bit: norms, element-wise loops, activations, rope,
// softmax, quantise, dense products, the KV store and attention, at odd lengths and with zeros, subnormals, infinities
// and NaN among the values. A NaN only has to meet a NaN. Dense weights, caches and the scratch end at a page that cannot
// be read.
#include <cstring>
#include <initializer_list>

#include "kernels/kernels.h"
#include "tests/check.h"
#include "tests/kernels/guarded.h"
#include "tests/kernels/random.h"

using namespace thimble;

static Kernels reference, tier;
static Guarded weight_memory, scratch_memory, cache_memory[2][4];
constexpr int kMax = 4096;

static bool same(const float* a, const float* b, int64_t n, const char* what, int64_t size) {
    for (int64_t i = 0; i < n; ++i) {
        if (memcmp(a + i, b + i, 4) == 0 || (a[i] != a[i] && b[i] != b[i])) continue;
        CHECK(!"equal to the reference");
        fprintf(stderr, "    %s %s, length %d: [%d] %a, want %a\n", tier.name, what, static_cast<int>(size),
                static_cast<int>(i), static_cast<double>(b[i]), static_cast<double>(a[i]));
        return false;
    }
    return CHECK(true);
}

// kind 0: ordinary; 1: over the whole range of exponents; 2: small; 3: with special values.
static void fill(float* x, int64_t n, Random* random, int kind) {
    static const float kSpecial[] = {
        0.0f, -0.0f, 1e-45f, -1e-40f, 1e38f, -3e38f, __builtin_inff(), -__builtin_inff(), __builtin_nanf("")};
    for (int64_t i = 0; i < n; ++i) {
        x[i] = random->normal() * 3.0f;
        if (kind == 1) {
            uint32_t bits = random->next32();
            if ((bits >> 23 & 255) == 255) bits &= ~(1u << 30);
            memcpy(x + i, &bits, 4);
        }
        if (kind == 2) x[i] *= 1e-20f;
        if (kind == 3 && random->next32() % 8 == 0) x[i] = kSpecial[random->next32() % 9];
    }
}

static float x[kMax], y[kMax], w[kMax], b[kMax], want[kMax], got[kMax];

template <class Fn>
static void both(const char* what, int64_t n, Fn fn) {
    memset(want, 0x33, sizeof want);
    memset(got, 0x33, sizeof got);
    fn(reference, want);
    fn(tier, got);
    same(want, got, kMax, what, n);
}

static void test_vectors(int64_t n, int kind) {
    Random random(static_cast<uint64_t>(n * 8 + kind));
    fill(x, n, &random, kind);
    fill(y, n, &random, kind == 3 ? 0 : kind);
    fill(w, n, &random, 0);
    fill(b, n, &random, 0);
    for (const float* bias : {static_cast<const float*>(nullptr), static_cast<const float*>(b)}) {
        both("rms_norm", n, [&](const Kernels& k, float* out) { k.rms_norm(x, w, bias, 1e-5f, n, out); });
        both("layer_norm", n, [&](const Kernels& k, float* out) { k.layer_norm(x, w, bias, 1e-5f, n, out); });
    }
    both("rms_norm, no weight", n,
         [&](const Kernels& k, float* out) { k.rms_norm(x, nullptr, nullptr, 1e-6f, n, out); });
    both("add", n, [&](const Kernels& k, float* out) { k.add(x, y, n, out); });
    both("add_scaled", n, [&](const Kernels& k, float* out) { k.add_scaled(x, y, 0.37f, n, out); });
    both("scale", n,
         [&](const Kernels& k, float* out) { memcpy(out, x, static_cast<size_t>(n) * 4), k.scale(1.7f, n, out); });
    both("softcap", n,
         [&](const Kernels& k, float* out) { memcpy(out, x, static_cast<size_t>(n) * 4), k.softcap(3.0f, n, out); });
    both("softmax", n,
         [&](const Kernels& k, float* out) { memcpy(out, x, static_cast<size_t>(n) * 4), k.softmax(out, n); });
    for (uint32_t a = kActNone; a <= kActSwigluOai; ++a) {
        both("activate", n,
             [&](const Kernels& k, float* out) { k.activate(static_cast<Activation>(a), x, y, n, out); });
        both("activate alone", n,
             [&](const Kernels& k, float* out) { k.activate(static_cast<Activation>(a), x, nullptr, n, out); });
    }
}

static void test_rope(int64_t heads, int64_t d, int64_t n_rot, int neox) {
    Random random(static_cast<uint64_t>(d * 2 + neox));
    fill(x, heads * d, &random, 0);
    fill(w, n_rot / 2, &random, 0);
    fill(b, n_rot / 2, &random, 0);
    both("rope", d, [&](const Kernels& k, float* out) {
        memcpy(out, x, static_cast<size_t>(heads * d) * 4);
        k.rope(out, heads, d, n_rot, neox, w, b);
    });
}

static void test_quantize(int64_t n, int kind) {
    Random random(static_cast<uint64_t>(n + kind));
    fill(x, n, &random, kind);
    for (int64_t i = 0; i < n; i += 96) x[i] = 0.5f;  // and halves that round to even
    int8_t q[2][kMax];
    float d[2][kMax / 32];
    int16_t s[2][kMax / 16];
    reference.quantize(x, n, q[0], d[0], s[0]);
    tier.quantize(x, n, q[1], d[1], s[1]);
    CHECK(memcmp(q[0], q[1], static_cast<size_t>(n)) == 0);
    CHECK(memcmp(s[0], s[1], static_cast<size_t>(n) / 8) == 0);
    same(d[0], d[1], n / 32, "quantize", n);
}

// tiny: activations whose products with ordinary weights lie about the least normal number, weights that are not special.
static void test_dense(uint32_t type, int64_t k, int64_t rows, int64_t n, bool tiny) {
    Random random(static_cast<uint64_t>(type * 7 + k * 3 + rows + n));
    const size_t element = format_info(type)->bytes, row_bytes = static_cast<size_t>(k) * element + 3,
                 size = row_bytes * static_cast<size_t>(rows) - 3;
    uint8_t* weights = weight_memory.last<uint8_t>(size);
    if (!CHECK(weights != nullptr)) return;
    for (size_t i = 0; i < size; ++i) weights[i] = static_cast<uint8_t>(random.next32());
    if (tiny) {
        const uint8_t high = type == kF16 ? 0x34 : 0x3f;  // about 0.3, about 1
        for (int64_t r = 0; r < rows; ++r)
            for (size_t i = element; i <= static_cast<size_t>(k) * element; i += element)
                weights[static_cast<size_t>(r) * row_bytes + i - 1] =
                    static_cast<uint8_t>(high | (i * 3 % 5 == 0) << 7);
    }
    Matmul m = {};
    m.w = weights;
    m.row_bytes = row_bytes;
    m.k = k;
    m.rows = rows;
    m.n = n;
    fill(x, n * k, &random, 0);
    for (int64_t i = 0; tiny && i < n * k; ++i) x[i] *= 0x1p-122f;
    m.x = x;
    m.x_stride = k;
    m.out_stride = rows;
    m.scratch = scratch_memory.last<uint8_t>(kMatmulScratch);
    both(format_info(type)->name, k, [&](const Kernels& kernels, float* out) {
        m.out = out;
        kernels.matmul[type](&m);
    });
}

struct Cache {
    uint8_t* memory[4];
    size_t size[4];
    KvHead head;
};
static Cache make_cache(int which, KvType type, int64_t capacity, int64_t dk, int64_t dv) {
    const int64_t element = type == kKvF32 ? 4 : type == kKvF16 ? 2 : 1;
    const int64_t scales = type == kKvQ8_0 ? capacity * 2 : 0;  // for 32 values
    Cache c = {};
    const int64_t sizes[4] = {capacity * dk * element, capacity * dv * element, scales * (dk / 32), scales * (dv / 32)};
    for (int i = 0; i < 4; ++i) {
        c.size[i] = static_cast<size_t>(sizes[i]);
        c.memory[i] = cache_memory[which][i].last<uint8_t>(c.size[i]);
        if (c.memory[i]) memset(c.memory[i], 0, c.size[i]);
    }
    c.head = {c.memory[0], c.memory[1], c.memory[2], c.memory[3], capacity, type, type};
    return c;
}

struct AttentionCase {
    KvType type;
    int64_t dk, dv, tokens, group, pos0, window;
    float softcap;
    bool slopes, sink;
    float value_scale = 1.0f;
};

static void test_attention(const AttentionCase& c) {
    Random random(static_cast<uint64_t>(c.dk * 11 + c.tokens * 5 + c.group + c.pos0 + c.type));
    const int64_t length = c.pos0 + c.tokens, capacity = (length + 15) / 16 * 16, rows = c.tokens * c.group;
    Cache caches[2] = {make_cache(0, c.type, capacity, c.dk, c.dv), make_cache(1, c.type, capacity, c.dk, c.dv)};
    for (int i = 0; i < 8; ++i)
        if (!CHECK(caches[i / 4].memory[i % 4] != nullptr)) return;
    for (int64_t p = 0; p < length; ++p) {
        fill(w, c.dk, &random, 0);
        fill(b, c.dv, &random, 0);
        for (int64_t i = 0; i < c.dv; ++i) b[i] *= c.value_scale;
        reference.kv_store(&caches[0].head, p, w, c.dk, b, c.dv);
        tier.kv_store(&caches[1].head, p, w, c.dk, b, c.dv);
    }
    for (int i = 0; i < 4; ++i) CHECK(memcmp(caches[0].memory[i], caches[1].memory[i], caches[0].size[i]) == 0);
    const size_t values = static_cast<size_t>(rows * c.dv);
    float* q = static_cast<float*>(malloc(static_cast<size_t>(rows * c.dk) * 4));
    float slopes[16];
    for (int h = 0; h < 16; ++h) slopes[h] = 0.5f / static_cast<float>(h + 1);
    fill(q, rows * c.dk, &random, 0);
    Attention a = {};
    a.q = q;
    a.q_stride = c.group * c.dk;
    a.dk = c.dk;
    a.dv = c.dv;
    a.n_tokens = c.tokens;
    a.group = c.group;
    a.pos0 = c.pos0;
    a.window = c.window;
    a.scale = 0.125f;
    a.softcap = c.softcap;
    a.slopes = c.slopes ? slopes : nullptr;
    a.scratch = scratch_memory.last<uint8_t>(kAttentionScratch);
    float* result[2];
    for (int i = 0; i < 2; ++i) {
        const Kernels& k = i ? tier : reference;
        a.kv = caches[i].head;
        float* m = static_cast<float*>(malloc(static_cast<size_t>(rows) * 16));
        float* o = static_cast<float*>(malloc(values * 8));
        result[i] = static_cast<float*>(malloc(values * 4));
        AttentionState total = {m, m + rows, o}, part = {m + 2 * rows, m + 3 * rows, o + values};
        for (int64_t chunk = 0; chunk * kKvChunk < length; ++chunk) {
            k.attention_chunk(&a, chunk, chunk ? &part : &total);
            if (chunk) k.attention_merge(&total, &part, rows, c.dv);
        }
        const float sink = 1.5f;
        for (int64_t r = 0; r < rows; ++r)
            k.attention_finish(&total, r, c.dv, c.sink ? &sink : nullptr, result[i] + r * c.dv);
        free(m);
        free(o);
    }
    same(result[0], result[1], static_cast<int64_t>(values), "attention", c.dk);
    for (float* r : result) free(r);
    free(q);
}

int main() {
    bool open = weight_memory.open(1 << 16) && scratch_memory.open(1 << 16);
    for (auto& side : cache_memory)
        for (Guarded& g : side) open = open && g.open(1 << 20);
    if (!CHECK(open) || !CHECK(kernels_for("scalar", &reference))) return REPORT();
    for (uint32_t t = 0; t < tier_count(); ++t) {
        if (!tier_supported(t) || !kernels_for(tier_name(t), &tier)) continue;
        const int before = check::failed;
        for (int64_t n : {1, 2, 7, 15, 16, 17, 31, 33, 64, 100, 576, 1000})
            for (int kind = 0; kind < 4; ++kind) test_vectors(n, kind);
        for (int64_t d : {2, 6, 16, 24, 64, 80, 128})
            for (int neox : {0, 1}) {
                test_rope(3, d, d, neox);
                if (d >= 6) test_rope(2, d, d - 4, neox);
            }
        for (int kind = 0; kind < 4; ++kind)
            for (int64_t n : {32, 64, 2048}) test_quantize(n, kind);
        for (uint32_t type : {static_cast<uint32_t>(kF32), static_cast<uint32_t>(kF16), static_cast<uint32_t>(kBF16)})
            for (int64_t k : {1, 15, 16, 50, 256})
                for (int64_t rows : {1, 2, 5, 9})
                    for (int64_t n : {1, 2, 3, 7})
                        for (bool tiny : {false, true}) test_dense(type, k, rows, n, tiny);
        for (KvType type : {kKvF16, kKvF32, kKvQ8_0}) {
            test_attention({type, 64, 64, 1, 4, 600, 0, 0.0f, false, false});
            test_attention({type, 64, 64, 5, 3, 253, 0, 0.0f, false, true});
            test_attention({type, 128, 64, 3, 7, 300, 40, 20.0f, false, false});
            test_attention({type, 32, 96, 40, 1, 0, 0, 0.0f, true, false});
            test_attention({type, 256, 128, 2, 5, 511, 0, 0.0f, false, false});
            test_attention({type, 64, 64, 3, 2, 40, 0, 0.0f, false, false, type == kKvF32 ? 0x1p-122f : 0x1p-20f});
            test_attention(
                {type, kMaxHeadSize, kMaxHeadSize, 3, 5, 20, 0, 0.0f, false, false});  // the scratch suffices
            if (type != kKvQ8_0) test_attention({type, 6, 10, 18, 2, 9, 5, 0.0f, true, true});
        }
        printf("%s: %s\n", tier.name, check::failed == before ? "ok" : "differs");
    }
    return REPORT();
}
