// SPDX-License-Identifier: MIT
// The files of a model: one, or the shards NAME-00001-of-00003.gguf ... that lie beside each other.
#include "runtime/gguf/wire.h"

namespace thimble {

namespace {

constexpr size_t kSuffix = 20;  // "-00001-of-00003.gguf"
constexpr size_t kMaxPath = 4096;

void put_digits(char* out, uint32_t v) {
    for (int i = 4; i >= 0; --i, v /= 10) out[i] = static_cast<char>('0' + v % 10);
}

void make_suffix(uint32_t index, uint32_t count, char* out) {
    memcpy(out, "-00000-of-00000.gguf", kSuffix);
    put_digits(out + 1, index + 1);
    put_digits(out + 10, count);
}

// Opens one file. Dry and no_mmap: mapped for a look, while its bytes are counted in the arena.
Status open_one(const char* path, bool no_mmap, Arena& arena, FileMap* out, Error* err) {
    if (!no_mmap) return filemap_open(path, -1, out, err);
    if (!arena.dry()) return filemap_read(path, -1, arena, out, err);
    FileMap counted;
    if (Status st = filemap_read(path, -1, arena, &counted, err)) return st;
    return filemap_open(path, -1, out, err);
}

// split.count of the first file, 0 when it is not split. The walk checks everything up to that key.
Status split_count(const FileMap& file, const char* path, uint64_t* count, Error* err) {
    *count = 0;
    GgufPlace p{path, 0, 1};
    for (const char* c = path; *c; ++c)
        if (*c == '/' && c[1]) p.file = c + 1;
    GgufShard s;
    s.data = file.data;
    s.size = file.size;
    if (Status st = gguf_read_header(p, &s, err)) return st;
    GgufCursor c{s.data, s.size, kGgufHeaderBytes};
    for (uint64_t i = 0; i < s.n_kv; ++i) {
        GgufEntry e;
        if (Status st = gguf_read_entry(&c, i, p, &e, err)) return st;
        bool negative = false;
        // A wrong type is left to gguf_open, which says so.
        if (e.key == Str("split.count") && !gguf_integer(e.value.type, e.value.data, count, &negative)) *count = 0;
    }
    return kOk;
}

Status open_siblings(const char* first, bool no_mmap, Arena& arena, GgufFiles* files, uint64_t count, Error* err) {
    char path[kMaxPath];
    if (!gguf_shard_path(first, 0, static_cast<uint32_t>(count), path, sizeof path)) {
        return fail(err, kFormat, first, ": key 'split.count': found ", count,
                    ", expected a file name that ends in -00001-of-COUNT.gguf");
    }
    for (uint32_t i = 1; i < count; ++i) {
        gguf_shard_path(first, i, static_cast<uint32_t>(count), path, sizeof path);
        if (Status st = open_one(path, no_mmap, arena, &files->shard[i], err)) return st;
        files->count = i + 1;
    }
    return kOk;
}

Status open_all(const char* path, bool no_mmap, Arena& arena, GgufFiles* files, Error* err) {
    if (Status st = open_one(path, no_mmap, arena, &files->shard[0], err)) return st;
    files->count = 1;
    uint64_t count = 0;
    if (Status st = split_count(files->shard[0], path, &count, err)) return st;
    if (count <= 1) return kOk;
    if (count > kGgufMaxShards) {
        return fail(err, kUnsupported, path, ": key 'split.count': found ", count, ", expected at most ",
                    kGgufMaxShards);
    }
    return open_siblings(path, no_mmap, arena, files, count, err);
}

}  // namespace

bool gguf_shard_path(const char* first, uint32_t index, uint32_t count, char* out, size_t capacity) {
    const size_t n = strlen(first);
    char suffix[kSuffix];
    if (n < kSuffix || n >= capacity || count == 0 || count > 99999 || index >= count) return false;
    make_suffix(0, count, suffix);
    if (memcmp(first + n - kSuffix, suffix, kSuffix) != 0) return false;
    memcpy(out, first, n - kSuffix);
    make_suffix(index, count, out + n - kSuffix);
    out[n] = 0;
    return true;
}

Status gguf_files_open(const char* path, bool no_mmap, Arena& arena, GgufFiles* out, Error* err) {
    *out = GgufFiles();
    const Status st = open_all(path, no_mmap, arena, out, err);
    if (st) gguf_files_close(out);
    return st;
}

void gguf_files_close(GgufFiles* files) {
    for (uint32_t i = 0; i < files->count; ++i) filemap_close(&files->shard[i]);
    files->count = 0;
}

}  // namespace thimble
