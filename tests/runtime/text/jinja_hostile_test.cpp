// SPDX-License-Identifier: MIT
// Templates that try to hang, to exhaust memory, to overflow the stack or to reach the host. Each must end in a clear
// error. Time is bounded by the fuel, which is counted; the clock here only catches a bound that does not hold.
#include <initializer_list>

#include "platform/clock.h"
#include "runtime/text/builtin_templates.h"
#include "tests/runtime/text/template_helper.h"

using namespace thimble;
using namespace template_test;

namespace {

struct Case {
    const char* source;
    const char* message;
};

void endless() {
    static const Case cases[] = {
        {"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "levels of calls"},
        {"{% macro m(n) %}{% for x in range(9) %}{{ m(n + 1) }}{% endfor %}{% endmacro %}{{ m(0) }}",
         "levels of calls"},
        {"{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "levels of calls"},
        {"{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{{ m() }}", "levels of calls"},
        {"{{ range(10 ** 9) }}", "Range too big"},
        {"{{ range(-9223372036854775807, 9223372036854775807) }}", "Range too big"},
        {"{{ 'x' * 10 ** 10 }}", "a text of over"},
        {"{{ [0] * 10 ** 9 }}", "a list of over"},
        {"{% for i in range(9) %}{{ 'x' * 1000000 }}{% endfor %}", "bytes of text"},
        {"{% for a in range(9999) %}{% for b in range(9999) %}{% set c = a * b %}{% endfor %}{% endfor %}",
         "1500000 steps"},
        {"{% set ns = namespace(a='x') %}{% for i in range(99) %}{% set ns.a = ns.a ~ ns.a %}{% endfor %}",
         "template line 1"},
        {"{% set ns = namespace(a=[1]) %}{% for i in range(99) %}{% set ns.a = ns.a + ns.a %}{% endfor %}",
         "template line 1"},
        {"{% set ns = namespace(a=[]) %}{% for i in range(9999) %}{% set ns.a = [ns.a] %}{% endfor %}{{ ns.a }}",
         "levels of calls"},
        {"{% set ns = namespace(a=[]) %}{% for i in range(9999) %}{% set ns.a = [ns.a] %}{% endfor %}{{ ns.a|tojson }}",
         "levels of calls"},
        {"{% set x = 'a' * 4000000 %}{% for i in range(99999) %}{{ x|length }}{% endfor %}", "1500000 steps"},
        {"{% set x = 'a' * 2000000 %}{{ x.rfind('a' * 1000000 ~ 'b') }}", "1500000 steps"},
        {"{% for i in range(99) %}{{ '%999999999d' % 1 }}{% endfor %}", "steps"},
        {"{% for i in range(99) %}{{ '{:>999999999}'.format(1) }}{% endfor %}", "steps"},
        {"{{ 'x'.center(9999999999) }}", "a text of over"},
        {"{{ 'x'|indent(999999999) }}", "indentation of over"},
        {"{{ {'a': 1}|tojson(indent=999999999) }}", "indentation of over"},
        {"{{ 9 ** 9 ** 9 }}", "64 bits"},
        {"{{ 'x'|slice(10 ** 15)|list }}", "template line 1"},
        {"{{ 'x'|batch(10 ** 15, 'y')|list }}", "template line 1"},
        {"{{ 1|round(99999) }}", "precision"},
    };
    for (const Case& c : cases) {
        const uint64_t start = clock_ns();
        CHECK(fails_with(c.source, c.message));
        if (!CHECK(clock_ns() - start < 5000000000u)) fprintf(stderr, "    slow: %s\n", c.source);
    }
}

// `open` `times` times, then `middle`, then `close` as often.
void nested(const char* open, const char* middle, const char* close, size_t times, const char* message) {
    const size_t a = strlen(open), m = strlen(middle), b = strlen(close);
    char* s = static_cast<char*>(malloc((a + b) * times + m));
    for (size_t i = 0; i < times; ++i) memcpy(s + i * a, open, a), memcpy(s + a * times + m + i * b, close, b);
    memcpy(s + a * times, middle, m);
    if (message)
        CHECK(fails_with(Str(s, (a + b) * times + m), message));
    else
        CHECK(render(Str(s, (a + b) * times + m), "{}") && status == kOk);
    free(s);
}

void deep_sources() {
    nested("(", "{{", ")", 0, "does not end");
    for (const char* open : {"{{ (", "{{ [", "{{ {1: "}) {
        char first[16];
        snprintf(first, sizeof first, "%s", open + 3);
        nested(first, "", "", 1, nullptr);  // plain text
    }
    nested("{% if 1 %}", "x", "{% endif %}", 40000, "nested too deeply");
    nested("{% if 1 %}", "x", "{% endif %}", 60, nullptr);
    nested("{% set x %}", "x", "{% endset %}", 5000, "nested too deeply");
    nested("{% for i in [1] %}", "x", "{% endfor %}", 60, nullptr);
    char* s = static_cast<char*>(malloc(400016));
    for (const char* what : {"(", "[", "-", "not ", "{1:", "1 if "}) {
        size_t n = 3;
        memcpy(s, "{{ ", 3);
        while (n + strlen(what) < 400000) memcpy(s + n, what, strlen(what)), n += strlen(what);
        memcpy(s + n, "1 }}", 4);
        render(Str(s, n + 4), "{}");
        CHECK(status != kOk || what[0] == 'n');  // any number of "not" is one loop
    }
    free(s);
}

void no_host() {
    const char* probes[] = {"{{ ''.__class__.__mro__ }}",
                            "{{ self }}",
                            "{{ ''.__init__ }}{{ ''.__init__.x }}",
                            "{{ config.x }}",
                            "{{ cycler.__init__.__globals__ }}",
                            "{{ namespace.__init__.__globals__.os }}",
                            "{% import 'os' as os %}",
                            "{% include '/etc/passwd' %}",
                            "{{ [].append(1) }}",
                            "{{ {}.update({}) }}",
                            "{{ lipsum.__globals__ }}",
                            "{{ '{0.__class__.x}'.format(1) }}",
                            "{{ joiner.__init__.x }}"};
    for (const char* p : probes) {
        const char* r = render(p, "{}");
        if (!CHECK(status == kFormat || *r == 0)) fprintf(stderr, "    %s: %s\n", p, r);
    }
}

void builtins() {
    const char* json =
        "{\"messages\": [{\"role\": \"system\", \"content\": \"Be kind.\"}, {\"role\": \"user\", \"content\": \"Hi\"},"
        " {\"role\": \"assistant\", \"content\": \"Yo\"}, {\"role\": \"user\", \"content\": \"Bye\"}],"
        " \"bos_token\": \"<s>\", \"eos_token\": \"</s>\", \"add_generation_prompt\": true}";
    for (uint32_t i = 0; builtin_template_name(i); ++i) {
        const char* source = builtin_template(builtin_template_name(i));
        if (!CHECK(source != nullptr)) continue;
        const char* r = render(source, json);
        const char* at = r;
        CHECK(status == kOk);
        for (const char* word : {"Be kind.", "Hi", "Yo", "Bye"}) CHECK(at && (at = strstr(at, word)) != nullptr);
    }
    CHECK(!builtin_template("nosuch") && !builtin_template(nullptr));
    CHECK_STR(
        render(builtin_template("chatml"), json),
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYo<|im_end|>\n"
        "<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n");
    CHECK_STR(render(builtin_template("llama2"), json),
              "<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nHi [/INST] Yo </s><s>[INST] Bye [/INST]");
    CHECK_STR(render(builtin_template("gemma"), json),
              "<s><start_of_turn>user\nBe "
              "kind.\n\nHi<end_of_turn>\n<start_of_turn>model\nYo<end_of_turn>\n<start_of_turn>user\nBye<end_of_turn>\n"
              "<start_of_turn>model\n");
}

}  // namespace

int main() {
    endless();
    deep_sources();
    no_host();
    builtins();
    return REPORT();
}
