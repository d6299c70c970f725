// SPDX-License-Identifier: MIT
// thimble chat and thimble template: conversations through the model's chat template.
#include <time.h>
#include <unistd.h>
#include <cctype>

#include "examples/cli/cli.h"

namespace cli {
namespace {

constexpr size_t kTemplateScratch = size_t{32} << 20;
constexpr size_t kMostOutput = size_t{8} << 20;

// The template's source: a file, a named built-in, or the model's own.
bool find_template(const Options& o, const thimble_model* m, const char** source, size_t* n) {
    if (o.template_file) {
        Buffer b;
        if (!read_all(o.template_file, &b)) return false;
        *source = b.data;
        *n = b.size;
        return true;
    }
    if (o.template_name) {
        *source = thimble_builtin_template(o.template_name);
        if (!*source) {
            fprintf(stderr, "thimble: no built-in template '%s'; there are:", o.template_name);
            for (uint32_t i = 0; thimble_builtin_template_name(i); ++i)
                fprintf(stderr, " %s", thimble_builtin_template_name(i));
            fputc('\n', stderr);
            return false;
        }
        *n = strlen(*source);
        return true;
    }
    *source = m ? thimble_chat_template(m, n) : nullptr;
    if (*source) return true;
    fprintf(
        stderr,
        "thimble: this model has no chat template; give one with --chat-template-file FILE or --chat-template NAME:");
    for (uint32_t i = 0; thimble_builtin_template_name(i); ++i)
        fprintf(stderr, " %s", thimble_builtin_template_name(i));
    fputc('\n', stderr);
    return false;
}

bool render_source(const char* source, size_t n, const Buffer& json, int64_t now, Buffer* out, thimble_error* err) {
    static void* scratch = nullptr;  // kept for the next turn
    if (!scratch) scratch = allocate(kTemplateScratch, "the chat template", "");
    size_t capacity = size_t{256} << 10;
    for (;; capacity *= 4) {
        out->data = static_cast<char*>(malloc(capacity + 1));
        if (!out->data) return fail("not enough memory"), false;
        const thimble_status s = thimble_render_template(source, n, json.data, json.size, now, scratch,
                                                         kTemplateScratch, out->data, capacity, &out->size, err);
        if (s == THIMBLE_OK) break;
        free(out->data);
        out->data = nullptr;
        if (s != THIMBLE_E_OUTPUT || capacity >= kMostOutput) return fail(*err), false;
    }
    out->data[out->size] = 0;
    return true;
}

// Text of a special token as the file spells it, for bos_token and eos_token.
void add_token(Text* json, const char* name, const thimble_model* m, thimble_token id) {
    char text[256];
    const size_t n = id >= 0 ? thimble_token_bytes(m, id, 1, text, sizeof text) : 0;
    json->add(",\"");
    json->add(name);
    json->add("\":");
    json->json_string(text, n < sizeof text ? n : 0);
}

}  // namespace

bool render(const Options& o, const thimble_model* m, const Buffer& json, Buffer* out, thimble_error* err) {
    const char* source;
    size_t n;
    if (!find_template(o, m, &source, &n)) return false;
    // The object gets the tokens' texts: {"messages":...} -> {"messages":...,"bos_token":...}
    Text full;
    full.add(json.data, json.size - 1);
    add_token(&full, "bos_token", m, thimble_bos(m));
    add_token(&full, "eos_token", m, thimble_eos(m));
    full.add("}");
    const Buffer input{full.data, full.size};
    const bool ok = render_source(source, n, input, static_cast<int64_t>(time(nullptr)), out, err);
    free(full.data);
    return ok;
}

namespace {

struct Chat {
    const Options& o;
    Loaded l;
    Text messages;  // JSON objects, comma-separated
    Text before;    // rendered text that the session holds
    Text answer;
    bool stopped = false;  // Ctrl-C ended the last answer

