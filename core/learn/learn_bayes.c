/* Naive Bayes: counting, parameters, the learner. */
#include "core/learn/learn_bayes_model.h"
#include "core/learn/linear_loss.h"
#include "core/math/threads.h"
#include <math.h>

#define PIECE_ROWS ((size_t)1024)
#define CLASSES_MOST ((size_t)1000)
#define VARIANCE_LEAST 1e-12 /* of the column's: where a class has none and nothing is added */

struct counting {
    const struct examples *examples;
    struct bayes *bayes;
    double alpha, var_smoothing;
    double *class_weight; /* [classes] sums */
};

static double weight_of(const struct counting *counting, size_t row)
{
    return counting->examples->weight ? counting->examples->weight[row] : 1;
}

static void priors(const struct counting *counting, bool fit_prior)
{
    struct bayes *bayes = counting->bayes;
    double total = 0;
    for (size_t i = 0; i < inputs_rows(&counting->examples->in); i++)
        counting->class_weight[(size_t)counting->examples->y[i]] += weight_of(counting, i);
    for (size_t k = 0; k < bayes->classes; k++)
        total += counting->class_weight[k];
    for (size_t k = 0; k < bayes->classes; k++)
        bayes->log_prior[k] = fit_prior ? fmax(log(counting->class_weight[k] / total), -1e3)
                                        : -log((double)bayes->classes);
}

static void category_count(const struct counting *counting, size_t j, double *of)
{
    const struct examples *examples = counting->examples;
    size_t levels = counting->bayes->levels[j];
    for (size_t i = 0; i < inputs_rows(&examples->in); i++) {
        double x = matrix_row(examples->in.dense, i)[j];
        if (x >= 0 && x < (double)levels)
            of[(size_t)examples->y[i] * levels + (size_t)x] += weight_of(counting, i);
    }
    for (size_t k = 0; k < counting->bayes->classes; k++) {
        double sum = 0;
        for (size_t l = 0; l < levels; l++)
            sum += of[k * levels + l];
        for (size_t l = 0; l < levels; l++)
            of[k * levels + l] = log(of[k * levels + l] + counting->alpha) -
                                 log(sum + counting->alpha * (double)levels);
    }
}

/* pass 0: weights[column * classes + k] and sums into the means; pass 1: squares around them. */
static void moments_sum(const struct counting *counting, double *weights, int pass)
{
    const struct bayes *bayes = counting->bayes;
    size_t classes = bayes->classes;
    for (size_t i = 0; i < inputs_rows(&counting->examples->in); i++) {
        const double *x = matrix_row(counting->examples->in.dense, i);
        size_t k = (size_t)counting->examples->y[i];
        double weight = weight_of(counting, i);
        for (size_t j = 0; j < bayes->dense; j++) {
            double *of = bayes->of_dense + bayes->first[j];
            if (isnan(x[j]) || bayes_is_category(bayes, j))
                continue;
            if (pass) {
                of[classes + k] += weight * (x[j] - of[k]) * (x[j] - of[k]);
            } else {
                weights[j * classes + k] += weight;
                of[k] += weight * x[j];
            }
        }
    }
}

/* From sums to moments by class; gives those of the column over all classes. */
static double column_finish(const double *weights, size_t classes, double *of, double *mean)
{
    double total = 0, variance = 0;
    *mean = 0;
    for (size_t k = 0; k < classes; k++) {
        total += weights[k];
        *mean += weights[k] * of[k];
        of[classes + k] = weights[k] > 0 ? of[classes + k] / weights[k] : 0;
    }
    *mean = total > 0 ? *mean / total : 0;
    for (size_t k = 0; k < classes; k++)
        variance += weights[k] * (of[classes + k] + (of[k] - *mean) * (of[k] - *mean));
    return total > 0 ? variance / total : 0;
}

