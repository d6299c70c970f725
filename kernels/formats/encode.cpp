// SPDX-License-Identifier: MIT
#include "kernels/formats/encode.h"

#include "kernels/formats/formats.h"

namespace thimble {
namespace {

template <class F>
bool encode_as(const float* x, int64_t k, uint8_t* out) {
    if constexpr (F::kDense) {
        for (int64_t i = 0; i < k; ++i) F::store(out, i, x[i]);
        return true;
    } else if constexpr (F::kEncodes) {
        for (int64_t b = 0; b < k / F::kBlock; ++b) {
            typename F::Block block;
            F::encode(x + b * F::kBlock, &block);
            memcpy(out + b * F::kBytes, &block, sizeof block);
        }
        return true;
    } else {
        return false;
    }
}

}  // namespace

bool encode_row(uint32_t type, const float* x, int64_t k, uint8_t* out) {
    switch (type) {
#define THIMBLE_FORMAT(name, id, block, bytes) \
    case id:                                   \
        return encode_as<Format##name>(x, k, out);
#include "kernels/formats/formats.def"
#undef THIMBLE_FORMAT
        default: return false;
    }
}

}  // namespace thimble
