// SPDX-License-Identifier: MIT
// The thimble program as a script meets it: exit codes, what goes to which stream, text byte for byte, faults of files,
// memory, pipes and signals. Runs build/thimble on a small model written beside it; skipped where it cannot be started
// (cross builds without an emulator in the kernel).
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

#include "runtime/text/json.h"
#include "tests/check.h"
#include "tests/support/toy_llama.h"

namespace {

const char kModel[] = "cli_test.gguf";

struct Output {
    int code = -1;  // exit status, or 1000 + the signal that ended it
    char out[1 << 16], err[1 << 14];
    size_t out_size = 0, err_size = 0;
};

struct Process {
    pid_t pid = -1;
    int in = -1, out = -1, err = -1;
};

struct How {
    const char* env = nullptr;  // "NAME=value"
    size_t address_space = 0;
};

bool start(Process* p, const char* const* args, const How& how = {}) {
    int in[2], out[2], err[2];
    if (pipe(in) || pipe(out) || pipe(err)) return false;
    p->pid = fork();
    if (p->pid == 0) {
        dup2(in[0], 0), dup2(out[1], 1), dup2(err[1], 2);
        for (int fd : {in[0], in[1], out[0], out[1], err[0], err[1]}) close(fd);
        signal(SIGPIPE, SIG_DFL);
        unsetenv("THIMBLE_CPU");
        if (how.env) putenv(const_cast<char*>(how.env));
        if (how.address_space) {
            struct rlimit l = {how.address_space, how.address_space};
            setrlimit(RLIMIT_AS, &l);
        }
        const char* argv[40] = {"thimble"};
        for (int i = 0; args[i] && i < 38; ++i) argv[i + 1] = args[i];
        execv(THIMBLE_BINARY_DIR "/thimble", const_cast<char* const*>(argv));
        _exit(127);
    }
    close(in[0]), close(out[1]), close(err[1]);
    p->in = in[1], p->out = out[0], p->err = err[0];
    return p->pid > 0;
}

// Reads one stream a little, waiting up to a minute; 0 at its end.
ssize_t some(int fd, char* to, size_t room) {
    struct pollfd f = {fd, POLLIN, 0};
    if (poll(&f, 1, 60000) != 1) return 0;
    return read(fd, to, room);
}

void finish(Process* p, Output* o) {
    if (p->in >= 0) close(p->in);
    bool open[2] = {p->out >= 0, p->err >= 0};
    while (open[0] || open[1]) {
        struct pollfd f[2] = {{open[0] ? p->out : -1, POLLIN, 0}, {open[1] ? p->err : -1, POLLIN, 0}};
        if (poll(f, 2, 60000) <= 0) {
            kill(p->pid, SIGKILL);
            break;
        }
        char spill[4096];
        for (int i = 0; i < 2; ++i) {
            if (!f[i].revents) continue;
            char* text = i ? o->err : o->out;
            size_t* n = i ? &o->err_size : &o->out_size;
            const size_t room = (i ? sizeof o->err : sizeof o->out) - 1 - *n;
            const ssize_t got = read(f[i].fd, room ? text + *n : spill, room ? room : sizeof spill);
            if (got <= 0)
                open[i] = false;
            else if (room)
                *n += static_cast<size_t>(got);
        }
    }
    if (p->out >= 0) close(p->out);
    if (p->err >= 0) close(p->err);
    o->out[o->out_size] = o->err[o->err_size] = 0;
    int status = 0;
    waitpid(p->pid, &status, 0);
    o->code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

Output g;  // of the last run

template <class... Args>
int run_with(const How& how, const char* input, Args... list) {
    const char* args[] = {list..., nullptr};
    Process p;
    g = Output();
    if (!start(&p, args, how)) return -1;
    for (size_t done = 0, n = strlen(input); done < n;) {
        const ssize_t w = write(p.in, input + done, n - done);
        if (w <= 0) break;
        done += static_cast<size_t>(w);
    }
    finish(&p, &g);
    return g.code;
}
template <class... Args>
int run(Args... list) {
    return run_with({}, "", list...);
}

bool one_line(const char* text) {
    const char* end = strchr(text, '\n');
    return strncmp(text, "thimble: ", 9) == 0 && end && end[1] == 0;
}
// A failure as a script wants it: code 1, one line on stderr, nothing on stdout.
bool refused(const char* says) {
    const bool ok = g.code == 1 && g.out_size == 0 && one_line(g.err) && strstr(g.err, says);
    if (!ok) fprintf(stderr, "    code %d, stdout %zu bytes, stderr: %s\n", g.code, g.out_size, g.err);
    return ok;
}
bool is_json(const char* text, thimble::Json kind, const char* member) {
    static char memory[4 << 20];
    thimble::Arena arena(memory, sizeof memory);
    thimble::JsonValue* v = nullptr;
    if (thimble::json_parse(thimble::Str(text), arena, &v, nullptr) != thimble::kOk || v->kind != kind) return false;
    return !member || thimble::json_member(kind == thimble::Json::kArray ? v->first : v, member);
}

void write_bytes(const char* path, const void* data, size_t n) {
    FILE* f = fopen(path, "wb");
    if (CHECK(f != nullptr)) {
        CHECK_EQ(fwrite(data, 1, n, f), n);
        fclose(f);
    }
}

void usage() {
    CHECK_EQ(run("--version"), 0);
    CHECK(strncmp(g.out, "thimble ", 8) == 0 && g.err_size == 0);
    CHECK_EQ(run("--help"), 0);
    CHECK(strstr(g.out, "usage:") && g.err_size == 0);
    CHECK_EQ(run("run", "--help"), 0);
    CHECK_EQ(run(), 2);
    CHECK(g.out_size == 0 && strstr(g.err, "usage:"));
    CHECK_EQ(run("nosuch"), 2);
    CHECK(strstr(g.err, "nosuch"));
    CHECK_EQ(run("run", "--nosuch"), 2);
    CHECK_EQ(run("run", "-m"), 2);
    CHECK_EQ(run("run", "-m", kModel, "-n", "many"), 2);
    CHECK_EQ(run("run", "-m", kModel, "-n", "99999999999999999999"), 2);
    CHECK_EQ(run("run", "-m", kModel, "--temp", "nan"), 2);
    CHECK_EQ(run("run", "-m", kModel, "-ctk", "q3"), 2);
    CHECK_EQ(run("run", "-m", kModel, "-t", "0"), 2);
    CHECK_EQ(run("run", "-m", kModel, "--stop", ""), 2);
    CHECK_EQ(run("detokenize", "-m", kModel), 2);
    CHECK_EQ(run("detokenize", "-m", kModel, "--ids", "1,x"), 2);
    CHECK_EQ(run("logits", "-m", kModel, "--ids", "1"), 2);
    CHECK_EQ(run("inspect"), 2);
    CHECK_EQ(g.out_size, 0);
}

void running() {
    CHECK_EQ(run("run", "-m", kModel, "-p", "a b\n", "-n", "12", "--temp", "0", "-q", "--ignore-eos"), 0);
    CHECK(g.out_size > 0 && g.err_size == 0);
    const Output first = g;
    CHECK_EQ(run_with({}, "a b\n", "run", "-m", kModel, "-n", "12", "--temp", "0", "--ignore-eos"),
             0);  // stdin, nothing trimmed
    CHECK(g.out_size == first.out_size && memcmp(g.out, first.out, g.out_size) == 0 && g.err_size == 0);
    write_bytes("cli_test.txt", "a b\n", 4);
    CHECK_EQ(run("run", "-m", kModel, "-f", "cli_test.txt", "-n", "12", "--temp", "0", "--ignore-eos", "-t", "3", "-b",
                 "1", "--cpu", "scalar"),
             0);
    CHECK(g.out_size == first.out_size && memcmp(g.out, first.out, g.out_size) == 0);
    CHECK_EQ(run("run", "-m", kModel, "-p", "a b\n", "-n", "12", "--temp", "0", "--ignore-eos", "--echo"), 0);
    CHECK(g.out_size == first.out_size + 4 && memcmp(g.out, "a b\n", 4) == 0 &&
          memcmp(g.out + 4, first.out, first.out_size) == 0);
    CHECK_EQ(run("run", "-m", kModel, "-p", "a b", "-n", "0"), 0);
    CHECK_EQ(g.out_size, 0);
    CHECK_EQ(run_with({}, "", "run", "-m", kModel, "-n", "1", "--ignore-eos"), 0);  // nothing at all: BOS starts it
    for (const char* s : {"1", "2", "1"}) {                                         // seeds
        static char kept[2][4096];
        CHECK_EQ(run("run", "-m", kModel, "-p", "a", "-n", "20", "-s", s, "--temp", "2", "--top-k", "0", "--top-p", "1",
                     "--min-p", "0", "--ignore-eos"),
                 0);
        char* mine = kept[*s - '1'];
        if (*mine) CHECK_STR(mine, g.out);
        snprintf(mine, sizeof kept[0], "%.4000s", g.out);
        if (*s == '2') CHECK(strcmp(kept[0], kept[1]) != 0);
    }
    CHECK_EQ(run("run", "-m", kModel, "-p", "a \"\\\x01 b", "-n", "5", "--json", "--echo", "-q", "--ignore-eos"), 0);
    CHECK(is_json(g.out, thimble::Json::kObject, "choices") && strstr(g.out, "\"completion_tokens\":5") &&
          strstr(g.out, "\"finish_reason\":\"length\""));
    char stop[2] = {static_cast<char>(first.out[2] & 0x7f), 0};
    if (first.out[2] > 0x20) {
        CHECK_EQ(run("run", "-m", kModel, "-p", "a b\n", "-n", "12", "--temp", "0", "--ignore-eos", "--stop", stop,
                     "--stop", "nosuch"),
                 0);
        CHECK(!strchr(g.out, stop[0]) && memcmp(g.out, first.out, g.out_size) == 0);
    }
    char long_prompt[2000];
    memset(long_prompt, 'Q', sizeof long_prompt);
    long_prompt[1999] = 0;
    CHECK_EQ(run("run", "-m", kModel, "-p", long_prompt, "-c", "64"), 1);
    CHECK(refused("64"));
    CHECK_EQ(run("run", "-m", kModel, "-p", "a", "--cpu", "nosuch"), 1);
    CHECK(refused("scalar") && strstr(g.err, "nosuch"));
    CHECK_EQ(run_with({"THIMBLE_CPU=nosuch"}, "", "run", "-m", kModel, "-p", "a"), 1);
    CHECK(refused("nosuch"));
    CHECK_EQ(run_with({"THIMBLE_CPU=scalar"}, "", "run", "-m", kModel, "-p", "a", "-n", "1"), 0);
}

void ids() {
    CHECK_EQ(run_with({}, " ab\nabc ", "tokenize", "-m", kModel), 0);
    CHECK(g.out_size > 4 && g.out[g.out_size - 1] == '\n' && strchr(g.out, '\n') == g.out + g.out_size - 1);
    const Output first = g;
    write_bytes("cli_test.txt", " ab\nabc ", 8);
    CHECK_EQ(run("tokenize", "-m", kModel, "-f", "cli_test.txt"), 0);
    CHECK_STR(g.out, first.out);
    CHECK_EQ(run("tokenize", "-m", kModel, "-f", "cli_test.txt", "--no-bos"), 0);
    CHECK_STR(g.out, first.out + 2);
    CHECK_EQ(run_with({}, "<|im_end|>", "tokenize", "-m", kModel, "--parse-special", "--no-bos"), 0);
    CHECK_STR(g.out, "274\n");
    CHECK_EQ(run("tokenize", "-m", kModel, "-f", "cli_test.nosuch"), 1);
    CHECK(refused("cli_test.nosuch"));
    CHECK_EQ(run("detokenize", "-m", kModel, "--ids", "100,101,13"), 0);
    CHECK_STR(g.out, "ab\n");
    CHECK_EQ(run("detokenize", "-m", kModel, "--ids", "100,275"), 1);
    CHECK(refused("275"));

    unlink("cli_test.f32");
    CHECK_EQ(run("logits", "-m", kModel, "--ids", "1,2,300", "-o", "cli_test.f32"), 1);
    CHECK(refused("300"));
    CHECK(access("cli_test.f32", F_OK) != 0);
    static char kept[3 * ToyLlama::kVocab * 4], now[sizeof kept];
    for (int way = 0; way < 3; ++way) {
        unlink("cli_test.f32");
        CHECK_EQ(run("logits", "-m", kModel, "--ids", "1,70,80", "-o", "cli_test.f32", "-t", way ? "3" : "1", "-b",
                     way ? "2" : "1", "--cpu", way == 2 ? "scalar" : ""),
                 0);
        CHECK(g.out_size == 0);
        FILE* f = fopen("cli_test.f32", "rb");
        if (!CHECK(f && fread(now, 1, sizeof now, f) == sizeof now && fgetc(f) == EOF)) continue;
        fclose(f);
        if (way) CHECK(memcmp(kept, now, sizeof now) == 0);
        memcpy(kept, now, sizeof now);
    }
    CHECK_EQ(run("logits", "-m", kModel, "--ids", "1", "-o", "cli_test.nosuch/x.f32"), 1);
    CHECK(refused("cli_test.nosuch"));
}

void tools() {
    CHECK_EQ(run("inspect", kModel), 0);
    CHECK(strstr(g.out, "blk.0.attn_q.weight") && g.err_size == 0);
    CHECK_EQ(run("inspect", kModel, "-o", "json"), 0);
    CHECK(is_json(g.out, thimble::Json::kObject, "tensors"));
    CHECK_EQ(run("inspect", kModel, "-o", "xml"), 2);
    CHECK_EQ(run("plan", "-m", kModel, "-c", "100", "-b", "5", "-t", "2", "-ctk", "f32", "-o", "json"), 0);
    CHECK(is_json(g.out, thimble::Json::kObject, "arena_bytes") && strstr(g.out, "\"n_ctx\":100"));
    CHECK_EQ(run("plan", "-m", kModel), 0);
    CHECK_EQ(run("bench", "-m", kModel, "-p", "8", "-n", "2", "-r", "1", "-t", "1", "-o", "json"), 0);
    CHECK(is_json(g.out, thimble::Json::kArray, "avg_ts"));
    write_bytes("cli_test.jinja", "{{ bos_token }}{{ messages[0]['content'] }}:", 44);
    write_bytes(
        "cli_test.json",
        "{\"common\":{\"bos_token\":\"<s>\"},\"cases\":[{\"name\":\"one\",\"messages\":[{\"content\":\"x\\n\"}]}]}",
        87);
    CHECK_EQ(run("template", "--template-file", "cli_test.jinja", "--input", "cli_test.json", "--case", "one"), 0);
    CHECK_STR(g.out, "<s>x\n:");
    CHECK_EQ(run("template", "--template-file", "cli_test.jinja", "--input", "cli_test.json", "--case", "two"), 1);
    CHECK(refused("two"));
    CHECK_EQ(run("chat", "-m", kModel, "-st", "-p", "x"), 1);  // it has no template
    CHECK(g.out_size == 0 && strstr(g.err, "template"));
    CHECK_EQ(run("chat", "-m", kModel, "-st", "-p", "x", "-n", "4", "-q", "--chat-template-file", "cli_test.jinja"), 0);
    CHECK(g.out_size > 0 && g.err_size == 0);
    CHECK_EQ(run_with({}, "", "chat", "-m", kModel, "-q", "--chat-template-file", "cli_test.jinja"),
             0);  // EOF ends quietly
    CHECK(g.out_size == 0 && g.err_size == 0);
    CHECK_EQ(run_with({}, "hello\n/clear\nagain\n/exit\n", "chat", "-m", kModel, "-q", "-n", "3",
                      "--chat-template-file", "cli_test.jinja"),
             0);
    CHECK(g.err_size == 0);
}

void bad_files(const GgufBytes& b) {
    const char bad[] = "cli_test.bad";
    CHECK_EQ(run("run", "-m", "cli_test.nosuch", "-p", "a"), 1);
    CHECK(refused("cli_test.nosuch"));
    CHECK_EQ(run("run", "-m", ".", "-p", "a"), 1);
    CHECK(refused("directory"));
    write_bytes(bad, "", 0);
    CHECK_EQ(run("run", "-m", bad, "-p", "a"), 1);
    CHECK(refused("empty"));
    write_bytes(bad, "this is no model at all, but some text", 38);
    CHECK_EQ(run("run", "-m", bad, "-p", "a"), 1);
    CHECK(refused("GGUF"));
    for (size_t n : {size_t{4}, size_t{23}, size_t{200}, b.size / 2, b.size - 1000}) {
        write_bytes(bad, b.data, n);
        CHECK_EQ(run("run", "-m", bad, "-p", "a"), 1);
        CHECK(refused("cli_test.bad"));
        CHECK_EQ(run("inspect", bad), 1);
        CHECK(refused("cli_test.bad"));
    }
    unlink(bad);
}

// ---- Faults while it runs ------------------------------------------------------------------------------------------------

void interrupts() {
    const char* endless[] = {"run",     "-m",           kModel, "-p", "a", "-n",     "-1", "-c",
                             "1000000", "--ignore-eos", "-q",   "-t", "2", "--temp", "5",  nullptr};
    char text[64];
    Process p;
    g = Output();
    if (!CHECK(start(&p, endless))) return;
    CHECK(some(p.out, text, sizeof text) > 0);
    kill(p.pid, SIGINT);
    finish(&p, &g);
    CHECK_EQ(g.code, 130);
    CHECK_EQ(g.err_size, 0);

    g = Output();  // the reader goes away
    if (!CHECK(start(&p, endless))) return;
    CHECK(some(p.out, text, sizeof text) > 0);
    close(p.out);
    p.out = -1;
    finish(&p, &g);
    CHECK_EQ(g.code, 141);  // what a shell shows for a program that a closed pipe ended
    CHECK_EQ(g.err_size, 0);

    // chat: the first stops the answer and the next line is taken; where nothing runs, it ends the program.
    const char* chat[] = {"chat",           "-m",           kModel, "-n",     "-1", "-c",
                          "1000000",        "--ignore-eos", "-q",   "--temp", "5",  "--chat-template-file",
                          "cli_test.jinja", nullptr};
    for (int way = 0; way < 2; ++way) {
        g = Output();
        if (!CHECK(start(&p, chat))) return;
        CHECK(write(p.in, "hello\n", 6) == 6);
        CHECK(some(p.out, text, sizeof text) > 0);
        kill(p.pid, SIGINT);
        struct timespec pause = {0, 300000000};
        nanosleep(&pause, nullptr);
        if (way == 0)
            CHECK(write(p.in, "/exit\n", 6) == 6);
        else
            kill(p.pid, SIGINT);
        finish(&p, &g);
        CHECK_EQ(g.code, way == 0 ? 0 : 130);
        CHECK_EQ(g.err_size, 0);
    }
}

void shrinking(const GgufBytes& b) {
    const char path[] = "cli_test.shrinks";
    for (const char* threads : {"1", "3"}) {
        write_bytes(path, b.data, b.size);
        const char* args[] = {"run",     "-m",           path, "-p", "a",     "-n",     "-1", "-c",
                              "1000000", "--ignore-eos", "-q", "-t", threads, "--temp", "5",  nullptr};
        Process p;
        char text[64];
        g = Output();
        if (!CHECK(start(&p, args))) return;
        CHECK(some(p.out, text, sizeof text) > 0);
        CHECK_EQ(truncate(path, 100), 0);
        finish(&p, &g);
        CHECK_EQ(g.code, 1);
        CHECK(one_line(g.err) && strstr(g.err, "--no-mmap"));
    }
    unlink(path);
}

void memory() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    How small;
    small.address_space = size_t{64} << 20;
    CHECK_EQ(run_with(small, "", "run", "-m", kModel, "-p", "a", "-c", "1000000"), 1);
    CHECK(refused("needed") && strstr(g.err, "available") && strstr(g.err, "-c"));
    CHECK_EQ(run_with(small, "", "run", "-m", kModel, "-p", "a", "-n", "2", "-c", "64"), 0);
#endif
}

}  // namespace

int main() {
    if (THIMBLE_EMULATED) {
        printf("an emulated program cannot start others: skipped\n");
        return 77;
    }
    signal(SIGPIPE, SIG_IGN);
    ToyLlama toy;
    GgufWriter w;
    toy.write(&w);
    const GgufBytes b = w.finish();
    if (!CHECK(w.save(kModel))) return REPORT();
    if (run("--version") != 0) {
        printf("%s/thimble does not start here: skipped\n", THIMBLE_BINARY_DIR);
        return 77;
    }
    usage();
    running();
    ids();
    tools();
    bad_files(b);
    interrupts();
    shrinking(b);
    memory();
    for (const char* path : {kModel, "cli_test.txt", "cli_test.f32", "cli_test.jinja", "cli_test.json"}) unlink(path);
    return REPORT();
}
