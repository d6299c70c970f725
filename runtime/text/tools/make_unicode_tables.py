#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes runtime/text/unicode_tables.inc from the Unicode Character Database.

    make_unicode_tables.py UnicodeData.txt > unicode_tables.inc

UnicodeData.txt is that of Unicode 15.0 (Debian: package unicode-data); what 15.1 added is listed here.
"""
import sys

ADDED_IN_15_1 = [(0x2FFC, 0x2FFF, "So"), (0x31EF, 0x31EF, "So"), (0x2EBF0, 0x2EE5D, "Lo")]
KINDS = {"N": 1, "L": 2, "Z": 3, "M": 4, "P": 5, "S": 6, "C": 7}  # UnicodeKind of unicode.h; 0: unassigned
LIMIT = 0x110000


def read(path):
    kind, lower, decomposition = [0] * LIMIT, {}, {}
    first = None
    for line in open(path, encoding="ascii"):
        field = line.rstrip("\n").split(";")
        code, category = int(field[0], 16), field[2]
        if field[1].endswith(", First>"):
            first = code
            continue
        for c in range(first if field[1].endswith(", Last>") else code, code + 1):
            kind[c] = KINDS[category[0]]
        if field[13]:
            lower[code] = int(field[13], 16)
        if field[5] and not field[5].startswith("<"):
            decomposition[code] = int(field[5].split()[0], 16)
    for low, high, category in ADDED_IN_15_1:
        for c in range(low, high + 1):
            kind[c] = KINDS[category[0]]
    return kind, lower, decomposition


def rows(name, ctype, values, note):
    out = ["// " + note, "static const %s %s[] = {" % (ctype, name)]
    line = "   "
    for v in values:
        if len(line) + len(v) + 2 > 118:
            out.append(line)
            line = "   "
        line += " " + v + ","
    return "\n".join(out + [line, "};"])


def main():
    kind, lower, decomposition = read(sys.argv[1])
    starts = [c for c in range(LIMIT) if c == 0 or kind[c] != kind[c - 1]]
    page = [max(i for i, s in enumerate(starts) if s <= p << 8) for p in range(0x200 + 1)]

    # Runs of mappings with one stride (1 or 2) and one difference.
    runs = []
    for c in sorted(lower):
        delta = lower[c] - c
        if runs:
            r = runs[-1]
            step = c - r[1]
            if delta == r[3] and step <= 2 and (r[2] == step or r[0] == r[1]):
                r[1], r[2] = c, step
                continue
        runs.append([c, c, 1, delta])

    base = []
    for c in sorted(decomposition):
        d = c
        while d in decomposition:
            d = decomposition[d]
        if base and base[-1][2] == d and base[-1][1] == c - 1:
            base[-1][1] = c
        else:
            base.append([c, c, d])

    print("// SPDX-License-Identifier: MIT")
    print("// Made by tools/make_unicode_tables.py from the Unicode Character Database 15.1. Do not edit.")
    print(rows("kKindStart", "uint32_t", ["0x%x" % (s << 3 | kind[s]) for s in starts],
               "Start of a run << 3 | its kind; sorted."))
    print(rows("kKindPage", "uint16_t", ["%d" % p for p in page],
               "For code points below 0x20000: index of the run that holds page << 8."))
    print(rows("kLower", "LowerRun", ["{0x%x, %d, %d, %d}" % (r[0], (r[1] - r[0]) // r[2], r[2], r[3]) for r in runs],
               "first, further members, stride, difference to the lower case"))
    print(rows("kBase", "BaseRun", ["{0x%x, %d, 0x%x}" % (b[0], b[1] - b[0], b[2]) for b in base],
               "first, further members, first code point of the canonical decomposition (without Hangul)"))


main()
