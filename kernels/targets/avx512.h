// SPDX-License-Identifier: MIT
// What the AVX-512 tier lends to the tier above it.
#pragma once
#include "kernels/kernels.h"

namespace thimble {

// The product of a format whose weights stand in a grid, for any number of columns.
void avx512_matmul_iq2_xxs(const Matmul* m);
void avx512_matmul_iq2_xs(const Matmul* m);
void avx512_matmul_iq3_xxs(const Matmul* m);
void avx512_matmul_iq3_s(const Matmul* m);

}  // namespace thimble
