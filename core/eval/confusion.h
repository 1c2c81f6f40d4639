/*
 * What was said beside what is true, counted: the common ground of the metrics of classes. Margins
 * and hits a class instead of the whole square, so that a thousand classes cost a thousand numbers.
 */
#pragma once

#include "core/eval/metric_parts.h"

struct confusion {
    size_t classes;
    double n, right;
    double *hit, *truth, *said; /* [classes] rows: right, of the class, said to be of it */
    double apart, squared;      /* sums of |truth - said| and of its square */
};

/* The class that a row says: of two, 1 from options->threshold on; else the likeliest, the first of
 * equals. */
size_t said_class(const struct scored *rows, size_t row, const struct metric_options *options);

/* Rows of two classes counted. One pass, about the time to read them. */
struct cells {
    uint64_t tp, fp, fn, tn;
};
struct cells cells_count(const struct scored *rows, double threshold);

/* For metric.prepare: what is said of each row (or its counts alone, when without_interval). */
void *confusion_prepare(PREPARE_PARTS);

/* Counted with weights; borrowed from prepared until the next call. */
const struct confusion *confusion_count(void *prepared, const uint32_t *weight);

/* The options that came to confusion_prepare. */
const struct metric_options *confusion_options(const void *prepared);

/* For metric.value: a function of the counts. */
#define VALUE_OF_CONFUSION(statistic)                                                              \
    static double value_##statistic(VALUE_PARTS)                                                   \
    {                                                                                              \
        return statistic(confusion_count(prepared, weight), note);                                 \
    }

/* Hits over all; of nothing 0 and the note. */
double share_of(double hits, double of, const char *nothing, const char **note);
