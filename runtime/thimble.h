/* SPDX-License-Identifier: MIT
 *
 * thimble.h: the only public header. C99 and C++.
 *
 * thimble runs language models from GGUF files. The library never prints, aborts, exits, installs a signal handler or
 * allocates memory behind the caller's back: every object lives in a buffer that the caller hands over after asking how
 * many bytes it takes, to the byte.
 *
 *   thimble_model_params  mp = thimble_model_defaults();
 *   thimble_source        src = thimble_from_path("model.gguf");
 *   size_t bytes;
 *   thimble_model_bytes(&src, &mp, &bytes, &err);                 // what the handle takes (weights stay in the file)
 *   thimble_model_init(&src, &mp, buffer, bytes, &model, &err);
 *   thimble_session_params sp = thimble_session_defaults();
 *   thimble_session_bytes(model, &sp, &bytes, &err);
 *   thimble_session_init(model, &sp, buffer2, bytes, &session, &err);
 *   thimble_generate(session, prompt, length, &gp, on_text, user, &result, &err);
 *   thimble_session_close(session); thimble_model_close(model);    // joins threads, unmaps; the buffers stay the caller's
 *
 * Errors: every fallible call returns a thimble_status (0 is success) and, where `err` is not NULL, fills it with a
 * sentence that names the place, what was found and what was expected. On failure nothing is half-open: what was
 * mapped or started by the failing call is undone.
 * Threads: a model is immutable after init and may be shared by any number of sessions in any threads. A session is
 * used by one thread at a time; thimble_cancel alone may be called from any thread or from a signal handler.
 * Determinism: the same model file, tokens and seed give the same bits on every CPU, thread count and batch size.
 * Structs start with struct_size (set by the *_defaults functions) and only ever grow at the end.
 */
#ifndef THIMBLE_H
#define THIMBLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default) /* the library is built with everything else hidden */
#endif

#define THIMBLE_VERSION_MAJOR 0
#define THIMBLE_VERSION_MINOR 1
#define THIMBLE_VERSION_PATCH 0

/* ---- Status ------------------------------------------------------------------------------------------------------ */

/* Values are pinned: they never change meaning. */
typedef enum thimble_status {
    THIMBLE_OK = 0,
    THIMBLE_E_ARGUMENT = 1,     /* a parameter is out of range or NULL */
    THIMBLE_E_IO = 2,           /* the operating system refused: open, read, map */
    THIMBLE_E_FORMAT = 3,       /* the bytes are not a valid GGUF file (or template, grammar, saved session) */
    THIMBLE_E_UNSUPPORTED = 4,  /* valid, but an architecture, type, tokenizer or feature that this build lacks */
    THIMBLE_E_MEMORY = 5,       /* the buffer or the budget is too small; the message says needed and available */
    THIMBLE_E_CONTEXT_FULL = 6, /* the tokens do not fit the session's context; the message has both numbers */
    THIMBLE_E_CANCELLED = 7,    /* thimble_cancel was called, or a callback asked to stop */
    THIMBLE_E_STATE = 8,        /* the call does not fit the object's state, e.g. logits before any eval */
    THIMBLE_E_OUTPUT = 9        /* the caller's output buffer is too small; the needed size is reported */
} thimble_status;

typedef struct thimble_error {
    thimble_status status;
    char message[384]; /* UTF-8, NUL-terminated, one line */
} thimble_error;

const char* thimble_status_name(thimble_status s); /* "ok", "argument", ...; static storage */
const char* thimble_version(void);                 /* "0.1.0" */
/* The architectures (general.architecture) that run, by index until NULL; static storage. */
const char* thimble_architecture_name(uint32_t index);

/* ---- Where a model comes from -------------------------------------------------------------------------------------- */

typedef enum thimble_source_kind {
    THIMBLE_SOURCE_PATH = 0,
    THIMBLE_SOURCE_FD = 1,
    THIMBLE_SOURCE_MEMORY = 2
} thimble_source_kind;

