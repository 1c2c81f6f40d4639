/*
 * A sparse matrix as a view, compressed by rows: the values of row i are
 * values[starts[i] .. starts[i + 1]) in the columns `columns_at` of the same places, rising within
 * a row. Nobody owns it; the memory is an arena's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct csr {
    size_t rows, columns;
    const size_t *starts;       /* [rows + 1], starts[0] = 0 */
    const uint32_t *columns_at; /* [starts[rows]] */
    const double *values;       /* [starts[rows]] finite */
};
