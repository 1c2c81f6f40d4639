/*
 * Rows that stand in a table twice, or in two tables: what makes a score on held-out rows
 * worthless. Two rows are equal when all their cells are, missing ones too, but for the columns
 * left out (the id and the target); they are nearly equal when numbers agree in 6 significant
 * digits, times in the second, and texts but for case (of ASCII) and blanks. Compared by 128-bit
 * hashes.
 */
#pragma once

#include "core/data/table.h"

#define DUPLICATES_SHOWN 5

struct duplicates {
    size_t count;                       /* rows of `in` that an earlier row, or `of`, has */
    size_t shown;                       /* the first ones: */
    size_t row[DUPLICATES_SHOWN];       /* from 0 */
    size_t first_row[DUPLICATES_SHOWN]; /* that it repeats */
};

struct duplicates_form {
    const struct str *leave_out; /* [leave_out_count] names */
    size_t leave_out_count;
    bool near; /* nearly equal */
};

/*
 * Rows of a table that an earlier one equals. Where no column is left, none. O(cells), 40 bytes of
 * arena a row.
 */
void duplicates_within(struct arena *arena, const struct table *table,
                       const struct duplicates_form *form, struct duplicates *out);

/* Rows of `in` that a row of `of` equals, in the columns that both have, by name. */
void duplicates_across(struct arena *arena, const struct table *of, const struct table *in,
                       const struct duplicates_form *form, struct duplicates *out);
