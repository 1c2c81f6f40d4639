/* What the store's own files share: the connections and the clock. */
#pragma once

#include "grader/store/queries.h"
#include "grader/store/store.h"

struct store {
    struct db *db;     /* store.db */
    struct db *sealed; /* sealed.db */
    struct clock clock;
    char boot_id[37];
};

bool audit_within(struct store *store, const char *actor, const char *action, const char *object,
                  const char *detail, struct fault *why);
/* Commit when ok, else roll back; returns whether it stands. */
bool transaction_end(struct store *store, bool ok, struct fault *why);
/* What a run found, as its end has it. */
bool found_within(struct store *store, const struct claim *claim, const struct store_end *end,
                  struct fault *why);
bool ladder_within(struct store *store, const struct claim *claim, const struct store_end *end,
                   const struct store_ladder *at, struct fault *why);
bool seq_within(struct store *store, int64_t seq, struct fault *why); /* meta inbox_seq = seq */

/* Rows of (run, team, score, low, high, submitted_ms, commit, baseline, entries). */
bool board_entries_read(struct row *row, struct arena *arena, struct board_entry **out,
                        size_t *count, struct fault *why);
