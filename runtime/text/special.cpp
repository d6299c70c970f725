// SPDX-License-Identifier: MIT
// Special tokens in a text. The order is by length over the whole text: every occurrence of the longest token is taken
// first, then of the next shorter in what remains. One pass collects the places where any token matches (sorted texts,
// narrowed byte by byte); then one pass over those places for each length that occurs.
#include "runtime/text/internal.h"

namespace thimble {

namespace {
bool text_less(const Tokenizer& t, int32_t a, int32_t b) {
    const Str x = t.tokens.at(static_cast<uint32_t>(a)), y = t.tokens.at(static_cast<uint32_t>(b));
    const int order = memcmp(x.data, y.data, x.size < y.size ? x.size : y.size);
    return order != 0 ? order < 0 : x.size != y.size ? x.size < y.size : a < b;
}

void sift_down(const Tokenizer& t, int32_t* heap, uint32_t at, uint32_t n) {
    for (uint32_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && text_less(t, heap[child], heap[child + 1])) ++child;
        if (!text_less(t, heap[at], heap[child])) return;
        const int32_t other = heap[at];
        heap[at] = heap[child];
        heap[child] = other;
    }
}

struct Finder {
    const Tokenizer& t;
    const char* text;
    size_t size;
    bool control;  // control and unknown tokens too

    Str token(uint32_t i) const { return t.tokens.at(static_cast<uint32_t>(t.special[i])); }
    // The longest special token at `at` that is shorter than `limit` bytes; -1: none.
    int32_t longest(size_t at, size_t limit) const {
        int32_t found = -1;
        uint32_t low = 0, high = t.n_special;  // tokens that begin with text[at, at + depth)
        for (size_t depth = 0; low < high && depth < limit; ++depth) {
            for (; low < high && token(low).size == depth; ++low) {
                const uint8_t a = t.attribute[t.special[low]];
                if (control || !(a & (kTokenControl | kTokenUnknown))) found = t.special[low];
            }
            if (at + depth >= size || low == high) break;
            const uint8_t c = static_cast<uint8_t>(text[at + depth]);
            low = bound(low, high, depth, c);
            if (c < 0xff) high = bound(low, high, depth, static_cast<uint8_t>(c + 1));
        }
        return found;
    }
    // First of [low, high), all longer than depth, whose byte at `depth` is at least c.
    uint32_t bound(uint32_t low, uint32_t high, size_t depth, uint8_t c) const {
        while (low < high) {
            const uint32_t middle = low + (high - low) / 2;
            if (static_cast<uint8_t>(token(middle).data[depth]) < c)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
};

// Bytes of the text that are taken.
struct Taken {
    uint8_t* bit;
    bool at(size_t i) const { return bit[i / 8] >> i % 8 & 1; }
    void take(size_t from, size_t to) {
        for (; from < to; ++from) bit[from / 8] = static_cast<uint8_t>(bit[from / 8] | 1u << from % 8);
    }
    bool any(size_t from, size_t to) const {
        for (; from < to; ++from)
            if (at(from)) return true;
        return false;
    }
};

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Takes the match, with the blanks that its token strips from what is still plain text around it.
void take(const Finder& f, Taken* taken, SpecialMatch* m) {
    const uint8_t a = f.t.attribute[m->id];
    if (a & kTokenStripLeft)
        while (m->from > 0 && !taken->at(m->from - 1) && is_blank(f.text[m->from - 1])) --m->from;
    if (a & kTokenStripRight)
        while (m->to < f.size && !taken->at(m->to) && is_blank(f.text[m->to])) ++m->to;
    taken->take(m->from, m->to);
}
}  // namespace

void special_index(Tokenizer* t, uint32_t capacity) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n_vocab && n < capacity; ++i) {
        const size_t size = t->tokens.at(i).size;
        if (!(t->attribute[i] & (kTokenControl | kTokenUser | kTokenUnknown)) || size == 0 || size > kMaxSpecialBytes)
            continue;
        t->special[n++] = static_cast<int32_t>(i);
    }
    t->n_special = n;
    for (uint32_t i = n / 2; i-- > 0;) sift_down(*t, t->special, i, n);
    for (uint32_t end = n; end > 1;) {
        --end;
        const int32_t largest = t->special[0];
        t->special[0] = t->special[end];
        t->special[end] = largest;
        sift_down(*t, t->special, 0, end);
    }
    if (!t->users_before) return;
    t->users_before[0] = 0;
    for (uint32_t i = 0; i < n; ++i)
        t->users_before[i + 1] = t->users_before[i] + ((t->attribute[t->special[i]] & kTokenUser) != 0);
}

