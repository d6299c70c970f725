// SPDX-License-Identifier: MIT
// Files mapped and read: the bytes, the refusals in words, and reads that are interrupted, short or end early.
#include "platform/filemap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <initializer_list>

#include "tests/check.h"

using namespace thimble;

// The linker sends the library's preads here (--wrap): every second one is interrupted, none gives all that it is
// asked for, and from g_end_at on the file has ended.
static long g_end_at = -1;
static bool g_awkward = false, g_interrupt = false, g_broken = false;
extern "C" ssize_t __real_pread64(int, void*, size_t, off_t);
extern "C" ssize_t __real_pread(int, void*, size_t, off_t);
static bool awkward(size_t* n, off_t at, ssize_t* result) {
    if (g_broken) return errno = EIO, *result = -1, true;
    if (g_end_at >= 0 && at >= g_end_at) return *result = 0, true;
    if (!g_awkward) return false;
    if ((g_interrupt = !g_interrupt)) return errno = EINTR, *result = -1, true;
    if (*n > 777) *n = 777;
    return false;
}
extern "C" ssize_t __wrap_pread64(int fd, void* p, size_t n, off_t at) {
    ssize_t r;
    return awkward(&n, at, &r) ? r : __real_pread64(fd, p, n, at);
}
extern "C" ssize_t __wrap_pread(int fd, void* p, size_t n, off_t at) {
    ssize_t r;
    return awkward(&n, at, &r) ? r : __real_pread(fd, p, n, at);
}

namespace {

constexpr size_t kSize = 10007;
const char* const kName = "filemap_test.bin";
const char* const kEmpty = "filemap_test.empty";
const char* const kFifo = "filemap_test.fifo";

uint8_t expected(size_t i) { return static_cast<uint8_t>(i * 31 + i / 256); }

bool right(const FileMap& m) {
    if (m.size != kSize || !m.data) return false;
    for (size_t i = 0; i < kSize; ++i) {
        if (m.data[i] != expected(i)) return false;
    }
    return true;
}

int open_descriptors() {
    int n = 0;
    for (int fd = 0; fd < 256; ++fd) n += fcntl(fd, F_GETFD) != -1;
    return n;
}

void make_files() {
    FILE* f = fopen(kName, "wb");
    for (size_t i = 0; i < kSize; ++i) fputc(expected(i), f);
    fclose(f);
    fclose(fopen(kEmpty, "wb"));
    unlink(kFifo);
    CHECK_EQ(mkfifo(kFifo, 0600), 0);
}

void maps() {
    FileMap m;
    Error err;
    CHECK_EQ(filemap_open(kName, -1, &m, &err), kOk);
    CHECK(m.mapped && right(m));
    filemap_will_need(&m, 1, kSize - 1);
    filemap_dont_need(&m, 5000, 17);
    filemap_will_need(&m, 0, kSize + 1);  // outside: ignored
    filemap_dont_need(&m, UINT64_MAX, 2);
    CHECK(right(m));
    filemap_close(&m);
    CHECK(m.data == nullptr && m.size == 0);
    filemap_close(&m);

    const int fd = open(kName, O_RDONLY);
    lseek(fd, 100, SEEK_SET);  // the caller's position does not matter, nor is it moved
    CHECK_EQ(filemap_open(nullptr, fd, &m, &err), kOk);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 100);
    CHECK_EQ(close(fd), 0);
    CHECK(right(m));
    filemap_close(&m);
}

void reads() {
    alignas(64) static char memory[kSize + 128];
    FileMap m;
    Error err;
    Arena dry;
    CHECK_EQ(filemap_read(kName, -1, dry, &m, &err), kOk);
    CHECK(m.data == nullptr && !m.mapped);
    CHECK_EQ(m.size, kSize);
    for (bool hard : {false, true}) {
        g_awkward = hard;
        Arena a(memory, static_cast<size_t>(dry.needed()));
        memset(memory, 0, sizeof memory);
        CHECK_EQ(filemap_read(kName, -1, a, &m, &err), kOk);
        CHECK(!m.mapped && right(m));
        CHECK_EQ(a.used(), dry.used());
        filemap_close(&m);
    }
    const int fd = open(kName, O_RDONLY);
    Arena b(memory, sizeof memory);
    CHECK_EQ(filemap_read(nullptr, fd, b, &m, &err), kOk);
    CHECK(right(m));
    CHECK_EQ(close(fd), 0);

    g_end_at = 5000;  // the reads before it are short
    Arena c(memory, sizeof memory);
    CHECK_EQ(filemap_read(kName, -1, c, &m, &err), kIo);
    CHECK(strstr(err.message, "ended at byte 5439, it had 10007") != nullptr);
    CHECK(m.data == nullptr);
    g_awkward = false;
    g_end_at = 0;
    Arena d(memory, sizeof memory);
    CHECK_EQ(filemap_read(kName, -1, d, &m, &err), kIo);
    CHECK_STR(err.message, "'filemap_test.bin' ended at byte 0, it had 10007 bytes when it was opened");
    g_end_at = -1;
    g_broken = true;
    Arena e(memory, sizeof memory);
    CHECK_EQ(filemap_read(kName, -1, e, &m, &err), kIo);
    CHECK_STR(err.message, "cannot read 'filemap_test.bin' at byte 0: input/output error");
    g_broken = false;
    Arena small(memory, 100);
    CHECK_EQ(filemap_read(kName, -1, small, &m, &err), kMemory);
}

void refusals() {
    struct Case {
        const char* path;
        int fd;
        Status status;
        const char* message;
    };
    int ends[2];
    CHECK_EQ(pipe(ends), 0);
    const Case cases[] = {
        {"no/such/file", -1, kIo, "cannot open 'no/such/file': no such file"},
        {".", -1, kIo, "'.' is a directory, expected a file"},
        {kEmpty, -1, kFormat, "'filemap_test.empty' is empty"},
        {kFifo, -1, kIo, "'filemap_test.fifo' is not a regular file (a pipe or a device cannot be used)"},
        {"/dev/null", -1, kIo, "'/dev/null' is not a regular file (a pipe or a device cannot be used)"},
        {"", -1, kIo, "cannot open '': no such file"},
        {nullptr, -1, kIo, "cannot read the size of file descriptor -1: not an open descriptor"},
        {nullptr, ends[0], kIo, nullptr},
    };
    const int before = open_descriptors();
    for (const Case& c : cases) {
        FileMap m;
        Error err;
        Arena arena;
        CHECK_EQ(filemap_open(c.path, c.fd, &m, &err), c.status);
        if (c.message) CHECK_STR(err.message, c.message);
        CHECK(m.data == nullptr);
        CHECK_EQ(filemap_read(c.path, c.fd, arena, &m, &err), c.status);
        if (c.message) CHECK_STR(err.message, c.message);
    }
    FileMap m;
    CHECK_EQ(filemap_open("no/such/file", -1, &m, nullptr), kIo);
    CHECK_EQ(open_descriptors(), before);
    close(ends[0]);
    close(ends[1]);
}

}  // namespace

int main() {
    make_files();
    const int before = open_descriptors();
    maps();
    reads();
    refusals();
    CHECK_EQ(open_descriptors(), before);
    unlink(kName);
    unlink(kEmpty);
    unlink(kFifo);
    return REPORT();
}
