// SPDX-License-Identifier: MIT
#pragma once
#include "kernels/kernels.h"

namespace thimble {

// Sets quantize, matmul and dequantize of every format to the scalar reference, built for the baseline of the target;
// the other entries are left alone.
void reference_fill_formats(Kernels* kernels);

// The reference product of a format; nullptr: no such format.
using MatmulFn = void (*)(const Matmul*);
MatmulFn reference_matmul_of(TypeId id);

}  // namespace thimble
