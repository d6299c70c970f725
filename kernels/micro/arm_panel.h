// SPDX-License-Identifier: MIT
// Products of a matrix and two or more columns on ARM. A panel of 8 rows x 256 weights is unpacked once into int8 and
// multiplied with up to 92 columns; eight panels (64 rows) share the preparation of the columns. All of it lies in the
// caller's scratch. The unpacking and the loops around the tiles are compiled once; each tier brings its tiles.
#pragma once
#include <cstdint>

#include "kernels/kernels.h"

namespace thimble {

constexpr int kPanelRows = 8, kPanelSubs = 8, kPanelGroups = 8;  // a panel: 8 rows, 8 sub-blocks of 32; 64 rows
// Columns that are worked on together, and what 32 values of a column come to in `packed`.
#if defined(__aarch64__)
constexpr int kPanelCols = 92, kPackedSub = 32;
#else
constexpr int kPanelCols = 64, kPackedSub = 64;
#endif
// Longest row of the one-column loops (arm_rows.h), which keep 16 bytes of the column for each 32 values in scratch.
constexpr int64_t kArmRowMaxK = static_cast<int64_t>(kMatmulScratch) / 16 * 32;

// Scales that vary within 32 weights, minima, and for tiers that sum products in 16 bits the room that is left.
enum ArmTile : uint8_t {
    kTileNarrow,      // four products and their sums of four fit 16 bits: |q| * 127 * 16 < 2^15
    kTileWide,        // any int8
    kTileNarrowMin,   // a minimum for 32
    kTileMediumMin,   // four products and their sums of two fit
    kTileHalfNarrow,  // integer scales for 16: two products and their sums of four fit
    kTileHalfWide,
    kTileHalfMin,    // and minima for 16
    kTileHalfFloat,  // float scales for 16
    kTileCount
};
constexpr bool tile_has_int_scales(ArmTile t) {
    return t == kTileHalfNarrow || t == kTileHalfWide || t == kTileHalfMin;
}

struct alignas(64) ArmPanel {
    int8_t q[kPanelSubs * kPanelRows * 32];  // [sub][half][row][16], or as the tier's arrange() leaves it
    // Eight numbers a row of these, in the first half unless arrange() needs it all.
    float dw[4 * kPanelSubs * kPanelRows];    // [sub][row]; kTileHalfFloat: [sub][half][row]
    float m[4 * kPanelSubs * kPanelRows];     // [sub][row]; kTileHalfMin: [sub][half][row]
    int32_t sc[4 * kPanelSubs * kPanelRows];  // [sub][half][row]
};

// The columns of one chunk over 256 values; numbers past the last column are copies of it.
struct alignas(64) ArmColumns {
    const int8_t* q[kPanelCols];
    float d[kPanelSubs][kPanelCols];
    float ds[2 * kPanelSubs][kPanelCols];  // d * sum: [sub]; kTileHalfMin: [2 * sub + half]
};

// One panel (subs sub-blocks of it) times `columns` columns (a multiple of 4) onto acc[columns][8], in the tier's order
// of the 32 numbers of each four columns.
using ArmTileFn = void (*)(const ArmPanel* p, int subs, const ArmColumns* c, const int8_t* packed, int columns,
                           float* acc);

struct ArmTier {
    ArmTileFn tile[kTileCount];
    // Weights [sub][half][row][16] into the panel in the tier's order, and scales where it wants them otherwise; or nullptr.
    void (*arrange)(const int8_t* rows, int subs, ArmTile tile, ArmPanel* p);
    void (*pack)(const ArmColumns* c, int columns, int subs, int8_t* packed);  // nullptr: the tiles read c->q
    void (*finish)(float* acc);  // 4 columns x 8 rows from the tier's order to [column][row]; may be nullptr
};

struct ArmFormat {
    // Unpacks sub-blocks [0, subs) of eight rows; q goes to `rows`, scales and minima into the panel.
    void (*fill)(const uint8_t* const* w, int subs, int8_t* rows, ArmPanel* p);
    uint32_t block, bytes;
    ArmTile tile;
};
const ArmFormat* arm_format(TypeId id);  // nullptr: dense or no such format

void arm_panel_matmul(const Matmul* m, const ArmFormat* f, const ArmTier* tier);

// One column of the formats that are always unpacked into a stage (isa/neon_stage.h). A column function takes `subs`
// sub-blocks of eight rows, weights as fill leaves them in p->q and scales in p, times values q with scales d, onto
// acc[8].
using ArmColumnFn = void (*)(const ArmPanel* p, int subs, const int8_t* q, const float* d, float* acc);
void arm_staged_row(const Matmul* m, const ArmFormat* f, ArmColumnFn column);

}  // namespace thimble
