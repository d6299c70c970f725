// SPDX-License-Identifier: MIT
// Hash tables over the vocabulary: text -> id and (left, right) -> merge.
#include "runtime/text/internal.h"

namespace thimble {

namespace {
constexpr uint64_t kMultiplier = 0x9fb21c651e98df25u;
constexpr uint32_t kMaxProbes = 1024;  // random data stays below a hundred

uint64_t mix(uint64_t h, uint64_t word) {
    h = (h ^ word) * kMultiplier;
    return h ^ h >> 32;
}

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
    if (n >= 4) {  // the ends overlap; the length is in the hash
        uint32_t low, high;
        memcpy(&low, p, 4);
        memcpy(&high, p + n - 4, 4);
        h = mix(h, low | static_cast<uint64_t>(high) << 32);
    } else if (n > 0) {
        const uint8_t* b = reinterpret_cast<const uint8_t*>(p);
        h = mix(h, b[0] | static_cast<uint32_t>(b[n / 2]) << 8 | static_cast<uint32_t>(b[n - 1]) << 16);
    }
    return mix(h, 0);
}

void hash_layout(Arena& arena, uint32_t n, HashTable* out) {
    const uint64_t size = uint64_t{n} + n / 2 + 1;
    uint32_t bits = 1;
    while (uint64_t{1} << bits <= n) ++bits;  // n itself, index + 1 of the last, fits
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
        if (hash_find(
                t->by_text, hash, [&](uint32_t k) { return t->tokens.at(k) == s; }, &free, &probes) >= 0)
            continue;
        if (!insert(&t->by_text, hash, i, free, probes))
            return fail(err, kFormat, "tokenizer.ggml.tokens: the texts near token ", i,
                        " are made to collide in a hash table");
    }
    return kOk;
}

Status merges_index(Tokenizer* t, Error* err) {
    memset(t->by_pair.slot, 0, sizeof(uint32_t) * t->by_pair.size);
    for (uint32_t rank = 0; rank < t->merges.count; ++rank) {
        // A space may be the first byte of left; without a second one it is no merge, and never found.
        const Str s = t->merges.at(rank);
        const char* space = s.size < 3 ? nullptr : static_cast<const char*>(memchr(s.data + 1, ' ', s.size - 1));
        if (!space) continue;
        const Str left(s.data, static_cast<size_t>(space - s.data)), right(space + 1, s.size - left.size - 1);
        if (s.size - 1 > t->max_merge) t->max_merge = static_cast<uint32_t>(s.size - 1);
        const uint64_t hash = pair_hash(text_hash(left.data, left.size), text_hash(right.data, right.size));
        uint32_t free = 0, probes = 0;
        // Of equal merges the first counts.
        if (hash_find(
                t->by_pair, hash, [&](uint32_t i) { return t->merges.at(i) == s; }, &free, &probes) >= 0)
            continue;
        if (!insert(&t->by_pair, hash, rank, free, probes))
            return fail(err, kFormat, "tokenizer.ggml.merges: the merges near ", rank,
                        " are made to collide in a hash table");
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
    if (code < 0x100)
        return (code > 0x20 && code < 0x7f) || (code > 0xa0 && code != 0xad) ? static_cast<int32_t>(code) : -1;
    if (code <= 0x120) return static_cast<int32_t>(code - 0x100);
    if (code <= 0x142) return static_cast<int32_t>(code - 0x121 + 0x7f);
    return code == 0x143 ? 0xad : -1;
}

}  // namespace thimble
