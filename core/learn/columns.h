/*
 * Small questions to a table's columns, asked by name: the faults of core/learn in one place.
 */
#pragma once

#include "core/base/fault.h"
#include "core/data/table.h"

/*
 * A fault about a whole table, led by the file that it was read from, the first of several. Returns
 * false.
 */
bool table_fault(const struct table *table, struct fault *why, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The column of this name. Otherwise NULL and a fault: `transform log needs the column "Amout",
 * which the data does not have, did you mean "Amount"`. of: who needs it.
 */
const struct column *column_needed(const struct table *table, struct str name, const char *of,
                                   struct fault *why);

/* Names that a table does not have: `"Amout" (did you mean "Amount"?), "place"`. Zeros at first. */
struct columns_lost {
    char text[180];
    size_t len, count;
};

/* Adds those of names[count] that are not there. True when any was added so far. */
bool columns_lacking(const struct table *table, const struct str *names, size_t count,
                     struct columns_lost *lost);
