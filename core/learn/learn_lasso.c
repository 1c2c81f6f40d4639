/* Lasso and elastic net, for one alpha or along a path with cross-validation. */
#include "core/learn/learn_lasso.h"
#include "core/learn/linear_columns.h"
#include "core/learn/linear_descent.h"
#include "core/learn/linear_model.h"
#include "core/learn/linear_moments.h"
#include "core/math/blas.h"
#include "core/math/threads.h"
#include <math.h>

#define GRAM_COLUMNS_MOST ((size_t)2048)
#define ROUNDS_MOST 12 /* of ever finer tolerances until the gap is closed */

/* One problem after another on one Gram matrix. */
struct path {
    struct centred centred;
    struct descent_room room;
    double *w, *slope;
    size_t rounds;
    bool converged;
};

static struct path path_new(struct arena *arena, const struct moments *whole,
                            const struct moments *part, bool intercept)
{
    struct path path = { .centred = moments_centre(arena, whole, part, intercept) };
    size_t n = path.centred.gram.rows;
    path.room = descent_room_new(arena, n);
    path.w = arena_array(arena, double, n);
    path.slope = arena_array(arena, double, n);
    return path;
}

/*
 * Primal less dual value, of y and x with sqrt(l2) I below. Half of the squares of the residuals,
 * scaled until every column's product with them is at most l1, is a value of the dual problem.
 */
static double gap_of(const struct path *path, double l1, double l2)
{
    size_t n = path->centred.gram.rows;
    double yy = path->centred.y_squares, product = dot(path->w, path->centred.with_y, n);
    double residuals = yy - product, norm = 0, most = 0;
    for (size_t j = 0; j < n; j++) {
        double down = path->slope[j] - l2 * path->w[j];
        residuals -= path->w[j] * down; /* w G w = w (c - slope) */
        norm += fabs(path->w[j]);
        most = fmax(most, fabs(down));
    }
    double scale = most > l1 ? l1 / most : 1;
    double primal = residuals / 2 + l1 * norm;
    double dual = scale * (yy - product) - scale * scale * residuals / 2;
    return primal - dual;
}

static void path_step(struct path *path, double l1, double l2, double tol, size_t max_iter)
{
    size_t n = path->centred.gram.rows;
    struct quadratic problem = {
        .gram = path->centred.gram, .linear = path->centred.with_y, .l1 = l1, .l2 = l2
    };
    double root = sqrt(path->centred.y_squares), fine = 1e-2, widest = 0;
    for (size_t j = 0; j < n; j++)
        widest = fmax(widest, sqrt(fmax(matrix_row(path->centred.gram, j)[j], 0)));
    path->converged = false;
    quadratic_slope(&problem, path->w, path->slope);
    for (size_t round = 0; round < ROUNDS_MOST && !path->converged; round++, fine *= 0.1) {
        quadratic_descend(&problem, path->w, path->slope, fine * root * widest, max_iter,
                          &path->room);
        path->converged = gap_of(path, l1, l2) <= tol * path->centred.y_squares;
        path->rounds = round + 1;
    }
}

static double intercept_of(const struct centred *centred, const double *w)
{
    size_t n = centred->gram.rows;
    return centred->means[n] - dot(w, centred->means, n);
}

struct wish {
    double alpha, ratio, tol;
    size_t max_iter;
    bool intercept;
    size_t alphas, folds; /* cross-validation */
    double eps;
    bool eps_given;
};

/* The least alpha that leaves no coefficient. */
static double alpha_most(const struct centred *centred, double ratio)
{
    double most = 0;
    for (size_t j = 0; j < centred->gram.rows; j++)
        most = fmax(most, fabs(centred->with_y[j]));
    return most / fmax(ratio, 1e-3);
}

/*
 * The path's last alpha over its first one. The L1 part goes with the unit of y, the L2 part does
 * not: unless eps was given, the path goes on until that is small beside the columns' squares, too.
 */
static double path_length(const struct centred *centred, const struct wish *wish, double most)
{
    double squares = 0, n = (double)centred->gram.rows;
    for (size_t j = 0; j < centred->gram.rows; j++)
        squares += matrix_row(centred->gram, j)[j] / n;
    double weak = squares / (most * (1 - wish->ratio));
    return wish->eps_given || !(weak > 0 && weak < 1) ? wish->eps : wish->eps * weak;
}

