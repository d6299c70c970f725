// SPDX-License-Identifier: MIT
// The syntax tree. One node type; what its fields mean depends on `type`. Lists are linked by `next`.
#pragma once
#include "runtime/text/jinja/context.h"

namespace thimble::jinja {

enum class Type : uint8_t {
    // expressions
    kConst,   // value
    kName,    // symbol
    kTuple,   // a: items
    kList,    // a: items
    kDict,    // a: kPair nodes
    kPair,    // a: key, b: value
    kCond,    // a if b else c (c may be nullptr)
    kChain,   // a, then kLink nodes in b: left-associative arithmetic
    kLink,    // op, a: the right operand
    kConcat,  // a: operands of ~
    kAnd,
    kOr,  // a: operands
    kNot,
    kNegative,
    kPositive,   // a
    kCompare,    // a, then kLink nodes in b; op is an operator, kOpIn or kOpNotIn
    kPostfix,    // a (nullptr: the text of a block), then in b:
    kAttribute,  //   .value
    kItem,       //   [a]
    kSlice,      //   [a:b:c], each may be nullptr
    kCall,       //   (a: arguments)
    kFilter,     //   |value(a: arguments)
    kTest,       //   is value(a: arguments); flag: negated
    kKeyword,    // an argument value=a
    kStar,
    kDoubleStar,  // arguments *a, **a
    kMember,      // an assignment target symbol.value
    // statements
    kText,         // value
    kOutput,       // a
    kIf,           // a: condition, b: body, c: else (a lone kIf with flag: elif)
    kFor,          // a: target, b: items, c: body, d: kForExtra or nullptr; flag: recursive
    kForExtra,     // a: filter, b: else
    kSet,          // a: target, b: expression
    kSetBlock,     // a: target, b: kPostfix of filters or nullptr, c: body
    kMacro,        // symbol (nullptr: a call block's), a: parameters (kName, a: default), c: body; op: kUses... bits
    kCallBlock,    // a: the call, b: kMacro
    kFilterBlock,  // b: kPostfix, c: body
    kWith,         // a: targets, b: values, c: body
    kGroup,        // c: body in a scope of its own
    kBreak,
    kContinue,
};

constexpr uint16_t kOpIn = 1, kOpNotIn = 2;
constexpr uint16_t kUsesVarargs = 1, kUsesKwargs = 2, kUsesCaller = 4;

struct Node {
    Type type = Type::kConst;
    bool flag = false;
    uint16_t op = 0;
    uint32_t at = 0;  // offset in the source
    Node* next = nullptr;
    Node* a = nullptr;
    Node* b = nullptr;
    Node* c = nullptr;
    Node* d = nullptr;
    const Symbol* symbol = nullptr;
    Value value;
};

// parser.cpp: the statements of a template; nullptr with *ok false on error.
bool parse(Context& c, Str source, Node** out);

}  // namespace thimble::jinja
