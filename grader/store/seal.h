/* What a run's evaluation seals: exact values and the digests of predictions, all at once. */
#pragma once

#include "grader/store/store.h"

struct seal_value {
    const char *metric, *rows, *note;
    double value, low, high; /* NAN: none */
};
struct seal_prediction {
    int seed_at;
    const char *sha256; /* in sealed/ */
};
struct seal {
    const char *run;
    const char *batch; /* of a rescore, whose values lie beside the run's own; NULL */
    const struct seal_value *values;
    const struct seal_prediction *predictions;
    size_t value_count, prediction_count;
};
/* One transaction; all that was sealed before is on disk with it. */
bool store_seal(struct store *store, const struct seal *seal, struct fault *why);
