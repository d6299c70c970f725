// SPDX-License-Identifier: MIT
#include "platform/filemap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace thimble {
namespace {

// strerror may allocate and is not safe in threads; these are the errors that opening and reading a file has.
const char* reason(int error) {
    switch (error) {
        case ENOENT: return "no such file";
        case ENOTDIR: return "a part of the path is not a directory";
        case EACCES: return "permission denied";
        case EPERM: return "operation not permitted";
        case EISDIR: return "is a directory";
        case ELOOP: return "too many symbolic links";
        case ENAMETOOLONG: return "the name is too long";
        case EMFILE: return "this process has too many open files";
        case ENFILE: return "the system has too many open files";
        case ENOMEM: return "not enough memory or address space";
        case EBADF: return "not an open descriptor";
        case EIO: return "input/output error";
        case ENODEV: return "the file system cannot map files";
        case EOVERFLOW: return "the file is too large";
        case EINVAL: return "invalid argument";
        default: return nullptr;
    }
}

template <class... Parts>
Status fail_errno(Error* err, int error, const Parts&... parts) {
    if (const char* text = reason(error)) return fail(err, kIo, parts..., ": ", text);
    return fail(err, kIo, parts..., ": system error ", error);
}

// What a message calls the file: its path, else its descriptor.
struct Subject {
    char text[160];
    Subject(const char* path, int fd) {
        TextBuilder b(text, sizeof text);
        if (path) {
            b.add('\'');
            b.add(Str(path));
            b.add('\'');
        } else {
            b.add("file descriptor ");
            b.add(fd);
        }
    }
};

// Opens what is to be read, or takes the caller's descriptor, and takes its size. *own says whether *use is to be closed.
Status open_checked(const char* path, int fd, int* use, bool* own, size_t* size, Error* err) {
    const Subject subject(path, fd);
    *own = path != nullptr;
    *use = fd;
    if (path) {
        // O_NONBLOCK so that a FIFO without a writer is refused below instead of waited for.
        do *use = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        while (*use < 0 && errno == EINTR);
        if (*use < 0) return fail_errno(err, errno, "cannot open ", subject.text);
    }
    struct stat st;
    Status s = kOk;
    if (fstat(*use, &st) != 0) {
        s = fail_errno(err, errno, "cannot read the size of ", subject.text);
    } else if (S_ISDIR(st.st_mode)) {
        s = fail(err, kIo, subject.text, " is a directory, expected a file");
    } else if (!S_ISREG(st.st_mode)) {
        s = fail(err, kIo, subject.text, " is not a regular file (a pipe or a device cannot be used)");
    } else if (st.st_size <= 0) {
        s = fail(err, kFormat, subject.text, " is empty");
    } else if (static_cast<uint64_t>(st.st_size) > static_cast<uint64_t>(PTRDIFF_MAX)) {
        s = fail(err, kUnsupported, subject.text, " has ", static_cast<unsigned long long>(st.st_size),
                 " bytes, more than the address space of this machine");
    } else {
        *size = static_cast<size_t>(st.st_size);
        return kOk;
    }
    if (*own) close(*use);
    return s;
}

Status read_all(int fd, uint8_t* to, size_t size, const char* subject, Error* err) {
    constexpr size_t kMost = size_t(1) << 30;  // one read call; Linux itself stops short of 2 GiB
    for (size_t done = 0; done < size;) {
        const size_t want = size - done < kMost ? size - done : kMost;
        const ssize_t got = pread(fd, to + done, want, static_cast<off_t>(done));
        if (got < 0) {
            if (errno == EINTR) continue;
            return fail_errno(err, errno, "cannot read ", subject, " at byte ", done);
        }
        if (got == 0) {
            return fail(err, kIo, subject, " ended at byte ", done, ", it had ", size, " bytes when it was opened");
        }
        done += static_cast<size_t>(got);
    }
    return kOk;
}

// The address range of whole pages that covers [offset, offset + size) of the map; false: nothing to do.
bool pages_around(const FileMap* m, uint64_t offset, uint64_t size, void** start, size_t* length) {
    if (!m || !m->mapped || size == 0 || !within(offset, size, m->size)) return false;
    const long page = sysconf(_SC_PAGESIZE);
    if (page <= 0) return false;
    const size_t mask = static_cast<size_t>(page) - 1;
    const size_t first = static_cast<size_t>(offset) & ~mask;
    *start = const_cast<uint8_t*>(m->data) + first;  // the map itself starts at a page
    *length = static_cast<size_t>(offset) + static_cast<size_t>(size) - first;
    return true;
}

}  // namespace

Status filemap_open(const char* path, int fd, FileMap* out, Error* err) {
    *out = FileMap();
    int use;
    bool own;
    size_t size;
    const Status s = open_checked(path, fd, &use, &own, &size, err);
    if (s != kOk) return s;
    // Private: some file systems refuse shared maps. Nothing is written, so no page is ever copied.
    void* p = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, use, 0);
    const int error = errno;
    if (own) close(use);
    if (p == MAP_FAILED) {
        return fail_errno(err, error, "cannot map ", Subject(path, fd).text, " (", size, " bytes)");
    }
    out->data = static_cast<const uint8_t*>(p);
    out->size = size;
    out->mapped = true;
    return kOk;
}

Status filemap_read(const char* path, int fd, Arena& arena, FileMap* out, Error* err) {
    *out = FileMap();
    int use;
    bool own;
    size_t size;
    Status s = open_checked(path, fd, &use, &own, &size, err);
    if (s != kOk) return s;
    uint8_t* to = static_cast<uint8_t*>(arena.bytes(size));
    if (to) {
        s = read_all(use, to, size, Subject(path, fd).text, err);
    } else if (!arena.dry() || arena.overflowed()) {
        s = fail(err, kMemory, Subject(path, fd).text, " has ", size, " bytes, which the buffer cannot hold");
    }
    if (own) close(use);
    if (s != kOk) return s;
    out->data = to;
    out->size = size;
    return kOk;
}

void filemap_close(FileMap* m) {
    if (m->mapped) munmap(const_cast<uint8_t*>(m->data), m->size);
    *m = FileMap();
}

void filemap_will_need(const FileMap* m, uint64_t offset, uint64_t size) {
    void* start;
    size_t length;
    if (pages_around(m, offset, size, &start, &length)) madvise(start, length, MADV_WILLNEED);
}

void filemap_dont_need(const FileMap* m, uint64_t offset, uint64_t size) {
    void* start;
    size_t length;
    if (pages_around(m, offset, size, &start, &length)) madvise(start, length, MADV_DONTNEED);
}

}  // namespace thimble
