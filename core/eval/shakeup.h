/*
 * What happens between the public and the private board: how far places move, whether more than by
 * chance; and what can be planned before: how many rows, how much a board gives away.
 * Vectors: tests/core/eval/vectors/{shakeup_bits,misc}.json.
 */
#pragma once

#include "core/eval/interval.h"

/* Places of scores, 1 the best; ties in the order given. NAN last. O(n log n). */
void places_of(struct arena *arena, const double *score, size_t n, bool higher_is_better,
               size_t *out);

struct shakeup {
    double all;  /* mean of |place there - place here| / n */
    double best; /* the same of those whose private place is in the best `share` */
    double tau;  /* Kendall's tau-b of the scores; NAN when one side is constant */
    bool same_winner;
};
/* Two boards of the same n contenders. share in (0, 1]. O(n^2). */
struct shakeup shakeup(struct arena *arena, const double *public_score, const double *private_score,
                       size_t n, bool higher_is_better, double share);

/*
 * The shake-up of `all` that noise alone makes: both boards drawn with replacement from the rows of
 * both, loss[k][rows] of each contender. Show it beside the observed one.
 */
struct shakeup_noise {
    double mean, low, high; /* 95 % of the draws lie within */
    double same_winner;     /* share of the draws */
};
struct shakeup_design {
    const double *const *loss; /* [count][rows] */
    size_t count, rows, public_rows, private_rows, draws;
    uint64_t seed;
};
struct shakeup_noise shakeup_by_chance(struct arena *arena, const struct shakeup_design *design);

double kendall_tau(const double *a, const double *b, size_t n); /* tau-b; O(n^2) */

/*
 * Rows to see a difference of accuracies `difference` when a share `discordant` of the rows is
 * right in one of two only: McNemar's test, two-sided at alpha, with this power. INFINITY for none.
 */
double rows_needed(double difference, double discordant, double alpha, double power);

/* How far the best of k equal submissions lies above the truth, in standard errors. O(1). */
double best_of_inflation(size_t k);

/* Bits about the labels that one exact accuracy over n rows can tell, shown with digits. */
double accuracy_bits(double n, int digits);
/* Bits that all scores of k submissions can tell on a Ladder with steps of eta over a span. */
double ladder_bits(size_t k, double eta, double span);
/* Labels that one log loss over n rows, shown with digits and clipped at clip, gives away. */
double log_loss_labels(double n, int digits, double clip);
