// SPDX-License-Identifier: MIT
// Arithmetic, attributes, subscripts and slices with Python's semantics (integers of 64 bits: beyond is an error).
#include "kernels/kernels.h"
#include "runtime/text/jinja/context.h"
#include "runtime/text/jinja/strings.h"

namespace thimble::jinja {
namespace {

bool unsupported(Context& c, const char* op, const Value& a, const Value& b) {
    return c.error("unsupported operand type(s) for ", op, ": '", type_name(a), "' and '", type_name(b), "'");
}

double floor_of(double v) {
    if (!(v > -4503599627370496.0 && v < 4503599627370496.0)) return v;
    const double t = static_cast<double>(static_cast<int64_t>(v));
    return t > v ? t - 1 : t;
}

// a - floor(a / b) * b, exact, with the sign of b: the remainder by repeated subtraction of b * 2^k.
double remainder_of(double a, double b) {
    double x = a < 0 ? -a : a;
    const double y = b < 0 ? -b : b;
    if (x - x != 0) return __builtin_nan("");
    if (y - y == 0) {
        double t = y;
        while (t <= x / 2) t *= 2;
        for (; t >= y; t /= 2)
            if (x >= t) x -= t;
    }
    double r = a < 0 ? -x : x;
    if (r == 0) return b < 0 ? -0.0 : 0.0;
    if ((r < 0) != (b < 0)) r += b;
    return r;
}

bool power_int(Context& c, int64_t base, int64_t exponent, Value* out) {
    int64_t r = 1;
    for (; exponent; exponent >>= 1) {
        if ((exponent & 1) && __builtin_mul_overflow(r, base, &r)) return c.error("the integer does not fit 64 bits");
        if (exponent > 1 && __builtin_mul_overflow(base, base, &base))
            return c.error("the integer does not fit 64 bits");
    }
    *out = integer(r);
    return true;
}

bool power(Context& c, const Value& a, const Value& b, Value* out) {
    if (!b.integral()) {
        if (b.number == 0.5 && a.as_double() >= 0) return *out = number(math_sqrt(a.as_double())), true;
        if (b.number != floor_of(b.number) || b.number > 1e6 || b.number < -1e6)
            return c.error("** takes whole exponents here");
    }
    const int64_t e = b.integral() ? b.as_int() : static_cast<int64_t>(b.number);
    if (a.integral() && b.integral() && e >= 0) return power_int(c, a.as_int(), e, out);
    double base = a.as_double(), r = 1;
    if (base == 0 && e < 0) return c.error("0.0 cannot be raised to a negative power");
    for (uint64_t n = e < 0 ? 0 - static_cast<uint64_t>(e) : static_cast<uint64_t>(e); n; n >>= 1, base *= base)
        if (n & 1) r *= base;
    *out = number(e < 0 ? 1 / r : r);
    return true;
}

bool arithmetic(Context& c, uint16_t op, const Value& a, const Value& b, Value* out) {
    const bool ints = a.integral() && b.integral();
    const int64_t x = ints ? a.as_int() : 0, y = ints ? b.as_int() : 0;
    const double p = a.as_double(), q = b.as_double();
    int64_t r = 0;
    bool wraps = false;
    switch (op) {
        case '+': ints ? (wraps = __builtin_add_overflow(x, y, &r)) : (*out = number(p + q), false); break;
        case '-': ints ? (wraps = __builtin_sub_overflow(x, y, &r)) : (*out = number(p - q), false); break;
        case '*': ints ? (wraps = __builtin_mul_overflow(x, y, &r)) : (*out = number(p * q), false); break;
        case '/':
            if (q == 0) return c.error(ints ? "division by zero" : "float division by zero");
            *out = number(p / q);
            return true;
        case op2('/', '/'):
            if (q == 0) return c.error(ints ? "integer division or modulo by zero" : "float floor division by zero");
            if (!ints) return *out = number(floor_of((p - remainder_of(p, q)) / q + 0.25)), true;
            if (y == -1)
                wraps = __builtin_sub_overflow(int64_t{0}, x, &r);
            else
                r = x / y - (x % y != 0 && (x < 0) != (y < 0));
            break;
        case '%':
            if (q == 0) return c.error(ints ? "integer modulo by zero" : "float modulo");
            if (!ints) return *out = number(remainder_of(p, q)), true;
            r = y == -1 ? 0 : x % y;
            if (r && (r < 0) != (y < 0)) r += y;
            break;
        default: return power(c, a, b, out);
    }
    if (wraps) return c.error("the integer does not fit 64 bits");
    if (ints) *out = integer(r);
    return true;
}

bool repeat(Context& c, const Value& v, int64_t times, Value* out) {
    const uint64_t n = times < 0 ? 0 : static_cast<uint64_t>(times);
    uint64_t total;
    if (v.string()) {
        if (!checked_mul(v.size, n, &total) || total > kTemplateOutput)
            return c.error("a text of over ", kTemplateOutput, " bytes");
        char* p = c.text(total);
        if (!p) return false;
        if (total) memcpy(p, v.text, v.size);
        for (uint64_t done = v.size; done < total;) {  // doubling
            const uint64_t more = done < total - done ? done : total - done;
            memcpy(p + done, p, static_cast<size_t>(more));
            done += more;
        }
        *out = string(Str(p, static_cast<size_t>(total)));
        out->tag = v.tag;
        return true;
    }
    List* l;
    if (!checked_mul(v.list->count, n, &total) || total > kTemplateFuel)
        return c.error("a list of over ", kTemplateFuel, " items");
    if (!c.burn(total) || !make_list(c, static_cast<uint32_t>(total), &l)) return false;
    for (uint32_t i = 0; i < l->count; ++i) l->items[i] = v.list->items[i % v.list->count];
    *out = listlike(v.kind, l);
    return true;
}

bool add_lists(Context& c, const Value& a, const Value& b, Value* out) {
    List* l;
    const uint64_t n = uint64_t{a.list->count} + b.list->count;
    if (n > kTemplateFuel || !make_list(c, static_cast<uint32_t>(n), &l))
        return c.error("a list of over ", kTemplateFuel, " items");
    for (uint32_t i = 0; i < a.list->count; ++i) l->items[i] = a.list->items[i];
    for (uint32_t i = 0; i < b.list->count; ++i) l->items[a.list->count + i] = b.list->items[i];
    *out = listlike(a.kind, l);
    return true;
}

bool add_strings(Context& c, const Value& a, const Value& b, Value* out) {
    if (!a.tag && !b.tag) return concat(c, a.str(), b.str(), out);
    Value x, y;  // text marked safe escapes what joins it
    if (!escape_html(c, a, &x) || !escape_html(c, b, &y) || !concat(c, x.str(), y.str(), out)) return false;
    out->tag = 1;
    return true;
}

bool is_cycler_current(const Value& v, Str name) { return v.is(Kind::kCycler) && name == Str("current"); }

bool loop_attribute(Context& c, const Loop* l, Str name, Value* out, bool* found) {
    const int64_t i = l->index, n = l->items->count;
    *found = true;
    if (name == Str("index"))
        *out = integer(i + 1);
    else if (name == Str("index0"))
        *out = integer(i);
    else if (name == Str("first"))
        *out = boolean(i == 0);
    else if (name == Str("last"))
        *out = boolean(i + 1 == n);
    else if (name == Str("length"))
        *out = integer(n);
    else if (name == Str("revindex"))
        *out = integer(n - i);
    else if (name == Str("revindex0"))
        *out = integer(n - i - 1);
    else if (name == Str("depth"))
        *out = integer(l->depth + 1);
    else if (name == Str("depth0"))
        *out = integer(l->depth);
    else if (name == Str("previtem"))
        return i ? (*out = l->items->items[i - 1], true) : undefined_with(c, "there is no previous item", out);
    else if (name == Str("nextitem"))
        return i + 1 < n ? (*out = l->items->items[i + 1], true) : undefined_with(c, "there is no next item", out);
    else
        *found = false;
    return true;
}

bool bound_method(Context& c, const Value& object, Str name, Value* out) {
    BoundMethod* m = c.make<BoundMethod>();
    if (!m) return false;
    m->self = object;
    m->name = name;
    Value v;
    v.kind = Kind::kMethod;
    v.method = m;
    *out = v;
    return true;
}

// Methods that change their object are what the immutable sandbox forbids.
bool is_unsafe(const Value& object, Str name) {
    static const char* const kList[] = {"append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"};
    static const char* const kDict[] = {"clear", "pop", "popitem", "setdefault", "update"};
    if (object.is(Kind::kList))
        for (const char* z : kList)
            if (name == Str(z)) return true;
    if (object.is(Kind::kDict))
        for (const char* z : kDict)
            if (name == Str(z)) return true;
    return false;
}

// What getattr(object, name) finds. *found false: nothing.
bool own_attribute(Context& c, const Value& object, Str name, Value* out, bool* found) {
    *found = false;
    if (object.is(Kind::kLoop)) {
        if (!loop_attribute(c, object.loop, name, out, found) || *found) return c.status == kOk;
    }
    if (object.is(Kind::kNamespace)) {
        const Value* v = dict_find_name(object.dict, name);
        if (v) *out = *v;
        *found = v != nullptr;
        return c.burn(1 + object.dict->count / 8);
    }
    if (is_unsafe(object, name) || (name.starts_with("__") && !object.is(Kind::kDict))) {
        Output o;
        *found = true;
        return c.emit_to(&o, "access to attribute '") && c.emit_to(&o, name) && c.emit_to(&o, "' of '") &&
               c.emit_to(&o, type_name(object)) && c.emit_to(&o, "' object is unsafe.") &&
               undefined_with(c, Str(o.data, static_cast<size_t>(o.size)), out);
    }
    if (object.is(Kind::kMacro) && name == Str("name")) {
        *found = true;
        return undefined_with(c, "a macro's name is not known here", out);
    }
    if (object.is(Kind::kTuple) && object.tag == 1 && (name == Str("grouper") || name == Str("list"))) {
        *found = true;
        *out = object.list->items[name == Str("list")];  // what groupby gives
        return true;
    }
    if (is_cycler_current(object, name)) {
        *found = true;
        *out = object.list->items[object.list->next];
        return true;
    }
    if (!has_method(object, name)) return true;
    *found = true;
    return bound_method(c, object, name, out);
}

bool item(Context& c, const Value& object, const Value& key, Value* out, bool* found) {
    *found = false;
    if (object.is(Kind::kDict)) {
        if (key.is(Kind::kList) || key.is(Kind::kDict)) return true;
        const Value* v;
        if (!dict_find(c, object.dict, key, &v)) return false;
        if (v) *out = *v;
        *found = v != nullptr;
        return true;
    }
    if (!key.integral()) return true;
    int64_t i = key.as_int();
    if (object.sequence()) {
        const int64_t n = object.list->count;
        if (i < 0) i += n;
        if (i < 0 || i >= n) return true;
        *out = object.list->items[i];
        *found = true;
    } else if (object.string()) {
        const Str s = object.str();
        const int64_t n = static_cast<int64_t>(count_chars(s));
        if (i < 0) i += n;
        if (!c.burn(s.size / 32)) return false;
        if (i < 0 || i >= n) return true;
        const size_t at = char_offset(s, static_cast<size_t>(i));
        *out = string(Str(s.data + at, utf8_size(s.data[at])));
        out->tag = object.tag;
        *found = true;
    }
    return true;
}

bool slice_bound(Context& c, const Value& v, bool* given, int64_t* out) {
    *given = !v.missing() && !v.none();
    if (!*given) return true;
    if (!v.integral()) return c.error("slice indices must be integers or None or have an __index__ method");
    *out = v.as_int();
    return true;
}

}  // namespace

bool binary(Context& c, uint16_t op, const Value& a, const Value& b, Value* out) {
    if (a.undefined()) return undefined_error(c, a);
    if (op == '%' && a.string()) return format_percent(c, a, b, out);
    if (b.undefined()) return undefined_error(c, b);
    if (a.numeric() && b.numeric()) return arithmetic(c, op, a, b, out);
    if (op == '+') {
        if (a.string() && b.string()) return add_strings(c, a, b, out);
        if (a.kind == b.kind && (a.is(Kind::kList) || a.is(Kind::kTuple))) return add_lists(c, a, b, out);
        if (a.string()) return c.error("can only concatenate str (not \"", type_name(b), "\") to str");
        if (a.is(Kind::kList) || a.is(Kind::kTuple))
            return c.error("can only concatenate ", type_name(a), " (not \"", type_name(b), "\") to ", type_name(a));
    }
    if (op == '*') {
        const auto repeats = [](const Value& v) { return v.string() || v.is(Kind::kList) || v.is(Kind::kTuple); };
        if (repeats(a) && b.integral()) return repeat(c, a, b.as_int(), out);
        if (a.integral() && repeats(b)) return repeat(c, b, a.as_int(), out);
        if (repeats(a) || repeats(b))
            return c.error("can't multiply sequence by non-int of type '", type_name(repeats(a) ? b : a), "'");
    }
    char z[3] = {static_cast<char>(op), static_cast<char>(op >> 8), 0};
    return unsupported(c, op == op2('*', '*') ? "** or pow()" : z, a, b);
}

bool negate(Context& c, const Value& a, bool minus, Value* out) {
    if (a.undefined()) return undefined_error(c, a);
    if (!a.numeric()) return c.error("bad operand type for unary ", minus ? '-' : '+', ": '", type_name(a), "'");
    if (a.is(Kind::kFloat)) {
        *out = number(minus ? -a.number : a.number);
        return true;
    }
    int64_t r = a.as_int();
    if (minus && __builtin_sub_overflow(int64_t{0}, r, &r)) return c.error("the integer does not fit 64 bits");
    *out = integer(r);
    return true;
}

bool subscript(Context& c, const Value& object, const Value& key, Value* out) {
    if (object.undefined()) return undefined_error(c, object);
    bool found;
    if (!item(c, object, key, out, &found) || found) return c.status == kOk;
    if (key.string()) {
        const Value self = object;
        if (!own_attribute(c, self, key.str(), out, &found) || found) return c.status == kOk;
        return undefined_member(c, self, key, out);
    }
    const Value self = object, name = key;
    return undefined_member(c, self, name, out);
}

bool attribute(Context& c, const Value& object, Str name, Value* out) {
    if (object.undefined()) return undefined_error(c, object);
    const Value self = object;
    bool found;
    if (!own_attribute(c, self, name, out, &found) || found) return c.status == kOk;
    if (self.is(Kind::kDict)) {
        const Value* v;
        if (!dict_find(c, self.dict, string(name), &v)) return false;
        if (v) return *out = *v, true;
    }
    return undefined_member(c, self, string(name), out);
}

bool slice(Context& c, const Value& object, const Value& start, const Value& stop, const Value& step, Value* out) {
    if (object.undefined()) return undefined_error(c, object);
    int64_t from = 0, to = 0, by = 1, n;
    bool has_from, has_to, has_by;
    if (!slice_bound(c, start, &has_from, &from) || !slice_bound(c, stop, &has_to, &to) ||
        !slice_bound(c, step, &has_by, &by))
        return false;
    if (object.is(Kind::kDict)) return c.error("unhashable type: 'slice'");
    if (!object.string() && !object.sequence()) return c.error("'", type_name(object), "' object is not subscriptable");
    if (by == 0) return c.error("slice step cannot be zero");
    if (!length(c, object, &n)) return false;
    const auto clamp = [&](int64_t i) {
        if (i < 0) i = i < -n ? -1 : i + n;
        if (i < 0) return by < 0 ? int64_t{-1} : int64_t{0};
        return i >= n ? (by < 0 ? n - 1 : n) : i;
    };
    from = has_from ? clamp(from) : by < 0 ? n - 1 : 0;
    to = has_to ? clamp(to) : by < 0 ? -1 : n;
    if (by > n) by = n + 1;
    if (by < -n) by = -n - 1;
    const int64_t span = by > 0 ? to - from : from - to, unit = by > 0 ? by : -by;
    const uint32_t count = span > 0 ? static_cast<uint32_t>((span + unit - 1) / unit) : 0;
    if (object.string() && by == 1) {
        const Str s = object.str();
        const size_t a = count ? char_offset(s, static_cast<size_t>(from)) : 0;
        const size_t b = count ? a + char_offset(Str(s.data + a, s.size - a), count) : 0;
        const uint8_t tag = object.tag;
        *out = string(Str(s.data + a, b - a));
        out->tag = tag;
        return c.burn(s.size / 32);
    }
    List *items, *l;
    const Value self = object;
    if (!iterate(c, self, &items)) return false;
    if (self.string()) {
        Output o;
        for (uint32_t i = 0; i < count; ++i)
            if (!c.emit_to(&o, items->items[from + i * by].str())) return false;
        if (!finish(c, o, out)) return false;
        out->tag = self.tag;
        return true;
    }
    if (!make_list(c, count, &l)) return false;
    for (uint32_t i = 0; i < count; ++i) l->items[i] = items->items[from + i * by];
    *out = listlike(self.kind, l);
    return true;
}

}  // namespace thimble::jinja
