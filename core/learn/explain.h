/*
 * What a model leans on, measured from outside: how much worse its predictions get when a column is
 * shuffled, how they move when one column does, how good it gets with more rows.
 */
#pragma once

#include "core/learn/validation.h"

/* The target's column as the model knows it: numbers, or the place in the model's classes. y[rows].
   A class that the model does not know is a fault. */
bool model_truth(struct arena *arena, const struct model *model, const struct table *table,
                 double *y, struct fault *why);

struct importance {
    const struct metric *metric;
    double value; /* of the metric, nothing shuffled */
    size_t count;
    const struct str *columns; /* [count] most important first, equal ones in the table's order */
    const double *mean;        /* [count] by how much the metric gets worse, over the repeats */
    const double *deviation;   /* [count] of one repeat */
};

/*
 * Permutation importance (Breiman 2001) of each column of the table but the target, the id, time,
 * group and weight. metric NULL: the usual one of the target. O(columns * repeats) predictions.
 */
bool importance_measure(struct arena *arena, const struct model *model, const struct table *table,
                        const struct metric *metric, size_t repeats, uint64_t seed,
                        unsigned threads, struct importance *out, struct fault *why);

struct dependence {
    size_t count, width;      /* width: numbers a prediction has */
    const double *x;          /* [count] rising; NULL for a category */
    const struct str *levels; /* [count] commonest first; NULL for numbers */
    const double *mean;       /* [count * width] of the predictions */
};

#define DEPENDENCE_POINTS ((size_t)20)

/*
 * Partial dependence (Friedman 2001): the mean prediction of all rows with one column set to each
 * of its quantiles (or commonest levels).
 */
bool dependence_measure(struct arena *arena, const struct model *model, const struct table *table,
                        struct str column, unsigned threads, struct dependence *out,
                        struct fault *why);

/*
 * Shapley values of each row, as learner.explain gives them, by feature of the model
 * (model->features.names): out[rows * width * (features + 1)]. A fault for learners that have none.
 */
bool shapley_values(struct arena *arena, const struct model *model, const struct table *table,
                    unsigned threads, double **out, struct fault *why);

#define CURVE_POINTS 6

struct learning_curve {
    const struct metric *metric;
    size_t count;
    double rows[CURVE_POINTS];  /* trained on, mean over the folds */
    double train[CURVE_POINTS]; /* the metric on them */
    double validation[CURVE_POINTS], low[CURVE_POINTS], high[CURVE_POINTS];
};

/* The metric by cross-validation, trained on 1/32, 1/16 ... of the rows of each fold. */
bool learning_curve_measure(struct arena *arena, const struct table *table,
                            const struct recipe *recipe, const struct validation *how,
                            struct learning_curve *out, struct fault *why);
