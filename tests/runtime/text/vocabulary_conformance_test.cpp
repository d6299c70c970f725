// SPDX-License-Identifier: MIT
// Ids of well-known vocabularies, from the conformance data outside the repository; skipped where that is absent.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "platform/arena.h"
#include "runtime/gguf/gguf.h"
#include "runtime/text/tokenizer.h"
#include "tests/check.h"

using namespace thimble;

namespace {
struct Bytes {
    char* data = nullptr;
    size_t size = 0;
    explicit Bytes(const char* path) {
        FILE* f = fopen(path, "rb");
        if (!f) return;
        fseek(f, 0, SEEK_END);
        size = static_cast<size_t>(ftell(f));
        rewind(f);
        data = static_cast<char*>(malloc(size + 1));
        if (fread(data, 1, size, f) != size) size = 0;
        data[size] = 0;
        fclose(f);
    }
    ~Bytes() { free(data); }
};

// Compares the ids of all texts in one mode; returns the number of texts that differ.
uint32_t compare(const Tokenizer& t, const Bytes& texts, const Bytes& expected, uint32_t flags, uint32_t* count) {
    uint32_t wrong = 0;
    const char* line = expected.data;
    for (const char* p = texts.data; p;) {
        const char* end = strstr(p, "\n----\n");
        size_t size = end ? static_cast<size_t>(end - p) : strlen(p);
        if (!end && size > 0 && p[size - 1] == '\n') --size;
        const size_t scratch_size = tokenizer_scratch(t, size), capacity = size * 4 + 16;
        void* scratch = malloc(scratch_size);
        int32_t* ids = static_cast<int32_t*>(malloc(capacity * sizeof(int32_t)));
        size_t n = 0;
        Error err{};
        bool same = tokenizer_encode(t, Str(p, size), flags, scratch, scratch_size, ids, capacity, &n, &err) == kOk;
        size_t i = 0;
        for (; *line && *line != '\n'; ++i) {
            char* after;
            const long id = strtol(line, &after, 10);
            if (after == line) break;
            same = same && i < n && ids[i] == id;
            line = after;
            while (*line == ' ' || *line == ',') ++line;
        }
        same = same && i == n;
        if (*line == '\n') ++line;
        wrong += !same;
        ++*count;
        free(scratch);
        free(ids);
        p = end ? end + 6 : nullptr;
    }
    return wrong;
}
}  // namespace

int main() {
    const char* names[] = {"llama-spm", "phi-3", "gpt-2", "llama-bpe", "qwen2", "falcon", "deepseek-coder"};
    const char* folder = THIMBLE_SOURCE_DIR "/../shared/tokenizer";
    char path[512];
    snprintf(path, sizeof path, "%s/texts.txt", folder);
    const Bytes texts(path);
    if (!texts.data) return 77;
    for (const char* name : names) {
        snprintf(path, sizeof path, "%s/ggml-vocab-%s.gguf", folder, name);
        const Bytes file(path);
        FileMap map;
        map.data = reinterpret_cast<const uint8_t*>(file.data);
        map.size = file.size;
        Error err{};
        static Gguf g;
        Tokenizer t;
        Arena dry;
        CHECK_EQ(gguf_open(&map, 1, dry, name, &g, &err), kOk);
        CHECK_EQ(tokenizer_build(g, dry, &t, &err), kOk);
        const size_t needed = static_cast<size_t>(dry.needed());
        void* buffer = malloc(needed);
        Arena arena(buffer, needed);
        CHECK_EQ(gguf_open(&map, 1, arena, name, &g, &err), kOk);
        if (!CHECK_EQ(tokenizer_build(g, arena, &t, &err), kOk)) printf("%s: %s\n", name, err.message);
        CHECK_EQ(arena.used(), dry.used());
        for (uint32_t special = 0; special < 2; ++special) {
            snprintf(path, sizeof path, "%s/%s.special%u.ids", folder, name, special);
            const Bytes expected(path);
            uint32_t count = 0;
            const uint32_t wrong = compare(t, texts, expected, special ? kTokenizeSpecial : 0, &count);
            if (!CHECK_EQ(wrong, 0u)) printf("%s, special %u: %u of %u texts differ\n", name, special, wrong, count);
            CHECK(count > 10);
        }
        free(buffer);
    }
    return REPORT();
}
