// SPDX-License-Identifier: MIT
// The table of functions: all that runtime sees of the arithmetic. Pure: no allocation, no I/O, no threads, no globals
// that change. Every tier gives the same bits as the scalar reference (kernels/README.md has the orders of operations),
// so tests compare with ==. All functions may be called from several threads on disjoint outputs.
#pragma once
#include <cstddef>
#include <cstdint>

namespace thimble {

// Type numbers are GGUF's own (ggml_type).
enum TypeId : uint32_t {
#define THIMBLE_FORMAT(name, id, block, bytes) k##name = id,
#include "kernels/formats/formats.def"
#undef THIMBLE_FORMAT
};
constexpr uint32_t kTypeCount = 64;  // ids are below this

struct FormatInfo {
    const char* name;
    uint32_t block;  // elements a block
    uint32_t bytes;  // bytes a block
};
// nullptr for an id that GGUF does not define, has removed, or that is not a storage type of weights.
const FormatInfo* format_info(uint32_t id);
bool format_is_dense(uint32_t id);  // F32, F16, BF16: multiplied with float activations; all others with int8 ones

// Quantised activations of n columns, k values each (k a multiple of 32): blocks of 32 with one scale, sums of 16.
// x[i] ~ d[i / 32] * q[i], q in [-127, 127]; s[i / 16] = sum of the 16 q. Strides are in elements of each array.
struct QuantActs {
    int8_t* q;
    float* d;
    int16_t* s;
    int64_t q_stride, d_stride, s_stride;
};

// out[c * out_stride + r] = dot(row r of w, column col[c] of the activations), 0 <= r < rows, 0 <= c < n.
struct Matmul {
    const uint8_t* w;  // first row, GGUF blocks, any alignment; nothing outside the rows is read
    size_t row_bytes;
    int64_t k;  // values a row; a multiple of the format's block
    int64_t rows, n;
    QuantActs acts;  // for quantised formats
    const float* x;  // for dense formats: column c at x + c * x_stride
    int64_t x_stride;
    const int32_t* col;  // nullptr: the identity
    float* out;
    int64_t out_stride;
    void* scratch;  // kMatmulScratch bytes, 64-byte aligned, one for each thread
};
#if defined(__x86_64__)
constexpr size_t kMatmulScratch = 176 * 1024;
#else
constexpr size_t kMatmulScratch = 64 * 1024;
#endif

enum Activation : uint32_t {
    kActNone,
    kActSilu,
    kActGeluTanh,
    kActGeluErf,
    kActGeluQuick,
    kActRelu,
    kActReluSquared,
    kActSwigluOai
};

enum KvType : uint32_t { kKvF16 = 0, kKvF32 = 1, kKvQ8_0 = 2 };
constexpr int64_t kKvTile = 16;    // positions whose keys stand side by side
constexpr int64_t kKvChunk = 256;  // positions whose softmax is taken together; partial results merge in order

// One layer's cache of one kv head. Position p lives in slot p % capacity (capacity: a multiple of kKvTile).
//   K: [capacity / 16][dk][16]   V: [capacity][dv]                            F16, F32
//   K: [capacity / 16][dk / 4][16][4] int8, scales [capacity / 16][dk / 32][16] f16; V: [capacity][dv] int8,
//   scales [capacity][dv / 32] f16                                            Q8_0
struct KvHead {
    void* k;
    void* v;
    void* k_scale;  // Q8_0 only
    void* v_scale;
    int64_t capacity;
    KvType type_k, type_v;
};

// Attention of `group` query heads that share one kv head, for n_tokens consecutive tokens, over one chunk of positions
// [chunk * 256, chunk * 256 + 256). Token t stands at position pos0 + t and sees positions
// [max(0, pos0 + t + 1 - window), pos0 + t], window 0 meaning all.
struct Attention {
    KvHead kv;
    const float* q;  // query of (t, h) at q + t * q_stride + h * dk
    int64_t q_stride;
    int64_t dk, dv;  // multiples of 2, at most kMaxHeadSize; any value works, multiples of 16 are fast
    int64_t n_tokens, group;
    int64_t pos0, window;
    float scale;          // s = scale * (q . k)
    float softcap;        // 0: none; else s = softcap * tanh(s / softcap)
    const float* slopes;  // nullptr, or [group] ALiBi slopes: s += slope * (position of key - position of query)
    void* scratch;        // kAttentionScratch bytes, one for each thread
};
constexpr size_t kAttentionScratch = 64 * 1024;
constexpr int64_t kMaxHeadSize = 4096;  // greatest dk and dv

// The running state of one (token, head): maximum m, sum l, unnormalised output o[dv]. Row r = t * group + h.
struct AttentionState {
    float* m;  // [rows]
    float* l;  // [rows]
    float* o;  // row r at o + r * dv
};

struct Kernels {
    const char* name;
    // x[k] -> int8 blocks. k a multiple of 32.
    void (*quantize)(const float* x, int64_t k, int8_t* q, float* d, int16_t* s);
    void (*matmul[kTypeCount])(const Matmul*);  // nullptr: no such format
    void (*dequantize[kTypeCount])(const uint8_t* w, int64_t k, float* out);

