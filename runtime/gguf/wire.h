// SPDX-License-Identifier: MIT
// Private to runtime/gguf: reading single records, used by the parser and by lookups that have no tables (dry arena).
#pragma once
#include "platform/checked.h"
#include "runtime/gguf/gguf.h"

namespace thimble {

// Where a record lies, for messages.
struct GgufPlace {
    const char* file;
    uint32_t shard, n_shards;
};
template <class... Parts>
Status refuse(const GgufPlace& p, Error* err, Status s, const Parts&... parts) {
    if (p.n_shards > 1) return fail(err, s, p.file, " (shard ", p.shard + 1, " of ", p.n_shards, "): ", parts...);
    return fail(err, s, p.file, ": ", parts...);
}

// A position in bytes; every step is checked against the end.
struct GgufCursor {
    const uint8_t* data;
    uint64_t size;
    uint64_t at;

    uint64_t left() const { return size - at; }
    template <class T>
    bool take(T* out) {
        if (left() < sizeof(T)) return false;
        *out = gguf_load<T>(data + at);
        at += sizeof(T);
        return true;
    }
    const uint8_t* take_bytes(uint64_t n) {  // nullptr past the end
        if (left() < n) return nullptr;
        const uint8_t* p = data + at;
        at += n;
        return p;
    }
};

constexpr uint64_t kGgufHeaderBytes = 24;  // magic, version, two counts
// Checks the header of s->data and takes version and counts.
Status gguf_read_header(const GgufPlace& p, GgufShard* s, Error* err);

uint32_t gguf_type_size(uint32_t type);  // bytes of one number or bool; 0 for strings, arrays and unknown types

// Both advance the cursor past the record and fill *out, or refuse it. Nothing of *out is used after a failure.
Status gguf_read_entry(GgufCursor* c, uint64_t index, const GgufPlace& p, GgufEntry* out, Error* err);
Status gguf_read_tensor(GgufCursor* c, uint64_t index, const GgufPlace& p, GgufTensor* out, Error* err);
// Turns the record's offset within the tensor data into one within the file, and sets data, after checking both.
Status gguf_place_tensor(const GgufPlace& p, const GgufShard& shard, GgufTensor* t, Error* err);
// The integer in a value of any integer type: false when it is none. `negative` tells how to read the bits.
bool gguf_integer(uint32_t type, const uint8_t* data, uint64_t* bits, bool* negative);

// Open-addressing tables of index + 1 over names. False when `name` is there already (*at: its index) or when so many
// names collide that the file must be made to do so (*at = ~0).
uint32_t gguf_slots_for(uint64_t n);  // a power of two, at most half full with n names
uint64_t gguf_hash(Str name);
template <class Item, class NameOf>
bool gguf_insert(uint32_t* slots, uint32_t mask, const Item* items, uint32_t index, NameOf name_of, uint32_t* at) {
    constexpr uint32_t kMaxProbes = 1024;  // honest files stay below a few dozen
    const Str name = name_of(items[index]);
    uint32_t slot = static_cast<uint32_t>(gguf_hash(name)) & mask;
    for (uint32_t probe = 0; probe < kMaxProbes; ++probe, slot = (slot + 1) & mask) {
        if (slots[slot] == 0) {
            slots[slot] = index + 1;
            return true;
        }
        *at = slots[slot] - 1;
        if (name_of(items[*at]) == name) return false;
    }
    *at = ~0u;
    return false;
}

}  // namespace thimble
