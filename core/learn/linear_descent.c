/* Coordinate descent on a Gram matrix. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/learn/linear_descent.h"
#include "core/math/blas.h"
#include <math.h>
#include <string.h>

#define ACTIVE_SWEEPS ((size_t)8) /* between sweeps over all */

struct descent_room descent_room_new(struct arena *arena, size_t n)
{
    return (struct descent_room){ .factor = matrix_new(arena, n, n),
                                  .active = arena_array(arena, size_t, n),
                                  .solution = arena_array(arena, double, n) };
}

void quadratic_slope(const struct quadratic *problem, const double *w, double *slope)
{
    size_t n = problem->gram.rows;
    memcpy(slope, problem->linear, n * sizeof *slope);
    for (size_t j = 0; j < n; j++) {
        const double *restrict row = matrix_row(problem->gram, j);
        for (size_t i = 0; w[j] != 0 && i < n; i++)
            slope[i] -= w[j] * row[i];
    }
}

double descent_violation(double w, double slope, double l1, double l2)
{
    double down = slope - l2 * w;
    if (w != 0)
        return fabs(down - copysign(l1, w));
    return fmax(fabs(down) - l1, 0);
}

double descent_minimum(double pull, double curvature, double l1, double l2)
{
    if (!(curvature + l2 > 0) || !(fabs(pull) > l1))
        return 0;
    return (pull - copysign(l1, pull)) / (curvature + l2);
}

static double coordinate(const struct quadratic *problem, size_t j, double *restrict w,
                         double *restrict slope)
{
    size_t n = problem->gram.rows;
    bool penalised = j < n - problem->free_count;
    double l1 = penalised ? problem->l1 : 0, l2 = penalised ? problem->l2 : 0;
    double violation = descent_violation(w[j], slope[j], l1, l2);
    if (violation == 0)
        return 0;
    const double *restrict row = matrix_row(problem->gram, j);
    if (!(row[j] + l2 > 0))
        return w[j] = 0; /* a constant column */
    double step = descent_minimum(slope[j] + row[j] * w[j], row[j], l1, l2) - w[j];
    if (step == 0)
        return 0;
    w[j] += step;
    if (fabs(w[j]) < 1e-15 * fabs(step))
        w[j] = 0;
    for (size_t i = 0; i < n; i++)
        slope[i] -= step * row[i];
    return violation;
}

static size_t active_of(const double *w, size_t n, size_t *active)
{
    size_t count = 0;
    for (size_t j = 0; j < n; j++)
        if (w[j] != 0)
            active[count++] = j;
    return count;
}

/* With the signs as they are the solution is that of equations: taken where it keeps them. */
static bool solve_active(const struct quadratic *problem, double *w, double *slope,
                         struct descent_room *room)
{
    size_t n = problem->gram.rows, penalised = n - problem->free_count;
    if (!room->factor.rows)
        return false;
    size_t count = active_of(w, n, room->active);
    struct matrix a = { room->factor.at, count, count, count };
    for (size_t i = 0; i < count; i++) {
        size_t j = room->active[i];
        double l1 = j < penalised ? problem->l1 : 0, l2 = j < penalised ? problem->l2 : 0;
        for (size_t k = 0; k <= i; k++)
            matrix_row(a, i)[k] = matrix_row(problem->gram, j)[room->active[k]];
        matrix_row(a, i)[i] += l2;
        room->solution[i] = problem->linear[j] - copysign(l1, w[j]);
    }
    if (!count || !cholesky(a))
        return false;
    cholesky_solve(a, room->solution);
    for (size_t i = 0; i < count; i++) {
        size_t j = room->active[i];
        if (!isfinite(room->solution[i]) || (j < penalised && room->solution[i] * w[j] <= 0))
            return false;
    }
    for (size_t i = 0; i < count; i++)
        w[room->active[i]] = room->solution[i];
    quadratic_slope(problem, w, slope);
    return true;
}

double quadratic_descend(const struct quadratic *problem, double *w, double *slope, double tol,
                         size_t most, struct descent_room *room)
{
    size_t n = problem->gram.rows;
    double worst = 0;
    for (size_t sweep = 0; sweep < most; sweep++) {
        worst = 0;
        for (size_t j = 0; j < n; j++)
            worst = fmax(worst, coordinate(problem, j, w, slope));
        if (!(worst > tol))
            return worst;
        size_t count = active_of(w, n, room->active);
        double rest = worst;
        for (size_t again = 0; again < ACTIVE_SWEEPS && rest > tol; again++) {
            rest = 0;
            for (size_t i = 0; i < count; i++)
                rest = fmax(rest, coordinate(problem, room->active[i], w, slope));
        }
        if (rest > tol)
            solve_active(problem, w, slope, room);
    }
    return worst;
}
