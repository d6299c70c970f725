// SPDX-License-Identifier: MIT
// Recursive descent after jinja2's grammar. Chains of one precedence, of postfixes and of elif are loops and flat lists,
// so the depth of the tree is the nesting of the source, which is bounded.
#include "runtime/text/jinja/ast.h"
#include "runtime/text/jinja/lexer.h"

namespace thimble::jinja {
namespace {

const char* token_text(const Token& t) {
    switch (t.type) {
        case Tok::kData: return "template data";
        case Tok::kBlockBegin: return "begin of statement block";
        case Tok::kBlockEnd: return "end of statement block";
        case Tok::kVariableBegin: return "begin of print statement";
        case Tok::kVariableEnd: return "end of print statement";
        case Tok::kString: return "string";
        case Tok::kInt: return "integer";
        case Tok::kFloat: return "float";
        case Tok::kEnd: return "end of template";
        default: return "";
    }
}

class Parser {
  public:
    Parser(Context& c, Str source) : c_(c), lexer_(c, source) {}

    bool run(Node** out) {
        if (!advance()) return false;
        if (!statements(nullptr, out)) return false;
        return true;
    }

  private:
    struct Nest {
        explicit Nest(Parser& p)
            : p_(p), ok(++p.nesting_ <= kTemplateNesting || p.c_.error_at(p.cur_.at, "nested too deeply")) {}
        ~Nest() { --p_.nesting_; }
        Parser& p_;
        const bool ok;
    };
    // Where a branch may not be taken, an unknown filter is an error only when it is reached, as in jinja2.
    struct Soft {
        Soft(Parser& p, bool soft) : p_(p), old_(p.soft_) { p.soft_ = soft; }
        ~Soft() { p_.soft_ = old_; }
        Parser& p_;
        const bool old_;
    };
    struct Tail {  // appends to a list
        Node** at;
        void add(Node* n) {
            *at = n;
            at = &n->next;
        }
    };

    [[gnu::noinline]] bool advance() {
        if (have_ahead_) {
            cur_ = ahead_;
            have_ahead_ = false;
            return true;
        }
        return lexer_.next(&cur_);
    }
    bool look_ahead() {
        if (have_ahead_) return true;
        return have_ahead_ = lexer_.next(&ahead_);
    }
    [[gnu::noinline]] bool unexpected(const char* wanted = nullptr) {
        char op[3] = {static_cast<char>(cur_.op), static_cast<char>(cur_.op >> 8), 0};
        const Str found = cur_.type == Tok::kName ? cur_.value.str()
                          : cur_.type == Tok::kOp ? Str(op)
                                                  : Str(token_text(cur_));
        if (wanted) return c_.error_at(cur_.at, "expected ", wanted, ", got '", found, "'");
        return c_.error_at(cur_.at, "unexpected '", found, "'");
    }
    [[gnu::noinline]] bool accept_op(uint16_t op, bool* yes) {
        *yes = cur_.is_op(op);
        return !*yes || advance();
    }
    [[gnu::noinline]] bool expect_op(char op) {
        const char wanted[4] = {'\'', op, '\'', 0};
        return cur_.is_op(static_cast<unsigned char>(op)) ? advance() : unexpected(wanted);
    }
    [[gnu::noinline]] bool expect_name(const char* z) { return cur_.is_name(z) ? advance() : unexpected(z); }
    [[gnu::noinline]] bool accept_name(const char* z, bool* yes) {
        *yes = cur_.is_name(z);
        return !*yes || advance();
    }
    [[gnu::noinline]] bool expect_block_end() {
        return cur_.type == Tok::kBlockEnd ? advance() : unexpected("end of statement block");
    }

    [[gnu::noinline]] Node* make(Type type, uint32_t at, Node* a = nullptr, Node* b = nullptr, Node* c = nullptr) {
        Node* n = c_.make<Node>();
        if (!n) return nullptr;
        n->type = type;
        n->at = at;
        n->a = a, n->b = b, n->c = c;
        return n;
    }
    [[gnu::noinline]] bool put(Node** out, Type type, uint32_t at, Node* a = nullptr, Node* b = nullptr,
                               Node* c = nullptr) {
        return (*out = make(type, at, a, b, c)) != nullptr;
    }

