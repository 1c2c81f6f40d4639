/*
 * Rows of two classes in the order of their scores, from the highest down; equal scores make one
 * group. roc_auc, average_precision and their intervals are sums over the groups. -0.0 and 0.0 are
 * equal. Sorted by radix: O(n).
 */
#pragma once

#include "core/base/arena.h"
#include "core/eval/scored.h"
#include <stdbool.h>
#include <stdint.h>

struct ranking {
    size_t group_count;
    uint32_t *positives, *negatives; /* [group_count] rows of class 1 and 0 */
    size_t positive_count, negative_count;
    uint32_t *group; /* [n] of each row; NULL unless asked for */
    uint32_t *order; /* [n] rows from the highest score down, equal ones as they came; NULL too */
};

/* At most 2^32 - 1 rows (asserted). Takes about 24 n bytes, 48 n with groups. */
void ranking_make(struct arena *arena, const struct scored *rows, bool with_groups,
                  struct ranking *out);

/*
 * Groups of equal numbers, 0 the highest: group[n] of each row, order[n] the rows from the highest
 * down, equal ones as they came. Gives how many groups there are. O(n); takes 32 n bytes.
 */
size_t ranking_groups(struct arena *arena, const double *x, size_t n, uint32_t *group,
                      uint32_t *order);

/* The groups' counts when rows count weight[n] times: into out's own positives and negatives. */
void ranking_weigh(const struct ranking *ranking, const struct scored *rows, const uint32_t *weight,
                   struct ranking *out);

/*
 * Area under the ROC curve: the chance that a positive outranks a negative, ties count one half.
 * NAN if a class is missing. Source: Hanley & McNeil (1982).
 */
double ranking_auc(const struct ranking *ranking);

/*
 * Its variance (DeLong, DeLong & Clarke-Pearson 1988) in O(groups) (Sun & Xu 2014). NAN with fewer
 * than two rows of a class.
 */
double ranking_auc_variance(const struct ranking *ranking);

/*
 * Value and errors of the area without the groups' arrays: 16 n bytes. variance as
 * ranking_auc_variance; acceleration: BCa's, rows drawn by class. NAN and 0 without errors.
 */
struct ranking_area {
    double value, variance, acceleration;
    size_t positive_count, negative_count;
};
struct ranking_area ranking_area_of(struct arena *arena, const struct scored *rows,
                                    bool with_errors);

/*
 * The area of out[count] resamples: positives and negatives are drawn apart, with the highest score
 * as row 0; replicate b, draw i is output b * n + i of splitmix64(seed), negatives first. Both
 * classes are there. 1000 resamples of 100,000 rows take 0.35 s (Zen 3): sorted once, each counted
 * along the order.
 */
void ranking_area_resample(struct arena *arena, const struct scored *rows, uint64_t seed,
                           double *out, size_t count);

/*
 * Average precision: sum over distinct scores of the recall gained times the precision there; no
 * trapezoids. positives and negatives [group_count] may be others than the ranking's own.
 */
double ranking_average_precision(const uint32_t *positives, const uint32_t *negatives,
                                 size_t group_count);

/* The same from rows, without the groups' arrays. */
double ranking_average_precision_of(struct arena *arena, const struct scored *rows);

/*
 * Sums over the rows of the powers of their influence on average precision, each class about its
 * own mean: the variance (squares) and what skews it (cubes).
 */
struct influence {
    double squares, cubes;
};
struct influence ranking_average_precision_influence(struct arena *arena,
                                                     const struct ranking *ranking);

/*
 * Average precision of out[count] resamples, positives and negatives drawn apart, in the order of
 * rows. Needs groups.
 */
void ranking_average_precision_resample(struct arena *arena, const struct ranking *ranking,
                                        const struct scored *rows, uint64_t seed, double *out,
                                        size_t count);

/*
 * Each row's placement among the other class (DeLong's V10 and V01), for comparing two rankings of
 * the same rows: out[n], of a positive the share of negatives below it, of a negative the share of
 * positives above it. Needs groups.
 */
void ranking_placements(struct arena *arena, const struct ranking *ranking,
                        const struct scored *rows, double *out);
