// SPDX-License-Identifier: MIT
// One layout, run dry and for real, uses the same bytes; and checked arithmetic at its edges.
#include "platform/arena.h"

#include <cstdlib>
#include <initializer_list>

#include "tests/check.h"

using namespace thimble;

namespace {

struct Object {
    uint64_t a = 7;
    char b = 1;
};
struct Layout {
    Object* object;
    float* floats;
    uint8_t* tail;
};

Layout lay_out(Arena& a, uint64_t temporary) {
    Layout l;
    l.object = a.make<Object>();
    l.floats = a.array<float>(1001);
    const uint64_t mark = a.mark();
    a.bytes(temporary);
    a.release(mark);
    l.tail = static_cast<uint8_t*>(a.bytes(3, 4096));
    return l;
}

void dry_is_real() {
    for (uint64_t temporary : {0u, 1u, 100000u}) {
        Arena dry;
        const Layout nothing = lay_out(dry, temporary);
        CHECK(nothing.object == nullptr && nothing.floats == nullptr && nothing.tail == nullptr);
        CHECK(!dry.overflowed());
        const size_t size = static_cast<size_t>(dry.needed());
        char* memory = static_cast<char*>(malloc(size + 64));
        for (size_t shift : {0, 1, 7, 63}) {
            Arena real(memory + shift, size);
            const Layout l = lay_out(real, temporary);
            CHECK(!real.overflowed());
            CHECK_EQ(real.used(), dry.used());
            CHECK_EQ(l.object->a, 7);
            CHECK_EQ(reinterpret_cast<uintptr_t>(l.floats) % kCacheLine, 0);
            CHECK(reinterpret_cast<char*>(l.tail) + 3 <= memory + shift + size);
            // As much as was promised and no less: what an aligned buffer would not need is the padding alone.
            Arena tight(memory + shift, static_cast<size_t>(dry.used()) - 1);
            lay_out(tight, temporary);
            CHECK(tight.overflowed());
        }
        free(memory);
    }
}

void overflow_is_sticky() {
    alignas(64) static char memory[256];
    Arena a(memory, sizeof memory);
    CHECK(a.bytes(200) != nullptr);
    CHECK(a.bytes(100) == nullptr);
    CHECK(a.overflowed());
    Arena b(memory, sizeof memory);
    CHECK(b.bytes(UINT64_MAX) == nullptr);
    CHECK(b.overflowed());
    Arena c;  // dry arenas notice a wrap too
    CHECK(c.array<uint64_t>(UINT64_MAX / 4) == nullptr);
    CHECK(c.overflowed());
    Arena d;
    d.bytes(UINT64_MAX - 200);
    CHECK(!d.overflowed());
    d.bytes(1000);
    CHECK(d.overflowed());
}

void checked_edges() {
    uint64_t r;
    CHECK(checked_add(UINT64_MAX, 0, &r) && r == UINT64_MAX);
    CHECK(!checked_add(UINT64_MAX, 1, &r));
    CHECK(checked_sub(5, 5, &r) && r == 0);
    CHECK(!checked_sub(5, 6, &r));
    CHECK(checked_mul(UINT64_MAX, 1, &r) && r == UINT64_MAX);
    CHECK(!checked_mul(uint64_t(1) << 32, uint64_t(1) << 32, &r));
    CHECK(checked_mul(uint64_t(1) << 32, 0, &r) && r == 0);
    CHECK(checked_align(0, 32, &r) && r == 0);
    CHECK(checked_align(33, 32, &r) && r == 64);
    CHECK(checked_align(UINT64_MAX - 31, 32, &r) && r == UINT64_MAX - 31);
    CHECK(!checked_align(UINT64_MAX - 30, 32, &r));
    CHECK(within(0, 0, 0));
    CHECK(within(10, 0, 10));
    CHECK(!within(11, 0, 10));
    CHECK(within(4, 6, 10));
    CHECK(!within(4, 7, 10));
    CHECK(!within(4, UINT64_MAX, 10));
    CHECK(!within(UINT64_MAX, 1, UINT64_MAX));
    size_t s;
    CHECK_EQ(checked_size(uint64_t(1) << 40, &s), sizeof(size_t) == 8);
    CHECK(checked_size(12345, &s) && s == 12345);
    CHECK(is_power_of_two(1) && is_power_of_two(uint64_t(1) << 63) && !is_power_of_two(0) && !is_power_of_two(6));
}

}  // namespace

int main() {
    dry_is_real();
    overflow_is_sticky();
    checked_edges();
    return REPORT();
}
