/* A multi-layer perceptron: shape, forward, back. */
#include "core/learn/learn_mlp_net.h"
#include "core/math/random.h"
#include <math.h>

#pragma GCC optimize("O3")

#define PARAMS_TOTAL_MOST ((size_t)1 << 28)
#define TABLE_WIDTH_MOST ((size_t)50)

static bool layers_shape(const size_t *hidden, size_t hidden_count, size_t in, struct mlp_net *net)
{
    net->layer_count = hidden_count + 1;
    for (size_t l = 0; l < net->layer_count; l++) {
        size_t out = l < hidden_count ? hidden[l] : net->outputs;
        struct mlp_layer *layer = &net->layers[l];
        if (in > PARAMS_TOTAL_MOST / out)
            return false;
        *layer = (struct mlp_layer){ .in = in, .out = out, .weights = net->param_count };
        layer->biases = layer->weights + in * out;
        net->param_count = layer->biases + out;
        if (net->param_count > PARAMS_TOTAL_MOST)
            return false;
        in = out;
    }
    return true;
}

bool mlp_shape(struct arena *arena, const struct fitted_shape *shape, const size_t *hidden,
               size_t hidden_count, size_t width, struct mlp_net *out)
{
    *out = (struct mlp_net){ .columns = shape->columns, .target = shape->target, .y_spread = 1 };
    out->outputs = target_width(shape->target, shape->class_count);
    out->numbers = arena_array(arena, uint32_t, shape->columns);
    out->table = arena_array(arena, struct mlp_table, shape->columns);
    for (size_t j = 0; j < shape->columns; j++)
        if (!shape->levels || !shape->levels[j])
            out->numbers[out->number_count++] = (uint32_t)j;
    size_t in = out->number_count;
    for (size_t j = 0; shape->levels && j < shape->columns; j++) {
        size_t levels = shape->levels[j], half = (levels + 1) / 2;
        if (!levels)
            continue;
        struct mlp_table *table = &out->table[out->table_count++];
        *table = (struct mlp_table){ j, levels, width, out->cell_count, in };
        if (!width)
            table->width = half < TABLE_WIDTH_MOST ? half : TABLE_WIDTH_MOST;
        out->cell_count += (levels + 1) * table->width;
        in += table->width;
        if (out->cell_count > PARAMS_TOTAL_MOST)
            return false;
    }
    return layers_shape(hidden, hidden_count, in, out);
}

void mlp_start(struct mlp_net *net, uint64_t seed)
{
    for (size_t l = 0; l < net->layer_count; l++) {
        const struct mlp_layer *layer = &net->layers[l];
        double factor = net->activation == MLP_LOGISTIC ? 2 : 6;
        double bound = sqrt(factor / (double)(layer->in + layer->out));
        struct random random = random_stream(seed, l);
        for (size_t i = layer->weights; i < layer->biases + layer->out; i++)
            net->params[i] = (float)(bound * (2 * random_unit(&random) - 1));
    }
    for (size_t t = 0; t < net->table_count; t++) {
        const struct mlp_table *table = &net->table[t];
        struct random random = random_stream(seed, MLP_LAYERS_MOST + t);
        for (size_t i = 0; i < table->levels * table->width; i++)
            net->cells[table->at + i] = (float)(0.05 * (2 * random_unit(&random) - 1));
    }
}

struct mlp_rows mlp_rows_new(struct arena *arena, const struct mlp_net *net, size_t rows)
{
    return (struct mlp_rows){ rows, arena_array(arena, float, rows * net->number_count),
                              arena_array(arena, uint32_t, rows * net->table_count) };
}

static float number_of(double x)
{
    return (float)(x > 1e15 ? 1e15 : x > -1e15 ? x : -1e15); /* squares are floats */
}

#define TILE ((size_t)64) /* rows whose numbers are in the cache together */

/* Of scaled columns, which are numbers alone. */
static void rows_of_columns(const struct inputs *in, struct mlp_rows *rows)
{
    size_t columns = in->dense.columns;
    for (size_t from = 0; from < rows->rows; from += TILE) {
        size_t end = rows->rows - from < TILE ? rows->rows : from + TILE;
        for (size_t j = 0; j < columns; j++)
            for (size_t i = from; i < end; i++)
                rows->numbers[i * columns + j] =
                    number_of((in->columns[j][i] - in->shift[j]) / in->scale[j]);
    }
}

void mlp_rows_make(const struct mlp_net *net, const struct inputs *inputs, struct mlp_rows *rows)
{
    struct matrix dense = inputs->dense;
    if (inputs->columns) {
        rows_of_columns(inputs, rows);
        return;
    }
    for (size_t i = 0; i < dense.rows; i++) {
        const double *in = matrix_row(dense, i);
        float *out = rows->numbers + i * net->number_count;
        for (size_t j = 0; j < net->number_count; j++)
            out[j] = number_of(in[net->numbers[j]]);
        for (size_t t = 0; t < net->table_count; t++) {
            double code = in[net->table[t].column];
            size_t levels = net->table[t].levels;
            rows->codes[i * net->table_count + t] =
                (uint32_t)(code >= 0 && code < (double)levels ? (size_t)code : levels);
        }
    }
}

