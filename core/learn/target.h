/*
 * The target: from a column of the training table to what a learner learns from.
 *
 * Text makes classes, in the order of their text. Numbers are taken as classes (in their order)
 * where the learner takes no numbers, and where there are exactly two of them and the learner takes
 * two classes; `wanted` decides otherwise. Over TARGET_NUMBERS_MOST different numbers are no
 * classes unless `wanted` says so.
 */
#pragma once

#include "core/data/table.h"
#include "core/learn/learner.h"

#define TARGET_CLASSES_MOST ((size_t)1000)
#define TARGET_NUMBERS_MOST ((size_t)100) /* numbers that are taken as classes unasked */

struct target {
    enum target_kind kind;
    size_t class_count;        /* 0 for numbers and none */
    const struct str *classes; /* [class_count] */
    double *y;                 /* [rows]; NULL for TARGET_NONE */
};

/*
 * learner: its targets say what is possible. wanted: of enum target_kind, 0 is any. Faults: no such
 * column, empty cells, one class only, too many, a kind that the learner does not take.
 */
bool target_read(struct arena *arena, const struct table *table, struct str name,
                 const struct learner *learner, unsigned wanted, struct target *out,
                 struct fault *why);
