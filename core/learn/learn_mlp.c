/* Multi-layer perceptron: parameters, rows in, numbers out, file. */
#include "core/learn/learn_mlp.h"
#include "core/learn/learn_mlp_train.h"
#include "core/math/sum.h"
#include "core/math/threads.h"
#include <math.h>

#define PREDICT_ROWS ((size_t)256)
#define PREDICT_PIECES ((size_t)16)

struct mlp {
    size_t hidden[MLP_LAYERS_MOST], hidden_count, table_width;
    struct mlp_net net;
    struct mlp_losses losses;
};

static bool hidden_parse(struct str text, size_t *hidden, size_t *count, struct fault *why)
{
    struct str rest = text, part;
    int64_t units;
    *count = 0;
    while (str_cut(&rest, ',', &part)) {
        part = str_trim(part);
        if (!part.len && *count) /* "100," as Python prints one layer */
            continue;
        if (*count + 1 == MLP_LAYERS_MOST || !str_to_int(part, &units) || units < 1 ||
            units > MLP_UNITS_MOST)
            return fault_set(why, BLAME_OPEN,
                             "hidden_layer_sizes of mlp was \"%.*s\", allowed are up to %d whole "
                             "numbers from 1 to %d, such as 128,64",
                             STR_ARGS(str_until(text, 40)), MLP_LAYERS_MOST - 1, MLP_UNITS_MOST);
        hidden[(*count)++] = (size_t)units;
    }
    return true;
}

static bool mlp_check(const struct params *params, struct fault *why)
{
    size_t hidden[MLP_LAYERS_MOST], count;
    return hidden_parse(param_text(params, "hidden_layer_sizes"), hidden, &count, why);
}

/* The target as the net takes it: classes as they are, numbers in units of their spread. */
static float *target_make(struct arena *arena, const struct examples *examples, struct mlp_net *net)
{
    size_t rows = inputs_rows(&examples->in);
    float *y = arena_array(arena, float, rows);
    struct sum sum = { 0 }, squares = { 0 }, weights = { 0 };
    bool number = examples->target == TARGET_NUMBER;
    for (size_t i = 0; i < rows && number; i++) {
        double weight = examples->weight ? examples->weight[i] : 1;
        sum_add(&sum, weight * examples->y[i]);
        sum_add(&weights, weight);
    }
    net->y_mean = number ? sum_value(&sum) / sum_value(&weights) : 0;
    for (size_t i = 0; i < rows && number; i++) {
        double far = examples->y[i] - net->y_mean;
        sum_add(&squares, (examples->weight ? examples->weight[i] : 1) * far * far);
    }
    double spread = number ? sqrt(sum_value(&squares) / sum_value(&weights)) : 1;
    net->y_spread = spread > 0 ? spread : 1;
    for (size_t i = 0; i < rows; i++)
        y[i] = (float)((examples->y[i] - net->y_mean) / net->y_spread);
    return y;
}

/* Weights around 1, so that the learning rate means the same; NULL for none. */
static float *weights_make(struct arena *arena, const struct examples *examples)
{
    size_t rows = inputs_rows(&examples->in);
    if (!examples->weight)
        return NULL;
    float *weight = arena_array(arena, float, rows);
    double mean = mean_of(examples->weight, rows);
    for (size_t i = 0; i < rows; i++)
        weight[i] = (float)(examples->weight[i] / mean);
    return weight;
}

static enum mlp_activation activation_of(const struct params *params)
{
    return param_is(params, "activation", "tanh")       ? MLP_TANH
           : param_is(params, "activation", "logistic") ? MLP_LOGISTIC
                                                        : MLP_RELU;
}

