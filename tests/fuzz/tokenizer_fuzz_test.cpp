// SPDX-License-Identifier: MIT
// The fuzz target as an ordinary test: seeds, then seeds mutated by a fixed generator. With a directory as argument the
// seeds are written there, as a corpus for libFuzzer.
#include "tests/fuzz/tokenizer_fuzz.cpp"
#include "tests/check.h"

namespace {
struct Random {
    uint64_t s;
    uint32_t below(size_t n) {
        s = s * 6364136223846793005u + 1442695040888963407u;
        return static_cast<uint32_t>((s >> 33) % n);
    }
};

ByteBuffer seed(uint32_t index) {
    const char* models[] = {"llama", "gpt2", "bert", "t5", "gpt2", "gpt2"};
    const char* pres[] = {nullptr, "gpt-2", nullptr, nullptr, "tekken", "deepseek-llm"};
    const char text[] =
        "Hello ab abc\n\n  don't 12345 \xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x98\x80 </s><|endoftext|><ab><cc\xff\xc3";
    GgufWriter w;
    vocab_write(&w, models[index], pres[index]);
    if (index == 3) charsmap_pairs(&w, "Hd", "ab");
    const GgufBytes file = w.finish();
    ByteBuffer b;
    b.put<uint8_t>(static_cast<uint8_t>(index));
    b.put<uint16_t>(sizeof text - 1);
    b.bytes(text, sizeof text - 1);
    b.bytes(file.data, file.size);
    return b;
}
}  // namespace

int main(int argc, char** argv) {
    constexpr uint32_t kSeeds = 6;
    Random r{20260921};
    for (uint32_t i = 0; i < kSeeds; ++i) {
        const ByteBuffer s = seed(i);
        CHECK_EQ(LLVMFuzzerTestOneInput(s.data, s.size), 0);
        if (argc > 1) {
            char path[512];
            snprintf(path, sizeof path, "%s/seed-%u", argv[1], i);
            FILE* f = fopen(path, "wb");
            CHECK(f && fwrite(s.data, 1, s.size, f) == s.size);
            if (f) fclose(f);
        }
        for (uint32_t round = 0; round < 1500; ++round) {
            ByteBuffer b(s);
            // Mostly the text; in every third round the file too.
            const size_t from = round % 3 == 0 ? b.size : 80;
            for (uint32_t k = r.below(12) + 1; k > 0; --k) b.data[r.below(from)] = static_cast<uint8_t>(r.below(256));
            CHECK_EQ(LLVMFuzzerTestOneInput(b.data, b.size), 0);
        }
    }
    return REPORT();
}
