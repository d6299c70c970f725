// SPDX-License-Identifier: MIT
// Searches for the scales and minima that encode floats with the least squared error. All in double, so that the
// largest and the smallest floats need no care; not for the hot path.
// Internal linkage: see kernels/micro/half.h.
#pragma once
#include "kernels/micro/half.h"

namespace thimble {
namespace {

// NaN encodes as 0, an infinity as the largest float.
inline void load_finite(const float* x, int n, double* out) {
    for (int i = 0; i < n; ++i) {
        const double v = x[i], top = 0x1.fffffep+127;
        out[i] = v > top ? top : v < -top ? -top : v == v ? v : 0;
    }
}

// The nearest f16 that is finite.
inline uint16_t to_f16_scale(double v) {
    return f32_to_f16(static_cast<float>(v > 65504 ? 65504 : v < -65504 ? -65504 : v));
}

// v rounded to the nearest integer, ties to even, within [low, high].
inline int nearest_int(double v, int low, int high) {
    if (!(v > low)) return low;
    if (v > high) return high;
    return static_cast<int>((v + 0x1.8p52) - 0x1.8p52);
}

// q for x ~ scale * q + minimum. Returns the squared error.
inline double quantize_linear(const double* x, int n, double scale, double minimum, int low, int high, int8_t* q) {
    const double inverse = scale != 0 ? 1 / scale : 0;
    double error = 0;
    for (int i = 0; i < n; ++i) {
        const int v = scale != 0 ? nearest_int((x[i] - minimum) * inverse, low, high) : nearest_int(0, low, high);
        const double rest = x[i] - minimum - scale * v;
        error += rest * rest;
        q[i] = static_cast<int8_t>(v);
    }
    return error;
}

// The best codes of a format for one scale, as a rule for fit_scale.
struct LinearCodes {
    int low, high;
    int operator()(double v) const { return nearest_int(v, low, high); }
};

// The scale s that makes sum (x - s * code(x / s))^2 small; code() has values in [code.low, code.high]. Tries scales that
// put the largest value at either end of the codes and around it, each corrected by least squares.
template <class Code>
inline double fit_scale(const double* x, int n, const Code& code) {
    double extreme = 0;
    for (int i = 0; i < n; ++i) {
        if ((x[i] < 0 ? -x[i] : x[i]) > (extreme < 0 ? -extreme : extreme)) extreme = x[i];
    }
    if (extreme == 0) return 0;
    double best = extreme / code.low, best_gain = -1;
    const auto consider = [&](double scale) {
        const double inverse = 1 / scale;
        double xq = 0, qq = 0;
        for (int i = 0; i < n; ++i) {
            const double q = code(x[i] * inverse);
            xq += x[i] * q;
            qq += q * q;
        }
        if (qq > 0 && xq * (xq / qq) > best_gain) {  // the error is sum x^2 less this
            best_gain = xq * (xq / qq);
            best = xq / qq;
        }
    };
    const int ends[2] = {code.low, code.high};
    for (const int end : ends) {
        for (int step = -8; step <= 24; ++step) consider(extreme / end * (1 - 0.0125 * step));
    }
    for (int pass = 0; pass < 3; ++pass) consider(best);
    return best;
}

struct Line {
    double scale, minimum;
};

// Least squares of x ~ scale * q + minimum for given q; false if they leave the scale open or turn it round.
inline bool solve_line(const double* x, const int8_t* q, int n, bool minimum_not_above_zero, Line* out) {
    double sq = 0, sqq = 0, sx = 0, sxq = 0;
    for (int i = 0; i < n; ++i) {
        sq += q[i];
        sqq += q[i] * q[i];
        sx += x[i];
        sxq += x[i] * q[i];
    }
    const double determinant = n * sqq - sq * sq;
    if (determinant <= 0) return false;
    out->scale = (n * sxq - sq * sx) / determinant;
    out->minimum = (sx - out->scale * sq) / n;
    if (minimum_not_above_zero && out->minimum > 0) *out = {sxq / sqq, 0};
    return out->scale > 0;
}

// The line x ~ scale * q + minimum, q in [0, high], of small squared error. Tries ranges of codes that clip some of
// either end, each corrected by least squares.
inline Line fit_line(const double* x, int n, int high, bool minimum_not_above_zero) {
    double low_x = x[0], high_x = x[0];
    for (int i = 1; i < n; ++i) {
        low_x = x[i] < low_x ? x[i] : low_x;
        high_x = x[i] > high_x ? x[i] : high_x;
    }
    if (minimum_not_above_zero && low_x > 0) low_x = 0;
    if (low_x >= high_x) return {0, low_x};
    const double range = high_x - low_x;
    Line best = {range / high, low_x};
    int8_t q[32];
    double best_error = quantize_linear(x, n, best.scale, best.minimum, 0, high, q);
    const auto consider = [&](Line line) {
        quantize_linear(x, n, line.scale, line.minimum, 0, high, q);
        if (!solve_line(x, q, n, minimum_not_above_zero, &line)) return;
        const double error = quantize_linear(x, n, line.scale, line.minimum, 0, high, q);
        if (error < best_error) {
            best_error = error;
            best = line;
        }
    };
    for (int a = -1; a < 5; ++a) {
        for (int b = -1; b < 5; ++b) consider({range * (1 - 0.04 * (a + b)) / high, low_x + range * 0.04 * a});
    }
    for (int pass = 0; pass < 3; ++pass) consider(best);
    return best;
}

// 256 weights in groups: x ~ d * scale_g * q - dmin * min_g, with scales and minima of a few bits.
struct LineGroups {
    uint16_t d, dmin;  // f16
    int scale[16], min[16];
    int8_t q[256];
};

// Integer scales and minima for given d and dmin: the neighbours of the nearest are tried too. Returns the error.
inline double quantize_line_groups(const double* x, int size, const Line* lines, int high, int top, LineGroups* out) {
    const double d = f16_to_f32(out->d), dmin = f16_to_f32(out->dmin);
    double total = 0;
    for (int g = 0; g < 256 / size; ++g, x += size) {
        const int scale = d > 0 ? nearest_int(lines[g].scale / d, 0, top) : 0;
        const int min = dmin > 0 ? nearest_int(-lines[g].minimum / dmin, 0, top) : 0;
        double best = -1;
        for (int ds = -1; ds <= 1; ++ds) {
            for (int dm = -1; dm <= 1; ++dm) {
                const int s = scale + ds, m = min + dm;
                if (s < 0 || s > top || m < 0 || m > top) continue;
                int8_t q[32];
                const double error = quantize_linear(x, size, d * s, -(dmin * m), 0, high, q);
                if (best >= 0 && error >= best) continue;
                best = error;
                out->scale[g] = s;
                out->min[g] = m;
                memcpy(out->q + g * size, q, static_cast<size_t>(size));
            }
        }
        total += best;
    }
    return total;
}

// d and dmin by least squares for the integers of `groups`. False if they are not determined.
inline bool solve_line_groups(const double* x, int size, const LineGroups& groups, double* d, double* dmin) {
    double aa = 0, ab = 0, bb = 0, xa = 0, xb = 0;
    for (int i = 0; i < 256; ++i) {
        const double a = groups.scale[i / size] * groups.q[i], b = -groups.min[i / size];
        aa += a * a;
        ab += a * b;
        bb += b * b;
        xa += x[i] * a;
        xb += x[i] * b;
    }
    const double determinant = aa * bb - ab * ab;
    if (determinant <= 0) return false;
    *d = (xa * bb - xb * ab) / determinant;
    *dmin = (xb * aa - xa * ab) / determinant;
    return *d > 0 && *dmin > 0;
}

// size: weights a group (16 or 32); q in [0, high]; scales and minima in [0, top].
inline void fit_line_groups(const float* weights, int size, int high, int top, LineGroups* out) {
    double x[256], d = 0, dmin = 0;
    Line lines[16];
    load_finite(weights, 256, x);
    for (int g = 0; g < 256 / size; ++g) {
        lines[g] = fit_line(x + g * size, size, high, true);
        d = lines[g].scale > d ? lines[g].scale : d;
        dmin = -lines[g].minimum > dmin ? -lines[g].minimum : dmin;
    }
    out->d = to_f16_scale(d / top);
    out->dmin = to_f16_scale(dmin / top);
    double error = quantize_line_groups(x, size, lines, high, top, out);
    for (int pass = 0; pass < 3 && solve_line_groups(x, size, *out, &d, &dmin); ++pass) {
        LineGroups next;
        next.d = to_f16_scale(d);
        next.dmin = to_f16_scale(dmin);
        const double next_error = quantize_line_groups(x, size, lines, high, top, &next);
        if (next_error >= error) break;
        error = next_error;
        *out = next;
    }
}

// 256 weights in groups of 16 or 32: x ~ d * scale_g * q.
struct ScaleGroups {
    uint16_t d;  // f16
    int scale[16];
    int8_t q[256];
};

// q for x ~ scale * q by any rule of codes. Returns the squared error.
template <class Code>
inline double quantize_codes(const double* x, int n, double scale, const Code& code, int8_t* q) {
    const double inverse = scale != 0 ? 1 / scale : 0;
    double error = 0;
    for (int i = 0; i < n; ++i) {
        const int v = code(x[i] * inverse);
        const double rest = x[i] - scale * v;
        error += rest * rest;
        q[i] = static_cast<int8_t>(v);
    }
    return error;
}

template <class Code>
inline double quantize_scale_groups(const double* x, int size, const double* scales, const Code& codes,
                                    const LinearCodes& scale_codes, ScaleGroups* out) {
    const double d = f16_to_f32(out->d);
    double total = 0;
    for (int g = 0; g < 256 / size; ++g, x += size) {
        const int nearest = d != 0 ? scale_codes(scales[g] / d) : 0;
        double best = -1;
        for (int s = nearest - 1; s <= nearest + 1; ++s) {
            if (s < scale_codes.low || s > scale_codes.high) continue;
            int8_t q[32];
            const double error = quantize_codes(x, size, d * s, codes, q);
            if (best >= 0 && error >= best) continue;
            best = error;
            out->scale[g] = s;
            memcpy(out->q + g * size, q, static_cast<size_t>(size));
        }
        total += best;
    }
    return total;
}

// size: weights a group (16 or 32); q by the rule `codes`, integer scales within scale_codes.
template <class Code>
inline void fit_scale_groups(const float* weights, int size, const Code& codes, const LinearCodes& scale_codes,
                             ScaleGroups* out) {
    double x[256], scales[16], largest = 0;
    load_finite(weights, 256, x);
    for (int g = 0; g < 256 / size; ++g) {
        scales[g] = fit_scale(x + g * size, size, codes);
        if ((scales[g] < 0 ? -scales[g] : scales[g]) > (largest < 0 ? -largest : largest)) largest = scales[g];
    }
    out->d = to_f16_scale(largest / scale_codes.low);
    double error = quantize_scale_groups(x, size, scales, codes, scale_codes, out);
    for (int pass = 0; pass < 3; ++pass) {
        double xa = 0, aa = 0;
        for (int i = 0; i < 256; ++i) {
            const double a = out->scale[i / size] * out->q[i];
            xa += x[i] * a;
            aa += a * a;
        }
        if (aa <= 0) return;
        ScaleGroups next;
        next.d = to_f16_scale(xa / aa);
        const double next_error = quantize_scale_groups(x, size, scales, codes, scale_codes, &next);
        if (next_error >= error) return;
        error = next_error;
        *out = next;
    }
}

}  // namespace
}  // namespace thimble
