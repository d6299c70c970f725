// SPDX-License-Identifier: MIT
// UTF-8: decoding of good and bad bytes, encoding, and the hold-back of unfinished sequences.
#include "runtime/text/utf8.h"

#include <cstring>
#include <initializer_list>

#include "runtime/text/unicode.h"
#include "tests/check.h"

using namespace thimble;

namespace {
uint32_t decode(const char* text, size_t n, uint32_t* used) { return utf8_decode(text, n, used); }

void round_trip() {
    for (uint32_t c = 0; c < 0x110000; c += c < 0x3000 ? 1 : 37) {
        char bytes[4];
        uint32_t used;
        const uint32_t n = utf8_encode(c, bytes);
        CHECK_EQ(n, utf8_size(c));
        CHECK_EQ(decode(bytes, n, &used), c);
        CHECK_EQ(used, n);
        for (uint32_t cut = 1; cut < n; ++cut) {  // every prefix is unfinished
            CHECK_EQ(decode(bytes, cut, &used), kReplacement);
            CHECK_EQ(used, 1u);
            const bool surrogate = c >= 0xd800 && c < 0xe000 && cut >= 2;
            CHECK_EQ(utf8_unfinished(bytes, cut), surrogate ? 0 : cut);
        }
        CHECK_EQ(utf8_unfinished(bytes, n), 0u);
    }
}

void malformed() {
    uint32_t used;
    for (const char* text : {"\x80", "\xff", "\xc3(", "\xe2\x28\xa1", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80"}) {
        CHECK_EQ(decode(text, strlen(text), &used), kReplacement);
        CHECK_EQ(used, 1u);
    }
    CHECK_EQ(utf8_unfinished("\xc0", 1), 0u);  // can never become valid
    CHECK_EQ(utf8_unfinished("a\xe0\x80", 3), 0u);
    CHECK_EQ(utf8_unfinished("\x80\x80\x80\x80", 4), 0u);
}

struct Joined {
    char data[256];
    size_t n = 0, calls = 0;
    bool whole = true;
    void operator()(const char* p, size_t size) {
        memcpy(data + n, p, size);
        n += size;
        ++calls;
        whole = whole && utf8_unfinished(p, size) == 0;
    }
};

// However a text is cut in two or into bytes, what comes out is the text, in whole sequences where it is UTF-8.
void streams(const char* text, bool valid) {
    const size_t n = strlen(text);
    for (size_t cut = 0; cut <= n; ++cut) {
        Utf8Stream s;
        Joined out;
        s.feed(text, cut, out);
        s.feed(text + cut, n - cut, out);
        CHECK_EQ(out.n + s.size, n);
        CHECK(memcmp(out.data, text, out.n) == 0);
        CHECK(out.whole || !valid);
    }
    Utf8Stream s;
    Joined out;
    for (size_t i = 0; i < n; ++i) {
        const size_t before = out.calls;
        s.feed(text + i, 1, out);
        CHECK(out.calls - before <= 2);
    }
    CHECK_EQ(out.n, n);
    CHECK(memcmp(out.data, text, n) == 0);
    CHECK(out.whole || !valid);
    s.feed("\xe4\xb8", 2, out);
    CHECK_EQ(s.size, 2u);
    CHECK_EQ(out.n, n);
}

void properties() {
    CHECK_EQ(unicode_kind('a'), kLetter);
    CHECK_EQ(unicode_kind('$'), kSymbol);
    CHECK_EQ(unicode_kind('%'), kPunctuation);
    CHECK_EQ(unicode_kind(0x661), kNumber);
    CHECK_EQ(unicode_kind(0x301), kMark);
    CHECK_EQ(unicode_kind(0x2ee5d), kLetter);  // added in 15.1, with 0x2ee5e unassigned
    CHECK_EQ(unicode_kind(0x2ee5e), kUnassigned);
    CHECK_EQ(unicode_kind(0x10ffff), kUnassigned);
    CHECK_EQ(unicode_kind(0x110000), kUnassigned);
    CHECK_EQ(unicode_kind(0xe000), kControl);
    CHECK_EQ(unicode_lower('Z'), 'z');
    CHECK_EQ(unicode_lower(0x0), 0x0);
    CHECK_EQ(unicode_lower(0x100), 0x101);
    CHECK_EQ(unicode_lower(0x101), 0x101);
    CHECK_EQ(unicode_lower(0x1e9e), 0xdf);
    CHECK_EQ(unicode_base(0xe9), 'e');
    CHECK_EQ(unicode_base(0x1d6), 'u');  // decomposes twice
    CHECK_EQ(unicode_base(0xd7a3), 0x1112);
    CHECK_EQ(unicode_base('e'), 'e');
    CHECK(unicode_is_space(0x3000) && unicode_is_space('\t') && !unicode_is_space(0x200b));
}
}  // namespace

int main() {
    round_trip();
    malformed();
    streams("a\u00e9\u4e2d\U0001f600 z\U0010ffff\u00e9", true);
    streams("a\u00e9\xff\xe2\x82!\xf0\x9f\x98\u00e9\xc3\xc3\x80\x80z", false);
    properties();
    return REPORT();
}
