// SPDX-License-Identifier: MIT
// Opens bytes as GGUF the way the model does: a dry run that counts, then the real one over exactly those bytes.
#pragma once
#include <cstdio>
#include <cstdlib>

#include "runtime/gguf/gguf.h"
#include "tests/support/gguf_writer.h"

struct GgufOpened {
    thimble::Gguf g, dry;
    thimble::Status status = thimble::kOk, dry_status = thimble::kOk;
    thimble::Error err = {}, dry_err = {};
    uint64_t counted = 0, used = 0;
    void* buffer = nullptr;

    explicit GgufOpened(const GgufBytes& b) : GgufOpened(b.data, b.size) {}
    GgufOpened(const uint8_t* data, size_t size) {
        thimble::FileMap m;
        m.data = data;
        m.size = size;
        open(&m, 1, "test.gguf");
    }
    GgufOpened(const thimble::FileMap* shards, uint32_t n, const char* label) { open(shards, n, label); }
    GgufOpened(const GgufOpened&) = delete;
    GgufOpened& operator=(const GgufOpened&) = delete;
    ~GgufOpened() { free(buffer); }

  private:
    void open(const thimble::FileMap* shards, uint32_t n, const char* label) {
        thimble::Arena count;
        dry_status = gguf_open(shards, n, count, label, &dry, &dry_err);
        if (dry_status) {  // what the dry run refuses, the real one must refuse in the same words
            const size_t enough = 65536;
            buffer = malloc(enough);
            if (!buffer) abort();
            thimble::Arena arena(buffer, enough);
            status = gguf_open(shards, n, arena, label, &g, &err);
            return;
        }
        counted = count.needed();
        buffer = malloc(static_cast<size_t>(counted));
        if (!buffer) abort();
        thimble::Arena arena(buffer, static_cast<size_t>(counted));
        status = gguf_open(shards, n, arena, label, &g, &err);
        used = arena.used();
        if (status == thimble::kOk && (arena.overflowed() || arena.needed() != counted)) {
            fprintf(stderr, "the arena took %llu bytes, %llu were counted\n",
                    static_cast<unsigned long long>(arena.needed()), static_cast<unsigned long long>(counted));
            abort();
        }
    }
};
