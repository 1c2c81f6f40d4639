/* Rows counted by class and cluster. */
#include "core/eval/contingency.h"
#include "core/math/order.h"
#include "core/math/sum.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEGLIGIBLE 1e-25 /* of the likeliest count's chance */

#define DENSE_CELLS                                                                                \
    ((size_t)1 << 22) /* a table of all classes by all clusters is made up to here */

struct keyed {
    uint64_t key;
    uint32_t row;
};

static int key_order(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* A sorted list of numbers without the doubled ones; gives their number. */
static size_t distinct_sorted(double *sorted, size_t n)
{
    size_t kept = 0;
    sort_numbers(sorted, n);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || sorted[i] != sorted[kept - 1])
            sorted[kept++] = sorted[i];
    return kept;
}

static int number_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

const uint32_t *clusters_numbered(struct arena *arena, const struct scored *rows, size_t *count)
{
    uint32_t *out = arena_array(arena, uint32_t, rows->n);
    *count = rows->cluster_count;
    for (size_t i = 0; i < rows->n; i++)
        out[i] = (uint32_t)rows->prediction[i];
    uint32_t most = 0;
    for (size_t i = 0; i < rows->n; i++)
        most = out[i] > most ? out[i] : most;
    if (rows->cluster_count || rows->n == 0)
        return out;
    *count = (size_t)most + 1;
    if (most < rows->n) /* small enough to be used as they are */
        return out;
    double *found = arena_array(arena, double, rows->n);
    memcpy(found, rows->prediction, rows->n * sizeof *found);
    *count = distinct_sorted(found, rows->n);
    for (size_t i = 0; i < rows->n; i++) {
        const double *at =
            bsearch(&rows->prediction[i], found, *count, sizeof *found, number_order);
        out[i] = (uint32_t)(at - found);
    }
    return out;
}

/* The cells that occur, by a table of all that may. */
static size_t cells_dense(struct arena *arena, const struct scored *rows, const uint32_t *found,
                          size_t clusters, uint32_t *class, uint32_t *cluster, uint32_t *cell)
{
    size_t cells = 0, all = rows->class_count * clusters;
    uint32_t *place = arena_array(arena, uint32_t, all);
    for (size_t i = 0; i < rows->n; i++)
        place[(size_t)rows->truth[i] * clusters + found[i]] = 1;
    for (size_t at = 0; at < all; at++)
        if (place[at]) {
            class[cells] = (uint32_t)(at / clusters);
            cluster[cells] = (uint32_t)(at % clusters);
            place[at] = (uint32_t)cells++;
        }
    for (size_t i = 0; i < rows->n; i++)
        cell[i] = place[(size_t)rows->truth[i] * clusters + found[i]];
    return cells;
}

/* The same by sorting the rows. */
static size_t cells_sorted(struct arena *arena, const struct scored *rows, const uint32_t *found,
                           uint32_t *class, uint32_t *cluster, uint32_t *cell)
{
    size_t cells = 0;
    struct keyed *sorted = arena_array(arena, struct keyed, rows->n);
    for (size_t i = 0; i < rows->n; i++)
        sorted[i] = (struct keyed){ (uint64_t)rows->truth[i] << 32 | found[i], (uint32_t)i };
    if (rows->n)
        qsort(sorted, rows->n, sizeof *sorted, key_order);
    for (size_t i = 0; i < rows->n; i++) {
        cells += i == 0 || sorted[i].key != sorted[i - 1].key;
        class[cells - 1] = (uint32_t)(sorted[i].key >> 32);
        cluster[cells - 1] = (uint32_t)sorted[i].key;
        cell[sorted[i].row] = (uint32_t)(cells - 1);
    }
    return cells;
}

void contingency_make(struct arena *arena, const struct scored *rows, struct contingency *out)
{
    size_t n = rows->n, clusters;
    const uint32_t *found = clusters_numbered(arena, rows, &clusters);
    uint32_t *cell = arena_array(arena, uint32_t, n);
    uint32_t *class = arena_array(arena, uint32_t, n), *cluster = arena_array(arena, uint32_t, n);
    bool dense = rows->class_count <= DENSE_CELLS / (clusters ? clusters : 1);
    size_t cells = dense ? cells_dense(arena, rows, found, clusters, class, cluster, cell)
                         : cells_sorted(arena, rows, found, class, cluster, cell);
    *out = (struct contingency){ .cell_count = cells,
                                 .class_count = rows->class_count,
                                 .cluster_count = clusters,
                                 .class = class,
                                 .cluster = cluster,
                                 .cell = cell,
                                 .row_count = n };
    out->count = arena_array(arena, double, cells);
    out->class_rows = arena_array(arena, double, out->class_count);
    out->cluster_rows = arena_array(arena, double, out->cluster_count);
    for (size_t side = 0; side < 2; side++) {
        size_t most = side ? out->cluster_count : out->class_count;
        out->sizes[side] = arena_array(arena, double, most);
        out->times[side] = arena_array(arena, double, most);
    }
    contingency_count(out, NULL);
}

void contingency_sum(struct contingency *table)
{
    memset(table->class_rows, 0, table->class_count * sizeof(double));
    memset(table->cluster_rows, 0, table->cluster_count * sizeof(double));
    table->n = 0;
    for (size_t i = 0; i < table->cell_count; i++) {
        table->class_rows[table->class[i]] += table->count[i];
        table->cluster_rows[table->cluster[i]] += table->count[i];
        table->n += table->count[i];
    }
}

void contingency_count(struct contingency *table, const uint32_t *weight)
{
    memset(table->count, 0, table->cell_count * sizeof(double));
    for (size_t i = 0; i < table->row_count; i++)
        table->count[table->cell[i]] += weight ? weight[i] : 1;
    contingency_sum(table);
}

