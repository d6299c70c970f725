#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: bench/arm/mca.sh BUILD      BUILD: a build of the AArch64 library (build-aarch64)
# Cycles per 256 weights and column that llvm-mca estimates for the hot loops of matrix products: one column (decode)
# and tiles (prefill), cut out of BUILD's own object files. A loop is found by its backward branch: of the functions of
# a format the loop with the most products, together with the loop over blocks around it where a block is 256 weights
# (scales are unpacked there). Its weights follow from its multiply instructions. Loads are taken to hit the first
# cache. LLVM 14 has one model for Cortex-A57, A72 and A76.
set -u
[ $# = 1 ] || { sed -n 3p "$0"; exit 2; }
objects=$1/CMakeFiles/thimble.dir/kernels/targets
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# cut OBJECT PATTERN PRODUCTS: the trace of the loop of the functions whose demangled names match PATTERN, after a line
# "PRODUCTS INSTRUCTIONS"; PRODUCTS: of one turn of the loop over blocks, 0: the inner loop alone.
cut_loop() {
    aarch64-linux-gnu-objdump -d -C --no-show-raw-insn "$objects/$1.cpp.o" | awk -v pattern="$2" -v whole="$3" '
    function products(line) {
        if (line ~ /^(smull|smlal)2? v[0-9]+\.8h/) return 8
        if (line ~ /^sdot /) return 16
        return line ~ /^smmla / ? 32 : 0
    }
    function sum(from, to,   i, s) { for (i = from; i <= to; ++i) s += products(text[i]); return s + 0 }
    function flush(   i, t, from, s, b, inner, p) {  # the loops of one function
        for (i = 1; i <= n; ++i) {
            if (text[i] !~ /^(b|b\.[a-z]+|cbn?z|tbn?z) .*[0-9a-f]+ </) continue
            t = text[i]; sub(/ <.*/, "", t); sub(/.* /, "", t)
            if (!(t in number) || number[t] > i) continue
            from = number[t]; s = sum(from, i)
            loop_from[++loops] = from; loop_to[loops] = i
            for (b = inner = 1; b < loops; ++b)  # no product in a loop of its own
                if (loop_from[b] >= from && loop_to[b] <= i && sum(loop_from[b], loop_to[b]) > 0) inner = 0
            if (inner && s > best) {
                best = s; best_from = from; best_to = i; keep = 1
            }
        }
        if (keep) {
            p = 0
            if (whole > best)
                for (b = 1; b <= loops; ++b)
                    if (loop_from[b] <= best_from && loop_to[b] >= best_to && loop_to[b] - loop_from[b] > best_to - best_from &&
                        (!p || loop_to[b] - loop_from[b] < loop_to[p] - loop_from[p])) p = b
            out = ""; lines = 0; total = 0
            from = p ? loop_from[p] : best_from; i = p ? loop_to[p] : best_to
            turns = p ? (whole - sum(from, i) + best) / best : 1
            for (b = from; b <= i; ++b) {
                if (b == best_from) for (t = 1; t < turns; ++t) for (s = best_from; s <= best_to; ++s) emit(text[s])
                emit(text[b])
            }
        }
        n = loops = keep = 0; delete number
    }
    function emit(line) {
        total += products(line); ++lines
        sub(/ *\/\/.*/, "", line); sub(/[0-9a-f]+ <.*>/, "L", line)
        out = out line "\n"
    }
    /^[0-9a-f]+ <.*>:$/ { flush(); wanted = $0 ~ pattern; next }
    wanted && /^ +[0-9a-f]+:/ {
        address = $1; sub(/:/, "", address)
        line = $0; sub(/^ +[0-9a-f]+:[ \t]+/, "", line); gsub(/\t/, " ", line)
        text[++n] = line; number[address] = n
    }
    END { flush(); if (best) printf "%d %d\n%s", total, lines, out }'
}

# cycles CPU TRACE TURNS
cycles() {
    { echo "L:"; tail -n +2 "$2"; } | llvm-mca -march=aarch64 -mcpu="$1" -mattr=+dotprod,+i8mm -iterations=50 2> "$work/errors" |
        awk '/^Total Cycles:/ { print $3 / 50 }'
}

# row TIER LOOP FORMAT OBJECT PATTERN PRODUCTS CPU...
row() {
    local tier=$1 kind=$2 format=$3 object=$4 pattern=$5 whole=$6 cpu c out
    shift 6
    cut_loop "$object" "$pattern" "$whole" > "$work/trace"
    read -r products instructions < "$work/trace" || { echo "no loop for $tier $kind $format" >&2; exit 1; }
    out=
    for cpu in cortex-a53 cortex-a72 cortex-a76; do
        c=-
        case " $* " in *" $cpu "*) c=$(cycles "$cpu" "$work/trace" | awk -v p="$products" '{ printf "%.1f", $1 * 256 / p }') ;; esac
        out="$out $c |"
    done
    awk -v n="$instructions" -v p="$products" -v h="| $tier | $kind | $format |" -v o="$out" \
        'BEGIN { printf "%s %.1f |%s\n", h, n * 256 / p, o }'
}

printf '| tier | loop | format | instructions | A53 | A72 | A76 |\n|---|---|---|---:|---:|---:|---:|\n'
for format in Q4_0 Q4_K Q6_K Q8_0; do
    whole=0
    case $format in *_K) whole=1024 ;; esac  # four rows of a block
    row neon decode $format neon "Format$format[,>]" $whole cortex-a53 cortex-a72
    row dotprod decode $format neon_dotprod "Format$format[,>]" $whole cortex-a76
done
# The tiles by their numbers: ArmTile of arm_panel.h, TileKind of dotprod_tiles.h.
while read -r format narrow kind; do
    row neon prefill "$format" neon "neon_tile<.*ArmTile\\)$narrow>" 0 cortex-a53 cortex-a72
    row dotprod prefill "$format" neon_dotprod "dotprod_tile<.*TileKind\\)$kind>" 0 cortex-a76
done << END
Q4_0 0 0
Q4_K 2 1
Q6_K 4 2
Q8_0 1 0
END
