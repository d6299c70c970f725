// SPDX-License-Identifier: MIT
#include "runtime/session/generate.h"

#include <cstring>

#include "platform/clock.h"
#include "runtime/sample/sampler.h"

namespace thimble {
namespace {

bool is_end(const Session* s, int32_t id) { return tokenizer_is_end(s->model->tokenizer, id); }

// Bytes at the end of text that begin an unfinished UTF-8 sequence: 0 to 3.
size_t unfinished_utf8(const char* text, size_t n) {
    for (size_t back = 1; back <= 3 && back <= n; ++back) {
        const uint8_t c = static_cast<uint8_t>(text[n - back]);
        if ((c & 0xc0) == 0x80) continue;
        const size_t need = c >= 0xf0 && c < 0xf8 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 1;
        return need > back ? back : 0;
    }
    return 0;
}

// Text on its way out: [0, used) of buffer is not yet handed to the caller.
struct Outlet {
    const thimble_generate_params& p;
    thimble_text_fn fn;
    void* user;
    char* buffer;
    size_t capacity, used = 0;
    bool cancelled = false;

    void emit(size_t n) {
        if (n && fn && !cancelled && fn(user, buffer, n)) cancelled = true;
        memmove(buffer, buffer + n, used - n);
        used -= n;
    }
    // Adds a token's bytes; true when a stop string has appeared (what precedes it is out, the rest is dropped).
    bool push(size_t bytes) {
        const size_t old = used;
        used += bytes;
        size_t hit = used;
        for (uint32_t i = 0; i < p.n_stop; ++i) {
            const size_t n = strlen(p.stop[i]);
            if (n == 0 || n > used) continue;
            const size_t from = old + 1 > n ? old + 1 - n : 0;  // a match must touch the new bytes
            for (size_t at = from; at + n <= used && at < hit; ++at)
                if (memcmp(buffer + at, p.stop[i], n) == 0) hit = at;
        }
        if (hit < used) {
            emit(hit);
            used = 0;
            return true;
        }
        size_t hold = unfinished_utf8(buffer, used);
        for (uint32_t i = 0; i < p.n_stop; ++i) {
            const size_t n = strlen(p.stop[i]);
            for (size_t h = n > 1 ? (n - 1 < used ? n - 1 : used) : 0; h > hold; --h) {
                if (memcmp(buffer + used - h, p.stop[i], h) == 0) {
                    hold = h;
                    break;
                }
            }
        }
        emit(used - hold);
        return false;
    }
};

Status check(const thimble_generate_params& p, Error* err) {
    if (p.n_stop && !p.stop) return fail(err, kArgument, "stop strings are missing");
    for (uint32_t i = 0; i < p.n_stop; ++i) {
        const size_t n = p.stop[i] ? strlen(p.stop[i]) : 0;
        if (n == 0) return fail(err, kArgument, "stop string ", i, " is empty");
        if (n > kLongestStop)
            return fail(err, kArgument, "stop string ", i, " is too long: ", static_cast<unsigned long long>(n),
                        " bytes");
    }
    if (!(p.temperature >= 0.0f) || !(p.top_p >= 0.0f) || !(p.min_p >= 0.0f && p.min_p <= 1.0f) ||
        !(p.repeat_penalty > 0.0f))
        return fail(err, kArgument, "a sampling parameter is out of range");
    return kOk;
}

SampleParams sampling(const thimble_generate_params& p) {
    return {p.temperature,       p.top_p, p.min_p,        p.repeat_penalty, p.presence_penalty,
            p.frequency_penalty, p.top_k, p.repeat_last_n};
}

Status read_prompt(Session* s, Str prompt, uint32_t flags, size_t* n, Error* err) {
    *n = 0;
    if (prompt.size > s->text_limit)
        return fail(err, kContextFull, "a prompt of ", static_cast<unsigned long long>(prompt.size),
                    " bytes cannot fit the context of ", s->n_ctx, " tokens");
    if (s->n_past) flags &= ~THIMBLE_TOKENIZE_BOS;  // the sequence has begun
    const uint32_t room = s->n_ctx - s->n_past;
    const Status st = tokenizer_encode(s->model->tokenizer, prompt, flags, s->text_scratch, s->text_scratch_size,
                                       s->prompt_ids, room, n, err);
    if (st == kOutput)
        return fail(err, kContextFull, "the prompt has ", static_cast<unsigned long long>(*n), " tokens, the context ",
                    s->n_ctx, ", of which ", s->n_past, " are in use");
    return st;
}

}  // namespace

Status sample_checked(Session* s, const thimble_generate_params& p, int32_t* out, Error* err) {
    if (!s->has_logits) return fail(err, kState, "there are no logits yet: evaluate tokens first");
    const Status st = check(p, err);
    if (st != kOk) return st;
    if (!s->sampler.seeded || s->sampler.seed != p.seed) sampler_seed(&s->sampler, p.seed);
    *out = sample(s, sampling(p), p.ignore_eos ? is_end : nullptr);
    return kOk;
}

Status generate(Session* s, Str prompt, const thimble_generate_params& p, thimble_text_fn on_text, void* user,
                thimble_result* result, Error* err) {
    const Tokenizer& tokenizer = s->model->tokenizer;
    Status st = check(p, err);
    if (st != kOk) return st;
    size_t n = 0;
    const uint64_t t0 = clock_ns();
    if ((st = read_prompt(s, prompt, p.tokenize_flags, &n, err)) != kOk) return st;
    if (n == 0 && !s->has_logits)
        return fail(err, kArgument, "the prompt is empty and the model adds no token of its own");
    if (n && (st = session_eval(s, s->prompt_ids, n, nullptr, err)) != kOk) {
        if (st == kCancelled) result->finish = THIMBLE_FINISH_CANCELLED;
        return st;
    }
    const uint64_t t1 = clock_ns();
    result->prompt_tokens = static_cast<uint32_t>(n);
    result->prompt_ns = t1 - t0;
    sampler_seed(&s->sampler, p.seed);
    Outlet outlet{p, on_text, user, static_cast<char*>(s->text_scratch), s->text_scratch_size};
    result->finish = THIMBLE_FINISH_LENGTH;
    for (int64_t made = 0; p.n_predict < 0 || made < p.n_predict; ++made) {
        const int32_t id = sample(s, sampling(p), p.ignore_eos ? is_end : nullptr);
        if (!p.ignore_eos && is_end(s, id)) {
            result->finish = THIMBLE_FINISH_STOP;
            break;
        }
        result->completion_tokens = static_cast<uint32_t>(made + 1);
        const size_t bytes = tokenizer_piece(tokenizer, id, p.render_special != 0, outlet.buffer + outlet.used,
                                             outlet.capacity - outlet.used);
        const bool stopped = bytes <= outlet.capacity - outlet.used && outlet.push(bytes);
        if (stopped) {
            result->finish = THIMBLE_FINISH_STOP;
            break;
        }
        if (outlet.cancelled || cancelled(s)) break;
        if (s->n_past == s->n_ctx) break;
        if ((st = session_eval(s, &id, 1, nullptr, err)) != kOk) break;
    }
    if (!outlet.cancelled) outlet.emit(outlet.used);
    result->completion_ns = clock_ns() - t1;
    if (outlet.cancelled || cancelled(s) || st == kCancelled) {
        set_cancel(s, 0);
        result->finish = THIMBLE_FINISH_CANCELLED;
        return fail(err, kCancelled, "cancelled after ", result->completion_tokens, " tokens");
    }
    return st;
}

}  // namespace thimble
