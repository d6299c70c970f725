// SPDX-License-Identifier: MIT
// What filters and methods share.
#pragma once
#include "runtime/text/jinja/context.h"
#include "runtime/text/jinja/strings.h"

namespace thimble::jinja {

// A list under construction.
struct Values {
    Value* items = nullptr;
    uint32_t count = 0, capacity = 0;
    bool add(Context& c, const Value& v) {
        if (count == capacity) {
            const uint32_t more = capacity ? capacity * 2 : 8;
            Value* p = c.array<Value>(more);
            if (!p) return false;
            for (uint32_t i = 0; i < count; ++i) p[i] = items[i];
            items = p;
            capacity = more;
        }
        items[count++] = v;
        return true;
    }
    bool list(Context& c, Kind kind, Value* out) {
        List* l = c.make<List>();
        if (!l) return false;
        l->items = items;
        l->count = count;
        l->next = 0;
        *out = listlike(kind, l);
        return true;
    }
};

enum class Casing : uint8_t { kUpper, kLower, kCapital, kTitle, kSwap };
bool change_case(Context& c, const Value& v, Casing casing, Value* out);
bool replace_text(Context& c, const Value& v, Str from, Str to, int64_t limit, Value* out);  // limit < 0: all
// The first line: its end, and where the next one starts; both s.size when there is no line break.
void find_line_end(Str s, size_t* end, size_t* next);
// Fuel for a search whose worst case is the product of the lengths.
inline bool burn_search(Context& c, uint64_t text, uint64_t what) { return c.burn(1 + text / 32 + text * what / 256); }
bool make_pair(Context& c, const Value& a, const Value& b, Value* out);

}  // namespace thimble::jinja
