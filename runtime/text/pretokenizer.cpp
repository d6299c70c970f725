// SPDX-License-Identifier: MIT
// The table of pre-tokenisers: which rules in which stages under which names.
#include "runtime/text/pretokenizer.h"

#include "runtime/text/prematch.h"
#include "runtime/text/prerules.h"
#include "runtime/text/unicode.h"
#include "runtime/text/utf8.h"

namespace thimble {

// Up to six stages of up to eight rules.
struct PreStages {
    PreRule stage[6][9];
};
struct PreTokenizer {
    const char* name;
    const PreStages* stages;
    uint8_t flags;
};

namespace {
#define GPT2_STAGE \
    { kContractionLower, kSpaceLetters, kSpaceNumbers, kSpaceOther, kSpacesButLast, kSpaces }
#define QWEN2_STAGE \
    { kContraction, kWord, kNumber1, kOtherNewlines, kNewlines, kSpacesButLast, kSpaces }
#define DEEPSEEK_STAGE \
    { kAsciiMarkWord, kUnmarkedWord, kMarksNewlines, kNewlines, kSpacesButLast, kSpaces }
constexpr PreStages kDefault = {{{kMarkRunDefault}, GPT2_STAGE, {kNumbers}, {kDigits3}}};
constexpr PreStages kGpt2 = {{GPT2_STAGE}};
constexpr PreStages kStarcoder = {{{kNumber1}, GPT2_STAGE}};
constexpr PreStages kFalcon = {{{kMarkRunFalcon}, GPT2_STAGE, {kDigits3}}};
constexpr PreStages kLlama3 = {{{kContraction, kWord, kNumbers3, kOtherNewlines, kNewlines, kSpacesButLast, kSpaces}}};
constexpr PreStages kJais2 = {{{kContraction, kWord, kNumbers3, kOtherNewlines, kNewlines, kSpacesByPowers}}};
constexpr PreStages kMinicpm5 = {
    {{kNumbers3}, {kContraction, kWord, kNumbers, kOtherNewlines, kNewlines, kSpacesButLast, kSpaces}}};
constexpr PreStages kQwen2 = {{QWEN2_STAGE}};
constexpr PreStages kQwen35 = {
    {{kContraction, kMarkedWord, kNumber1, kUnmarkedNewlines, kNewlines, kSpacesButLast, kSpaces}}};
constexpr PreStages kUfakzeka = {{{kWord, kNumber1, kOtherNewlines, kNewlines, kSpacesButLast, kSpaces}}};
constexpr PreStages kSeedCoder = {{{kContraction, kWord, kNumber1, kSpaceOther, kNewlines, kSpacesButLast, kSpaces}}};
constexpr PreStages kExaoneMoe = {
    {{kContraction, kSpacedWord, kNumber1, kOtherOneSlash, kNewlines, kSpacesButLast, kSpaces}}};
constexpr PreStages kLaguna = {{{kLines}, QWEN2_STAGE}};
constexpr PreStages kDeepseekLlm = {
    {{kNewline1}, {kCasedScripts}, {kCasedScriptMarks}, {kTrailingSpaces}, {kHanHangul}, {kNumbers}}};
constexpr PreStages kDeepseekCoder = {{{kNewline1}, {kAnySpaceLetters}, {kAnySpaceMarks}, {kHanHangul}, {kNumber1}}};
constexpr PreStages kDeepseek3 = {{{kNumbers3}, {kHanKana}, DEEPSEEK_STAGE}};
constexpr PreStages kSpark = {
    {{kNumbers3}, {kHanKana}, {kAsciiMarkWord, kUnmarkedWord, kMarks, kNewline1, kSpacesButLast, kSpaces}, {kNumber1}}};
constexpr PreStages kAfmoe = {{{kDigitGroups}, {kAsianScripts}, DEEPSEEK_STAGE}};
constexpr PreStages kYoutu = {
    {{kYoutuScripts}, {kMarkedWordEnding, kNumber1, kOtherSlashes, kNewlines, kSpacesButLast, kSpaces}}};
constexpr PreStages kTinyAya = {
    {{kDigitGroups}, {kMarkedWordEnding, kNumbers3, kOtherSlashes, kNewlines, kSpacesButLast, kSpaces}}};
constexpr PreStages kTekken = {{{kCasedWord, kNumber1, kOtherSlashes, kNewlines, kSpacesButLast, kSpaces}}};
constexpr PreStages kGpt4o = {{{kCasedWordEnding, kNumbers3, kOtherSlashes, kNewlines, kSpacesButLast, kSpaces}}};
constexpr PreStages kGraniteMulti = {
    {{kCasedMarkedWordEnding, kNumbers3, kOtherSlashes, kNewlines, kSpacesButLast, kSpaces}}};
constexpr PreStages kKimi = {{{kHanRun, kKimiWord, kNumbers3, kOtherNewlines, kNewlines, kSpacesButLast, kSpaces}}};
constexpr PreStages kBloom = {{{kNoBloomMarks}}};
constexpr PreStages kViking = {{{kNoBloomMarks}, {kNumber1}}};
constexpr PreStages kChameleon = {{{kSentinel}, {kImageTokens}, {kIndent}, {kNumber1}, {kMark1}, GPT2_STAGE}};
constexpr PreStages kSuperBpe = {{{kNumbers}, {kDigitGroupStarts}}};
constexpr PreStages kLineRuns = {{{kLines}}};

constexpr uint8_t kKeep = kPreKeepSpaces, kIgnore = kPreIgnoreMerges, kBos = kPreAddBos;
constexpr PreTokenizer kTable[] = {
    {"default", &kDefault, 0},
    {"llama-bpe", &kLlama3, kIgnore | kBos},
    {"llama3", &kLlama3, kIgnore | kBos},
    {"llama-v3", &kLlama3, kIgnore | kBos},
    {"falcon3", &kLlama3, kIgnore | kBos},
    {"falcon-h1", &kLlama3, kIgnore | kBos},
    {"pixtral", &kLlama3, kIgnore | kBos},
    {"midm-2.0", &kLlama3, kIgnore | kBos},
    {"lfm2", &kLlama3, kIgnore | kBos},
    {"jina-v5-nano", &kLlama3, kIgnore | kBos},
    {"dbrx", &kLlama3, 0},
    {"smaug-bpe", &kLlama3, 0},
    {"glm4", &kLlama3, kPreNoBos},
    {"chatglm-bpe", &kLlama3, kPreNoBos},
    {"jais-2", &kJais2, 0},
    {"minicpm5", &kMinicpm5, kIgnore},
    {"qwen2", &kQwen2, kKeep},
    {"deepseek-r1-qwen", &kQwen2, kKeep},
    {"kormo", &kQwen2, kKeep},
    {"f2llmv2", &kQwen2, kKeep},
    {"megrez", &kQwen2, 0},
    {"stablelm2", &kQwen2, 0},
    {"hunyuan", &kQwen2, kKeep},
    {"solar-open", &kQwen2, kKeep},
    {"grok-2", &kQwen2, kKeep},
    {"bailingmoe", &kQwen2, kKeep},
    {"bailingmoe2", &kQwen2, kKeep},
    {"llada-moe", &kQwen2, kKeep},
    {"qwen35", &kQwen35, kKeep},
    {"ufakzeka", &kUfakzeka, kKeep},
    {"seed-coder", &kSeedCoder, kKeep},
    {"exaone-moe", &kExaoneMoe, 0},
    {"laguna", &kLaguna, kKeep},
    {"smollm", &kStarcoder, kKeep},
    {"starcoder", &kStarcoder, 0},
    {"refact", &kStarcoder, 0},
    {"command-r", &kStarcoder, kKeep},
    {"codeshell", &kStarcoder, 0},
    {"exaone", &kStarcoder, 0},
    {"minerva-7b", &kStarcoder, 0},
    {"mellum2", &kStarcoder, 0},
    {"gpt-2", &kGpt2, 0},
    {"phi-2", &kGpt2, 0},
    {"mpt", &kGpt2, 0},
    {"olmo", &kGpt2, 0},
    {"jais", &kGpt2, 0},
    {"trillion", &kGpt2, kKeep},
    {"granite-docling", &kGpt2, kKeep},
    {"exaone4", &kGpt2, 0},
    {"gigachat", &kGpt2, 0},
    {"a.x-4.0", &kGpt2, 0},
    {"mellum", &kGpt2, 0},
    {"modern-bert", &kGpt2, 0},
    {"jina-es", &kGpt2, 0},
    {"jina-de", &kGpt2, 0},
    {"jina-v2-es", &kGpt2, 0},
    {"jina-v2-de", &kGpt2, 0},
    {"jina-v1-en", &kGpt2, kPreAddSep},
    {"jina-v2-code", &kGpt2, kPreAddSep},
    {"roberta-bpe", &kGpt2, kPreAddSep},
    {"falcon", &kFalcon, 0},
    {"tekken", &kTekken, kKeep | kIgnore | kBos},
    {"gpt-4o", &kGpt4o, kKeep},
    {"llama4", &kGpt4o, kKeep},
    {"kanana2", &kGpt4o, kKeep},
    {"talkie", &kGpt4o, kKeep},
    {"minimax-m2", &kGpt4o, kKeep},
    {"granite-embed-multi-97m", &kGraniteMulti, kKeep | kIgnore},
    {"tiny_aya", &kTinyAya, kKeep},
    {"cohere2moe", &kTinyAya, kKeep},
    {"youtu", &kYoutu, kKeep | kIgnore},
    {"deepseek-llm", &kDeepseekLlm, kKeep},
    {"deepseek-coder", &kDeepseekCoder, kKeep},
    {"deepseek-v3", &kDeepseek3, kKeep},
    {"hunyuan-dense", &kDeepseek3, kKeep},
    {"joyai-llm", &kDeepseek3, kKeep},
    {"hy_v4", &kDeepseek3, kKeep},
    {"spark2_5", &kSpark, kKeep},
    {"afmoe", &kAfmoe, kKeep},
    {"kimi-k2", &kKimi, kKeep},
    {"poro-chat", &kBloom, kKeep},
    {"bloom", &kBloom, 0},
    {"gpt3-finnish", &kBloom, 0},
    {"viking", &kViking, kKeep},
    {"chameleon", &kChameleon, kKeep | kBos},
    {"superbpe", &kSuperBpe, kKeep},
    {"gemma4", &kLineRuns, kPreEscapeSpaces | kPreNewlineTokens | kBos},
    {"granite-embed-multi-311m", &kLineRuns, kPreEscapeSpaces | kPreNewlineTokens | kBos},
    {"sarvam-moe", &kLineRuns, kPreEscapeSpaces | kKeep},
};
constexpr uint32_t kTableSize = sizeof kTable / sizeof kTable[0];

// One stage over one piece [from, to).
void run_stage(const PreRule* rules, uint32_t* code, size_t from, size_t to, uint64_t* steps) {
    if (pre_split_whole(rules[0], code, from, to)) {
        *steps += to - from;
        return;
    }
    for (size_t at = from; at < to;) {
        size_t end = at;
        for (const PreRule* rule = rules; *rule != kRuleEnd && end == at; ++rule)
            end = pre_match(*rule, code, from, at, to, steps);
        if (end == at) {
            ++at;
            continue;
        }
        code[at] |= kScanCut;
        if (end < to) code[end] |= kScanCut;
        at = end;
    }
}
}  // namespace

const PreTokenizer* pretokenizer_find(Str name) {
    if (name.size == 0) return &kTable[0];
    for (const PreTokenizer& p : kTable)
        if (name == Str(p.name)) return &p;
    return nullptr;
}

uint32_t pretokenizer_flags(const PreTokenizer& p) { return p.flags; }
const char* pretokenizer_name(uint32_t index) { return index < kTableSize ? kTable[index].name : nullptr; }

size_t scan_decode(const char* text, size_t n, bool escape_spaces, uint32_t* code) {
    size_t count = 0;
    for (size_t at = 0; at < n;) {
        uint32_t used;
        uint32_t c = utf8_decode(text + at, n - at, &used);
        at += used;
        if (c == ' ' && escape_spaces) c = 0x2581;
        code[count++] =
            c | static_cast<uint32_t>(unicode_kind(c)) << kScanKindShift | (unicode_is_space(c) ? kScanSpace : 0);
    }
    return count;
}

void pretokenize(const PreTokenizer& p, uint32_t* code, size_t n, uint64_t* steps) {
    uint64_t unused = 0;
    if (!steps) steps = &unused;
    if (n == 0) return;
    code[0] |= kScanCut;
    for (const auto& stage : p.stages->stage) {
        if (stage[0] == kRuleEnd) break;
        for (size_t from = 0; from < n;) {
            size_t to = from + 1;
            while (to < n && !(code[to] & kScanCut)) ++to;
            *steps += to - from;
            run_stage(stage, code, from, to, steps);
            from = to;
        }
    }
}

}  // namespace thimble
