// SPDX-License-Identifier: MIT
// SPM, the tokenizer of "llama" files: spaces become U+2581, then the neighbours whose joined text is the token with the
// highest score merge, leftmost first, until none do. What is no token then is spelt in byte tokens.
#include "runtime/text/internal.h"
#include "runtime/text/merging.h"
#include "runtime/text/utf8.h"

namespace thimble {

namespace {
// Keys rise as scores fall. Equal scores have equal keys; a NaN comes last.
uint32_t score_key(float score) {
    if (score != score) return kNoPair - 1;
    const float positive_zero = score + 0.0f;
    uint32_t bits;
    memcpy(&bits, &positive_zero, 4);
    const uint32_t ascending = bits >> 31 ? ~bits : bits | 0x80000000u;
    return ~ascending;  // kNoPair - 1 and kNoPair would be NaNs
}

struct SpmRule {
    const Tokenizer& t;
    const char* text;
    const uint32_t* start;  // of each symbol, and the end of the text
    uint32_t pair(uint32_t left, uint32_t, uint32_t after) const {
        const int32_t id = find_text(t, text + start[left], start[after] - start[left]);
        return id < 0 ? kNoPair : score_key(token_score(t, id));
    }
};
}  // namespace

bool spm_encode(const Tokenizer& t, Str text, bool space_prefix, Scratch scratch, IdSink& out) {
    size_t spaces = space_prefix ? 1 : 0;
    for (size_t i = 0; i < text.size; ++i) spaces += text.data[i] == ' ';
    const size_t size = text.size + (space_prefix ? 1 : 0) + (t.escape_spaces ? 2 * spaces : 0);
    if (size == 0) return true;

    char* escaped = scratch.take<char>(size);
    uint32_t* start = scratch.take<uint32_t>(text.size + 3);
    if (!escaped || !start) return false;
    size_t at = 0;
    const auto put = [&](char c) {
        if (c == ' ' && t.escape_spaces) {
            memcpy(escaped + at, "\xe2\x96\x81", 3);
            at += 3;
        } else {
            escaped[at++] = c;
        }
    };
    if (space_prefix) put(' ');
    for (size_t i = 0; i < text.size; ++i) put(text.data[i]);

    // Symbols are what lead bytes announce, valid or not.
    uint32_t n = 0;
    for (size_t i = 0; i < size;) {
        start[n++] = static_cast<uint32_t>(i);
        const uint8_t lead = static_cast<uint8_t>(escaped[i]);
        const size_t length = lead >= 0xf8 ? 4 : utf8_length(lead);
        i += length < size - i ? length : size - i;
    }
    start[n] = static_cast<uint32_t>(size);

    MergeQueue q;
    if (!q.init(scratch, n)) return false;
    merge_all(q, n, SpmRule{t, escaped, start});

    for (uint32_t i = 0; i < n;) {
        const uint32_t next = q.next(i);
        const int32_t id = find_text(t, escaped + start[i], start[next] - start[i]);
        if (id >= 0) out.push(id);
        for (uint32_t b = start[i]; id < 0 && b < start[next]; ++b) {
            const int32_t byte = t.byte_id[static_cast<uint8_t>(escaped[b])];
            if (byte >= 0 || t.unknown >= 0) out.push(byte >= 0 ? byte : t.unknown);
        }
        i = next;
    }
    return true;
}

}  // namespace thimble
