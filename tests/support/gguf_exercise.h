// SPDX-License-Identifier: MIT
// Opens any bytes as GGUF and, when they are accepted, uses all that the parser promises: every value and the ends of
// every tensor are read, and lookups without tables must agree with those by table. Aborts where a promise is broken.
// Returns the status of the real run.
#pragma once
#include "tests/support/gguf_opened.h"

#define EXERCISE_REQUIRE(cond)                                                         \
    do {                                                                               \
        if (!(cond)) {                                                                 \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #cond); \
            abort();                                                                   \
        }                                                                              \
    } while (0)

inline volatile uint64_t gguf_exercise_sink;

inline void gguf_touch(const uint8_t* p, uint64_t n) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; ++i) sum += p[i];
    gguf_exercise_sink = gguf_exercise_sink + sum;
}

inline void gguf_exercise_entry(const GgufOpened& o, const thimble::GgufEntry& e) {
    using namespace thimble;
    GgufValue dry, real;
    EXERCISE_REQUIRE(gguf_find(o.g, e.key, &real) && gguf_find(o.dry, e.key, &dry));
    EXERCISE_REQUIRE(real.data == e.value.data && dry.data == e.value.data && dry.count == real.count &&
                     dry.bytes == real.bytes);
    EXERCISE_REQUIRE(within(static_cast<uint64_t>(real.data - o.g.shard[0].data), real.bytes, o.g.shard[0].size));
    gguf_touch(real.data, real.bytes);
    for (const Gguf* g : {&o.g, &o.dry}) {
        int64_t i = 0;
        uint32_t u = 0;
        float f = 0;
        bool b = false;
        Str s;
        GgufValue v;
        Error err;
        const bool is_int = gguf_i64(*g, e.key, kGgufRequired, &i, &err) == kOk;
        const bool is_u32 = gguf_u32(*g, e.key, kGgufRequired, &u, &err) == kOk;
        EXERCISE_REQUIRE(!is_u32 || (is_int && i == int64_t{u}));
        if (gguf_f32(*g, e.key, kGgufRequired, &f, &err) == kOk) EXERCISE_REQUIRE(f - f == 0);
        if (gguf_bool(*g, e.key, kGgufRequired, &b, &err) == kOk) EXERCISE_REQUIRE(real.type == kGgufBool);
        if (gguf_str(*g, e.key, kGgufRequired, &s, &err) == kOk)
            gguf_touch(reinterpret_cast<const uint8_t*>(s.data), s.size);
        const bool is_array = gguf_array(*g, e.key, kGgufRequired, real.element, real.count, &v, &err) == kOk;
        EXERCISE_REQUIRE(is_array == (real.type == kGgufArray));
        const uint32_t n = static_cast<uint32_t>(real.count < 1000 ? real.count : 1000);
        for (uint32_t layer = 0; layer < n; ++layer)
            (void)gguf_u32_of_layer(*g, e.key, kGgufRequired, layer, n, &u, &err);
    }
    Arena count;
    GgufStrings strings;
    Error err;
    if (gguf_strings(o.g, e.key, kGgufRequired, count, &strings, &err)) return;
    void* buffer = malloc(static_cast<size_t>(count.needed()));
    Arena arena(buffer, static_cast<size_t>(count.needed()));
    EXERCISE_REQUIRE(buffer && gguf_strings(o.g, e.key, kGgufRequired, arena, &strings, &err) == kOk);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < strings.count; ++i) {
        const Str s = strings.at(i);
        gguf_touch(reinterpret_cast<const uint8_t*>(s.data), s.size);
        bytes += 8 + s.size;
    }
    EXERCISE_REQUIRE(bytes == real.bytes);
    free(buffer);
}

inline void gguf_exercise_tensor(const GgufOpened& o, const thimble::GgufTensor& t) {
    using namespace thimble;
    GgufTensor dry, real;
    EXERCISE_REQUIRE(gguf_tensor(o.g, t.name, &real) && gguf_tensor(o.dry, t.name, &dry));
    EXERCISE_REQUIRE(real.data == t.data && dry.data == t.data && dry.bytes == t.bytes && dry.offset == t.offset &&
                     dry.type == t.type);
    const GgufShard& shard = o.g.shard[t.shard];
    EXERCISE_REQUIRE(t.bytes > 0 && within(t.offset, t.bytes, shard.size) && t.data == shard.data + t.offset);
    gguf_touch(t.data, 1);
    gguf_touch(t.data + t.bytes - 1, 1);
    (void)gguf_tensor_type_name(t.type);
}

inline thimble::Status gguf_exercise(const thimble::FileMap* shards, uint32_t n) {
    using namespace thimble;
    const GgufOpened o(shards, n, "fuzz.gguf");
    for (const Error* e : {&o.err, &o.dry_err}) {
        EXERCISE_REQUIRE(memchr(e->message, 0, sizeof e->message) != nullptr);
        for (const char* c = e->message; *c; ++c) EXERCISE_REQUIRE(static_cast<uint8_t>(*c) >= 32);
    }
    EXERCISE_REQUIRE(o.dry_status == kOk || o.status == o.dry_status || o.status == kMemory || o.status == kFormat);
    EXERCISE_REQUIRE((o.status == kOk) == (o.err.message[0] == 0));
    EXERCISE_REQUIRE(o.dry_status == kOk || o.status != kOk);
    if (o.status) return o.status;
    for (uint32_t i = 0; i < o.g.n_kv; ++i) gguf_exercise_entry(o, o.g.kv[i]);
    for (uint32_t i = 0; i < o.g.n_tensors; ++i) gguf_exercise_tensor(o, o.g.tensors[i]);
    GgufValue v;
    GgufTensor t;
    EXERCISE_REQUIRE(!gguf_find(o.dry, "", &v) && !gguf_find(o.g, "", &v) && !gguf_tensor(o.dry, "", &t) &&
                     !gguf_tensor(o.g, "", &t));
    return kOk;
}
inline thimble::Status gguf_exercise(const uint8_t* data, size_t size) {
    thimble::FileMap m;
    m.data = data;
    m.size = size;
    return gguf_exercise(&m, 1);
}