/* A class without a cell takes the column's own moments: it then says little. */
static void gaussian_columns(const struct counting *counting, double *weights, double *variances)
{
    struct bayes *bayes = counting->bayes;
    size_t classes = bayes->classes;
    double widest = 0, mean;
    moments_sum(counting, weights, 0);
    for (size_t j = 0; j < bayes->dense; j++)
        for (size_t k = 0; k < classes && !bayes_is_category(bayes, j); k++)
            if (weights[j * classes + k] > 0)
                bayes->of_dense[bayes->first[j] + k] /= weights[j * classes + k];
    moments_sum(counting, weights, 1);
    for (size_t j = 0; j < bayes->dense; j++) {
        if (bayes_is_category(bayes, j))
            continue;
        double *of = bayes->of_dense + bayes->first[j];
        variances[j] = column_finish(weights + j * classes, classes, of, &mean);
        widest = fmax(widest, variances[j]);
        for (size_t k = 0; k < classes; k++)
            if (!(weights[j * classes + k] > 0)) {
                of[k] = mean;
                of[classes + k] = variances[j];
            }
    }
    for (size_t j = 0; j < bayes->dense; j++)
        for (size_t k = 0; k < classes && !bayes_is_category(bayes, j); k++) {
            double *variance = bayes->of_dense + bayes->first[j] + classes + k;
            *variance =
                fmax(*variance + counting->var_smoothing * widest, VARIANCE_LEAST * variances[j]);
            if (!(variances[j] > 0)) /* constant, or all missing: it tells nothing */
                *variance = 0;
        }
}

/* of[k] += what a cell counts; false when it is not a count. */
static bool count_cell(const struct counting *counting, double x, size_t row, double *of)
{
    if (counting->bayes->kind == BAYES_BERNOULLI)
        x = x > 0;
    of[(size_t)counting->examples->y[row]] += weight_of(counting, row) * x;
    return x >= 0;
}

/* Sums by class of every number column and sparse column; false when one is negative. */
static bool counts_sum(const struct counting *counting)
{
    struct bayes *bayes = counting->bayes;
    const struct inputs *in = &counting->examples->in;
    bool counts = true, numbers = bayes->kind != BAYES_GAUSSIAN;
    for (size_t i = 0; i < inputs_rows(in); i++) {
        const double *x = matrix_row(in->dense, i);
        for (size_t j = 0; numbers && j < bayes->dense; j++)
            if (!isnan(x[j]) && !bayes_is_category(bayes, j))
                counts &= count_cell(counting, x[j], i, bayes->of_dense + bayes->first[j]);
        for (size_t e = in->sparse ? in->sparse->starts[i] : 0;
             in->sparse && e < in->sparse->starts[i + 1]; e++)
            counts &= count_cell(counting, in->sparse->values[e], i,
                                 bayes->of_sparse + in->sparse->columns_at[e] * bayes->classes);
    }
    return counts;
}

/* One multinomial over the number columns (if they are counts) and the sparse ones together. */
static void multinomial_finish(const struct counting *counting)
{
    struct bayes *bayes = counting->bayes;
    size_t classes = bayes->classes;
    for (size_t k = 0; k < classes; k++) {
        double sum = 0, columns = (double)bayes->sparse;
        for (size_t j = 0; j < bayes->dense && bayes->kind == BAYES_MULTINOMIAL; j++)
            if (!bayes_is_category(bayes, j))
                sum += bayes->of_dense[bayes->first[j] + k], columns++;
        for (size_t j = 0; j < bayes->sparse; j++)
            sum += bayes->of_sparse[j * classes + k];
        double whole = log(sum + counting->alpha * columns);
        for (size_t j = 0; j < bayes->dense && bayes->kind == BAYES_MULTINOMIAL; j++)
            if (!bayes_is_category(bayes, j)) {
                double *of = &bayes->of_dense[bayes->first[j] + k];
                *of = log(*of + counting->alpha) - whole;
            }
        for (size_t j = 0; j < bayes->sparse; j++) {
            double *of = &bayes->of_sparse[j * classes + k];
            *of = log(*of + counting->alpha) - whole;
        }
    }
}

/* Dense columns count only the rows where they are not missing. */
static double present_weight(const struct counting *counting, size_t j, size_t k)
{
    const struct examples *examples = counting->examples;
    double sum = 0;
    for (size_t i = 0; i < inputs_rows(&examples->in); i++)
        if ((size_t)examples->y[i] == k && !isnan(matrix_row(examples->in.dense, i)[j]))
            sum += weight_of(counting, i);
    return sum;
}

