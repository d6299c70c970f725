// SPDX-License-Identifier: MIT
// Memory that ends at a page without access: what reads or writes past the end is a fault, not a wrong number.
#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

struct Guarded {
    uint8_t* end = nullptr;
    size_t capacity = 0;

    bool open(size_t size) {
        constexpr size_t kPage = 65536;  // a multiple of every page size in use
        capacity = (size + kPage - 1) / kPage * kPage;
        void* start = mmap(nullptr, capacity + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (start == MAP_FAILED) return false;
        end = static_cast<uint8_t*>(start) + capacity;
        return mprotect(end, kPage, PROT_NONE) == 0;
    }
    // The last `count` elements; nullptr when there is no room. Each call gives the same memory.
    template <class T>
    T* last(size_t count) {
        return end && count * sizeof(T) <= capacity ? reinterpret_cast<T*>(end - count * sizeof(T)) : nullptr;
    }
};
