// SPDX-License-Identifier: MIT
// Every tier's matrix products equal the scalar reference, bit for bit: every block format, one and many columns, odd
// and few rows, one block a row, unaligned rows that do not touch, a column map, and scales, minima and quants at their
// extremes. The weights, the activations and the scratch of each case end exactly at a page that cannot be read, so that
// any over-read is a fault.
#include <cstring>
#include <initializer_list>

#include "kernels/kernels.h"
#include "tests/check.h"
#include "tests/kernels/guarded.h"
#include "tests/kernels/random.h"

using namespace thimble;

enum Pattern { kRandomBytes, kTame, kAllZero, kAllOnes, kExtreme, kPatterns };

// Where the float scales of a block stand: their upper byte decides whether results are finite.
struct ScaleAt {
    uint32_t type;
    int offset[2];  // of float16 values, -1: none
};
static const ScaleAt kScaleAt[] = {{kQ4_0, {0, -1}},    {kQ4_1, {0, 2}},    {kQ5_0, {0, -1}},   {kQ5_1, {0, 2}},
                                   {kQ8_0, {0, -1}},    {kQ2_K, {80, 82}},  {kQ3_K, {108, -1}}, {kQ4_K, {0, 2}},
                                   {kQ5_K, {0, 2}},     {kQ6_K, {208, -1}}, {kIQ4_NL, {0, -1}}, {kIQ4_XS, {0, -1}},
                                   {kIQ2_XXS, {0, -1}}, {kIQ2_XS, {0, -1}}, {kIQ2_S, {0, -1}},  {kIQ3_XXS, {0, -1}},
                                   {kIQ3_S, {0, -1}},   {kIQ1_S, {0, -1}},  {kTQ1_0, {52, -1}}, {kTQ2_0, {64, -1}},
                                   {kQ1_0, {0, -1}},    {kQ2_0, {0, -1}}};

static void set_scale(uint8_t* p, Random* random, Pattern pattern) {
    static const uint16_t kEdges[] = {0x0000, 0x8000, 0x0001, 0x8001, 0x03ff, 0x0400, 0x7bff, 0xfbff, 0x3c00, 0xbc00};
    uint16_t h = static_cast<uint16_t>(0x2000 + (random->next32() & 0x8fff));  // 2^-7 or so, either sign
    if (pattern == kExtreme) h = kEdges[random->next32() % 10];
    memcpy(p, &h, 2);
}

static void fill_weights(uint32_t type, uint8_t* row, size_t bytes, size_t block_bytes, Random* random,
                         Pattern pattern) {
    for (size_t i = 0; i < bytes; ++i) {
        row[i] = pattern == kAllZero ? 0 : pattern == kAllOnes ? 0xff : static_cast<uint8_t>(random->next32());
        if (pattern == kExtreme && random->next32() % 4 == 0) row[i] = random->next32() & 1 ? 0xff : 0x80;
    }
    if (pattern == kRandomBytes) return;
    for (const ScaleAt& s : kScaleAt) {
        if (s.type != type) continue;
        for (size_t b = 0; b + block_bytes <= bytes; b += block_bytes)
            for (int offset : s.offset)
                if (offset >= 0) set_scale(row + b + offset, random, pattern);
    }
}

static Guarded weight_memory, x_memory, q_memory, d_memory, s_memory, scratch_memory;

struct Case {
    int64_t k, rows, n;
    size_t gap;  // bytes between rows
    bool map;
    Pattern pattern;
};

