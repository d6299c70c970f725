// SPDX-License-Identifier: MIT
// Fills the entries of a table that are the same loops over any vocabulary.
#pragma once
#include "kernels/micro/attention.h"
#include "kernels/micro/dense.h"
#include "kernels/micro/doubles.h"
#include "kernels/micro/vector_ops.h"

namespace thimble {

template <class V>
void fill_float_entries(Kernels* k) {
    k->quantize = quantize<V>;
    k->matmul[kF32] = matmul_dense<V, DenseF32<V>>;
    k->matmul[kF16] = matmul_dense<V, DenseF16<V>>;
    k->matmul[kBF16] = matmul_dense<V, DenseBf16<V>>;
    k->rms_norm = rms_norm<V>;
    k->layer_norm = layer_norm<V>;
    k->add = add<V>;
    k->add_scaled = add_scaled<V>;
    k->scale = scale<V>;
    k->softcap = softcap<V>;
    k->activate = activate<V>;
    k->rope = rope<V>;
    k->rope_angles = DoubleMath<V::kDoubleBytes>::rope_angles;
    k->log = DoubleMath<V::kDoubleBytes>::logs;
    k->pow = DoubleMath<V::kDoubleBytes>::powers;
    k->softmax = softmax<V>;
    k->kv_store = kv_store<V>;
    k->attention_chunk = AttentionLoops<V>::chunk;
    k->attention_merge = attention_merge<V>;
    k->attention_finish = attention_finish<V>;
}

}  // namespace thimble
