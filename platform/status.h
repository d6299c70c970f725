// SPDX-License-Identifier: MIT
// Status codes and the message builder. No allocation, no stdio: a message is put together from parts into the caller's
// Error. `fail` returns the status, so that an error path is one line:
//     return fail(err, kFormat, "tensor '", name, "': ends at byte ", end, ", the file has ", size);
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace thimble {

// The values and the layout of Error are those of thimble_status and thimble_error in runtime/thimble.h (platform may
// not include upwards; runtime/api.cpp asserts that the two agree).
enum Status : int32_t {
    kOk = 0,
    kArgument = 1,
    kIo = 2,
    kFormat = 3,
    kUnsupported = 4,
    kMemory = 5,
    kContextFull = 6,
    kCancelled = 7,
    kState = 8,
    kOutput = 9
};
struct Error {
    int32_t status;
    char message[384];
};

// A run of bytes that someone else owns; not NUL-terminated.
struct Str {
    const char* data = nullptr;
    size_t size = 0;
    constexpr Str() = default;
    constexpr Str(const char* d, size_t n) : data(d), size(n) {}
    Str(const char* z) : data(z), size(z ? strlen(z) : 0) {}
    bool operator==(const Str& o) const { return size == o.size && (size == 0 || memcmp(data, o.data, size) == 0); }
    bool starts_with(Str p) const { return size >= p.size && (p.size == 0 || memcmp(data, p.data, p.size) == 0); }
    bool ends_with(Str p) const {
        return size >= p.size && (p.size == 0 || memcmp(data + size - p.size, p.data, p.size) == 0);
    }
};

// Appends to a bounded, NUL-terminated buffer; what does not fit is cut.
struct TextBuilder {
    char* out;
    size_t capacity, used = 0;
    TextBuilder(char* o, size_t c) : out(o), capacity(c) {
        if (capacity) out[0] = 0;
    }
    void bytes(const char* p, size_t n);  // control bytes become '?', so that a message stays one line
    void add(const char* z) { bytes(z, z ? strlen(z) : 0); }
    void add(Str s) {
        bytes(s.data, s.size > 96 ? 96 : s.size);
        if (s.size > 96) bytes("...", 3);
    }
    void add(char c) { bytes(&c, 1); }
    void add(unsigned long long v);
    void add(long long v);
    void add(unsigned long v) { add(static_cast<unsigned long long>(v)); }
    void add(unsigned v) { add(static_cast<unsigned long long>(v)); }
    void add(long v) { add(static_cast<long long>(v)); }
    void add(int v) { add(static_cast<long long>(v)); }
    void add(double v);  // up to 6 significant digits, enough for a message
};

template <class... Parts>
Status fail(Error* err, Status status, const Parts&... parts) {
    if (err) {
        err->status = status;
        TextBuilder b(err->message, sizeof err->message);
        (b.add(parts), ...);
    }
    return status;
}

}  // namespace thimble