static void bernoulli_finish(const struct counting *counting)
{
    struct bayes *bayes = counting->bayes;
    size_t classes = bayes->classes;
    double alpha = counting->alpha;
    for (size_t k = 0; k < classes; k++) {
        for (size_t j = 0; j < bayes->dense; j++) {
            if (bayes_is_category(bayes, j))
                continue;
            double *of = bayes->of_dense + bayes->first[j], there = of[k];
            double whole = present_weight(counting, j, k);
            of[k] = log(there + alpha) - log(whole + 2 * alpha);
            of[classes + k] = log(fmax(whole - there, 0) + alpha) - log(whole + 2 * alpha);
        }
        for (size_t j = 0; j < bayes->sparse; j++) {
            double *of = &bayes->of_sparse[j * classes + k], there = *of;
            double whole = counting->class_weight[k];
            double without = log(fmax(whole - there, 0) + alpha) - log(whole + 2 * alpha);
            *of = log(there + alpha) - log(whole + 2 * alpha) - without;
            bayes->base[k] += without;
        }
    }
}

static struct bayes *bayes_new(struct arena *arena, const struct examples *examples,
                               const struct params *params)
{
    struct bayes *bayes = arena_new(arena, struct bayes);
    const struct inputs *in = &examples->in;
    bayes->kind = param_is(params, "kind", "bernoulli")     ? BAYES_BERNOULLI
                  : param_is(params, "kind", "multinomial") ? BAYES_MULTINOMIAL
                                                            : BAYES_GAUSSIAN;
    bayes->dense = in->dense.columns;
    bayes->sparse = in->sparse ? in->sparse->columns : 0;
    bayes->classes = examples->class_count;
    if (in->levels) {
        uint32_t *levels = arena_array(arena, uint32_t, bayes->dense);
        memcpy(levels, in->levels, bayes->dense * sizeof *levels);
        bayes->levels = levels;
    }
    return bayes;
}

static bool all_finite(const double *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(numbers[i]))
            return false;
    return true;
}

static bool bayes_fit(struct arena *arena, const struct examples *examples,
                      const struct params *params, void **fitted, struct fault *why)
{
    struct bayes *bayes = bayes_new(arena, examples, params);
    struct counting counting = { .examples = examples,
                                 .bayes = bayes,
                                 .alpha = param_number(params, "alpha"),
                                 .var_smoothing = param_number(params, "var_smoothing") };
    *fitted = bayes;
    if (!bayes_room(arena, bayes))
        return fault_set(why, BLAME_OPEN, "the columns have too many levels for so many classes");
    counting.class_weight = arena_array(arena, double, bayes->classes);
    priors(&counting, param_flag(params, "fit_prior"));
    for (size_t j = 0; j < bayes->dense; j++)
        if (bayes_is_category(bayes, j))
            category_count(&counting, j, bayes->of_dense + bayes->first[j]);
    if (!counts_sum(&counting))
        return fault_set(
            why, BLAME_OPEN,
            "naive Bayes of counts (multinomial) was given a negative number: use --transform "
            "impute --transform min_max --transform one_hot (counts: without min_max)");
    if (bayes->kind == BAYES_GAUSSIAN)
        gaussian_columns(
            &counting,
            (double *)arena_take_array(arena, bayes->dense, bayes->classes * sizeof(double)),
            arena_array(arena, double, bayes->dense));
    if (bayes->kind == BAYES_BERNOULLI)
        bernoulli_finish(&counting);
    else
        multinomial_finish(&counting);
    return (all_finite(bayes->of_dense, bayes->first[bayes->dense]) &&
            all_finite(bayes->of_sparse, bayes->sparse * bayes->classes)) ||
           fault_set(why, BLAME_OPEN,
                     "the features went beyond the range of numbers, scale them "
                     "(transform \"standard\")");
}

struct prediction {
    const struct bayes *bayes;
    const struct inputs *in;
    double *out;
};

static void piece_predict(void *work, size_t at)
{
    const struct prediction *prediction = work;
    size_t classes = prediction->bayes->classes, rows = inputs_rows(prediction->in);
    double joint[CLASSES_MOST];
    for (size_t i = at * PIECE_ROWS; i < rows && i < (at + 1) * PIECE_ROWS; i++) {
        bayes_joint(prediction->bayes, prediction->in, i, joint);
        softmax(joint, classes);
        if (classes == 2)
            prediction->out[i] = joint[1];
        else
            memcpy(prediction->out + i * classes, joint, classes * sizeof *joint);
    }
}

static void bayes_predict(struct arena *arena, const void *fitted, const struct inputs *in,
                          unsigned threads, double *out)
{
    (void)arena;
    struct prediction prediction = { fitted, in, out };
    threads_run(threads, (inputs_rows(in) + PIECE_ROWS - 1) / PIECE_ROWS, piece_predict,
                &prediction);
}

