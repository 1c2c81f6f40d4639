/*
 * The parts of the metrics: one function each, named in the table of metrics.c, where they are
 * defined in words. metric_measure has checked kind, rows and classes before it calls them.
 */
#pragma once

#include "core/eval/interval.h"
#include "core/eval/metrics.h"

/* The families, listed in metrics.c. */
extern const struct metric_family metrics_binary;
extern const struct metric_family metrics_scores;
extern const struct metric_family metrics_multiclass;
extern const struct metric_family metrics_multiclass_scores;
extern const struct metric_family metrics_calibration;
extern const struct metric_family metrics_regression;
extern const struct metric_family metrics_correlation;
extern const struct metric_family metrics_life;
extern const struct metric_family metrics_profit;
extern const struct metric_family metrics_fairness;
extern const struct metric_family metrics_forecast;
extern const struct metric_family metrics_ranking;
extern const struct metric_family metrics_clusters;
extern const struct metric_family metrics_labels;
extern const struct metric_family metrics_boxes;

#define METRIC_FAMILY(word, rows)                                                                  \
    {                                                                                              \
        .name = (word), .metrics = (rows), .count = sizeof(rows) / sizeof *(rows)                  \
    }
#define METRIC_CLASSES (TRUTH_BINARY | TRUTH_CLASSES)
#define METRIC_BCA "BCa bootstrap of rows, beyond 10000 rows normal"
#define METRIC_BCA_BY_CLASS "BCa bootstrap by class, beyond 10000 rows normal"

#define METRIC_PARTS                                                                               \
    struct arena *arena, const struct scored *rows, const struct metric_options *options,          \
        struct metric_value *out

void measure_roc_auc(METRIC_PARTS);
void measure_average_precision(METRIC_PARTS);
void measure_accuracy(METRIC_PARTS);
void measure_f1(METRIC_PARTS);
void measure_precision(METRIC_PARTS);
void measure_recall(METRIC_PARTS);
void measure_log_loss(METRIC_PARTS);
void measure_medae(METRIC_PARTS);
void measure_r2(METRIC_PARTS);

#define LOSSES_PARTS const struct scored *rows, const struct metric_options *options, double *out

void losses_accuracy(LOSSES_PARTS);
void losses_log_loss(LOSSES_PARTS);
void losses_brier(LOSSES_PARTS);
void losses_absolute(LOSSES_PARTS);
void losses_squared(LOSSES_PARTS);

#define PREPARE_PARTS                                                                              \
    struct arena *arena, const struct scored *rows, const struct metric_options *options,          \
        const char **note
#define VALUE_PARTS void *prepared, const uint32_t *weight, const char **note

#define RESAMPLE_PARTS                                                                             \
    struct arena *arena, const struct scored *rows, const struct metric_options *options,          \
        double *out, size_t count

void resample_average_precision(RESAMPLE_PARTS);
void resample_f1(RESAMPLE_PARTS);
void resample_precision(RESAMPLE_PARTS);
void resample_recall(RESAMPLE_PARTS);
void resample_medae(RESAMPLE_PARTS);

/* Value and interval of a metric that has terms. O(rows), and no memory where n is large. */
void measure_mean(struct arena *arena, const struct metric *metric, const struct scored *rows,
                  const struct metric_options *options, struct metric_value *out);

/* A plain sum in eight lanes: for a few rows, whose sums are then added with a correction. */
double sum_of_few(const double *x, size_t n);
#define FEW_ROWS ((size_t)1024)

/* The mean of all, in pieces of FEW_ROWS. */
double mean_in_pieces(const double *x, size_t n);

/*
 * The interval of a mean over n rows, carried over by a metric's of_mean (NULL: as it is), a
 * function that rises, falls or turns at 0: BCa respects it.
 */
struct interval interval_carried(struct interval of, double (*by)(double mean, double n), double n);

/* For metric.of_mean. */
double mean_root(double mean, double n);
double mean_size(double mean, double n); /* without its sign */
double mean_sum(double mean, double n);  /* the sum of the terms */
double mean_minus(double mean, double n);

/* prediction - truth */
void terms_offset(LOSSES_PARTS);

/* Sets the ends, kept inside [least, most]. */
void interval_set(struct metric_value *out, struct interval interval, double least, double most);
