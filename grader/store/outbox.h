/*
 * The store: what is to be told to others. Rows are appended by triggers (store_outbox.sql) in the
 * transaction that queues, moves or ends a run, and where a board changes; the announce thread
 * writes them out, sends them, and notes how that went. Sending is at least once: a row keeps its
 * id, so that the receiver knows a repetition.
 */
#pragma once

#include "grader/store/store.h"

/* What is announced from now on: event "status" with target "", or a webhook's event and name. */
struct outbox_wish {
    const char *event, *target;
};
bool outbox_wishes_set(struct store *store, const struct outbox_wish *wishes, size_t count,
                       struct fault *why);

/* A row that has no body yet. */
struct outbox_raw {
    int64_t seq, created_ms;
    struct str id, event, target, run, run_state, task;
};
bool outbox_raw(struct store *store, struct arena *arena, size_t most, struct outbox_raw **out,
                size_t *count, struct fault *why);

/* What the store knows of a run, for its announcement. */
struct outbox_about {
    struct str team, repository, task, deliverable, commit, ref, verdict, message, metric;
    double score, low, high; /* as released; NAN: nothing was */
    int digits;
    bool newer; /* the same commit has a newer run for the same task */
};
bool outbox_about(struct store *store, struct arena *arena, const char *run,
                  struct outbox_about *out, bool *found, struct fault *why);

struct outbox_written {
    const char *target, *task, *path;
    struct str body;
};
/* Older statuses of the same commit and task that were not sent yet go. */
bool outbox_write(struct store *store, const struct outbox_raw *raw,
                  const struct outbox_written *written, struct fault *why);
bool outbox_drop(struct store *store, int64_t seq, struct fault *why);

struct outbox_row {
    int64_t seq, created_ms, attempts;
    struct str id, event, target, run, path, body;
};
/* Whose turn it was the last time: others come first, or a slow one would always be the next. */
struct outbox_turn {
    size_t most; /* rows at a time */
    bool status;
    char target[300];
};
/*
 * Rows of one target that are due, in order; among the targets whose turn it was not, that of the
 * row that waits longest. *turn becomes its own.
 */
bool outbox_due(struct store *store, struct arena *arena, struct outbox_turn *turn,
                struct outbox_row **out, size_t *count, struct fault *why);

bool outbox_sent(struct store *store, int64_t seq, struct fault *why);
bool outbox_again(struct store *store, int64_t seq, int64_t next_ms, const char *error,
                  struct fault *why);
bool outbox_dead(struct store *store, int64_t seq, const char *error, struct fault *why);
/* Nothing of the row's target before until_ms. */
bool outbox_hold(struct store *store, const struct outbox_row *row, int64_t until_ms,
                 struct fault *why);

/* Dead rows wait again; id "all": each of them. With the cursor of the inbox. */
bool outbox_retry(struct store *store, int64_t seq, const char *id, struct fault *why);
/* What was sent or died so long ago goes. */
bool outbox_tidy(struct store *store, int64_t sent_before_ms, int64_t dead_before_ms,
                 struct fault *why);
