/* SPDX-License-Identifier: MIT
 * minimal MODEL.gguf "prompt": opens a model and generates. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thimble.h"

static int print(void* user, const char* text, size_t length) {
    (void)user;
    return fwrite(text, 1, length, stdout) != length; /* non-zero stops */
}

int main(int argc, char** argv) {
    if (argc != 3) return fprintf(stderr, "usage: minimal MODEL.gguf PROMPT\n"), 2;
    thimble_source source = thimble_from_path(argv[1]);
    thimble_model_params mp = thimble_model_defaults();
    thimble_session_params sp = thimble_session_defaults();
    thimble_generate_params gp = thimble_generate_defaults();
    thimble_model* model = NULL;
    thimble_session* session = NULL;
    thimble_error err;
    size_t n;
    void *handle = NULL, *work = NULL;
    int failed = thimble_model_bytes(&source, &mp, &n, &err) ||
                 thimble_model_init(&source, &mp, handle = malloc(n), n, &model, &err) ||
                 thimble_session_bytes(model, &sp, &n, &err) ||
                 thimble_session_init(model, &sp, work = malloc(n), n, &session, &err) ||
                 thimble_generate(session, argv[2], strlen(argv[2]), &gp, print, NULL, NULL, &err);
    if (failed) fprintf(stderr, "minimal: %s\n", err.message);
    thimble_session_close(session);
    thimble_model_close(model);
    free(work);
    free(handle);
    return failed;
}
