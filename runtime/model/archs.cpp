// SPDX-License-Identifier: MIT
#include <cstring>

#include "runtime/model/arch.h"

namespace thimble {

#define THIMBLE_ARCH(symbol) extern const Arch arch_##symbol;
#include "runtime/model/archs.def"
#undef THIMBLE_ARCH

namespace {
const Arch* const kArchs[] = {
#define THIMBLE_ARCH(symbol) &arch_##symbol,
#include "runtime/model/archs.def"
#undef THIMBLE_ARCH
};
}  // namespace

uint32_t arch_count() { return sizeof kArchs / sizeof kArchs[0]; }
const Arch* arch_at(uint32_t index) { return index < arch_count() ? kArchs[index] : nullptr; }
const Arch* arch_find(const char* name, uint32_t length) {
    for (const Arch* a : kArchs)
        if (strlen(a->name) == length && memcmp(a->name, name, length) == 0) return a;
    return nullptr;
}

}  // namespace thimble
