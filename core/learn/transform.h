/*
 * Feature transforms: one table (transform.c). A step of a recipe takes columns ("slots"), makes
 * new ones and is stored with the model as its own fitted bytes. Fitted on the training rows alone,
 * applied anywhere; steps run in the order in which they are listed.
 * To add one: a file transform_NAME.c or a place in one of them, and a row in the table.
 *
 * A transform of one column of numbers to another needs `learn` and `map` only. Any other has
 * `fit`, `outputs`, `save`, `load` and either `apply` (block after block of rows) or `bind` (whole
 * columns at once, before the blocks), or both.
 */
#pragma once

#include "core/data/table.h"
#include "core/learn/bytes.h"
#include "core/learn/params.h"
#include "core/math/csr.h"

/* What a slot holds; the bits of `on` and `takes`. */
enum slot_kind {
    SLOT_NUMBER = 1,   /* double, NAN where missing */
    SLOT_TIME = 2,     /* double, seconds since 1970, NAN where missing */
    SLOT_CATEGORY = 4, /* int32_t codes of a table's levels, -1 where missing */
    SLOT_TEXT = 8,     /* the same, of a column of texts */
    SLOT_CODES = 16,   /* int32_t 0..width-1, -1 where missing: a category for a learner */
    SLOT_HOT = 32,     /* the same, to become `width` columns of 0 and 1 */
    SLOT_SPARSE = 64,  /* a row of `width` numbers, most of them 0 */
};

#define SLOTS_NUMBERS ((unsigned)SLOT_NUMBER)
#define SLOTS_TEXTS ((unsigned)(SLOT_CATEGORY | SLOT_TEXT))

struct slot {
    struct str name;
    enum slot_kind kind;
    uint32_t width; /* columns that a learner sees of it: 1 but for SLOT_HOT and SLOT_SPARSE */
    uint32_t order; /* of the table's column that it comes from; the finals' order */
    uint32_t node;  /* that makes it; NODE_NONE: a column of the table */
    bool live;      /* no later step took it away */
    bool hidden;    /* never a feature by itself */
};

#define NODE_NONE UINT32_MAX
#define TRANSFORM_NUMBERS 4

struct transform;

/* A transform fitted to its columns. */
struct node {
    const struct transform *transform;
    uint32_t *inputs; /* slots */
    uint32_t input_count;
    uint32_t first_output, output_count; /* slots */
    bool past;                           /* TRANSFORM_PAST: of the target */
    double numbers[TRANSFORM_NUMBERS];   /* of `learn` */
    void *fitted;                        /* of `fit` */
};

struct fitting; /* features_fit.h */
struct binding; /* features_bind.h */
struct made;    /* features.h */

/* Rows of a block on their way through a node. */
struct block {
    size_t from, rows;     /* of the table */
    const void *const *in; /* [input_count]: [rows] doubles or int32_t, see enum slot_kind */
    void *const *out;      /* [output_count] */
    const void *bound;     /* what bind gave */
};

enum transform_flags {
    TRANSFORM_TOGETHER = 1, /* one node for all columns, otherwise one each */
    TRANSFORM_KEEPS = 2,    /* its columns stay */
    TRANSFORM_PAST = 4,     /* looks at earlier rows: needs a time; may be given the target */
};

struct transform {
    const char *name;
    const char *what; /* one line for the list */
    unsigned on;      /* kinds of slots that it is for when no columns are named */
    unsigned takes;   /* kinds that it can be given by name */
    unsigned reads;   /* kinds that it sees then, where numbers come as categories; 0: as takes */
    unsigned flags;
    const struct param_spec *params;
    size_t param_count;

    /* NULL, or whether the parameters make sense for a slot of this kind. */
    bool (*check)(const struct params *params, enum slot_kind kind, struct fault *why);

    /* NULL, or another transform for slots of this kind (which then does all below). */
    const struct transform *(*instead)(const struct params *params, enum slot_kind kind);

    /*
     * Learn from x[n] (NAN where missing) with n doubles of scratch; change them: in and out may be
     * the same. No arena: columns are learned from in parallel.
     */
    void (*learn)(const double *x, size_t n, double *scratch, const struct params *params,
                  double numbers[TRANSFORM_NUMBERS]);
    void (*map)(const double *in, double *out, size_t n, const double numbers[TRANSFORM_NUMBERS]);

    /* node->transform and inputs are set; sets node->fitted. */
    bool (*fit)(struct fitting *fitting, const struct params *params, struct node *node,
                struct fault *why);
    /* Say what slots it makes, by made_slot. Also after loading: from untrusted but loaded values.
       */
    void (*outputs)(struct made *made, const struct node *node);
    /* Before the rows: maps of this table's levels and the like, see features_bind.h. */
    bool (*bind)(struct binding *binding, const struct node *node, struct fault *why);
    void (*apply)(const struct node *node, const struct block *block);
    /* The name of column k of an output that has many. */
    struct str (*column_name)(struct arena *arena, const struct node *node, struct str slot,
                              size_t k);
    void (*save)(const struct node *node, struct text *out);
    void (*load)(struct bytes *in, struct node *node); /* input_count is set */
    /* Members of the open map. NULL: `numbers`. */
    void (*describe)(const struct node *node, struct json_out *out);
};

#define PARAMS_OF(list) .params = (list), .param_count = sizeof(list) / sizeof *(list)

/* Does the node make (x - shift) / scale of one column of numbers. */
bool node_is_scaling(const struct node *node, double *shift, double *scale);

/* By name; a fault lists the nearest name, or all. */
const struct transform *transform_find(struct str name, struct fault *why);

/* The table, in the order of the list. */
const struct transform *transform_at(size_t at); /* NULL past the last one */

/* Also those that stand in for others: for loading. NULL: unknown. */
const struct transform *transform_stored(struct str name);

/* A step of a recipe: a transform for some columns. */
struct transform_step {
    const struct transform *transform;
    struct params params;
    size_t column_count; /* 0: all columns that it is for */
    const struct str *columns;
};

/* A step with default parameters for all columns. */
struct transform_step transform_step_default(const struct transform *transform);

/* Is the step meant for this column. */
bool transform_step_covers(const struct transform_step *step, struct str column);

/* The rows of the table, in their files: transform_NAME.c. */
extern const struct transform transform_impute, transform_fill, transform_standard,
    transform_min_max, transform_robust, transform_log, transform_power, transform_clip,
    transform_bins, transform_one_hot, transform_ordinal, transform_hashing, transform_target,
    transform_dates, transform_lags, transform_rolling, transform_differences, transform_polynomial,
    transform_tfidf, transform_pca;
