// SPDX-License-Identifier: MIT
// Every tier's float kernels equal the scalar reference, bit for bit: norms, element-wise loops, activations, rope
// and its angles, log and pow, softmax, quantise, dense products, the KV store and attention, at odd lengths and with zeros, subnormals, infinities
// and NaN among the values. A NaN only has to meet a NaN. Operands, dense weights, caches and the scratch end at a page
// that cannot be read.
#include <cstring>
#include <initializer_list>

#include "kernels/kernels.h"
#include "tests/check.h"
#include "tests/kernels/compared_tiers.h"
#include "tests/kernels/guarded.h"
#include "tests/kernels/random.h"

using namespace thimble;

static Kernels reference, tier;
static Guarded weight_memory, scratch_memory, cache_memory[2][4], operand_memory[5];
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

// As above, in double. kind 2: exponents and arguments about the limits of exp and of angles.
static double* filled_double(int which, int64_t n, Random* random, int kind) {
    static const double kSpecial[] = {
        0.0,   -0.0,   0x1p-1074, -0x1p-1030,        1e308,  __builtin_inf(), -__builtin_inf(),
        700.0, -700.0, 0x1p50,    __builtin_nan(""), -0x1p50};
    double* x = operand_memory[which].last<double>(static_cast<size_t>(n));
    for (int64_t i = 0; i < n; ++i) {
        x[i] = static_cast<double>(random->normal()) * (kind == 2 ? 500.0 : 3.0);
        const uint64_t bits = random->next64();
        if (kind == 1) memcpy(x + i, &bits, 8);
        if (kind == 3 && bits % 3 == 0) x[i] = kSpecial[bits / 3 % 12];
    }
    return x;
}

static float want[kMax], got[kMax];
static double want_double[kMax], got_double[kMax];

static float* operand(int which, int64_t n) { return operand_memory[which].last<float>(static_cast<size_t>(n)); }
static float* filled(int which, int64_t n, Random* random, int kind) {
    float* x = operand(which, n);
    fill(x, n, random, kind);
    return x;
}

template <class Fn>
static void both(const char* what, int64_t n, Fn fn) {
    memset(want, 0x33, sizeof want);
    memset(got, 0x33, sizeof got);
    fn(reference, want);
    fn(tier, got);
    same(want, got, kMax, what, n);
}

template <class Fn>
static void both_double(const char* what, int64_t n, Fn fn) {
    memset(want_double, 0x33, sizeof want_double);
    memset(got_double, 0x33, sizeof got_double);
    fn(reference, want_double);
    fn(tier, got_double);
    int i = 0;
    while (i < kMax && memcmp(want_double + i, got_double + i, 8) == 0) ++i;
    if (!CHECK(i == kMax))
        fprintf(stderr, "    %s %s, length %d: [%d] %a, want %a\n", tier.name, what, static_cast<int>(n), i,
                got_double[i], want_double[i]);
}

static void test_doubles(int64_t n, int kind) {
    Random random(static_cast<uint64_t>(n * 4 + kind));
    const double *x = filled_double(0, n, &random, kind), *y = filled_double(1, n, &random, kind);
    both_double("log", n, [&](const Kernels& k, double* out) { k.log(x, n, out); });
    both_double("pow", n, [&](const Kernels& k, double* out) { k.pow(x, 1, y, n, out); });
    both_double("pow, in place", n, [&](const Kernels& k, double* out) {
        memcpy(out, y, static_cast<size_t>(n) * 8);
        k.pow(x + n - 1, 0, out, n, out);
    });
    for (double position : {0.0, 1.0, 1048575.0}) {
        float *c = operand(2, n), *s = operand(3, n);
        const auto angles = [&](const Kernels& k, float* out) {
            k.rope_angles(position, x, 0.9f, n, c, s);
            memcpy(out, c, static_cast<size_t>(n) * 4), memcpy(out + n, s, static_cast<size_t>(n) * 4);
        };
        both("rope_angles", n, angles);
        both("rope_angles, what is behind", n,
             [&](const Kernels& k, float* out) { k.rope_angles(position, x, 0.9f, n, out, out + kMax / 2); });
    }
}

