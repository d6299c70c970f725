// SPDX-License-Identifier: MIT
// Batches through the decoder pass.
#include "runtime/session/decoder.h"

namespace thimble {
namespace {

void member(void* ctx, uint32_t me, uint32_t members) {
    Pass* p = static_cast<Pass*>(ctx);
    Session* s = p->s;
    Member{p, s, *s->model, s->model->hyper, s->kernels, s->own[me], me, members, p->n, s->n_past}.run();
}

}  // namespace

bool decode_batch(Session* s, const int32_t* ids, int64_t n, float* logits, bool all) {
    Pass p{s, ids, n, logits, all, 0, false};
    p.members = n == 1 ? s->n_threads_decode : s->n_threads;
    if (s->high < s->n_past + n) s->high = static_cast<uint32_t>(s->n_past + n);
    team_run(s->team, p.members, member, &p);
    return !p.stop;
}

// After a cancelled call: as before it. The logits of then are still there, for only a last batch writes them, at its end.
// Where a sliding window has dropped what that place would see, nothing is left.
static void go_back(Session* s, uint32_t position) {
    if (position == s->n_past) return;
    const bool logits = s->has_logits;
    if (session_rewind(s, position, nullptr) == kOk)
        s->has_logits = logits && position > 0;
    else
        session_rewind(s, 0, nullptr);
}

Status session_eval(Session* s, const int32_t* ids, size_t n, float* all_logits, Error* err) {
    const Hyper& h = s->model->hyper;
    if (n == 0) return fail(err, kArgument, "no tokens to evaluate");
    if (n > s->n_ctx - s->n_past)
        return fail(err, kContextFull, "the context holds ", s->n_ctx, " tokens; ", s->n_past, " are in it and ",
                    static_cast<unsigned long long>(n), " more do not fit");
    for (size_t i = 0; i < n; ++i)
        if (ids[i] < 0 || static_cast<uint32_t>(ids[i]) >= h.n_vocab)
            return fail(err, kArgument, "token id ", ids[i], " at ", static_cast<unsigned long long>(i),
                        " is outside the vocabulary of ", h.n_vocab);
    const uint32_t began = s->n_past;
    for (size_t done = 0; done < n;) {
        const size_t take = n - done < s->n_batch ? n - done : s->n_batch;
        const bool last = done + take == n;
        float* out = all_logits ? all_logits + done * h.n_vocab : last ? s->logits : nullptr;
        if (cancelled(s) || !decode_batch(s, ids + done, static_cast<int64_t>(take), out, all_logits != nullptr)) {
            set_cancel(s, 0);
            go_back(s, began);
            return fail(err, kCancelled, "cancelled after ", static_cast<unsigned long long>(done), " of ",
                        static_cast<unsigned long long>(n), " tokens");
        }
        memcpy(s->tokens + s->n_past, ids + done, take * sizeof(int32_t));
        s->n_past += static_cast<uint32_t>(take);
        done += take;
        if (all_logits && last) memcpy(s->logits, all_logits + (n - 1) * h.n_vocab, h.n_vocab * sizeof(float));
        if (last) s->has_logits = true;
        if (s->progress && n > s->n_batch &&
            s->progress(s->progress_user, static_cast<uint32_t>(done), static_cast<uint32_t>(n)) && !last)
            set_cancel(s, 1);
    }
    return kOk;
}

Status session_rewind(Session* s, uint32_t keep, Error* err) {
    if (keep > s->n_past) return fail(err, kArgument, "cannot keep ", keep, " tokens: the context holds ", s->n_past);
    if (keep == s->n_past) return kOk;
    for (uint32_t i = 0; keep > 0 && i < s->model->hyper.n_layer; ++i) {
        const int64_t window = s->model->layers[i].window, capacity = s->kv[i].head0.capacity;
        // Slots hold the last `capacity` positions written; the token at `keep` sees from keep + 1 - window on.
        if (window && int64_t{s->high} - capacity > int64_t{keep} + 1 - window && s->high > capacity)
            return fail(err, kState, "the sliding window of ", static_cast<long long>(window),
                        " tokens has dropped what position ", keep, " would see");
    }
    s->n_past = keep;
    if (keep == 0) s->high = 0;
    s->has_logits = false;
    return kOk;
}

}  // namespace thimble
