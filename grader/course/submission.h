/*
 * submission.yaml, at the root of a team's repository: what to run, with which settings, and what
 * the team claims.
 */
#pragma once

#include "grader/course/course.h"

struct submission_claim {
    struct str name;  /* a metric */
    double value;     /* NAN: an interval only */
    double low, high; /* NAN: no interval given */
    int line;
};

/* Where the file names something; 0: nowhere. */
struct submission_lines {
    int train, predict, serve, pipeline;
    int report, architecture, answers;
};

struct submission_file {
    int64_t schema;
    struct str task;
    struct str deliverable; /* empty: the tag or the earliest open one decides */
    struct str environment; /* "default" */
    struct str build;       /* a shell command; empty: nothing to build */
    struct { /* either pipeline or train and predict; serve may join these; empty: not given */
        struct str train, predict, serve; /* shell commands */
        struct str pipeline;              /* a path */
    } entry_points;
    struct str_pairs hyperparameters; /* values as written */
    const struct submission_claim *claims;
    size_t claim_count;
    struct str_pairs resources; /* train_s, memory_mb: numbers, as written */
    struct {
        struct str report, architecture, answers; /* paths; empty: not given */
    } writeup;
    struct submission_lines lines;
};

/*
 * False with at least one line in `to`, in words that tell a student what to do. course NULL: a
 * team's own check, which cannot know tasks, deliverables and environments.
 */
bool submission_parse(struct arena *arena, struct str yaml, const struct course *course,
                      struct submission_file *out, struct complaints *to);

/* What the deliverable needs and the file does not name. */
bool submission_needs_check(const struct submission_file *file,
                            const struct course_deliverable *deliverable, struct complaints *to);

/*
 * The files that it names, beneath the root of the repository: writeups and the pipeline are
 * there; programs named as ./x are there and executable, unless a build may make them. No link is
 * followed out of it.
 */
bool submission_files_check(int root, const struct submission_file *file, struct complaints *to);

/* The pipeline, when it is there, as core/learn/recipe.h reads it: its mistakes with its lines. */
bool submission_pipeline_check(int root, const struct submission_file *file, struct complaints *to);

/*
 * submission.yaml as a box sees it: keys in fixed order, sorted hyperparameters, without claims,
 * writeup and deliverable, so that a writeup or another deliverable never invalidates a training.
 * Valid YAML, equal for equal meaning.
 */
struct str submission_seen_text(struct arena *arena, const struct submission_file *file);
