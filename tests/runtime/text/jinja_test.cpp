// SPDX-License-Identifier: MIT
// The template language: syntax, scopes, white space, errors. What is expected was checked with jinja2.
#include "tests/runtime/text/template_helper.h"

using namespace thimble;
using namespace template_test;

namespace {

const char kVariables[] =
    "{\"a\": 1, \"s\": \"Hello\", \"l\": [3, 1, 2], \"d\": {\"x\": 1, \"y\": [true, null, 1.5]}, \"u\": \"h\\u00e9llo "
    "\\ud83d\\ude80\","
    " \"m\": [{\"role\": \"user\", \"content\": \"hi\"}, {\"role\": \"assistant\", \"content\": \"yo\"}]}";

struct Case {
    const char* source;
    const char* expected;
};

void all(const Case* cases, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        const char* r = render(cases[i].source, kVariables);
        if (!CHECK(status == kOk && strcmp(r, cases[i].expected) == 0))
            fprintf(stderr, "    %s\n      got \"%s\"\n      for \"%s\"\n", cases[i].source, r, cases[i].expected);
    }
}
#define ALL(cases) all(cases, sizeof cases / sizeof *cases)

void expressions() {
    static const Case cases[] = {
        {"{{ 1 + 2 * 3 - 4 // 3 }}", "6"},
        {"{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % -3 }} {{ -7 % 3 }} {{ 2 ** 10 }} {{ 7 / 2 }}", "3 -4 -2 2 1024 3.5"},
        {"{{ 'a' ~ 1 ~ none ~ true ~ 1.0 }}", "a1NoneTrue1.0"},
        {"{{ [1, 'a', \"it's\", none, true, 1.5, {'k': (1,)}] }}", "[1, 'a', \"it's\", None, True, 1.5, {'k': (1,)}]"},
        {"{{ 'x' * 3 }}{{ [0] * 2 }}{{ [1] + [2] }}", "xxx[0, 0][1, 2]"},
        {"{{ l[::-1] }} {{ l[1:] }} {{ s[1:3] }} {{ s[-1] }} {{ u[::-1] }}",
         "[2, 1, 3] [1, 2] el o \xf0\x9f\x9a\x80 oll\xc3\xa9h"},
        {"{{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }} {{ 'a' in s }} {{ 'H' in s }} {{ 5 not in l }}",
         "True False False True True"},
        {"{{ 'yes' if a else 'no' }} {{ 'yes' if not a }}|", "yes |"},
        {"{{ a and 0 or 'z' }} {{ not a == 1 }}", "z False"},
        {"{{ d.x }} {{ d['y'][1] }} {{ d.missing }}|{{ d.get('q', 7) }}", "1 None |7"},
        {"{{ -a|abs }} {{ 2 - -3 }} {{ +1 }}", "1 5 1"},
        {"{{ \"\\u00e9\\n\\x41\\q\" }}", "\xc3\xa9\nA\\q"},
        {"{{ '%s is %05.1f %d%%' % ('x', 2.25, 3) }}", "x is 002.2 3%"},
        {"{{ '{} {1} {k:>4}|{:.2f}'.format }}", "<builtin_function_or_method>"},
        {"{{ '{0} {1:>4}|{k:.2f}'.format('a', 7, k=1.005) }}", "a    7|1.00"},
        {"{{ 1e3 }} {{ 1_000 }} {{ 0x1f }} {{ 10000000000000000.0 }}", "1000.0 1000 31 1e+16"},
        {"{{ 'a' 'b' }} {{ (1, 2)[1] }} {{ {'a': {'b': 2}}.a.b }}", "ab 2 2"},
    };
    ALL(cases);
}