struct mlp_pass mlp_pass_new(struct arena *arena, const struct mlp_net *net, size_t most,
                             bool training, bool dropout)
{
    struct mlp_pass pass = { .most = most };
    size_t widest = 0;
    for (size_t l = 0; l <= net->layer_count; l++) {
        size_t width = l ? net->layers[l - 1].out : net->layers[0].in;
        bool hidden = l && l < net->layer_count;
        widest = width > widest && l ? width : widest;
        pass.values[l] = arena_array(arena, float, most *width);
        pass.dropped[l] =
            hidden && dropout ? arena_array(arena, float, most *width) : pass.values[l];
    }
    if (!training)
        return pass;
    pass.deltas[0] = arena_array(arena, float, most *widest);
    pass.deltas[1] = arena_array(arena, float, most *widest);
    pass.table_deltas = arena_array(arena, float, most *mlp_table_width(net));
    pass.gradient = arena_array(arena, float, net->param_count);
    return pass;
}

/*
 * e^x, relative error below 2e-7 for |x| < 87, clamped beyond. In place of expf: loops over it
 * become vectors.
 */
static inline float exp_of(float x)
{
    x = x > 87 ? 87 : x > -87 ? x : -87;
    float whole = x * 1.44269504F + 12582912.0F; /* 1.5 * 2^23: rounds to a whole number */
    int32_t bits;
    memcpy(&bits, &whole, sizeof bits);
    float n = whole - 12582912.0F; /* log 2 = 355 / 512 - 2.1219e-4 */
    float r = x - n * (355.0F / 512) + n * 2.12194440e-4F, e = 1.0F / 5040;
    e = e * r + 1.0F / 720; /* Taylor's series: r is within half of log 2 */
    e = e * r + 1.0F / 120;
    e = e * r + 1.0F / 24;
    e = e * r + 1.0F / 6;
    e = e * r + 1.0F / 2;
    e = e * r * r + r + 1;
    int32_t power = (bits - 0x4B400000 + 127) << 23;
    float scale;
    memcpy(&scale, &power, sizeof scale);
    return e * scale;
}

static void activate(enum mlp_activation activation, float *x, size_t n)
{
    if (activation == MLP_RELU)
        for (size_t i = 0; i < n; i++)
            x[i] = x[i] > 0 ? x[i] : 0;
    else if (activation == MLP_TANH)
        for (size_t i = 0; i < n; i++)
            x[i] = 1 - 2 / (exp_of(2 * x[i]) + 1);
    else
        for (size_t i = 0; i < n; i++)
            x[i] = 1 / (1 + exp_of(-x[i]));
}

/* delta *= the slope of the activation, told from its value. */
static void slope(enum mlp_activation activation, const float *value, float *delta, size_t n)
{
    if (activation == MLP_RELU)
        for (size_t i = 0; i < n; i++)
            delta[i] = value[i] > 0 ? delta[i] : 0;
    else if (activation == MLP_TANH)
        for (size_t i = 0; i < n; i++)
            delta[i] *= 1 - value[i] * value[i];
    else
        for (size_t i = 0; i < n; i++)
            delta[i] *= value[i] * (1 - value[i]);
}

static void input_take(const struct mlp_net *net, struct mlp_pass *pass,
                       const struct mlp_batch *batch)
{
    size_t in = net->layers[0].in, numbers = net->number_count;
    for (size_t i = 0; i < batch->count; i++) {
        size_t row = batch->at[i];
        float *out = pass->values[0] + i * in;
        memcpy(out, batch->rows->numbers + row * numbers, numbers * sizeof *out);
        for (size_t t = 0; t < net->table_count; t++) {
            const struct mlp_table *table = &net->table[t];
            size_t code = batch->rows->codes[row * net->table_count + t];
            memcpy(out + table->input, net->cells + table->at + code * table->width,
                   table->width * sizeof *out);
        }
    }
}

/* Leave units out; those that stay count the more. */
static void drop(struct mlp_pass *pass, const struct mlp_batch *batch, size_t layer, size_t width)
{
    float more = (float)(1 / (1 - batch->dropout));
    uint64_t limit = (uint64_t)(batch->dropout * 0x1p32);
    for (size_t i = 0; i < batch->count; i++) {
        struct random random = random_stream(batch->stream + i, layer);
        const float *in = pass->values[layer] + i * width;
        float *out = pass->dropped[layer] + i * width;
        for (size_t j = 0; j < width; j++)
            out[j] = (random_next(&random) >> 32) < limit ? 0 : in[j] * more;
    }
}

static void outputs_finish(const struct mlp_net *net, float *x, size_t rows)
{
    if (net->target == TARGET_TWO_CLASSES)
        activate(MLP_LOGISTIC, x, rows);
    if (net->target != TARGET_CLASSES)
        return;
    for (size_t i = 0; i < rows; i++, x += net->outputs) {
        float most = x[0], sum = 0;
        for (size_t k = 1; k < net->outputs; k++)
            most = x[k] > most ? x[k] : most;
        for (size_t k = 0; k < net->outputs; k++)
            x[k] = exp_of(x[k] - most);
        for (size_t k = 0; k < net->outputs; k++)
            sum += x[k];
        for (size_t k = 0; k < net->outputs; k++)
            x[k] /= sum;
    }
}

