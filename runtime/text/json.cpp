// SPDX-License-Identifier: MIT
#include "runtime/text/json.h"

#include "runtime/text/number.h"
#include "runtime/text/utf8_checked.h"

namespace thimble {
namespace {

uint32_t hash_key(Str s) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < s.size; ++i) h = (h ^ static_cast<unsigned char>(s.data[i])) * 16777619u;
    return h;
}

struct Parser {
    Str text;
    Arena& arena;
    Error* err;
    size_t at = 0;
    Status status = kOk;

    bool refuse(const char* what) {
        size_t line = 1, start = 0;
        for (size_t i = 0; i < at && i < text.size; ++i)
            if (text.data[i] == '\n') ++line, start = i + 1;
        status = fail(err, kFormat, "JSON line ", line, ", column ", at - start + 1, ": ", what);
        return false;
    }
    bool no_memory() {
        status = fail(err, kMemory, "JSON of ", text.size, " bytes does not fit the scratch memory");
        return false;
    }
    char peek() const { return at < text.size ? text.data[at] : '\0'; }
    void skip_space() {
        while (at < text.size && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) ++at;
    }
    bool word(const char* z) {
        const Str w(z);
        if (!Str(text.data + at, text.size - at).starts_with(w)) return false;
        at += w.size;
        return true;
    }
    JsonValue* make() { return arena.dry() ? nullptr : new_value(); }
    JsonValue* new_value() {
        void* p = arena.bytes(sizeof(JsonValue), alignof(JsonValue));
        return p ? new (p) JsonValue() : nullptr;
    }

