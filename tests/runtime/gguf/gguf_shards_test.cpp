// SPDX-License-Identifier: MIT
// Split models: the siblings are found and agree; every disagreement (row 24 of the list of hostile input) is refused.
#include <stdlib.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/support/gguf_opened.h"
#include "tests/support/gguf_samples.h"

using namespace thimble;

static void paths() {
    char out[64];
    CHECK(gguf_shard_path("dir/m-00001-of-00003.gguf", 2, 3, out, sizeof out));
    CHECK_STR(out, "dir/m-00003-of-00003.gguf");
    CHECK(gguf_shard_path("-00001-of-00128.gguf", 99, 128, out, sizeof out));
    CHECK_STR(out, "-00100-of-00128.gguf");
    CHECK(!gguf_shard_path("m-00002-of-00003.gguf", 2, 3, out, sizeof out));
    CHECK(!gguf_shard_path("m-00001-of-00004.gguf", 2, 3, out, sizeof out));
    CHECK(!gguf_shard_path("m.gguf", 0, 1, out, sizeof out));
    CHECK(!gguf_shard_path("", 0, 1, out, sizeof out));
    CHECK(!gguf_shard_path("m-00001-of-00003.gguf", 3, 3, out, sizeof out));
    CHECK(!gguf_shard_path("m-00001-of-00003.gguf", 1, 3, out, 21));
    CHECK(gguf_shard_path("m-00001-of-00003.gguf", 1, 3, out, 22));
}

// The given writers as shards in memory.
struct Shards {
    GgufBytes a, b, c;
    FileMap m[3];
    Shards(const GgufWriter& x, const GgufWriter& y, const GgufWriter& z)
        : a(x.finish()), b(y.finish()), c(z.finish()) {
        const GgufBytes* all[] = {&a, &b, &c};
        for (int i = 0; i < 3; ++i) {
            m[i].data = all[i]->data;
            m[i].size = all[i]->size;
        }
    }
};

static GgufWriter shard(uint32_t i) { return gguf_sample_shard(i, 3); }

static void refused(const FileMap* m, uint32_t n, const char* message, bool dry_too = true) {
    const GgufOpened o(m, n, "m.gguf");
    CHECK_EQ(o.status, kFormat);
    CHECK_STR(o.err.message, message);
    CHECK_EQ(o.dry_status, dry_too ? kFormat : kOk);
}
static void refused(const GgufWriter& a, const GgufWriter& b, const GgufWriter& c, const char* message,
                    bool dry_too = true) {
    const Shards s(a, b, c);
    refused(s.m, 3, message, dry_too);
}

static void good() {
    const Shards s(shard(0), shard(1), shard(2));
    const GgufOpened o(s.m, 3, "m.gguf");
    CHECK_EQ(o.status, kOk);
    CHECK_EQ(o.g.n_tensors, 3u);
    CHECK_EQ(o.g.n_kv, 5u);
    for (const Gguf* g : {&o.g, &o.dry}) {
        GgufTensor t;
        CHECK(gguf_tensor(*g, "tensor.2", &t));
        CHECK(t.shard == 2 && gguf_load<float>(t.data) == 2.0f && t.data == s.m[2].data + t.offset);
        CHECK(gguf_tensor(*g, "tensor.0", &t));
        CHECK(t.shard == 0 && gguf_load<float>(t.data) == 0.0f);
    }
}

static GgufWriter splitless(const char* without) {
    GgufWriter w;
    if (strcmp(without, "split.no") != 0) w.u16("split.no", 1);
    if (strcmp(without, "split.count") != 0) w.u16("split.count", 3);
    if (strcmp(without, "split.tensors.count") != 0) w.i32("split.tensors.count", 3);
    w.tensor("tensor.1", kF32, {4});
    return w;
}

static GgufWriter numbered(uint32_t no, uint32_t count, int32_t tensors) {
    GgufWriter w;
    w.u16("split.no", static_cast<uint16_t>(no))
        .u16("split.count", static_cast<uint16_t>(count))
        .i32("split.tensors.count", tensors);
    w.tensor("tensor.1", kF32, {4});
    return w;
}

