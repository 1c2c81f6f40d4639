/*
 * The boosting itself: tree after tree on the gradients of what is left.
 */
#pragma once

#include "core/learn/learn_gbdt_loss.h"

struct gbdt {
    struct tree_model *model;
    size_t objective; /* as the parameter's choice, never auto */
    size_t rounds;    /* that are kept; a tree an output each */
    size_t loss_count, validation_count;
    double *train_loss; /* [loss_count]: mean, after each round that was made */
    double *validation_loss;
};

bool gbdt_fit(struct arena *arena, const struct examples *examples, const struct params *params,
              struct gbdt *gbdt, struct fault *why);
