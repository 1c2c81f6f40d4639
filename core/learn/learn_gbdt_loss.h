/*
 * What boosting makes smaller: losses with their gradients and Hessians at the current margins.
 * Names are XGBoost's, aliases scikit-learn's.
 */
#pragma once

#include "core/learn/learn_gbdt_grow.h"

struct loss;
struct queries;

struct objective {
    const char *name;
    unsigned targets; /* of enum target_kind */
    /*
     * Of rows [from, from + count), count <= LOSS_BLOCK: the weighted loss in all; g and h for
     * output k in [k * LOSS_BLOCK].
     */
    double (*gradient)(const struct loss *loss, size_t from, size_t count, double *g, double *h);
    double g_most, h_most; /* bounds of a row of weight 1; 0: must be found */
    void (*base)(struct arena *arena, const struct loss *loss, double *base); /* NULL: 0 */
    /* NULL, or from margins[width] of a row to what is predicted, in place. */
    void (*link)(double *margins, size_t width);
    double quantile; /* leaves get this quantile of what is left; < 0: they do not; 2: as asked */
};

#define LOSS_BLOCK ((size_t)256)

struct loss {
    const struct objective *objective;
    const double *y;
    const double *weight; /* NULL: all 1 */
    double *margins;      /* [rows * width] */
    size_t rows, width;
    double quantile, slope;  /* of reg:quantileerror, reg:pseudohubererror */
    struct queries *queries; /* of ranking */
    unsigned threads;
    struct crew *crew; /* of so many */
};

/* By the index of the parameter's choice; of `auto` what the target asks for. */
const struct objective *objective_of(size_t choice, enum target_kind target);
size_t objective_index(const struct objective *objective);
extern const char *const objective_names[];

/* Scratch; writes: for gradients_make, else for loss_mean alone. */
struct gradient_maker;
struct gradient_maker *gradient_maker_new(struct arena *arena, const struct loss *loss,
                                          bool writes);

/*
 * Gradients of all outputs at the margins, as whole numbers; the mean loss. drawn: NULL, or rows
 * that are not drawn get none. NAN when they are beyond the range of numbers. O(rows * width).
 */
double gradients_make(struct gradient_maker *maker, const bool *drawn, struct gradients *out);

/* The mean loss alone. */
double loss_mean(struct gradient_maker *maker);

/* The lowest value that has at least the share of the weight (1 each when NULL) at or below it. */
double weighted_quantile(double *values, double *weights, size_t count, double share);

/* learn_gbdt_rank.c: queries with the relevance of their rows; LambdaMART (Burges 2010). */
struct queries *queries_new(struct arena *arena, const struct loss *loss, const struct inputs *in);
/* Gradients at the margins: call before gradients_make or loss_mean. */
void queries_update(const struct loss *loss);
double queries_gradient(const struct loss *loss, size_t from, size_t count, double *g, double *h);
