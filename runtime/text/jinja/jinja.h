// SPDX-License-Identifier: MIT
// Chat templates: a bounded Jinja interpreter with the semantics of jinja2's immutable sandbox under Hugging Face's
// settings (trim_blocks, lstrip_blocks, loop controls, tojson without ASCII escapes, raise_exception, strftime_now).
// A template has no access to anything but its variables and the clock it is given.
#pragma once
#include "platform/status.h"

namespace thimble {

// Bounds on what a template may do. Each ends the rendering with kFormat and a sentence, except where noted.
constexpr uint64_t kTemplateFuel = 1500000;   // steps: nodes evaluated, items visited, each 32 bytes of text made, ...
constexpr unsigned kTemplateDepth = 400;      // evaluations inside one another (bounds the stack)
constexpr unsigned kTemplateNesting = 100;    // brackets and blocks inside one another in the source
constexpr size_t kTemplateSource = 1u << 20;  // bytes of a template
constexpr size_t kTemplateVariables = 256u << 20;  // bytes of its JSON
constexpr uint64_t kTemplateOutput = 8u << 20;     // bytes of text

// Renders `source` with the members of the JSON object `json` as variables (messages, tools, add_generation_prompt,
// bos_token, ...); `now` is the Unix time that strftime_now shows, in UTC.
// All work happens in `scratch` (any alignment); too little of it is kMemory. template_scratch says what is comfortable.
// *n receives the length of the text. When it exceeds `capacity`: kOutput, with *n the size needed and the first
// `capacity` bytes written. An error in the template is kFormat: "template line 3, column 7: ...", the end of which is
// the exact text of raise_exception where the template called that. Thread-safe. Stack: under 128 KiB.
Status render_template(Str source, Str json, int64_t now, void* scratch, size_t scratch_size, char* out,
                       size_t capacity, size_t* n, Error* err);

// A scratch size that renders any ordinary template over such input: the syntax tree, the variables and the temporary
// values.
size_t template_scratch(size_t source_size, size_t json_size);

}  // namespace thimble
