/*
 * Learners: one table (learners.c), one file each. A learner sees numbers only; which columns they
 * come from is the business of features.h, which file they go to that of model.h.
 * To add one: a file with a `const struct learner`, and its row in learners.c.
 */
#pragma once

#include "core/learn/bytes.h"
#include "core/learn/params.h"
#include "core/math/csr.h"
#include "core/math/matrix.h"

/* What kinds of target a learner takes. */
enum target_kind {
    TARGET_NUMBER = 1,
    TARGET_TWO_CLASSES = 2,
    TARGET_CLASSES = 4, /* three or more */
    TARGET_NONE = 8,    /* nothing to learn from: clusters, anomalies */
};

/* What a learner takes beyond finite numbers in a dense matrix. */
enum takes {
    TAKES_MISSING = 1, /* cells may be NAN */
    TAKES_LEVELS = 2,  /* categories as codes in a column, see inputs.levels */
    TAKES_SPARSE = 4,  /* a sparse part beside the dense one */
};

#define GROUP_UNKNOWN UINT32_MAX

/* What a learner sees of each row. Columns are numbered: dense ones first, sparse ones behind. */
struct inputs {
    struct matrix dense; /* rows x dense columns; finite, or NAN for learners that take it */
    const double *const *columns; /* NULL, or [dense.columns]: the same, each of them [rows], and
                               then dense.at is NULL: in training of learners that fit_columns */
    const double *shift, *scale;  /* NULL, or [dense.columns]: the features are (x - shift) / scale
                               of these columns: in training of learners that fit_scaled */
    const uint32_t *levels;   /* NULL: all are numbers. Else [dense.columns]: 0 is a number; k > 0 a
                               category with k levels, its cells 0..k-1, NAN where missing or never
                               seen in training */
    const struct csr *sparse; /* NULL, or as many rows */
    const double *time;       /* NULL, or [rows]: seconds since 1970, finite */
    const uint32_t *group;    /* NULL, or [rows]: the query, series or entity that a row belongs to,
                                 0..group_count-1; GROUP_UNKNOWN where training had none such */
    size_t group_count;
};

/* Rows, and columns in all. */
static inline size_t inputs_rows(const struct inputs *in)
{
    return in->dense.rows;
}

static inline size_t inputs_columns(const struct inputs *in)
{
    return in->dense.columns + (in->sparse ? in->sparse->columns : 0);
}

/* What a learner learns from. */
struct examples {
    struct inputs in;
    const double *y;      /* [rows]: the number, or the index of the class; NULL for TARGET_NONE */
    const double *weight; /* NULL: all count 1. Else [rows] finite, >= 0, not all 0: a row of weight
                             2 counts as two */
    enum target_kind target;
    size_t class_count;      /* 0 for numbers and for none, 2 for two classes */
    const struct str *names; /* NULL, or [columns]: for parameters that name columns */
    uint64_t seed;
    unsigned threads;
};

/* Names of the columns, for describe. */
struct feature_names {
    const struct str *at;
    size_t count;
};

/* The numbers that a prediction has a row: one, or one a class where there are three or more. */
static inline size_t target_width(enum target_kind target, size_t class_count)
{
    return target == TARGET_CLASSES ? class_count : 1;
}

/* What a loader must know of the model around it. */
struct fitted_shape {
    size_t columns;         /* in all */
    size_t dense;           /* of them dense */
    const uint32_t *levels; /* as inputs.levels */
    enum target_kind target;
    size_t class_count;
    size_t group_count;
};

struct learner {
    const char *name;
    const char *what; /* one line for the list */
    unsigned targets; /* of enum target_kind */
    unsigned takes;   /* of enum takes */
    const struct param_spec *params;
    size_t param_count;
    bool fit_columns; /* fit takes inputs.columns in place of inputs.dense.at */
    bool fit_scaled;  /* and that with inputs.shift and inputs.scale */
    bool past_alone;  /* the step in time is enough: no dates of --time unless they are asked for.
                         A line through months and days of the year breaks at the year's end */

    /* Do the parameters contradict one another? NULL: they cannot. */
    bool (*check)(const struct params *params, struct fault *why);

    /*
     * Learn. *fitted lives in the arena. Equal examples, parameters and seed give equal bits with
     * any number of threads. May fail when the numbers do not allow a solution.
     */
    bool (*fit)(struct arena *arena, const struct examples *examples, const struct params *params,
                void **fitted, struct fault *why);

    /*
     * out[rows * target_width], row by row: the number; of two classes the probability of the
     * second; of more the probability of each, sum 1; of TARGET_NONE the number of the cluster or
     * the score (higher is stranger). The arena is for scratch. Each row's prediction depends on
     * that row (and its group and time) alone.
     */
    void (*predict)(struct arena *arena, const void *fitted, const struct inputs *in,
                    unsigned threads, double *out);

    /*
     * NULL, or how each column moved each row's prediction away from the mean one (Shapley values
     * of the raw score): out[rows * width * (columns + 1)], the last one of each being the mean.
     */
    void (*explain)(struct arena *arena, const void *fitted, const struct inputs *in,
                    unsigned threads, double *out);

    void (*save)(const void *fitted, struct text *out);

    /* NULL, or in->failed set, when the bytes are not what save wrote for such a shape. What it
       gives must be safe to predict with, whatever the bytes were. */
    void *(*load)(struct bytes *in, const struct fitted_shape *shape);

    /* Members of the open map: coefficients, iterations, losses by iteration and so on. */
    void (*describe)(const void *fitted, const struct feature_names *names, struct json_out *out);
};

/* The table, in the order of the list; its count. */
extern const struct learner *const learners[];
extern const size_t learner_count;

/* By name; a fault lists the nearest name, or all. */
const struct learner *learner_find(struct str name, struct fault *why);