size_t special_user_prefix(const Tokenizer& t, const char* p, size_t n) {
    const Finder f{t, p, n, true};
    uint32_t low = 0, high = t.n_special;
    size_t shared = 0;
    for (size_t depth = 0; t.users_before[high] > t.users_before[low]; ++depth) {
        shared = depth;
        while (low < high && f.token(low).size == depth) ++low;
        if (depth >= n) break;
        const uint8_t c = static_cast<uint8_t>(p[depth]);
        low = f.bound(low, high, depth, c);
        if (c < 0xff) high = f.bound(low, high, depth, static_cast<uint8_t>(c + 1));
    }
    return shared;
}

bool special_partition(const Tokenizer& t, Str text, bool control, Scratch& scratch, SpecialMatch** out, size_t* n) {
    *n = 0;
    *out = nullptr;
    const Finder f{t, text.data, text.size, control};
    bool first[256] = {};
    for (uint32_t i = 0; i < t.n_special; ++i)
        if (control || !(t.attribute[t.special[i]] & (kTokenControl | kTokenUnknown)))
            first[static_cast<uint8_t>(f.token(i).data[0])] = true;

    size_t count = 0, longest = 0;
    SpecialMatch* match = scratch.take<SpecialMatch>(0);
    for (size_t at = 0; at < text.size; ++at) {
        if (!first[static_cast<uint8_t>(text.data[at])]) continue;
        const int32_t id = f.longest(at, kMaxSpecialBytes + 1);
        if (id < 0) continue;
        // The list grows where it lies: nothing else is taken meanwhile.
        if (!match || scratch.size - scratch.used < sizeof(SpecialMatch)) return false;
        scratch.used += sizeof(SpecialMatch);
        const size_t size = t.tokens.at(static_cast<uint32_t>(id)).size;
        match[count++] = {static_cast<uint32_t>(at), static_cast<uint32_t>(at + size), id};
        longest = size > longest ? size : longest;
    }
    if (count == 0) return true;

    Scratch bits = scratch;  // given back at the end
    Taken taken{bits.take<uint8_t>(text.size / 8 + 1)};
    uint8_t* done = bits.take<uint8_t>(count);
    if (!taken.bit || !done) return false;
    memset(taken.bit, 0, text.size / 8 + 1);
    memset(done, 0, count);
    while (longest > 0) {
        size_t shorter = 0;  // longest of those that wait
        for (size_t i = 0; i < count; ++i) {
            SpecialMatch& m = match[i];
            if (done[i] || m.id < 0) continue;
            size_t size = m.to - m.from;
            if (size == longest && !taken.any(m.from, m.to)) {
                take(f, &taken, &m);
                done[i] = 1;
                continue;
            }
            if (size == longest) {
                m.id = taken.at(m.from) ? -1 : f.longest(m.from, size);
                size = m.id < 0 ? 0 : t.tokens.at(static_cast<uint32_t>(m.id)).size;
                m.to = static_cast<uint32_t>(m.from + size);
            }
            if (m.id >= 0 && size > shorter) shorter = size;
        }
        longest = shorter;
    }
    for (size_t i = 0; i < count; ++i)
        if (match[i].id >= 0) match[(*n)++] = match[i];
    scratch.used -= (count - *n) * sizeof(SpecialMatch);
    *out = match;
    return true;
}

}  // namespace thimble