static void test_vectors(int64_t n, int kind) {
    Random random(static_cast<uint64_t>(n * 8 + kind));
    const float *x = filled(0, n, &random, kind), *y = filled(1, n, &random, kind == 3 ? 0 : kind),
                *w = filled(2, n, &random, 0), *b = filled(3, n, &random, 0);
    for (const float* bias : {static_cast<const float*>(nullptr), b}) {
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

static void test_rope(int64_t heads, int64_t d, int64_t n_rot, int neox, int kind) {
    Random random(static_cast<uint64_t>(d * 2 + neox + kind * 1000));
    const float *x = filled(0, heads * d, &random, kind), *cosines = filled(1, n_rot / 2, &random, 0),
                *sines = filled(2, n_rot / 2, &random, 0);
    both("rope", d, [&](const Kernels& k, float* out) {
        float* in_place = operand(3, heads * d);
        memcpy(in_place, x, static_cast<size_t>(heads * d) * 4);
        k.rope(in_place, heads, d, n_rot, neox, cosines, sines);
        memcpy(out, in_place, static_cast<size_t>(heads * d) * 4);
    });
}

// kind 4: halves, which round to even; 5: largest values about the least that is not taken for 0; 6: a block of its
// own kind now and then.
static void test_quantize(int64_t n, int kind) {
    Random random(static_cast<uint64_t>(n + kind));
    float* x = filled(0, n, &random, kind < 4 ? kind : 0);
    for (int64_t i = 0; i < n && kind == 4; ++i)
        x[i] = i % 32 == 7 ? 127.0f : static_cast<float>(static_cast<int>(random.next32() % 253) - 126) + 0.5f;
    for (int64_t i = 0; i < n && kind == 5; ++i) x[i] = (i / 32 % 3 == 0 ? 0x1p-101f : 0x1p-100f) * random.uniform();
    static const uint32_t kLone[] = {0x7fc00000, 0xff800000, 0, 0x0d7fffff, 0x0d800000, 0x7f7fffff, 1};
    for (int64_t i = 0, lone = 0; i < n && kind == 6; i += 7 * 32, ++lone) {
        memset(x + i, 0, 32 * sizeof *x);
        memcpy(x + i + lone % 32, kLone + lone % 7, sizeof *x);
    }
    for (int64_t i = 40; i < n && kind == 5; i += 96) x[i] = i % 64 < 32 ? -0x1p-100f : 0x1p-100f;
    static int8_t q[2][kMax];
    static float d[2][kMax / 32];
    static int16_t s[2][kMax / 16];
    for (int i = 0; i < 2; ++i) {  // nothing beyond the end is written
        memset(q[i], 0x33, sizeof q[i]), memset(d[i], 0x33, sizeof d[i]), memset(s[i], 0x33, sizeof s[i]);
        (i ? tier : reference).quantize(x, n, q[i], d[i], s[i]);
    }
    CHECK(memcmp(q[0], q[1], sizeof q[0]) == 0);
    CHECK(memcmp(s[0], s[1], sizeof s[0]) == 0);
    same(d[0], d[1], kMax / 32, "quantize", n);
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
    float* x = filled(0, n * k, &random, 0);
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
static Cache make_cache(int which, KvType type_k, KvType type_v, int64_t capacity, int64_t dk, int64_t dv) {
    const auto element = [](KvType t) { return t == kKvF32 ? 4 : t == kKvF16 ? 2 : 1; };
    const auto scales = [&](KvType t) { return t == kKvQ8_0 ? capacity * 2 : 0; };  // for 32 values
    Cache c = {};
    const int64_t sizes[4] = {capacity * dk * element(type_k), capacity * dv * element(type_v),
                              scales(type_k) * (dk / 32), scales(type_v) * (dv / 32)};
    for (int i = 0; i < 4; ++i) {
        c.size[i] = static_cast<size_t>(sizes[i]);
        c.memory[i] = cache_memory[which][i].last<uint8_t>(c.size[i]);
        if (c.memory[i]) memset(c.memory[i], 0, c.size[i]);
    }
    c.head = {c.memory[0], c.memory[1], c.memory[2], c.memory[3], capacity, type_k, type_v};
    return c;
}

struct AttentionCase {
    KvType type;
    int64_t dk, dv, tokens, group, pos0, window;
    float softcap;
    bool slopes, sink;
    float value_scale = 1.0f;
    int kind = 0;          // of queries, keys and values, see fill; 4: zeros, 5: a few special values
    int64_t capacity = 0;  // 0: all positions; else a ring, which holds what the window shows
    int type_v = -1;       // -1: as the keys
};

static void fill_or_zero(float* x, int64_t n, Random* random, int kind) {
    if (kind == 4)
        memset(x, 0, static_cast<size_t>(n) * 4);
    else
        fill(x, n, random, kind == 5 ? 0 : kind);
    if (kind == 5 && random->next32() % 64 == 0) fill(x + random->next32() % n, 1, random, 3), x[0] = __builtin_inff();
}

static void test_attention(const AttentionCase& c) {
    Random random(static_cast<uint64_t>(c.dk * 11 + c.tokens * 5 + c.group + c.pos0 + c.type + c.kind * 1000));
    const int64_t length = c.pos0 + c.tokens, rows = c.tokens * c.group;
    const int64_t capacity = c.capacity ? c.capacity : (length + 15) / 16 * 16;
    const KvType type_v = c.type_v < 0 ? c.type : static_cast<KvType>(c.type_v);
    Cache caches[2] = {make_cache(0, c.type, type_v, capacity, c.dk, c.dv),
                       make_cache(1, c.type, type_v, capacity, c.dk, c.dv)};
    for (int i = 0; i < 8; ++i)
        if (!CHECK(caches[i / 4].memory[i % 4] != nullptr)) return;
    float *key = operand(0, c.dk), *value = operand(1, c.dv);
    for (int64_t p = 0; p < length; ++p) {
        fill_or_zero(key, c.dk, &random, c.kind);
        fill_or_zero(value, c.dv, &random, c.kind);
        for (int64_t i = 0; i < c.dv; ++i) value[i] *= c.value_scale;
        reference.kv_store(&caches[0].head, p, key, c.dk, value, c.dv);
        tier.kv_store(&caches[1].head, p, key, c.dk, value, c.dv);
    }
    for (int i = 0; i < 4; ++i) CHECK(memcmp(caches[0].memory[i], caches[1].memory[i], caches[0].size[i]) == 0);
    const size_t values = static_cast<size_t>(rows * c.dv);
    float* q = operand(2, rows * c.dk);
    float slopes[16];
    for (int h = 0; h < 16; ++h) slopes[h] = 0.5f / static_cast<float>(h + 1);
    fill_or_zero(q, rows * c.dk, &random, c.kind);
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
    float *state[2], *result[2];
    for (int i = 0; i < 2; ++i) {
        const Kernels& k = i ? tier : reference;
        a.kv = caches[i].head;
        float* m = state[i] = static_cast<float*>(malloc(static_cast<size_t>(rows) * 16));
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
        free(o);
    }
    same(state[0], state[1], 2 * rows, "attention's maxima and sums", c.dk);
    same(result[0], result[1], static_cast<int64_t>(values), "attention", c.dk);
    for (int i = 0; i < 2; ++i) free(state[i]), free(result[i]);
}

int main(int argc, char** argv) {  // arguments: tiers that must be among the compared ones
    bool open = weight_memory.open(1 << 16) && scratch_memory.open(1 << 16);
    for (auto& side : cache_memory)
        for (Guarded& g : side) open = open && g.open(1 << 20);
    for (Guarded& g : operand_memory) open = open && g.open(1 << 19);
    if (!CHECK(open) || !CHECK(kernels_for("scalar", &reference))) return REPORT();
    static const ComparedTiers tiers;
    for (int i = 1; i < argc; ++i) tiers.must_have(argv[i]);
    if (tiers.n == 0 && argc == 1) return printf("only the reference here: skipped\n"), 77;
    for (uint32_t t = 0; t < tiers.n; ++t) {
        tier = tiers.tier[t];
        const int before = check::failed;
        for (int64_t n : {1, 2, 7, 15, 16, 17, 31, 33, 64, 100, 576, 1000})
            for (int kind = 0; kind < 4; ++kind) test_vectors(n, kind);
        for (int64_t n = 1; n < 40; ++n)
            for (int kind = 0; kind < 4; ++kind) test_doubles(n, kind);
        for (int64_t d : {2, 6, 16, 24, 64, 80, 128})
            for (int neox : {0, 1})
                for (int kind = 0; kind < 4; ++kind) {
                    test_rope(3, d, d, neox, kind);
                    if (d >= 6) test_rope(2, d, d - 4, neox, kind);
                }
        for (int kind = 0; kind < 7; ++kind)
            for (int64_t n : {32, 64, 96, 256, 288, 480, 2048}) test_quantize(n, kind);
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
            for (int kind : {1, 2, 3, 4, 5})
                test_attention({type, 64, 32, 3, 3, 270, 0, 0.0f, false, kind == 4, 1.0f, kind});
            test_attention({type, 64, 64, 3, 2, 700, 200, 0.0f, false, false, 1.0f, 0, 208});  // a ring
            for (int type_v : {0, 1, 2})
                test_attention({type, 64, 96, 5, 3, 260, 0, 0.0f, false, false, 1.0f, 0, 0, type_v});
        }
        printf("%s: %s\n", tier.name, check::failed == before ? "ok" : "differs");
    }
    return REPORT();
}
