// SPDX-License-Identifier: MIT
// What a token costs in barriers: five a layer, one behind the embedding, one behind the logits; and how many threads a
// prompt and a token get, each a number of its own.
#include "platform/threads.h"
#include "tests/support/api_opened.h"
#include "tests/support/toy_llama.h"

// The linker sends the library's calls here (--wrap of the mangled names).
static int g_barriers;
static uint32_t g_members;
extern "C" void __real__ZN7thimble12team_barrierEPNS_4TeamEj(thimble::Team* team, uint32_t member);
extern "C" void __wrap__ZN7thimble12team_barrierEPNS_4TeamEj(thimble::Team* team, uint32_t member) {
    if (member == 0) ++g_barriers;
    __real__ZN7thimble12team_barrierEPNS_4TeamEj(team, member);
}
extern "C" void __real__ZN7thimble8team_runEPNS_4TeamEjPFvPvjjES2_(thimble::Team*, uint32_t, thimble::TeamFn, void*);
extern "C" void __wrap__ZN7thimble8team_runEPNS_4TeamEjPFvPvjjES2_(thimble::Team* team, uint32_t members,
                                                                   thimble::TeamFn fn, void* ctx) {
    g_members = members;
    __real__ZN7thimble8team_runEPNS_4TeamEjPFvPvjjES2_(team, members, fn, ctx);
}

static void test(uint32_t layers) {
    ToyLlama toy;
    toy.n_layer = layers;
    const GgufBytes file = toy.bytes();
    OpenedModel m;
    if (!CHECK(m.open(thimble_from_memory(file.data, file.size)))) return;
    thimble_session_params p = session_of(64, 32, 3);
    p.n_threads_decode = 2;
    OpenedSession s;
    if (!CHECK(s.open(m.model, p))) return;
    const int32_t ids[8] = {1, 5, 9, 13, 17, 21, 25, 29};
    CHECK(thimble_eval(s.s, ids, 7, nullptr, &s.err) == THIMBLE_OK);
    CHECK_EQ(g_members, 3u);
    g_barriers = 0;
    CHECK(thimble_eval(s.s, ids + 7, 1, nullptr, &s.err) == THIMBLE_OK);
    CHECK_EQ(g_members, 2u);
    CHECK_EQ(g_barriers, static_cast<int>(5 * layers + 2));
}

int main() {
    for (uint32_t layers : {1u, 2u, 5u}) test(layers);
    return REPORT();
}
