/* SPDX-License-Identifier: MIT
 * The firmware has no heap, no files and no threads. What the library would call to map a file or to start a thread is
 * answered here with a refusal, as on a device that has no such thing. The linker takes these instead of the C
 * library's, so the image holds no code that could get memory from the system: no malloc, brk or mmap.
 *
 * The refusals are defined under the names that the C library's headers declare, whose types this file leaves alone. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(void) {
    errno = ENOSYS;
    return -1;
}

int open(const char* path, int flags, ...) {
    (void)path, (void)flags;
    return refuse();
}

int close(int fd) {
    (void)fd;
    return refuse();
}

int fstat(int fd, struct stat* out) {
    (void)fd, (void)out;
    return refuse();
}

ssize_t pread(int fd, void* out, size_t n, off_t at) {
    (void)fd, (void)out, (void)n, (void)at;
    return refuse();
}

void* mmap(void* at, size_t n, int protection, int flags, int fd, off_t offset) {
    (void)at, (void)n, (void)protection, (void)flags, (void)fd, (void)offset;
    refuse();
    return MAP_FAILED;
}

int munmap(void* at, size_t n) {
    (void)at, (void)n;
    return refuse();
}

int madvise(void* at, size_t n, int advice) {
    (void)at, (void)n, (void)advice;
    return refuse();
}

int pthread_create(pthread_t* out, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) {
    (void)out, (void)attributes, (void)run, (void)argument;
    return ENOSYS;
}

int pthread_join(pthread_t thread, void** out) {
    (void)thread, (void)out;
    return ENOSYS;
}
