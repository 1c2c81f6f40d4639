/* What naive Bayes learned: numbers by column and class, and how they are found. */
#pragma once

#include "core/learn/learn_bayes.h"

enum bayes_kind { BAYES_GAUSSIAN, BAYES_MULTINOMIAL, BAYES_BERNOULLI };

struct bayes {
    enum bayes_kind kind; /* of numbers; the sparse part is multinomial unless bernoulli */
    size_t dense, sparse, classes;
    const uint32_t *levels; /* [dense] as inputs.levels; NULL: all are numbers */
    double *log_prior;      /* [classes] */
    size_t *first;          /* [dense + 1] of each dense column in `of_dense` */
    double *of_dense;  /* gaussian: mean[classes], variance[classes] (0: tells nothing); category:
                         log p[classes][levels]; multinomial: log p[classes]; bernoulli: log p,
                         log (1 - p) [classes] each */
    double *of_sparse; /* [sparse][classes] log p; bernoulli: log p - log (1 - p) */
    double *base;      /* [classes] bernoulli: the sum of log (1 - p) of the sparse part */
};

static inline bool bayes_is_category(const struct bayes *bayes, size_t column)
{
    return bayes->levels && bayes->levels[column];
}

/* Numbers of one dense column. */
size_t bayes_numbers(const struct bayes *bayes, size_t column);

/* Room for all numbers; false: too many. */
bool bayes_room(struct arena *arena, struct bayes *bayes);

/* Log of prior times likelihood, joint[classes]. */
void bayes_joint(const struct bayes *bayes, const struct inputs *in, size_t row, double *joint);
