/* Principal components by eigenvectors: of the covariance, of the Gram matrix, by iteration. */
#include "core/learn/pca_parts.h"
#include "core/learn/tiles.h"
#include "core/math/blas.h"
#include "core/math/random.h"
#include "core/math/sum.h"
#include "core/math/threads.h"
#include <math.h>

#ifndef __clang__
#pragma GCC optimize("O3")
#endif

#define SLICES ((size_t)8)       /* of the rows; their number does not depend on the threads */
#define BLOCK_ROWS ((size_t)256) /* with 200 columns 400 KB: stays in the second-level cache */
#define SHIFT_ROWS ((size_t)256) /* whose mean is taken off before squaring */
#define ABREAST ((size_t)8)      /* sums of a block's column, each of every eighth row */
#define EXTRA ((size_t)10)       /* directions followed beyond those asked for */
#define ITERATIONS_MOST 300
#define STILL 1e-9
#define NO_VARIANCE 1e-13 /* of the greatest: such an axis is rounding, any direction will do */

/* Work on the rows by slices: each sums into its own place, which are added in order. */
struct walk {
    const struct pca_rows *rows;
    const double *shift;
    struct matrix axes; /* where the covariance is applied to some directions */
    struct slice {
        struct matrix sum;    /* the Gram matrix, or its product with the axes */
        struct matrix block;  /* scratch: BLOCK_ROWS x columns */
        struct matrix scores; /* scratch: BLOCK_ROWS x axes.rows */
        struct matrix parts;  /* scratch: ABREAST + 1 x columns */
        double *sums, weight;
    } slices[SLICES];
};

static void slices_new(struct arena *arena, struct walk *walk, size_t sum_rows)
{
    size_t columns = walk->rows->x.columns;
    for (size_t s = 0; s < SLICES; s++)
        walk->slices[s] = (struct slice){ .sum = matrix_new(arena, sum_rows, columns),
                                          .block = matrix_new(arena, BLOCK_ROWS, columns),
                                          .scores = matrix_new(arena, BLOCK_ROWS, walk->axes.rows),
                                          .parts = matrix_new(arena, ABREAST + 1, columns),
                                          .sums = arena_array(arena, double, columns) };
}

static void slices_add(struct walk *walk)
{
    struct slice *total = &walk->slices[0];
    for (size_t s = 1; s < SLICES; s++) {
        const struct slice *more = &walk->slices[s];
        for (size_t i = 0; i < total->sum.rows * total->sum.columns; i++)
            total->sum.at[i] += more->sum.at[i];
        for (size_t j = 0; j < total->sum.columns; j++)
            total->sums[j] += more->sums[j];
        total->weight += more->weight;
    }
}

static double weight_of(const struct pca_rows *rows, size_t at)
{
    return rows->weight ? rows->weight[at] : 1;
}

/*
 * block = (x - shift) sqrt(weight), and the weighted sums of x - shift, added up in the order of
 * columns_fill: rows and columns give the same bits.
 */
static double block_fill(const struct walk *walk, size_t from, struct matrix block,
                         struct slice *slice)
{
    double total = 0;
    const struct pca_rows *rows = walk->rows;
    size_t eights = block.rows / ABREAST * ABREAST;
    memset(slice->parts.at, 0, (ABREAST + 1) * block.columns * sizeof(double));
    for (size_t i = 0; i < block.rows; i++) {
        double *out = matrix_row(block, i);
        double *part = matrix_row(slice->parts, i < eights ? 1 + i % ABREAST : 0);
        const double *in = matrix_row(rows->x, from + i), *shift = walk->shift;
        double weight = weight_of(rows, from + i), root = rows->weight ? sqrt(weight) : 1;
        total += weight;
        for (size_t j = 0; j < block.columns; j++) {
            out[j] = (in[j] - shift[j]) * root;
            part[j] += root * out[j];
        }
    }
    for (size_t k = 1; k <= ABREAST; k++)
        for (size_t j = 0; j < block.columns; j++)
            matrix_row(slice->parts, 0)[j] += matrix_row(slice->parts, k)[j];
    for (size_t j = 0; j < block.columns; j++)
        slice->sums[j] += matrix_row(slice->parts, 0)[j];
    return total;
}

