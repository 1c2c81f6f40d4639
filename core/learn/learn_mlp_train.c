/* Adam over shuffled batches, with early stopping. */
#include "core/learn/learn_mlp_train.h"
#include "core/math/random.h"
#include "core/math/threads.h"
#include <math.h>

#pragma GCC optimize("O3")

#define EPSILON 1e-8F
#define PIECES_MOST ((size_t)4)
#define PIECE_WORK 2e7 /* multiplications of a batch from which it is cut into pieces */

/* Moments of some numbers. */
struct adam {
    float *numbers, *mean, *square;
};

struct training {
    struct mlp_net *net;
    const struct mlp_settings *settings;
    struct mlp_batch batch; /* the one at work */
    size_t piece_count, piece_rows;
    struct mlp_pass pieces[PIECES_MOST];
    struct adam params, cells;
    float *cell_gradient; /* [cell_count] */
    uint8_t *touched;     /* [cell_count]: at the first cell of a row */
    size_t *order;        /* [rows] */
    size_t train, held;   /* rows to learn from, in front; and to validate with, behind */
    double train_weight, held_weight;
    double power_1, power_2; /* beta to the steps */
};

static void adam_step(struct adam *adam, const float *gradient, size_t from, size_t n,
                      const float factors[4])
{
    float *x = adam->numbers + from, *m = adam->mean + from, *v = adam->square + from;
    float beta_1 = factors[0], beta_2 = factors[1], rate = factors[2], scale = factors[3];
    for (size_t i = 0; i < n; i++) {
        float g = gradient[i] * scale;
        m[i] = beta_1 * m[i] + (1 - beta_1) * g;
        v[i] = beta_2 * v[i] + (1 - beta_2) * g * g;
        x[i] -= rate * m[i] / (sqrtf(v[i]) + EPSILON);
    }
}

static struct adam adam_new(struct arena *arena, float *numbers, size_t count)
{
    return (struct adam){ numbers, arena_array(arena, float, count),
                          arena_array(arena, float, count) };
}

static void piece_back(void *work, size_t at)
{
    struct training *training = work;
    struct mlp_batch part = training->batch;
    size_t from = at * training->piece_rows;
    size_t left = part.count > from ? part.count - from : 0;
    part.at += from;
    part.stream += from;
    part.count = left < training->piece_rows ? left : training->piece_rows;
    mlp_back(training->net, &training->pieces[at], &part);
}

static void piece_forward(void *work, size_t at)
{
    struct training *training = work;
    struct mlp_batch part = training->batch;
    size_t from = at * training->piece_rows;
    size_t left = part.count > from ? part.count - from : 0;
    part.at += from;
    part.count = left < training->piece_rows ? left : training->piece_rows;
    part.dropout = 0;
    mlp_forward(training->net, &training->pieces[at], &part);
    training->pieces[at].loss = mlp_loss(training->net, &training->pieces[at], &part);
}

/* The table rows that a batch used, and only they, take a step. */
static void tables_step(struct training *training, const float factors[4])
{
    struct mlp_net *net = training->net;
    const struct mlp_batch *batch = &training->batch;
    size_t width = mlp_table_width(net);
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < batch->count; i++) {
            const struct mlp_pass *piece = &training->pieces[i / training->piece_rows];
            const float *delta = piece->table_deltas + i % training->piece_rows * width;
            for (size_t t = 0; t < net->table_count; t++) {
                const struct mlp_table *table = &net->table[t];
                size_t code = batch->rows->codes[batch->at[i] * net->table_count + t];
                size_t at = table->at + code * table->width;
                float *gradient = training->cell_gradient + at;
                if (pass == 0) {
                    for (size_t j = 0; j < table->width; j++)
                        gradient[j] += delta[j];
                    training->touched[at] = 1;
                } else if (training->touched[at]) {
                    adam_step(&training->cells, gradient, at, table->width, factors);
                    memset(gradient, 0, table->width * sizeof *gradient);
                    training->touched[at] = 0;
                }
                delta += table->width;
            }
        }
}

/* The L2 penalty of the weights, not of the biases, joins the gradient; its value. */
static double penalty_add(const struct mlp_net *net, float alpha, float *gradient)
{
    double sum = 0;
    for (size_t l = 0; l < net->layer_count && alpha > 0; l++) {
        const struct mlp_layer *layer = &net->layers[l];
        float squares[8] = { 0 };
        const float *w = net->params + layer->weights;
        float *g = gradient + layer->weights;
        size_t count = layer->in * layer->out, i = 0;
        for (; i + 8 <= count; i += 8)
            for (size_t t = 0; t < 8; t++) {
                g[i + t] += alpha * w[i + t];
                squares[t] += w[i + t] * w[i + t];
            }
        for (; i < count; i++) {
            g[i] += alpha * w[i];
            squares[0] += w[i] * w[i];
        }
        for (size_t t = 0; t < 8; t++)
            sum += (double)squares[t];
    }
    return sum * (double)alpha / 2;
}

/* One batch: gradient and step. The summed loss with its penalty. */
static double batch_step(struct training *training)
{
    const struct mlp_settings *settings = training->settings;
    struct mlp_net *net = training->net;
    size_t pieces = (training->batch.count + training->piece_rows - 1) / training->piece_rows;
    threads_run(settings->threads, pieces, piece_back, training);
    float *gradient = training->pieces[0].gradient;
    double loss = training->pieces[0].loss;
    for (size_t p = 1; p < pieces; p++) {
        const float *more = training->pieces[p].gradient;
        for (size_t i = 0; i < net->param_count; i++)
            gradient[i] += more[i];
        loss += training->pieces[p].loss;
    }
    loss += penalty_add(net, (float)settings->alpha, gradient);
    training->power_1 *= settings->beta_1;
    training->power_2 *= settings->beta_2;
    double rate = settings->learning_rate * sqrt(1 - training->power_2) / (1 - training->power_1);
    float factors[] = { (float)settings->beta_1, (float)settings->beta_2, (float)rate,
                        1 / (float)training->batch.count };
    adam_step(&training->params, gradient, 0, net->param_count, factors);
    if (net->table_count)
        tables_step(training, factors);
    return loss;
}

