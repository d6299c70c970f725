// SPDX-License-Identifier: MIT
// What tokenizer.* metadata say beside the tables: kind, defaults, flags, special ids, the end-of-generation set.
#include <initializer_list>

#include "runtime/text/internal.h"

namespace thimble {

namespace {
// Special ids that files leave out because the kind of tokenizer implies them.
struct KindDefaults {
    const char* model;
    TokenizerKind kind;
    int32_t bos, eos, unknown, separator, padding, mask;
    bool add_space_prefix, add_bos, add_eos, clean_spaces;
};
constexpr KindDefaults kKinds[] = {
    {"llama", kTokenizerSpm, 1, 2, 0, -1, -1, -1, true, true, false, false},
    {"gpt2", kTokenizerBpe, 11, 11, -1, -1, -1, -1, false, false, false, true},
    {"gemma4", kTokenizerBpe, -1, -1, -1, -1, -1, -1, false, true, false, true},
    {"bert", kTokenizerWpm, 101, -1, 100, 102, 0, 103, false, true, false, true},
    {"t5", kTokenizerUgm, -1, 1, 2, -1, 0, -1, false, false, true, false},
};

// Texts by which tokens are known where metadata do not name them. Groups are searched in order; the first text that is
// a token counts.
constexpr const char* kEndOfTurn[] = {
    "<|eot_id|>",         "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>",
    "<|end_of_text|>",    "<EOT>",      "_<EOT>",  "[EOT]",         "<\uff5cend\u2581of\u2581sentence\uff5c>",
    "<end_of_utterance>", nullptr};
constexpr const char* kEndOfMessage[] = {"<|eom_id|>", nullptr};
constexpr const char* kFimPrefix[] = {
    "<|fim_prefix|>",  "<fim-prefix>", "<fim_prefix>", "<\uff5cfim\u2581begin\uff5c>", "<PRE>", "\u2581<PRE>",
    "<|code_prefix|>", "<|prefix|>",   nullptr};
constexpr const char* kFimSuffix[] = {
    "<|fim_suffix|>",  "<fim-suffix>", "<fim_suffix>", "<\uff5cfim\u2581hole\uff5c>", "<SUF>", "\u2581<SUF>",
    "<|code_suffix|>", "<|suffix|>",   nullptr};
constexpr const char* kFimMiddle[] = {"<|fim_middle|>", "<fim-middle>", "<fim_middle>",    "<\uff5cfim\u2581end\uff5c>",
                                      "<MID>",          "\u2581<MID>",  "<|code_middle|>", "<|middle|>",
                                      nullptr};
constexpr const char* kFimPadding[] = {"<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]", nullptr};
constexpr const char* kFimRepository[] = {"<|fim_repo|>", "<|repo_name|>", "<fim-repo>",
                                          "<REPO>",       "<reponame>",    nullptr};
constexpr const char* kFimSeparator[] = {"<|file_sep|>", nullptr};
// All of these end generation.
constexpr const char* kEnds[] = {"<|eot_id|>",
                                 "<|im_end|>",
                                 "<|end|>",
                                 "<|return|>",
                                 "<|call|>",
                                 "<|flush|>",
                                 "<|calls|>",
                                 "<end_of_turn>",
                                 "<|endoftext|>",
                                 "</s>",
                                 "<|eom_id|>",
                                 "<EOT>",
                                 "_<EOT>",
                                 "[EOT]",
                                 "[EOS]",
                                 "<|end_of_text|>",
                                 "<end_of_utterance>",
                                 "<eos>",
                                 "<turn|>",
                                 "<|tool_response>",
                                 "<\uff5cend\u2581of\u2581sentence\uff5c>",
                                 "[e~[",
                                 nullptr};
// Rendered always, though files call some of them control tokens.
constexpr const char* kAlwaysShown[] = {"<|channel|>", "<|message|>", "<|start|>", "<|constrain|>", nullptr};

int32_t find(const Tokenizer& t, const char* text) { return tokenizer_find(t, Str(text)); }

void find_by_text(Tokenizer* t, const char* const* texts, int32_t* id) {
    for (; *id < 0 && *texts; ++texts) {
        *id = find(*t, *texts);
        if (*id >= 0) t->attribute[*id] |= kTokenControl;
    }
}

void add_end(Tokenizer* t, int32_t id) {
    if (id < 0 || tokenizer_is_end(*t, id) || t->n_end == kMaxEndTokens) return;
    uint32_t at = t->n_end++;
    for (; at > 0 && t->end[at - 1] > id; --at) t->end[at] = t->end[at - 1];
    t->end[at] = id;
}

void remove_end(Tokenizer* t, int32_t id) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < t->n_end; ++i)
        if (t->end[i] != id) t->end[kept++] = t->end[i];
    t->n_end = kept;
}

bool has_end(const Tokenizer& t, const char* text) {
    const int32_t id = find(t, text);
    return id >= 0 && tokenizer_is_end(t, id);
}