    void add_message(const char* role, const char* text, size_t n) {
        if (messages.size) messages.add(",");
        messages.add("{\"role\":\"");
        messages.add(role);
        messages.add("\",\"content\":");
        messages.json_string(text, n);
        messages.add("}");
    }

    static int on_text(void* user, const char* text, size_t n) {
        Chat* c = static_cast<Chat*>(user);
        c->answer.add(text, n);
        put(text, n);
        flush();
        return 0;
    }

    // Renders the conversation; what the session already holds is not evaluated again where the text agrees.
    bool reply() {
        Text json;
        json.add("{\"messages\":[");
        json.add(messages.data, messages.size);
        json.add("],\"add_generation_prompt\":true}");
        Buffer prompt;
        thimble_error err;
        const Buffer input{json.data, json.size};
        const bool rendered = render(o, l.model, input, &prompt, &err);
        free(json.data);
        if (!rendered) return false;
        const char* send = prompt.data;
        size_t n = prompt.size;
        if (before.size && n > before.size && memcmp(send, before.data, before.size) == 0) {
            send += before.size;
            n -= before.size;
        } else {
            thimble_rewind(l.session, 0, nullptr);
        }
        answer.size = 0;
        thimble_generate_params p = o.generate;
        // A template that writes BOS itself must not get a second one.
        char bos[256];
        const size_t bos_n =
            thimble_bos(l.model) >= 0 ? thimble_token_bytes(l.model, thimble_bos(l.model), 1, bos, sizeof bos) : 0;
        if (bos_n && bos_n < sizeof bos && n >= bos_n && memcmp(send, bos, bos_n) == 0)
            p.tokenize_flags &= ~THIMBLE_TOKENIZE_BOS;
        thimble_result r{};
        r.struct_size = sizeof r;
        // Ctrl-C stops an answer; where there is none, or a second time, it ends the program.
        clear_interrupt();
        on_interrupt(l.session);
        const thimble_status s = thimble_generate(l.session, send, n, &p, on_text, this, &r, &err);
        on_interrupt(nullptr);
        stopped = s == THIMBLE_E_CANCELLED;
        put("\n", 1);
        flush();
        if (s == THIMBLE_E_CANCELLED) {
            clear_interrupt();
        } else if (s != THIMBLE_OK) {
            fail(err);
            free(prompt.data);
            thimble_rewind(l.session, 0, nullptr);
            before.size = 0;
            return false;
        }
        add_message("assistant", answer.data ? answer.data : "", answer.size);
        before.size = 0;
        before.add(prompt.data, prompt.size);
        before.add(answer.data ? answer.data : "", answer.size);
        free(prompt.data);
        if (!o.quiet && (o.timings || terminal(2))) {
            const double pp = static_cast<double>(r.prompt_ns) / 1e9, tg = static_cast<double>(r.completion_ns) / 1e9;
            fprintf(stderr, "[%u prompt tokens, %.1f/s; %u generated, %.1f/s; context %u of %u]\n", r.prompt_tokens,
                    pp > 0 ? r.prompt_tokens / pp : 0, r.completion_tokens, tg > 0 ? r.completion_tokens / tg : 0,
                    thimble_position(l.session), thimble_context_size(l.session));
        }
        return true;
    }

    void clear() {
        messages.size = 0;
        before.size = 0;
        thimble_rewind(l.session, 0, nullptr);
        if (o.system) add_message("system", o.system, strlen(o.system));
    }

    // One line, or several between """ lines. False at the end of input.
    bool read_line(Text* line) {
        line->size = 0;
        bool several = false;
        char part[4096];
        for (;;) {
            if (terminal(0) && !o.quiet) fputs(several ? "... " : "> ", stderr);
            if (!fgets(part, sizeof part, stdin)) return line->size > 0;
            size_t n = strlen(part);
            const bool whole = n && part[n - 1] == '\n';
            if (whole) --n;
            if (n == 3 && memcmp(part, "\"\"\"", 3) == 0) {
                if (several) return true;
                several = true;
                continue;
            }
            line->add(part, n);
            if (several && whole)
                line->add("\n");
            else if (whole)
                return true;
        }
    }

