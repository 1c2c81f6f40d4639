/*
 * The step cache: what successful steps left, found again by the digest of all that the step could
 * see (grader/steps/work_cache.h makes it). An entry is a directory laid out as a run directory:
 *
 *     state/cache/steps/KEY/     artifacts/SHA256 logs/0.log result.json
 *     state/sealed/cache/KEY/    the same of a step that saw held-out rows
 *
 * and a row in the store with the digest of its result.json. Nothing here is synced: what a crash
 * of the machine damaged is found out before it is used, and an entry that is damaged or lacks a
 * file is none.
 */
#pragma once

#include "grader/execute/job.h"
#include "grader/grader.h"

#define CACHE_STEPS "cache/steps"
#define CACHE_SEALED "sealed/cache"

struct cache_entry {
    const char *key;
    const char *path; /* beneath state/ */
    const char *run;  /* in which the step was really run */
    const struct job_step_result *result;
    const char *host, *layers; /* JSON, of that run */
};

/*
 * The entry of a key, as far as can be seen without reading what may be large: result.json, the log
 * and held-out predictions have their digests, all artifacts their sizes. *found false: none, or a
 * damaged one, which is removed. `step` is the planned step, which its result has to fit.
 */
struct cache_wanted {
    const char *key;
    const struct job_step *step;
};
bool cache_find(const struct grader *grader, struct store *store, struct arena *arena,
                const struct cache_wanted *wanted, struct cache_entry *out, bool *found,
                struct fault *why);
/* Have all artifacts their digests? Reads them. */
bool cache_is_whole(const struct grader *grader, const struct cache_entry *entry);
/* Take the entry away, and of state/artifacts/ what is damaged there as well. */
bool cache_discard(const struct grader *grader, struct store *store,
                   const struct cache_entry *entry, struct fault *why);

/* Keep what a step left in a run directory; an older entry of the key goes. */
struct cache_keeping {
    const char *key, *team, *run;
    int seed_at;
    const struct job_step *step;
    const struct job_step_result *result;
    const char *host, *layers;
    int rundir;
    size_t log_at;      /* RUNDIR/logs/LOG_AT.log */
    int64_t most_bytes; /* an entry that is larger is not kept */
};
bool cache_keep(const struct grader *grader, struct store *store, struct arena *arena,
                const struct cache_keeping *what, struct fault *why);

/* Entries that were used longest ago go until all together are within most_bytes. */
bool cache_trim(const struct grader *grader, struct store *store, int64_t most_bytes,
                struct fault *why);
/* All entries of a team go. */
bool cache_forget(const struct grader *grader, struct store *store, const char *team,
                  struct fault *why);
/* Directories without a row go. While nobody works. */
bool cache_tidy(const struct grader *grader, struct store *store, struct fault *why);
