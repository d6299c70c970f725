// SPDX-License-Identifier: MIT
// Whole models whose files parse but whose contents are wrong: each hyperparameter, tensor and token id made hostile in
// turn. Either the open is refused with a sentence that names the file and the place, or the model runs.
#include "tests/support/api_opened.h"
#include "tests/support/toy_llama.h"

namespace {

// Opens, and when that works runs a prompt, a token and the sampler. Never UB: the sanitizers watch.
thimble_status exercise(const GgufBytes& b, thimble_error* err, uint32_t n_ctx = 64) {
    OpenedModel m;
    const bool opened = m.open(thimble_from_memory(b.data, b.size));
    *err = m.err;
    if (!opened) {
        CHECK(m.err.message[0] && !strchr(m.err.message, '\n'));
        return m.status;
    }
    thimble_session_params p = session_of(n_ctx, 4, 2);
    p.memory_budget = 64u << 20;
    OpenedSession s;
    if (!s.open(m.model, p)) {
        *err = s.err;
        return s.status;
    }
    const thimble_token ids[] = {1, 70, 80, 90, 100};
    CHECK_EQ(thimble_eval(s.s, ids, 5, nullptr, err), THIMBLE_OK);
    thimble_generate_params g = thimble_generate_defaults();
    g.n_predict = 2;
    g.seed = 3;
    g.repeat_penalty = 1.1f;
    thimble_token id = -1;
    CHECK_EQ(thimble_sample(s.s, &g, &id, err), THIMBLE_OK);
    CHECK(id >= 0 && static_cast<uint32_t>(id) < m.n_vocab);
    CHECK_EQ(thimble_generate(s.s, "a b", 3, &g, nullptr, nullptr, nullptr, err), THIMBLE_OK);
    return THIMBLE_OK;
}

enum { kRefused = 1, kRuns = 2, kEither = 3 };
void expect(const char* what, ToyLlama toy, int want, const char* says = nullptr) {
    const GgufBytes b = toy.bytes();
    thimble_error err{};
    const thimble_status s = exercise(b, &err);
    if (!CHECK(s == THIMBLE_OK ? (want & kRuns) != 0 : (want & kRefused) != 0) ||
        (says && s != THIMBLE_OK && !CHECK(strstr(err.message, says))))
        fprintf(stderr, "    %s: %d %s\n", what, s, err.message);
}

// ---- Numbers in the metadata ---------------------------------------------------------------------------------------------

const char* g_key;
uint64_t g_value;
uint32_t g_type;
void put_key(GgufWriter* w) {
    switch (g_type) {
        case 4: w->u32(g_key, static_cast<uint32_t>(g_value)); break;
        case 5: w->i32(g_key, static_cast<int32_t>(g_value)); break;
        case 10: w->u64(g_key, g_value); break;
        case 6: {
            float v;
            const uint32_t bits = static_cast<uint32_t>(g_value);
            memcpy(&v, &bits, 4);
            w->f32(g_key, v);
            break;
        }
        case 7: w->boolean(g_key, 1); break;
        case 8: w->str(g_key, "17"); break;
        case 9: {
            w->array(g_key, 4, g_value);  // an array, one for each layer or not
            for (uint64_t i = 0; i < g_value; ++i) w->kv.put<uint32_t>(2);
            break;
        }
        default: break;  // left out
    }
}

void integers(const ToyLlama& base) {
    static const struct {
        const char* key;
        uint64_t right;
        bool required;
    } keys[] = {{"llama.context_length", 256, true},
                {"llama.embedding_length", 64, true},
                {"llama.block_count", 2, true},
                {"llama.attention.head_count", 4, true},
                {"llama.attention.head_count_kv", 2, false},
                {"llama.feed_forward_length", 96, true},
                {"llama.expert_count", 4, false},
                {"llama.expert_used_count", 2, true},
                {"llama.expert_feed_forward_length", 64, false},
                {"llama.rope.dimension_count", 16, false},
                {"llama.attention.key_length", 16, false},
                {"llama.attention.value_length", 16, false},
                {"llama.expert_gating_func", 1, false},
                {"llama.expert_shared_feed_forward_length", 1, false},
                {"llama.rope.scaling.original_context_length", 64, false}};
    static const uint64_t values[] = {
        0, 1, 2, 3, 5, 7, 15, 17, 63, 65, 1000, 4097, 1u << 16, (1u << 20) + 1, 0x7fffffff, 0x80000000u, 0xffffffffu};
    for (const auto& k : keys) {
        const bool of_experts = strstr(k.key, "expert") != nullptr;
        ToyLlama toy = base;
        if (of_experts) toy.n_expert = 4, toy.n_expert_used = 2;
        toy.skip[0] = g_key = k.key;
        toy.extra = put_key;
        char what[120];
        for (uint64_t v : values) {
            for (uint32_t type : {4u, 10u}) {
                g_value = type == 10 ? v << 32 | v : v, g_type = type;
                snprintf(what, sizeof what, "%s = %llu", k.key, static_cast<unsigned long long>(g_value));
                expect(what, toy, type == 10 && v ? kRefused : kEither, nullptr);
            }
        }
        g_value = k.right, g_type = 4;
        expect(k.key, toy, kRuns);
        for (uint32_t type : {6u, 7u, 8u}) {  // float, bool, string
            g_type = type, g_value = 0x3f800000;
            snprintf(what, sizeof what, "%s of type %u", k.key, type);
            expect(what, toy, kRefused, k.key);
        }
        g_type = 5, g_value = ~0ull;  // -1
        expect(k.key, toy, kRefused, k.key);
        g_type = 9;
        for (uint64_t count : {0ull, 1ull, 2ull, 3ull}) {
            g_value = count;
            snprintf(what, sizeof what, "%s as an array of %llu", k.key, static_cast<unsigned long long>(count));
            expect(what, toy, kEither);
        }
        g_type = 99;
        snprintf(what, sizeof what, "%s missing", k.key);
        expect(what, toy, k.required ? kRefused : kEither, k.required ? k.key : nullptr);
    }
}

void reals(const ToyLlama& base) {
    static const char* const keys[] = {"llama.attention.layer_norm_rms_epsilon",
                                       "llama.rope.freq_base",
                                       "llama.rope.scaling.factor",
                                       "llama.rope.scaling.attn_factor",
                                       "llama.rope.scaling.yarn_beta_fast",
                                       "llama.rope.scaling.yarn_beta_slow",
                                       "llama.rope.scaling.yarn_ext_factor",
                                       "llama.rope.scaling.yarn_log_multiplier",
                                       "llama.expert_weights_scale",
                                       "llama.attention.clamp_kqv"};
    static const uint32_t bits[] = {0,          0x80000000u, 0x3f800000, 0xbf800000, 1,          0x7f7fffff,
                                    0xff7fffff, 0x00800000,  0x7f800000, 0xff800000, 0x7fc00000, 0x501502f9};
    for (const char* key : keys) {
        for (uint32_t yarn = 0; yarn < 2; ++yarn) {
            ToyLlama toy = base;
            if (strstr(key, "expert")) toy.n_expert = 4, toy.n_expert_used = 2;
            toy.skip[0] = g_key = key;
            toy.extra = yarn ? [](GgufWriter* w) {
                put_key(w);
                w->str("llama.rope.scaling.type", "yarn");
                if (strcmp(g_key, "llama.rope.scaling.factor") != 0) w->f32("llama.rope.scaling.factor", 4.0f);
            } : put_key;
            g_type = 6;
            for (uint32_t b : bits) {
                g_value = b;
                char what[120];
                snprintf(what, sizeof what, "%s = %08x", key, b);
                expect(what, toy, (b & 0x7f800000) == 0x7f800000 ? kRefused : kEither);
            }
            g_type = 8;
            expect(key, toy, kRefused, key);
        }
    }
    ToyLlama toy = base;
    toy.extra = [](GgufWriter* w) { w->str("llama.rope.scaling.type", "nosuch"); };
    expect("rope scaling", toy, kRefused, "nosuch");
}

// ---- Shapes and tensors --------------------------------------------------------------------------------------------------

void tensors(const ToyLlama& base) {
    static const char* const names[] = {"token_embd.weight",     "output_norm.weight",  "blk.1.attn_q.weight",
                                        "blk.0.attn_k.weight",   "blk.1.attn_v.weight", "blk.0.attn_output.weight",
                                        "blk.1.ffn_down.weight", "blk.0.ffn_up.weight", "blk.0.ffn_norm.weight"};
    static const char* name;
    for (const char* n : names) {
        name = n;
        const bool vector = strstr(n, "norm") != nullptr;
        ToyLlama toy = base;
        toy.skip[0] = n;
        expect(n, toy, strcmp(n, "blk.0.ffn_norm.weight") == 0 ? kEither : kRefused, n);  // missing
        static void (*const wrong[])(GgufWriter*) = {
            [](GgufWriter* w) { w->tensor(name, thimble::kF32, {64}); },
            [](GgufWriter* w) {
                w->tensor(name, thimble::kF32, {32, 1});
            },
            [](GgufWriter* w) {
                w->tensor(name, thimble::kQ8_0, {64, 1});
            },
            [](GgufWriter* w) {
                w->tensor(name, thimble::kQ8_0, {32, 300});
            },
            [](GgufWriter* w) {
                w->tensor(name, thimble::kF16, {64, 64, 2});
            },
            [](GgufWriter* w) {
                w->tensor(name, thimble::kF32, {1, 1, 1, 64});
            },
            [](GgufWriter* w) {
                w->tensor(name, 26, {64, 64});
            },  // I32
            [](GgufWriter* w) { w->tensor(name, thimble::kF32, {}); },
        };
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; ++i) {
            char what[120];
            snprintf(what, sizeof what, "%s, wrong %zu", n, i);
            toy.extra = wrong[i];
            expect(what, toy,
                   (vector && i == 0) || (i == 2 && strcmp(n, "token_embd.weight") == 0) ? kEither : kRefused, n);
        }
    }
    // Optional tensors of wrong shapes are refused too; so are experts where there are none to choose from.
    static void (*const odd[])(GgufWriter*) = {
        [](GgufWriter* w) {
            w->tensor("output.weight", thimble::kF32, {64, 274});
        },
        [](GgufWriter* w) { w->tensor("rope_freqs.weight", thimble::kF32, {7}); },
        [](GgufWriter* w) { w->tensor("blk.0.attn_q.bias", thimble::kF16, {64}); },
        [](GgufWriter* w) { w->tensor("blk.0.attn_q_norm.weight", thimble::kF32, {16}); },  // without k's
        [](GgufWriter* w) {
            w->tensor("blk.0.attn_q_norm.weight", thimble::kF32, {32, 2})
                .tensor("blk.0.attn_k_norm.weight", thimble::kF32, {3, 2});
        },
        [](GgufWriter* w) {
            w->tensor("blk.0.attn_qkv.weight", thimble::kF32, {64, 127});
        },
        [](GgufWriter* w) { w->tensor("blk.1.attn_sinks.weight", thimble::kF32, {5}); },
    };
    for (const auto& f : odd) {
        ToyLlama toy = base;
        toy.extra = f;
        expect("an odd tensor", toy, kRefused, ".");
    }
    static const float nothing[8] = {};
    ToyLlama toy = base;
    toy.extra = [](GgufWriter* w) { w->tensor("rope_freqs.weight", thimble::kF32, {8}, nothing); };  // divides by zero
    expect("rope_freqs of zeros", toy, kRuns);
    toy.extra = [](GgufWriter* w) {
        w->tensor("position_embd.weight", thimble::kF16, {64, 3});
    };  // fewer than positions
    expect("three positions", toy, kRefused, "3");
    toy = base;
    toy.alignment = 1;
    expect("alignment 1", toy, kRuns);
    toy.alignment = 2;
    expect("alignment 2", toy, kRuns);
}

