// SPDX-License-Identifier: MIT
// The reference: it runs everywhere and defines the bits.
#include "kernels/isa/scalar.h"
#include "kernels/micro/float_table.h"
#include "kernels/targets/reference_formats.h"

namespace thimble {

void target_scalar(Kernels* k);
void target_scalar(Kernels* k) {
    reference_fill_formats(k);
    fill_float_entries<ScalarIsa>(k);
}

}  // namespace thimble