static void row24_disagreement() {
    refused(shard(0), shard(2), shard(1),
            "m.gguf (shard 2 of 3): key 'split.no': found 2, expected 1 (counted from 0)");
    refused(shard(0), shard(0), shard(2),
            "m.gguf (shard 2 of 3): key 'split.no': found 0, expected 1 (counted from 0)");
    refused(shard(0), numbered(1, 4, 3), shard(2), "m.gguf (shard 2 of 3): key 'split.count': found 4, expected 3");
    refused(
        shard(0), numbered(1, 3, 1), shard(2),
        "m.gguf (shard 2 of 3): key 'split.tensors.count': found 1, expected 3, the number of tensors in all files");
    refused(shard(0), numbered(1, 3, -3), shard(2),
            "m.gguf (shard 2 of 3): key 'split.tensors.count': found -3, expected at least 0");
    for (const char* key : {"split.no", "split.count", "split.tensors.count"}) {
        char message[128];
        snprintf(message, sizeof message,
                 "m.gguf (shard 2 of 3): key '%s': missing, expected in every file of a split model", key);
        refused(shard(0), splitless(key), shard(2), message);
    }
    GgufWriter text = numbered(1, 3, 3);
    text.str("split.note", "x");
    const Shards fine(shard(0), text, shard(2));
    CHECK_EQ(GgufOpened(fine.m, 3, "m.gguf").status, kOk);

    GgufWriter twice = numbered(1, 3, 3);
    twice.u16("split.no", 1);
    refused(shard(0), twice, shard(2), "m.gguf (shard 2 of 3): key 'split.no': found twice, as entries 0 and 3", false);
    GgufWriter same;
    same.u16("split.no", 1).u16("split.count", 3).i32("split.tensors.count", 3).tensor("tensor.0", kF32, {4});
    refused(shard(0), same, shard(2), "m.gguf (shard 2 of 3): tensor 'tensor.0': found twice, as tensors 0 and 1",
            false);

    const Shards s(shard(0), shard(1), shard(2));
    refused(s.m, 1,
            "m.gguf: key 'split.count': found 3, but this is the only file: open the first of 3 by its path "
            "NAME-00001-of-COUNT.gguf");
    refused(s.m, 2, "m.gguf (shard 1 of 2): key 'split.count': found 3, expected 2");
    GgufWriter alone;
    alone.u16("split.no", 1);
    const GgufBytes b = alone.finish();
    FileMap m;
    m.data = b.data;
    m.size = b.size;
    refused(&m, 1, "m.gguf: key 'split.no': found 1, expected 0 in a file that is not split");
    GgufWriter merged;  // what a merge leaves behind
    merged.u16("split.count", 0).i32("split.tensors.count", 99);
    const GgufBytes whole = merged.finish();
    m.data = whole.data;
    m.size = whole.size;
    CHECK_EQ(GgufOpened(&m, 1, "m.gguf").status, kOk);
}

// Each file could hold its tensors, all files together have more than are allowed.
static void too_many_tensors() {
    GgufWriter w;
    w.kv.bytes(nullptr, 100000 * 25);
    w.n_tensors = 100000;
    const Shards s(w, w, w);
    const GgufOpened o(s.m, 3, "m.gguf");
    CHECK_EQ(o.dry_status, kUnsupported);
    CHECK_EQ(o.status, kUnsupported);
    CHECK_STR(o.err.message, "m.gguf: found a count of 300000 tensors in all shards, expected at most 262144");
}

static void open_both_ways(const char* path, Status status, const char* message) {
    for (bool no_mmap : {false, true}) {
        GgufFiles files;
        Error err = {};
        Arena dry;
        Status st = gguf_files_open(path, no_mmap, dry, &files, &err);
        if (st == kOk) {
            CHECK_EQ(files.count, 3u);
            CHECK((dry.used() > 0) == no_mmap);
            gguf_files_close(&files);
            void* buffer = malloc(static_cast<size_t>(dry.needed()));
            Arena arena(buffer, static_cast<size_t>(dry.needed()));
            st = gguf_files_open(path, no_mmap, arena, &files, &err);
            CHECK_EQ(arena.needed(), dry.needed());
            if (st == kOk) {
                CHECK_EQ(files.count, 3u);
                CHECK_EQ(GgufOpened(files.shard, files.count, path).status, kOk);
                gguf_files_close(&files);
            }
            CHECK_EQ(files.count, 0u);
            free(buffer);
        }
        CHECK_EQ(files.count, 0u);
        CHECK_EQ(st, status);
        if (message && !CHECK(strstr(err.message, message) != nullptr)) fprintf(stderr, "  %s\n", err.message);
    }
}

static void files() {
    char dir[] = "gguf_shards_test.XXXXXX";
    if (!CHECK(mkdtemp(dir) != nullptr)) return;
    char first[96], path[96], other[96];
    snprintf(first, sizeof first, "%s/m-00001-of-00003.gguf", dir);
    for (uint32_t i = 0; i < 3; ++i) {
        CHECK(gguf_shard_path(first, i, 3, path, sizeof path));
        CHECK(shard(i).save(path));
    }
    open_both_ways(first, kOk, nullptr);

    // The second file as an entry, a name that does not say which of how many, and a sibling that is not there.
    snprintf(path, sizeof path, "%s/m-00002-of-00003.gguf", dir);
    open_both_ways(path, kFormat, "key 'split.count': found 3, expected a file name that ends in -00001-of-COUNT.gguf");
    snprintf(other, sizeof other, "%s/plain.gguf", dir);
    CHECK(shard(0).save(other));
    open_both_ways(other, kFormat,
                   "key 'split.count': found 3, expected a file name that ends in -00001-of-COUNT.gguf");
    CHECK(gguf_sample_shard(0, 200).save(other));
    open_both_ways(other, kUnsupported, "key 'split.count': found 200, expected at most 128");
    CHECK(unlink(path) == 0);
    open_both_ways(first, kIo, "m-00002-of-00003.gguf");

    for (uint32_t i = 0; i < 3; ++i) {
        gguf_shard_path(first, i, 3, path, sizeof path);
        unlink(path);
    }
    unlink(other);
    open_both_ways(first, kIo, "m-00001-of-00003.gguf");
    CHECK(rmdir(dir) == 0);
}

int main() {
    paths();
    good();
    row24_disagreement();
    too_many_tensors();
    files();
    return REPORT();
}
