// SPDX-License-Identifier: MIT
// GGUF files, versions 2 and 3: checked over bytes, then used in place. Format: github.com/ggml-org/ggml, docs/gguf.md.
//
//     | magic, version, n_tensors, n_kv | n_kv entries | n_tensors tensor records | pad | tensor data ...   one shard
//
// Nothing is copied: names, strings, arrays and tensor data point into the caller's bytes, which must outlive the Gguf.
// Every integer of the file is checked before use; after gguf_open no offset, count or name can lead out of the bytes.
// The file is a stranger's: a message names the file, the key or tensor, what was found and what was expected.
// Thread safety: gguf_open writes only *out and the arena; a Gguf in a real arena is immutable and may be
// shared.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>

#include "platform/arena.h"
#include "platform/filemap.h"
#include "platform/status.h"

namespace thimble {

static_assert(std::endian::native == std::endian::little,
              "GGUF data is used in place: a little-endian machine is needed");

// Numbers of the format.
enum GgufType : uint32_t {
    kGgufU8 = 0,
    kGgufI8 = 1,
    kGgufU16 = 2,
    kGgufI16 = 3,
    kGgufU32 = 4,
    kGgufI32 = 5,
    kGgufF32 = 6,
    kGgufBool = 7,
    kGgufString = 8,
    kGgufArray = 9,
    kGgufU64 = 10,
    kGgufI64 = 11,
    kGgufF64 = 12,
};
const char* gguf_type_name(uint32_t type);         // "u32", "string", ...; "unknown"
const char* gguf_tensor_type_name(uint32_t type);  // "Q4_K", also of types that are not weights; "unknown"

constexpr uint32_t kGgufMaxShards = 128;
constexpr uint64_t kGgufMaxEntries = 262144;  // metadata entries of a shard, and tensors of all shards
constexpr uint64_t kGgufMaxAlignment = 65536;
constexpr uint32_t kGgufMaxName = 63;  // bytes of a tensor name

// A metadata value. Its bytes have any alignment: read numbers with gguf_load.
struct GgufValue {
    uint32_t type = 0;              // GgufType
    uint32_t element = 0;           // of an array: its elements' type (never an array), else = type
    uint64_t count = 0;             // elements of an array, bytes of a string, else 1
    const uint8_t* data = nullptr;  // first element, first byte or the number
    uint64_t bytes = 0;             // extent of data; of a string array with the 8-byte lengths before each string
};
struct GgufEntry {
    Str key;
    GgufValue value;
};
struct GgufTensor {
    Str name;                          // 1 to 63 bytes, unique over all shards
    uint32_t type = 0;                 // ggml_type: one of kernels/formats/formats.def, or I8 I16 I32 I64 F64
    uint32_t n_dims = 0;               // 0 (a scalar) to 4
    uint64_t shape[4] = {1, 1, 1, 1};  // shape[0] is the row's length, contiguous; all >= 1, the product < 2^63
    const uint8_t* data = nullptr;     // at an `alignment` of the file relative to the shard's first byte
    uint64_t bytes = 0;
    uint64_t offset = 0;  // of data from the start of the shard's file
    uint32_t shard = 0;
};
struct GgufShard {
    const uint8_t* data = nullptr;
    uint64_t size = 0;
    uint64_t n_kv = 0, n_tensors = 0;
    uint64_t tensors_at = 0;  // position of the first tensor record
    uint64_t data_at = 0;     // start of the tensor data; tensors lie at multiples of alignment from here
    uint32_t version = 0, alignment = 32;
};

// A parsed file. From a dry arena (kv == nullptr) every function below works, only slower: lookups walk the records (and
// remember what they found, so such a Gguf is for one thread).
struct Gguf {
    uint32_t version = 0;  // of the first shard
    uint32_t alignment = 32;
    uint32_t n_shards = 0;
    uint32_t n_kv = 0;                    // metadata is the first shard's
    uint32_t n_tensors = 0;               // of all shards
    const GgufEntry* kv = nullptr;        // [n_kv] in file order; nullptr when dry
    const GgufTensor* tensors = nullptr;  // [n_tensors] in file order, shard by shard; nullptr when dry
    uint64_t file_bytes = 0;              // all shards
    uint64_t tensor_bytes = 0;            // sum over the tensors, without padding
    uint64_t n_elements = 0;              // sum over the tensors

