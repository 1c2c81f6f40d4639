/* Logistic regression by Newton's method over blocks of rows. */
#include "core/learn/learn_logistic.h"
#include "core/learn/linear_model.h"
#include "core/learn/segments.h"
#include "core/math/blas.h"
#include "core/math/threads.h"
#include <math.h>

#define HALVINGS_MOST 40
#define RISE_MOST 1e-12 /* of the loss: what rounding may add near the optimum */

/* One look at all rows: loss, gradient and Hessian at w. */
struct newton {
    const struct examples *examples;
    double weight[2]; /* of a row, by class; they sum to the number of rows */
    double l2;        /* per row: the penalty of the mean loss is l2 |w|^2 / 2 */
    const double *w;  /* [columns + 1], the intercept last */
    struct segments segments;
    double *sums; /* [rows]: x w + intercept */
};

static double log1p_exp(double z) /* log(1 + e^z) */
{
    return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
}

static double sigmoid(double z)
{
    double e = exp(-fabs(z));
    return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

static void block_add(struct newton *newton, struct segment *segment, size_t from, size_t rows)
{
    const struct examples *examples = newton->examples;
    size_t count = examples->in.dense.columns;
    struct matrix x = matrix_rows(examples->in.dense, from, rows), block = segment->block;
    double *sums = newton->sums + from;
    matrix_times(x, newton->w, sums);
    block.rows = rows;
    for (size_t i = 0; i < rows; i++) {
        double y = examples->y[from + i], z = sums[i] + newton->w[count];
        double weight = newton->weight[y > 0];
        segment->loss += weight * log1p_exp(y > 0 ? -z : z);
        double p = sigmoid(z), root = sqrt(weight * p * sigmoid(-z));
        sums[i] = weight * (y > 0 ? -sigmoid(-z) : p);
        segment->sums[count] += sums[i];
        const double *in = matrix_row(x, i);
        double *out = matrix_row(block, i);
        for (size_t j = 0; j < count; j++)
            out[j] = root * in[j];
        out[count] = root;
    }
    matrix_transposed_times_add(x, sums, segment->sums);
    gram_add(block, segment->gram);
}

static void segment_add(void *work, size_t at)
{
    struct newton *newton = work;
    struct segment *segment = &newton->segments.at[at];
    segment_clear(segment);
    for (size_t from = 0; from < segment->count; from += BLOCK_ROWS) {
        size_t left = segment->count - from;
        block_add(newton, segment, segment->from + from, left < BLOCK_ROWS ? left : BLOCK_ROWS);
    }
}

/* The mean loss with its penalty at w; gradient and Hessian of it in the result. */
static struct segment *look(struct newton *newton, const double *w, double *loss)
{
    size_t count = newton->examples->in.dense.columns;
    double scale = 1 / (double)newton->examples->in.dense.rows;
    newton->w = w;
    threads_run(newton->examples->threads, newton->segments.count, segment_add, newton);
    struct segment *total = segments_total(newton->segments);
    *loss = total->loss * scale + newton->l2 * dot(w, w, count) / 2;
    for (size_t i = 0; i <= count; i++) {
        double *row = matrix_row(total->gram, i);
        for (size_t j = 0; j <= i; j++)
            row[j] *= scale;
        total->sums[i] *= scale;
        if (i < count) {
            row[i] += newton->l2;
            total->sums[i] += newton->l2 * w[i];
        }
    }
    return total;
}

static double largest(const double *x, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        if (!(fabs(x[i]) <= most))
            most = fabs(x[i]);
    return most;
}

/*
 * step = Hessian^-1 gradient. Where the Hessian is singular (features that depend on one another
 * without a penalty, or probabilities of 0 and 1), more and more of its diagonal is added.
 */
static bool newton_step(struct segment *total, struct matrix factor, double *step)
{
    size_t n = total->gram.rows;
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, matrix_row(total->gram, i)[i]);
    for (double more = 0; more <= 1; more = more > 0 ? more * 100 : 1e-12) {
        for (size_t i = 0; i < n; i++) {
            memcpy(matrix_row(factor, i), matrix_row(total->gram, i), (i + 1) * sizeof(double));
            matrix_row(factor, i)[i] += more * (most > 0 ? most : 1);
        }
        memcpy(step, total->sums, n * sizeof *step);
        if (!cholesky(factor))
            continue;
        cholesky_solve(factor, step);
        return isfinite(largest(step, n));
    }
    return false;
}

struct descent {
    double *w, *trial, *step;
    size_t count; /* with the intercept */
    double loss;
};

/*
 * Go along the step until the loss does not rise; NULL when there is no way down. A whole look
 * costs little more than the loss alone, and the first one is nearly always the last.
 */
