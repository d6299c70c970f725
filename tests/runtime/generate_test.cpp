// SPDX-License-Identifier: MIT
// Generation by a model that recites a script (each token has one successor), so that the text, its pieces and where it
// ends are known; and the sampler against an implementation of its own, in double.
#include "kernels/kernels.h"
#include "tests/support/api_opened.h"
#include "tests/support/toy_llama.h"

namespace {

constexpr uint32_t kVocab = ToyLlama::kVocab, kWidth = 64;
constexpr thimble_token kBos = 1, kEos = 2, kImEnd = 274, kTwin = 261;
const char kScript[] =
    "Hxlo w\xc3\xa9 \xe2\x82\xac! \xf0\x9f\x98\x80 by\xff";  // each byte at most once but ' ', see below

int g_next[kVocab];
float g_vector[kVocab][kWidth];

// Embeddings of +-1 at random: a token's own product is 64, that with others far below. Row next(i) of the output is the
// embedding of i; layers add nothing (their last products are zero).
void recite(GgufWriter* w) {
    static float out[kVocab][kWidth];
    memset(out, 0, sizeof out);
    for (uint32_t i = 0; i < kVocab; ++i)
        if (g_next[i] >= 0) memcpy(out[g_next[i]], g_vector[i], sizeof out[0]);
    memcpy(out[kTwin], out[3 + 'H'], sizeof out[0]);  // a tie at the first token, of which the lower id wins
    w->tensor("token_embd.weight", thimble::kF32, {kWidth, kVocab}, g_vector);
    w->tensor("output.weight", thimble::kF32, {kWidth, kVocab}, out);
    w->tensor("blk.0.attn_output.weight", thimble::kF32, {kWidth, kWidth});
    w->tensor("blk.0.ffn_down.weight", thimble::kF32, {96, kWidth});
}

thimble_token byte_token(char c) { return 3 + static_cast<unsigned char>(c); }

// The script's tokens; repeated spaces take the other tokens that spell one.
size_t script(thimble_token* ids) {
    size_t n = 0;
    int spaces = 0;
    for (const char* p = kScript; *p; ++p) {
        static const thimble_token kSpace[] = {3 + ' ', 259, 271,
                                               3 + 0x1f};  // <0x20>, U+2581, two of them, a control byte
        ids[n++] = *p == ' ' ? kSpace[spaces++] : byte_token(*p);
    }
    return n;
}

struct Pieces {
    char text[4096];
    size_t n = 0, calls = 0, stop_after = ~size_t{0};
    bool whole = true;  // every piece begins at a lead byte
};
int collect(void* user, const char* text, size_t n) {
    Pieces* p = static_cast<Pieces*>(user);
    if ((static_cast<unsigned char>(text[0]) & 0xc0) == 0x80) p->whole = false;
    if (n > 0 && p->n + n < sizeof p->text) memcpy(p->text + p->n, text, n);
    p->n += n;
    p->text[p->n] = 0;
    return ++p->calls >= p->stop_after;
}

struct Case {
    OpenedSession s;
    Pieces pieces;
    thimble_result r{};
    thimble_error err{};
    thimble_generate_params g = thimble_generate_defaults();
    Case(const OpenedModel& m, uint32_t n_ctx = 128) {
        g.temperature = 0;
        r.struct_size = sizeof r;
        CHECK(s.open(m.model, session_of(n_ctx, 16, 2)));
    }
    thimble_status run() { return thimble_generate(s.s, "", 0, &g, collect, &pieces, &r, &err); }
};

void recitals(const OpenedModel& m, const char* full, size_t length, size_t tokens) {
    {
        Case c(m);
        CHECK_EQ(c.run(), THIMBLE_OK);
        CHECK(c.pieces.n == length && memcmp(c.pieces.text, full, length) == 0);
        CHECK(c.pieces.whole);
        CHECK_EQ(c.r.finish, THIMBLE_FINISH_STOP);
        CHECK_EQ(c.r.completion_tokens, tokens);
        CHECK_EQ(c.r.prompt_tokens, 1);
        CHECK_EQ(thimble_position(c.s.s), tokens + 1);
    }
    for (int n = 0; n <= 12; ++n) {  // any cut: what is held back comes out at the end
        Case c(m);
        c.g.n_predict = n;
        CHECK_EQ(c.run(), THIMBLE_OK);
        CHECK(c.pieces.n <= length && memcmp(c.pieces.text, full, c.pieces.n) == 0);
        CHECK_EQ(static_cast<int>(c.r.completion_tokens), n);
        CHECK_EQ(c.r.finish, THIMBLE_FINISH_LENGTH);
        if (n == 0) CHECK_EQ(c.pieces.calls, 0);
        if (n == 5) CHECK_EQ(c.pieces.n, 5);
    }
    {  // EOS may not be chosen: the rest is a tie of many, then more text
        Case c(m);
        c.g.ignore_eos = 1;
        c.g.n_predict = static_cast<int32_t>(tokens) + 5;
        CHECK_EQ(c.run(), THIMBLE_OK);
        CHECK(c.pieces.n >= length && memcmp(c.pieces.text, full, length) == 0);
        CHECK_EQ(c.r.completion_tokens, tokens + 5);
        CHECK_EQ(c.r.finish, THIMBLE_FINISH_LENGTH);
    }
    {  // the context ends first
        Case c(m, 8);
        CHECK_EQ(c.run(), THIMBLE_OK);
        CHECK_EQ(c.r.finish, THIMBLE_FINISH_LENGTH);
        CHECK_EQ(thimble_position(c.s.s), 8);
        CHECK(c.pieces.n > 0 && memcmp(c.pieces.text, full, c.pieces.n) == 0);
    }
    {  // the callback has enough
        Case c(m);
        c.pieces.stop_after = 3;
        CHECK_EQ(c.run(), THIMBLE_E_CANCELLED);
        CHECK_EQ(c.r.finish, THIMBLE_FINISH_CANCELLED);
        CHECK_EQ(c.pieces.calls, 3);
        c.pieces.stop_after = ~size_t{0};  // and the session goes on from there
        c.g.n_predict = 1;
        CHECK(thimble_generate(c.s.s, "", 0, &c.g, collect, &c.pieces, &c.r, &c.err) == THIMBLE_OK);
    }
    {  // without a callback or a result
        Case c(m);
        CHECK_EQ(thimble_generate(c.s.s, "", 0, &c.g, nullptr, nullptr, nullptr, nullptr), THIMBLE_OK);
    }
}

void stops(const OpenedModel& m, const char* full, size_t length) {
    static const struct {
        const char* stop[3];
        const char* ends_at;
    } cases[] = {
        {{"H"}, "H"},
        {{"xl"}, "xl"},              // over two tokens
        {{"lo w\xc3\xa9"}, "lo w"},  // over five, into a sequence of bytes
        {{"nosuch", "o w"}, "o w"},
        {{"o wz", "!"}, "!"},           // a beginning that is not the stop string
        {{"w\xc3\xa9", "o w"}, "o w"},  // the earlier in the text, whatever the order
        {{"\xe2\x82\xac"}, "\xe2\x82\xac"},
        {{"by\xff"
          "and more"},
         nullptr},  // its beginning ends the text: held back, then let go
        {{"\xc3\xa9"}, "\xc3\xa9"},
    };
    for (const auto& c : cases) {
        Case run(m);
        run.g.stop = c.stop;
        while (run.g.n_stop < 3 && c.stop[run.g.n_stop]) ++run.g.n_stop;
        CHECK_EQ(run.run(), THIMBLE_OK);
        const char* end = c.ends_at ? strstr(full, c.ends_at) : full + length;
        if (!CHECK(end && run.pieces.n == static_cast<size_t>(end - full) &&
                   memcmp(run.pieces.text, full, run.pieces.n) == 0))
            fprintf(stderr, "    stop '%s': '%s'\n", c.stop[0], run.pieces.text);
        CHECK(run.pieces.whole);
        CHECK_EQ(run.r.finish, THIMBLE_FINISH_STOP);
    }
    static char longest[4200];
    memset(longest, 'H', sizeof longest - 1);
    static const char* const wrong[][1] = {{""}, {nullptr}, {longest}};
    for (const auto& w : wrong) {
        Case c(m);
        c.g.stop = w;
        c.g.n_stop = 1;
        CHECK_EQ(c.run(), THIMBLE_E_ARGUMENT);
    }
    Case c(m);
    c.g.n_stop = 1;
    CHECK_EQ(c.run(), THIMBLE_E_ARGUMENT);
    c.g.n_stop = 0;
    for (float bad : {-1.0f, __builtin_nanf("")}) {
        c.g.temperature = bad;
        CHECK_EQ(c.run(), THIMBLE_E_ARGUMENT);
        c.g.temperature = 0;
        c.g.top_p = bad;
        CHECK_EQ(c.run(), THIMBLE_E_ARGUMENT);
        c.g.top_p = 1;
        c.g.repeat_penalty = bad;
        CHECK_EQ(c.run(), THIMBLE_E_ARGUMENT);
        c.g.repeat_penalty = 1;
    }
}

// ---- The sampler -----------------------------------------------------------------------------------------------------------

double uniform(uint64_t seed) {  // the first draw of xoshiro256** seeded by splitmix64, 24 bits
    uint64_t s[4], z = seed;
    for (uint64_t& r : s) {
        uint64_t x = z += 0x9e3779b97f4a7c15ull;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
        r = x ^ (x >> 31);
    }
    const uint64_t five = s[1] * 5, nine = ((five << 7) | (five >> 57)) * 9;
    return static_cast<double>(nine >> 40) / 16777216.0;
}

struct Entry {
    double logit, p;
    int32_t id;
};
int by_logit(const void* a, const void* b) {
    const Entry *x = static_cast<const Entry*>(a), *y = static_cast<const Entry*>(b);
    if (x->logit != y->logit) return x->logit > y->logit ? -1 : 1;
    return x->id - y->id;
}
void soft(Entry* e, size_t n, double temperature) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) sum += e[i].p = thimble::math_exp((e[i].logit - e[0].logit) / temperature);
    for (size_t i = 0; i < n; ++i) e[i].p /= sum;
}

