// SPDX-License-Identifier: MIT
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdarg>

#include "examples/cli/cli.h"
#include "platform/cpu.h"

namespace cli {

bool read_all(const char* path, Buffer* out) {
    FILE* f = !path || strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (!f) {
        fail("cannot open '%s': %s", path, strerror(errno));
        return false;
    }
    size_t capacity = 1 << 16;
    out->data = static_cast<char*>(malloc(capacity + 1));
    out->size = 0;
    while (out->data) {
        const size_t got = fread(out->data + out->size, 1, capacity - out->size, f);
        out->size += got;
        if (got == 0) break;
        if (out->size < capacity) continue;
        capacity *= 2;
        out->data = static_cast<char*>(realloc(out->data, capacity + 1));
    }
    const bool ok = out->data && !ferror(f);
    if (!ok) fail("cannot read '%s': %s", path ? path : "standard input", strerror(errno));
    if (f != stdin) fclose(f);
    if (ok) out->data[out->size] = 0;
    return ok;
}

// Refused before it is tried, where the system says how much there is: pages are touched on use, and what kills then is
// no message. The limit of the address space (ulimit -v) shows in mmap.
void* allocate(size_t bytes, const char* what, const char* remedy) {
    const uint64_t available = thimble::memory_available_bytes();
    void* p = available && bytes > available
                  ? MAP_FAILED
                  : mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        struct rlimit limit;
        uint64_t most = available;
        if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
            (most == 0 || limit.rlim_cur < most))
            most = limit.rlim_cur;
        fail("not enough memory for %s: %zu bytes are needed, %llu are available%s%s", what, bytes,
             static_cast<unsigned long long>(most), *remedy ? "; " : "", remedy);
        exit(kFailed);
    }
    return p;
}

const char* default_model() {
    [[maybe_unused]] static char path[4096];
#ifdef THIMBLE_DEFAULT_MODEL_INSTALLED
    // Beside an installed program: ../share/thimble.
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 64);
    if (n > 0) {
        path[n] = 0;
        char* slash = strrchr(path, '/');
        if (slash) {
            strcpy(slash, "/../" THIMBLE_DEFAULT_MODEL_INSTALLED);
            if (access(path, R_OK) == 0) return path;
        }
    }
#endif
#ifdef THIMBLE_DEFAULT_MODEL
    if (access(THIMBLE_DEFAULT_MODEL, R_OK) == 0) return strcpy(path, THIMBLE_DEFAULT_MODEL);
#endif
    return nullptr;
}

thimble_session_params session_params(const Options& o) {
    thimble_session_params p = o.session;
    // Without -c the context is the model's own, or what a quarter of the free memory holds.
    if (p.n_ctx == 0 && p.memory_budget == 0) p.memory_budget = thimble::memory_available_bytes() / 4;
    return p;
}

bool load(const Options& o, bool with_session, Loaded* out) {
    const char* path = o.model;
    if (!path) path = default_model();
    if (!path) {
        usage_error("no model: give one with -m FILE.gguf");
        return false;
    }
    if (!o.model && !o.quiet) fprintf(stderr, "thimble: no -m given; using the built-in model %s\n", path);
    thimble_error err;
    const thimble_source source = thimble_from_path(path);
    size_t bytes = 0;
    if (thimble_model_bytes(&source, &o.load, &bytes, &err) != THIMBLE_OK ||
        thimble_model_init(
            &source, &o.load,
            allocate(bytes, "the model", o.load.no_mmap ? "without --no-mmap the weights stay in the file" : ""), bytes,
            &out->model, &err) != THIMBLE_OK) {
        fail(err);
        return false;
    }
    if (!with_session) return true;
    const thimble_session_params params = session_params(o);
    out->plan.struct_size = sizeof out->plan;
    if (thimble_plan_session(out->model, &params, &out->plan, &err) != THIMBLE_OK) {
        fail(err);
        return false;
    }
    bytes = static_cast<size_t>(out->plan.session_bytes);
    if (bytes != out->plan.session_bytes) {
        fail("a session of %llu bytes does not fit the address space; a smaller -c takes less",
             static_cast<unsigned long long>(out->plan.session_bytes));
        return false;
    }
    if (thimble_session_init(out->model, &params,
                             allocate(bytes, "the session", "a smaller -c or -b, or -ctk/-ctv q8_0, takes less"), bytes,
                             &out->session, &err) != THIMBLE_OK) {
        fail(err);
        return false;
    }
    on_interrupt(out->session);
    return true;
}