void statements() {
    static const Case cases[] = {
        {"{% for x in l %}{{ loop.index }}:{{ x }}{% if not loop.last %},{% endif %}{% endfor %}", "1:3,2:1,3:2"},
        {"{% for x in l if x > 1 %}{{ x }}{% else %}none{% endfor %}{% for x in [] %}{% else %}none{% endfor %}",
         "32none"},
        {"{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", "x=1;y=[True, None, 1.5];"},
        {"{% for x in l %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}", "<3>1 3<1>2 1<2> "},
        {"{% for x in range(5) %}{% if x == 1 %}{% continue %}{% endif %}{% if x == 3 %}{% break %}{% endif %}{{ x "
         "}}{% endfor %}",
         "02"},
        {"{% set x = 1 %}{% for i in l %}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}", "4 2 3 1"},
        {"{% set ns = namespace(n=0) %}{% for i in l %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}", "6"},
        {"{% macro m(a, b=2, *c) %}{% endmacro %}", nullptr},
        {"{% macro m(a, b=a) %}{{ a }}{{ b }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1) }} {{ m(1, 2, 3, z=4) }}",
         "11(){} 12(3,){'z': 4}"},
        {"{% macro m() %}[{{ caller('q') }}]{% endmacro %}{% call(v) m() %}{{ v }}{{ a }}{% endcall %}", "[q1]"},
        {"{% macro f(n) %}{% if n %}{{ n }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}", "321"},
        {"{% set t %}a{{ a }}{% endset %}{{ t|upper }}", "A1"},
        {"{% filter upper %}x{{ s }}{% endfilter %}", "XHELLO"},
        {"{% with q = 5 %}{{ q }}{% endwith %}{{ q }}", "5"},
        {"{% if a == 2 %}x{% elif a == 1 %}y{% else %}z{% endif %}", "y"},
        {"{% generation %}x{% endgeneration %}", "x"},
        {"{% for x in l recursive %}{{ x if x is number else loop(x) }}{% endfor %}", "312"},
        {"{% set x, y = 1, 2 %}{{ y }}{{ x }}", "21"},
        {"{{ loop is defined }}{% for i in l %}{{ loop.cycle('a', 'b') }}{{ loop.changed(i // 2) }}{% endfor %}",
         "FalseaTruebTrueaTrue"},
    };
    for (const Case& c : cases) {
        if (c.expected)
            all(&c, 1);
        else
            CHECK(fails_with(c.source, "expected"));
    }
}

void white_space() {
    static const Case cases[] = {
        {"a\n{% if a %}\nb\n{% endif %}\nc\n", "a\nb\nc"},
        {"a\n   {% if a %}   \nb\n   {%- endif -%}  \n c", "a\n   \nbc"},
        {"  {% set x = 1 %}\n  {{ x }}  \n", "  1  "},
        {"  {%+ if a %}x{% endif +%}\ny", "  x\ny"},
        {"a  {#- note -#}  b{# n #}\nc", "abc"},
        {"  {# c #}\nx", "x"},
        {"{% raw %}{{ x }}{% endraw %}{%- raw -%}  {% if %}  {%- endraw %}", "{{ x }}{% if %}"},
        {"a {{- 1 -}} b", "a1b"},
        {"a\r\nb\rc\r\n", "a\nb\nc"},
        {"x\n\n", "x\n"},
        {"{{ '}}' }}{{ {'a': {}} }}", "}}{'a': {}}"},
    };
    ALL(cases);
}

