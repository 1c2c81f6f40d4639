/*
 * Alternating least squares where all columns are categories (users, items): a row is its codes,
 * and what the other columns add is read from their tables of factors, which stay in the caches.
 * For each column the rows are kept once more in the order of its levels: 100,000 ratings of 700
 * users and 9,000 items with 10 factors take 4 ms an epoch, with sums kept by row 70 ms.
 */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/learn/learn_fm_block.h"
#include "core/learn/linear_loss.h"
#include "core/learn/linear_rows.h"
#include "core/math/threads.h"

#define COLUMNS_MOST ((size_t)16)
#define PIECE_LEVELS ((size_t)32)
#define AHEAD ((size_t)8) /* rows whose others are asked for before their turn */

/* The rows that have a level of one column, level after level. */
struct by_level {
    const size_t *starts;   /* [levels + 1], those of all columns behind one another */
    const uint32_t *others; /* [cells * (columns - 1)]: features of the other columns */
    const double *y;
    const double *weight; /* NULL: 1 */
};

struct levels {
    const struct fm_task *task;
    struct fm *fm;
    struct by_level columns[COLUMNS_MOST];
    size_t column;             /* whose turn it is */
    double *left;              /* [features] slopes that remain */
    struct fm_change *changes; /* [features] */
    double *table; /* [(features + 1) * stride] as theta, but 1 in the place of w; last: no code */
    double *w;     /* [features + 1] */
};

static struct by_level by_level_new(struct arena *arena, const struct fm_task *task,
                                    const struct fm *fm, const struct csr *by_feature,
                                    const uint32_t *codes, size_t column)
{
    size_t from = by_feature->starts[fm->first[column]];
    size_t cells = by_feature->starts[fm->first[column + 1]] - from, width = fm->dense;
    uint32_t *others = arena_array(arena, uint32_t, cells * (width - 1));
    double *y = arena_array(arena, double, cells);
    double *weight = task->examples->weight ? arena_array(arena, double, cells) : NULL;
    for (size_t e = 0; e < cells; e++) {
        size_t row = by_feature->columns_at[from + e];
        uint32_t *to = others + e * (width - 1);
        for (size_t j = 0; j < width; j++)
            if (j != column)
                *to++ = codes[row * width + j];
        y[e] = task->examples->y[row];
        if (weight)
            weight[e] = task->examples->weight[row];
    }
    return (struct by_level){ by_feature->starts + fm->first[column], others, y, weight };
}

/* The sum of the other columns' factors, and 1, into room where it is not in the table as it is;
   *z becomes the row's score without this level. */
static inline const double *others_sum(const struct levels *levels, const uint32_t *others,
                                       double *restrict room, double *z)
{
    const struct fm *fm = levels->fm;
    size_t factors = fm->factors, side = fm->stride;
    double squares = 0, all = 0;
    *z = fm->bias + levels->w[others[0]];
    if (fm->dense == 2)
        return levels->table + others[0] * side;
    for (size_t f = 0; f < side; f++)
        room[f] = levels->table[others[0] * side + f];
    for (size_t f = 0; f < factors; f++)
        squares += room[f] * room[f];
    for (size_t j = 1; j + 1 < fm->dense; j++) {
        const double *restrict v = levels->table + others[j] * side;
        *z += levels->w[others[j]];
        for (size_t f = 0; f < factors; f++) {
            room[f] += v[f];
            squares += v[f] * v[f];
        }
    }
    for (size_t f = 0; f < factors; f++)
        all += room[f] * room[f];
    *z += (all - squares) / 2;
    return room;
}

