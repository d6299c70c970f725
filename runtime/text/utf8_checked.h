// SPDX-License-Identifier: MIT
// UTF-8 for the template engine and the JSON parser: everything that enters is checked once (utf8_check), so what runs
// later may trust its strings.
#pragma once
#include "platform/status.h"
#include "runtime/text/utf8.h"

namespace thimble {

// Length of the sequence that starts with `lead` in valid UTF-8.
inline unsigned utf8_size(char lead) {
    const unsigned char c = static_cast<unsigned char>(lead);
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}
inline bool utf8_is_tail(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Decodes one code point of valid UTF-8 at p (p < end) and advances p.
inline uint32_t utf8_next(const char*& p, const char* end) {
    const unsigned char c = static_cast<unsigned char>(*p++);
    if (c < 0x80) return c;
    unsigned tails = utf8_size(static_cast<char>(c)) - 1;
    uint32_t v = c & (0x3fu >> tails);
    for (; tails && p < end; --tails) v = v << 6 | (static_cast<unsigned char>(*p++) & 0x3f);
    return v;
}

// The offset of the first byte that is not part of valid UTF-8 (overlong forms, surrogates and values past U+10FFFF are
// not), or s.size.
inline size_t utf8_check(Str s) {
    size_t i = 0;
    while (i < s.size) {
        const unsigned char c = static_cast<unsigned char>(s.data[i]);
        if (c < 0x80) {
            ++i;
            continue;
        }
        const unsigned n = c >= 0xc2 && c < 0xe0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
        if (n == 0 || s.size - i < n) return i;
        for (unsigned k = 1; k < n; ++k)
            if (!utf8_is_tail(s.data[i + k])) return i;
        const char* p = s.data + i;
        const uint32_t v = utf8_next(p, s.data + s.size);
        if ((n == 3 && (v < 0x800 || (v >= 0xd800 && v < 0xe000))) || (n == 4 && (v < 0x10000 || v > 0x10ffff)))
            return i;
        i += n;
    }
    return i;
}

}  // namespace thimble
