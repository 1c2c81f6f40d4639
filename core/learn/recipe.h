/*
 * A recipe: what to train and how, from the command line, from libholdout or from a pipeline.yaml.
 *
 *     schema: 1
 *     target: isFraud
 *     id: id
 *     drop: [comment]
 *     transforms:
 *       - impute
 *       - {name: log, columns: [amount]}
 *       - {name: clip, low: 0.01, high: 0.99}
 *       - standard
 *       - one_hot
 *     learner: {name: logistic, params: {C: 0.5}}
 *     kind: binary            # regression | binary | multiclass; default by the target's column
 *     calibrate: isotonic     # or platt
 *     time: sold_at           # with group and weight: columns that are no features
 *     search: {params: {C: [0.1, 1, 10]}}     # see core/learn/search.h
 */
#pragma once

#include "core/base/complaint.h"
#include "core/learn/calibration.h"
#include "core/learn/learner.h"
#include "core/learn/transform.h"

#define STEPS_MOST 16

struct search;

struct recipe {
    struct str target;
    struct str id;                  /* never a feature; need not be there when training */
    struct str time, group, weight; /* columns that are no features, but a time that is a number and
                                       dates of other times; empty: none. See inputs.time,
                                       inputs.group, examples.weight */
    const struct str *drop;
    size_t drop_count;
    struct transform_step steps[STEPS_MOST];
    size_t step_count;
    bool steps_given; /* by the user: not those that the learner needs anyway */
    enum calibration_kind calibration;
    unsigned targets; /* of enum target_kind: what the target is taken as; 0: see target.h */
    const struct learner *learner;
    struct params params;
    const struct search *search; /* NULL: none; see core/learn/search.h */
    uint64_t seed;
    unsigned threads;
};

/* id "id"; no target, no learner, no transforms yet. */
struct recipe recipe_default(void);

/*
 * Set the learner, and its parameters to their defaults. Where no transforms were given, those that
 * it needs: dates for times; impute and standard for numbers, unless it takes missing cells;
 * ordinal for categories if it takes codes, otherwise one_hot; tfidf for texts if it takes sparse
 * columns.
 */
bool recipe_set_learner(struct recipe *recipe, struct str name, struct fault *why);

/* The same for a learner that is at hand; true. */
bool recipe_use_learner(struct recipe *recipe, const struct learner *learner);

/* "regression", "binary", "multiclass"; others of a course's kinds need none. */
bool recipe_set_kind(struct recipe *recipe, struct str word, struct fault *why);

/* 0 to 2^64 - 1. */
bool recipe_set_seed(struct recipe *recipe, struct str text, struct fault *why);

/* "max_iter=50" */
bool recipe_set_param(struct recipe *recipe, struct str assignment, struct fault *why);

/*
 * "clip" or "clip:low=0.05,high=0.95,columns=income,age": what has no = belongs to the word before.
 * The first call takes the place of the default transforms. count: transforms named so far. The
 * text must live as long as the recipe.
 */
bool recipe_add_transform(struct arena *arena, struct recipe *recipe, struct str text, size_t count,
                          struct fault *why);

/* Do the learner's parameters go together? To be asked before training. */
bool recipe_check(const struct recipe *recipe, struct fault *why);

/*
 * Parse a pipeline.yaml. All mistakes are complained about at once, with line and nearest known
 * word; false when there was one. `file` names it in the complaints.
 */
bool recipe_parse(struct arena *arena, const char *file, struct str bytes, struct recipe *out,
                  struct complaints *to);
