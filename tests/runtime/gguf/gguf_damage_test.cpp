// SPDX-License-Identifier: MIT
// Damaged files: cut at every byte, every bit of the header flipped, every byte set to telling values. Each lies in heap
// bytes of exactly its size, so that a sanitizer sees any over-read. What is accepted is used in full.
#include "tests/check.h"
#include "tests/support/gguf_exercise.h"
#include "tests/support/gguf_samples.h"

using namespace thimble;

static void cut_everywhere(const GgufWriter& w) {
    const GgufBytes whole = w.finish();
    CHECK_EQ(gguf_exercise(whole.data, whole.size), kOk);
    size_t accepted = 0;
    for (size_t n = 0; n < whole.size; ++n) {
        const GgufBytes part(whole.data, n);
        accepted += gguf_exercise(part.data, part.size) == kOk;
    }
    // Only padding behind the last tensor may be missing.
    CHECK(accepted < w.alignment);
}

static void flip_everywhere(const GgufWriter& w) {
    const GgufBytes whole = w.finish();
    const size_t header = w.header_size();
    size_t refused = 0;
    for (size_t at = 0; at < header; ++at) {
        static const uint8_t set[] = {0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff};
        for (uint32_t k = 0; k < 8 + sizeof set; ++k) {
            GgufBytes b(whole);
            b.data[at] = k < 8 ? static_cast<uint8_t>(b.data[at] ^ (1u << k)) : set[k - 8];
            refused += gguf_exercise(b.data, b.size) != kOk;
        }
    }
    CHECK(refused > header);  // the magic, the counts, the lengths, the types: more than one flip in 14 must be seen
}

// Every aligned and unaligned 4 and 8 bytes of the header replaced by the numbers that break arithmetic.
static void overwrite_everywhere(const GgufWriter& w) {
    static const uint64_t words[] = {
        0,          1,          0x7fffffffu, 0x80000000u, 0xffffffffu, 1ull << 32, (1ull << 62) + 1, (1ull << 63) - 1,
        1ull << 63, ~0ull - 31, ~0ull};
    const GgufBytes whole = w.finish();
    const size_t header = w.header_size();
    for (size_t at = 4; at + 8 <= header; ++at) {
        for (uint64_t word : words) {
            for (size_t n : {size_t{4}, size_t{8}}) {
                GgufBytes b(whole);
                memcpy(b.data + at, &word, n);
                (void)gguf_exercise(b.data, b.size);
            }
        }
    }
    CHECK(true);
}

static void damaged_shards() {
    const GgufBytes a = gguf_sample_shard(0, 2).finish(), whole = gguf_sample_shard(1, 2).finish();
    FileMap m[2];
    m[0].data = a.data;
    m[0].size = a.size;
    m[1].data = whole.data;
    m[1].size = whole.size;
    CHECK_EQ(gguf_exercise(m, 2), kOk);
    for (size_t at = 0; at < whole.size; ++at) {
        for (uint32_t bit = 0; bit < 8; ++bit) {
            GgufBytes b(whole);
            b.data[at] = static_cast<uint8_t>(b.data[at] ^ (1u << bit));
            m[1].data = b.data;
            m[1].size = b.size;
            (void)gguf_exercise(m, 2);
        }
        const GgufBytes part(whole.data, at);
        m[1].data = part.data;
        m[1].size = part.size;
        const Status st = gguf_exercise(m, 2);
        CHECK(st != kOk || at + 31 >= whole.size);
    }
}

int main() {
    for (const GgufWriter& w : {gguf_sample_rich(3), gguf_sample_rich(2), gguf_sample_scattered()}) {
        cut_everywhere(w);
        flip_everywhere(w);
        overwrite_everywhere(w);
    }
    damaged_shards();
    return REPORT();
}
