// SPDX-License-Identifier: MIT
#include "runtime/text/jinja/strings.h"

namespace thimble::jinja {
namespace {

// Ranges of simple case pairs. step 1: lower = upper + delta over the whole range; step 2: capitals and small letters
// alternate, starting with a capital at `first`. Facts of the Unicode character database.
struct CaseRange {
    uint16_t first, last;
    int16_t delta;
    uint8_t step;
};
constexpr CaseRange kCase[] = {
    {0x41, 0x5a, 32, 1},    {0xc0, 0xd6, 32, 1},     {0xd8, 0xde, 32, 1},     {0x100, 0x12e, 1, 2},
    {0x132, 0x136, 1, 2},   {0x139, 0x147, 1, 2},    {0x14a, 0x176, 1, 2},    {0x178, 0x178, -121, 1},
    {0x179, 0x17d, 1, 2},   {0x1cd, 0x1db, 1, 2},    {0x1de, 0x1ee, 1, 2},    {0x1f8, 0x21e, 1, 2},
    {0x222, 0x232, 1, 2},   {0x386, 0x386, 38, 1},   {0x388, 0x38a, 37, 1},   {0x38c, 0x38c, 64, 1},
    {0x38e, 0x38f, 63, 1},  {0x391, 0x3a1, 32, 1},   {0x3a3, 0x3ab, 32, 1},   {0x3d8, 0x3ee, 1, 2},
    {0x400, 0x40f, 80, 1},  {0x410, 0x42f, 32, 1},   {0x460, 0x480, 1, 2},    {0x48a, 0x4be, 1, 2},
    {0x4c1, 0x4cd, 1, 2},   {0x4d0, 0x52e, 1, 2},    {0x531, 0x556, 48, 1},   {0x1e00, 0x1e94, 1, 2},
    {0x1ea0, 0x1efe, 1, 2}, {0x2160, 0x216f, 16, 1}, {0x24b6, 0x24cf, 26, 1}, {0xff21, 0xff3a, 32, 1},
};

}  // namespace

bool is_space(uint32_t c) {
    if (c < 0x80) return (c >= 9 && c <= 13) || (c >= 28 && c <= 32);
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x3000;
}

bool is_printable(uint32_t c) {
    if (c < 0x7f) return c >= 32;
    if (c < 0xa1 || c == 0xad) return false;
    if (is_space(c)) return false;
    return !((c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
             c == 0xfeff || c == 0x61c || c == 0x180e || (c >= 0x600 && c <= 0x605) || c == 0x6dd || c == 0x70f ||
             (c >= 0xd800 && c <= 0xf8ff) || (c >= 0xfff0 && c <= 0xfffb) || (c & 0xfffe) == 0xfffe || c >= 0xe0000);
}

uint32_t to_lower(uint32_t c) {
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if (c == 0x1e9e) return 0xdf;
    for (const CaseRange& r : kCase)
        if (c >= r.first && c <= r.last)
            return r.step == 2 && (c - r.first) % 2 ? c : static_cast<uint32_t>(static_cast<int32_t>(c) + r.delta);
    return c;
}

uint32_t to_upper(uint32_t c) {
    if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 32 : c;
    if (c == 0xb5) return 0x39c;
    if (c == 0x131) return 'I';
    if (c == 0x17f) return 'S';
    if (c == 0x3c2) return 0x3a3;
    for (const CaseRange& r : kCase) {
        const int32_t u = static_cast<int32_t>(c) - r.delta;
        if (u >= r.first && u <= r.last && !(r.step == 2 && (u - r.first) % 2)) return static_cast<uint32_t>(u);
    }
    return c;
}

bool is_alpha(uint32_t c) {
    if (c < 0x80) return (c | 32) >= 'a' && (c | 32) <= 'z';
    if (c < 0xc0) return c == 0xaa || c == 0xb5 || c == 0xba;
    if (c == 0xd7 || c == 0xf7) return false;
    return !is_space(c) && is_printable(c) && !(c >= 0x2000 && c < 0x2c00) && !(c >= 0x3000 && c < 0x3005) &&
           !(c >= 0x300 && c < 0x370) && c < 0x1f000;
}

Str strip_left(Str s) {
    const char* p = s.data;
    const char* end = s.data + s.size;
    while (p < end) {
        const char* q = p;
        if (!is_space(utf8_next(q, end))) break;
        p = q;
    }
    return Str(p, static_cast<size_t>(end - p));
}

Str strip_right(Str s) {
    size_t n = s.size;
    while (n) {
        size_t k = n - 1;
        while (k && utf8_is_tail(s.data[k])) --k;
        const char* p = s.data + k;
        if (!is_space(utf8_next(p, s.data + s.size))) break;
        n = k;
    }
    return Str(s.data, n);
}

Str strip_chars(Str s, Str chars, bool left, bool right) {
    const auto member = [&](Str ch) { return ch.size && find(chars, ch) != SIZE_MAX; };
    while (left && s.size) {
        const size_t k = utf8_size(s.data[0]);
        if (!member(Str(s.data, k))) break;
        s = Str(s.data + k, s.size - k);
    }
    while (right && s.size) {
        size_t k = s.size - 1;
        while (k && utf8_is_tail(s.data[k])) --k;
        if (!member(Str(s.data + k, s.size - k))) break;
        s.size = k;
    }
    return s;
}

size_t count_chars(Str s) {
    size_t n = 0;
    for (size_t i = 0; i < s.size; ++i) n += !utf8_is_tail(s.data[i]);
    return n;
}

size_t char_offset(Str s, size_t index) {
    for (size_t i = 0; i < s.size; ++i)
        if (!utf8_is_tail(s.data[i]) && index-- == 0) return i;
    return s.size;
}

size_t find(Str s, Str what, size_t from) {
    if (from > s.size || what.size > s.size - from) return SIZE_MAX;
    if (what.size == 0) return from;
    const void* p = memmem(s.data + from, s.size - from, what.data, what.size);  // libc's is linear
    return p ? static_cast<size_t>(static_cast<const char*>(p) - s.data) : SIZE_MAX;
}

size_t find_last(Str s, Str what) {
    if (what.size > s.size) return SIZE_MAX;
    for (size_t i = s.size - what.size + 1; i-- > 0;)
        if (what.size == 0 || memcmp(s.data + i, what.data, what.size) == 0) return i;
    return SIZE_MAX;
}

int compare(Str a, Str b) {
    const size_t n = a.size < b.size ? a.size : b.size;
    const int c = n ? memcmp(a.data, b.data, n) : 0;
    return c ? (c < 0 ? -1 : 1) : a.size < b.size ? -1 : a.size > b.size;
}

}  // namespace thimble::jinja
