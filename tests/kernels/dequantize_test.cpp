// SPDX-License-Identifier: MIT
// Dequantisation of every format: equal to the oracle bit for bit on random blocks (every bit pattern is a valid block),
// and equal to goldens, hashes of what ggml's own reference decoder gave for the same blocks.
#include <cstring>

#include "kernels/kernels.h"
#include "kernels/targets/reference_formats.h"
#include "tests/check.h"
#include "tests/kernels/random.h"
#include "tests/reference/format_oracle.h"

using namespace thimble;

static uint32_t bits_of(float f) {
    uint32_t u;
    memcpy(&u, &f, 4);
    return f != f ? 0x7fc00000 : u;
}

struct Golden {
    uint32_t type;
    uint64_t hash;
};
static const Golden kGoldens[] = {
#include "tests/golden/dequantize.inc"
};

// 64 blocks from Random(type) a format; a dense one gets 64 values. FNV-1a over the bits of the floats.
static uint64_t golden_hash(const Kernels& k, uint32_t type) {
    const FormatInfo* f = format_info(type);
    Random random(type);
    uint64_t hash = 0xcbf29ce484222325u;
    for (int n = 0; n < 64; ++n) {
        unsigned char block[292];
        float out[256];
        for (uint32_t i = 0; i < f->bytes; ++i) block[i] = static_cast<unsigned char>(random.next32());
        k.dequantize[type](block, f->block, out);
        for (uint32_t i = 0; i < f->block; ++i) hash = (hash ^ bits_of(out[i])) * 0x100000001b3u;
    }
    return hash;
}

static void test_against_oracle(const Kernels& k, uint32_t type) {
    const FormatInfo* f = format_info(type);
    Random random(type + 1000);
    for (int n = 0; n < 400; ++n) {
        unsigned char* blocks =
            static_cast<unsigned char*>(malloc(f->bytes * 2));  // exact size: sanitizers see over-reads
        float out[512];
        for (uint32_t i = 0; i < f->bytes * 2; ++i) blocks[i] = static_cast<unsigned char>(random.next32());
        if (n < 2) memset(blocks, n ? 0xff : 0, f->bytes * 2);
        k.dequantize[type](blocks, f->block * 2, out);
        for (uint32_t i = 0; i < f->block * 2; ++i) {
            const double want =
                format_is_dense(type)
                    ? oracle::dense(type, blocks, i)
                    : oracle::weight(type, blocks + i / f->block * f->bytes, static_cast<int>(i % f->block)).value();
            if (!CHECK(bits_of(out[i]) == bits_of(static_cast<float>(want)))) {
                printf("    %s weight %u: %a, oracle %a\n", f->name, i, static_cast<double>(out[i]), want);
            }
        }
        free(blocks);
    }
}

static void test_info(const Kernels& k) {
    int count = 0;
    for (uint32_t id = 0; id < 100; ++id) {
        const FormatInfo* f = format_info(id);
        if (id < kTypeCount) {
            CHECK((k.matmul[id] != nullptr) == (f != nullptr));
            CHECK((k.dequantize[id] != nullptr) == (f != nullptr));
        }
        if (!f) continue;
        ++count;
        CHECK(f->block == 1 || f->block % 32 == 0);
        CHECK(format_is_dense(id) == (f->block == 1));
    }
    CHECK_EQ(count, 29);
    CHECK(!format_info(4) && !format_info(9) && !format_info(26) && !format_info(43) && !format_info(0xffffffffu));
    CHECK_STR(format_info(12)->name, "Q4_K");
    CHECK_EQ(format_info(12)->bytes, 144);
}

int main(int argc, char**) {
    Kernels k = {};
    reference_fill_formats(&k);
    if (argc > 1) {  // prints the table of goldens
        for (uint32_t id = 0; id < kTypeCount; ++id) {
            if (format_info(id)) printf("{%u, 0x%016llxu},\n", id, static_cast<unsigned long long>(golden_hash(k, id)));
        }
        return 0;
    }
    test_info(k);
    for (uint32_t id = 0; id < kTypeCount; ++id) {
        if (format_info(id)) test_against_oracle(k, id);
    }
    int goldens = 0;
    for (const Golden& g : kGoldens) {
        ++goldens;
        if (!CHECK(golden_hash(k, g.type) == g.hash)) printf("    %s\n", format_info(g.type)->name);
    }
    CHECK_EQ(goldens, 29);
    return REPORT();
}
