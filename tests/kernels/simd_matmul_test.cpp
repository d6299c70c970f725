// SPDX-License-Identifier: MIT
// Every tier's matrix products equal the scalar reference, bit for bit: every format, one and many columns, odd and few
// rows, one block a row, unaligned rows that do not touch, a column map, scales, minima and quants at their extremes, and
// activations whose signs follow the weights, so that integer sums are the largest there are. The weights, the activations
// and the scratch of each case end exactly at a page that cannot be read, so that any over-read is a fault.
#include <cstring>
#include <initializer_list>

#include "kernels/kernels.h"
#include "tests/check.h"
#include "tests/kernels/compared_tiers.h"
#include "tests/kernels/guarded.h"
#include "tests/kernels/random.h"
#include "tests/kernels/weight_patterns.h"

using namespace thimble;

static Guarded weight_memory, x_memory, q_memory, d_memory, s_memory, scratch_memory;
static Kernels reference;
static float row_values[1024];
static int64_t results[kPatterns], telling[kPatterns];  // of a format; those that are finite and not 0

struct Case {
    int64_t k, rows, n;
    size_t gap;  // bytes between rows
    bool map;
    Pattern pattern;
};

// Column j of one of the kinds that are hard for some kernel.
static void fill_column(const Case& c, uint32_t type, int64_t j, const uint8_t* first_row, size_t stride, float* x,
                        Random* random) {
    if (c.pattern == kCoherent) {  // all +1, all -1, the signs of a row's weights, their opposites
        const int64_t row = (j / 4 + c.n) % c.rows;
        reference.dequantize[type](first_row + static_cast<size_t>(row) * stride, c.k, row_values);
        for (int64_t i = 0; i < c.k; ++i) {
            const bool negative = j % 4 < 2 && row_values[i] < 0;
            x[i] = (j % 2 != 0) != negative ? -1.0f : 1.0f;
        }
        return;
    }
    const int kind = static_cast<int>(random->next32() % 9);
    for (int64_t i = 0; i < c.k; ++i) {
        float v = random->normal();
        if (c.pattern == kAllOnes || kind == 1) v = random->next32() & 1 ? 1.0f : -1.0f;  // q = +-127
        if (kind == 2 && i < 64) v = 0.0f;
        if (kind == 3) v *= 1e-30f;
        if (kind == 4 && c.pattern == kExtreme) v *= 1e35f;
        if (kind == 5) v = 0.0f;
        if (kind == 6) v = i % 64 < 32 ? 0x1p-100f : 0x1.fffffep-101f;  // the least block that is not taken for zeros
        x[i] = v;
    }
    if (c.pattern == kExtreme && kind == 7) x[0] = __builtin_inff();
}

static bool equal(float want, float got) { return memcmp(&want, &got, 4) == 0 || (want != want && got != got); }

static void run(uint32_t type, const Case& c, const weights::Ends& ends, const ComparedTiers& tiers, void* scratch) {
    const FormatInfo* f = format_info(type);
    Random random(type * 131u + static_cast<uint64_t>(c.k * 7 + c.rows * 3 + c.n) + c.pattern * 1000u);
    const size_t row_bytes = static_cast<size_t>(c.k / f->block) * f->bytes, stride = row_bytes + c.gap;
    const size_t size = stride * static_cast<size_t>(c.rows - 1) + row_bytes;
    uint8_t* first_row = weight_memory.last<uint8_t>(size);  // any alignment
    const int64_t columns = c.map ? c.n + 3 : c.n;
    const size_t values = static_cast<size_t>(columns * c.k);
    float* x = x_memory.last<float>(values);
    int8_t* q = q_memory.last<int8_t>(values);
    float* d = d_memory.last<float>(values / 32);
    int16_t* s = s_memory.last<int16_t>(values / 16);
    if (!CHECK(first_row && x && q && d && s)) return;
    for (int64_t r = 0; r < c.rows; ++r)
        weights::fill_row(type, first_row + static_cast<size_t>(r) * stride, row_bytes, &random, c.pattern,
                          r + c.rows + 3 * c.n, ends);
    for (int64_t j = 0; j < columns; ++j) {
        fill_column(c, type, j, first_row, stride, x + j * c.k, &random);
        if (!format_is_dense(type))
            reference.quantize(x + j * c.k, c.k, q + j * c.k, d + j * c.k / 32, s + j * c.k / 16);
    }
    int32_t* map = static_cast<int32_t*>(malloc(static_cast<size_t>(c.n) * sizeof(int32_t)));
    for (int64_t j = 0; j < c.n; ++j) map[j] = static_cast<int32_t>((j * 5 + 2) % columns);
    const int64_t out_stride = c.rows + 3, out_count = out_stride * c.n;
    const size_t out_size = static_cast<size_t>(out_count) * sizeof(float);
    float* want = static_cast<float*>(malloc(out_size));
    float* got = static_cast<float*>(malloc(out_size));
    memset(want, 0x55, out_size);
    Matmul m = {};
    m.w = first_row;
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
    results[c.pattern] += c.rows * c.n;
    for (int64_t i = 0; i < out_count; ++i)
        telling[c.pattern] += i % out_stride < c.rows && want[i] - want[i] == 0 && want[i] != 0;
    m.out = got;
    for (uint32_t t = 0; t < tiers.n; ++t) {
        memset(got, 0x55, out_size);  // what lies between the columns stays
        tiers.tier[t].matmul[type](&m);
        int64_t i = 0;
        while (i < out_count && equal(want[i], got[i])) ++i;
        if (!CHECK(i == out_count))
            fprintf(stderr, "    %s %s: k %d rows %d n %d pattern %d: row %d column %d: %a, want %a\n",
                    tiers.tier[t].name, f->name, static_cast<int>(c.k), static_cast<int>(c.rows), static_cast<int>(c.n),
                    c.pattern, static_cast<int>(i % out_stride), static_cast<int>(i / out_stride),
                    static_cast<double>(got[i]), static_cast<double>(want[i]));
    }
    for (void* p : {static_cast<void*>(map), static_cast<void*>(want), static_cast<void*>(got)}) free(p);
}

