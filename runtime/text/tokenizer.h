// SPDX-License-Identifier: MIT
// Tokenizers: text to ids and back, from the metadata of a GGUF file. Kinds by tokenizer.ggml.model:
//     llama   SPM   greedy merges by score, byte fallback           gpt2, gemma4   BPE   merges by rank
//     bert    WPM   longest match by words                          t5             UGM   unigram, best path
// The ids equal those of llama.cpp of September 2026 for the same file and text.
//
// A Tokenizer lives in the model's arena and refers to the file: token texts, scores and merges are read where they lie.
// The arena holds compact indexes only: offsets of the texts, attributes, a hash table text -> id and one (left text,
// right text) -> rank of merges.
// Thread safety: immutable after tokenizer_build; the functions work in the caller's scratch.
#pragma once
#include <cstddef>
#include <cstdint>

#include "platform/arena.h"
#include "platform/status.h"
#include "runtime/gguf/gguf.h"
#include "runtime/text/pretokenizer.h"

namespace thimble {

enum TokenizerKind : uint8_t { kTokenizerSpm, kTokenizerBpe, kTokenizerWpm, kTokenizerUgm };

enum TokenAttribute : uint8_t {
    kTokenNormal = 1,
    kTokenUnknown = 2,
    kTokenControl = 4,
    kTokenUser = 8,  // user-defined: matched in the text before all else
    kTokenUnused = 16,
    kTokenByte = 32,       // <0x00> to <0xFF>
    kTokenStripLeft = 64,  // takes the white space before it in the text
    kTokenStripRight = 128
};

// Open addressing, linear probing. An entry holds index + 1 in its low bits and a part of the hash above; 0 is empty.
struct HashTable {
    uint32_t* slot = nullptr;
    uint32_t size = 0;
    uint32_t index_bits = 0;
};

constexpr uint32_t kMaxEndTokens = 64;

struct Tokenizer {
    TokenizerKind kind = kTokenizerSpm;
    const PreTokenizer* pre = nullptr;  // BPE only
    Str model, pre_name;                // as the file names them
    uint32_t n_vocab = 0;
    uint32_t max_token = 0, max_merge = 0;  // bytes of the longest token, and of the longest text that merges make

    // -1: none. All others are < n_vocab.
    int32_t bos = -1, eos = -1, eot = -1, eom = -1, unknown = -1, separator = -1, padding = -1, mask = -1;
    int32_t fim_prefix = -1, fim_suffix = -1, fim_middle = -1, fim_padding = -1, fim_repository = -1,
            fim_separator = -1;

    bool add_bos = false, add_eos = false, add_separator = false;
    bool add_space_prefix = false;  // a space goes before text; a detokeniser strips it at the very start
    bool clean_spaces = false;      // conventional clean-up of " ." and the like when a whole text is detokenised
    bool escape_spaces = true;      // U+2581 in token texts is a space
    bool byte_alphabet = false;     // token texts spell bytes in GPT-2's printable alphabet
    bool ignore_merges = false;
    bool newline_tokens = false;
    bool remove_extra_spaces = false, space_suffix = false;  // UGM
    bool lower_case = true, strip_accents = true;            // WPM

    // Private.
    GgufStrings tokens;
    GgufValue scores;              // f32 or i32; data == nullptr: all 0
    uint8_t* attribute = nullptr;  // [n_vocab] TokenAttribute bits
    HashTable by_text;
    GgufStrings merges;          // "left right"; the rank is the index
    HashTable by_pair;           // (left, right) -> rank
    int32_t byte_id[256];        // token of a byte, -1: none
    int32_t* special = nullptr;  // [n_special] tokens looked for in the text, sorted by their bytes
    uint32_t n_special = 0;
    uint32_t* users_before = nullptr;  // UGM: [n_special + 1] user-defined ones among the first i of special
    int32_t end[kMaxEndTokens];        // the end-of-generation set, ascending
    uint32_t n_end = 0;
    GgufValue charsmap;       // UGM: precompiled normaliser
    float unknown_score = 0;  // UGM
};

// Reads and checks tokenizer.* of `g`. Over a dry arena it only counts; then over the real one. kFormat: wrong metadata;
// kUnsupported: a model or pre-tokeniser that this build does not know, by name; kMemory: the arena is too small.
Status tokenizer_build(const Gguf& g, Arena& arena, Tokenizer* out, Error* err);

constexpr uint32_t kTokenizeBos = 1;      // add BOS, EOS, separators as the metadata say
constexpr uint32_t kTokenizeSpecial = 2;  // control tokens in the text are recognised; without it they are plain text

// Bytes of scratch that suffice for any text of this many bytes. BPE of ordinary text does with 5 a byte and some KB.
size_t tokenizer_scratch(const Tokenizer& t, size_t text_bytes);
// Writes up to `capacity` ids and the full count to *n. Any bytes are text; what is not UTF-8 becomes U+FFFD or byte
// tokens. kOutput: capacity is smaller than *n; kMemory: scratch is too small; kArgument: over 2^30 bytes.
Status tokenizer_encode(const Tokenizer& t, Str text, uint32_t flags, void* scratch, size_t scratch_size, int32_t* ids,
                        size_t capacity, size_t* n, Error* err);

// The bytes of one token; control and unknown tokens give none unless `special`. Returns the full count, writes at most
// `capacity`. An id out of range gives none.
size_t tokenizer_piece(const Tokenizer& t, int32_t id, bool special, char* out, size_t capacity);
// The bytes of tokens in a row, from the start of a text: the space that add_space_prefix put before it is taken away
// again. Returns the full count, writes at most `capacity`.
size_t tokenizer_decode(const Tokenizer& t, const int32_t* ids, size_t n, bool special, char* out, size_t capacity);
// The text of a token as the file spells it.
Str tokenizer_text(const Tokenizer& t, int32_t id);
int32_t tokenizer_find(const Tokenizer& t, Str text);   // token of exactly this text, -1: none
bool tokenizer_is_end(const Tokenizer& t, int32_t id);  // member of the end-of-generation set

}  // namespace thimble
