// SPDX-License-Identifier: MIT
// Matrix products alone, format x tier x columns, beside the machine's roof measured in the same run: read bandwidth
// for one column (GB/s), the multiply peak of the tier for many (GMAC/s): int8 products, or fused multiply-adds of floats
// for F32, F16 and BF16. bench/README.md states the protocol.
//   bench_kernels [--tier NAME] [--format NAME] [--threads N] [--k K] [--rows R] [--columns N] [--seconds S] [--clock cpu]
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels/kernels.h"
#include "platform/cpu.h"

using namespace thimble;

static const char* only_tier;
static const char* only_format;
static int threads = 0;
static bool cpu_clock;  // --clock cpu: processor time over the number of threads, for a machine that is busy otherwise
static int64_t shape_k = 2048, shape_rows = 2048, only_columns = 0;
static double seconds = 0.3;
constexpr int64_t kColumns = 512;  // at most
static uint8_t* memory;

static double now() {
    timespec t;
    clock_gettime(cpu_clock ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    const double s = static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
    return cpu_clock ? s / threads : s;
}
static size_t memory_bytes = size_t{512} << 20;  // --memory KIB: small ones stay in a cache

// ---- threads: all members run fn at the same time; the slowest counts ------------------------------------------------
struct Job {
    void (*fn)(int member);
    int member;
};
static void* run_job(void* p) {
    const Job* j = static_cast<const Job*>(p);
    j->fn(j->member);
    return nullptr;
}
static double run_all(void (*fn)(int)) {
    pthread_t t[64];
    Job jobs[64];
    const double start = now();
    for (int i = 1; i < threads; ++i) {
        jobs[i] = {fn, i};
        pthread_create(&t[i], nullptr, run_job, &jobs[i]);
    }
    fn(0);
    for (int i = 1; i < threads; ++i) pthread_join(t[i], nullptr);
    return now() - start;
}

// ---- roofs -----------------------------------------------------------------------------------------------------------
static int read_way;
static void read_part(int member) {
    const size_t part = memory_bytes / static_cast<size_t>(threads) / 256 * 256;
    static volatile uint64_t sink;
    sink = sink + read_memory(memory + part * static_cast<size_t>(member), part, read_way);
}
static double read_bandwidth() {  // GB/s, the best of two rounds
    double best = 0;
    for (int i = 0; i < 2 * kReadWays; ++i) {
        read_way = i % kReadWays;
        const double rate = static_cast<double>(memory_bytes) / run_all(read_part) * 1e-9;
        best = rate > best ? rate : best;
    }
    return best;
}

constexpr int64_t kPeakLoops = 4000000;
static const char* peak_tier;
static Peak peak_kind;
static int64_t peak_products[64];
static void multiply_part(int member) { peak_products[member] = multiply_peak(peak_tier, peak_kind, kPeakLoops); }
// GMAC/s of the tier's own multiply instruction on all threads, the best of three; 0 where there is none.
static double multiply_rate(const char* tier, Peak kind) {
    peak_tier = tier, peak_kind = kind;
    double best = 0;
    for (int i = 0; i < 3; ++i) {
        const double took = run_all(multiply_part);
        double products = 0;
        for (int j = 0; j < threads; ++j) products += static_cast<double>(peak_products[j]);
        const double rate = products / took * 1e-9;
        best = rate > best ? rate : best;
    }
    return best;
}

// ---- one product -----------------------------------------------------------------------------------------------------
static Kernels kernels;
static uint32_t type;
static Matmul product;
static int64_t next_chunk, all_chunks, matrices;
static size_t matrix_bytes;
static uint8_t* scratch[64];
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

// Seconds a matrix, the median of five runs of at least `seconds` / 5.
static double time_product() {
    const int64_t per_matrix = (product.rows + kChunkRows - 1) / kChunkRows;
    double t[5];
    int64_t count = 1;
    for (int i = -1; i < 5;) {
        next_chunk = 0;
        all_chunks = per_matrix * count;
        const double s = run_all(multiply_chunks);
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

static void bench_format(double bandwidth, double peak) {
    const FormatInfo* f = format_info(type);
    const int64_t all[] = {1, 2, 4, 8, 32, kColumns};
    const int64_t* counts = only_columns ? &only_columns : all;
    double one = 0;
    printf("%-8s", f->name);
    for (int i = 0; i < (only_columns ? 1 : 6); ++i) {
        const int64_t n = counts[i];
        product.n = n;
        product.k = shape_k;
        product.rows = shape_rows;
        product.row_bytes = static_cast<size_t>(shape_k / f->block) * f->bytes;
        matrix_bytes = product.row_bytes * static_cast<size_t>(shape_rows);
        matrices = static_cast<int64_t>(memory_bytes / matrix_bytes);
        product.w = memory;
        const double t = time_product();
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

int main(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--tier"))
            only_tier = argv[i + 1];
        else if (!strcmp(argv[i], "--format"))
            only_format = argv[i + 1];
        else if (!strcmp(argv[i], "--threads"))
            threads = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--k"))
            shape_k = atoll(argv[i + 1]);
        else if (!strcmp(argv[i], "--rows"))
            shape_rows = atoll(argv[i + 1]);
        else if (!strcmp(argv[i], "--columns"))
            only_columns = atoll(argv[i + 1]);
        else if (!strcmp(argv[i], "--seconds"))
            seconds = atof(argv[i + 1]);
        else if (!strcmp(argv[i], "--memory"))
            memory_bytes = static_cast<size_t>(atoll(argv[i + 1])) << 10;
        else if (!strcmp(argv[i], "--clock"))
            cpu_clock = !strcmp(argv[i + 1], "cpu");
        else
            return fprintf(stderr, "unknown option %s\n", argv[i]), 2;
    }
    if (threads <= 0) threads = static_cast<int>(cpu_threads_default());
    if (threads > 64) threads = 64;
    if (only_columns < 0 || only_columns > kColumns) return fprintf(stderr, "--columns: 1 to %d\n", int{kColumns}), 2;
    memory = static_cast<uint8_t*>(aligned_alloc(4096, memory_bytes + 4096));
    for (size_t i = 0; i < memory_bytes; ++i)
        memory[i] = static_cast<uint8_t>((i * 0x9e3779b1u) >> 21 & 0x3f);  // finite scales
    for (int i = 0; i < threads; ++i) {
        const size_t size = (kMatmulScratch + 63) / 64 * 64;
        scratch[i] = static_cast<uint8_t*>(aligned_alloc(64, size));
        memset(scratch[i], 0, size);
    }
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
    const double bandwidth = read_bandwidth();
    printf("%d threads, %lld rows of %lld, read bandwidth %.1f GB/s\n", threads, static_cast<long long>(shape_rows),
           static_cast<long long>(shape_k), bandwidth);
    int measured = 0;
    for (uint32_t t = 0; t < tier_count(); ++t) {
        if (!tier_supported(t) || (only_tier ? strcmp(only_tier, tier_name(t)) != 0 : t == 0)) continue;
        if (!kernels_for(tier_name(t), &kernels)) continue;
        for (int64_t c = 0; c < kColumns; ++c)
            kernels.quantize(x + c * stride, shape_k, product.acts.q + c * stride, product.acts.d + c * stride / 32,
                             product.acts.s + c * stride / 16);
        const double products = multiply_rate(kernels.name, Peak::kInt8),
                     floats = multiply_rate(kernels.name, Peak::kFloat);
        printf("%s: multiply peak %.0f GMAC/s of int8, %.0f of floats\n", kernels.name, products, floats);
        if (only_columns)
            printf("format    %lld columns\n", static_cast<long long>(only_columns));
        else
            puts("format    1 column              2       4       8 (rate of 1 = 1)   32   512");
        for (type = 0; type < kTypeCount; ++type) {
            const FormatInfo* f = format_info(type);
            if (!f || !kernels.matmul[type] || (only_format && strcmp(only_format, f->name) != 0)) continue;
            bench_format(bandwidth, f->block == 1 ? floats : products);
            ++measured;
        }
    }
    if (measured == 0) return fputs("no such tier or format on this machine\n", stderr), 2;
    return 0;
}
