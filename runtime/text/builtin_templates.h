// SPDX-License-Identifier: MIT
// Chat templates by name, for models whose file has none. Each is a Jinja source over messages, bos_token, eos_token and
// add_generation_prompt; a system message is taken where the format knows one.
#pragma once
#include <cstdint>

namespace thimble {

const char* builtin_template(const char* name);     // nullptr: no such name
const char* builtin_template_name(uint32_t index);  // nullptr past the last

}  // namespace thimble
