// SPDX-License-Identifier: MIT
// Vocabularies that strangers made: each is refused with a message, or works, and never reads where it must not.
#include <initializer_list>

#include "tests/check.h"
#include "tests/support/tokenizer_opened.h"

using namespace thimble;

namespace {
bool says(const TokenizerOpened& o, Status status, const char* words) {
    const bool ok = o.status == status && strstr(o.err.message, words) != nullptr;
    if (!ok) printf("  status %d: %s\n", static_cast<int>(o.status), o.err.message);
    return ok;
}

GgufWriter with(const char* model) {
    GgufWriter w;
    vocab_write(&w, model, strcmp(model, "gpt2") == 0 ? "gpt-2" : nullptr);
    return w;
}

void names() {
    GgufWriter w;
    vocab_write(&w, "gpt2", "no-such-pre");
    const TokenizerOpened pre(w);
    CHECK(says(pre, kUnsupported, "'no-such-pre'") && says(pre, kUnsupported, "llama-bpe"));
    GgufWriter m;
    VocabWriter v;
    v.token("a");
    v.write(&m, "word2vec", nullptr);
    CHECK(says(TokenizerOpened(m), kUnsupported, "'word2vec'"));
    GgufWriter none;
    none.u32("general.alignment", 32);
    CHECK(says(TokenizerOpened(none), kFormat, "tokenizer.ggml.model"));
    GgufWriter tokens;
    tokens.str("tokenizer.ggml.model", "llama");
    CHECK(says(TokenizerOpened(tokens), kFormat, "tokenizer.ggml.tokens"));
    GgufWriter empty;
    VocabWriter().write(&empty, "llama", nullptr);
    CHECK(TokenizerOpened(empty).status == kFormat);
    GgufWriter merges;
    VocabWriter a;
    a.token("a");
    a.write(&merges, "gpt2", "gpt-2");
    CHECK(says(TokenizerOpened(merges), kFormat, "tokenizer.ggml.merges"));
}

void types() {
    // Scores of bytes, types of floats, too few of either, numbers where arrays belong.
    const struct {
        const char* key;
        uint32_t element;
        uint64_t count;
    } wrong[] = {{"tokenizer.ggml.scores", 0, 3},
                 {"tokenizer.ggml.scores", 6, 2},
                 {"tokenizer.ggml.token_type", 6, 3},
                 {"tokenizer.ggml.token_type", 5, 1},
                 {"tokenizer.ggml.token_type", 0, 3}};
    for (const auto& c : wrong) {
        GgufWriter w;
        const char* texts[] = {"a", "b", "c"};
        w.str("tokenizer.ggml.model", "llama").strings("tokenizer.ggml.tokens", texts, 3);
        w.array(c.key, c.element, c.count);
        w.kv.bytes(nullptr, c.count * (c.element == 0 ? 1 : 4));
        CHECK(says(TokenizerOpened(w), kFormat, c.key));
    }
    GgufWriter number;
    const char* texts[] = {"a"};
    number.str("tokenizer.ggml.model", "llama")
        .strings("tokenizer.ggml.tokens", texts, 1)
        .f32("tokenizer.ggml.scores", 1);
    CHECK(says(TokenizerOpened(number), kFormat, "tokenizer.ggml.scores"));
    GgufWriter flag = with("llama");
    flag.str("tokenizer.ggml.add_bos_token", "yes");
    CHECK(says(TokenizerOpened(flag), kFormat, "tokenizer.ggml.add_bos_token"));
    GgufWriter text = with("llama");
    text.str("tokenizer.ggml.eos_token_id", "2");
    CHECK(says(TokenizerOpened(text), kFormat, "tokenizer.ggml.eos_token_id"));
    GgufWriter tokens;
    const uint32_t three[] = {1, 2, 3};
    tokens.str("tokenizer.ggml.model", "llama").numbers("tokenizer.ggml.tokens", 4, three, 3);
    CHECK(says(TokenizerOpened(tokens), kFormat, "tokenizer.ggml.tokens"));
    // No scores and no types at all is a vocabulary of normal tokens with equal scores.
    GgufWriter bare;
    const char* ab[] = {"\u2581", "a", "aa"};
    bare.str("tokenizer.ggml.model", "llama").strings("tokenizer.ggml.tokens", ab, 3);
    TokenizerOpened o(bare);
    CHECK_EQ(o.status, kOk);
    CHECK(Encoded(o.t, "aaa").is({0, 2, 1}));
}

void ids() {
    for (const char* key :
         {"tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id", "tokenizer.ggml.unknown_token_id",
          "tokenizer.ggml.padding_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.fim_pre_token_id"}) {
        GgufWriter w = with("llama");
        w.u32(key, 275);
        CHECK(says(TokenizerOpened(w), kFormat, key));
        GgufWriter negative = with("llama");
        negative.i32(key, -7);
        CHECK(says(TokenizerOpened(negative), kFormat, key));
        GgufWriter last = with("llama");
        last.u32(key, 274);
        CHECK_EQ(TokenizerOpened(last).status, kOk);
        GgufWriter none = with("llama");
        none.i32(key, -1);
        CHECK_EQ(TokenizerOpened(none).status, kOk);
    }
    // Defaults for absent keys that a small vocabulary does not have: none, and nothing is added.
    for (const char* model : {"llama", "gpt2", "bert", "t5"}) {
        GgufWriter w;
        const char* texts[] = {"a"};
        w.str("tokenizer.ggml.model", model).strings("tokenizer.ggml.tokens", texts, 1);
        if (strcmp(model, "gpt2") == 0) w.strings("tokenizer.ggml.merges", texts, 0);
        w.boolean("tokenizer.ggml.add_bos_token", 1).boolean("tokenizer.ggml.add_eos_token", 1);
        TokenizerOpened o(w);
        CHECK_EQ(o.status, kOk);
        CHECK(o.t.bos < 1 && o.t.eos < 1 && o.t.separator < 1 && o.t.mask < 1);
        const Encoded e(o.t, "zz a", kTokenizeBos | kTokenizeSpecial);
        CHECK_EQ(e.status, kOk);
        for (size_t i = 0; i < e.n; ++i) CHECK_EQ(e.ids[i], 0);
    }
}

// <0x-1> and the like as byte tokens, empty and equal tokens, texts that are no UTF-8.
void odd_tokens() {
    GgufWriter w;
    VocabWriter v;
    v.token("", -1).token("a", -1).token("a", -2).token("\xff\xfe", -3);
    for (const char* text : {"<0x-1>", "<0x>", "<0xZZ>", "<0x100>", "0x41", "<0x 1>", "<0x4", ""})
        v.token(text, 0, kVocabByte);
    v.token("<0x41>", 0, kVocabByte)
        .token("", 0, kVocabControl)
        .token("", 0, kVocabUser)
        .token("[x]", 0, 77)
        .token("[y]", 0, -1);
    v.write(&w, "llama", nullptr);
    TokenizerOpened o(w);
    if (!CHECK_EQ(o.status, kOk)) return;
    char piece[8];
    for (int32_t id = 4; id < 12; ++id) CHECK_EQ(tokenizer_piece(o.t, id, true, piece, sizeof piece), 0u);
    CHECK_EQ(tokenizer_piece(o.t, 12, false, piece, sizeof piece), 1u);
    CHECK_EQ(piece[0], 'A');
    CHECK_EQ(tokenizer_piece(o.t, 0, false, piece, sizeof piece), 0u);
    CHECK_EQ(tokenizer_find(o.t, Str("a")), 1);  // the first of equal tokens
    CHECK_EQ(tokenizer_find(o.t, Str("")), -1);
    CHECK_EQ(Encoded(o.t, "a\xff\xfeQ", kTokenizeSpecial).status, kOk);
}

// Merges that name no tokens, are no pairs, or stand twice.
void odd_merges() {
    GgufWriter w;
    VocabWriter v;
    for (const char* text : {"a", "b", "ab", "aba"}) v.token(text);
    for (const char* merge :
         {"", " ", "a", "ab", "a ", " b", "x y", "  ", "a b", "b a", "a b", "ab a", "a b c", "\xff \xff"})
        v.merge(merge);
    v.write(&w, "gpt2", "gpt-2");
    TokenizerOpened o(w);
    if (!CHECK_EQ(o.status, kOk)) return;
    CHECK(Encoded(o.t, "aba").is({3}));
    CHECK(Encoded(o.t, "abb").is({2, 1}));
    CHECK(Encoded(o.t, "bab").is({1, 2}));
    // "b a" makes a text that is no token: its bytes are given.
    CHECK(Encoded(o.t, "bba").is({1, 1, 0}));
}

// A character map whose trie or texts lead out of it is refused or leads nowhere.
void charsmaps() {
    for (uint32_t size = 0; size < 5; ++size) {
        GgufWriter w;
        vocab_write(&w, "t5");
        w.array("tokenizer.ggml.precompiled_charsmap", 0, size);
        w.kv.bytes("\xff\xff\xff\xff\xff", size);
        CHECK(says(TokenizerOpened(w), kFormat, "precompiled_charsmap"));
    }
    for (uint32_t seed = 1; seed < 200; ++seed) {
        GgufWriter w;
        vocab_write(&w, "t5");
        uint32_t unit[64], s = seed;
        for (uint32_t& u : unit) u = s = s * 1664525u + 1013904223u;
        unit[0] = (seed % 32) << 10;
        w.array("tokenizer.ggml.precompiled_charsmap", 0, 4 + sizeof unit + 3);
        w.kv.put<uint32_t>(sizeof unit);
        w.kv.bytes(unit, sizeof unit);
        w.kv.bytes("abc", 3);  // not ended by a zero
        TokenizerOpened o(w);
        CHECK_EQ(o.status, kOk);
        char text[256];
        for (uint32_t i = 0; i < 256; ++i) text[i] = static_cast<char>(i);
        CHECK_EQ(Encoded(o.t, text, sizeof text, 0).status, kOk);
    }
}

// Scores that are no numbers still give an answer.
void odd_scores() {
    GgufWriter w;
    VocabWriter v;
    const float nan = __builtin_nanf(""), inf = __builtin_inff();
    v.token("\u2581", 0).token("a", nan).token("aa", nan).token("aaa", -inf).token("aaaa", inf).token("b", -nan);
    v.write(&w, "llama", nullptr);
    TokenizerOpened o(w);
    CHECK_EQ(Encoded(o.t, "aaaaaaaabbbaaaa").status, kOk);
    GgufWriter u;
    v.write(&u, "t5", nullptr);
    TokenizerOpened t5(u);
    CHECK_EQ(Encoded(t5.t, "aaaaaaaabbbaaaa").status, kOk);
}

// Every byte of a vocabulary damaged: refused or working.
void damage() {
    for (const char* model : {"llama", "gpt2", "bert", "t5"}) {
        GgufWriter w = with(model);
        if (strcmp(model, "t5") == 0) charsmap_pairs(&w, "AB", "ab");
        const GgufBytes whole = w.finish();
        uint32_t opened = 0;
        for (size_t at = 24; at < whole.size; at += 3) {
            GgufBytes b(whole);
            b.data[at] ^= static_cast<uint8_t>(1u << at % 8);
            TokenizerOpened o(b);
            if (o.status != kOk) continue;
            ++opened;
            CHECK_EQ(Encoded(o.t, "ab A\xe4\xb8\xad</s>aabbcc \n<0x-1>", kTokenizeBos | kTokenizeSpecial).status, kOk);
        }
        CHECK(opened > 0);
    }
}
}  // namespace

int main() {
    names();
    types();
    ids();
    odd_tokens();
    odd_merges();
    charsmaps();
    odd_scores();
    damage();
    return REPORT();
}