/* out[n] = (in - shift) root, and the sum of root out; root: NULL is all 1. */
static double column_fill(const double *in, const double *root, double shift, double *out, size_t n)
{
    double parts[ABREAST] = { 0 }, sum = 0;
    size_t i = 0;
    for (; i + ABREAST <= n; i += ABREAST)
        for (size_t k = 0; k < ABREAST; k++) {
            double value = (in[i + k] - shift) * (root ? root[i + k] : 1);
            parts[k] += root ? root[i + k] * value : value;
            out[i + k] = value;
        }
    for (; i < n; i++) {
        out[i] = (in[i] - shift) * (root ? root[i] : 1);
        sum += root ? root[i] * out[i] : out[i];
    }
    for (size_t k = 0; k < ABREAST; k++)
        sum += parts[k];
    return sum;
}

/* As block_fill, of columns, which become the rows of the block. */
static double columns_fill(const struct walk *walk, size_t from, struct matrix block, double *sums)
{
    const struct pca_rows *rows = walk->rows;
    double roots[BLOCK_ROWS], total = 0;
    for (size_t i = 0; i < block.columns; i++) {
        double weight = weight_of(rows, from + i);
        total += weight;
        roots[i] = sqrt(weight);
    }
    for (size_t j = 0; j < block.rows; j++)
        sums[j] += column_fill(rows->columns[j] + from, rows->weight ? roots : NULL, walk->shift[j],
                               matrix_row(block, j), block.columns);
    return total;
}

static void slice_gram(void *work, size_t at)
{
    struct walk *walk = work;
    struct slice *slice = &walk->slices[at];
    size_t rows = walk->rows->x.rows, columns = walk->rows->x.columns;
    size_t end = rows * (at + 1) / SLICES;
    for (size_t from = rows * at / SLICES; from < end; from += BLOCK_ROWS) {
        struct matrix block = slice->block;
        block.rows = end - from < BLOCK_ROWS ? end - from : BLOCK_ROWS;
        if (walk->rows->columns) {
            block = (struct matrix){ block.at, columns, block.rows, block.rows };
            slice->weight += columns_fill(walk, from, block, slice->sums);
            gram_of_rows_add(block, slice->sum);
            continue;
        }
        slice->weight += block_fill(walk, from, block, slice);
        gram_add(block, slice->sum);
    }
}

/* The mean of some rows, all over: close enough to every mean that squares lose no digits. */
static double *shift_of(struct arena *arena, const struct pca_rows *rows)
{
    struct matrix x = rows->x;
    double *shift = arena_array(arena, double, x.columns);
    size_t count = x.rows < SHIFT_ROWS ? x.rows : SHIFT_ROWS;
    for (size_t k = 0; k < count; k++) {
        size_t at = k * x.rows / count;
        for (size_t j = 0; j < x.columns; j++)
            shift[j] +=
                (rows->columns ? rows->columns[j][at] : matrix_row(x, at)[j]) / (double)count;
    }
    return shift;
}

bool pca_by_covariance(struct arena *arena, const struct pca_rows *rows, struct pca *out)
{
    size_t columns = rows->x.columns;
    struct walk walk = { .rows = rows, .shift = shift_of(arena, rows) };
    slices_new(arena, &walk, columns);
    threads_run(rows->threads, SLICES, slice_gram, &walk);
    slices_add(&walk);
    struct slice *total = &walk.slices[0];
    double n = total->weight, trace = 0;
    double freedom = n > 1 ? n - 1 : 1;
    for (size_t i = 0; i < columns; i++) {
        double *row = matrix_row(total->sum, i);
        for (size_t j = 0; j <= i; j++)
            row[j] = (row[j] - total->sums[i] * (total->sums[j] / n)) / freedom;
        trace += row[i];
        out->means[i] = walk.shift[i] + total->sums[i] / n;
    }
    out->total = trace > 0 ? trace : 0;
    if (!isfinite(trace))
        return false;
    double *work = arena_array(arena, double, eigen_greatest_room(columns));
    if (!eigen_greatest(total->sum, out->components, out->variances, out->axes, work))
        return false;
    for (size_t k = 0; k < out->components; k++)
        out->variances[k] = fmax(out->variances[k], 0);
    return true;
}

/* Means by weight, and the centred rows times the root of their weight; the total weight. */
static double centred(struct arena *arena, const struct pca_rows *rows, double *means,
                      struct matrix *out)
{
    struct matrix x = rows->x;
    double n = 0, *shift = shift_of(arena, rows);
    for (size_t i = 0; i < x.rows; i++) {
        double weight = weight_of(rows, i);
        n += weight;
        for (size_t j = 0; j < x.columns; j++)
            means[j] += weight * (matrix_row(x, i)[j] - shift[j]);
    }
    for (size_t j = 0; j < x.columns; j++)
        means[j] = shift[j] + means[j] / n;
    if (!out)
        return n;
    *out = matrix_new(arena, x.rows, x.columns);
    for (size_t i = 0; i < x.rows; i++) {
        double root = sqrt(weight_of(rows, i));
        for (size_t j = 0; j < x.columns; j++)
            matrix_row(*out, i)[j] = root * (matrix_row(x, i)[j] - means[j]);
    }
    return n;
}

