/*
 * Numbers as a table keeps them, column by column, in place of a matrix: for learners that make
 * rows of their own. A copy of the whole table costs as much as what some learners do with it.
 */
#pragma once

#include "core/math/matrix.h"

/* The rows [from, from + out.rows) of columns[out.columns] into the rows of out. */
void tile_make(const double *const *columns, size_t from, struct matrix out);
