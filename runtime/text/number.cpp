// SPDX-License-Identifier: MIT
#include "runtime/text/number.h"

#include <bit>

namespace thimble {
namespace {

// An unsigned integer of up to 4480 bits: 770 digits shifted by the widest exponent fit with room to spare. Little-endian
// words; `n` words are in use and the highest of them is not zero.
struct Big {
    static constexpr unsigned kWords = 140;
    uint32_t w[kWords];
    unsigned n = 0;

    explicit Big(uint64_t v) {
        for (; v; v >>= 32) w[n++] = static_cast<uint32_t>(v);
    }
    void multiply_add(uint32_t factor, uint32_t addend) {
        uint64_t carry = addend;
        for (unsigned i = 0; i < n; ++i) {
            carry += static_cast<uint64_t>(w[i]) * factor;
            w[i] = static_cast<uint32_t>(carry);
            carry >>= 32;
        }
        if (carry && n < kWords) w[n++] = static_cast<uint32_t>(carry);
    }
    void multiply_power_of_ten(unsigned e) {
        for (; e >= 9; e -= 9) multiply_add(1000000000u, 0);
        for (; e; --e) multiply_add(10, 0);
    }
    void shift_left(unsigned bits) {
        if (n == 0) return;
        const unsigned words = bits / 32, rest = bits % 32;
        if (n + words + 1 > kWords) return;
        w[n] = 0;
        for (unsigned i = n + 1; i-- > 0;) {
            const uint64_t low = rest && i ? w[i - 1] >> (32 - rest) : 0;
            w[i + words] = static_cast<uint32_t>((static_cast<uint64_t>(w[i]) << rest) | low);
        }
        for (unsigned i = 0; i < words; ++i) w[i] = 0;
        n += words + 1;
        while (n && w[n - 1] == 0) --n;
    }
    unsigned bits() const { return n ? n * 32 - static_cast<unsigned>(std::countl_zero(w[n - 1])) : 0; }
    int compare(const Big& o) const {
        if (n != o.n) return n < o.n ? -1 : 1;
        for (unsigned i = n; i-- > 0;)
            if (w[i] != o.w[i]) return w[i] < o.w[i] ? -1 : 1;
        return 0;
    }
    void subtract(const Big& o) {  // o <= *this
        int64_t borrow = 0;
        for (unsigned i = 0; i < n; ++i) {
            const int64_t d = static_cast<int64_t>(w[i]) - (i < o.n ? o.w[i] : 0) + borrow;
            w[i] = static_cast<uint32_t>(d);
            borrow = d < 0 ? -1 : 0;
        }
        while (n && w[n - 1] == 0) --n;
    }
    void add(const Big& o) {
        uint64_t carry = 0;
        for (unsigned i = 0; (i < o.n || i < n || carry) && i < kWords; ++i) {
            if (i == n) w[n++] = 0;
            carry += static_cast<uint64_t>(w[i]) + (i < o.n ? o.w[i] : 0);
            w[i] = static_cast<uint32_t>(carry);
            carry >>= 32;
        }
    }
    unsigned divide_digit(const Big& o) {  // quotient, known to be below 10; leaves the remainder
        unsigned q = 0;
        while (compare(o) >= 0) subtract(o), ++q;
        return q;
    }
};

struct Parts {
    uint64_t mantissa;
    int exponent;  // v = mantissa * 2^exponent
    bool negative, boundary;
};

Parts split(double v) {
    const uint64_t bits = std::bit_cast<uint64_t>(v);
    const int biased = static_cast<int>(bits >> 52 & 0x7ff);
    const uint64_t fraction = bits & ((1ull << 52) - 1);
    Parts p;
    p.negative = bits >> 63;
    p.mantissa = biased ? fraction | 1ull << 52 : fraction;
    p.exponent = (biased ? biased : 1) - 1075;
    p.boundary = fraction == 0 && biased > 1;  // the gap below is half the gap above
    return p;
}

// Steele and White's free-format algorithm (PLDI 1990) with exact integers: digits of mantissa * 2^exponent, the fewest
// that lie within half a gap of it. Returns their count and in *point the decimal exponent: 0.d1d2d3... * 10^point.
unsigned shortest_digits(const Parts& p, char* digits, int* point) {
    Big r(p.mantissa), s(1), up(1), down(1);
    const unsigned extra = p.boundary ? 2 : 1;
    r.shift_left(extra + (p.exponent > 0 ? static_cast<unsigned>(p.exponent) : 0));
    s.shift_left(extra + (p.exponent < 0 ? static_cast<unsigned>(-p.exponent) : 0));
    if (p.exponent > 0)
        up.shift_left(static_cast<unsigned>(p.exponent)), down.shift_left(static_cast<unsigned>(p.exponent));
    if (p.boundary) up.shift_left(1);
    const bool even = (p.mantissa & 1) == 0;  // ties read back as the even neighbour, so the bounds belong to it
    const int bits = static_cast<int>(std::bit_width(p.mantissa)) + p.exponent - 1;
    int k = (bits * 1233) / 4096 - 1;  // at or below floor(log10 v): 1233 / 4096 is a little under log10(2)
    if (bits < 0) k = -((-bits * 1234 + 4095) / 4096) - 1;
    if (k >= 0) {
        s.multiply_power_of_ten(static_cast<unsigned>(k));
    } else {
        r.multiply_power_of_ten(static_cast<unsigned>(-k));
        up.multiply_power_of_ten(static_cast<unsigned>(-k));
        down.multiply_power_of_ten(static_cast<unsigned>(-k));
    }
    for (;;) {  // scale until the value with its upper bound is below 1
        Big high = r;
        high.add(up);
        const int c = high.compare(s);
        if (c < 0 || (c == 0 && !even)) break;
        s.multiply_add(10, 0);
        ++k;
    }
    *point = k;
    unsigned n = 0;
    for (;;) {
        r.multiply_add(10, 0), up.multiply_add(10, 0), down.multiply_add(10, 0);
        unsigned d = r.divide_digit(s);
        Big high = r;
        high.add(up);
        const int lo = r.compare(down), hi = high.compare(s);
        const bool low = lo < 0 || (lo == 0 && even), top = hi > 0 || (hi == 0 && even);
        if (low || top) {
            Big twice = r;
            twice.shift_left(1);
            const int half = twice.compare(s);
            if (top && (!low || half > 0 || (half == 0 && (d & 1)))) ++d;
            digits[n++] = static_cast<char>('0' + d);
            return n;
        }
        digits[n++] = static_cast<char>('0' + d);
        if (n >= 17) return n;
    }
}

size_t put(char* out, const char* z) {
    const size_t n = strlen(z);
    memcpy(out, z, n);
    return n;
}

bool special(double v, char* out, size_t* n) {
    if (v != v) {
        *n = put(out, "nan");
        return true;
    }
    if (v - v != 0) {
        *n = put(out, v < 0 ? "-inf" : "inf");
        return true;
    }
    return false;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// digits * 10^exponent as the nearest double.
double assemble(Str digits, int exponent) {
    Big num(0), den(1);
    for (size_t i = 0; i < digits.size; ++i) {
        const uint32_t d = static_cast<uint32_t>(digits.data[i] - '0');
        if (num.n == 0)
            num = Big(d);
        else
            num.multiply_add(10, d);
    }
    if (num.n == 0) return 0.0;
    if (exponent > 0)
        num.multiply_power_of_ten(static_cast<unsigned>(exponent));
    else
        den.multiply_power_of_ten(static_cast<unsigned>(-exponent));
    // Scale by 2^shift so that the quotient has 53 bits, or fewer for a denormal.
    int shift = 53 - (static_cast<int>(num.bits()) - static_cast<int>(den.bits()));
    if (shift > 1074) shift = 1074;
    for (;;) {
        Big n = num, d = den;
        if (shift > 0)
            n.shift_left(static_cast<unsigned>(shift));
        else
            d.shift_left(static_cast<unsigned>(-shift));
        uint64_t q = 0;
        const int top = static_cast<int>(n.bits()) - static_cast<int>(d.bits());
        for (int b = top; b >= 0; --b) {  // long division, a bit at a time: at most 55 steps
            Big t = d;
            t.shift_left(static_cast<unsigned>(b));
            if (n.compare(t) >= 0) n.subtract(t), q |= 1ull << b;
        }
        if (q >= 1ull << 53) {
            --shift;
            continue;
        }
        n.shift_left(1);
        const int c = n.compare(d);
        if (c > 0 || (c == 0 && (q & 1))) ++q;
        if (q == 1ull << 53) q >>= 1, --shift;
        int e = -shift + 1075;
        if (q < 1ull << 52) e = 0;  // denormal: shift is 1074
        if (e >= 0x7ff) return std::bit_cast<double>(0x7ffull << 52);
        return std::bit_cast<double>((static_cast<uint64_t>(e) << 52) | (q & ((1ull << 52) - 1)));
    }
}

}  // namespace

size_t format_int(int64_t v, char* out) {
    char t[20];
    uint64_t u = v < 0 ? 0 - static_cast<uint64_t>(v) : static_cast<uint64_t>(v);
    size_t n = 0, at = 0;
    do t[n++] = static_cast<char>('0' + u % 10);
    while (u /= 10);
    if (v < 0) out[at++] = '-';
    while (n) out[at++] = t[--n];
    return at;
}

size_t format_double(double v, char* out) {
    size_t n = 0;
    if (special(v, out, &n)) return n;
    const Parts p = split(v);
    if (p.negative) out[n++] = '-';
    if (p.mantissa == 0) return n + put(out + n, "0.0");
    char d[24];
    int point;
    unsigned count = shortest_digits(p, d, &point);
    while (count > 1 && d[count - 1] == '0') --count;
    if (point > -4 && point <= 16) {
        if (point <= 0) {
            n += put(out + n, "0.");
            for (int i = point; i < 0; ++i) out[n++] = '0';
            for (unsigned i = 0; i < count; ++i) out[n++] = d[i];
            return n;
        }
        for (int i = 0; i < point; ++i) out[n++] = i < static_cast<int>(count) ? d[i] : '0';
        out[n++] = '.';
        if (static_cast<int>(count) <= point) out[n++] = '0';
        for (unsigned i = static_cast<unsigned>(point); i < count; ++i) out[n++] = d[i];
        return n;
    }
    out[n++] = d[0];
    if (count > 1) out[n++] = '.';
    for (unsigned i = 1; i < count; ++i) out[n++] = d[i];
    int e = point - 1;
    out[n++] = 'e';
    out[n++] = e < 0 ? '-' : '+';
    if (e < 0) e = -e;
    if (e < 10) out[n++] = '0';
    return n + format_int(e, out + n);
}

size_t format_fixed(double v, unsigned decimals, char* out) {
    size_t n = 0;
    if (special(v, out, &n)) return n;
    if (decimals > 100) decimals = 100;
    const Parts p = split(v);
    if (p.negative) out[n++] = '-';
    // round(mantissa * 10^decimals * 2^exponent), then its decimal digits from the end.
    Big num(p.mantissa);
    num.multiply_power_of_ten(decimals);
    if (p.exponent > 0) {
        num.shift_left(static_cast<unsigned>(p.exponent));
    } else if (num.n) {
        const unsigned s = static_cast<unsigned>(-p.exponent);
        const auto bit = [&](unsigned i) { return i / 32 < num.n && (num.w[i / 32] >> (i % 32) & 1); };
        bool sticky = false;
        for (unsigned i = 0; s && i + 1 < s && !sticky; ++i) sticky = bit(i);
        const bool half = s && bit(s - 1), odd = bit(s);
        const unsigned words = s / 32, rest = s % 32, old = num.n;
        for (unsigned i = 0; i < old; ++i) {
            const uint64_t lo = i + words < old ? num.w[i + words] : 0,
                           hi = i + words + 1 < old ? num.w[i + words + 1] : 0;
            num.w[i] = static_cast<uint32_t>((hi << 32 | lo) >> rest);
        }
        while (num.n && num.w[num.n - 1] == 0) --num.n;
        if (half && (sticky || odd)) num.add(Big(1));
    }
    char t[kFixedText];
    size_t count = 0;
    while (num.n || count <= decimals) {
        uint64_t rest = 0;
        for (unsigned i = num.n; i-- > 0;) {
            rest = rest << 32 | num.w[i];
            num.w[i] = static_cast<uint32_t>(rest / 10);
            rest %= 10;
        }
        while (num.n && num.w[num.n - 1] == 0) --num.n;
        t[count++] = static_cast<char>('0' + rest);
    }
    while (count) {
        out[n++] = t[--count];
        if (count == decimals && decimals) out[n++] = '.';
    }
    return n;
}

bool parse_int(Str text, int64_t* out) {
    size_t i = 0;
    const bool negative = text.size && text.data[0] == '-';
    if (text.size && (text.data[0] == '-' || text.data[0] == '+')) ++i;
    if (i == text.size) return false;
    int64_t v = 0;
    for (; i < text.size; ++i) {
        if (!is_digit(text.data[i])) return false;
        const int d = text.data[i] - '0';
        if (__builtin_mul_overflow(v, int64_t{10}, &v) || __builtin_sub_overflow(v, int64_t{d}, &v)) return false;
    }
    if (negative)
        *out = v;
    else if (v == INT64_MIN)
        return false;
    else
        *out = -v;
    return true;
}

bool parse_double(Str text, double* out) {
    constexpr size_t kKeep = 770;  // more digits than any midpoint between doubles has
    char digits[kKeep + 1];
    size_t n = 0, i = 0;
    int64_t exponent = 0;
    bool negative = false, any = false, dropped = false, point = false;
    if (i < text.size && text.data[i] == '-') negative = true, ++i;
    for (; i < text.size && (is_digit(text.data[i]) || (text.data[i] == '.' && !point)); ++i) {
        if (text.data[i] == '.') {
            point = true;
            continue;
        }
        any = true;
        if (point) --exponent;
        if (n == 0 && text.data[i] == '0') continue;
        if (n < kKeep)
            digits[n++] = text.data[i];
        else
            ++exponent, dropped |= text.data[i] != '0';
    }
    if (!any) return false;
    if (i < text.size && (text.data[i] | 32) == 'e') {
        ++i;
        const bool minus = i < text.size && text.data[i] == '-';
        if (i < text.size && (text.data[i] == '-' || text.data[i] == '+')) ++i;
        if (i == text.size || !is_digit(text.data[i])) return false;
        int64_t e = 0;
        for (; i < text.size && is_digit(text.data[i]); ++i)
            if (e < 100000000) e = e * 10 + (text.data[i] - '0');
        exponent += minus ? -e : e;
    }
    if (i != text.size) return false;
    while (n && digits[n - 1] == '0' && !dropped) --n, ++exponent;
    if (dropped) digits[n++] = '1', --exponent;  // any non-zero tail decides a tie alike
    const int64_t magnitude = exponent + static_cast<int64_t>(n);
    double v;
    if (n == 0 || magnitude < -330)
        v = 0.0;
    else if (magnitude > 310)
        v = std::bit_cast<double>(0x7ffull << 52);
    else
        v = assemble(Str(digits, n), static_cast<int>(exponent));
    *out = negative ? -v : v;
    return true;
}

}  // namespace thimble
