// SPDX-License-Identifier: MIT
// Properties of code points that tokenizers ask for; Unicode 15.1 (unicode_tables.inc, made by tools/).
// Thread safety: pure functions over constant tables.
#pragma once
#include <cstdint>

namespace thimble {

// First letter of the general category.
enum UnicodeKind : uint8_t {
    kUnassigned = 0,  // Cn
    kNumber = 1,
    kLetter = 2,
    kSeparator = 3,
    kMark = 4,
    kPunctuation = 5,
    kSymbol = 6,
    kControl = 7  // Cc, Cf, Co, Cs
};
UnicodeKind unicode_kind(uint32_t code);
bool unicode_is_space(uint32_t code);   // the White_Space property
uint32_t unicode_lower(uint32_t code);  // simple lower case, itself where there is none
uint32_t unicode_base(uint32_t code);   // first code point of the canonical decomposition, itself where there is none

}  // namespace thimble