static struct mlp_settings settings_of(const struct params *params, const struct examples *examples)
{
    return (struct mlp_settings){ .learning_rate = param_number(params, "learning_rate_init"),
                                  .beta_1 = param_number(params, "beta_1"),
                                  .beta_2 = param_number(params, "beta_2"),
                                  .alpha = param_number(params, "alpha"),
                                  .dropout = param_number(params, "dropout"),
                                  .tol = param_number(params, "tol"),
                                  .batch_size = param_integer(params, "batch_size"),
                                  .max_iter = param_integer(params, "max_iter"),
                                  .patience = param_integer(params, "n_iter_no_change"),
                                  .early_stopping = param_flag(params, "early_stopping"),
                                  .validation_fraction =
                                      param_number(params, "validation_fraction"),
                                  .seed = examples->seed,
                                  .threads = examples->threads };
}

static bool mlp_fit(struct arena *arena, const struct examples *examples,
                    const struct params *params, void **fitted, struct fault *why)
{
    struct mlp *mlp = arena_new(arena, struct mlp);
    struct mlp_net *net = &mlp->net;
    struct fitted_shape shape = { .columns = examples->in.dense.columns,
                                  .levels = examples->in.levels,
                                  .target = examples->target,
                                  .class_count = examples->class_count };
    mlp->table_width = param_integer(params, "embedding_dim");
    if (!hidden_parse(param_text(params, "hidden_layer_sizes"), mlp->hidden, &mlp->hidden_count,
                      why))
        return false;
    if (!mlp_shape(arena, &shape, mlp->hidden, mlp->hidden_count, mlp->table_width, net))
        return fault_set(why, BLAME_OPEN, "the layers of mlp had over 2^28 weights");
    net->activation = activation_of(params);
    net->params = arena_array(arena, float, net->param_count);
    net->cells = arena_array(arena, float, net->cell_count);
    mlp_start(net, examples->seed);
    struct mlp_settings settings = settings_of(params, examples);
    struct mlp_rows rows = mlp_rows_new(arena, net, inputs_rows(&examples->in));
    mlp_rows_make(net, &examples->in, &rows);
    struct mlp_batch all = { .rows = &rows,
                             .y = target_make(arena, examples, net),
                             .weight = weights_make(arena, examples) };
    *fitted = mlp;
    return (isfinite(net->y_mean) && isfinite(net->y_spread) &&
            mlp_train(arena, net, &all, &settings, &mlp->losses)) ||
           fault_set(why, BLAME_OPEN,
                     "mlp went beyond the range of numbers: scale the features (transform "
                     "\"standard\") or lower learning_rate_init");
}

struct predicting {
    const struct mlp_net *net;
    struct mlp_rows rows;
    const size_t *order;
    double *out;
    size_t pieces;
    struct mlp_pass passes[PREDICT_PIECES];
};

static void piece_predict(void *work, size_t at)
{
    struct predicting *all = work;
    const struct mlp_net *net = all->net;
    size_t blocks = (all->rows.rows + PREDICT_ROWS - 1) / PREDICT_ROWS;
    for (size_t block = at; block < blocks; block += all->pieces) {
        size_t from = block * PREDICT_ROWS, left = all->rows.rows - from;
        struct mlp_batch batch = { .rows = &all->rows,
                                   .at = all->order + from,
                                   .count = left < PREDICT_ROWS ? left : PREDICT_ROWS };
        mlp_forward(net, &all->passes[at], &batch);
        const float *values = all->passes[at].values[net->layer_count];
        double *out = all->out + from * net->outputs;
        for (size_t i = 0; i < batch.count * net->outputs; i++)
            out[i] = (double)values[i] * net->y_spread + net->y_mean;
        for (size_t i = 0; i < batch.count && net->outputs > 1; i++) {
            double sum = sum_of(out + i * net->outputs, net->outputs);
            for (size_t k = 0; k < net->outputs; k++)
                out[i * net->outputs + k] /= sum;
        }
    }
}

