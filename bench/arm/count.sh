#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: bench/arm/count.sh PLUGIN PROGRAM MODEL...
# Executed instructions a token under qemu-user, by a plugin that prints "instructions N" (the sum of the sizes of all
# executed translation blocks, in instructions); PROGRAM: thimble for AArch64 or ARMv7, linked statically. Decode is the
# difference of 2 and 6 tokens, prefill the difference of a short and a long prompt, both over the number of tokens, one
# thread: start-up and loading cancel out. MODEL: probe-*.gguf of bench_make_model. TIERS="neon dotprod" restricts the
# tiers.
set -u
[ $# -ge 3 ] || { sed -n 3p "$0"; exit 2; }
plugin=$1 program=$2
shift 2
case $(od -An -j18 -N2 -tu2 "$program" | tr -d ' ') in  # the machine of an ELF file
40) emulator=qemu-arm all="scalar neon" ;;
183) emulator=qemu-aarch64 all="scalar neon dotprod i8mm" ;;
*) echo "$program: not a program for ARM" >&2; exit 2 ;;
esac

# count CPU OPTION... : executed instructions of one run
count() {
    local cpu=$1
    shift
    $emulator -cpu "$cpu" -plugin "$plugin" -d plugin -D /dev/stdout "$program" "$@" 2> /dev/null |
        grep -a -o 'instructions [0-9]*' | tail -1 | cut -d' ' -f2
}
words() { for ((i = 0; i < $1; ++i)); do printf 'a '; done; }
tokens() { $emulator "$program" tokenize -m "$1" -p "$2" | wc -w; }

printf '| tier | model | decode, M | prefill, M |\n|---|---|---:|---:|\n'
for tier in ${TIERS:-$all}; do
    case $emulator-$tier in
    *arm-*) cpu=cortex-a15 ;;
    *-neon) cpu=cortex-a72 ;;
    *-dotprod) cpu=cortex-a76 ;;
    *) cpu=max ;;
    esac
    for model in "$@"; do
        options=(run -m "$model" -q --temp 0 --ignore-eos -t 1 -tb 1 -c 512 -b 512 --cpu "$tier")
        short=$(words 4) long=$(words 20)
        n_short=$(tokens "$model" "$short") n_long=$(tokens "$model" "$long")
        two=$(count $cpu "${options[@]}" -p "$short" -n 2) six=$(count $cpu "${options[@]}" -p "$short" -n 6)
        far=$(count $cpu "${options[@]}" -p "$long" -n 2)
        awk -v t="$tier" -v m="$(basename "$model")" -v two="$two" -v six="$six" -v far="$far" -v n="$((n_long - n_short))" \
            'BEGIN { printf "| %s | %s | %.1f | %.1f |\n", t, m, (six - two) / 4e6, (far - two) / n / 1e6 }'
    done
done