// What the sampler must pick, or -1 where the draw lies too near an edge to say. `sure` is false where a cut does.
int32_t oracle(const float* logits, const thimble_token* past, size_t n_past, const thimble_generate_params& g) {
    static Entry e[kVocab];
    for (uint32_t i = 0; i < kVocab; ++i) {
        double v = logits[i];
        int count = 0;
        for (size_t t = n_past > g.repeat_last_n ? n_past - g.repeat_last_n : 0; t < n_past; ++t)
            count += past[t] == static_cast<int32_t>(i);
        if (count) {
            v = v > 0 ? v / g.repeat_penalty : v * g.repeat_penalty;
            v -= count * g.frequency_penalty + g.presence_penalty;
        }
        e[i] = {v, 0, static_cast<int32_t>(i)};
    }
    qsort(e, kVocab, sizeof e[0], by_logit);
    if (g.temperature == 0) return e[0].id;
    size_t keep = g.top_k && g.top_k < kVocab ? g.top_k : kVocab;
    soft(e, keep, 1);
    if (g.top_p < 1) {
        double sum = 0;
        for (size_t i = 0; i < keep; ++i) {
            sum += e[i].p;
            if (sum > g.top_p - 1e-5 && sum < g.top_p + 1e-5) return -1;
            if (sum >= g.top_p) keep = i + 1;
        }
    }
    size_t alive = 1;
    while (alive < keep && e[alive].p >= g.min_p * e[0].p) ++alive;
    if (g.min_p > 0) keep = alive;
    soft(e, keep, g.temperature);
    const double u = uniform(g.seed);
    double sum = 0;
    for (size_t i = 0; i < keep; ++i) {
        sum += e[i].p;
        if (sum > u - 1e-5 && sum < u + 1e-5) return -1;
        if (u < sum) return e[i].id;
    }
    return e[keep - 1].id;
}

