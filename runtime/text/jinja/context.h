// SPDX-License-Identifier: MIT
// What one rendering works with: the arena, the bounds, the place in the source, the output, the scopes. Every fallible
// function of the interpreter returns false (or nullptr) after the error was recorded here.
#pragma once
#include "platform/arena.h"
#include "runtime/text/jinja/jinja.h"
#include "runtime/text/jinja/value.h"

namespace thimble::jinja {

struct Node;

// A name, interned: equal names are one pointer.
struct Symbol {
    Str name;
    Symbol* next;
};
struct Binding {
    const Symbol* name;
    Value value;
    Binding* next;
};
struct Scope {
    Binding* first = nullptr;
    Scope* parent = nullptr;
};
// A macro with the scope that it closes over; also the body of a call block.
struct Macro {
    const Node* node;
    Scope* scope;
};
struct Loop {
    const Node* node;  // the for statement, for loop(...) of a recursive loop
    Scope* scope;
    List* items;
    uint32_t index;  // of the current item
    uint32_t depth;
    Value last_changed;
};

// Text under construction. The outermost one is the caller's buffer, which does not grow: what does not fit is counted.
struct Output {
    char* data = nullptr;
    uint64_t capacity = 0, size = 0;
    bool fixed = false;
};

class Context {
  public:
    Context(Str source, int64_t time, void* scratch, size_t scratch_size, Error* error)
        : arena(scratch, scratch_size), now(time), source_(source), err_(error) {}

    Arena arena;
    int64_t now;
    uint32_t at = 0;  // offset in the source of what is being evaluated
    unsigned depth = 0;
    Output* out = nullptr;
    Scope* scope = nullptr;
    Status status = kOk;
    uint64_t kept = 0;  // counts what outlives an iteration: assignments to namespaces

    // Records an error at a place in the source; false, for `return c.error(...)`. The first error stays.
    template <class... Parts>
    bool error_at(size_t offset, const Parts&... parts) {
        const Part list[] = {Part(parts)...};
        return report(offset, list, sizeof...(parts));
    }
    template <class... Parts>
    bool error(const Parts&... parts) {
        const Part list[] = {Part(parts)...};
        return report(at, list, sizeof...(parts));
    }
    bool no_memory();

    bool burn(uint64_t steps) {
        if (steps > fuel_) return out_of_fuel();
        fuel_ -= steps;
        return true;
    }
    bool enter(unsigned levels) {
        return (depth += levels) <= kTemplateDepth || too_deep();
    }  // pair with leave(), also after false
    void leave(unsigned levels) { depth -= levels; }

    // Uninitialised text; the fuel is charged. nullptr on error.
    char* text(uint64_t size) { return static_cast<char*>(allocate(size, 1, 1, 1 + size / 32)); }
    template <class T>
    T* array(uint64_t n) {
        return static_cast<T*>(allocate(n, sizeof(T), alignof(T), 1 + n / 8));
    }
    template <class T>
    T* make() {
        T* p = array<T>(1);
        return p ? new (p) T() : nullptr;
    }
    const Symbol* intern(Str name);

    bool emit(Str s) { return emit_to(out, s); }
    bool emit_to(Output* o, Str s);
    bool emit_to(Output* o, char c) { return emit_to(o, Str(&c, 1)); }

    bool bind(const Symbol* name, const Value& v);  // in the innermost scope
    bool lookup(const Symbol* name, Value* found);  // false, without an error, when there is none

  private:
    // A piece of a message: text (data, size), a string that ends with NUL (data alone), a character or a number.
    struct Part {
        const char* data = nullptr;
        size_t size = SIZE_MAX;
        int64_t number = 0;
        char letter = 0;
        Part(Str s) : data(s.data), size(s.size) {}
        Part(const char* z) : data(z) {}
        Part(char c) : letter(c) {}
        Part(int64_t v) : number(v) {}
        Part(uint64_t v) : number(static_cast<int64_t>(v)) {}
        Part(uint32_t v) : number(v) {}
    };
    [[gnu::noinline]] void* allocate(uint64_t count, size_t size, size_t alignment, uint64_t steps);
    [[gnu::noinline, gnu::cold]] bool report(size_t offset, const Part* parts, size_t count);
    bool out_of_fuel();
    bool too_deep();

