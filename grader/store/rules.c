/* The store: pauses, tries, extensions and pins, as the inbox tells them. */
#include "grader/store/rules.h"
#include "grader/store/store_parts.h"
#include <stdio.h>

/* The end of each of these transactions: who did what, and how far the inbox is taken over. */
static bool told_within(struct store *store, const struct store_rule *rule, const char *action,
                        struct fault *why)
{
    char object[160];
    snprintf(object, sizeof object, "%.64s %.64s", rule->team, rule->task);
    return audit_within(store, rule->by, action, object, rule->reason, why) &&
           seq_within(store, rule->seq, why);
}

bool store_pause(struct store *store, const struct store_rule *rule, struct fault *why)
{
    if (!db_begin(store->db, why))
        return false;
    bool ok = db_run(store->db, NULL, why, PAUSE_PUT, "zzizz", rule->team, rule->task, rule->at_ms,
                     rule->reason, rule->by) &&
              told_within(store, rule, "pause", why);
    return transaction_end(store, ok, why);
}

bool store_resume(struct store *store, const struct store_rule *rule, struct fault *why)
{
    if (!db_begin(store->db, why))
        return false;
    bool ok = db_run(store->db, NULL, why, PAUSE_END, "zz", rule->team, rule->task) &&
              told_within(store, rule, "resume", why);
    return transaction_end(store, ok, why);
}

bool store_paused(struct store *store, struct str team, struct str task, bool *paused,
                  struct fault *why)
{
    struct row *row = db_start(store->db, PAUSE_FIND, "tt", team, task);
    *paused = row_next(row, why);
    return row_end(row, why);
}
