#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: tests/bits.sh PROGRAM...      from the project's root; a PROGRAM may start with an emulator ("qemu-arm x/thimble")
# Law 4: for every model found, every program gives the same bytes of logits, for 1, 2 and 4 threads, batches of 1, 7
# and 64 and every tier that this machine can force; for the first model also with a Q8_0 cache, whose bytes are others.
# The model of the sources is always there and the first; MODELS="a.gguf b.gguf" replaces the list. Emulated programs,
# which are slow, vary threads, batches and tiers one at a time, and with the first model only (fixtures_test forces
# every tier with every fixture on them, too).
set -u
models=${MODELS:-$(ls -U examples/intents/*.gguf ../shared/models/stories260K.gguf ../shared/fixtures/*.gguf 2> /dev/null)}
[ -n "$models" ] || { echo "bits: no model here"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0 runs=0 first=yes

# one PROGRAM MODEL IDS OPTION... : prints the sum of the logits, or "refused" when the tier is not to be had.
one() {
    local program=$1 model=$2 ids=$3
    shift 3
    rm -f "$work/out"
    # shellcheck disable=SC2086  (the emulator and its options are words of their own)
    if $program logits -m "$model" --ids "$ids" -o "$work/out" "$@" 2> "$work/err" && [ -s "$work/out" ]; then
        sha256sum < "$work/out" | cut -d' ' -f1
    else
        echo "failed: $(head -1 "$work/err")"
    fi
}

for model in $models; do
    ids=1
    for i in $(seq 1 70); do ids=$ids,$((1 + i * 37 % 200)); done  # longer than a batch of 64, ids of any vocabulary
    reference= reference_q8=
    for program in "$@"; do
        options=("-t 2 -b 64")
        tiers="scalar avx2 avxvnni avx512 avx512vbmi neon dotprod i8mm" forced=
        case $program in
        qemu*) [ -n "$first" ] && options+=("-t 1 -b 64" "-t 2 -b 7" "-t 4 -b 1") || tiers= ;;
        *) options+=("-t 1 -b 1" "-t 1 -b 7" "-t 1 -b 64" "-t 2 -b 1" "-t 2 -b 7" "-t 4 -b 1" "-t 4 -b 7" "-t 4 -b 64") ;;
        esac
        for tier in $tiers; do
            # A tier that this program or CPU lacks is refused before anything is computed; a signal is no refusal.
            # shellcheck disable=SC2086
            $program logits -m "$model" --ids 1 -o "$work/try" --cpu $tier > /dev/null 2> "$work/err"
            case $? in
            0) options+=("-t 2 -b 64 --cpu $tier") forced="$forced $tier" ;;
            *) grep -q "$tier" "$work/err" || { echo "$program --cpu $tier: $(head -1 "$work/err")"; failed=$((failed + 1)); } ;;
            esac
        done
        [ -z "$forced" ] || [ -z "$first" ] || echo "$program:$forced"
        # A Q8_0 cache has other bits, and one answer of its own.
        [ -z "$first" ] || for tier in $forced ""; do options+=("-t 2 -b 7 ${tier:+--cpu $tier }-ctk q8_0 -ctv q8_0"); done
        for option in "${options[@]}"; do
            # shellcheck disable=SC2086
            sum=$(one "$program" "$model" "$ids" $option)
            runs=$((runs + 1))
            case $option in
            *q8_0) reference_q8=${reference_q8:-$sum} want=$reference_q8 ;;
            *) reference=${reference:-$sum} want=$reference ;;
            esac
            if [ "$sum" != "$want" ] || [ "${sum#failed}" != "$sum" ]; then
                echo "$model: $program $option: $sum, expected $want"
                failed=$((failed + 1))
            fi
        done
    done
    echo "$(basename "$model"): $reference${reference_q8:+, Q8_0 cache: $reference_q8}"
    first=
done
echo "bits: $runs runs, $failed differ"
[ "$failed" = 0 ]
