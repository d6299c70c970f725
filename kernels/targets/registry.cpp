// SPDX-License-Identifier: MIT
// The tiers of this build and the choice among them.
#include <cstring>

#include "kernels/kernels.h"
#include "platform/cpu.h"

namespace thimble {

#define THIMBLE_TARGET(name, base, features) void target_##name(Kernels* k);
#include "kernels/targets/targets.def"
#undef THIMBLE_TARGET

namespace {

enum TierIndex : uint32_t {
#define THIMBLE_TARGET(name, base, features) kTier_##name,
#include "kernels/targets/targets.def"
#undef THIMBLE_TARGET
    kTierCount
};

struct Tier {
    const char* name;
    uint32_t base;
    uint32_t features;
    void (*fill)(Kernels*);
};

const Tier kTiers[] = {
#define THIMBLE_TARGET(name, base, features) {#name, kTier_##base, (features), target_##name},
#include "kernels/targets/targets.def"
#undef THIMBLE_TARGET
};

void fill(uint32_t index, Kernels* out) {
    if (kTiers[index].base != index) fill(kTiers[index].base, out);
    kTiers[index].fill(out);
    out->name = kTiers[index].name;
}

}  // namespace

uint32_t tier_count() { return kTierCount; }
const char* tier_name(uint32_t index) { return index < kTierCount ? kTiers[index].name : nullptr; }
bool tier_supported(uint32_t index) {
    return index < kTierCount && (cpu_features() & kTiers[index].features) == kTiers[index].features;
}

bool kernels_for(const char* tier, Kernels* out) {
    for (uint32_t t = kTierCount; t-- > 0;) {
        if (!tier_supported(t)) continue;
        if (tier && *tier && strcmp(tier, kTiers[t].name) != 0) continue;
        *out = Kernels{};
        fill(t, out);
        return true;
    }
    return false;
}

}  // namespace thimble
