// SPDX-License-Identifier: MIT
// UGM, the tokenizer of "t5" files: a normaliser from a precompiled character map, then the best path over the unigram
// scores (Viterbi).
#include "runtime/text/internal.h"
#include "runtime/text/utf8.h"

namespace thimble {

Status charsmap_metadata(const Gguf& g, Tokenizer* t, Error* err) {
    const char* key = "tokenizer.ggml.precompiled_charsmap";
    GgufValue v;
    if (!gguf_find(g, key, &v)) return kOk;
    if (v.type != kGgufArray || (v.element != kGgufU8 && v.element != kGgufI8))
        return fail(err, kFormat, key, ": an array of u8 is expected, found ", gguf_type_name(v.element));
    if (v.count < 4 || gguf_load<uint32_t>(v.data) >= v.count - 4)
        return fail(err, kFormat, key, ": ", v.count, " bytes do not hold the trie that they announce");
    t->charsmap = v;
    return kOk;
}

namespace {
// The character map: a u32 size, a trie of that many bytes, then replacement texts, each ended by a zero byte. The trie
// is a double array of u32 units, XOR-linked (Kanda 2018): label in bits 0 to 7, a leaf flag in bit 8, the offset to the
// children above, shifted 8 further when bit 9 is set; a unit that is a value has bit 31 set.
struct Charsmap {
    static constexpr size_t kMaxMapped = 1024;  // bytes of a mapped prefix and of its text; a map in use has 36
    const uint8_t* unit;
    const char* texts;
    size_t n_units, n_texts;

    explicit Charsmap(const GgufValue& v) : unit(nullptr), texts(nullptr), n_units(0), n_texts(0) {
        if (!v.data) return;
        const size_t size = gguf_load<uint32_t>(v.data);
        unit = v.data + 4;
        n_units = size / 4;
        texts = reinterpret_cast<const char*>(v.data) + 4 + size;
        n_texts = static_cast<size_t>(v.count) - 4 - size;
    }
    static uint32_t base(uint32_t u) { return (u >> 10) << ((u & 0x200) >> 6); }
    uint32_t at(size_t i) const { return gguf_load<uint32_t>(unit + 4 * i); }

