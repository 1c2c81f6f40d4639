/*
 * A first look at all bytes of a CSV file, in parallel: is it text, and where do lines end. The
 * file is cut into blocks of CSV_BLOCK_BYTES, no UTF-8 character in two of them.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/str.h"

#ifndef CSV_BLOCK_BYTES /* a fuzz target cuts small ones */
#define CSV_BLOCK_BYTES ((size_t)1 << 20)
#endif

struct csv_block {
    const char *from, *to;
    size_t line_ends;     /* LF, CR LF (counted where the LF is) and CR */
    const char *stranger; /* the first NUL or text that is not UTF-8; NULL: none */
};

/* gives the blocks; *count is at least 1 where there are bytes. */
struct csv_block *csv_survey(struct arena *arena, struct str bytes, unsigned threads,
                             size_t *count);

/* Line ends in [from, to) of a file that ends at `end`, counted as above. */
size_t csv_line_ends(const char *from, const char *to, const char *end);
/* Is there one that ends just before `at`? */
bool csv_line_starts(const char *at, const char *end);
