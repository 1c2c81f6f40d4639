/* Tables for a model, from where they lie (see core/data/table_load.h), and prediction files. */
#pragma once

#include "core/data/csv.h"
#include "core/learn/model.h"

/*
 * Columns of a set kind: the id stays text as it was written ("007"), and with a model (or NULL)
 * what was a number or a time while training must be one. Neither need be there.
 */
struct csv_options table_pins(struct arena *arena, struct str id, const struct model *model);

/* As table_load. */
bool table_file_load(struct arena *arena, const char *path, const struct csv_options *how,
                     struct table *out, struct fault *why);

/* Predictions to write: width 1, or a column a class named as it is. */
struct prediction_columns {
    size_t width;
    const struct str *classes; /* [width], where width > 1 */
    const double *values;      /* [rows * width], row by row */
};

/*
 * The file `id,prediction` (or `id` and a column a class) with the table's id column as it was
 * read; numbers are the shortest that read back equal. Faults: no such column, a missing id, a
 * prediction that is not finite.
 */
bool predictions_print(struct arena *arena, const struct table *table, struct str id,
                       const struct prediction_columns *prediction, struct str *out,
                       struct fault *why);
