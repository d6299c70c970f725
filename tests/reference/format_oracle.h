// SPDX-License-Identifier: MIT
// An independent decoder of the GGUF block formats, one weight at a time, in double, by the place of its bits in the
// block. It shares no code or table with kernels/: the tests compare the two.
#pragma once
#include <cstdint>

#include "tests/reference/grids.inc"

namespace oracle {

// Weight = (scale * factor) * q + offset. factor is the integer scale of a half of 32 (1 in formats without).
struct Weight {
    int q, factor;
    double scale, offset;
    bool has_offset;
    double value() const { return has_offset ? scale * factor * q + offset : scale * factor * q; }
};

class Block {
  public:
    explicit Block(const unsigned char* bytes) : p_(bytes) {}
    // `width` bits from bit `at` of the block on, lowest first, bytes in ascending order.
    uint32_t bits(int at, int width) const {
        uint32_t v = 0;
        for (int i = width - 1; i >= 0; --i) v = v * 2 + (p_[(at + i) / 8] >> (at + i) % 8 & 1);
        return v;
    }
    int byte(int at) const { return p_[at]; }
    int signed_byte(int at) const { return p_[at] < 128 ? p_[at] : p_[at] - 256; }
    double half(int at) const { return half_value(static_cast<int>(bits(at * 8, 16))); }
    double single(int at) const {
        return ieee(static_cast<int>(bits(at * 8 + 31, 1)), static_cast<int>(bits(at * 8 + 23, 8)), bits(at * 8, 23), 8,
                    23);
    }
    static double half_value(int h) { return ieee(h >> 15, h >> 10 & 31, static_cast<uint32_t>(h & 1023), 5, 10); }
    static double power(int e) {
        double v = 1;
        for (; e > 0; --e) v *= 2;
        for (; e < 0; ++e) v *= 0.5;
        return v;
    }