static double alpha_at(const struct wish *wish, double most, size_t at)
{
    double share = wish->alphas > 1 ? (double)at / (double)(wish->alphas - 1) : 0;
    return most * pow(wish->eps, share);
}

struct fold {
    struct moments held_out;
    struct path path;
    double *errors; /* [alphas] */
};

struct folds {
    const struct wish *wish;
    struct fold *at;
    double most;
};

static void fold_run(void *work, size_t at)
{
    struct folds *folds = work;
    struct fold *fold = &folds->at[at];
    const struct wish *wish = folds->wish;
    for (size_t a = 0; a < wish->alphas; a++) {
        double alpha = alpha_at(wish, folds->most, a);
        path_step(&fold->path, alpha * wish->ratio, alpha * (1 - wish->ratio), wish->tol,
                  wish->max_iter);
        double constant = wish->intercept ? intercept_of(&fold->path.centred, fold->path.w) : 0;
        fold->errors[a] = moments_error(&fold->held_out, fold->path.w, constant);
    }
}

/* The moments of all rows come out as the sum of the folds'. */
static double alpha_choose(struct arena *arena, const struct linear_rows *rows, struct wish *wish,
                           struct moments *whole)
{
    struct folds folds = { .wish = wish, .at = arena_array(arena, struct fold, wish->folds) };
    const double *shift = wish->intercept ? moments_shift(arena, rows)
                                          : arena_array(arena, double, rows->columns + 1);
    size_t side = rows->columns + 2, from = 0;
    *whole = (struct moments){ matrix_new(arena, side, side), shift };
    for (size_t f = 0; f < wish->folds; f++) { /* as scikit-learn's KFold: the first ones longer */
        size_t count = rows->count / wish->folds + (f < rows->count % wish->folds);
        folds.at[f].held_out = moments_new(arena, rows, from, count, shift);
        for (size_t i = 0; i < side * side; i++)
            whole->gram.at[i] += folds.at[f].held_out.gram.at[i];
        from += count;
    }
    for (size_t f = 0; f < wish->folds; f++) {
        folds.at[f].path = path_new(arena, whole, &folds.at[f].held_out, wish->intercept);
        folds.at[f].errors = arena_array(arena, double, wish->alphas);
    }
    struct centred centred = moments_centre(arena, whole, NULL, wish->intercept);
    folds.most = alpha_most(&centred, wish->ratio);
    wish->eps = path_length(&centred, wish, folds.most);
    threads_run(rows->threads, wish->folds, fold_run, &folds);
    size_t best = 0;
    double least = INFINITY;
    for (size_t a = 0; a < wish->alphas; a++) {
        double sum = 0, weights = 0;
        for (size_t f = 0; f < wish->folds; f++) {
            double weight =
                rows->weight ? matrix_row(folds.at[f].held_out.gram, side - 1)[side - 1] : 1;
            sum += weight > 0 ? weight * folds.at[f].errors[a] : 0;
            weights += weight;
        }
        if (sum / weights < least)
            least = sum / weights, best = a;
    }
    return alpha_at(wish, folds.most, best);
}

static bool solve_gram(struct arena *arena, const struct linear_rows *rows, struct wish *wish,
                       struct linear_model *model)
{
    struct moments whole;
    double alpha = wish->alpha;
    if (wish->folds) {
        model->alpha = alpha = alpha_choose(arena, rows, wish, &whole);
    } else {
        const double *shift = wish->intercept ? moments_shift(arena, rows)
                                              : arena_array(arena, double, rows->columns + 1);
        whole = moments_new(arena, rows, 0, rows->count, shift);
    }
    struct path path = path_new(arena, &whole, NULL, wish->intercept);
    path_step(&path, alpha * wish->ratio, alpha * (1 - wish->ratio), wish->tol, wish->max_iter);
    memcpy(model->weights.at, path.w, rows->columns * sizeof(double));
    if (wish->intercept) {
        *linear_intercepts(model->weights) = intercept_of(&path.centred, path.w);
        memcpy(model->means, path.centred.means, rows->columns * sizeof(double));
    } else {
        linear_means(arena, rows, model->means);
    }
    model->iterations = path.rounds;
    model->converged = path.converged;
    return isfinite(path.centred.y_squares) && isfinite(alpha);
}

