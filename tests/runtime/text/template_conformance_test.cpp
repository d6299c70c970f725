// SPDX-License-Identifier: MIT
// Renders the templates of ../shared/chat with its cases and compares with what is expected there, byte for byte.
#include "runtime/text/json.h"
#include "tests/runtime/text/template_helper.h"

using namespace thimble;
using namespace template_test;

namespace {

struct Text {
    char* data = nullptr;
    size_t size = 0, capacity = 0;
    void add(Str s) {
        if (size + s.size + 1 > capacity) data = static_cast<char*>(realloc(data, capacity = (size + s.size) * 2 + 64));
        memcpy(data + size, s.data, s.size);
        data[size += s.size] = 0;
    }
};

void write_json(Text* t, const JsonValue* v);

void write_string(Text* t, Str s) {
    t->add("\"");
    for (size_t i = 0; i < s.size; ++i) {
        char e[8];
        const unsigned char c = static_cast<unsigned char>(s.data[i]);
        if (c < 32 || c == '"' || c == '\\')
            snprintf(e, sizeof e, "\\u%04x", c), t->add(e);
        else
            t->add(Str(&s.data[i], 1));
    }
    t->add("\"");
}

void write_members(Text* t, const JsonValue* object, bool* first) {
    for (const JsonValue* m = object->first; m; m = m->next) {
        if (m->key == Str("name") && object->key == Str()) continue;
        if (!*first) t->add(",");
        *first = false;
        write_string(t, m->key);
        t->add(":");
        write_json(t, m);
    }
}

void write_json(Text* t, const JsonValue* v) {
    char number[40];
    bool first = true;
    switch (v->kind) {
        case Json::kNull: t->add("null"); break;
        case Json::kBool: t->add(v->boolean ? "true" : "false"); break;
        case Json::kInt:
            snprintf(number, sizeof number, "%lld", static_cast<long long>(v->integer)), t->add(number);
            break;
        case Json::kFloat: snprintf(number, sizeof number, "%.17g", v->number), t->add(number); break;
        case Json::kString: write_string(t, v->string); break;
        case Json::kArray:
            t->add("[");
            for (const JsonValue* i = v->first; i; i = i->next) {
                if (i != v->first) t->add(",");
                write_json(t, i);
            }
            t->add("]");
            break;
        case Json::kObject:
            t->add("{");
            for (const JsonValue* m = v->first; m; m = m->next) {
                if (!first) t->add(",");
                first = false;
                write_string(t, m->key);
                t->add(":");
                write_json(t, m);
            }
            t->add("}");
            break;
    }
}

// "common" lies under the case.
void variables(Text* t, const JsonValue* common, const JsonValue* one) {
    bool first = true;
    t->add("{");
    for (const JsonValue* m = common->first; m; m = m->next) {
        if (json_member(one, m->key)) continue;
        if (!first) t->add(",");
        first = false;
        write_string(t, m->key);
        t->add(":");
        write_json(t, m);
    }
    write_members(t, one, &first);
    t->add("}");
}

JsonValue* load(const char* path, char** text) {
    size_t size;
    *text = read_file(path, &size);
    if (!*text) return nullptr;
    const size_t bytes = size * 24 + 65536;
    Arena arena(malloc(bytes), bytes);  // lives as long as the program
    JsonValue* v = nullptr;
    Error err;
    if (!CHECK(json_parse(Str(*text, size), arena, &v, &err) == kOk)) fprintf(stderr, "    %s\n", err.message);
    return v;
}

int64_t unix_time(Str date) {  // "2024-07-26"
    int y, m, d;
    if (sscanf(date.data, "%4d-%2d-%2d", &y, &m, &d) != 3) return 0;
    int64_t days = 0;
    const auto leap = [](int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; };
    for (int i = 1970; i < y; ++i) days += leap(i) ? 366 : 365;
    static const int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int i = 1; i < m; ++i) days += kDays[i - 1] + (i == 2 && leap(y));
    return (days + d - 1) * 86400;
}

void check_case(const char* name, Str source, const JsonValue* cases, const JsonValue* one, Str expected) {
    Text json;
    const JsonValue* now = json_member(cases, "now");
    variables(&json, json_member(cases, "common"), one);
    const char* r = render(source, Str(json.data, json.size), now ? unix_time(now->string) : 0);
    bool ok;
    if (expected.starts_with("ERROR: "))
        ok = status != kOk && Str(r).ends_with(Str(expected.data + 7, expected.size - 7));
    else
        ok = status == kOk && Str(r, length) == expected;
    if (!CHECK(ok)) {
        const JsonValue* which = json_member(one, "name");
        fprintf(stderr, "    %s, %.*s\n      got      \"%.400s\"\n      expected \"%.*s\"\n", name,
                static_cast<int>(which->string.size), which->string.data, r,
                static_cast<int>(expected.size < 400 ? expected.size : 400), expected.data);
    }
    free(json.data);
}

}  // namespace

int main() {
    const char* folder = THIMBLE_SOURCE_DIR "/../shared/chat/";
    char path[1024], *text = nullptr, *more = nullptr;
    snprintf(path, sizeof path, "%scases.json", folder);
    const JsonValue* cases = load(path, &text);
    snprintf(path, sizeof path, "%sexpected.json", folder);
    const JsonValue* expected = load(path, &more);
    if (!cases || !expected) return 77;
    for (const JsonValue* t = expected->first; t; t = t->next) {
        char name[256];
        snprintf(name, sizeof name, "%.*s", static_cast<int>(t->key.size), t->key.data);
        snprintf(path, sizeof path, "%stemplates/%s.jinja", folder, name);
        size_t size = 0;
        char* source = read_file(path, &size);
        if (!CHECK(source != nullptr)) continue;
        for (const JsonValue* one = json_member(cases, "cases")->first; one; one = one->next) {
            const JsonValue* want = json_member(t, json_member(one, "name")->string);
            if (want) check_case(name, Str(source, size), cases, one, want->string);
        }
        free(source);
    }
    return REPORT();
}