/* PATH: the file is mapped read-only; for a split model the path of the first shard, the others are found beside it.
 * FD: an open descriptor, from its start; stays the caller's, may be closed after init.
 * MEMORY: `size` bytes at `data`, at any address (ROM, .incbin); must outlive the model. */
typedef struct thimble_source {
    thimble_source_kind kind;
    const char* path;
    int fd;
    const void* data;
    size_t size;
} thimble_source;

thimble_source thimble_from_path(const char* path);
thimble_source thimble_from_fd(int fd);
thimble_source thimble_from_memory(const void* data, size_t size);

/* ---- Model --------------------------------------------------------------------------------------------------------- */

typedef struct thimble_model thimble_model;

typedef struct thimble_model_params {
    uint32_t struct_size;
    uint32_t no_mmap;    /* 1: read the file into the buffer (the buffer then holds the weights too) */
    uint32_t vocab_only; /* 1: tokenizer and metadata only; sessions cannot be opened */
    uint32_t reserved;
} thimble_model_params;
thimble_model_params thimble_model_defaults(void);

/* Bytes that thimble_model_init needs for this source, exactly. The buffer may have any alignment. */
thimble_status thimble_model_bytes(const thimble_source* src, const thimble_model_params* p, size_t* bytes,
                                   thimble_error* err);
/* Opens and checks the whole file (every offset against its size, every shape against the hyperparameters) and builds
 * the handle in `buffer`. The buffer must stay valid and unmoved until thimble_model_close. */
thimble_status thimble_model_init(const thimble_source* src, const thimble_model_params* p, void* buffer, size_t size,
                                  thimble_model** out, thimble_error* err);
void thimble_model_close(thimble_model* m); /* NULL is allowed. All its sessions must be closed before. */

typedef struct thimble_model_info {
    uint32_t struct_size;
    uint32_t n_vocab, n_ctx_train, n_embd, n_layer, n_head, n_head_kv, n_ff, n_expert, n_expert_used;
    uint64_t n_params;      /* elements of all tensors */
    uint64_t weights_bytes; /* bytes of all tensors in the file */
    uint64_t file_bytes;
    const char* architecture; /* UTF-8, NUL-terminated, live as long as the model */
    const char* name;         /* general.name, or "" */
    const char* type_name;    /* e.g. "Q4_K_M" from general.file_type, else the commonest tensor type */
} thimble_model_info;
thimble_status thimble_model_describe(const thimble_model* m,
                                      thimble_model_info* out); /* out->struct_size set by the caller */

/* ---- Text ---------------------------------------------------------------------------------------------------------- */

typedef int32_t thimble_token;

#define THIMBLE_TOKENIZE_BOS 1u     /* add BOS / EOS as the model's metadata say */
#define THIMBLE_TOKENIZE_SPECIAL 2u /* recognise control tokens in the text; without it they are plain text */

/* Writes up to `capacity` ids and the full count to *n; E_OUTPUT when capacity was too small (call again with *n).
 * `text` is any byte string, not only UTF-8. Needs `scratch` of thimble_tokenize_scratch(m, length) bytes. */
size_t thimble_tokenize_scratch(const thimble_model* m, size_t length);
thimble_status thimble_tokenize(const thimble_model* m, const char* text, size_t length, uint32_t flags, void* scratch,
                                size_t scratch_size, thimble_token* ids, size_t capacity, size_t* n,
                                thimble_error* err);
/* The bytes of one token (control tokens render as nothing unless `special`); returns the byte count, which may exceed
 * capacity (nothing is written past it). A token may hold a part of a UTF-8 sequence. */
size_t thimble_token_bytes(const thimble_model* m, thimble_token id, int special, char* out, size_t capacity);
/* The bytes of `n` ids in a row from the start of a text: as thimble_token_bytes, and the space that the tokenizer put
 * before the text is taken away again. Returns the byte count, which may exceed capacity. */
size_t thimble_detokenize(const thimble_model* m, const thimble_token* ids, size_t n, int special, char* out,
                          size_t capacity);
int thimble_token_is_end(const thimble_model* m, thimble_token id); /* member of the end-of-generation set */
thimble_token thimble_bos(const thimble_model* m);                  /* -1: none */
thimble_token thimble_eos(const thimble_model* m);