static void bayes_save(const void *fitted, struct text *out)
{
    const struct bayes *bayes = fitted;
    bytes_put_u32(out, bayes->kind);
    bytes_put_doubles(out, bayes->log_prior, bayes->classes);
    bytes_put_doubles(out, bayes->of_dense, bayes->first[bayes->dense]);
    bytes_put_doubles(out, bayes->of_sparse, bayes->sparse * bayes->classes);
    bytes_put_doubles(out, bayes->base, bayes->classes);
}

static void *bayes_load(struct bytes *in, const struct fitted_shape *shape)
{
    struct bayes *bayes = arena_new(in->arena, struct bayes);
    uint32_t kind = bytes_u32(in);
    bayes->kind = (enum bayes_kind)kind;
    bayes->dense = shape->dense;
    bayes->sparse = shape->columns - shape->dense;
    bayes->classes = shape->class_count;
    if (shape->levels) {
        uint32_t *levels = arena_array(in->arena, uint32_t, bayes->dense);
        memcpy(levels, shape->levels, bayes->dense * sizeof *levels);
        bayes->levels = levels;
    }
    size_t count = 0, least = in->rest.len / 8;
    bool fits = kind <= BAYES_BERNOULLI && bayes->classes <= CLASSES_MOST;
    for (size_t j = 0; fits && j < bayes->dense; j++)
        fits = !__builtin_add_overflow(count, bayes_numbers(bayes, j), &count) && count <= least;
    if (!fits || in->failed || !bayes_room(in->arena, bayes)) {
        in->failed = true;
        return NULL;
    }
    bayes->log_prior = bytes_doubles(in, bayes->classes);
    bayes->of_dense = bytes_doubles(in, count);
    bayes->of_sparse = bytes_doubles(in, bayes->sparse * bayes->classes);
    bayes->base = bytes_doubles(in, bayes->classes);
    return bayes;
}

static void describe_numbers(struct json_out *out, const char *name, const double *of, size_t count)
{
    json_open_list(out, name);
    for (size_t k = 0; k < count; k++)
        json_add_double(out, NULL, of[k]);
    json_close_list(out);
}

static void bayes_describe(const void *fitted, const struct feature_names *names,
                           struct json_out *out)
{
    const struct bayes *bayes = fitted;
    describe_numbers(out, "log_prior", bayes->log_prior, bayes->classes);
    json_open_list(out, "columns");
    for (size_t j = 0; j < bayes->dense; j++) {
        const double *of = bayes->of_dense + bayes->first[j];
        json_open_map(out, NULL);
        json_add_text(out, "feature", names->at[j]);
        bool gaussian = bayes->kind == BAYES_GAUSSIAN && !bayes_is_category(bayes, j);
        describe_numbers(out, gaussian ? "means" : "log_chances", of,
                         gaussian ? bayes->classes : bayes_numbers(bayes, j));
        if (gaussian)
            describe_numbers(out, "variances", of + bayes->classes, bayes->classes);
        json_close_map(out);
    }
    for (size_t j = 0; j < bayes->sparse; j++) {
        json_open_map(out, NULL);
        json_add_text(out, "feature", names->at[bayes->dense + j]);
        describe_numbers(out, "log_chances", bayes->of_sparse + j * bayes->classes, bayes->classes);
        json_close_map(out);
    }
    json_close_list(out);
}

static const char *const kinds[] = { "gaussian", "multinomial", "bernoulli", NULL };

static const struct param_spec bayes_params[] = {
    { "kind", NULL, PARAM_CHOICE, 0, 0, "gaussian", kinds, "of the distributions of numbers" },
    { "alpha", NULL, PARAM_NUMBER, 1e-10, 1e12, "1", NULL, "added to every count" },
    { "var_smoothing", NULL, PARAM_NUMBER, 0, 1e6, "1e-9", NULL,
      "share of the largest variance that is added to all" },
    { "fit_prior", NULL, PARAM_BOOL, 0, 1, "true", NULL, "false: classes are equally frequent" },
};

const struct learner learn_naive_bayes = {
    .name = "naive_bayes",
    .what = "each column by itself: normal distributions, counts, categories",
    .targets = TARGET_TWO_CLASSES | TARGET_CLASSES,
    .takes = TAKES_MISSING | TAKES_LEVELS | TAKES_SPARSE,
    .params = bayes_params,
    .param_count = sizeof bayes_params / sizeof *bayes_params,
    .fit = bayes_fit,
    .predict = bayes_predict,
    .save = bayes_save,
    .load = bayes_load,
    .describe = bayes_describe,
};
