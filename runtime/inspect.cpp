// SPDX-License-Identifier: MIT
// The part of the C API that shows metadata and tensors to tools.
#include <cstring>

#include "runtime/model/model.h"
#include "runtime/thimble.h"

using namespace thimble;

namespace {

const Gguf& gguf(const thimble_model* m) { return reinterpret_cast<const Model*>(m)->gguf; }

// Text into a bounded buffer, counting what would not fit.
struct Counter {
    char* out;
    size_t capacity, n = 0;
    void put(const char* p, size_t count) {
        for (size_t i = 0; i < count; ++i, ++n)
            if (n < capacity) out[n] = p[i];
    }
    template <class T>
    void number(T v) {
        char text[32];
        TextBuilder b(text, sizeof text);
        b.add(v);
        put(text, b.used);
    }
    void put(const char* z) { put(z, strlen(z)); }
};

// One number; returns the bytes it took.
size_t scalar(Counter& c, uint32_t type, const uint8_t* p) {
    switch (type) {
        case kGgufU8: c.number(static_cast<unsigned>(*p)); return 1;
        case kGgufI8: c.number(static_cast<int>(static_cast<int8_t>(*p))); return 1;
        case kGgufU16: c.number(static_cast<unsigned>(gguf_load<uint16_t>(p))); return 2;
        case kGgufI16: c.number(static_cast<int>(gguf_load<int16_t>(p))); return 2;
        case kGgufU32: c.number(static_cast<unsigned>(gguf_load<uint32_t>(p))); return 4;
        case kGgufI32: c.number(static_cast<int>(gguf_load<int32_t>(p))); return 4;
        case kGgufF32: c.number(static_cast<double>(gguf_load<float>(p))); return 4;
        case kGgufBool: c.put(*p ? "true" : "false"); return 1;
        case kGgufU64: c.number(static_cast<unsigned long long>(gguf_load<uint64_t>(p))); return 8;
        case kGgufI64: c.number(static_cast<long long>(gguf_load<int64_t>(p))); return 8;
        case kGgufF64: c.number(gguf_load<double>(p)); return 8;
        default: return 0;
    }
}

}  // namespace

extern "C" {

#define API __attribute__((visibility("default")))

API uint32_t thimble_meta_count(const thimble_model* m) { return m ? gguf(m).n_kv : 0; }

API const char* thimble_meta_key(const thimble_model* m, uint32_t index, size_t* length) {
    if (!m || index >= gguf(m).n_kv) return nullptr;
    const Str k = gguf(m).kv[index].key;
    if (length) *length = k.size;
    return k.data;
}

API size_t thimble_meta_value(const thimble_model* m, uint32_t index, char* out, size_t capacity) {
    if (!m || index >= gguf(m).n_kv) return 0;
    const GgufValue& v = gguf(m).kv[index].value;
    Counter c{out, capacity};
    if (v.type == kGgufString) {
        c.put(reinterpret_cast<const char*>(v.data), static_cast<size_t>(v.count));
    } else if (v.type != kGgufArray) {
        scalar(c, v.type, v.data);
    } else {
        c.put(gguf_type_name(v.element));
        c.put("[");
        c.number(static_cast<unsigned long long>(v.count));
        c.put("]");
        const uint8_t* p = v.data;
        for (uint64_t i = 0; i < v.count && i < 8; ++i) {
            c.put(i ? ", " : " ");
            if (v.element == kGgufString) {
                const uint64_t n = gguf_load<uint64_t>(p);
                c.put("\"");
                c.put(reinterpret_cast<const char*>(p) + 8, static_cast<size_t>(n < 48 ? n : 48));
                c.put("\"");
                p += 8 + n;
            } else {
                p += scalar(c, v.element, p);
            }
        }
        if (v.count > 8) c.put(", ...");
    }
    return c.n;
}

API uint32_t thimble_tensor_count(const thimble_model* m) { return m ? gguf(m).n_tensors : 0; }

API int thimble_tensor(const thimble_model* m, uint32_t index, thimble_tensor_info* out) {
    if (!m || !out || index >= gguf(m).n_tensors) return 0;
    const GgufTensor& t = gguf(m).tensors[index];
    *out = thimble_tensor_info{t.name.data,
                               t.name.size,
                               gguf_tensor_type_name(t.type),
                               t.n_dims,
                               {t.shape[0], t.shape[1], t.shape[2], t.shape[3]},
                               t.offset,
                               t.bytes,
                               t.shard};
    return 1;
}

}  // extern "C"
