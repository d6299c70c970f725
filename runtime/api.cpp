// SPDX-License-Identifier: MIT
// The C API of thimble.h over the C++ inside. Conversions and null checks only; the work is elsewhere.
#include <cstddef>
#include <cstring>

#include "platform/status.h"
#include "runtime/model/model.h"
#include "runtime/sample/sampler.h"
#include "runtime/session/generate.h"
#include "runtime/session/session.h"
#include "runtime/text/builtin_templates.h"
#include "runtime/text/jinja/jinja.h"
#include "runtime/thimble.h"

using namespace thimble;

static_assert(sizeof(Error) == sizeof(thimble_error) && offsetof(Error, message) == offsetof(thimble_error, message));
static_assert(int(kOk) == THIMBLE_OK && int(kArgument) == THIMBLE_E_ARGUMENT && int(kIo) == THIMBLE_E_IO &&
              int(kFormat) == THIMBLE_E_FORMAT && int(kUnsupported) == THIMBLE_E_UNSUPPORTED &&
              int(kMemory) == THIMBLE_E_MEMORY && int(kContextFull) == THIMBLE_E_CONTEXT_FULL &&
              int(kCancelled) == THIMBLE_E_CANCELLED && int(kState) == THIMBLE_E_STATE &&
              int(kOutput) == THIMBLE_E_OUTPUT);
static_assert(kTokenizeBos == THIMBLE_TOKENIZE_BOS && kTokenizeSpecial == THIMBLE_TOKENIZE_SPECIAL);

namespace {

Error* inner(thimble_error* e) { return reinterpret_cast<Error*>(e); }
thimble_status outer(Status s) { return static_cast<thimble_status>(s); }
const Model& inner(const thimble_model* m) { return *reinterpret_cast<const Model*>(m); }
Session* inner(thimble_session* s) { return reinterpret_cast<Session*>(s); }
const Session* inner(const thimble_session* s) { return reinterpret_cast<const Session*>(s); }

thimble_status missing(thimble_error* e, const char* what) {
    return outer(fail(inner(e), kArgument, what, " is NULL"));
}

// A struct of the caller's version over the defaults of ours: what the caller does not know keeps its default.
template <class T>
Status read_params(const T* given, T* out, Error* e) {
    if (!given) return kOk;
    if (given->struct_size < sizeof(uint32_t) || given->struct_size > 4096)
        return fail(e, kArgument, "struct_size ", given->struct_size, " is not set");
    memcpy(out, given, given->struct_size < sizeof(T) ? given->struct_size : sizeof(T));
    out->struct_size = sizeof(T);
    return kOk;
}
template <class T>
bool sized(const T* to) {
    return to->struct_size >= sizeof(uint32_t);
}
// Fills at most what the caller's struct holds, which must be sized().
template <class T>
void write_result(T* to, T from) {
    const uint32_t size = to->struct_size < sizeof(T) ? to->struct_size : static_cast<uint32_t>(sizeof(T));
    from.struct_size = to->struct_size;
    memcpy(to, &from, size);
}

Status to_source(const thimble_source* s, const thimble_model_params& p, ModelSource* out, Error* e) {
    *out = ModelSource{nullptr, -1, nullptr, 0, p.no_mmap != 0, p.vocab_only != 0};
    int kind;  // read as a number: what a caller put there may be no value of the enum
    memcpy(&kind, &s->kind, sizeof kind);
    switch (kind) {
        case THIMBLE_SOURCE_PATH:
            if (!s->path || !*s->path) return fail(e, kArgument, "the model's path is empty");
            out->path = s->path;
            return kOk;
        case THIMBLE_SOURCE_FD: out->fd = s->fd; return kOk;
        case THIMBLE_SOURCE_MEMORY:
            if (!s->data) return fail(e, kArgument, "the model's bytes are NULL");
            out->memory = s->data;
            out->memory_size = s->size;
            return kOk;
    }
    return fail(e, kArgument, "unknown kind of source ", kind);
}

KvType kv_type(const thimble_kv_type* t) {
    uint32_t v;
    memcpy(&v, t, sizeof v);
    return static_cast<KvType>(v);
}

Status to_session_params(const Model& m, const thimble_session_params* given, SessionParams* out, Error* e) {
    thimble_session_params p = thimble_session_defaults();
    const Status s = read_params(given, &p, e);
    if (s != kOk) return s;
    *out = SessionParams{
        p.n_ctx,    p.n_batch,      p.n_threads, p.n_threads_decode, kv_type(&p.kv_type_k), kv_type(&p.kv_type_v),
        p.cpu_tier, p.memory_budget};
    return session_resolve(m, out, e);
}

Status unknown_tier(const char* tier, Error* e) {
    char list[128];
    TextBuilder b(list, sizeof list);
    for (uint32_t i = 0; i < tier_count(); ++i) {
        if (!tier_supported(i)) continue;
        if (b.used) b.add(' ');
        b.add(tier_name(i));
    }
    return fail(e, kUnsupported, "cpu tier '", tier ? tier : "", "' is not available here; this CPU has: ", list);
}

}  // namespace

