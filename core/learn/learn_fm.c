/* Factorization machines: features, parameters, prediction, bytes. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/learn/learn_fm.h"
#include "core/learn/linear_loss.h"
#include "core/math/random.h"
#include "core/math/sum.h"
#include "core/math/threads.h"
#include <float.h>
#include <math.h>

#define PIECE_ROWS ((size_t)1024)
#define FEATURES_MOST ((size_t)1 << 31)

static size_t levels_of(const uint32_t *levels, size_t column)
{
    return levels && levels[column] ? levels[column] : 1;
}

/* False when there are too many. */
static bool features_number(struct arena *arena, struct fm *fm)
{
    fm->first = arena_array(arena, size_t, fm->dense + 1);
    for (size_t j = 0; j < fm->dense; j++)
        fm->first[j + 1] = fm->first[j] + levels_of(fm->levels, j);
    fm->features = fm->first[fm->dense] + fm->sparse;
    fm->stride = (fm->factors + 1 + 3) / 4 * 4;
    return fm->features < FEATURES_MOST;
}

/* Of a dense cell: its feature and its value; false when there is none. */
static bool cell_of(const struct fm *fm, size_t column, double cell, size_t *feature, double *x)
{
    bool category = fm->levels && fm->levels[column];
    *feature = fm->first[column];
    *x = cell;
    if (category) {
        if (!(cell >= 0 && cell < (double)fm->levels[column]))
            return false;
        *feature += (size_t)cell;
        *x = 1;
    }
    return *x != 0 && isfinite(*x);
}

static struct csr cells_of(struct arena *arena, const struct fm *fm, const struct inputs *in)
{
    size_t rows = inputs_rows(in), sparse = in->sparse ? in->sparse->starts[rows] : 0, cells;
    if (__builtin_mul_overflow(rows, fm->dense, &cells) ||
        __builtin_add_overflow(cells, sparse, &cells))
        cells = (size_t)-1; /* the arena refuses it */
    size_t *starts = arena_array(arena, size_t, rows + 1), at = 0, feature;
    uint32_t *columns_at = arena_array(arena, uint32_t, cells);
    double *values = arena_array(arena, double, cells), x;
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < fm->dense; j++)
            if (cell_of(fm, j, matrix_row(in->dense, i)[j], &feature, &x)) {
                columns_at[at] = (uint32_t)feature;
                values[at++] = x;
            }
        for (size_t e = sparse ? in->sparse->starts[i] : 0; sparse && e < in->sparse->starts[i + 1];
             e++) {
            columns_at[at] = (uint32_t)(fm->first[fm->dense] + in->sparse->columns_at[e]);
            values[at++] = in->sparse->values[e];
        }
        starts[i + 1] = at;
    }
    return (struct csr){ rows, fm->features, starts, columns_at, values };
}

double fm_score(const struct fm *fm, const struct csr *cells, size_t row, double *sums)
{
    double z = fm->bias, squares = 0;
    for (size_t f = 0; f < fm->factors; f++)
        sums[f] = 0;
    for (size_t e = cells->starts[row]; e < cells->starts[row + 1]; e++) {
        const double *theta = fm->theta + cells->columns_at[e] * fm->stride;
        double x = cells->values[e];
        z += theta[fm->factors] * x;
        for (size_t f = 0; f < fm->factors; f++) {
            double part = theta[f] * x;
            sums[f] += part;
            squares += part * part;
        }
    }
    double all = 0;
    for (size_t f = 0; f < fm->factors; f++)
        all += sums[f] * sums[f];
    return z + (all - squares) / 2;
}

static double mean_loss(const struct fm_task *task, const struct fm *fm)
{
    double sums[FACTORS_MOST];
    struct sum total = { 0 };
    for (size_t i = 0; i < task->cells.rows; i++) {
        double z = fm_score(fm, &task->cells, i, sums), y = task->examples->y[i];
        double away = y - z, m = y > 0 ? z : -z;
        double loss = fm->two_classes ? log1p(exp(-fabs(m))) + (m < 0 ? -m : 0) : away * away;
        double weight = task->examples->weight ? task->examples->weight[i] : 1;
        sum_add(&total, weight > 0 ? weight * loss : 0);
    }
    return sum_value(&total) / task->total;
}

/* The best constant: the mean, or the log of the odds. */
static double start_bias(const struct fm_task *task, bool two_classes)
{
    struct sum sum = { 0 };
    for (size_t i = 0; i < task->cells.rows; i++)
        sum_add(&sum,
                task->examples->y[i] * (task->examples->weight ? task->examples->weight[i] : 1));
    double mean = sum_value(&sum) / task->total;
    if (!two_classes)
        return mean;
    mean = fmin(fmax(mean, 1e-6), 1 - 1e-6);
    return log(mean / (1 - mean));
}