    static constexpr unsigned kBuckets = 64;
    Str source_;
    Error* err_;
    uint64_t fuel_ = kTemplateFuel;
    Symbol* symbols_[kBuckets] = {};
};

// Counts a level of evaluation for as long as it lives; a call counts for more, as it takes more of the stack.
constexpr unsigned kCallLevels = 4;
struct Level {
    explicit Level(Context& c, unsigned levels = 1) : c_(c), levels_(levels), ok(c.enter(levels) && c.burn(1)) {}
    ~Level() { c_.leave(levels_); }
    Context& c_;
    const unsigned levels_;
    const bool ok;
};

// ---- values.cpp: making and looking into values
bool make_list(Context& c, uint32_t count, List** out);  // room for `count` items, all none
bool make_dict(Context& c, uint32_t capacity, Dict** out);
bool dict_set(Context& c, Dict* d, const Value& key, const Value& value);        // key must be hashable
bool dict_find(Context& c, const Dict* d, const Value& key, const Value** out);  // *out nullptr: not there
const Value* dict_find_name(const Dict* d, Str name);
bool undefined_name(Context& c, Str name, Value* out);
bool undefined_member(Context& c, const Value& object, const Value& name, Value* out);
bool undefined_with(Context& c, Str message, Value* out);
bool undefined_error(Context& c, const Value& v);  // records what using `v` raises
Str type_name(const Value& v);                     // "str", "dict", ...
bool truthy(const Value& v);
bool equal(Context& c, const Value& a, const Value& b, bool* out);
bool order(Context& c, const Value& a, const Value& b, const char* op, int* out);  // -1, 0, 1; 2: unordered (nan)
bool contains(Context& c, const Value& container, const Value& item, bool* out);
bool length(Context& c, const Value& v, int64_t* out);
// All items: of a list, the keys of a dict, the characters of a string. A generator is used up.
bool iterate(Context& c, const Value& v, List** out);
bool concat(Context& c, Str a, Str b, Value* out);
bool copy_text(Context& c, Str s, Value* out);

// ---- text.cpp: values as text
bool write_str(Context& c, Output* o, const Value& v);
bool write_repr(Context& c, Output* o, const Value& v);
bool to_text(Context& c, const Value& v, Str* out);    // str(v)
bool finish(Context& c, const Output& o, Value* out);  // an output as a string value
struct JsonStyle {
    bool ascii = false, sorted = false, pretty = false;
    Str indent, item_separator = ", ", key_separator = ": ";
};
bool write_json(Context& c, Output* o, const Value& v, const JsonStyle& style, unsigned level);
bool escape_html(Context& c, const Value& v, Value* out);

// ---- format.cpp
bool format_percent(Context& c, const Value& format, const Value& args, Value* out);
struct Args;
bool format_braces(Context& c, Str format, const Args& args, Value* out);
bool format_time(Context& c, Str format, Value* out);

// ---- operators.cpp
bool binary(Context& c, uint16_t op, const Value& a, const Value& b, Value* out);
bool negate(Context& c, const Value& a, bool minus, Value* out);
bool subscript(Context& c, const Value& object, const Value& key, Value* out);
bool attribute(Context& c, const Value& object, Str name, Value* out);
bool slice(Context& c, const Value& object, const Value& start, const Value& stop, const Value& step, Value* out);

// ---- calls
struct Args {
    Value* items = nullptr;
    uint32_t count = 0;
    Str* names = nullptr;  // of the keyword arguments
    Value* values = nullptr;
    uint32_t named = 0;
};
// Puts arguments into out[], one for each name of the comma-separated list; what is not given stays kMissing. The first
// `required` must be there. `what` names the callee in the error.
bool bind_args(Context& c, const Args& args, Str what, const char* names, uint32_t required, Value* out);
bool has_method(const Value& self, Str name);
bool call_method(Context& c, const Value& self, Str name, const Args& args, Value* out);
bool call_value(Context& c, const Value& callee, const Args& args, Value* out);
bool call_macro(Context& c, const Macro* macro, const Args& args, Value* out);
bool apply_filter(Context& c, Str name, const Value& subject, const Args& args, Value* out);
bool apply_test(Context& c, Str name, const Value& subject, const Args& args, bool* out);
bool has_filter(Str name);
bool has_test(Str name);
Value global_function(Str name);  // kMissing when there is none

}  // namespace thimble::jinja