// Rows that are no whole vectors; several stripes of rows, and rows so long that sums rest between their blocks.
static void run_dense(uint32_t type, const ComparedTiers& tiers, void* scratch) {
    for (int64_t k : {7, 17, 45, 1030})
        for (int64_t rows : {1, 4, 11, 23})
            for (int64_t n : {1, 2, 3, 4, 5, 6, 7, 13}) run(type, {k, rows, n, 1, n > 4, kTame}, {}, tiers, scratch);
    run(type, {80, 135, 31, 0, true, kTame}, {}, tiers, scratch);
    run(type, {2085, 70, 50, 1, false, kTame}, {}, tiers, scratch);
    run(type, {8213, 6, 47, 3, true, kTame}, {}, tiers, scratch);
    run(type, {16391, 9, 13, 0, false, kTame}, {}, tiers, scratch);
}

int main(int argc, char** argv) {  // arguments: tiers that must be among the compared ones
    for (Guarded* g : {&weight_memory, &x_memory, &q_memory, &d_memory, &s_memory, &scratch_memory})
        if (!CHECK(g->open(1 << 21))) return REPORT();
    static_assert(kMatmulScratch % 64 == 0);
    void* scratch = scratch_memory.last<uint8_t>(kMatmulScratch);
    if (!CHECK(kernels_for("scalar", &reference))) return REPORT();
    static const ComparedTiers tiers;
    for (int i = 1; i < argc; ++i) tiers.must_have(argv[i]);
    if (tiers.n == 0 && argc == 1) return printf("only the reference here: skipped\n"), 77;
    for (uint32_t type = 0; type < kTypeCount; ++type) {
        const FormatInfo* f = format_info(type);
        if (!f || !CHECK(weights::layout(type) != nullptr)) continue;
        const weights::Ends ends = format_is_dense(type) ? weights::Ends{} : weights::find_ends(reference, type);
        const int64_t block = f->block < 32 ? 32 : f->block;
        const int64_t lengths[] = {block, block < 256 ? 256 + block : 512, 1024};
        for (int p = 0; p < kPatterns; ++p) {
            results[p] = telling[p] = 0;
            const Pattern pattern = static_cast<Pattern>(p);
            for (int64_t k : lengths)
                for (int64_t rows : {1, 3, 8, 17, 35})
                    for (int64_t n : {1, 2, 5}) run(type, {k, rows, n, 0, false, pattern}, ends, tiers, scratch);
            for (int64_t n : {1, 3, 4, 7, 12, 13, 33})
                run(type, {block, 33, n, 5, true, pattern}, ends, tiers, scratch);
            for (int64_t n : {2, 3, 4, 6, 8})  // whole chunks, which few columns have loops of their own for
                for (int64_t k : {256, 768})
                    run(type, {k, n + 46, n, static_cast<size_t>(7 - n % 3), n % 2 != 0, pattern}, ends, tiers,
                        scratch);
        }
        if (format_is_dense(type)) run_dense(type, tiers, scratch);
        run(type, {block, 32, 330, 0, false, kTame}, ends, tiers, scratch);
        run(type, {1024, 40, 24, 1, false, kCoherent}, ends, tiers, scratch);      // two panels of every kind
        run(type, {131072 + block, 1, 1, 0, false, kTame}, ends, tiers, scratch);  // a very long row
        for (Pattern p : {kTame, kExtreme, kCoherent})
            if (!CHECK(telling[p] * 4 > results[p])) fprintf(stderr, "    %s: pattern %d tells little\n", f->name, p);
    }
    for (uint32_t t = 0; t < tiers.n; ++t) printf("%s equals the reference or is named above\n", tiers.tier[t].name);
    return REPORT();
}
