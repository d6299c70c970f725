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
    const char* text;
    const uint32_t* start;  // of each symbol, and the end of the text
    uint32_t pair(uint32_t left, uint32_t right, uint32_t after) const {
        const char* middle = text + start[right];
        return static_cast<uint32_t>(find_merge(t, Str(text + start[left], start[right] - start[left]),
                                                Str(middle, start[after] - start[right])));  // -1 is kNoPair
    }
};

bool is_newlines(const char* text, size_t n) {
    for (size_t i = 0; i < n; ++i)
        if (text[i] != '\n') return false;
    return true;
}

// What has no token: those of its bytes that have one.
void push_bytes(const Tokenizer& t, const char* text, size_t n, IdSink& out) {
    for (size_t i = 0; i < n; ++i) {
        const int32_t id = t.byte_alphabet ? find_text(t, text + i, 1) : t.byte_id[static_cast<uint8_t>(text[i])];
        if (id >= 0) out.push(id);
    }
}

bool encode_piece(const Tokenizer& t, const uint32_t* code, size_t n, Scratch scratch, IdSink& out) {
    size_t bytes = 0;
    for (size_t i = 0; i < n; ++i) bytes += utf8_size(code[i] & kScanCode);
    const size_t symbols = t.byte_alphabet ? bytes : n;
    char* text = scratch.take<char>(t.byte_alphabet ? 2 * bytes : bytes);
    uint32_t* start = scratch.take<uint32_t>(symbols + 1);
    if (!text || !start) return false;

    uint32_t at = 0, size = 0;
    for (size_t i = 0; i < n; ++i) {
        if (!t.byte_alphabet) {
            start[at++] = size;
            size += utf8_encode(code[i] & kScanCode, text + size);
            continue;
        }
        char spelt[4];
        const uint32_t length = utf8_encode(code[i] & kScanCode, spelt);
        for (uint32_t k = 0; k < length; ++k) {
            start[at++] = size;
            size += utf8_encode(byte_to_alphabet(static_cast<uint8_t>(spelt[k])), text + size);
        }
    }
    start[at] = size;
    if (t.ignore_merges || at == 1 || (t.newline_tokens && is_newlines(text, size))) {
        const int32_t whole = find_text(t, text, size);
        if (whole >= 0) {
            out.push(whole);
            return true;
        }
    }
    MergeQueue q;
    if (!q.init(scratch, at)) return false;
    merge_all(q, at, BpeRule{t, text, start});
    for (uint32_t i = 0, next; i < at; i = next) {
        next = q.next(i);
        const int32_t id = find_text(t, text + start[i], start[next] - start[i]);
        if (id >= 0)
            out.push(id);
        else
            push_bytes(t, text + start[i], start[next] - start[i], out);
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
