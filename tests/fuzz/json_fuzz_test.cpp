// SPDX-License-Identifier: MIT
// The fuzz target as an ordinary test: seeds mutated by a fixed generator.
#include "tests/fuzz/json_fuzz.cpp"
#include "tests/check.h"

int main() {
    const char* const seeds[] = {
        "{\"a\": [1, -2.5e3, true, false, null, \"x\\u00e9\\ud83d\\ude80\\n\"], \"b\": {\"c\": {}, \"c\": []}, \"\": "
        "18446744073709551616}",
        "[[[[[[[[[[\"\"]]]]]]]]], {\"k\":{\"k\":{\"k\":{\"k\":0}}}}, 1e-320, 123456789012345678]",
        "-1.7976931348623157e+308",
        "\"\xf0\x9f\x9a\x80 \\\\ \\\" \\/ \xc3\xa9\"",
        "5e-324",
    };
    uint64_t state = 20261121;
    const auto below = [&](size_t n) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return static_cast<size_t>((state >> 33) % n);
    };
    for (const char* seed : seeds) {
        uint8_t text[512];
        CHECK_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(seed), strlen(seed)), 0);
        for (int round = 0; round < 6000; ++round) {
            size_t n = strlen(seed);
            memcpy(text, seed, n);
            for (size_t k = below(4) + 1; k > 0; --k) {
                static const char kLikely[] = "{}[]\",:\\u0dDeE+-.9 \n\xff";
                text[below(n)] =
                    static_cast<uint8_t>(below(2) ? kLikely[below(sizeof kLikely)] : static_cast<char>(below(256)));
                if (below(8) == 0) n = below(n) + 1;
            }
            CHECK_EQ(LLVMFuzzerTestOneInput(text, n), 0);
        }
    }
    return REPORT();
}
