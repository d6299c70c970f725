// SPDX-License-Identifier: MIT
// Quantised matrix x matrix over any vocabulary with row words. Two groups of kRows rows x 256 weights are unpacked into
// a panel in the first-level cache: 32-bit word k of the panel holds weights 4k to 4k + 3 of every row, rows in lanes.
// Then each tile of columns runs over the panel, activations as 32-bit broadcasts, integer sums and float accumulators
// in registers. Between panels of the same rows the float accumulators rest in scratch, which does not change them.
// Internal linkage: compiled once an ISA.
#pragma once
#include "kernels/micro/quant_few_columns.h"
#include "kernels/micro/quant_matvec.h"

namespace thimble {
namespace {

constexpr int kGroups = 2;          // groups of kRows rows in a panel
constexpr int kPanelColumns = 512;  // columns whose accumulators fit in scratch
constexpr int kFewColumns = 16;     // fewer: one panel at a time
constexpr int kManyColumns = 64;    // from here on the next chunk's weights are prefetched between the tiles

// Columns of a register tile: two sums a column and a group need more registers.
template <class V, class R>
constexpr int kTileColumns = kHalves<R> ? V::kGemmColsHalves : V::kGemmCols;

// A reader whose integer scales are multiplied into the panel's bytes, q * sc + kBias, where that fits into eight bits:
// then a block has one sum and no integer multiplication. R::kFoldBias is kBias; a reader without it cannot be folded.
template <class R>
struct Folded : R {
    struct Format : R::Format {
        static constexpr bool kScalePerHalf = false;
    };
    static constexpr bool kFolded = true;
    static constexpr int kBias = R::kFoldBias, kMax = 255;
};
template <class R>
constexpr bool kFolded = requires {
    R::kFolded;
};
template <class V, class R>
struct PanelReaderOf {
    using Type = R;
};
template <class V, class R>
requires(!V::kPairSums && requires { R::kFoldBias; }) struct PanelReaderOf<V, R> {
    using Type = Folded<R>;
};

// Signed bytes where products need unsigned ones: with m = -1 where w < 0, else 0, w a = |w| (a ^ m) + |w| where w < 0. The
// last term does not depend on the column: it is where the sums start. (A sign instruction costs a multiply port on Zen 4.)
template <class V, class R>
constexpr bool kFlipped = V::kPairSums&& R::kMax == 128;

template <class V, class R>
struct Panel {
    alignas(64) int32_t w[64][V::kRows];
    RowScales<V> s;
    alignas(64) int32_t both[8][V::kRows];  // kPairSums: sc0 in the low, sc1 in the high 16 bits; kFlipped: the start
};

// Half j of the chunk, its four words of every row.
template <class V, class R>
THIMBLE_INLINE void store_half(Panel<V, R>& panel, int j, typename V::ri w[4]) {
    if constexpr (kFolded<R>) R::fold(V::ri_load(panel.s.sc[j]), w);
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) V::ri_store(panel.w[4 * j + k], w[k]);
}
// Rows turned before they are unpacked: fewer words, and nothing to keep.
template <class V, class R, int U>
THIMBLE_INLINE void pack_words(const uint8_t* p, size_t stride, const Prefetch& ahead, Panel<V, R>& panel) {
    using Sets = BlockSets<R>;
    constexpr int kSets = Sets::kSets, kEach = Sets::kEach;
#pragma GCC unroll 4
    for (int set = 0; set < kSets; ++set) {
        asm("" : "+r"(p));  // else GCC loads all sets at once, and spills
        typename V::rb turned[8][4], w[4][8];
        turn_set<V, R, U>(p, stride, set, ahead, turned);
#pragma GCC unroll 4
        for (int k = 0; k < 4; ++k) unpack_word<V, R, U>(turned, k, w[k]);
#pragma GCC unroll 4
        for (int e = 0; e < 2 * kEach; ++e) {
            const int j = 2 * Sets::block(set, e / 2) + e % 2;
            typename V::ri out[4] = {w[0][j], w[1][j], w[2][j], w[3][j]};
            store_half(panel, 8 * U + j, out);
        }
    }
}
template <class V, class R, int U>
inline void pack_unit(const uint8_t* p, size_t stride, const Prefetch& ahead, Panel<V, R>& panel) {
    typename V::rb w[4][8];
    for (size_t i = 0; i < 4; ++i) {
        prefetch_eighth<V, R>(ahead, 4 * U + static_cast<int>(i));
        R::template bytes<U>(p + i * stride, 4 * stride, w[i]);
    }
    for (int j = 0; j < 8; ++j) {
        const typename V::rb in[4] = {w[0][j], w[1][j], w[2][j], w[3][j]};
        typename V::ri out[4];
        V::rb_transpose(in, out);
        store_half(panel, 8 * U + j, out);
    }
}
template <class V, class R>
inline void pack_staged(const uint8_t* stage, const Prefetch& ahead, Panel<V, R>& panel) {
    for (int b = 0; b < 8; ++b) {
        prefetch_eighth<V, R>(ahead, b);
        for (int h = 0; h < 2; ++h) {
            typename V::rb w[4];
            typename V::ri out[4];
            for (int i = 0; i < 4; ++i) w[i] = R::weights(stage, b, i, h);
            V::rb_transpose(w, out);
            store_half(panel, 2 * b + h, out);
        }
    }
}
template <class V, class R>
void pack(const uint8_t* p, size_t stride, uint8_t* stage, const Prefetch& ahead, Panel<V, R>& panel) {
    R::scales(p, stride, panel.s, stage);
    if constexpr (R::kStaged) {
        pack_staged<V, R>(stage, ahead, panel);
    } else if constexpr (requires { R::kBytewise; }) {
        pack_words<V, R, 0>(p, stride, ahead, panel);
        pack_words<V, R, 1>(p, stride, ahead, panel);
    } else {
        pack_unit<V, R, 0>(p, stride, ahead, panel);
        pack_unit<V, R, 1>(p, stride, ahead, panel);
    }
    if constexpr (kFlipped<V, R>) {
        for (int b = 0; b < 8; ++b) {
            typename V::ri sum[2] = {V::ri_set1(0), V::ri_set1(0)};
            for (int k = 0; k < 8; ++k)
                sum[k / 4] = V::ri_add(sum[k / 4], V::sum_negative(V::ri_load(panel.w[8 * b + k])));
            if constexpr (R::Format::kScalePerHalf)
                for (int h = 0; h < 2; ++h) sum[h] = V::ri_mul(sum[h], V::ri_load(panel.s.sc[2 * b + h]));
            V::ri_store(panel.both[b], V::ri_add(sum[0], sum[1]));
        }
    }
    if constexpr (V::kPairSums && R::Format::kScalePerHalf) {
        const auto low = V::ri_set1(0xffff);
        for (int b = 0; b < 8; ++b) {
            const auto s0 = V::ri_load(panel.s.sc[2 * b]), s1 = V::ri_load(panel.s.sc[2 * b + 1]);
            const auto l0 = V::ri_and(s0, low), l1 = V::ri_and(s1, low);
            if constexpr (R::kBias != 0) V::ri_store(panel.both[b], V::ri_or(l0, V::template ri_shl<16>(l1)));
            V::ri_store(panel.s.sc[2 * b], V::ri_or(l0, V::template ri_shl<16>(l0)));
            V::ri_store(panel.s.sc[2 * b + 1], V::ri_or(l1, V::template ri_shl<16>(l1)));
        }
    }
}

// The integer sums of block b for G groups x C columns, where dot4 adds four products into 32 bits.
template <class V, class R, int G, int C>
inline void block_sums(const Panel<V, R>* panel, const ActChunk* a, int b, typename V::ri sum[2][G][C]) {
    for (int h = 0; h < (kHalves<R> ? 2 : 1); ++h) {
        for (int c = 0; c < C; ++c) {
            const auto start = R::kBias != 0 ? V::ri_set1(a[c].bias[kHalves<R> ? 2 * b + h : b]) : V::ri_set1(0);
            for (int g = 0; g < G; ++g) sum[h][g][c] = start;
        }
        constexpr int kSteps = kHalves<R> ? 4 : 8;
#pragma GCC unroll 8
        for (int i = 0; i < kSteps; ++i) {
            const int k = 8 * b + kSteps * h + i;
            typename V::ri w[G];
            for (int g = 0; g < G; ++g) w[g] = V::ri_load(panel[g].w[k]);
            for (int c = 0; c < C; ++c) {
                const auto x = V::ri_set1(load_word(a[c].q + 4 * k));
                for (int g = 0; g < G; ++g) sum[h][g][c] = V::dot4(sum[h][g][c], w[g], x);
            }
        }
    }
    if constexpr (R::Format::kScalePerHalf) {
        for (int g = 0; g < G; ++g) {
            const auto s0 = V::ri_load(panel[g].s.sc[2 * b]), s1 = V::ri_load(panel[g].s.sc[2 * b + 1]);
            for (int c = 0; c < C; ++c)
                sum[0][g][c] = V::ri_add(V::ri_mul(sum[0][g][c], s0), V::ri_mul(sum[1][g][c], s1));
        }
    }
}

// The same where products come as 16-bit sums of pairs: as many as fit are added before they are widened, and integer
// scales are multiplied while widening.
template <class V, class R, int G, int C>
inline void block_sums_pairs(const Panel<V, R>* panel, const ActChunk* a, int b, typename V::ri sum[2][G][C]) {
    constexpr bool kScaled = R::Format::kScalePerHalf;
    constexpr int kSteps = kHalves<R> ? 4 : 8, room = V::template pair_room<R::kMax>();
    constexpr int kRun = room < 2 ? 1 : room < 4 ? 2 : room < 8 ? 4 : kSteps;
    for (int c = 0; c < C; ++c) {
        for (int h = 0; h < 2; ++h) {
            const bool once = kHalves<R> && !kScaled ? false : h == 1;
            if (once) continue;
            auto start = V::ri_set1(0);
            if constexpr (R::kBias != 0 && !kScaled) start = V::ri_set1(a[c].bias[kHalves<R> ? 2 * b + h : b]);
            for (int g = 0; g < G; ++g) sum[h][g][c] = kFlipped<V, R> ? V::ri_load(panel[g].both[b]) : start;
        }
        if constexpr (R::kBias != 0 && kScaled) {  // -kBias * (sc0 * s0 + sc1 * s1)
            for (int g = 0; g < G; ++g)
                sum[0][g][c] = V::ri_mul(V::widen_pairs_scaled(V::ri_load(panel[g].both[b]), V::ri_set1(a[c].pair[b])),
                                         V::ri_set1(-R::kBias));
        }
    }
    for (int h = 0; h < (kHalves<R> ? 2 : 1); ++h) {
        for (int i = 0; i < kSteps; i += kRun) {
            typename V::part t[G][C];
#pragma GCC unroll 8
            for (int j = 0; j < kRun; ++j) {
                const int k = 8 * b + kSteps * h + i + j;
                typename V::ri w[G], m[G];
                for (int g = 0; g < G; ++g) {
                    w[g] = V::ri_load(panel[g].w[k]);
                    if constexpr (kFlipped<V, R>)
                        m[g] = V::negative(w[g]), w[g] = V::rb_sub(V::ri_xor(w[g], m[g]), m[g]);
                }
                for (int c = 0; c < C; ++c) {
                    const auto x = V::ri_set1(load_word(a[c].q + 4 * k));
                    for (int g = 0; g < G; ++g) {
                        typename V::part v;
                        if constexpr (kFlipped<V, R>)
                            v = V::template mul_pairs<255>(w[g], V::ri_xor(x, m[g]));
                        else
                            v = V::template mul_pairs<R::kMax>(w[g], x);
                        t[g][c] = j == 0 ? v : V::add_pairs(t[g][c], v);
                    }
                }
            }
            for (int g = 0; g < G; ++g)
                for (int c = 0; c < C; ++c) {
                    constexpr bool kTwo = kHalves<R> && !kScaled;
                    auto& into = sum[kTwo ? h : 0][g][c];
                    if constexpr (kScaled)
                        into = V::ri_add(into, V::widen_pairs_scaled(t[g][c], V::ri_load(panel[g].s.sc[2 * b + h])));
                    else
                        into = V::ri_add(into, V::widen_pairs(t[g][c]));
                }
        }
    }
}

// C columns, G groups of rows; acc: [column][kGroups * kRows].
template <class V, class R, int G, int C>
[[gnu::noinline]] void tile(const Panel<V, R>* panel, const ActChunk* acts, int blocks,
                            float (*out)[kGroups * V::kRows]) {
    typename V::rf acc[G][C];
    for (int c = 0; c < C; ++c)
        for (int g = 0; g < G; ++g) acc[g][c] = V::rf_load(out[c] + g * V::kRows);
    int b = 0;
    do {  // at least one block
        typename V::ri sum[2][G][C];
        if constexpr (V::kPairSums)
            block_sums_pairs<V, R, G, C>(panel, acts, b, sum);
        else
            block_sums<V, R, G, C>(panel, acts, b, sum);
        for (int g = 0; g < G; ++g)
            for (int c = 0; c < C; ++c)
                acc[g][c] = float_steps<V, R>(panel[g].s, b, acts[c].d[b], acts[c].ds, sum[0][g][c],
                                              R::Format::kFloatScalePerHalf ? sum[1][g][c] : sum[0][g][c], acc[g][c]);
    } while (++b < blocks);
    for (int c = 0; c < C; ++c)
        for (int g = 0; g < G; ++g) V::rf_store(out[c] + g * V::kRows, acc[g][c]);
}

template <class V, class R, int G, int C>
inline void tile_of(int columns, const Panel<V, R>* panel, const ActChunk* acts, int blocks,
                    float (*out)[kGroups * V::kRows]) {
    if constexpr (C > 0) {
        if (columns == C)
            tile<V, R, G, C>(panel, acts, blocks, out);
        else
            tile_of<V, R, G, C - 1>(columns, panel, acts, blocks, out);
    }
}

constexpr int kPanels = 2;  // that share what is made of the activations; all fit into the first-level cache

template <class V, class R>
struct MatmulScratch {
    Panel<V, R> panel[kPanels][kGroups];
    ChunkCopy<V, R> copy;
    alignas(64) uint8_t stage[R::kStaged ? V::kRows * 256 : 64];
    alignas(64) float acc[kPanels][kPanelColumns][kGroups * V::kRows];
};

// The results of one column: rows <= kGroups * kRows.
template <class V>
inline void store_rows(const float* acc, int64_t rows, float* out) {
    if (rows == kGroups * V::kRows) {
        for (int g = 0; g < kGroups; ++g) V::rf_store(out + g * V::kRows, V::rf_load(acc + g * V::kRows));
    } else {
        memcpy(out, acc, static_cast<size_t>(rows) * sizeof(float));
    }
}

// A chunk's activations of one column, which do not follow those of the column before.
inline void prefetch_acts(const Matmul* m, int64_t column, int64_t block) {
    const int8_t* q = m->acts.q + column * m->acts.q_stride + block * 32;
    for (int i = 0; i < 256; i += 64) __builtin_prefetch(q + i);
    __builtin_prefetch(m->acts.d + column * m->acts.d_stride + block);
    __builtin_prefetch(m->acts.s + column * m->acts.s_stride + block * 2);
}
// A row's chunk of weights into the second-level cache.
template <class R>
inline void prefetch_chunk(const uint8_t* p) {
    for (size_t i = 0; i < kChunkBytes<R>; i += 64) __builtin_prefetch(p + i, 0, 2);
    __builtin_prefetch(p + kChunkBytes<R> - 1, 0, 2);
}

// Rows [row, row + rows) times columns [c0, c0 + columns), rows at most those of kPanels panels, columns <= kPanelColumns.
// next: bytes from these rows to those whose turn is next.
template <class V, class R>
void matmul_panels(const Matmul* m, int64_t row, int64_t rows, int64_t c0, int columns, size_t next) {
    constexpr int64_t kPanelRows = kGroups * V::kRows;
    auto& scratch = *static_cast<MatmulScratch<V, R>*>(m->scratch);
    const int64_t blocks = m->k / 32;
    const int tiles = (columns + kTileColumns<V, R> - 1) / kTileColumns<V, R>;
    const int width = columns / tiles, wider = columns % tiles;  // tiles of nearly equal width
    const int late = tiles - tiles / 4;  // earlier, weights would leave the second-level cache again
    for (int64_t block = 0; block < blocks; block += 8) {
        const int count = blocks - block < 8 ? static_cast<int>(blocks - block) : 8;
        for (int64_t r = 0; r < rows; r += V::kRows) {
            const int64_t have = rows - r < V::kRows ? rows - r : V::kRows;
            const uint8_t* p =
                m->w + static_cast<size_t>(row + r) * m->row_bytes + static_cast<size_t>(block / 8) * kChunkBytes<R>;
            Panel<V, R>& panel = scratch.panel[r / kPanelRows][r / V::kRows % kGroups];
            if (have == V::kRows && count == 8) {
                const Prefetch ahead =
                    columns < kManyColumns ? prefetch_at<V, R, kPanelAhead>(p, m, block, next) : Prefetch{};
                pack<V, R>(p, m->row_bytes, scratch.stage, ahead, panel);
            } else {
                scratch.copy.take(p, m->row_bytes, have, count);
                pack<V, R>(scratch.copy.bytes, kChunkBytes<R>, scratch.stage, {}, panel);
            }
        }
        for (int t = 0, c = 0; t < tiles; ++t) {
            const int n = width + (t < wider);
            ActChunk acts[kTileColumns<V, R>];
            for (int j = 0; j < n; ++j) load_acts<V, R>(m, column_of(m, c0 + c + j), block, count, &acts[j]);
            for (int j = c + n; j < c + 2 * n && j < columns; ++j) prefetch_acts(m, column_of(m, c0 + j), block);
            if (columns >= kManyColumns && t >= late) {
                const size_t after = block + 8 < blocks ? static_cast<size_t>(block / 8 + 1) * kChunkBytes<R> : next;
                for (int64_t r = rows * (t - late) / (tiles - late); r < rows * (t - late + 1) / (tiles - late); ++r)
                    prefetch_chunk<R>(m->w + static_cast<size_t>(row + r) * m->row_bytes + after);
            }
            for (int64_t r = 0; r < rows; r += kPanelRows) {
                const Panel<V, R>* panel = scratch.panel[r / kPanelRows];
                auto* acc = scratch.acc[r / kPanelRows] + c;
                if (block == 0) memset(acc, 0, static_cast<size_t>(n) * sizeof *acc);
                if (rows - r > V::kRows)
                    tile_of<V, R, 2, kTileColumns<V, R>>(n, panel, acts, count, acc);
                else
                    tile_of<V, R, 1, kTileColumns<V, R>>(n, panel, acts, count, acc);
                if (block + 8 >= blocks)
                    for (int j = 0; j < n; ++j)
                        store_rows<V>(acc[j], rows - r < kPanelRows ? rows - r : kPanelRows,
                                      m->out + (c0 + c + j) * m->out_stride + row + r);
            }
            c += n;
        }
    }
}

template <class V, class Reader>
void quant_matmul(const Matmul* m) {
    using R = typename PanelReaderOf<V, Reader>::Type;
    static_assert(sizeof(MatmulScratch<V, R>) <= kMatmulScratch);
    if (m->n == 1) return quant_matvec<V, OneColumn<Reader>>(m);
    if (quant_few_columns<V, Reader>(m)) return;
    const int64_t parts = (m->n + kPanelColumns - 1) / kPanelColumns;
    const int64_t together = (m->n < kFewColumns ? 1 : kPanels) * kGroups * V::kRows;
    int64_t c = 0;
    for (int64_t t = 0; t < parts; ++t) {
        const int64_t columns = (m->n - c + parts - t - 1) / (parts - t);
        for (int64_t row = 0; row < m->rows; row += together) {
            const int64_t rows = m->rows - row < together ? m->rows - row : together;
            matmul_panels<V, R>(m, row, rows, c, static_cast<int>(columns),
                                static_cast<size_t>(together) * m->row_bytes);
        }
        c += columns;
    }
}

// Sets the matrix products of all block formats.
template <class V>
void fill_quant_matmul(Kernels* k) {
    k->matmul[kIQ1_S] = quant_matmul<V, GridReader<V, FormatIQ1_S>>;
    k->matmul[kIQ1_M] = quant_matmul<V, GridReader<V, FormatIQ1_M>>;
    k->matmul[kIQ2_XXS] = quant_matmul<V, GridReader<V, FormatIQ2_XXS>>;
    k->matmul[kIQ2_XS] = quant_matmul<V, GridReader<V, FormatIQ2_XS>>;
    k->matmul[kIQ2_S] = quant_matmul<V, GridReader<V, FormatIQ2_S>>;
    k->matmul[kIQ3_XXS] = quant_matmul<V, GridReader<V, FormatIQ3_XXS>>;
    k->matmul[kIQ3_S] = quant_matmul<V, GridReader<V, FormatIQ3_S>>;
    k->matmul[kQ4_0] = quant_matmul<V, NibbleReader<V, FormatQ4_0>>;
    k->matmul[kQ4_1] = quant_matmul<V, NibbleReader<V, FormatQ4_1>>;
    k->matmul[kQ5_0] = quant_matmul<V, FiveBitReader<V, FormatQ5_0>>;
    k->matmul[kQ5_1] = quant_matmul<V, FiveBitReader<V, FormatQ5_1>>;
    k->matmul[kQ8_0] = quant_matmul<V, ByteReader<V, FormatQ8_0>>;
    k->matmul[kIQ4_NL] = quant_matmul<V, CodebookReader<V, FormatIQ4_NL>>;
    k->matmul[kIQ4_XS] = quant_matmul<V, Iq4XsReader<V>>;
    k->matmul[kMXFP4] = quant_matmul<V, Mxfp4Reader<V>>;
    k->matmul[kNVFP4] = quant_matmul<V, Nvfp4Reader<V>>;
    k->matmul[kQ1_0] = quant_matmul<V, Q1Reader<V>>;
    k->matmul[kQ2_0] = quant_matmul<V, Q2Reader<V>>;
    k->matmul[kQ8_K] = quant_matmul<V, Q8KReader<V>>;
    k->matmul[kTQ1_0] = quant_matmul<V, Tq1Reader<V>>;
    k->matmul[kTQ2_0] = quant_matmul<V, Tq2Reader<V>>;
    k->matmul[kQ2_K] = quant_matmul<V, Q2KReader<V>>;
    k->matmul[kQ3_K] = quant_matmul<V, Q3KReader<V>>;
    k->matmul[kQ4_K] = quant_matmul<V, Q4KReader<V>>;
    k->matmul[kQ5_K] = quant_matmul<V, Q5KReader<V>>;
    k->matmul[kQ6_K] = quant_matmul<V, Q6KReader<V>>;
}

}  // namespace
}  // namespace thimble
