/*
 * The store made anew: what the walk of grader/repeat/rebuild.h writes that no event does, and
 * what it looks up in the store before it.
 */
#pragma once

#include "grader/store/store.h"

/* A run that has ended, as its receipt has it. */
struct store_settled {
    const struct claim *claim;
    const struct store_end *end; /* its ladder is written by store_settle_ladder */
    const struct store_step *steps;
    size_t step_count;
    const char *receipt; /* digest */
};
bool store_settle(struct store *store, const struct store_settled *run, struct fault *why);
/*
 * The rows that a run's release replaced; called in the order in which the runs ended. `head`
 * becomes the newest receipt.
 */
bool store_settle_ladder(struct store *store, const struct claim *claim,
                         const struct store_end *end, const char *head, struct fault *why);

/* The same of a rescore that was applied: what it put in the ladder's place. */
bool store_settle_batch(struct store *store, const char *batch, const char *head,
                        struct fault *why);

/* The run that an event made; "" none. */
bool store_event_run(struct store *store, struct arena *arena, int64_t seq, struct str *out,
                     struct fault *why);
/*
 * A run that waits is kept from being superseded by later events until store_let_go, which queues
 * all that are held.
 */
bool store_hold(struct store *store, const char *run, struct fault *why);
bool store_let_go(struct store *store, struct fault *why);
/* What its page says of it while it waits. */
bool store_say(struct store *store, const char *run, const char *message, struct fault *why);
/* A human's points of a run that is graded again: they are there before the questions are. */
struct store_marked {
    const char *question, *reason, *by;
    double points;
};
bool store_mark_ahead(struct store *store, const char *run, const struct store_marked *mark,
                      struct fault *why);

/* ---- the store before ---- */
struct store_before {
    char run[ULID_TEXT], receipt[SHA256_HEX]; /* receipt "": has none */
    bool waits;                               /* had not ended */
};
/* All its runs, by id. */
bool store_before_runs(struct store *before, struct arena *arena, struct store_before **out,
                       size_t *count, struct fault *why);
/* What was seen of repositories, and whose turn it is: measured, in no event. */
bool store_looks_copy(struct store *before, struct store *store, struct fault *why);

/* The file is complete and on disk. */
bool store_settle_file(struct store *store, struct fault *why);
