/*
 * Second moments of the features and the target: what least squares with or without penalties need
 * of the data, one pass. Sums are taken of values less those of a sample's mean, so that no digits
 * are lost to means that are large against the deviations. Moments of parts add up, hence those of
 * the other folds are the total less the fold's: cross-validation costs one pass too.
 */
#pragma once

#include "core/learn/linear_rows.h"

struct moments {
    struct matrix gram;  /* of (x - shift, y - shift, 1), lower triangle; [columns + 2] a side */
    const double *shift; /* [columns + 1], y's last */
};

/* Of the rows [from, from + count). shift: [columns + 1], see moments_shift. */
struct moments moments_new(struct arena *arena, const struct linear_rows *rows, size_t from,
                           size_t count, const double *shift);
double *moments_shift(struct arena *arena, const struct linear_rows *rows);

/* Around the means, per weight. */
struct centred {
    struct matrix gram; /* [columns] a side, both triangles */
    double *with_y;     /* [columns] */
    double y_squares;
    double *means; /* [columns + 1], y's last */
    double total;  /* weight */
};

/*
 * Of whole, or of whole less part (NULL: none). Where not centre, around 0; shift must be 0 then.
 */
struct centred moments_centre(struct arena *arena, const struct moments *whole,
                              const struct moments *part, bool centre);

/* The mean squared error of y = x w + b over the rows of the moments. */
double moments_error(const struct moments *moments, const double *w, double intercept);
