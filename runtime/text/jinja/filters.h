// SPDX-License-Identifier: MIT
// The filters over sequences (sequences.cpp); those over text and numbers are private to filters.cpp.
#pragma once
#include "runtime/text/jinja/builtins.h"

namespace thimble::jinja {

bool filter_join(Context& c, const Value& v, const Args& args, Value* out);
bool filter_items(Context& c, const Value& v, const Args& args, Value* out);
bool filter_list(Context& c, const Value& v, const Args& args, Value* out);
bool filter_dictsort(Context& c, const Value& v, const Args& args, Value* out);
bool filter_map(Context& c, const Value& v, const Args& args, Value* out);
bool filter_select(Context& c, const Value& v, const Args& args, Value* out);
bool filter_selectattr(Context& c, const Value& v, const Args& args, Value* out);
bool filter_reject(Context& c, const Value& v, const Args& args, Value* out);
bool filter_rejectattr(Context& c, const Value& v, const Args& args, Value* out);
bool filter_first(Context& c, const Value& v, const Args& args, Value* out);
bool filter_last(Context& c, const Value& v, const Args& args, Value* out);
bool filter_sort(Context& c, const Value& v, const Args& args, Value* out);
bool filter_min(Context& c, const Value& v, const Args& args, Value* out);
bool filter_max(Context& c, const Value& v, const Args& args, Value* out);
bool filter_sum(Context& c, const Value& v, const Args& args, Value* out);
bool filter_unique(Context& c, const Value& v, const Args& args, Value* out);
bool filter_reverse(Context& c, const Value& v, const Args& args, Value* out);
bool filter_batch(Context& c, const Value& v, const Args& args, Value* out);
bool filter_slice(Context& c, const Value& v, const Args& args, Value* out);
bool filter_groupby(Context& c, const Value& v, const Args& args, Value* out);

}  // namespace thimble::jinja
