/*
 * Small questions to a table's columns, asked by name: the faults of core/learn in one place.
 */
#pragma once

#include "core/base/fault.h"
#include "core/data/table.h"

/*
 * The column of this name. Otherwise NULL and a fault: `transform log needs the column "Amout",
 * which the data does not have, did you mean "Amount"`. of: who needs it.
 */
const struct column *column_needed(const struct table *table, struct str name, const char *of,
                                   struct fault *why);