extern "C" {

#define API __attribute__((visibility("default")))

API const char* thimble_status_name(thimble_status s) {
    static const char* const names[] = {"ok",     "argument",     "io",        "format", "unsupported",
                                        "memory", "context-full", "cancelled", "state",  "output"};
    return s >= 0 && static_cast<size_t>(s) < sizeof names / sizeof names[0] ? names[s] : "unknown";
}
#define THIMBLE_TEXT2(x) #x
#define THIMBLE_TEXT(x) THIMBLE_TEXT2(x)
API const char* thimble_architecture_name(uint32_t index) {
    const Arch* a = arch_at(index);
    return a ? a->name : nullptr;
}
API const char* thimble_version(void) {
    return THIMBLE_TEXT(THIMBLE_VERSION_MAJOR) "." THIMBLE_TEXT(THIMBLE_VERSION_MINOR) "." THIMBLE_TEXT(
        THIMBLE_VERSION_PATCH);
}

API thimble_source thimble_from_path(const char* path) { return {THIMBLE_SOURCE_PATH, path, -1, nullptr, 0}; }
API thimble_source thimble_from_fd(int fd) { return {THIMBLE_SOURCE_FD, nullptr, fd, nullptr, 0}; }
API thimble_source thimble_from_memory(const void* data, size_t size) {
    return {THIMBLE_SOURCE_MEMORY, nullptr, -1, data, size};
}

API thimble_model_params thimble_model_defaults(void) {
    thimble_model_params p{};
    p.struct_size = sizeof p;
    return p;
}

API thimble_status thimble_model_bytes(const thimble_source* src, const thimble_model_params* given, size_t* bytes,
                                       thimble_error* err) {
    if (!src || !bytes) return missing(err, !src ? "source" : "bytes");
    thimble_model_params p = thimble_model_defaults();
    ModelSource source;
    Status s = read_params(given, &p, inner(err));
    if (s == kOk) s = to_source(src, p, &source, inner(err));
    if (s != kOk) return outer(s);
    Arena dry;
    dry.make<Model>();
    Model m{};
    if ((s = model_open(source, dry, &m, inner(err))) != kOk) return outer(s);
    if (dry.overflowed() || !checked_size(dry.needed(), bytes))
        return outer(fail(inner(err), kMemory, "the model does not fit the address space"));
    return THIMBLE_OK;
}

API thimble_status thimble_model_init(const thimble_source* src, const thimble_model_params* given, void* buffer,
                                      size_t size, thimble_model** out, thimble_error* err) {
    if (!src || !buffer || !out) return missing(err, !src ? "source" : !buffer ? "buffer" : "out");
    *out = nullptr;
    thimble_model_params p = thimble_model_defaults();
    ModelSource source;
    Status s = read_params(given, &p, inner(err));
    if (s == kOk) s = to_source(src, p, &source, inner(err));
    if (s != kOk) return outer(s);
    Arena arena(buffer, size);
    Model* m = arena.make<Model>();
    if (!m)
        return outer(fail(inner(err), kMemory, "the buffer of ", static_cast<unsigned long long>(size),
                          " bytes is too small for a model"));
    if ((s = model_open(source, arena, m, inner(err))) != kOk) return outer(s);
    *out = reinterpret_cast<thimble_model*>(m);
    return THIMBLE_OK;
}

API void thimble_model_close(thimble_model* m) {
    if (m) model_close(reinterpret_cast<Model*>(m));
}

API thimble_status thimble_model_describe(const thimble_model* model, thimble_model_info* out) {
    if (!model || !out || !sized(out)) return THIMBLE_E_ARGUMENT;
    const Model& m = inner(model);
    const Hyper& h = m.hyper;
    thimble_model_info i{};
    i.n_vocab = m.vocab_only ? m.tokenizer.n_vocab : h.n_vocab;
    i.n_ctx_train = h.n_ctx_train, i.n_embd = h.n_embd, i.n_layer = h.n_layer, i.n_head = h.n_head,
    i.n_head_kv = h.n_head_kv, i.n_ff = h.n_ff;
    i.n_expert = h.n_expert, i.n_expert_used = h.n_expert_used;
    i.n_params = m.gguf.n_elements, i.weights_bytes = m.gguf.tensor_bytes, i.file_bytes = m.gguf.file_bytes;
    i.architecture = m.architecture_z, i.name = m.name_z, i.type_name = m.type_name.data;
    write_result(out, i);
    return THIMBLE_OK;
}

// ---- Text ---------------------------------------------------------------------------------------------------------------

API size_t thimble_tokenize_scratch(const thimble_model* m, size_t length) {
    return m ? tokenizer_scratch(inner(m).tokenizer, length) : 0;
}

API thimble_status thimble_tokenize(const thimble_model* m, const char* text, size_t length, uint32_t flags,
                                    void* scratch, size_t scratch_size, thimble_token* ids, size_t capacity, size_t* n,
                                    thimble_error* err) {
    if (!m || !n || (!text && length) || (!ids && capacity))
        return missing(err, !m ? "model" : !n ? "n" : !ids ? "ids" : "text");
    *n = 0;
    return outer(tokenizer_encode(inner(m).tokenizer, Str(text, length), flags, scratch, scratch_size, ids, capacity, n,
                                  inner(err)));
}

API size_t thimble_detokenize(const thimble_model* m, const thimble_token* ids, size_t n, int special, char* out,
                              size_t capacity) {
    return m ? tokenizer_decode(inner(m).tokenizer, ids, n, special != 0, out, capacity) : 0;
}
API size_t thimble_token_bytes(const thimble_model* m, thimble_token id, int special, char* out, size_t capacity) {
    if (!m || id < 0 || static_cast<uint32_t>(id) >= inner(m).tokenizer.n_vocab) return 0;
    return tokenizer_piece(inner(m).tokenizer, id, special != 0, out, capacity);
}
API int thimble_token_is_end(const thimble_model* m, thimble_token id) {
    return m && tokenizer_is_end(inner(m).tokenizer, id);
}
API thimble_token thimble_bos(const thimble_model* m) { return m ? inner(m).tokenizer.bos : -1; }
API thimble_token thimble_eos(const thimble_model* m) { return m ? inner(m).tokenizer.eos : -1; }

API const char* thimble_chat_template(const thimble_model* m, size_t* length) {
    if (!m || !inner(m).chat_template.data) return nullptr;
    if (length) *length = inner(m).chat_template.size;
    return inner(m).chat_template.data;
}
API thimble_status thimble_render_template(const char* source, size_t source_length, const char* json,
                                           size_t json_length, int64_t now, void* scratch, size_t scratch_size,
                                           char* out, size_t capacity, size_t* n, thimble_error* err) {
    if (!source || !json || !scratch || !n || (!out && capacity))
        return missing(err, !source ? "source" : !json ? "json" : !scratch ? "scratch" : "out");
    return outer(render_template(Str(source, source_length), Str(json, json_length), now, scratch, scratch_size, out,
                                 capacity, n, inner(err)));
}
API const char* thimble_builtin_template(const char* name) { return name ? builtin_template(name) : nullptr; }
API const char* thimble_builtin_template_name(uint32_t index) { return builtin_template_name(index); }

// ---- Session ------------------------------------------------------------------------------------------------------------

API thimble_session_params thimble_session_defaults(void) {
    thimble_session_params p{};
    p.struct_size = sizeof p;
    return p;
}

API thimble_status thimble_plan_session(const thimble_model* model, const thimble_session_params* given,
                                        thimble_plan* out, thimble_error* err) {
    if (!model || !out) return missing(err, !model ? "model" : "out");
    if (!sized(out)) return outer(fail(inner(err), kArgument, "the plan's struct_size is not set"));
    const Model& m = inner(model);
    SessionParams p;
    Status s = to_session_params(m, given, &p, inner(err));
    if (s != kOk) return outer(s);
    Arena dry;
    dry.make<Session>();
    Session counted{};
    if ((s = session_layout(m, p, dry, &counted, inner(err))) != kOk) return outer(s);
    thimble_plan plan{};
    plan.n_ctx = p.n_ctx, plan.n_batch = p.n_batch, plan.n_threads = p.n_threads;
    plan.weights_bytes = m.gguf.tensor_bytes;
    plan.kv_bytes = counted.kv_bytes;
    plan.scratch_bytes = counted.scratch_bytes;
    plan.tokenizer_bytes = m.tokenizer_bytes;
    plan.model_bytes = m.model_bytes + kCacheLine;
    plan.session_bytes = dry.needed();
    plan.arena_bytes = plan.model_bytes + plan.session_bytes;
    write_result(out, plan);
    return THIMBLE_OK;
}

API thimble_status thimble_session_bytes(const thimble_model* model, const thimble_session_params* given, size_t* bytes,
                                         thimble_error* err) {
    if (!bytes) return missing(err, "bytes");
    thimble_plan plan{};
    plan.struct_size = sizeof plan;
    const thimble_status s = thimble_plan_session(model, given, &plan, err);
    if (s != THIMBLE_OK) return s;
    if (!checked_size(plan.session_bytes, bytes))
        return outer(fail(inner(err), kMemory, "the session does not fit the address space"));
    return THIMBLE_OK;
}

API thimble_status thimble_session_init(const thimble_model* model, const thimble_session_params* given, void* buffer,
                                        size_t size, thimble_session** out, thimble_error* err) {
    if (!model || !buffer || !out) return missing(err, !model ? "model" : !buffer ? "buffer" : "out");
    *out = nullptr;
    const Model& m = inner(model);
    SessionParams p;
    Status s = to_session_params(m, given, &p, inner(err));
    if (s != kOk) return outer(s);
    Kernels kernels;
    if (!kernels_for(p.tier, &kernels)) return outer(unknown_tier(p.tier, inner(err)));
    Arena arena(buffer, size);
    Session* session = arena.make<Session>();
    if (!session)
        return outer(fail(inner(err), kMemory, "the buffer of ", static_cast<unsigned long long>(size),
                          " bytes is too small for a session"));
    session->kernels = kernels;
    if ((s = session_layout(m, p, arena, session, inner(err))) != kOk) {
        session_close(session);
        return outer(s);
    }
    *out = reinterpret_cast<thimble_session*>(session);
    return THIMBLE_OK;
}

API void thimble_session_close(thimble_session* s) {
    if (s) session_close(inner(s));
}

API thimble_status thimble_eval(thimble_session* s, const thimble_token* ids, size_t n, float* all_logits,
                                thimble_error* err) {
    if (!s || !ids) return missing(err, !s ? "session" : "ids");
    return outer(session_eval(inner(s), ids, n, all_logits, inner(err)));
}
API const float* thimble_logits(const thimble_session* s) {
    return s && inner(s)->has_logits ? inner(s)->logits : nullptr;
}
API uint32_t thimble_position(const thimble_session* s) { return s ? inner(s)->n_past : 0; }
API uint32_t thimble_context_size(const thimble_session* s) { return s ? inner(s)->n_ctx : 0; }

API thimble_status thimble_rewind(thimble_session* session, uint32_t keep, thimble_error* err) {
    if (!session) return missing(err, "session");
    return outer(session_rewind(inner(session), keep, inner(err)));
}
API void thimble_cancel(thimble_session* s) {
    if (s) set_cancel(inner(s), 1);
}
API const char* thimble_cpu_tier(const thimble_session* s) { return s ? inner(s)->kernels.name : ""; }
API void thimble_set_progress(thimble_session* s, thimble_progress_fn fn, void* user) {
    if (!s) return;
    inner(s)->progress = fn;
    inner(s)->progress_user = user;
}

API thimble_generate_params thimble_generate_defaults(void) {
    thimble_generate_params p{};
    p.struct_size = sizeof p;
    p.n_predict = -1;
    p.temperature = 0.8f;
    p.top_k = 40;
    p.top_p = 0.95f;
    p.min_p = 0.05f;
    p.repeat_penalty = 1.0f;
    p.repeat_last_n = 64;
    p.tokenize_flags = THIMBLE_TOKENIZE_BOS | THIMBLE_TOKENIZE_SPECIAL;
    return p;
}

API thimble_status thimble_sample(thimble_session* s, const thimble_generate_params* given, thimble_token* out,
                                  thimble_error* err) {
    if (!s || !out) return missing(err, !s ? "session" : "out");
    thimble_generate_params p = thimble_generate_defaults();
    Status st = read_params(given, &p, inner(err));
    if (st == kOk) st = sample_checked(inner(s), p, out, inner(err));
    return outer(st);
}

API thimble_status thimble_generate(thimble_session* s, const char* prompt, size_t length,
                                    const thimble_generate_params* given, thimble_text_fn on_text, void* user,
                                    thimble_result* result, thimble_error* err) {
    if (!s || (!prompt && length)) return missing(err, !s ? "session" : "prompt");
    if (result && !sized(result)) return outer(fail(inner(err), kArgument, "the result's struct_size is not set"));
    thimble_generate_params p = thimble_generate_defaults();
    thimble_result r{};
    Status st = read_params(given, &p, inner(err));
    if (st == kOk) st = generate(inner(s), Str(prompt, length), p, on_text, user, &r, inner(err));
    if (result) write_result(result, r);
    return outer(st);
}

}  // extern "C"
