/* SPDX-License-Identifier: MIT
 * A device that understands English: reads lines, writes the command that each means as a line of JSON.
 *
 * All of it is in the image: the program, the model, and two static buffers of the planned size. In the
 * static images there cannot be a heap, a file or a thread either: see bare.c. */
#include <string.h>
#include <unistd.h>

#include "firmware.h"
#include "firmware_plan.h" /* FIRMWARE_MODEL_BYTES, FIRMWARE_SESSION_BYTES */

static unsigned char model_buffer[FIRMWARE_MODEL_BYTES] __attribute__((aligned(64)));
static unsigned char session_buffer[FIRMWARE_SESSION_BYTES] __attribute__((aligned(64)));

static void say(int fd, const char* text, size_t length) {
    while (length > 0) {
        ssize_t n = write(fd, text, length);
        if (n <= 0) _exit(1);
        text += n;
        length -= (size_t)n;
    }
}

static int on_text(void* user, const char* text, size_t length) {
    (void)user;
    say(STDOUT_FILENO, text, length);
    return 0;
}

static int fail(const thimble_error* err) {
    say(STDERR_FILENO, "firmware: ", 10);
    say(STDERR_FILENO, err->message, strlen(err->message));
    say(STDERR_FILENO, "\n", 1);
    return 1;
}

/* Reads a line with its line feed; what does not fit is dropped. 0 at the end of the input. */
static size_t read_line(char* line, size_t capacity) {
    size_t n = 0;
    char c;
    while (read(STDIN_FILENO, &c, 1) == 1) {
        if (c == '\n') {
            line[n++] = '\n';
            return n;
        }
        if (n + 1 < capacity) line[n++] = c;
    }
    if (n > 0) line[n++] = '\n';
    return n;
}

int main(void) {
    thimble_error err;
    thimble_source source = firmware_source();
    thimble_model_params mp = thimble_model_defaults();
    thimble_session_params sp = firmware_session();
    thimble_generate_params gp = thimble_generate_defaults();
    gp.temperature = 0; /* the likeliest answer */
    thimble_model* model = NULL;
    thimble_session* session = NULL;
    if (thimble_model_init(&source, &mp, model_buffer, sizeof model_buffer, &model, &err) ||
        thimble_session_init(model, &sp, session_buffer, sizeof session_buffer, &session, &err))
        return fail(&err);
    static char line[256];
    for (size_t n; (n = read_line(line, sizeof line)) > 0;) {
        if (n == 1) continue;
        /* the prompt is the sentence and a line feed */
        if (thimble_rewind(session, 0, &err) || thimble_generate(session, line, n, &gp, on_text, NULL, NULL, &err))
            return fail(&err);
        say(STDOUT_FILENO, "\n", 1);
    }
    return 0;
}