static void mlp_predict(struct arena *arena, const void *fitted, const struct inputs *in,
                        unsigned threads, double *out)
{
    const struct mlp *mlp = fitted;
    size_t rows = inputs_rows(in), *order = arena_array(arena, size_t, rows);
    size_t blocks = (rows + PREDICT_ROWS - 1) / PREDICT_ROWS;
    struct predicting all = { .net = &mlp->net, .order = order, .out = out };
    blas_start();
    all.rows = mlp_rows_new(arena, &mlp->net, rows);
    mlp_rows_make(&mlp->net, in, &all.rows);
    for (size_t i = 0; i < rows; i++)
        order[i] = i;
    all.pieces = blocks < PREDICT_PIECES ? blocks : PREDICT_PIECES;
    for (size_t p = 0; p < all.pieces; p++)
        all.passes[p] = mlp_pass_new(arena, &mlp->net, PREDICT_ROWS, false, false);
    threads_run(threads, all.pieces, piece_predict, &all);
}

static void mlp_save(const void *fitted, struct text *out)
{
    const struct mlp *mlp = fitted;
    bytes_put_u32(out, (uint32_t)mlp->hidden_count);
    for (size_t l = 0; l < mlp->hidden_count; l++)
        bytes_put_u32(out, (uint32_t)mlp->hidden[l]);
    bytes_put_u32(out, (uint32_t)mlp->table_width);
    bytes_put_u32(out, mlp->net.activation);
    bytes_put_double(out, mlp->net.y_mean);
    bytes_put_double(out, mlp->net.y_spread);
    bytes_put_floats(out, mlp->net.params, mlp->net.param_count);
    bytes_put_floats(out, mlp->net.cells, mlp->net.cell_count);
    bytes_put_u32(out, mlp->losses.converged);
    bytes_put_u32(out, mlp->losses.validation != NULL);
    bytes_put_u32(out, (uint32_t)mlp->losses.count);
    bytes_put_doubles(out, mlp->losses.train, mlp->losses.count);
    if (mlp->losses.validation)
        bytes_put_doubles(out, mlp->losses.validation, mlp->losses.count);
}

static void losses_load(struct bytes *in, struct mlp_losses *losses)
{
    uint32_t converged = bytes_u32(in), validated = bytes_u32(in);
    losses->converged = converged == 1;
    losses->count = bytes_u32(in);
    losses->train = bytes_doubles(in, losses->count);
    losses->validation = validated ? bytes_doubles(in, losses->count) : NULL;
    if (converged > 1 || validated > 1)
        in->failed = true;
}

static void *mlp_load(struct bytes *in, const struct fitted_shape *shape)
{
    struct mlp *mlp = arena_new(in->arena, struct mlp);
    mlp->hidden_count = bytes_u32(in);
    if (mlp->hidden_count >= MLP_LAYERS_MOST)
        return NULL;
    for (size_t l = 0; l < mlp->hidden_count; l++) {
        mlp->hidden[l] = bytes_u32(in);
        if (!mlp->hidden[l] || mlp->hidden[l] > MLP_UNITS_MOST)
            return NULL;
    }
    mlp->table_width = bytes_u32(in);
    uint32_t activation = bytes_u32(in);
    if (in->failed || activation > MLP_LOGISTIC || mlp->table_width > MLP_UNITS_MOST ||
        !mlp_shape(in->arena, shape, mlp->hidden, mlp->hidden_count, mlp->table_width, &mlp->net))
        return NULL;
    mlp->net.activation = (enum mlp_activation)activation;
    mlp->net.y_mean = bytes_finite(in);
    mlp->net.y_spread = bytes_finite(in);
    mlp->net.params = bytes_floats(in, mlp->net.param_count);
    mlp->net.cells = bytes_floats(in, mlp->net.cell_count);
    losses_load(in, &mlp->losses);
    return in->failed ? NULL : mlp;
}

static void losses_describe(const char *name, const double *at, size_t count, struct json_out *out)
{
    json_open_list(out, name);
    for (size_t i = 0; i < count; i++)
        json_add_double(out, NULL, at[i]);
    json_close_list(out);
}

