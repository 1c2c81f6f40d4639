/*
 * One run on its way through the house: plain data in groups, one a step; written by that step
 * alone, read by later ones.
 */
#pragma once

#include "core/eval/predictions.h"
#include "grader/cache.h"
#include "grader/course/environment.h"
#include "grader/execute/job.h"
#include "grader/grader.h"
#include "grader/heldout.h"
#include "grader/source/snapshot.h"
#include "grader/store/seal.h"
#include "grader/store/store.h"
#include "grader/course/submission.h"

#define RUN_SEEDS_MOST 10
#define RUN_STEPS_MOST 64

/* A step's row in the store, kept here until the run ends. */
struct run_step {
    struct store_step row;
    char key[24];                         /* of the job's step; "" for steps done here */
    const struct job_artifact *artifacts; /* what it left */
    size_t artifact_count;
    const char *measured_in; /* the run that really ran it, when the row is cached */
};

/* A planned step that was not run, since the cache had what it leaves. */
struct run_kept {
    const char *key; /* of the job's step */
    struct cache_entry entry;
    size_t row;   /* of `steps` */
    bool checked; /* all of its artifacts were read, and are whole */
};

/* Predictions of one training: seed_at 1.., -1 for seed 1 trained once more. */
struct run_seed {
    int seed_at;
    struct str csv;             /* as it came from the box */
    struct predictions matched; /* in the solution's row order */
};

struct run {
    const struct grader *grader;
    const struct loaded *loaded; /* the course as it was when the run was claimed */
    struct store *store;
    struct arena *arena;
    struct claim claim;
    const struct course_task *task; /* NULL until submission.yaml was read */

    struct {                        /* a run that is done again: grader/repeat/replay.h */
        const struct json *receipt; /* of the run that it repeats */
        struct loaded *own;         /* the course as it was */
        const char *batch; /* of a rescore that computes this run's results anew; or NULL */
        struct store_replayed *rows;
        size_t row_count;
    } again;

    struct { /* snapshot */
        struct snapshot tree;
        struct submission_file file;
        struct str submission_yaml;
    } snapshot;

    struct { /* build, train, predict: one job or two */
        struct job job;
        struct job_result result;
        int round;                     /* 0: build and the first seeds, 1: the other seeds */
        const char *spent[2];          /* directory of each round; NULL: there is none any more */
        size_t first_step;             /* of `steps`: the first one of the job that runs now */
        size_t row_of[JOB_STEPS_MOST]; /* of `steps`: the row of each step of the job */
        struct run_kept kept[RUN_STEPS_MOST];
        struct environment environment;   /* of the job that ran last; its root is closed again */
        size_t kept_first, kept_count;    /* kept_first: the first one of this round's job */
        bool no_cache;                    /* all steps are to be run */
        char key_base[SHA256_HEX];        /* what the keys of all steps share */
        const char *host, *layers;        /* JSON of the result, "" before */
        const struct job_artifact *built; /* what the build left, for a second job */
        size_t built_count;
        struct heldout
            drawn[RUN_SEEDS_MOST + 1]; /* by the place of the seed; csv.at NULL: not yet */
        char code_from[24];            /* key of the build step, "" when the snapshot is the code */
    } work;

    struct {                       /* evaluate */
        struct seal_value *values; /* to be sealed with the predictions */
        size_t value_count;
        struct truth truth;
        struct run_seed seeds[RUN_SEEDS_MOST + 3];
        size_t seed_count;
        bool deterministic; /* seeds 1 and 2 gave the same predictions */
        double same_seed;   /* share of equal predictions when the first seed was trained again */
        bool released;
        double score, low, high;
        /* release: ladder */
        struct store_ladder *reached; /* rows that this run replaces */
        size_t reached_count;
        struct store_ladder_seen *seen; /* what it was compared with */
        size_t seen_count;
        const char *kept; /* metrics that it was not significantly better in: "roc_auc, f1" */
    } evaluated;

    struct { /* serve; there: the step was run */
        struct job_serve_result sample, heldout;
        int64_t memory_bytes; /* the highest peak of both; 0: not measured */
        bool failed;          /* one of them did not go well */
    } served;

    struct { /* judge */
        struct store_fact facts[128];
        size_t fact_count;
        struct store_point *points;
        size_t point_count;
    } judged;

    struct { /* it goes back to the queue: nobody's fault, and no attempt */
        int64_t until_ms;
        const char *message; /* NULL: it does not */
        const char *held;    /* as run.held in the store */
    } back;

    struct { /* how it ended */
        const char *state, *verdict, *step, *message, *detail;
        int64_t at_ms; /* set by record */
    } end;

    struct run_step steps[RUN_STEPS_MOST];
    size_t step_count;
    bool recorded; /* the run has ended in the store; the fence is spent */
    bool lost;     /* the fence is no longer ours: write nothing more */
};

/* The row of a step, made when there is none; written to the store at once. */
struct run_step *run_step_add(struct run *run, const char *name, int seed_at, bool heldout);
bool run_step_write(struct run *run, struct run_step *step, struct fault *why);

/* The team's doing: becomes the verdict. Returns false. */
bool run_fail_team(struct run *run, const char *verdict, const char *message, struct fault *why);

/* Not now: back to the queue until an instant, with a sentence for the team. Returns false. */
bool run_put_back(struct run *run, int64_t until_ms, const char *held, const char *message,
                  struct fault *why);

void run_fact(struct run *run, const struct store_fact *fact);
