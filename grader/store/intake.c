/* The store: what follows from the inbox — refs, submissions, marks, cancelled runs. */
#include "grader/store/store_parts.h"
#include <stdio.h>

bool store_ref(struct store *store, struct arena *arena, const char *team, const char *ref,
               struct str *commit, int64_t *looked_ms, struct fault *why)
{
    *commit = str_of("");
    *looked_ms = 0;
    struct row *row = db_start(store->db, REF_GET, "zz", team, ref);
    if (row_next(row, why)) {
        *commit = row_text(row, 0, arena);
        *looked_ms = row_int(row, 1);
    }
    return row_end(row, why);
}

bool store_team_look(struct store *store, const char *team, const char *state, const char *message,
                     int64_t looked_ms, struct fault *why)
{
    return db_run(store->db, NULL, why, TEAM_LOOK, "zzzi", team, state, message, looked_ms);
}

bool seq_within(struct store *store, int64_t seq, struct fault *why)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)seq);
    return db_run(store->db, NULL, why, META_SET, "zz", "inbox_seq", text);
}

static void ulid_called(const struct store_push *push, const char *what, char out[ULID_TEXT])
{
    char words[64];
    snprintf(words, sizeof words, "%s %s", what, push->id);
    ulid_from(push->at_ms, str_of(words), out);
}

/* Several pushes in a row are one run: it keeps the place of the first. */
static bool waits_since(struct store *store, const struct store_push *push, int64_t *since_ms,
                        struct fault *why)
{
    struct row *row =
        db_start(store->db, RUN_WAITS_SINCE, "zzi", push->team, push->ref, push->due_ms);
    if (row_next(row, why) && !row_is_null(row, 0) && row_int(row, 0) < *since_ms)
        *since_ms = row_int(row, 0);
    return row_end(row, why);
}

/* Pins the commit; *known: it is graded or on its way already. When: never late through polling. */
static bool pin_within(struct store *store, const struct store_push *push, bool *known,
                       struct fault *why)
{
    struct row *row = db_start(store->db, PIN_KNOWN, "zz", push->team, push->commit);
    *known = row_next(row, why);
    return row_end(row, why) &&
           db_run(store->db, NULL, why, PIN_ADD, "izzzzii", push->seq, push->team, push->pin, "",
                  push->commit, push->not_seen_ms ? push->not_seen_ms : push->at_ms, (int64_t)0) &&
           audit_within(store, push->team, "pin", push->pin, push->commit, why);
}

/* As if it had been asked for by hand: no newer push takes its place, and it need not wait. */
static bool join_within(struct store *store, const struct store_push *push, struct fault *why)
{
    return db_run(store->db, NULL, why, SUBMISSION_JOIN, "zz", push->joins, push->team) &&
           db_run(store->db, NULL, why, RUN_JOIN, "zz", push->joins, push->team) &&
           audit_within(store, push->source, "join", push->joins, push->commit, why);
}

/* seen: the ref has the value already, so what polling says of it was asked for by hand before. */
static bool grade_within(struct store *store, const struct store_push *push, bool seen,
                         struct fault *why)
{
    struct db *db = store->db;
    char submission[ULID_TEXT], run[ULID_TEXT];
    bool known = seen && str_is(str_of(push->source), "poll");
    if (push->joins)
        return join_within(store, push, why);
    bool pinned = false;
    if (push->pin && !pin_within(store, push, &pinned, why))
        return false;
    if (known || pinned)
        return true;
    ulid_called(push, "submission", submission);
    ulid_called(push, "run", run);
    int64_t since_ms = push->at_ms;
    if (push->supersede && (!waits_since(store, push, &since_ms, why) ||
                            !db_run(db, NULL, why, RUN_SUPERSEDE, "zzii", push->team, push->ref,
                                    push->at_ms, push->due_ms)))
        return false;
    return db_run(db, NULL, why, SUBMISSION_ADD, "zzzzzziii", submission, push->team, push->task,
                  push->commit, push->ref, push->source, push->at_ms, push->not_seen_ms,
                  push->seq) &&
           db_run(db, NULL, why, RUN_ADD, "zziii", run, submission, push->priority, since_ms,
                  push->debounce_ms ? since_ms + push->debounce_ms : 0) &&
           (!push->fresh || db_run(db, NULL, why, FRESH_ADD, "z", run)) &&
           audit_within(store, push->source, "submit", run, push->commit, why);
}

