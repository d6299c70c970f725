#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: tests/lint/format.sh [--fix]      from the project's root
# Checks every C and C++ file against .clang-format. Versions format differently: 14 (Debian 12) is the one that counts.
tool=${CLANG_FORMAT:-$(command -v clang-format-14 || command -v clang-format)}
[ -n "$tool" ] || { echo "format: no clang-format here, nothing checked"; exit 77; }
list() { find platform kernels runtime examples tests bench \( -name '*.cpp' -o -name '*.h' -o -name '*.c' \) -type f; }
if [ "$1" = --fix ]; then
    list | xargs "$tool" -i
else
    bad=$(list | xargs "$tool" --dry-run 2>&1 | sed -n 's/:[0-9]*:[0-9]*: warning: .*clang-format.*//p' | sort | uniq -c)
    [ -z "$bad" ] || { echo "$bad"; echo "format: places that differ, by file; tests/lint/format.sh --fix mends them"; exit 1; }
    echo "format: clean"
fi