void collect_ends(Tokenizer* t) {
    find_by_text(t, kEndOfTurn, &t->eot);
    find_by_text(t, kEndOfMessage, &t->eom);
    find_by_text(t, kFimPrefix, &t->fim_prefix);
    find_by_text(t, kFimSuffix, &t->fim_suffix);
    find_by_text(t, kFimMiddle, &t->fim_middle);
    find_by_text(t, kFimPadding, &t->fim_padding);
    find_by_text(t, kFimRepository, &t->fim_repository);
    find_by_text(t, kFimSeparator, &t->fim_separator);
    for (const int32_t* id : {&t->fim_padding, &t->fim_repository, &t->fim_separator}) add_end(t, *id);
    for (const char* const* text = kEnds; *text; ++text) {
        const int32_t id = find(*t, *text);
        if (id < 0) continue;
        add_end(t, id);
        t->attribute[id] |= kTokenControl;
    }
    for (const char* const* text = kAlwaysShown; *text; ++text) {
        const int32_t id = find(*t, *text);
        if (id >= 0) t->attribute[id] = kTokenUser;
    }
    for (const int32_t id : {t->eos, t->eot, t->eom}) add_end(t, id);

    // Vocabularies where <|end|> ends a message, not the turn.
    const bool calls = has_end(*t, "<|call|>") || has_end(*t, "<|calls|>");
    if (calls && (has_end(*t, "<|return|>") || has_end(*t, "<|flush|>")) && has_end(*t, "<|end|>")) {
        const int32_t id = find(*t, "<|end|>");
        remove_end(t, id);
        t->attribute[id] = kTokenUser;
    }
    // And where </s> is a word.
    if (has_end(*t, "<|tool_response>") && has_end(*t, "</s>")) {
        const int32_t id = find(*t, "</s>");
        remove_end(t, id);
        t->attribute[id] = kTokenNormal;
    }
}

bool contains(Str text, const char* part, bool any_case) {
    const size_t n = strlen(part);
    for (size_t at = 0; n <= text.size && at <= text.size - n; ++at) {
        size_t i = 0;
        for (; i < n; ++i) {
            char c = text.data[at + i];
            if (any_case && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
            if (c != part[i]) break;
        }
        if (i == n) return true;
    }
    return false;
}

// Which tokens take the white space beside them: GGUF does not say, the model's name does.
void set_strips(Tokenizer* t, Str name, Str architecture) {
    const auto set = [&](const char* text, uint8_t bit, bool on) {
        const int32_t id = find(*t, text);
        if (id >= 0) t->attribute[id] = static_cast<uint8_t>(on ? t->attribute[id] | bit : t->attribute[id] & ~bit);
    };
    if (contains(t->pre_name, "jina-v2-de", false) || contains(t->pre_name, "jina-v2-es", false) ||
        contains(t->pre_name, "jina-v2-code", false) || contains(architecture, "nomic-bert-moe", false) ||
        contains(architecture, "jina-bert-v3", false)) {
        set("<mask>", kTokenStripLeft, true);
    } else if (contains(name, "phi-3", true) || contains(name, "phi3", true)) {
        for (uint32_t i = 0; i < t->n_vocab; ++i)
            if (t->attribute[i] & (kTokenControl | kTokenUser | kTokenUnknown)) t->attribute[i] |= kTokenStripRight;
        set("</s>", kTokenStripRight, true);
        for (const char* text : {"<unk>", "<s>", "<|endoftext|>"}) set(text, kTokenStripRight, false);
    } else if (contains(name, "modern-bert", true)) {
        set("[MASK]", kTokenStripLeft, true);
    }
}

Status refuse_pre(Str name, Error* err) {
    char known[288];
    TextBuilder b(known, sizeof known);
    for (uint32_t i = 0; pretokenizer_name(i); ++i) {
        if (i) b.add(", ");
        b.add(pretokenizer_name(i));
    }
    return fail(err, kUnsupported, "tokenizer.ggml.pre: '", name, "' is not a known pre-tokenizer; known: ", known);
}
}  // namespace

