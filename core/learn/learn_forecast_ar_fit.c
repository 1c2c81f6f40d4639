/* Autoregression by least squares. */
#include "core/learn/learn_forecast_ar_fit.h"
#include "core/math/blas.h"
#include "core/math/sum.h"
#include <math.h>
#include <string.h>

#define TURNS_MOST 100
#define STILL 1e-12
#define FAR 1e150 /* an explosive series ends here */

/* The sums of squares and products of one regression, and its solution. */
struct squares {
    size_t count;
    struct matrix gram, factor;
    double *sums, *solution, *row;
};

struct ar_fitting {
    const struct ar_form *form;
    struct ar_series *out;
    struct matrix x; /* standardised */
    double *y;       /* standardised */
    struct squares of_lags, of_columns;
};

static struct squares squares_new(struct arena *arena, size_t count)
{
    return (struct squares){ count,
                             matrix_new(arena, count, count),
                             matrix_new(arena, count, count),
                             arena_array(arena, double, count),
                             arena_array(arena, double, count),
                             arena_array(arena, double, count) };
}

static void squares_clear(struct squares *squares)
{
    memset(squares->gram.at, 0, squares->count * squares->count * sizeof(double));
    memset(squares->sums, 0, squares->count * sizeof(double));
}

static void squares_add(struct squares *squares, double y)
{
    for (size_t i = 0; i < squares->count; i++) {
        double *row = matrix_row(squares->gram, i), x = squares->row[i];
        squares->sums[i] += x * y;
        for (size_t j = 0; j <= i && x != 0; j++)
            row[j] += x * squares->row[j];
    }
}

/* With a penalty on all but the first `free` ones; singular systems get more of their diagonal. */
static bool squares_solve(struct squares *squares, size_t free, double alpha)
{
    double most = 0;
    for (size_t i = 0; i < squares->count; i++)
        most = fmax(most, matrix_row(squares->gram, i)[i]);
    if (!isfinite(most))
        return false;
    for (double more = 0; more <= 1; more = more > 0 ? more * 100 : 1e-13) {
        for (size_t i = 0; i < squares->count; i++) {
            memcpy(matrix_row(squares->factor, i), matrix_row(squares->gram, i),
                   (i + 1) * sizeof(double));
            matrix_row(squares->factor, i)[i] +=
                (i < free ? 0 : alpha) + more * (most > 0 ? most : 1);
        }
        memcpy(squares->solution, squares->sums, squares->count * sizeof(double));
        if (!cholesky(squares->factor))
            continue;
        cholesky_solve(squares->factor, squares->solution);
        return true;
    }
    return false;
}

static size_t fixed_put(const struct ar_form *form, size_t count, size_t t, double *out)
{
    size_t at = 0;
    if (form->constant)
        out[at++] = 1;
    if (form->trend)
        out[at++] = (double)(t + 1) / (double)count;
    for (size_t i = 1; i < form->period; i++)
        out[at++] = t % form->period == i;
    return at;
}

double ar_columns(const struct ar_series *series, const double *x, size_t columns)
{
    double sum = 0;
    for (size_t j = 0; j < columns; j++)
        if (series->x_weights[j] != 0)
            sum += (x[j] - series->x_means[j]) * series->x_weights[j];
    return sum;
}

static double lags_sum(const struct ar_form *form, const struct ar_series *series, const double *z,
                       size_t t)
{
    double sum = 0;
    for (size_t i = 0; i < series->lag_count; i++)
        sum += t >= form->lags[i] ? series->phi[i] * z[t - form->lags[i]] : 0;
    return sum;
}

double ar_expect(const struct ar_form *form, const struct ar_series *series, const double *z,
                 size_t t)
{
    double sum = lags_sum(form, series, z, t);
    size_t at = 0;
    if (form->constant)
        sum += series->fixed[at++];
    if (form->trend)
        sum += series->fixed[at++] * (double)(t + 1) / (double)series->count;
    if (t % form->period)
        sum += series->fixed[at + t % form->period - 1];
    return sum > FAR ? FAR : sum > -FAR ? sum : -FAR;
}

static size_t first_step(const struct ar_fitting *fitting)
{
    size_t count = fitting->out->lag_count;
    return count ? fitting->form->lags[count - 1] : 0;
}

/* z = y - what the columns say. */
static void z_make(struct ar_fitting *fitting)
{
    struct ar_series *out = fitting->out;
    for (size_t t = 0; t < out->count; t++) {
        double sum = 0;
        for (size_t j = 0; j < fitting->x.columns; j++)
            sum += matrix_row(fitting->x, t)[j] * out->x_weights[j];
        out->z[t] = fitting->y[t] - sum;
    }
}

/* Given the columns' weights: lags and fixed parts. The squared error of the series. */
static bool lags_fit(struct ar_fitting *fitting, double *error)
{
    const struct ar_form *form = fitting->form;
    struct ar_series *out = fitting->out;
    struct squares *squares = &fitting->of_lags;
    size_t fixed = ar_fixed_count(form), first = first_step(fitting);
    squares_clear(squares);
    for (size_t t = first; t < out->count; t++) {
        size_t at = fixed_put(form, out->count, t, squares->row);
        for (size_t i = 0; i < out->lag_count; i++)
            squares->row[at++] = out->z[t - form->lags[i]];
        squares_add(squares, out->z[t]);
    }
    if (!squares_solve(squares, fixed, form->alpha))
        return false;
    memcpy(out->fixed, squares->solution, fixed * sizeof(double));
    memcpy(out->phi, squares->solution + fixed, out->lag_count * sizeof(double));
    *error = 0;
    for (size_t t = first; t < out->count; t++) {
        double miss = out->z[t] - ar_expect(form, out, out->z, t);
        *error += miss * miss;
    }
    return isfinite(*error);
}

