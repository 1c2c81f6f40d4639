/*
 * Predictions beside the truth, row by row: what every metric and test is computed from. Plain
 * arrays, borrowed.
 */
#pragma once

#include <stddef.h>

enum truth_kind {
    TRUTH_BINARY = 1,  /* truth 0 or 1 */
    TRUTH_CLASSES = 2, /* truth 0 .. class_count - 1 */
    TRUTH_NUMBER = 4,  /* any finite number */
};

struct scored {
    enum truth_kind kind;
    size_t n;
    size_t class_count;  /* 2 for TRUTH_BINARY, 0 for TRUTH_NUMBER */
    size_t width;        /* numbers a row in prediction */
    const double *truth; /* [n] */
    /*
     * [n * width] finite, row by row.
     *   TRUTH_NUMBER   width 1: the number
     *   TRUTH_BINARY   width 1: probability of class 1, or any score that is higher where 1 is
     *                  likelier
     *   TRUTH_CLASSES  width 1: the class; width class_count: the probability of each, sum 1
     */
    const double *prediction;
};
