// SPDX-License-Identifier: MIT
// Small vocabularies made in memory, and a tokenizer opened over them the way the model does: dry, then for real.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runtime/text/tokenizer.h"
#include "tests/support/gguf_opened.h"
#include "tests/support/gguf_writer.h"

// Token types as GGUF numbers them.
enum { kVocabNormal = 1, kVocabUnknown = 2, kVocabControl = 3, kVocabUser = 4, kVocabUnused = 5, kVocabByte = 6 };

// Lists that become tokenizer.ggml.tokens, scores, token_type and merges.
struct VocabWriter {
    ByteBuffer texts, scores, types, merges;
    uint64_t n = 0, n_merges = 0;

    VocabWriter& token(const char* text, float score = 0, int32_t type = kVocabNormal) {
        texts.str(text);
        scores.put<float>(score);
        types.put<int32_t>(type);
        ++n;
        return *this;
    }
    VocabWriter& merge(const char* pair) {
        merges.str(pair);
        ++n_merges;
        return *this;
    }
    void write(GgufWriter* w, const char* model, const char* pre, bool with_scores = true) const {
        w->str("tokenizer.ggml.model", model);
        if (pre) w->str("tokenizer.ggml.pre", pre);
        w->array("tokenizer.ggml.tokens", 8, n);
        w->kv.bytes(texts.data, texts.size);
        if (with_scores) {
            w->array("tokenizer.ggml.scores", 6, n);
            w->kv.bytes(scores.data, scores.size);
        }
        w->array("tokenizer.ggml.token_type", 5, n);
        w->kv.bytes(types.data, types.size);
        if (n_merges) {
            w->array("tokenizer.ggml.merges", 8, n_merges);
            w->kv.bytes(merges.data, merges.size);
        }
    }
};

// llama: 0 <unk>, 1 <s>, 2 </s>, 3 to 258 bytes, then words. "Q" has no token of its own.
inline void vocab_spm(VocabWriter* v) {
    v->token("<unk>", 0, kVocabUnknown).token("<s>", 0, kVocabControl).token("</s>", 0, kVocabControl);
    for (uint32_t b = 0; b < 256; ++b) {
        char text[8];
        snprintf(text, sizeof text, "<0x%02X>", b);
        v->token(text, 0, kVocabByte);
    }
    const char* words[] = {"\u2581",  "a",        "b",  "c",    "ab", "bc",           "abc",
                           "\u2581a", "\u2581ab", "aa", "aaaa", "ca", "\u2581\u2581", "\u00e9"};
    const float scores[] = {-1, -2, -3, -4, -9, -8, -12, -7, -11, -6, -5, -8, -10, -13};
    for (size_t i = 0; i < sizeof scores / sizeof scores[0]; ++i) v->token(words[i], scores[i]);
    v->token("[user]", 0, kVocabUser).token("<|im_end|>", 0, kVocabControl);
}

// gpt2: 0 to 255 the byte alphabet in order of the bytes, then what the merges make.
inline void vocab_bpe(VocabWriter* v) {
    uint32_t extra = 0;
    for (uint32_t b = 0; b < 256; ++b) {
        const bool shown = (b > 0x20 && b < 0x7f) || (b > 0xa0 && b != 0xad);
        const uint32_t code = shown ? b : 256 + extra++;
        char text[4] = {};
        if (code < 0x80) {
            text[0] = static_cast<char>(code);
        } else {
            text[0] = static_cast<char>(0xc0 | code >> 6);
            text[1] = static_cast<char>(0x80 | (code & 0x3f));
        }
        v->token(text);
    }
    const char* merges[][2] = {{"a b", "ab"},
                               {"b c", "bc"},
                               {"ab c", "abc"},
                               {"a a", "aa"},
                               {"aa aa", "aaaa"},
                               {"\u0120 a", "\u0120a"},
                               {"\u0120 ab", "\u0120ab"},
                               {"c a", "ca"},
                               {"\u010a \u010a", "\u010a\u010a"},
                               {"\u00c3 \u00a9", "\u00c3\u00a9"},
                               {"\u0120 \u0120", "\u0120\u0120"}};
    for (const auto& m : merges) v->merge(m[0]).token(m[1]);
    v->token("<|endoftext|>", 0, kVocabControl)
        .token("<a", 0, kVocabUser)
        .token("<ab>", 0, kVocabUser)
        .token("b><cc", 0, kVocabUser);
}

inline void vocab_wpm(VocabWriter* v) {
    const char* texts[] = {"[PAD]", "[UNK]",     "[CLS]",   "[SEP]",        "\u2581un", "aff",
                           "able",  "\u2581the", "\u2581,", "\u2581\u4e2d", "\u2581a",  "b"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; ++i)
        v->token(texts[i], 0, i < 4 ? kVocabControl : kVocabNormal);
}