Status tokenizer_metadata(const Gguf& g, Tokenizer* t, Error* err) {
    Status s = gguf_str(g, "tokenizer.ggml.model", kGgufRequired, &t->model, err);
    if (s == kOk) s = gguf_str(g, "tokenizer.ggml.pre", kGgufOptional, &t->pre_name, err);
    if (s != kOk) return s;
    const KindDefaults* kind = nullptr;
    for (const KindDefaults& k : kKinds)
        if (t->model == Str(k.model)) kind = &k;
    if (!kind)
        return fail(err, kUnsupported, "tokenizer.ggml.model: '", t->model,
                    "' is not supported; known: llama, gpt2, gemma4, bert, t5");
    if (t->model == Str("gemma4")) t->pre_name = Str("gemma4");
    t->kind = kind->kind;
    t->bos = kind->bos;
    t->eos = kind->eos;
    t->unknown = kind->unknown;
    t->separator = kind->separator;
    t->padding = kind->padding;
    t->mask = kind->mask;
    t->add_space_prefix = kind->add_space_prefix;
    t->add_bos = kind->add_bos;
    t->add_eos = kind->add_eos;
    t->clean_spaces = kind->clean_spaces;
    if (t->kind == kTokenizerBpe) {
        t->pre = pretokenizer_find(t->pre_name);
        if (!t->pre) return refuse_pre(t->pre_name, err);
        const uint32_t flags = pretokenizer_flags(*t->pre);
        t->escape_spaces = (flags & kPreEscapeSpaces) != 0;
        t->byte_alphabet = !t->escape_spaces;
        t->ignore_merges = (flags & kPreIgnoreMerges) != 0;
        t->newline_tokens = (flags & kPreNewlineTokens) != 0;
        t->add_bos = t->add_bos || (flags & kPreAddBos) != 0;
        t->add_separator = (flags & kPreAddSep) != 0;
        if (flags & kPreKeepSpaces) t->clean_spaces = false;
        if (flags & kPreNoBos) t->bos = -1;
    }
    s = gguf_bool(g, "tokenizer.ggml.add_space_prefix", kGgufOptional, &t->add_space_prefix, err);
    if (s == kOk)
        s = gguf_bool(g, "tokenizer.ggml.remove_extra_whitespaces", kGgufOptional, &t->remove_extra_spaces, err);
    if (s == kOk) s = gguf_bool(g, "tokenizer.ggml.add_bos_token", kGgufOptional, &t->add_bos, err);
    if (s == kOk) s = gguf_bool(g, "tokenizer.ggml.add_eos_token", kGgufOptional, &t->add_eos, err);
    if (s == kOk) s = gguf_bool(g, "tokenizer.ggml.add_sep_token", kGgufOptional, &t->add_separator, err);
    if (s == kOk) s = gguf_bool(g, "tokenizer.ggml.normalizer.lowercase", kGgufOptional, &t->lower_case, err);
    t->strip_accents = t->lower_case;
    if (s == kOk) s = gguf_bool(g, "tokenizer.ggml.normalizer.strip_accents", kGgufOptional, &t->strip_accents, err);
    if (t->newline_tokens) t->add_bos = true;  // files of this family are wrong about it
    if (s == kOk && t->kind == kTokenizerUgm) s = charsmap_metadata(g, t, err);
    return s;
}

Status tokenizer_special_ids(const Gguf& g, Tokenizer* t, Error* err) {
    const struct {
        const char* key;
        int32_t* id;
    } keys[] = {
        {"tokenizer.ggml.bos_token_id", &t->bos},
        {"tokenizer.ggml.eos_token_id", &t->eos},
        {"tokenizer.ggml.eot_token_id", &t->eot},
        {"tokenizer.ggml.eom_token_id", &t->eom},
        {"tokenizer.ggml.unknown_token_id", &t->unknown},
        {"tokenizer.ggml.seperator_token_id", &t->separator},
        {"tokenizer.ggml.padding_token_id", &t->padding},
        {"tokenizer.ggml.mask_token_id", &t->mask},
        {"tokenizer.ggml.fim_pre_token_id", &t->fim_prefix},
        {"tokenizer.ggml.fim_suf_token_id", &t->fim_suffix},
        {"tokenizer.ggml.fim_mid_token_id", &t->fim_middle},
        {"tokenizer.ggml.fim_pad_token_id", &t->fim_padding},
        {"tokenizer.ggml.fim_rep_token_id", &t->fim_repository},
        {"tokenizer.ggml.fim_sep_token_id", &t->fim_separator},
        {"tokenizer.ggml.prefix_token_id", &t->fim_prefix},
        {"tokenizer.ggml.suffix_token_id", &t->fim_suffix},
        {"tokenizer.ggml.middle_token_id", &t->fim_middle},
    };
    for (const auto& k : keys) {
        if (*k.id >= 0 && static_cast<uint32_t>(*k.id) >= t->n_vocab)
            *k.id = -1;                                        // a default beyond a small vocabulary
        constexpr int64_t kAbsent = -2, kNone32 = 0xffffffff;  // writers spell "none" as -1
        int64_t id = kAbsent;
        const Status s = gguf_i64(g, k.key, kGgufOptional, &id, err);
        if (s != kOk) return s;
        if (id == kAbsent || id == -1 || id == kNone32) continue;
        if (id < 0 || id >= static_cast<int64_t>(t->n_vocab))
            return fail(err, kFormat, k.key, ": is ", static_cast<long long>(id), ", the vocabulary has ", t->n_vocab,
                        " tokens");
        *k.id = static_cast<int32_t>(id);
    }
    collect_ends(t);
    Str name, architecture;
    if (gguf_str(g, "general.name", kGgufOptional, &name, nullptr) != kOk) name = Str();
    if (gguf_str(g, "general.architecture", kGgufOptional, &architecture, nullptr) != kOk) architecture = Str();
    set_strips(t, name, architecture);
    return kOk;
}

}  // namespace thimble
