// SPDX-License-Identifier: MIT
// The AVX-512 VNNI tier.
#if defined(__x86_64__)
#include "kernels/targets/avx512.h"

#include "kernels/isa/avx512.h"
#include "kernels/micro/avx512_few_columns.h"
#include "kernels/micro/avx512_half_rows.h"
#include "kernels/micro/float_table.h"
#include "kernels/micro/quant_matmul.h"

namespace thimble {

void target_avx512(Kernels* k);
void target_avx512(Kernels* k) {
    fill_float_entries<Avx512>(k);
    fill_quant_matmul<Avx512>(k);
}

void avx512_matmul_iq2_xxs(const Matmul* m) { quant_matmul<Avx512, GridReader<Avx512, FormatIQ2_XXS>>(m); }
void avx512_matmul_iq2_xs(const Matmul* m) { quant_matmul<Avx512, GridReader<Avx512, FormatIQ2_XS>>(m); }
void avx512_matmul_iq3_xxs(const Matmul* m) { quant_matmul<Avx512, GridReader<Avx512, FormatIQ3_XXS>>(m); }
void avx512_matmul_iq3_s(const Matmul* m) { quant_matmul<Avx512, GridReader<Avx512, FormatIQ3_S>>(m); }

}  // namespace thimble
#endif
