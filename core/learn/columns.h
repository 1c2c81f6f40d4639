/*
 * Small questions to a table's columns, asked by name: the faults of core/learn in one place.
 */
#pragma once

#include "core/base/fault.h"
#include "core/data/table.h"

bool column_is_number(const struct column *column);

/*
 * The column of this name. Otherwise NULL and a fault: `TRANSFORM names the column "Amout", which
 * the data does not have, did you mean "Amount"`. of: who names it.
 */
const struct column *column_of(const struct table *table, struct str name, const char *of,
                               struct fault *why);
