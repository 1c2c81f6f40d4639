/* The store: receipts, runs done again, and rescores. */
#pragma once

#include "grader/store/store.h"

/* ---- receipts ---- */
/* Digest of the newest receipt, "" when there is none yet. */
bool store_receipt_head(struct store *store, struct arena *arena, struct str *out,
                        struct fault *why);
/* The run or batch whose receipt has this digest; "" when none has. */
bool store_receipt_of(struct store *store, struct arena *arena, struct str sha256, struct str *out,
                      struct fault *why);

/* ---- runs done again ---- */
struct store_again {
    const char *run;     /* id of the new run; the same id twice is one run */
    const char *of_run;  /* which is done again; must have ended as done or failed_team */
    const char *purpose; /* "rescore", "replay" */
    const char *batch;   /* "" of a replay */
    int64_t at_ms;
    int64_t seq; /* of the event that asks for it, which is taken over with it; 0: none */
};
/* *found false: there is no such run, or it has not ended. */
bool store_again_add(struct store *store, const struct store_again *again, const char *by,
                     bool *found, struct fault *why);
/* As store_ended, of the run that the event made. */
bool store_again_ended(struct store *store, struct arena *arena, int64_t seq, struct run_end *out,
                       struct fault *why);
/* How any run stands now; *out empty when there is none. */
bool store_run_end(struct store *store, struct arena *arena, const char *run, struct run_end *out,
                   struct str *step, struct fault *why);
/* The list of a version's files, as in version_json. BLAME_SYSTEM when it is not known. */
bool store_version_files(struct store *store, struct arena *arena, const char *digest,
                         struct str *out, struct fault *why);
bool store_replayed_list(struct store *store, struct arena *arena, const char *run,
                         struct store_replayed **out, size_t *count, struct fault *why);
