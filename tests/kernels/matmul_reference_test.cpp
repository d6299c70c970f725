// SPDX-License-Identifier: MIT
// The matmul and quantise of the scalar tier and those of the reference templates: equal (==) to plain loops over the
// oracle's weights in the order that kernels/README.md states, and near a dot product in double.
#include <cstring>
#include <initializer_list>

#include "kernels/kernels.h"
#include "kernels/micro/fma.h"
#include "kernels/targets/reference_formats.h"
#include "tests/check.h"
#include "tests/kernels/random.h"
#include "tests/reference/format_oracle.h"

using namespace thimble;

static bool same(float a, float b) { return float_bits(a) == float_bits(b) || (a != a && b != b); }
static double magnitude(double x) { return x < 0 ? -x : x; }

constexpr int kMaxK = 768, kMaxColumns = 40, kMaxRows = 5;
static float x[kMaxColumns * (kMaxK + 3)];
static int8_t q[kMaxColumns * (kMaxK + 32)];
static float d[kMaxColumns * kMaxK / 32];
static int16_t s[kMaxColumns * kMaxK / 16];
static float out[kMaxColumns * (kMaxRows + 2)];

static float quantized_dot(uint32_t type, const unsigned char* row, int64_t k, const int8_t* a, const float* da,
                           const int16_t* sums) {
    const FormatInfo* f = format_info(type);
    float acc = 0;
    for (int64_t b = 0; b < k / 32; ++b) {
        oracle::Weight w[32];
        int64_t half[2] = {0, 0};
        for (int i = 0; i < 32; ++i) {
            const int64_t at = b * 32 + i;
            w[i] = oracle::weight(type, row + at / f->block * f->bytes, static_cast<int>(at % f->block));
            half[i / 16] += w[i].q * a[at];
        }
        const float scale = da[b];
        if (type == kNVFP4) {
            acc = fma32(static_cast<float>(half[0]), static_cast<float>(w[0].scale) * scale, acc);
            acc = fma32(static_cast<float>(half[1]), static_cast<float>(w[16].scale) * scale, acc);
            continue;
        }
        const int64_t sum = half[0] * w[0].factor + half[1] * w[16].factor;
        CHECK(sum < 1 << 24 && sum > -(1 << 24));
        acc = fma32(static_cast<float>(sum), static_cast<float>(w[0].scale) * scale, acc);
        if (type == kQ2_K) {
            acc = fma32(static_cast<float>(w[0].offset), scale * static_cast<float>(sums[2 * b]), acc);
            acc = fma32(static_cast<float>(w[16].offset), scale * static_cast<float>(sums[2 * b + 1]), acc);
        } else if (w[0].has_offset) {
            acc =
                fma32(static_cast<float>(w[0].offset), scale * static_cast<float>(sums[2 * b] + sums[2 * b + 1]), acc);
        }
    }
    return acc;
}

static float dense_dot(uint32_t type, const unsigned char* row, int64_t k, const float* v) {
    float lanes[16] = {};
    for (int64_t i = 0; i < k; ++i)
        lanes[i % 16] = fma32(static_cast<float>(oracle::dense(type, row, i)), v[i], lanes[i % 16]);
    for (int width = 8; width > 0; width /= 2) {
        for (int l = 0; l < width; ++l) lanes[l] += lanes[l + width];
    }
    return lanes[0];
}

// |result - exact| against a bound of float rounding: terms times 2^-23 times the sum of magnitudes.
static void check_near(uint32_t type, const unsigned char* row, int64_t k, const float* v, const int8_t* a,
                       const float* da, float result) {
    const FormatInfo* f = format_info(type);
    double sum = 0, total = 0;
    for (int64_t i = 0; i < k; ++i) {
        const double w =
            format_is_dense(type)
                ? oracle::dense(type, row, i)
                : oracle::weight(type, row + i / f->block * f->bytes, static_cast<int>(i % f->block)).value();
        const double activation =
            format_is_dense(type) ? static_cast<double>(v[i]) : static_cast<double>(da[i / 32]) * a[i];
        sum += w * activation;
        total += magnitude(w * activation);
        if (f->block > 1) {  // the minimum and the rest are summed apart, and may cancel
            const oracle::Weight parts =
                oracle::weight(type, row + i / f->block * f->bytes, static_cast<int>(i % f->block));
            total += magnitude(parts.offset) * magnitude(activation) * 2;
        }
    }
    if (!(total < 1e30)) return;  // infinite or NaN scales: only the exact comparison
    if (!CHECK(magnitude(sum - static_cast<double>(result)) <= total * static_cast<double>(k) * 0x1p-23 + 1e-40)) {
        printf("    %s k=%d: %g, exact %g\n", f->name, static_cast<int>(k), static_cast<double>(result), sum);
    }
}

static void fill_columns(const Kernels& kernels, Random* random, int64_t k, int64_t n, const Matmul& m) {
    for (int64_t c = 0; c < n; ++c) {
        float* column = x + c * m.x_stride;
        const float scale = c == 0 ? 1e-3f : c == 1 ? 1e4f : 1.0f;
        for (int64_t i = 0; i < k; ++i) column[i] = random->normal() * scale;
        if (c == 2) memset(column, 0, sizeof(float) * static_cast<size_t>(k));
        kernels.quantize(column, k / 32 * 32, m.acts.q + c * m.acts.q_stride, m.acts.d + c * m.acts.d_stride,
                         m.acts.s + c * m.acts.s_stride);
    }
}

