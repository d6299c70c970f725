// SPDX-License-Identifier: MIT
// libFuzzer target of the tokenizers. The first byte is flags, the next two the length of a text; then the text, then a
// GGUF file. Build and run by hand, from the project's root:
//     clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/tokenizer_fuzz.cpp
//         runtime/text/*.cpp runtime/gguf/*.cpp platform/status.cpp platform/filemap.cpp
//         kernels/formats/format_info.cpp -o tokenizer_fuzz
//     build/tests/tokenizer_fuzz_test corpus && ./tokenizer_fuzz corpus
#include "tests/support/tokenizer_opened.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 3) return 0;
    size_t length = data[1] | static_cast<size_t>(data[2]) << 8;
    if (length > size - 3) length = size - 3;
    const GgufBytes text(data + 3, length), file(data + 3 + length, size - 3 - length);
    const TokenizerOpened o(file);
    if (o.status != thimble::kOk) return 0;
    if (o.used != o.counted) abort();
    const Encoded e(o.t, reinterpret_cast<const char*>(text.data), text.size, data[0] & 3u);
    if (e.status != thimble::kOk && e.status != thimble::kOutput && o.t.kind != thimble::kTokenizerUgm) abort();
    char piece[16];
    for (size_t i = 0; i < e.n && e.status == thimble::kOk; ++i) {
        if (e.ids[i] < 0 || static_cast<uint32_t>(e.ids[i]) >= o.t.n_vocab) abort();
        (void)thimble::tokenizer_piece(o.t, e.ids[i], (data[0] & 4) != 0, piece, sizeof piece);
        (void)thimble::tokenizer_is_end(o.t, e.ids[i]);
    }
    return 0;
}
