/* SPDX-License-Identifier: MIT
 * Runs while the firmware is built, on the target or its emulator: prints the header that says how large the static
 * buffers have to be, to the byte. */
#include <stdio.h>
#include <stdlib.h>

#include "firmware.h"

int main(void) {
    thimble_error err;
    thimble_source source = firmware_source();
    thimble_model_params mp = thimble_model_defaults();
    thimble_session_params sp = firmware_session();
    thimble_model* model = NULL;
    size_t handle = 0, session = 0;
    void* buffer = NULL;
    int failed = thimble_model_bytes(&source, &mp, &handle, &err) ||
                 thimble_model_init(&source, &mp, buffer = malloc(handle), handle, &model, &err) ||
                 thimble_session_bytes(model, &sp, &session, &err);
    if (failed)
        fprintf(stderr, "plan: %s\n", err.message);
    else
        printf("/* made by plan.c */\n#define FIRMWARE_MODEL_BYTES %zu\n#define FIRMWARE_SESSION_BYTES %zu\n", handle,
               session);
    thimble_model_close(model);
    free(buffer);
    return failed;
}
