// SPDX-License-Identifier: MIT
#include "kernels/targets/reference_formats.h"

#include "kernels/micro/reference_matmul.h"

namespace thimble {

MatmulFn reference_matmul_of(TypeId id) {
    switch (id) {
#define THIMBLE_FORMAT(name, id, block, bytes) \
    case k##name:                              \
        return reference_matmul<Format##name>;
#include "kernels/formats/formats.def"
#undef THIMBLE_FORMAT
    }
    return nullptr;
}

void reference_fill_formats(Kernels* kernels) {
    kernels->quantize = reference_quantize;
    for (uint32_t id = 0; id < kTypeCount; ++id) {
        kernels->matmul[id] = nullptr;
        kernels->dequantize[id] = nullptr;
    }
#define THIMBLE_FORMAT(name, id, block, bytes)          \
    kernels->matmul[id] = reference_matmul_of(k##name); \
    kernels->dequantize[id] = reference_dequantize<Format##name>;
#include "kernels/formats/formats.def"
#undef THIMBLE_FORMAT
}

}  // namespace thimble
