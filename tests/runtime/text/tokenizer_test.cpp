// SPDX-License-Identifier: MIT
// Tokenizers over small vocabularies: ids written out by hand, a naive quadratic merge as the oracle of SPM and BPE,
// special tokens, pieces, limits, and linear work on a megabyte of one character.
#include "runtime/text/tokenizer.h"

#include <initializer_list>

#include "runtime/text/internal.h"
#include "runtime/text/merging.h"
#include "tests/check.h"
#include "tests/support/tokenizer_opened.h"

using namespace thimble;

namespace {
int32_t id_of(const Tokenizer& t, const char* text) { return tokenizer_find(t, Str(text)); }

// Merges by looking at every pair again and again. `best` gives the key of joining two texts, or kNoPair.
template <class Key>
size_t naive_merge(const char* text, uint32_t* start, size_t n, Key key) {
    for (;;) {
        uint32_t best = kNoPair;
        size_t at = 0;
        for (size_t i = 0; i + 1 < n; ++i) {
            const uint32_t k = key(text + start[i], start[i + 1] - start[i], start[i + 2] - start[i + 1]);
            if (k < best) {
                best = k;
                at = i;
            }
        }
        if (best == kNoPair) return n;
        for (size_t i = at + 1; i < n; ++i) start[i] = start[i + 1];
        --n;
    }
}

struct Random {
    uint64_t s;
    uint32_t below(uint32_t n) {
        s = s * 6364136223846793005u + 1442695040888963407u;
        return static_cast<uint32_t>((s >> 33) % n);
    }
};

void spm() {
    GgufWriter w;
    vocab_write(&w, "llama");
    TokenizerOpened o(w);
    const Tokenizer& t = o.t;
    if (!CHECK_EQ(o.status, kOk)) return;
    CHECK_EQ(o.used, o.counted);
    CHECK(t.add_bos && !t.add_eos && t.add_space_prefix);
    const int32_t a = id_of(t, "a"), under = id_of(t, "\u2581");
    CHECK(Encoded(t, "").n == 0);
    CHECK(Encoded(t, "", kTokenizeBos).is({1}));
    CHECK(Encoded(t, "a", kTokenizeBos).is({1, id_of(t, "\u2581a")}));
    CHECK(Encoded(t, "abc").is({id_of(t, "\u2581a"), id_of(t, "bc")}));  // by score: the space and a, then b and c
    CHECK(Encoded(t, "Q\xff").is({under, 3 + 'Q', 3 + 0xff}));           // byte tokens
    CHECK(Encoded(t, "\u4e2d").is({under, 3 + 0xe4, 3 + 0xb8, 3 + 0xad}));
    CHECK(Encoded(t, "\u00e9").is({under, id_of(t, "\u00e9")}));
    CHECK(Encoded(t, " a").is({id_of(t, "\u2581\u2581"), a}) || Encoded(t, " a").is({under, id_of(t, "\u2581a")}));
    // Special tokens: plain text unless asked for; user-defined ones always. After one, text gets its space again.
    CHECK(Encoded(t, "</s>", kTokenizeSpecial).is({2}));
    CHECK(Encoded(t, "</s>").n == 5);
    CHECK(Encoded(t, "a[user]a").is({id_of(t, "\u2581a"), id_of(t, "[user]"), id_of(t, "\u2581a")}));
    CHECK(tokenizer_is_end(t, 2) && tokenizer_is_end(t, id_of(t, "<|im_end|>")) && !tokenizer_is_end(t, 1) &&
          !tokenizer_is_end(t, -1));

    char piece[16];
    CHECK_EQ(tokenizer_piece(t, id_of(t, "\u2581ab"), false, piece, sizeof piece), 3u);
    CHECK(memcmp(piece, " ab", 3) == 0);
    CHECK_EQ(tokenizer_piece(t, 3 + 0xc3, false, piece, sizeof piece), 1u);
    CHECK_EQ(static_cast<uint8_t>(piece[0]), 0xc3);
    CHECK_EQ(tokenizer_piece(t, 2, false, piece, sizeof piece), 0u);
    CHECK_EQ(tokenizer_piece(t, 2, true, piece, 2), 4u);  // the full size; only two bytes are written
    CHECK_EQ(tokenizer_piece(t, -1, true, piece, sizeof piece), 0u);
    CHECK_EQ(tokenizer_piece(t, static_cast<int32_t>(t.n_vocab), true, piece, sizeof piece), 0u);

    // Whole texts come back as they were, without the space that was put before them.
    for (const char* text : {"abc Qa", " a", "  ", "   a", "a\u4e2d", "</s>a"}) {
        const Encoded e(t, text, kTokenizeBos);
        char back[32];
        CHECK_EQ(tokenizer_decode(t, e.ids, e.n, false, back, sizeof back), strlen(text));
        CHECK(memcmp(back, text, strlen(text)) == 0);
        memset(back, 'x', sizeof back);
        CHECK_EQ(tokenizer_decode(t, e.ids, e.n, false, back, 1), strlen(text));
        CHECK(back[0] == text[0] && back[1] == 'x');
    }

    Random r{1};
    for (uint32_t round = 0; round < 2000; ++round) {
        char text[80];
        const uint32_t n = r.below(70) + 1;
        for (uint32_t i = 0; i < n; ++i) text[i] = "aaabbc"[r.below(6)];
        const Encoded got(t, text, n, 0);
        char escaped[84] = "\xe2\x96\x81";
        memcpy(escaped + 3, text, n);
        uint32_t start[80] = {0};
        for (uint32_t i = 1; i <= n + 1; ++i) start[i] = i + 2;
        const size_t count = naive_merge(escaped, start, n + 1, [&](const char* p, uint32_t left, uint32_t right) {
            const int32_t id = tokenizer_find(t, Str(p, left + right));
            return id < 0 ? kNoPair : static_cast<uint32_t>(-token_score(t, id));
        });
        bool same = got.n == count;
        for (size_t i = 0; i < count && same; ++i)
            same = got.ids[i] == tokenizer_find(t, Str(escaped + start[i], start[i + 1] - start[i]));
        CHECK(same);
    }
}

void bpe() {
    GgufWriter w;
    vocab_write(&w, "gpt2", "gpt-2");
    TokenizerOpened o(w);
    const Tokenizer& t = o.t;
    if (!CHECK_EQ(o.status, kOk)) return;
    CHECK_EQ(o.used, o.counted);
    CHECK(!t.add_space_prefix && t.byte_alphabet);
    CHECK(Encoded(t, "abc ab").is({id_of(t, "abc"), id_of(t, "\u0120ab")}));
    CHECK(Encoded(t, "bca").is({id_of(t, "bc"), 'a'}));  // the lower rank first
    CHECK(Encoded(t, "\u00e9").is({id_of(t, "\u00c3\u00a9")}));
    CHECK(Encoded(t, "\xff").is({0xef, 0xbf, 0xbd}));  // U+FFFD
    // Longest first over the text, not leftmost: "b><cc" goes before "<ab>", so that "<a" is what remains of it.
    CHECK(Encoded(t, "<ab><cc").is({id_of(t, "<a"), id_of(t, "b><cc")}));
    CHECK(Encoded(t, "<ab>").is({id_of(t, "<ab>")}));
    CHECK(Encoded(t, "<|endoftext|>", kTokenizeSpecial | kTokenizeBos).is({267}));
    char piece[8];
    CHECK_EQ(tokenizer_piece(t, id_of(t, "\u0120ab"), false, piece, sizeof piece), 3u);
    CHECK(memcmp(piece, " ab", 3) == 0);

    // Room and scratch that are too small are said so, with the count that is needed.
    const size_t room = tokenizer_scratch(t, 6);
    char* scratch = static_cast<char*>(malloc(room));
    int32_t ids[2];
    size_t n = 0;
    Error err{};
    CHECK_EQ(tokenizer_encode(t, Str("abcabc"), 0, scratch, room, ids, 1, &n, &err), kOutput);
    CHECK_EQ(n, 2u);
    CHECK_EQ(tokenizer_encode(t, Str("abcabc"), 0, scratch, room, ids, 2, &n, &err), kOk);
    CHECK_EQ(tokenizer_encode(t, Str("abcabc"), 0, scratch, 16, ids, 2, &n, &err), kMemory);
    free(scratch);

    Random r{2};
    for (uint32_t round = 0; round < 2000; ++round) {
        char text[80];
        const uint32_t size = r.below(70) + 1;
        for (uint32_t i = 0; i < size; ++i) text[i] = "aaabbc"[r.below(6)];
        const Encoded got(t, text, size, 0);
        uint32_t start[80];
        for (uint32_t i = 0; i <= size; ++i) start[i] = i;
        const size_t count = naive_merge(text, start, size, [&](const char* p, uint32_t left, uint32_t right) {
            for (uint32_t i = 0; i < t.merges.count; ++i)
                if (is_merge(t.merges.at(i), Str(p, left), Str(p + left, right))) return i;
            return kNoPair;
        });
        bool same = got.n == count;
        for (size_t i = 0; i < count && same; ++i)
            same = got.ids[i] == tokenizer_find(t, Str(text + start[i], start[i + 1] - start[i]));
        CHECK(same);
    }
}

void wpm() {
    GgufWriter w;
    vocab_write(&w, "bert");
    TokenizerOpened o(w);
    const Tokenizer& t = o.t;
    if (!CHECK_EQ(o.status, kOk)) return;
    CHECK(Encoded(t, "Unaffable, the\u4e2d", kTokenizeBos).is({2, 4, 5, 6, 8, 7, 9, 3}));
    CHECK(Encoded(t, "xyz ab \u00c0").is({1, 10, 11, 10}));  // unknown word; accents go
    CHECK(Encoded(t, "[SEP]", kTokenizeSpecial).is({3}));
}

void ugm() {
    GgufWriter w;
    vocab_write(&w, "t5");
    w.boolean("tokenizer.ggml.add_space_prefix", 1).boolean("tokenizer.ggml.remove_extra_whitespaces", 1);
    charsmap_pairs(&w, "AB\t", "ab ");
    TokenizerOpened o(w);
    const Tokenizer& t = o.t;
    if (!CHECK_EQ(o.status, kOk)) return;
    CHECK(t.add_eos && !t.add_bos);
    // -5.5 - 5 for "_a" "b" against -3 - 6 for "_" "ab" against -12: the middle one.
    CHECK(Encoded(t, "ab", kTokenizeBos).is({3, 6, 1}));
    CHECK(Encoded(t, "  AB\t\tB").is({3, 6, 3, 5}));    // mapped, spaces merged
    CHECK(Encoded(t, "a\u4e2d\u6587b").is({7, 2, 5}));  // unknowns in a row are one
    CHECK(Encoded(t, "userx").is({10, 3, 11}));
    CHECK(Encoded(t,
                  "\xff"
                  "a")
              .is({3, 2, 4}));
}

// phi-3 files: a special token takes the white space behind it.
void strips() {
    GgufWriter w;
    w.str("general.name", "Phi3 mini");
    vocab_write(&w, "llama");
    TokenizerOpened o(w);
    const int32_t end = id_of(o.t, "<|im_end|>"), a = id_of(o.t, "\u2581a");
    CHECK(Encoded(o.t, "<|im_end|> \n a", kTokenizeSpecial).is({end, a}));
    CHECK(Encoded(o.t, "<|im_end|>\n</s>\n", kTokenizeSpecial).is({end, 2}));
    CHECK(Encoded(o.t, "<s> a", kTokenizeSpecial).n == 3);
}

// A megabyte of one character in every kind, and the number of pairs that merging asks for.
void linear() {
    constexpr uint32_t kBig = 1 << 20;
    char* text = static_cast<char*>(malloc(kBig));
    for (const char* model : {"llama", "gpt2", "bert", "t5"}) {
        GgufWriter w;
        vocab_write(&w, model, strcmp(model, "gpt2") == 0 ? "llama-bpe" : nullptr);
        TokenizerOpened o(w);
        // One character, and special tokens side by side: the scratch that is promised suffices.
        for (const char* unit : {"a", " ", "<", "\xff", "<a", "\t", "\xe4\xb8\xad"}) {
            const size_t length = strlen(unit);
            for (size_t i = 0; i < kBig; ++i) text[i] = unit[i % length];
            const Encoded e(o.t, text, kBig, kTokenizeSpecial);
            CHECK_EQ(e.status, kOk);
        }
    }
    struct Counting {
        uint32_t limit;
        mutable uint64_t asked;
        uint32_t pair(uint32_t left, uint32_t, uint32_t after) const {
            ++asked;
            return after - left <= limit ? after - left : kNoPair;
        }
    };
    for (const uint32_t limit : {2u, 16u, kBig}) {
        const size_t room = MergeQueue::bytes(kBig) + 64;
        Scratch scratch{static_cast<char*>(malloc(room)), room, 0};
        MergeQueue q;
        CHECK(q.init(scratch, kBig));
        const Counting rule{limit, 0};
        merge_all(q, kBig, rule);
        CHECK(rule.asked <= 3 * uint64_t{kBig});
        uint32_t left = 0;
        for (uint32_t i = 0; i < kBig; i = q.next(i)) ++left;
        CHECK_EQ(left, kBig / (limit < kBig ? limit : kBig));
        free(scratch.base);
    }
    free(text);
}
}  // namespace

int main() {
    spm();
    bpe();
    wpm();
    ugm();
    strips();
    linear();
    return REPORT();
}
