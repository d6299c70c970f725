// SPDX-License-Identifier: MIT
// Metadata and tensors by name, and typed access to values.
#include "runtime/gguf/wire.h"

namespace thimble {

// FNV-1a with a final mix: names are short, and gguf_insert bounds what a made collision can cost.
uint64_t gguf_hash(Str name) {
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < name.size; ++i) h = (h ^ static_cast<uint8_t>(name.data[i])) * 0x100000001b3u;
    return h ^ (h >> 32);
}

uint32_t gguf_slots_for(uint64_t n) {  // n <= kGgufMaxEntries
    uint32_t slots = 8;
    while (slots < 2 * n) slots *= 2;
    return slots;
}

namespace {

// Index of `name`, or ~0u.
template <class Item, class NameOf>
uint32_t find_slot(const uint32_t* slots, uint32_t mask, const Item* items, Str name, NameOf name_of) {
    for (uint32_t slot = static_cast<uint32_t>(gguf_hash(name)) & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
        if (name_of(items[slots[slot] - 1]) == name) return slots[slot] - 1;
    }
    return ~0u;
}

// Reads the entry at `at` when its key is `key`.
bool entry_at(const Gguf& g, uint64_t at, Str key, GgufValue* out) {
    GgufCursor c{g.shard[0].data, g.shard[0].size, at};
    if (c.left() < 8 + key.size || gguf_load<uint64_t>(c.data + at) != key.size) return false;
    if (key.size == 0 || memcmp(c.data + at + 8, key.data, key.size) != 0) return false;
    GgufEntry e;
    if (gguf_read_entry(&c, 0, {g.label, 0, g.n_shards}, &e, nullptr)) return false;  // the file has changed
    *out = e.value;
    return true;
}

// Position of the entry behind those whose positions are kept; 1 when there is none.
uint64_t find_in_tail(const Gguf& g, Str key) {
    const GgufPlace p{g.label, 0, g.n_shards};
    GgufCursor c{g.shard[0].data, g.shard[0].size, g.kv_at[Gguf::kMarks - 1]};
    for (uint32_t i = Gguf::kMarks - 1; i < g.n_kv; ++i) {
        const uint64_t at = c.at;
        GgufEntry e;
        if (gguf_read_entry(&c, i, p, &e, nullptr)) return 1;
        if (i >= Gguf::kMarks && e.key == key) return at;
    }
    return 1;
}

// Without a table: where the first entries start is known, so long arrays among them are never walked. The few names
// that are asked for cost at most one walk of the rest each, whatever the number of layers that ask.
bool find_by_walk(const Gguf& g, Str key, GgufValue* out) {
    const uint32_t known = g.n_kv < Gguf::kMarks ? g.n_kv : Gguf::kMarks;
    for (uint32_t i = 0; i < known; ++i) {
        if (entry_at(g, g.kv_at[i], key, out)) return true;
    }
    if (g.n_kv <= Gguf::kMarks) return false;
    const uint64_t hash = gguf_hash(key);
    Gguf::Memo& memo = g.memo[hash % Gguf::kMemos];
    if (memo.at == 0 || memo.hash != hash) memo = {hash, find_in_tail(g, key)};
    return memo.at != 1 && entry_at(g, memo.at, key, out);
}

bool tensor_by_walk(const Gguf& g, Str name, GgufTensor* out) {
    for (uint32_t s = 0; s < g.n_shards; ++s) {
        const GgufPlace p{g.label, s, g.n_shards};
        const GgufShard& shard = g.shard[s];
        GgufCursor c{shard.data, shard.size, shard.tensors_at};
        for (uint64_t i = 0; i < shard.n_tensors; ++i) {
            GgufTensor t;
            if (gguf_read_tensor(&c, i, p, &t, nullptr)) return false;
            if (!(t.name == name)) continue;
            if (gguf_place_tensor(p, shard, &t, nullptr)) return false;
            *out = t;
            return true;
        }
    }
    return false;
}

// found: whether the key is there; an absent one that is required is refused.
Status find(const Gguf& g, Str key, GgufNeed need, GgufValue* v, bool* found, Error* err) {
    *found = gguf_find(g, key, v);
    if (*found || need == kGgufOptional) return kOk;
    return fail(err, kFormat, g.label, ": key '", key, "': missing");
}

Status wrong_type(const Gguf& g, Str key, const GgufValue& v, const char* expected, Error* err) {
    if (v.type == kGgufArray) {
        return fail(err, kFormat, g.label, ": key '", key, "': found an array of ", gguf_type_name(v.element),
                    ", expected ", expected);
    }
    return fail(err, kFormat, g.label, ": key '", key, "': found type ", gguf_type_name(v.type), ", expected ",
                expected);
}

Status out_of_range(const Gguf& g, Str key, uint64_t bits, bool negative, int64_t low, int64_t high, Error* err) {
    if (negative)
        return fail(err, kFormat, g.label, ": key '", key, "': found ", static_cast<long long>(bits), ", expected ",
                    low, " to ", high);
    return fail(err, kFormat, g.label, ": key '", key, "': found ", bits, ", expected ", low, " to ", high);
}

// The integer at `data`, within [low, high].
Status take_integer(const Gguf& g, Str key, uint32_t type, const uint8_t* data, int64_t low, int64_t high, int64_t* out,
                    Error* err) {
    uint64_t bits = 0;
    bool negative = false;
    gguf_integer(type, data, &bits, &negative);
    if (!negative && bits > INT64_MAX) return out_of_range(g, key, bits, negative, low, high, err);
    const int64_t v = static_cast<int64_t>(bits);
    if (v < low || v > high) return out_of_range(g, key, bits, negative, low, high, err);
    *out = v;
    return kOk;
}

bool is_integer(uint32_t type) { return type <= kGgufI32 || type == kGgufU64 || type == kGgufI64; }

}  // namespace