static void mlp_describe(const void *fitted, const struct feature_names *names,
                         struct json_out *out)
{
    const struct mlp *mlp = fitted;
    json_open_list(out, "layers");
    for (size_t l = 0; l < mlp->net.layer_count; l++)
        json_add_int(out, NULL, (int64_t)mlp->net.layers[l].in);
    json_add_int(out, NULL, (int64_t)mlp->net.outputs);
    json_close_list(out);
    json_open_list(out, "embeddings");
    for (size_t t = 0; t < mlp->net.table_count; t++) {
        json_open_map(out, NULL);
        json_add_text(out, "feature", names->at[mlp->net.table[t].column]);
        json_add_int(out, "levels", (int64_t)mlp->net.table[t].levels);
        json_add_int(out, "width", (int64_t)mlp->net.table[t].width);
        json_close_map(out);
    }
    json_close_list(out);
    json_add_int(out, "weights", (int64_t)(mlp->net.param_count + mlp->net.cell_count));
    json_add_int(out, "iterations", (int64_t)mlp->losses.count);
    json_add_bool(out, "converged", mlp->losses.converged);
    losses_describe("train_loss", mlp->losses.train, mlp->losses.count, out);
    if (mlp->losses.validation)
        losses_describe("validation_loss", mlp->losses.validation, mlp->losses.count, out);
}

static const char *const activations[] = { "relu", "tanh", "logistic", NULL };

static const struct param_spec mlp_params[] = {
    { "hidden_layer_sizes", NULL, PARAM_TEXT, 1, 200, "100", NULL,
      "units of each hidden layer, such as 128,64" },
    { "activation", NULL, PARAM_CHOICE, 0, 0, "relu", activations, "of the hidden units" },
    { "learning_rate_init", "learning_rate", PARAM_NUMBER, 1e-9, 10, "0.001", NULL,
      "step size of Adam" },
    { "batch_size", "mini_batch_size", PARAM_INTEGER, 1, 1000000, "200", NULL, "rows a step" },
    { "max_iter", "epochs", PARAM_INTEGER, 1, 100000, "200", NULL, "passes over the rows at most" },
    { "alpha", "wd", PARAM_NUMBER, 0, 1e6, "0.0001", NULL, "weight of the L2 penalty" },
    { "dropout", NULL, PARAM_NUMBER, 0, 0.95, "0", NULL,
      "chance of a hidden unit to be left out in a step" },
    { "early_stopping", NULL, PARAM_BOOL, 0, 1, "false", NULL,
      "hold rows back, stop and go back to where their loss was least" },
    { "validation_fraction", NULL, PARAM_NUMBER, 0.001, 0.9, "0.1", NULL,
      "share of rows held back by early_stopping" },
    { "n_iter_no_change", "early_stopping_patience", PARAM_INTEGER, 1, 100000, "10", NULL,
      "epochs without a better loss before it stops" },
    { "tol", "early_stopping_tolerance", PARAM_NUMBER, 0, 1e6, "0.0001", NULL,
      "a better loss is better by this" },
    { "embedding_dim", "embedding_dimension", PARAM_INTEGER, 0, 1024, "0", NULL,
      "numbers a category is turned into; 0: half its levels, at most 50" },
    { "beta_1", NULL, PARAM_NUMBER, 0, 0.999999, "0.9", NULL, "decay of Adam's mean" },
    { "beta_2", NULL, PARAM_NUMBER, 0, 0.999999, "0.999", NULL, "decay of Adam's squares" },
};

const struct learner learn_mlp = {
    .name = "mlp",
    .what = "multi-layer perceptron: hidden layers, trained by Adam",
    .targets = TARGET_NUMBER | TARGET_TWO_CLASSES | TARGET_CLASSES,
    .takes = TAKES_LEVELS,
    .params = mlp_params,
    .param_count = sizeof mlp_params / sizeof *mlp_params,
    .check = mlp_check,
    .fit_scaled = true,
    .fit = mlp_fit,
    .predict = mlp_predict,
    .save = mlp_save,
    .load = mlp_load,
    .describe = mlp_describe,
};
