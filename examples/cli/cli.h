// SPDX-License-Identifier: MIT
// What the subcommands of the thimble program share: options, an opened model with its session, output, exit codes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runtime/thimble.h"

namespace cli {

enum Exit { kOkay = 0, kFailed = 1, kUsage = 2, kInterrupted = 130, kPipeClosed = 141 };

constexpr uint32_t kMaxStops = 16;

// Every option of every command, read by one table (main.cpp); a command ignores those that mean nothing to it.
struct Options {
    const char* model = nullptr;
    const char* prompt = nullptr;
    const char* file = nullptr;
    const char* system = nullptr;
    const char* output = nullptr;  // -o: a file or a format
    const char* ids = nullptr;
    const char* tier = nullptr;
    const char* template_file = nullptr;
    const char* template_name = nullptr;
    const char* input = nullptr;
    const char* case_name = nullptr;
    const char* positional[4] = {};
    int n_positional = 0;
    const char* p_list = nullptr;  // bench: comma lists
    const char* n_list = nullptr;
    const char* d_list = nullptr;
    uint32_t repeats = 5;
    thimble_session_params session;
    thimble_generate_params generate;
    thimble_model_params load;
    int64_t n_predict = -1;
    const char* stops[kMaxStops];
    uint32_t n_stops = 0;
    bool seed_given = false, echo = false, quiet = false, json = false, no_bos = false, parse_special = false;
    bool single_turn = false, escape = false, verbose = false, help = false, timings = false, raw = false;
    bool batch_given = false;
};

// A buffer of the program's own, from the system (not the library's business).
struct Buffer {
    char* data = nullptr;
    size_t size = 0;
};
bool read_all(const char* path, Buffer* out);  // nullptr or "-": stdin; prints the error
// Page-backed, touched on use. Exits with a message that says needed, available and the remedy when there is too little.
void* allocate(size_t bytes, const char* what, const char* remedy);

struct Loaded {
    thimble_model* model = nullptr;
    thimble_session* session = nullptr;
    thimble_plan plan{};
};
// Opens the model (the built-in default when -m is absent) and, with with_session, a session. Prints errors; false then.
bool load(const Options& o, bool with_session, Loaded* out);
// The options' session parameters, with the default context's budget where none was asked for.
thimble_session_params session_params(const Options& o);
void unload(Loaded* l);
// The default model's path, or nullptr.
const char* default_model();

int fail(const thimble_error& e);  // prints, kFailed
int fail(const char* format, ...) __attribute__((format(printf, 1, 2)));
int usage_error(const char* format, ...) __attribute__((format(printf, 1, 2)));

void put(const char* text, size_t n);              // to stdout; a closed pipe ends the program
void put_json_string(const char* text, size_t n);  // quoted; bytes that are not UTF-8 become U+FFFD
bool flush();
bool terminal(int fd);

// Ctrl-C: the first cancels the session given here, a second ends at once with 130.
void on_interrupt(thimble_session* s);
bool interrupted();
void clear_interrupt();

// The text to work on: -p, -f, or stdin.
bool input_text(const Options& o, Buffer* out, bool from_stdin);
// Tokens of a text.
bool tokenize(const thimble_model* m, const char* text, size_t n, uint32_t flags, int32_t** ids, size_t* count);
// "1,2,3" to ids.
bool parse_ids(const char* text, int32_t** ids, size_t* count);

// Renders the chat template over the JSON object; the caller frees out->data. Prints errors.
bool render(const Options& o, const thimble_model* m, const Buffer& json, Buffer* out, thimble_error* err);
// Grows a text.
struct Text {
    char* data = nullptr;
    size_t size = 0, capacity = 0;
    void add(const char* p, size_t n);
    void add(const char* z) { add(z, strlen(z)); }
    void json_string(const char* p, size_t n);
};

int run(const Options& o);
int chat(const Options& o);
int tokenize_command(const Options& o);
int detokenize(const Options& o);
int logits(const Options& o);
int inspect(const Options& o);
int plan(const Options& o);
int bench(const Options& o);
int template_command(const Options& o);

}  // namespace cli
