// SPDX-License-Identifier: MIT
// The values of the template language: Python's, as far as a sandboxed template can see them. All of them but the
// namespace are immutable; all lie in the arena and none is freed.
#pragma once
#include <cstddef>
#include <cstdint>

#include "platform/status.h"

namespace thimble::jinja {

enum class Kind : uint8_t {
    kMissing,    // no value at all: an argument that was not given
    kUndefined,  // `info` tells what was not found
    kNone,
    kBool,
    kInt,
    kFloat,
    kString,  // `text`, `size`; `tag` 1: marked safe (markupsafe.Markup)
    kList,
    kTuple,
    kView,       // dict.items(), keys(), values(): a length, but no index; `tag` says which
    kGenerator,  // what lazy filters give: can be walked once
    kRange,      // a list whose repr is range(...)
    kDict,
    kNamespace,
    kFunction,  // a global function, `tag` is its number
    kMethod,    // a method taken from a value, not called yet
    kMacro,
    kLoop,
    kCycler,
    kJoiner,
};

// Operators are coded by their characters: first | second << 8.
constexpr uint16_t op2(char a, char b) { return static_cast<uint16_t>(a | b << 8); }

struct Value;
struct Entry;
struct Macro;
struct Loop;

struct List {
    Value* items;
    uint32_t count;
    uint32_t next;  // of a generator: the first item not yet taken
};

// Insertion-ordered. Above kSmallDict entries a hash index (open addressing, entry number + 1) is kept.
constexpr uint32_t kSmallDict = 8;
struct Dict {
    Entry* entries;
    uint32_t count, capacity;
    uint32_t* slots;
    uint32_t slot_count;
};

struct UndefinedInfo;
struct BoundMethod;

struct Value {
    Kind kind = Kind::kMissing;
    uint8_t tag = 0;
    uint32_t size = 0;
    union {
        bool boolean;
        int64_t integer;
        double number;
        const char* text;
        List* list;
        Dict* dict;
        Macro* macro;
        Loop* loop;
        const UndefinedInfo* info;
        const BoundMethod* method;
    };
    Value() : integer(0) {}
    bool is(Kind k) const { return kind == k; }
    bool missing() const { return kind == Kind::kMissing; }
    bool undefined() const { return kind == Kind::kUndefined; }
    bool none() const { return kind == Kind::kNone; }
    bool string() const { return kind == Kind::kString; }
    bool integral() const { return kind == Kind::kInt || kind == Kind::kBool; }
    bool numeric() const { return integral() || kind == Kind::kFloat; }
    bool listlike() const { return kind >= Kind::kList && kind <= Kind::kRange; }
    bool sequence() const { return kind == Kind::kList || kind == Kind::kTuple || kind == Kind::kRange; }
    Str str() const { return Str(text, size); }
    int64_t as_int() const { return kind == Kind::kBool ? boolean : integer; }
    double as_double() const { return kind == Kind::kFloat ? number : static_cast<double>(as_int()); }
};

struct Entry {
    Value key, value;
    uint32_t hash;
};
struct UndefinedInfo {
    Str message;  // what an operation on it raises
};
struct BoundMethod {
    Value self;
    Str name;
};

inline Value none() {
    Value v;
    v.kind = Kind::kNone;
    return v;
}
inline Value boolean(bool b) {
    Value v;
    v.kind = Kind::kBool;
    v.boolean = b;
    return v;
}
inline Value integer(int64_t i) {
    Value v;
    v.kind = Kind::kInt;
    v.integer = i;
    return v;
}
inline Value number(double d) {
    Value v;
    v.kind = Kind::kFloat;
    v.number = d;
    return v;
}
inline Value string(Str s) {  // every string is below 4 GiB: scratch memory and sources are checked at the door
    Value v;
    v.kind = Kind::kString;
    v.size = static_cast<uint32_t>(s.size);
    v.text = s.data;
    return v;
}
inline Value listlike(Kind kind, List* l, uint8_t tag = 0) {
    Value v;
    v.kind = kind;
    v.tag = tag;
    v.list = l;
    return v;
}
inline Value mapping(Dict* d, Kind kind = Kind::kDict) {
    Value v;
    v.kind = kind;
    v.dict = d;
    return v;
}

}  // namespace thimble::jinja
