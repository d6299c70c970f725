// SPDX-License-Identifier: MIT
// The AVX2 tier.
#if defined(__x86_64__)
#include "kernels/isa/avx2.h"
#include "kernels/micro/avx2_rows.h"
#include "kernels/micro/float_table.h"
#include "kernels/micro/quant_matmul.h"

namespace thimble {

void target_avx2(Kernels* k);
void target_avx2(Kernels* k) {
    fill_float_entries<Avx2>(k);
    fill_quant_matmul<Avx2>(k);
}

}  // namespace thimble
#endif
