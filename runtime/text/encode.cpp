// SPDX-License-Identifier: MIT
// The public functions over a built tokenizer: encode, one token's bytes, look-ups.
#include "runtime/text/internal.h"
#include "runtime/text/utf8.h"

namespace thimble {

namespace {
constexpr size_t kMaxText = size_t{1} << 30;

bool encode_run(const Tokenizer& t, Str run, bool after_special, Scratch scratch, IdSink& out) {
    switch (t.kind) {
        case kTokenizerSpm: return spm_encode(t, run, t.add_space_prefix && after_special, scratch, out);
        case kTokenizerBpe: return bpe_encode(t, run, scratch, out);
        case kTokenizerWpm: return wpm_encode(t, run, scratch, out);
        case kTokenizerUgm: return ugm_encode(t, run, scratch, out);
    }
    return true;
}

// Copies a token's text piecewise, counting what does not fit.
struct PieceOut {
    char* out;
    size_t capacity, n = 0;
    bool strip = false;  // a space that comes next is left out
    void put(const char* p, size_t size) {
        const bool drop = strip && size > 0 && p[0] == ' ';
        strip = strip && size == 0;
        p += drop ? 1 : 0;
        size -= drop ? 1 : 0;
        if (size == 0) return;
        if (n + size <= capacity) {
            memcpy(out + n, p, size);
        } else {
            for (size_t i = 0; i < size; ++i)
                if (n + i < capacity) out[n + i] = p[i];
        }
        n += size;
    }
};

void put_unescaped(Str text, PieceOut* out) {
    for (size_t i = 0; i < text.size;) {
        if (text.size - i >= 3 && memcmp(text.data + i, "\xe2\x96\x81", 3) == 0) {
            out->put(" ", 1);
            i += 3;
        } else {
            out->put(text.data + i++, 1);
        }
    }
}

void put_from_alphabet(Str text, PieceOut* out) {
    for (size_t i = 0; i < text.size;) {
        uint32_t used;
        const int32_t byte = alphabet_to_byte(utf8_decode(text.data + i, text.size - i, &used));
        const char c = static_cast<char>(byte);
        out->put(byte >= 0 ? &c : text.data + i, byte >= 0 ? 1 : used);  // not of the alphabet: as it stands
        i += used;
    }
}

void put_piece(const Tokenizer& t, int32_t id, bool special, PieceOut* out) {
    const uint8_t a = t.attribute[id];
    const Str text = t.tokens.at(static_cast<uint32_t>(id));
    if (a & (kTokenControl | kTokenUnknown)) {
        if (special) out->put(text.data, text.size);
    } else if (a & kTokenUser) {
        out->put(text.data, text.size);
    } else if (a & kTokenByte) {
        uint8_t byte;
        if (token_byte(text, &byte)) out->put(reinterpret_cast<const char*>(&byte), 1);
    } else if (a & kTokenNormal) {
        if (t.byte_alphabet)
            put_from_alphabet(text, out);
        else
            put_unescaped(text, out);
    }
}
}  // namespace

size_t tokenizer_scratch(const Tokenizer& t, size_t text_bytes) {
    // Bytes for each byte of text. SPM: the text with U+2581 for spaces (3), symbols' starts (4), keys and marks (4.5);
    // finding special tokens takes 13.2 before. BPE without the byte alphabet: code points (4) besides; with it symbols
    // are bytes, of which a malformed one gives the three of U+FFFD, each spelt in up to two. UGM: 17 for each byte of a
    // normalised text of up to 12 times the size.
    size_t each = 14;
    if (t.kind == kTokenizerBpe) each = t.byte_alphabet ? 36 : 16;
    if (t.kind == kTokenizerUgm) each = 12 * 17;
    if (text_bytes > kMaxText || text_bytes > (SIZE_MAX - 65536) / each) return SIZE_MAX;
    return text_bytes * each + 4096;
}

Status tokenizer_encode(const Tokenizer& t, Str text, uint32_t flags, void* scratch, size_t scratch_size, int32_t* ids,
                        size_t capacity, size_t* n, Error* err) {
    *n = 0;
    if (text.size > kMaxText)
        return fail(err, kArgument, "a text of ", text.size, " bytes is too long to tokenize (limit ", kMaxText, ")");
    IdSink out{ids, capacity, 0};
    Scratch space{static_cast<char*>(scratch), scratch_size, 0};
    const bool whole = (flags & kTokenizeBos) != 0, words = t.kind == kTokenizerWpm;
    if (whole && (t.add_bos || words) && t.bos >= 0) out.push(t.bos);

    SpecialMatch* match = nullptr;
    size_t n_match = 0;
    bool ok = special_partition(t, text, (flags & kTokenizeSpecial) != 0, space, &match, &n_match);
    bool after_special = true;
    size_t at = 0;
    for (size_t i = 0; i <= n_match && ok; ++i) {
        const size_t end = i < n_match ? match[i].from : text.size;
        if (end > at) {
            ok = encode_run(t, Str(text.data + at, end - at), after_special, space, out);
            after_special = false;
        }
        if (i == n_match) break;
        out.push(match[i].id);
        after_special = true;
        at = match[i].to;
    }
    if (!ok)
        return fail(err, kMemory, "tokenizing ", text.size, " bytes needs more than ", scratch_size,
                    " bytes of scratch (", tokenizer_scratch(t, text.size), " always suffice)");
    if (whole && words && t.separator >= 0) out.push(t.separator);
    if (whole && !words && t.add_eos && t.eos >= 0) out.push(t.eos);
    *n = out.n;
    if (out.n > capacity) return fail(err, kOutput, "the text has ", out.n, " tokens, the output holds ", capacity);
    return kOk;
}

size_t tokenizer_piece(const Tokenizer& t, int32_t id, bool special, char* out, size_t capacity) {
    if (id < 0 || static_cast<uint32_t>(id) >= t.n_vocab) return 0;
    PieceOut piece{out, capacity};
    put_piece(t, id, special, &piece);
    return piece.n;
}

size_t tokenizer_decode(const Tokenizer& t, const int32_t* ids, size_t n, bool special, char* out, size_t capacity) {
    PieceOut text{out, capacity};
    bool first = t.add_space_prefix;  // until a token that is text
    for (size_t i = 0; i < n; ++i) {
        if (ids[i] < 0 || static_cast<uint32_t>(ids[i]) >= t.n_vocab) continue;
        const bool plain = !(t.attribute[ids[i]] & (kTokenControl | kTokenUnknown | kTokenUser));
        text.strip = first && plain;
        first = first && !plain;
        put_piece(t, ids[i], special, &text);
    }
    return text.n;
}

Str tokenizer_text(const Tokenizer& t, int32_t id) {
    return id < 0 || static_cast<uint32_t>(id) >= t.n_vocab ? Str() : t.tokens.at(static_cast<uint32_t>(id));
}

int32_t tokenizer_find(const Tokenizer& t, Str text) { return find_text(t, text.data, text.size); }

bool tokenizer_is_end(const Tokenizer& t, int32_t id) {
    for (uint32_t i = 0; i < t.n_end; ++i)
        if (t.end[i] == id) return true;
    return false;
}

}  // namespace thimble
