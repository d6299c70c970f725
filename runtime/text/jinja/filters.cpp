// SPDX-License-Identifier: MIT
// Filters over text and numbers, and the table of all filters.
#include "runtime/text/jinja/filters.h"

#include "runtime/text/number.h"

namespace thimble::jinja {

bool change_case(Context& c, const Value& v, Casing casing, Value* out) {
    const Str s = v.str();
    const char* end = s.data + s.size;
    Output o;
    bool in_word = false;
    for (const char* p = s.data; p < end;) {
        const char* at = p;
        const uint32_t cp = utf8_next(p, end);
        const bool upper = casing == Casing::kUpper || (casing == Casing::kCapital && at == s.data) ||
                           (casing == Casing::kTitle && !in_word) || (casing == Casing::kSwap && to_upper(cp) != cp);
        in_word = is_alpha(cp);
        char t[4];
        if (cp == 0xdf && upper) {  // sharp s has no capital of its own
            if (!c.emit_to(&o, casing == Casing::kUpper || casing == Casing::kSwap ? "SS" : "Ss")) return false;
            continue;
        }
        if (!c.emit_to(&o, Str(t, utf8_encode(upper ? to_upper(cp) : to_lower(cp), t)))) return false;
    }
    const uint8_t tag = v.tag;
    if (!finish(c, o, out)) return false;
    out->tag = tag;
    return true;
}

bool replace_text(Context& c, const Value& v, Str from, Str to, int64_t limit, Value* out) {
    const Str s = v.str();
    const uint8_t tag = v.tag;
    Output o;
    size_t at = 0;
    if (limit < 0) limit = INT64_MAX;
    if (from.size == 0) {  // between all characters, and at both ends
        for (; limit; --limit) {
            const size_t n = at < s.size ? utf8_size(s.data[at]) : 0;
            if (!c.emit_to(&o, to) || !c.emit_to(&o, Str(s.data + at, n)) || !c.burn(1)) return false;
            at += n;
            if (n == 0) break;
        }
    } else {
        for (; limit; --limit) {
            const size_t hit = find(s, from, at);
            if (hit == SIZE_MAX) break;
            if (!c.emit_to(&o, Str(s.data + at, hit - at)) || !c.emit_to(&o, to) || !c.burn(1)) return false;
            at = hit + from.size;
        }
    }
    if (at == 0) {
        *out = string(s);
    } else if (!c.emit_to(&o, Str(s.data + at, s.size - at)) || !finish(c, o, out)) {
        return false;
    }
    out->tag = tag;
    return c.burn(s.size / 32);
}

void find_line_end(Str s, size_t* end, size_t* next) {
    const char* stop = s.data + s.size;
    for (const char* p = s.data; p < stop;) {
        const char* at = p;
        const uint32_t cp = utf8_next(p, stop);
        if (!((cp >= 10 && cp <= 13) || (cp >= 28 && cp <= 30) || cp == 0x85 || cp == 0x2028 || cp == 0x2029)) continue;
        if (cp == 13 && p < stop && *p == '\n') ++p;
        *end = static_cast<size_t>(at - s.data);
        *next = static_cast<size_t>(p - s.data);
        return;
    }
    *end = *next = s.size;
}

bool make_pair(Context& c, const Value& a, const Value& b, Value* out) {
    List* l;
    if (!make_list(c, 2, &l)) return false;
    l->items[0] = a;
    l->items[1] = b;
    *out = listlike(Kind::kTuple, l);
    return true;
}

namespace {

// str(value) as a value that keeps the mark of safe text.
bool soft_text(Context& c, const Value& v, Value* out) {
    if (v.string()) return *out = v, true;
    Str s;
    if (!to_text(c, v, &s)) return false;
    *out = string(s);
    return true;
}

bool filter_default(Context& c, const Value& v, const Args& args, Value* out) {
    Value a[2];
    if (!bind_args(c, args, "default", "default_value,boolean", 0, a)) return false;
    const bool replace = v.undefined() || (truthy(a[1]) && !truthy(v));
    *out = !replace ? v : a[0].missing() ? string("") : a[0];
    return true;
}

bool filter_trim(Context& c, const Value& v, const Args& args, Value* out) {
    Value chars, text;
    if (!bind_args(c, args, "trim", "chars", 0, &chars) || !soft_text(c, v, &text) || !c.burn(text.size / 32))
        return false;
    if (chars.string() && !burn_search(c, text.size, chars.size)) return false;
    const Str s = chars.string() ? strip_chars(text.str(), chars.str(), true, true) : strip(text.str());
    *out = string(s);
    out->tag = text.tag;
    return true;
}

bool filter_tojson(Context& c, const Value& v, const Args& args, Value* out) {
    Value a[4];
    if (!bind_args(c, args, "tojson", "ensure_ascii,indent,separators,sort_keys", 0, a)) return false;
    JsonStyle style;
    style.ascii = truthy(a[0]);
    style.sorted = truthy(a[3]);
    if (a[1].string()) {
        style.pretty = true;
        style.indent = a[1].str();
    } else if (a[1].integral()) {
        const int64_t n = a[1].as_int();
        if (n > 1000) return c.error("an indentation of over 1000");
        char* blanks = c.text(n > 0 ? static_cast<uint64_t>(n) : 0);
        if (!blanks) return false;
        if (n > 0) memset(blanks, ' ', static_cast<size_t>(n));
        style.pretty = true;
        style.indent = Str(blanks, n > 0 ? static_cast<size_t>(n) : 0);
    }
    if (style.pretty) style.item_separator = Str(",");
    if (a[2].is(Kind::kTuple) || a[2].is(Kind::kList)) {
        const List* l = a[2].list;
        if (l->count != 2 || !l->items[0].string() || !l->items[1].string())
            return c.error("tojson: separators must be two strings");
        style.item_separator = l->items[0].str();
        style.key_separator = l->items[1].str();
    }
    Output o;
    return write_json(c, &o, v, style, 0) && finish(c, o, out);
}

bool filter_replace(Context& c, const Value& v, const Args& args, Value* out) {
    Value a[3], text;
    Str from, to;
    if (!bind_args(c, args, "replace", "old,new,count", 2, a) || !soft_text(c, v, &text) || !to_text(c, a[0], &from) ||
        !to_text(c, a[1], &to))
        return false;
    text.tag = 0;
    return replace_text(c, text, from, to, a[2].integral() ? a[2].as_int() : -1, out);
}

bool filter_indent(Context& c, const Value& v, const Args& args, Value* out) {
    Value a[3];
    if (!bind_args(c, args, "indent", "width,first,blank", 0, a)) return false;
    if (v.undefined()) return undefined_error(c, v);
    if (!v.string()) return c.error("unsupported operand type(s) for +=: '", type_name(v), "' and 'str'");
    Str by;
    if (a[0].string()) {
        by = a[0].str();
    } else {
        const int64_t n = a[0].missing() ? 4 : a[0].integral() ? a[0].as_int() : 0;
        if (n > 1000) return c.error("an indentation of over 1000");
        char* blanks = c.text(n > 0 ? static_cast<uint64_t>(n) : 0);
        if (!blanks) return false;
        if (n > 0) memset(blanks, ' ', static_cast<size_t>(n));
        by = Str(blanks, n > 0 ? static_cast<size_t>(n) : 0);
    }
    Output o;
    Str rest = v.str();
    bool ok = !truthy(a[1]) || c.emit_to(&o, by);
    for (bool first = true; ok; first = false) {
        size_t end, next;
        find_line_end(rest, &end, &next);
        if (!first) ok = c.emit_to(&o, '\n') && ((end == 0 && !truthy(a[2])) || c.emit_to(&o, by));
        ok = ok && c.emit_to(&o, Str(rest.data, end));
        if (next == end) break;  // no line break: this was the last line
        rest = Str(rest.data + next, rest.size - next);
    }
    const uint8_t tag = v.tag;
    if (!ok || !finish(c, o, out)) return false;
    out->tag = tag;
    return true;
}

// int() and float() of text, after Python: blanks around, "_" between digits.
bool read_number(Str s, bool whole, Value* out) {
    s = strip(s);
    char t[400];
    size_t n = 0;
    for (size_t i = 0; i < s.size; ++i) {
        if (s.data[i] == '_' && i && i + 1 < s.size && s.data[i - 1] != '_') continue;
        if (n == sizeof t) return false;
        t[n++] = s.data[i];
    }
    int64_t v;
    double d;
    Str text(t, n);
    for (size_t i = 0; i < n; ++i) t[i] = static_cast<char>(t[i] >= 'A' && t[i] <= 'Z' ? t[i] + 32 : t[i]);
    const Str word = n && (t[0] == '+' || t[0] == '-') ? Str(t + 1, n - 1) : text;
    if (!whole && (word == Str("inf") || word == Str("infinity")))
        return *out = number(t[0] == '-' ? -__builtin_inf() : __builtin_inf()), true;
    if (!whole && word == Str("nan")) return *out = number(__builtin_nan("")), true;
    if (whole && parse_int(text, &v)) return *out = integer(v), true;
    if (n && t[0] == '+') text = Str(t + 1, n - 1);
    if (!parse_double(text, &d)) return false;
    if (!whole) return *out = number(d), true;
    if (!(d > -9.2e18 && d < 9.2e18)) return false;
    *out = integer(static_cast<int64_t>(d));
    return true;
}

bool filter_int(Context& c, const Value& v, const Args& args, Value* out) {
    Value a[2];
    if (!bind_args(c, args, "int", "default,base", 0, a)) return false;
    if (v.undefined()) return undefined_error(c, v);
    *out = a[0].missing() ? integer(0) : a[0];
    if (v.integral()) return *out = integer(v.as_int()), true;
    if (v.is(Kind::kFloat))
        return (v.number > -9.2e18 && v.number < 9.2e18) ? (*out = integer(static_cast<int64_t>(v.number)), true)
                                                         : true;
    if (!v.string()) return true;
    if (!a[1].integral() || a[1].as_int() == 10) return read_number(v.str(), true, out), true;
    const int64_t base = a[1].as_int();
    Str s = strip(v.str());
    if (s.size > 2 && s.data[0] == '0' && (s.data[1] | 32) == (base == 16 ? 'x' : base == 8 ? 'o' : 'b'))
        s = Str(s.data + 2, s.size - 2);
    int64_t r = 0;
    for (size_t i = 0; i < s.size; ++i) {
        const char ch = s.data[i];
        const int d = ch >= '0' && ch <= '9'                 ? ch - '0'
                      : (ch | 32) >= 'a' && (ch | 32) <= 'z' ? (ch | 32) - 'a' + 10
                                                             : 99;
        if (d >= base || __builtin_mul_overflow(r, base, &r) || __builtin_add_overflow(r, int64_t{d}, &r)) return true;
    }
    if (s.size) *out = integer(r);
    return true;
}

bool filter_float(Context& c, const Value& v, const Args& args, Value* out) {
    Value a;
    if (!bind_args(c, args, "float", "default", 0, &a)) return false;
    if (v.undefined()) return undefined_error(c, v);
    *out = a.missing() ? number(0.0) : a;
    if (v.numeric())
        *out = number(v.as_double());
    else if (v.string())
        read_number(v.str(), false, out);
    return true;
}

bool filter_abs(Context& c, const Value& v, const Args& args, Value* out) {
    if (!bind_args(c, args, "abs", "", 0, nullptr)) return false;
    if (v.undefined()) return undefined_error(c, v);
    if (!v.numeric()) return c.error("bad operand type for abs(): '", type_name(v), "'");
    if (v.is(Kind::kFloat)) return *out = number(v.number < 0 ? -v.number : v.number == 0 ? 0.0 : v.number), true;
    return negate(c, v, v.as_int() < 0, out);
}

bool filter_round(Context& c, const Value& v, const Args& args, Value* out) {
    Value a[2];
    if (!bind_args(c, args, "round", "precision,method", 0, a)) return false;
    if (v.undefined()) return undefined_error(c, v);
    if (!v.numeric()) return c.error("type ", type_name(v), " doesn't define __round__ method");
    const int64_t places = a[0].integral() ? a[0].as_int() : 0;
    const Str method = a[1].string() ? a[1].str() : Str("common");
    if (!(method == Str("common") || method == Str("ceil") || method == Str("floor")))
        return c.error("method must be common, ceil or floor");
    if (places < -18 || places > 100) return c.error("round: a precision beyond what is supported");
    double scale = 1;
    for (int64_t i = places < 0 ? -places : places; i; --i) scale *= 10;
    if (method == Str("common")) {
        if (v.integral() && places >= 0) return *out = integer(v.as_int()), true;
        char t[kFixedText];
        double r = v.as_double();
        if (places < 0) r /= scale;
        if (!parse_double(Str(t, format_fixed(r, places < 0 ? 0u : static_cast<unsigned>(places), t)), &r))
            r = v.as_double();
        if (places < 0) r *= scale;
        *out = v.integral() ? integer(static_cast<int64_t>(r)) : number(r);
        return true;
    }
    const double x = places < 0 ? v.as_double() / scale : v.as_double() * scale;
    double whole = x;
    if (x > -9e15 && x < 9e15) {
        whole = static_cast<double>(static_cast<int64_t>(x));
        if (method == Str("ceil") && whole < x) whole += 1;
        if (method == Str("floor") && whole > x) whole -= 1;
    }
    *out = number(places < 0 ? whole * scale : whole / scale);
    return true;
}

// jinja2's own: words begin after blanks and any of - ( { [ <.
bool filter_title(Context& c, const Value& v, const Args& args, Value* out) {
    Value text;
    if (!bind_args(c, args, "title", "", 0, nullptr) || !soft_text(c, v, &text)) return false;
    const Str s = text.str();
    const char* end = s.data + s.size;
    Output o;
    bool start = true;
    for (const char* p = s.data; p < end;) {
        const uint32_t cp = utf8_next(p, end);
        char t[4];
        if (!c.emit_to(&o, Str(t, utf8_encode(start ? to_upper(cp) : to_lower(cp), t)))) return false;
        start = is_space(cp) || (cp < 0x80 && cp && strchr("-({[<", static_cast<int>(cp)));
    }
    return finish(c, o, out);
}

bool filter_wordcount(Context& c, const Value& v, const Args& args, Value* out) {
    Str s;
    if (!bind_args(c, args, "wordcount", "", 0, nullptr) || !to_text(c, v, &s) || !c.burn(s.size / 16)) return false;
    int64_t n = 0;
    bool in_word = false;
    const char* end = s.data + s.size;
    for (const char* p = s.data; p < end;) {
        const uint32_t cp = utf8_next(p, end);
        const bool word = is_alpha(cp) || (cp >= '0' && cp <= '9') || cp == '_';
        n += word && !in_word;
        in_word = word;
    }
    *out = integer(n);
    return true;
}

bool filter_center(Context& c, const Value& v, const Args& args, Value* out) {
    Value width, text;
    if (!bind_args(c, args, "center", "width", 0, &width) || !soft_text(c, v, &text)) return false;
    Value w = width.missing() ? integer(80) : width;
    Args one;
    one.items = &w;
    one.count = 1;
    return call_method(c, text, "center", one, out);
}

bool filter_truncate(Context& c, const Value& v, const Args& args, Value* out) {
    Value a[4];
    Str s, end("...");
    if (!bind_args(c, args, "truncate", "length,killwords,end,leeway", 0, a) || !to_text(c, v, &s)) return false;
    if (!a[2].missing() && !to_text(c, a[2], &end)) return false;
    const int64_t limit = a[0].integral() ? a[0].as_int() : 255, leeway = a[3].integral() ? a[3].as_int() : 5;
    int64_t n;
    if (!length(c, v, &n)) return false;
    const int64_t tail = static_cast<int64_t>(count_chars(end));
    if (limit < tail) return c.error("expected length >= ", tail, ", got ", limit);
    *out = v;
    if (limit >= n || n - limit <= leeway) return c.burn(s.size / 32);
    Str head(s.data, char_offset(s, static_cast<size_t>(limit - tail)));
    if (!truthy(a[1])) {
        const size_t blank = find_last(head, " ");
        if (blank != SIZE_MAX) head.size = blank;
    }
    return concat(c, head, end, out) && c.burn(s.size / 32);
}

bool filter_urlencode(Context& c, const Value& v, const Args& args, Value* out) {
    Str s;
    if (!bind_args(c, args, "urlencode", "", 0, nullptr) || !to_text(c, v, &s)) return false;
    Output o;
    for (size_t i = 0; i < s.size; ++i) {
        const unsigned char ch = static_cast<unsigned char>(s.data[i]);
        const bool plain =
            (ch >= '0' && ch <= '9') || ((ch | 32) >= 'a' && (ch | 32) <= 'z') || (ch && strchr("_.-~/", ch));
        const char code[3] = {'%', "0123456789ABCDEF"[ch >> 4], "0123456789ABCDEF"[ch & 15]};
        if (!(plain ? c.emit_to(&o, s.data[i]) : c.emit_to(&o, Str(code, 3)))) return false;
    }
    return finish(c, o, out);
}

bool filter_format(Context& c, const Value& v, const Args& args, Value* out) {
    Value text;
    if (!soft_text(c, v, &text)) return false;
    if (args.named && args.count) return c.error("can't handle positional and keyword arguments at the same time");
    if (args.named) {
        Dict* d;
        if (!make_dict(c, args.named, &d)) return false;
        for (uint32_t i = 0; i < args.named; ++i)
            if (!dict_set(c, d, string(args.names[i]), args.values[i])) return false;
        return format_percent(c, text, mapping(d), out);
    }
    List* l;
    if (!make_list(c, args.count, &l)) return false;
    for (uint32_t i = 0; i < args.count; ++i) l->items[i] = args.items[i];
    return format_percent(c, text, listlike(Kind::kTuple, l), out);
}

bool simple_case(Context& c, const Value& v, const Args& args, Casing casing, Value* out) {
    Value text;
    return bind_args(c, args, "this filter", "", 0, nullptr) && soft_text(c, v, &text) &&
           change_case(c, text, casing, out);
}
bool filter_upper(Context& c, const Value& v, const Args& args, Value* out) {
    return simple_case(c, v, args, Casing::kUpper, out);
}
bool filter_lower(Context& c, const Value& v, const Args& args, Value* out) {
    return simple_case(c, v, args, Casing::kLower, out);
}
bool filter_capitalize(Context& c, const Value& v, const Args& args, Value* out) {
    return simple_case(c, v, args, Casing::kCapital, out);
}
bool filter_string(Context& c, const Value& v, const Args& args, Value* out) {
    return bind_args(c, args, "string", "", 0, nullptr) && soft_text(c, v, out);
}
bool filter_safe(Context& c, const Value& v, const Args& args, Value* out) {
    if (!filter_string(c, v, args, out)) return false;
    out->tag = 1;
    return true;
}
bool filter_escape(Context& c, const Value& v, const Args& args, Value* out) {
    return bind_args(c, args, "escape", "", 0, nullptr) && escape_html(c, v, out);
}
bool filter_forceescape(Context& c, const Value& v, const Args& args, Value* out) {
    Value text;
    if (!soft_text(c, v, &text)) return false;
    text.tag = 0;
    return filter_escape(c, text, args, out);
}
bool filter_length(Context& c, const Value& v, const Args& args, Value* out) {
    int64_t n;
    if (!bind_args(c, args, "length", "", 0, nullptr) || !length(c, v, &n)) return false;
    *out = integer(n);
    return true;
}
bool filter_attr(Context& c, const Value& v, const Args& args, Value* out) {
    Value name;
    if (!bind_args(c, args, "attr", "name", 1, &name)) return false;
    Str s;
    if (!to_text(c, name, &s)) return false;
    if (v.is(Kind::kDict) && !has_method(v, s)) return undefined_member(c, v, string(s), out);  // members only
    return attribute(c, v, s, out);
}

struct Row {
    const char* name;
    bool (*apply)(Context&, const Value&, const Args&, Value*);
};
constexpr Row kFilters[] = {
    {"tojson", filter_tojson},
    {"length", filter_length},
    {"trim", filter_trim},
    {"string", filter_string},
    {"default", filter_default},
    {"d", filter_default},
    {"join", filter_join},
    {"items", filter_items},
    {"lower", filter_lower},
    {"upper", filter_upper},
    {"safe", filter_safe},
    {"list", filter_list},
    {"dictsort", filter_dictsort},
    {"replace", filter_replace},
    {"map", filter_map},
    {"select", filter_select},
    {"selectattr", filter_selectattr},
    {"reject", filter_reject},
    {"rejectattr", filter_rejectattr},
    {"first", filter_first},
    {"last", filter_last},
    {"sort", filter_sort},
    {"indent", filter_indent},
    {"count", filter_length},
    {"capitalize", filter_capitalize},
    {"title", filter_title},
    {"int", filter_int},
    {"float", filter_float},
    {"abs", filter_abs},
    {"round", filter_round},
    {"min", filter_min},
    {"max", filter_max},
    {"sum", filter_sum},
    {"unique", filter_unique},
    {"reverse", filter_reverse},
    {"batch", filter_batch},
    {"slice", filter_slice},
    {"wordcount", filter_wordcount},
    {"groupby", filter_groupby},
    {"attr", filter_attr},
    {"e", filter_escape},
    {"escape", filter_escape},
    {"forceescape", filter_forceescape},
    {"urlencode", filter_urlencode},
    {"format", filter_format},
    {"center", filter_center},
    {"truncate", filter_truncate},
};

const Row* find_filter(Str name) {
    for (const Row& r : kFilters)
        if (name == Str(r.name)) return &r;
    return nullptr;
}

}  // namespace

bool has_filter(Str name) { return find_filter(name) != nullptr; }

bool apply_filter(Context& c, Str name, const Value& subject, const Args& args, Value* out) {
    const Row* r = find_filter(name);
    return r ? r->apply(c, subject, args, out) : c.error("No filter named '", name, "' found.");
}

}  // namespace thimble::jinja