static void run(const Kernels& reference, const Kernels& tier, uint32_t type, const Case& c, void* scratch) {
    const FormatInfo* f = format_info(type);
    Random random(type * 131u + static_cast<uint64_t>(c.k * 7 + c.rows * 3 + c.n) + c.pattern * 1000u);
    const size_t row_bytes = static_cast<size_t>(c.k / f->block) * f->bytes, stride = row_bytes + c.gap;
    const size_t size = stride * static_cast<size_t>(c.rows - 1) + row_bytes;
    uint8_t* memory = weight_memory.last<uint8_t>(size + 1);  // any alignment
    if (!CHECK(memory != nullptr)) return;
    for (int64_t r = 0; r < c.rows; ++r)
        fill_weights(type, memory + 1 + static_cast<size_t>(r) * stride, row_bytes, f->bytes, &random, c.pattern);
    const int64_t columns = c.map ? c.n + 3 : c.n;
    const size_t values = static_cast<size_t>(columns * c.k);
    float* x = x_memory.last<float>(values);
    int8_t* q = q_memory.last<int8_t>(values);
    float* d = d_memory.last<float>(values / 32);
    int16_t* s = s_memory.last<int16_t>(values / 16);
    if (!CHECK(x && q && d && s)) return;
    int32_t* map = static_cast<int32_t*>(malloc(static_cast<size_t>(c.n) * sizeof(int32_t)));
    for (int64_t j = 0; j < columns; ++j) {
        const int kind = static_cast<int>(random.next32() % 8);
        for (int64_t i = 0; i < c.k; ++i) {
            float v = random.normal();
            if (c.pattern == kAllOnes || kind == 1) v = random.next32() & 1 ? 1.0f : -1.0f;  // q = +-127
            if (kind == 2 && i < 64) v = 0.0f;
            if (kind == 3) v *= 1e-30f;
            if (kind == 4 && c.pattern == kExtreme) v *= 1e35f;
            x[j * c.k + i] = v;
        }
        if (c.pattern == kExtreme && kind == 5) x[j * c.k] = __builtin_inff();
        reference.quantize(x + j * c.k, c.k, q + j * c.k, d + j * c.k / 32, s + j * c.k / 16);
    }
    for (int64_t j = 0; j < c.n; ++j) map[j] = static_cast<int32_t>((j * 5 + 2) % columns);
    const int64_t out_stride = c.rows + 3;
    const size_t out_size = static_cast<size_t>(out_stride * c.n) * sizeof(float);
    float* want = static_cast<float*>(malloc(out_size));
    float* got = static_cast<float*>(malloc(out_size));
    memset(want, 0x55, out_size);
    memset(got, 0x55, out_size);
    Matmul m = {};
    m.w = memory + 1;
    m.row_bytes = stride;
    m.k = c.k;
    m.rows = c.rows;
    m.n = c.n;
    m.acts = {q, d, s, c.k, c.k / 32, c.k / 16};
    m.x = x;
    m.x_stride = c.k;
    m.col = c.map ? map : nullptr;
    m.out = want;
    m.out_stride = out_stride;
    m.scratch = scratch;
    reference.matmul[type](&m);
    m.out = got;
    tier.matmul[type](&m);
    int64_t wrong = -1;
    for (int64_t i = 0; i < out_stride * c.n; ++i) {
        const bool nan = want[i] != want[i] && got[i] != got[i];
        if (memcmp(want + i, got + i, sizeof(float)) != 0 && !nan) {
            wrong = i;
            break;
        }
    }
    if (!CHECK(wrong < 0))
        fprintf(stderr, "    %s %s: k %d rows %d n %d pattern %d: row %d column %d: %a, want %a\n", tier.name, f->name,
                static_cast<int>(c.k), static_cast<int>(c.rows), static_cast<int>(c.n), c.pattern,
                static_cast<int>(wrong % out_stride), static_cast<int>(wrong / out_stride),
                static_cast<double>(got[wrong]), static_cast<double>(want[wrong]));
    for (void* p : {static_cast<void*>(map), static_cast<void*>(want), static_cast<void*>(got)}) free(p);
}

int main() {
    for (Guarded* g : {&weight_memory, &x_memory, &q_memory, &d_memory, &s_memory, &scratch_memory})
        if (!CHECK(g->open(1 << 20))) return REPORT();
    static_assert(kMatmulScratch % 64 == 0);
    void* scratch = scratch_memory.last<uint8_t>(kMatmulScratch);
    static Kernels reference, tier;
    if (!CHECK(kernels_for("scalar", &reference))) return REPORT();
    for (uint32_t t = 0; t < tier_count(); ++t) {
        if (!tier_supported(t) || !kernels_for(tier_name(t), &tier)) continue;
        const int before = check::failed;
        for (uint32_t type = 0; type < kTypeCount; ++type) {
            const FormatInfo* f = format_info(type);
            if (!f || !tier.matmul[type]) continue;
            const int64_t block = f->block < 32 ? 32 : f->block;
            const int64_t lengths[] = {block, block < 256 ? 256 + block : 512, 1024};
            for (int p = 0; p < kPatterns; ++p) {
                const Pattern pattern = static_cast<Pattern>(p);
                for (int64_t k : lengths)
                    for (int64_t rows : {1, 3, 8, 17, 35})
                        for (int64_t n : {1, 2, 5})
                            run(reference, tier, type, {k, rows, n, 0, false, pattern}, scratch);
                for (int64_t n : {1, 3, 4, 7, 12, 13, 33})
                    run(reference, tier, type, {block, 33, n, 5, true, pattern}, scratch);
            }
            run(reference, tier, type, {block, 32, 330, 0, false, kTame}, scratch);
            run(reference, tier, type, {131072 + block, 1, 1, 0, false, kTame}, scratch);  // a very long row
        }
        printf("%s: %s\n", tier.name, check::failed == before ? "ok" : "differs");
    }
    return REPORT();
}
