/*
 * Features: from the columns of a table to the matrix that a learner sees. Fitted on the training
 * rows, stored with the model, applied to any table that has the same columns by name.
 * A number column gives one feature, and one more that says where it was missing, when it was while
 * training. A category column gives one feature a common level, and one for missing likewise.
 */
#pragma once

#include "core/data/table.h"
#include "core/learn/bytes.h"
#include "core/learn/recipe.h"
#include "core/math/matrix.h"

#define FEATURES_MOST ((size_t)8192)    /* columns of the matrix */
#define LEVEL_BYTES_MOST ((size_t)1024) /* longer levels get no column, longer names are refused */

enum feature_kind { FEATURE_NUMBER = 1, FEATURE_CATEGORY = 2 };

/* A transform with what it learned. */
struct fitted_step {
    const struct transform *transform;
    double fitted[TRANSFORM_NUMBERS];
};

/* One column of the table. */
struct feature {
    struct str name;
    enum feature_kind kind;
    bool missing_column; /* the last of its columns says where it is missing */
    size_t step_count;   /* numbers */
    struct fitted_step *steps;
    size_t level_count; /* categories: rising, bytewise */
    struct str *levels;
};

struct features {
    size_t count;
    struct feature *at;
    size_t width;            /* columns of the matrix */
    const struct str *names; /* [width]: "Income", "Income is missing", "Home=rent" */
};

/* Fit to all columns of the table but the target, the id and the dropped ones. */
bool features_fit(struct arena *arena, const struct table *table, const struct recipe *recipe,
                  struct features *out, struct fault *why);

/*
 * What a learner sees of a table, in `width` columns. A fault names the column that is not there or
 * the row whose cell does not fit.
 */
bool features_encode(struct arena *arena, const struct features *features,
                     const struct table *table, struct inputs *out, struct fault *why);

/* Columns of the matrix that one feature makes. */
size_t feature_width(const struct feature *feature);

/* Fill width and names from the features; false when there are more than FEATURES_MOST. */
bool features_finish(struct arena *arena, struct features *features);

void features_save(const struct features *features, struct text *out);
/* in->failed is set when the bytes are not what features_save writes. */
void features_load(struct bytes *in, struct features *out);
