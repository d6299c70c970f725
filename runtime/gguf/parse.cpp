// SPDX-License-Identifier: MIT
// gguf_open: header, metadata, tensor records of every shard, in one pass each; tables in the arena.
#include "runtime/gguf/wire.h"

namespace thimble {

namespace {

constexpr uint64_t kSmallestEntry = 8 + 1 + 4 + 1;       // length, key, type, value
constexpr uint64_t kSmallestTensor = 8 + 1 + 4 + 4 + 8;  // length, name, n_dims, type, offset

Status check_count(const GgufPlace& p, const char* what, uint64_t found, uint64_t smallest, uint64_t left, Error* err) {
    uint64_t bytes = 0;
    if (!checked_mul(found, smallest, &bytes) || bytes > left) {
        return refuse(p, err, kFormat, "found a count of ", static_cast<long long>(found), " ", what,
                      ", expected at most ", left / smallest, ", which is what the ", left,
                      " bytes after the header can hold");
    }
    if (found > kGgufMaxEntries) {
        return refuse(p, err, kUnsupported, "found a count of ", found, " ", what, ", expected at most ",
                      kGgufMaxEntries);
    }
    return kOk;
}

}  // namespace

Status gguf_read_header(const GgufPlace& p, GgufShard* s, Error* err) {
    if (s->size < 4 || memcmp(s->data, "GGUF", 4) != 0) {
        if (s->size < 4)
            return refuse(p, err, kFormat, "not a GGUF file: found ", s->size, " bytes, expected at least ",
                          kGgufHeaderBytes);
        return refuse(p, err, kFormat, "not a GGUF file: found the first bytes '",
                      Str(reinterpret_cast<const char*>(s->data), 4), "', expected 'GGUF'");
    }
    GgufCursor c{s->data, s->size, 4};
    uint32_t version = 0;
    uint64_t n_tensors = 0, n_kv = 0;
    if (!c.take(&version)) return refuse(p, err, kFormat, "the file ends at byte ", s->size, " within its header");
    if (version != 0 && (version & 0xffff) == 0) {
        return refuse(p, err, kUnsupported, "found version ", __builtin_bswap32(version),
                      " in big-endian byte order, expected a little-endian file");
    }
    if (version == 1)
        return refuse(p, err, kUnsupported, "found GGUF version 1, expected 2 or 3; convert the model anew");
    if (version != 2 && version != 3)
        return refuse(p, err, kUnsupported, "found GGUF version ", version, ", expected 2 or 3");
    if (!c.take(&n_tensors) || !c.take(&n_kv))
        return refuse(p, err, kFormat, "the file ends at byte ", s->size, " within its header");
    if (Status st = check_count(p, "tensors", n_tensors, kSmallestTensor, c.left(), err)) return st;
    if (Status st = check_count(p, "metadata entries", n_kv, kSmallestEntry, c.left(), err)) return st;
    s->version = version;
    s->n_tensors = n_tensors;
    s->n_kv = n_kv;
    return kOk;
}

namespace {

// What one parse carries along.
struct Parser {
    Arena& arena;
    Gguf* g;
    Error* err;
    GgufEntry* kv = nullptr;  // the tables being filled; nullptr when dry
    GgufTensor* tensors = nullptr;
    uint32_t* kv_slots = nullptr;
    uint32_t* tensor_slots = nullptr;
    uint32_t tensors_done = 0;

