// SPDX-License-Identifier: MIT
#include "runtime/text/jinja/context.h"
#include "runtime/text/jinja/strings.h"

namespace thimble::jinja {
namespace {

uint32_t mix(uint32_t h, uint64_t v) {
    for (int i = 0; i < 8; ++i, v >>= 8) h = (h ^ static_cast<uint32_t>(v & 0xff)) * 16777619u;
    return h;
}

uint32_t hash_text(Str s) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < s.size; ++i) h = (h ^ static_cast<unsigned char>(s.data[i])) * 16777619u;
    return h;
}

// Equal values have equal hashes, so 1, 1.0 and True share one.
bool hash(Context& c, const Value& v, uint32_t* out) {
    switch (v.kind) {
        case Kind::kString: *out = hash_text(v.str()); return c.burn(v.size / 32);
        case Kind::kBool:
        case Kind::kInt: *out = mix(1, static_cast<uint64_t>(v.as_int())); return true;
        case Kind::kFloat: {
            const bool whole =
                v.number > -9e18 && v.number < 9e18 && static_cast<double>(static_cast<int64_t>(v.number)) == v.number;
            uint64_t bits;
            memcpy(&bits, &v.number, sizeof bits);
            *out = mix(1, whole ? static_cast<uint64_t>(static_cast<int64_t>(v.number)) : bits);
            return true;
        }
        case Kind::kTuple: {
            const Level level(c);
            if (!level.ok) return false;
            uint32_t h = 7;
            for (uint32_t i = 0; i < v.list->count; ++i) {
                uint32_t one;
                if (!hash(c, v.list->items[i], &one)) return false;
                h = mix(h, one);
            }
            *out = h;
            return c.burn(v.list->count);
        }
        case Kind::kUndefined: return undefined_error(c, v);
        case Kind::kList:
        case Kind::kView:
        case Kind::kRange:
        case Kind::kDict: return c.error("unhashable type: '", type_name(v), "'");
        default: *out = static_cast<uint32_t>(v.kind); return true;
    }
}

bool index_dict(Context& c, Dict* d, uint32_t slots) {
    d->slots = c.array<uint32_t>(slots);
    if (!d->slots) return false;
    memset(d->slots, 0, slots * sizeof *d->slots);
    d->slot_count = slots;
    for (uint32_t i = 0; i < d->count; ++i) {
        uint32_t at = d->entries[i].hash & (slots - 1);
        while (d->slots[at]) at = (at + 1) & (slots - 1);
        d->slots[at] = i + 1;
    }
    return true;
}

bool find_entry(Context& c, const Dict* d, const Value& key, uint32_t h, Entry** out) {
    *out = nullptr;
    bool same;
    if (!d->slots) {
        for (uint32_t i = 0; i < d->count; ++i) {
            if (d->entries[i].hash != h) continue;
            if (!equal(c, d->entries[i].key, key, &same)) return false;
            if (same) return *out = &d->entries[i], true;
        }
        return true;
    }
    uint32_t seen = 0;
    for (uint32_t at = h & (d->slot_count - 1); d->slots[at]; at = (at + 1) & (d->slot_count - 1)) {
        Entry* e = &d->entries[d->slots[at] - 1];
        if ((++seen & 7) == 0 && !c.burn(1)) return false;
        if (e->hash != h) continue;
        if (!equal(c, e->key, key, &same)) return false;
        if (same) return *out = e, true;
    }
    return true;
}

bool same_lists(Context& c, const List* a, const List* b, bool* out) {
    *out = false;
    if (a->count != b->count) return true;
    for (uint32_t i = 0; i < a->count; ++i) {
        if (!equal(c, a->items[i], b->items[i], out)) return false;
        if (!*out) return true;
    }
    *out = true;
    return true;
}

bool same_dicts(Context& c, const Dict* a, const Dict* b, bool* out) {
    *out = false;
    if (a->count != b->count) return true;
    for (uint32_t i = 0; i < a->count; ++i) {
        const Value* other;
        if (!dict_find(c, b, a->entries[i].key, &other)) return false;
        *out = false;
        if (!other) return true;
        if (!equal(c, a->entries[i].value, *other, out)) return false;
        if (!*out) return true;
    }
    *out = true;
    return true;
}

}  // namespace

bool make_list(Context& c, uint32_t count, List** out) {
    List* l = c.make<List>();
    if (!l || !(l->items = c.array<Value>(count))) return false;
    l->count = count;
    l->next = 0;
    const Value nothing = none();
    for (uint32_t i = 0; i < count; ++i) l->items[i] = nothing;
    *out = l;
    return true;
}

bool make_dict(Context& c, uint32_t capacity, Dict** out) {
    Dict* d = c.make<Dict>();
    if (!d || !(d->entries = c.array<Entry>(capacity))) return false;
    d->count = 0;
    d->capacity = capacity;
    d->slots = nullptr;
    d->slot_count = 0;
    *out = d;
    return true;
}