/* The model's own chat template (Jinja source) or NULL. */
const char* thimble_chat_template(const thimble_model* m, size_t* length);
/* Renders a Jinja chat template with a JSON object of variables (messages, tools, add_generation_prompt, bos_token, ...).
 * `now` is the Unix time for strftime_now. All work happens in `scratch`; bounded in time, depth and output. */
thimble_status thimble_render_template(const char* source, size_t source_length, const char* json, size_t json_length,
                                       int64_t now, void* scratch, size_t scratch_size, char* out, size_t capacity,
                                       size_t* n, thimble_error* err);
/* A named built-in template ("chatml", "llama3", ...) or NULL; names by index until NULL. */
const char* thimble_builtin_template(const char* name);
const char* thimble_builtin_template_name(uint32_t index);

/* ---- Session ------------------------------------------------------------------------------------------------------- */

typedef struct thimble_session thimble_session;

typedef enum thimble_kv_type { THIMBLE_KV_F16 = 0, THIMBLE_KV_F32 = 1, THIMBLE_KV_Q8_0 = 2 } thimble_kv_type;

typedef struct thimble_session_params {
    uint32_t struct_size;
    uint32_t n_ctx;            /* 0: the model's training context, at most what memory_budget allows */
    uint32_t n_batch;          /* tokens evaluated at once, 0: 128 (never more than n_ctx) */
    uint32_t n_threads;        /* for prompts; 0: the number of cores */
    uint32_t n_threads_decode; /* for one token at a time; 0: n_threads */
    thimble_kv_type kv_type_k;
    thimble_kv_type kv_type_v;
    const char*
        cpu_tier; /* NULL: the best that this CPU has; "scalar", "avx2", "avx512", "neon", "dotprod", "i8mm", ... */
    uint64_t memory_budget; /* 0: none. Bytes that kv + scratch may take; lowers n_ctx when n_ctx is 0 */
} thimble_session_params;
thimble_session_params thimble_session_defaults(void);

/* What a session takes, to the byte: computed by the very code that lays the session out. */
typedef struct thimble_plan {
    uint32_t struct_size;
    uint32_t n_ctx, n_batch, n_threads;
    uint64_t weights_bytes; /* mapped from the file, not allocated */
    uint64_t kv_bytes;
    uint64_t scratch_bytes;   /* activations, logits, thread stacks */
    uint64_t tokenizer_bytes; /* inside the model handle */
    uint64_t model_bytes;     /* the whole model handle */
    uint64_t session_bytes;   /* kv + scratch, with alignment */
    uint64_t arena_bytes;     /* model_bytes + session_bytes: all that is allocated */
} thimble_plan;
thimble_status thimble_plan_session(const thimble_model* m, const thimble_session_params* p, thimble_plan* out,
                                    thimble_error* err);

thimble_status thimble_session_bytes(const thimble_model* m, const thimble_session_params* p, size_t* bytes,
                                     thimble_error* err);
thimble_status thimble_session_init(const thimble_model* m, const thimble_session_params* p, void* buffer, size_t size,
                                    thimble_session** out, thimble_error* err);
void thimble_session_close(thimble_session* s); /* joins the threads; NULL is allowed */

/* Appends `n` tokens to the context and computes. After it, thimble_logits gives the logits after the last token.
 * With `all_logits` not NULL it also receives [n][n_vocab] floats, the logits after each token.
 * E_CONTEXT_FULL: nothing was appended. E_CANCELLED: the context is as before the call, or empty where a sliding window
 * has already dropped what it would need (thimble_position tells). */
thimble_status thimble_eval(thimble_session* s, const thimble_token* ids, size_t n, float* all_logits,
                            thimble_error* err);
const float* thimble_logits(const thimble_session* s); /* [n_vocab], or NULL before the first eval */
uint32_t thimble_position(const thimble_session* s);   /* tokens in the context */
uint32_t thimble_context_size(const thimble_session* s);
/* Forgets all tokens from position `keep` on (0: everything). E_ARGUMENT beyond the position; E_STATE where a sliding
 * window has already dropped what would be needed. */
