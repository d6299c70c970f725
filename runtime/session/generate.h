// SPDX-License-Identifier: MIT
// Text in, text out: tokenize, evaluate, sample until an end. Streaming hands out whole UTF-8 sequences and holds back
// what may be the start of a stop string.
#pragma once
#include "runtime/session/session.h"
#include "runtime/thimble.h"

namespace thimble {

Status generate(Session* s, Str prompt, const thimble_generate_params& p, thimble_text_fn on_text, void* user,
                thimble_result* result, Error* err);
Status sample_checked(Session* s, const thimble_generate_params& p, int32_t* out, Error* err);

}  // namespace thimble
