// SPDX-License-Identifier: MIT
// Values as text: Python's str() and repr(), json.dumps, HTML escapes.
#include "runtime/text/jinja/context.h"
#include "runtime/text/jinja/strings.h"
#include "runtime/text/number.h"

namespace thimble::jinja {
namespace {

constexpr char kHex[] = "0123456789abcdef";

bool write_hex(Context& c, Output* o, char letter, uint32_t v, int digits) {
    char t[12] = {'\\', letter};
    for (int i = 0; i < digits; ++i) t[2 + i] = kHex[v >> (4 * (digits - 1 - i)) & 15];
    return c.emit_to(o, Str(t, 2 + static_cast<size_t>(digits)));
}

bool repr_string(Context& c, Output* o, Str s) {
    const bool single = find(s, "'") != SIZE_MAX, twice = find(s, "\"") != SIZE_MAX;
    const char quote = single && !twice ? '"' : '\'';
    if (!c.emit_to(o, quote)) return false;
    const char* end = s.data + s.size;
    const char* plain = s.data;  // start of what is copied as it is
    for (const char* p = s.data; p < end;) {
        const char* at = p;
        const uint32_t cp = utf8_next(p, end);
        const bool backslash = cp == '\\' || cp == static_cast<uint32_t>(quote);
        if (!backslash && is_printable(cp)) continue;
        if (!c.emit_to(o, Str(plain, static_cast<size_t>(at - plain)))) return false;
        plain = p;
        const char named = cp == '\n'   ? 'n'
                           : cp == '\r' ? 'r'
                           : cp == '\t' ? 't'
                           : backslash  ? static_cast<char>(cp)
                                        : '\0';
        const char pair[2] = {'\\', named};
        const bool ok = named          ? c.emit_to(o, Str(pair, 2))
                        : cp < 0x100   ? write_hex(c, o, 'x', cp, 2)
                        : cp < 0x10000 ? write_hex(c, o, 'u', cp, 4)
                                       : write_hex(c, o, 'U', cp, 8);
        if (!ok) return false;
    }
    return c.emit_to(o, Str(plain, static_cast<size_t>(end - plain))) && c.emit_to(o, quote);
}

bool write_number(Context& c, Output* o, const Value& v) {
    char t[kDoubleText];
    const size_t n = v.is(Kind::kInt) ? format_int(v.integer, t) : format_double(v.number, t);
    return c.emit_to(o, Str(t, n));
}

bool repr_items(Context& c, Output* o, const List* l, const char* open, const char* close) {
    const Level level(c);
    if (!level.ok || !c.emit_to(o, open)) return false;
    for (uint32_t i = 0; i < l->count; ++i)
        if ((i && !c.emit_to(o, ", ")) || !write_repr(c, o, l->items[i])) return false;
    return c.emit_to(o, close);
}

bool repr_dict(Context& c, Output* o, const Dict* d) {
    const Level level(c);
    if (!level.ok || !c.emit_to(o, '{')) return false;
    for (uint32_t i = 0; i < d->count; ++i) {
        const Entry& e = d->entries[i];
        if ((i && !c.emit_to(o, ", ")) || !write_repr(c, o, e.key) || !c.emit_to(o, ": ") || !write_repr(c, o, e.value))
            return false;
    }
    return c.emit_to(o, '}');
}

bool repr_range(Context& c, Output* o, const List* l) {
    char t[20];
    const int64_t start = l->count ? l->items[0].integer : 0;
    const int64_t step =
        l->count > 1 ? static_cast<int64_t>(static_cast<uint64_t>(l->items[1].integer) - static_cast<uint64_t>(start))
                     : 1;
    const int64_t stop = static_cast<int64_t>(static_cast<uint64_t>(start) + static_cast<uint64_t>(step) * l->count);
    if (!c.emit_to(o, "range(") || !c.emit_to(o, Str(t, format_int(start, t))) || !c.emit_to(o, ", ") ||
        !c.emit_to(o, Str(t, format_int(stop, t))))
        return false;
    if (step != 1 && (!c.emit_to(o, ", ") || !c.emit_to(o, Str(t, format_int(step, t))))) return false;
    return c.emit_to(o, ')');
}

bool json_string(Context& c, Output* o, Str s, bool ascii) {
    if (!c.emit_to(o, '"')) return false;
    const char* end = s.data + s.size;
    const char* plain = s.data;
    for (const char* p = s.data; p < end;) {
        const char* at = p;
        uint32_t cp = utf8_next(p, end);
        if (cp >= 0x20 && cp != '"' && cp != '\\' && (cp < 0x80 || !ascii)) continue;
        if (!c.emit_to(o, Str(plain, static_cast<size_t>(at - plain)))) return false;
        plain = p;
        static const char kFrom[] = "\"\\\b\f\n\r\t", kTo[] = "\"\\bfnrt";
        const char* f = cp && cp < 0x80 ? strchr(kFrom, static_cast<int>(cp)) : nullptr;
        if (f) {
            const char pair[2] = {'\\', kTo[f - kFrom]};
            if (!c.emit_to(o, Str(pair, 2))) return false;
            continue;
        }
        if (cp >= 0x10000) {
            cp -= 0x10000;
            if (!write_hex(c, o, 'u', 0xd800 + (cp >> 10), 4)) return false;
            cp = 0xdc00 + (cp & 0x3ff);
        }
        if (!write_hex(c, o, 'u', cp, 4)) return false;
    }
    return c.emit_to(o, Str(plain, static_cast<size_t>(end - plain))) && c.emit_to(o, '"');
}

bool json_break(Context& c, Output* o, const JsonStyle& style, unsigned level) {
    if (!style.pretty) return true;
    if (!c.emit_to(o, '\n')) return false;
    for (unsigned i = 0; i < level; ++i)
        if (!c.emit_to(o, style.indent)) return false;
    return true;
}

bool json_number(Context& c, Output* o, const Value& v) {
    if (v.is(Kind::kFloat) && v.number - v.number != 0)
        return c.emit_to(o, v.number != v.number ? "NaN" : v.number < 0 ? "-Infinity" : "Infinity");
    return write_number(c, o, v);
}

bool json_key(Context& c, Output* o, const Value& k, const JsonStyle& style) {
    if (k.string()) return json_string(c, o, k.str(), style.ascii);
    if (!k.numeric() && !k.none()) return c.error("keys must be str, int, float, bool or None, not ", type_name(k));
    return c.emit_to(o, '"') && write_json(c, o, k, style, 0) && c.emit_to(o, '"');
}

bool json_dict(Context& c, Output* o, const Dict* d, const JsonStyle& style, unsigned level) {
    if (d->count == 0) return c.emit_to(o, "{}");
    uint32_t* rank = nullptr;
    if (style.sorted) {
        rank = c.array<uint32_t>(d->count);
        if (!rank) return false;
        for (uint32_t i = 0; i < d->count; ++i) {  // insertion: the dicts of templates are small, and fuel is charged
            uint32_t k = i;
            for (int way = 0; k; --k) {
                if (!order(c, d->entries[i].key, d->entries[rank[k - 1]].key, "<", &way) || !c.burn(1)) return false;
                if (way >= 0) break;
                rank[k] = rank[k - 1];
            }
            rank[k] = i;
        }
    }
    if (!c.emit_to(o, '{')) return false;
    for (uint32_t i = 0; i < d->count; ++i) {
        const Entry& e = d->entries[rank ? rank[i] : i];
        if ((i && !c.emit_to(o, style.item_separator)) || !json_break(c, o, style, level + 1) ||
            !json_key(c, o, e.key, style) || !c.emit_to(o, style.key_separator) ||
            !write_json(c, o, e.value, style, level + 1))
            return false;
    }
    return json_break(c, o, style, level) && c.emit_to(o, '}');
}

bool json_list(Context& c, Output* o, const List* l, const JsonStyle& style, unsigned level) {
    if (l->count == 0) return c.emit_to(o, "[]");
    if (!c.emit_to(o, '[')) return false;
    for (uint32_t i = 0; i < l->count; ++i)
        if ((i && !c.emit_to(o, style.item_separator)) || !json_break(c, o, style, level + 1) ||
            !write_json(c, o, l->items[i], style, level + 1))
            return false;
    return json_break(c, o, style, level) && c.emit_to(o, ']');
}

}  // namespace

bool write_str(Context& c, Output* o, const Value& v) {
    if (v.string()) return c.emit_to(o, v.str());
    if (v.undefined() || v.missing()) return true;
    return write_repr(c, o, v);
}

bool write_repr(Context& c, Output* o, const Value& v) {
    switch (v.kind) {
        case Kind::kUndefined:
        case Kind::kMissing: return c.emit_to(o, "Undefined");
        case Kind::kNone: return c.emit_to(o, "None");
        case Kind::kBool: return c.emit_to(o, v.boolean ? "True" : "False");
        case Kind::kInt:
        case Kind::kFloat: return write_number(c, o, v);
        case Kind::kString:
            if (!v.tag) return repr_string(c, o, v.str());
            return c.emit_to(o, "Markup(") && repr_string(c, o, v.str()) && c.emit_to(o, ')');
        case Kind::kList: return repr_items(c, o, v.list, "[", "]");
        case Kind::kTuple: return repr_items(c, o, v.list, "(", v.list->count == 1 ? ",)" : ")");
        case Kind::kRange: return repr_range(c, o, v.list);
        case Kind::kView: return c.emit_to(o, type_name(v)) && repr_items(c, o, v.list, "([", "])");
        case Kind::kDict: return repr_dict(c, o, v.dict);
        case Kind::kNamespace: return c.emit_to(o, "<Namespace ") && repr_dict(c, o, v.dict) && c.emit_to(o, '>');
        default: return c.emit_to(o, '<') && c.emit_to(o, type_name(v)) && c.emit_to(o, '>');
    }
}

bool finish(Context& c, const Output& o, Value* out) {
    *out = string(Str(o.data ? o.data : "", static_cast<size_t>(o.size)));
    return true;
}

bool to_text(Context& c, const Value& v, Str* out) {
    if (v.string()) return *out = v.str(), true;
    Output o;
    if (!write_str(c, &o, v)) return false;
    *out = Str(o.data ? o.data : "", static_cast<size_t>(o.size));
    return true;
}

bool write_json(Context& c, Output* o, const Value& v, const JsonStyle& style, unsigned level) {
    const Level deeper(c);
    if (!deeper.ok) return false;
    switch (v.kind) {
        case Kind::kNone: return c.emit_to(o, "null");
        case Kind::kBool: return c.emit_to(o, v.boolean ? "true" : "false");
        case Kind::kInt:
        case Kind::kFloat: return json_number(c, o, v);
        case Kind::kString: return json_string(c, o, v.str(), style.ascii);
        case Kind::kList:
        case Kind::kTuple: return json_list(c, o, v.list, style, level);
        case Kind::kDict: return json_dict(c, o, v.dict, style, level);
        default: return c.error("Object of type ", type_name(v), " is not JSON serializable");
    }
}

bool escape_html(Context& c, const Value& v, Value* out) {
    if (v.string() && v.tag) return *out = v, true;
    Str s;
    if (!to_text(c, v, &s)) return false;
    Output o;
    size_t plain = 0;
    for (size_t i = 0; i < s.size; ++i) {
        const char ch = s.data[i];
        const char* e = ch == '&'    ? "&amp;"
                        : ch == '<'  ? "&lt;"
                        : ch == '>'  ? "&gt;"
                        : ch == '"'  ? "&#34;"
                        : ch == '\'' ? "&#39;"
                                     : nullptr;
        if (!e) continue;
        if (!c.emit_to(&o, Str(s.data + plain, i - plain)) || !c.emit_to(&o, e)) return false;
        plain = i + 1;
    }
    if (!c.emit_to(&o, Str(s.data + plain, s.size - plain)) || !finish(c, o, out)) return false;
    out->tag = 1;
    return true;
}

}  // namespace thimble::jinja
