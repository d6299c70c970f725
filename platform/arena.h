// SPDX-License-Identifier: MIT
// The fixed arena. One piece of layout code runs twice: first over a dry arena, which only counts (law 3), then over
// the caller's buffer. So the bytes predicted are the bytes used. Layout code must allocate the same sizes in the same
// order in both runs and must not touch memory while `dry()`.
//
//     caller's buffer: | pad to 64 | object | pad | object | ... |          nothing is ever freed; temporaries at open
//                                                                           use mark() / release() at the tail, and the
//                                                                           high-water mark is what is counted
#pragma once
#include <cstddef>
#include <cstdint>
#include <new>

#include "platform/checked.h"

namespace thimble {

constexpr size_t kCacheLine = 64;

class Arena {
  public:
    Arena() = default;  // dry: counts only
    Arena(void* buffer, size_t size) : base_(static_cast<char*>(buffer)), size_(size) {}

    bool dry() const { return base_ == nullptr; }
    bool overflowed() const { return overflowed_; }  // sticky: a wrap, or past the end of the buffer
    // High-water mark plus the worst-case padding of an unaligned buffer: what a caller must provide.
    uint64_t needed() const { return high_ + kCacheLine; }
    uint64_t used() const { return high_; }

    // Bytes at a cache-line boundary; nullptr when dry or overflowed.
    void* bytes(uint64_t n, uint64_t alignment = kCacheLine) {
        uint64_t at = 0, end = 0;
        if (!checked_align(used_, alignment, &at) || !checked_add(at, n, &end)) return overflow();
        used_ = end;
        if (used_ > high_) high_ = used_;
        if (dry()) return nullptr;
        const uint64_t pad = (kCacheLine - reinterpret_cast<uintptr_t>(base_) % kCacheLine) % kCacheLine;
        if (!within(pad, end, size_)) return overflow();
        return base_ + pad + at;
    }
    // An array of T, uninitialised. T needs no constructor.
    template <class T>
    T* array(uint64_t n, uint64_t alignment = kCacheLine) {
        uint64_t total;
        if (!checked_mul(n, sizeof(T), &total)) return static_cast<T*>(overflow());
        return static_cast<T*>(bytes(total, alignment > alignof(T) ? alignment : alignof(T)));
    }
    template <class T>
    T* make() {
        void* p = bytes(sizeof(T));
        return p ? new (p) T() : nullptr;
    }
    uint64_t mark() const { return used_; }
    void release(uint64_t mark) { used_ = mark; }  // temporaries end; the high-water mark stays

  private:
    void* overflow() {
        overflowed_ = true;
        return nullptr;
    }
    char* base_ = nullptr;
    uint64_t size_ = 0, used_ = 0, high_ = 0;
    bool overflowed_ = false;
};

}  // namespace thimble
