// SPDX-License-Identifier: MIT
// Valid files: every metadata type, typed access, strings, tensors, both versions; the dry run against the real one.
#include "tests/check.h"
#include "tests/support/gguf_opened.h"

using namespace thimble;

static const char* const kTokens[] = {"<unk>", "<s>", "", "\xe2\x96\x81hello", "a\nb"};
static const float kScores[] = {0.0f, -1.5f, 2.0f, 3.0f, -4.0f};
static const int32_t kTypes[] = {2, 3, 1, 1, 6};

static GgufWriter sample() {
    GgufWriter w;
    w.str("general.architecture", "llama").align(64);
    w.u8("a.u8", 200)
        .i8("a.i8", -100)
        .u16("a.u16", 60000)
        .i16("a.i16", -30000)
        .u32("a.u32", 4000000000u)
        .i32("a.i32", -7);
    w.u64("a.u64", 1ull << 63).i64("a.i64", -(1ll << 40)).f32("a.f32", 1.25f).f64("a.f64", -0.5).boolean("a.bool", 1);
    w.strings("tokens", kTokens, 5)
        .numbers("scores", 6, kScores, 5)
        .numbers("types", 5, kTypes, 5)
        .array("empty", 4, 0);
    const uint8_t bools[] = {1, 0, 1};
    w.numbers("layers.bool", 7, bools, 3).str("empty.str", "");
    static float f[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    w.tensor("norm", kF32, {8}, f)
        .tensor("q4", kQ4_K, {512, 3})
        .tensor("ids", 26, {3, 2, 1, 2})
        .tensor("scalar", kF16, {});
    return w;
}

static void values(const Gguf& g) {
    Error err;
    uint32_t u = 1;
    int64_t i = 0;
    float f = 0;
    bool b = false;
    Str s;
    CHECK_EQ(gguf_u32(g, "a.u8", kGgufRequired, &u, &err), kOk);
    CHECK_EQ(u, 200u);
    CHECK_EQ(gguf_u32(g, "a.u32", kGgufRequired, &u, &err), kOk);
    CHECK_EQ(u, 4000000000u);
    CHECK_EQ(gguf_i64(g, "a.i8", kGgufRequired, &i, &err), kOk);
    CHECK_EQ(i, -100);
    CHECK_EQ(gguf_i64(g, "a.i16", kGgufRequired, &i, &err), kOk);
    CHECK_EQ(i, -30000);
    CHECK_EQ(gguf_i64(g, "a.u16", kGgufRequired, &i, &err), kOk);
    CHECK_EQ(i, 60000);
    CHECK_EQ(gguf_i64(g, "a.i64", kGgufRequired, &i, &err), kOk);
    CHECK_EQ(i, -(1ll << 40));
    CHECK_EQ(gguf_f32(g, "a.f32", kGgufRequired, &f, &err), kOk);
    CHECK(f == 1.25f);
    CHECK_EQ(gguf_f32(g, "a.f64", kGgufRequired, &f, &err), kOk);
    CHECK(f == -0.5f);
    CHECK_EQ(gguf_bool(g, "a.bool", kGgufRequired, &b, &err), kOk);
    CHECK(b);
    CHECK_EQ(gguf_str(g, "general.architecture", kGgufRequired, &s, &err), kOk);
    CHECK(s == Str("llama"));
    CHECK_EQ(gguf_str(g, "empty.str", kGgufRequired, &s, &err), kOk);
    CHECK(s.size == 0);
    u = 77;
    CHECK_EQ(gguf_u32(g, "absent", kGgufOptional, &u, &err), kOk);
    CHECK_EQ(u, 77u);
    CHECK_EQ(gguf_u32(g, "absent", kGgufRequired, &u, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'absent': missing");
}

static void type_errors(const Gguf& g) {
    Error err;
    uint32_t u = 5;
    float f = 0;
    bool b = false;
    Str s;
    GgufValue v;
    CHECK_EQ(gguf_u32(g, "a.f32", kGgufOptional, &u, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'a.f32': found type f32, expected an integer");
    CHECK_EQ(gguf_u32(g, "a.bool", kGgufOptional, &u, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'a.bool': found type bool, expected an integer");
    CHECK_EQ(gguf_u32(g, "a.i32", kGgufOptional, &u, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'a.i32': found -7, expected 0 to 4294967295");
    CHECK_EQ(gguf_u32(g, "a.u64", kGgufOptional, &u, &err, 1, 10), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'a.u64': found 9223372036854775808, expected 1 to 10");
    CHECK_EQ(u, 5u);
    CHECK_EQ(gguf_f32(g, "a.u32", kGgufOptional, &f, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'a.u32': found type u32, expected f32");
    CHECK_EQ(gguf_bool(g, "a.u8", kGgufOptional, &b, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'a.u8': found type u8, expected bool");
    CHECK_EQ(gguf_str(g, "tokens", kGgufOptional, &s, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'tokens': found an array of string, expected string");
    CHECK_EQ(gguf_array(g, "scores", kGgufOptional, kGgufI32, kGgufAnyCount, &v, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'scores': found an array of f32, expected an array of i32");
    CHECK_EQ(gguf_array(g, "a.u8", kGgufOptional, kGgufU8, kGgufAnyCount, &v, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'a.u8': found type u8, expected an array of u8");
    CHECK_EQ(gguf_array(g, "scores", kGgufOptional, kGgufF32, 6, &v, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'scores': found 5 elements, expected 6");
}

static void arrays(const Gguf& g, bool dry) {
    Error err;
    GgufValue v;
    CHECK_EQ(gguf_array(g, "scores", kGgufRequired, kGgufF32, 5, &v, &err), kOk);
    for (uint32_t i = 0; i < 5; ++i) CHECK(gguf_at<float>(v, i) == kScores[i]);
    CHECK_EQ(gguf_array(g, "empty", kGgufRequired, kGgufU32, 0, &v, &err), kOk);
    CHECK(v.data != nullptr);
    CHECK_EQ(gguf_array(g, "absent", kGgufOptional, kGgufU32, 0, &v, &err), kOk);
    CHECK(v.data == nullptr);

    uint32_t u = 9;
    for (uint32_t i = 0; i < 3; ++i) {
        CHECK_EQ(gguf_u32_of_layer(g, "layers.bool", kGgufRequired, i, 3, &u, &err), kOk);
        CHECK_EQ(u, i == 1 ? 0u : 1u);
    }
    CHECK_EQ(gguf_u32_of_layer(g, "types", kGgufRequired, 4, 5, &u, &err), kOk);
    CHECK_EQ(u, 6u);
    CHECK_EQ(gguf_u32_of_layer(g, "a.u8", kGgufRequired, 4, 5, &u, &err), kOk);
    CHECK_EQ(u, 200u);
    CHECK_EQ(gguf_u32_of_layer(g, "types", kGgufRequired, 0, 4, &u, &err), kFormat);
    CHECK_STR(err.message, "test.gguf: key 'types': found 5 elements, expected 4, one a layer");
    CHECK_EQ(gguf_u32_of_layer(g, "scores", kGgufRequired, 0, 5, &u, &err), kFormat);
    CHECK_STR(err.message,
              "test.gguf: key 'scores': found an array of f32, expected an integer or an array of integers");

    Arena count;
    GgufStrings strings;
    CHECK_EQ(gguf_strings(g, "tokens", kGgufRequired, count, &strings, &err), kOk);
    CHECK_EQ(strings.count, 5u);
    if (dry) return;
    static char buffer[1024];
    Arena arena(buffer, sizeof buffer);
    CHECK_EQ(gguf_strings(g, "tokens", kGgufRequired, arena, &strings, &err), kOk);
    CHECK_EQ(arena.needed(), count.needed());
    for (uint32_t i = 0; i < 5; ++i) CHECK(strings.at(i) == Str(kTokens[i]));
    char tiny[8];
    Arena small(tiny, sizeof tiny);
    CHECK_EQ(gguf_strings(g, "tokens", kGgufRequired, small, &strings, &err), kMemory);
}

static void tensors(const Gguf& g) {
    CHECK_EQ(g.n_tensors, 4u);
    GgufTensor t;
    CHECK(gguf_tensor(g, "norm", &t));
    CHECK(t.bytes == 32 && t.n_dims == 1 && t.shape[0] == 8 && t.shape[1] == 1 &&
          gguf_load<float>(t.data + 28) == 8.0f);
    CHECK_EQ(t.data - g.shard[0].data, static_cast<ptrdiff_t>(t.offset));
    CHECK_EQ(t.offset % 64, 0u);
    CHECK(gguf_tensor(g, "q4", &t));
    CHECK(t.type == kQ4_K && t.bytes == 144 * 2 * 3 && t.shape[1] == 3);
    CHECK(gguf_tensor(g, "ids", &t));
    CHECK(t.bytes == 48 && t.n_dims == 4 && t.shape[3] == 2);
    CHECK(gguf_tensor(g, "scalar", &t));
    CHECK(t.bytes == 2 && t.n_dims == 0);
    CHECK(!gguf_tensor(g, "absent", &t));
    CHECK_EQ(g.n_elements, 8u + 1536 + 12 + 1);
    CHECK_EQ(g.tensor_bytes, 32u + 864 + 48 + 2);
}

static void one_version(uint32_t version) {
    GgufWriter w = sample();
    w.version = version;
    const GgufBytes b = w.finish();
    const GgufOpened o(b);
    CHECK_EQ(o.dry_status, kOk);
    CHECK_EQ(o.status, kOk);
    if (o.status) {
        fprintf(stderr, "%s\n", o.err.message);
        return;
    }
    CHECK(o.g.kv && o.g.tensors && !o.dry.kv && !o.dry.tensors);
    CHECK_EQ(o.g.version, version);
    CHECK_EQ(o.g.alignment, 64u);
    CHECK_EQ(o.g.file_bytes, b.size);
    for (const Gguf* g : {&o.g, &o.dry}) {
        values(*g);
        type_errors(*g);
        arrays(*g, g == &o.dry);
        tensors(*g);
    }
}

// More entries than a dry Gguf keeps positions of, with arrays between.
static void many_entries() {
    GgufWriter w;
    for (uint32_t i = 0; i < 900; ++i) {
        char key[32];
        snprintf(key, sizeof key, "key.%u", i);
        if (i % 7 == 0)
            w.strings(key, kTokens, 5);
        else
            w.u32(key, i);
    }
    const GgufBytes b = w.finish();
    const GgufOpened o(b);
    CHECK_EQ(o.status, kOk);
    for (const Gguf* g : {&o.g, &o.dry}) {
        for (uint32_t i = 0; i < 900; ++i) {
            char key[32];
            snprintf(key, sizeof key, "key.%u", i);
            uint32_t u = 0;
            GgufValue v;
            CHECK(gguf_find(*g, key, &v));
            if (i % 7 != 0) CHECK(gguf_u32(*g, key, kGgufRequired, &u, nullptr) == kOk && u == i);
        }
        GgufValue v;
        CHECK(!gguf_find(*g, "key.900", &v));
        CHECK(!gguf_find(*g, "", &v));
        for (int again = 0; again < 3; ++again) {  // remembered or not
            uint32_t u = 0;
            CHECK(gguf_u32(*g, "key.899", kGgufRequired, &u, nullptr) == kOk && u == 899);
            CHECK(gguf_u32(*g, "key.511", kGgufRequired, &u, nullptr) == kFormat);  // an array: 511 = 7 * 73
            CHECK(gguf_u32(*g, "key.512", kGgufRequired, &u, nullptr) == kOk && u == 512);
            CHECK(!gguf_find(*g, "key.900", &v));
        }
    }
}

static void small_files() {
    const GgufBytes empty = GgufWriter().finish();
    const GgufOpened o(empty);
    CHECK_EQ(o.status, kOk);
    GgufValue v;
    GgufTensor t;
    CHECK(!gguf_find(o.g, "x", &v) && !gguf_find(o.dry, "x", &v));
    CHECK(!gguf_tensor(o.g, "x", &t) && !gguf_tensor(o.dry, "x", &t));

    // The last tensor need not be padded, and tensors may lie in any order with gaps.
    GgufWriter w;
    w.pad_end = false;
    const uint64_t shape[] = {8};
    w.record("b", 1, 1, shape, kF32, 128).record("a", 1, 1, shape, kF32, 0).record("c", 1, 1, shape, kF32, 32);
    w.payload.bytes(nullptr, 160);
    const GgufOpened gaps(w.finish());
    CHECK_EQ(gaps.status, kOk);

    char tiny[100];
    const GgufBytes b = sample().finish();
    FileMap m;
    m.data = b.data;
    m.size = b.size;
    for (size_t n = 1; n <= sizeof tiny; n += 33) {
        Arena arena(tiny, n);
        Gguf g;
        Error err;
        CHECK_EQ(gguf_open(&m, 1, arena, "dir/test.gguf", &g, &err), kMemory);
        CHECK_STR(err.message, "test.gguf: the buffer is too small for the table of 19 metadata entries");
    }
}

int main() {
    one_version(2);
    one_version(3);
    many_entries();
    small_files();
    return REPORT();
}
