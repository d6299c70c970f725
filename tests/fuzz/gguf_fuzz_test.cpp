// SPDX-License-Identifier: MIT
// The fuzz target as an ordinary test: seeds, then seeds mutated by a fixed generator. With a directory as argument the
// seeds are written there, as a corpus for libFuzzer.
#include "tests/fuzz/gguf_fuzz.cpp"
#include "tests/check.h"
#include "tests/support/gguf_samples.h"

namespace {

struct Random {
    uint64_t s;
    uint32_t next() {  // splitmix64
        uint64_t z = s += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return static_cast<uint32_t>(z >> 32);
    }
    size_t below(size_t n) { return n ? next() % n : 0; }
};

// An input of the target: its four bytes, then one file or two.
GgufBytes input(const GgufWriter& a, const GgufWriter* b) {
    const GgufBytes first = a.finish();
    ByteBuffer out;
    out.put<uint8_t>(b ? 1 : 0);
    out.put<uint16_t>(static_cast<uint16_t>(first.size));
    out.put<uint8_t>(0);
    out.bytes(first.data, first.size);
    if (b) {
        const GgufBytes second = b->finish();
        out.bytes(second.data, second.size);
    }
    return GgufBytes(out.data, out.size);
}

void mutate(Random* r, ByteBuffer* b, const GgufBytes& other) {
    static const uint64_t words[] = {0,      1,          8,           9,           32,         64,         0xff,
                                     0xffff, 0x7fffffff, 0x80000000u, 0xffffffffu, 1ull << 61, 1ull << 63, ~0ull};
    const size_t at = r->below(b->size), left = b->size - at;
    size_t n = r->below(left < 32 ? left : 32) + 1;
    if (n > left) n = left;
    switch (r->below(6)) {
        case 0: b->data[at] = static_cast<uint8_t>(b->data[at] ^ (1u << r->below(8))); break;
        case 1: b->data[at] = static_cast<uint8_t>(r->next()); break;
        case 2: {  // a telling number
            const uint64_t w = words[r->below(sizeof words / sizeof words[0])];
            memcpy(b->data + at, &w, left < 8 ? left : 8);
            break;
        }
        case 3:  // a hole
            memmove(b->data + at, b->data + at + n, left - n);
            b->size -= n;
            break;
        case 4: {  // a piece of another file
            const size_t from = r->below(other.size);
            memcpy(b->data + at, other.data + from, n < other.size - from ? n : other.size - from);
            break;
        }
        default: {  // bytes doubled
            b->reserve(b->size + n);
            memmove(b->data + at + n, b->data + at, left);
            b->size += n;
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    const GgufWriter rich = gguf_sample_rich(), old = gguf_sample_rich(2), scattered = gguf_sample_scattered();
    const GgufWriter first = gguf_sample_shard(0, 2), second = gguf_sample_shard(1, 2), empty;
    const GgufBytes seeds[] = {input(rich, nullptr), input(old, nullptr), input(scattered, nullptr),
                               input(first, &second), input(empty, nullptr)};
    constexpr size_t kSeeds = sizeof seeds / sizeof seeds[0];
    for (size_t i = 0; i < kSeeds; ++i) {
        CHECK_EQ(LLVMFuzzerTestOneInput(seeds[i].data, seeds[i].size), 0);
        char path[512];
        if (argc < 2) continue;
        snprintf(path, sizeof path, "%s/seed-%zu", argv[1], i);
        FILE* f = fopen(path, "wb");
        CHECK(f && fwrite(seeds[i].data, 1, seeds[i].size, f) == seeds[i].size);
        if (f) fclose(f);
    }
    Random r{20260921};
    for (uint32_t round = 0; round < 20000; ++round) {
        const GgufBytes& seed = seeds[r.below(kSeeds)];
        ByteBuffer b;
        b.bytes(seed.data, seed.size);
        for (size_t k = r.below(6) + 1; k > 0 && b.size > 8; --k) mutate(&r, &b, seeds[r.below(kSeeds)]);
        CHECK_EQ(LLVMFuzzerTestOneInput(b.data, b.size), 0);
    }
    return REPORT();
}
