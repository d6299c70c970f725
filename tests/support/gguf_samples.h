// SPDX-License-Identifier: MIT
// Small valid files that tests cut, flip and mutate.
#pragma once
#include "tests/support/gguf_writer.h"

// Every metadata type, arrays of several, tensors of several types: about 1 KB.
inline GgufWriter gguf_sample_rich(uint32_t version = 3) {
    static const char* const tokens[] = {"<unk>", "", "ab", "\xe2\x96\x81the"};
    static const float scores[] = {0, -1, -2.5f, 3};
    static const uint8_t bools[] = {1, 0, 1};
    static const int32_t types[] = {2, 3, 1, 1};
    GgufWriter w;
    w.version = version;
    w.str("general.architecture", "llama").align(16);
    w.u8("u8", 1)
        .i8("i8", -1)
        .u16("u16", 2)
        .i16("i16", -2)
        .u32("u32", 3)
        .i32("i32", -3)
        .f32("f32", 1.5f)
        .boolean("bool", 1);
    w.u64("u64", 4).i64("i64", -4).f64("f64", 2.5);
    w.strings("tokens", tokens, 4)
        .numbers("scores", 6, scores, 4)
        .numbers("types", 5, types, 4)
        .numbers("flags", 7, bools, 3);
    w.array("none", 10, 0).u16("split.no", 0).u16("split.count", 1).i32("split.tensors.count", 3);
    w.tensor("norm", thimble::kF32, {8}).tensor("w", thimble::kQ4_0, {32, 2}).tensor("e", thimble::kQ6_K, {256, 1, 2});
    return w;
}

// Tensors out of order with gaps; no metadata.
inline GgufWriter gguf_sample_scattered() {
    GgufWriter w;
    const uint64_t shape[] = {4, 2};
    w.record("b", 1, 2, shape, thimble::kF16, 96)
        .record("a", 1, 1, shape, thimble::kF32, 0)
        .record("c", 1, 2, shape, thimble::kF32, 32);
    w.payload.bytes(nullptr, 128);
    return w;
}

// Shard `no` of `count`, with one tensor each.
inline GgufWriter gguf_sample_shard(uint32_t no, uint32_t count) {
    GgufWriter w;
    char name[32];
    snprintf(name, sizeof name, "tensor.%u", no);
    const float values[4] = {static_cast<float>(no), 1, 2, 3};
    if (no == 0) w.str("general.architecture", "llama").u32("llama.block_count", count);
    w.u16("split.no", static_cast<uint16_t>(no)).u16("split.count", static_cast<uint16_t>(count));
    w.i32("split.tensors.count", static_cast<int32_t>(count));
    w.tensor(name, thimble::kF32, {4}, values);
    return w;
}
