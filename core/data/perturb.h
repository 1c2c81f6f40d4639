/*
 * Perturbations: a table changed on purpose, to see what a model that was trained on it, or
 * predicts it, does then. The same seed gives the same change; what a column's units become
 * depends on the seed and its name alone, so that a training table and a held-out table are
 * changed alike.
 */
#pragma once

#include "core/base/json.h"
#include "core/data/table.h"

struct perturb_how {
    struct str what;             /* a name of the list */
    struct str target, id, time; /* columns that are no features; empty: none */
    const struct str *columns;   /* the features to change; none: all that it can change */
    size_t column_count;
    double share; /* of cells or rows, or of the deviation; 0: as the list says */
    double until; /* of truncate: the last time that stays */
    uint64_t seed;
};

/* What was done to one column, or (name empty) to the rows. */
struct perturb_change {
    struct str column;
    size_t cells;         /* that differ from before */
    double scale, offset; /* of units: x becomes scale x + offset; otherwise 1 and 0 */
};

struct perturb_plan {
    size_t count;
    struct perturb_change *changes;
};

/* The list: NULL past the last one. share: the default; 0: it has none. */
const char *perturb_name(size_t at, const char **what, double *share);

/*
 * Faults: no such perturbation (the nearest is named), no such column, a target, id or time that is
 * needed and was not given. Columns that are not changed are shared with `table`. O(cells).
 */
bool perturb(struct arena *arena, const struct table *table, const struct perturb_how *how,
             struct table *out, struct perturb_plan *plan, struct fault *why);

/* The plan as members of the open map. */
void perturb_print(const struct perturb_plan *plan, struct json_out *out);
