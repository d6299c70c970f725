// SPDX-License-Identifier: MIT
// UTF-8: a lenient decoder for tokenizers, an encoder, and the hold-back of unfinished sequences for streaming.
// Thread safety: pure functions; a Utf8Stream belongs to one stream.
#pragma once
#include <cstddef>
#include <cstdint>

namespace thimble {

constexpr uint32_t kReplacement = 0xfffd;

// Length that a lead byte announces; 1 for ASCII, a continuation byte and 0xf8 upwards.
inline uint32_t utf8_length(uint8_t lead) {
    return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 1;
}

// Decodes one code point at p[0], n >= 1 bytes left; *used is 1 to 4. As tokenizers do it: overlong forms and surrogates
// decode to what they spell, anything else malformed is U+FFFD and one byte.
inline uint32_t utf8_decode(const char* text, size_t n, uint32_t* used) {
    const uint8_t* p = reinterpret_cast<const uint8_t*>(text);
    *used = 1;
    if (p[0] < 0x80) return p[0];
    const uint32_t length = utf8_length(p[0]);
    if (length == 1 || length > n) return kReplacement;
    uint32_t code = p[0] & (0x7fu >> length);
    for (uint32_t i = 1; i < length; ++i) {
        if ((p[i] & 0xc0) != 0x80) return kReplacement;
        code = code << 6 | (p[i] & 0x3f);
    }
    if (code > 0x10ffff) return kReplacement;
    *used = length;
    return code;
}

inline uint32_t utf8_size(uint32_t code) { return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4; }

// Writes 1 to 4 bytes; code <= 0x10ffff.
inline uint32_t utf8_encode(uint32_t code, char* out) {
    const uint32_t length = utf8_size(code);
    if (length == 1) {
        out[0] = static_cast<char>(code);
        return 1;
    }
    for (uint32_t i = length - 1; i > 0; --i, code >>= 6) out[i] = static_cast<char>(0x80 | (code & 0x3f));
    out[0] = static_cast<char>((0xf00u >> length & 0xff) | code);
    return length;
}

// Bytes at the end of text[0, n) that begin a sequence which is not finished yet: 0 to 3. What can no longer become
// valid is not held back.
inline size_t utf8_unfinished(const char* text, size_t n) {
    for (size_t back = 1; back <= 3 && back <= n; ++back) {
        const uint8_t b = static_cast<uint8_t>(text[n - back]);
        if ((b & 0xc0) == 0x80) continue;
        if (b < 0xc2 || b > 0xf4 || utf8_length(b) <= back) return 0;
        if (back >= 2) {  // the second byte is narrower after some lead bytes
            const uint8_t second = static_cast<uint8_t>(text[n - back + 1]);
            if ((b == 0xe0 && second < 0xa0) || (b == 0xed && second > 0x9f)) return 0;
            if ((b == 0xf0 && second < 0x90) || (b == 0xf4 && second > 0x8f)) return 0;
        }
        return back;
    }
    return 0;
}

// Joins pieces of tokens into whole sequences. Feed bytes; what may be shown now is handed to `emit(data, size)`, at
// most twice a call; the rest, at most 3 bytes, waits for the next call. At the end, `rest` is what never finished.
struct Utf8Stream {
    char rest[4];
    uint32_t size = 0;

    template <class Emit>
    void feed(const char* text, size_t n, Emit&& emit) {
        while (size != 0 && size < sizeof rest && n != 0) {  // complete what waits, byte by byte
            if ((static_cast<uint8_t>(*text) & 0xc0) != 0x80) break;
            rest[size++] = *text++;
            --n;
            if (utf8_unfinished(rest, size) == 0) break;
        }
        if (size != 0 && (n != 0 || utf8_unfinished(rest, size) == 0)) {
            emit(static_cast<const char*>(rest), static_cast<size_t>(size));
            size = 0;
        }
        if (n == 0) return;
        const size_t keep = utf8_unfinished(text, n);
        if (n > keep) emit(text, n - keep);
        for (size_t i = 0; i < keep && i < sizeof rest; ++i) rest[i] = text[n - keep + i];
        size = static_cast<uint32_t>(keep);
    }
};

}  // namespace thimble
