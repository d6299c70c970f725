// SPDX-License-Identifier: MIT
// thimble: runs language models from GGUF files. Options and the choice of the subcommand; one file a subcommand.
#include <time.h>
#include <unistd.h>
#include <cerrno>

#include "examples/cli/cli.h"

namespace cli {
namespace {

const char kHelp[] =
    "usage: thimble COMMAND [OPTIONS]\n"
    "\n"
    "  run         complete a text            thimble run -m MODEL -p \"Once upon a time\"\n"
    "  chat        talk to a model            thimble chat -m MODEL\n"
    "  tokenize    text to ids                thimble tokenize -m MODEL -f FILE\n"
    "  detokenize  ids to text                thimble detokenize -m MODEL --ids 1,2,3\n"
    "  logits      logits after each id       thimble logits -m MODEL --ids 1,2,3 -o OUT.f32\n"
    "  template    render a chat template     thimble template -m MODEL --input CASES.json --case NAME\n"
    "  inspect     metadata and tensors       thimble inspect MODEL [-o json]\n"
    "  plan        what it takes, to the byte thimble plan -m MODEL -c 4096 [-o json]\n"
    "  bench       speed                      thimble bench -m MODEL -p 512 -n 128 [-o md|csv|json]\n"
    "\n"
    "model     -m, --model FILE    --no-mmap (read it into memory)\n"
    "compute   -t, --threads N     -tb N (threads for prompts)   -c, --ctx-size N    -b, --batch-size N\n"
    "          -ctk T, -ctv T (KV cache: f16 f32 q8_0)           --cpu TIER (also THIMBLE_CPU)\n"
    "text      -p TEXT   -f FILE   standard input   -e (escapes in the text)   -sys TEXT\n"
    "generate  -n N   -s SEED   --temp X   --top-k N   --top-p X   --min-p X   --repeat-penalty X   --repeat-last-n N\n"
    "          --presence-penalty X   --frequency-penalty X   --stop TEXT (repeatable)   --ignore-eos\n"
    "output    --echo   --json   -q, --quiet   --show-timings\n"
    "chat      -st (one answer)   --chat-template NAME   --chat-template-file FILE\n"
    "          --version   --help\n"
    "\n"
    "Exit status: 0, 1 (failed), 2 (usage), 130 (Ctrl-C).\n";

struct Command {
    const char* name;
    int (*fn)(const Options&);
};
const Command kCommands[] = {{"run", run},
                             {"chat", chat},
                             {"tokenize", tokenize_command},
                             {"detokenize", detokenize},
                             {"logits", logits},
                             {"template", template_command},
                             {"inspect", inspect},
                             {"plan", plan},
                             {"bench", bench}};

bool to_integer(const char* flag, const char* text, int64_t low, int64_t high, int64_t* out) {
    char* end;
    errno = 0;
    const long long v = strtoll(text, &end, 10);
    if (end == text || *end || errno || v < low || v > high) {
        usage_error("%s wants a whole number from %lld to %lld, not '%s'", flag, static_cast<long long>(low),
                    static_cast<long long>(high), text);
        return false;
    }
    *out = v;
    return true;
}
bool to_number(const char* flag, const char* text, double low, double high, float* out) {
    char* end;
    const double v = strtod(text, &end);
    if (end == text || *end || !(v >= low && v <= high)) {
        usage_error("%s wants a number from %g to %g, not '%s'", flag, low, high, text);
        return false;
    }
    *out = static_cast<float>(v);
    return true;
}
bool to_kv(const char* flag, const char* text, thimble_kv_type* out) {
    if (strcmp(text, "f16") == 0)
        *out = THIMBLE_KV_F16;
    else if (strcmp(text, "f32") == 0)
        *out = THIMBLE_KV_F32;
    else if (strcmp(text, "q8_0") == 0)
        *out = THIMBLE_KV_Q8_0;
    else
        return usage_error("%s wants f16, f32 or q8_0, not '%s'", flag, text), false;
    return true;
}

enum Kind { kFlag, kText, kInteger, kNumber, kKv, kStop };
struct Option {
    const char* names[3];
    Kind kind;
    void* target;
    int64_t low, high;
};

// One table for all; the targets lie in *o.
struct Parser {
    Options* o;
    int64_t seed = -1, ctx = 0, batch = 0, threads = 0, threads_batch = 0, predict = -1, top_k = 40, last_n = 64,
            repeats = 5;
    bool ignore_eos = false, no_mmap = false, special = false;
    bool bench;