thimble_status thimble_rewind(thimble_session* s, uint32_t keep, thimble_error* err);
void thimble_cancel(thimble_session* s);                /* ends a running eval or generate soon; async-signal-safe */
const char* thimble_cpu_tier(const thimble_session* s); /* the tier in use */
/* Called after each batch of a prompt of several, with tokens done and in all; return non-zero to cancel (of no effect
 * when all are done). */
typedef int (*thimble_progress_fn)(void* user, uint32_t done, uint32_t total);
void thimble_set_progress(thimble_session* s, thimble_progress_fn fn, void* user);

/* ---- Sampling and generation ----------------------------------------------------------------------------------------- */

typedef struct thimble_generate_params {
    uint32_t struct_size;
    int32_t n_predict;       /* most tokens to make; -1: until the end or the context is full */
    uint64_t seed;           /* used as given */
    float temperature;       /* 0.8; 0: greedy */
    uint32_t top_k;          /* 40; 0: off */
    float top_p;             /* 0.95; 1: off */
    float min_p;             /* 0.05; 0: off */
    float repeat_penalty;    /* 1.0: off */
    uint32_t repeat_last_n;  /* 64 */
    float presence_penalty;  /* 0 */
    float frequency_penalty; /* 0 */
    const char* const* stop; /* n_stop NUL-terminated strings: generation ends before the first that appears */
    uint32_t n_stop;
    uint32_t ignore_eos;
    uint32_t render_special; /* 1: control tokens appear in the text */
    uint32_t tokenize_flags; /* for the prompt; default BOS | SPECIAL */
} thimble_generate_params;
thimble_generate_params thimble_generate_defaults(void);

typedef enum thimble_finish {
    THIMBLE_FINISH_NONE = 0,
    THIMBLE_FINISH_STOP = 1,   /* end-of-generation token or stop string */
    THIMBLE_FINISH_LENGTH = 2, /* n_predict reached, or the context is full */
    THIMBLE_FINISH_CANCELLED = 3
} thimble_finish;

typedef struct thimble_result {
    uint32_t struct_size;
    uint32_t prompt_tokens, completion_tokens;
    thimble_finish finish;
    uint64_t prompt_ns, completion_ns; /* wall clock */
} thimble_result;

/* Receives text as it is made: always whole UTF-8 sequences where the model makes UTF-8. Non-zero cancels. */
typedef int (*thimble_text_fn)(void* user, const char* text, size_t length);

/* Picks the next token from the current logits with the session's sampler state. */
thimble_status thimble_sample(thimble_session* s, const thimble_generate_params* p, thimble_token* out,
                              thimble_error* err);
/* Tokenizes the prompt (appended to what the session holds), evaluates it and generates. `result` may be NULL. */
thimble_status thimble_generate(thimble_session* s, const char* prompt, size_t length, const thimble_generate_params* p,
                                thimble_text_fn on_text, void* user, thimble_result* result, thimble_error* err);

/* ---- Metadata, for tools ----------------------------------------------------------------------------------------------- */

uint32_t thimble_meta_count(const thimble_model* m);
/* Key by index (not NUL-terminated: *length), NULL past the end. */
const char* thimble_meta_key(const thimble_model* m, uint32_t index, size_t* length);
/* The value as text: scalars and strings in full, arrays as "type[count]" with the first items; returns its length. */
size_t thimble_meta_value(const thimble_model* m, uint32_t index, char* out, size_t capacity);

typedef struct thimble_tensor_info {
    const char* name;
    size_t name_length;
    const char* type_name;
    uint32_t n_dims;
    uint64_t shape[4]; /* elements, fastest first, as GGUF stores it */
    uint64_t offset;   /* of the first byte, from the start of its file */
    uint64_t bytes;
    uint32_t shard;
} thimble_tensor_info;
uint32_t thimble_tensor_count(const thimble_model* m);
int thimble_tensor(const thimble_model* m, uint32_t index, thimble_tensor_info* out); /* 1, or 0 past the end */

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
