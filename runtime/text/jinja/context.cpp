// SPDX-License-Identifier: MIT
#include "runtime/text/jinja/context.h"

#include "runtime/text/utf8_checked.h"

namespace thimble::jinja {

bool Context::report(size_t offset, const Part* parts, size_t count) {
    if (status != kOk) return false;
    status = kFormat;
    char text[sizeof(Error::message)];
    TextBuilder b(text, sizeof text);
    for (const Part* p = parts; p < parts + count; ++p) {
        if (p->data)
            b.bytes(p->data, p->size == SIZE_MAX ? strlen(p->data) : p->size);
        else if (p->letter)
            b.add(p->letter);
        else if (p->size == SIZE_MAX)
            b.add(static_cast<long long>(p->number));
    }
    size_t line = 1, column = 1;
    for (size_t i = 0; i < offset && i < source_.size; ++i) {
        if (source_.data[i] == '\n')
            ++line, column = 1;
        else
            column += !utf8_is_tail(source_.data[i]);
    }
    fail(err_, kFormat, "template line ", line, ", column ", column, ": ", static_cast<const char*>(text));
    return false;
}

bool Context::no_memory() {
    if (status == kOk) {
        error("the scratch memory of ", static_cast<uint64_t>(arena.used()), " bytes is used up");
        status = kMemory;
        if (err_) err_->status = kMemory;
    }
    return false;
}

void* Context::allocate(uint64_t count, size_t size, size_t alignment, uint64_t steps) {
    uint64_t total;
    if (!burn(steps)) return nullptr;
    void* p = nullptr;
    if (checked_mul(count, size, &total) && total < UINT32_MAX / 2) p = arena.bytes(total ? total : 1, alignment);
    if (!p) no_memory();
    return p;
}

bool Context::out_of_fuel() {
    fuel_ = 0;
    return error("the template takes more than ", kTemplateFuel, " steps");
}

bool Context::too_deep() { return error("more than ", uint32_t{kTemplateDepth}, " levels of calls and blocks"); }

const Symbol* Context::intern(Str name) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < name.size; ++i) h = (h ^ static_cast<unsigned char>(name.data[i])) * 16777619u;
    Symbol** bucket = &symbols_[h % kBuckets];
    uint32_t seen = 0;
    for (Symbol* s = *bucket; s; s = s->next, ++seen)
        if (s->name == name) return s;
    if (!burn(1 + seen)) return nullptr;
    Symbol* s = make<Symbol>();
    if (!s) return nullptr;
    s->name = name;
    s->next = *bucket;
    return *bucket = s;
}

bool Context::emit_to(Output* o, Str s) {
    if (s.size == 0) return true;
    if (!burn(1 + s.size / 32)) return false;
    if (s.size > kTemplateOutput || o->size > kTemplateOutput - s.size)
        return error("more than ", kTemplateOutput, " bytes of text");
    if (o->fixed) {
        if (o->size < o->capacity) {
            const uint64_t room = o->capacity - o->size;
            memcpy(o->data + o->size, s.data, static_cast<size_t>(room < s.size ? room : s.size));
        }
        o->size += s.size;
        return true;
    }
    if (o->capacity - o->size < s.size) {
        uint64_t want = o->capacity * 2 > o->size + s.size ? o->capacity * 2 : o->size + s.size;
        if (want < 64) want = 64;
        char* more = nullptr;
        if (o->data) {  // nothing was allocated behind it: it grows where it lies
            const uint64_t mark = arena.mark();
            more = static_cast<char*>(arena.bytes(want - o->capacity, 1));
            if (more && more == o->data + o->capacity) {
                o->capacity = want;
                more = o->data;
            } else {
                arena.release(mark);
                more = nullptr;
            }
        }
        if (!more) {
            more = text(want);
            if (!more) return false;
            if (o->size) memcpy(more, o->data, static_cast<size_t>(o->size));
            o->data = more;
            o->capacity = want;
        }
    }
    memcpy(o->data + o->size, s.data, s.size);
    o->size += s.size;
    return true;
}

bool Context::bind(const Symbol* name, const Value& v) {
    uint32_t seen = 0;
    for (Binding* b = scope->first; b; b = b->next, ++seen)
        if (b->name == name) {
            b->value = v;
            return burn(1 + seen / 4);
        }
    if (!burn(1 + seen / 4)) return false;
    Binding* b = make<Binding>();
    if (!b) return false;
    b->name = name;
    b->value = v;
    b->next = scope->first;
    scope->first = b;
    return true;
}

bool Context::lookup(const Symbol* name, Value* found) {
    uint32_t seen = 0;
    for (const Scope* s = scope; s; s = s->parent)
        for (const Binding* b = s->first; b; b = b->next, ++seen)
            if (b->name == name) {
                *found = b->value;
                return burn(seen / 8);
            }
    burn(seen / 8);
    return false;
}

}  // namespace thimble::jinja