static void take_off(const double *axis, double *from, size_t n)
{
    double share = dot(axis, from, n);
    for (size_t j = 0; j < n; j++)
        from[j] -= share * axis[j];
}

/* Make row k of length 1 and at right angles to those before it; false where nothing is left. */
static bool straighten(struct matrix axes, size_t k)
{
    double *row = matrix_row(axes, k), before = sqrt(dot(row, row, axes.columns));
    double length = before;
    for (size_t pass = 0; pass < 2; pass++) { /* twice is enough (Kahan) */
        for (size_t i = 0; i < k; i++)
            take_off(matrix_row(axes, i), row, axes.columns);
        length = sqrt(dot(row, row, axes.columns));
        if (!(length > 1e-8 * before))
            return false;
    }
    for (size_t j = 0; j < axes.columns; j++)
        row[j] /= length;
    return true;
}

/* All rows; those that depend on the ones before become some direction that does not. */
static void straighten_all(struct matrix axes)
{
    size_t unit = 0;
    for (size_t k = 0; k < axes.rows; k++)
        while (!straighten(axes, k) && unit < axes.columns) {
            memset(matrix_row(axes, k), 0, axes.columns * sizeof(double));
            matrix_row(axes, k)[unit++] = 1;
        }
}

#define GRAM_ROWS ((size_t)64)

struct row_gram {
    struct matrix x, gram;
};

static void gram_rows(void *work, size_t at)
{
    struct row_gram *all = work;
    size_t from = at * GRAM_ROWS, left = all->x.rows - from;
    struct matrix some = matrix_rows(all->x, from, left < GRAM_ROWS ? left : GRAM_ROWS);
    struct matrix before = matrix_rows(all->x, 0, from + some.rows);
    struct matrix gram = matrix_rows(all->gram, from, some.rows);
    gram.columns = before.rows;
    rows_times_rows_add(some, before, gram);
}

/* axes = the eigenvectors of the Gram matrix, put through the rows. */
static void axes_from_rows(struct arena *arena, struct matrix vectors, struct matrix x,
                           struct pca *out)
{
    struct matrix turned = matrix_new(arena, x.rows, out->components);
    for (size_t k = 0; k < out->components; k++) {
        bool flat = out->variances[k] <= NO_VARIANCE * out->variances[0];
        for (size_t i = 0; i < x.rows && !flat; i++)
            matrix_row(turned, i)[k] = matrix_row(vectors, k)[i];
    }
    columns_times_columns_add(turned, x, out->axes);
    straighten_all(out->axes);
}

bool pca_by_rows(struct arena *arena, const struct pca_rows *rows, struct pca *out)
{
    size_t count = rows->x.rows;
    struct row_gram all = { .gram = matrix_new(arena, count, count) };
    double n = centred(arena, rows, out->means, &all.x), freedom = n > 1 ? n - 1 : 1;
    threads_run(rows->threads, (count + GRAM_ROWS - 1) / GRAM_ROWS, gram_rows, &all);
    double trace = 0;
    for (size_t i = 0; i < count; i++)
        trace += matrix_row(all.gram, i)[i];
    out->total = trace / freedom;
    struct matrix vectors = matrix_new(arena, out->components, count);
    double *work = arena_array(arena, double, eigen_greatest_room(count));
    if (!isfinite(trace) ||
        !eigen_greatest(all.gram, out->components, out->variances, vectors, work))
        return false;
    for (size_t k = 0; k < out->components; k++)
        out->variances[k] = fmax(out->variances[k], 0) / freedom;
    axes_from_rows(arena, vectors, all.x, out);
    return true;
}

static void slice_image(void *work, size_t at)
{
    struct walk *walk = work;
    struct slice *slice = &walk->slices[at];
    size_t rows = walk->rows->x.rows, end = rows * (at + 1) / SLICES;
    memset(slice->sum.at, 0, slice->sum.rows * slice->sum.columns * sizeof(double));
    for (size_t from = rows * at / SLICES; from < end; from += BLOCK_ROWS) {
        struct matrix block = slice->block, scores = slice->scores;
        scores.rows = block.rows = end - from < BLOCK_ROWS ? end - from : BLOCK_ROWS;
        memset(scores.at, 0, scores.rows * scores.columns * sizeof(double));
        block_fill(walk, from, block, slice);
        rows_times_rows_add(block, walk->axes, scores);
        columns_times_columns_add(scores, block, slice->sum);
    }
}

