/*
 * A domain classifier: can a model tell the rows of two tables apart? Boosted trees are trained to
 * say which table a row is from, by cross-validation; an area under the ROC curve of 0.5 says that
 * they cannot, 1 that every row gives itself away. Sees what no single column shows.
 */
#pragma once

#include "core/learn/validation.h"

#define DOMAIN_ROWS_MOST ((size_t)20000) /* of each table; more are drawn from the seed */
#define DOMAIN_FOLDS 5

/*
 * Columns that both have in one storage, but texts and those of left_out[count] (ids, which tell
 * where a row is from by their making). Faults: fewer than DOMAIN_FOLDS rows in a table, no column
 * in common.
 */
bool domain_classify(struct arena *arena, const struct table *a, const struct table *b,
                     const struct str *left_out, size_t count, uint64_t seed, unsigned threads,
                     struct validated *out, struct fault *why);
