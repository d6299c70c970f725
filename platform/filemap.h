// SPDX-License-Identifier: MIT
// Read-only bytes of a file: mapped, or read into the arena, or given in memory. Offsets are 64-bit on every target.
#pragma once
#include <cstddef>
#include <cstdint>

#include "platform/arena.h"
#include "platform/status.h"

namespace thimble {

struct FileMap {
    const uint8_t* data = nullptr;
    size_t size = 0;
    bool mapped = false;  // true: unmap on close
};

// Maps `path` (or `fd` when path is nullptr). A directory, an empty file and one over the address space are refused in
// words. The descriptor is closed again (not the caller's own).
Status filemap_open(const char* path, int fd, FileMap* out, Error* err);
// Reads the whole file into the arena with pread, for --no-mmap and where mapping is impossible. In a dry arena only
// the size is taken. Survives EINTR and short reads; a file that shrank is an error.
Status filemap_read(const char* path, int fd, Arena& arena, FileMap* out, Error* err);
void filemap_close(FileMap* m);
// Advice; failures are ignored. Ranges are rounded outwards to pages.
void filemap_will_need(const FileMap* m, uint64_t offset, uint64_t size);
void filemap_dont_need(const FileMap* m, uint64_t offset, uint64_t size);

}  // namespace thimble
