// SPDX-License-Identifier: MIT
#include "runtime/text/jinja/jinja.h"

#include <initializer_list>

#include "runtime/text/jinja/eval.h"
#include "runtime/text/json.h"
#include "runtime/text/utf8_checked.h"

namespace thimble {
namespace jinja {
namespace {

// JSON nests at most kJsonDepth deep.
bool from_json(Context& c, const JsonValue* j, Value* out) {
    switch (j->kind) {
        case Json::kNull: *out = none(); return true;
        case Json::kBool: *out = boolean(j->boolean); return true;
        case Json::kInt: *out = integer(j->integer); return true;
        case Json::kFloat: *out = number(j->number); return true;
        case Json::kString: *out = string(j->string); return true;
        case Json::kArray: {
            List* l;
            uint32_t n = 0;
            if (!make_list(c, j->count, &l)) return false;
            for (const JsonValue* i = j->first; i; i = i->next)
                if (!from_json(c, i, &l->items[n++])) return false;
            *out = listlike(Kind::kList, l);
            return true;
        }
        default: {
            Dict* d;
            if (!make_dict(c, j->count, &d)) return false;
            for (const JsonValue* i = j->first; i; i = i->next) {
                Value v;
                if (!from_json(c, i, &v) || !dict_set(c, d, string(i->key), v)) return false;
            }
            *out = mapping(d);
            return true;
        }
    }
}

bool set_variables(Context& c, Str json, Error* err) {
    JsonValue* root;
    const Status s = json_parse(json, c.arena, &root, err);
    if (s != kOk) return c.status = s, false;
    if (root->kind != Json::kObject)
        return c.status = fail(err, kFormat, "the variables of a template must be a JSON object"), false;
    for (const JsonValue* i = root->first; i; i = i->next) {
        Value v;
        if (!from_json(c, i, &v)) return false;
        const Symbol* name = c.intern(i->key);
        if (!name || !c.bind(name, v)) return false;
    }
    return true;
}

// The source with line ends "\n" and without the last one, as jinja2 reads it.
bool normalize(Context& c, Str* source) {
    if (memchr(source->data ? source->data : "", '\r', source->size)) {
        char* to = c.text(source->size);
        if (!to) return false;
        size_t n = 0;
        for (size_t i = 0; i < source->size; ++i) {
            const char ch = source->data[i];
            if (ch == '\r' && i + 1 < source->size && source->data[i + 1] == '\n') continue;
            to[n++] = ch == '\r' ? '\n' : ch;
        }
        *source = Str(to, n);
    }
    if (source->ends_with("\n")) --source->size;
    return true;
}

}  // namespace

static bool render(Context& c, Str source, Str json, Output* out, Error* err) {
    Scope globals;
    Node* first;
    const size_t bad = utf8_check(source);
    if (bad != source.size) return c.error_at(bad, "not valid UTF-8");
    c.scope = &globals;
    c.out = out;
    for (const char* name : {"loop", "varargs", "kwargs", "caller"})  // before any loop gives memory back
        if (!c.intern(name)) return false;
    if (!set_variables(c, json, err) || !normalize(c, &source) || !parse(c, source, &first)) return false;
    return run(c, first) != Flow::kFail;
}

}  // namespace jinja

size_t template_scratch(size_t source_size, size_t json_size) {
    const uint64_t want = (8u << 20) + uint64_t{source_size} * 48 + uint64_t{json_size} * 64;
    return want > (uint64_t{1} << 30) ? size_t{1} << 30 : static_cast<size_t>(want);
}

Status render_template(Str source, Str json, int64_t now, void* scratch, size_t scratch_size, char* out,
                       size_t capacity, size_t* n, Error* err) {
    *n = 0;
    if (!scratch || (!out && capacity))
        return fail(err, kArgument, "a template needs scratch memory and an output buffer");
    if (source.size > kTemplateSource)
        return fail(err, kFormat, "a template of ", source.size, " bytes; at most ", kTemplateSource, " are read");
    if (json.size > kTemplateVariables)
        return fail(err, kFormat, "template variables of ", json.size, " bytes; at most ", kTemplateVariables,
                    " are read");
    jinja::Context c(source, now, scratch, scratch_size, err);
    jinja::Output o;
    o.data = out;
    o.capacity = capacity;
    o.fixed = true;
    if (!jinja::render(c, source, json, &o, err)) return c.status == kOk ? kFormat : c.status;
    *n = static_cast<size_t>(o.size);
    if (o.size > capacity)
        return fail(err, kOutput, "the text of the template takes ", o.size, " bytes, the buffer has ", capacity);
    return kOk;
}

}  // namespace thimble
