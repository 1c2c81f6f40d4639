# Makes unicode_table.h from Python's own Unicode data (3.11: Unicode 14): /usr/bin/python3 core/learn/make_unicode_table.py
# Word characters are those of \w in Python's re: letters, numbers and the underscore. Lower case is str.lower() where it is
# one character.
import os
import sys
import unicodedata

here = os.path.dirname(os.path.abspath(__file__))
points = [c for c in range(128, sys.maxunicode + 1) if not 0xD800 <= c < 0xE000]


def word_ranges():
    ranges = []
    for c in points:
        if chr(c).isalnum():
            if ranges and ranges[-1][1] == c - 1:
                ranges[-1][1] = c
            else:
                ranges.append([c, c])
    return ranges


def lower_runs():
    pairs = [(c, ord(chr(c).lower())) for c in points if len(chr(c).lower()) == 1 and chr(c).lower() != chr(c)]
    runs = []  # first, last, step, delta
    for c, low in pairs:
        if runs and runs[-1][3] == low - c:
            first, last, step, delta = runs[-1]
            gap = c - last
            if gap in (1, 2) and (first == last or gap == step):
                runs[-1] = [first, c, gap, delta]
                continue
        runs.append([c, c, 1, low - c])
    return runs


def lines(items):
    out, line = [], "   "
    for item in items:
        if len(line) + len(item) + 2 > 100:
            out.append(line)
            line = "   "
        line += " " + item + ","
    return "\n".join(out + [line])


with open(os.path.join(here, "unicode_table.h"), "w") as out:
    out.write(f"""/*
 * Word characters and lower case beyond ASCII, Unicode {unicodedata.unidata_version}. Made by make_unicode_table.py.
 */
#pragma once

#include <stdint.h>

/* Letters and numbers: first and last of each run, rising. */
static const uint32_t word_runs[][2] = {{
{lines("{ 0x%X, 0x%X }" % tuple(r) for r in word_ranges())}
}};

/* Lower case: the characters first, first + step, ... last become themselves plus delta. */
static const struct lower_run {{
    uint32_t first, last;
    uint32_t step;
    int32_t delta;
}} lower_runs[] = {{
{lines("{ 0x%X, 0x%X, %d, %d }" % tuple(r) for r in lower_runs())}
}};
""")