static inline double product(const double *restrict a, const double *restrict b, size_t side)
{
    four sums = { 0 };
    for (size_t f = 0; f < side; f += 4)
        sums += *(const four *)(a + f) * *(const four *)(b + f);
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* Sums of squares in a. Of numbers: of what theta as a whole must explain, else of slopes at it. */
CLONED_V4 static void level_sums(const struct levels *levels, size_t level, const double *theta,
                                 double *restrict a, double *restrict right)
{
    SCRATCH double room[BATCH * SIDE_MOST];
    const struct fm *fm = levels->fm;
    const struct by_level *by = &levels->columns[levels->column];
    size_t side = fm->stride, before = by->starts[0], others = fm->dense - 1;
    size_t end = by->starts[level + 1] - before, last = end * others;
    for (size_t e = by->starts[level] - before; e < end; e += BATCH) {
        struct fm_batch batch = { { theta, theta, theta, theta }, { 0 }, { 0 } };
        for (size_t k = (e + AHEAD) * others; k < (e + AHEAD + BATCH) * others && k < last; k++) {
            __builtin_prefetch(levels->table + by->others[k] * side);
            __builtin_prefetch(levels->table + by->others[k] * side + side - 1);
        }
        for (size_t r = 0; r < BATCH && e + r < end; r++) {
            double z, weight = by->weight ? by->weight[e + r] : 1;
            const double *h =
                others_sum(levels, by->others + (e + r) * others, room + r * side, &z);
            batch.rows[r] = h;
            batch.scales[r] = fm->two_classes ? FM_CURVATURE_BOUND * weight : weight;
            if (fm->two_classes)
                z = sigmoid(z + product(h, theta, side));
            batch.slopes[r] = weight * (by->y[e + r] - z);
        }
        fm_batch_add(side, &batch, a, right);
    }
}

/* Solved for theta itself of numbers, whose sums do not depend on it; for a step of classes. */
static void level_turn(struct levels *levels, size_t level, double *a)
{
    SCRATCH double next[SIDE_MOST];
    SCRATCH double products[SIDE_MOST];
    SCRATCH double theta[SIDE_MOST];
    const struct fm *fm = levels->fm;
    size_t side = fm->stride, factors = fm->factors, j = fm->first[levels->column] + level;
    double *v = levels->table + j * side, base = fm->two_classes ? 1 : 0;
    memcpy(theta, v, side * sizeof *theta);
    theta[factors] = levels->w[j];
    memset(a, 0, side * side * sizeof *a);
    memset(next, 0, side * sizeof *next);
    level_sums(levels, level, theta, a, next);
    for (size_t f = 0; f <= factors; f++)
        products[f] = a[f * side + factors];
    levels->left[j] = next[factors];
    for (size_t f = 0; f <= factors; f++) {
        double l2 = levels->task->l2[f == factors ? 1 : 2];
        a[f * side + f] += l2;
        next[f] -= base * l2 * theta[f];
    }
    bool solved = fm_solve(a, factors + 1, side, next);
    levels->changes[j] = (struct fm_change){ 0 };
    for (size_t f = 0; f <= factors; f++) {
        next[f] = solved ? fm_kept(base * theta[f] + next[f]) : theta[f];
        levels->left[j] -= products[f] * (next[f] - base * theta[f]);
        fm_change_add(&levels->changes[j], theta[f], next[f]);
        if (f < factors)
            v[f] = next[f];
    }
    levels->w[j] = next[factors];
}

static void piece_turn(void *work, size_t at)
{
    struct levels *levels = work;
    SCRATCH double a[SIDE_MOST * SIDE_MOST];
    size_t count = levels->fm->first[levels->column + 1] - levels->fm->first[levels->column];
    for (size_t l = at * PIECE_LEVELS; l < count && l < (at + 1) * PIECE_LEVELS; l++)
        level_turn(levels, l, a);
}

/* Factors and w from fm to the table, or back. */
static void table_turn(struct levels *levels, bool back)
{
    struct fm *fm = levels->fm;
    for (size_t j = 0; j < fm->features; j++) {
        double *theta = fm->theta + j * fm->stride, *v = levels->table + j * fm->stride;
        memcpy(back ? theta : v, back ? v : theta, fm->stride * sizeof *v);
        if (back)
            theta[fm->factors] = levels->w[j];
        else
            levels->w[j] = theta[fm->factors];
        v[fm->factors] = 1;
    }
    levels->table[fm->features * fm->stride + fm->factors] = 1;
}

/* Slopes of all rows by the constant: after a turn of numbers they are known, of classes not. */
static double slopes_sum(const struct levels *levels)
{
    const struct fm *fm = levels->fm;
    const struct fm_task *task = levels->task;
    double sum = 0, sums[FACTORS_MOST];
    for (size_t i = 0; i < task->cells.rows; i++) {
        double weight = task->examples->weight ? task->examples->weight[i] : 1;
        double z = fm_score(fm, &task->cells, i, sums);
        sum += weight * (task->examples->y[i] - (fm->two_classes ? sigmoid(z) : z));
    }
    return sum;
}

static void bias_turn(struct levels *levels, bool known)
{
    struct fm *fm = levels->fm;
    double sum = 0, l2 = levels->task->l2[0];
    size_t last = levels->column;
    if (known) {
        for (size_t j = fm->first[last]; j < fm->first[last + 1]; j++)
            sum += levels->left[j];
    } else {
        table_turn(levels, true);
        sum = slopes_sum(levels);
    }
    double curvature = fm->two_classes ? FM_CURVATURE_BOUND : 1;
    fm->bias += (sum - l2 * fm->bias) / (curvature * levels->task->total + l2);
}

bool fm_als_levels(struct arena *arena, const struct fm_task *task, struct fm *fm)
{
    size_t rows = task->cells.rows, width = fm->dense, missing = 0;
    if (width < 2 || width > COLUMNS_MOST || fm->sparse)
        return false;
    for (size_t j = 0; j < width; j++)
        if (!fm->levels || !fm->levels[j])
            return false;
    uint32_t *codes = arena_array(arena, uint32_t, rows * width);
    const struct matrix *x = &task->examples->in.dense;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++) {
            double cell = matrix_row(*x, i)[j];
            bool there = cell >= 0 && cell < (double)fm->levels[j];
            codes[i * width + j] =
                there ? (uint32_t)(fm->first[j] + (size_t)cell) : (uint32_t)fm->features;
            missing += !there;
        }
    struct csr by_feature = csr_transposed(arena, &task->cells);
    struct levels levels = { .task = task, .fm = fm };
    levels.left = arena_array(arena, double, fm->features);
    levels.changes = arena_array(arena, struct fm_change, fm->features);
    levels.w = arena_array(arena, double, fm->features + 1);
    levels.table = (double *)arena_take_array(arena, fm->features + 1, fm->stride * sizeof(double));
    table_turn(&levels, false);
    for (size_t j = 0; j < width; j++)
        levels.columns[j] = by_level_new(arena, task, fm, &by_feature, codes, j);
    for (size_t epoch = 0; epoch < task->epochs; epoch++) {
        bias_turn(&levels, epoch > 0 && !missing && !fm->two_classes);
        for (levels.column = 0; levels.column < width; levels.column++) {
            size_t count = fm->first[levels.column + 1] - fm->first[levels.column];
            threads_run(task->examples->threads, (count + PIECE_LEVELS - 1) / PIECE_LEVELS,
                        piece_turn, &levels);
        }
        levels.column = width - 1;
        fm->epochs = epoch + 1;
        if (fm_settled(task, levels.changes, fm->features))
            break;
    }
    table_turn(&levels, true);
    return true;
}
