// SPDX-License-Identifier: MIT
// libFuzzer target of the template engine. The first byte chooses the size of the scratch memory; up to the first NUL
// comes the template, then the JSON of its variables (an empty object when there is none). Build and run by hand, from
// the project's root:
//     clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/jinja_fuzz.cpp
//         runtime/text/jinja/*.cpp runtime/text/json.cpp runtime/text/number.cpp platform/status.cpp -o jinja_fuzz
//     build/tests/jinja_fuzz_test corpus && ./jinja_fuzz corpus
#include <cstdlib>
#include <cstring>

#include "runtime/text/jinja/jinja.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace thimble;
    if (size < 1) return 0;
    const size_t scratch_size = size_t{data[0]} * 2048 + 4096;
    const char* text = reinterpret_cast<const char*>(data + 1);
    const void* nul = memchr(text, 0, size - 1);
    const size_t length = nul ? static_cast<size_t>(static_cast<const char*>(nul) - text) : size - 1;
    const size_t rest = nul ? size - 2 - length : 0;
    // Exact copies on the heap: a sanitizer sees any byte read beyond them.
    char* source = static_cast<char*>(malloc(length + 1));
    char* json = static_cast<char*>(malloc(rest + 2));
    char* scratch = static_cast<char*>(malloc(scratch_size));
    char* out = static_cast<char*>(malloc(512));
    source = static_cast<char*>(realloc(source, length ? length : 1));
    memcpy(source, text, length);
    memcpy(json, rest ? text + length + 1 : "{}", rest ? rest : 2);
    size_t n = 0;
    Error err{};
    const Status s = render_template(Str(source, length), Str(json, rest ? rest : 2), 1700000000, scratch, scratch_size,
                                     out, 512, &n, &err);
    if (s == kOk && n > 512) abort();
    if (s != kOk && (err.status != s || err.message[0] == 0 || !memchr(err.message, 0, sizeof err.message))) abort();
    free(source);
    free(json);
    free(scratch);
    free(out);
    return 0;
}