    bool hex4(uint32_t* out) {
        uint32_t v = 0;
        for (int i = 0; i < 4; ++i, ++at) {
            const char c = peek();
            const int d = c >= '0' && c <= '9'                 ? c - '0'
                          : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                               : -1;
            if (d < 0) return refuse("\\u takes four hexadecimal digits");
            v = v << 4 | static_cast<uint32_t>(d);
        }
        *out = v;
        return true;
    }
    bool unicode_escape(uint32_t* out) {
        if (!hex4(out)) return false;
        if (*out >= 0xd800 && *out < 0xdc00 && text.size - at >= 6 && text.data[at] == '\\' &&
            text.data[at + 1] == 'u') {
            const size_t back = at;
            uint32_t low;
            at += 2;
            if (!hex4(&low)) return false;
            if (low >= 0xdc00 && low < 0xe000)
                *out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
            else
                at = back;
        }
        if (*out >= 0xd800 && *out < 0xe000) *out = 0xfffd;
        return true;
    }
    // At the opening quote.
    bool string(Str* out) {
        const size_t start = ++at;
        bool escaped = false;
        for (;; ++at) {
            if (at >= text.size) return refuse("the string does not end");
            const unsigned char c = static_cast<unsigned char>(text.data[at]);
            if (c == '"') break;
            if (c < 0x20) return refuse("a control character in a string must be escaped");
            if (c == '\\') escaped = true, ++at;
        }
        const size_t end = at;
        *out = Str(text.data + start, end - start);
        if (escaped) {
            char* to =
                static_cast<char*>(arena.bytes(end - start, 1));  // an escape is never shorter than what it means
            if (!to) return no_memory();
            size_t n = 0;
            for (at = start; at < end;) {
                const char c = text.data[at++];
                if (c != '\\') {
                    to[n++] = c;
                    continue;
                }
                static const char kFrom[] = "\"\\/bfnrt", kTo[] = "\"\\/\b\f\n\r\t";
                const char e = text.data[at++];
                const char* found = e ? strchr(kFrom, e) : nullptr;
                uint32_t cp;
                if (found) {
                    to[n++] = kTo[found - kFrom];
                } else if (e == 'u') {
                    if (!unicode_escape(&cp)) return false;
                    n += utf8_encode(cp, to + n);
                } else {
                    --at;
                    return refuse("unknown escape in a string");
                }
            }
            *out = Str(to, n);
        }
        at = end + 1;
        return true;
    }
    bool number(JsonValue* v) {
        const size_t start = at;
        bool integer = true;
        const auto digits = [&] {
            const size_t from = at;
            while (peek() >= '0' && peek() <= '9') ++at;
            return at > from;
        };
        if (peek() == '-') ++at;
        const size_t first = at;
        if (!digits()) return refuse("a value is expected here");
        if (text.data[first] == '0' && at - first > 1) return at = first, refuse("a number has no leading zeros");
        if (peek() == '.') {
            integer = false, ++at;
            if (!digits()) return refuse("digits must follow the decimal point");
        }
        if ((peek() | 32) == 'e') {
            integer = false, ++at;
            if (peek() == '+' || peek() == '-') ++at;
            if (!digits()) return refuse("digits must follow the exponent sign");
        }
        const Str s(text.data + start, at - start);
        v->kind = Json::kInt;
        if (integer && parse_int(s, &v->integer)) return true;
        v->kind = Json::kFloat;
        return parse_double(s, &v->number) || refuse("a value is expected here");
    }
    bool scalar(JsonValue* v) {
        switch (peek()) {
            case '"': v->kind = Json::kString; return string(&v->string);
            case 't': v->kind = Json::kBool, v->boolean = true; return word("true") || refuse("'true' is meant?");
            case 'f': v->kind = Json::kBool, v->boolean = false; return word("false") || refuse("'false' is meant?");
            case 'n': return word("null") || refuse("'null' is meant?");
            case 'N':
                v->kind = Json::kFloat, v->number = __builtin_nan("");
                return word("NaN") || refuse("'NaN' is meant?");
            case 'I':
                v->kind = Json::kFloat, v->number = __builtin_inf();
                return word("Infinity") || refuse("'Infinity' is meant?");
            default: break;
        }
        if (word("-Infinity")) {
            v->kind = Json::kFloat, v->number = -__builtin_inf();
            return true;
        }
        return number(v);
    }
    // Removes members whose key comes again: the last value moves to the first place.
    bool unite_duplicates(JsonValue* object) {
        if (object->count < 2) return true;
        uint32_t slots = 4;
        while (slots < object->count * 2) slots *= 2;
        const uint64_t mark = arena.mark();
        JsonValue** table = arena.array<JsonValue*>(slots, alignof(JsonValue*));
        if (!table) return no_memory();
        memset(table, 0, slots * sizeof *table);
        JsonValue** link = &object->first;
        while (JsonValue* m = *link) {
            uint32_t i = hash_key(m->key) & (slots - 1);
            while (table[i] && !(table[i]->key == m->key)) i = (i + 1) & (slots - 1);
            if (JsonValue* seen = table[i]) {
                JsonValue* after = seen->next;
                *seen = *m;
                seen->next = after;
                *link = m->next;  // perhaps seen->next itself
                --object->count;
            } else {
                table[i] = m;
                link = &m->next;
            }
        }
        arena.release(mark);
        return true;
    }
    bool member_key(JsonValue* v) {
        skip_space();
        if (peek() != '"') return refuse("a key in double quotes is expected here");
        if (!string(&v->key)) return false;
        skip_space();
        if (peek() != ':') return refuse("':' is expected here");
        ++at;
        return true;
    }
    // No recursion: open containers wait on a stack of fixed size.
    bool document(JsonValue** out) {
        JsonValue* open[kJsonDepth];
        JsonValue** tail[kJsonDepth];
        unsigned depth = 0;
        for (;;) {
            JsonValue* v = make();
            if (!v) return no_memory();
            if (depth) {
                JsonValue* parent = open[depth - 1];
                if (parent->kind == Json::kObject && !member_key(v)) return false;
                *tail[depth - 1] = v;
                tail[depth - 1] = &v->next;
                ++parent->count;
            } else {
                *out = v;
            }
            skip_space();
            bool closed = true;
            if (peek() == '[' || peek() == '{') {
                v->kind = peek() == '[' ? Json::kArray : Json::kObject;
                v->first = nullptr;
                if (depth == kJsonDepth) return refuse("nested too deeply");
                open[depth] = v;
                tail[depth++] = &v->first;
                ++at;
                skip_space();
                closed = peek() == (v->kind == Json::kArray ? ']' : '}');  // empty
                if (!closed) continue;
            } else if (!scalar(v)) {
                return false;
            }
            for (;;) {  // after a value, or at the end of an empty container
                skip_space();
                if (depth == 0) break;
                JsonValue* parent = open[depth - 1];
                if (peek() == (parent->kind == Json::kArray ? ']' : '}')) {
                    ++at, --depth;
                    if (parent->kind == Json::kObject && !unite_duplicates(parent)) return false;
                    continue;
                }
                if (peek() != ',')
                    return refuse(parent->kind == Json::kArray ? "',' or ']' is expected here"
                                                               : "',' or '}' is expected here");
                ++at;
                break;
            }
            if (depth == 0) return at == text.size || refuse("there is more text after the value");
        }
    }
};

}  // namespace

Status json_parse(Str text, Arena& arena, JsonValue** out, Error* err) {
    *out = nullptr;
    Parser p{text, arena, err};
    const size_t bad = utf8_check(text);
    if (bad != text.size) {
        p.at = bad;
        p.refuse("not valid UTF-8");
        return p.status;
    }
    if (text.starts_with("\xef\xbb\xbf")) p.at = 3;
    return p.document(out) ? kOk : p.status;
}

const JsonValue* json_member(const JsonValue* object, Str key) {
    if (!object || object->kind != Json::kObject) return nullptr;
    for (const JsonValue* m = object->first; m; m = m->next)
        if (m->key == key) return m;
    return nullptr;
}

}  // namespace thimble
