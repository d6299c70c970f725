/* SPDX-License-Identifier: MIT
 * What the firmware and the program that plans its memory have in common. */
#ifndef FIRMWARE_H
#define FIRMWARE_H

#include "thimble.h"

extern const unsigned char firmware_model[], firmware_model_end[]; /* model.c */

/* One thread, and no more context than the longest sentence with its answer takes. */
static inline thimble_session_params firmware_session(void) {
    thimble_session_params p = thimble_session_defaults();
    p.n_ctx = 192;
    p.n_batch = 16;
    p.n_threads = 1;
    return p;
}

static inline thimble_source firmware_source(void) {
    return thimble_from_memory(firmware_model, (size_t)(firmware_model_end - firmware_model));
}

#endif