void vocabularies(const ToyLlama& base) {
    ToyLlama toy = base;
    toy.skip[0] = "tokenizer";
    expect("no tokenizer", toy, kRefused, "tokenizer");
    toy.extra = [](GgufWriter* w) {  // more tokens than rows
        VocabWriter v;
        vocab_spm(&v);
        v.token("extra");
        v.write(w, "llama", "default");
    };
    expect("276 tokens", toy, kRefused, "276");
    toy.extra = [](GgufWriter* w) {  // fewer
        VocabWriter v;
        v.token("<unk>", 0, kVocabUnknown)
            .token("<s>", 0, kVocabControl)
            .token("</s>", 0, kVocabControl)
            .token("a")
            .token("\u2581");
        v.write(w, "llama", "default");
    };
    expect("5 tokens", toy, kEither);
    for (const char* key : {"tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id"}) {
        toy = base;
        toy.skip[0] = g_key = key;
        toy.extra = put_key;
        g_type = 4;
        for (uint32_t v : {275u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
            g_value = v;
            expect(key, toy, v == 0xffffffffu ? kEither : kRefused, key);
        }
        g_type = 8;
        expect(key, toy, kRefused, key);
    }
}

// NaN and infinite weights: any logits, but the same on every tier.
void not_numbers(const ToyLlama& base) {
    static const uint32_t poison[] = {0x7fc00000, 0x7f800000, 0xff800000, 0xffc12345, 0x7f7fffff, 0x00000001};
    for (uint32_t type : {static_cast<uint32_t>(thimble::kF32), static_cast<uint32_t>(thimble::kF16),
                          static_cast<uint32_t>(thimble::kQ8_0)}) {
        for (uint32_t round = 0; round < 12; ++round) {
            ToyLlama toy = base;
            toy.type = type;
            GgufWriter w;
            toy.write(&w);
            for (uint32_t i = 0; i < 1 + round % 5; ++i) {
                const size_t at = toy.random() % (w.payload.size / 4) * 4;
                memcpy(w.payload.data + at, &poison[(round + i) % 6], 4);
            }
            const GgufBytes b = w.finish();
            OpenedModel m;
            if (!CHECK(m.open(thimble_from_memory(b.data, b.size)))) continue;
            const thimble_token ids[] = {1, 70, 80, 90, 100, 110, 120};
            float* first = static_cast<float*>(malloc(7 * m.n_vocab * sizeof(float)));
            float* other = static_cast<float*>(malloc(7 * m.n_vocab * sizeof(float)));
            bool have = false;
            for (const char* tier : {"scalar", "avx2", "avxvnni", "avx512", "avx512vbmi", "neon", "dotprod", "i8mm"}) {
                for (uint32_t batch : {1u, 7u}) {
                    OpenedSession s;
                    if (!s.open(m.model, session_of(32, batch, batch == 1 ? 1 : 3, tier))) continue;
                    CHECK_EQ(thimble_eval(s.s, ids, 7, have ? other : first, nullptr), THIMBLE_OK);
                    if (have && !CHECK(memcmp(first, other, 7 * m.n_vocab * sizeof(float)) == 0))
                        fprintf(stderr, "    type %u, round %u, %s, batch %u\n", type, round, tier, batch);
                    have = true;
                }
            }
            free(first);
            free(other);
        }
    }
}

}  // namespace

int main() {
    ToyLlama base;
    expect("as it is", base, kRuns);
    integers(base);
    reals(base);
    tensors(base);
    vocabularies(base);
    not_numbers(base);
    return REPORT();
}