void sampling() {
    ToyLlama toy;
    toy.type = thimble::kF32;
    const GgufBytes b = toy.bytes();
    OpenedModel m;
    OpenedSession s;
    if (!CHECK(m.open(thimble_from_memory(b.data, b.size)) && s.open(m.model, session_of(64, 16, 1)))) return;
    thimble_generate_params g = thimble_generate_defaults();
    thimble_token id = 0, past[24];
    CHECK_EQ(thimble_sample(s.s, &g, &id, nullptr), THIMBLE_E_STATE);
    for (thimble_token& t : past) t = static_cast<thimble_token>(toy.random() % kVocab);
    past[20] = past[23], past[10] = past[23];
    CHECK_EQ(thimble_eval(s.s, past, 24, nullptr, nullptr), THIMBLE_OK);
    const float* logits = thimble_logits(s.s);
    static const struct {
        float temperature;
        uint32_t top_k;
        float top_p, min_p, repeat;
        uint32_t last;
        float presence, frequency;
    } settings[] = {
        {0, 40, 0.95f, 0.05f, 1, 64, 0, 0},    {0, 0, 1, 0, 1.5f, 64, 0, 0}, {1, 0, 1, 0, 1, 64, 0, 0},
        {0.8f, 40, 0.95f, 0.05f, 1, 64, 0, 0}, {0.2f, 5, 1, 0, 1, 64, 0, 0}, {2, 0, 0.5f, 0, 1, 64, 0, 0},
        {1.5f, 0, 1, 0.3f, 1, 64, 0, 0},       {1, 1, 1, 0, 1, 64, 0, 0},    {1, 100000, 1, 0, 1.3f, 64, 0, 0},
        {1, 0, 0.9f, 0, 1.3f, 4, 0.5f, 0.25f}, {1, 20, 0.0f, 0, 1, 0, 9, 9}, {0, 0, 1, 0, 1, 64, 3, 2},
        {0.7f, 300, 0.99f, 1.0f, 1, 64, 0, 0}, {100, 0, 1, 0, 1, 64, 0, 0}};
    uint32_t compared = 0, distinct = 0;
    bool seen[kVocab] = {};
    for (const auto& x : settings) {
        g.temperature = x.temperature, g.top_k = x.top_k, g.top_p = x.top_p, g.min_p = x.min_p;
        g.repeat_penalty = x.repeat, g.repeat_last_n = x.last, g.presence_penalty = x.presence,
        g.frequency_penalty = x.frequency;
        for (uint64_t seed = 1; seed <= 200; ++seed) {
            g.seed = seed * 7919;
            CHECK_EQ(thimble_sample(s.s, &g, &id, nullptr), THIMBLE_OK);
            const int32_t want = oracle(logits, past, 24, g);
            if (want < 0) continue;
            ++compared;
            if (!seen[id]) seen[id] = true, ++distinct;
            if (!CHECK(id == want)) {
                fprintf(stderr, "    temp %g top_k %u top_p %g min_p %g seed %llu: %d, expected %d\n",
                        static_cast<double>(x.temperature), x.top_k, static_cast<double>(x.top_p),
                        static_cast<double>(x.min_p), static_cast<unsigned long long>(g.seed), id, want);
                break;
            }
        }
    }
    CHECK(compared > 2500 && distinct > 100);
    // Of one seed the draws go on; the same seed afresh gives the same draws.
    g = thimble_generate_defaults();
    g.temperature = 100, g.top_k = 0, g.top_p = 1, g.min_p = 0;
    char first[200] = {}, second[200] = {};
    for (char* text : {first, second}) {
        Pieces p;
        g.seed = 42, g.n_predict = 20, g.ignore_eos = 1;
        thimble_rewind(s.s, 0, nullptr);
        CHECK_EQ(thimble_generate(s.s, "a", 1, &g, collect, &p, nullptr, nullptr), THIMBLE_OK);
        memcpy(text, p.text, p.n < 199 ? p.n : 199);
    }
    CHECK(memcmp(first, second, sizeof first) == 0);
    g.seed = 43;
    Pieces other;
    thimble_rewind(s.s, 0, nullptr);
    CHECK_EQ(thimble_generate(s.s, "a", 1, &g, collect, &other, nullptr, nullptr), THIMBLE_OK);
    CHECK(strncmp(first, other.text, sizeof first) != 0);
}

}  // namespace