/* The covariance times the axes, into the first slice's sum. */
static struct matrix apply(struct walk *walk, double freedom)
{
    threads_run(walk->rows->threads, SLICES, slice_image, walk);
    slices_add(walk);
    struct matrix image = walk->slices[0].sum;
    for (size_t i = 0; i < image.rows * image.columns; i++)
        image.at[i] /= freedom;
    return image;
}

/* Room for one turn of the iteration. */
struct turn {
    struct matrix square, vectors, turned, next;
    double *values, *work;
};

/* Turn axes and image to the eigenvectors of the covariance within the axes (Rayleigh-Ritz). */
static bool turn_axes(struct turn *turn, struct matrix axes, struct matrix image)
{
    size_t count = axes.rows, cells = count * axes.columns;
    memset(turn->square.at, 0, count * count * sizeof(double));
    rows_times_rows_add(axes, image, turn->square);
    for (size_t i = 0; i < count * count; i++)
        if (!isfinite(turn->square.at[i]))
            return false;
    if (!eigen_greatest(turn->square, count, turn->values, turn->vectors, turn->work))
        return false;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            matrix_row(turn->turned, i)[j] = matrix_row(turn->vectors, j)[i];
    struct matrix both[] = { axes, image };
    for (size_t b = 0; b < 2; b++) {
        memset(turn->next.at, 0, cells * sizeof(double));
        columns_times_columns_add(turn->turned, both[b], turn->next);
        memcpy(both[b].at, turn->next.at, cells * sizeof(double));
    }
    return true;
}

static double moved(const double *before, const double *now, size_t count)
{
    double most = 0;
    for (size_t k = 0; k < count; k++)
        most = fmax(most, fabs(now[k] - before[k]));
    return most;
}

bool pca_by_iteration(struct arena *arena, const struct pca_rows *rows, struct pca *out)
{
    size_t count = out->components + EXTRA, columns = rows->x.columns;
    double n = centred(arena, rows, out->means, NULL), freedom = n > 1 ? n - 1 : 1;
    struct walk all = { .rows = rows, .shift = out->means };
    all.axes = matrix_new(arena, count, columns);
    slices_new(arena, &all, count);
    struct turn turn = { .square = matrix_new(arena, count, count),
                         .vectors = matrix_new(arena, count, count),
                         .turned = matrix_new(arena, count, count),
                         .next = matrix_new(arena, count, columns),
                         .values = arena_array(arena, double, count),
                         .work = arena_array(arena, double, eigen_greatest_room(count)) };
    double *before = arena_array(arena, double, count), trace = 0;
    struct random random = { columns };
    for (size_t i = 0; i < count * columns; i++)
        all.axes.at[i] = random_normal(&random);
    for (size_t i = 0; i < rows->x.rows; i++)
        for (size_t j = 0; j < columns; j++) {
            double far = matrix_row(rows->x, i)[j] - out->means[j];
            trace += weight_of(rows, i) * far * far;
        }
    out->total = trace / freedom;
    if (!isfinite(trace))
        return false;
    for (size_t step = 0; step < ITERATIONS_MOST; step++) {
        straighten_all(all.axes);
        struct matrix image = apply(&all, freedom);
        memcpy(before, turn.values, count * sizeof *before);
        if (!turn_axes(&turn, all.axes, image))
            return false;
        if ((step && moved(before, turn.values, out->components) <= STILL * turn.values[0]) ||
            step + 1 == ITERATIONS_MOST)
            break;
        memcpy(all.axes.at, image.at, count * columns * sizeof(double));
    }
    for (size_t k = 0; k < out->components; k++)
        out->variances[k] = fmax(turn.values[k], 0);
    memcpy(out->axes.at, all.axes.at, out->components * columns * sizeof(double));
    return true;
}

void pca_signs(struct pca *pca)
{
    for (size_t k = 0; k < pca->components; k++) {
        double *axis = matrix_row(pca->axes, k), most = 0;
        for (size_t j = 0; j < pca->columns; j++)
            most = fabs(axis[j]) > fabs(most) ? axis[j] : most;
        for (size_t j = 0; j < pca->columns && most < 0; j++)
            axis[j] = -axis[j];
    }
}
