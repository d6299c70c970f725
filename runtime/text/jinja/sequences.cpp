// SPDX-License-Identifier: MIT
// Filters over sequences. What is lazy in jinja2 is computed at once here, but its result can be walked only once, too.
#include "runtime/text/jinja/filters.h"
#include "runtime/text/number.h"

namespace thimble::jinja {
namespace {

// item.a.b: as jinja2's attribute getter, each part a subscript; digits are an index.
bool get_path(Context& c, const Value& item, const Value& path, Value* out) {
    *out = item;
    if (path.missing() || path.none()) return true;
    if (path.integral()) return subscript(c, item, path, out);
    if (!path.string()) return c.error("an attribute must be named by a string");
    Str rest = path.str();
    for (;;) {
        const size_t dot = find(rest, ".");
        const Str part(rest.data, dot == SIZE_MAX ? rest.size : dot);
        const Value self = *out;
        int64_t index;
        if (part.size && part.data[0] >= '0' && part.data[0] <= '9' && parse_int(part, &index)) {
            if (!subscript(c, self, integer(index), out)) return false;
        } else if (!subscript(c, self, string(part), out)) {
            return false;
        }
        if (dot == SIZE_MAX) return true;
        rest = Str(rest.data + dot + 1, rest.size - dot - 1);
    }
}

// What an item is sorted or compared by: a path of it, in small letters unless case matters; "a,b" gives both.
bool sort_key(Context& c, const Value& item, const Value& path, bool keep_case, Value* out) {
    if (path.string() && find(path.str(), ",") != SIZE_MAX) {
        Values keys;
        Str rest = path.str();
        for (;;) {
            const size_t comma = find(rest, ",");
            Value key;
            if (!sort_key(c, item, string(Str(rest.data, comma == SIZE_MAX ? rest.size : comma)), keep_case, &key) ||
                !keys.add(c, key))
                return false;
            if (comma == SIZE_MAX) return keys.list(c, Kind::kList, out);
            rest = Str(rest.data + comma + 1, rest.size - comma - 1);
        }
    }
    if (!get_path(c, item, path, out)) return false;
    const Value key = *out;
    return keep_case || !key.string() || change_case(c, key, Casing::kLower, out);
}

// A stable merge sort of items by keys; descending keeps the order of equals, as Python's reverse=True.
bool sort_by(Context& c, Value* items, Value* keys, uint32_t n, bool descending) {
    Value* spare = c.array<Value>(n);
    Value* spare_keys = c.array<Value>(n);
    if (!spare || !spare_keys) return false;
    for (uint64_t width = 1; width < n; width *= 2) {
        for (uint64_t from = 0; from < n; from += 2 * width) {
            const uint64_t mid = from + width < n ? from + width : n, end = from + 2 * width < n ? from + 2 * width : n;
            uint64_t a = from, b = mid;
            for (uint64_t k = from; k < end; ++k) {
                bool right = a == mid;
                if (!right && b < end) {
                    int way;
                    if (!order(c, keys[b], keys[a], "<", &way) || !c.burn(1)) return false;
                    right = descending ? way == 1 : way == -1;
                }
                const uint64_t pick = right ? b++ : a++;
                spare[k] = items[pick];
                spare_keys[k] = keys[pick];
            }
        }
        for (uint32_t i = 0; i < n; ++i) items[i] = spare[i], keys[i] = spare_keys[i];
        if (!c.burn(n / 4)) return false;
    }
    return true;
}

bool sorted_copy(Context& c, const List* from, const Value& path, bool keep_case, bool descending, List** out,
                 Value** keys) {
    *keys = c.array<Value>(from->count);
    if (!*keys || !make_list(c, from->count, out)) return false;
    for (uint32_t i = 0; i < from->count; ++i) {
        (*out)->items[i] = from->items[i];
        if (!sort_key(c, from->items[i], path, keep_case, &(*keys)[i])) return false;
    }
    return sort_by(c, (*out)->items, *keys, from->count, descending);
}

// select and its relatives: (test, arguments...) after `skip` leading arguments.
bool choose(Context& c, const Value& v, const Args& args, bool by_attribute, bool keep, Value* out) {
    List* items;
    const uint32_t skip = by_attribute ? 1 : 0;
    if (by_attribute && args.count == 0) return c.error("Missing parameter for attribute name");
    Args rest = args;
    rest.items += skip, rest.count -= skip;
    Str test;
    if (rest.count) {
        if (!to_text(c, rest.items[0], &test)) return false;
        ++rest.items, --rest.count;
        if (!has_test(test)) return c.error("No test named '", test, "'.");
    }
    Values kept;
    if (v.undefined() || truthy(v)) {  // jinja2 does not even look at what is empty, None included
        if (!iterate(c, v, &items)) return false;
        for (uint32_t i = 0; i < items->count; ++i) {
            Value subject = items->items[i];
            bool yes;
            if (by_attribute && !get_path(c, items->items[i], args.items[0], &subject)) return false;
            if (test.size == 0)
                yes = truthy(subject);
            else if (!apply_test(c, test, subject, rest, &yes))
                return false;
            if (!c.burn(1) || (yes == keep && !kept.add(c, items->items[i]))) return false;
        }
    }
    return kept.list(c, Kind::kGenerator, out);
}

bool extreme(Context& c, const Value& v, const Args& args, int want, Value* out) {
    Value a[2], best, item_key;
    List* items;
    if (!bind_args(c, args, want < 0 ? "min" : "max", "case_sensitive,attribute", 0, a) || !iterate(c, v, &items))
        return false;
    if (items->count == 0) return undefined_with(c, "No aggregated item, sequence was empty.", out);
    uint32_t at = 0;
    for (uint32_t i = 0; i < items->count; ++i) {
        int way = 0;
        if (!c.burn(1) || !sort_key(c, items->items[i], a[1], truthy(a[0]), &item_key)) return false;
        if (i && !order(c, item_key, best, want < 0 ? "<" : ">", &way)) return false;
        if (i == 0 || way == want) best = item_key, at = i;
    }
    *out = items->items[at];
    return true;
}

}  // namespace

bool filter_join(Context& c, const Value& v, const Args& args, Value* out) {
    Value a[2];
    List* items;
    Str separator("");
    if (!bind_args(c, args, "join", "d,attribute", 0, a) || !iterate(c, v, &items) ||
        (!a[0].missing() && !to_text(c, a[0], &separator)))
        return false;
    Output o;
    for (uint32_t i = 0; i < items->count; ++i) {
        Value item;
        if (!get_path(c, items->items[i], a[1], &item) || (i && !c.emit_to(&o, separator)) || !write_str(c, &o, item))
            return false;
    }
    return finish(c, o, out);
}

bool filter_items(Context& c, const Value& v, const Args& args, Value* out) {
    Values pairs;
    if (!bind_args(c, args, "items", "", 0, nullptr)) return false;
    if (!v.is(Kind::kDict) && !v.undefined()) return c.error("Can only get item pairs from a mapping.");
    for (uint32_t i = 0; !v.undefined() && i < v.dict->count; ++i) {
        Value pair;
        if (!make_pair(c, v.dict->entries[i].key, v.dict->entries[i].value, &pair) || !pairs.add(c, pair)) return false;
    }
    return pairs.list(c, Kind::kGenerator, out);
}

bool filter_list(Context& c, const Value& v, const Args& args, Value* out) {
    List* items;
    if (!bind_args(c, args, "list", "", 0, nullptr) || !iterate(c, v, &items)) return false;
    *out = listlike(Kind::kList, items);
    return true;
}

bool filter_dictsort(Context& c, const Value& v, const Args& args, Value* out) {
    Value a[3], pair;
    Values pairs;
    if (!bind_args(c, args, "dictsort", "case_sensitive,by,reverse", 0, a)) return false;
    if (v.undefined()) return undefined_error(c, v);
    if (!v.is(Kind::kDict)) return c.error("'", type_name(v), "' object has no attribute 'items'");
    const bool by_value = a[1].string() && a[1].str() == Str("value");
    if (!by_value && !a[1].missing() && !(a[1].string() && a[1].str() == Str("key")))
        return c.error("You can only sort by either \"key\" or \"value\"");
    for (uint32_t i = 0; i < v.dict->count; ++i)
        if (!make_pair(c, v.dict->entries[i].key, v.dict->entries[i].value, &pair) || !pairs.add(c, pair)) return false;
    List* sorted;
    Value* keys;
    if (!pairs.list(c, Kind::kList, &pair) ||
        !sorted_copy(c, pair.list, integer(by_value), truthy(a[0]), truthy(a[2]), &sorted, &keys))
        return false;
    *out = listlike(Kind::kList, sorted);
    return true;
}

bool filter_map(Context& c, const Value& v, const Args& args, Value* out) {
    Value attribute_name, fallback;
    Str filter;
    Args rest;
    List* items;
    Values results;
    if (args.count) {
        if (!to_text(c, args.items[0], &filter)) return false;
        if (!has_filter(filter)) return c.error("No filter named '", filter, "'.");
        rest = args;
        ++rest.items, --rest.count;
    } else {
        for (uint32_t i = 0; i < args.named; ++i) {
            if (args.names[i] == Str("attribute"))
                attribute_name = args.values[i];
            else if (args.names[i] == Str("default"))
                fallback = args.values[i];
            else
                return c.error("Unexpected keyword argument '", args.names[i], "'");
        }
        if (attribute_name.missing()) return c.error("map requires a filter argument");
    }
    if (v.undefined() || truthy(v)) {
        if (!iterate(c, v, &items)) return false;
        for (uint32_t i = 0; i < items->count; ++i) {
            Value r;
            if (args.count ? !apply_filter(c, filter, items->items[i], rest, &r)
                           : !get_path(c, items->items[i], attribute_name, &r))
                return false;
            if (!args.count && r.undefined() && !fallback.missing()) r = fallback;
            if (!c.burn(1) || !results.add(c, r)) return false;
        }
    }
    return results.list(c, Kind::kGenerator, out);
}

bool filter_select(Context& c, const Value& v, const Args& args, Value* out) {
    return choose(c, v, args, false, true, out);
}
bool filter_selectattr(Context& c, const Value& v, const Args& args, Value* out) {
    return choose(c, v, args, true, true, out);
}
bool filter_reject(Context& c, const Value& v, const Args& args, Value* out) {
    return choose(c, v, args, false, false, out);
}
bool filter_rejectattr(Context& c, const Value& v, const Args& args, Value* out) {
    return choose(c, v, args, true, false, out);
}

bool filter_first(Context& c, const Value& v, const Args& args, Value* out) {
    List* items;
    if (!bind_args(c, args, "first", "", 0, nullptr)) return false;
    if (v.is(Kind::kGenerator)) {
        if (v.list->next < v.list->count) return *out = v.list->items[v.list->next++], true;
        return undefined_with(c, "No first item, sequence was empty.", out);
    }
    if (v.string() && v.size) return subscript(c, v, integer(0), out) && (out->tag = 0, true);
    if (!iterate(c, v, &items)) return false;
    if (items->count == 0) return undefined_with(c, "No first item, sequence was empty.", out);
    *out = items->items[0];
    return true;
}

bool filter_last(Context& c, const Value& v, const Args& args, Value* out) {
    List* items;
    if (!bind_args(c, args, "last", "", 0, nullptr)) return false;
    if (v.is(Kind::kGenerator)) return c.error("'generator' object is not reversible");
    if (v.string() && v.size) return subscript(c, v, integer(-1), out) && (out->tag = 0, true);
    if (!iterate(c, v, &items)) return false;
    if (items->count == 0) return undefined_with(c, "No last item, sequence was empty.", out);
    *out = items->items[items->count - 1];
    return true;
}

bool filter_sort(Context& c, const Value& v, const Args& args, Value* out) {
    Value a[3];
    List *items, *sorted;
    Value* keys;
    if (!bind_args(c, args, "sort", "reverse,case_sensitive,attribute", 0, a) || !iterate(c, v, &items) ||
        !sorted_copy(c, items, a[2], truthy(a[1]), truthy(a[0]), &sorted, &keys))
        return false;
    *out = listlike(Kind::kList, sorted);
    return true;
}

bool filter_min(Context& c, const Value& v, const Args& args, Value* out) { return extreme(c, v, args, -1, out); }
bool filter_max(Context& c, const Value& v, const Args& args, Value* out) { return extreme(c, v, args, 1, out); }

bool filter_sum(Context& c, const Value& v, const Args& args, Value* out) {
    Value a[2];
    List* items;
    if (!bind_args(c, args, "sum", "attribute,start", 0, a) || !iterate(c, v, &items)) return false;
    Value total = a[1].missing() ? integer(0) : a[1];
    for (uint32_t i = 0; i < items->count; ++i) {
        Value item, next;
        if (!get_path(c, items->items[i], a[0], &item) || !binary(c, '+', total, item, &next)) return false;
        total = next;
    }
    *out = total;
    return c.burn(items->count);
}

bool filter_unique(Context& c, const Value& v, const Args& args, Value* out) {
    Value a[2];
    List* items;
    Dict* seen;
    Values kept;
    if (!bind_args(c, args, "unique", "case_sensitive,attribute", 0, a) || !iterate(c, v, &items) ||
        !make_dict(c, 8, &seen))
        return false;
    for (uint32_t i = 0; i < items->count; ++i) {
        Value key;
        const Value* found;
        if (!sort_key(c, items->items[i], a[1], truthy(a[0]), &key) || !dict_find(c, seen, key, &found) || !c.burn(1))
            return false;
        if (!found && (!dict_set(c, seen, key, none()) || !kept.add(c, items->items[i]))) return false;
    }
    return kept.list(c, Kind::kGenerator, out);
}

bool filter_reverse(Context& c, const Value& v, const Args& args, Value* out) {
    List *items, *l;
    if (!bind_args(c, args, "reverse", "", 0, nullptr) || !iterate(c, v, &items)) return false;
    if (v.string()) {
        Output o;
        for (uint32_t i = items->count; i-- > 0;)
            if (!c.emit_to(&o, items->items[i].str())) return false;
        return finish(c, o, out);
    }
    if (!make_list(c, items->count, &l)) return false;
    for (uint32_t i = 0; i < items->count; ++i) l->items[i] = items->items[items->count - 1 - i];
    *out = listlike(v.is(Kind::kGenerator) || v.undefined() ? Kind::kList : Kind::kGenerator, l);
    return true;
}

bool filter_batch(Context& c, const Value& v, const Args& args, Value* out) {
    Value a[2], one;
    List* items;
    Values rows;
    if (!bind_args(c, args, "batch", "linecount,fill_with", 1, a) || !iterate(c, v, &items)) return false;
    if (!a[0].integral() || a[0].as_int() < 1) return c.error("batch: the count must be a positive integer");
    const uint64_t n = static_cast<uint64_t>(a[0].as_int());
    for (uint64_t from = 0; from < items->count; from += n) {
        Values row;
        for (uint64_t i = from; i < from + n; ++i) {
            if (i >= items->count && (a[1].missing() || a[1].none())) break;
            if (!row.add(c, i < items->count ? items->items[i] : a[1]) || !c.burn(1)) return false;
        }
        if (!row.list(c, Kind::kList, &one) || !rows.add(c, one)) return false;
    }
    return rows.list(c, Kind::kGenerator, out);
}

bool filter_slice(Context& c, const Value& v, const Args& args, Value* out) {
    Value a[2], one;
    List* items;
    Values rows;
    if (!bind_args(c, args, "slice", "slices,fill_with", 1, a) || !iterate(c, v, &items)) return false;
    if (!a[0].integral() || a[0].as_int() < 1) return c.error("slice: the count must be a positive integer");
    const uint64_t n = static_cast<uint64_t>(a[0].as_int()), each = items->count / n, longer = items->count % n;
    uint64_t at = 0;
    for (uint64_t k = 0; k < n; ++k) {
        Values row;
        const uint64_t size = each + (k < longer);
        for (uint64_t i = 0; i < size; ++i)
            if (!row.add(c, items->items[at++])) return false;
        if (!a[1].missing() && !a[1].none() && k >= longer && longer != 0 && !row.add(c, a[1])) return false;
        if (!c.burn(1 + size) || !row.list(c, Kind::kList, &one) || !rows.add(c, one)) return false;
    }
    return rows.list(c, Kind::kGenerator, out);
}

bool filter_groupby(Context& c, const Value& v, const Args& args, Value* out) {
    Value a[3];
    List *items, *sorted;
    Value* keys;
    Values groups;
    if (!bind_args(c, args, "groupby", "attribute,default,case_sensitive", 1, a) || !iterate(c, v, &items) ||
        !sorted_copy(c, items, a[0], truthy(a[2]), false, &sorted, &keys))
        return false;
    for (uint32_t i = 0; i < sorted->count;) {
        Values members;
        Value key, list, group;
        if (!get_path(c, sorted->items[i], a[0], &key)) return false;
        const uint32_t first = i;
        for (bool same = true; i < sorted->count; ++i) {
            if (!equal(c, keys[first], keys[i], &same) || !c.burn(1)) return false;
            if (!same) break;
            if (!members.add(c, sorted->items[i])) return false;
        }
        if (!members.list(c, Kind::kList, &list) || !make_pair(c, key, list, &group)) return false;
        group.tag = 1;
        if (!groups.add(c, group)) return false;
    }
    return groups.list(c, Kind::kList, out);
}

}  // namespace thimble::jinja
