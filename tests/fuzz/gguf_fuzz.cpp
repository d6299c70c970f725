// SPDX-License-Identifier: MIT
// libFuzzer target of the GGUF parser: any bytes, as one file or (first byte odd) as two shards cut at a length that the
// input says. Build and run by hand, from the project's root:
//     clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/gguf_fuzz.cpp
//         runtime/gguf/*.cpp platform/status.cpp platform/filemap.cpp kernels/formats/format_info.cpp -o gguf_fuzz
//     build/tests/gguf_fuzz_test corpus && ./gguf_fuzz corpus
// (gguf_fuzz_test, given a directory, writes its seeds there.)
#include "tests/support/gguf_exercise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

// Each part in heap bytes of exactly its size.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 4) return 0;
    const bool two = (data[0] & 1) != 0;
    const size_t body = size - 4;
    size_t cut = two ? data[1] | data[2] << 8 | static_cast<size_t>(data[3]) << 16 : body;
    if (cut > body) cut = body;
    const GgufBytes first(data + 4, cut), second(data + 4 + cut, body - cut);
    thimble::FileMap m[2];
    m[0].data = first.data;
    m[0].size = first.size;
    m[1].data = second.data;
    m[1].size = second.size;
    (void)gguf_exercise(m, two ? 2 : 1);
    return 0;
}