int main() {
    ToyLlama toy;
    toy.type = thimble::kF32, toy.n_layer = 1, toy.tied = false;
    toy.skip[0] = "token_embd.weight", toy.skip[1] = "output.weight";
    toy.skip[2] = "blk.0.attn_output.weight", toy.skip[3] = "blk.0.ffn_down.weight";
    toy.extra = recite;
    for (auto& v : g_vector)
        for (float& x : v) x = (toy.random() & 1) ? 1.0f : -1.0f;
    for (int& n : g_next) n = -1;
    thimble_token ids[64];
    const size_t n = script(ids);
    thimble_token last = kBos;
    for (size_t i = 0; i < n; ++i) g_next[last] = ids[i], last = ids[i];
    g_next[last] = kEos;
    const GgufBytes b = toy.bytes();
    OpenedModel m;
    if (!CHECK(m.open(thimble_from_memory(b.data, b.size)))) {
        fprintf(stderr, "%s\n", m.err.message);
        return REPORT();
    }
    CHECK(thimble_token_is_end(m.model, kEos) && thimble_token_is_end(m.model, kImEnd));
    char full[128];
    size_t length = 0;
    for (size_t i = 0; i < n; ++i)
        length += thimble_token_bytes(m.model, ids[i], 0, full + length, sizeof full - length);
    full[length] = 0;
    recitals(m, full, length, n);
    stops(m, full, length);
    sampling();
    return REPORT();
}
