// SPDX-License-Identifier: MIT
// Methods of strings, dicts and lists, and of the loop and cycler objects. Those that would change their object do not
// exist here: the sandbox is immutable.
#include "runtime/text/jinja/builtins.h"

namespace thimble::jinja {
namespace {

bool text_arg(Context& c, const Value& v, const char* what, Str* out) {
    if (v.undefined()) return undefined_error(c, v);
    if (!v.string()) return c.error(what, " must be str, not ", type_name(v));
    *out = v.str();
    return true;
}

bool int_arg(Context& c, const Value& v, int64_t fallback, int64_t* out) {
    *out = fallback;
    if (v.missing() || v.none()) return true;
    if (v.undefined()) return undefined_error(c, v);
    if (!v.integral()) return c.error("'", type_name(v), "' object cannot be interpreted as an integer");
    *out = v.as_int();
    return true;
}

Value piece(const Value& self, Str s) {
    Value v = string(s);
    v.tag = self.tag;
    return v;
}

bool method_strip(Context& c, const Value& self, const Args& args, bool left, bool right, Value* out) {
    Value chars;
    Str set, s = self.str();
    if (!bind_args(c, args, "strip", "chars", 0, &chars) || !c.burn(s.size / 32)) return false;
    if (chars.missing() || chars.none()) {
        if (right) s = strip_right(s);
        if (left) s = strip_left(s);
    } else {
        if (!text_arg(c, chars, "strip arg", &set) || !burn_search(c, s.size, set.size)) return false;
        s = strip_chars(s, set, left, right);
    }
    *out = piece(self, s);
    return true;
}

// The first or last white space in s: its start and the start of what follows.
void find_space(Str s, bool right, size_t* cut, size_t* next) {
    const char* end = s.data + s.size;
    *cut = SIZE_MAX;
    *next = 0;
    for (size_t i = right ? s.size : 0; right ? i > 0 : i < s.size;) {
        if (right) do
                --i;
            while (i && utf8_is_tail(s.data[i]));
        const char* p = s.data + i;
        const bool hit = is_space(utf8_next(p, end));
        if (hit) *cut = i, *next = static_cast<size_t>(p - s.data);
        if (hit) return;
        if (!right) i = static_cast<size_t>(p - s.data);
    }
}

// Cuts pieces off one end; from the right the list is reversed at last.
bool method_split(Context& c, const Value& self, const Args& args, bool right, Value* out) {
    Value v[2];
    int64_t limit;
    Str sep, s = self.str();
    if (!bind_args(c, args, "split", "sep,maxsplit", 0, v) || !int_arg(c, v[1], -1, &limit)) return false;
    const bool blanks = v[0].missing() || v[0].none();
    if (!blanks && !text_arg(c, v[0], "sep", &sep)) return false;
    if (!blanks && sep.size == 0) return c.error("empty separator");
    if (right && !burn_search(c, s.size, sep.size)) return false;
    if (limit < 0) limit = INT64_MAX;
    Values parts;
    for (;; --limit) {
        if (blanks) s = right ? strip_right(s) : strip_left(s);
        if (blanks && s.size == 0) break;
        size_t cut = SIZE_MAX, next = 0;
        if (limit == 0) {
            if (blanks && right) s = strip_right(s);
        } else if (blanks) {
            find_space(s, right, &cut, &next);
        } else {
            cut = right ? find_last(s, sep) : find(s, sep);
            next = cut + sep.size;
        }
        if (!c.burn(1)) return false;
        if (cut == SIZE_MAX) {
            if (!parts.add(c, piece(self, s))) return false;
            break;
        }
        const Str head(s.data, cut), tail(s.data + next, s.size - next);
        if (!parts.add(c, piece(self, right ? tail : head))) return false;
        s = right ? head : tail;
    }
    if (!c.burn(self.size / 32)) return false;
    if (right)
        for (uint32_t i = 0, k = parts.count; i + 1 < k; ++i) {
            const Value t = parts.items[i];
            parts.items[i] = parts.items[--k];
            parts.items[k] = t;
        }
    return parts.list(c, Kind::kList, out);
}

bool method_partition(Context& c, const Value& self, const Args& args, bool right, Value* out) {
    Value v;
    Str sep;
    List* l;
    const Str s = self.str();
    if (!bind_args(c, args, "partition", "sep", 1, &v) || !text_arg(c, v, "sep", &sep) || !make_list(c, 3, &l))
        return false;
    if (sep.size == 0) return c.error("empty separator");
    if (right && !burn_search(c, s.size, sep.size)) return false;
    const size_t at = right ? find_last(s, sep) : find(s, sep);
    const bool none_found = at == SIZE_MAX;
    l->items[0] = piece(self, none_found ? (right ? Str("") : s) : Str(s.data, at));
    l->items[1] = piece(self, none_found ? Str("") : sep);
    l->items[2] = piece(self, none_found ? (right ? s : Str("")) : Str(s.data + at + sep.size, s.size - at - sep.size));
    *out = listlike(Kind::kTuple, l);
    return c.burn(s.size / 32);
}

bool method_affix(Context& c, const Value& self, const Args& args, bool start, Value* out) {
    Value v[3];
    int64_t from, to, n;
    if (!bind_args(c, args, start ? "startswith" : "endswith", "prefix,start,end", 1, v) || !length(c, self, &n) ||
        !int_arg(c, v[1], 0, &from) || !int_arg(c, v[2], n, &to))
        return false;
    Value cut = self;
    if ((from != 0 || to != n) && !slice(c, self, integer(from), integer(to), none(), &cut)) return false;
    const Str s = cut.str();
    const Value* items = &v[0];
    uint32_t count = 1;
    if (v[0].is(Kind::kTuple)) items = v[0].list->items, count = v[0].list->count;
    bool yes = false;
    for (uint32_t i = 0; i < count; ++i) {
        if (items[i].undefined()) return undefined_error(c, items[i]);
        if (!items[i].string())
            return c.error(start ? "startswith" : "endswith", " first arg must be str or a tuple of str, not ",
                           type_name(items[i]));
        yes |= start ? s.starts_with(items[i].str()) : s.ends_with(items[i].str());
    }
    *out = boolean(yes);
    return c.burn(count);
}

bool method_find(Context& c, const Value& self, const Args& args, bool right, bool must, Value* out) {
    Value v[3];
    int64_t from, to, n;
    Str what;
    if (!bind_args(c, args, "find", "sub,start,end", 1, v) || !text_arg(c, v[0], "argument", &what) ||
        !length(c, self, &n) || !int_arg(c, v[1], 0, &from) || !int_arg(c, v[2], n, &to))
        return false;
    if (from < 0) from = from < -n ? 0 : from + n;
    Value cut = self;
    if ((from != 0 || to != n) && !slice(c, self, integer(from), integer(to), none(), &cut)) return false;
    if (!(right ? burn_search(c, self.size, what.size) : c.burn(1 + self.size / 16))) return false;
    const size_t at = right ? find_last(cut.str(), what) : find(cut.str(), what);
    if (at == SIZE_MAX && must) return c.error("substring not found");
    *out = integer(at == SIZE_MAX ? -1 : from + static_cast<int64_t>(count_chars(Str(cut.text, at))));
    return true;
}

bool method_count(Context& c, const Value& self, const Args& args, Value* out) {
    Value v;
    Str what;
    if (!bind_args(c, args, "count", "sub", 1, &v) || !text_arg(c, v, "argument", &what)) return false;
    int64_t n = 0;
    if (what.size == 0)
        n = static_cast<int64_t>(count_chars(self.str())) + 1;
    else
        for (size_t at = 0; (at = find(self.str(), what, at)) != SIZE_MAX; at += what.size) ++n;
    *out = integer(n);
    return c.burn(1 + self.size / 16);
}

bool method_replace(Context& c, const Value& self, const Args& args, Value* out) {
    Value v[3];
    Str from, to;
    int64_t limit;
    if (!bind_args(c, args, "replace", "old,new,count", 2, v)) return false;
    if (v[0].undefined()) return undefined_error(c, v[0]);
    if (v[1].undefined()) return undefined_error(c, v[1]);
    if (!v[0].string() || !v[1].string())
        return c.error("replace() argument ", v[0].string() ? "2" : "1", " must be str, not ",
                       type_name(v[0].string() ? v[1] : v[0]));
    from = v[0].str();
    if (self.tag && !escape_html(c, v[1], &v[1])) return false;  // text marked safe escapes what joins it
    to = v[1].str();
    return int_arg(c, v[2], -1, &limit) && replace_text(c, self, from, to, limit, out);
}

bool method_join(Context& c, const Value& self, const Args& args, Value* out) {
    Value v;
    List* l;
    if (!bind_args(c, args, "join", "iterable", 1, &v) || !iterate(c, v, &l)) return false;
    Output o;
    for (uint32_t i = 0; i < l->count; ++i) {
        if (!l->items[i].string())
            return c.error("sequence item ", i, ": expected str instance, ", type_name(l->items[i]), " found");
        if ((i && !c.emit_to(&o, self.str())) || !c.emit_to(&o, l->items[i].str())) return false;
    }
    return finish(c, o, out);
}

bool method_lines(Context& c, const Value& self, const Args& args, Value* out) {
    Value keep;
    if (!bind_args(c, args, "splitlines", "keepends", 0, &keep)) return false;
    Values lines;
    Str rest = self.str();
    while (rest.size) {
        size_t end, next;
        find_line_end(rest, &end, &next);
        if (!lines.add(c, piece(self, Str(rest.data, truthy(keep) ? next : end)))) return false;
        rest = Str(rest.data + next, rest.size - next);
    }
    return lines.list(c, Kind::kList, out);
}

bool method_pad(Context& c, const Value& self, const Args& args, int side, Value* out) {
    Value v[2];
    int64_t width, n;
    Str fill(" ");
    if (!bind_args(c, args, "ljust", side == 2 ? "width" : "width,fillchar", 1, v) || !int_arg(c, v[0], 0, &width) ||
        !length(c, self, &n))
        return false;
    if (side != 2 && !v[1].missing() && !text_arg(c, v[1], "the fill character", &fill)) return false;
    if (count_chars(fill) != 1) return c.error("The fill character must be exactly one character long");
    if (width > static_cast<int64_t>(kTemplateOutput)) return c.error("a text of over ", kTemplateOutput, " bytes");
    const int64_t gap = width > n ? width - n : 0;
    // Python's center puts the odd blank at the left when the width is odd.
    const int64_t left = side < 0 ? 0 : side > 0 ? gap : gap / 2 + (gap & width & 1);
    Str s = self.str();
    Output o;
    if (side == 2) {
        fill = Str("0");
        if (s.size && (s.data[0] == '-' || s.data[0] == '+')) {
            if (!c.emit_to(&o, s.data[0])) return false;
            s = Str(s.data + 1, s.size - 1);
        }
    }
    for (int64_t i = 0; i < left; ++i)
        if (!c.emit_to(&o, fill)) return false;
    if (!c.emit_to(&o, s)) return false;
    for (int64_t i = left; i < gap; ++i)
        if (!c.emit_to(&o, fill)) return false;
    return finish(c, o, out);
}

bool method_affix_off(Context& c, const Value& self, const Args& args, bool prefix, Value* out) {
    Value v;
    Str what, s = self.str();
    if (!bind_args(c, args, "removeprefix", "affix", 1, &v) || !text_arg(c, v, "argument", &what)) return false;
    if (prefix && s.starts_with(what))
        s = Str(s.data + what.size, s.size - what.size);
    else if (!prefix && s.ends_with(what))
        s.size -= what.size;
    *out = piece(self, s);
    return true;
}

// isdigit, isalpha, isalnum, isspace, isupper, islower.
bool method_is(Context& c, const Value& self, Str name, Value* out) {
    const Str s = self.str();
    bool all = s.size > 0, upper = false, lower = false;
    const char* end = s.data + s.size;
    for (const char* p = s.data; p < end;) {
        const uint32_t cp = utf8_next(p, end);
        const bool digit = cp >= '0' && cp <= '9';
        upper |= to_lower(cp) != cp, lower |= to_upper(cp) != cp;
        if (name == Str("isspace"))
            all &= is_space(cp);
        else if (name == Str("isalpha"))
            all &= is_alpha(cp);
        else if (name == Str("isalnum"))
            all &= is_alpha(cp) || digit;
        else
            all &= digit;
    }
    if (name == Str("isupper")) all = upper && !lower;
    if (name == Str("islower")) all = lower && !upper;
    *out = boolean(all);
    return c.burn(1 + s.size / 16);
}

enum class Method : uint8_t {
    kStrip,
    kLstrip,
    kRstrip,
    kSplit,
    kRsplit,
    kPartition,
    kRpartition,
    kStartswith,
    kEndswith,
    kFind,
    kRfind,
    kIndex,
    kRindex,
    kCount,
    kReplace,
    kJoin,
    kSplitlines,
    kLjust,
    kRjust,
    kCenter,
    kZfill,
    kRemoveprefix,
    kRemovesuffix,
    kIs,
    kFormat,
    kUpper,
    kLower,
    kCapitalize,
    kTitle,
    kSwapcase,
};
struct Row {
    const char* name;
    Method method;
};
constexpr Row kStringMethods[] = {
    {"strip", Method::kStrip},
    {"lstrip", Method::kLstrip},
    {"rstrip", Method::kRstrip},
    {"split", Method::kSplit},
    {"rsplit", Method::kRsplit},
    {"partition", Method::kPartition},
    {"rpartition", Method::kRpartition},
    {"startswith", Method::kStartswith},
    {"endswith", Method::kEndswith},
    {"find", Method::kFind},
    {"rfind", Method::kRfind},
    {"index", Method::kIndex},
    {"rindex", Method::kRindex},
    {"count", Method::kCount},
    {"replace", Method::kReplace},
    {"join", Method::kJoin},
    {"splitlines", Method::kSplitlines},
    {"ljust", Method::kLjust},
    {"rjust", Method::kRjust},
    {"center", Method::kCenter},
    {"zfill", Method::kZfill},
    {"removeprefix", Method::kRemoveprefix},
    {"removesuffix", Method::kRemovesuffix},
    {"isdigit", Method::kIs},
    {"isdecimal", Method::kIs},
    {"isnumeric", Method::kIs},
    {"isalpha", Method::kIs},
    {"isalnum", Method::kIs},
    {"isspace", Method::kIs},
    {"isupper", Method::kIs},
    {"islower", Method::kIs},
    {"format", Method::kFormat},
    {"upper", Method::kUpper},
    {"lower", Method::kLower},
    {"casefold", Method::kLower},
    {"capitalize", Method::kCapitalize},
    {"title", Method::kTitle},
    {"swapcase", Method::kSwapcase},
};

const Row* find_string_method(Str name) {
    for (const Row& r : kStringMethods)
        if (name == Str(r.name)) return &r;
    return nullptr;
}

bool string_method(Context& c, const Value& self, Str name, const Args& args, Value* out) {
    const Method m = find_string_method(name)->method;
    switch (m) {
        case Method::kStrip: return method_strip(c, self, args, true, true, out);
        case Method::kLstrip: return method_strip(c, self, args, true, false, out);
        case Method::kRstrip: return method_strip(c, self, args, false, true, out);
        case Method::kSplit: return method_split(c, self, args, false, out);
        case Method::kRsplit: return method_split(c, self, args, true, out);
        case Method::kPartition: return method_partition(c, self, args, false, out);
        case Method::kRpartition: return method_partition(c, self, args, true, out);
        case Method::kStartswith: return method_affix(c, self, args, true, out);
        case Method::kEndswith: return method_affix(c, self, args, false, out);
        case Method::kFind: return method_find(c, self, args, false, false, out);
        case Method::kRfind: return method_find(c, self, args, true, false, out);
        case Method::kIndex: return method_find(c, self, args, false, true, out);
        case Method::kRindex: return method_find(c, self, args, true, true, out);
        case Method::kCount: return method_count(c, self, args, out);
        case Method::kReplace: return method_replace(c, self, args, out);
        case Method::kJoin: return method_join(c, self, args, out);
        case Method::kSplitlines: return method_lines(c, self, args, out);
        case Method::kLjust: return method_pad(c, self, args, -1, out);
        case Method::kRjust: return method_pad(c, self, args, 1, out);
        case Method::kCenter: return method_pad(c, self, args, 0, out);
        case Method::kZfill: return method_pad(c, self, args, 2, out);
        case Method::kRemoveprefix: return method_affix_off(c, self, args, true, out);
        case Method::kRemovesuffix: return method_affix_off(c, self, args, false, out);
        case Method::kIs: return bind_args(c, args, name, "", 0, nullptr) && method_is(c, self, name, out);
        case Method::kFormat: return format_braces(c, self.str(), args, out);
        default: {
            const Casing casing = m == Method::kUpper        ? Casing::kUpper
                                  : m == Method::kLower      ? Casing::kLower
                                  : m == Method::kCapitalize ? Casing::kCapital
                                  : m == Method::kTitle      ? Casing::kTitle
                                                             : Casing::kSwap;
            return bind_args(c, args, name, "", 0, nullptr) && change_case(c, self, casing, out);
        }
    }
}

bool dict_view(Context& c, const Dict* d, uint8_t which, Value* out) {
    List* l;
    if (!make_list(c, d->count, &l)) return false;
    for (uint32_t i = 0; i < d->count; ++i) {
        const Entry& e = d->entries[i];
        if (which == 0 ? !make_pair(c, e.key, e.value, &l->items[i])
                       : (l->items[i] = which == 1 ? e.key : e.value, false))
            return false;
    }
    *out = listlike(Kind::kView, l, which);
    return true;
}

bool dict_method(Context& c, const Value& self, Str name, const Args& args, Value* out) {
    if (name == Str("get")) {
        Value v[2];
        const Value* found;
        if (!bind_args(c, args, name, "key,default", 1, v) || !dict_find(c, self.dict, v[0], &found)) return false;
        *out = found ? *found : v[1].missing() ? none() : v[1];
        return true;
    }
    if (!bind_args(c, args, name, "", 0, nullptr)) return false;
    if (name == Str("copy")) return *out = self, true;
    return dict_view(c, self.dict, name == Str("items") ? 0 : name == Str("keys") ? 1 : 2, out);
}

bool list_method(Context& c, const Value& self, Str name, const Args& args, Value* out) {
    Value v;
    if (name == Str("copy")) return *out = self, bind_args(c, args, name, "", 0, nullptr);
    if (!bind_args(c, args, name, "value", 1, &v)) return false;
    int64_t n = 0;
    for (uint32_t i = 0; i < self.list->count; ++i) {
        bool same;
        if (!equal(c, self.list->items[i], v, &same) || !c.burn(1)) return false;
        if (same && name == Str("index")) return *out = integer(i), true;
        n += same;
    }
    if (name == Str("index")) return c.error("value is not in list");
    *out = integer(n);
    return true;
}

bool loop_method(Context& c, Loop* l, Str name, const Args& args, Value* out) {
    if (name == Str("cycle")) {
        if (args.count == 0) return c.error("no items for cycling given");
        *out = args.items[l->index % args.count];
        return true;
    }
    List* now;  // changed(...): whether the arguments differ from those of the last call
    if (!make_list(c, args.count, &now)) return false;
    for (uint32_t i = 0; i < args.count; ++i) now->items[i] = args.items[i];
    bool same = false;
    const Value v = listlike(Kind::kTuple, now);
    if (!l->last_changed.missing() && !equal(c, l->last_changed, v, &same)) return false;
    l->last_changed = v;
    ++c.kept;
    *out = boolean(!same);
    return true;
}

bool cycler_method(Context& c, List* l, Str name, const Args& args, Value* out) {
    if (!bind_args(c, args, name, "", 0, nullptr)) return false;
    *out = l->items[l->next];
    if (name == Str("next")) l->next = (l->next + 1) % l->count;
    if (name == Str("reset")) l->next = 0, *out = none();
    return true;
}

bool among(Str name, const char* const* names) {
    for (; *names; ++names)
        if (name == Str(*names)) return true;
    return false;
}

}  // namespace

bool has_method(const Value& self, Str name) {
    static const char* const kDict[] = {"get", "items", "keys", "values", "copy", nullptr};
    static const char* const kList[] = {"index", "count", "copy", nullptr};
    static const char* const kTuple[] = {"index", "count", nullptr};
    static const char* const kLoop[] = {"cycle", "changed", nullptr};
    static const char* const kCycler[] = {"next", "reset", nullptr};
    switch (self.kind) {
        case Kind::kString: return find_string_method(name) != nullptr;
        case Kind::kDict: return among(name, kDict);
        case Kind::kList: return among(name, kList);
        case Kind::kTuple:
        case Kind::kRange: return among(name, kTuple);
        case Kind::kLoop: return among(name, kLoop);
        case Kind::kCycler: return among(name, kCycler);
        default: return false;
    }
}

bool call_method(Context& c, const Value& self, Str name, const Args& args, Value* out) {
    const Value object = self;  // `out` may be where `self` lies
    switch (object.kind) {
        case Kind::kString: return string_method(c, object, name, args, out);
        case Kind::kDict: return dict_method(c, object, name, args, out);
        case Kind::kLoop: return loop_method(c, object.loop, name, args, out);
        case Kind::kCycler: return cycler_method(c, object.list, name, args, out);
        default: return list_method(c, object, name, args, out);
    }
}

}  // namespace thimble::jinja