    bool parse(int argc, char** argv) {
        thimble_generate_params& g = o->generate;
        const Option options[] = {
            {{"-m", "--model", nullptr}, kText, &o->model, 0, 0},
            {{"-p", "--prompt", nullptr}, kText, bench ? &o->p_list : &o->prompt, 0, 0},
            {{"-f", "--file", nullptr}, kText, &o->file, 0, 0},
            {{"-sys", "--system-prompt", nullptr}, kText, &o->system, 0, 0},
            {{"-o", "--output", nullptr}, kText, &o->output, 0, 0},
            {{"--ids", nullptr, nullptr}, kText, &o->ids, 0, 0},
            {{"--cpu", nullptr, nullptr}, kText, &o->tier, 0, 0},
            {{"--chat-template-file", "--template-file", nullptr}, kText, &o->template_file, 0, 0},
            {{"--chat-template", nullptr, nullptr}, kText, &o->template_name, 0, 0},
            {{"--input", nullptr, nullptr}, kText, &o->input, 0, 0},
            {{"--case", nullptr, nullptr}, kText, &o->case_name, 0, 0},
            {{"-d", "--n-depth", nullptr}, kText, &o->d_list, 0, 0},
            {{bench ? "-r" : "--repetitions", "--repetitions", nullptr}, kInteger, &repeats, 1, 1000},
            {{"-s", "--seed", nullptr}, kInteger, &seed, -1, INT64_MAX},
            {{"-c", "--ctx-size", nullptr}, kInteger, &ctx, 0, 1 << 26},
            {{"-b", "--batch-size", nullptr}, kInteger, &batch, 1, 65536},
            {{"-t", "--threads", nullptr}, kInteger, &threads, 1, 256},
            {{"-tb", "--threads-batch", nullptr}, kInteger, &threads_batch, 1, 256},
            {{"--top-k", nullptr, nullptr}, kInteger, &top_k, 0, INT32_MAX},
            {{"--repeat-last-n", nullptr, nullptr}, kInteger, &last_n, 0, INT32_MAX},
            {{"--temp", "--temperature", nullptr}, kNumber, &g.temperature, 0, 100},
            {{"--top-p", nullptr, nullptr}, kNumber, &g.top_p, 0, 1},
            {{"--min-p", nullptr, nullptr}, kNumber, &g.min_p, 0, 1},
            {{"--repeat-penalty", nullptr, nullptr}, kNumber, &g.repeat_penalty, 0, 100},
            {{"--presence-penalty", nullptr, nullptr}, kNumber, &g.presence_penalty, -100, 100},
            {{"--frequency-penalty", nullptr, nullptr}, kNumber, &g.frequency_penalty, -100, 100},
            {{"-ctk", "--cache-type-k", nullptr}, kKv, &o->session.kv_type_k, 0, 0},
            {{"-ctv", "--cache-type-v", nullptr}, kKv, &o->session.kv_type_v, 0, 0},
            {{"--stop", bench ? nullptr : "-r", "--reverse-prompt"}, kStop, nullptr, 0, 0},
            {{"--echo", nullptr, nullptr}, kFlag, &o->echo, 0, 0},
            {{"-q", "--quiet", nullptr}, kFlag, &o->quiet, 0, 0},
            {{"--json", nullptr, nullptr}, kFlag, &o->json, 0, 0},
            {{"--no-bos", nullptr, nullptr}, kFlag, &o->no_bos, 0, 0},
            {{"--parse-special", nullptr, nullptr}, kFlag, &o->parse_special, 0, 0},
            {{"-st", "--single-turn", nullptr}, kFlag, &o->single_turn, 0, 0},
            {{"-e", "--escape", nullptr}, kFlag, &o->escape, 0, 0},
            {{"--ignore-eos", nullptr, nullptr}, kFlag, &ignore_eos, 0, 0},
            {{"--special", nullptr, nullptr}, kFlag, &special, 0, 0},
            {{"--no-mmap", nullptr, nullptr}, kFlag, &no_mmap, 0, 0},
            {{"--raw", nullptr, nullptr}, kFlag, &o->raw, 0, 0},
            {{"--show-timings", nullptr, nullptr}, kFlag, &o->timings, 0, 0},
            {{"-v", "--verbose", nullptr}, kFlag, &o->verbose, 0, 0},
            {{"-h", "--help", nullptr}, kFlag, &o->help, 0, 0},
            {{"-n", "--predict", "--n-predict"},
             bench ? kText : kInteger,
             bench ? static_cast<void*>(&o->n_list) : &predict,
             -1,
             INT32_MAX},
        };
        for (int i = 0; i < argc; ++i) {
            if (argv[i][0] != '-' || !argv[i][1]) {
                if (o->n_positional == 4) return usage_error("too many arguments: '%s'", argv[i]), false;
                o->positional[o->n_positional++] = argv[i];
                continue;
            }
            const Option* found = nullptr;
            for (const Option& option : options)
                for (const char* name : option.names)
                    if (!found && name && strcmp(name, argv[i]) == 0) found = &option;
            if (!found) return usage_error("unknown option '%s'", argv[i]), false;
            if (found->kind == kFlag) {
                *static_cast<bool*>(found->target) = true;
                continue;
            }
            if (i + 1 == argc) return usage_error("%s wants a value", argv[i]), false;
            if (!take(*found, argv[i], argv[i + 1])) return false;
            ++i;
        }
        return finish();
    }

