// SPDX-License-Identifier: MIT
#include "runtime/text/json.h"

#include <cmath>

#include "runtime/text/number.h"
#include "tests/check.h"

using namespace thimble;

namespace {

alignas(64) char memory[1 << 20];
Error err;

JsonValue* parse(Str text, Status* status = nullptr) {
    // An exact copy on the heap, so that a sanitizer sees any byte read beyond the end.
    static char* copy = nullptr;
    free(copy);
    copy = static_cast<char*>(malloc(text.size ? text.size : 1));
    if (text.size) memcpy(copy, text.data, text.size);
    Arena arena(memory, sizeof memory);
    JsonValue* v;
    const Status s = json_parse(Str(copy, text.size), arena, &v, &err);
    if (status) *status = s;
    return s == kOk ? v : nullptr;
}

bool refused(Str text, const char* message) {
    Status s;
    parse(text, &s);
    const bool ok = s == kFormat && strstr(err.message, message);
    if (!ok) fprintf(stderr, "    %.*s -> %d %s\n", static_cast<int>(text.size), text.data, s, err.message);
    return ok;
}

void values() {
    JsonValue* v = parse(" {\"a\" : [1, -2.5, true, false, null, \"x\"], \"b\": {}} ");
    if (!CHECK(v && v->kind == Json::kObject && v->count == 2)) return;
    const JsonValue* a = json_member(v, "a");
    CHECK(a && a->kind == Json::kArray && a->count == 6);
    const JsonValue* i = a->first;
    CHECK(i->kind == Json::kInt && i->integer == 1);
    i = i->next;
    CHECK(i->kind == Json::kFloat && i->number == -2.5);
    i = i->next;
    CHECK(i->kind == Json::kBool && i->boolean);
    i = i->next;
    CHECK(i->kind == Json::kBool && !i->boolean);
    i = i->next;
    CHECK(i->kind == Json::kNull);
    i = i->next;
    CHECK(i->kind == Json::kString && i->string == Str("x") && !i->next);
    CHECK(json_member(v, "b")->count == 0 && !json_member(v, "c") && !json_member(nullptr, "c"));
    v = parse("9223372036854775807");
    CHECK(v && v->kind == Json::kInt && v->integer == INT64_MAX);
    v = parse("-9223372036854775808");
    CHECK(v && v->kind == Json::kInt && v->integer == INT64_MIN);
    v = parse("9223372036854775808");
    CHECK(v && v->kind == Json::kFloat && v->number == 9223372036854775808.0);
    v = parse("[NaN, -Infinity]");
    CHECK(v && v->first->number != v->first->number && v->first->next->number < 0);
}

void strings() {
    const JsonValue* v = parse("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u4f60\\ud83d\\ude80\\ud83d!\\u0000\"");
    const char want[] = "a\"\\/\b\f\n\r\t\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x9a\x80\xef\xbf\xbd!";
    CHECK(v && v->string == Str(want, sizeof want));  // with the NUL of \u0000
    CHECK(refused("\"\\u12g4\"", "four hexadecimal"));
    CHECK(refused("\"\\x\"", "unknown escape"));
    CHECK(refused("\"a", "does not end"));
    CHECK(refused("\"a\\", "does not end"));
    CHECK(refused("\"a\nb\"", "control character"));
    CHECK(refused("\"\xc0\xaf\"", "UTF-8"));
    CHECK(refused("\"\xed\xa0\x80\"", "UTF-8"));
    CHECK(refused("\"\\ud83d\\u\"", "four hexadecimal"));
}

void duplicates() {
    const JsonValue* v = parse("{\"a\":1,\"b\":2,\"a\":3,\"c\":4,\"a\":5,\"a\":6}");
    if (!CHECK(v && v->count == 3)) return;
    const JsonValue* m = v->first;
    CHECK(m->key == Str("a") && m->integer == 6);
    m = m->next;
    CHECK(m->key == Str("b") && m->integer == 2);
    m = m->next;
    CHECK(m->key == Str("c") && m->integer == 4 && !m->next);
    v = parse("{\"a\":1,\"a\":2}");
    CHECK(v && v->count == 1 && v->first->integer == 2 && !v->first->next);
}

void refusals() {
    CHECK(refused("", "expected here"));
    CHECK(refused("[1,\n  2,\n  x]", "line 3, column 3"));
    CHECK(refused("[1,]", "expected here"));
    CHECK(refused("{\"a\":1,}", "key in double quotes"));
    CHECK(refused("{\"a\" 1}", "':'"));
    CHECK(refused("{a:1}", "key in double quotes"));
    CHECK(refused("[1 2]", "',' or ']'"));
    CHECK(refused("{\"a\":1]", "',' or '}'"));
    CHECK(refused("01", "leading zeros"));
    CHECK(refused("1.", "decimal point"));
    CHECK(refused("1e", "exponent"));
    CHECK(refused("-", "expected here"));
    CHECK(refused("tru", "'true'"));
    CHECK(refused("1 2", "more text"));
    CHECK(refused("[", "expected here"));
    char deep[4096];
    memset(deep, '[', sizeof deep);
    CHECK(refused(Str(deep, sizeof deep), "nested too deeply"));
    memset(deep + kJsonDepth, ']', kJsonDepth);
    CHECK(parse(Str(deep, 2 * kJsonDepth)) != nullptr);
    JsonValue* v;
    char tiny[64];
    Arena arena(tiny, sizeof tiny);
    CHECK(json_parse("[1,2,3]", arena, &v, &err) == kMemory);
    // Every prefix of a document is refused, not crashed on.
    const char* document = "{\"k\\n\": [1.5e3, \"\\u00e9\\ud83d\\ude80\", {\"x\": null}], \"z\": -0.25}";
    for (size_t n = 0; n < strlen(document); ++n) CHECK(!parse(Str(document, n)));
    CHECK(parse(document) != nullptr);
}

bool writes(double v, const char* want) {
    char t[kDoubleText];
    const size_t n = format_double(v, t);
    const bool ok = Str(t, n) == Str(want);
    if (!ok) fprintf(stderr, "    %.*s, wanted %s\n", static_cast<int>(n), t, want);
    return ok;
}

bool fixed(double v, unsigned decimals, const char* want) {
    char t[kFixedText];
    const size_t n = format_fixed(v, decimals, t);
    const bool ok = Str(t, n) == Str(want);
    if (!ok) fprintf(stderr, "    %.*s, wanted %s\n", static_cast<int>(n), t, want);
    return ok;
}

void numbers() {
    CHECK(writes(0.0, "0.0") && writes(-0.0, "-0.0") && writes(1.0, "1.0") && writes(0.1, "0.1") &&
          writes(-2.5, "-2.5"));
    CHECK(writes(1e16, "1e+16") && writes(9999999999999998.0, "9999999999999998.0") && writes(0.0001, "0.0001"));
    CHECK(writes(0.00001, "1e-05") && writes(123456.789, "123456.789") && writes(1e22, "1e+22") &&
          writes(1e23, "1e+23"));
    CHECK(writes(5e-324, "5e-324") && writes(1.7976931348623157e308, "1.7976931348623157e+308"));
    CHECK(writes(2.2250738585072014e-308, "2.2250738585072014e-308") &&
          writes(9007199254740993.0, "9007199254740992.0"));
    CHECK(writes(0.1 + 0.2, "0.30000000000000004") && writes(100.0, "100.0") && writes(1e100, "1e+100"));
    CHECK(fixed(2.5, 0, "2") && fixed(3.5, 0, "4") && fixed(0.125, 2, "0.12") && fixed(2.675, 2, "2.67") &&
          fixed(-1.005, 2, "-1.00"));
    CHECK(fixed(1e22, 1, "10000000000000000000000.0") && fixed(0.0, 3, "0.000") && fixed(999.9999, 2, "1000.00"));
    uint64_t seed = 88172645463325252ull;
    for (int i = 0; i < 20000; ++i) {  // against the C library, over all magnitudes
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        double v, back = 0;
        memcpy(&v, &seed, sizeof v);
        if (!(v - v == 0)) continue;
        char t[kDoubleText + 1], shorter[64];
        const size_t n = format_double(v, t);
        t[n] = 0;
        const bool same = CHECK(strtod(t, nullptr) == v) && CHECK(parse_double(Str(t, n), &back)) && CHECK(back == v);
        if (!same) fprintf(stderr, "    %s %.17g\n", t, v);
        unsigned digits = 0;
        for (size_t k = 0; k < n && t[k] != 'e'; ++k) digits += t[k] >= '0' && t[k] <= '9';
        if (digits > 1 && strchr(t, 'e') && t[n - 1] != '0') {  // one digit less would not do
            snprintf(shorter, sizeof shorter, "%.*e", static_cast<int>(digits) - 2, v);
            CHECK(strtod(shorter, nullptr) != v);
        }
        snprintf(shorter, sizeof shorter, "%.20e", v);
        CHECK(parse_double(shorter, &back) && back == v);
    }
    double d;
    CHECK(parse_double("1e400", &d) && d > 1e308 && parse_double("1e-400", &d) && d == 0);
    CHECK(parse_double("9007199254740993", &d) && d == 9007199254740992.0);
    CHECK(parse_double("9007199254740993.00000000000000000000000000000000000000000000000001", &d) &&
          d == 9007199254740994.0);
    CHECK(!parse_double("", &d) && !parse_double(".", &d) && !parse_double("1e", &d) && !parse_double("1x", &d) &&
          !parse_double("--1", &d));
    int64_t v;
    CHECK(parse_int("+7", &v) && v == 7 && !parse_int("", &v) && !parse_int("-", &v) &&
          !parse_int("9223372036854775808", &v));
}

}  // namespace

int main() {
    values();
    strings();
    duplicates();
    refusals();
    numbers();
    return REPORT();
}
