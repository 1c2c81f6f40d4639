/*
 * Principal components: the directions in which rows differ most, for the transform and the
 * learner `pca`. Exact up to 2048 rows or columns (eigenvectors of the covariance, or of the Gram
 * matrix of the rows), beyond by subspace iteration until the variances stand still at 1e-9.
 * Sources: Jolliffe (2002) section 3; Halko, Martinsson & Tropp (2011) algorithm 4.4.
 */
#pragma once

#include "core/base/fault.h"
#include "core/learn/bytes.h"
#include "core/math/matrix.h"

struct pca {
    size_t columns, components;
    double *means;      /* [columns] */
    struct matrix axes; /* components x columns: each of length 1, at right angles to the others;
                           the entry of greatest size is positive */
    double *variances;  /* [components] along the axes, falling, >= 0; over rows - 1 */
    double total;       /* variance of all columns together */
};

/*
 * Fit to x (rows x columns, finite). components: 0 is as many as can be, min(rows, columns).
 * Faults: no rows, more components than rows or columns, numbers beyond the range. Equal bits with
 * any number of threads. O(rows columns min(rows, columns)); scratch of 2 MB and, where columns are
 * <= 2048, 8 columns^2 doubles; the rows are read once and not copied.
 */
bool pca_fit(struct arena *arena, struct matrix x, size_t components, unsigned threads,
             struct pca *out, struct fault *why);

/* What to fit to. */
struct pca_rows {
    struct matrix x;
    const double *const
        *columns;         /* NULL, or [x.columns]: each of them [x.rows], in place of x.at */
    const double *weight; /* NULL, or [x.rows] >= 0 and not all 0: 2 counts as two rows */
    unsigned threads;
};

/* As pca_fit. Columns are turned into rows by blocks, beyond 2048 as a whole. */
bool pca_fit_rows(struct arena *arena, const struct pca_rows *rows, size_t components,
                  struct pca *out, struct fault *why);

/* As pca_fit; a row of weight 2 counts as two. weight: NULL, or [x.rows] >= 0 and not all 0. */
bool pca_fit_weighted(struct arena *arena, struct matrix x, const double *weight, size_t components,
                      unsigned threads, struct pca *out, struct fault *why);

/* out (x.rows x components) = (x - means) axes': the rows in the new directions. */
void pca_apply(struct arena *arena, const struct pca *pca, struct matrix x, unsigned threads,
               struct matrix out);

/* out[x.rows]: the squared distance of each row from the plane of the components. */
void pca_errors(struct arena *arena, const struct pca *pca, struct matrix x, unsigned threads,
                double *out);

void pca_save(const struct pca *pca, struct text *out);

/* False, or in->failed set, when the bytes are not what pca_save wrote for so many columns. */
bool pca_load(struct bytes *in, size_t columns, struct pca *out);