    // Bytes of the longest mapped prefix, 0: none; *replacement is its text. Steps out of the map end the search.
    size_t match(const char* p, size_t n, Str* replacement) const {
        size_t length = 0, offset = 0;
        if (n_units == 0) return 0;
        size_t node = base(at(0));
        for (size_t i = 0; i < n && i < kMaxMapped && p[i] != 0; ++i) {
            const uint8_t c = static_cast<uint8_t>(p[i]);
            node ^= c;
            if (node >= n_units || (at(node) & 0x800000ffu) != c) break;
            const bool leaf = at(node) >> 8 & 1;
            node ^= base(at(node));
            if (node >= n_units) break;
            if (!leaf) continue;
            length = i + 1;
            offset = at(node) & 0x7fffffffu;
        }
        if (length == 0 || offset >= n_texts) return 0;
        const size_t rest = n_texts - offset;
        const void* end = memchr(texts + offset, 0, rest < kMaxMapped ? rest : kMaxMapped);
        if (!end) return 0;
        *replacement = Str(texts + offset, static_cast<size_t>(static_cast<const char*>(end) - (texts + offset)));
        return length;
    }
};

// The normalised text, at most `capacity` bytes; false when it does not fit.
bool normalise(const Tokenizer& t, Str text, char* out, size_t capacity, size_t* size) {
    const Charsmap map(t.charsmap);
    const Str space = t.escape_spaces ? Str("\xe2\x96\x81", 3) : Str(" ", 1);
    const bool prefix = t.add_space_prefix && !t.space_suffix;
    bool prefixed = false, in_word = false, fits = true;
    size_t n = 0;
    const auto put = [&](Str s) {
        if (s.size > capacity - n) {
            fits = false;
            return;
        }
        memcpy(out + n, s.data, s.size);
        n += s.size;
    };
    for (size_t at = 0; at < text.size && fits;) {
        Str piece;
        size_t used = special_user_prefix(t, text.data + at, text.size - at);
        if (used > 0) {
            piece = Str(text.data + at, used);
        } else if ((used = map.match(text.data + at, text.size - at, &piece)) == 0) {
            uint32_t length;
            const uint32_t c = utf8_decode(text.data + at, text.size - at, &length);
            used = length;
            piece = c == kReplacement && length == 1 ? Str("\xef\xbf\xbd", 3) : Str(text.data + at, length);
        }
        for (size_t i = 0; i < piece.size && fits; ++i) {
            if (piece.data[i] != ' ') {
                if (!in_word) {
                    in_word = true;
                    if ((prefix && !prefixed) || t.remove_extra_spaces) {
                        put(space);
                        prefixed = true;
                    }
                }
                put(Str(piece.data + i, 1));
            } else {
                in_word = false;
                if (!t.remove_extra_spaces) put(space);
            }
        }
        at += used;
    }
    if (fits && t.add_space_prefix && t.space_suffix) put(space);
    *size = n;
    return fits;
}

struct Best {
    double score;
    uint32_t from;
    int32_t id;
};
}  // namespace

bool ugm_encode(const Tokenizer& t, Str text, Scratch scratch, IdSink& out) {
    constexpr double kWorst = -1.7976931348623157e308;
    // Room: a byte of text and a cell for each.
    const size_t room = scratch.size - scratch.used;
    const size_t capacity = room > 256 ? (room - 256) / (1 + sizeof(Best)) : 0;
    char* normal = scratch.take<char>(capacity);
    size_t n = 0;
    if (!normal || !normalise(t, text, normal, capacity, &n)) return false;
    if (n == 0) return true;
    scratch.used -= capacity - n;
    Best* best = scratch.take<Best>(n + 1);
    if (!best) return false;
    for (size_t i = 0; i <= n; ++i) best[i] = {i == 0 ? 0.0 : kWorst, 0, t.unknown};

    const size_t longest = t.max_token < kMaxTried ? t.max_token : kMaxTried;
    for (size_t at = 0; at < n;) {
        const uint8_t lead = static_cast<uint8_t>(normal[at]);
        size_t step = lead >= 0xf8 ? 4 : utf8_length(lead);
        step = step < n - at ? step : n - at;
        bool covered = false;
        const auto offer = [&](size_t end, int32_t id, double score) {
            if (best[at].score + score > best[end].score)
                best[end] = {best[at].score + score, static_cast<uint32_t>(at), id};
        };
        for (size_t length = 1; length <= n - at && length <= longest; ++length) {
            const int32_t id = find_text(t, normal + at, length);
            if (id < 0 || !(t.attribute[id] & (kTokenNormal | kTokenUser | kTokenUnused))) continue;
            covered = covered || length == step;
            offer(at + length, id, t.attribute[id] & kTokenUser ? 0.0 : static_cast<double>(token_score(t, id)));
        }
        if (!covered) offer(at + step, t.unknown, static_cast<double>(t.unknown_score));
        at += step;
    }

    // Turn the path round, then give its ids, unknowns in a row as one.
    constexpr uint32_t kLast = 0xffffffffu;
    uint32_t next = kLast;
    for (uint32_t at = static_cast<uint32_t>(n), from;; at = from) {
        from = best[at].from;
        best[at].from = next;
        next = at;
        if (at == 0) break;
    }
    bool unknown = false;
    for (uint32_t at = best[0].from; at != kLast; at = best[at].from) {
        const bool again = unknown && best[at].id == t.unknown;
        unknown = best[at].id == t.unknown;
        if (!again && best[at].id >= 0) out.push(best[at].id);
    }
    return true;
}

}  // namespace thimble
