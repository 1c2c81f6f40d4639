/*
 * Learners: one table (learners.c), one file each. A learner sees numbers only; which columns they
 * come from is the business of features.h, which file they go to that of model.h.
 * To add one: a file with a `const struct learner`, and its row in learners.c.
 */
#pragma once

#include "core/learn/bytes.h"
#include "core/learn/params.h"
#include "core/math/matrix.h"

/* What kinds of target a learner takes. */
enum target_kind {
    TARGET_NUMBER = 1,
    TARGET_TWO_CLASSES = 2,
};

/* What a learner learns from: every cell finite. */
struct examples {
    struct matrix x;
    const double *y; /* [x.rows]: the number, or the index of the class */
    enum target_kind target;
    uint64_t seed;
    unsigned threads;
};

/* Names of the columns of x, for describe. */
struct feature_names {
    const struct str *at;
    size_t count;
};

struct learner {
    const char *name;
    const char *what; /* one line for the list */
    unsigned targets; /* of enum target_kind */
    const struct param_spec *params;
    size_t param_count;

    /* Do the parameters contradict one another? NULL: they cannot. */
    bool (*check)(const struct params *params, struct fault *why);

    /*
     * Learn. *fitted lives in the arena. Equal examples, parameters and seed give equal bits with
     * any number of threads. May fail when the numbers do not allow a solution.
     */
    bool (*fit)(struct arena *arena, const struct examples *examples, const struct params *params,
                void **fitted, struct fault *why);

    /* out[x.rows]: the number, or the probability of the second class. No allocation. */
    void (*predict)(const void *fitted, struct matrix x, double *out);

    void (*save)(const void *fitted, struct text *out);

    /* NULL, or in->failed set, when the bytes are not what save wrote for so many features. */
    void *(*load)(struct bytes *in, size_t feature_count);

    /* Members of the open map: coefficients, iterations and so on. */
    void (*describe)(const void *fitted, const struct feature_names *names, struct json_out *out);
};

/* The table, in the order of the list; its count. */
extern const struct learner *const learners[];
extern const size_t learner_count;

/* By name; a fault lists the nearest name, or all. */
const struct learner *learner_find(struct str name, struct fault *why);
