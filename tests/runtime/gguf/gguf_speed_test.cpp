// SPDX-License-Identifier: MIT
// Cost: a vocabulary of 150 000 tokens with scores, types and merges opens in linear time, without and with tables, and
// names made to collide or tensors in descending order cost no more than they must.
#include "platform/clock.h"
#include "tests/check.h"
#include "tests/support/gguf_opened.h"

using namespace thimble;

static double milliseconds(uint64_t since) { return static_cast<double>(clock_ns() - since) / 1e6; }

static GgufWriter vocabulary(uint32_t n) {
    GgufWriter w;
    w.str("general.architecture", "llama");
    char text[64];
    w.array("tokenizer.ggml.tokens", 8, n);
    for (uint32_t i = 0; i < n; ++i) w.kv.str(text, static_cast<size_t>(snprintf(text, sizeof text, "token%u", i)));
    w.array("tokenizer.ggml.scores", 6, n).kv.bytes(nullptr, 4 * size_t{n});
    w.array("tokenizer.ggml.token_type", 5, n).kv.bytes(nullptr, 4 * size_t{n});
    w.array("tokenizer.ggml.merges", 8, n);
    for (uint32_t i = 0; i < n; ++i) w.kv.str(text, static_cast<size_t>(snprintf(text, sizeof text, "to %u", i)));
    w.u32("tokenizer.ggml.bos_token_id", 1);
    return w;
}

// Both runs as the model does them, with the index of tokens and merges and 100 lookups each: the best of five.
static double open_time(uint32_t n) {
    const GgufBytes b = vocabulary(n).finish();
    FileMap m;
    m.data = b.data;
    m.size = b.size;
    const size_t room = size_t{16} * n + 65536;
    void* buffer = malloc(room);
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
        const uint64_t start = clock_ns();
        Arena dry, real(buffer, room);
        for (Arena* arena : {&dry, &real}) {
            Gguf g;
            GgufStrings tokens, merges;
            Error err;
            CHECK_EQ(gguf_open(&m, 1, *arena, "vocabulary.gguf", &g, &err), kOk);
            CHECK_EQ(gguf_strings(g, "tokenizer.ggml.tokens", kGgufRequired, *arena, &tokens, &err), kOk);
            CHECK_EQ(gguf_strings(g, "tokenizer.ggml.merges", kGgufRequired, *arena, &merges, &err), kOk);
            CHECK_EQ(tokens.count, n);
            if (arena == &real) CHECK(tokens.at(7) == Str("token7") && merges.at(n - 1).starts_with("to "));
            uint32_t id = 0;
            for (int i = 0; i < 100; ++i) {
                CHECK_EQ(gguf_u32(g, "tokenizer.ggml.bos_token_id", kGgufRequired, &id, &err), kOk);
            }
        }
        CHECK_EQ(dry.needed(), real.needed());
        const double t = milliseconds(start);
        if (t < best) best = t;
    }
    free(buffer);
    return best;
}

static void most_tensors_descending() {
    constexpr uint32_t kCount = kGgufMaxEntries;
    GgufWriter w;
    const uint64_t shape[] = {8};
    char name[32];
    for (uint32_t i = 0; i < kCount; ++i) {
        const int n = snprintf(name, sizeof name, "blk.%u.w", i);
        w.record(name, static_cast<size_t>(n), 1, shape, kF32, uint64_t{32} * (kCount - 1 - i));
    }
    w.payload.bytes(nullptr, size_t{32} * kCount);
    const GgufBytes b = w.finish();
    const uint64_t start = clock_ns();
    const GgufOpened o(b);
    const double t = milliseconds(start);
    CHECK_EQ(o.status, kOk);
    printf("262144 tensors in descending order: %.1f ms\n", t);
    CHECK(t < 10000);
}

// As many keys as are allowed, the last of them twice; and lookups of a dry run behind them.
static void most_keys() {
    GgufWriter w;
    char key[32];
    for (uint32_t i = 0; i < kGgufMaxEntries - 1; ++i) {
        snprintf(key, sizeof key, "key.%u", i);
        w.u32(key, i);
    }
    {
        const GgufBytes b = w.finish();
        const uint64_t start = clock_ns();
        const GgufOpened o(b);
        CHECK_EQ(o.status, kOk);
        uint32_t u = 0;
        for (uint32_t layer = 0; layer < 3000; ++layer) {
            CHECK_EQ(gguf_u32_of_layer(o.dry, "key.262142", kGgufRequired, layer, 3000, &u, nullptr), kOk);
            CHECK_EQ(u, 262142u);
        }
        const double t = milliseconds(start);
        printf("262143 keys and 3000 lookups without a table: %.1f ms\n", t);
        CHECK(t < 10000);
    }
    w.u32("key.262142", 0);
    const GgufBytes b = w.finish();
    const GgufOpened o(b);
    CHECK_EQ(o.status, kFormat);
    CHECK_STR(o.err.message, "test.gguf: key 'key.262142': found twice, as entries 262142 and 262143");
}

// 1100 keys, found by search, that all hash to one slot of their table of 4096: more than the parser is willing to probe,
// so that a file of 262144 such keys cannot cost 262144^2 / 2 comparisons.
static void colliding_names() {
    GgufWriter keys, tensors;
    const uint64_t shape[] = {1};
    char key[32];
    uint32_t found = 0;
    for (uint64_t i = 0; found < 1100; ++i) {
        const int n = snprintf(key, sizeof key, "%llx", static_cast<unsigned long long>(i));
        uint64_t h = 0xcbf29ce484222325u;
        for (int k = 0; k < n; ++k) h = (h ^ static_cast<uint8_t>(key[k])) * 0x100000001b3u;
        if (((h ^ (h >> 32)) & 4095) != 0) continue;
        keys.u8(key, 0);
        tensors.record(key, static_cast<size_t>(n), 1, shape, kF32, uint64_t{32} * found);
        ++found;
    }
    tensors.payload.bytes(nullptr, size_t{32} * found);
    const GgufBytes a = keys.finish(), b = tensors.finish();
    const GgufOpened by_key(a), by_tensor(b);
    CHECK_EQ(by_key.dry_status, kOk);
    CHECK_EQ(by_key.status, kFormat);
    CHECK(strstr(by_key.err.message, "too many keys collide in the table of names") != nullptr);
    CHECK_EQ(by_tensor.dry_status, kOk);
    CHECK_EQ(by_tensor.status, kFormat);
    CHECK(strstr(by_tensor.err.message, "too many names collide in the table of names") != nullptr);
}

int main() {
    const double small = open_time(15000), large = open_time(150000);
    printf("15 000 tokens: %.2f ms, 150 000 tokens: %.2f ms, both runs\n", small, large);
    CHECK(large < 1000);             // tens of times what it takes: emulators and sanitizers are slow
    CHECK(large < 60 * small + 20);  // linear, with room for caches and noise: n^2 would be 100 times
    most_tensors_descending();
    most_keys();
    colliding_names();
    return REPORT();
}