static struct fm *fm_new(struct arena *arena, const struct examples *examples,
                         const struct params *params)
{
    struct fm *fm = arena_new(arena, struct fm);
    const struct inputs *in = &examples->in;
    fm->dense = in->dense.columns;
    fm->sparse = in->sparse ? in->sparse->columns : 0;
    fm->factors = param_integer(params, "num_factors");
    fm->two_classes = examples->target == TARGET_TWO_CLASSES;
    if (in->levels) {
        uint32_t *levels = arena_array(arena, uint32_t, fm->dense);
        memcpy(levels, in->levels, fm->dense * sizeof *levels);
        fm->levels = levels;
    }
    return fm;
}

static void factors_draw(struct fm *fm, double sigma, uint64_t seed)
{
    for (size_t j = 0; j < fm->features; j++) {
        struct random random = random_stream(seed, j);
        for (size_t f = 0; f < fm->factors; f++)
            fm->theta[j * fm->stride + f] = sigma * random_normal(&random);
    }
}

/* The mean and the deviation of a numeric target; 0 and 1 of classes, 1 of a constant. */
struct spread {
    double mean, deviation;
};

static struct spread spread_of(const struct fm_task *task, bool two_classes)
{
    const struct examples *examples = task->examples;
    if (two_classes)
        return (struct spread){ 0, 1 };
    double mean = start_bias(task, false);
    struct sum sum = { 0 };
    for (size_t i = 0; i < task->cells.rows; i++) {
        double away = examples->y[i] - mean;
        sum_add(&sum, away * away * (examples->weight ? examples->weight[i] : 1));
    }
    double deviation = sqrt(sum_value(&sum) / task->total);
    return (struct spread){ mean, deviation > 4 * DBL_EPSILON * fabs(mean) ? deviation : 1 };
}

static const double *target_scaled(struct arena *arena, const double *y, size_t rows,
                                   struct spread spread)
{
    double *scaled = arena_array(arena, double, rows);
    for (size_t i = 0; i < rows; i++)
        scaled[i] = (y[i] - spread.mean) / spread.deviation;
    return scaled;
}

/* What predicts the scaled target becomes what predicts the target: products of two factors take
   the deviation, hence each its root. */
static void fm_unscale(struct fm *fm, struct spread spread)
{
    double root = sqrt(spread.deviation);
    fm->bias = spread.mean + spread.deviation * fm->bias;
    fm->first_loss *= spread.deviation * spread.deviation;
    fm->loss *= spread.deviation * spread.deviation;
    for (size_t j = 0; j < fm->features; j++)
        for (size_t f = 0; f <= fm->factors; f++)
            fm->theta[j * fm->stride + f] *= f < fm->factors ? root : spread.deviation;
}

static bool fm_fit(struct arena *arena, const struct examples *examples,
                   const struct params *params, void **fitted, struct fault *why)
{
    struct fm *fm = fm_new(arena, examples, params);
    *fitted = fm;
    if (!features_number(arena, fm))
        return fault_set(why, BLAME_OPEN, "the columns have more than %zu levels in all",
                         FEATURES_MOST);
    fm->theta = (double *)arena_take_array(arena, fm->features, fm->stride * sizeof(double));
    struct fm_task task = { .examples = examples,
                            .cells = cells_of(arena, fm, &examples->in),
                            .l2 = { param_number(params, "l2_bias"),
                                    param_number(params, "l2_linear"),
                                    param_number(params, "l2_factors") },
                            .learning_rate = param_number(params, "learning_rate"),
                            .tol = param_number(params, "tol"),
                            .epochs = param_integer(params, "epochs") };
    task.total =
        examples->weight ? sum_of(examples->weight, task.cells.rows) : (double)task.cells.rows;
    struct spread spread = spread_of(&task, fm->two_classes);
    struct examples scaled = *examples;
    if (!fm->two_classes) {
        scaled.y = target_scaled(arena, examples->y, task.cells.rows, spread);
        task.examples = &scaled;
    }
    fm->bias = start_bias(&task, fm->two_classes);
    factors_draw(fm, param_number(params, "init_sigma"), examples->seed);
    fm->first_loss = mean_loss(&task, fm);
    if (param_is(params, "solver", "als"))
        fm_als(arena, &task, fm);
    else
        fm_sgd(arena, &task, fm);
    fm->loss = mean_loss(&task, fm);
    fm_unscale(fm, spread);
    bool finite = isfinite(fm->first_loss) && isfinite(fm->loss) && isfinite(fm->bias);
    for (size_t j = 0; finite && j < fm->features * fm->stride; j++)
        finite = isfinite(fm->theta[j]);
    return finite || fault_set(why, BLAME_OPEN,
                               "the factorization machine went beyond the range of numbers: scale "
                               "the features (transform \"standard\"), or lower learning_rate");
}

struct prediction {
    const struct fm *fm;
    const struct csr *cells;
    double *out;
};

static void piece_predict(void *work, size_t at)
{
    const struct prediction *prediction = work;
    double sums[FACTORS_MOST];
    size_t rows = prediction->cells->rows;
    for (size_t i = at * PIECE_ROWS; i < rows && i < (at + 1) * PIECE_ROWS; i++) {
        double z = fm_score(prediction->fm, prediction->cells, i, sums);
        prediction->out[i] = prediction->fm->two_classes ? sigmoid(z) : z;
    }
}