bool dict_set(Context& c, Dict* d, const Value& key, const Value& value) {
    uint32_t h;
    Entry* e;
    if (!hash(c, key, &h) || !find_entry(c, d, key, h, &e)) return false;
    if (e) {
        e->value = value;
        return true;
    }
    if (d->count == d->capacity) {
        const uint32_t capacity = d->capacity < 4 ? 4 : d->capacity * 2;
        Entry* more = c.array<Entry>(capacity);
        if (!more) return false;
        for (uint32_t i = 0; i < d->count; ++i) more[i] = d->entries[i];
        d->entries = more;
        d->capacity = capacity;
    }
    e = &d->entries[d->count++];
    e->key = key;
    e->value = value;
    e->hash = h;
    if (d->count > kSmallDict && d->count * 2 > d->slot_count)
        return index_dict(c, d, d->slot_count ? d->slot_count * 2 : 32);
    if (d->slots) {
        uint32_t at = h & (d->slot_count - 1);
        while (d->slots[at]) at = (at + 1) & (d->slot_count - 1);
        d->slots[at] = d->count;
    }
    return true;
}

bool dict_find(Context& c, const Dict* d, const Value& key, const Value** out) {
    uint32_t h;
    Entry* e;
    if (!hash(c, key, &h) || !find_entry(c, d, key, h, &e)) return false;
    *out = e ? &e->value : nullptr;
    return true;
}

const Value* dict_find_name(const Dict* d, Str name) {
    for (uint32_t i = 0; i < d->count; ++i)
        if (d->entries[i].key.string() && d->entries[i].key.str() == name) return &d->entries[i].value;
    return nullptr;
}

bool undefined_with(Context& c, Str message, Value* out) {
    UndefinedInfo* info = c.make<UndefinedInfo>();
    if (!info) return false;
    info->message = message;
    Value v;
    v.kind = Kind::kUndefined;
    v.info = info;
    *out = v;
    return true;
}

bool undefined_name(Context& c, Str name, Value* out) {
    Output o;
    return c.emit_to(&o, '\'') && c.emit_to(&o, name) && c.emit_to(&o, "' is undefined") &&
           undefined_with(c, Str(o.data, static_cast<size_t>(o.size)), out);
}

bool undefined_member(Context& c, const Value& object, const Value& name, Value* out) {
    Output o;
    const char* quote = name.string() ? "'" : "";
    const Str type = object.none() ? Str("None") : type_name(object);
    bool ok = c.emit_to(&o, quote) && c.emit_to(&o, type) && (object.none() || c.emit_to(&o, " object")) &&
              c.emit_to(&o, quote);
    ok = ok && c.emit_to(&o, name.string() ? " has no attribute " : " has no element ") && write_repr(c, &o, name);
    return ok && undefined_with(c, Str(o.data, static_cast<size_t>(o.size)), out);
}

bool undefined_error(Context& c, const Value& v) {
    return c.error(v.undefined() ? v.info->message : Str("a value is missing"));
}

Str type_name(const Value& v) {
    switch (v.kind) {
        case Kind::kUndefined: return "Undefined";
        case Kind::kNone: return "NoneType";
        case Kind::kBool: return "bool";
        case Kind::kInt: return "int";
        case Kind::kFloat: return "float";
        case Kind::kString: return v.tag ? "Markup" : "str";
        case Kind::kList: return "list";
        case Kind::kTuple: return "tuple";
        case Kind::kView: return v.tag == 0 ? "dict_items" : v.tag == 1 ? "dict_keys" : "dict_values";
        case Kind::kGenerator: return "generator";
        case Kind::kRange: return "range";
        case Kind::kDict: return "dict";
        case Kind::kNamespace: return "Namespace";
        case Kind::kFunction: return "function";
        case Kind::kMethod: return "builtin_function_or_method";
        case Kind::kMacro: return "Macro";
        case Kind::kLoop: return "LoopContext";
        case Kind::kCycler: return "Cycler";
        case Kind::kJoiner: return "Joiner";
        default: return "missing";
    }
}

bool truthy(const Value& v) {
    switch (v.kind) {
        case Kind::kMissing:
        case Kind::kUndefined:
        case Kind::kNone: return false;
        case Kind::kBool: return v.boolean;
        case Kind::kInt: return v.integer != 0;
        case Kind::kFloat: return v.number != 0;
        case Kind::kString: return v.size != 0;
        case Kind::kList:
        case Kind::kTuple:
        case Kind::kView:
        case Kind::kRange: return v.list->count != 0;
        case Kind::kDict: return v.dict->count != 0;
        default: return true;
    }
}

bool equal(Context& c, const Value& a, const Value& b, bool* out) {
    *out = false;
    if (a.numeric() && b.numeric()) {
        *out = a.integral() && b.integral() ? a.as_int() == b.as_int() : a.as_double() == b.as_double();
        return true;
    }
    if (a.string() && b.string()) {
        *out = a.str() == b.str();
        return c.burn(a.size / 64);
    }
    if (a.kind != b.kind) return true;
    if (a.none() || a.undefined()) return *out = true, true;
    const Level level(c);
    if (!level.ok) return false;
    switch (a.kind) {
        case Kind::kList:
        case Kind::kTuple:
        case Kind::kRange: return same_lists(c, a.list, b.list, out);
        case Kind::kDict: return same_dicts(c, a.dict, b.dict, out);
        case Kind::kFunction: *out = a.tag == b.tag; return true;
        case Kind::kMethod: *out = a.method == b.method; return true;
        default: *out = a.list == b.list; return true;
    }
}

