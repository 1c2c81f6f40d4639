/* The three ways to principal components, for pca.c alone; each fills means, axes, variances and
 * total, signs left open, and says false where numbers went beyond the range. */
#pragma once

#include "core/learn/pca.h"

#define PCA_EXACT_MOST ((size_t)2048) /* sides up to which an eigenproblem is solved whole */

bool pca_by_covariance(struct arena *arena, const struct pca_rows *rows, struct pca *out);
bool pca_by_rows(struct arena *arena, const struct pca_rows *rows, struct pca *out);
bool pca_by_iteration(struct arena *arena, const struct pca_rows *rows, struct pca *out);

/* Make the greatest entry of each axis positive. */
void pca_signs(struct pca *pca);
