/*
 * Graded versions beside each other: the first run against each other one, on the same rows of the
 * same version of the task. Tests as in core/eval/paired.h, p-values adjusted (Holm) over all pairs
 * of a usage; the interval is that of a paired bootstrap.
 */
#pragma once

#include "core/eval/predictions.h"
#include "grader/board.h"

struct compared {
    struct str run;
    double value;
    double difference; /* first minus this one; NAN for the first itself, as all below */
    double low, high;  /* 95 %; NAN where the metric makes no resamples */
    double p;          /* adjusted */
    const char *test;
};

/* out[count] of runs[count], count >= 2. */
bool compare_runs(struct arena *arena, const struct board_with *with, const struct str *runs,
                  size_t count, enum usage usage, struct compared *out, struct fault *why);
