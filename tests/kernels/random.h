// SPDX-License-Identifier: MIT
// A small generator with a fixed sequence (splitmix64), so that goldens made of it stay true.
#pragma once
#include <cstdint>

struct Random {
    uint64_t state;
    explicit Random(uint64_t seed) : state(seed) {}
    uint64_t next64() {
        state += 0x9e3779b97f4a7c15u;
        uint64_t z = state;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        return z ^ z >> 31;
    }
    uint32_t next32() { return static_cast<uint32_t>(next64() >> 32); }
    float uniform() { return static_cast<float>(next32() >> 8) * 0x1p-23f - 1.0f; }  // [-1, 1)
    float normal() {                                                                 // about: a sum of twelve
        float s = 0;
        for (int i = 0; i < 12; ++i) s += uniform();
        return s * 0.5f;
    }
};