static double epoch_run(struct training *training, size_t epoch)
{
    struct random random = random_stream(training->settings->seed, 1000 + epoch);
    size_t rows = training->train, size = training->settings->batch_size;
    double loss = 0;
    random_shuffle(&random, training->order, rows);
    for (size_t from = 0; from < rows; from += size) {
        training->batch.at = training->order + from;
        training->batch.count = rows - from < size ? rows - from : size;
        training->batch.stream = random_next(&random);
        loss += batch_step(training);
    }
    return loss / training->train_weight;
}

static double held_loss(struct training *training)
{
    size_t size = training->settings->batch_size;
    double loss = 0;
    for (size_t from = 0; from < training->held; from += size) {
        training->batch.at = training->order + training->train + from;
        training->batch.count = training->held - from < size ? training->held - from : size;
        size_t pieces = (training->batch.count + training->piece_rows - 1) / training->piece_rows;
        threads_run(training->settings->threads, pieces, piece_forward, training);
        for (size_t p = 0; p < pieces; p++)
            loss += training->pieces[p].loss;
    }
    return loss / training->held_weight;
}

static double weight_from(const struct training *training, size_t from, size_t count)
{
    double sum = 0;
    for (size_t i = from; i < from + count; i++)
        sum += training->batch.weight ? (double)training->batch.weight[training->order[i]] : 1;
    return sum > 0 ? sum : 1;
}

static void rows_part(struct training *training)
{
    const struct mlp_settings *settings = training->settings;
    size_t rows = training->batch.rows->rows;
    struct random random = random_stream(settings->seed, 999);
    for (size_t i = 0; i < rows; i++)
        training->order[i] = i;
    if (settings->early_stopping && rows > 1) {
        random_shuffle(&random, training->order, rows);
        training->held = (size_t)ceil(settings->validation_fraction * (double)rows);
        training->held = training->held < rows ? training->held : rows - 1;
    }
    training->train = rows - training->held;
    training->train_weight = weight_from(training, 0, training->train);
    training->held_weight = weight_from(training, training->train, training->held);
}

static struct training *training_new(struct arena *arena, struct mlp_net *net,
                                     const struct mlp_batch *all,
                                     const struct mlp_settings *settings)
{
    struct training *training = arena_new(arena, struct training);
    size_t rows = all->rows->rows, size = settings->batch_size < rows ? settings->batch_size : rows;
    *training = (struct training){ .net = net, .settings = settings, .batch = *all };
    training->batch.dropout = settings->dropout;
    training->piece_count = (double)size * (double)net->param_count >= PIECE_WORK ? PIECES_MOST : 1;
    training->piece_rows = (size + training->piece_count - 1) / training->piece_count;
    for (size_t p = 0; p < training->piece_count; p++)
        training->pieces[p] =
            mlp_pass_new(arena, net, training->piece_rows, true, settings->dropout > 0);
    training->params = adam_new(arena, net->params, net->param_count);
    training->cells = adam_new(arena, net->cells, net->cell_count);
    training->cell_gradient = arena_array(arena, float, net->cell_count);
    training->touched = arena_array(arena, uint8_t, net->cell_count);
    training->order = arena_array(arena, size_t, rows);
    training->power_1 = training->power_2 = 1;
    rows_part(training);
    return training;
}

/* The best weights so far. */
struct kept {
    float *params, *cells;
    double loss;
    size_t waiting; /* epochs since */
};

static void keep(const struct mlp_net *net, struct kept *kept)
{
    memcpy(kept->params, net->params, net->param_count * sizeof(float));
    memcpy(kept->cells, net->cells, net->cell_count * sizeof(float));
}

static void put_back(struct mlp_net *net, const struct kept *kept)
{
    memcpy(net->params, kept->params, net->param_count * sizeof(float));
    memcpy(net->cells, kept->cells, net->cell_count * sizeof(float));
}

bool mlp_train(struct arena *arena, struct mlp_net *net, const struct mlp_batch *all,
               const struct mlp_settings *settings, struct mlp_losses *losses)
{
    blas_start();
    struct training *training = training_new(arena, net, all, settings);
    bool held = training->held > 0;
    struct kept kept = { arena_array(arena, float, held ? net->param_count : 0),
                         arena_array(arena, float, held ? net->cell_count : 0), INFINITY, 0 };
    double least = INFINITY;
    losses->count = 0;
    losses->converged = false;
    losses->train = arena_array(arena, double, settings->max_iter);
    losses->validation = held ? arena_array(arena, double, settings->max_iter) : NULL;
    while (losses->count < settings->max_iter && !losses->converged) {
        double loss = losses->train[losses->count] = epoch_run(training, losses->count);
        if (held)
            loss = losses->validation[losses->count] = held_loss(training);
        losses->count++;
        if (!isfinite(loss) || !isfinite(losses->train[losses->count - 1]))
            return false;
        kept.waiting = loss > least - settings->tol ? kept.waiting + 1 : 0;
        least = fmin(least, loss);
        if (held && loss < kept.loss) {
            kept.loss = loss;
            keep(net, &kept);
        }
        losses->converged = kept.waiting > settings->patience;
    }
    if (held)
        put_back(net, &kept);
    return true;
}
