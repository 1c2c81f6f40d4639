/*
 * Bins: what tree learners see of a column is one byte, the number of the bin that its value lies
 * in. Numbers are cut at quantiles of the training rows (midway between neighbouring values, one
 * bin a value where there are few); levels of a category have a bin each, the rarest of more than
 * BINS_MOST share the last one.
 */
#pragma once

#include "core/learn/learner.h"

#define BINS_MOST 255u   /* of values; one more for missing */
#define BIN_MISSING 255u /* code of a missing cell outside training */

struct bin_column {
    uint32_t column;       /* of the inputs */
    uint32_t levels;       /* 0: a number */
    uint32_t count;        /* bins of values, 1..BINS_MOST */
    uint32_t room;         /* numbers: a power of two > cuts */
    double *cuts;          /* numbers: [room], rising, INFINITY behind the count - 1 real ones. A
                              value is in the bin that is the number of cuts below it */
    uint8_t *bin_of_level; /* categories: [levels]; BIN_MISSING where training had none such */
};

struct bins {
    size_t count;
    struct bin_column *at;
};

/* The training rows, binned. Missing cells have code `at[c].count`. */
struct binned {
    struct bins bins; /* one a dense column */
    size_t rows, columns;
    size_t stride;      /* of by_row: a multiple of 4, >= columns; zeros behind the columns */
    uint8_t *by_row;    /* [rows * stride] */
    uint8_t *by_column; /* [columns * rows], or NULL when not wanted */
    uint32_t *codes;    /* [columns]: how many codes there are, missing included where seen */
    bool *has_missing;  /* [columns] */
    double *centers;    /* [columns * 256] or NULL: the mean of the sampled values of a bin */
};

struct binning {
    size_t most;    /* bins of a number, 2..BINS_MOST */
    bool by_column; /* wanted? */
    bool centers;   /* wanted? */
};

/* Quantiles of numbers come from at most this many rows, drawn with the seed. */
#define BIN_SAMPLE ((size_t)1 << 17)

/* Fit to the rows (weights count) and bin them, which may be given as columns. O(cells); 1 or 2
   bytes a cell of arena. */
struct binned bins_fit(struct arena *arena, const struct examples *examples,
                       struct binning binning);

/*
 * Codes of rows [from, from + count) of the inputs for the columns of bins; two a column, side by
 * side: missing is BIN_MISSING in the first and 0 in the second. out[count * 2 * bins.count]
 */
void bins_encode(const struct bins *bins, const struct inputs *in, size_t from, size_t count,
                 uint8_t *out);

/* The bins of the columns that are used alone; map[columns] gives their new numbers. */
struct bins bins_keep(struct arena *arena, const struct bins *bins, const bool *used,
                      uint32_t *map);

/* What rows with this bin or a lower one are below or at; for describe. */
double bins_threshold(const struct bin_column *column, size_t bin);

void bins_save(const struct bins *bins, struct text *out);
/* in->failed is set when the bytes are not such bins of columns of that shape. */
struct bins bins_load(struct bytes *in, const struct fitted_shape *shape);
