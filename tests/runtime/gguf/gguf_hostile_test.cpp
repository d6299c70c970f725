// SPDX-License-Identifier: MIT
// Files that must be refused: for each the status and the words, from the dry run and from the real one. The numbers in
// the names are those of the project's list of hostile input.
#include <sys/mman.h>

#include "tests/check.h"
#include "tests/support/gguf_opened.h"

using namespace thimble;

namespace {

constexpr uint64_t k2p62 = 1ull << 62, k2p63 = 1ull << 63;
enum Finds { kBoth, kRealOnly };  // which of the two runs can see the fault

void refused(const char* row, const GgufBytes& b, Status status, const char* message, Finds finds = kBoth) {
    const GgufOpened o(b);
    const bool ok =
        o.status == status && strcmp(o.err.message, message) == 0 && o.err.status == status &&
        (finds == kRealOnly ? o.dry_status == kOk : o.dry_status == status && strcmp(o.dry_err.message, message) == 0);
    if (!CHECK(ok)) {
        fprintf(stderr, "  row %s:\n    expected %d '%s'\n    dry      %d '%s'\n    real     %d '%s'\n", row, status,
                message, o.dry_status, o.dry_status ? o.dry_err.message : "", o.status, o.status ? o.err.message : "");
    }
}
void refused(const char* row, const GgufWriter& w, Status status, const char* message, Finds finds = kBoth) {
    refused(row, w.finish(), status, message, finds);
}
void accepted(const char* row, const GgufWriter& w) {
    const GgufBytes b = w.finish();
    const GgufOpened o(b);
    if (!CHECK(o.status == kOk && o.dry_status == kOk)) fprintf(stderr, "  row %s: refused: %s\n", row, o.err.message);
}

GgufBytes patched(const GgufWriter& w, size_t at, uint32_t v) {
    GgufBytes b = w.finish();
    memcpy(b.data + at, &v, 4);
    return b;
}

void row1_magic_and_version() {
    GgufWriter w;
    w.u32("k", 1);
    refused("1", patched(w, 0, 0x46554748), kFormat,
            "test.gguf: not a GGUF file: found the first bytes 'HGUF', expected 'GGUF'");
    refused("1", patched(w, 0, 0x01020304), kFormat,
            "test.gguf: not a GGUF file: found the first bytes '\?\?\?\?', expected 'GGUF'");
    refused("1", GgufBytes("GG", 2), kFormat, "test.gguf: not a GGUF file: found 2 bytes, expected at least 24");
    refused("1", GgufBytes("", 0), kFormat, "test.gguf: not a GGUF file: found 0 bytes, expected at least 24");
    refused("1", patched(w, 4, 0), kUnsupported, "test.gguf: found GGUF version 0, expected 2 or 3");
    refused("1", patched(w, 4, 1), kUnsupported,
            "test.gguf: found GGUF version 1, expected 2 or 3; convert the model anew");
    refused("1", patched(w, 4, 4), kUnsupported, "test.gguf: found GGUF version 4, expected 2 or 3");
    refused("1", patched(w, 4, 0x03000000), kUnsupported,
            "test.gguf: found version 3 in big-endian byte order, expected a little-endian file");
    refused("1", GgufBytes("GGUF\3\0\0\0\1", 9), kFormat, "test.gguf: the file ends at byte 9 within its header");
}

void row2_counts() {
    GgufWriter w;
    w.u32("k", 1);
    w.n_kv = k2p62;
    refused("2", w, kFormat,
            "test.gguf: found a count of 4611686018427387904 metadata entries, expected at most 1, which is what the "
            "17 bytes "
            "after the header can hold");
    w.n_kv = ~0ull;
    refused("2", w, kFormat,
            "test.gguf: found a count of -1 metadata entries, expected at most 1, which is what the 17 bytes after the "
            "header "
            "can hold");
    w.n_kv = 2;
    refused("2", w, kFormat,
            "test.gguf: found a count of 2 metadata entries, expected at most 1, which is what the 17 bytes after the "
            "header "
            "can hold");
    w.n_kv = 1;
    w.n_tensors = k2p63;
    refused("2", w, kFormat,
            "test.gguf: found a count of -9223372036854775808 tensors, expected at most 0, which is what the 17 bytes "
            "after "
            "the header can hold");
    GgufWriter many;
    many.kv.bytes(nullptr, 262145 * 14);
    many.n_kv = 262145;
    refused("2", many, kUnsupported, "test.gguf: found a count of 262145 metadata entries, expected at most 262144");
}

void row2_long_tail() {
    GgufWriter w;
    char key[16];
    for (int i = 0; i < 512; ++i) {
        snprintf(key, sizeof key, "k%d", i);
        w.u8(key, 0);
    }
    w.array("tail", 0, (8u << 20) - 29).kv.bytes(nullptr, (8u << 20) - 29);
    w.u8("x", 7);  // 8 + 1 + 4 + 1 more: past the limit
    w.n_kv = 513;
    accepted("2", [&] {
        GgufWriter fits = w;
        fits.kv.size -= 14;
        return fits;
    }());
    w.n_kv = 514;
    refused("2", w, kUnsupported,
            "test.gguf: found 8388621 bytes of metadata behind the first 512 entries, expected at most 8388608");
}

void row3_string_length() {
    GgufWriter w;
    w.key("k", 8);
    w.kv.put<uint64_t>(100);
    w.kv.bytes("abc", 3);
    refused(
        "3", w, kFormat,
        "test.gguf: key 'k': found a string of 100 bytes at byte 37, expected at most the 3 bytes left in the file");
    GgufWriter huge;
    huge.key("k", 8);
    huge.kv.put<uint64_t>(~0ull - 7);
    refused("3", huge, kFormat,
            "test.gguf: key 'k': found a string of 18446744073709551608 bytes at byte 37, expected at most the 0 bytes "
            "left in the file");
    GgufWriter key;
    key.kv.put<uint64_t>(k2p63);
    key.kv.bytes("0123456789", 10);
    key.n_kv = 1;
    refused("3", key, kFormat,
            "test.gguf: metadata entry 0, key: found a string of 9223372036854775808 bytes at byte 24, expected at "
            "most the 10 bytes left in "
            "the file");
    GgufWriter in_array;
    in_array.array("k", 8, 2);
    in_array.kv.str("ab");
    in_array.kv.put<uint64_t>(9);
    refused("3", in_array, kFormat,
            "test.gguf: key 'k', string 1 of 2: found a string of 9 bytes at byte 59, expected at most the 0 bytes "
            "left in the file");
    GgufWriter length;
    length.array("k", 8, 2);
    length.kv.str("abcdefgh");
    length.kv.bytes("1234", 4);
    refused("3", length, kFormat,
            "test.gguf: key 'k', string 1 of 2: the file ends at byte 69, expected a string's length at byte 65");
    GgufWriter name;
    name.records.put<uint64_t>(26);
    name.records.bytes("0123456789012345678901234", 25);
    name.n_tensors = 1;
    refused("3", name, kFormat,
            "test.gguf: tensor 0, name: found a string of 26 bytes at byte 24, expected at most the 25 bytes left in "
            "the file");
}

void row4_arrays() {
    GgufWriter w;
    w.array("k", 4, k2p62 + 1);
    w.kv.put<uint32_t>(7);
    refused("4", w, kFormat,
            "test.gguf: key 'k': found an array of 4611686018427387905 x u32, expected at most the 4 bytes left in the "
            "file");
    GgufWriter bytes;
    bytes.array("k", 0, k2p63);
    refused("4", bytes, kFormat,
            "test.gguf: key 'k': found an array of 9223372036854775808 x u8, expected at most the 0 bytes left in the "
            "file");
    GgufWriter strings;
    strings.array("k", 8, 1ull << 61);
    refused("4", strings, kFormat,
            "test.gguf: key 'k': found an array of 2305843009213693952 x string, expected at most the 0 bytes left in "
            "the file");
    GgufWriter nested;
    nested.array("k", 9, 1);
    nested.kv.put<uint32_t>(4);
    nested.kv.put<uint64_t>(0);
    refused("4", nested, kFormat, "test.gguf: key 'k': found an array of arrays, expected plain elements");
    GgufWriter unknown;
    unknown.array("k", 13, 0);
    refused("4", unknown, kFormat, "test.gguf: key 'k': found array element type 13, expected 0 to 12");
    GgufWriter value;
    value.key("k", 13);
    value.kv.put<uint32_t>(0);
    refused("4", value, kFormat, "test.gguf: key 'k': found value type 13, expected 0 to 12");
    GgufWriter header;
    header.key("k", 9);
    header.kv.put<uint32_t>(4);
    refused("4", header, kFormat, "test.gguf: key 'k': the file ends at byte 41 within its array's header");
}

void row5_array_confusion() {
    GgufWriter w;
    const uint8_t scores[] = {1, 2, 3};
    w.numbers("tokenizer.ggml.scores", 0, scores, 3).f32("tokenizer.ggml.tokens", 1);
    const GgufBytes b = w.finish();
    const GgufOpened o(b);
    CHECK_EQ(o.status, kOk);
    for (const Gguf* g : {&o.g, &o.dry}) {
        GgufValue v;
        Error err;
        CHECK_EQ(gguf_array(*g, "tokenizer.ggml.scores", kGgufOptional, kGgufF32, kGgufAnyCount, &v, &err), kFormat);
        CHECK_STR(err.message,
                  "test.gguf: key 'tokenizer.ggml.scores': found an array of u8, expected an array of f32");
        CHECK(v.data == nullptr);
        Arena arena;
        GgufStrings strings;
        CHECK_EQ(gguf_strings(*g, "tokenizer.ggml.tokens", kGgufRequired, arena, &strings, &err), kFormat);
        CHECK_STR(err.message, "test.gguf: key 'tokenizer.ggml.tokens': found type f32, expected an array of string");
        CHECK_EQ(gguf_strings(*g, "tokenizer.ggml.scores", kGgufRequired, arena, &strings, &err), kFormat);
        CHECK_STR(err.message,
                  "test.gguf: key 'tokenizer.ggml.scores': found an array of u8, expected an array of string");
        CHECK_EQ(strings.count, 0u);
    }
}

void row6_scalar_confusion() {
    GgufWriter w;
    refused("6", w.i32("general.alignment", 32), kFormat,
            "test.gguf: key 'general.alignment': found type i32, expected u32");
    refused("6", GgufWriter().str("general.alignment", "32"), kFormat,
            "test.gguf: key 'general.alignment': found type string, expected u32");
    refused("6", GgufWriter().u64("general.alignment", 32), kFormat,
            "test.gguf: key 'general.alignment': found type u64, expected u32");
    refused("6", GgufWriter().str("split.count", "1"), kFormat,
            "test.gguf: key 'split.count': found type string, expected an integer");
    refused("6", GgufWriter().boolean("k", 2), kFormat, "test.gguf: key 'k': found bool 2, expected 0 or 1");
    const uint8_t bools[] = {0, 1, 255};
    refused("6", GgufWriter().numbers("k", 7, bools, 3), kFormat,
            "test.gguf: key 'k': found bool 255, expected 0 or 1");

    GgufWriter types;
    types.str("llama.block_count", "2")
        .f32("llama.head_count", 4)
        .i32("llama.eps", 1)
        .f32("nan", __builtin_nanf(""))
        .f64("inf", 1e300);
    const GgufBytes b = types.finish();
    const GgufOpened o(b);
    Error err;
    uint32_t u = 0;
    float f = 0;
    CHECK_EQ(gguf_u32(o.g, "llama.block_count", kGgufRequired, &u, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'llama.block_count': found type string, expected an integer");
    CHECK_EQ(gguf_u32(o.g, "llama.head_count", kGgufRequired, &u, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'llama.head_count': found type f32, expected an integer");
    CHECK_EQ(gguf_f32(o.g, "llama.eps", kGgufRequired, &f, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'llama.eps': found type i32, expected f32");
    CHECK_EQ(gguf_f32(o.g, "nan", kGgufRequired, &f, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'nan': found NaN, expected a finite f32");
    CHECK_EQ(gguf_f32(o.g, "inf", kGgufRequired, &f, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'inf': found an infinite value, expected a finite f32");
}

void row7_alignment() {
    for (uint32_t a : {0u, 3u, 48u, 65537u, 131072u, 0x80000000u}) {
        char message[128];
        snprintf(message, sizeof message,
                 "test.gguf: key 'general.alignment': found %u, expected a power of two up to 65536", a);
        refused("7", GgufWriter().u32("general.alignment", a), kFormat, message);
    }
    for (uint32_t a : {1u, 8u, 32u, 4096u, 65536u}) {
        GgufWriter w;
        w.align(a).tensor("a", kF32, {3}).tensor("b", kF16, {5});
        accepted("7", w);
    }
}

void row8_names() {
    refused("8", GgufWriter().u32("", 1), kFormat, "test.gguf: metadata entry 0: found an empty key");
    refused("8", GgufWriter().u32("a", 1).u32("b", 2).str("a", "x"), kFormat,
            "test.gguf: key 'a': found twice, as entries 0 and 2", kRealOnly);
    refused("8", GgufWriter().tensor("t", kF32, {2}).tensor("u", kF32, {2}).tensor("t", kF32, {2}), kFormat,
            "test.gguf: tensor 't': found twice, as tensors 0 and 2", kRealOnly);
    refused("8", GgufWriter().tensor("", kF32, {2}), kFormat, "test.gguf: tensor 0: found an empty name");
    char name[80] = {};
    memset(name, 'n', 63);
    accepted("8", GgufWriter().tensor(name, kF32, {2}));
    name[63] = 'n';
    refused("8", GgufWriter().tensor(name, kF32, {2}), kFormat,
            "test.gguf: tensor 0 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn': found a name of "
            "64 bytes, expected at "
            "most 63");
    GgufWriter key;
    key.kv.put<uint64_t>(65536);
    key.kv.bytes(nullptr, 65536);
    key.kv.put<uint32_t>(0);
    key.kv.put<uint8_t>(0);
    key.n_kv = 1;
    refused("8", key, kFormat, "test.gguf: metadata entry 0: found a key of 65536 bytes, expected at most 65535");
}

void row9_to_11_shapes() {
    const uint64_t five[] = {1, 1, 1, 1, 1};
    refused("9", GgufWriter().record("t", 1, 5, five, kF32, 0), kFormat,
            "test.gguf: tensor 't': found 5 dimensions, expected at most 4");
    GgufWriter dims;
    dims.records.str("t");
    dims.records.put<uint32_t>(0xffffffffu);
    dims.records.bytes(nullptr, 40);
    dims.n_tensors = 1;
    refused("9", dims, kFormat, "test.gguf: tensor 't': found 4294967295 dimensions, expected at most 4");

    const uint64_t zero[] = {4, 0}, negative[] = {4, ~0ull}, lowest[] = {k2p63};
    refused("10", GgufWriter().record("t", 1, 2, zero, kF32, 0), kFormat,
            "test.gguf: tensor 't': found dimension 1 = 0, expected at least 1");
    refused("10", GgufWriter().record("t", 1, 2, negative, kF32, 0), kFormat,
            "test.gguf: tensor 't': found dimension 1 = -1, expected at least 1");
    refused("10", GgufWriter().record("t", 1, 1, lowest, kF32, 0), kFormat,
            "test.gguf: tensor 't': found dimension 0 = -9223372036854775808, expected at least 1");

    const uint64_t wraps[] = {1ull << 32, 1ull << 32}, signed_wrap[] = {1ull << 32, 1ull << 31},
                   all[] = {1ull << 16, 1ull << 16, 1ull << 16, 1ull << 16};
    refused("11", GgufWriter().record("t", 1, 2, wraps, kF32, 0), kFormat,
            "test.gguf: tensor 't': the number of elements overflows at dimension 1 = 4294967296, expected below 2^63");
    refused("11", GgufWriter().record("t", 1, 2, signed_wrap, kF32, 0), kFormat,
            "test.gguf: tensor 't': the number of elements overflows at dimension 1 = 2147483648, expected below 2^63");
    refused("11", GgufWriter().record("t", 1, 4, all, kQ4_0, 0), kFormat,
            "test.gguf: tensor 't': the number of elements overflows at dimension 3 = 65536, expected below 2^63");
    const uint64_t bytes[] = {k2p62};
    refused("11", GgufWriter().record("t", 1, 1, bytes, kF32, 0), kFormat,
            "test.gguf: tensor 't': the number of bytes overflows: 4611686018427387904 elements of F32");
    refused("11", GgufWriter().record("t", 1, 1, bytes, 28, 0), kFormat,
            "test.gguf: tensor 't': the number of bytes overflows: 4611686018427387904 elements of F64");
}

void row12_sums() {
    // Each is right by itself; sums and padding would wrap.
    const uint64_t big[] = {1ull << 61};
    refused("12", GgufWriter().record("a", 1, 1, big, kF32, 0).record("b", 1, 1, big, kF32, k2p63), kFormat,
            "test.gguf: tensor 'a': found 9223372036854775808 bytes at offset 0 of the data, which starts at byte 96; "
            "expected them to end "
            "within the file's 90 bytes");
    const uint64_t one[] = {1};
    refused("12", GgufWriter().record("a", 1, 1, one, kF32, ~0ull - 31), kFormat,
            "test.gguf: tensor 'a': found 4 bytes at offset 18446744073709551584 of the data, which starts at byte 64; "
            "expected them to end "
            "within the file's 57 bytes");
}

void row13_types() {
    refused("13", GgufWriter().tensor("t", kQ4_0, {33}), kFormat,
            "test.gguf: tensor 't': found rows of 33 elements, expected a multiple of 32, the block of Q4_0");
    refused("13", GgufWriter().tensor("t", kQ4_K, {32, 8}), kFormat,
            "test.gguf: tensor 't': found rows of 32 elements, expected a multiple of 256, the block of Q4_K");
    refused("13", GgufWriter().tensor("t", kNVFP4, {32, 2}), kFormat,
            "test.gguf: tensor 't': found rows of 32 elements, expected a multiple of 64, the block of NVFP4");
    const uint64_t shape[] = {256};
    struct {
        uint32_t id;
        const char* name;
    } const removed[] = {{4, "Q4_2"},      {5, "Q4_3"},        {31, "Q4_0_4_4"},   {32, "Q4_0_4_8"},
                         {33, "Q4_0_8_8"}, {36, "IQ4_NL_4_4"}, {37, "IQ4_NL_4_8"}, {38, "IQ4_NL_8_8"}};
    for (const auto& r : removed) {
        char message[160];
        snprintf(message, sizeof message,
                 "test.gguf: tensor 't': found type %u (%s), which was removed from GGUF; convert the model anew", r.id,
                 r.name);
        refused("13", GgufWriter().record("t", 1, 1, shape, r.id, 0), kUnsupported, message);
    }
    for (uint32_t id : {9u, 43u, 63u, 64u, 1000u, 0xffffffffu}) {
        char message[160];
        snprintf(message, sizeof message, "test.gguf: tensor 't': found type %u, which this library does not know", id);
        refused("13", GgufWriter().record("t", 1, 1, shape, id, 0), kUnsupported, message);
    }
}

void row14_offsets() {
    const uint64_t shape[] = {16};
    GgufWriter outside;
    outside.record("t", 1, 1, shape, kF32, 32);
    outside.pad_end = false;
    outside.payload.bytes(nullptr, 95);
    refused("14", outside, kFormat,
            "test.gguf: tensor 't': found 64 bytes at offset 32 of the data, which starts at byte 64; expected them to "
            "end within the file's "
            "159 bytes");
    GgufWriter shifted;
    shifted.record("t", 1, 1, shape, kF32, 16);
    shifted.payload.bytes(nullptr, 256);
    refused("14", shifted, kFormat, "test.gguf: tensor 't': found offset 16, expected a multiple of the alignment 32");
    GgufWriter overlap;
    overlap.record("a", 1, 1, shape, kF32, 0).record("b", 1, 1, shape, kF32, 32);
    overlap.payload.bytes(nullptr, 256);
    refused("14", overlap, kFormat,
            "test.gguf: tensor 'b': starts at byte 128, within tensor 'a', which ends at byte 160");
    GgufWriter same;
    same.record("a", 1, 1, shape, kF32, 64).record("b", 1, 1, shape, kF32, 64);
    same.payload.bytes(nullptr, 256);
    refused("14", same, kFormat,
            "test.gguf: tensor 'b': starts at byte 160, within tensor 'a', which ends at byte 224");
    GgufWriter descending;
    descending.record("a", 1, 1, shape, kF32, 128).record("b", 1, 1, shape, kF32, 0).record("c", 1, 1, shape, kF32, 32);
    descending.payload.bytes(nullptr, 256);
    refused("14", descending, kFormat,
            "test.gguf: tensor 'c': starts at byte 160, within tensor 'b', which ends at byte 192", kRealOnly);
    GgufWriter backwards;
    backwards.record("a", 1, 1, shape, kF32, 64).record("b", 1, 1, shape, kF32, 32);
    backwards.payload.bytes(nullptr, 256);
    refused("14", backwards, kFormat,
            "test.gguf: tensor 'a': starts at byte 160, within tensor 'b', which ends at byte 192", kRealOnly);
}

void row15_error_paths() {
    // No Error to fill, an over-long key with control bytes, a label without end, and every buffer that is too small.
    const GgufBytes bad = GgufWriter().i32("general.alignment", 1).finish();
    FileMap m;
    m.data = bad.data;
    m.size = bad.size;
    Arena dry;
    Gguf g;
    CHECK_EQ(gguf_open(&m, 1, dry, nullptr, &g, nullptr), kFormat);

    char key[4096], label[4096];
    memset(key, '\n', sizeof key - 1);
    memset(label, 'x', sizeof label - 1);
    key[sizeof key - 1] = label[sizeof label - 1] = 0;
    const GgufBytes loud = GgufWriter().boolean(key, 3).finish();
    m.data = loud.data;
    m.size = loud.size;
    Error err;
    CHECK_EQ(gguf_open(&m, 1, dry, label, &g, &err), kFormat);
    CHECK(strlen(err.message) < sizeof err.message && strchr(err.message, '\n') == nullptr);
    CHECK(strstr(err.message, "...': found bool 3, expected 0 or 1") != nullptr);
    CHECK_EQ(gguf_open(&m, 0, dry, "f", &g, &err), kUnsupported);
    CHECK_STR(err.message, "f: found 0 files, expected 1 to 128");

    const GgufBytes good = GgufWriter().u32("a", 1).u32("b", 2).tensor("t", kF32, {2}).tensor("u", kF32, {2}).finish();
    const GgufOpened o(good);
    CHECK_EQ(o.status, kOk);
    m.data = good.data;
    m.size = good.size;
    for (uint64_t size = 1; size < o.used; ++size) {
        uint8_t* raw = static_cast<uint8_t*>(aligned_alloc(64, (size + 63) / 64 * 64));
        Arena arena(raw, static_cast<size_t>(size));
        const Status st = gguf_open(&m, 1, arena, "f", &g, &err);
        CHECK(st == kMemory && strstr(err.message, "f: the buffer is too small") == err.message);
        free(raw);
    }
}

void row16_and_17_ranges() {
    GgufWriter w;
    w.u32("llama.block_count", 0)
        .u32("llama.attention.head_count", 0)
        .u32("tokenizer.ggml.eos_token_id", 32000)
        .i32("bos", -1);
    const GgufBytes b = w.finish();
    const GgufOpened o(b);
    Error err;
    uint32_t u = 7;
    CHECK_EQ(gguf_u32(o.g, "llama.block_count", kGgufRequired, &u, &err, 1, 512), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'llama.block_count': found 0, expected 1 to 512");
    CHECK_EQ(gguf_u32(o.g, "llama.attention.head_count", kGgufRequired, &u, &err, 1, 1024), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'llama.attention.head_count': found 0, expected 1 to 1024");
    CHECK_EQ(gguf_u32(o.g, "tokenizer.ggml.eos_token_id", kGgufRequired, &u, &err, 0, 31999), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'tokenizer.ggml.eos_token_id': found 32000, expected 0 to 31999");
    CHECK_EQ(gguf_u32(o.g, "bos", kGgufRequired, &u, &err, 0, 31999), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'bos': found -1, expected 0 to 31999");
    CHECK_EQ(u, 7u);
}

// An array of more than 4 GiB, in pages of which few are ever touched: the index then has 64-bit offsets.
void wide_strings() {
    if (sizeof(void*) < 8) return;
    constexpr uint64_t kEach = 3ull << 29;
    GgufWriter w;
    w.array("tokens", 8, 3);
    const GgufBytes head = w.finish();
    const size_t size = static_cast<size_t>(head.size + 3 * (8 + kEach));
    void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return;
    uint8_t* bytes = static_cast<uint8_t*>(p);
    memcpy(bytes, head.data, head.size);
    for (uint64_t i = 0; i < 3; ++i) memcpy(bytes + head.size + i * (8 + kEach), &kEach, 8);
    const GgufOpened o(bytes, size);
    CHECK_EQ(o.status, kOk);
    char buffer[256];
    Arena arena(buffer, sizeof buffer);
    GgufStrings strings;
    Error err;
    CHECK_EQ(gguf_strings(o.g, "tokens", kGgufRequired, arena, &strings, &err), kOk);
    CHECK(strings.offset64 != nullptr && strings.count == 3);
    for (uint32_t i = 0; i < 3; ++i) {
        CHECK_EQ(strings.at(i).size, kEach);
        CHECK(reinterpret_cast<const uint8_t*>(strings.at(i).data) == bytes + head.size + i * (8 + kEach) + 8);
    }
    munmap(p, size);
}

// The bytes change under a parsed file, as a mapped file's may: what is read again is checked again.
void changed_since() {
    const char* const words[] = {"ab", "cd"};
    const GgufBytes b = GgufWriter().strings("tokens", words, 2).finish();
    const GgufOpened o(b);
    CHECK_EQ(o.status, kOk);
    memset(b.data + b.size - 10, 0xff, 8);
    char buffer[256];
    Arena arena(buffer, sizeof buffer);
    GgufStrings strings;
    Error err;
    CHECK_EQ(gguf_strings(o.g, "tokens", kGgufRequired, arena, &strings, &err), kIo);
    CHECK_STR(err.message, "test.gguf: key 'tokens', string 1: the file has changed while it was read");
    GgufValue v;
    CHECK(!gguf_find(o.dry, "tokens", &v));
}

void names_of_types() {
    CHECK_STR(gguf_tensor_type_name(kQ4_K), "Q4_K");
    CHECK_STR(gguf_tensor_type_name(26), "I32");
    CHECK_STR(gguf_tensor_type_name(4), "Q4_2");
    CHECK_STR(gguf_tensor_type_name(0xffffffffu), "unknown");
    CHECK_STR(gguf_type_name(12), "f64");
    CHECK_STR(gguf_type_name(13), "unknown");
}

// A string of 2^31 bytes in pages that are never touched, and a count that only a file of 16 GiB can have.
void row19_beyond_int32() {
    if (sizeof(void*) < 8) return;
    GgufWriter w;
    w.array("tokens", 8, 1);
    w.kv.put<uint64_t>(1ull << 31);
    const GgufBytes head = w.finish();
    const size_t size = head.size + (size_t{1} << 31);
    void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p != MAP_FAILED) {
        memcpy(p, head.data, head.size);
        const GgufOpened o(static_cast<uint8_t*>(p), size);
        CHECK_EQ(o.status, kOk);
        char buffer[256];
        Arena arena(buffer, sizeof buffer);
        GgufStrings strings;
        Error err;
        CHECK_EQ(gguf_strings(o.g, "tokens", kGgufRequired, arena, &strings, &err), kFormat);
        CHECK_STR(err.message,
                  "test.gguf: key 'tokens', string 0: found 2147483648 bytes, expected at most 2147483647");
        munmap(p, size);
    }
    const char* const one[] = {"x"};
    const GgufBytes b = GgufWriter().strings("tokens", one, 1).finish();
    const GgufOpened o(b);
    const_cast<GgufEntry*>(o.g.kv)->value.count = 1ull << 31;
    Arena arena;
    GgufStrings strings;
    Error err;
    CHECK_EQ(gguf_strings(o.g, "tokens", kGgufRequired, arena, &strings, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'tokens': found 2147483648 strings, expected at most 2147483647");
}

}  // namespace

int main() {
    row1_magic_and_version();
    row2_counts();
    row2_long_tail();
    row3_string_length();
    row4_arrays();
    row5_array_confusion();
    row6_scalar_confusion();
    row7_alignment();
    row8_names();
    row9_to_11_shapes();
    row12_sums();
    row13_types();
    row14_offsets();
    row15_error_paths();
    row16_and_17_ranges();
    row19_beyond_int32();
    wide_strings();
    changed_since();
    names_of_types();
    return REPORT();
}
