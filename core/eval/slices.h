/*
 * Where a model does worse: slices of rows, by one column or two, whose losses are higher than
 * those of all other rows (Chung et al. 2019). Columns of numbers and times are cut at their
 * deciles, categories at their levels; missing cells are a part of their own; texts are left out.
 *
 * A slice is tested when it and its complement have SLICE_ROWS_LEAST rows and SLICE_SHARE_LEAST of
 * all: Welch's t-test, one-sided, of its mean loss against that of the rest, adjusted over all
 * that are tested (Benjamini & Hochberg). Told are those below SLICE_LEVEL; of two columns only
 * where the effect is larger than that of either column alone.
 */
#pragma once

#include "core/data/table.h"

#define SLICE_ROWS_LEAST 30
#define SLICE_SHARE_LEAST 0.05
#define SLICE_LEVEL 0.10
#define SLICE_COLUMNS_MOST 64 /* pairs are made of the first so many columns */

struct slice {
    size_t part_count;   /* 1 or 2 */
    struct str parts[2]; /* `age 20 to 29`, `city = Bern`, `income missing` */
    size_t n;
    double loss, rest;  /* mean loss of its rows and of all others */
    double effect;      /* difference / root of the mean of both variances; INFINITY without any */
    double p, adjusted; /* of Welch's test; over all slices tested */
};

struct slices {
    const struct slice *at; /* [count] the largest effect first */
    size_t count;
    size_t tested; /* among so many they were found */
    size_t rows, rows_least;
    double loss; /* mean of all rows */
};

/*
 * columns: rows in the order of loss[columns->rows], which is finite; lower is better. O(rows
 * columns log rows) and, for pairs, O(rows columns^2) with at most SLICE_COLUMNS_MOST columns.
 */
void slices_find(struct arena *arena, const struct table *columns, const double *loss,
                 struct slices *out);
