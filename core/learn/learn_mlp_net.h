/*
 * A multi-layer perceptron as numbers: its shape, a pass forward and one back. Single precision,
 * products of matrices over blocks of rows; sums of losses in double.
 * Category columns enter through tables: each level has a row of `width` floats that is learned
 * like a weight; one more row stands for cells that are missing or were never seen.
 */
#pragma once

#include "core/learn/learner.h"
#include "core/math/blas.h"

#define MLP_LAYERS_MOST 17 /* the last one is the output */
#define MLP_UNITS_MOST 65536

enum mlp_activation { MLP_RELU, MLP_TANH, MLP_LOGISTIC };

struct mlp_layer {
    size_t in, out;
    size_t weights, biases; /* where in params: [in][out], [out] */
};

struct mlp_table {
    size_t column; /* of the dense ones */
    size_t levels, width;
    size_t at;    /* where in tables: [levels + 1][width] */
    size_t input; /* where in a row of the first layer's input */
};

struct mlp_net {
    size_t columns;
    size_t number_count, table_count, layer_count;
    uint32_t *numbers; /* [number_count]: their columns */
    struct mlp_table *table;
    struct mlp_layer layers[MLP_LAYERS_MOST];
    enum mlp_activation activation;
    enum target_kind target;
    size_t outputs; /* one, or one a class where these are three or more */
    size_t param_count, cell_count;
    float *params, *cells;   /* weights and biases; the tables */
    double y_mean, y_spread; /* of a number: what the output counts in */
};

/*
 * The shape for such columns (levels as inputs.levels) with hidden[hidden_count] units; params and
 * cells are left to the caller. False when there would be over 2^28 numbers. width: of each table,
 * 0: half the levels, at most 50.
 */
bool mlp_shape(struct arena *arena, const struct fitted_shape *shape, const size_t *hidden,
               size_t hidden_count, size_t width, struct mlp_net *out);

/* Weights and biases uniform around 0 as Glorot & Bengio (2010), table cells within +-0.05. */
void mlp_start(struct mlp_net *net, uint64_t seed);

/* Rows as the net takes them. */
struct mlp_rows {
    size_t rows;
    float *numbers;  /* [rows][number_count] */
    uint32_t *codes; /* [rows][table_count] */
};
void mlp_rows_make(const struct mlp_net *net, const struct inputs *in, struct mlp_rows *rows);
struct mlp_rows mlp_rows_new(struct arena *arena, const struct mlp_net *net, size_t rows);

/* Some rows to pass through. */
struct mlp_batch {
    const struct mlp_rows *rows;
    const size_t *at; /* [count]: which */
    size_t count;
    const float *y;      /* [rows]: the class, or the number in the net's units */
    const float *weight; /* NULL, or [rows] */
    double dropout;      /* chance of a hidden unit to be left out */
    uint64_t stream;     /* what is left out follows from it and the place in the batch */
};

/* Room for up to `most` rows. */
struct mlp_pass {
    size_t most;
    float *values[MLP_LAYERS_MOST + 1];  /* the input, then each layer's output: [most][...] */
    float *dropped[MLP_LAYERS_MOST + 1]; /* where units are left out: the next layer's input */
    float *deltas[2];                    /* [most][widest] */
    float *table_deltas;                 /* [most][widths of the tables] */
    float *gradient;                     /* [param_count] */
    double loss;
};
struct mlp_pass mlp_pass_new(struct arena *arena, const struct mlp_net *net, size_t most,
                             bool training, bool dropout);

/* Forward: the last values become numbers, or probabilities of classes. */
void mlp_forward(const struct mlp_net *net, struct mlp_pass *pass, const struct mlp_batch *batch);

/*
 * Forward and back: loss and gradient are sums over the batch, without a penalty; of classes the
 * log loss, of numbers half the squared error in the net's units. table_deltas become the gradient
 * by the inputs that come from tables.
 */
void mlp_back(const struct mlp_net *net, struct mlp_pass *pass, const struct mlp_batch *batch);

/* The sum of losses after mlp_forward. */
double mlp_loss(const struct mlp_net *net, const struct mlp_pass *pass,
                const struct mlp_batch *batch);

/* Floats that all tables together put into a row. */
static inline size_t mlp_table_width(const struct mlp_net *net)
{
    return net->layers[0].in - net->number_count;
}