void filters_and_tests() {
    static const Case cases[] = {
        {"{{ d|tojson }}", "{\"x\": 1, \"y\": [true, null, 1.5]}"},
        {"{{ d|tojson(indent=2) }}", "{\n  \"x\": 1,\n  \"y\": [\n    true,\n    null,\n    1.5\n  ]\n}"},
        {"{{ [u, '<\"\\n']|tojson }}{{ u|tojson(ensure_ascii=true) }}",
         "[\"h\xc3\xa9llo \xf0\x9f\x9a\x80\", \"<\\\"\\n\"]\"h\\u00e9llo \\ud83d\\ude80\""},
        {"{{ d|tojson(separators=(',', ':')) }}", "{\"x\":1,\"y\":[true,null,1.5]}"},
        {"{{ u|length }} {{ l|length }} {{ d|count }} {{ none|default('n') }} {{ q|default('n') }} {{ ''|d('e', true) "
         "}}",
         "7 3 2 None n e"},
        {"{{ l|sort }} {{ l|sort(reverse=true)|join('-') }} {{ l|min }}{{ l|max }}{{ l|sum }} {{ l|first }}{{ l|last "
         "}}",
         "[1, 2, 3] 3-2-1 136 32"},
        {"{{ m|map(attribute='role')|join(',') }} {{ m|selectattr('role', 'equalto', 'user')|list }}",
         "user,assistant [{'role': 'user', 'content': 'hi'}]"},
        {"{{ l|map('string')|list }} {{ l|select('odd')|list }} {{ l|reject('gt', 1)|list }}",
         "['3', '1', '2'] [3, 1] [1]"},
        {"{{ '  x '|trim }}|{{ 'xxaxx'|trim('x') }}|{{ ' a b '.split() }}|{{ 'a,b,c'.split(',', 1) }}",
         "x|a|['a', 'b']|['a', 'b,c']"},
        {"{{ 'ab\ncd\n'|indent }}|{{ 'a\nb'|indent(2, true) }}", "ab\n    cd\n|  a\n  b"},
        {"{{ 'hello world'|title }} {{ 'hELLO'|capitalize }} {{ 'aXb'|upper }} {{ '\xc3\x89'|lower }}",
         "Hello World Hello AXB \xc3\xa9"},
        {"{{ '42'|int + 1 }} {{ 'x'|int(9) }} {{ '1.5'|float }} {{ 2.5|round }} {{ 2.345|round(2) }} {{ 3.7|int }}",
         "43 9 1.5 2.0 2.35 3"},
        {"{{ 'aab'|replace('a', 'x', 1) }} {{ 'aab'.replace('a', '') }}", "xab b"},
        {"{{ {'b': 1, 'A': 2}|dictsort }} {{ {'b': 1}|items|list }}", "[('A', 2), ('b', 1)] [('b', 1)]"},
        {"{{ [1, 1, 2]|unique|list }} {{ 'abc'|reverse }} {{ l|batch(2)|list }} {{ l|slice(2)|list }}",
         "[1, 2] cba [[3, 1], [2]] [[3, 1], [2]]"},
        {"{{ m|groupby('role')|map(attribute='grouper')|list }}", "['assistant', 'user']"},
        {"{{ '<a>'|e }} {{ '<a>'|safe + '<b>' }}", "&lt;a&gt; <a>&lt;b&gt;"},
        {"{{ a is defined }}{{ q is defined }}{{ none is none }}{{ d is mapping }}{{ s is string }}{{ l is sequence }}",
         "TrueFalseTrueTrueTrueTrue"},
        {"{{ 1 is odd }}{{ 4 is divisibleby 2 }}{{ true is boolean }}{{ true is integer }}{{ 1.0 is float }}{{ s is "
         "not iterable }}",
         "TrueTrueTrueFalseTrueFalse"},
        {"{{ a is eq 1 }}{{ a is in [1] }}{{ 'a' is lower }}{{ q is undefined and true }}", "TrueTrueTrueTrue"},
        {"{% if m|selectattr('role', 'equalto', 'none') %}a generator is true{% endif %}", "a generator is true"},
        {"{{ d.items is callable }}{{ d.items() }}{{ range(3) }}",
         "Truedict_items([('x', 1), ('y', [True, None, 1.5])])range(0, 3)"},
    };
    ALL(cases);
}

void dates() {
    CHECK_STR(render("{{ strftime_now('%Y-%m-%d %H:%M:%S %a %A %b %B %j %-d %e %y %I %p %%') }}", "{}", 1721962861),
              "2024-07-26 03:01:01 Fri Friday Jul July 208 26 26 24 03 AM %");
    CHECK_STR(render("{{ strftime_now('%d %B %Y %U %W %V %G %u %w') }}", "{}", 0), "01 January 1970 00 00 01 1970 4 4");
    CHECK_STR(render("{{ strftime_now('%F %T') }}", "{}", -1), "1969-12-31 23:59:59");
    CHECK_STR(render("{{ strftime_now('%F') }}", "{}", 951782400), "2000-02-29");
}

