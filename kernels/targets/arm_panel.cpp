// SPDX-License-Identifier: MIT
// The part of matrix products on ARM that all tiers share: unpacking of panels and the loops around the tiles.
#if defined(__aarch64__) || defined(__ARM_NEON)
#include "kernels/micro/arm_panel.h"

#include "kernels/isa/neon_stage.h"

namespace thimble {
namespace {

template <class F>
constexpr ArmTile tile_of() {
    constexpr int q = F::kQuantMax > -F::kQuantMin ? F::kQuantMax : -F::kQuantMin;
    if (F::kFloatScalePerHalf) return kTileHalfFloat;
    if (F::kMinimum == Minimum::kHalf) return kTileHalfMin;
    if (F::kScalePerHalf) return q * 127 * 8 < 32768 ? kTileHalfNarrow : kTileHalfWide;
    if (F::kMinimum == Minimum::kBlock) return q * 127 * 16 < 32768 ? kTileNarrowMin : kTileMediumMin;
    return q * 127 * 16 < 32768 ? kTileNarrow : kTileWide;
}

template <class F>
void fill_vector(const typename F::Block* const* b, int base, int8_t* q, ArmPanel* p) {
    using N = NeonFormat<F>;
    float* dw = p->dw + base * kPanelRows;
    float* m = p->m + (F::kMinimum == Minimum::kHalf ? 2 * base : base) * kPanelRows;
    int32_t* sc = p->sc + 2 * base * kPanelRows;
    N::template scales<kPanelRows>(b, dw, m, sc);
    N::template scales<kPanelRows>(b + 4, dw + 4, m + 4, sc + 4);
    for (int r = 0; r < kPanelRows; r += 2) {  // two rows at a time for stores of two registers
        for (int run = 0; run < N::kRuns; ++run) {
            const auto both = [&]<int unit>() {
                int8x16_t v[2 * N::kUnitSubs], u[2 * N::kUnitSubs];
                N::template unpack<unit>(b[r], run, v);
                N::template unpack<unit>(b[r + 1], run, u);
                THIMBLE_UNROLL
                for (int i = 0; i < 2 * N::kUnitSubs; ++i) {
                    int8_t* to = q + (2 * (base + N::sub(run, unit, i / 2)) + i % 2) * kPanelRows * 16 + r * 16;
                    const int8x16_t x = vsubq_s8(v[i], vdupq_n_s8(N::kBias)), y = vsubq_s8(u[i], vdupq_n_s8(N::kBias));
                    vst1q_s8(to, x);
                    vst1q_s8(to + 16, y);
                }
            };
            both.template operator()<0>();
            if constexpr (N::kUnits == 2) both.template operator()<1>();
        }
    }
}

static_assert(kStageRows == kPanelRows);
template <class F>
void fill_rows(const typename F::Block* const* b, int base, int8_t* q, ArmPanel* p) {
    using N = NeonStage<F>;
    for (int r = 0; r < kPanelRows; ++r) N::row(b[r], q + 2 * base * kStageHalf + r * 16);
    for (int r = 0; r < kPanelRows; r += 4)
        N::scales(b + r, p->dw + (F::kFloatScalePerHalf ? 2 * base : base) * kPanelRows + r,
                  p->sc + 2 * base * kPanelRows + r);
}

template <class F>
void fill(const uint8_t* const* w, int subs, int8_t* rows, ArmPanel* p) {
    constexpr int kSubs = F::kBlock / 32;
    for (int base = 0; base < subs; base += kSubs) {
        const typename F::Block* b[kPanelRows];
        for (int r = 0; r < kPanelRows; ++r) b[r] = reinterpret_cast<const typename F::Block*>(w[r]) + base / kSubs;
        if constexpr (NeonFormat<F>::kVector) {
            fill_vector<F>(b, base, rows, p);
        } else {
            fill_rows<F>(b, base, rows, p);
        }
    }
}

template <class F>
struct Entry {
    static constexpr ArmFormat kFormat = {fill<F>, F::kBlock, F::kBytes, tile_of<F>()};
};

struct Table {
    const ArmFormat* at[kTypeCount];
};
template <class F>
constexpr void enter(Table* t) {
    if constexpr (!F::kDense) t->at[F::kId] = &Entry<F>::kFormat;
}
constexpr Table make_table() {
    Table t{};
#define THIMBLE_FORMAT(name, id, block, bytes) enter<Format##name>(&t);
#include "kernels/formats/formats.def"
#undef THIMBLE_FORMAT
    return t;
}
constexpr Table kTable = make_table();

struct alignas(64) Scratch {
    ArmPanel panel;
    ArmColumns columns;
    int8_t rows[kPanelSubs * kPanelRows * 32];
    int8_t packed[kPanelCols * kPanelSubs * kPackedSub];
    float acc[kPanelGroups][kPanelCols * kPanelRows];
};
static_assert(sizeof(Scratch) <= kMatmulScratch && kPanelCols % 4 == 0);

// Four columns' numbers, v[column] of four sub-blocks, to [sub-block][column]; rows of the result are kPanelCols apart.
void store_turned(const f4* v, float* to) {
    const float32x4x2_t even = vzipq_f32(v[0], v[2]), odd = vzipq_f32(v[1], v[3]);
    const float32x4x2_t first = vzipq_f32(even.val[0], odd.val[0]), second = vzipq_f32(even.val[1], odd.val[1]);
    f4_store(to, first.val[0]);
    f4_store(to + kPanelCols, first.val[1]);
    f4_store(to + 2 * kPanelCols, second.val[0]);
    f4_store(to + 3 * kPanelCols, second.val[1]);
}

// Columns [c0, c0 + columns) over sub-blocks [j0, j0 + subs), four columns at a time.
void prepare_columns(const Matmul* m, int64_t c0, int columns, int64_t j0, int subs, ArmTile tile, ArmColumns* out) {
    const bool one_minimum = tile == kTileNarrowMin || tile == kTileMediumMin;
    for (int c = 0; c < columns; c += 4) {
        const float* d[4];
        const int16_t* s[4];
        THIMBLE_UNROLL
        for (int i = 0; i < 4; ++i) {
            const int64_t index = c0 + c + i < m->n ? c0 + c + i : m->n - 1, column = m->col ? m->col[index] : index;
            out->q[c + i] = m->acts.q + column * m->acts.q_stride + j0 * 32;
            d[i] = m->acts.d + column * m->acts.d_stride + j0;
            s[i] = m->acts.s + column * m->acts.s_stride + 2 * j0;
        }
        int j = 0;
        for (; j + 4 <= subs; j += 4) {
            f4 v[4];
            THIMBLE_UNROLL
            for (int i = 0; i < 4; ++i) v[i] = f4_load(d[i] + j);
            store_turned(v, out->d[j] + c);
            if (!one_minimum) continue;
            THIMBLE_UNROLL
            for (int i = 0; i < 4; ++i) v[i] = f4_mul(v[i], f4_of(vpaddlq_s16(vld1q_s16(s[i] + 2 * j))));
            store_turned(v, out->ds[j] + c);
        }
        for (; j < subs; ++j) {
            for (int i = 0; i < 4; ++i) {
                out->d[j][c + i] = d[i][j];
                if (one_minimum) out->ds[j][c + i] = d[i][j] * static_cast<float>(s[i][2 * j] + s[i][2 * j + 1]);
            }
        }
        if (tile != kTileHalfMin) continue;
        for (int h = 0; h < 2 * subs; ++h)
            for (int i = 0; i < 4; ++i) out->ds[h][c + i] = d[i][h >> 1] * static_cast<float>(s[i][h]);
    }
}

void store_columns(const Matmul* m, const float* acc, int64_t c0, int columns, int64_t r0, int rows) {
    for (int c = 0; c < columns; ++c)
        memcpy(m->out + (c0 + c) * m->out_stride + r0, acc + c * kPanelRows, sizeof(float) * static_cast<size_t>(rows));
}

}  // namespace

const ArmFormat* arm_format(TypeId id) { return kTable.at[id]; }

void arm_panel_matmul(const Matmul* m, const ArmFormat* f, const ArmTier* tier) {
    auto* s = static_cast<Scratch*>(m->scratch);
    const ArmTileFn tile = tier->tile[f->tile];
    const int64_t all_subs = m->k / 32;
    const int64_t passes = (m->n + kPanelCols - 1) / kPanelCols, share = ((m->n + passes - 1) / passes + 3) & ~3;
    for (int64_t r0 = 0; r0 < m->rows; r0 += kPanelGroups * kPanelRows) {
        const int64_t rows = m->rows - r0 < kPanelGroups * kPanelRows ? m->rows - r0 : kPanelGroups * kPanelRows;
        const int groups = static_cast<int>((rows + kPanelRows - 1) / kPanelRows);
        for (int64_t c0 = 0; c0 < m->n; c0 += share) {
            const int real = static_cast<int>(m->n - c0 < share ? m->n - c0 : share), columns = (real + 3) & ~3;
            for (int g = 0; g < groups; ++g)
                memset(s->acc[g], 0, sizeof(float) * static_cast<size_t>(columns * kPanelRows));
            for (int64_t j0 = 0; j0 < all_subs; j0 += kPanelSubs) {
                const int subs = static_cast<int>(all_subs - j0 < kPanelSubs ? all_subs - j0 : kPanelSubs);
                prepare_columns(m, c0, columns, j0, subs, f->tile, &s->columns);
                if (tier->pack) tier->pack(&s->columns, columns, subs, s->packed);
                const size_t offset = static_cast<size_t>(j0) * 32 / f->block * f->bytes;
                for (int g = 0; g < groups; ++g) {
                    const uint8_t* w[kPanelRows];  // rows past the last one are copies of it
                    for (int i = 0; i < kPanelRows; ++i) {
                        const int64_t r = g * kPanelRows + i < rows ? r0 + g * kPanelRows + i : m->rows - 1;
                        w[i] = m->w + static_cast<size_t>(r) * m->row_bytes + offset;
                    }
                    f->fill(w, subs, tier->arrange ? s->rows : s->panel.q, &s->panel);
                    if (tier->arrange) tier->arrange(s->rows, subs, f->tile, &s->panel);
                    tile(&s->panel, subs, &s->columns, s->packed, columns, s->acc[g]);
                }
            }
            for (int g = 0; g < groups; ++g) {
                const int left = static_cast<int>(rows) - g * kPanelRows;
                if (tier->finish) {
                    for (int c = 0; c < columns; c += 4) tier->finish(s->acc[g] + c * kPanelRows);
                }
                store_columns(m, s->acc[g], c0, real, r0 + g * kPanelRows, left < kPanelRows ? left : kPanelRows);
            }
        }
    }
}

void arm_staged_row(const Matmul* m, const ArmFormat* f, ArmColumnFn column) {
    auto* s = static_cast<Scratch*>(m->scratch);
    const int64_t all_subs = m->k / 32, c = m->col ? m->col[0] : 0;
    const int8_t* q = m->acts.q + c * m->acts.q_stride;
    const float* d = m->acts.d + c * m->acts.d_stride;
    for (int64_t r0 = 0; r0 < m->rows; r0 += kPanelRows) {
        const int64_t rows = m->rows - r0 < kPanelRows ? m->rows - r0 : kPanelRows;
        const uint8_t* w[kPanelRows];  // rows past the last one are copies of it
        for (int i = 0; i < kPanelRows; ++i)
            w[i] = m->w + static_cast<size_t>(r0 + (i < rows ? i : rows - 1)) * m->row_bytes;
        float acc[kPanelRows] = {};
        for (int64_t j0 = 0; j0 < all_subs; j0 += kPanelSubs) {
            const int subs = static_cast<int>(all_subs - j0 < kPanelSubs ? all_subs - j0 : kPanelSubs);
            f->fill(w, subs, s->panel.q, &s->panel);
            column(&s->panel, subs, q + 32 * j0, d + j0, acc);
            for (int i = 0; i < kPanelRows; ++i) w[i] += kPanelSubs * 32 / f->block * f->bytes;
        }
        memcpy(m->out + r0, acc, sizeof(float) * static_cast<size_t>(rows));
    }
}

}  // namespace thimble
#endif