inline void vocab_ugm(VocabWriter* v) {
    v->token("<pad>", 0, kVocabControl).token("</s>", 0, kVocabControl).token("<unk>", 0, kVocabUnknown);
    v->token("\u2581", -3).token("a", -4).token("b", -5).token("ab", -6).token("\u2581a", -5.5f).token("bb", -6.5f);
    v->token("\u2581ab", -12).token("user", 0, kVocabUser).token("x", -7, kVocabUnused);
}

// A character map that turns each byte of `from` into the one of `to`; built as precompiled_charsmap is laid out.
inline void charsmap_pairs(GgufWriter* w, const char* from, const char* to) {
    uint32_t unit[1280] = {};
    ByteBuffer texts;
    unit[0] = 256u << 10;  // root: children at 256 ^ c
    for (size_t i = 0; from[i]; ++i) {
        const uint32_t c = static_cast<uint8_t>(from[i]);
        unit[256 ^ c] = 512u << 10 | 1u << 8 | c;  // a leaf: its value at (256 ^ c) ^ 512
        unit[(256 ^ c) ^ 512] = 1u << 31 | static_cast<uint32_t>(texts.size);
        texts.bytes(to + i, 1);
        texts.put<char>(0);
    }
    w->array("tokenizer.ggml.precompiled_charsmap", 0, 4 + sizeof unit + texts.size);
    w->kv.put<uint32_t>(sizeof unit);
    w->kv.bytes(unit, sizeof unit);
    w->kv.bytes(texts.data, texts.size);
}

// A writer with one of the vocabularies above and what its model needs.
inline void vocab_write(GgufWriter* w, const char* model, const char* pre = nullptr) {
    VocabWriter v;
    w->str("general.architecture", "llama");
    if (strcmp(model, "llama") == 0) vocab_spm(&v);
    if (strcmp(model, "gpt2") == 0) vocab_bpe(&v);
    if (strcmp(model, "bert") == 0) vocab_wpm(&v);
    if (strcmp(model, "t5") == 0) vocab_ugm(&v);
    v.write(w, model, pre);
    if (strcmp(model, "bert") == 0)
        w->u32("tokenizer.ggml.bos_token_id", 2)
            .u32("tokenizer.ggml.unknown_token_id", 1)
            .u32("tokenizer.ggml.seperator_token_id", 3);
    if (strcmp(model, "gpt2") == 0) w->u32("tokenizer.ggml.eos_token_id", 267).u32("tokenizer.ggml.bos_token_id", 267);
}

struct TokenizerOpened {
    GgufBytes bytes;
    GgufOpened file;
    thimble::Tokenizer t;
    thimble::Status status = thimble::kOk;
    thimble::Error err = {};
    uint64_t counted = 0, used = 0;
    void* buffer = nullptr;

    explicit TokenizerOpened(const GgufWriter& w) : TokenizerOpened(w.finish()) {}
    explicit TokenizerOpened(const GgufBytes& b) : bytes(b), file(bytes) {
        if (file.status != thimble::kOk) {
            status = file.status;
            return;
        }
        thimble::Arena dry;
        status = thimble::tokenizer_build(file.g, dry, &t, &err);
        if (status != thimble::kOk) return;
        counted = dry.needed();
        buffer = malloc(static_cast<size_t>(counted));
        if (!buffer) abort();
        memset(buffer, 0xa5, static_cast<size_t>(counted));
        thimble::Arena arena(buffer, static_cast<size_t>(counted));
        status = thimble::tokenizer_build(file.g, arena, &t, &err);
        used = arena.needed();
    }
    TokenizerOpened(const TokenizerOpened&) = delete;
    TokenizerOpened& operator=(const TokenizerOpened&) = delete;
    ~TokenizerOpened() { free(buffer); }
};

// Ids of a text, in exactly the scratch and the room that are promised to suffice.
struct Encoded {
    int32_t* ids = nullptr;
    size_t n = 0;
    thimble::Status status;
    thimble::Error err = {};

    Encoded(const thimble::Tokenizer& t, const char* text, size_t size, uint32_t flags) {
        const size_t room = thimble::tokenizer_scratch(t, size), capacity = 4 * size + 8;
        void* scratch = malloc(room);
        ids = static_cast<int32_t*>(malloc(capacity * sizeof(int32_t)));
        if (!scratch || !ids) abort();
        status = thimble::tokenizer_encode(t, thimble::Str(text, size), flags, scratch, room, ids, capacity, &n, &err);
        free(scratch);
    }
    Encoded(const thimble::Tokenizer& t, const char* text, uint32_t flags = 0)
        : Encoded(t, text, strlen(text), flags) {}
    Encoded(const Encoded&) = delete;
    Encoded& operator=(const Encoded&) = delete;
    ~Encoded() { free(ids); }
    template <size_t N>
    bool is(const int32_t (&expected)[N]) const {
        return status == thimble::kOk && n == N && memcmp(ids, expected, sizeof expected) == 0;
    }
};
