#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: bench/compare.sh THIMBLE PEER_LLAMA_BENCH MODEL.gguf [ROUNDS] [BENCH OPTIONS...]
# Runs `thimble bench` and a peer's llama-bench in alternation (A B A B ...), each round one repetition, so that both meet
# the same neighbours; prints medians, their ratio and, for ours, the share of the roof measured in the same run.
# Options go to both and must be ones that both know: -p -n -d -t (defaults: -p 512 -n 64 -t 2).
# llama.cpp's llama-bench maps the file only with "-lm mmap"; PEER_OPTIONS overrides that default (older forks: "-mmp 1").
set -eu
[ $# -ge 3 ] || { sed -n 3,4p "$0" | cut -c3-; exit 2; }
ours=$1 peer=$2 model=$3 rounds=${4:-5}
shift $(($# < 4 ? $# : 4))
[ $# -gt 0 ] || set -- -p 512 -n 64 -t 2
peer_options=${PEER_OPTIONS--lm mmap}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Rows "SIDE TEST VALUE ROOF_PERCENT".
for round in $(seq 1 "$rounds"); do
    "$ours" bench -m "$model" "$@" -r 1 -o json 2> /dev/null | tr '}' '\n' |
        sed -n 's/.*"test":"\([^"]*\)","avg_ts":\([0-9.]*\).*"roof_percent":\([0-9.nul]*\).*/A \1 \2 \3/p' >> "$work/rows"
    # shellcheck disable=SC2086
    "$peer" -m "$model" "$@" -r 1 -o json $peer_options 2> /dev/null | tr -d '\n' | sed 's/}, *{/}\n{/g' | awk '{
        p = n = d = v = 0
        if (match($0, /"n_prompt": *[0-9]+/)) p = substr($0, RSTART, RLENGTH)
        if (match($0, /"n_gen": *[0-9]+/)) n = substr($0, RSTART, RLENGTH)
        if (match($0, /"n_depth": *[0-9]+/)) d = substr($0, RSTART, RLENGTH)
        if (match($0, /"avg_ts": *[0-9.]+/)) v = substr($0, RSTART, RLENGTH)
        gsub(/[^0-9]/, "", p); gsub(/[^0-9]/, "", n); gsub(/[^0-9]/, "", d); sub(/.*: */, "", v)
        name = (p > 0 ? "pp" p : "tg" n) (d > 0 ? "@d" d : "")
        if (v > 0) print "B", name, v, "-"
    }' >> "$work/rows"
    echo "round $round of $rounds" >&2
done
echo "| test | thimble t/s | of the roof | peer t/s | ratio |"
echo "|---|---:|---:|---:|---:|"
cut -d' ' -f2 "$work/rows" | awk '!seen[$0]++' | while read -r test; do
    median() { awk -v s="$1" -v t="$test" -v f="$2" '$1 == s && $2 == t && $f + 0 > 0 { print $f }' "$work/rows" | sort -n |
        awk '{ v[NR] = $1 } END { if (NR) print (NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2); else print 0 }'; }
    a=$(median A 3) b=$(median B 3) roof=$(median A 4)
    awk -v t="$test" -v a="$a" -v b="$b" -v r="$roof" 'BEGIN {
        share = (r > 0 ? sprintf("%.0f %%", r) : ""); ratio = (b > 0 ? sprintf("%.2f", a / b) : "")
            printf("| %s | %.1f | %s | %.1f | %s |\n", t, a, share, b, ratio) }'
done
