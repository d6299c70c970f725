// SPDX-License-Identifier: MIT
// BPE, the tokenizer of "gpt2" and "gemma4" files: the pre-tokeniser cuts the text into pieces, in each the neighbours
// with the lowest rank among the merges join, leftmost first. With the byte alphabet the symbols are bytes, spelt as
// printable code points in token texts; without it they are code points, and bytes of unknown ones are <0x00> tokens.
#include "runtime/text/internal.h"
#include "runtime/text/merging.h"
#include "runtime/text/pretokenizer.h"
#include "runtime/text/utf8.h"

namespace thimble {

namespace {
struct BpeRule {
    const Tokenizer& t;
    int32_t* id;
    uint32_t pair(uint32_t left, uint32_t right, uint32_t) const {
        return static_cast<uint32_t>(find_merge(t, id[left], id[right]));   // -1 is kNoPair
    }
    void join(uint32_t left, uint32_t, uint32_t rank) const { id[left] = t.merge[rank].merged; }
};

// The piece as token texts spell it, at most `capacity` bytes; returns the full size.
size_t spell(const Tokenizer& t, const uint32_t* code, size_t n, char* out, size_t capacity) {
    size_t size = 0;
    for (size_t i = 0; i < n && size <= capacity; ++i) {
        char bytes[4];
        const uint32_t length = utf8_encode(code[i] & kScanCode, bytes);
        for (uint32_t k = 0; k < length; ++k) {
            char spelt[4] = {bytes[k]};
            const uint32_t more = t.byte_alphabet ? utf8_encode(byte_to_alphabet(static_cast<uint8_t>(bytes[k])), spelt) : 1;
            if (size + more <= capacity) memcpy(out + size, spelt, more);
            size += more;
        }
    }
    return size;
}

// A piece that is a token as a whole, where the model asks for that before any merge.
int32_t whole_token(const Tokenizer& t, const uint32_t* code, size_t n, char* buffer, size_t capacity) {
    bool whole = t.ignore_merges;
    if (t.newline_tokens && !whole) {
        whole = true;
        for (size_t i = 0; i < n && whole; ++i) whole = (code[i] & kScanCode) == '\n';
    }
    if (!whole) return -1;
    const size_t size = spell(t, code, n, buffer, capacity < t.max_token ? capacity : t.max_token);
    return size <= t.max_token ? find_text(t, buffer, size) : -1;
}

// What has no token: the bytes of its spelling that have one.
void push_bytes(const Tokenizer& t, const char* bytes, uint32_t n, IdSink& out) {
    for (uint32_t k = 0; k < n; ++k) {
        int32_t id;
        if (t.byte_alphabet) {
            char spelt[4];
            const uint32_t length = utf8_encode(byte_to_alphabet(static_cast<uint8_t>(bytes[k])), spelt);
            for (uint32_t i = 0; i < length; ++i)
                if ((id = find_text(t, spelt + i, 1)) >= 0) out.push(id);
        } else if ((id = t.byte_id[static_cast<uint8_t>(bytes[k])]) >= 0) {
            out.push(id);
        }
    }
}

bool encode_piece(const Tokenizer& t, const uint32_t* code, size_t n, Scratch scratch, IdSink& out) {
    char bytes[4];
    size_t symbols = t.byte_alphabet ? 0 : n;
    for (size_t i = 0; t.byte_alphabet && i < n; ++i) symbols += utf8_encode(code[i] & kScanCode, bytes);
    int32_t* id = scratch.take<int32_t>(symbols);
    if (!id) return false;
    // A spelling of this piece takes at most 4 bytes a code point or 2 a byte: the ids' room holds it.
    const int32_t whole = whole_token(t, code, n, reinterpret_cast<char*>(id), symbols * 4);
    if (whole >= 0) {
        out.push(whole);
        return true;
    }
    uint32_t at = 0;
    for (size_t i = 0; i < n; ++i) {
        const uint32_t length = utf8_encode(code[i] & kScanCode, bytes);
        if (!t.byte_alphabet) id[at++] = find_text(t, bytes, length);
        for (uint32_t k = 0; t.byte_alphabet && k < length; ++k) id[at++] = t.byte_id[static_cast<uint8_t>(bytes[k])];
    }
    MergeQueue q;
    if (!q.init(scratch, at)) return false;
    BpeRule rule{t, id};
    if (at > 1) merge_all(q, at, rule);

    // Symbols without a token never merged, so that symbol i is still byte or code point i of the piece.
    size_t c = 0;
    uint32_t k = 0, length = utf8_encode(code[0] & kScanCode, bytes);
    uint32_t reached = 0;   // symbol that (c, k) stands at
    for (uint32_t i = 0; i < at; i = q.next(i)) {
        if (id[i] >= 0) {
            out.push(id[i]);
            continue;
        }
        for (; reached < i; ++reached) {
            if (t.byte_alphabet && ++k < length) continue;
            length = utf8_encode(code[++c] & kScanCode, bytes);
            k = 0;
        }
        push_bytes(t, t.byte_alphabet ? bytes + k : bytes, t.byte_alphabet ? 1 : length, out);
    }
    return true;
}
}  // namespace

bool bpe_encode(const Tokenizer& t, Str text, Scratch scratch, IdSink& out) {
    uint32_t* code = scratch.take<uint32_t>(text.size);
    if (!code) return false;
    const size_t n = scan_decode(text.data, text.size, t.escape_spaces, code);
    scratch.used -= (text.size - n) * sizeof(uint32_t);
    pretokenize(*t.pre, code, n, nullptr);
    for (size_t from = 0; from < n;) {
        size_t to = from + 1;
        while (to < n && !(code[to] & kScanCut)) ++to;
        if (!encode_piece(t, code + from, to - from, scratch, out)) return false;
        from = to;
    }
    return true;
}

}  // namespace thimble
