// SPDX-License-Identifier: MIT
// The rules of which pre-tokenisers are made. Each comment is the regular expression that the rule stands for, as the
// models' tokenizer.json files spell it (a space is written as [ ]).
#pragma once
#include <cstdint>

namespace thimble {

enum PreRule : uint8_t {
    kRuleEnd = 0,
    kContractionLower,       // 's|'t|'re|'ve|'m|'ll|'d
    kContraction,            // (?i:'s|'t|'re|'ve|'m|'ll|'d)
    kSpaceLetters,           // [ ]?\p{L}+
    kSpaceNumbers,           // [ ]?\p{N}+
    kSpaceOther,             // [ ]?[^\s\p{L}\p{N}]+
    kOtherNewlines,          // [ ]?[^\s\p{L}\p{N}]+[\r\n]*
    kOtherSlashes,           // [ ]?[^\s\p{L}\p{N}]+[\r\n/]*
    kOtherOneSlash,          // [ ]?[^\s\p{L}\p{N}]+[\r\n/]?
    kUnmarkedNewlines,       // [ ]?[^\s\p{L}\p{M}\p{N}]+[\r\n]*
    kWord,                   // [^\r\n\p{L}\p{N}]?\p{L}+
    kMarkedWord,             // [^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+
    kMarkedWordEnding,       // [^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
    kCasedWord,              // [^\r\n\p{L}\p{N}]?U*W+|[^\r\n\p{L}\p{N}]?U+W*   U: \p{L} but a-z, W: \p{L} but A-Z
    kCasedWordEnding,        // the same, each with (?i:'s|'t|'re|'ve|'m|'ll|'d)?
    kCasedMarkedWordEnding,  // the same with \p{M} in U and W
    kSpacedWord,             // [^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+
    kNumber1,                // \p{N}
    kNumbers3,               // \p{N}{1,3}
    kNumbers,                // \p{N}+
    kNewlines,               // \s*[\r\n]+
    kSpacesButLast,          // \s+(?!\S)
    kSpaces,                 // \s+
    kSpacesByPowers,         // \s{512}(?!\S)|\s{256}(?!\S)|...|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}
    kAsciiMarkWord,          // [!-/:-@\[-`{-~][A-Za-z]+
    kUnmarkedWord,           // [^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+
    kMarks,                  // [ ]?[\p{P}\p{S}]+
    kMarksNewlines,          // [ ]?[\p{P}\p{S}]+[\r\n]*
    kNewline1,               // [\r\n]
    kAnySpaceLetters,        // \s?\p{L}+
    kAnySpaceMarks,          // \s?\p{P}+
    kMarkRunFalcon,          // [\p{P}\$\+<=>\^~\|`]+
    kMarkRunDefault,         // [\p{P}\$\+<=>\^~\|]+
    kDigits3,                // [0-9][0-9][0-9]
    kNoBloomMarks,           // [ ]?[^(\s|.,!?...(sentence marks of several scripts)]+
    kHanKana,                // [U+4E00-U+9FA5 U+3040-U+309F U+30A0-U+30FF]+
    kHanHangul,              // [U+4E00-U+9FA5 U+0800-U+4E00 U+AC00-U+D7FF]+
    kAsianScripts,           // runs of Han, kana, Thai, Lao, Khmer, Myanmar and Hangul blocks
    kYoutuScripts,           // runs of Hangul | of CJK punctuation | of bopomofo | of Han and kana
    kCasedScripts,           // \s?[letters of the scripts with case]+
    kCasedScriptMarks,       // \s?[!-/:-~ and full-width, general and CJK punctuation]+
    kTrailingSpaces,         // \s+$
    kSentinel,               // <sentinel:[0-9]+>
    kImageTokens,            // (IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z
    kIndent,                 // ([\t\n]|[ ]{4}|[ ]{2})
    kMark1,                  // [\p{P}!-/:-@\[-`{-~]
    kHanRun,                 // [\p{Han}]+
    kKimiWord,               // [^\r\n\p{L}\p{N}]?L+(?i:'s|'t|'re|'ve|'m|'ll|'d)?   L: \p{L} but \p{Han}
    kLines,                  // [^\n]+|[\n]+
    kDigitGroups,            // \d{1,3}(?=(?:\d{3})*\b): cuts after each group of three counted from the right of a run
    kDigitGroupStarts,       // (?=(\d{3})+(?!\d)): cuts before each group of three counted from the right of a run
};

}  // namespace thimble
