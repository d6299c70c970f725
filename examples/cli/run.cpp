// SPDX-License-Identifier: MIT
// thimble run: completes a text.
#include <time.h>

#include "examples/cli/cli.h"

namespace cli {
namespace {

struct Sink {
    bool json;
    Text text;
};

int on_text(void* user, const char* text, size_t n) {
    Sink* s = static_cast<Sink*>(user);
    if (s->json) {
        s->text.add(text, n);
    } else {
        put(text, n);
        flush();
    }
    return 0;
}

// A dot-free progress line for long prompts, on a terminal only.
int on_progress(void*, uint32_t done, uint32_t total) {
    fprintf(stderr, "\rreading the prompt: %u of %u tokens\033[K", done, total);
    if (done == total) fputs("\r\033[K", stderr);
    return 0;
}

const char* finish_name(thimble_finish f) {
    return f == THIMBLE_FINISH_STOP ? "stop" : f == THIMBLE_FINISH_CANCELLED ? "cancelled" : "length";
}

void print_json(const Options& o, const thimble_model* m, const Text& text, const thimble_result& r) {
    thimble_model_info info{};
    info.struct_size = sizeof info;
    thimble_model_describe(m, &info);
    const char* name = *info.name ? info.name : o.model ? o.model : "";
    char line[256];
    snprintf(line, sizeof line, "{\"id\":\"cmpl-%08llx\",\"object\":\"text_completion\",\"created\":%lld,\"model\":",
             static_cast<unsigned long long>(o.generate.seed & 0xffffffffu), static_cast<long long>(time(nullptr)));
    put(line, strlen(line));
    put_json_string(name, strlen(name));
    static const char choices[] = ",\"choices\":[{\"index\":0,\"text\":";
    put(choices, sizeof choices - 1);
    put_json_string(text.data ? text.data : "", text.size);
    snprintf(line, sizeof line,
             ",\"logprobs\":null,\"finish_reason\":\"%s\"}],\"usage\":{\"prompt_tokens\":%u,\"completion_tokens\":%u,"
             "\"total_tokens\":%u},"
             "\"timings\":{\"prompt_ms\":%.3f,\"predicted_ms\":%.3f}}\n",
             finish_name(r.finish), r.prompt_tokens, r.completion_tokens, r.prompt_tokens + r.completion_tokens,
             static_cast<double>(r.prompt_ns) / 1e6, static_cast<double>(r.completion_ns) / 1e6);
    put(line, strlen(line));
}

// The built-in model answers a request through its own chat template; a model given with -m completes the raw text.
bool apply_template(const Options& o, const thimble_model* m, Buffer* prompt) {
    size_t length = 0;
    if (o.model || o.raw || !thimble_chat_template(m, &length)) return true;
    Text json;
    json.add("{\"messages\":[{\"role\":\"user\",\"content\":");
    json.json_string(prompt->data, prompt->size);
    json.add("}],\"add_generation_prompt\":true}");
    thimble_error err;
    const Buffer input{json.data, json.size};
    const bool ok = render(o, m, input, prompt, &err);
    free(json.data);
    return ok;
}

}  // namespace

int run(const Options& o) {
    if (o.n_positional) return usage_error("unexpected argument '%s'", o.positional[0]);
    Buffer prompt;
    if (!input_text(o, &prompt, true)) return o.prompt || o.file || !terminal(0) ? kFailed : kUsage;
    Loaded l;
    if (!load(o, true, &l)) return o.model || default_model() ? kFailed : kUsage;
    if (o.echo && !o.json) put(prompt.data, prompt.size);
    Buffer shown = prompt;
    if (!apply_template(o, l.model, &prompt)) return kFailed;
    Sink sink{o.json, {}};
    if (o.json && o.echo) sink.text.add(shown.data, shown.size);
    if (terminal(2) && !o.quiet) thimble_set_progress(l.session, on_progress, nullptr);
    thimble_generate_params p = o.generate;
    thimble_result result{};
    result.struct_size = sizeof result;
    thimble_error err;
    const thimble_status status =
        thimble_generate(l.session, prompt.data, prompt.size, &p, on_text, &sink, &result, &err);
    int code = kOkay;
    if (status != THIMBLE_OK && status != THIMBLE_E_CANCELLED)
        code = fail(err);
    else if (o.json)
        print_json(o, l.model, sink.text, result);
    else if (terminal(1))
        put("\n", 1);
    flush();
    if (interrupted()) code = kInterrupted;
    if (code == kOkay && !o.quiet && (o.timings || terminal(2))) {
        const double pp = static_cast<double>(result.prompt_ns) / 1e9,
                     tg = static_cast<double>(result.completion_ns) / 1e9;
        fprintf(stderr, "[%u prompt tokens, %.1f/s; %u generated, %.1f/s; %s]\n", result.prompt_tokens,
                pp > 0 ? result.prompt_tokens / pp : 0, result.completion_tokens,
                tg > 0 ? result.completion_tokens / tg : 0, finish_name(result.finish));
    }
    unload(&l);
    return code;
}

}  // namespace cli
