// SPDX-License-Identifier: MIT
#include "runtime/text/jinja/lexer.h"

#include "runtime/text/jinja/strings.h"
#include "runtime/text/number.h"

namespace thimble::jinja {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_name_char(char c) { return is_name_start(c) || is_digit(c); }
int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    c = static_cast<char>(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

size_t Lexer::skip_space(size_t i) const {
    while (i < end_) {
        const char* p = s_ + i;
        if (!is_space(utf8_next(p, s_ + end_))) break;
        i = static_cast<size_t>(p - s_);
    }
    return i;
}

// Where the text [from, to) ends that stands before an opening with this sign: '-' takes all white space, no sign takes
// blanks that begin the line (lstrip_blocks), '+' takes nothing.
size_t Lexer::stripped(size_t from, size_t to, char sign, bool may_lstrip) const {
    if (sign == '-') return from + strip_right(Str(s_ + from, to - from)).size;
    if (sign == '+' || !may_lstrip) return to;
    size_t line = to;
    while (line > from && s_[line - 1] != '\n') --line;
    if (line == from && !line_start_) return to;
    return skip_space(line) >= to ? line : to;
}

// The end of "{% raw %}" that opens at `i`, or 0.
size_t Lexer::raw_open(size_t i) const {
    i += 2;
    if (at(i) == '-' || at(i) == '+') ++i;
    i = skip_space(i);
    if (!Str(s_ + i, end_ - i).starts_with("raw")) return 0;
    i = skip_space(i + 3);
    if (at(i) == '-' && at(i + 1) == '%' && at(i + 2) == '}') return skip_space(i + 3);
    return at(i) == '%' && at(i + 1) == '}' ? i + 2 : 0;
}

void Lexer::leave_block(size_t end) {
    line_start_ = end > 0 && s_[end - 1] == '\n';
    pos_ = end;
}

bool Lexer::raw_token(size_t open_end, Token* out) {
    leave_block(open_end);
    const size_t from = pos_;
    for (size_t i = from; i + 1 < end_; ++i) {
        if (s_[i] != '{' || s_[i + 1] != '%') continue;
        const char sign = at(i + 2);
        size_t k = skip_space(i + 2 + (sign == '-' || sign == '+'));
        if (!Str(s_ + k, end_ - k).starts_with("endraw")) continue;
        k = skip_space(k + 6);
        const char close = at(k);
        if (close == '-' || close == '+') ++k;
        if (at(k) != '%' || at(k + 1) != '}') continue;
        k += 2;
        if (close == '-')
            k = skip_space(k);
        else if (close != '+' && at(k) == '\n')
            ++k;
        out->type = Tok::kData;
        out->value = string(Str(s_ + from, stripped(from, i, sign, true) - from));
        leave_block(k);
        return true;
    }
    return c_.error_at(from, "Missing end of raw directive");
}

bool Lexer::comment(size_t i) {
    const size_t from = i + 2 + (at(i + 2) == '-' || at(i + 2) == '+');
    for (size_t k = from; k + 1 < end_; ++k) {
        if (s_[k] != '#' || s_[k + 1] != '}') continue;
        size_t e = k + 2;
        const char sign = k > from ? s_[k - 1] : '\0';
        if (sign == '-')
            e = skip_space(e);
        else if (sign != '+' && at(e) == '\n')
            ++e;
        leave_block(e);
        return true;
    }
    return c_.error_at(i, "Missing end of comment tag");
}

bool Lexer::text_token(Token* out) {
    for (;;) {
        size_t i = pos_;
        while (i < end_ && !(s_[i] == '{' && (at(i + 1) == '{' || at(i + 1) == '%' || at(i + 1) == '#'))) ++i;
        const size_t from = pos_;
        out->at = static_cast<uint32_t>(from);
        out->type = Tok::kData;
        if (i >= end_) {
            pos_ = end_;
            if (from == end_) out->type = Tok::kEnd;
            out->value = string(Str(s_ + from, end_ - from));
            return true;
        }
        const char what = s_[i + 1], sign = at(i + 2);
        const size_t text_end = stripped(from, i, sign, what != '{');
        const Value text = string(Str(s_ + from, text_end - from));
        const size_t raw = what == '%' ? raw_open(i) : 0;
        if (text.size) {  // the opening itself is found again at the next call, with no text before it
            out->value = text;
            pos_ = i;
            line_start_ = false;
            return true;
        }
        if (raw) return raw_token(raw, out);
        if (what == '#') {
            if (!comment(i)) return false;
            continue;
        }
        out->type = what == '{' ? Tok::kVariableBegin : Tok::kBlockBegin;
        out->at = static_cast<uint32_t>(i);
        mode_ = what == '{' ? kVariable : kBlock;
        begin_ = i;
        pos_ = i + 2 + (sign == '-' || sign == '+');
        return true;
    }
}

// The end of the block or variable, when it stands here.
bool Lexer::closing(Token* out) {
    size_t i = pos_;
    char sign = '\0';
    if (at(i) == '-' || (at(i) == '+' && mode_ == kBlock)) sign = at(i++);
    const char want = mode_ == kBlock ? '%' : '}';
    if (at(i) != want || at(i + 1) != '}') return false;
    out->type = mode_ == kBlock ? Tok::kBlockEnd : Tok::kVariableEnd;
    i += 2;
    if (sign == '-')
        i = skip_space(i);
    else if (mode_ == kBlock && sign != '+' && at(i) == '\n')
        ++i;
    mode_ = kText;
    leave_block(i);
    return true;
}

bool Lexer::string_token(Token* out) {
    const char quote = s_[pos_];
    size_t i = pos_ + 1;
    bool escaped = false;
    for (; i < end_ && s_[i] != quote; ++i)
        if (s_[i] == '\\') escaped = true, ++i;
    if (i >= end_) return c_.error_at(pos_, "the string does not end");
    out->type = Tok::kString;
    Str body(s_ + pos_ + 1, i - pos_ - 1);
    if (escaped) {
        char* to = c_.text(body.size);
        if (!to) return false;
        size_t n = 0;
        for (size_t k = 0; k < body.size; ++k) {
            if (body.data[k] != '\\') {
                to[n++] = body.data[k];
                continue;
            }
            static const char kFrom[] = "\\'\"abfnrtv", kTo[] = "\\'\"\a\b\f\n\r\t\v";
            const char e = body.data[++k];  // a closing quote follows, so there is one
            if (e == '\n') continue;
            if (const char* f = e ? strchr(kFrom, e) : nullptr) {
                to[n++] = kTo[f - kFrom];
                continue;
            }
            uint32_t cp = 0;
            if (e >= '0' && e <= '7') {
                size_t digits = 0;
                while (digits < 3 && k < body.size && body.data[k] >= '0' && body.data[k] <= '7') {
                    cp = cp * 8 + static_cast<uint32_t>(body.data[k++] - '0');
                    ++digits;
                }
                --k;
            } else if (e == 'x' || e == 'u' || e == 'U') {
                for (int want = e == 'x' ? 2 : e == 'u' ? 4 : 8; want; --want) {
                    const int d = ++k < body.size ? hex_digit(body.data[k]) : -1;
                    if (d < 0 || cp > 0x10ffff) return c_.error_at(pos_, "an escape in the string has too few digits");
                    cp = cp << 4 | static_cast<uint32_t>(d);
                }
                if (cp > 0x10ffff) return c_.error_at(pos_, "an escape in the string is no character");
                if (cp >= 0xd800 && cp < 0xe000) cp = 0xfffd;
            } else {
                to[n++] = '\\', to[n++] = e;
                continue;
            }
            n += utf8_encode(cp, to + n);  // never longer than the escape: \x80 is 4 characters, 2 bytes
        }
        body = Str(to, n);
    }
    out->value = string(body);
    pos_ = i + 1;
    return true;
}

bool Lexer::number_token(Token* out) {
    char digits[64];
    size_t n = 0, i = pos_;
    const int base = at(i) != '0'              ? 10
                     : (at(i + 1) | 32) == 'x' ? 16
                     : (at(i + 1) | 32) == 'o' ? 8
                     : (at(i + 1) | 32) == 'b' ? 2
                                               : 10;
    const auto run = [&] {
        while (is_digit(at(i)) || (at(i) == '_' && is_digit(at(i + 1)))) {
            if (s_[i] != '_' && n < sizeof digits) digits[n++] = s_[i];
            ++i;
        }
    };
    out->type = Tok::kInt;
    if (base != 10 && hex_digit(at(i + 2)) >= 0 && hex_digit(at(i + 2)) < base) {
        int64_t v = 0;
        for (i += 2; at(i) == '_' || (hex_digit(at(i)) >= 0 && hex_digit(at(i)) < base); ++i)
            if (s_[i] != '_' && (__builtin_mul_overflow(v, int64_t{base}, &v) ||
                                 __builtin_add_overflow(v, int64_t{hex_digit(s_[i])}, &v)))
                return c_.error_at(pos_, "the integer does not fit 64 bits");
        out->value = integer(v);
        pos_ = i;
        return true;
    }
    run();
    bool real = false;
    if (at(i) == '.' && is_digit(at(i + 1))) {
        real = true;
        if (n < sizeof digits) digits[n++] = '.';
        ++i;
        run();
    }
    if ((at(i) | 32) == 'e' &&
        (is_digit(at(i + 1)) || ((at(i + 1) == '+' || at(i + 1) == '-') && is_digit(at(i + 2))))) {
        real = true;
        if (n < sizeof digits) digits[n++] = 'e';
        ++i;
        if (at(i) == '+' || at(i) == '-') {
            if (n < sizeof digits) digits[n++] = s_[i];
            ++i;
        }
        run();
    }
    int64_t v = 0;
    double d = 0;
    const Str text(digits, n);
    if (n >= sizeof digits || (real ? !parse_double(text, &d) : !parse_int(text, &v)))
        return c_.error_at(pos_, real ? "the number is too long" : "the integer does not fit 64 bits");
    out->value = real ? number(d) : integer(v);
    if (real) out->type = Tok::kFloat;
    pos_ = i;
    return true;
}

bool Lexer::operator_token(Token* out) {
    static const char kTwo[][3] = {"//", "**", "==", "!=", ">=", "<="};
    const char ch = s_[pos_];
    out->type = Tok::kOp;
    out->op = static_cast<unsigned char>(ch);
    for (const auto& two : kTwo)
        if (ch == two[0] && at(pos_ + 1) == two[1]) {
            out->op = op2(two[0], two[1]);
            pos_ += 2;
            return true;
        }
    if (!ch || !strchr("+-/*%~[](){}=<>.:|,;", ch)) {
        const size_t n = utf8_size(ch);
        return c_.error_at(pos_, "unexpected char '", Str(s_ + pos_, n < end_ - pos_ ? n : end_ - pos_), "'");
    }
    if (ch == '(' || ch == '[' || ch == '{') {
        if (depth_ == kTemplateNesting) return c_.error_at(pos_, "nested too deeply");
        open_[depth_++] = ch == '(' ? ')' : ch == '[' ? ']' : '}';
    } else if (ch == ')' || ch == ']' || ch == '}') {
        if (depth_ == 0) return c_.error_at(pos_, "unexpected '", ch, "'");
        if (open_[--depth_] != ch) return c_.error_at(pos_, "unexpected '", ch, "', expected '", open_[depth_], "'");
    }
    ++pos_;
    return true;
}

bool Lexer::code_token(Token* out) {
    for (;;) {
        out->at = static_cast<uint32_t>(pos_);
        if (depth_ == 0 && closing(out)) return true;
        const size_t i = skip_space(pos_);
        if (i == pos_) break;
        pos_ = i;
    }
    if (pos_ >= end_)
        return c_.error_at(begin_,
                           mode_ == kBlock ? "the block '{%' does not end" : "the expression '{{' does not end");
    const char ch = s_[pos_];
    if (ch == '"' || ch == '\'') return string_token(out);
    if (is_digit(ch)) return number_token(out);
    if (!is_name_start(ch)) return operator_token(out);
    size_t i = pos_;
    while (i < end_ && is_name_char(s_[i])) ++i;
    out->type = Tok::kName;
    out->value = string(Str(s_ + pos_, i - pos_));
    pos_ = i;
    return true;
}

bool Lexer::next(Token* out) {
    *out = Token();
    if (!c_.burn(3)) return false;
    if (mode_ == kText) {
        depth_ = 0;
        return text_token(out);
    }
    return code_token(out);
}

}  // namespace thimble::jinja
