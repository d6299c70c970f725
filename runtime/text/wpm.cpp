// SPDX-License-Identifier: MIT
// WPM, the tokenizer of "bert" files: lower case, no accents, words at white space and punctuation, in each the longest
// tokens from the left; a word that they do not cover is unknown. Token texts begin words with U+2581.
#include "runtime/text/internal.h"
#include "runtime/text/unicode.h"
#include "runtime/text/utf8.h"

namespace thimble {

namespace {
bool is_ideograph(uint32_t c) {
    // The last but one block starts where the reference implementations start it, 0x100 late.
    return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x20000 && c <= 0x2a6df) ||
           (c >= 0x2a700 && c <= 0x2b81f) || (c >= 0x2b920 && c <= 0x2ceaf) || (c >= 0xf900 && c <= 0xfaff) ||
           (c >= 0x2f800 && c <= 0x2fa1f);
}

// Longest match from the left.
void encode_word(const Tokenizer& t, const char* word, size_t n, IdSink& out) {
    const size_t before = out.n, longest = t.max_token < kMaxTried ? t.max_token : kMaxTried;
    for (size_t at = 0; at < n;) {
        size_t length = n - at < longest ? n - at : longest;
        int32_t id = -1;
        for (; length > 0; --length)
            if ((id = find_text(t, word + at, length)) >= 0) break;
        if (id < 0) {
            out.n = before;
            break;
        }
        out.push(id);
        at += length;
    }
    if (out.n == before && t.unknown >= 0) out.push(t.unknown);
}
}  // namespace

bool wpm_encode(const Tokenizer& t, Str text, Scratch scratch, IdSink& out) {
    constexpr size_t kLead = 3;  // U+2581
    char* word = scratch.take<char>(text.size * 3 + kLead + 4);
    if (!word) return false;
    memcpy(word, "\xe2\x96\x81", kLead);
    size_t n = kLead;
    const auto flush = [&] {
        if (n > kLead) encode_word(t, word, n, out);
        n = kLead;
    };
    for (size_t at = 0; at < text.size;) {
        uint32_t used;
        uint32_t c = utf8_decode(text.data + at, text.size - at, &used);
        at += used;
        if (t.strip_accents) c = unicode_base(c);
        const UnicodeKind kind = unicode_kind(c);
        if (unicode_is_space(c)) {
            flush();
            continue;
        }
        if (c == 0 || c == kReplacement || kind == kControl || (t.strip_accents && kind == kMark)) continue;
        const bool alone = kind == kPunctuation || (c < 0x7f && kind == kSymbol) || is_ideograph(c);
        if (alone) flush();
        n += utf8_encode(t.lower_case ? unicode_lower(c) : c, word + n);
        if (alone) flush();
    }
    flush();
    return true;
}

}  // namespace thimble
