// SPDX-License-Identifier: MIT
// The least that the oracle needs of a GGUF file in memory that a test wrote itself: keys and tensors by name. It trusts
// the file and shares no code with the library.
#pragma once
#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace oracle {

struct Tensor {
    char name[80];
    uint32_t dims, type;
    uint64_t shape[4], offset;
    const uint8_t* data;
    uint64_t count() const { return shape[0] * shape[1] * shape[2] * shape[3]; }
    static double half(uint16_t h) {
        const int e = h >> 10 & 31, m = h & 1023;
        return (h >> 15 ? -1 : 1) * (e ? ldexp(1024 + m, e - 25) : ldexp(m, -24));
    }
    double value(size_t i) const {  // F32, F16 or Q8_0
        uint16_t h;
        if (type == 0) {
            float v;
            memcpy(&v, data + i * 4, 4);
            return v;
        }
        if (type == 1) return memcpy(&h, data + i * 2, 2), half(h);
        if (type != 8) fprintf(stderr, "oracle: type %u\n", type), abort();
        const uint8_t* block = data + i / 32 * 34;
        memcpy(&h, block, 2);
        return half(h) * static_cast<int8_t>(block[2 + i % 32]);
    }
};

class File {
  public:
    File(const uint8_t* bytes, size_t) : p_(bytes) {
        n_tensors_ = at<uint64_t>(8);
        n_keys_ = at<uint64_t>(16);
        size_t pos = 24;
        for (uint64_t i = 0; i < n_keys_; ++i) pos = after_key(pos);
        tensors_ = static_cast<Tensor*>(calloc(n_tensors_ + 1, sizeof(Tensor)));
        for (uint64_t i = 0; i < n_tensors_; ++i) {
            Tensor& t = tensors_[i];
            const uint64_t length = at<uint64_t>(pos);
            memcpy(t.name, p_ + pos + 8, length);
            pos += 8 + length;
            t.dims = at<uint32_t>(pos);
            for (uint32_t k = 0; k < 4; ++k) t.shape[k] = k < t.dims ? at<uint64_t>(pos + 4 + 8 * k) : 1;
            pos += 4 + 8 * size_t(t.dims);
            t.type = at<uint32_t>(pos);
            t.offset = at<uint64_t>(pos + 4);
            pos += 12;
        }
        pos = (pos + 31) / 32 * 32;
        for (uint64_t i = 0; i < n_tensors_; ++i) tensors_[i].data = p_ + pos + tensors_[i].offset;
    }
    File(const File&) = delete;
    ~File() { free(tensors_); }

    const Tensor* tensor(const char* format, const char* stem = "") const {
        char name[128];
        snprintf(name, sizeof name, format, stem);
        for (uint64_t i = 0; i < n_tensors_; ++i)
            if (!strcmp(tensors_[i].name, name)) return &tensors_[i];
        return nullptr;
    }
    // Keys are looked up as they are, then under the architecture's prefix. Arrays count as absent.
    double number(const char* key, double otherwise) const {
        const size_t v = find(key);
        if (!v) return otherwise;
        switch (at<uint32_t>(v)) {
            case 4: return at<uint32_t>(v + 4);
            case 6: return double(at<float>(v + 4));
            case 7: return p_[v + 4];
            default: return otherwise;
        }
    }
    int integer(const char* key, int otherwise = -1) const { return static_cast<int>(number(key, otherwise)); }
    const char* text(const char* key, const char* otherwise = "") const {  // valid until the next call but three
        const size_t v = find(key);
        if (!v || at<uint32_t>(v) != 8) return otherwise;
        char* out = buffer_[next_++ % 4];
        const uint64_t n = at<uint64_t>(v + 4);
        memcpy(out, p_ + v + 12, n);
        out[n] = 0;
        return out;
    }
    int largest(const char* key, int otherwise) const {  // of an array of INT32
        const size_t v = find(key);
        if (!v || at<uint32_t>(v) != 9 || at<uint32_t>(v + 4) != 5) return otherwise;
        int most = 0;
        for (uint64_t i = 0; i < at<uint64_t>(v + 8); ++i)
            most = at<int32_t>(v + 16 + 4 * i) > most ? at<int32_t>(v + 16 + 4 * i) : most;
        return most;
    }
    const uint8_t* bools(const char* key, int* n) const {
        const size_t v = find(key);
        if (!v || at<uint32_t>(v) != 9 || at<uint32_t>(v + 4) != 7) return nullptr;
        *n = static_cast<int>(at<uint64_t>(v + 8));
        return p_ + v + 16;
    }

  private:
    const uint8_t* p_;
    uint64_t n_tensors_, n_keys_;
    Tensor* tensors_;
    mutable char buffer_[4][64];
    mutable unsigned next_ = 0;

    template <class T>
    T at(size_t pos) const {
        T v;
        memcpy(&v, p_ + pos, sizeof v);
        return v;
    }
    size_t after_value(uint32_t type, size_t pos) const {
        static const uint8_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
        if (type == 8) return pos + 8 + at<uint64_t>(pos);
        if (type != 9) return pos + sizes[type];
        const uint32_t element = at<uint32_t>(pos);
        const uint64_t n = at<uint64_t>(pos + 4);
        pos += 12;
        for (uint64_t i = 0; i < n; ++i) pos = after_value(element, pos);
        return pos;
    }
    size_t after_key(size_t pos) const {
        pos += 8 + at<uint64_t>(pos);
        return after_value(at<uint32_t>(pos), pos + 4);
    }
    // Where the type of the key's value stands, 0: no such key.
    size_t find_exact(const char* key, size_t length) const {
        size_t pos = 24;
        for (uint64_t i = 0; i < n_keys_; ++i) {
            const uint64_t n = at<uint64_t>(pos);
            if (n == length && !memcmp(p_ + pos + 8, key, n)) return pos + 8 + n;
            pos = after_key(pos);
        }
        return 0;
    }
    size_t find(const char* key) const {
        if (const size_t v = find_exact(key, strlen(key))) return v;
        char name[128];
        const int n = snprintf(name, sizeof name, "%s.%s", arch_name(), key);
        return find_exact(name, static_cast<size_t>(n));
    }
    const char* arch_name() const {
        static char name[64];
        const size_t v = find_exact("general.architecture", 20);
        const uint64_t n = at<uint64_t>(v + 4);
        memcpy(name, p_ + v + 12, n);
        name[n] = 0;
        return name;
    }
};

}  // namespace oracle
