/*
 * Search for parameters: trials with different values, each cross-validated; the best one is then
 * trained on all rows. In a pipeline.yaml:
 *
 *     search:
 *       method: tpe              # grid | random | tpe; default tpe
 *       trials: 30               # of random and tpe
 *       folds: 5
 *       metric: roc_auc          # default: roc_auc, log_loss or rmse, by the target
 *       patience: 10             # end after so many trials without a better one; default never
 *       prune: true              # give up a trial whose first folds are below the median; default
 *       params:
 *         max_depth: [3, 4, 6, 8]
 *         learning_rate: {low: 0.01, high: 0.3, log: true}
 *         n_estimators: {low: 50, high: 400, steps: 4}    # steps: of a grid; default 5
 *
 * Random search: Bergstra & Bengio (2012). TPE: the tree-structured Parzen estimator of Bergstra et
 * al. (2011), each parameter by itself: values are drawn where good trials are dense and bad ones
 * are not. All from the recipe's seed: equal tables and recipes give equal trials.
 */
#pragma once

#include "core/learn/validation.h"

struct yaml;

#define SEARCH_PARAMS_MOST 16
#define SEARCH_CHOICES_MOST 100
#define SEARCH_TRIALS_MOST 10000
#define SEARCH_STEPS 5

enum search_method { SEARCH_TPE, SEARCH_RANDOM, SEARCH_GRID };

/* One parameter: a list of values, or a range. */
struct search_param {
    struct str name;
    size_t choice_count; /* 0: a range */
    const struct str *choices;
    double low, high;
    bool logarithmic, whole;
    size_t steps; /* values of a range in a grid */
};

struct search {
    enum search_method method;
    size_t trials, folds, repeats, patience; /* patience 0: never */
    bool prune;
    struct str metric; /* empty: the usual one */
    size_t param_count;
    struct search_param params[SEARCH_PARAMS_MOST];
};

/* "tpe", "random" or "grid". */
bool search_method_find(struct str word, enum search_method *out);

/* tpe, 30 trials, 5 folds, pruning; no parameters yet. */
struct search search_default(void);

/* "max_depth=3,4,6" or "eta=0.01..0.3" or "eta=0.01..0.3:log": for the learner of the recipe. */
bool search_add(struct arena *arena, struct search *search, const struct recipe *recipe,
                struct str text, struct fault *why);

/* Read the map of `search:`; what is wrong is complained about. */
void search_read(struct arena *arena, const char *file, const struct yaml *node,
                 const struct recipe *recipe, struct search *out, struct complaints *to);

struct trial {
    const struct str *values; /* [param_count], as they would be written */
    double value;             /* mean of the metric over fold_count folds */
    double low, high;         /* of the mean; NAN where it was given up */
    size_t fold_count;
    bool pruned;
};

struct search_result {
    const struct metric *metric;
    size_t count, best; /* best < count */
    const struct trial *trials;
    struct params params; /* the recipe's with the best trial's values */
};

/* Where the recipe has a search, run it and take its best parameters; else nothing. */
bool search_settle(struct arena *arena, const struct table *table, struct recipe *recipe,
                   struct fault *why);

/* Called after each trial: how many are done of how many. */
struct search_watch {
    void (*trial_done)(void *who, const struct search *search, const struct trial *trial,
                       size_t done, size_t of);
    void *who;
};

/*
 * Run. Faults: as validator_open; no parameter to search; a trial that cannot be trained. watch may
 * be NULL.
 */
bool search_run(struct arena *arena, const struct table *table, const struct recipe *recipe,
                const struct search *search, const struct search_watch *watch,
                struct search_result *out, struct fault *why);