bool gguf_find(const Gguf& g, Str key, GgufValue* out) {
    *out = GgufValue();
    if (!g.kv) return find_by_walk(g, key, out);
    const uint32_t i = find_slot(g.kv_slots, g.kv_mask, g.kv, key, [](const GgufEntry& e) { return e.key; });
    if (i == ~0u) return false;
    *out = g.kv[i].value;
    return true;
}

bool gguf_tensor(const Gguf& g, Str name, GgufTensor* out) {
    *out = GgufTensor();
    if (!g.tensors) return tensor_by_walk(g, name, out);
    const uint32_t i =
        find_slot(g.tensor_slots, g.tensor_mask, g.tensors, name, [](const GgufTensor& t) { return t.name; });
    if (i == ~0u) return false;
    *out = g.tensors[i];
    return true;
}

Status gguf_i64(const Gguf& g, Str key, GgufNeed need, int64_t* out, Error* err, int64_t low, int64_t high) {
    GgufValue v;
    bool found = false;
    if (Status st = find(g, key, need, &v, &found, err)) return st;
    if (!found) return kOk;
    if (!is_integer(v.type)) return wrong_type(g, key, v, "an integer", err);
    return take_integer(g, key, v.type, v.data, low, high, out, err);
}

Status gguf_u32(const Gguf& g, Str key, GgufNeed need, uint32_t* out, Error* err, uint32_t low, uint32_t high) {
    int64_t wide = *out;
    if (Status st = gguf_i64(g, key, need, &wide, err, low, high)) return st;
    *out = static_cast<uint32_t>(wide);
    return kOk;
}

Status gguf_f32(const Gguf& g, Str key, GgufNeed need, float* out, Error* err) {
    GgufValue v;
    bool found = false;
    if (Status st = find(g, key, need, &v, &found, err)) return st;
    if (!found) return kOk;
    if (v.type != kGgufF32 && v.type != kGgufF64) return wrong_type(g, key, v, "f32", err);
    const float x = v.type == kGgufF32 ? gguf_load<float>(v.data) : static_cast<float>(gguf_load<double>(v.data));
    if ((std::bit_cast<uint32_t>(x) & 0x7f800000u) == 0x7f800000u) {
        return fail(err, kFormat, g.label, ": key '", key, "': found ", x != x ? "NaN" : "an infinite value",
                    ", expected a finite f32");
    }
    *out = x;
    return kOk;
}

Status gguf_bool(const Gguf& g, Str key, GgufNeed need, bool* out, Error* err) {
    GgufValue v;
    bool found = false;
    if (Status st = find(g, key, need, &v, &found, err)) return st;
    if (!found) return kOk;
    if (v.type != kGgufBool) return wrong_type(g, key, v, "bool", err);
    *out = *v.data != 0;
    return kOk;
}

Status gguf_str(const Gguf& g, Str key, GgufNeed need, Str* out, Error* err) {
    GgufValue v;
    bool found = false;
    if (Status st = find(g, key, need, &v, &found, err)) return st;
    if (!found) return kOk;
    if (v.type != kGgufString) return wrong_type(g, key, v, "string", err);
    *out = Str(reinterpret_cast<const char*>(v.data), static_cast<size_t>(v.count));
    return kOk;
}

