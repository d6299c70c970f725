// SPDX-License-Identifier: MIT
// Where pre-tokenisers cut: written out by hand from their expressions; and that each is linear in the text.
#include "runtime/text/pretokenizer.h"

#include <cstdlib>
#include <cstring>

#include "runtime/text/utf8.h"
#include "tests/check.h"

using namespace thimble;

namespace {
// The pieces of a text, joined by '|'.
void pieces(const char* name, const char* text, char* out) {
    uint32_t code[256];
    const PreTokenizer* p = pretokenizer_find(name);
    if (!p) abort();
    const size_t n = scan_decode(text, strlen(text), false, code);
    pretokenize(*p, code, n, nullptr);
    size_t at = 0;
    for (size_t i = 0; i < n; ++i) {
        if (i > 0 && (code[i] & kScanCut)) out[at++] = '|';
        at += utf8_encode(code[i] & kScanCode, out + at);
    }
    out[at] = 0;
}

struct Case {
    const char *name, *text, *expected;
};
const Case kCases[] = {
    {"gpt-2", "Hello  world's 12345 don't!", "Hello| | world|'s| 12345| don|'t|!"},
    {"gpt-2", "a\n\n b \t", "a|\n\n| b| \t"},
    {"gpt-2", "He'S", "He|'|S"},
    {"llama-bpe", "He'LL say 1234567 a!!\n\n  x", "He|'LL| say| |123|456|7| a|!!\n\n| | x"},
    {"llama-bpe", "(word\t\tx \n y", "(word|\t|\tx| \n| y"},
    {"qwen2", "12 \u4e2d\u6587a", "1|2| \u4e2d\u6587a"},
    {"qwen2", "e\u0301a", "e|\u0301a"},
    {"qwen35", "e\u0301a \u0301", "e\u0301a| \u0301"},
    {"falcon", "a+b 12345`", "a|+|b| |123|45|`"},
    {"default", "a+b 12345`", "a|+|b| |123|45|`"},
    {"starcoder", "x 12", "x| |1|2"},
    {"deepseek-coder", "if x:\n  \u4e2d 12", "if| x|:|\n| | |\u4e2d| |1|2"},
    {"deepseek-llm", "A b\u4e2d 12  ", "A| b|\u4e2d| |12|  "},
    {"deepseek-v3", "(abc 1234 \u3042x!!\n", "(abc| |123|4| |\u3042|x|!!\n"},
    {"tekken", "XMLHttp iPhone 12", "XMLHttp| i|Phone| |1|2"},
    {"gpt-4o", "HELLO'S abcDEF's 1234/\n", "HELLO'S| abc|DEF's| |123|4|/\n"},
    {"gpt-4o", "\u00c9A\u00c9AB!", "\u00c9A\u00c9|AB|!"},
    {"kimi-k2", "ab\u4e2d\u6587cd'll 12", "ab|\u4e2d\u6587|cd'll| |12"},
    {"bloom", "one,two three.", "one|,|two| three|."},
    {"viking", "ab12", "ab|1|2"},
    {"superbpe", "1234567 ab", "1|234|567| ab"},
    {"afmoe", "12345 ab", "12|345| ab"},
    {"tiny_aya", "12345 ab", "12|345| ab"},
    {"exaone-moe", "ab cd1 x", "ab cd|1| x"},
    {"jais-2", "a       b", "a|    |  | b"},
    {"chameleon", "IMGIMGABZ <sentinel:12>", "IMGIMGABZ| |<|sentinel|:|1|2|>"},
    {"bailingmoe", "it'S 12\n", "it|'S| |1|2|\n"},
    {"gemma4", "a b\n\nc", "a b|\n\n|c"},
    {"seed-coder", "a!\n\nb", "a|!|\n\n|b"},
    {"minicpm5", "ab1234", "ab|123|4"},
    {"youtu", "\ud55c\uae00\u3105\u4e2d ab", "\ud55c\uae00|\u3105|\u4e2d| ab"},
    {"laguna", "a\n\nb", "a|\n\n|b"},
};

// Long runs of one kind, and patterns that make a scanner fail late, cost a fixed number of looks a code point.
void linear() {
    constexpr size_t kBig = 1 << 17;
    constexpr uint64_t kLooks = 60;  // a code point, over all stages
    char* text = static_cast<char*>(malloc(kBig));
    uint32_t* code = static_cast<uint32_t*>(malloc(kBig * sizeof(uint32_t)));
    const char* patterns[] = {"a",           "A",   " ",  "\n",       "1",      "!",      "\xff", "'",
                              "<sentinel:1", " \n", "a ", "A\u00c9A", "\u4e2d", "\u0301", "IMG"};
    for (uint32_t i = 0; pretokenizer_name(i); ++i) {
        for (const char* pattern : patterns) {
            const size_t length = strlen(pattern);
            for (size_t k = 0; k < kBig; ++k) text[k] = pattern[k % length];
            for (size_t tail = 0; tail < 2; ++tail) {
                if (tail) text[kBig - 1] = 'x';
                uint64_t steps = 0;
                const size_t n = scan_decode(text, kBig, false, code);
                pretokenize(*pretokenizer_find(pretokenizer_name(i)), code, n, &steps);
                if (!CHECK(steps <= kLooks * n))
                    printf("%s, \"%s\": %.1f\n", pretokenizer_name(i), pattern,
                           static_cast<double>(steps) / static_cast<double>(n));
            }
            if (i % 8 != 0 && pattern != patterns[2]) break;  // all patterns for some, spaces and letters for all
        }
    }
    free(text);
    free(code);
}
}  // namespace

int main() {
    for (const Case& c : kCases) {
        char got[512];
        pieces(c.name, c.text, got);
        if (!CHECK(strcmp(got, c.expected) == 0))
            printf("%s: \"%s\"\n  gives    \"%s\"\n  expected \"%s\"\n", c.name, c.text, got, c.expected);
    }
    CHECK(pretokenizer_find("no-such-name") == nullptr);
    CHECK(pretokenizer_find("") == pretokenizer_find("default"));
    linear();
    return REPORT();
}
