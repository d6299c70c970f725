// SPDX-License-Identifier: MIT
// Two columns and a few more where a vocabulary has a loop of its own for a format (micro/avx512_few_columns.h), in place of
// the panel (micro/quant_matmul.h), whose stores and loads take as long as the products of so few columns.
// Internal linkage: compiled once an ISA.
#pragma once
#include "kernels/micro/quant_matvec.h"

namespace thimble {
namespace {

// kOwn, kMost columns, multiply(m) for at least V::kRows rows.
template <class V, class R>
struct OwnColumns {
    static constexpr bool kOwn = false;
};

// Whether it took the call.
template <class V, class R>
bool quant_few_columns(const Matmul* m) {
    if constexpr (OwnColumns<V, R>::kOwn) {
        if (m->n > OwnColumns<V, R>::kMost || m->rows < V::kRows) return false;
        OwnColumns<V, R>::multiply(m);
        return true;
    }
    return false;
}

}  // namespace
}  // namespace thimble