Status gguf_array(const Gguf& g, Str key, GgufNeed need, uint32_t element, uint64_t count, GgufValue* out, Error* err) {
    GgufValue v;
    bool found = false;
    *out = GgufValue();
    if (Status st = find(g, key, need, &v, &found, err)) return st;
    if (!found) return kOk;
    const char* name = gguf_type_name(element);
    if (v.type != kGgufArray) {
        return fail(err, kFormat, g.label, ": key '", key, "': found type ", gguf_type_name(v.type),
                    ", expected an array of ", name);
    }
    if (v.element != element) {
        return fail(err, kFormat, g.label, ": key '", key, "': found an array of ", gguf_type_name(v.element),
                    ", expected an array of ", name);
    }
    if (count != kGgufAnyCount && v.count != count) {
        return fail(err, kFormat, g.label, ": key '", key, "': found ", v.count, " elements, expected ", count);
    }
    *out = v;
    return kOk;
}

Status gguf_u32_of_layer(const Gguf& g, Str key, GgufNeed need, uint32_t layer, uint32_t n_layer, uint32_t* out,
                         Error* err, uint32_t low, uint32_t high) {
    GgufValue v;
    bool found = false;
    if (Status st = find(g, key, need, &v, &found, err)) return st;
    if (!found) return kOk;
    if (v.type != kGgufArray) return gguf_u32(g, key, need, out, err, low, high);
    const uint32_t element = v.element == kGgufBool ? static_cast<uint32_t>(kGgufU8) : v.element;
    if (!is_integer(element)) return wrong_type(g, key, v, "an integer or an array of integers", err);
    if (v.count != n_layer || layer >= n_layer) {
        return fail(err, kFormat, g.label, ": key '", key, "': found ", v.count, " elements, expected ", n_layer,
                    ", one a layer");
    }
    int64_t wide = 0;
    const uint8_t* data = v.data + uint64_t{layer} * gguf_type_size(element);
    if (Status st = take_integer(g, key, element, data, low, high, &wide, err)) return st;
    *out = static_cast<uint32_t>(wide);
    return kOk;
}

namespace {

template <class T>
Status index_strings(const Gguf& g, Str key, const GgufValue& v, T* offset, Error* err) {
    GgufCursor c{v.data, v.bytes, 0};
    for (uint64_t i = 0; i < v.count; ++i) {
        uint64_t n = 0;
        const bool whole = c.take(&n);
        offset[i] = static_cast<T>(c.at);
        if (!whole || !c.take_bytes(n)) {  // it was right before: the bytes have changed since
            return fail(err, kIo, g.label, ": key '", key, "', string ", i, ": the file has changed while it was read");
        }
        if (n > INT32_MAX) {
            return fail(err, kFormat, g.label, ": key '", key, "', string ", i, ": found ", n,
                        " bytes, expected at most ", INT32_MAX);
        }
    }
    offset[v.count] = static_cast<T>(c.at + 8);  // as if one more followed
    return kOk;
}

}  // namespace

Status gguf_strings(const Gguf& g, Str key, GgufNeed need, Arena& arena, GgufStrings* out, Error* err) {
    *out = GgufStrings();
    GgufValue v;
    if (Status st = gguf_array(g, key, need, kGgufString, kGgufAnyCount, &v, err)) return st;
    if (!v.data) return kOk;
    if (v.count > INT32_MAX) {
        return fail(err, kFormat, g.label, ": key '", key, "': found ", v.count, " strings, expected at most ",
                    INT32_MAX);
    }
    out->count = static_cast<uint32_t>(v.count);
    out->data = v.data;
    const bool wide = v.bytes > UINT32_MAX - 8;
    uint32_t* narrow_offsets = wide ? nullptr : arena.array<uint32_t>(v.count + 1);
    uint64_t* wide_offsets = wide ? arena.array<uint64_t>(v.count + 1) : nullptr;
    if (arena.dry()) return kOk;
    out->offset32 = narrow_offsets;
    out->offset64 = wide_offsets;
    if (wide ? !wide_offsets : !narrow_offsets) {
        return fail(err, kMemory, g.label, ": key '", key, "': the buffer is too small for the index of ", v.count,
                    " strings");
    }
    return wide ? index_strings(g, key, v, wide_offsets, err) : index_strings(g, key, v, narrow_offsets, err);
}

}  // namespace thimble
