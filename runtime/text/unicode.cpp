// SPDX-License-Identifier: MIT
#include "runtime/text/unicode.h"

namespace thimble {

namespace {
struct LowerRun {
    uint32_t first;
    uint16_t more, stride;  // further members, distance
    int32_t delta;
};
struct BaseRun {
    uint32_t first, more, base;
};
#include "runtime/text/unicode_tables.inc"

constexpr uint32_t kPages = sizeof kKindPage / sizeof kKindPage[0] - 1;
constexpr uint32_t kStarts = sizeof kKindStart / sizeof kKindStart[0];
constexpr uint32_t kLowers = sizeof kLower / sizeof kLower[0];
constexpr uint32_t kBases = sizeof kBase / sizeof kBase[0];

// Last run whose `first` is at most code; the first run when there is none.
template <class Run>
const Run& run_of(const Run* runs, uint32_t n, uint32_t code) {
    uint32_t low = 0, high = n;
    while (high - low > 1) {
        const uint32_t middle = (low + high) / 2;
        (runs[middle].first <= code ? low : high) = middle;
    }
    return runs[low];
}
}  // namespace

UnicodeKind unicode_kind(uint32_t code) {
    if (code > 0x10ffff) return kUnassigned;
    const uint32_t page = code >> 8;
    uint32_t low = kKindPage[page < kPages ? page : kPages];
    uint32_t high = page < kPages ? kKindPage[page + 1] + 1u : kStarts;
    while (high - low > 1) {
        const uint32_t middle = (low + high) / 2;
        ((kKindStart[middle] >> 3) <= code ? low : high) = middle;
    }
    return static_cast<UnicodeKind>(kKindStart[low] & 7);
}

bool unicode_is_space(uint32_t code) {
    if (code < 0x80) return code == ' ' || (code >= '\t' && code <= '\r');
    return code == 0x85 || code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 ||
           code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
}

uint32_t unicode_lower(uint32_t code) {
    const LowerRun& r = run_of(kLower, kLowers, code);
    const uint32_t d = code - r.first;  // wraps below the first run: then not a member
    if (d > static_cast<uint32_t>(r.more) * r.stride || d % r.stride != 0) return code;
    return static_cast<uint32_t>(static_cast<int32_t>(code) + r.delta);
}

uint32_t unicode_base(uint32_t code) {
    constexpr uint32_t kSyllables = 0xac00, kSyllableCount = 11172, kLeading = 0x1100, kPerLeading = 588;
    if (code - kSyllables < kSyllableCount) return kLeading + (code - kSyllables) / kPerLeading;
    const BaseRun& r = run_of(kBase, kBases, code);
    return code - r.first <= r.more ? r.base : code;
}

}  // namespace thimble
