// SPDX-License-Identifier: MIT
// thimble tokenize, detokenize and logits: the commands that speak in token ids.
#include <fcntl.h>
#include <unistd.h>
#include <cerrno>

#include "examples/cli/cli.h"

namespace cli {
namespace {

// Writes beside the target, then renames: nothing half-written stands under the final name.
bool write_file(const char* path, const void* data, size_t size) {
    char temporary[4096];
    if (snprintf(temporary, sizeof temporary, "%s.part%d", path, static_cast<int>(getpid())) >=
        static_cast<int>(sizeof temporary)) {
        fail("the name '%s' is too long", path);
        return false;
    }
    const int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool ok = fd >= 0;
    for (size_t done = 0; ok && done < size;) {
        const ssize_t n = write(fd, static_cast<const char*>(data) + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        ok = n > 0;
        if (ok) done += static_cast<size_t>(n);
    }
    ok = ok && fsync(fd) == 0;
    const int error = errno;
    if (fd >= 0) ok = close(fd) == 0 && ok;
    if (ok) ok = rename(temporary, path) == 0;
    if (ok) return true;
    fail("cannot write '%s': %s", path, strerror(error ? error : errno));
    unlink(temporary);
    return false;
}

// A special file (a pipe, /dev/stdout) is written in place.
bool is_regular_target(const char* path) { return strncmp(path, "/dev/", 5) != 0; }

}  // namespace

int tokenize_command(const Options& o) {
    Loaded l;
    Options vocabulary = o;
    vocabulary.load.vocab_only = 1;
    if (!o.model && !default_model()) return usage_error("tokenize wants -m MODEL");
    if (!load(vocabulary, false, &l)) return kFailed;
    Buffer text;
    if (!input_text(o, &text, true)) return o.file ? kFailed : kUsage;
    int32_t* ids;
    size_t n = 0;
    const uint32_t flags = (o.no_bos ? 0 : THIMBLE_TOKENIZE_BOS) | (o.parse_special ? THIMBLE_TOKENIZE_SPECIAL : 0);
    if (!tokenize(l.model, text.data, text.size, flags, &ids, &n)) return kFailed;
    char number[16];
    for (size_t i = 0; i < n; ++i) {
        snprintf(number, sizeof number, i ? " %d" : "%d", ids[i]);
        put(number, strlen(number));
    }
    put("\n", 1);
    unload(&l);
    return kOkay;
}

int detokenize(const Options& o) {
    if (!o.ids) return usage_error("detokenize wants --ids 1,2,3");
    if (!o.model && !default_model()) return usage_error("detokenize wants -m MODEL");
    int32_t* ids;
    size_t n;
    if (!parse_ids(o.ids, &ids, &n)) return kUsage;
    Loaded l;
    Options vocabulary = o;
    vocabulary.load.vocab_only = 1;
    if (!load(vocabulary, false, &l)) return kFailed;
    thimble_model_info info{};
    info.struct_size = sizeof info;
    thimble_model_describe(l.model, &info);
    for (size_t i = 0; i < n; ++i) {
        if (static_cast<uint32_t>(ids[i]) >= info.n_vocab)
            return fail("token id %d is outside the vocabulary of %u", ids[i], info.n_vocab);
    }
    const size_t bytes = thimble_detokenize(l.model, ids, n, o.parse_special, nullptr, 0);
    char* text = static_cast<char*>(malloc(bytes + 1));
    if (!text) return fail("not enough memory");
    thimble_detokenize(l.model, ids, n, o.parse_special, text, bytes);
    put(text, bytes);
    free(text);
    unload(&l);
    return kOkay;
}

int logits(const Options& o) {
    if (!o.ids || !o.output) return usage_error("logits wants --ids 1,2,3 and -o OUT.f32");
    if (!o.model && !default_model()) return usage_error("logits wants -m MODEL");
    int32_t* ids;
    size_t n;
    if (!parse_ids(o.ids, &ids, &n)) return kUsage;
    Loaded l;
    if (!load(o, true, &l)) return kFailed;
    thimble_model_info info{};
    info.struct_size = sizeof info;
    thimble_model_describe(l.model, &info);
    const size_t bytes = n * info.n_vocab * sizeof(float);
    float* out = static_cast<float*>(allocate(bytes, "the logits", "fewer --ids take less"));
    thimble_error err;
    const thimble_status s = thimble_eval(l.session, ids, n, out, &err);
    if (s != THIMBLE_OK) return interrupted() ? kInterrupted : fail(err);
    bool ok = true;
    if (is_regular_target(o.output)) {
        ok = write_file(o.output, out, bytes);
    } else {
        FILE* f = fopen(o.output, "wb");
        ok = f && fwrite(out, 1, bytes, f) == bytes;
        if (f) ok = fclose(f) == 0 && ok;
        if (!ok) fail("cannot write '%s': %s", o.output, strerror(errno));
    }
    unload(&l);
    return ok ? kOkay : kFailed;
}

}  // namespace cli
