// SPDX-License-Identifier: MIT
// Hash tables over the vocabulary: text -> id and (left, right) -> merge.
#include "runtime/text/internal.h"

namespace thimble {

namespace {
constexpr uint64_t kMultiplier = 0x9fb21c651e98df25u;
constexpr uint32_t kMaxProbes = 4096;   // random data stays below a hundred

uint64_t mix(uint64_t h, uint64_t word) {
    h = (h ^ word) * kMultiplier;
    return h ^ h >> 32;
}

// The hash of text_hash over bytes that come in parts.
struct PartHash {
    uint64_t h, word = 0;
    uint32_t filled = 0;
    explicit PartHash(size_t total) : h(total * kMultiplier) {}
    void add(const char* p, size_t n) {
        for (size_t i = 0; i < n; ++i) {
            word |= static_cast<uint64_t>(static_cast<uint8_t>(p[i])) << 8 * filled;
            if (++filled < 8) continue;
            h = mix(h, word);
            word = 0;
            filled = 0;
        }
    }
    uint64_t done() const { return mix(filled ? mix(h, word) : h, 0); }
};

bool insert(HashTable* h, uint64_t hash, uint32_t index, uint32_t free, uint32_t probes) {
    if (probes > kMaxProbes) return false;
    h->slot[free] = hash_tag(*h, hash) | (index + 1);
    return true;
}
}  // namespace

uint64_t text_hash(const char* p, size_t n) {
    uint64_t h = n * kMultiplier, word;
    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&word, p, 8);
        h = mix(h, word);
    }
    if (n != 0) {
        word = 0;
        memcpy(&word, p, n);
        h = mix(h, word);
    }
    return mix(h, 0);
}

void hash_layout(Arena& arena, uint32_t n, HashTable* out) {
    const uint64_t size = uint64_t{n} + n / 2 + 1;
    uint32_t bits = 1;
    while (uint64_t{1} << bits <= n) ++bits;   // n itself, index + 1 of the last, fits
    out->size = static_cast<uint32_t>(size);
    out->index_bits = bits;
    out->slot = arena.array<uint32_t>(size);
}

Status vocabulary_index(Tokenizer* t, Error* err) {
    memset(t->by_text.slot, 0, sizeof(uint32_t) * t->by_text.size);
    for (uint32_t i = 0; i < t->n_vocab; ++i) {
        const Str s = t->tokens.at(i);
        if (s.size > t->max_token) t->max_token = static_cast<uint32_t>(s.size);
        if (s.size == 0) continue;
        const uint64_t hash = text_hash(s.data, s.size);
        uint32_t free = 0, probes = 0;
        // Of tokens with one text the first counts.
        if (hash_find(t->by_text, hash, [&](uint32_t k) { return t->tokens.at(k) == s; }, &free, &probes) >= 0) continue;
        if (!insert(&t->by_text, hash, i, free, probes))
            return fail(err, kFormat, "tokenizer.ggml.tokens: the texts near token ", i, " are made to collide in a hash table");
    }
    return kOk;
}

Status merges_index(Tokenizer* t, const GgufValue& merges, Error* err) {
    memset(t->by_pair.slot, 0, sizeof(uint32_t) * t->by_pair.size);
    const uint8_t* p = merges.data;
    int32_t guess = 0;   // merges mostly stand in the order of the tokens they make
    for (uint32_t rank = 0; rank < t->n_merges; ++rank) {
        const Str s(reinterpret_cast<const char*>(p + 8), static_cast<size_t>(gguf_load<uint64_t>(p)));
        p += 8 + s.size;
        Merge& m = t->merge[rank];
        m = {-1, -1, -1};
        // "left right"; a space may be the first byte of left.
        const char* space = s.size < 2 ? nullptr : static_cast<const char*>(memchr(s.data + 1, ' ', s.size - 1));
        if (!space) continue;
        const size_t left = static_cast<size_t>(space - s.data), right = s.size - left - 1;
        // A merge that names no tokens can never be reached from tokens: it is passed over.
        m.left = find_text(*t, s.data, left);
        m.right = find_text(*t, space + 1, right);
        if (m.left < 0 || m.right < 0) continue;
        const auto is_joined = [&](uint32_t id) {
            const Str text = t->tokens.at(id);
            return text.size == left + right && memcmp(text.data, s.data, left) == 0 &&
                   memcmp(text.data + left, space + 1, right) == 0;
        };
        PartHash joined(left + right);
        if (static_cast<uint32_t>(guess) < t->n_vocab && is_joined(static_cast<uint32_t>(guess))) {
            m.merged = guess;
        } else {
            joined.add(s.data, left);
            joined.add(space + 1, right);
            m.merged = hash_find(t->by_text, joined.done(), is_joined);
        }
        if (m.merged < 0) continue;
        guess = m.merged + 1;
        const uint64_t hash = pair_hash(m.left, m.right);
        uint32_t free = 0, probes = 0;
        const auto same = [&](uint32_t i) { return t->merge[i].left == m.left && t->merge[i].right == m.right; };
        if (hash_find(t->by_pair, hash, same, &free, &probes) >= 0) continue;   // the first of equal merges counts
        if (!insert(&t->by_pair, hash, rank, free, probes))
            return fail(err, kFormat, "tokenizer.ggml.merges: the merges near ", rank, " are made to collide in a hash table");
    }
    return kOk;
}

uint32_t byte_to_alphabet(uint8_t byte) {
    if (byte <= 0x20) return 0x100u + byte;
    if (byte <= 0x7e) return byte;
    if (byte <= 0xa0) return 0x121u + (byte - 0x7fu);
    return byte == 0xad ? 0x143u : byte;
}

int32_t alphabet_to_byte(uint32_t code) {
    if (code < 0x100) return (code > 0x20 && code < 0x7f) || (code > 0xa0 && code != 0xad) ? static_cast<int32_t>(code) : -1;
    if (code <= 0x120) return static_cast<int32_t>(code - 0x100);
    if (code <= 0x142) return static_cast<int32_t>(code - 0x121 + 0x7f);
    return code == 0x143 ? 0xad : -1;
}

}  // namespace thimble
