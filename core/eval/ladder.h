/*
 * The Ladder (Blum & Hardt 2015): a score is released anew only when it is better than the last
 * released one by more than noise explains, so that many submissions cannot climb on the noise of
 * the rows. And Thresholdout (Dwork et al. 2015), which answers questions about held-out rows until
 * its budget is used. All in losses: lower is better.
 * Vectors: tests/core/eval/vectors/{ladder,thresholdout}.json.
 */
#pragma once

#include "core/eval/metrics.h"
#include "core/eval/resample.h"

/*
 * One submission on a ladder with steps of eta: *released (INFINITY at first) becomes the multiple
 * of eta next to loss when loss < *released - eta. True when it did.
 */
bool ladder_fixed_step(double *released, double loss, double eta);

/* What the parameter-free Ladder knows of a submission. */
struct ladder_entry {
    double loss;       /* of the submission */
    const double *row; /* [how->n] what each row adds: losses, or what stands for them */
};

/*
 * One submission: does it take the leader's place (NULL at first)? When its loss is lower by more
 * than one standard error of the paired difference (as `how` asks for) and 1e-12. O(n).
 */
bool ladder_step(struct arena *arena, const struct resampling *how,
                 const struct ladder_entry *leader, const struct ladder_entry *entry);

/*
 * A metric as the Ladder wants it: loss = the value, negated where higher is better (the mean of
 * the losses where the metric is made of one), and what each row adds to it:
 *   means of losses   the losses;
 *   roc_auc           minus each row's placement, scaled to its class: the error is DeLong's;
 *   means of terms    the terms, times the slope of what the metric makes of their mean;
 *   all others        pseudo-values of the jackknife over LADDER_GROUPS groups of rows.
 * Rows that belong together (core/eval/design.h) stay together. *how: the design in which to read
 * them; the same for all predictions on the same truth. False where the metric has no value. O(n),
 * for the jackknife 200 measurements.
 */
#define LADDER_GROUPS 200
bool ladder_entry_make(struct arena *arena, const struct metric *metric, const struct scored *rows,
                       const struct metric_options *options, struct ladder_entry *out,
                       struct resampling *how);

struct thresholdout {
    double threshold;                        /* how far train and held-out may lie apart */
    double scale;                            /* of the noise: 1 of an answer, 2 of the threshold */
    double budget;                           /* answers from held-out rows that are left */
    double (*noise)(void *at, double scale); /* laplace_noise, or a test's */
    void *at;
    double noisy; /* threshold with its noise; set by thresholdout_start */
};
void thresholdout_start(struct thresholdout *thresholdout);
/* False, and no answer, when the budget is used. */
bool thresholdout_ask(struct thresholdout *thresholdout, double train, double heldout,
                      double *answer);
/* at: struct random. */
double laplace_noise(void *at, double scale);
