/*
 * The rows of a table in the order of time, group by group: what lags and rolling windows look at.
 */
#pragma once

#include "core/learn/features_bind.h"

struct timeline {
    size_t group_count;     /* of this table, a group of missing cells among them */
    const size_t *starts;   /* [group_count + 1] into order */
    const uint32_t *order;  /* [rows]: group by group, rising in time, equal times in row order */
    const double *time;     /* [rows] */
    const ptrdiff_t *known; /* [group_count]: which one it is in features->groups; -1: new */
};

/* The binding's timeline, made at the first call. Faults: no time, empty cells in it. */
const struct timeline *timeline_of(struct binding *binding, struct fault *why);

/*
 * The time of the rows [rows], all finite; the groups as numbers into features->groups [rows]. NULL
 * where the features have none; false with a fault when the table has not what they need.
 */
bool inputs_time(struct arena *arena, const struct features *features, const struct table *table,
                 const double **out, struct fault *why);
bool inputs_group(struct arena *arena, const struct features *features, const struct table *table,
                  const uint32_t **out, struct fault *why);

/* Learn the groups of the training table. */
bool groups_fit(struct arena *arena, const struct table *table, struct features *features,
                struct fault *why);
