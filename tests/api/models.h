// SPDX-License-Identifier: MIT
// Real models that a test may open: the one of the sources and small ones beside the repository, where they exist.
#pragma once
#include <array>

inline std::array<const char*, 3> test_models() {
    return {THIMBLE_SOURCE_DIR "/examples/intents/intents-q8_0.gguf",
            THIMBLE_SOURCE_DIR "/../shared/models/stories260K.gguf",
            THIMBLE_SOURCE_DIR "/../shared/fixtures/llama.gguf"};
}