void errors() {
    CHECK(fails_with("{{ raise_exception('Only user and assistant!') }}",
                     "template line 1, column 19: Only user and assistant!"));
    CHECK(fails_with("a\n  {{ q.x }}", "line 2, column 7: 'q' is undefined"));
    CHECK(fails_with("{{ d.q.z }}", "'dict object' has no attribute 'q'", kVariables));
    CHECK(fails_with("{{ 'a' + 1 }}", "can only concatenate str (not \"int\") to str"));
    CHECK(fails_with("{{ 1 + 'a' }}", "unsupported operand type(s) for +: 'int' and 'str'"));
    CHECK(fails_with("{{ 1 < 'a' }}", "'<' not supported between instances of 'int' and 'str'"));
    CHECK(fails_with("{{ q|tojson }}", "Object of type Undefined is not JSON serializable"));
    CHECK(fails_with("{{ l.append(1) }}", "access to attribute 'append' of 'list' object is unsafe", kVariables));
    CHECK(fails_with("{{ ''.__class__ }}{{ ''.__class__.x }}", "unsafe"));
    CHECK(fails_with("{{ 1 // 0 }}", "integer division or modulo by zero"));
    CHECK(fails_with("{{ 9223372036854775807 + 1 }}", "64 bits"));
    CHECK(fails_with("{{ x|nosuch }}", "No filter named 'nosuch'"));
    CHECK(fails_with("{{ x is nosuch }}", "No test named 'nosuch'"));
    CHECK(fails_with("{% for a, b in [1] %}{% endfor %}", "not iterable"));
    CHECK(fails_with("{% for a, b in [[1]] %}{% endfor %}", "not enough values to unpack (expected 2, got 1)"));
    CHECK(fails_with("{% if a %}", "'endif' is missing"));
    CHECK(fails_with("{% nosuch %}", "unknown tag 'nosuch'"));
    CHECK(fails_with("{{ a", "does not end"));
    CHECK(fails_with("{{ 'a }}", "does not end"));
    CHECK(fails_with("{# a", "Missing end of comment"));
    CHECK(fails_with("{% raw %}", "Missing end of raw"));
    CHECK(fails_with("{{ (1 }}", "unexpected '}'"));
    CHECK(fails_with("{{ a $ b }}", "unexpected char '$'"));
    CHECK(fails_with("{% break %}", "outside loop"));
    CHECK(fails_with("{% include 'x' %}", "unknown tag"));
    CHECK(fails_with("\xff", "UTF-8"));
    CHECK(fails_with("x", "must be a JSON object", "[]"));
    CHECK(fails_with("x", "JSON line 1", "{"));
    CHECK(fails_with("{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "takes not more than 1 argument"));
    CHECK(fails_with("{% macro m(a) %}{% endmacro %}{{ m(b=2) }}", "takes no keyword argument 'b'"));
    CHECK(fails_with("{{ 1() }}", "'int' object is not callable"));
}

void buffers() {
    char scratch[65536], out[4];
    size_t n;
    Error err;
    CHECK(render_template("abcdef", "{}", 0, scratch, sizeof scratch, out, sizeof out, &n, &err) == kOutput && n == 6 &&
          memcmp(out, "abcd", 4) == 0);
    CHECK(render_template("abcd", "{}", 0, scratch, sizeof scratch, out, sizeof out, &n, &err) == kOk && n == 4);
    CHECK(render_template("abcd", "{}", 0, scratch, sizeof scratch, nullptr, 0, &n, &err) == kOutput && n == 4);
    CHECK(render_template("abcd", "{}", 0, nullptr, 0, out, sizeof out, &n, &err) == kArgument);
    // Memory that ends anywhere is an error, never a crash.
    const char* source =
        "{% macro f(x) %}{{ x|upper ~ [x, x]|tojson }}{% endmacro %}{% for i in range(9) %}{{ f('abc' * i) }}{% endfor "
        "%}";
    bool done = false;
    for (size_t size = 0; size < sizeof scratch && !done; size += 97) {
        char small[1024];
        const Status s =
            render_template(source, "{\"a\": [1, {\"b\": 2}]}", 0, scratch, size, small, sizeof small, &n, &err);
        done = s == kOk;
        CHECK(s == kOk || s == kMemory);
    }
    CHECK(done);
}

}  // namespace

int main() {
    expressions();
    statements();
    white_space();
    filters_and_tests();
    dates();
    errors();
    buffers();
    return REPORT();
}
