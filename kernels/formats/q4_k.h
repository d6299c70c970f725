// SPDX-License-Identifier: MIT
// Q4_K: 256 weights in 8 groups of 32, w = d * scale * nibble - dmin * min with 6-bit scales and mins. Groups 2p and
// 2p + 1 are the low and the high nibbles of bytes 32p to 32p + 31.
#pragma once
#include "kernels/formats/fit.h"
#include "kernels/formats/format.h"

namespace thimble {
namespace {

// The 12 bytes of six-bit pairs of Q4_K and Q5_K: groups 0 to 3 have their scale in the low six bits of bytes g, their
// min in those of bytes g + 4; groups 4 to 7 have the low nibbles of both in byte g + 4, the upper two bits on top of
// bytes g - 4 (scale) and g (min).
struct ScaleMin {
    int scale, min;
};
inline ScaleMin load_scale_min(const uint8_t* s, int group) {
    if (group < 4) return {s[group] & 63, s[group + 4] & 63};
    return {(s[group + 4] & 15) | (s[group - 4] >> 6) << 4, (s[group + 4] >> 4) | (s[group] >> 6) << 4};
}

// The fields of `group` have to be zero before.
inline void store_scale_min(uint8_t* s, int group, ScaleMin v) {
    if (group < 4) {
        s[group] = static_cast<uint8_t>(s[group] | v.scale);
        s[group + 4] = static_cast<uint8_t>(s[group + 4] | v.min);
    } else {
        s[group + 4] = static_cast<uint8_t>((v.scale & 15) | (v.min & 15) << 4);
        s[group - 4] = static_cast<uint8_t>(s[group - 4] | v.scale >> 4 << 6);
        s[group] = static_cast<uint8_t>(s[group] | v.min >> 4 << 6);
    }
}

struct FormatQ4_K : QuantFormat {
    struct Block {
        uint8_t d[2];     // f16
        uint8_t dmin[2];  // f16
        uint8_t scales[12];
        uint8_t qs[128];
    };
    static constexpr TypeId kId = kQ4_K;
    static constexpr int kBlock = 256, kBytes = 144;
    static constexpr int kQuantMin = 0, kQuantMax = 15;
    static constexpr Minimum kMinimum = Minimum::kBlock;

    static void unpack(const Block* b, int j, SubBlock* out) {
        const ScaleMin sm = load_scale_min(b->scales, j);
        set_unit_scales(out, load_f16(b->d) * static_cast<float>(sm.scale));
        out->m0 = out->m1 = -(load_f16(b->dmin) * static_cast<float>(sm.min));
        const uint8_t* bytes = b->qs + (j >> 1) * 32;
        const int shift = (j & 1) * 4;
        for (int i = 0; i < 32; ++i) out->q[i] = static_cast<int8_t>(bytes[i] >> shift & 15);
    }
    static constexpr bool kEncodes = true;
    static void encode(const float* weights, Block* out) {
        LineGroups groups;
        fit_line_groups(weights, 32, kQuantMax, 63, &groups);
        memset(out, 0, sizeof *out);
        store_u16(out->d, groups.d);
        store_u16(out->dmin, groups.dmin);
        for (int g = 0; g < 8; ++g) store_scale_min(out->scales, g, {groups.scale[g], groups.min[g]});
        for (int i = 0; i < 256; ++i) {
            out->qs[(i >> 6) * 32 + (i & 31)] |= static_cast<uint8_t>(groups.q[i] << (i >> 5 & 1) * 4);
        }
    }
};
static_assert(sizeof(FormatQ4_K::Block) == FormatQ4_K::kBytes);

}  // namespace
}  // namespace thimble
