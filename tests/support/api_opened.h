// SPDX-License-Identifier: MIT
// A model and a session opened through the C API, each in a buffer of exactly the bytes asked for, between guard bytes.
#pragma once
#include "runtime/thimble.h"
#include "tests/check.h"

struct GuardedBuffer {
    static constexpr size_t kGuard = 256;
    unsigned char* all = nullptr;
    size_t n = 0, shift = 0;
    bool make(size_t size, size_t misalign = 0) {
        drop();
        n = size;
        shift = misalign;
        all = static_cast<unsigned char*>(malloc(size + misalign + 2 * kGuard));
        if (all) memset(all, 0xa5, size + misalign + 2 * kGuard);
        return all != nullptr;
    }
    void* data() { return all + kGuard + shift; }
    bool untouched() const {
        bool ok = true;
        for (size_t i = 0; i < kGuard + shift; ++i) ok = ok && all[i] == 0xa5;
        for (size_t i = 0; i < kGuard; ++i) ok = ok && all[kGuard + shift + n + i] == 0xa5;
        return ok;
    }
    void drop() {
        free(all);
        all = nullptr;
    }
    ~GuardedBuffer() { drop(); }
};

struct OpenedModel {
    thimble_model* model = nullptr;
    GuardedBuffer buffer;
    thimble_error err{};
    thimble_status status = THIMBLE_OK;
    uint32_t n_vocab = 0;

    bool open(const thimble_source& src, const thimble_model_params* p = nullptr, size_t misalign = 0) {
        size_t bytes = 0;
        status = thimble_model_bytes(&src, p, &bytes, &err);
        if (status != THIMBLE_OK) return false;
        if (bytes > size_t{1} << 30 || !buffer.make(bytes, misalign)) return status = THIMBLE_E_MEMORY, false;
        status = thimble_model_init(&src, p, buffer.data(), bytes, &model, &err);
        CHECK(buffer.untouched());
        if (status != THIMBLE_OK) {
            CHECK(model == nullptr);
            return false;
        }
        thimble_model_info info;
        info.struct_size = sizeof info;
        CHECK_EQ(thimble_model_describe(model, &info), THIMBLE_OK);
        n_vocab = info.n_vocab;
        return true;
    }
    ~OpenedModel() {
        thimble_model_close(model);
        if (buffer.all) CHECK(buffer.untouched());
    }
};

struct OpenedSession {
    thimble_session* s = nullptr;
    GuardedBuffer buffer;
    thimble_error err{};
    thimble_status status = THIMBLE_OK;

    bool open(const thimble_model* m, const thimble_session_params& p, size_t misalign = 0) {
        size_t bytes = 0;
        status = thimble_session_bytes(m, &p, &bytes, &err);
        if (status != THIMBLE_OK) return false;
        if (bytes > size_t{1} << 30 || !buffer.make(bytes, misalign)) return status = THIMBLE_E_MEMORY, false;
        status = thimble_session_init(m, &p, buffer.data(), bytes, &s, &err);
        return status == THIMBLE_OK;
    }
    void close() {
        thimble_session_close(s);
        s = nullptr;
    }
    ~OpenedSession() {
        close();
        if (buffer.all) CHECK(buffer.untouched());
    }
};

inline thimble_session_params session_of(uint32_t n_ctx, uint32_t n_batch, uint32_t n_threads,
                                         const char* tier = nullptr) {
    thimble_session_params p = thimble_session_defaults();
    p.n_ctx = n_ctx;
    p.n_batch = n_batch;
    p.n_threads = n_threads;
    p.cpu_tier = tier;
    return p;
}
