// SPDX-License-Identifier: MIT
// Calling values: global functions, macros, bound methods, cyclers; and the binding of arguments.
#include "runtime/text/jinja/eval.h"
#include "runtime/text/jinja/strings.h"

namespace thimble::jinja {
namespace {

enum Global : uint8_t { kRange, kNamespace, kDictOf, kCycler, kJoiner, kRaise, kStrftime };
constexpr const char* kGlobals[] = {"range",  "namespace",       "dict",        "cycler",
                                    "joiner", "raise_exception", "strftime_now"};

bool make_range(Context& c, const Args& args, Value* out) {
    Value v[3];
    if (!bind_args(c, args, "range", "start,stop,step", 1, v)) return false;
    int64_t start = 0, stop = 0, step = 1;
    for (const Value& x : v) {
        if (x.undefined()) return undefined_error(c, x);
        if (!x.missing() && !x.integral())
            return c.error("'", type_name(x), "' object cannot be interpreted as an integer");
    }
    if (v[1].missing())
        stop = v[0].as_int();
    else
        start = v[0].as_int(), stop = v[1].as_int();
    if (!v[2].missing()) step = v[2].as_int();
    if (step == 0) return c.error("range() arg 3 must not be zero");
    constexpr uint64_t kMax = 100000;  // as the sandbox
    const uint64_t unit = step > 0 ? static_cast<uint64_t>(step) : 0 - static_cast<uint64_t>(step);
    const bool any = step > 0 ? start < stop : start > stop;
    const uint64_t span = !any       ? 0
                          : step > 0 ? static_cast<uint64_t>(stop) - static_cast<uint64_t>(start)
                                     : static_cast<uint64_t>(start) - static_cast<uint64_t>(stop);
    const uint64_t n = span / unit + (span % unit != 0);
    if (n > kMax) return c.error("Range too big. The sandbox blocks ranges larger than MAX_RANGE (", kMax, ").");
    List* l;
    if (!make_list(c, static_cast<uint32_t>(n), &l)) return false;
    for (uint32_t i = 0; i < n; ++i)
        l->items[i] = integer(static_cast<int64_t>(static_cast<uint64_t>(start) + static_cast<uint64_t>(step) * i));
    *out = listlike(Kind::kRange, l);
    return c.burn(n / 4);
}

// dict(...) and namespace(...): a mapping or pairs, then keywords.
bool make_mapping(Context& c, const Args& args, Kind kind, Value* out) {
    Dict* d;
    if (args.count > 1) return c.error("dict expected at most 1 argument, got ", args.count);
    if (!make_dict(c, args.named + 4, &d)) return false;
    if (args.count && args.items[0].is(Kind::kDict)) {
        const Dict* from = args.items[0].dict;
        for (uint32_t i = 0; i < from->count; ++i)
            if (!dict_set(c, d, from->entries[i].key, from->entries[i].value)) return false;
    } else if (args.count) {
        List* pairs;
        if (!iterate(c, args.items[0], &pairs)) return false;
        for (uint32_t i = 0; i < pairs->count; ++i) {
            List* pair;
            if (!iterate(c, pairs->items[i], &pair)) return false;
            if (pair->count != 2)
                return c.error("dictionary update sequence element #", i, " has length ", pair->count,
                               "; 2 is required");
            if (!dict_set(c, d, pair->items[0], pair->items[1])) return false;
        }
    }
    for (uint32_t i = 0; i < args.named; ++i)
        if (!dict_set(c, d, string(args.names[i]), args.values[i])) return false;
    *out = mapping(d, kind);
    return true;
}

bool make_cycler(Context& c, const Args& args, Value* out) {
    List* l;
    if (args.count == 0) return c.error("at least one item has to be provided");
    if (!make_list(c, args.count, &l)) return false;
    for (uint32_t i = 0; i < args.count; ++i) l->items[i] = args.items[i];
    *out = listlike(Kind::kCycler, l);
    return true;
}

bool make_joiner(Context& c, const Args& args, Value* out) {
    List* l;
    Value separator;
    if (!bind_args(c, args, "joiner", "sep", 0, &separator) || !make_list(c, 1, &l)) return false;
    l->items[0] = separator.missing() ? string(", ") : separator;
    *out = listlike(Kind::kJoiner, l);
    return true;
}

bool call_global(Context& c, uint8_t which, const Args& args, Value* out) {
    Value v;
    Str s;
    switch (which) {
        case kRange: return make_range(c, args, out);
        case kNamespace: return make_mapping(c, args, Kind::kNamespace, out);
        case kDictOf: return make_mapping(c, args, Kind::kDict, out);
        case kCycler: return make_cycler(c, args, out);
        case kJoiner: return make_joiner(c, args, out);
        case kRaise: return bind_args(c, args, "raise_exception", "message", 1, &v) && to_text(c, v, &s) && c.error(s);
        default:
            return bind_args(c, args, "strftime_now", "format", 1, &v) && to_text(c, v, &s) && format_time(c, s, out);
    }
}

}  // namespace

Value global_function(Str name) {
    Value v;
    for (size_t i = 0; i < sizeof kGlobals / sizeof *kGlobals; ++i)
        if (name == Str(kGlobals[i])) {
            v.kind = Kind::kFunction;
            v.tag = static_cast<uint8_t>(i);
        }
    return v;
}

bool bind_args(Context& c, const Args& args, Str what, const char* names, uint32_t required, Value* out) {
    uint32_t n = 0, bound = 0;
    for (const char* p = names; *p; ++n) {
        const char* end = strchr(p, ',');
        const Str name(p, end ? static_cast<size_t>(end - p) : strlen(p));
        out[n] = Value();
        if (n < args.count) out[n] = args.items[n];
        for (uint32_t i = 0; i < args.named; ++i) {
            if (!(args.names[i] == name)) continue;
            if (n < args.count) return c.error(what, "() got multiple values for argument '", name, "'");
            out[n] = args.values[i];
            ++bound;
        }
        if (n < required && out[n].missing()) return c.error(what, "() missing required argument '", name, "'");
        p = end ? end + 1 : p + name.size;
    }
    if (args.count > n) return c.error(what, "() takes at most ", n, " arguments (", args.count, " given)");
    if (bound < args.named) {
        for (uint32_t i = 0; i < args.named; ++i) {
            const size_t at = find(names, args.names[i]);
            if (at == SIZE_MAX) return c.error(what, "() got an unexpected keyword argument '", args.names[i], "'");
        }
        return c.error(what, "() got an unexpected keyword argument");
    }
    return true;
}

bool call_value(Context& c, const Value& callee, const Args& args, Value* out) {
    switch (callee.kind) {
        case Kind::kUndefined: return undefined_error(c, callee);
        case Kind::kFunction: return call_global(c, callee.tag, args, out);
        case Kind::kMacro: return call_macro(c, callee.macro, args, out);
        case Kind::kMethod: return call_method(c, callee.method->self, callee.method->name, args, out);
        case Kind::kLoop: return call_loop(c, callee.loop, args, out);
        case Kind::kJoiner:
            *out = callee.list->next ? callee.list->items[0] : string("");
            callee.list->next = 1;
            return true;
        default: return c.error("'", type_name(callee), "' object is not callable");
    }
}

}  // namespace thimble::jinja
