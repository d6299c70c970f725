// SPDX-License-Identifier: MIT
// Walks the syntax tree. Each level counts against kTemplateDepth, and functions that recurse keep small frames, so the
// stack is bounded.
#include "runtime/text/jinja/eval.h"

#include "runtime/text/jinja/strings.h"

namespace thimble::jinja {
namespace {

bool eval_items(Context& c, const Node* first, List** out) {
    uint32_t n = 0;
    for (const Node* i = first; i; i = i->next) ++n;
    if (!make_list(c, n, out)) return false;
    n = 0;
    for (const Node* i = first; i; i = i->next)
        if (!eval(c, i, &(*out)->items[n++])) return false;
    return true;
}

bool eval_dict(Context& c, const Node* n, Value* out) {
    uint32_t count = 0;
    for (const Node* i = n->a; i; i = i->next) ++count;
    Dict* d;
    if (!make_dict(c, count, &d)) return false;
    for (const Node* i = n->a; i; i = i->next) {
        Value key, value;
        if (!eval(c, i->a, &key) || !eval(c, i->b, &value) || !dict_set(c, d, key, value)) return false;
    }
    *out = mapping(d);
    return true;
}

bool eval_concat(Context& c, const Node* n, Value* out) {
    Output o;
    for (const Node* i = n->a; i; i = i->next) {
        Value v;
        if (!eval(c, i, &v) || !write_str(c, &o, v)) return false;
    }
    return finish(c, o, out);
}

bool eval_logic(Context& c, const Node* n, Value* out) {
    for (const Node* i = n->a; i; i = i->next) {
        if (!eval(c, i, out)) return false;
        if (truthy(*out) == (n->type == Type::kOr)) return true;
    }
    return true;
}

bool eval_chain(Context& c, const Node* n, Value* out) {
    Value left, right;
    if (!eval(c, n->a, &left)) return false;
    for (const Node* i = n->b; i; i = i->next) {
        if (!eval(c, i->a, &right)) return false;
        c.at = i->at;
        if (!c.burn(1) || !binary(c, i->op, left, right, out)) return false;
        left = *out;
    }
    return true;
}

bool compare_pair(Context& c, uint16_t op, const Value& a, const Value& b, bool* out) {
    int way;
    switch (op) {
        case kOpIn:
        case kOpNotIn:
            if (!contains(c, b, a, out)) return false;
            *out = *out == (op == kOpIn);
            return true;
        case op2('=', '='): return equal(c, a, b, out);
        case op2('!', '='):
            if (!equal(c, a, b, out)) return false;
            *out = !*out;
            return true;
        default: {
            const char z[3] = {static_cast<char>(op), static_cast<char>(op >> 8), 0};
            if (!order(c, a, b, z, &way)) return false;
            *out = way != 2 && (op == '<' ? way < 0 : op == '>' ? way > 0 : op == op2('<', '=') ? way <= 0 : way >= 0);
            return true;
        }
    }
}

bool eval_compare(Context& c, const Node* n, Value* out) {
    Value left, right;
    bool yes = true;
    if (!eval(c, n->a, &left)) return false;
    for (const Node* i = n->b; i && yes; i = i->next) {
        if (!eval(c, i->a, &right)) return false;
        c.at = i->at;
        if (!c.burn(1) || !compare_pair(c, i->op, left, right, &yes)) return false;
        left = right;
    }
    *out = boolean(yes);
    return true;
}

bool eval_name(Context& c, const Node* n, Value* out) {
    c.at = n->at;
    if (c.lookup(n->symbol, out)) return !out->missing() || undefined_name(c, n->symbol->name, out);
    if (c.status != kOk) return false;
    *out = global_function(n->symbol->name);
    return !out->missing() || undefined_name(c, n->symbol->name, out);
}

bool eval_slice(Context& c, const Node* n, const Value& subject, Value* out) {
    Value bounds[3];
    const Node* const parts[3] = {n->a, n->b, n->c};
    for (int i = 0; i < 3; ++i)
        if (parts[i] && !eval(c, parts[i], &bounds[i])) return false;
    c.at = n->at;
    return slice(c, subject, bounds[0], bounds[1], bounds[2], out);
}

bool add_named(Context& c, Args* args, uint32_t room, Str name, const Value& v) {
    for (uint32_t i = 0; i < args->named; ++i)
        if (args->names[i] == name) return c.error("got multiple values for keyword argument '", name, "'");
    if (args->named == room) return c.error("too many keyword arguments");
    args->names[args->named] = name;
    args->values[args->named++] = v;
    return true;
}

// Evaluates arguments; * and ** are spread. `extra` leaves room for one more keyword argument.
bool eval_args(Context& c, const Node* first, Args* args, const Node* body) {
    uint32_t positional = 0, named = body ? 1 : 0;
    for (const Node* i = first; i; i = i->next)
        ++(i->type == Type::kKeyword || i->type == Type::kDoubleStar ? named : positional);
    if (!first && !body) return true;
    args->items = c.array<Value>(positional);
    if (named) args->names = c.array<Str>(named), args->values = c.array<Value>(named);
    if (c.status != kOk) return false;
    for (const Node* i = first; i; i = i->next) {
        Value v;
        List* spread;
        if (!eval(c, i->type == Type::kKeyword || i->type == Type::kStar || i->type == Type::kDoubleStar ? i->a : i,
                  &v))
            return false;
        if (i->type == Type::kKeyword) {
            if (!add_named(c, args, named, i->value.str(), v)) return false;
        } else if (i->type == Type::kStar) {
            if (!iterate(c, v, &spread)) return false;
            Value* more = c.array<Value>(positional + spread->count);
            if (!more) return false;
            for (uint32_t k = 0; k < args->count; ++k) more[k] = args->items[k];
            for (uint32_t k = 0; k < spread->count; ++k) more[args->count + k] = spread->items[k];
            positional += spread->count;
            args->items = more;
            args->count += spread->count;
        } else if (i->type == Type::kDoubleStar) {
            if (!v.is(Kind::kDict)) return c.error("argument after ** must be a mapping, not ", type_name(v));
            Str* names = c.array<Str>(named + v.dict->count);
            Value* values = c.array<Value>(named + v.dict->count);
            if (!names || !values) return false;
            for (uint32_t k = 0; k < args->named; ++k) names[k] = args->names[k], values[k] = args->values[k];
            args->names = names, args->values = values;
            named += v.dict->count;
            for (uint32_t k = 0; k < v.dict->count; ++k)
                if (!v.dict->entries[k].key.string() ||
                    !add_named(c, args, named, v.dict->entries[k].key.str(), v.dict->entries[k].value))
                    return c.error("keywords must be strings");
        } else {
            args->items[args->count++] = v;
        }
    }
    if (!body) return true;
    Macro* m = c.make<Macro>();
    if (!m) return false;
    m->node = body;
    m->scope = c.scope;
    Value caller;
    caller.kind = Kind::kMacro;
    caller.macro = m;
    return add_named(c, args, named, "caller", caller);
}

bool apply_call(Context& c, const Node* n, const Value& callee, const Node* body, Value* out) {
    Args args;
    if (!eval_args(c, n->a, &args, body)) return false;
    c.at = n->at;
    return c.burn(1) && call_value(c, callee, args, out);
}

bool apply_method(Context& c, const Node* attr, const Node* call, const Value& self, const Node* body, Value* out) {
    Args args;
    if (!eval_args(c, call->a, &args, body)) return false;
    c.at = attr->at;
    return c.burn(1) && call_method(c, self, attr->value.str(), args, out);
}

bool apply_filter_node(Context& c, const Node* n, const Value& subject, Value* out) {
    Args args;
    if (!eval_args(c, n->a, &args, nullptr)) return false;
    c.at = n->at;
    return c.burn(1) && apply_filter(c, n->value.str(), subject, args, out);
}

bool apply_test_node(Context& c, const Node* n, const Value& subject, Value* out) {
    Args args;
    bool yes;
    if (!eval_args(c, n->a, &args, nullptr)) return false;
    c.at = n->at;
    if (!c.burn(1) || !apply_test(c, n->value.str(), subject, args, &yes)) return false;
    *out = boolean(yes != n->flag);
    return true;
}

bool apply_attribute(Context& c, const Node* n, const Value& subject, Value* out) {
    c.at = n->at;
    return c.burn(1) && attribute(c, subject, n->value.str(), out);
}

bool apply_item(Context& c, const Node* n, const Value& subject, Value* out) {
    Value key;
    if (!eval(c, n->a, &key)) return false;
    c.at = n->at;
    return c.burn(1) && subscript(c, subject, key, out);
}

bool is_real_method(const Value& self, Str name) {
    return !self.is(Kind::kLoop) && !self.is(Kind::kNamespace) && !self.undefined() && has_method(self, name);
}

}  // namespace

// `subject` missing: the operand is n->a. `body`: the call block whose body the last call receives.
bool eval_postfix(Context& c, const Node* n, const Value& subject, const Node* body, Value* out) {
    Value v = subject;
    if (n->a && !eval(c, n->a, &v)) return false;
    for (const Node* i = n->b; i; i = i->next) {
        const Node* last = body && !i->next ? body : nullptr;
        bool ok;
        switch (i->type) {
            case Type::kAttribute:
                if (i->next && i->next->type == Type::kCall && is_real_method(v, i->value.str())) {
                    last = body && !i->next->next ? body : nullptr;
                    ok = apply_method(c, i, i->next, v, last, out);
                    i = i->next;
                } else {
                    ok = apply_attribute(c, i, v, out);
                }
                break;
            case Type::kItem: ok = apply_item(c, i, v, out); break;
            case Type::kSlice: ok = eval_slice(c, i, v, out); break;
            case Type::kCall: ok = apply_call(c, i, v, last, out); break;
            case Type::kFilter: ok = apply_filter_node(c, i, v, out); break;
            default: ok = apply_test_node(c, i, v, out); break;
        }
        if (!ok) return false;
        v = *out;
    }
    *out = v;
    return true;
}

bool eval(Context& c, const Node* n, Value* out) {
    const Level level(c);
    if (!level.ok) return false;
    c.at = n->at;
    switch (n->type) {
        case Type::kConst: *out = n->value; return true;
        case Type::kName: return eval_name(c, n, out);
        case Type::kTuple:
        case Type::kList: {
            List* l;
            if (!eval_items(c, n->a, &l)) return false;
            *out = listlike(n->type == Type::kTuple ? Kind::kTuple : Kind::kList, l);
            return true;
        }
        case Type::kDict: return eval_dict(c, n, out);
        case Type::kCond:
            if (!eval(c, n->b, out)) return false;
            if (truthy(*out)) return eval(c, n->a, out);
            if (n->c) return eval(c, n->c, out);
            return undefined_with(c, "the inline if-expression evaluated to false and no else section was defined.",
                                  out);
        case Type::kChain: return eval_chain(c, n, out);
        case Type::kConcat: return eval_concat(c, n, out);
        case Type::kAnd:
        case Type::kOr: return eval_logic(c, n, out);
        case Type::kNot:
            if (!eval(c, n->a, out)) return false;
            *out = boolean(!truthy(*out));
            return true;
        case Type::kNegative:
        case Type::kPositive: {
            Value v;
            if (!eval(c, n->a, &v)) return false;
            c.at = n->at;
            return negate(c, v, n->type == Type::kNegative, out);
        }
        case Type::kCompare: return eval_compare(c, n, out);
        case Type::kPostfix: return eval_postfix(c, n, Value(), nullptr, out);
        default: return c.error("this cannot be evaluated");
    }
}

namespace {

bool assign(Context& c, const Node* target, const Value& v) {
    if (target->type == Type::kName) return c.bind(target->symbol, v);
    c.at = target->at;
    if (target->type == Type::kMember) {
        Value ns;
        if (!c.lookup(target->symbol, &ns) || !ns.is(Kind::kNamespace))
            return c.error("cannot assign attribute on non-namespace object");
        ++c.kept;
        return dict_set(c, ns.dict, target->value, v);
    }
    const Level level(c);
    List* items;
    uint32_t n = 0;
    if (!level.ok || !iterate(c, v, &items)) return false;
    for (const Node* t = target->a; t; t = t->next) ++n;
    if (items->count < n) return c.error("not enough values to unpack (expected ", n, ", got ", items->count, ")");
    if (items->count > n) return c.error("too many values to unpack (expected ", n, ")");
    n = 0;
    for (const Node* t = target->a; t; t = t->next)
        if (!assign(c, t, items->items[n++])) return false;
    return true;
}

// Runs the body with its text captured.
Flow captured(Context& c, const Node* body, Value* out) {
    Output o;
    Output* outer = c.out;
    Scope scope;
    Scope* around = c.scope;
    scope.parent = around;
    Scope* inner = c.make<Scope>();
    if (!inner) return Flow::kFail;
    *inner = scope;
    c.out = &o;
    c.scope = inner;
    const Flow flow = run(c, body);
    c.out = outer;
    c.scope = around;
    if (flow != Flow::kFail && !finish(c, o, out)) return Flow::kFail;
    return flow;
}

Flow in_scope(Context& c, const Node* body) {
    Scope* around = c.scope;
    Scope* inner = c.make<Scope>();
    if (!inner) return Flow::kFail;
    inner->parent = around;
    c.scope = inner;
    const Flow flow = run(c, body);
    c.scope = around;
    return flow;
}

bool run_output(Context& c, const Node* n) {
    Value v;
    return eval(c, n->a, &v) && write_str(c, c.out, v);
}

bool run_set(Context& c, const Node* n) {
    Value v;
    return eval(c, n->b, &v) && assign(c, n->a, v);
}

Flow run_set_block(Context& c, const Node* n) {
    Value v;
    const Flow flow = captured(c, n->c, &v);
    if (flow != Flow::kNext) return flow;
    const Value text = v;
    if (n->b && !eval_postfix(c, n->b, text, nullptr, &v)) return Flow::kFail;
    return assign(c, n->a, v) ? Flow::kNext : Flow::kFail;
}

Flow run_filter_block(Context& c, const Node* n) {
    Value v;
    const Flow flow = captured(c, n->c, &v);
    if (flow != Flow::kNext) return flow;
    const Value text = v;
    return eval_postfix(c, n->b, text, nullptr, &v) && write_str(c, c.out, v) ? Flow::kNext : Flow::kFail;
}

bool run_call_block(Context& c, const Node* n) {
    Value v;
    return eval_postfix(c, n->a, Value(), n->b, &v) && write_str(c, c.out, v);
}

bool define_macro(Context& c, const Node* n) {
    Macro* m = c.make<Macro>();
    if (!m) return false;
    m->node = n;
    m->scope = c.scope;
    Value v;
    v.kind = Kind::kMacro;
    v.macro = m;
    return c.bind(n->symbol, v);
}

Flow run_with(Context& c, const Node* n) {
    Scope* around = c.scope;
    Scope* inner = c.make<Scope>();
    if (!inner) return Flow::kFail;
    inner->parent = around;
    const Node* value = n->b;
    for (const Node* t = n->a; t; t = t->next, value = value->next) {
        Value v;
        if (!eval(c, value, &v)) return Flow::kFail;  // values see the scope around
        c.scope = inner;
        const bool ok = assign(c, t, v);
        c.scope = around;
        if (!ok) return Flow::kFail;
    }
    c.scope = inner;
    const Flow flow = run(c, n->c);
    c.scope = around;
    return flow;
}

// The items that pass the filter of a for statement.
bool filter_items(Context& c, const Node* n, List** items) {
    List* kept;
    if (!make_list(c, (*items)->count, &kept)) return false;
    Scope* around = c.scope;
    uint32_t count = 0;
    for (uint32_t i = 0; i < (*items)->count; ++i) {
        Scope* inner = c.make<Scope>();
        Value v;
        if (!inner) return false;
        inner->parent = around;
        c.scope = inner;
        const bool ok = assign(c, n->a, (*items)->items[i]) && eval(c, n->d->a, &v);
        c.scope = around;
        if (!ok) return false;
        if (truthy(v)) kept->items[count++] = (*items)->items[i];
    }
    kept->count = count;
    *items = kept;
    return true;
}

}  // namespace

Flow run_loop(Context& c, const Node* n, const Value& over, uint32_t depth) {
    List* items;
    static const Str kLoopName("loop", 4);
    const Symbol* name = c.intern(kLoopName);
    Loop* loop = c.make<Loop>();
    if (!name || !loop || !iterate(c, over, &items) || (n->d && n->d->a && !filter_items(c, n, &items)))
        return Flow::kFail;
    if (items->count == 0) return n->d && n->d->b ? in_scope(c, n->d->b) : Flow::kNext;
    loop->node = n;
    loop->scope = c.scope;
    loop->items = items;
    loop->depth = depth;
    Value self;
    self.kind = Kind::kLoop;
    self.loop = loop;
    Scope* around = c.scope;
    for (uint32_t i = 0; i < items->count; ++i) {
        loop->index = i;
        const uint64_t mark = c.arena.mark(), kept = c.kept, capacity = c.out->capacity;
        Scope* inner = c.make<Scope>();  // what the body sets ends with the iteration
        if (!inner) return Flow::kFail;
        inner->parent = around;
        c.scope = inner;
        Flow flow = c.bind(name, self) && assign(c, n->a, items->items[i]) && c.burn(1) ? run(c, n->c) : Flow::kFail;
        c.scope = around;
        if (flow == Flow::kFail) return flow;
        // An iteration leaves nothing behind but its text and what it put into a namespace: the rest is given back.
        if (c.kept == kept && c.out->capacity == capacity) c.arena.release(mark);
        if (flow == Flow::kBreak) break;
    }
    return Flow::kNext;
}

namespace {

Flow run_for(Context& c, const Node* n) {
    Value over;
    if (!eval(c, n->b, &over)) return Flow::kFail;
    c.at = n->b->at;
    return run_loop(c, n, over, 0);
}

// The body that applies; elif is a loop, not a recursion. nullptr: none; *ok false: error.
const Node* choose_branch(Context& c, const Node* n, bool* ok) {
    for (;;) {
        Value v;
        *ok = eval(c, n->a, &v);
        if (!*ok) return nullptr;
        if (truthy(v)) return n->b;
        if (!n->c || n->c->type != Type::kIf || !n->c->flag) return n->c;
        n = n->c;
    }
}

Flow run_if(Context& c, const Node* n) {
    bool ok;
    const Node* body = choose_branch(c, n, &ok);
    if (!ok) return Flow::kFail;
    return body ? run(c, body) : Flow::kNext;
}

Flow simple(bool ok) { return ok ? Flow::kNext : Flow::kFail; }

}  // namespace

Flow run(Context& c, const Node* first) {
    const Level level(c);
    if (!level.ok) return Flow::kFail;
    for (const Node* n = first; n; n = n->next) {
        c.at = n->at;
        if (!c.burn(1)) return Flow::kFail;
        Flow flow = Flow::kNext;
        switch (n->type) {
            case Type::kText: flow = simple(c.emit(n->value.str())); break;
            case Type::kOutput: flow = simple(run_output(c, n)); break;
            case Type::kIf: flow = run_if(c, n); break;
            case Type::kFor: flow = run_for(c, n); break;
            case Type::kSet: flow = simple(run_set(c, n)); break;
            case Type::kSetBlock: flow = run_set_block(c, n); break;
            case Type::kMacro: flow = simple(define_macro(c, n)); break;
            case Type::kCallBlock: flow = simple(run_call_block(c, n)); break;
            case Type::kFilterBlock: flow = run_filter_block(c, n); break;
            case Type::kWith: flow = run_with(c, n); break;
            case Type::kGroup: flow = in_scope(c, n->c); break;
            case Type::kBreak: return Flow::kBreak;
            case Type::kContinue: return Flow::kContinue;
            default: flow = simple(c.error("this is no statement")); break;
        }
        if (flow != Flow::kNext) return flow;
    }
    return Flow::kNext;
}

namespace {

bool bind_parameter(Context& c, const Node* macro, const Args& args, const Node* p, uint32_t index, uint32_t* used) {
    Value v;
    bool given = index < args.count;
    if (given) v = args.items[index];
    for (uint32_t i = 0; i < args.named; ++i) {
        if (!(args.names[i] == p->symbol->name)) continue;
        if (given)
            return c.error("macro '", macro->value.str(), "' got multiple values for argument '", p->symbol->name, "'");
        v = args.values[i];
        given = true;
        ++*used;
    }
    if (!given) {
        if (p->a) {
            if (!eval(c, p->a, &v)) return false;
        } else {
            Output o;
            if (!c.emit_to(&o, "parameter '") || !c.emit_to(&o, p->symbol->name) ||
                !c.emit_to(&o, "' was not provided") ||
                !undefined_with(c, Str(o.data, static_cast<size_t>(o.size)), &v))
                return false;
        }
    }
    return c.bind(p->symbol, v);
}

// What no parameter took: varargs, kwargs, caller, each only where the macro uses it.
bool bind_rest(Context& c, const Node* macro, const Args& args, uint32_t parameters, uint32_t used) {
    if (args.count > parameters && !(macro->op & kUsesVarargs))
        return c.error("macro '", macro->value.str(), "' takes not more than ", parameters, " argument(s)");
    if (macro->op & kUsesVarargs) {
        List* rest;
        const uint32_t n = args.count > parameters ? args.count - parameters : 0;
        if (!make_list(c, n, &rest)) return false;
        for (uint32_t i = 0; i < n; ++i) rest->items[i] = args.items[parameters + i];
        if (!c.bind(c.intern("varargs"), listlike(Kind::kTuple, rest))) return false;
    }
    Dict* named;
    Value caller;
    if (!make_dict(c, args.named, &named)) return false;
    for (uint32_t i = 0; i < args.named; ++i) {
        bool taken = false;
        for (const Node* p = macro->a; p && !taken; p = p->next) taken = p->symbol->name == args.names[i];
        if (taken) continue;
        if (args.names[i] == Str("caller") && (macro->op & kUsesCaller)) {
            caller = args.values[i];
            continue;
        }
        if (!(macro->op & kUsesKwargs)) {
            if (args.names[i] == Str("caller"))
                return c.error(
                    "macro '", macro->value.str(),
                    "' was invoked with two values for the special caller argument. This is most likely a bug.");
            return c.error("macro '", macro->value.str(), "' takes no keyword argument '", args.names[i], "'");
        }
        if (!dict_set(c, named, string(args.names[i]), args.values[i])) return false;
    }
    if ((macro->op & kUsesKwargs) && !c.bind(c.intern("kwargs"), mapping(named))) return false;
    if (!(macro->op & kUsesCaller) || !macro->symbol) return true;
    if (caller.missing() && !undefined_with(c, "No caller defined", &caller)) return false;
    return c.bind(c.intern("caller"), caller);
}

bool bind_macro(Context& c, const Node* macro, const Args& args) {
    uint32_t index = 0, used = 0;
    for (const Node* p = macro->a; p; p = p->next)
        if (!bind_parameter(c, macro, args, p, index++, &used)) return false;
    return bind_rest(c, macro, args, index, used);
}

}  // namespace

bool call_macro(Context& c, const Macro* macro, const Args& args, Value* out) {
    const Level level(c, kCallLevels);
    Scope* around = c.scope;
    Scope* inner = level.ok ? c.make<Scope>() : nullptr;
    if (!inner) return false;
    inner->parent = macro->scope;
    c.scope = inner;
    Flow flow = Flow::kFail;
    if (bind_macro(c, macro->node, args)) flow = captured(c, macro->node->c, out);
    c.scope = around;
    return flow != Flow::kFail;
}

bool call_loop(Context& c, const Loop* loop, const Args& args, Value* out) {
    Value over;
    if (!loop->node->flag) return c.error("The loop must have the 'recursive' marker to be called recursively.");
    if (!bind_args(c, args, "loop", "iterable", 1, &over)) return false;
    Output o;
    Output* outer = c.out;
    Scope* around = c.scope;
    c.out = &o;
    c.scope = loop->scope;
    const Level level(c, kCallLevels);
    const Flow flow = level.ok ? run_loop(c, loop->node, over, loop->depth + 1) : Flow::kFail;
    c.out = outer;
    c.scope = around;
    return flow != Flow::kFail && finish(c, o, out);
}

}  // namespace thimble::jinja
