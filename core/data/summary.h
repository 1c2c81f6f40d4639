/* What is in a column: counts, moments and quantiles, the commonest texts. */
#pragma once

#include "core/data/table.h"

#define SUMMARY_QUANTILES 7 /* 1, 5, 25, 50, 75, 95 and 99 % */
#define SUMMARY_TOP 5

extern const double summary_shares[SUMMARY_QUANTILES];

struct summary {
    size_t count;    /* cells that are there */
    size_t distinct; /* values or texts among them */
    /* Numeric kinds; NAN where there is no cell. deviation: divided by count - 1, NAN below two. */
    double least, most, mean, deviation;
    double quantiles[SUMMARY_QUANTILES]; /* between neighbours in proportion */
    /* Others: the commonest texts, at equal counts the first to appear. */
    size_t top_count;
    int32_t top[SUMMARY_TOP]; /* codes */
    size_t top_rows[SUMMARY_TOP];
    size_t bytes_most; /* of the longest text */
    double bytes_mean; /* over cells */
};

/* O(rows log rows) for numbers, O(rows + levels) for texts; takes 8 bytes of arena a row. */
void column_summary(struct arena *arena, const struct column *column, size_t rows,
                    struct summary *out);