/* Given the lags: the columns' weights, from what the lags leave of y and of the columns. */
static bool columns_fit(struct ar_fitting *fitting)
{
    const struct ar_form *form = fitting->form;
    struct ar_series *out = fitting->out;
    struct squares *squares = &fitting->of_columns;
    size_t fixed = ar_fixed_count(form);
    squares_clear(squares);
    for (size_t t = first_step(fitting); t < out->count; t++) {
        size_t at = fixed_put(form, out->count, t, squares->row);
        for (size_t j = 0; j < fitting->x.columns; j++) {
            double left = matrix_row(fitting->x, t)[j];
            for (size_t i = 0; i < out->lag_count; i++)
                left -= out->phi[i] * matrix_row(fitting->x, t - form->lags[i])[j];
            squares->row[at++] = left;
        }
        squares_add(squares, fitting->y[t] - lags_sum(form, out, fitting->y, t));
    }
    if (!squares_solve(squares, fixed, form->alpha))
        return false;
    memcpy(out->x_weights, squares->solution + fixed, fitting->x.columns * sizeof(double));
    return true;
}

/* The spread around the mean; without a constant around 0, which *mean is then. */
static double spread_of(const struct ar_form *form, const double *x, size_t n, size_t stride,
                        double *mean)
{
    struct sum sum = { 0 }, squares = { 0 };
    for (size_t i = 0; i < n && form->constant; i++)
        sum_add(&sum, x[i * stride]);
    *mean = sum_value(&sum) / (double)n;
    for (size_t i = 0; i < n; i++)
        sum_add(&squares, (x[i * stride] - *mean) * (x[i * stride] - *mean));
    double spread = sqrt(sum_value(&squares) / (double)n);
    return spread > 1e-14 * fabs(*mean) ? spread : 0;
}

/* Columns around 0 with spread 1; those that never change stay 0. */
static void columns_standardise(struct ar_fitting *fitting, struct matrix x, double *spreads)
{
    for (size_t j = 0; j < x.columns; j++) {
        double *mean = &fitting->out->x_means[j];
        spreads[j] = spread_of(fitting->form, x.at + j, x.rows, x.stride, mean);
        for (size_t t = 0; t < x.rows; t++)
            matrix_row(fitting->x, t)[j] =
                spreads[j] > 0 ? (matrix_row(x, t)[j] - *mean) / spreads[j] : 0;
    }
}

/* As many lags as leave twice as many steps as unknowns. */
static size_t lags_for(const struct ar_form *form, size_t count, size_t columns)
{
    size_t lags = form->lag_count;
    while (lags && form->lags[lags - 1] + 2 * (ar_fixed_count(form) + lags + columns) > count)
        lags--;
    return lags;
}

static bool turns(struct ar_fitting *fitting)
{
    double error = 0, before;
    z_make(fitting);
    if (!lags_fit(fitting, &error))
        return false;
    for (size_t turn = 0; turn < TURNS_MOST && fitting->x.columns; turn++) {
        before = error;
        if (!columns_fit(fitting))
            return false;
        z_make(fitting);
        if (!lags_fit(fitting, &error))
            return false;
        if (fabs(before - error) <= STILL * before)
            break;
    }
    fitting->out->squared_error = error * fitting->out->spread * fitting->out->spread;
    return true;
}

bool ar_fit(struct arena *arena, const struct ar_form *form, const double *y, struct matrix x,
            struct ar_series *out)
{
    size_t count = x.rows, fixed = ar_fixed_count(form);
    *out = (struct ar_series){ .count = count };
    out->lag_count = lags_for(form, count, x.columns);
    out->fixed = arena_array(arena, double, fixed);
    out->phi = arena_array(arena, double, out->lag_count);
    out->x_means = arena_array(arena, double, x.columns);
    out->x_weights = arena_array(arena, double, x.columns);
    out->z = arena_array(arena, double, count);
    out->spread = spread_of(form, y, count, 1, &out->mean);
    out->spread = out->spread > 0 ? out->spread : 1;
    bool short_of = count < 2 * (fixed + x.columns); /* too short for the columns */
    struct ar_fitting fitting = { .form = form, .out = out };
    fitting.x = matrix_new(arena, count, short_of ? 0 : x.columns);
    fitting.y = arena_array(arena, double, count);
    fitting.of_lags = squares_new(arena, fixed + out->lag_count);
    fitting.of_columns = squares_new(arena, fixed + fitting.x.columns);
    double *spreads = arena_array(arena, double, x.columns);
    for (size_t t = 0; t < count; t++)
        fitting.y[t] = (y[t] - out->mean) / out->spread;
    if (!short_of)
        columns_standardise(&fitting, x, spreads);
    if (!isfinite(out->mean) || !isfinite(out->spread) || !turns(&fitting))
        return false;
    for (size_t j = 0; j < fitting.x.columns; j++)
        out->x_weights[j] = spreads[j] > 0 ? out->x_weights[j] / spreads[j] : 0;
    return true;
}
