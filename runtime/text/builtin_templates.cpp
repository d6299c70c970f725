// SPDX-License-Identifier: MIT
#include "runtime/text/builtin_templates.h"

#include <cstring>

namespace thimble {
namespace {

struct Builtin {
    const char* name;
    const char* source;
};

// Formats that open every turn with its role and close it with a mark.
constexpr char kChatml[] =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
constexpr char kLlama3[] =
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n{{ m.content|trim "
    "}}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}";
constexpr char kPhi3[] =
    "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}";
constexpr char kPhi4[] =
    "{% for m in messages %}<|im_start|>{{ m.role }}<|im_sep|>{{ m.content }}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant<|im_sep|>{% endif %}";
constexpr char kPhi4Mini[] =
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}";
constexpr char kZephyr[] =
    "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}{{ eos_token }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}";
constexpr char kGranite[] =
    "{% for m in messages %}<|start_of_role|>{{ m.role }}<|end_of_role|>{{ m.content }}<|end_of_text|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|start_of_role|>assistant<|end_of_role|>{% endif %}";

// Formats without a system turn: its text goes in front of the first user turn.
constexpr char kGemma[] =
    "{{ bos_token }}{% set ns = namespace(system='') %}{% for m in messages %}{% if m.role == 'system' %}"
    "{% set ns.system = m.content|trim ~ '\n\n' %}{% else %}<start_of_turn>{{ 'model' if m.role == 'assistant' else "
    "m.role }}\n"
    "{% if m.role == 'user' %}{{ ns.system }}{% set ns.system = '' %}{% endif %}{{ m.content|trim }}<end_of_turn>\n{% "
    "endif %}{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}";
constexpr char kLlama2[] =
    "{% set ns = namespace(system='') %}{% for m in messages %}{% if m.role == 'system' %}"
    "{% set ns.system = '<<SYS>>\n' ~ m.content ~ '\n<</SYS>>\n\n' %}"
    "{% elif m.role == 'user' %}{{ bos_token }}[INST] {{ ns.system }}{{ m.content|trim }} [/INST]{% set ns.system = '' "
    "%}"
    "{% else %} {{ m.content|trim }} {{ eos_token }}{% endif %}{% endfor %}";
constexpr char kMistral[] =
    "{{ bos_token }}{% set ns = namespace(system='') %}{% for m in messages %}{% if m.role == 'system' %}"
    "{% set ns.system = m.content ~ '\n\n' %}"
    "{% elif m.role == 'user' %}[INST] {{ ns.system }}{{ m.content }} [/INST]{% set ns.system = '' %}"
    "{% else %} {{ m.content|trim }}{{ eos_token }}{% endif %}{% endfor %}";

// Formats in plain words.
constexpr char kVicuna[] =
    "{% for m in messages %}{% if m.role == 'system' %}{{ m.content }}\n\n{% elif m.role == 'user' %}USER: {{ "
    "m.content }}\n"
    "{% else %}ASSISTANT: {{ m.content }}{{ eos_token }}\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}ASSISTANT:{% endif %}";
constexpr char kAlpaca[] =
    "{% for m in messages %}{% if m.role == 'system' %}{{ m.content }}\n\n{% elif m.role == 'user' %}### "
    "Instruction:\n{{ m.content }}\n\n"
    "{% else %}### Response:\n{{ m.content }}{{ eos_token }}\n\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}### Response:\n{% endif %}";

constexpr Builtin kBuiltins[] = {
    {"chatml", kChatml},   {"llama2", kLlama2},      {"llama3", kLlama3}, {"mistral", kMistral}, {"phi3", kPhi3},
    {"phi4", kPhi4},       {"phi4-mini", kPhi4Mini}, {"gemma", kGemma},   {"zephyr", kZephyr},   {"tinyllama", kZephyr},
    {"granite", kGranite}, {"vicuna", kVicuna},      {"alpaca", kAlpaca},
};

}  // namespace

const char* builtin_template(const char* name) {
    for (const Builtin& b : kBuiltins)
        if (name && strcmp(name, b.name) == 0) return b.source;
    return nullptr;
}

const char* builtin_template_name(uint32_t index) {
    return index < sizeof kBuiltins / sizeof *kBuiltins ? kBuiltins[index].name : nullptr;
}

}  // namespace thimble
