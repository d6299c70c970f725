// SPDX-License-Identifier: MIT
// The AVX-512 VNNI tier.
#if defined(__x86_64__)
#include "kernels/isa/avx512.h"
#include "kernels/micro/float_table.h"
#include "kernels/micro/quant_matmul.h"

namespace thimble {

void target_avx512(Kernels* k);
void target_avx512(Kernels* k) {
    fill_float_entries<Avx512>(k);
    fill_quant_matmul<Avx512>(k);
}

}  // namespace thimble
#endif
