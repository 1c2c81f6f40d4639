/*
 * The store seam: the queue is a table. Claim with a lease and a random fence, heartbeat, finish,
 * release, sweep; every operation is one fenced or idempotent transaction. First SQLite; a store
 * belongs to one thread. Faults are BLAME_PASSING for a locked or full database. "Lost" means that
 * the fence is no longer ours.
 */
#pragma once

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/fault.h"
#include "core/base/str.h"

#define FENCE_TEXT 33
#define LEASE_MS 20000
#define PRIORITY_RESCORE 2 /* of runs: 0 what teams wait for, 1 baselines, from 2 re-scoring */
#define ATTEMPTS_MOST 20   /* a run whose grader died this often is not tried again */

struct store;

/*
 * `dir` is the path of the course's state/; create makes and migrates the files (the grader), else
 * they must exist.
 */
struct store *store_open(const char *dir, bool create, const struct clock *clock,
                         struct fault *why);
/* As another file beside sealed/sealed.db; loose: not synced before store_settle_file. */
struct store_file {
    const char *name;
    bool create, loose;
};
struct store *store_open_as(const char *dir, const struct store_file *file,
                            const struct clock *clock, struct fault *why);
void store_close(struct store *store);
void store_scoped(struct store **store);

/* ---- what the course is: written when it is loaded, all in one transaction ---- */
struct store_task {
    const char *id, *title, *kind, *metric, *detail;
    bool higher_is_better;
    int digits;
    int64_t public_rows;
};
struct store_team {
    const char *id, *name, *pseudonym, *repository;
    bool staff;
    int64_t members, late_days; /* of roster.csv; the least late days that a member has */
    const char *tasks;          /* with blanks between; NULL: none */
};
struct store_course {
    const char *about;        /* JSON {id,title,timezone,visibility,release} */
    const char *deliverables; /* JSON list: grader/view/view_due.c reads it; NULL: [] */
    const char *zone;         /* JSON list [[from_ms, offset_s]…]; NULL: [] */
    const char *version;      /* digest */
    const char *files;        /* JSON list of the version */
    const struct store_task *tasks;
    const struct store_team *teams;
    size_t task_count, team_count;
};
bool store_course_set(struct store *store, const struct store_course *course, struct fault *why);
/* When it came into force last. */
bool store_version_noted(struct store *store, const char *digest, int64_t at_ms, struct fault *why);
/* Why the newest files of the course are not in force; "": they are. */
bool store_course_fault(struct store *store, int64_t seq, const char *text, struct fault *why);
/*
 * What was found in the environments of the course: {"build", "list": [{"name", "what", "digest",
 * "state": usable unusable unknown, "has", "lacks"}]}; "" nothing yet.
 */
bool store_environments(struct store *store, struct arena *arena, struct str *out,
                        struct fault *why);
bool store_environments_set(struct store *store, const char *json, struct fault *why);

/* ---- intake ---- */
/*
 * What we know of a ref: commit "" when unknown; looked_ms = last good look at the repository (0
 * never).
 */
bool store_ref(struct store *store, struct arena *arena, const char *team, const char *ref,
               struct str *commit, int64_t *looked_ms, struct fault *why);
/* looked_ms 0: not a good look, the last one stays. */
bool store_team_look(struct store *store, const char *team, const char *state, const char *message,
                     int64_t looked_ms, struct fault *why);

/* An event of the inbox, as far as the store follows from it. */
struct store_push {
    const char *id; /* of the event: what follows from it is called by it, also when rebuilt */
    int64_t seq, at_ms;
    int64_t not_seen_ms; /* our last good look without this value of the ref; 0: never looked */
    const char *team, *task, *ref, *commit, *source;
    const char *note;  /* NULL, or why it is not graded, in a sentence for the team */
    bool grade;        /* makes a submission and a run */
    const char *joins; /* NULL, or the run that is to do it; asked for by hand from now on */
    const char *pin;   /* deliverable that the commit is pinned for; graded only if it never was */
    bool fresh;        /* all its steps are to be run: none is taken from the cache */
    bool supersede;    /* queued older pushes of the ref end, the first one's place is kept */
    int64_t debounce_ms; /* with supersede: so long after the first of them the run may begin */
    int64_t due_ms;      /* but not those received until then: the last due time that has passed */
    int64_t priority;    /* of the run: smaller first */
};
bool store_push(struct store *store, const struct store_push *push, struct fault *why);
/* The run that is to grade this commit and has not ended; *run empty: there is none. */
struct store_wanted {
    struct str team, ref, commit;
};
bool store_on_its_way(struct store *store, struct arena *arena, const struct store_wanted *wanted,
                      struct str *run, struct fault *why);