static void test_shape(const Kernels& kernels, uint32_t type, int64_t k, int64_t rows, int64_t n, bool permuted) {
    const FormatInfo* f = format_info(type);
    Random random(type * 977u + static_cast<uint64_t>(k * 31 + rows * 7 + n));
    Matmul m = {};
    m.k = k;
    m.rows = rows;
    m.n = n;
    m.row_bytes = static_cast<size_t>(k / f->block) * f->bytes + 5;  // rows need not touch, nor be aligned
    const size_t size = m.row_bytes * static_cast<size_t>(rows - 1) + (m.row_bytes - 5);
    unsigned char* memory = static_cast<unsigned char*>(malloc(size + 1));
    for (size_t i = 0; i < size + 1; ++i) memory[i] = static_cast<unsigned char>(random.next32());
    m.w = memory + 1;
    m.x_stride = k + 3;
    m.x = x;
    m.acts = {q, d, s, k + 32, k / 32, k / 16};
    m.out = out;
    m.out_stride = rows + 2;
    int32_t order[kMaxColumns];
    for (int64_t c = 0; c < n; ++c) order[c] = static_cast<int32_t>((c * 7 + 3) % n);
    if (permuted) m.col = order;
    alignas(64) static unsigned char scratch[kMatmulScratch];
    m.scratch = scratch;
    fill_columns(kernels, &random, k, n, m);
    for (float& v : out) v = -77.0f;
    kernels.matmul[type](&m);
    for (int64_t c = 0; c < n; ++c) {
        const int64_t from = permuted ? order[c] : c;
        for (int64_t r = 0; r < rows; ++r) {
            const unsigned char* row = m.w + static_cast<size_t>(r) * m.row_bytes;
            const float* v = x + from * m.x_stride;
            const int8_t* a = q + from * m.acts.q_stride;
            const float* da = d + from * m.acts.d_stride;
            const float got = out[c * m.out_stride + r];
            const float want = format_is_dense(type) ? dense_dot(type, row, k, v)
                                                     : quantized_dot(type, row, k, a, da, s + from * m.acts.s_stride);
            if (!CHECK(same(got, want)))
                printf("    %s k=%d: %a, want %a\n", f->name, static_cast<int>(k), static_cast<double>(got),
                       static_cast<double>(want));
            check_near(type, row, k, v, a, da, got);
        }
        CHECK(out[c * m.out_stride + rows] == -77.0f);  // nothing is written between the columns
    }
    free(memory);
}

static void test_quantize(const Kernels& kernels) {
    Random random(5);
    for (int n = 0; n < 3000; ++n) {
        float in[32], scale;
        int8_t codes[32];
        int16_t sums[2];
        const float size = bits_float(static_cast<uint32_t>(20 + n % 230) << 23);
        for (float& v : in) v = random.uniform() * size;
        if (n % 7 == 0) in[n % 32] = size * 4;
        kernels.quantize(in, 32, codes, &scale, sums);
        float amax = 0;
        for (const float v : in) amax = magnitude(v) > magnitude(amax) ? static_cast<float>(magnitude(v)) : amax;
        const bool tiny = amax < 0x1p-100f;
        CHECK(scale == (tiny ? 0.0f : amax / 127.0f));
        int want_sums[2] = {0, 0};
        for (int i = 0; i < 32; ++i) {
            const float product = tiny ? 0.0f : in[i] * (127.0f / amax);
            int nearest = static_cast<int>(product);  // toward zero, then by the rest
            const double rest = magnitude(static_cast<double>(product) - nearest);
            if (rest > 0.5 || (rest == 0.5 && nearest % 2 != 0)) nearest += product < 0 ? -1 : 1;
            nearest = nearest > 127 ? 127 : nearest < -127 ? -127 : nearest;
            CHECK_EQ(codes[i], nearest);
            want_sums[i / 16] += nearest;
        }
        CHECK_EQ(sums[0], want_sums[0]);
        CHECK_EQ(sums[1], want_sums[1]);
    }
    for (const uint32_t bad : {0x7f800000u, 0xff800000u, 0x7fc00000u, 0x7f800001u, 0xffffffffu}) {
        float in[64] = {}, scale[2];
        int8_t codes[64];
        int16_t sums[4];
        in[3] = 9;
        in[40] = 1;
        in[17] = bits_float(bad);
        kernels.quantize(in, 64, codes, scale, sums);
        CHECK(float_bits(scale[0]) == 0x7fc00000 && scale[1] == 1.0f / 127.0f);
        CHECK(codes[3] == 0 && sums[0] == 0 && sums[1] == 0 && codes[40] == 127 && sums[2] == 127 && sums[3] == 0);
    }
}

static void test_table(const Kernels& kernels) {
    test_quantize(kernels);
    for (uint32_t type = 0; type < kTypeCount; ++type) {
        const FormatInfo* f = format_info(type);
        if (!f) continue;
        if (format_is_dense(type)) {
            for (const int k : {1, 15, 16, 17, 33, 100, 768}) test_shape(kernels, type, k, 3, 3, k == 33);
        } else {
            for (int k = static_cast<int>(f->block); k <= kMaxK; k = k * 2 + static_cast<int>(f->block))
                test_shape(kernels, type, k, 5, 3, false);
        }
        test_shape(kernels, type, 256, 1, 1, false);
        test_shape(kernels, type, 256, 2, 40, true);
    }
}

int main() {
    static Kernels reference = {}, scalar = {};
    reference_fill_formats(&reference);  // what tiers fall back on
    test_table(reference);
    if (CHECK(kernels_for("scalar", &scalar))) test_table(scalar);  // what they are compared with
    return REPORT();
}