    // Private: hash tables (slot = index + 1, 0 empty; size a power of two), and where records start for dry lookups.
    const uint32_t* kv_slots = nullptr;
    const uint32_t* tensor_slots = nullptr;
    uint32_t kv_mask = 0, tensor_mask = 0;
    static constexpr uint32_t kMarks = 512, kMemos = 32;
    static constexpr uint64_t kMaxTail = 8u << 20;  // bytes of the entries behind the first kMarks: bounds a walk
    uint64_t kv_at[kMarks] = {};                    // positions of the first entries
    struct Memo {                                   // what a walk of the tail found for a name's hash
        uint64_t hash = 0, at = 0;                  // at: position of the entry, 1: none, 0: nothing known
    };
    mutable Memo memo[kMemos];
    GgufShard shard[kGgufMaxShards];
    char label[96] = {};  // the file's name for messages
};

// Parses and checks `n_shards` files (one for an ordinary file; of a split model all, in order) and lays the tables out
// in the arena. With a dry arena all is checked but what needs a table (duplicate names, overlap of tensors that are
// not in ascending order) and the bytes are counted; the real run takes exactly those bytes. `label` is a path or any
// name; its last component is kept for messages. kFormat: the file is wrong; kUnsupported: right but not for this
// library; kMemory: the arena is too small.
Status gguf_open(const FileMap* shards, uint32_t n_shards, Arena& arena, const char* label, Gguf* out, Error* err);

// The files of a model, in shard order.
struct GgufFiles {
    FileMap shard[kGgufMaxShards];
    uint32_t count = 0;
};
// Maps the file at `path`, and when its metadata says split.count > 1 the siblings named like NAME-00001-of-00003.gguf;
// `path` must be the first. no_mmap: reads them into the arena (dry: maps them for a look and counts their bytes). On
// failure nothing stays mapped.
Status gguf_files_open(const char* path, bool no_mmap, Arena& arena, GgufFiles* out, Error* err);
void gguf_files_close(GgufFiles* files);
// The path of shard `index` (0-based) of `count`, from the path of the first. False when `first` does not end in
// -00001-of-COUNT.gguf (5 digits each) or `out` is too small.
bool gguf_shard_path(const char* first, uint32_t index, uint32_t count, char* out, size_t capacity);

// ---- Metadata ---------------------------------------------------------------------------------------------------------
// nullptr data in *out and false when there is no such key.
bool gguf_find(const Gguf& g, Str key, GgufValue* out);

// Typed access. An absent key is an error when required; when optional, *out keeps its value (the default). A wrong type
// is an error in both cases.
enum GgufNeed : uint32_t { kGgufOptional = 0, kGgufRequired = 1 };
// Any integer type whose value fits the result and lies in [low, high].
Status gguf_u32(const Gguf& g, Str key, GgufNeed need, uint32_t* out, Error* err, uint32_t low = 0,
                uint32_t high = 0xffffffffu);
Status gguf_i64(const Gguf& g, Str key, GgufNeed need, int64_t* out, Error* err, int64_t low = INT64_MIN,
                int64_t high = INT64_MAX);
Status gguf_f32(const Gguf& g, Str key, GgufNeed need, float* out, Error* err);  // f32 or f64, finite
Status gguf_bool(const Gguf& g, Str key, GgufNeed need, bool* out, Error* err);
Status gguf_str(const Gguf& g, Str key, GgufNeed need, Str* out, Error* err);
// An array of exactly this element type and, unless it is kGgufAnyCount, of this many elements. Absent: data == nullptr.
constexpr uint64_t kGgufAnyCount = ~uint64_t{0};
Status gguf_array(const Gguf& g, Str key, GgufNeed need, uint32_t element, uint64_t count, GgufValue* out, Error* err);
// A hyperparameter that is one integer for all layers or an array of n_layer integers (or bools): value of `layer`.
Status gguf_u32_of_layer(const Gguf& g, Str key, GgufNeed need, uint32_t layer, uint32_t n_layer, uint32_t* out,
                         Error* err, uint32_t low = 0, uint32_t high = 0xffffffffu);

template <class T>
inline T gguf_load(const uint8_t* p) {  // unaligned
    T v;
    memcpy(&v, p, sizeof v);
    return v;
}
template <class T>
inline T gguf_at(const GgufValue& array, uint64_t i) {  // i < array.count, sizeof(T) = the element's size
    return gguf_load<T>(array.data + i * sizeof(T));
}

// Random access to an array of strings (a vocabulary) by one offset a string in the arena; immutable.
struct GgufStrings {
    uint32_t count = 0;
    const uint8_t* data = nullptr;       // the array's bytes in the file
    const uint32_t* offset32 = nullptr;  // [count + 1], start of string i from data; one of the two is set
    const uint64_t* offset64 = nullptr;  // for arrays of 4 GiB and more
    Str at(uint32_t i) const {           // i < count
        const uint64_t from = offset32 ? offset32[i] : offset64[i];
        const uint64_t next = offset32 ? offset32[i + 1] : offset64[i + 1];
        return Str(reinterpret_cast<const char*>(data) + from, static_cast<size_t>(next - from - 8));
    }
};
// Builds the index in one pass. Refuses counts and string lengths over 2^31 - 1. Absent and optional: count 0. In a dry
// arena only count is set: at() must not be called.
Status gguf_strings(const Gguf& g, Str key, GgufNeed need, Arena& arena, GgufStrings* out, Error* err);

// ---- Tensors ----------------------------------------------------------------------------------------------------------
bool gguf_tensor(const Gguf& g, Str name, GgufTensor* out);

}  // namespace thimble
