// SPDX-License-Identifier: MIT
// The fuzz target as an ordinary test: seeds mutated by a fixed generator, by bytes and by pieces of the language. With
// a directory as argument the seeds are written there, as a corpus for libFuzzer.
#include "tests/fuzz/jinja_fuzz.cpp"
#include "tests/check.h"

namespace {

struct Random {
    uint64_t s;
    uint32_t below(size_t n) {
        s = s * 6364136223846793005u + 1442695040888963407u;
        return static_cast<uint32_t>((s >> 33) % n);
    }
};

const char* const kSeeds[] = {
    "{%- for m in messages if m.role != 'x' -%}{{ loop.index0 ~ ': ' ~ m['content']|trim|upper }}\n{%- else %}none{% "
    "endfor -%}",
    "{% macro f(a, b=[1, 2], c=none) %}{{ a }}{{ b[::-1] }}{{ varargs }}{{ kwargs }}{{ caller(a) }}{% endmacro %}"
    "{% call(x) f(1, 2, 3, *[4], **{'z': 5}) %}<{{ x }}>{% endcall %}",
    "{% set ns = namespace(n=0, s='') %}{% for i in range(9) %}{% set ns.n = ns.n + i ** 2 // 3 % 5 %}{% set ns.s = "
    "ns.s ~ i %}{% endfor %}{{ ns.n }}",
    "{{ tools|tojson(indent=2, sort_keys=true) }}{{ '%05.2f %-8s|%x' % (1.5, 'ab', 255) }}{{ '{0:>8} "
    "{k:,}'.format('x', k=12345) }}",
    "{% set x %}a\xc3\xa9\n b{% endset %}{{ x.split('\\n')[-1].strip() }}{{ x|indent(3, true) }}{{ x[1:-1:2] }}{{ "
    "x.title().center(30, '*') }}",
    "{{ messages|selectattr('role', 'equalto', 'user')|map(attribute='content')|join(', ') }}{{ {'b': 1, 'a': "
    "2}|dictsort }}{{ [3, 1, 2]|sort(reverse=true) }}",
    "{% raw %}{{ }}{% endraw %}{# c #}{% filter upper %}x{% endfilter %}{% with a=1 %}{{ a if a is odd else -a }}{% "
    "endwith %}{{ strftime_now('%c %j') }}",
    "{{ messages|groupby('role')|list }}{{ 'abc'|batch(2, 'x')|list }}{{ 'a b c'.rsplit(None, 1) }}{{ '<a>'|e + '<' "
    "}}{{ 1.5|round(1) }}{{ '12'|int(7, 16) }}",
};
const char* const kPieces[] = {"{{ ",
                               " }}",
                               "{% ",
                               " %}",
                               "{%- ",
                               "-}}",
                               "(",
                               ")",
                               "[",
                               "]",
                               "{",
                               "}",
                               "'",
                               "\"",
                               "|",
                               "~",
                               "|tojson",
                               "|list",
                               " is ",
                               " not ",
                               " in ",
                               "[::-1]",
                               "[0]",
                               ".x",
                               " if ",
                               " else ",
                               "{% endif %}",
                               "{% endfor %}",
                               "{% for x in ",
                               "messages",
                               "loop",
                               "loop(x)",
                               " recursive",
                               "999999999",
                               "-1",
                               "**",
                               "//",
                               "%",
                               "\xc3\xa9",
                               "\\u00e9",
                               "range(",
                               "|map('",
                               "|sort",
                               "{#",
                               "#}",
                               "raw %}",
                               "=",
                               "namespace(",
                               "none",
                               "x.",
                               ".items()",
                               ".split(",
                               ".format(",
                               ", ",
                               "*",
                               "\n",
                               "{% set x = ",
                               "{% macro f() %}",
                               "f()"};
const char kVariables[] =
    "{\"messages\": [{\"role\": \"user\", \"content\": \" hi \\n\"}, {\"role\": \"assistant\", \"content\": null}], "
    "\"tools\": [{\"a\": [1.5, true]}]}";

size_t build(char* to, const char* source, size_t n, uint8_t memory) {
    to[0] = static_cast<char>(memory);
    memcpy(to + 1, source, n);
    to[n + 1] = 0;
    memcpy(to + n + 2, kVariables, sizeof kVariables - 1);
    return n + 1 + sizeof kVariables;
}

}  // namespace

int main(int argc, char** argv) {
    Random r{20261121};
    static char input[4096], source[2048];
    uint32_t index = 0;
    for (const char* seed : kSeeds) {
        size_t size = build(input, seed, strlen(seed), 255);
        CHECK_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<uint8_t*>(input), size), 0);
        if (argc > 1) {
            char path[512];
            snprintf(path, sizeof path, "%s/seed-%u", argv[1], index++);
            FILE* f = fopen(path, "wb");
            CHECK(f && fwrite(input, 1, size, f) == size);
            if (f) fclose(f);
        }
        for (uint32_t round = 0; round < 2500; ++round) {
            size_t n = strlen(seed);
            memcpy(source, seed, n);
            for (uint32_t k = r.below(6) + 1; k > 0; --k) {
                const size_t at = r.below(n + 1);
                if (r.below(3) == 0 && n) {  // a byte, never NUL
                    source[at < n ? at : n - 1] = static_cast<char>(r.below(255) + 1);
                    continue;
                }
                const char* piece = kPieces[r.below(sizeof kPieces / sizeof *kPieces)];
                const size_t gone = r.below(n - at + 1) % 8, more = strlen(piece);
                if (n - gone + more > 1800) continue;
                memmove(source + at + more, source + at + gone, n - at - gone);
                memcpy(source + at, piece, more);
                n = n - gone + more;
            }
            size = build(input, source, n, static_cast<uint8_t>(round % 4 == 0 ? r.below(256) : 255));
            CHECK_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<uint8_t*>(input), size), 0);
        }
    }
    return REPORT();
}