/* The ref has this value already: then it was seen when that began, not now. */
static bool ref_seen(struct store *store, const struct store_push *push, int64_t *not_seen_ms,
                     bool *known, struct fault *why)
{
    struct row *row = db_start(store->db, REF_SEEN, "zzz", push->team, push->ref, push->commit);
    *known = row_next(row, why);
    if (*known)
        *not_seen_ms = row_int(row, 0);
    return row_end(row, why);
}

static bool note_within(struct store *store, const struct store_push *push, struct fault *why)
{
    return (!push->note && !push->grade) ||
           db_run(store->db, NULL, why, INTAKE_NOTE, "zzi", push->team,
                  push->note ? push->note : "", push->note ? push->at_ms : (int64_t)0);
}

bool store_push(struct store *store, const struct store_push *push, struct fault *why)
{
    if (!db_begin_soft(store->db, why)) /* with the cursor: it is taken over again */
        return false;
    struct store_push full = *push;
    bool known = false;
    bool ok = ref_seen(store, push, &full.not_seen_ms, &known, why) &&
              (known || db_run(store->db, NULL, why, REF_PUT, "zzzii", push->team, push->ref,
                               push->commit, push->not_seen_ms, push->at_ms)) &&
              (str_is(str_of(push->source), "baseline") || note_within(store, push, why)) &&
              (!push->grade || grade_within(store, &full, known, why)) &&
              seq_within(store, push->seq, why);
    return transaction_end(store, ok, why);
}

bool store_on_its_way(struct store *store, struct arena *arena, const struct store_wanted *wanted,
                      struct str *run, struct fault *why)
{
    *run = S("");
    struct row *row =
        db_start(store->db, RUN_ON_ITS_WAY, "ttt", wanted->team, wanted->commit, wanted->ref);
    if (row_next(row, why))
        *run = row_text(row, 0, arena);
    return row_end(row, why);
}

bool store_mark(struct store *store, int64_t seq, const char *run, const char *question,
                double points, const char *reason, const char *by, struct fault *why)
{
    if (!db_begin(store->db, why))
        return false;
    char object[128];
    snprintf(object, sizeof object, "%s %s", run, question);
    bool ok =
        db_run(store->db, NULL, why, POINT_MARK, "zzdzz", run, question, points, reason, by) &&
        audit_within(store, by, "mark", object, reason, why) && seq_within(store, seq, why);
    return transaction_end(store, ok, why);
}

bool store_cancel(struct store *store, const struct store_cancelling *what, struct fault *why)
{
    if (!db_begin(store->db, why))
        return false;
    bool ok = db_run(store->db, NULL, why, RUN_CANCEL, "ziz", what->run, what->at_ms,
                     "This run was cancelled by the course staff.") &&
              db_run(store->db, NULL, why, STEP_STOP, "z", what->run) &&
              audit_within(store, what->by, "cancel", what->run, "", why) &&
              seq_within(store, what->seq, why);
    return transaction_end(store, ok, why);
}

bool store_inbox_seq(struct store *store, int64_t *seq, struct fault *why)
{
    *seq = 0;
    scoped_arena arena = arena_open(NULL);
    struct row *row = db_start(store->db, META_GET, "z", "inbox_seq");
    if (row_next(row, why))
        str_to_int(row_text(row, 0, arena), seq);
    return row_end(row, why);
}

bool store_skip(struct store *store, int64_t seq, struct fault *why)
{
    return seq_within(store, seq, why);
}
