// SPDX-License-Identifier: MIT
// Matrix products alone, format x tier x columns, and attention, cache type x head size x tokens, beside the machine's
// roof measured in the same run: read bandwidth for one column or token (GB/s), the multiply peak of the tier for many
// (GMAC/s): int8 products, or fused multiply-adds of floats for F32, F16, BF16 and attention. bench/README.md states the
// protocol, --help the options.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <initializer_list>

#include "examples/cli/roof.h"
#include "kernels/kernels.h"
#include "platform/cpu.h"

using namespace thimble;

static const char* only_tier;
static const char* only_format;
static roof::Threads threads = {0, false};
static int64_t shape_k = 2048, shape_rows = 2048, only_columns = 0, depth = 1024;
static double seconds = 0.3;
constexpr int64_t kColumns = 512;  // at most
static uint8_t* memory;
static size_t memory_bytes = size_t{512} << 20;

static Kernels kernels;
static uint8_t* scratch[roof::kMostThreads];
static int64_t next_chunk, all_chunks;  // of the work that the threads share

// Seconds a turn of `chunks` chunks, the median of five runs of at least `seconds` / 5.
static double time_turn(int64_t chunks, void (*work)(int member)) {
    double t[5];
    int64_t count = 1;
    for (int i = -1; i < 5;) {
        next_chunk = 0;
        all_chunks = chunks * count;
        const double s = threads.run(work);
        if (s < seconds / 5 && i < 0) {
            count = s > 0 ? static_cast<int64_t>(static_cast<double>(count) * (seconds / 4) / s) + 1 : count * 2;
            if (s > seconds / 20) i = 0;
            continue;
        }
        if (i >= 0) t[i] = s / static_cast<double>(count);
        ++i;
    }
    for (int i = 0; i < 5; ++i)
        for (int j = i + 1; j < 5; ++j)
            if (t[j] < t[i]) {
                const double x = t[i];
                t[i] = t[j];
                t[j] = x;
            }
    return t[2];
}

// ---- One product -----------------------------------------------------------------------------------------------------
static uint32_t type;
static Matmul product;
static int64_t matrices;
static size_t matrix_bytes;
constexpr int64_t kChunkRows = 64;

static void multiply_chunks(int member) {
    const int64_t per_matrix = (product.rows + kChunkRows - 1) / kChunkRows;
    for (;;) {
        const int64_t chunk = __atomic_fetch_add(&next_chunk, 1, __ATOMIC_RELAXED);
        if (chunk >= all_chunks) return;
        const int64_t row = chunk % per_matrix * kChunkRows;
        Matmul m = product;
        m.w +=
            static_cast<size_t>(chunk / per_matrix % matrices) * matrix_bytes + static_cast<size_t>(row) * m.row_bytes;
        m.rows = product.rows - row < kChunkRows ? product.rows - row : kChunkRows;
        m.out += row;
        m.scratch = scratch[member];
        kernels.matmul[type](&m);
    }
}

static void bench_format(double bandwidth, double peak) {
    const FormatInfo* f = format_info(type);
    product.k = shape_k;
    product.rows = shape_rows;
    product.row_bytes = static_cast<size_t>(shape_k / f->block) * f->bytes;
    matrix_bytes = product.row_bytes * static_cast<size_t>(shape_rows);
    matrices = static_cast<int64_t>(memory_bytes / matrix_bytes);
    product.w = memory;
    if (shape_k % f->block || matrices == 0) {
        printf("%-8s  %s\n", f->name, matrices ? "rows are no multiple of its block" : "does not fit into --memory");
        return;
    }
    const int64_t all[] = {1, 2, 4, 8, 32, kColumns};
    const int64_t* counts = only_columns ? &only_columns : all;
    double one = 0;
    printf("%-8s", f->name);
    for (int i = 0; i < (only_columns ? 1 : 6); ++i) {
        const int64_t n = counts[i];
        product.n = n;
        const double t = time_turn((shape_rows + kChunkRows - 1) / kChunkRows, multiply_chunks);
        const double rate = static_cast<double>(matrix_bytes) / t * 1e-9;
        const double macs = static_cast<double>(shape_k * shape_rows * n) / t * 1e-9;
        if (n == 1) {
            one = t;
            printf("  %6.1f GB/s %3.0f%%", rate, 100 * rate / bandwidth);
        } else if (n <= 8 && !only_columns) {
            printf("  x%-5.2f", one * static_cast<double>(n) / t);
        } else {
            printf("  %6.1f GMAC/s", macs);
            if (peak > 0) printf(" %3.0f%%", 100 * macs / peak);
        }
        fflush(stdout);
    }
    printf("\n");
}

