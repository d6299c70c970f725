// SPDX-License-Identifier: MIT
// AVX-512 with permutations of bytes over two registers (Ice Lake, Zen 4 and later): grids looked up without loads.
#if defined(__x86_64__)
#include "kernels/micro/grid_permutes.h"
#include "kernels/targets/avx512.h"

namespace thimble {
namespace {

template <class F, void (*kPanels)(const Matmul*)>
void matmul(const Matmul* m) {
    if (m->n <= kPermuteColumns<F>)
        permute_matmul<F>(m);
    else
        kPanels(m);
}

}  // namespace

void target_avx512vbmi(Kernels* k);
void target_avx512vbmi(Kernels* k) {
    k->matmul[kIQ2_XXS] = matmul<FormatIQ2_XXS, avx512_matmul_iq2_xxs>;
    k->matmul[kIQ2_XS] = matmul<FormatIQ2_XS, avx512_matmul_iq2_xs>;
    k->matmul[kIQ3_XXS] = matmul<FormatIQ3_XXS, avx512_matmul_iq3_xxs>;
    k->matmul[kIQ3_S] = matmul<FormatIQ3_S, avx512_matmul_iq3_s>;
}

}  // namespace thimble
#endif
