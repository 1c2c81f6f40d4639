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

bool store_quota(struct store *store, const struct store_rule *rule,
                 const struct store_quota *quota, struct fault *why)
{
    if (!db_begin(store->db, why))
        return false;
    bool limits = quota->per_day >= 0 || quota->total >= 0;
    bool ok = (!limits || db_run(store->db, NULL, why, QUOTA_PUT, "zzii", rule->team, rule->task,
                                 quota->per_day, quota->total)) &&
              (quota->give <= 0 || db_run(store->db, NULL, why, GIVEN_ADD, "izzii", rule->seq,
                                          rule->team, rule->task, rule->at_ms, quota->give)) &&
              db_run(store->db, NULL, why, RUN_WAKE, "z", rule->team) &&
              told_within(store, rule, "quota", why);
    return transaction_end(store, ok, why);
}

bool store_tries(struct store *store, struct arena *arena, const struct zone *zone,
                 const struct tries_of *of, struct quota *out, struct fault *why)
{
    static const struct tries_queries queries = { QUOTA_FIND, GIVEN_FIND, TRIES_USED };
    return tries_load(store->db, &queries, arena, zone, of, out, why);
}

bool store_extend(struct store *store, const struct store_rule *rule,
                  const struct store_extension *extension, struct fault *why)
{
    if (!db_begin(store->db, why))
        return false;
    bool ok =
        db_run(store->db, NULL, why, EXTENSION_PUT, "zziiziz", rule->team, extension->deliverable,
               extension->until_ms, extension->by_ms, rule->reason, rule->at_ms, rule->by) &&
        told_within(store, rule, "extend", why);
    return transaction_end(store, ok, why);
}

static bool pinned_find(struct store *store, struct arena *arena, const struct store_rule *rule,
                        const char *run, struct str *submission, struct fault *why)
{
    *submission = S("");
    if (!run[0])
        return true;
    struct row *row = db_start(store->db, SUBMISSION_OF_RUN, "zz", run, rule->team);
    if (row_next(row, why))
        *submission = row_text(row, 0, arena);
    if (!row_end(row, why))
        return false;
    return submission->len || fault_set(why, BLAME_OPEN, "team %s has no run %s", rule->team, run);
}

bool store_pin(struct store *store, const struct store_rule *rule, const char *deliverable,
               const char *run, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct str submission;
    if (!pinned_find(store, arena, rule, run, &submission, why) || !db_begin(store->db, why))
        return false;
    bool ok = db_run(store->db, NULL, why, PIN_ADD, "izztzii", rule->seq, rule->team, deliverable,
                     submission, "", rule->at_ms, (int64_t)1) &&
              told_within(store, rule, "pin", why);
    return transaction_end(store, ok, why);
}