    // ---- expressions
    [[gnu::noinline]] bool expression(Node** out) {
        Nest nest(*this);
        if (!nest.ok) return false;
        Node* value = nullptr;
        if (!or_expression(&value)) return false;
        bool yes = false;
        while (true) {
            const uint32_t at = cur_.at;
            if (!accept_name("if", &yes)) return false;
            if (!yes) break;
            Node* test = nullptr;
            Node* other = nullptr;
            if (!or_expression(&test) || !accept_name("else", &yes) || (yes && !expression(&other))) return false;
            if (!put(&value, Type::kCond, at, value, test, other)) return false;
        }
        *out = value;
        return true;
    }
    [[gnu::noinline]] bool or_expression(Node** out) { return logic(Type::kOr, out); }
    bool logic(Type type, Node** out) {
        const char* word = type == Type::kOr ? "or" : "and";
        const uint32_t at = cur_.at;
        Node* first = nullptr;
        if (!(type == Type::kOr ? logic(Type::kAnd, &first) : not_expression(&first))) return false;
        *out = first;
        if (!cur_.is_name(word)) return true;
        if (!put(out, type, at, first)) return false;
        Tail tail{&first->next};
        while (cur_.is_name(word)) {
            Node* n = nullptr;
            if (!advance() || !(type == Type::kOr ? logic(Type::kAnd, &n) : not_expression(&n))) return false;
            tail.add(n);
        }
        return true;
    }
    bool not_expression(Node** out) {
        bool negative = false, any = false;
        const uint32_t at = cur_.at;
        while (cur_.is_name("not")) {
            if (!advance()) return false;
            negative = !negative, any = true;
        }
        if (!compare(out) || !any) return c_.status == kOk;
        if (!put(out, Type::kNot, at, *out)) return false;
        return negative || put(out, Type::kNot, at, *out);
    }
    // The comparison operator here: its code, or 0. "not in" takes a look ahead.
    bool compare_op(uint16_t* op) {
        *op = 0;
        if (cur_.type == Tok::kOp) {
            static constexpr uint16_t kOps[] = {op2('=', '='), op2('!', '='), op2('<', '='), op2('>', '='), '<', '>'};
            for (const uint16_t o : kOps)
                if (cur_.op == o) *op = o;
            return true;
        }
        if (cur_.is_name("in")) *op = kOpIn;
        if (!cur_.is_name("not")) return true;
        if (!look_ahead()) return false;
        if (ahead_.is_name("in")) *op = kOpNotIn;
        return true;
    }
    bool compare(Node** out) {
        if (!sum(out)) return false;
        uint16_t op;
        Tail tail{nullptr};
        for (;;) {
            if (!compare_op(&op)) return false;
            if (!op) return true;
            const uint32_t at = cur_.at;
            Node* right = nullptr;
            if (!advance() || (op == kOpNotIn && !advance()) || !sum(&right) ||
                !link(Type::kCompare, op, at, right, out, &tail))
                return false;
        }
    }
    [[gnu::noinline]] bool link(Type type, uint16_t op, uint32_t at, Node* right, Node** out, Tail* tail) {
        if (!tail->at) {
            if (!put(out, type, at, *out)) return false;
            tail->at = &(*out)->b;
        }
        Node* n = make(Type::kLink, at, right);
        if (!n) return false;
        n->op = op;
        tail->add(n);
        return true;
    }
    bool sum(Node** out) {
        if (!joined(out)) return false;
        Tail tail{nullptr};
        while (cur_.is_op('+') || cur_.is_op('-')) {
            const uint16_t op = cur_.op;
            const uint32_t at = cur_.at;
            Node* right = nullptr;
            if (!advance() || !joined(&right) || !link(Type::kChain, op, at, right, out, &tail)) return false;
        }
        return true;
    }
    bool joined(Node** out) {
        const uint32_t at = cur_.at;
        Node* first = nullptr;
        if (!product(&first)) return false;
        *out = first;
        if (!cur_.is_op('~')) return true;
        if (!put(out, Type::kConcat, at, first)) return false;
        Tail tail{&first->next};
        while (cur_.is_op('~')) {
            Node* n = nullptr;
            if (!advance() || !product(&n)) return false;
            tail.add(n);
        }
        return true;
    }
    bool product(Node** out) {
        if (!power(out)) return false;
        Tail tail{nullptr};
        while (cur_.is_op('*') || cur_.is_op('/') || cur_.is_op('%') || cur_.is_op(op2('/', '/'))) {
            const uint16_t op = cur_.op;
            const uint32_t at = cur_.at;
            Node* right = nullptr;
            if (!advance() || !power(&right) || !link(Type::kChain, op, at, right, out, &tail)) return false;
        }
        return true;
    }
    bool power(Node** out) {
        if (!unary(out)) return false;
        Tail tail{nullptr};
        while (cur_.is_op(op2('*', '*'))) {
            const uint32_t at = cur_.at;
            Node* right = nullptr;
            if (!advance() || !unary(&right) || !link(Type::kChain, op2('*', '*'), at, right, out, &tail)) return false;
        }
        return true;
    }
    // Signs bind tighter than filters and looser than postfixes: -x|abs is (-x)|abs, -x.y is -(x.y).
    [[gnu::noinline]] bool unary(Node** out) {
        Node* signs = nullptr;
        unsigned count = 0;
        while (cur_.is_op('-') || cur_.is_op('+')) {
            if (++count > kTemplateNesting) return c_.error_at(cur_.at, "nested too deeply");
            Node* n = make(cur_.is_op('-') ? Type::kNegative : Type::kPositive, cur_.at);
            if (!n || !advance()) return false;
            n->a = signs;
            signs = n;
        }
        if (!primary(out) || !postfix(out, false)) return false;
        while (signs) {
            Node* n = signs;
            signs = n->a;
            n->a = *out;
            *out = n;
        }
        return postfix(out, true);
    }
    bool primary(Node** out) {
        const uint32_t at = cur_.at;
        switch (cur_.type) {
            case Tok::kName: return name(out);
            case Tok::kString: return string_literal(out);
            case Tok::kInt:
            case Tok::kFloat:
                if (!put(out, Type::kConst, at)) return false;
                (*out)->value = cur_.value;
                return advance();
            case Tok::kOp:
                if (cur_.op == '(') {
                    Nest nest(*this);
                    return nest.ok && advance() && tuple(true, true, out) && expect_op(')');
                }
                if (cur_.op == '[') return list_literal(out);
                if (cur_.op == '{') return dict_literal(out);
                return unexpected();
            default: return unexpected();
        }
    }
    bool name(Node** out) {
        const Str s = cur_.value.str();
        const auto constant = [&](const Value& v) {
            if (!put(out, Type::kConst, cur_.at)) return false;
            (*out)->value = v;
            return advance();
        };
        if (s == Str("true") || s == Str("True")) return constant(boolean(true));
        if (s == Str("false") || s == Str("False")) return constant(boolean(false));
        if (s == Str("none") || s == Str("None")) return constant(none());
        if (s == Str("varargs")) uses_ |= kUsesVarargs;
        if (s == Str("kwargs")) uses_ |= kUsesKwargs;
        if (s == Str("caller")) uses_ |= kUsesCaller;
        return put(out, Type::kName, cur_.at) && ((*out)->symbol = c_.intern(s)) && advance();
    }
    bool string_literal(Node** out) {
        if (!put(out, Type::kConst, cur_.at)) return false;
        (*out)->value = cur_.value;
        if (!advance()) return false;
        while (cur_.type == Tok::kString) {  // adjacent literals are one
            if (!concat(c_, (*out)->value.str(), cur_.value.str(), &(*out)->value) || !advance()) return false;
        }
        return true;
    }
    bool list_literal(Node** out) {
        if (!put(out, Type::kList, cur_.at) || !advance()) return false;
        Tail tail{&(*out)->a};
        while (!cur_.is_op(']')) {
            Node* n = nullptr;
            if ((*out)->a && !expect_op(',')) return false;
            if (cur_.is_op(']')) break;
            if (!expression(&n)) return false;
            tail.add(n);
        }
        return advance();
    }
    bool dict_literal(Node** out) {
        if (!put(out, Type::kDict, cur_.at) || !advance()) return false;
        Tail tail{&(*out)->a};
        while (!cur_.is_op('}')) {
            Node *key = nullptr, *value = nullptr, *pair = nullptr;
            if ((*out)->a && !expect_op(',')) return false;
            if (cur_.is_op('}')) break;
            const uint32_t at = cur_.at;
            if (!expression(&key) || !expect_op(':') || !expression(&value) || !put(&pair, Type::kPair, at, key, value))
                return false;
            tail.add(pair);
        }
        return advance();
    }
    bool tuple_ends() const { return cur_.type == Tok::kVariableEnd || cur_.type == Tok::kBlockEnd || cur_.is_op(')'); }
    // Expressions separated by commas: one without a comma is itself, else a tuple. In a for statement no "if" belongs to
    // the expression (`conditional` false); "()" is a tuple only in brackets.
    [[gnu::noinline]] bool tuple(bool conditional, bool brackets, Node** out) {
        const uint32_t at = cur_.at;
        Node* first = nullptr;
        Tail tail{&first};
        bool comma = false;
        for (;;) {
            if (tuple_ends() || (!conditional && cur_.is_name("recursive"))) break;
            Node* n = nullptr;
            if (!(conditional ? expression(&n) : or_expression(&n))) return false;
            tail.add(n);
            if (!cur_.is_op(',')) break;
            comma = true;
            if (!advance()) return false;
        }
        if (!comma && first) {
            *out = first;
            return true;
        }
        if (!first && !brackets) return unexpected("an expression");
        return put(out, Type::kTuple, at, first);
    }
    [[gnu::noinline]] bool postfix(Node** out, bool filters) {
        Tail tail{nullptr};
        for (;;) {
            Node* n = nullptr;
            if (cur_.is_op('(')) {
                if (!put(&n, Type::kCall, cur_.at) || !arguments(&n->a)) return false;
            } else if (!filters && cur_.is_op('.')) {
                if (!member(&n)) return false;
            } else if (!filters && cur_.is_op('[')) {
                if (!index(&n)) return false;
            } else if (filters && cur_.is_op('|')) {
                if (!advance() || !filter(&n)) return false;
            } else if (filters && cur_.is_name("is")) {
                if (!test(&n)) return false;
            } else {
                return true;
            }
            if (!tail.at) {
                if (!*out || (*out)->type != Type::kPostfix) {
                    if (!put(out, Type::kPostfix, n->at, *out)) return false;
                    tail.at = &(*out)->b;
                } else {
                    tail.at = &(*out)->b;
                    while (*tail.at) tail.at = &(*tail.at)->next;
                }
            }
            tail.add(n);
        }
    }
    bool member(Node** out) {
        const uint32_t at = cur_.at;
        if (!advance()) return false;
        if (cur_.type == Tok::kName) {
            if (!put(out, Type::kAttribute, at)) return false;
            (*out)->value = cur_.value;
            return advance();
        }
        if (cur_.type != Tok::kInt) return unexpected("name or number");
        Node* key = nullptr;
        if (!put(&key, Type::kConst, at)) return false;
        key->value = cur_.value;
        return put(out, Type::kItem, at, key) && advance();
    }
    bool index(Node** out) {
        const uint32_t at = cur_.at;
        if (!advance()) return false;
        Node *first = nullptr, *second = nullptr, *third = nullptr;
        if (!cur_.is_op(':') && !expression(&first)) return false;
        if (cur_.is_op(':')) {
            if (!advance() || (!cur_.is_op(':') && !cur_.is_op(']') && !expression(&second))) return false;
            bool more;
            if (!accept_op(':', &more) || (more && !cur_.is_op(']') && !expression(&third))) return false;
            return put(out, Type::kSlice, at, first, second, third) && expect_op(']');
        }
        if (cur_.is_op(',')) {
            Tail tail{&first->next};
            if (!put(&first, Type::kTuple, at, first)) return false;
            while (cur_.is_op(',')) {
                Node* n = nullptr;
                if (!advance()) return false;
                if (cur_.is_op(']')) break;
                if (!expression(&n)) return false;
                tail.add(n);
            }
        }
        return put(out, Type::kItem, at, first) && expect_op(']');
    }
    [[gnu::noinline]] bool arguments(Node** out) {
        if (!expect_op('(')) return false;
        Tail tail{out};
        while (!cur_.is_op(')')) {
            if (*out && !expect_op(',')) return false;
            if (cur_.is_op(')')) break;
            Node* n = nullptr;
            const uint32_t at = cur_.at;
            const bool star = cur_.is_op('*'), stars = cur_.is_op(op2('*', '*'));
            if (cur_.type == Tok::kName && !look_ahead()) return false;
            if (star || stars) {
                if (!advance() || !expression(&n) || !put(&n, star ? Type::kStar : Type::kDoubleStar, at, n))
                    return false;
            } else if (cur_.type == Tok::kName && ahead_.is_op('=')) {
                const Value key = cur_.value;
                if (!advance() || !advance() || !expression(&n) || !put(&n, Type::kKeyword, at, n)) return false;
                n->value = key;
            } else if (!expression(&n)) {
                return false;
            }
            tail.add(n);
        }
        return advance();
    }
    bool dotted_name(Node* n) {
        if (cur_.type != Tok::kName) return unexpected("name");
        n->value = cur_.value;
        if (!advance()) return false;
        while (cur_.is_op('.')) {
            if (!advance()) return false;
            if (cur_.type != Tok::kName) return unexpected("name");
            if (!concat(c_, n->value.str(), ".", &n->value) ||
                !concat(c_, n->value.str(), cur_.value.str(), &n->value) || !advance())
                return false;
        }
        return true;
    }
    bool filter(Node** out) {
        if (!put(out, Type::kFilter, cur_.at) || !dotted_name(*out)) return false;
        if (!soft_ && !has_filter((*out)->value.str()))
            return c_.error_at((*out)->at, "No filter named '", (*out)->value.str(), "'.");
        return !cur_.is_op('(') || arguments(&(*out)->a);
    }
    bool test(Node** out) {
        if (!put(out, Type::kTest, cur_.at) || !advance() || !accept_name("not", &(*out)->flag) || !dotted_name(*out))
            return false;
        if (!soft_ && !has_test((*out)->value.str()))
            return c_.error_at((*out)->at, "No test named '", (*out)->value.str(), "'.");
        if (cur_.is_op('(')) return arguments(&(*out)->a);
        const bool operand = cur_.type == Tok::kName || cur_.type == Tok::kString || cur_.type == Tok::kInt ||
                             cur_.type == Tok::kFloat || cur_.is_op('[') || cur_.is_op('{');
        if (!operand || cur_.is_name("else") || cur_.is_name("or") || cur_.is_name("and") || cur_.is_name("if") ||
            cur_.is_name("not") || cur_.is_name("in"))
            return true;
        if (cur_.is_name("is")) return c_.error_at(cur_.at, "You cannot chain multiple tests with is");
        return primary(&(*out)->a) && postfix(&(*out)->a, false);
    }