    bool take(const Option& option, const char* name, const char* value) {
        switch (option.kind) {
            case kText: *static_cast<const char**>(option.target) = value; return true;
            case kInteger:
                return to_integer(name, value, option.low, option.high, static_cast<int64_t*>(option.target));
            case kNumber:
                return to_number(name, value, static_cast<double>(option.low), static_cast<double>(option.high),
                                 static_cast<float*>(option.target));
            case kKv: return to_kv(name, value, static_cast<thimble_kv_type*>(option.target));
            case kStop:
                if (o->n_stops == kMaxStops) return usage_error("at most %u stop strings", kMaxStops), false;
                if (!*value) return usage_error("an empty stop string"), false;
                o->stops[o->n_stops++] = value;
                return true;
            default: return true;
        }
    }

    bool finish() {
        thimble_session_params& s = o->session;
        s.n_ctx = static_cast<uint32_t>(ctx);
        s.n_batch = static_cast<uint32_t>(batch);
        o->batch_given = batch > 0;
        s.n_threads = static_cast<uint32_t>(threads_batch ? threads_batch : threads);
        s.n_threads_decode = static_cast<uint32_t>(threads);
        if (!o->tier) o->tier = getenv("THIMBLE_CPU");
        s.cpu_tier = o->tier && *o->tier ? o->tier : nullptr;
        o->n_predict = predict;
        o->generate.n_predict = static_cast<int32_t>(predict);
        o->generate.top_k = static_cast<uint32_t>(top_k);
        o->generate.repeat_last_n = static_cast<uint32_t>(last_n);
        o->generate.stop = o->stops;
        o->generate.n_stop = o->n_stops;
        o->generate.ignore_eos = ignore_eos;
        o->generate.render_special = special;
        o->seed_given = seed >= 0;
        o->generate.seed = seed >= 0
                               ? static_cast<uint64_t>(seed)
                               : static_cast<uint64_t>(time(nullptr)) * 1000003u + static_cast<uint64_t>(getpid());
        // The built-in model maps a request to one right answer: greedy unless --temp says otherwise.
        if (o->generate.temperature < 0)
            o->generate.temperature = o->model ? thimble_generate_defaults().temperature : 0.0f;
        o->load.no_mmap = no_mmap;
        o->repeats = static_cast<uint32_t>(repeats);
        return true;
    }
};

int dispatch(int argc, char** argv) {
    if (argc < 2) {
        fputs(kHelp, stderr);
        return kUsage;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        put(kHelp, sizeof kHelp - 1);
        return flush() ? kOkay : kFailed;
    }
    if (strcmp(argv[1], "--version") == 0) {
        put("thimble ", 8);
        put(thimble_version(), strlen(thimble_version()));
        put("\narchitectures:", 15);
        for (uint32_t i = 0; const char* name = thimble_architecture_name(i); ++i) {
            put(" ", 1);
            put(name, strlen(name));
        }
        put("\n", 1);
        return flush() ? kOkay : kFailed;
    }
    for (const Command& c : kCommands) {
        if (strcmp(c.name, argv[1]) != 0) continue;
        static Options o;
        o.session = thimble_session_defaults();
        o.generate = thimble_generate_defaults();
        o.generate.temperature = -1;  // not given
        o.load = thimble_model_defaults();
        Parser parser{};
        parser.o = &o;
        parser.seed = parser.predict = -1;
        parser.top_k = 40, parser.last_n = 64, parser.repeats = 5;
        parser.bench = c.fn == bench;
        if (!parser.parse(argc - 2, argv + 2)) return kUsage;
        if (o.help) {
            put(kHelp, sizeof kHelp - 1);
            return flush() ? kOkay : kFailed;
        }
        on_interrupt(nullptr);
        const int status = c.fn(o);
        flush();
        return status;
    }
    return usage_error("unknown command '%s'", argv[1]);
}

}  // namespace
}  // namespace cli

int main(int argc, char** argv) { return cli::dispatch(argc, argv); }
