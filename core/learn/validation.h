/*
 * Cross-validation: train on some rows of a table, measure on the others, again and again. Features
 * are fitted anew in every fold, so that nothing of the rows measured on is learned from.
 *
 * Folds: by time (forward) where there is a time column, else whole groups where there is a group
 * column, else stratified by class, else drawn; all from the seed.
 */
#pragma once

#include "core/data/split.h"
#include "core/eval/metrics.h"
#include "core/learn/model.h"

struct validation {
    size_t folds;                /* >= 2; 0: 5 */
    size_t repeats;              /* of drawn and stratified folds; 0: 1 */
    const struct metric *metric; /* NULL: roc_auc, log_loss or rmse, by the target */
};

/* What a model's target is to a metric. */
enum truth_kind truth_kind_of(enum target_kind kind);

/* roc_auc, log_loss or rmse: where nobody says which. */
const struct metric *metric_usual(enum target_kind kind);

/* Everything that does not change from one recipe to the next. */
struct validator {
    const struct table *table;
    const struct metric *metric;
    struct splits splits;
    struct target target; /* of the whole table */
    size_t width;         /* of predictions */
};

/*
 * The target, the folds and the metric for a recipe's learner. Faults: what model_train says of the
 * target, what the splits say, a metric for another kind of target.
 */
bool validator_open(struct arena *arena, const struct table *table, const struct recipe *recipe,
                    const struct validation *how, struct validator *out, struct fault *why);

/* The metric's value on one fold. recipe: as in validator_open, with any learner and parameters for
   the same kind of target. prediction: NULL, or out[test_count * width]. */
bool validator_fold(struct arena *arena, const struct validator *validator,
                    const struct recipe *recipe, size_t fold, double *prediction, double *value,
                    struct fault *why);

struct validated {
    size_t count;
    const double *values; /* [count] by fold */
    double mean, deviation;
    /* 95 % of the mean, by the corrected resampled t (Nadeau & Bengio 2003); NAN for one fold */
    double low, high;
};

/* All folds. out_of_fold: NULL, or [rows * width]: each row's prediction by the model that did not
   see it (the last of several repeats); rows that no fold tests on stay NAN. */
bool validator_run(struct arena *arena, const struct validator *validator,
                   const struct recipe *recipe, double *out_of_fold, struct validated *out,
                   struct fault *why);

/* From the values of all folds, in order. */
void validated_of(const struct validator *validator, const double *values, struct validated *out);

/* Predictions beside the truth for these rows of the table, to be measured: prediction[count *
   width]. */
void validator_scored(struct arena *arena, const struct validator *validator, const size_t *rows,
                      size_t count, const double *prediction, struct scored *out);
