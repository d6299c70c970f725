/* SPDX-License-Identifier: MIT
 * accuracy MODEL.gguf TESTS.tsv [MINIMUM [CPU_TIER]]: exact match of the greedy answers with the expected ones.
 *
 * A line of TESTS is a sentence, a tab and the JSON that it means. Exits 1 below MINIMUM (a share, e.g. 0.97). One
 * session answers all sentences, rewound in between. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thimble.h"

enum { kLine = 2048, kAnswer = 1024, kShown = 20 };

struct answer {
    size_t length;
    char text[kAnswer];
};

static int collect(void* user, const char* text, size_t length) {
    struct answer* a = user;
    if (a->length + length >= kAnswer) return 1;
    memcpy(a->text + a->length, text, length);
    a->length += length;
    return 0;
}

static int fail(const char* what, const thimble_error* err) {
    fprintf(stderr, "accuracy: %s: %s\n", what, err->message);
    return 1;
}

struct counts {
    unsigned sentences, right;
    unsigned long long prompt_tokens, answer_tokens, prompt_ns, answer_ns;
};

/* Answers every line of the file; 0 or a message was printed. */
static int answer_all(thimble_session* session, FILE* tests, struct counts* c) {
    static char line[kLine];
    thimble_error err;
    thimble_generate_params gp = thimble_generate_defaults();
    gp.temperature = 0;
    gp.n_predict = 200;
    while (fgets(line, sizeof line, tests)) {
        char* tab = strchr(line, '\t');
        char* end = strchr(line, '\n');
        if (!tab || !end) return fprintf(stderr, "accuracy: line %u: no tab or too long\n", c->sentences + 1), 1;
        *end = '\0';
        *tab = '\n'; /* the prompt is the sentence and a line feed */
        struct answer got = {0};
        thimble_result result = {.struct_size = sizeof result};
        if (thimble_rewind(session, 0, &err) ||
            thimble_generate(session, line, (size_t)(tab + 1 - line), &gp, collect, &got, &result, &err))
            return fail("generate", &err);
        int right = got.length == strlen(tab + 1) && memcmp(got.text, tab + 1, got.length) == 0;
        if (!right && c->sentences - c->right < kShown)
            printf("sentence: %.*s\nexpected: %s\ngot:      %.*s\n", (int)(tab - line), line, tab + 1, (int)got.length,
                   got.text);
        c->sentences++;
        c->right += (unsigned)right;
        c->prompt_tokens += result.prompt_tokens;
        c->answer_tokens += result.completion_tokens;
        c->prompt_ns += result.prompt_ns;
        c->answer_ns += result.completion_ns;
    }
    return 0;
}

static int report(const char* name, const struct counts* c, const thimble_plan* plan, double minimum) {
    double share = c->sentences ? (double)c->right / c->sentences : 0;
    printf("%s: %u of %u right, exact match %.1f %%\n", name, c->right, c->sentences, 100 * share);
    printf("prompt %llu tokens, %.0f tokens/s; answers %llu tokens, %.0f tokens/s\n", c->prompt_tokens,
           (double)c->prompt_tokens * 1e9 / (double)(c->prompt_ns + 1), c->answer_tokens,
           (double)c->answer_tokens * 1e9 / (double)(c->answer_ns + 1));
    printf("memory: weights %llu bytes mapped, model handle %llu, session %llu (context %u)\n",
           (unsigned long long)plan->weights_bytes, (unsigned long long)plan->model_bytes,
           (unsigned long long)plan->session_bytes, plan->n_ctx);
    if (c->sentences == 0 || share < minimum) {
        fprintf(stderr, "accuracy: %.1f %% is below %.1f %%\n", 100 * share, 100 * minimum);
        return 1;
    }
    return 0;
}

int main(int argc, char** argv) {
    if (argc < 3) return fprintf(stderr, "usage: accuracy MODEL.gguf TESTS.tsv [MINIMUM [CPU_TIER]]\n"), 2;
    thimble_error err;
    thimble_source source = thimble_from_path(argv[1]);
    thimble_model_params mp = thimble_model_defaults();
    thimble_session_params sp = thimble_session_defaults();
    sp.n_threads = 1;
    sp.cpu_tier = argc > 4 ? argv[4] : NULL;
    thimble_model* model = NULL;
    thimble_session* session = NULL;
    size_t n = 0;
    void *handle = NULL, *work = NULL;
    thimble_plan plan = {.struct_size = sizeof plan};
    FILE* tests = fopen(argv[2], "r");
    struct counts counts = {0};
    int failed = 1;
    if (!tests)
        perror(argv[2]);
    else if (thimble_model_bytes(&source, &mp, &n, &err) ||
             thimble_model_init(&source, &mp, handle = malloc(n), n, &model, &err) ||
             thimble_plan_session(model, &sp, &plan, &err) || thimble_session_bytes(model, &sp, &n, &err) ||
             thimble_session_init(model, &sp, work = malloc(n), n, &session, &err))
        fail(argv[1], &err);
    else
        failed = answer_all(session, tests, &counts) ||
                 report(argv[1], &counts, &plan, argc > 3 ? strtod(argv[3], NULL) : 0);
    thimble_session_close(session);
    thimble_model_close(model);
    free(work);
    free(handle);
    if (tests) fclose(tests);
    return failed;
}