    GgufPlace place(uint32_t shard) const { return {g->label, shard, g->n_shards}; }
};

// split.* of one shard, as found.
struct Split {
    uint64_t no = 0, count = 0, tensors = 0;
    bool has_no = false, has_count = false, has_tensors = false;
};

void keep_label(const char* path, Gguf* g) {
    const char* name = path ? path : "GGUF";
    for (const char* p = name; *p; ++p)
        if (*p == '/' && p[1]) name = p + 1;
    size_t n = strlen(name);
    if (n > sizeof g->label - 1) n = sizeof g->label - 1;
    memcpy(g->label, name, n);
    g->label[n] = 0;
}

Status take_alignment(const GgufPlace& p, const GgufValue& v, GgufShard* s, Error* err) {
    if (v.type != kGgufU32) {
        return refuse(p, err, kFormat, "key 'general.alignment': found type ", gguf_type_name(v.type),
                      ", expected u32");
    }
    const uint32_t a = gguf_load<uint32_t>(v.data);
    if (!is_power_of_two(a) || a > kGgufMaxAlignment) {
        return refuse(p, err, kFormat, "key 'general.alignment': found ", a, ", expected a power of two up to ",
                      kGgufMaxAlignment);
    }
    s->alignment = a;
    return kOk;
}

Status take_split(const GgufPlace& p, const GgufEntry& e, uint64_t* out, bool* has, Error* err) {
    bool negative = false;
    if (!gguf_integer(e.value.type, e.value.data, out, &negative)) {
        return refuse(p, err, kFormat, "key '", e.key, "': found type ", gguf_type_name(e.value.type),
                      ", expected an integer");
    }
    if (negative) {
        return refuse(p, err, kFormat, "key '", e.key, "': found ", static_cast<long long>(*out),
                      ", expected at least 0");
    }
    *has = true;
    return kOk;
}

// The keys that the container itself has a use for.
Status take_container_key(const GgufPlace& p, const GgufEntry& e, GgufShard* s, Split* split, Error* err) {
    if (e.key == Str("general.alignment")) return take_alignment(p, e.value, s, err);
    if (!e.key.starts_with("split.")) return kOk;
    if (e.key == Str("split.no")) return take_split(p, e, &split->no, &split->has_no, err);
    if (e.key == Str("split.count")) return take_split(p, e, &split->count, &split->has_count, err);
    if (e.key == Str("split.tensors.count")) return take_split(p, e, &split->tensors, &split->has_tensors, err);
    return kOk;
}

// The table of one shard's entries and its hash slots, zeroed; kMemory when the arena is too small.
Status make_tables(Parser* ps, uint64_t n, GgufEntry** entries, uint32_t** slots, uint32_t* mask) {
    const uint32_t n_slots = gguf_slots_for(n);
    *entries = ps->arena.array<GgufEntry>(n);
    *slots = ps->arena.array<uint32_t>(n_slots);
    *mask = n_slots - 1;
    if (ps->arena.dry()) return kOk;
    if (!*entries || !*slots)
        return fail(ps->err, kMemory, ps->g->label, ": the buffer is too small for the table of ", n,
                    " metadata entries");
    memset(*slots, 0, n_slots * sizeof(uint32_t));
    return kOk;
}

Status insert_entry(const GgufPlace& p, uint32_t* slots, uint32_t mask, const GgufEntry* entries, uint32_t index,
                    Error* err) {
    uint32_t at = 0;
    if (gguf_insert(
            slots, mask, entries, index, [](const GgufEntry& e) { return e.key; }, &at))
        return kOk;
    if (at == ~0u)
        return refuse(p, err, kFormat, "key '", entries[index].key, "': too many keys collide in the table of names");
    return refuse(p, err, kFormat, "key '", entries[index].key, "': found twice, as entries ", at, " and ", index);
}

Status read_metadata(Parser* ps, uint32_t shard, Split* split) {
    GgufShard* s = &ps->g->shard[shard];
    const GgufPlace p = ps->place(shard);
    const uint64_t mark = ps->arena.mark();
    GgufEntry* entries = nullptr;
    uint32_t* slots = nullptr;
    uint32_t mask = 0;
    if (Status st = make_tables(ps, s->n_kv, &entries, &slots, &mask)) return st;

    GgufCursor c{s->data, s->size, kGgufHeaderBytes};
    GgufEntry e;
    uint64_t tail = UINT64_MAX;
    for (uint32_t i = 0; i < s->n_kv; ++i) {
        if (shard == 0) {
            if (i < Gguf::kMarks) ps->g->kv_at[i] = c.at;
            if (i == Gguf::kMarks) tail = c.at;
        }
        e = GgufEntry();
        if (Status st = gguf_read_entry(&c, i, p, &e, ps->err)) return st;
        if (Status st = take_container_key(p, e, s, split, ps->err)) return st;
        if (!entries) continue;
        entries[i] = e;
        if (Status st = insert_entry(p, slots, mask, entries, i, ps->err)) return st;
    }
    s->tensors_at = c.at;
    if (c.at > tail && c.at - tail > Gguf::kMaxTail) {
        return refuse(p, ps->err, kUnsupported, "found ", c.at - tail, " bytes of metadata behind the first ",
                      Gguf::kMarks, " entries, expected at most ", Gguf::kMaxTail);
    }
    if (shard == 0) {
        ps->g->kv = entries;
        ps->g->kv_slots = slots;
        ps->g->kv_mask = mask;
    } else {
        ps->arena.release(mark);  // only the first shard's metadata is the model's
    }
    return kOk;
}

// Where the tensor data starts: known once the last record has been walked over.
Status find_data(const GgufPlace& p, GgufShard* s, Error* err) {
    GgufCursor c{s->data, s->size, s->tensors_at};
    for (uint64_t i = 0; i < s->n_tensors; ++i) {
        GgufTensor t;
        if (Status st = gguf_read_tensor(&c, i, p, &t, err)) return st;
    }
    if (!checked_align(c.at, s->alignment, &s->data_at))
        return refuse(p, err, kFormat, "the tensor records end too late");
    return kOk;
}

Status count_tensor(const GgufPlace& p, Gguf* g, const GgufTensor& t, Error* err) {
    uint64_t elements = 1;
    for (uint64_t d : t.shape) elements *= d;  // below 2^63: checked with the record
    if (!checked_add(g->n_elements, elements, &g->n_elements) ||
        !checked_add(g->tensor_bytes, t.bytes, &g->tensor_bytes)) {
        return refuse(p, err, kFormat, "tensor '", t.name, "': the sum of all tensors' sizes overflows");
    }
    return kOk;
}

Status insert_tensor(Parser* ps, const GgufPlace& p, const GgufTensor& t) {
    const uint32_t index = ps->tensors_done;
    ps->tensors[index] = t;
    uint32_t at = 0;
    if (gguf_insert(
            ps->tensor_slots, ps->g->tensor_mask, ps->tensors, index, [](const GgufTensor& x) { return x.name; }, &at))
        return kOk;
    if (at == ~0u)
        return refuse(p, ps->err, kFormat, "tensor '", t.name, "': too many names collide in the table of names");
    return refuse(p, ps->err, kFormat, "tensor '", t.name, "': found twice, as tensors ", at, " and ", index);
}

Status overlap(const GgufPlace& p, const GgufTensor& a, const GgufTensor& b, Error* err) {
    return refuse(p, err, kFormat, "tensor '", b.name, "': starts at byte ", b.offset, ", within tensor '", a.name,
                  "', which ends at byte ", a.offset + a.bytes);
}

// Heap order of tensors by offset: no recursion, n log n whatever the file says.
void sift(const GgufTensor* t, uint32_t* order, uint32_t root, uint32_t n) {
    for (;;) {
        uint32_t child = 2 * root + 1;
        if (child >= n) return;
        if (child + 1 < n && t[order[child]].offset < t[order[child + 1]].offset) ++child;
        if (t[order[root]].offset >= t[order[child]].offset) return;
        const uint32_t swap = order[root];
        order[root] = order[child];
        order[child] = swap;
        root = child;
    }
}

Status check_overlap(const GgufPlace& p, const GgufTensor* t, uint32_t* order, uint32_t n, Error* err) {
    for (uint32_t i = 0; i < n; ++i) order[i] = i;
    for (uint32_t i = n / 2; i-- > 0;) sift(t, order, i, n);
    for (uint32_t end = n; end > 1; --end) {
        const uint32_t last = order[0];
        order[0] = order[end - 1];
        order[end - 1] = last;
        sift(t, order, 0, end - 1);
    }
    for (uint32_t i = 1; i < n; ++i) {
        const GgufTensor &a = t[order[i - 1]], &b = t[order[i]];
        if (b.offset < a.offset + a.bytes) return overlap(p, a, b, err);  // a ends within the file: no wrap
    }
    return kOk;
}

Status read_tensors(Parser* ps, uint32_t shard) {
    GgufShard* s = &ps->g->shard[shard];
    const GgufPlace p = ps->place(shard);
    if (Status st = find_data(p, s, ps->err)) return st;
    const uint64_t mark = ps->arena.mark();
    uint32_t* order = ps->arena.array<uint32_t>(s->n_tensors);
    if (!ps->arena.dry() && !order)
        return fail(ps->err, kMemory, ps->g->label, ": the buffer is too small for ", s->n_tensors, " tensors");

    const uint32_t first = ps->tensors_done;
    GgufCursor c{s->data, s->size, s->tensors_at};
    GgufTensor last;
    bool ascending = true;
    for (uint64_t i = 0; i < s->n_tensors; ++i) {
        GgufTensor t;
        if (Status st = gguf_read_tensor(&c, i, p, &t, ps->err)) return st;
        if (Status st = gguf_place_tensor(p, *s, &t, ps->err)) return st;
        if (Status st = count_tensor(p, ps->g, t, ps->err)) return st;
        if (i > 0 && t.offset < last.offset) ascending = false;
        if (i > 0 && ascending && t.offset < last.offset + last.bytes) return overlap(p, last, t, ps->err);
        last = t;
        if (ps->tensors) {
            if (Status st = insert_tensor(ps, p, t)) return st;
        }
        ++ps->tensors_done;
    }
    if (ps->tensors && !ascending) {
        if (Status st = check_overlap(p, ps->tensors + first, order, static_cast<uint32_t>(s->n_tensors), ps->err))
            return st;
    }
    ps->arena.release(mark);
    return kOk;
}

// One shard's split.* against the files at hand. Merged files keep split.count = 0.
Status check_split(const GgufPlace& p, const Split& split, uint64_t n_tensors, Error* err) {
    if (p.n_shards == 1 && split.count <= 1) {
        if (split.has_no && split.no != 0)
            return refuse(p, err, kFormat, "key 'split.no': found ", split.no,
                          ", expected 0 in a file that is not split");
        return kOk;
    }
    if (p.n_shards == 1) {
        return refuse(p, err, kFormat, "key 'split.count': found ", split.count,
                      ", but this is the only file: open the first of ", split.count,
                      " by its path NAME-00001-of-COUNT.gguf");
    }
    if (!split.has_count || !split.has_no || !split.has_tensors) {
        const char* key = !split.has_count ? "split.count" : !split.has_no ? "split.no" : "split.tensors.count";
        return refuse(p, err, kFormat, "key '", key, "': missing, expected in every file of a split model");
    }
    if (split.count != p.n_shards)
        return refuse(p, err, kFormat, "key 'split.count': found ", split.count, ", expected ", p.n_shards);
    if (split.no != p.shard)
        return refuse(p, err, kFormat, "key 'split.no': found ", split.no, ", expected ", p.shard, " (counted from 0)");
    if (split.tensors != n_tensors) {
        return refuse(p, err, kFormat, "key 'split.tensors.count': found ", split.tensors, ", expected ", n_tensors,
                      ", the number of tensors in all files");
    }
    return kOk;
}

Status read_headers(Parser* ps, const FileMap* files, uint64_t* n_tensors) {
    Gguf* g = ps->g;
    *n_tensors = 0;
    for (uint32_t i = 0; i < g->n_shards; ++i) {
        GgufShard* s = &g->shard[i];
        *s = GgufShard();
        s->data = files[i].data;
        s->size = files[i].size;
        const GgufPlace p = ps->place(i);
        if (Status st = gguf_read_header(p, s, ps->err)) return st;
        *n_tensors += s->n_tensors;  // at most 128 x 65536
        g->file_bytes += s->size;
    }
    if (*n_tensors > kGgufMaxEntries) {
        return fail(ps->err, kUnsupported, g->label, ": found a count of ", *n_tensors,
                    " tensors in all shards, expected at most ", kGgufMaxEntries);
    }
    return kOk;
}

Status parse(Parser* ps, const FileMap* files) {
    Gguf* g = ps->g;
    uint64_t n_tensors = 0;
    if (Status st = read_headers(ps, files, &n_tensors)) return st;
    g->version = g->shard[0].version;
    g->n_kv = static_cast<uint32_t>(g->shard[0].n_kv);
    g->n_tensors = static_cast<uint32_t>(n_tensors);
    for (uint32_t i = 0; i < g->n_shards; ++i) {
        Split split;
        if (Status st = read_metadata(ps, i, &split)) return st;
        if (Status st = check_split(ps->place(i), split, n_tensors, ps->err)) return st;
    }
    g->alignment = g->shard[0].alignment;

    const uint32_t n_slots = gguf_slots_for(n_tensors);
    ps->tensors = ps->arena.array<GgufTensor>(n_tensors);
    ps->tensor_slots = ps->arena.array<uint32_t>(n_slots);
    g->tensor_mask = n_slots - 1;
    if (!ps->arena.dry()) {
        if (!ps->tensors || !ps->tensor_slots) {
            return fail(ps->err, kMemory, g->label, ": the buffer is too small for the table of ", n_tensors,
                        " tensors");
        }
        memset(ps->tensor_slots, 0, n_slots * sizeof(uint32_t));
    }
    for (uint32_t i = 0; i < g->n_shards; ++i) {
        if (Status st = read_tensors(ps, i)) return st;
    }
    g->tensors = ps->tensors;
    g->tensor_slots = ps->tensor_slots;
    return kOk;
}

}  // namespace

Status gguf_open(const FileMap* shards, uint32_t n_shards, Arena& arena, const char* label, Gguf* out, Error* err) {
    *out = Gguf();
    keep_label(label, out);
    if (n_shards == 0 || n_shards > kGgufMaxShards) {
        return fail(err, kUnsupported, out->label, ": found ", n_shards, " files, expected 1 to ", kGgufMaxShards);
    }
    out->n_shards = n_shards;
    Parser ps{arena, out, err};
    return parse(&ps, shards);
}

}  // namespace thimble
