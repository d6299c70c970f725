// SPDX-License-Identifier: MIT
// Opening a model: files, container, hyperparameters, tensors, tokenizer, in the caller's arena.
#include "runtime/model/model.h"

namespace thimble {
namespace {

// general.file_type to the name users know; numbers as llama.cpp's llama_ftype.
const char* file_type_name(uint32_t t) {
    static const struct {
        uint8_t id;
        const char* name;
    } kNames[] = {{0, "F32"},     {1, "F16"},     {2, "Q4_0"},     {3, "Q4_1"},    {7, "Q8_0"},     {8, "Q5_0"},
                  {9, "Q5_1"},    {10, "Q2_K"},   {11, "Q3_K_S"},  {12, "Q3_K_M"}, {13, "Q3_K_L"},  {14, "Q4_K_S"},
                  {15, "Q4_K_M"}, {16, "Q5_K_S"}, {17, "Q5_K_M"},  {18, "Q6_K"},   {19, "IQ2_XXS"}, {20, "IQ2_XS"},
                  {21, "Q2_K_S"}, {22, "IQ3_XS"}, {23, "IQ3_XXS"}, {24, "IQ1_S"},  {25, "IQ4_NL"},  {26, "IQ3_S"},
                  {27, "IQ3_M"},  {28, "IQ2_S"},  {29, "IQ2_M"},   {30, "IQ4_XS"}, {31, "IQ1_M"},   {32, "BF16"},
                  {36, "TQ1_0"},  {37, "TQ2_0"},  {38, "MXFP4"}};
    for (const auto& n : kNames)
        if (n.id == t) return n.name;
    return nullptr;
}

const char* commonest_type(const Gguf& g) {
    uint64_t bytes[kTypeCount] = {};
    uint32_t best = 0;
    for (uint32_t i = 0; i < g.n_tensors; ++i)
        if (g.tensors[i].type < kTypeCount) bytes[g.tensors[i].type] += g.tensors[i].bytes;
    for (uint32_t t = 1; t < kTypeCount; ++t)
        if (bytes[t] > bytes[best]) best = t;
    return gguf_tensor_type_name(best);
}

// A NUL-terminated copy for the C API.
const char* terminated(Arena& arena, Str s) {
    char* p = arena.array<char>(uint64_t{s.size} + 1, 1);
    if (!p) return "";
    if (s.size) memcpy(p, s.data, s.size);
    p[s.size] = 0;
    return p;
}

Status open_files(const ModelSource& source, Arena& arena, Model* m, Error* err) {
    if (source.memory) {
        m->files.shard[0] = FileMap{static_cast<const uint8_t*>(source.memory), source.memory_size, false};
        m->files.count = 1;
        return kOk;
    }
    if (source.path) return gguf_files_open(source.path, source.no_mmap, arena, &m->files, err);
    FileMap map;
    Status s = source.no_mmap ? filemap_read(nullptr, source.fd, arena, &map, err)
                              : filemap_open(nullptr, source.fd, &map, err);
    if (s == kOk && source.no_mmap && arena.dry()) s = filemap_open(nullptr, source.fd, &map, err);  // for a look
    if (s != kOk) return s;
    m->files.shard[0] = map;
    m->files.count = 1;
    return kOk;
}

Status open_parts(const ModelSource& source, Arena& arena, Model* m, Error* err) {
    const char* label = source.path ? source.path : source.memory ? "model in memory" : "model";
    Status s = gguf_open(m->files.shard, m->files.count, arena, label, &m->gguf, err);
    if (s != kOk) return s;
    const Gguf& g = m->gguf;
    const uint64_t before = arena.used();
    s = tokenizer_build(g, arena, &m->tokenizer, err);
    if (s != kOk) return s;
    m->tokenizer_bytes = arena.used() - before;
    if ((s = gguf_str(g, "general.architecture", kGgufOptional, &m->architecture, err)) != kOk) return s;
    if ((s = gguf_str(g, "general.name", kGgufOptional, &m->name, err)) != kOk) return s;
    if ((s = gguf_str(g, "tokenizer.chat_template", kGgufOptional, &m->chat_template, err)) != kOk) return s;
    m->architecture_z = terminated(arena, m->architecture);
    m->name_z = terminated(arena, m->name);
    if (!m->vocab_only) {
        if ((s = read_hyper(g, &m->hyper, err)) != kOk) return s;
        if ((s = bind_tensors(g, arena, m, err)) != kOk) return s;
    }
    if (arena.dry()) return kOk;
    if (arena.overflowed())
        return fail(err, kMemory, label, ": the buffer for the model is too small; needed ",
                    static_cast<unsigned long long>(arena.needed()), " bytes");
    if (!m->vocab_only && m->tokenizer.n_vocab > m->hyper.n_vocab)
        return fail(err, kFormat, label, ": the tokenizer has ", m->tokenizer.n_vocab,
                    " tokens, token_embd.weight only ", m->hyper.n_vocab, " rows");
    uint32_t file_type = 0xffff;
    if ((s = gguf_u32(g, "general.file_type", kGgufOptional, &file_type, err)) != kOk) return s;
    const char* type = file_type_name(file_type);
    m->type_name = Str(type ? type : commonest_type(g));
    return kOk;
}

}  // namespace

Status model_open(const ModelSource& source, Arena& arena, Model* m, Error* err) {
    m->vocab_only = source.vocab_only;
    Status s = open_files(source, arena, m, err);
    if (s == kOk) {
        s = open_parts(source, arena, m, err);
        if (s != kOk || arena.dry()) model_close(m);
    }
    m->model_bytes = arena.used();
    return s;
}

void model_close(Model* m) { gguf_files_close(&m->files); }

}  // namespace thimble
