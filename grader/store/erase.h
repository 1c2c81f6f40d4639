/*
 * The store's side of erasing a team: who is to be forgotten, which rows that takes, and which
 * files the rows of others still name.
 */
#pragma once

#include "grader/store/store.h"

struct store_erasure {
    int64_t seq, at_ms;
    struct str team; /* "" once its rows are gone */
    struct str state, message;
};

/* Taken over with its event: runs of the team that have not ended are cancelled. */
struct store_erase_asked {
    int64_t seq, at_ms;
    const char *team, *by;
};
bool store_erase_add(struct store *store, const struct store_erase_asked *asked, struct fault *why);
/* The first under way. */
bool store_erase_next(struct store *store, struct arena *arena, struct store_erasure *out,
                      bool *found, struct fault *why);
bool store_erase_find(struct store *store, struct arena *arena, int64_t seq,
                      struct store_erasure *out, bool *found, struct fault *why);
/* Is this team being erased? */
bool store_erasing(struct store *store, struct str team, bool *erasing, struct fault *why);
bool store_erase_say(struct store *store, int64_t seq, const char *message, struct fault *why);

/* Ids of the team's runs, and of rescores of it alone: names of its receipts. */
bool store_erase_runs(struct store *store, struct arena *arena, const char *team, struct str **out,
                      size_t *count, struct fault *why);
/* Bytes of its kept steps. */
bool store_erase_cache(struct store *store, const char *team, int64_t *bytes, struct fault *why);
/* When the oldest run under way was begun; 0 none is. */
bool store_oldest_begun(struct store *store, int64_t *at_ms, struct fault *why);
/* All rows of the team, sealed ones too. The erasure goes on as `wiping`, and has no name then. */
bool store_erase_rows(struct store *store, const struct store_erasure *erasure,
                      const struct str *runs, size_t count, struct fault *why);
/* Nothing is left to do: it is forgotten itself. */
bool store_erase_done(struct store *store, int64_t seq, struct fault *why);
/* No deleted row is left in the files, as db_forget. */
bool store_forget(struct store *store, struct fault *why);

/*
 * Digests of files in artifacts/ and sealed/ that rows name, those of `team` left out ("" none):
 * `each` is called with texts that hold one or many. Of runs that skip says, rows are left out:
 * those that name a log, or the others.
 */
struct store_digests {
    const char *team;
    bool (*skip)(void *at, struct str run, bool log);
    void (*each)(void *at, struct str text);
    void *at;
};
bool store_digests(struct store *store, const struct store_digests *how, struct fault *why);
/* The lists of files of all versions of the course, as version_json writes them. */
bool store_versions(struct store *store, struct arena *arena, struct str **out, size_t *count,
                    struct fault *why);
