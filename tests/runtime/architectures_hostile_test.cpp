// SPDX-License-Identifier: MIT
// The toy models of the families whose layers differ most (latent attention, convolutions, sinks, experts, sub norms,
// slopes), with each number of the metadata made wrong in turn, and with each tensor of the first layers taken away:
// either a sentence says what is wrong, or the model runs.
#include "runtime/thimble.h"
#include "tests/check.h"
#include "tests/support/toy_models.h"

namespace {

// Opens and runs a short text. True: it ran.
bool exercise(const GgufBytes& b) {
    thimble_error err{};
    const thimble_source src = thimble_from_memory(b.data, b.size);
    size_t bytes = 0;
    if (thimble_model_bytes(&src, nullptr, &bytes, &err) != THIMBLE_OK) {
        CHECK(err.message[0] && !strchr(err.message, '\n'));
        return false;
    }
    void* buffer = malloc(bytes);
    thimble_model* model = nullptr;
    bool ran = false;
    if (thimble_model_init(&src, nullptr, buffer, bytes, &model, &err) == THIMBLE_OK) {
        thimble_session_params p = thimble_session_defaults();
        p.n_ctx = 40;
        p.n_batch = 8;
        p.n_threads = 2;
        p.memory_budget = 64u << 20;
        thimble_session* s = nullptr;
        void* memory = nullptr;
        if (thimble_session_bytes(model, &p, &bytes, &err) == THIMBLE_OK && (memory = malloc(bytes)) &&
            thimble_session_init(model, &p, memory, bytes, &s, &err) == THIMBLE_OK) {
            int32_t ids[33];
            for (int i = 0; i < 33; ++i) ids[i] = i * 7 % 259;
            ran = CHECK(thimble_eval(s, ids, 32, nullptr, &err) == THIMBLE_OK) &&
                  CHECK(thimble_eval(s, ids + 32, 1, nullptr, &err) == THIMBLE_OK);
        } else {
            CHECK(err.message[0]);
        }
        thimble_session_close(s);
        free(memory);
    } else {
        CHECK(err.message[0]);
    }
    thimble_model_close(model);
    free(buffer);
    return ran;
}

uint64_t word(const uint8_t* p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

// Calls fn(place, size) with every number (also of arrays of numbers) of the keys under the architecture's prefix.
template <class Fn>
void each_number(GgufBytes& b, const char* arch, Fn fn) {
    static const uint8_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    uint8_t* p = b.data + 24;
    for (uint64_t i = word(b.data + 16); i > 0; --i) {
        const uint64_t n = word(p);
        const bool ours = n > strlen(arch) && memcmp(p + 8, arch, strlen(arch)) == 0 && p[8 + strlen(arch)] == '.';
        p += 8 + n;
        const uint32_t type = *p;
        p += 4;
        if (type == 8) {
            p += 8 + word(p);
        } else if (type == 9) {
            const uint32_t element = *p;
            uint64_t count = word(p + 4);
            p += 12;
            for (; count > 0; --count) {
                if (ours && element != 8) fn(p, sizes[element]);
                p += element == 8 ? 8 + word(p) : sizes[element];
            }
        } else {
            if (ours) fn(p, sizes[type]);
            p += sizes[type];
        }
    }
}

void check_numbers(const toy::Spec& spec) {
    GgufBytes b = toy::Builder(spec, 0).build();
    CHECK(exercise(b));
    each_number(b, spec.arch, [&](uint8_t* p, size_t size) {
        uint8_t kept[8];
        memcpy(kept, p, size);
        const uint32_t values[] = {0, 1, 2, 3, 5, 16, 63, 4096, 0x3f800000, 0x7fc00000, 0x7fffffff, 0xffffffff};
        for (uint32_t v : values) {
            memcpy(p, &v, size < 4 ? size : 4);
            exercise(b);
        }
        memcpy(p, kept, size);
    });
}

void check_tensors(const toy::Spec& spec) {
    GgufBytes b = toy::Builder(spec, 0).build();
    // Names are looked for as bytes; the vocabulary has none of them.
    for (size_t i = 24; i + 6 < b.size && i < (64u << 10); ++i) {
        if (memcmp(b.data + i, "blk.0.", 6) != 0 && memcmp(b.data + i, "blk.1.", 6) != 0) continue;
        b.data[i] = 'x';
        exercise(b);
        b.data[i] = 'b';
    }
    CHECK(exercise(b));
}

}  // namespace

int main() {
    const char* const families =
        " deepseek2 lfm2 lfm2moe gpt-oss bitnet bloom cohere2 qwen qwen2moe gemma2 phi3 mistral3 falcon ";
    uint32_t index = 0;
    for (const toy::Spec& spec : toy::kSpecs) {
        if (THIMBLE_EMULATED && index++ % 6 != 0) continue;
        char padded[64];
        snprintf(padded, sizeof padded, " %s ", spec.arch);
        if (!strstr(families, padded)) continue;
        check_numbers(spec);
        check_tensors(spec);
    }
    return REPORT();
}
