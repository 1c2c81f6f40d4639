/*
 * Predictions beside the truth, row by row: what every metric and test is computed from. Plain
 * arrays, borrowed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum truth_kind {
    TRUTH_BINARY = 1,    /* truth 0 or 1 */
    TRUTH_CLASSES = 2,   /* truth 0 .. class_count - 1 */
    TRUTH_NUMBER = 4,    /* any finite number; with series and quantiles it is a forecast */
    TRUTH_LABELS = 8,    /* class_count labels a row, each 0 or 1 */
    TRUTH_RANKING = 16,  /* relevance (>= 0) of an item for a query */
    TRUTH_CLUSTERS = 32, /* truth 0 .. class_count - 1, predicted are clusters without names */
    TRUTH_BOXES = 64,    /* rows are images; boxes of class_count classes in them */
};
/* Those that no other kind may stand in for. */
#define TRUTH_SPECIAL (TRUTH_LABELS | TRUTH_RANKING | TRUTH_CLUSTERS | TRUTH_BOXES)

/* A box in an image, true or predicted. */
struct box {
    double x1, y1, x2, y2; /* x1 <= x2, y1 <= y2 */
    double score;          /* 0 of true ones */
    uint32_t image;        /* 0 .. n - 1; boxes of an image need not be neighbours */
    uint32_t class; /* 0 .. class_count - 1; or class_count: a class that the truth has not */
    bool is_crowd;  /* a true one that stands for many: predictions in it do not count */
};

/* What came before the rows of a forecast (the training part). */
struct history {
    size_t season;         /* m >= 1 */
    const double *scale;   /* [group_count] mean |y_t - y_(t-m)|; NAN where there are no such t */
    const double *squares; /* [group_count] mean (y_t - y_(t-m))^2; NAN likewise */
    const double *naive;   /* [n] the seasonal naive forecast of the row; NAN likewise */
};

struct scored {
    enum truth_kind kind;
    size_t n;
    size_t class_count;  /* 2 for TRUTH_BINARY, 0 for TRUTH_NUMBER and TRUTH_RANKING */
    size_t width;        /* numbers a row in prediction; 0 for TRUTH_BOXES */
    const double *truth; /* [n]; TRUTH_LABELS [n * class_count] row by row; TRUTH_BOXES NULL */
    /*
     * [n * width] finite, row by row.
     *   TRUTH_NUMBER   width 1: the number
     *   TRUTH_BINARY   width 1: probability of class 1, or any score that is higher where 1 is
     *                  likelier
     *   TRUTH_CLASSES  width 1: the class; width class_count: the probability of each, sum 1
     *   TRUTH_LABELS   width class_count: the score of each label
     *   TRUTH_RANKING  width 1: the score; higher stands before lower, equal ones in order of rows
     *   TRUTH_CLUSTERS width 1: the cluster 0 .. cluster_count - 1
     */
    const double *prediction;

    /* What some kinds have beside it; else NULL and 0. */
    const uint32_t *group; /* [n] TRUTH_RANKING: the query; a forecast's series, NULL is one; of
                              other kinds whom a row is from: such rows are drawn together */
    size_t group_count;
    const double *time;            /* [n] TRUTH_NUMBER: order in a series; NULL: order of rows */
    size_t quantile_count;         /* TRUTH_NUMBER: predicted quantiles */
    const double *quantile_levels; /* [quantile_count] in (0, 1), rising */
    const double *quantiles;       /* [n * quantile_count] row by row; they may cross */
    const struct history *history; /* TRUTH_NUMBER */
    size_t cluster_count;      /* TRUTH_CLUSTERS; 0: predicted are any whole numbers below 2^32 */
    size_t feature_count;      /* TRUTH_CLUSTERS */
    const double *features;    /* [n * feature_count] finite, row by row */
    const uint32_t *attribute; /* [n] 0 .. attribute_count - 1: whom a row is about; for fairness */
    size_t attribute_count;
    size_t true_count, predicted_count; /* TRUTH_BOXES */
    const struct box *true_boxes, *predicted_boxes;
};
