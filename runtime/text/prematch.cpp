// SPDX-License-Identifier: MIT
// Scanners for the rules of prerules.h. All are functions of (code, at, to): the end of the match, or `at`.
// Linear time over a whole piece: a rule that fails after looking at a run is either followed, in every stage that has
// it, by a rule that takes the run, or it remembers the failure in the code before it (see newlines()).
#include "runtime/text/prematch.h"

#include "runtime/text/pretokenizer.h"
#include "runtime/text/unicode.h"

namespace thimble {

namespace {
struct Range {
    uint32_t first, last;
};
// Letters of the scripts with case: Latin, Greek, Cyrillic, Armenian, Georgian, Cherokee, Coptic, Deseret, Osage, ...
constexpr Range kCasedScriptRanges[] = {
    {0x41, 0x5a},       {0x61, 0x7a},       {0xb5, 0xb5},       {0xc0, 0xd6},       {0xd8, 0xf6},
    {0xf8, 0x1ba},      {0x1bc, 0x1bf},     {0x1c4, 0x293},     {0x295, 0x2af},     {0x370, 0x373},
    {0x376, 0x377},     {0x37b, 0x37d},     {0x37f, 0x37f},     {0x386, 0x386},     {0x388, 0x38a},
    {0x38c, 0x38c},     {0x38e, 0x3a1},     {0x3a3, 0x3f5},     {0x3f7, 0x481},     {0x48a, 0x52f},
    {0x531, 0x556},     {0x10a0, 0x10c5},   {0x13a0, 0x13f5},   {0x13f8, 0x13fd},   {0x1c90, 0x1cba},
    {0x1cbd, 0x1cbf},   {0x1d00, 0x1d2b},   {0x1d6b, 0x1d77},   {0x1d79, 0x1d9a},   {0x1e00, 0x1f15},
    {0x1f18, 0x1f1d},   {0x1f20, 0x1f45},   {0x1f48, 0x1f4d},   {0x1f50, 0x1f57},   {0x1f59, 0x1f59},
    {0x1f5b, 0x1f5b},   {0x1f5d, 0x1f5d},   {0x1f5f, 0x1f7d},   {0x1f80, 0x1fb4},   {0x1fb6, 0x1fbc},
    {0x1fbe, 0x1fbe},   {0x1fc2, 0x1fc4},   {0x1fc6, 0x1fcc},   {0x1fd0, 0x1fd3},   {0x1fd6, 0x1fdb},
    {0x1fe0, 0x1fec},   {0x1ff2, 0x1ff4},   {0x1ff6, 0x1ffc},   {0x2102, 0x2102},   {0x2107, 0x2107},
    {0x210a, 0x2113},   {0x2115, 0x2115},   {0x2119, 0x211d},   {0x2124, 0x2124},   {0x2126, 0x2126},
    {0x2128, 0x2128},   {0x212a, 0x212d},   {0x212f, 0x2134},   {0x2139, 0x2139},   {0x213c, 0x213f},
    {0x2145, 0x2149},   {0x214e, 0x214e},   {0x2183, 0x2184},   {0x2c00, 0x2c7b},   {0x2c7e, 0x2ce4},
    {0x2ceb, 0x2cee},   {0x2cf2, 0x2cf3},   {0xa640, 0xa66d},   {0xa680, 0xa69b},   {0xa722, 0xa76f},
    {0xa771, 0xa787},   {0xa78b, 0xa78e},   {0xab70, 0xabbf},   {0xfb00, 0xfb06},   {0xfb13, 0xfb17},
    {0xff21, 0xff3a},   {0xff41, 0xff5a},   {0x10400, 0x1044f}, {0x104b0, 0x104d3}, {0x104d8, 0x104fb},
    {0x10c80, 0x10cb2}, {0x10cc0, 0x10cf2}, {0x118a0, 0x118df}, {0x1e900, 0x1e943},
};
constexpr Range kCasedMarkRanges[] = {{0x21, 0x2f},     {0x3a, 0x7e},     {0x2018, 0x201f},
                                      {0x3001, 0x3002}, {0xff01, 0xff0f}, {0xff1a, 0xff5e}};
constexpr Range kHanHangulRanges[] = {{0x800, 0x9fa5}, {0xac00, 0xd7ff}};
constexpr Range kHanKanaRanges[] = {{0x3040, 0x30ff}, {0x4e00, 0x9fa5}};
constexpr Range kAsianRanges[] = {{0xe40, 0xeff},   {0x1000, 0x109f}, {0x1100, 0x11ff},
                                  {0x1780, 0x17ff}, {0x2f00, 0x2fdf}, {0x3040, 0x30ff},
                                  {0x3400, 0x4dbf}, {0x4e00, 0xfaff}, {0xff65, 0xff9f}};
constexpr Range kHangulRanges[] = {{0x3131, 0x318e}, {0xac00, 0xd7a3}};
constexpr Range kCjkMarkRanges[] = {{0x2014, 0x2014}, {0x2018, 0x2019}, {0x201c, 0x201d},
                                    {0x2026, 0x2026}, {0x3001, 0x303f}, {0xfe30, 0xfe4f},
                                    {0xff01, 0xff01}, {0xff0c, 0xff0c}, {0xff1a, 0xff1b}};
constexpr Range kBopomofoRanges[] = {{0x3105, 0x312f}};
constexpr Range kHanRanges[] = {{0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xf900, 0xfaff},
                                {0x20000, 0x2a6df}, {0x2a700, 0x2ebef}, {0x2f800, 0x2fa1f}};
// ( | . , ! ? and the full stops, commas and ellipses of other scripts, ).
constexpr Range kSentenceMarkRanges[] = {{0x21, 0x21},   {0x28, 0x29},     {0x2c, 0x2c},     {0x2e, 0x2e},
                                         {0x3f, 0x3f},   {0x7c, 0x7c},     {0x60c, 0x60c},   {0x6d4, 0x6d4},
                                         {0x964, 0x964}, {0x2026, 0x2026}, {0x3001, 0x3002}, {0xff0c, 0xff0c}};

template <size_t N>
bool in(const Range (&ranges)[N], uint32_t c) {
    const uint32_t code = c & kScanCode;
    if ((c & kScanSpace) && code > 0x7f) return false;  // the expressions see other spaces as white space only
    size_t low = 0, high = N;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (code > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < N && code >= ranges[low].first;
}

uint32_t code_of(uint32_t c) { return c & kScanCode; }
UnicodeKind kind_of(uint32_t c) { return static_cast<UnicodeKind>(c >> kScanKindShift & 7); }
bool is_space(uint32_t c) { return (c & kScanSpace) != 0; }
bool is_letter(uint32_t c) { return kind_of(c) == kLetter; }
bool is_number(uint32_t c) { return kind_of(c) == kNumber; }
bool is_letter_or_mark(uint32_t c) { return kind_of(c) == kLetter || kind_of(c) == kMark; }
bool is_sign(uint32_t c) { return kind_of(c) == kPunctuation || kind_of(c) == kSymbol; }
bool is_newline(uint32_t c) { return code_of(c) == '\r' || code_of(c) == '\n'; }
bool is_digit(uint32_t c) { return code_of(c) - '0' < 10; }
bool is_upper_ascii(uint32_t c) { return code_of(c) - 'A' < 26; }
bool is_lower_ascii(uint32_t c) { return code_of(c) - 'a' < 26; }
bool is_ascii_sign(uint32_t c) { return code_of(c) < 0x80 && is_sign(c); }
bool is_other(uint32_t c) { return !is_space(c) && !is_letter(c) && !is_number(c); }
bool is_unmarked_other(uint32_t c) { return is_other(c) && kind_of(c) != kMark; }
bool is_han(uint32_t c) { return in(kHanRanges, c); }
bool is_plain_letter(uint32_t c) { return is_letter(c) && !is_han(c); }
bool leads_word(uint32_t c) { return !is_newline(c) && !is_letter(c) && !is_number(c); }
bool leads_unmarked_word(uint32_t c) { return !is_newline(c) && !is_letter(c) && !is_sign(c); }
bool is_falcon_mark(uint32_t c) {
    const uint32_t code = code_of(c);
    return kind_of(c) == kPunctuation || code == '$' || code == '+' || (code >= '<' && code <= '>') || code == '^' ||
           code == '~' || code == '|' || code == '`';
}

// One piece being scanned.
struct Scan {
    const uint32_t* code;
    size_t from, to;  // the piece
    uint64_t* steps;

    template <class Test>
    size_t run(size_t at, Test test) const {
        size_t end = at;
        while (end < to && test(code[end])) ++end;
        *steps += end - at + 1;
        return end;
    }
    bool is(size_t at, char c) const { return at < to && code_of(code[at]) == static_cast<uint32_t>(c); }
    bool is_either(size_t at, char c, bool any_case) const {
        return is(at, c) || (any_case && is(at, static_cast<char>(c - 'a' + 'A')));
    }
    // An optional code point that passes `lead`, then at least one that passes `body`.
    template <class Lead, class Body>
    size_t led_run(size_t at, Lead lead, Body body) const {
        if (lead(code[at]) && at + 1 < to && body(code[at + 1])) return run(at + 1, body);
        return body(code[at]) ? run(at, body) : at;
    }
    template <class Body>
    size_t spaced_run(size_t at, Body body) const {
        return led_run(
            at, [](uint32_t c) { return code_of(c) == ' '; }, body);
    }
    template <class Body, class Tail>
    size_t spaced_run(size_t at, Body body, Tail tail) const {
        const size_t end = spaced_run(at, body);
        return end == at ? at : run(end, tail);
    }
};

size_t contraction(const Scan& s, size_t at, bool any_case) {
    if (!s.is(at, '\'')) return at;
    for (const char* one = "stmd"; *one; ++one)
        if (s.is_either(at + 1, *one, any_case)) return at + 2;
    for (const char* two = "revell"; *two; two += 2)
        if (s.is_either(at + 1, two[0], any_case) && s.is_either(at + 2, two[1], any_case)) return at + 3;
    return at;
}

// \s*[\r\n]+. Behind white space that is no newline the run has been searched already: nothing is left to find.
size_t newlines(const Scan& s, size_t at) {
    if (at > s.from && is_space(s.code[at - 1]) && !is_newline(s.code[at - 1])) return at;
    size_t end = s.run(at, is_space);
    while (end > at && !is_newline(s.code[end - 1])) --end;
    return end;
}

size_t spaces_but_last(const Scan& s, size_t at) {
    const size_t end = s.run(at, is_space);
    return end == s.to || end == at ? end : end - 1;
}

size_t spaces_by_powers(const Scan& s, size_t at) {
    size_t length = 0;
    while (length < 513 && at + length < s.to && is_space(s.code[at + length])) ++length;
    *s.steps += length + 1;
    const bool last = at + length == s.to;
    for (size_t n = 512; n >= 4; n /= 2)
        if (length > n || (length == n && last)) return at + n;
    for (size_t n = 2; n >= 1; --n)
        if (length > n || (length == n && last)) return at + n;
    return at + (length ? 1 : 0);
}

// U*W+ or U+W* from `at`: upper run and what of it counts as lower too (letters without ASCII case).
template <bool kMarks>
struct Cased {
    static bool letter(uint32_t c) { return is_letter(c) || (kMarks && kind_of(c) == kMark); }
    static bool upper(uint32_t c) { return letter(c) && !is_lower_ascii(c); }
    static bool lower(uint32_t c) { return letter(c) && !is_upper_ascii(c); }

    static size_t ends_lower(const Scan& s, size_t at) {
        size_t end = s.run(at, upper);
        if (end < s.to && lower(s.code[end])) return s.run(end, lower);
        while (end > at && !lower(s.code[end - 1])) --end;
        return end;
    }
    static size_t match(const Scan& s, size_t at) {
        const bool led = leads_word(s.code[at]) && at + 1 < s.to;
        size_t end = led ? ends_lower(s, at + 1) : at;
        if (led && end > at + 1) return end;
        end = ends_lower(s, at);
        if (end > at) return end;
        // No letter of the run is lower: the second form takes the upper run.
        end = led ? s.run(at + 1, upper) : at;
        if (led && end > at + 1) return end;
        return s.run(at, upper);
    }
};

// A letter with its marks, more of them, with single spaces between.
size_t spaced_word(const Scan& s, size_t at) {
    size_t end = at;
    if (leads_word(s.code[at])) {
        if (at + 1 >= s.to || !is_letter(s.code[at + 1])) return at;
        end = at + 1;
    } else if (!is_letter(s.code[at])) {
        return at;
    }
    for (;;) {
        end = s.run(end + 1, [](uint32_t c) { return kind_of(c) == kMark; });
        if (end < s.to && is_letter(s.code[end])) continue;
        if (!s.is(end, ' ') || end + 1 >= s.to || !is_letter(s.code[end + 1])) return end;
        ++end;
    }
}

size_t sentinel(const Scan& s, size_t at) {
    size_t end = at;
    for (const char* c = "<sentinel:"; *c; ++c, ++end)
        if (!s.is(end, *c)) return at;
    const size_t digits = s.run(end, is_digit);
    return digits > end && s.is(digits, '>') ? digits + 1 : at;
}

size_t image_tokens(const Scan& s, size_t at) {
    size_t end = at;
    for (const char* c = "IMGIMG"; *c; ++c, ++end)
        if (!s.is(end, *c)) return at;
    for (uint32_t n = 0; n < 4 && end < s.to && code_of(s.code[end]) - 'A' < 9; ++n)
        if (s.is(++end, 'Z')) return end + 1;
    return at;
}

size_t indent(const Scan& s, size_t at) {
    if (s.is(at, '\t') || s.is(at, '\n')) return at + 1;
    size_t n = 0;
    while (n < 4 && s.is(at + n, ' ')) ++n;
    return at + (n == 4 ? 4 : n >= 2 ? 2 : 0);
}

size_t youtu_scripts(const Scan& s, size_t at) {
    size_t end = s.run(at, [](uint32_t c) { return in(kHangulRanges, c); });
    if (end == at) end = s.run(at, [](uint32_t c) { return in(kCjkMarkRanges, c); });
    if (end == at) end = s.run(at, [](uint32_t c) { return in(kBopomofoRanges, c); });
    return end > at ? end : s.run(at, [](uint32_t c) { return in(kHanKanaRanges, c); });
}

size_t with_ending(const Scan& s, size_t at, size_t end) { return end == at ? at : contraction(s, end, true); }
size_t one(const Scan& s, size_t at, bool (*test)(uint32_t)) { return at + (test(s.code[at]) ? 1 : 0); }
}  // namespace

size_t pre_match(PreRule rule, const uint32_t* code, size_t from, size_t at, size_t to, uint64_t* steps) {
    const Scan s{code, from, to, steps};
    *steps += 1;
    switch (rule) {
        case kContractionLower: return contraction(s, at, false);
        case kContraction: return contraction(s, at, true);
        case kSpaceLetters: return s.spaced_run(at, is_letter);
        case kSpaceNumbers: return s.spaced_run(at, is_number);
        case kSpaceOther: return s.spaced_run(at, is_other);
        case kOtherNewlines: return s.spaced_run(at, is_other, is_newline);
        case kOtherSlashes:
            return s.spaced_run(at, is_other, [](uint32_t c) { return is_newline(c) || code_of(c) == '/'; });
        case kOtherOneSlash: {
            const size_t end = s.spaced_run(at, is_other);
            return end > at && end < to && (is_newline(code[end]) || s.is(end, '/')) ? end + 1 : end;
        }
        case kUnmarkedNewlines: return s.spaced_run(at, is_unmarked_other, is_newline);
        case kWord: return s.led_run(at, leads_word, is_letter);
        case kMarkedWord: return s.led_run(at, leads_word, is_letter_or_mark);
        case kMarkedWordEnding: return with_ending(s, at, s.led_run(at, leads_word, is_letter_or_mark));
        case kCasedWord: return Cased<false>::match(s, at);
        case kCasedWordEnding: return with_ending(s, at, Cased<false>::match(s, at));
        case kCasedMarkedWordEnding: return with_ending(s, at, Cased<true>::match(s, at));
        case kSpacedWord: return spaced_word(s, at);
        case kNumber1: return one(s, at, is_number);
        case kNumbers3: {
            size_t end = at;
            while (end < to && end < at + 3 && is_number(code[end])) ++end;
            return end;
        }
        case kNumbers: return s.run(at, is_number);
        case kNewlines: return newlines(s, at);
        case kSpacesButLast: return spaces_but_last(s, at);
        case kSpaces: return s.run(at, is_space);
        case kSpacesByPowers: return spaces_by_powers(s, at);
        case kAsciiMarkWord: {
            if (!is_ascii_sign(code[at])) return at;
            const size_t end = s.run(at + 1, [](uint32_t c) { return is_upper_ascii(c) || is_lower_ascii(c); });
            return end > at + 1 ? end : at;
        }
        case kUnmarkedWord: return s.led_run(at, leads_unmarked_word, is_letter_or_mark);
        case kMarks: return s.spaced_run(at, is_sign);
        case kMarksNewlines: return s.spaced_run(at, is_sign, is_newline);
        case kNewline1: return one(s, at, is_newline);
        case kAnySpaceLetters: return s.led_run(at, is_space, is_letter);
        case kAnySpaceMarks: return s.led_run(at, is_space, [](uint32_t c) { return kind_of(c) == kPunctuation; });
        case kMarkRunFalcon: return s.run(at, is_falcon_mark);
        case kMarkRunDefault: return s.run(at, [](uint32_t c) { return is_falcon_mark(c) && code_of(c) != '`'; });
        case kDigits3:
            return at + 3 <= to && is_digit(code[at]) && is_digit(code[at + 1]) && is_digit(code[at + 2]) ? at + 3 : at;
        case kNoBloomMarks:
            return s.spaced_run(at, [](uint32_t c) { return !is_space(c) && !in(kSentenceMarkRanges, c); });
        case kHanKana: return s.run(at, [](uint32_t c) { return in(kHanKanaRanges, c); });
        case kHanHangul: return s.run(at, [](uint32_t c) { return in(kHanHangulRanges, c); });
        case kAsianScripts: return s.run(at, [](uint32_t c) { return in(kAsianRanges, c); });
        case kYoutuScripts: return youtu_scripts(s, at);
        case kCasedScripts: return s.led_run(at, is_space, [](uint32_t c) { return in(kCasedScriptRanges, c); });
        case kCasedScriptMarks: return s.led_run(at, is_space, [](uint32_t c) { return in(kCasedMarkRanges, c); });
        case kSentinel: return sentinel(s, at);
        case kImageTokens: return image_tokens(s, at);
        case kIndent: return indent(s, at);
        case kMark1: return one(s, at, [](uint32_t c) { return kind_of(c) == kPunctuation || is_ascii_sign(c); });
        case kHanRun: return s.run(at, is_han);
        case kKimiWord: return with_ending(s, at, s.led_run(at, leads_word, is_plain_letter));
        case kLines:
            return s.is(at, '\n') ? s.run(at, [](uint32_t c) { return code_of(c) == '\n'; })
                                  : s.run(at, [](uint32_t c) { return code_of(c) != '\n'; });
        case kTrailingSpaces:
        case kDigitGroups:
        case kDigitGroupStarts:
        case kRuleEnd: break;
    }
    return at;
}

bool pre_split_whole(PreRule rule, uint32_t* code, size_t from, size_t to) {
    if (rule == kTrailingSpaces) {
        size_t at = to;
        while (at > from && is_space(code[at - 1])) --at;
        if (at < to) code[at] |= kScanCut;
        return true;
    }
    if (rule != kDigitGroups && rule != kDigitGroupStarts) return false;
    const auto counted = rule == kDigitGroups ? is_number : is_digit;
    for (size_t at = from; at < to;) {
        size_t end = at;
        while (end < to && counted(code[end])) ++end;
        if (end == at) {
            ++at;
            continue;
        }
        // Ends of groups, or starts: for starts the run's own start counts and its end does not.
        const size_t rest = (end - at) % 3;
        for (size_t cut = at + (rest == 0 && rule == kDigitGroups ? 3 : rest); cut <= end; cut += 3)
            if (cut < to && (rule == kDigitGroups || cut < end)) code[cut] |= kScanCut;
        at = end;
    }
    return true;
}

}  // namespace thimble
