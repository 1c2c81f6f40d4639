/* Newton steps with a Hessian that is kept while it is good enough. */
#include "core/learn/linear_newton.h"
#include "core/math/blas.h"
#include <math.h>

#define HALVINGS_MOST 40
#define RISE_MOST 1e-12     /* of the value: what rounding may add near the optimum */
#define DOWN_LEAST 1e-4     /* Armijo: share of the predicted fall that must come */
#define PROGRESS_LEAST 0.25 /* the violation must shrink to this share, else a new Hessian */
#define STALLED 1e-14       /* of the value: a predicted fall that rounding hides */
#define SWEEPS_MOST ((size_t)200)

struct newton {
    struct linear_objective *objective;
    const struct newton_options *options;
    size_t n;              /* unknowns: the intercept last, where there is one */
    struct matrix hessian; /* both triangles */
    struct newton_room *room;
    double *w, *trial, *step, *gradient, *gradient_there;
    double value; /* with the L1 part */
};

static double l1_norm(const struct newton *newton, const double *w)
{
    double sum = 0;
    for (size_t j = 0; newton->options->l1 > 0 && j < newton->objective->rows->columns; j++)
        sum += fabs(w[j]);
    return newton->options->l1 * sum;
}

static double look(struct newton *newton, const double *w, double *gradient)
{
    return linear_objective_look(newton->objective, w, gradient) + l1_norm(newton, w);
}

static double violation_of(const struct newton *newton, const double *w, const double *gradient)
{
    double worst = 0;
    for (size_t j = 0; j < newton->n; j++) {
        double l1 = j < newton->objective->rows->columns ? newton->options->l1 : 0;
        double violation = descent_violation(w[j], -gradient[j], l1, 0);
        if (!(violation <= worst))
            worst = violation;
    }
    return worst;
}

bool hessian_factorise(struct matrix hessian, struct matrix factor)
{
    double most = 0;
    for (size_t i = 0; i < hessian.rows; i++)
        most = fmax(most, matrix_row(hessian, i)[i]);
    for (double more = 0; more <= 1; more = more > 0 ? more * 100 : 1e-12) {
        for (size_t i = 0; i < hessian.rows; i++) {
            memcpy(matrix_row(factor, i), matrix_row(hessian, i), (i + 1) * sizeof(double));
            matrix_row(factor, i)[i] += more * (most > 0 ? most : 1);
        }
        if (cholesky(factor))
            return true;
    }
    return false;
}

/* The Hessian where the objective was looked at last. */
static bool hessian_renew(struct newton *newton)
{
    const struct linear_rows *rows = newton->objective->rows;
    struct gram_wanted wanted = { .count = rows->count, .scale = newton->objective->curvature };
    struct matrix gram = linear_gram(newton->room->arena, rows, &wanted, &newton->room->gram);
    for (size_t i = 0; i < newton->n; i++) {
        for (size_t j = 0; j <= i; j++)
            matrix_row(newton->hessian, i)[j] = matrix_row(newton->hessian, j)[i] =
                matrix_row(gram, i)[j] / rows->total;
        if (i < rows->columns)
            matrix_row(newton->hessian, i)[i] += newton->objective->l2;
    }
    return newton->options->l1 > 0 || hessian_factorise(newton->hessian, newton->room->factor);
}

/* step: where the quadratic model is least. Gives the fall that its linear part predicts. */
static double step_find(struct newton *newton, double violation)
{
    size_t n = newton->n;
    double *step = newton->step, fall = 0;
    if (newton->options->l1 > 0) {
        double *linear = newton->trial, *slope = newton->gradient_there; /* free for now */
        for (size_t j = 0; j < n; j++)
            slope[j] = -newton->gradient[j];
        for (size_t i = 0; i < n; i++)
            linear[i] = slope[i] + dot(matrix_row(newton->hessian, i), newton->w, n);
        struct quadratic model = { .gram = newton->hessian,
                                   .linear = linear,
                                   .l1 = newton->options->l1,
                                   .free_count = n - newton->objective->rows->columns };
        memcpy(step, newton->w, n * sizeof *step);
        quadratic_descend(&model, step, slope, fmax(newton->options->tol / 10, violation * 1e-3),
                          SWEEPS_MOST, &newton->room->descent);
        fall = l1_norm(newton, newton->w) - l1_norm(newton, step);
        for (size_t j = 0; j < n; j++)
            step[j] -= newton->w[j];
    } else {
        for (size_t j = 0; j < n; j++)
            step[j] = -newton->gradient[j];
        cholesky_solve(newton->room->factor, step);
    }
    for (size_t j = 0; j < n; j++)
        fall -= newton->gradient[j] * step[j];
    return fall;
}

