/*
 * Metrics by the names that people write: "ndcg@10" is ndcg with the option k = 10.
 */
#pragma once

#include "core/eval/metrics.h"

/*
 * The metric of a name with or without "@k"; *k is 0 without one. NULL when there is none, when it
 * has no option k, or when k is not a whole number from 1 on.
 */
const struct metric *metric_named(struct str name, size_t *k);

/* A metric by its bare name; a fault names the nearest one, or says where all are listed. */
const struct metric *metric_needed(struct arena *arena, struct str name, struct fault *why);