static void fm_predict(struct arena *arena, const void *fitted, const struct inputs *in,
                       unsigned threads, double *out)
{
    const struct fm *fm = fitted;
    struct csr cells = cells_of(arena, fm, in);
    struct prediction prediction = { fm, &cells, out };
    threads_run(threads, (cells.rows + PIECE_ROWS - 1) / PIECE_ROWS, piece_predict, &prediction);
}

static void fm_save(const void *fitted, struct text *out)
{
    const struct fm *fm = fitted;
    bytes_put_u32(out, (uint32_t)fm->factors);
    bytes_put_u32(out, (uint32_t)fm->epochs);
    bytes_put_double(out, fm->first_loss);
    bytes_put_double(out, fm->loss);
    bytes_put_double(out, fm->bias);
    bytes_put_u32(out, (uint32_t)fm->features);
    for (size_t j = 0; j < fm->features; j++)
        for (size_t f = 0; f <= fm->factors; f++)
            bytes_put_double(out, fm->theta[j * fm->stride + f]);
}

static void *fm_load(struct bytes *in, const struct fitted_shape *shape)
{
    struct fm *fm = arena_new(in->arena, struct fm);
    fm->dense = shape->dense;
    fm->sparse = shape->columns - shape->dense;
    if (shape->levels) {
        uint32_t *levels = arena_array(in->arena, uint32_t, fm->dense);
        memcpy(levels, shape->levels, fm->dense * sizeof *levels);
        fm->levels = levels;
    }
    fm->two_classes = shape->target == TARGET_TWO_CLASSES;
    fm->factors = bytes_u32(in);
    fm->epochs = bytes_u32(in);
    fm->first_loss = bytes_finite(in);
    fm->loss = bytes_finite(in);
    fm->bias = bytes_finite(in);
    if (fm->factors > FACTORS_MOST || !features_number(in->arena, fm))
        in->failed = true;
    if (in->failed || bytes_count(in, (fm->factors + 1) * 8) != fm->features) {
        in->failed = true;
        return NULL;
    }
    fm->theta = (double *)arena_take_array(in->arena, fm->features, fm->stride * sizeof(double));
    for (size_t j = 0; j < fm->features; j++)
        for (size_t f = 0; f <= fm->factors; f++)
            fm->theta[j * fm->stride + f] = bytes_finite(in);
    return fm;
}

static void fm_describe(const void *fitted, const struct feature_names *names, struct json_out *out)
{
    const struct fm *fm = fitted;
    (void)names;
    json_add_int(out, "num_factors", (int64_t)fm->factors);
    json_add_int(out, "features", (int64_t)fm->features);
    json_add_int(out, "epochs", (int64_t)fm->epochs);
    json_add_zero(out, "loss", fm->two_classes ? "log_loss" : "mean squared error");
    json_add_double(out, "first_loss", fm->first_loss);
    json_add_double(out, "last_loss", fm->loss);
    json_add_double(out, "bias", fm->bias);
}

static const char *const solvers[] = { "als", "sgd", NULL };

static const struct param_spec fm_params[] = {
    { "num_factors", NULL, PARAM_INTEGER, 0, (double)FACTORS_MOST, "10", NULL,
      "numbers that describe each feature in its products" },
    { "solver", NULL, PARAM_CHOICE, 0, 0, "als", solvers,
      "alternating least squares, or row by row" },
    { "epochs", NULL, PARAM_INTEGER, 1, 100000, "20", NULL, "rounds over all rows, at most" },
    { "tol", NULL, PARAM_NUMBER, 0, 1, "0.01", NULL,
      "als: ends when a round moves all numbers by less than this share of their size" },
    { "l2_bias", "bias_wd", PARAM_NUMBER, 0, 1e12, "0", NULL, "L2 penalty of the bias" },
    { "l2_linear", "linear_wd", PARAM_NUMBER, 0, 1e12, "5", NULL, "L2 penalty of w" },
    { "l2_factors", "factors_wd", PARAM_NUMBER, 0, 1e12, "12", NULL, "L2 penalty of the factors" },
    { "init_sigma", "factors_init_sigma", PARAM_NUMBER, 0, 1e6, "0.1", NULL,
      "deviation of the factors at the start" },
    { "learning_rate", "factors_lr", PARAM_NUMBER, 1e-12, 1e3, "0.01", NULL, "sgd: of the steps" },
};

const struct learner learn_factorization_machine = {
    .name = "factorization_machine",
    .what = "products of features by factors: users and items, sparse categories",
    .targets = TARGET_NUMBER | TARGET_TWO_CLASSES,
    .takes = TAKES_LEVELS | TAKES_SPARSE,
    .params = fm_params,
    .param_count = sizeof fm_params / sizeof *fm_params,
    .fit = fm_fit,
    .predict = fm_predict,
    .save = fm_save,
    .load = fm_load,
    .describe = fm_describe,
};
