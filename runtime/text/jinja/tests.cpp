// SPDX-License-Identifier: MIT
// The tests behind "is".
#include "runtime/text/jinja/context.h"
#include "runtime/text/jinja/strings.h"

namespace thimble::jinja {
namespace {

enum class Test : uint8_t {
    kBoolean,
    kCallable,
    kDefined,
    kDivisible,
    kEqual,
    kEscaped,
    kEven,
    kFalse,
    kFilter,
    kFloat,
    kGreaterEqual,
    kGreater,
    kIn,
    kInteger,
    kIterable,
    kLessEqual,
    kLower,
    kLess,
    kMapping,
    kNotEqual,
    kNone,
    kNumber,
    kOdd,
    kSame,
    kSequence,
    kString,
    kTest,
    kTrue,
    kUndefined,
    kUpper,
};
struct Entry_ {
    const char* name;
    Test test;
};
constexpr Entry_ kTests[] = {
    {"defined", Test::kDefined},
    {"undefined", Test::kUndefined},
    {"none", Test::kNone},
    {"string", Test::kString},
    {"mapping", Test::kMapping},
    {"iterable", Test::kIterable},
    {"sequence", Test::kSequence},
    {"number", Test::kNumber},
    {"integer", Test::kInteger},
    {"float", Test::kFloat},
    {"boolean", Test::kBoolean},
    {"true", Test::kTrue},
    {"false", Test::kFalse},
    {"equalto", Test::kEqual},
    {"eq", Test::kEqual},
    {"==", Test::kEqual},
    {"ne", Test::kNotEqual},
    {"!=", Test::kNotEqual},
    {"lt", Test::kLess},
    {"lessthan", Test::kLess},
    {"<", Test::kLess},
    {"le", Test::kLessEqual},
    {"<=", Test::kLessEqual},
    {"gt", Test::kGreater},
    {"greaterthan", Test::kGreater},
    {">", Test::kGreater},
    {"ge", Test::kGreaterEqual},
    {">=", Test::kGreaterEqual},
    {"in", Test::kIn},
    {"even", Test::kEven},
    {"odd", Test::kOdd},
    {"divisibleby", Test::kDivisible},
    {"callable", Test::kCallable},
    {"lower", Test::kLower},
    {"upper", Test::kUpper},
    {"sameas", Test::kSame},
    {"escaped", Test::kEscaped},
    {"filter", Test::kFilter},
    {"test", Test::kTest},
};

const Entry_* find_test(Str name) {
    for (const Entry_& e : kTests)
        if (name == Str(e.name)) return &e;
    return nullptr;
}

bool has_case(Context& c, const Value& v, bool upper, bool* out) {
    Str s;
    if (!to_text(c, v, &s)) return false;
    bool any = false, wrong = false;
    const char* end = s.data + s.size;
    for (const char* p = s.data; p < end;) {
        const uint32_t cp = utf8_next(p, end);
        const bool is_upper = to_lower(cp) != cp, is_lower = to_upper(cp) != cp || cp == 0xdf;
        any |= upper ? is_upper : is_lower;
        wrong |= upper ? is_lower : is_upper;
    }
    *out = any && !wrong;
    return c.burn(s.size / 4);
}

bool remainder_is(Context& c, const Value& v, const Value& by, int64_t want, bool* out) {
    Value r;
    if (v.string()) return c.error("not all arguments converted during string formatting");
    if (!binary(c, '%', v, by, &r)) return false;
    return equal(c, r, integer(want), out);
}

bool is_callable(const Value& v) {
    return v.is(Kind::kFunction) || v.is(Kind::kMethod) || v.is(Kind::kMacro) || v.is(Kind::kLoop) ||
           v.is(Kind::kJoiner) || v.undefined();
}

bool is_same(const Value& a, const Value& b) {
    if (a.kind != b.kind) return false;
    switch (a.kind) {
        case Kind::kNone: return true;
        case Kind::kBool: return a.boolean == b.boolean;
        case Kind::kInt: return a.integer == b.integer;
        case Kind::kFloat: return a.number == b.number;
        case Kind::kString: return a.str() == b.str();
        case Kind::kFunction: return a.tag == b.tag;
        default: return a.list == b.list;
    }
}

bool compare_with(Context& c, Test t, const Value& a, const Value& b, bool* out) {
    int way;
    const char* op = t == Test::kLess ? "<" : t == Test::kLessEqual ? "<=" : t == Test::kGreater ? ">" : ">=";
    if (!order(c, a, b, op, &way)) return false;
    *out = way != 2 && (t == Test::kLess        ? way < 0
                        : t == Test::kLessEqual ? way <= 0
                        : t == Test::kGreater   ? way > 0
                                                : way >= 0);
    return true;
}

}  // namespace

bool has_test(Str name) { return find_test(name) != nullptr; }

bool apply_test(Context& c, Str name, const Value& v, const Args& args, bool* out) {
    const Entry_* e = find_test(name);
    if (!e) return c.error("No test named '", name, "' found.");
    const Test t = e->test;
    Value arg;
    const bool takes_one = t == Test::kDivisible || t == Test::kEqual || t == Test::kGreaterEqual ||
                           t == Test::kGreater || t == Test::kIn || t == Test::kLessEqual || t == Test::kLess ||
                           t == Test::kNotEqual || t == Test::kSame;
    if (!bind_args(c, args, name,
                   takes_one ? (t == Test::kDivisible ? "num"
                                : t == Test::kIn      ? "seq"
                                                      : "other")
                             : "",
                   takes_one, &arg))
        return false;
    switch (t) {
        case Test::kDefined: *out = !v.undefined(); return true;
        case Test::kUndefined: *out = v.undefined(); return true;
        case Test::kNone: *out = v.none(); return true;
        case Test::kString: *out = v.string(); return true;
        case Test::kMapping: *out = v.is(Kind::kDict); return true;
        case Test::kIterable:
            *out = v.string() || v.is(Kind::kDict) || v.listlike() || v.undefined() || v.is(Kind::kLoop);
            return true;
        case Test::kSequence:
            *out = v.string() || v.is(Kind::kDict) || v.sequence() || v.undefined();
            return v.undefined() ? (*out = false, true) : true;
        case Test::kNumber: *out = v.numeric(); return true;
        case Test::kInteger: *out = v.is(Kind::kInt); return true;
        case Test::kFloat: *out = v.is(Kind::kFloat); return true;
        case Test::kBoolean: *out = v.is(Kind::kBool); return true;
        case Test::kTrue: *out = v.is(Kind::kBool) && v.boolean; return true;
        case Test::kFalse: *out = v.is(Kind::kBool) && !v.boolean; return true;
        case Test::kEqual: return equal(c, v, arg, out);
        case Test::kNotEqual: return equal(c, v, arg, out) && (*out = !*out, true);
        case Test::kIn: return contains(c, arg, v, out);
        case Test::kEven: return remainder_is(c, v, integer(2), 0, out);
        case Test::kOdd: return remainder_is(c, v, integer(2), 1, out);
        case Test::kDivisible: return remainder_is(c, v, arg, 0, out);
        case Test::kCallable: *out = is_callable(v); return true;
        case Test::kLower: return has_case(c, v, false, out);
        case Test::kUpper: return has_case(c, v, true, out);
        case Test::kSame: *out = is_same(v, arg); return true;
        case Test::kEscaped: *out = v.string() && v.tag; return true;
        case Test::kFilter: *out = v.string() && has_filter(v.str()); return true;
        case Test::kTest: *out = v.string() && has_test(v.str()); return true;
        default: return compare_with(c, t, v, arg, out);
    }
}

}  // namespace thimble::jinja
