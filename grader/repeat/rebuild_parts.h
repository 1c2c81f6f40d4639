/* What the files of the rebuild share. */
#pragma once

#include "grader/grader.h"
#include "grader/repeat/rebuild.h"
#include "grader/repeat/receipts.h"
#include "grader/store/rebuild.h"

/* ---- rebuild_receipt.c: a receipt's words as the store takes them ---- */
struct receipt_run {
    struct claim claim;
    struct store_end end;
    struct store_step *steps;
    size_t step_count;
};
/* `run`: whose it has to be. Tails of logs come out of the artifacts. */
bool receipt_run_load(struct arena *arena, const struct grader *grader, const char *run,
                      struct receipt_run *out, struct fault *why);

/* ---- rebuild_fate.c: what is to become of each run ---- */
enum fate {
    FATE_LEFT,    /* as the events say */
    FATE_SETTLED, /* as its receipt says */
    FATE_HELD,    /* it waits, and no later push takes its place */
    FATE_AGAIN,   /* the same, since its receipt does not hold */
};
struct fates {
    struct receipts receipts; /* links by file name */
    const struct store_before *before;
    size_t before_count;
    bool has_before;
    char (*cancelled)[ULID_TEXT]; /* runs that an event cancels, by id */
    size_t cancelled_count;
    enum fate *of_link;
    char head[SHA256_HEX]; /* of the chain */
};
/* `before` may be NULL. Says in *said which receipts do not hold. */
struct fates_from {
    const struct grader *grader;
    struct store *before;
    struct inbox *inbox;
};
bool fates_read(struct arena *arena, const struct fates_from *from, struct fates *out,
                struct complaints *said, struct fault *why);
/* *link: its receipt, with FATE_SETTLED. */
enum fate fate_of(const struct fates *fates, const char *run, const struct receipt_link **link);
/* The links that hold, in the order in which their runs ended. */
const struct receipt_link **fates_in_order(struct arena *arena, const struct fates *fates,
                                           size_t *count);

/* ---- the walk ---- */
struct walk {
    struct arena *arena;
    struct grader *grader;
    struct rebuild_report *report;
    struct inbox *inbox;
    struct store *before; /* NULL: none */
    struct store *store;
    struct fates fates;
    struct loaded *first; /* the first version of the course */
};
/* The run ends as its receipt says. */
bool walk_settle(struct walk *walk, const struct receipt_link *link, struct fault *why);

/* ---- rebuild_batch.c: rescores ---- */
/* What was decided about one, as its receipt and record have it. */
bool batch_walk(struct walk *walk, const struct event *event, struct fault *why);
/* Behind all events: those that are not over, and the runs that were done again. */
bool batches_walk(struct walk *walk, struct fault *why);
