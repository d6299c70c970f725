// SPDX-License-Identifier: MIT
// Building a tokenizer: the layout in the arena, the same in the dry and the real run, and the tables' contents.
#include "runtime/text/tokenizer.h"

#include "runtime/text/internal.h"
#include "runtime/text/utf8.h"

namespace thimble {

namespace {
// Types of tokens as GGUF numbers them.
enum GgufTokenType { kTypeNormal = 1, kTypeUnknown, kTypeControl, kTypeUser, kTypeUnused, kTypeByte };

uint8_t attribute_of(int32_t type) {
    switch (type) {
        case kTypeNormal: return kTokenNormal;
        case kTypeUnknown: return kTokenUnknown;
        case kTypeControl: return kTokenControl;
        case kTypeUser: return kTokenUser;
        case kTypeUnused: return kTokenUnused;
        case kTypeByte: return kTokenByte;
        default: return 0;
    }
}

// An optional array with an item for each token; data == nullptr when absent.
Status per_token(const Gguf& g, Str key, uint32_t n, uint32_t type_a, uint32_t type_b, GgufValue* out, Error* err) {
    if (!gguf_find(g, key, out)) return kOk;
    if (out->type != kGgufArray || (out->element != type_a && out->element != type_b))
        return fail(err, kFormat, key, ": an array of ", gguf_type_name(type_a), " or ", gguf_type_name(type_b),
                    " is expected, found ", out->type == kGgufArray ? "an array of " : "",
                    gguf_type_name(out->element));
    if (out->count < n) return fail(err, kFormat, key, ": has ", out->count, " items for ", n, " tokens");
    return kOk;
}

// How many tokens may turn out special: by type, and those that are found by their texts.
uint32_t count_special(const GgufValue& types, uint32_t n_vocab) {
    constexpr uint32_t kByText = 128;
    uint64_t n = kByText;
    for (uint32_t i = 0; types.data && i < n_vocab; ++i)
        n += (attribute_of(gguf_at<int32_t>(types, i)) & (kTokenControl | kTokenUser | kTokenUnknown)) != 0;
    return static_cast<uint32_t>(n < n_vocab ? n : n_vocab);
}

// Tokens of single bytes: <0x00> to <0xFF>, or their spelling in the byte alphabet.
void index_bytes(Tokenizer* t) {
    const char* hex = "0123456789ABCDEF";
    for (uint32_t b = 0; b < 256; ++b) {
        char text[8] = {'<', '0', 'x', hex[b >> 4], hex[b & 15], '>'};
        size_t size = 6;
        if (t->byte_alphabet) size = utf8_encode(byte_to_alphabet(static_cast<uint8_t>(b)), text);
        t->byte_id[b] = find_text(*t, text, size);
        if (t->byte_id[b] >= 0 || t->kind != kTokenizerSpm) continue;
        text[0] = static_cast<char>(b);
        t->byte_id[b] = find_text(*t, text, 1);
    }
}

// UGM: a code point that no token covers costs more than the worst token.
void find_unknown_score(Tokenizer* t) {
    constexpr float kPenalty = 10.0f;
    float least = 3.4028234663852886e38f;
    for (uint32_t i = 0; i < t->n_vocab; ++i)
        if (t->attribute[i] & kTokenNormal) {
            const float score = token_score(*t, static_cast<int32_t>(i));
            if (score < least) least = score;
        }
    t->unknown_score = least - kPenalty;
}
}  // namespace

bool token_byte(Str text, uint8_t* byte) {
    if (text.size != 6 || memcmp(text.data, "<0x", 3) != 0 || text.data[5] != '>') return false;
    uint32_t value = 0;
    for (uint32_t i = 3; i < 5; ++i) {
        const char c = text.data[i];
        const bool digit = c >= '0' && c <= '9', upper = c >= 'A' && c <= 'F', lower = c >= 'a' && c <= 'f';
        if (!digit && !upper && !lower) return false;
        value = value * 16 + static_cast<uint32_t>(digit ? c - '0' : upper ? c - 'A' + 10 : c - 'a' + 10);
    }
    *byte = static_cast<uint8_t>(value);
    return true;
}

Status tokenizer_build(const Gguf& g, Arena& arena, Tokenizer* out, Error* err) {
    Tokenizer& t = *out;
    t = Tokenizer();
    Status s = tokenizer_metadata(g, &t, err);
    if (s != kOk) return s;
    s = gguf_strings(g, "tokenizer.ggml.tokens", kGgufRequired, arena, &t.tokens, err);
    if (s != kOk) return s;
    t.n_vocab = t.tokens.count;
    constexpr uint32_t kMaxTokens = 1u << 28;
    if (t.n_vocab == 0 || t.n_vocab > kMaxTokens)
        return fail(err, kFormat, "tokenizer.ggml.tokens: ", t.n_vocab, " tokens; 1 to ", kMaxTokens, " are expected");

    GgufValue types;
    s = per_token(g, "tokenizer.ggml.scores", t.n_vocab, kGgufF32, kGgufI32, &t.scores, err);
    if (s == kOk) s = per_token(g, "tokenizer.ggml.token_type", t.n_vocab, kGgufI32, kGgufU32, &types, err);
    if (s == kOk && t.kind == kTokenizerBpe)
        s = gguf_strings(g, "tokenizer.ggml.merges", kGgufRequired, arena, &t.merges, err);
    if (s != kOk) return s;
    if (t.merges.count > kMaxTokens)
        return fail(err, kFormat, "tokenizer.ggml.merges: ", t.merges.count, " merges; at most ", kMaxTokens,
                    " are expected");

    const uint32_t special = count_special(types, t.n_vocab);
    t.attribute = arena.array<uint8_t>(t.n_vocab);
    hash_layout(arena, t.n_vocab, &t.by_text);
    hash_layout(arena, t.merges.count, &t.by_pair);
    t.special = arena.array<int32_t>(special);
    if (t.kind == kTokenizerUgm) t.users_before = arena.array<uint32_t>(uint64_t{special} + 1);
    if (arena.dry()) return kOk;
    if (arena.overflowed()) return fail(err, kMemory, "the tokenizer does not fit the buffer");

    s = vocabulary_index(&t, err);
    if (s == kOk) s = merges_index(&t, err);
    if (s != kOk) return s;
    for (uint32_t i = 0; i < t.n_vocab; ++i)
        t.attribute[i] = attribute_of(types.data ? gguf_at<int32_t>(types, i) : kTypeNormal);
    index_bytes(&t);
    s = tokenizer_special_ids(g, &t, err);
    if (s != kOk) return s;
    special_index(&t, special);
    if (t.kind == kTokenizerUgm) find_unknown_score(&t);
    return kOk;
}

}  // namespace thimble