bool order(Context& c, const Value& a, const Value& b, const char* op, int* out) {
    if (a.integral() && b.integral()) {
        *out = a.as_int() < b.as_int() ? -1 : a.as_int() > b.as_int();
        return true;
    }
    if (a.numeric() && b.numeric()) {
        const double x = a.as_double(), y = b.as_double();
        *out = x < y ? -1 : x > y ? 1 : x == y ? 0 : 2;
        return true;
    }
    if (a.string() && b.string()) {
        *out = compare(a.str(), b.str());
        return c.burn(a.size / 64);
    }
    if (a.undefined()) return undefined_error(c, a);
    if (b.undefined()) return undefined_error(c, b);
    if (a.kind == b.kind && (a.is(Kind::kList) || a.is(Kind::kTuple))) {
        const Level level(c);
        if (!level.ok) return false;
        for (uint32_t i = 0; i < a.list->count && i < b.list->count; ++i) {
            bool same;
            if (!equal(c, a.list->items[i], b.list->items[i], &same)) return false;
            if (!same) return order(c, a.list->items[i], b.list->items[i], op, out);
        }
        *out = a.list->count < b.list->count ? -1 : a.list->count > b.list->count;
        return true;
    }
    return c.error("'", op, "' not supported between instances of '", type_name(a), "' and '", type_name(b), "'");
}

bool contains(Context& c, const Value& container, const Value& item, bool* out) {
    *out = false;
    if (container.string()) {
        if (item.undefined()) return undefined_error(c, item);
        if (!item.string()) return c.error("'in <string>' requires string as left operand, not ", type_name(item));
        *out = find(container.str(), item.str()) != SIZE_MAX;
        return c.burn(1 + container.size / 16);
    }
    if (container.is(Kind::kDict)) {
        const Value* v;
        if (!dict_find(c, container.dict, item, &v)) return false;
        *out = v != nullptr;
        return true;
    }
    List* l;
    if (!container.listlike() && !container.undefined())
        return c.error("argument of type '", type_name(container), "' is not iterable");
    if (!iterate(c, container, &l) || !c.burn(l->count)) return false;
    for (uint32_t i = 0; i < l->count && !*out; ++i)
        if (!equal(c, l->items[i], item, out)) return false;
    return true;
}

bool length(Context& c, const Value& v, int64_t* out) {
    switch (v.kind) {
        case Kind::kUndefined: *out = 0; return true;
        case Kind::kString: *out = static_cast<int64_t>(count_chars(v.str())); return c.burn(v.size / 16);
        case Kind::kList:
        case Kind::kTuple:
        case Kind::kView:
        case Kind::kRange: *out = v.list->count; return true;
        case Kind::kDict: *out = v.dict->count; return true;
        case Kind::kLoop: *out = v.loop->items->count; return true;
        default: return c.error("object of type '", type_name(v), "' has no len()");
    }
}

bool iterate(Context& c, const Value& v, List** out) {
    switch (v.kind) {
        case Kind::kUndefined: return make_list(c, 0, out);
        case Kind::kList:
        case Kind::kTuple:
        case Kind::kView:
        case Kind::kRange: *out = v.list; return true;
        case Kind::kGenerator: {
            List* l = c.make<List>();
            if (!l) return false;
            l->items = v.list->items + v.list->next;
            l->count = v.list->count - v.list->next;
            l->next = 0;
            v.list->next = v.list->count;
            *out = l;
            return true;
        }
        case Kind::kDict:
            if (!make_list(c, v.dict->count, out)) return false;
            for (uint32_t i = 0; i < v.dict->count; ++i) (*out)->items[i] = v.dict->entries[i].key;
            return true;
        case Kind::kString: {
            const Str s = v.str();
            if (!make_list(c, static_cast<uint32_t>(count_chars(s)), out)) return false;
            uint32_t n = 0;
            for (size_t i = 0; i < s.size; i += utf8_size(s.data[i])) {
                (*out)->items[n++] = string(Str(s.data + i, utf8_size(s.data[i])));
            }
            return c.burn(n / 4);
        }
        default: return c.error("'", type_name(v), "' object is not iterable");
    }
}

bool concat(Context& c, Str a, Str b, Value* out) {
    char* p = c.text(a.size + b.size);
    if (!p) return false;
    if (a.size) memcpy(p, a.data, a.size);
    if (b.size) memcpy(p + a.size, b.data, b.size);
    *out = string(Str(p, a.size + b.size));
    return true;
}

bool copy_text(Context& c, Str s, Value* out) { return concat(c, s, Str(), out); }

}  // namespace thimble::jinja