static struct segment *descend(struct newton *newton, struct descent *descent)
{
    double share = 1, loss;
    for (size_t halving = 0; halving < HALVINGS_MOST; halving++, share /= 2) {
        for (size_t i = 0; i < descent->count; i++)
            descent->trial[i] = descent->w[i] - share * descent->step[i];
        struct segment *total = look(newton, descent->trial, &loss);
        if (!(loss <= descent->loss + RISE_MOST * fabs(descent->loss)))
            continue;
        double *kept = descent->w;
        descent->w = descent->trial;
        descent->trial = kept;
        descent->loss = loss;
        return total;
    }
    return NULL;
}

static bool newton_run(struct arena *arena, struct newton *newton, const struct params *params,
                       struct linear_model *model, struct fault *why)
{
    size_t n = model->count + 1, most = param_integer(params, "max_iter");
    double tol = param_number(params, "tol");
    struct matrix factor = matrix_new(arena, n, n);
    struct descent descent = { .w = arena_array(arena, double, n),
                               .trial = arena_array(arena, double, n),
                               .step = arena_array(arena, double, n),
                               .count = n };
    struct segment *total = look(newton, descent.w, &descent.loss);
    model->converged = false;
    while (total) {
        if (!isfinite(descent.loss) || !isfinite(largest(total->sums, n)))
            return fault_set(why, BLAME_OPEN,
                             "the features went beyond the range of numbers, scale them "
                             "(transform \"standard\")");
        model->converged = largest(total->sums, n) <= tol;
        if (model->converged || model->iterations == most ||
            !newton_step(total, factor, descent.step))
            break;
        total = descend(newton, &descent);
        model->iterations += total != NULL;
    }
    memcpy(model->coefficients, descent.w, model->count * sizeof(double));
    model->intercept = descent.w[model->count];
    return true;
}

static bool logistic_check(const struct params *params, struct fault *why)
{
    return !param_is_set(params, "l2") || !param_is_given(params, "C") ||
           fault_set(why, BLAME_OPEN,
                     "logistic was given both C and l2, which is 1 / C: give one of them");
}

static bool logistic_fit(struct arena *arena, const struct examples *examples,
                         const struct params *params, void **fitted, struct fault *why)
{
    size_t rows = examples->in.dense.rows, count[2] = { 0 };
    struct newton newton = { .examples = examples, .weight = { 1, 1 } };
    newton.l2 =
        param_is_set(params, "l2") ? param_number(params, "l2") : 1 / param_number(params, "C");
    newton.l2 /= (double)rows;
    for (size_t i = 0; i < rows; i++)
        count[examples->y[i] > 0]++;
    for (size_t c = 0; c < 2 && param_is(params, "class_weight", "balanced"); c++)
        newton.weight[c] = count[c] ? (double)rows / (2 * (double)count[c]) : 1;
    newton.segments = segments_new(arena, rows, examples->in.dense.columns + 1);
    newton.sums = arena_array(arena, double, rows);
    struct linear_model *model = linear_model_new(arena, examples->in.dense.columns);
    *fitted = model;
    return newton_run(arena, &newton, params, model, why);
}

static void logistic_predict(struct arena *arena, const void *fitted, const struct inputs *in,
                             unsigned threads, double *out)
{
    (void)arena, (void)threads;
    linear_model_sums(fitted, in->dense, out);
    for (size_t i = 0; i < inputs_rows(in); i++)
        out[i] = sigmoid(out[i]);
}

static const char *const weights[] = { "none", "balanced", NULL };

static const struct param_spec logistic_params[] = {
    { "C", NULL, PARAM_NUMBER, 1e-12, 1e12, "1", NULL, "inverse weight of the L2 penalty" },
    { "l2", "lambda", PARAM_NUMBER, 0, 1e12, NULL, NULL,
      "weight of the L2 penalty, in place of C" },
    { "max_iter", NULL, PARAM_INTEGER, 1, 100000, "100", NULL, "Newton steps at most" },
    { "tol", NULL, PARAM_NUMBER, 1e-14, 1, "1e-8", NULL, "largest gradient entry to stop at" },
    { "class_weight", NULL, PARAM_CHOICE, 0, 0, "none", weights, "balanced: classes count alike" },
};

const struct learner learn_logistic = {
    .name = "logistic",
    .what = "logistic regression with an L2 penalty, for two classes",
    .targets = TARGET_TWO_CLASSES,
    .params = logistic_params,
    .param_count = sizeof logistic_params / sizeof *logistic_params,
    .check = logistic_check,
    .fit = logistic_fit,
    .predict = logistic_predict,
    .save = linear_model_save,
    .load = linear_model_load,
    .describe = linear_model_describe,
};
