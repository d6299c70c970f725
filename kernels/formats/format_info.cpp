// SPDX-License-Identifier: MIT
// formats.def as a table.
#include "kernels/kernels.h"

namespace thimble {
namespace {

constexpr FormatInfo kInfo[] = {
#define THIMBLE_FORMAT(name, id, block, bytes) {#name, block, bytes},
#include "kernels/formats/formats.def"
#undef THIMBLE_FORMAT
};

// Index into kInfo + 1, or 0.
struct Index {
    uint8_t of[kTypeCount];
};
constexpr Index make_index() {
    Index index = {};
    uint8_t n = 0;
#define THIMBLE_FORMAT(name, id, block, bytes) index.of[id] = ++n;
#include "kernels/formats/formats.def"
#undef THIMBLE_FORMAT
    return index;
}
constexpr Index kIndex = make_index();

}  // namespace

const FormatInfo* format_info(uint32_t id) {
    return id < kTypeCount && kIndex.of[id] ? &kInfo[kIndex.of[id] - 1] : nullptr;
}

bool format_is_dense(uint32_t id) { return id == kF32 || id == kF16 || id == kBF16; }

}  // namespace thimble
