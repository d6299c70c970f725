// SPDX-License-Identifier: MIT
// Splits a template into tokens on demand, with jinja2's rules for white space (trim_blocks and lstrip_blocks on).
#pragma once
#include "runtime/text/jinja/context.h"

namespace thimble::jinja {

enum class Tok : uint8_t {
    kData,
    kBlockBegin,
    kBlockEnd,
    kVariableBegin,
    kVariableEnd,
    kName,
    kString,
    kInt,
    kFloat,
    kOp,
    kEnd
};

struct Token {
    Tok type = Tok::kEnd;
    uint16_t op = 0;
    uint32_t at = 0;  // offset in the source
    Value value;      // kData, kName, kString: text; kInt, kFloat: the number
    bool is_op(uint16_t o) const { return type == Tok::kOp && op == o; }
    [[gnu::noinline]] bool is_name(const char* z) const { return type == Tok::kName && value.str() == Str(z); }
};

class Lexer {
  public:
    // `source` is valid UTF-8 with line ends made "\n" and the last one removed.
    Lexer(Context& c, Str source) : c_(c), s_(source.data), end_(source.size) {}
    bool next(Token* out);  // false: error, recorded in the context

  private:
    enum Mode : uint8_t { kText, kBlock, kVariable };
    bool text_token(Token* out);
    bool raw_token(size_t open_end, Token* out);
    bool code_token(Token* out);
    bool string_token(Token* out);
    bool number_token(Token* out);
    bool operator_token(Token* out);
    bool closing(Token* out);
    bool comment(size_t at);
    size_t stripped(size_t from, size_t to, char sign, bool may_lstrip) const;
    size_t skip_space(size_t i) const;
    size_t raw_open(size_t at) const;
    char at(size_t i) const { return i < end_ ? s_[i] : '\0'; }
    void leave_block(size_t end);

    Context& c_;
    const char* s_;
    size_t end_, pos_ = 0, begin_ = 0;
    Mode mode_ = kText;
    bool line_start_ = true;
    uint8_t depth_ = 0;
    char open_[kTemplateNesting + 1];
};

}  // namespace thimble::jinja