static bool solve_columns(struct arena *arena, const struct linear_rows *rows,
                          const struct wish *wish, struct linear_model *model)
{
    struct linear_columns columns = linear_columns_new(arena, rows, wish->intercept);
    struct newton_end end;
    double widest = 0, squares = 0;
    linear_means(arena, rows, model->means);
    for (size_t i = 0; i < rows->count; i++)
        squares += rows->y[i] * rows->y[i] / (double)rows->count;
    for (size_t j = 0; j < columns.dense.rows; j++)
        widest = fmax(widest,
                      dot(matrix_row(columns.dense, j), matrix_row(columns.dense, j), rows->count) /
                          rows->total);
    for (size_t j = 0; j < rows->by_column.rows; j++) {
        size_t from = rows->by_column.starts[j];
        const double *x = rows->by_column.values + from;
        widest = fmax(widest, dot(x, x, rows->by_column.starts[j + 1] - from) / rows->total);
    }
    struct newton_options options = { .l1 = wish->alpha * wish->ratio,
                                      .tol = sqrt(wish->tol * squares * widest) * 1e-2,
                                      .max_iter = wish->max_iter };
    bool done = linear_columns_squares(arena, &columns, wish->alpha * (1 - wish->ratio),
                                       wish->intercept, &options, model->weights.at, &end);
    model->iterations = end.iterations;
    model->converged = end.converged;
    return done;
}

static bool wish_solve(struct arena *arena, const struct examples *examples, struct wish *wish,
                       void **fitted, struct fault *why)
{
    struct linear_model *model = linear_model_new(arena, examples);
    struct linear_rows rows = linear_rows_new(arena, examples, NULL);
    *fitted = model;
    if (wish->folds > rows.count)
        return fault_set(why, BLAME_OPEN, "%zu folds cannot be made of %zu rows", wish->folds,
                         rows.count);
    if (wish->folds && rows.columns > GRAM_COLUMNS_MOST)
        return fault_set(why, BLAME_OPEN,
                         "cross-validation along a path takes at most %zu columns, there were %zu",
                         GRAM_COLUMNS_MOST, rows.columns);
    bool finite = rows.columns <= GRAM_COLUMNS_MOST ? solve_gram(arena, &rows, wish, model)
                                                    : solve_columns(arena, &rows, wish, model);
    for (size_t j = 0; finite && j <= rows.columns; j++)
        finite = isfinite(model->weights.at[j]) && (j == rows.columns || isfinite(model->means[j]));
    return finite || fault_set(why, BLAME_OPEN,
                               "the features' or the target's squares went beyond the range of "
                               "numbers, scale them (transform \"standard\")");
}

static struct wish wish_of(const struct params *params, double ratio)
{
    return (struct wish){ .ratio = ratio,
                          .tol = param_number(params, "tol"),
                          .max_iter = param_integer(params, "max_iter"),
                          .intercept = param_flag(params, "fit_intercept") };
}

static bool lasso_fit(struct arena *arena, const struct examples *examples,
                      const struct params *params, void **fitted, struct fault *why)
{
    struct wish wish = wish_of(params, 1);
    wish.alpha = param_number(params, "alpha");
    return wish_solve(arena, examples, &wish, fitted, why);
}

static bool elastic_net_fit(struct arena *arena, const struct examples *examples,
                            const struct params *params, void **fitted, struct fault *why)
{
    struct wish wish = wish_of(params, param_number(params, "l1_ratio"));
    wish.alpha = param_number(params, "alpha");
    return wish_solve(arena, examples, &wish, fitted, why);
}