  private:
    static double ieee(int sign, int exponent, uint32_t mantissa, int exponent_bits, int mantissa_bits) {
        const int top = (1 << exponent_bits) - 1, bias = top / 2;
        double v;
        if (exponent == top) {
            v = mantissa ? __builtin_nan("") : __builtin_inf();
        } else {
            const double fraction = mantissa * power(-mantissa_bits);
            v = exponent ? (1 + fraction) * power(exponent - bias) : fraction * power(1 - bias);
        }
        return sign ? -v : v;
    }
    const unsigned char* p_;
};

inline int digit(int number, int base, int digits, int place) {
    for (int i = digits - 1; i > place; --i) number /= base;
    return number % base;
}

// Sign s of eight where seven bits are stored and their total number is even.
inline int sign_of_seven(const Block& b, int at, int place) {
    int ones = 0;
    for (int i = 0; i < 7; ++i) ones += static_cast<int>(b.bits(at + i, 1));
    const int bit = place < 7 ? static_cast<int>(b.bits(at + place, 1)) : ones % 2;
    return bit ? -1 : 1;
}

inline Weight plain(int q, double scale, int factor = 1) { return {q, factor, scale, 0, false}; }
inline Weight with_offset(int q, double scale, double offset, int factor = 1) {
    return {q, factor, scale, offset, true};
}

inline Weight legacy(const Block& b, uint32_t type, int i) {
    const int column = i % 16 * 8 + i / 16 * 4;
    switch (type) {
        case 2: return plain(static_cast<int>(b.bits(16 + column, 4)) - 8, b.half(0));
        case 3: return with_offset(static_cast<int>(b.bits(32 + column, 4)), b.half(0), b.half(2));
        case 6: return plain(static_cast<int>(b.bits(48 + column, 4) + 16 * b.bits(16 + i, 1)) - 16, b.half(0));
        case 7:
            return with_offset(static_cast<int>(b.bits(64 + column, 4) + 16 * b.bits(32 + i, 1)), b.half(0), b.half(2));
        default: return plain(b.signed_byte(2 + i), b.half(0));  // 8
    }
}

inline Weight k_four_five(const Block& b, int i, bool five) {
    const int group = i / 32, column = i % 32, s = 4 * 8;  // the twelve bytes of scales start at byte 4
    int scale, min;
    if (group < 4) {
        scale = static_cast<int>(b.bits(s + group * 8, 6));
        min = static_cast<int>(b.bits(s + 32 + group * 8, 6));
    } else {
        scale = static_cast<int>(b.bits(s + 64 + (group - 4) * 8, 4) + 16 * b.bits(s + (group - 4) * 8 + 6, 2));
        min = static_cast<int>(b.bits(s + 64 + (group - 4) * 8 + 4, 4) + 16 * b.bits(s + 32 + (group - 4) * 8 + 6, 2));
    }
    const int low = (five ? 48 : 16) + group / 2 * 32 + column;
    int q = static_cast<int>(b.bits(low * 8 + group % 2 * 4, 4));
    if (five) q += 16 * static_cast<int>(b.bits((16 + column) * 8 + group, 1));
    return with_offset(q, b.half(0) * scale, -(b.half(2) * min));
}

inline Weight k_quant(const Block& b, uint32_t type, int i) {
    const int run = i / 128, row = i % 128 / 32, column = i % 32, group = i / 16;
    switch (type) {
        case 10: {
            const int q = static_cast<int>(b.bits((16 + run * 32 + column) * 8 + row * 2, 2));
            return with_offset(q, b.half(80), -(b.half(82) * b.bits(group * 8 + 4, 4)),
                               static_cast<int>(b.bits(group * 8, 4)));
        }
        case 11: {
            const int q = static_cast<int>(b.bits((32 + run * 32 + column) * 8 + row * 2, 2) +
                                           4 * b.bits(column * 8 + i / 32, 1));
            const uint32_t low = b.bits(96 * 8 + group % 8 * 8 + group / 8 * 4, 4);
            const uint32_t high = b.bits(104 * 8 + group % 4 * 8 + group / 4 * 2, 2);
            return plain(q - 4, b.half(108), static_cast<int>(low + 16 * high) - 32);
        }
        case 12: return k_four_five(b, i, false);
        case 13: return k_four_five(b, i, true);
        case 14: {
            const uint32_t low = b.bits((run * 64 + row % 2 * 32 + column) * 8 + row / 2 * 4, 4);
            const uint32_t high = b.bits((128 + run * 32 + column) * 8 + row * 2, 2);
            return plain(static_cast<int>(low + 16 * high) - 32, b.half(208), b.signed_byte(192 + group));
        }
        default: return plain(b.signed_byte(4 + i), b.single(0));  // 15
    }
}

inline Weight grid_two(const Block& b, uint32_t type, int i) {
    static const int values[3] = {8, 25, 43};
    const int sub = i / 32, group = i / 8, place = i % 8;
    if (type == 16) {
        const int entry = b.byte(2 + sub * 8 + group % 4), word = (2 + sub * 8 + 4) * 8;
        const int sign = sign_of_seven(b, word + group % 4 * 7, place);
        return plain(sign * values[digit(kDigitsIq2Xxs[entry], 3, 8, place)],
                     b.half(0) * (0.5 + b.bits(word + 28, 4)) / 4);
    }
    if (type == 17) {
        const int word = (2 + group * 2) * 8;
        const int value = values[digit(kDigitsIq2Xs[b.bits(word, 9)], 3, 8, place)];
        return plain(sign_of_seven(b, word + 9, place) * value, b.half(0) / 8,
                     1 + 2 * static_cast<int>(b.bits(66 * 8 + i / 16 * 4, 4)));
    }
    const uint32_t entry = b.bits((2 + group) * 8, 8) + 256 * b.bits(66 * 8 + group * 2, 2);
    const int sign = b.bits(34 * 8 + i, 1) ? -1 : 1;
    return plain(sign * values[digit(kDigitsIq2S[entry], 3, 8, place)], b.half(0) / 8,
                 1 + 2 * static_cast<int>(b.bits(74 * 8 + i / 16 * 4, 4)));
}

inline Weight grid_three(const Block& b, uint32_t type, int i) {
    const int sub = i / 32, entry = i / 4;
    if (type == 18) {
        static const int values[8] = {4, 12, 20, 28, 36, 44, 52, 62};
        const int word = (66 + sub * 4) * 8;
        const int value = values[digit(kDigitsIq3Xxs[b.byte(2 + entry)], 8, 4, i % 4)];
        return plain(sign_of_seven(b, word + i % 32 / 8 * 7, i % 8) * value,
                     b.half(0) * (0.5 + b.bits(word + 28, 4)) / 2);
    }
    const uint32_t index = b.bits((2 + entry) * 8, 8) + 256 * b.bits(66 * 8 + entry, 1);
    const int value = 1 + 2 * digit(kDigitsIq3S[index], 8, 4, i % 4);
    return plain(b.bits(74 * 8 + i, 1) ? -value : value, b.half(0) * (1 + 2 * b.bits(106 * 8 + sub * 4, 4)));
}

// The shift of +-1/8 is counted in eighths.
inline Weight grid_one(const Block& b, uint32_t type, int i) {
    const int sub = i / 32, group = i / 8;
    if (type == 19) {
        const int word = (34 + sub * 2) * 8;
        const uint32_t entry = b.bits((2 + group) * 8, 8) + 256 * b.bits(word + group % 4 * 3, 3);
        const int q = 8 * (digit(kDigitsIq1[entry], 3, 8, i % 8) - 1) + (b.bits(word + 15, 1) ? -1 : 1);
        return plain(q, b.half(0) * (1 + 2 * b.bits(word + 12, 3)) / 8);
    }
    uint32_t d = 0;
    for (int n = 3; n >= 0; --n) d = d * 16 + b.bits((48 + n * 2) * 8 + 12, 4);
    const uint32_t entry = b.bits(group * 8, 8) + 256 * b.bits(32 * 8 + group * 4, 3);
    const int q = 8 * (digit(kDigitsIq1[entry], 3, 8, i % 8) - 1) + (b.bits(32 * 8 + group * 4 + 3, 1) ? -1 : 1);
    const uint32_t s = b.bits((48 + sub / 2 * 2) * 8 + i % 64 / 16 * 3, 3);
    return plain(q, Block::half_value(static_cast<int>(d)) / 8, 1 + 2 * static_cast<int>(s));
}

inline int trit(int byte, int place) {  // digit `place` of byte / 256 in base 3, times 1 - 1
    for (int i = 0; i < place; ++i) byte = byte * 3 % 256;
    return byte * 3 / 256 - 1;
}

inline Weight small_codes(const Block& b, uint32_t type, int i) {
    static const int four[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    static const int e2m1[8] = {0, 1, 2, 3, 4, 6, 8, 12};  // doubled
    switch (type) {
        case 20: return plain(four[b.bits(16 + i % 16 * 8 + i / 16 * 4, 4)], b.half(0));
        case 23: {
            const int sub = i / 32;
            const int s = static_cast<int>(b.bits(32 + sub * 4, 4) + 16 * b.bits(16 + sub * 2, 2)) - 32;
            return plain(four[b.bits((8 + sub * 16 + i % 16) * 8 + i % 32 / 16 * 4, 4)], b.half(0) * s);
        }
        case 34:
            if (i < 160) return plain(trit(b.byte(i % 32), i / 32), b.half(52));
            if (i < 240) return plain(trit(b.byte(32 + i % 16), (i - 160) / 16), b.half(52));
            return plain(trit(b.byte(48 + i % 4), (i - 240) / 4), b.half(52));
        case 35:
            return plain(static_cast<int>(b.bits((i / 128 * 32 + i % 32) * 8 + i % 128 / 32 * 2, 2)) - 1, b.half(64));
        case 39: {
            const uint32_t code = b.bits(8 + i % 16 * 8 + i / 16 * 4, 4);
            return plain(code & 8 ? -e2m1[code & 7] : e2m1[code & 7], Block::power(b.byte(0) - 128));
        }
        case 40: {
            const int s = static_cast<int>(b.bits(i / 16 * 8, 7)), raw = b.byte(i / 16);
            const uint32_t code = b.bits((4 + i / 16 * 8 + i % 8) * 8 + i % 16 / 8 * 4, 4);
            double scale = s < 8 ? s * Block::power(-9) : (8 + s % 8) * Block::power(s / 8 - 10);
            if (raw == 0x7f) scale = 0;
            return plain(code & 8 ? -e2m1[code & 7] : e2m1[code & 7], scale / 2);
        }
        case 41: return plain(b.bits(16 + i, 1) ? 1 : -1, b.half(0));
        default: return plain(static_cast<int>(b.bits(16 + i * 2, 2)) - 1, b.half(0));  // 42
    }
}

// Weight i of a block of GGUF type `type` (a quantised one).
inline Weight weight(uint32_t type, const unsigned char* block, int i) {
    const Block b(block);
    switch (type) {
        case 2:
        case 3:
        case 6:
        case 7:
        case 8: return legacy(b, type, i);
        case 10:
        case 11:
        case 12:
        case 13:
        case 14:
        case 15: return k_quant(b, type, i);
        case 16:
        case 17:
        case 22: return grid_two(b, type, i);
        case 18:
        case 21: return grid_three(b, type, i);
        case 19:
        case 29: return grid_one(b, type, i);
        default: return small_codes(b, type, i);
    }
}

// Value i of a row of a dense type.
inline double dense(uint32_t type, const unsigned char* row, int64_t i) {
    if (type == 0) return Block(row + i * 4).single(0);
    if (type == 1) return Block(row + i * 2).half(0);
    const unsigned char wide[4] = {0, 0, row[i * 2], row[i * 2 + 1]};
    return Block(wide).single(0);
}

}  // namespace oracle
