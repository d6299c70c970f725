// SPDX-License-Identifier: MIT
// libFuzzer target of the JSON parser: the input is the text. Build and run by hand, from the project's root:
//     clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/json_fuzz.cpp
//         runtime/text/json.cpp runtime/text/number.cpp platform/status.cpp -o json_fuzz
#include <cstdlib>
#include <cstring>

#include "runtime/text/json.h"
#include "runtime/text/number.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

// Walks the tree without recursion (its depth is bounded) and returns the number of values.
static size_t count_values(const thimble::JsonValue* root) {
    const thimble::JsonValue* open[thimble::kJsonDepth + 1];
    size_t n = 0, depth = 0;
    open[depth++] = root;
    while (depth) {
        const thimble::JsonValue* v = open[--depth];
        ++n;
        if (v != root && v->next) open[depth++] = v->next;
        const bool container = v->kind == thimble::Json::kArray || v->kind == thimble::Json::kObject;
        uint32_t children = 0;
        for (const thimble::JsonValue* i = container ? v->first : nullptr; i; i = i->next) ++children;
        if (children != v->count) abort();
        if (container && v->first) open[depth++] = v->first;
        if (depth > thimble::kJsonDepth) abort();
    }
    return n;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace thimble;
    char* text = static_cast<char*>(malloc(size ? size : 1));
    if (size) memcpy(text, data, size);
    const size_t bytes = size * 96 + 512;
    char* memory = static_cast<char*>(malloc(bytes));
    Arena arena(memory, bytes);
    JsonValue* v = nullptr;
    Error err{};
    const Status s = json_parse(Str(text, size), arena, &v, &err);
    if (s == kOk && count_values(v) == 0) abort();
    if (s != kOk && (s != kFormat || err.message[0] == 0)) abort();
    if (s == kOk && v->kind == Json::kFloat) {
        char t[kDoubleText];
        double back;
        const size_t n = format_double(v->number, t);
        if (v->number - v->number == 0 && (!parse_double(Str(t, n), &back) || back != v->number)) abort();
    }
    free(text);
    free(memory);
    return 0;
}