/*
 * What a signed webhook told of a ref. Of two that tell the same the first one stays. Its push time
 * judges the lateness of the version, whichever of the two events came first: submission.judged_ms
 * is the earliest push time that lies behind our last good look without the version and not behind
 * our receipt of it, else the time of that look. *known: the ref has this value already.
 */
struct store_hook {
    int64_t seq, at_ms, pushed_ms; /* pushed_ms 0: the forge does not say */
    const char *team, *forge, *ref, *commit;
};
bool store_hook(struct store *store, const struct store_hook *hook, bool *known, struct fault *why);
/*
 * The state of a team at a due time: its refs that start runs, as the events before this one left
 * them. A second one for the same due time changes nothing.
 */
struct store_deadline {
    int64_t seq, due_ms, looked_ms;
    const char *team;
    bool (*counts)(void *at, struct str ref);
    void *at;
};
bool store_deadline(struct store *store, const struct store_deadline *deadline, struct fault *why);

/* ---- how repositories are watched ---- */
/* Versions of the team that are queued. */
bool store_waiting(struct store *store, const char *team, int64_t *count, struct fault *why);
struct store_look {
    struct str team, seen; /* seen: digest of its branches and tags at looked_ms; empty unknown */
    int64_t looked_ms;     /* the last good look, 0 never */
};
bool store_look_list(struct store *store, struct arena *arena, struct store_look **out,
                     size_t *count, struct fault *why);
/* Good looks that found nothing new, in one transaction: of teams whose state was ok or empty. */
bool store_looked(struct store *store, const struct store_look *looks, size_t count,
                  struct fault *why);
bool store_team_seen(struct store *store, const char *team, const char *seen, struct fault *why);
bool store_mark(struct store *store, int64_t seq, const char *run, const char *question,
                double points, const char *reason, const char *by, struct fault *why);
struct store_cancelling {
    int64_t seq, at_ms; /* of the event */
    const char *run, *by;
};
bool store_cancel(struct store *store, const struct store_cancelling *what, struct fault *why);
/* Last event taken over; store_skip moves on without doing anything. */
bool store_inbox_seq(struct store *store, int64_t *seq, struct fault *why);
bool store_skip(struct store *store, int64_t seq, struct fault *why);

/* ---- the queue ---- */
struct claim {
    char run[ULID_TEXT], submission[ULID_TEXT], fence[FENCE_TEXT];
    char version[SHA256_HEX];
    struct str team, task, deliverable, commit, ref, source, repository;
    int64_t attempt, received_ms, created_ms, started_ms;
    struct str purpose; /* "": a submission's grading; "rescore", "replay": done again */
    struct str of_run;  /* which run is done again */
    struct str batch;   /* of a rescore */
};
struct claiming {
    const char *version; /* digest: of the course that the run will be graded with */
    int64_t deadline_ms; /* how long the attempt may take */
    int64_t per_team;    /* runs of a team under way together, at least 1 */
    int64_t slots;       /* of this grader: one is kept free of re-scoring, where there are two */
};
/*
 * The next in turn: smallest priority, then the least recently served team, then the oldest; none
 * that a pause covers. false without a fault (why->text empty) when nothing waits. */
bool store_claim(struct store *store, struct arena *arena, const struct claiming *how,
                 struct claim *out, struct fault *why);
bool store_heartbeat(struct store *store, const struct claim *claim, bool *lost, struct fault *why);
bool store_state(struct store *store, const struct claim *claim, const char *state, bool *lost,
                 struct fault *why);
/*
 * Back to the queue: tried again after delay_ms; `waits`: it was nobody's doing and does not count
 * as an attempt.
 */
struct release {
    int64_t delay_ms;
    bool waits;
    const char *message, *detail;
    const char *held; /* as run.held; NULL: not held */
};
bool store_release(struct store *store, const struct claim *claim, const struct release *release,
                   struct fault *why);
/* All runs whose holder is gone return to the queue; those tried too often are failed_ours. */
bool store_sweep(struct store *store, bool all, struct fault *why);
/* How the run of an inbox event ended: state "" while it has not. */
struct run_end {
    struct str run, state, verdict, message;
};
bool store_ended(struct store *store, struct arena *arena, int64_t seq, struct run_end *out,
                 struct fault *why);
bool store_run_ended(struct store *store, struct arena *arena, const char *run, struct run_end *out,
                     struct fault *why);

/* ---- what a run finds ---- */
bool store_submission_task(struct store *store, const struct claim *claim, const char *task,
                           const char *deliverable, struct fault *why);