// ---- Attention -------------------------------------------------------------------------------------------------------
// Units as the decoder has them (runtime/session/decoder.h): the query heads of one kv head, at most eight tokens.
constexpr int64_t kGroup = 4, kBlock = 8, kLargestHead = 128, kPrompt = 64;
struct Unit {
    float m[kBlock * kGroup], l[kBlock * kGroup], o[kBlock * kGroup * kLargestHead];
    AttentionState state() { return {m, l, o}; }
};
struct AttentionRoom {
    Unit running, part;
    float y[kLargestHead];
};
static AttentionRoom* room;  // [threads]
static Attention attention;
static int64_t caches, tokens;
static size_t cache_bytes;

// The cache of one kv head in `memory`: keys, values and, of Q8_0, their scales.
static KvHead kv_head(int64_t index) {
    const size_t values = static_cast<size_t>(depth * attention.dk), size = attention.kv.type_k == kKvF16 ? 2 : 1;
    KvHead h = attention.kv;
    uint8_t* at = memory + static_cast<size_t>(index) * cache_bytes;
    h.k = at;
    h.v = at + values * size;
    h.k_scale = at + 2 * values * size;
    h.v_scale = at + 2 * values * size + values / 16;
    return h;
}

// One token goes through all caches in turn; blocks of a prompt stay with one cache a thread.
static void attend_chunks(int member) {
    const int64_t blocks = (tokens + kBlock - 1) / kBlock;
    AttentionRoom& own = room[member];
    const AttentionState running = own.running.state(), part = own.part.state();
    for (;;) {
        const int64_t chunk = __atomic_fetch_add(&next_chunk, 1, __ATOMIC_RELAXED);
        if (chunk >= all_chunks) return;
        const int64_t first = chunk % blocks * kBlock;
        Attention a = attention;
        a.kv = kv_head((tokens == 1 ? chunk : member) % caches);
        a.q += first * a.q_stride;
        a.n_tokens = tokens - first < kBlock ? tokens - first : kBlock;
        a.pos0 = depth - tokens + first;
        a.scratch = scratch[member];
        kernels.attention_chunk(&a, 0, &running);
        for (int64_t c = 1; c <= (a.pos0 + a.n_tokens - 1) / kKvChunk; ++c) {
            kernels.attention_chunk(&a, c, &part);
            kernels.attention_merge(&running, &part, a.n_tokens * kGroup, a.dv);
        }
        for (int64_t r = 0; r < a.n_tokens * kGroup; ++r) kernels.attention_finish(&running, r, a.dv, nullptr, own.y);
    }
}

static void bench_attention(KvType kv, int64_t head, const float* q, double bandwidth, double peak) {
    const size_t values = static_cast<size_t>(depth * head);
    attention = Attention{};
    attention.kv.capacity = depth;
    attention.kv.type_k = attention.kv.type_v = kv;
    attention.q = q;
    attention.q_stride = kGroup * head;
    attention.dk = attention.dv = head;
    attention.group = kGroup;
    attention.scale = head == 64 ? 0.125f : 0.0883883f;
    cache_bytes = kv == kKvF16 ? 4 * values : 2 * values + values / 8;
    caches = static_cast<int64_t>(memory_bytes / cache_bytes);
    printf("%-5s%3lld", kv == kKvF16 ? "f16" : "q8_0", static_cast<long long>(head));
    if (caches == 0 || depth < only_columns) {
        printf("  %s\n", caches ? "more tokens than positions" : "does not fit into --memory");
        return;
    }
    const int64_t most = depth < kPrompt ? depth : kPrompt;
    for (int i = 0; i < (only_columns ? 1 : 2); ++i) {
        tokens = only_columns ? only_columns : i ? most : 1;
        const double t = time_turn((tokens + kBlock - 1) / kBlock, attend_chunks);
        const int64_t seen = tokens * depth - tokens * (tokens - 1) / 2;  // positions, over all tokens
        if (tokens == 1) {
            const double rate = static_cast<double>(cache_bytes) / t * 1e-9;
            printf("  %6.1f GB/s %3.0f%%", rate, 100 * rate / bandwidth);
        } else {
            const double macs = static_cast<double>(seen * kGroup * 2 * head) / t * 1e-9;
            printf("  %6.1f GMAC/s", macs);
            if (peak > 0) printf(" %3.0f%%", 100 * macs / peak);
        }
        fflush(stdout);
    }
    printf("\n");
}

