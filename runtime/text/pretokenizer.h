// SPDX-License-Identifier: MIT
// Pre-tokenisers: where a text may be cut before byte-pair encoding. The regular expressions of tokenizer.json files,
// named by tokenizer.ggml.pre in GGUF, run as scanners: no regex engine, no recursion, no backtracking over runs.
//
// A pre-tokeniser is a list of stages, a stage a list of rules (regex alternatives, the first that matches wins). Each
// stage goes through the pieces that the stages before it left; what no rule matches stays together as a piece.
// Thread safety: pure functions over constant tables.
#pragma once
#include <cstddef>
#include <cstdint>

#include "platform/status.h"

namespace thimble {

// A code point as the scanners see it: code in bits 0 to 20, kind (UnicodeKind) in bits 21 to 23, then two flags.
constexpr uint32_t kScanCode = 0x1fffff;
constexpr uint32_t kScanKindShift = 21;
constexpr uint32_t kScanSpace = 1u << 24;  // White_Space
constexpr uint32_t kScanCut = 1u << 25;    // a piece starts here

// Decodes up to n bytes into code[<= n]; returns the count. escape_spaces: U+2581 for ' '. Clears the cut flags.
size_t scan_decode(const char* text, size_t n, bool escape_spaces, uint32_t* code);

enum PreFlags : uint8_t {
    kPreIgnoreMerges = 1,    // a piece that is a token is that token, whatever the merges say
    kPreAddBos = 2,          // default of add_bos_token
    kPreKeepSpaces = 4,      // no clean-up of spaces when detokenising
    kPreEscapeSpaces = 8,    // spaces are U+2581 in tokens, tokens are plain UTF-8 (no byte alphabet)
    kPreAddSep = 16,         // default of add_sep_token
    kPreNewlineTokens = 32,  // pieces of newlines that are tokens stay whole
    kPreNoBos = 64,          // no default BOS id
};
struct PreTokenizer;
// nullptr when the name is not known. "" is the default pre-tokeniser.
const PreTokenizer* pretokenizer_find(Str name);
uint32_t pretokenizer_flags(const PreTokenizer& p);
// Names by index, nullptr past the end.
const char* pretokenizer_name(uint32_t index);

// Sets kScanCut at the start of every piece of code[0, n). Linear in n; *steps, when not nullptr, grows by the number
// of code points looked at (tests hold it to a bound).
void pretokenize(const PreTokenizer& p, uint32_t* code, size_t n, uint64_t* steps);

}  // namespace thimble
