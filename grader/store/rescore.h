/*
 * The store: rescores. A batch has a scope, and for each run of it a result that is computed beside
 * the old one; all of them take the old ones' places in one transaction, or none does.
 *   computing -> ready -> applied        computing <-> paused        any live one -> discarded
 * One batch of a task is live at a time.
 */
#pragma once

#include "grader/store/batch.h"

struct store_batch {
    struct str id, task, team, actor, state, wants, version, message;
    int64_t since_ms, at_ms, ended_ms;
    bool rerun;
};
/* *added false: another one of the task is live. The event `seq` is taken over with it. */
bool store_batch_add(struct store *store, const struct store_batch *batch, int64_t seq, bool *added,
                     struct fault *why);
bool store_batch_find(struct store *store, struct arena *arena, const char *id,
                      struct store_batch *out, bool *found, struct fault *why);
/* In one state, or all ("" ), the newest first. */
bool store_batch_list(struct store *store, struct arena *arena, const char *state,
                      struct store_batch **out, size_t *count, struct fault *why);
bool store_batch_message(struct store *store, const char *id, const char *message,
                         struct fault *why);
/* Start over with this version of the course: what was computed before is gone. */
bool store_batch_begin(struct store *store, const struct store_batch *batch, const char *version,
                       struct fault *why);
/* Take in the runs of the scope: those scored otherwise, or `all`. Idempotent. */
bool store_batch_fill(struct store *store, const struct store_batch *batch, bool all,
                      const char *scoring, struct fault *why);

struct store_batch_count {
    int64_t runs, done, queued, trouble, changed; /* changed: of the scores */
};
bool store_batch_count(struct store *store, const char *id, struct store_batch_count *out,
                       struct fault *why);

/* ---- computing ---- */
struct store_batch_item {
    struct str run, team, again, state, verdict, step, message, version, source, deliverable,
        commit;
    int64_t received_ms;
};
/* The next run to compute; in_turn: a team's runs one behind the other. */
bool store_batch_next(struct store *store, struct arena *arena, const char *id, bool in_turn,
                      struct store_batch_item *out, bool *found, struct fault *why);
/* A run that was done again for the batch and has ended: to be computed now, or trouble. */
bool store_batch_returned(struct store *store, const char *id, bool *found, struct fault *why);
bool store_batch_item_state(struct store *store, const char *id, const char *run, const char *state,
                            const char *again, const char *message, struct fault *why);
bool store_batch_item_drop(struct store *store, const char *id, const char *run, struct fault *why);
bool store_facts(struct store *store, struct arena *arena, const char *run, struct store_fact *out,
                 size_t most, size_t *count, struct fault *why);

struct store_batch_result {
    const char *batch, *run, *team, *version;
    const char *end_state, *verdict, *step, *message, *scoring, *board, *task_digest, *result;
    const struct store_fact *facts;
    const struct store_point *points;
    const struct store_ladder *ladder;
    size_t fact_count, point_count, ladder_count;
    double score, low, high; /* NAN: none */
};
/* Nothing is written when the batch no longer computes with that version. */
bool store_batch_result(struct store *store, const struct store_batch_result *result,
                        struct fault *why);
bool store_batch_ladder_find(struct store *store, struct arena *arena, const char *batch,
                             const struct store_ladder_key *key, struct store_ladder *out,
                             bool *found, struct fault *why);
/* Both boards as they are and would be, and the batch is ready. */
bool store_batch_ready(struct store *store, const struct store_batch *batch,
                       const struct board_entry *entries, size_t count, const char *message,
                       struct fault *why);
/* As store_board_source, with the batch's results in place. */
bool store_batch_board_source(struct store *store, struct arena *arena, const char *task,
                              const char *batch, struct board_entry **out, size_t *count,
                              struct fault *why);

/* ---- deciding ---- */
/*
 * `state` with its event; runs that wait for the batch are held (paused), let go, or cancelled. One
 * that ends it gets a receipt, unless that is NULL.
 */
struct store_batch_decision {
    const struct store_batch *batch;
    const char *state, *by;
    int64_t at_ms, seq;
    bool (*receipt)(void *at, const char *head, char digest[SHA256_HEX], struct fault *why);
    void *receipt_at;
};
bool store_batch_decide(struct store *store, const struct store_batch_decision *how,
                        struct fault *why);
struct store_batch_apply {
    const struct store_batch *batch;
    const struct store_board_move *board; /* what the task's board is made by from then on */
    const char *by;
    int64_t at_ms, seq;
    bool (*receipt)(void *at, const char *head, char digest[SHA256_HEX], struct fault *why);
    void *receipt_at;
};
bool store_batch_apply(struct store *store, const struct store_batch_apply *apply,
                       struct fault *why);

/* ---- showing ---- */
struct store_batch_row {
    struct str run, team, state, again, message, result;
    double score, old_score, old_points, points; /* NAN: none */
};
bool store_batch_rows(struct store *store, struct arena *arena, const char *id,
                      struct store_batch_row **out, size_t *count, struct fault *why);
struct store_batch_place {
    struct str team, run;
    bool baseline;
    int64_t old_low, old_high, low, high; /* ranks; 0: none */
    double old_score, score, old_points, points;
};
bool store_batch_places(struct store *store, struct arena *arena, const char *id,
                        struct store_batch_place **out, size_t *count, struct fault *why);

/* ---- what scores were made with ---- */
bool store_scoring_put(struct store *store, const char *task, const char *digest, const char *board,
                       struct fault *why);
/* Runs of the task ("" all) that were scored with an earlier version. */
bool store_outdated(struct store *store, const char *task, int64_t *count, struct fault *why);

/* With what a run was scored; *found false: it has no result. */
struct store_scored {
    struct str task, team, task_digest, version;
};
bool store_scored_find(struct store *store, struct arena *arena, const char *run,
                       struct store_scored *out, bool *found, struct fault *why);
/* The run that stands on the task's board for this team; "" when none does. */
bool store_board_run(struct store *store, struct arena *arena, const char *task, const char *team,
                     struct str *out, struct fault *why);

/* ---- sealed ---- */
bool store_batch_prediction_put(struct store *store, const char *batch, const char *run,
                                int seed_at, const char *sha256, struct fault *why);
bool store_batch_predictions(struct store *store, struct arena *arena, const char *batch,
                             const char *run, struct str *out, size_t most, size_t *count,
                             struct fault *why);
bool store_batch_value_put(struct store *store, const char *batch, const char *run,
                           const char *metric, const struct store_fact *value, const char *note,
                           struct fault *why);