static void bench_attentions(const float* q, double bandwidth, double peak) {
    printf("attention, %lld positions, %lld query heads a kv head: ", static_cast<long long>(depth),
           static_cast<long long>(kGroup));
    if (only_columns)
        printf("%lld tokens\n", static_cast<long long>(only_columns));
    else
        printf("1 token, the last %lld\n", static_cast<long long>(depth < kPrompt ? depth : kPrompt));
    for (KvType kv : {kKvF16, kKvQ8_0})
        for (int64_t head : {int64_t{64}, kLargestHead}) bench_attention(kv, head, q, bandwidth, peak);
}

static const char kUsage[] =
    "usage: bench_kernels [OPTION VALUE]...\n"
    "Matrix products and attention of every tier and format on this machine, beside the read bandwidth and the "
    "multiply\n"
    "peak.\n"
    "  --tier NAME      one tier (default: all but scalar)\n"
    "  --format NAME    one format, as Q4_0, or attention (default: all)\n"
    "  --threads N      1 to 64 (default: the cores)\n"
    "  --k K            values a row, a multiple of 32 (default 2048)\n"
    "  --rows R         rows (default 2048)\n"
    "  --columns N      this many columns, at most 512 (default: 1, 2, 4, 8, 32 and 512), or tokens of attention (1 "
    "and 64)\n"
    "  --depth D        positions of attention, a multiple of 16 (default 1024)\n"
    "  --seconds S      time for a figure (default 0.3)\n"
    "  --memory KIB     read that many KiB of weights or cache in turn (default 524288: from memory; small: from a "
    "cache)\n"
    "  --clock cpu      processor time over the number of threads, for a machine that is busy otherwise\n"
    "  --help           this text\n";

// A number from `least` to `most` into *out.
template <class T>
static bool number(const char* text, double least, double most, T* out) {
    char* end;
    const double v = strtod(text, &end);
    if (end == text || *end || !(v >= least && v <= most)) return false;
    *out = static_cast<T>(v);
    return true;
}

static bool option(const char* name, const char* value) {
    if (!strcmp(name, "--tier")) return only_tier = value, true;
    if (!strcmp(name, "--format")) return only_format = value, true;
    if (!strcmp(name, "--threads")) return number(value, 1, roof::kMostThreads, &threads.count);
    if (!strcmp(name, "--k")) return number(value, 32, 1 << 20, &shape_k) && shape_k % 32 == 0;
    if (!strcmp(name, "--rows")) return number(value, 1, 1 << 20, &shape_rows);
    if (!strcmp(name, "--columns")) return number(value, 1, kColumns, &only_columns);
    if (!strcmp(name, "--depth")) return number(value, 16, 1 << 20, &depth) && depth % 16 == 0;
    if (!strcmp(name, "--seconds")) return number(value, 0.001, 1000, &seconds);
    if (!strcmp(name, "--memory")) {
        const bool ok = number(value, 1, 1 << 30, &memory_bytes);
        return memory_bytes <<= 10, ok;
    }
    if (!strcmp(name, "--clock")) return threads.cpu_clock = !strcmp(value, "cpu"), threads.cpu_clock;
    return false;
}

