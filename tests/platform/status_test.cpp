// SPDX-License-Identifier: MIT
#include "platform/status.h"

#include "platform/clock.h"
#include "platform/cpu.h"
#include "tests/check.h"

using namespace thimble;

namespace {

template <class T>
const char* text(T v) {
    static char out[64];
    TextBuilder b(out, sizeof out);
    b.add(v);
    return out;
}

void numbers() {
    CHECK_STR(text(0u), "0");
    CHECK_STR(text(18446744073709551615ull), "18446744073709551615");
    CHECK_STR(text(-9223372036854775807ll - 1), "-9223372036854775808");
    CHECK_STR(text(-1), "-1");
    CHECK_STR(text(0.0), "0");
    CHECK_STR(text(1.5), "1.5");
    CHECK_STR(text(-0.25), "-0.25");
    CHECK_STR(text(123456.0), "123456");
    CHECK_STR(text(999999.7), "1e6");
    CHECK_STR(text(100.0), "100");
    CHECK_STR(text(0.000125), "0.000125");
    CHECK_STR(text(1e-9), "1e-9");
    CHECK_STR(text(1e308), "1e308");
    CHECK_STR(text(1e308 * 10), "inf");
    CHECK_STR(text(__builtin_nan("")), "nan");
}

void hostile_text() {
    CHECK_STR(text("a\nb\x1b[31m\x7f"), "a?b?[31m?");
    CHECK_STR(text("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"),
              "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
    CHECK_STR(text("\xc2\x9b|\xc0\xaf|\xed\xa0\x80|\xf5|\xe2\x82"), "??|??|???|?|??");
    CHECK_STR(text(static_cast<const char*>(nullptr)), "");
    CHECK_STR(text(Str("ab\0c", 4)), "ab?c");
}

void cutting() {
    char out[8];
    memset(out, 'x', sizeof out);
    TextBuilder b(out, 6);
    b.add("abcd\xc3\xbc");  // the last sequence does not fit
    b.add("z");             // nothing follows a cut
    CHECK_STR(out, "abcd");
    CHECK_EQ(out[6], 'x');
    TextBuilder none(out, 0);
    none.add("q");
    CHECK_EQ(out[0], 'a');

    Error err;
    static char lengthy[501];
    memset(lengthy, 'n', 500);
    CHECK_EQ(fail(&err, kFormat, "tensor '", Str(lengthy, 500), "': ends at byte ", 12u), kFormat);
    CHECK_EQ(err.status, kFormat);
    CHECK(strstr(err.message, "n...': ends at byte 12") != nullptr);
    CHECK_EQ(fail(&err, kIo, lengthy, lengthy), kIo);
    CHECK_EQ(strlen(err.message), sizeof err.message - 1);
    CHECK_EQ(fail(nullptr, kState, "nobody listens"), kState);
}

void machine() {
    const uint64_t t = clock_ns();
    CHECK(t > 0);
    CHECK(clock_ns() >= t);
    CHECK(clock_unix_seconds() > 1700000000);
    CHECK(cpu_cores() >= 1);
    CHECK(cpu_threads_default() >= 1);
    CHECK(cpu_threads_default() <= cpu_cores());
    CHECK(memory_available_bytes() <= memory_total_bytes());
    const uint32_t f = cpu_features();
    CHECK(!(f & kCpuAvx512Vnni) || (f & kCpuAvx512));
    CHECK(!(f & kCpuAvx512Vbmi) || (f & kCpuAvx512));
    CHECK(!(f & kCpuAvx512) || (f & kCpuAvx2));
#if defined(__aarch64__)
    CHECK(f & kCpuNeon);
#elif defined(__x86_64__)
    CHECK_EQ((f & kCpuAvx2) != 0, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
    CHECK_EQ((f & kCpuAvx512Vnni) != 0, __builtin_cpu_supports("avx512vnni") != 0);
    CHECK_EQ((f & kCpuAvx512Vbmi) != 0, __builtin_cpu_supports("avx512vbmi") != 0);
#endif
}

}  // namespace

int main() {
    numbers();
    hostile_text();
    cutting();
    machine();
    return REPORT();
}