static bool cv_fit(struct arena *arena, const struct examples *examples,
                   const struct params *params, double ratio, void **fitted, struct fault *why)
{
    struct wish wish = wish_of(params, ratio);
    wish.folds = param_integer(params, "cv");
    wish.alphas = param_integer(params, "n_alphas");
    wish.eps = param_number(params, "eps");
    wish.eps_given = param_is_given(params, "eps");
    return wish_solve(arena, examples, &wish, fitted, why);
}

static bool lasso_cv_fit(struct arena *arena, const struct examples *examples,
                         const struct params *params, void **fitted, struct fault *why)
{
    return cv_fit(arena, examples, params, 1, fitted, why);
}

static bool elastic_net_cv_fit(struct arena *arena, const struct examples *examples,
                               const struct params *params, void **fitted, struct fault *why)
{
    return cv_fit(arena, examples, params, param_number(params, "l1_ratio"), fitted, why);
}

#define ALPHA                                                                                      \
    {                                                                                              \
        "alpha", "l1", PARAM_NUMBER, 0, 1e12, "1", NULL, "weight of the penalty"                   \
    }
#define L1_RATIO                                                                                   \
    {                                                                                              \
        "l1_ratio", NULL, PARAM_NUMBER, 0, 1, "0.5", NULL, "the share of L1 in it"                 \
    }
#define CV                                                                                         \
    {                                                                                              \
        "cv", NULL, PARAM_INTEGER, 2, 1000, "5", NULL, "folds of consecutive rows"                 \
    }
#define N_ALPHAS                                                                                   \
    {                                                                                              \
        "n_alphas", NULL, PARAM_INTEGER, 1, 10000, "100", NULL, "alphas to try"                    \
    }
#define EPS                                                                                        \
    {                                                                                              \
        "eps", NULL, PARAM_NUMBER, 1e-12, 1, "0.001", NULL, "least alpha / greatest one"           \
    }
#define TOL                                                                                        \
    {                                                                                              \
        "tol", NULL, PARAM_NUMBER, 1e-14, 1, "1e-8", NULL, "duality gap / variance of y"           \
    }
#define MAX_ITER                                                                                   \
    {                                                                                              \
        "max_iter", NULL, PARAM_INTEGER, 1, 100000, "1000", NULL, "sweeps at most"                 \
    }
#define FIT_INTERCEPT                                                                              \
    {                                                                                              \
        "fit_intercept", "use_bias", PARAM_BOOL, 0, 1, "true", NULL,                               \
            "whether there is a constant term"                                                     \
    }

static const struct param_spec lasso_params[] = { ALPHA, TOL, MAX_ITER, FIT_INTERCEPT };
static const struct param_spec elastic_net_params[] = { ALPHA, L1_RATIO, TOL, MAX_ITER,
                                                        FIT_INTERCEPT };
static const struct param_spec lasso_cv_params[] = {
    CV, N_ALPHAS, EPS, TOL, MAX_ITER, FIT_INTERCEPT
};
static const struct param_spec elastic_net_cv_params[] = { CV,  N_ALPHAS, EPS,          L1_RATIO,
                                                           TOL, MAX_ITER, FIT_INTERCEPT };

#define LEARNER(NAME, WHAT, PARAMS, FIT)                                                           \
    {                                                                                              \
        .name = NAME, .what = WHAT, .targets = TARGET_NUMBER, .takes = TAKES_SPARSE,               \
        .params = PARAMS, .param_count = sizeof PARAMS / sizeof *PARAMS, .fit = FIT,               \
        .predict = linear_model_predict, .explain = linear_model_explain,                          \
        .save = linear_model_save, .load = linear_model_load, .describe = linear_model_describe,   \
    }

const struct learner learn_lasso =
    LEARNER("lasso", "least squares with an L1 penalty", lasso_params, lasso_fit);
const struct learner learn_elastic_net = LEARNER(
    "elastic_net", "least squares with L1 and L2 penalties", elastic_net_params, elastic_net_fit);
const struct learner learn_lasso_cv = LEARNER(
    "lasso_cv", "lasso with its alpha chosen by cross-validation", lasso_cv_params, lasso_cv_fit);
const struct learner learn_elastic_net_cv =
    LEARNER("elastic_net_cv", "elastic net with its alpha chosen by cross-validation",
            elastic_net_cv_params, elastic_net_cv_fit);
