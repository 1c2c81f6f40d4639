/*
 * Feature transforms: one table (transform.c). Fitted on the training rows alone, stored with the
 * model as at most two numbers a column, applied anywhere. Steps run in the order in which they are
 * listed. To add one for numbers: its fit, its apply and a row.
 */
#pragma once

#include "core/learn/params.h"

enum transform_on { ON_NUMBERS, ON_CATEGORIES };

#define TRANSFORM_NUMBERS 2

struct transform {
    const char *name;
    const char *what; /* one line for the list */
    enum transform_on on;
    const struct param_spec *params;
    size_t param_count;

    /*
     * For numbers: learn from there[n], which are the filled cells in the order of the rows and may
     * be changed; then change values[n] (NAN where missing).
     * For categories both are NULL: features.c makes columns of the levels.
     */
    void (*fit)(double *there, size_t n, const struct params *params,
                double fitted[TRANSFORM_NUMBERS]);
    void (*apply)(double *values, size_t n, const double fitted[TRANSFORM_NUMBERS]);
};

extern const struct transform transforms[];
extern const size_t transform_count;

/* A step of a recipe: a transform for some columns. */
struct transform_step {
    const struct transform *transform;
    struct params params;
    size_t column_count; /* 0: all columns that it fits */
    const struct str *columns;
};

/* By name; a fault lists the nearest name, or all. */
const struct transform *transform_find(struct str name, struct fault *why);

/* A step with default parameters for all columns. */
struct transform_step transform_step_default(const struct transform *transform);

/* Is the step meant for this column. */
bool transform_step_covers(const struct transform_step *step, struct str column);
