// SPDX-License-Identifier: MIT
// The AVX-VNNI tier.
#if defined(__x86_64__)
#include "kernels/isa/avx2.h"
#include "kernels/micro/avx2_rows.h"
#include "kernels/micro/float_table.h"
#include "kernels/micro/quant_matmul.h"

namespace thimble {

void target_avxvnni(Kernels* k);
void target_avxvnni(Kernels* k) {
    fill_float_entries<AvxVnni>(k);
    fill_quant_matmul<AvxVnni>(k);
}

}  // namespace thimble
#endif
