// SPDX-License-Identifier: MIT
#pragma once
#include "runtime/text/jinja/ast.h"

namespace thimble::jinja {

enum class Flow : uint8_t { kNext, kBreak, kContinue, kFail };

bool eval(Context& c, const Node* n, Value* out);
Flow run(Context& c, const Node* first);  // statements, into c.out
bool eval_postfix(Context& c, const Node* n, const Value& subject, const Node* body, Value* out);
bool call_loop(Context& c, const Loop* loop, const Args& args, Value* out);  // loop(items) in a recursive loop

}  // namespace thimble::jinja