struct store_step {
    int position;
    const char *name;
    int seed_at;
    const char *state, *verdict;
    bool heldout, cached; /* cached: taken over from an earlier run, its times and memory too */
    int64_t started_ms, ended_ms, wall_us, cpu_us, memory_peak_bytes;
    const char *message, *log;
    struct str tail;
};
bool store_steps_clear(struct store *store, const struct claim *claim, struct fault *why);
bool store_step(struct store *store, const struct claim *claim, const struct store_step *step,
                struct fault *why);
bool store_step_tail(struct store *store, const struct claim *claim, int position, struct str tail,
                     struct fault *why);

struct store_fact {
    const char *name, *rows, *audience, *unit;
    double value, low, high; /* NAN: none */
};
struct store_point {
    const char *question, *title, *state, *reason, *audience;
    double most, points; /* points NAN: none yet */
};
/* `release: ladder`: what is released of a team's metric, and the run that it comes from. */
struct store_ladder {
    const char *metric;
    struct str run;
    double score, low, high; /* low and high NAN: no interval */
};
/* Whose row a run was compared with; run empty: there was none. */
struct store_ladder_seen {
    const char *metric;
    struct str run;
};
struct store_ladder_key {
    struct str task, team;
    const char *metric, *digest; /* scoring_board_digest */
};
/* What stands in the store by this rule; *found false: nothing yet. */
bool store_ladder_find(struct store *store, struct arena *arena, const struct store_ladder_key *key,
                       struct store_ladder *out, bool *found, struct fault *why);

/* One line of what a replay left beside what the run had left; columns of the table replayed. */
struct store_replayed {
    const char *step, *name, *verdict, *before, *now;
    int seed_at;
    int64_t cells;
    double largest; /* NAN: none */
};

struct store_end {
    const char *state, *verdict, *step, *message, *detail;
    int64_t ended_ms;
    const struct store_fact *facts;
    const struct store_point *points;
    size_t fact_count, point_count;
    bool released; /* a score that goes on the board */
    double score, low, high;
    const char *task, *task_digest;
    const char *scoring; /* with what it was scored (grader/course/scoring.h); may be NULL */
    const char *board;   /* the same, of the released score alone; with scoring */
    const struct store_ladder *ladder; /* rows that this run replaces */
    size_t ladder_count;
    /* must still stand there, or nothing is written and the fault is passing */
    const struct store_ladder_seen *ladder_seen;
    size_t ladder_seen_count;
    const struct store_replayed *replayed; /* of a replay */
    size_t replayed_count;
    /*
     * Writes the receipt given the chain's head, gives its digest; called inside the transaction.
     */
    bool (*receipt)(void *at, const char *head, char digest[SHA256_HEX], struct fault *why);
    void *receipt_at;
};
/* The one transaction that ends a run, with its audit row. lost: nothing was written. */
bool store_finish(struct store *store, const struct claim *claim, const struct store_end *end,
                  bool *lost, struct fault *why);

/* ---- the board ---- */
struct board_entry {
    struct str run, team, commit;
    double score, low, high;
    int64_t submitted_ms, entries;
    bool baseline;
    int rank_low, rank_high; /* for store_board_set */
};
bool store_board_source(struct store *store, struct arena *arena, const char *task,
                        struct board_entry **out, size_t *count, struct fault *why);
/*
 * Released results that no board was made with yet have numbers; asked for before a board's source
 * is read, the newest one covers what that holds.
 */
bool store_board_due(struct store *store, const char *task, int64_t *seq, struct fault *why);
bool store_board_due_done(struct store *store, const char *task, int64_t seq, struct fault *why);
struct store_board {
    const char *task;
    const char *source; /* digest of what it is made from */
    const struct board_entry *entries;
    size_t count;
    int64_t due_seq; /* up to here nothing is due any more */
};
bool store_board_set(struct store *store, const struct store_board *board, struct fault *why);
/* Is the task's board made from this? */
bool store_board_is_made(struct store *store, const char *task, const char *source, bool *is,
                         struct fault *why);

/* ---- sealed ---- */
/* A secret by name, 64 hex digits, drawn at its first use. */
bool store_secret(struct store *store, const char *name, char hex[SHA256_HEX], struct fault *why);
bool store_prediction_put(struct store *store, const char *run, int seed_at, const char *sha256,
                          struct fault *why);
/* Digests of a run's predictions, one a seed, in seed order. */
bool store_predictions(struct store *store, struct arena *arena, const char *run, struct str *out,
                       size_t most, size_t *count, struct fault *why);
bool store_value_put(struct store *store, const char *run, const char *metric,
                     const struct store_fact *value, const char *note, struct fault *why);
bool store_measure_put(struct store *store, const char *run, const struct store_step *step,
                       struct fault *why);
