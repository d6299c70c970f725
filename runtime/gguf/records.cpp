// SPDX-License-Identifier: MIT
// Single records of a GGUF file: a metadata entry, a tensor record. Everything that is wrong with one is found here.
#include "kernels/kernels.h"
#include "runtime/gguf/wire.h"

namespace thimble {

namespace {

struct ValueType {
    const char* name;
    uint32_t size;
};
constexpr ValueType kValueTypes[] = {
    {"u8", 1},   {"i8", 1},     {"u16", 2},   {"i16", 2}, {"u32", 4}, {"i32", 4}, {"f32", 4},
    {"bool", 1}, {"string", 0}, {"array", 0}, {"u64", 8}, {"i64", 8}, {"f64", 8},
};
constexpr uint32_t kValueTypeCount = sizeof kValueTypes / sizeof kValueTypes[0];

constexpr uint64_t kMaxKey = 65535;

// Tensor types that may stand in a file though no weights are kept in them.
struct PlainType {
    uint32_t id;
    const char* name;
    uint32_t bytes;
};
constexpr PlainType kPlainTypes[] = {{24, "I8", 1}, {25, "I16", 2}, {26, "I32", 4}, {27, "I64", 8}, {28, "F64", 8}};

// Numbers that GGUF once gave away and took back.
struct RemovedType {
    uint32_t id;
    const char* name;
};
constexpr RemovedType kRemovedTypes[] = {
    {4, "Q4_2"},      {5, "Q4_3"},        {31, "Q4_0_4_4"},   {32, "Q4_0_4_8"},
    {33, "Q4_0_8_8"}, {36, "IQ4_NL_4_4"}, {37, "IQ4_NL_4_8"}, {38, "IQ4_NL_8_8"},
};

const char* removed_name(uint32_t id) {
    for (const RemovedType& r : kRemovedTypes)
        if (r.id == id) return r.name;
    return nullptr;
}

bool tensor_block(uint32_t type, uint32_t* block, uint32_t* bytes) {
    if (const FormatInfo* f = format_info(type)) {
        *block = f->block;
        *bytes = f->bytes;
        return true;
    }
    for (const PlainType& t : kPlainTypes) {
        if (t.id != type) continue;
        *block = 1;
        *bytes = t.bytes;
        return true;
    }
    return false;
}

// A length and that many bytes. `what...` names the string in messages.
template <class... Parts>
Status take_str(GgufCursor* c, const GgufPlace& p, Str* out, Error* err, const Parts&... what) {
    uint64_t n = 0;
    const uint64_t at = c->at;
    if (!c->take(&n)) {
        return refuse(p, err, kFormat, what..., ": the file ends at byte ", c->size,
                      ", expected a string's length at byte ", at);
    }
    const uint8_t* bytes = c->take_bytes(n);
    if (!bytes) {
        return refuse(p, err, kFormat, what..., ": found a string of ", n, " bytes at byte ", at,
                      ", expected at most the ", c->left(), " bytes left in the file");
    }
    *out = Str(reinterpret_cast<const char*>(bytes), static_cast<size_t>(n));
    return kOk;
}

Status check_bools(const GgufPlace& p, Str key, const GgufValue& v, Error* err) {
    for (uint64_t i = 0; i < v.count; ++i) {
        if (v.data[i] > 1)
            return refuse(p, err, kFormat, "key '", key, "': found bool ", +v.data[i], ", expected 0 or 1");
    }
    return kOk;
}

Status read_array(GgufCursor* c, const GgufPlace& p, Str key, GgufValue* v, Error* err) {
    if (!c->take(&v->element) || !c->take(&v->count)) {
        return refuse(p, err, kFormat, "key '", key, "': the file ends at byte ", c->size,
                      " within its array's header");
    }
    if (v->element == kGgufArray)
        return refuse(p, err, kFormat, "key '", key, "': found an array of arrays, expected plain elements");
    if (v->element >= kValueTypeCount) {
        return refuse(p, err, kFormat, "key '", key, "': found array element type ", v->element, ", expected 0 to 12");
    }
    const uint64_t smallest = v->element == kGgufString ? 8 : kValueTypes[v->element].size;
    uint64_t bytes = 0;
    if (!checked_mul(v->count, smallest, &bytes) || bytes > c->left()) {
        return refuse(p, err, kFormat, "key '", key, "': found an array of ", v->count, " x ",
                      kValueTypes[v->element].name, ", expected at most the ", c->left(), " bytes left in the file");
    }
    v->data = c->data + c->at;
    if (v->element == kGgufString) {
        const uint64_t from = c->at;
        Str s;
        for (uint64_t i = 0; i < v->count; ++i) {
            if (Status st = take_str(c, p, &s, err, "key '", key, "', string ", i, " of ", v->count)) return st;
        }
        v->bytes = c->at - from;
        return kOk;
    }
    c->at += bytes;
    v->bytes = bytes;
    return v->element == kGgufBool ? check_bools(p, key, *v, err) : kOk;
}

}  // namespace

const char* gguf_type_name(uint32_t type) { return type < kValueTypeCount ? kValueTypes[type].name : "unknown"; }
uint32_t gguf_type_size(uint32_t type) { return type < kValueTypeCount ? kValueTypes[type].size : 0; }

const char* gguf_tensor_type_name(uint32_t type) {
    if (const FormatInfo* f = format_info(type)) return f->name;
    for (const PlainType& t : kPlainTypes)
        if (t.id == type) return t.name;
    const char* removed = removed_name(type);
    return removed ? removed : "unknown";
}

Status gguf_read_entry(GgufCursor* c, uint64_t index, const GgufPlace& p, GgufEntry* out, Error* err) {
    if (Status st = take_str(c, p, &out->key, err, "metadata entry ", index, ", key")) return st;
    const Str key = out->key;
    if (key.size == 0) return refuse(p, err, kFormat, "metadata entry ", index, ": found an empty key");
    if (key.size > kMaxKey) {
        return refuse(p, err, kFormat, "metadata entry ", index, ": found a key of ", key.size,
                      " bytes, expected at most ", kMaxKey);
    }
    GgufValue* v = &out->value;
    if (!c->take(&v->type))
        return refuse(p, err, kFormat, "key '", key, "': the file ends at byte ", c->size, ", expected its type");
    if (v->type >= kValueTypeCount)
        return refuse(p, err, kFormat, "key '", key, "': found value type ", v->type, ", expected 0 to 12");
    if (v->type == kGgufArray) return read_array(c, p, key, v, err);
    v->element = v->type;
    if (v->type == kGgufString) {
        Str s;
        if (Status st = take_str(c, p, &s, err, "key '", key, "'")) return st;
        v->data = reinterpret_cast<const uint8_t*>(s.data);
        v->count = v->bytes = s.size;
        return kOk;
    }
    v->count = 1;
    v->bytes = kValueTypes[v->type].size;
    v->data = c->take_bytes(v->bytes);
    if (!v->data) {
        return refuse(p, err, kFormat, "key '", key, "': the file ends at byte ", c->size, " within its ",
                      kValueTypes[v->type].name);
    }
    return v->type == kGgufBool ? check_bools(p, key, *v, err) : kOk;
}

namespace {

// Dimensions, each at least 1, and their product, which stays below 2^63.
Status read_shape(GgufCursor* c, const GgufPlace& p, GgufTensor* t, uint64_t* elements, Error* err) {
    if (!c->take(&t->n_dims))
        return refuse(p, err, kFormat, "tensor '", t->name, "': the file ends at byte ", c->size, " within its record");
    if (t->n_dims > 4)
        return refuse(p, err, kFormat, "tensor '", t->name, "': found ", t->n_dims, " dimensions, expected at most 4");
    *elements = 1;
    for (uint32_t i = 0; i < 4; ++i) {
        t->shape[i] = 1;
        if (i >= t->n_dims) continue;
        uint64_t d = 0;
        if (!c->take(&d))
            return refuse(p, err, kFormat, "tensor '", t->name, "': the file ends at byte ", c->size,
                          " within its shape");
        if (d == 0 || d > INT64_MAX) {
            return refuse(p, err, kFormat, "tensor '", t->name, "': found dimension ", i, " = ",
                          static_cast<long long>(d), ", expected at least 1");
        }
        if (!checked_mul(*elements, d, elements) || *elements > INT64_MAX) {
            return refuse(p, err, kFormat, "tensor '", t->name, "': the number of elements overflows at dimension ", i,
                          " = ", d, ", expected below 2^63");
        }
        t->shape[i] = d;
    }
    return kOk;
}

Status check_type(const GgufPlace& p, GgufTensor* t, uint64_t elements, Error* err) {
    uint32_t block = 0, bytes = 0;
    if (!tensor_block(t->type, &block, &bytes)) {
        if (const char* removed = removed_name(t->type)) {
            return refuse(p, err, kUnsupported, "tensor '", t->name, "': found type ", t->type, " (", removed,
                          "), which was removed from GGUF; convert the model anew");
        }
        return refuse(p, err, kUnsupported, "tensor '", t->name, "': found type ", t->type,
                      ", which this library does not know");
    }
    if (t->shape[0] % block != 0) {
        return refuse(p, err, kFormat, "tensor '", t->name, "': found rows of ", t->shape[0],
                      " elements, expected a multiple of ", block, ", the block of ", gguf_tensor_type_name(t->type));
    }
    if (!checked_mul(elements / block, bytes, &t->bytes)) {
        return refuse(p, err, kFormat, "tensor '", t->name, "': the number of bytes overflows: ", elements,
                      " elements of ", gguf_tensor_type_name(t->type));
    }
    return kOk;
}

}  // namespace

// The range against the file is checked by gguf_place_tensor once the records' end, and so the start of the data, is known.
Status gguf_read_tensor(GgufCursor* c, uint64_t index, const GgufPlace& p, GgufTensor* t, Error* err) {
    if (Status st = take_str(c, p, &t->name, err, "tensor ", index, ", name")) return st;
    if (t->name.size == 0) return refuse(p, err, kFormat, "tensor ", index, ": found an empty name");
    if (t->name.size > kGgufMaxName) {
        return refuse(p, err, kFormat, "tensor ", index, " '", t->name, "': found a name of ", t->name.size,
                      " bytes, expected at most ", kGgufMaxName);
    }
    uint64_t elements = 0;
    if (Status st = read_shape(c, p, t, &elements, err)) return st;
    if (!c->take(&t->type) || !c->take(&t->offset)) {
        return refuse(p, err, kFormat, "tensor '", t->name, "': the file ends at byte ", c->size, " within its record");
    }
    t->shard = p.shard;
    return check_type(p, t, elements, err);
}

Status gguf_place_tensor(const GgufPlace& p, const GgufShard& shard, GgufTensor* t, Error* err) {
    if (t->offset % shard.alignment != 0) {
        return refuse(p, err, kFormat, "tensor '", t->name, "': found offset ", t->offset,
                      ", expected a multiple of the alignment ", shard.alignment);
    }
    uint64_t from = 0;
    if (!checked_add(shard.data_at, t->offset, &from) || !within(from, t->bytes, shard.size)) {
        return refuse(p, err, kFormat, "tensor '", t->name, "': found ", t->bytes, " bytes at offset ", t->offset,
                      " of the data, which starts at byte ", shard.data_at, "; expected them to end within the file's ",
                      shard.size, " bytes");
    }
    t->offset = from;
    t->data = shard.data + from;
    return kOk;
}

bool gguf_integer(uint32_t type, const uint8_t* data, uint64_t* bits, bool* negative) {
    int64_t s = 0;
    switch (type) {
        case kGgufU8: *bits = gguf_load<uint8_t>(data); break;
        case kGgufU16: *bits = gguf_load<uint16_t>(data); break;
        case kGgufU32: *bits = gguf_load<uint32_t>(data); break;
        case kGgufU64: *bits = gguf_load<uint64_t>(data); break;
        case kGgufI8: s = gguf_load<int8_t>(data); break;
        case kGgufI16: s = gguf_load<int16_t>(data); break;
        case kGgufI32: s = gguf_load<int32_t>(data); break;
        case kGgufI64: s = gguf_load<int64_t>(data); break;
        default: return false;
    }
    *negative = s < 0;
    if (type == kGgufI8 || type == kGgufI16 || type == kGgufI32 || type == kGgufI64) *bits = static_cast<uint64_t>(s);
    return true;
}

}  // namespace thimble
