// SPDX-License-Identifier: MIT
// Renders a template with generous memory and hands back text or message as a C string that lives until the next call.
#pragma once
#include <cstdlib>

#include "runtime/text/jinja/jinja.h"
#include "tests/check.h"

namespace template_test {

inline thimble::Status status;
inline size_t length;

inline const char* render(thimble::Str source, thimble::Str json, int64_t now = 0) {
    static constexpr size_t kCapacity = size_t{9} << 20;
    static char* out = static_cast<char*>(malloc(kCapacity + 1));
    static thimble::Error err;
    const size_t size = thimble::template_scratch(source.size, json.size);
    void* scratch = malloc(size);
    status = thimble::render_template(source, json, now, scratch, size, out, kCapacity, &length, &err);
    free(scratch);
    if (status != thimble::kOk) return err.message;
    out[length] = 0;
    return out;
}

inline bool fails_with(thimble::Str source, const char* message, thimble::Str json = "{}") {
    const char* r = render(source, json);
    const bool ok = status != thimble::kOk && strstr(r, message) != nullptr;
    if (!ok)
        fprintf(stderr, "    %.*s: \"%.300s\"\n", static_cast<int>(source.size < 80 ? source.size : 80), source.data,
                r);
    return ok;
}

// The whole file, NUL-terminated, or NULL; the caller frees.
inline char* read_file(const char* path, size_t* size) {
    FILE* f = fopen(path, "rb");
    if (!f) return nullptr;
    size_t capacity = 1 << 16, n = 0, got;
    char* p = static_cast<char*>(malloc(capacity + 1));
    while ((got = fread(p + n, 1, capacity - n, f)) > 0)
        if ((n += got) == capacity) p = static_cast<char*>(realloc(p, (capacity *= 2) + 1));
    fclose(f);
    p[n] = 0;
    *size = n;
    return p;
}

}  // namespace template_test
