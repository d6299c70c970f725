// SPDX-License-Identifier: MIT
// Gated short convolutions (LFM2): of the three thirds b, c, x of a projection, y = c * conv(b * x), where conv sums the
// last few positions of each channel with weights of its own. The products b * x lie in the layer's cache, a ring by
// position like a sliding window's, so batches, rewinding and saved sessions need nothing of their own.
#include "runtime/session/decoder.h"

namespace thimble {

void Member::short_conv(const Layer& l, const KvLayer& kv) {
    const int64_t e = h.n_embd, length = h.conv_length, capacity = kv.head0.capacity;
    float* ring = static_cast<float*>(kv.head0.v);
    for (int64_t t = first_token(); t < last_token(); ++t) {
        const float *b = s->qkv + t * s->qkv_stride, *x = b + 2 * e;
        float* slot = ring + (pos0 + t) % capacity * e;
        for (int64_t i = 0; i < e; ++i) slot[i] = b[i] * x[i];
    }
    barrier();
    if (narrow) keep_last();
    for (int64_t t = first_token(); t < last_token(); ++t) {
        const float* c = s->qkv + t * s->qkv_stride + e;
        float* y = s->attention.x + t * s->attention.stride;
        memset(y, 0, static_cast<size_t>(e) * sizeof(float));
        for (int64_t j = 0; j < length; ++j) {  // the oldest first; before the text there is nothing
            const int64_t position = pos0 + t - (length - 1) + j;
            if (position < 0) continue;
            const float* slot = ring + position % capacity * e;
            for (int64_t i = 0; i < e; ++i) y[i] += l.conv[i * length + j] * slot[i];
        }
        for (int64_t i = 0; i < e; ++i) y[i] *= c[i];
        quantize(s->attention, t, 0, e, y);
    }
    barrier();
}

}  // namespace thimble
