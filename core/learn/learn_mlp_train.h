/*
 * Training a multi-layer perceptron by Adam (Kingma & Ba 2015) on shuffled batches. Batches are cut
 * into pieces whose number depends on the shape alone, so that any number of threads gives the same
 * bits.
 */
#pragma once

#include "core/learn/learn_mlp_net.h"

struct mlp_settings {
    double learning_rate, beta_1, beta_2, alpha, dropout, tol;
    size_t batch_size, max_iter, patience; /* patience: epochs without a better loss */
    bool early_stopping;
    double validation_fraction;
    uint64_t seed;
    unsigned threads;
};

/* Losses by epoch; validation is NULL without early stopping. */
struct mlp_losses {
    size_t count;
    double *train, *validation; /* [count] */
    bool converged;             /* ended before max_iter */
};

/*
 * Train the started net on rows, y and weight as struct mlp_batch says. False where the loss went
 * beyond the range of numbers. With early stopping the weights of the least validation loss are
 * kept.
 */
bool mlp_train(struct arena *arena, struct mlp_net *net, const struct mlp_batch *all,
               const struct mlp_settings *settings, struct mlp_losses *losses);
