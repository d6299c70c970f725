// SPDX-License-Identifier: MIT
// Builds GGUF files in memory for tests: valid ones by default, and wrong ones where a member is set on purpose.
//
//     GgufWriter w;
//     w.str("general.architecture", "llama").u32("llama.block_count", 2);
//     w.tensor("output.weight", 0 /* F32 */, {32, 2});              // data: zeros, or bytes given
//     GgufBytes b = w.finish();                                     // exactly sized heap bytes: sanitizers see over-reads
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "kernels/kernels.h"

// A growing buffer of bytes. No destructor magic is needed in tests, but copies are deep.
struct ByteBuffer {
    uint8_t* data = nullptr;
    size_t size = 0, capacity = 0;

    ByteBuffer() = default;
    ByteBuffer(const ByteBuffer& o) { bytes(o.data, o.size); }
    ByteBuffer& operator=(const ByteBuffer& o) {
        if (this != &o) {
            size = 0;
            bytes(o.data, o.size);
        }
        return *this;
    }
    ~ByteBuffer() { free(data); }
    void reserve(size_t n) {
        if (n <= capacity) return;
        capacity = n * 2 + 64;
        data = static_cast<uint8_t*>(realloc(data, capacity));
        if (!data) abort();
    }
    void bytes(const void* p, size_t n) {
        if (n == 0) return;
        reserve(size + n);
        if (p)
            memcpy(data + size, p, n);
        else
            memset(data + size, 0, n);
        size += n;
    }
    template <class T>
    void put(T v) {
        bytes(&v, sizeof v);
    }
    void str(const char* p, size_t n) {
        put<uint64_t>(n);
        bytes(p, n);
    }
    void str(const char* z) { str(z, strlen(z)); }
    void pad(size_t alignment) { bytes(nullptr, (alignment - size % alignment) % alignment); }
};

// Exactly `size` bytes on the heap.
struct GgufBytes {
    uint8_t* data = nullptr;
    size_t size = 0;

    GgufBytes(const void* p, size_t n) : data(static_cast<uint8_t*>(malloc(n ? n : 1))), size(n) {
        if (!data) abort();
        if (n) memcpy(data, p, n);
    }
    GgufBytes(const GgufBytes& o) : GgufBytes(o.data, o.size) {}
    GgufBytes& operator=(const GgufBytes&) = delete;
    ~GgufBytes() { free(data); }
};

struct GgufWriter {
    uint32_t version = 3;
    uint32_t alignment = 32;           // of the data; written as general.alignment by `align`
    uint64_t n_kv = 0, n_tensors = 0;  // counted; may be overwritten before finish()
    bool pad_end = true;               // pad the last tensor as llama.cpp does
    ByteBuffer kv, records, payload;

    // ---- Metadata: the types are GGUF's numbers -----------------------------------------------------------------------
    GgufWriter& key(const char* k, uint32_t type) {  // the value is to follow in `kv`
        kv.str(k);
        kv.put<uint32_t>(type);
        ++n_kv;
        return *this;
    }
    template <class T>
    GgufWriter& number(const char* k, uint32_t type, T v) {
        key(k, type);
        kv.put<T>(v);
        return *this;
    }
    GgufWriter& u8(const char* k, uint8_t v) { return number(k, 0, v); }
    GgufWriter& i8(const char* k, int8_t v) { return number(k, 1, v); }
    GgufWriter& u16(const char* k, uint16_t v) { return number(k, 2, v); }
    GgufWriter& i16(const char* k, int16_t v) { return number(k, 3, v); }
    GgufWriter& u32(const char* k, uint32_t v) { return number(k, 4, v); }
    GgufWriter& i32(const char* k, int32_t v) { return number(k, 5, v); }
    GgufWriter& f32(const char* k, float v) { return number(k, 6, v); }
    GgufWriter& boolean(const char* k, uint8_t v) { return number(k, 7, v); }
    GgufWriter& u64(const char* k, uint64_t v) { return number(k, 10, v); }
    GgufWriter& i64(const char* k, int64_t v) { return number(k, 11, v); }
    GgufWriter& f64(const char* k, double v) { return number(k, 12, v); }
    GgufWriter& str(const char* k, const char* v) {
        key(k, 8);
        kv.str(v);
        return *this;
    }
    // An array's header; `count` elements are to follow in `kv`.
    GgufWriter& array(const char* k, uint32_t element, uint64_t count) {
        key(k, 9);
        kv.put<uint32_t>(element);
        kv.put<uint64_t>(count);
        return *this;
    }
    template <class T>
    GgufWriter& numbers(const char* k, uint32_t element, const T* v, uint64_t count) {
        array(k, element, count);
        kv.bytes(v, count * sizeof(T));
        return *this;
    }
    GgufWriter& strings(const char* k, const char* const* v, uint64_t count) {
        array(k, 8, count);
        for (uint64_t i = 0; i < count; ++i) kv.str(v[i]);
        return *this;
    }
    GgufWriter& align(uint32_t a) {  // before the first tensor
        alignment = a;
        return u32("general.alignment", a);
    }

    // ---- Tensors ------------------------------------------------------------------------------------------------------
    // A record as it is, right or wrong.
    GgufWriter& record(const char* name, size_t name_size, uint32_t n_dims, const uint64_t* shape, uint32_t type,
                       uint64_t offset) {
        records.str(name, name_size);
        records.put<uint32_t>(n_dims);
        for (uint32_t i = 0; i < n_dims; ++i) records.put<uint64_t>(shape[i]);
        records.put<uint32_t>(type);
        records.put<uint64_t>(offset);
        ++n_tensors;
        return *this;
    }
    // A tensor with its data: nullptr for zeros. The size follows from type and shape.
    GgufWriter& tensor(const char* name, uint32_t type, const std::initializer_list<uint64_t>& shape,
                       const void* data = nullptr) {
        uint64_t n = 1, dims[8] = {};
        uint32_t n_dims = 0;
        for (uint64_t d : shape) n *= dims[n_dims++] = d;
        payload.pad(alignment);
        record(name, strlen(name), n_dims, dims, type, payload.size);
        payload.bytes(data, n / block(type) * block_bytes(type));
        return *this;
    }
    static uint64_t block(uint32_t type) {
        const thimble::FormatInfo* f = thimble::format_info(type);
        return f ? f->block : 1;
    }
    static uint64_t block_bytes(uint32_t type) {
        const thimble::FormatInfo* f = thimble::format_info(type);
        if (f) return f->bytes;
        return type == 24 ? 1 : type == 25 ? 2 : type == 26 ? 4 : 8;  // I8 I16 I32, I64 F64
    }

    // Bytes before the tensor data.
    size_t header_size() const { return 24 + kv.size + records.size; }
    GgufBytes finish() const {
        ByteBuffer b;
        b.bytes("GGUF", 4);
        b.put<uint32_t>(version);
        b.put<uint64_t>(n_tensors);
        b.put<uint64_t>(n_kv);
        b.bytes(kv.data, kv.size);
        b.bytes(records.data, records.size);
        if (payload.size > 0) {
            b.pad(alignment);
            b.bytes(payload.data, payload.size);
            if (pad_end) b.pad(alignment);
        }
        return GgufBytes(b.data, b.size);
    }
    // Writes the file; false on any failure.
    bool save(const char* path) const {
        const GgufBytes b = finish();
        FILE* f = fopen(path, "wb");
        if (!f) return false;
        const bool whole = fwrite(b.data, 1, b.size, f) == b.size;
        return (fclose(f) == 0) && whole;
    }
};