/* Along the step until the value falls; false when there is no way down. */
static bool descend(struct newton *newton, double fall, double *share)
{
    *share = 1;
    for (size_t halving = 0; halving < HALVINGS_MOST; halving++, *share /= 2) {
        for (size_t j = 0; j < newton->n; j++)
            newton->trial[j] = newton->w[j] + *share * newton->step[j];
        double value = look(newton, newton->trial, newton->gradient_there);
        double slack = RISE_MOST * fabs(newton->value);
        if (!(value <= newton->value - DOWN_LEAST * *share * fall + slack))
            continue;
        double *kept = newton->w;
        newton->w = newton->trial;
        newton->trial = kept;
        kept = newton->gradient;
        newton->gradient = newton->gradient_there;
        newton->gradient_there = kept;
        newton->value = value;
        return true;
    }
    return false;
}

struct newton_room newton_room_new(struct arena *arena, const struct linear_objective *objective,
                                   bool with_l1)
{
    size_t columns = objective->rows->columns, n = columns + objective->intercept;
    struct newton_room room = { .arena = arena };
    if (with_l1)
        room.descent = descent_room_new(arena, n);
    else
        room.factor = matrix_new(arena, n, n);
    for (size_t i = 0; i < sizeof room.vectors / sizeof *room.vectors; i++)
        room.vectors[i] = arena_array(arena, double, columns + 1);
    return room;
}

static struct newton newton_new(struct newton_room *room, struct linear_objective *objective,
                                const struct newton_options *options)
{
    return (struct newton){ .objective = objective,
                            .options = options,
                            .n = objective->rows->columns + objective->intercept,
                            .room = room,
                            .w = room->vectors[0],
                            .trial = room->vectors[1],
                            .step = room->vectors[2],
                            .gradient = room->vectors[3],
                            .gradient_there = room->vectors[4] };
}

bool linear_newton(struct newton_room *room, struct linear_objective *objective,
                   const struct newton_options *options, struct matrix hessian, bool has_hessian,
                   double *theta, struct newton_end *end)
{
    struct newton newton = newton_new(room, objective, options);
    newton.hessian = hessian;
    memcpy(newton.w, theta, (objective->rows->columns + 1) * sizeof *theta);
    *end = (struct newton_end){ 0 };
    newton.value = look(&newton, newton.w, newton.gradient);
    double violation = violation_of(&newton, newton.w, newton.gradient), share = 1;
    bool fresh = false,
         usable = has_hessian && (options->l1 > 0 || hessian_factorise(hessian, room->factor));
    while (isfinite(newton.value) && isfinite(violation)) {
        end->converged = violation <= options->tol;
        if (end->converged || end->iterations == options->max_iter)
            break;
        if (!usable && !(fresh = usable = hessian_renew(&newton)))
            break;
        double before = violation, fall = step_find(&newton, violation);
        bool went = isfinite(fall) && descend(&newton, fall, &share);
        if (!went && fresh)
            break;
        if (!went) /* the objective was looked at elsewhere since */
            look(&newton, newton.w, newton.gradient);
        violation = violation_of(&newton, newton.w, newton.gradient);
        end->iterations += went;
        if (fresh && violation > before / 2 && !(fall > STALLED * fabs(newton.value)))
            break;
        usable = went && share == 1 && violation <= PROGRESS_LEAST * before;
        fresh = false;
    }
    memcpy(theta, newton.w, (objective->rows->columns + 1) * sizeof *theta);
    return isfinite(newton.value) && isfinite(violation);
}
