// SPDX-License-Identifier: MIT
// Python's string operations on UTF-8.
#pragma once
#include "runtime/text/utf8_checked.h"

namespace thimble::jinja {

bool is_space(uint32_t cp);      // str.isspace
bool is_printable(uint32_t cp);  // str.isprintable, for repr; unassigned code points count as printable
bool is_alpha(uint32_t cp);      // a letter, for title(); exact in the scripts that have case
uint32_t to_lower(uint32_t cp);  // simple case mapping: Latin, Greek, Cyrillic, Armenian, full-width
uint32_t to_upper(uint32_t cp);

Str strip_left(Str s);
Str strip_right(Str s);
inline Str strip(Str s) { return strip_left(strip_right(s)); }
// With the characters to strip, as str.strip(chars).
Str strip_chars(Str s, Str chars, bool left, bool right);

size_t count_chars(Str s);
size_t char_offset(Str s, size_t index);        // byte offset of the character with this index; s.size past the end
size_t find(Str s, Str what, size_t from = 0);  // byte offset or SIZE_MAX
size_t find_last(Str s, Str what);              // up to s.size * what.size steps: see burn_search
int compare(Str a, Str b);                      // -1, 0, 1 by code points, which is by bytes

}  // namespace thimble::jinja