    // y = x / sqrt(mean(x^2) + eps) * w (+ b); w, b may be nullptr. x == y allowed.
    void (*rms_norm)(const float* x, const float* w, const float* b, float eps, int64_t n, float* y);
    void (*layer_norm)(const float* x, const float* w, const float* b, float eps, int64_t n, float* y);
    void (*add)(const float* a, const float* b, int64_t n, float* y);                  // y = a + b
    void (*add_scaled)(const float* a, const float* b, float s, int64_t n, float* y);  // y = fma(b, s, a)
    void (*scale)(float s, int64_t n, float* y);                                       // y = y * s
    void (*softcap)(float cap, int64_t n, float* y);                                   // y = cap * tanh(y / cap)
    // y = act(g) * u; u may be nullptr (y = act(g)). y == g allowed.
    void (*activate)(Activation a, const float* g, const float* u, int64_t n, float* y);
    // Rotates the first n_rot values of each of `heads` vectors of d values. neox: pairs (i, i + n_rot/2), else (2i, 2i+1).
    void (*rope)(float* x, int64_t heads, int64_t d, int64_t n_rot, int neox, const float* cos, const float* sin);
    // What rope takes: cosine and sine of position * frequency[i] (in double, our own polynomials), times magnitude.
    void (*rope_angles)(double position, const double* frequency, float magnitude, int64_t n, float* cos, float* sin);
    // y[i] = log x[i], and z[i] = x[i]^y[i] for x > 0 (step 0: x[0]^y[i]), as math_log and math_pow. In place allowed.
    void (*log)(const double* x, int64_t n, double* y);
    void (*pow)(const double* x, int64_t step, const double* y, int64_t n, double* z);
    void (*softmax)(float* x, int64_t n);  // in place, for routers and samplers

    // Stores one position's key and value of one kv head.
    void (*kv_store)(const KvHead* kv, int64_t position, const float* k, int64_t dk, const float* v, int64_t dv);
    // Partial state of one chunk, written over *out. A row that sees nothing of the chunk gets m = -inf, l = 0, o = 0.
    void (*attention_chunk)(const Attention* a, int64_t chunk, const AttentionState* out);
    // into <- into merged with part, for rows [0, rows). An `into` with m = -inf is empty.
    void (*attention_merge)(const AttentionState* into, const AttentionState* part, int64_t rows, int64_t dv);
    // y = o / l, with an attention sink (a logit that takes weight and gives no value) when sink != nullptr.
    void (*attention_finish)(const AttentionState* s, int64_t row, int64_t dv, const float* sink, float* y);
};

// Tiers that this build has, best last (kernels/targets/targets.def); tier_supported asks the CPU.
uint32_t tier_count();
const char* tier_name(uint32_t index);
bool tier_supported(uint32_t index);
// Fills *out with the best supported tier for nullptr or "", else with the named one. False, and *out untouched, when
// it is unknown or this CPU lacks it.
bool kernels_for(const char* tier, Kernels* out);

// For benchmarks: loads `bytes` bytes in one of kReadWays ways and returns something that depends on all of them.
constexpr int kReadWays = 3;
uint64_t read_memory(const void* data, size_t bytes, int way);
// For benchmarks: runs `loops` turns of the tier's int8 multiply-accumulate instruction, or of its float fused
// multiply-add, alone (this CPU must have it) and returns how many products that were; 0: a tier without one.
enum class Peak { kInt8, kFloat };
int64_t multiply_peak(const char* tier, Peak what, int64_t loops);

// Set-up work: one number, the same bits as a lane of the table's functions.
double math_exp(double x);
double math_log(double x);            // -1e300 where x > 0 is false
double math_pow(double x, double y);  // x > 0
double math_sqrt(double x);  // NaN below 0; the instruction where there is one, else within a unit in the last place

}  // namespace thimble
