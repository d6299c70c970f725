// SPDX-License-Identifier: MIT
// What the tokenizer's parts share; private to runtime/text.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "runtime/text/tokenizer.h"

namespace thimble {

// ---- Hash tables (vocabulary.cpp) -------------------------------------------------------------------------------------

uint64_t text_hash(const char* p, size_t n);
// Of two texts whose hashes are given.
inline uint64_t pair_hash(uint64_t left, uint64_t right) {
    const uint64_t h = (left ^ (right >> 31 | right << 33)) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 32;
}
// Slots for n entries, at two thirds full.
void hash_layout(Arena& arena, uint32_t n, HashTable* out);
// Where to look first, and the part of the hash that an entry keeps.
inline uint32_t hash_start(const HashTable& h, uint64_t hash) {
    return static_cast<uint32_t>((hash >> 32) * h.size >> 32);
}
inline uint32_t hash_tag(const HashTable& h, uint64_t hash) { return static_cast<uint32_t>(hash) << h.index_bits; }

// Walks the entries that may have this hash: equal(index) decides. Returns its index or -1; *free, where not nullptr,
// is the empty slot that ended the search.
template <class Equal>
int32_t hash_find(const HashTable& h, uint64_t hash, Equal&& equal, uint32_t* free = nullptr,
                  uint32_t* probes = nullptr) {
    const uint32_t mask = (1u << h.index_bits) - 1, tag = hash_tag(h, hash);
    uint32_t at = hash_start(h, hash), n = 0;
    for (; h.slot[at] != 0; ++n) {
        const uint32_t entry = h.slot[at];
        if ((entry & ~mask) == tag && equal((entry & mask) - 1)) return static_cast<int32_t>((entry & mask) - 1);
        if (++at == h.size) at = 0;
    }
    if (free) *free = at;
    if (probes) *probes = n;
    return -1;
}
// Fill the tables of the real run. A file made to collide is refused instead of being slow.
Status vocabulary_index(Tokenizer* t, Error* err);
Status merges_index(Tokenizer* t, Error* err);

inline int32_t find_text(const Tokenizer& t, const char* p, size_t n) {
    if (n == 0 || n > t.max_token) return -1;
    return hash_find(t.by_text, text_hash(p, n), [&](uint32_t i) { return t.tokens.at(i) == Str(p, n); });
}
// Whether a merge of the file, "left right", is this one.
inline bool is_merge(Str s, Str left, Str right) {
    return s.size == left.size + 1 + right.size && memcmp(s.data, left.data, left.size) == 0 &&
           s.data[left.size] == ' ' && memcmp(s.data + left.size + 1, right.data, right.size) == 0;
}
// Rank of the merge of two texts, -1: none.
inline int32_t find_merge(const Tokenizer& t, Str left, Str right) {
    if (left.size + right.size > t.max_merge) return -1;
    return hash_find(t.by_pair, pair_hash(text_hash(left.data, left.size), text_hash(right.data, right.size)),
                     [&](uint32_t i) { return is_merge(t.merges.at(i), left, right); });
}
inline float token_score(const Tokenizer& t, int32_t id) {
    if (!t.scores.data) return 0.0f;
    const uint32_t i = static_cast<uint32_t>(id);
    return t.scores.element == kGgufF32 ? gguf_at<float>(t.scores, i)
                                        : static_cast<float>(gguf_at<int32_t>(t.scores, i));
}

// ---- Encoding ---------------------------------------------------------------------------------------------------------

// Hands out the caller's scratch; nothing is given back but by restoring `used`.
struct Scratch {
    char* base;
    size_t size, used;
    template <class T>
    T* take(size_t n) {
        size_t at =
            (used + reinterpret_cast<uintptr_t>(base) % 16 + 15) / 16 * 16 - reinterpret_cast<uintptr_t>(base) % 16;
        if (at > size || n > (size - at) / sizeof(T)) return nullptr;
        used = at + n * sizeof(T);
        return reinterpret_cast<T*>(base + at);
    }
};

// Takes ids; counts those that do not fit.
struct IdSink {
    int32_t* ids;
    size_t capacity, n;
    void push(int32_t id) {
        if (n < capacity) ids[n] = id;
        ++n;
    }
};

// Ids of one run of plain text. False: scratch is too small.
bool spm_encode(const Tokenizer& t, Str text, bool space_prefix, Scratch scratch, IdSink& out);
bool bpe_encode(const Tokenizer& t, Str text, Scratch scratch, IdSink& out);
bool wpm_encode(const Tokenizer& t, Str text, Scratch scratch, IdSink& out);
bool ugm_encode(const Tokenizer& t, Str text, Scratch scratch, IdSink& out);

// The byte of a token spelt <0x0A>; false for anything else, <0x-1> among it.
bool token_byte(Str text, uint8_t* byte);

// A token found in the text as it stands: `text[from, to)` is taken by it, white space that it strips included.
struct SpecialMatch {
    uint32_t from, to;
    int32_t id;
};
// Finds special tokens: longest first over the whole text, then from left to right. Allocates *out in the scratch, in
// the order of the text. False: scratch is too small.
bool special_partition(const Tokenizer& t, Str text, bool control, Scratch& scratch, SpecialMatch** out, size_t* n);
// Fills t->special (sorted) from the attributes; `capacity` entries were laid out.
void special_index(Tokenizer* t, uint32_t capacity);
// Bytes that p[0, n) shares with the beginning of some user-defined token; UGM only.
size_t special_user_prefix(const Tokenizer& t, const char* p, size_t n);
// Bytes of special tokens looked for in texts; longer ones are not.
constexpr uint32_t kMaxSpecialBytes = 512;
// Bytes of tokens that WPM and UGM try at each place of a text; longer ones are not found.
constexpr uint32_t kMaxTried = 256;

// Byte <-> printable code point of GPT-2's byte alphabet.
uint32_t byte_to_alphabet(uint8_t byte);
int32_t alphabet_to_byte(uint32_t code);  // -1: not of the alphabet

// ---- Metadata (metadata.cpp) ------------------------------------------------------------------------------------------

Status tokenizer_metadata(const Gguf& g, Tokenizer* t, Error* err);     // before the tables: kind, flags
Status charsmap_metadata(const Gguf& g, Tokenizer* t, Error* err);      // UGM's normaliser
Status tokenizer_special_ids(const Gguf& g, Tokenizer* t, Error* err);  // after attributes and by_text exist (not dry)

}  // namespace thimble
