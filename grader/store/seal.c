/* The store: sealing an evaluation. */
#include "grader/store/seal.h"
#include "grader/store/rescore.h"
#include "grader/store/store_parts.h"

static bool value_put(struct store *store, const struct seal *seal, const struct seal_value *value,
                      struct fault *why)
{
    struct store_fact fact = {
        .rows = value->rows, .value = value->value, .low = value->low, .high = value->high
    };
    return seal->batch ? store_batch_value_put(store, seal->batch, seal->run, value->metric, &fact,
                                               value->note, why)
                       : store_value_put(store, seal->run, value->metric, &fact, value->note, why);
}

static bool prediction_put(struct store *store, const struct seal *seal,
                           const struct seal_prediction *prediction, struct fault *why)
{
    return seal->batch ? store_batch_prediction_put(store, seal->batch, seal->run,
                                                    prediction->seed_at, prediction->sha256, why)
                       : store_prediction_put(store, seal->run, prediction->seed_at,
                                              prediction->sha256, why);
}

bool store_seal(struct store *store, const struct seal *seal, struct fault *why)
{
    bool ok = db_begin(store->sealed, why);
    if (!ok)
        return false;
    for (size_t i = 0; ok && i < seal->value_count; i++)
        ok = value_put(store, seal, &seal->values[i], why);
    for (size_t i = 0; ok && i < seal->prediction_count; i++)
        ok = prediction_put(store, seal, &seal->predictions[i], why);
    if (ok)
        return db_commit(store->sealed, why);
    db_rollback(store->sealed);
    return false;
}
