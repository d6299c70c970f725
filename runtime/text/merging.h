// SPDX-License-Identifier: MIT
// Greedy merging of neighbours: of all adjacent pairs of symbols the one with the lowest key, the leftmost of equals,
// becomes one symbol, until no pair has a key. Serves SPM (key from the score) and BPE (key = rank).
//
// Keys stand in an array with minima of 16 above it, minima of 16 of those above that, and so on: O(log n) a merge with
// no stale entries; n symbols take n * 4.27 bytes and one bit each. Private to runtime/text.
#pragma once
#include "runtime/text/internal.h"

namespace thimble {

constexpr uint32_t kNoPair = 0xffffffffu;

class MergeQueue {
  public:
    // Room for n symbols; keys are undefined until set_all.
    bool init(Scratch& scratch, uint32_t n) {
        n_ = n;
        levels_ = 0;
        uint32_t count = n;
        for (;;) {
            count_[levels_] = count;
            key_[levels_] = scratch.take<uint32_t>(count);
            if (!key_[levels_]) return false;
            ++levels_;
            if (count <= kFan) break;
            count = (count + kFan - 1) / kFan;
        }
        const size_t words = n / 64 + 1;
        alive_ = scratch.take<uint64_t>(words);
        if (!alive_) return false;
        memset(alive_, 0xff, words * 8);
        return true;
    }
    static size_t bytes(size_t n) { return n * 4 + n / 3 + n / 8 + 512; }

    void put(uint32_t i, uint32_t key) { key_[0][i] = key; }  // before build
    void build() {
        for (uint32_t level = 1; level < levels_; ++level)
            for (uint32_t i = 0; i < count_[level]; ++i) key_[level][i] = least(level - 1, i);
    }
    // Symbol whose pair is the best, kNoPair when there is none.
    uint32_t best() const {
        uint32_t at = 0;
        for (uint32_t level = levels_; level-- > 0;) {
            const uint32_t first = at * kFan;
            const uint32_t last = first + kFan < count_[level] ? first + kFan : count_[level];
            at = first;
            for (uint32_t i = first + 1; i < last; ++i)
                if (key_[level][i] < key_[level][at]) at = i;
        }
        return key_[0][at] == kNoPair ? kNoPair : at;
    }
    void set(uint32_t i, uint32_t key) {
        if (key_[0][i] == key) return;
        key_[0][i] = key;
        for (uint32_t level = 1; level < levels_; ++level) {
            i /= kFan;
            const uint32_t now = least(level - 1, i);
            if (key_[level][i] == now) return;
            key_[level][i] = now;
        }
    }
    // Neighbours among the living; n, or kNoPair, past the ends.
    uint32_t next(uint32_t i) const {
        ++i;
        uint64_t word = alive_[i / 64] >> i % 64;
        if (word != 0) return least_of(i + static_cast<uint32_t>(__builtin_ctzll(word)));
        for (uint32_t w = i / 64 + 1; w <= n_ / 64; ++w)
            if (alive_[w] != 0) return least_of(w * 64 + static_cast<uint32_t>(__builtin_ctzll(alive_[w])));
        return n_;
    }
    uint32_t previous(uint32_t i) const {
        if (i == 0) return kNoPair;
        --i;
        uint64_t word = alive_[i / 64] << (63 - i % 64);
        if (word != 0) return i - static_cast<uint32_t>(__builtin_clzll(word));
        for (uint32_t w = i / 64; w-- > 0;)
            if (alive_[w] != 0) return w * 64 + 63 - static_cast<uint32_t>(__builtin_clzll(alive_[w]));
        return kNoPair;
    }
    void remove(uint32_t i) {
        alive_[i / 64] &= ~(uint64_t{1} << i % 64);
        set(i, kNoPair);
    }

  private:
    static constexpr uint32_t kFan = 16;
    uint32_t least_of(uint32_t i) const { return i < n_ ? i : n_; }
    uint32_t least(uint32_t level, uint32_t block) const {
        const uint32_t first = block * kFan;
        const uint32_t last = first + kFan < count_[level] ? first + kFan : count_[level];
        uint32_t m = kNoPair;
        for (uint32_t i = first; i < last; ++i) m = key_[level][i] < m ? key_[level][i] : m;
        return m;
    }
    uint32_t* key_[9];
    uint32_t count_[9];
    uint32_t levels_ = 0, n_ = 0;
    uint64_t* alive_ = nullptr;
};

// Rule::pair(left, right, after) gives the key of two neighbours; `after` is the symbol behind right, or n.
template <class Rule>
void merge_all(MergeQueue& q, uint32_t n, const Rule& rule) {
    for (uint32_t i = 0; i + 1 < n; ++i) q.put(i, rule.pair(i, i + 1, i + 2));
    q.put(n - 1, kNoPair);
    q.build();
    for (uint32_t left = q.best(); left != kNoPair; left = q.best()) {
        q.remove(q.next(left));
        const uint32_t after = q.next(left), before = q.previous(left);
        q.set(left, after < n ? rule.pair(left, after, q.next(after)) : kNoPair);
        if (before != kNoPair) q.set(before, rule.pair(before, left, after));
    }
}

}  // namespace thimble
