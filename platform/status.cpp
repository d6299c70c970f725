// SPDX-License-Identifier: MIT
#include "platform/status.h"

namespace thimble {
namespace {

// Length of the well-formed UTF-8 sequence at p that a terminal may be shown, or 0: messages quote bytes of hostile
// files, so control characters (C0, DEL, C1), overlong forms and surrogates are not passed on.
size_t printable_sequence(const unsigned char* p, size_t n) {
    const unsigned char a = p[0];
    if (a < 0x80) return a >= 0x20 && a != 0x7f ? 1 : 0;
    const size_t length = a >= 0xc2 && a <= 0xdf ? 2 : (a & 0xf0) == 0xe0 ? 3 : a >= 0xf0 && a <= 0xf4 ? 4 : 0;
    if (length == 0 || n < length) return 0;
    for (size_t i = 1; i < length; ++i) {
        if ((p[i] & 0xc0) != 0x80) return 0;
    }
    const unsigned char b = p[1];
    if (a == 0xc2 && b < 0xa0) return 0;                                // C1 controls
    if ((a == 0xe0 && b < 0xa0) || (a == 0xed && b >= 0xa0)) return 0;  // overlong, surrogate
    if ((a == 0xf0 && b < 0x90) || (a == 0xf4 && b >= 0x90)) return 0;  // overlong, past U+10FFFF
    return length;
}

}  // namespace

void TextBuilder::bytes(const char* p, size_t n) {
    const unsigned char* u = reinterpret_cast<const unsigned char*>(p);
    for (size_t i = 0; i < n;) {
        const size_t length = printable_sequence(u + i, n - i);
        const size_t take = length ? length : 1;
        if (capacity == 0 || take > capacity - 1 - used) {
            if (capacity) capacity = used + 1;  // full: nothing shorter may follow a cut
            return;
        }
        if (length) {
            memcpy(out + used, p + i, length);
        } else {
            out[used] = '?';
        }
        used += take;
        out[used] = 0;
        i += take;
    }
}

void TextBuilder::add(unsigned long long v) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = static_cast<char>('0' + v % 10);
        v /= 10;
    } while (v != 0);
    bytes(digits + at, sizeof digits - at);
}

void TextBuilder::add(long long v) {
    if (v < 0) {
        add('-');
        add(0 - static_cast<unsigned long long>(v));
    } else {
        add(static_cast<unsigned long long>(v));
    }
}

void TextBuilder::add(double v) {
    if (v != v) return add("nan");
    if (__builtin_signbit(v)) {
        add('-');
        v = -v;
    }
    if (v == 0) return add('0');
    if (v > 1.7976931348623157e308) return add("inf");
    int exponent = 0;
    for (; v >= 10; ++exponent) v /= 10;
    for (; v < 1; --exponent) v *= 10;
    unsigned digits = static_cast<unsigned>(v * 100000 + 0.5);  // d.ddddd
    if (digits >= 1000000) {
        digits /= 10;
        ++exponent;
    }
    char text[6];
    for (int i = 5; i >= 0; --i, digits /= 10) text[i] = static_cast<char>('0' + digits % 10);
    int n = 6;
    while (n > 1 && text[n - 1] == '0') --n;
    const bool scientific = exponent < -4 || exponent > 5;
    const int whole = scientific ? 1 : exponent + 1;  // digits before the point; <= 0: the number starts with 0.
    if (whole <= 0) add("0.");
    for (int i = whole; i < 0; ++i) add('0');
    for (int i = 0; i < n || i < whole; ++i) {
        if (i == whole && i > 0) add('.');
        add(i < n ? text[i] : '0');
    }
    if (scientific) {
        add('e');
        add(exponent);
    }
}

}  // namespace thimble
