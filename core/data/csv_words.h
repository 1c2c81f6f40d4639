/* Which cells of a CSV file are missing: one place for reading and writing. */
#pragma once

#include "core/base/str.h"

/* ? NA N/A NaN nan null NULL: missing unless quoted; the empty text: missing also then. */
static inline bool csv_word_is_missing(struct str word)
{
    if (word.len == 0)
        return true;
    if (word.len > 4 || (word.at[0] != '?' && (word.at[0] | 32) != 'n'))
        return false;
    static const char *const words[] = { "?", "NA", "N/A", "NaN", "nan", "null", "NULL" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_is(word, words[i]))
            return true;
    return false;
}
