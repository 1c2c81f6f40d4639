/*
 * What all linear models share: coefficients and intercepts, their scores, bytes and explanation.
 * Scores are z[i][k] = intercept[k] + sum over columns j of x[i][j] coefficient[k][j], k < width.
 */
#pragma once

#include "core/learn/learner.h"

/* One allocation: dense [width][dense], then sparse [sparse][width], then intercepts [width]. */
struct linear_weights {
    size_t width, dense, sparse;
    double *at;
};

struct linear_weights linear_weights_new(struct arena *arena, size_t width,
                                         const struct inputs *in);

static inline size_t linear_weights_count(struct linear_weights w)
{
    return w.width * (w.dense + w.sparse + 1);
}

static inline double *linear_intercepts(struct linear_weights w)
{
    return w.at + w.width * (w.dense + w.sparse);
}

/* Of class k and column j, dense ones first. */
static inline double *linear_weight(struct linear_weights w, size_t k, size_t j)
{
    return j < w.dense ? w.at + k * w.dense + j
                       : w.at + w.width * w.dense + (j - w.dense) * w.width + k;
}

/* z[count * width]: the scores of the rows [from, from + count). */
void linear_scores(const struct inputs *in, size_t from, size_t count, struct linear_weights w,
                   double *z);

/* What becomes of scores: themselves, the logistic function, of each row the softmax. */
enum linear_link { LINK_IDENTITY, LINK_LOGIT, LINK_SOFTMAX };

struct linear_model {
    struct linear_weights weights;
    double *means; /* [columns] of the training rows, weighted: what explain counts from */
    enum linear_link link;
    double alpha;      /* the penalty that cross-validation chose; 0: none did */
    size_t iterations; /* 0: solved directly */
    bool converged;
};

struct linear_model *linear_model_new(struct arena *arena, const struct examples *examples);

/* The members of struct learner. */
void linear_model_predict(struct arena *arena, const void *fitted, const struct inputs *in,
                          unsigned threads, double *out);
void linear_model_explain(struct arena *arena, const void *fitted, const struct inputs *in,
                          unsigned threads, double *out);
void linear_model_save(const void *fitted, struct text *out);
void *linear_model_load(struct bytes *in, const struct fitted_shape *shape);
void linear_model_describe(const void *fitted, const struct feature_names *names,
                           struct json_out *out);