/* Ordered pairs of two different rows that are together: in a cell, a class, a cluster, at all. */
struct pairs {
    double cell, class, cluster, all;
};

static double pairs_in(const double *count, size_t n)
{
    struct sum sum = { 0 };
    for (size_t i = 0; i < n; i++)
        sum_add(&sum, count[i] * (count[i] - 1));
    return sum_value(&sum);
}

static struct pairs pairs_of(const struct contingency *t)
{
    return (struct pairs){ pairs_in(t->count, t->cell_count),
                           pairs_in(t->class_rows, t->class_count),
                           pairs_in(t->cluster_rows, t->cluster_count), t->n * (t->n - 1) };
}

double contingency_rand(const struct contingency *table)
{
    struct pairs p = pairs_of(table);
    if (table->n == 0)
        return NAN;
    return p.all > 0 ? (p.all + 2 * p.cell - p.class - p.cluster) / p.all : 1;
}

double contingency_ari(const struct contingency *table)
{
    struct pairs p = pairs_of(table);
    if (table->n == 0)
        return NAN;
    if (p.class == p.cell && p.cluster == p.cell) /* the same up to names */
        return 1;
    double chance = p.class * p.cluster / p.all;
    return (p.cell - chance) / ((p.class + p.cluster) / 2 - chance);
}

double contingency_fowlkes_mallows(const struct contingency *table)
{
    struct pairs p = pairs_of(table);
    if (table->n == 0)
        return NAN;
    return p.cell > 0 ? sqrt(p.cell / p.class) * sqrt(p.cell / p.cluster) : 0;
}

double contingency_purity(const struct contingency *table)
{
    double *most = table->sizes[1], right = 0;
    memset(most, 0, table->cluster_count * sizeof *most);
    for (size_t i = 0; i < table->cell_count; i++)
        most[table->cluster[i]] = fmax(most[table->cluster[i]], table->count[i]);
    for (size_t i = 0; i < table->cluster_count; i++)
        right += most[i];
    return right / table->n;
}

double contingency_mutual_info(const struct contingency *table)
{
    struct sum sum = { 0 };
    for (size_t i = 0; i < table->cell_count; i++) {
        double count = table->count[i];
        double chance =
            table->class_rows[table->class[i]] / table->n * table->cluster_rows[table->cluster[i]];
        if (count > 0)
            sum_add(&sum, count / table->n * log(count / chance));
    }
    return fmax(0, sum_value(&sum));
}

static double entropy(const double *count, size_t size, double n)
{
    struct sum sum = { 0 };
    for (size_t i = 0; i < size; i++)
        if (count[i] > 0 && count[i] < n)
            sum_add(&sum, -count[i] / n * log(count[i] / n));
    return sum_value(&sum);
}

double contingency_class_entropy(const struct contingency *table)
{
    return entropy(table->class_rows, table->class_count, table->n);
}

double contingency_cluster_entropy(const struct contingency *table)
{
    return entropy(table->cluster_rows, table->cluster_count, table->n);
}

/* Distinct sizes above 0, rising, and how often each occurs; gives their number. */
static size_t distinct_sizes(const double *rows, size_t count, double *sizes, double *times)
{
    size_t kept = 0, filled = 0;
    for (size_t i = 0; i < count; i++)
        if (rows[i] > 0)
            sizes[filled++] = rows[i];
    sort_numbers(sizes, filled);
    for (size_t i = 0; i < filled; i++) {
        if (kept == 0 || sizes[i] != sizes[kept - 1]) {
            sizes[kept] = sizes[i];
            times[kept++] = 0;
        }
        times[kept - 1]++;
    }
    return kept;
}

/* Chances of k common rows in steps of `step` from the likeliest count on, that count apart. */
static void walk(double a, double b, double n, double from, double step, struct sum chance[2])
{
    double weight = 1, k = from;
    for (;;) {
        double up = (a - k) * (b - k) / ((k + 1) * (n - a - b + k + 1));
        double down = k * (n - a - b + k) / ((a - k + 1) * (b - k + 1));
        weight *= step > 0 ? up : down;
        k += step;
        if (!(weight > NEGLIGIBLE))
            return;
        sum_add(&chance[0], weight);
        if (k > 0)
            sum_add(&chance[1], weight * (k / n) * log(n * k / (a * b)));
    }
}

/* The expected term of a class of a rows and a cluster of b. */
static double expected_term(double a, double b, double n)
{
    double likeliest = floor((a + 1) * (b + 1) / (n + 2));
    double k = fmin(fmax(likeliest, fmax(0, a + b - n)), fmin(a, b));
    struct sum chance[2] = { 0 };
    sum_add(&chance[0], 1);
    if (k > 0)
        sum_add(&chance[1], k / n * log(n * k / (a * b)));
    walk(a, b, n, k, 1, chance);
    walk(a, b, n, k, -1, chance);
    return sum_value(&chance[1]) / sum_value(&chance[0]);
}

double contingency_expected_mutual_info(const struct contingency *table)
{
    const struct contingency *t = table;
    size_t classes = distinct_sizes(t->class_rows, t->class_count, t->sizes[0], t->times[0]);
    size_t clusters = distinct_sizes(t->cluster_rows, t->cluster_count, t->sizes[1], t->times[1]);
    struct sum sum = { 0 };
    for (size_t i = 0; i < classes; i++)
        for (size_t j = 0; j < clusters; j++)
            sum_add(&sum, t->times[0][i] * t->times[1][j] *
                              expected_term(t->sizes[0][i], t->sizes[1][j], t->n));
    return sum_value(&sum);
}