void unload(Loaded* l) {
    on_interrupt(nullptr);
    thimble_session_close(l->session);
    thimble_model_close(l->model);
}

int fail(const thimble_error& e) {
    fprintf(stderr, "thimble: %s\n", e.message);
    return kFailed;
}
int fail(const char* format, ...) {
    va_list args;
    va_start(args, format);
    fputs("thimble: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return kFailed;
}
int usage_error(const char* format, ...) {
    va_list args;
    va_start(args, format);
    fputs("thimble: ", stderr);
    vfprintf(stderr, format, args);
    fputs("\nTry 'thimble --help'.\n", stderr);
    va_end(args);
    return kUsage;
}

void put(const char* text, size_t n) {
    if (fwrite(text, 1, n, stdout) == n) return;
    if (errno == EPIPE) _exit(kPipeClosed);
    fail("cannot write to standard output: %s", strerror(errno));
    _exit(kFailed);
}
bool flush() {
    if (fflush(stdout) == 0 && !ferror(stdout)) return true;
    if (errno == EPIPE) _exit(kPipeClosed);
    fail("cannot write to standard output: %s", strerror(errno));
    _exit(kFailed);
}
bool terminal(int fd) { return isatty(fd) == 1; }

void Text::add(const char* p, size_t n) {
    if (size + n + 1 > capacity) {
        capacity = (size + n + 1) * 2;
        data = static_cast<char*>(realloc(data, capacity));
        if (!data) {
            fail("not enough memory");
            exit(kFailed);
        }
    }
    if (n) memcpy(data + size, p, n);
    size += n;
    data[size] = 0;
}

// Length of the well-formed UTF-8 sequence at p, 0 when there is none.
static size_t utf8_length(const unsigned char* p, size_t n) {
    if (p[0] < 0x80) return 1;
    const size_t need = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || need > n) return 0;
    for (size_t i = 1; i < need; ++i)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
        (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return need;
}

void Text::json_string(const char* text, size_t n) {
    const unsigned char* p = reinterpret_cast<const unsigned char*>(text);
    add("\"");
    for (size_t i = 0; i < n;) {
        const size_t length = utf8_length(p + i, n - i);
        char escape[8];
        if (length == 0) {
            add("\xef\xbf\xbd");
            ++i;
            continue;
        }
        if (p[i] == '"' || p[i] == '\\') {
            escape[0] = '\\';
            escape[1] = static_cast<char>(p[i]);
            add(escape, 2);
        } else if (p[i] == '\n') {
            add("\\n");
        } else if (p[i] == '\t') {
            add("\\t");
        } else if (p[i] == '\r') {
            add("\\r");
        } else if (p[i] < 0x20) {
            snprintf(escape, sizeof escape, "\\u%04x", p[i]);
            add(escape);
        } else {
            add(text + i, length);
        }
        i += length;
    }
    add("\"");
}

void put_json_string(const char* text, size_t n) {
    Text t;
    t.json_string(text, n);
    put(t.data, t.size);
    free(t.data);
}

// ---- Signals -------------------------------------------------------------------------------------------------------------

static thimble_session* volatile running;
static volatile sig_atomic_t interrupts;

static void handle_interrupt(int) {
    interrupts = interrupts + 1;
    if (interrupts > 1 || !running) _exit(kInterrupted);
    thimble_cancel(running);
}
static void handle_bus(int) {
    static const char text[] =
        "thimble: the model file became unreadable while in use (it shrank, or its medium failed); --no-mmap reads it "
        "into memory instead\n";
    if (write(2, text, sizeof text - 1) < 0) _exit(kFailed);
    _exit(kFailed);
}

void on_interrupt(thimble_session* s) {
    running = s;
    struct sigaction a {};
    a.sa_handler = handle_interrupt;
    sigaction(SIGINT, &a, nullptr);
    a.sa_handler = handle_bus;
    sigaction(SIGBUS, &a, nullptr);
    signal(SIGPIPE, SIG_IGN);
}
bool interrupted() { return interrupts > 0; }
void clear_interrupt() { interrupts = 0; }

// ---- Text in -------------------------------------------------------------------------------------------------------------

// \n \t \r \\ \" \' \xHH, for -e.
static void unescape(Buffer* b) {
    size_t to = 0;
    for (size_t i = 0; i < b->size; ++i) {
        char c = b->data[i];
        if (c == '\\' && i + 1 < b->size) {
            const char e = b->data[++i];
            unsigned value;
            int used = 0;
            if (e == 'n')
                c = '\n';
            else if (e == 't')
                c = '\t';
            else if (e == 'r')
                c = '\r';
            else if (e == 'x' && sscanf(b->data + i + 1, "%2x%n", &value, &used) == 1)
                c = static_cast<char>(value), i += static_cast<size_t>(used);
            else
                c = e;
        }
        b->data[to++] = c;
    }
    b->size = to;
    b->data[to] = 0;
}

bool input_text(const Options& o, Buffer* out, bool from_stdin) {
    if (o.prompt) {
        out->data = strdup(o.prompt);
        if (!out->data) return false;
        out->size = strlen(o.prompt);
    } else if (o.file) {
        if (!read_all(o.file, out)) return false;
    } else if (from_stdin && !terminal(0)) {
        if (!read_all(nullptr, out)) return false;
    } else {
        usage_error("no text: give -p TEXT or -f FILE, or pipe it in");
        return false;
    }
    if (o.escape) unescape(out);
    return true;
}

bool tokenize(const thimble_model* m, const char* text, size_t n, uint32_t flags, int32_t** ids, size_t* count) {
    const size_t scratch = thimble_tokenize_scratch(m, n);
    void* work = malloc(scratch ? scratch : 1);
    size_t capacity = n + 16;
    *ids = static_cast<int32_t*>(malloc(capacity * sizeof(int32_t)));
    thimble_error err;
    thimble_status s = THIMBLE_E_MEMORY;
    if (work && *ids) {
        s = thimble_tokenize(m, text, n, flags, work, scratch, *ids, capacity, count, &err);
        if (s == THIMBLE_E_OUTPUT) {
            *ids = static_cast<int32_t*>(realloc(*ids, *count * sizeof(int32_t)));
            if (*ids) s = thimble_tokenize(m, text, n, flags, work, scratch, *ids, *count, count, &err);
        }
        if (s != THIMBLE_OK) fail(err);
    } else {
        fail("not enough memory to tokenize %zu bytes", n);
    }
    free(work);
    return s == THIMBLE_OK;
}

bool parse_ids(const char* text, int32_t** ids, size_t* count) {
    *count = 0;
    *ids = static_cast<int32_t*>(malloc((strlen(text) / 2 + 1) * sizeof(int32_t)));
    const char* p = text;
    while (*ids && *p) {
        char* end;
        errno = 0;
        const long v = strtol(p, &end, 10);
        if (end == p || errno || v < 0 || v > INT32_MAX || (*end && *end != ',' && *end != ' ' && *end != '\n')) {
            usage_error("'%.32s' in the list of ids is no id", p);
            return false;
        }
        (*ids)[(*count)++] = static_cast<int32_t>(v);
        p = end;
        while (*p == ',' || *p == ' ' || *p == '\n') ++p;
    }
    if (*count == 0) usage_error("the list of ids is empty");
    return *count > 0;
}

}  // namespace cli
