/* What the files of erasing share. */
#pragma once

#include "grader/repeat/erased.h"
#include "grader/store/erase.h"
#include "grader/tidy/collect.h"
#include "grader/tidy/erase.h"

struct erasing {
    struct arena *arena;
    int state; /* directory descriptor */
    const struct artifacts *artifacts, *sealed;
    struct store *store;
    struct inbox *inbox;
    int64_t seq; /* of the event that asks for it; 0: only counted */
    const char *team;
    struct str *runs; /* ids of its runs and of rescores of it alone */
    size_t run_count;
    struct marks run_set;
    struct str *words; /* by which earlier lists named it: ids, names, addresses, logins */
    size_t word_count;
    int64_t lists; /* earlier lists that name it */
};

/* erase_lists.c: teams.csv and roster.csv of earlier versions; redact: their rows of it go. */
bool erase_lists(struct erasing *erasing, bool redact, struct fault *why);

/* erase_inbox.c */
struct erase_events {
    int64_t *seqs;
    size_t count;
    int64_t marks;
};
bool erase_events_find(struct erasing *erasing, struct erase_events *out, struct fault *why);
/* The inbox says which events, and what the receipts were; then the receipts' contents go. */
bool erase_inbox(struct erasing *erasing, const struct erase_events *events, int64_t now_ms,
                 struct fault *why);
bool erase_receipts(struct erasing *erasing, struct fault *why);

/* erase_files.c: bytes beneath state/PATH; 0 when there is no such thing. */
int64_t tree_bytes(int state, const char *path);
/* Each state/store.db.before-* and copies that a killed backup left. */
bool erase_old_stores(int state, bool remove, int64_t *count, struct fault *why);