void mlp_forward(const struct mlp_net *net, struct mlp_pass *pass, const struct mlp_batch *batch)
{
    input_take(net, pass, batch);
    for (size_t l = 0; l < net->layer_count; l++) {
        const struct mlp_layer *layer = &net->layers[l];
        float *out = pass->values[l + 1], *biases = net->params + layer->biases;
        for (size_t i = 0; i < batch->count; i++)
            memcpy(out + i * layer->out, biases, layer->out * sizeof *out);
        floats_multiply(
            (struct floats){ pass->dropped[l], batch->count, layer->in, layer->in, false },
            (struct floats){ net->params + layer->weights, layer->in, layer->out, layer->out,
                             false },
            1, (struct floats){ out, batch->count, layer->out, layer->out, false });
        if (l + 1 == net->layer_count)
            outputs_finish(net, out, batch->count);
        else
            activate(net->activation, out, batch->count * layer->out);
        if (pass->dropped[l + 1] != out)
            drop(pass, batch, l + 1, layer->out);
    }
}

static float weight_of(const struct mlp_batch *batch, size_t row)
{
    return batch->weight ? batch->weight[row] : 1;
}

double mlp_loss(const struct mlp_net *net, const struct mlp_pass *pass,
                const struct mlp_batch *batch)
{
    const float *out = pass->values[net->layer_count];
    double sum = 0;
    for (size_t i = 0; i < batch->count; i++) {
        size_t row = batch->at[i];
        double y = (double)batch->y[row], weight = (double)weight_of(batch, row);
        double p = (double)out[i * net->outputs + (net->outputs > 1 ? (size_t)y : 0)];
        if (net->target == TARGET_NUMBER)
            sum += weight * (p - y) * (p - y) / 2;
        else
            sum -= weight * log(fmax(net->outputs > 1 || y > 0 ? p : 1 - p, 1e-10));
    }
    return sum;
}

/* The gradient by the last sums: output - truth, for all three kinds of target. */
static void last_delta(const struct mlp_net *net, struct mlp_pass *pass,
                       const struct mlp_batch *batch)
{
    const float *out = pass->values[net->layer_count];
    float *delta = pass->deltas[0];
    for (size_t i = 0; i < batch->count; i++, out += net->outputs, delta += net->outputs) {
        size_t row = batch->at[i];
        float weight = weight_of(batch, row), y = batch->y[row];
        for (size_t k = 0; k < net->outputs; k++)
            delta[k] = weight * (out[k] - (net->outputs > 1 ? (float)(k == (size_t)y) : y));
    }
}

static void biases_add(const float *delta, size_t rows, size_t width, float *out)
{
    memset(out, 0, width * sizeof *out);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++)
            out[j] += delta[i * width + j];
}

/* From a layer's delta to that of the layer below. */
static void delta_below(const struct mlp_net *net, struct mlp_pass *pass, size_t l, size_t rows,
                        struct floats delta)
{
    const struct mlp_layer *layer = &net->layers[l];
    struct floats weights = { net->params + layer->weights, layer->in, layer->out, layer->out,
                              false };
    if (!l) { /* only the inputs from tables learn */
        size_t width = mlp_table_width(net);
        weights.at += net->number_count * layer->out;
        weights.rows = width;
        if (width)
            floats_multiply(delta, floats_turned(weights), 0,
                            (struct floats){ pass->table_deltas, rows, width, width, false });
        return;
    }
    float *below = delta.at == pass->deltas[0] ? pass->deltas[1] : pass->deltas[0];
    const float *value = pass->values[l], *dropped = pass->dropped[l];
    size_t cells = rows * layer->in;
    floats_multiply(delta, floats_turned(weights), 0,
                    (struct floats){ below, rows, layer->in, layer->in, false });
    for (size_t i = 0; dropped != value && i < cells; i++)
        below[i] = value[i] != 0 ? below[i] * (dropped[i] / value[i]) : 0;
    slope(net->activation, value, below, cells);
}

void mlp_back(const struct mlp_net *net, struct mlp_pass *pass, const struct mlp_batch *batch)
{
    mlp_forward(net, pass, batch);
    pass->loss = mlp_loss(net, pass, batch);
    last_delta(net, pass, batch);
    float *delta = pass->deltas[0];
    for (size_t l = net->layer_count; l-- > 0;) {
        const struct mlp_layer *layer = &net->layers[l];
        struct floats side = { delta, batch->count, layer->out, layer->out, false };
        struct floats in = { pass->dropped[l], batch->count, layer->in, layer->in, false };
        floats_multiply(floats_turned(in), side, 0,
                        (struct floats){ pass->gradient + layer->weights, layer->in, layer->out,
                                         layer->out, false });
        biases_add(delta, batch->count, layer->out, pass->gradient + layer->biases);
        delta_below(net, pass, l, batch->count, side);
        delta = delta == pass->deltas[0] ? pass->deltas[1] : pass->deltas[0];
    }
}