    // /commands. 0: not one; 1: done; 2: leave.
    int command(const Text& line) {
        if (!line.size || line.data[0] != '/') return 0;
        if (strcmp(line.data, "/exit") == 0 || strcmp(line.data, "/bye") == 0) return 2;
        if (strcmp(line.data, "/clear") == 0) {
            clear();
            return 1;
        }
        if (strncmp(line.data, "/read ", 6) == 0) {
            Buffer b;
            if (!read_all(line.data + 6, &b)) return 1;
            add_message("user", b.data, b.size);
            free(b.data);
            reply();
            return 1;
        }
        fputs("/exit  /clear  /read FILE  /?   \"\"\" begins and ends a message of several lines\n", stderr);
        return 1;
    }
};

}  // namespace

int chat(const Options& o) {
    if (o.n_positional) return usage_error("unexpected argument '%s'", o.positional[0]);
    Chat c{o, {}, {}, {}, {}};
    if (!load(o, true, &c.l)) return o.model || default_model() ? kFailed : kUsage;
    const char* source;
    size_t n;
    if (!find_template(o, c.l.model, &source, &n)) return kFailed;
    on_interrupt(nullptr);
    c.clear();
    int code = kOkay;
    if (o.single_turn || o.prompt || o.file) {
        Buffer text;
        if (!input_text(o, &text, true)) return kUsage;
        c.add_message("user", text.data, text.size);
        if (!c.reply()) code = kFailed;
        if (c.stopped) code = kInterrupted;
        if (o.single_turn || code != kOkay) {
            unload(&c.l);
            return code;
        }
    }
    Text line;
    while (c.read_line(&line)) {
        const int did = c.command(line);
        if (did == 2) break;
        if (did == 1 || line.size == 0) continue;
        c.add_message("user", line.data, line.size);
        c.reply();
    }
    unload(&c.l);
    return code;
}

// ---- thimble template -----------------------------------------------------------------------------------------------------

namespace {

// Finds the value of `key` in the JSON object at [p, end): a scan over balanced text; the interpreter's own parser checks
// the object when it is rendered.
const char* skip_value(const char* p, const char* end) {
    int depth = 0;
    bool text = false;
    for (; p < end; ++p) {
        if (text) {
            if (*p == '\\')
                ++p;
            else if (*p == '"')
                text = false;
            if (!text && depth == 0) return p + 1;
            continue;
        }
        if (*p == '"')
            text = true;
        else if (*p == '{' || *p == '[')
            ++depth;
        else if (*p == '}' || *p == ']') {
            if (depth == 0) return p;
            if (--depth == 0) return p + 1;
        } else if (*p == ',' && depth == 0)
            return p;
    }
    return p;
}
const char* skip_space(const char* p, const char* end) {
    while (p < end && isspace(static_cast<unsigned char>(*p))) ++p;
    return p;
}
bool member(const char* p, const char* end, const char* key, const char** value, size_t* n) {
    p = skip_space(p, end);
    if (p >= end || *p != '{') return false;
    ++p;
    const size_t key_length = strlen(key);
    for (;;) {
        p = skip_space(p, end);
        if (p >= end || *p != '"') return false;
        const char* name = p + 1;
        p = skip_value(p, end);
        const bool hit = static_cast<size_t>(p - 1 - name) == key_length && memcmp(name, key, key_length) == 0;
        p = skip_space(p, end);
        if (p >= end || *p != ':') return false;
        p = skip_space(p + 1, end);
        const char* from = p;
        p = skip_value(p, end);
        if (hit) {
            *value = from;
            *n = static_cast<size_t>(p - from);
            while (*n && isspace(static_cast<unsigned char>(from[*n - 1]))) --*n;
            return true;
        }
        p = skip_space(p, end);
        if (p < end && *p == ',')
            ++p;
        else
            return false;
    }
}
// The inside of an object, without its braces.
bool inside(const char* v, size_t n, Text* out) {
    if (n < 2 || v[0] != '{' || v[n - 1] != '}') return false;
    const char* from = skip_space(v + 1, v + n - 1);
    const size_t length = static_cast<size_t>(v + n - 1 - from);
    if (length == 0) return true;
    if (out->size > 1) out->add(",");
    out->add(from, length);
    return true;
}

// The case of this name: an element of the array "cases" with that "name", or a member of an object "cases".
bool find_case(const char* p, const char* end, const char* name, const char** value, size_t* n) {
    const char* list;
    size_t list_n;
    if (!member(p, end, "cases", &list, &list_n)) return member(p, end, name, value, n);
    const char* list_end = list + list_n;
    if (list_n == 0 || *list != '[') return member(list, list_end, name, value, n);
    for (const char* at = skip_space(list + 1, list_end); at < list_end && *at == '{';) {
        const char* next = skip_value(at, list_end);
        const char* found;
        size_t found_n;
        if (member(at, next, "name", &found, &found_n) && found_n == strlen(name) + 2 &&
            memcmp(found + 1, name, found_n - 2) == 0) {
            *value = at;
            *n = static_cast<size_t>(next - at);
            return true;
        }
        at = skip_space(next, list_end);
        if (at < list_end && *at == ',') at = skip_space(at + 1, list_end);
    }
    return false;
}

// Unix seconds, or "YYYY-MM-DD" with an optional time, as UTC.
bool parse_time(const char* v, size_t n, int64_t* out) {
    char text[40];
    if (n >= sizeof text) return false;
    memcpy(text, v, n);
    text[n] = 0;
    if (*text != '"') {
        char* stop;
        *out = strtoll(text, &stop, 10);
        return stop != text;
    }
    struct tm t {};
    int hour = 0, minute = 0, second = 0;
    if (sscanf(text, "\"%d-%d-%d%*1[T ]%d:%d:%d", &t.tm_year, &t.tm_mon, &t.tm_mday, &hour, &minute, &second) < 3)
        return false;
    t.tm_year -= 1900, t.tm_mon -= 1, t.tm_hour = hour, t.tm_min = minute, t.tm_sec = second;
    *out = static_cast<int64_t>(timegm(&t));
    return true;
}

}  // namespace

int template_command(const Options& o) {
    if (!o.input || !o.case_name) return usage_error("template wants --input CASES.json and --case NAME");
    if (!o.model && !o.template_file && !o.template_name)
        return usage_error("template wants -m MODEL or --template-file F");
    Buffer cases;
    if (!read_all(o.input, &cases)) return kFailed;
    const char* end = cases.data + cases.size;
    Loaded l;
    if (o.model) {
        Options vocabulary = o;
        vocabulary.load.vocab_only = 1;
        if (!load(vocabulary, false, &l)) return kFailed;
    }
    const char* source;
    size_t n;
    if (!find_template(o, l.model, &source, &n)) return kFailed;
    // "common" first, the case over it: of equal keys the last wins.
    const char* v;
    size_t length;
    Text json;
    json.add("{");
    if (member(cases.data, end, "common", &v, &length)) inside(v, length, &json);
    if (!find_case(cases.data, end, o.case_name, &v, &length) || !inside(v, length, &json))
        return fail("no case '%s' in %s", o.case_name, o.input);
    json.add("}");
    int64_t now = static_cast<int64_t>(time(nullptr));
    if ((member(json.data, json.data + json.size, "now", &v, &length) || member(cases.data, end, "now", &v, &length)) &&
        !parse_time(v, length, &now))
        return fail("\"now\" in %s is neither seconds nor \"YYYY-MM-DD\"", o.input);
    Buffer out;
    thimble_error err;
    if (!render_source(source, n, Buffer{json.data, json.size}, now, &out, &err)) return kFailed;
    put(out.data, out.size);
    if (l.model) unload(&l);
    return kOkay;
}

}  // namespace cli
