// SPDX-License-Identifier: MIT
// A bounded JSON parser (RFC 8259, plus Python's NaN and Infinity). Values lie in the caller's arena; strings without an
// escape point into the text, which must outlive them.
#pragma once
#include "platform/arena.h"
#include "platform/status.h"

namespace thimble {

enum class Json : uint8_t { kNull, kBool, kInt, kFloat, kString, kArray, kObject };

constexpr unsigned kJsonDepth = 96;  // arrays and objects inside one another

// One value; the children of an array or object form a list in the order of the text. Of duplicate keys the last value
// counts, at the place of the first, as in Python.
struct JsonValue {
    Json kind = Json::kNull;
    uint32_t count = 0;  // children
    union {
        bool boolean;
        int64_t integer;
        double number;     // also integers that do not fit 64 bits
        JsonValue* first;  // of an array or object
    };
    Str string;                 // kString: valid UTF-8
    Str key;                    // of a member of an object
    JsonValue* next = nullptr;  // sibling
    JsonValue() : integer(0) {}
};

// Parses the whole text. kFormat with line and column when it is not JSON; kMemory when the arena is too small (about
// 24 bytes for each byte of text are always enough). A lone surrogate escape becomes U+FFFD. Thread-safe.
Status json_parse(Str text, Arena& arena, JsonValue** out, Error* err);

// The member of an object, or nullptr (also when `object` is nullptr or of another kind).
const JsonValue* json_member(const JsonValue* object, Str key);

}  // namespace thimble