int main(int argc, char** argv) {
    for (int i = 1; i < argc; i += 2) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return fputs(kUsage, stdout), 0;
        if (i + 1 < argc && option(argv[i], argv[i + 1])) continue;
        return fprintf(stderr, "bench_kernels: not understood: %s%s%s (--help has the options)\n", argv[i],
                       i + 1 < argc ? " " : "", i + 1 < argc ? argv[i + 1] : ""),
               2;
    }
    if (threads.count == 0) threads.count = static_cast<int>(cpu_threads_default());
    if (threads.count > roof::kMostThreads) threads.count = roof::kMostThreads;
    memory = static_cast<uint8_t*>(aligned_alloc(4096, (memory_bytes + 8191) / 4096 * 4096));
    if (!memory) return fputs("bench_kernels: not enough memory\n", stderr), 1;
    for (size_t i = 0; i < memory_bytes; ++i)
        memory[i] = static_cast<uint8_t>((i * 0x9e3779b1u) >> 21 & 0x3f);  // finite scales
    for (int i = 0; i < threads.count; ++i) {
        const size_t size = (kMatmulScratch + 63) / 64 * 64;
        scratch[i] = static_cast<uint8_t*>(aligned_alloc(64, size));
        memset(scratch[i], 0, size);
    }
    static_assert(kMatmulScratch >= kAttentionScratch);
    room = static_cast<AttentionRoom*>(calloc(static_cast<size_t>(threads.count), sizeof *room));
    const int64_t queries = kColumns * kGroup * kLargestHead;
    float* q = static_cast<float*>(malloc(static_cast<size_t>(queries) * sizeof(float)));
    for (int64_t i = 0; i < queries; ++i) q[i] = static_cast<float>(i * 2654435761 % 1001) * 0.002f - 1.0f;
    const int64_t stride = shape_k + 64;
    const size_t values = static_cast<size_t>(kColumns * stride);
    product.acts.q = static_cast<int8_t*>(malloc(values));
    product.acts.d = static_cast<float*>(malloc(values / 8));
    product.acts.s = static_cast<int16_t*>(malloc(values / 8));
    float* x = static_cast<float*>(malloc(values * sizeof(float)));
    product.out = static_cast<float*>(malloc(static_cast<size_t>(shape_rows * kColumns) * sizeof(float)));
    for (size_t i = 0; i < values; ++i) x[i] = static_cast<float>(i * 2654435761u % 1001) * 0.002f - 1.0f;
    product.acts.q_stride = stride;
    product.acts.d_stride = stride / 32;
    product.acts.s_stride = stride / 16;
    product.out_stride = shape_rows;
    product.x = x;
    product.x_stride = stride;
    const double bandwidth = threads.read_rate(memory, memory_bytes) * 1e-9;
    printf("%d threads, %lld rows of %lld, read bandwidth %.1f GB/s\n", threads.count,
           static_cast<long long>(shape_rows), static_cast<long long>(shape_k), bandwidth);
    int measured = 0;
    for (uint32_t t = 0; t < tier_count(); ++t) {
        if (!tier_supported(t) || (only_tier ? strcmp(only_tier, tier_name(t)) != 0 : t == 0)) continue;
        if (!kernels_for(tier_name(t), &kernels)) continue;
        for (int64_t c = 0; c < kColumns; ++c)
            kernels.quantize(x + c * stride, shape_k, product.acts.q + c * stride, product.acts.d + c * stride / 32,
                             product.acts.s + c * stride / 16);
        const double products = threads.multiply_rate(kernels.name, Peak::kInt8) * 1e-9,
                     floats = threads.multiply_rate(kernels.name, Peak::kFloat) * 1e-9;
        printf("%s: multiply peak %.0f GMAC/s of int8, %.0f of floats\n", kernels.name, products, floats);
        const bool attends = only_format && !strcmp(only_format, "attention");
        if (!attends && only_columns)
            printf("format    %lld columns\n", static_cast<long long>(only_columns));
        else if (!attends)
            puts("format    1 column              2       4       8 (rate of 1 = 1)   32   512");
        for (type = 0; type < kTypeCount; ++type) {
            const FormatInfo* f = format_info(type);
            if (!f || !kernels.matmul[type] || (only_format && strcmp(only_format, f->name) != 0)) continue;
            bench_format(bandwidth, f->block == 1 ? floats : products);
            ++measured;
        }
        if (only_format && !attends) continue;
        bench_attentions(q, bandwidth, floats);
        ++measured;
    }
    if (measured == 0) return fputs("no such tier or format on this machine\n", stderr), 2;
    return 0;
}
