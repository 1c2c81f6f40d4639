/* Principal components: from the covariance or the Gram matrix of the rows, and their use. */
#include "core/learn/pca.h"
#include "core/learn/pca_parts.h"
#include "core/learn/tiles.h"
#include "core/math/blas.h"
#include "core/math/threads.h"
#include <math.h>

#define PIECES_MOST ((size_t)16)
#define BLOCK_CELLS                                                                                \
    ((size_t)65536) /* 512 KB: half the second-level cache of what it was tuned on */

/* Work on blocks of rows: some pieces, each with its own block of scratch. */
struct pca_work {
    const struct pca *pca;
    struct matrix x, out;
    double *errors;
    size_t block_rows, rows_each;
    double *blocks, *scores; /* scratch, a block for each piece */
};

static void centre(const struct pca *pca, struct matrix x, struct matrix block)
{
    for (size_t i = 0; i < x.rows; i++) {
        const double *in = matrix_row(x, i);
        double *out = matrix_row(block, i);
        for (size_t j = 0; j < x.columns; j++)
            out[j] = in[j] - pca->means[j];
    }
}

static double *errors_add(const struct pca *pca, struct matrix block, double *scores, double *out)
{
    struct matrix turned = { scores, pca->components, block.rows, block.rows };
    memset(scores, 0, turned.rows * turned.columns * sizeof *scores);
    rows_times_rows_add(pca->axes, block, turned);
    for (size_t i = 0; i < turned.rows * turned.columns; i++)
        scores[i] = -scores[i];
    columns_times_columns_add(turned, pca->axes, block);
    for (size_t i = 0; i < block.rows; i++)
        *out++ = dot(matrix_row(block, i), matrix_row(block, i), block.columns);
    return out;
}

static void piece_apply(void *work, size_t at)
{
    struct pca_work *all = work;
    size_t columns = all->x.columns, from = at * all->rows_each;
    size_t end = from + all->rows_each < all->x.rows ? from + all->rows_each : all->x.rows;
    double *scores = all->scores + at * all->block_rows * all->pca->components;
    for (; from < end; from += all->block_rows) {
        size_t rows = end - from < all->block_rows ? end - from : all->block_rows;
        struct matrix block = { all->blocks + at * all->block_rows * columns, rows, columns,
                                columns };
        centre(all->pca, matrix_rows(all->x, from, rows), block);
        if (all->errors) {
            errors_add(all->pca, block, scores, all->errors + from);
            continue;
        }
        struct matrix out = matrix_rows(all->out, from, rows);
        for (size_t i = 0; i < rows; i++)
            memset(matrix_row(out, i), 0, out.columns * sizeof(double));
        rows_times_rows_add(block, all->pca->axes, out);
    }
}

static void run(struct arena *arena, struct pca_work *work, unsigned threads)
{
    size_t rows = work->x.rows, columns = work->x.columns;
    if (!rows)
        return;
    blas_start();
    work->block_rows = columns ? BLOCK_CELLS / columns : 256;
    work->block_rows = work->block_rows < 8 ? 8 : work->block_rows > 256 ? 256 : work->block_rows;
    size_t blocks = (rows + work->block_rows - 1) / work->block_rows;
    size_t pieces = blocks < PIECES_MOST ? blocks : PIECES_MOST;
    work->rows_each = (blocks + pieces - 1) / pieces * work->block_rows;
    work->blocks = arena_array(arena, double, pieces * work->block_rows * columns);
    work->scores = arena_array(arena, double, pieces * work->block_rows * work->pca->components);
    threads_run(threads, (rows + work->rows_each - 1) / work->rows_each, piece_apply, work);
}

void pca_apply(struct arena *arena, const struct pca *pca, struct matrix x, unsigned threads,
               struct matrix out)
{
    struct pca_work work = { .pca = pca, .x = x, .out = out };
    run(arena, &work, threads);
}

void pca_errors(struct arena *arena, const struct pca *pca, struct matrix x, unsigned threads,
                double *out)
{
    struct pca_work work = { .pca = pca, .x = x, .errors = out };
    run(arena, &work, threads);
}

bool pca_fit(struct arena *arena, struct matrix x, size_t components, unsigned threads,
             struct pca *out, struct fault *why)
{
    return pca_fit_weighted(arena, x, NULL, components, threads, out, why);
}

bool pca_fit_weighted(struct arena *arena, struct matrix x, const double *weight, size_t components,
                      unsigned threads, struct pca *out, struct fault *why)
{
    struct pca_rows rows = { .x = x, .weight = weight, .threads = threads };
    return pca_fit_rows(arena, &rows, components, out, why);
}

/* By the way that suits the shape. */
static bool find(struct arena *arena, struct pca_rows rows, struct pca *out)
{
    size_t least = rows.x.rows < rows.x.columns ? rows.x.rows : rows.x.columns;
    bool iterate = least > PCA_EXACT_MOST && out->components <= least / 4;
    if (!iterate && rows.x.columns <= rows.x.rows)
        return pca_by_covariance(arena, &rows, out);
    if (rows.columns) {
        rows.x = matrix_new(arena, rows.x.rows, rows.x.columns);
        tile_make(rows.columns, 0, rows.x);
        rows.columns = NULL;
    }
    return iterate ? pca_by_iteration(arena, &rows, out) : pca_by_rows(arena, &rows, out);
}

bool pca_fit_rows(struct arena *arena, const struct pca_rows *rows, size_t components,
                  struct pca *out, struct fault *why)
{
    struct matrix x = rows->x;
    size_t most = x.rows < x.columns ? x.rows : x.columns;
    if (!x.rows)
        return fault_set(why, BLAME_OPEN, "there were no rows to find components in");
    if (components > most)
        return fault_set(why, BLAME_OPEN,
                         "%zu components were asked for, %zu rows of %zu columns have at most %zu",
                         components, x.rows, x.columns, most);
    blas_start();
    *out = (struct pca){ .columns = x.columns, .components = components ? components : most };
    out->means = arena_array(arena, double, x.columns);
    out->axes = matrix_new(arena, out->components, x.columns);
    out->variances = arena_array(arena, double, out->components);
    if (!find(arena, *rows, out))
        return fault_set(why, BLAME_OPEN,
                         "the components could not be found, the numbers went beyond the range: "
                         "scale them (transform \"standard\")");
    pca_signs(out);
    return true;
}

void pca_save(const struct pca *pca, struct text *out)
{
    bytes_put_u32(out, (uint32_t)pca->components);
    bytes_put_doubles(out, pca->means, pca->columns);
    bytes_put_doubles(out, pca->axes.at, pca->components * pca->columns);
    bytes_put_doubles(out, pca->variances, pca->components);
    bytes_put_double(out, pca->total);
}

bool pca_load(struct bytes *in, size_t columns, struct pca *out)
{
    *out = (struct pca){ .columns = columns, .components = bytes_u32(in) };
    if (out->components > columns)
        in->failed = true;
    if (in->failed)
        return false;
    out->means = bytes_doubles(in, columns);
    out->axes = (struct matrix){ bytes_doubles(in, out->components * columns), out->components,
                                 columns, columns };
    out->variances = bytes_doubles(in, out->components);
    out->total = bytes_finite(in);
    return !in->failed;
}