    // ---- statements
    bool at_end_word(const char* const* ends) const {
        for (; ends && *ends; ++ends)
            if (cur_.is_name(*ends)) return true;
        return false;
    }
    // Statements up to "{%" and one of the words `ends`, which is then the current token (nullptr: up to the end).
    [[gnu::noinline]] bool statements(const char* const* ends, Node** out) {
        Nest nest(*this);
        if (!nest.ok) return false;
        const uint32_t start = cur_.at;
        *out = nullptr;
        Tail tail{out};
        for (;;) {
            Node* n = nullptr;
            if (cur_.type == Tok::kEnd) {
                if (!ends) return true;
                return c_.error_at(start, "unexpected end of template: '", ends[0], "' is missing");
            }
            if (cur_.type == Tok::kData) {
                if (!put(&n, Type::kText, cur_.at)) return false;
                n->value = cur_.value;
                if (!advance()) return false;
            } else if (cur_.type == Tok::kVariableBegin) {
                if (!advance() || !put(&n, Type::kOutput, cur_.at) || !tuple(true, false, &n->a)) return false;
                if (cur_.type != Tok::kVariableEnd) return unexpected("end of print statement");
                if (!advance()) return false;
            } else {
                if (!advance()) return false;
                if (at_end_word(ends)) return true;
                if (!statement(&n) || !expect_block_end()) return false;
                if (!n) continue;
            }
            tail.add(n);
        }
    }
    // The body of a block up to {% word %}, the current token being the end of its opening.
    [[gnu::noinline]] bool body(const char* word, Node** out) {
        const char* const ends[] = {word, nullptr};
        const Soft hard(*this, false);
        return expect_block_end() && statements(ends, out) && advance();
    }
    bool statement(Node** out) {
        if (cur_.type != Tok::kName) return unexpected("a statement");
        struct Rule {
            const char* word;
            bool (Parser::*parse)(Node**);
        };
        static constexpr Rule kRules[] = {
            {"if", &Parser::if_statement},
            {"for", &Parser::for_statement},
            {"set", &Parser::set_statement},
            {"macro", &Parser::macro_statement},
            {"call", &Parser::call_statement},
            {"filter", &Parser::filter_statement},
            {"with", &Parser::with_statement},
            {"generation", &Parser::group_statement},
            {"print", &Parser::print_statement},
            {"break", &Parser::jump_statement},
            {"continue", &Parser::jump_statement},
            {"block", &Parser::block_statement},
            {"autoescape", &Parser::autoescape_statement},
        };
        for (const Rule& r : kRules)
            if (cur_.is_name(r.word)) return (this->*r.parse)(out);
        return c_.error_at(cur_.at, "Encountered unknown tag '", cur_.value.str(), "'.");
    }
    bool if_statement(Node** out) {
        static const char* const kEnds[] = {"endif", "elif", "else", nullptr};
        static const char* const kEnd[] = {"endif", nullptr};
        Node** place = out;
        const Soft restore(*this, true);
        for (bool elif = false;; elif = true) {
            if (!put(place, Type::kIf, cur_.at)) return false;
            Node* n = *place;
            n->flag = elif;
            if (!advance() || !tuple(false, false, &n->a) || !expect_block_end() || !statements(kEnds, &n->b))
                return false;
            place = &n->c;
            if (cur_.is_name("elif")) continue;
            if (cur_.is_name("else") && (!advance() || !expect_block_end() || !statements(kEnd, place))) return false;
            return advance();
        }
    }
    [[gnu::noinline]] bool target_name(Node** out) {
        if (cur_.type != Tok::kName) return unexpected("a name to assign to");
        if (cur_.is_name("true") || cur_.is_name("false") || cur_.is_name("none") || cur_.is_name("True") ||
            cur_.is_name("False") || cur_.is_name("None"))
            return c_.error_at(cur_.at, "can't assign to 'const'");
        return put(out, Type::kName, cur_.at) && ((*out)->symbol = c_.intern(cur_.value.str())) && advance();
    }
    // name, name.member (where allowed), or several with commas, with or without brackets.
    bool target(bool members, Node** out) {
        const uint32_t at = cur_.at;
        Node* first = nullptr;
        Tail tail{&first};
        bool many = false;
        for (;;) {
            if (first && (cur_.is_name("in") || cur_.is_op(')') || cur_.is_op('='))) break;
            Node* n = nullptr;
            if (cur_.is_op('(')) {
                Nest nest(*this);
                if (!nest.ok || !advance() || !target(members, &n) || !expect_op(')')) return false;
            } else if (!target_name(&n)) {
                return false;
            }
            if (members && cur_.is_op('.')) {
                if (!advance()) return false;
                if (cur_.type != Tok::kName) return unexpected("name");
                n->type = Type::kMember;
                n->value = cur_.value;
                if (!advance()) return false;
            }
            tail.add(n);
            if (!cur_.is_op(',')) break;
            many = true;
            if (!advance()) return false;
        }
        if (many) return put(out, Type::kTuple, at, first);
        *out = first;
        return true;
    }
    bool for_statement(Node** out) {
        static const char* const kEnds[] = {"endfor", "else", nullptr};
        static const char* const kEnd[] = {"endfor", nullptr};
        if (!put(out, Type::kFor, cur_.at)) return false;
        Node* n = *out;
        bool filtered = false;
        if (!advance() || !target(false, &n->a) || !expect_name("in") || !tuple(false, false, &n->b) ||
            !accept_name("if", &filtered))
            return false;
        Node extra;
        if (filtered && !expression(&extra.a)) return false;
        if (!accept_name("recursive", &n->flag) || !expect_block_end()) return false;
        ++loops_;
        const Soft hard(*this, false);
        const bool ok = statements(kEnds, &n->c);
        --loops_;
        if (!ok) return false;
        if (cur_.is_name("else") && (!advance() || !expect_block_end() || !statements(kEnd, &extra.b))) return false;
        if ((extra.a || extra.b) && !put(&n->d, Type::kForExtra, n->at, extra.a, extra.b)) return false;
        return advance();
    }
    bool set_statement(Node** out) {
        if (!put(out, Type::kSet, cur_.at)) return false;
        Node* n = *out;
        bool assign = false;
        if (!advance() || !target(true, &n->a) || !accept_op('=', &assign)) return false;
        if (assign) return tuple(true, false, &n->b);
        n->type = Type::kSetBlock;
        return postfix(&n->b, true) && body("endset", &n->c);
    }
    bool parameters(Node** out) {
        if (!expect_op('(')) return false;
        Tail tail{out};
        while (!cur_.is_op(')')) {
            Node* n = nullptr;
            bool given = false;
            if (*out && !expect_op(',')) return false;
            if (cur_.is_op(')')) break;
            if (!target_name(&n) || !accept_op('=', &given) || (given && !expression(&n->a))) return false;
            tail.add(n);
        }
        return advance();
    }
    bool macro_body(Node* n, const char* word) {
        const uint16_t outer = uses_;
        const unsigned loops = loops_;
        uses_ = 0, loops_ = 0;
        if (!body(word, &n->c)) return false;
        n->op = uses_;
        uses_ = outer | (n->symbol ? 0 : uses_);  // a call block's "caller" belongs to the macro around it
        loops_ = loops;
        return true;
    }
    bool macro_statement(Node** out) {
        if (!put(out, Type::kMacro, cur_.at) || !advance()) return false;
        if (cur_.type != Tok::kName) return unexpected("name");
        Node* n = *out;
        n->value = cur_.value;
        n->symbol = c_.intern(cur_.value.str());
        return n->symbol && advance() && parameters(&n->a) && macro_body(n, "endmacro");
    }
    bool call_statement(Node** out) {
        Node* macro = nullptr;
        if (!put(out, Type::kCallBlock, cur_.at) || !put(&macro, Type::kMacro, cur_.at) || !advance()) return false;
        macro->value = string("caller");
        if (cur_.is_op('(') && !parameters(&macro->a)) return false;
        Node* n = *out;
        n->b = macro;
        if (!expression(&n->a)) return false;
        const Node* last = n->a->type == Type::kPostfix ? n->a->b : nullptr;
        while (last && last->next) last = last->next;
        if (!last || last->type != Type::kCall) return c_.error_at(n->at, "expected call");
        return macro_body(macro, "endcall");
    }
    bool filter_statement(Node** out) {
        if (!put(out, Type::kFilterBlock, cur_.at) || !advance()) return false;
        Node *n = *out, *first = nullptr;
        if (!filter(&first) || !put(&n->b, Type::kPostfix, n->at, nullptr, first)) return false;
        return postfix(&n->b, true) && body("endfilter", &n->c);
    }
    bool with_statement(Node** out) {
        if (!put(out, Type::kWith, cur_.at) || !advance()) return false;
        Node* n = *out;
        Tail targets{&n->a}, values{&n->b};
        while (cur_.type != Tok::kBlockEnd) {
            Node *name = nullptr, *value = nullptr;
            if (n->a && !expect_op(',')) return false;
            if (!target_name(&name) || !expect_op('=') || !expression(&value)) return false;
            targets.add(name);
            values.add(value);
        }
        return body("endwith", &n->c);
    }
    bool group_statement(Node** out) {
        return put(out, Type::kGroup, cur_.at) && advance() && body("endgeneration", &(*out)->c);
    }
    bool autoescape_statement(Node** out) {  // the text is never escaped; the block is a scope
        Node* ignored = nullptr;
        return put(out, Type::kGroup, cur_.at) && advance() && expression(&ignored) &&
               body("endautoescape", &(*out)->c);
    }
    bool block_statement(Node** out) {  // without inheritance a block is shown where it stands
        if (!put(out, Type::kGroup, cur_.at) || !advance()) return false;
        if (cur_.type != Tok::kName) return unexpected("name");
        if (!advance() || !expect_block_end()) return false;
        static const char* const kEnds[] = {"endblock", nullptr};
        bool named;
        if (!statements(kEnds, &(*out)->c) || !advance()) return false;
        named = cur_.type == Tok::kName;
        return !named || advance();
    }
    bool print_statement(Node** out) {
        return put(out, Type::kOutput, cur_.at) && advance() && tuple(true, false, &(*out)->a);
    }
    bool jump_statement(Node** out) {
        if (loops_ == 0) return c_.error_at(cur_.at, "'", cur_.value.str(), "' outside loop");
        return put(out, cur_.is_name("break") ? Type::kBreak : Type::kContinue, cur_.at) && advance();
    }

    Context& c_;
    Lexer lexer_;
    Token cur_, ahead_;
    bool have_ahead_ = false;
    bool soft_ = false;
    unsigned nesting_ = 0, loops_ = 0;
    uint16_t uses_ = 0;
};

}  // namespace

bool parse(Context& c, Str source, Node** out) {
    Parser p(c, source);
    return p.run(out);
}

}  // namespace thimble::jinja
