/*
 * The rubric: questions with points, and where each answer comes from. Judging is pure: facts in,
 * points with reasons out. Nothing is judged on a fact that is absent: such a question is
 * `not_measured`, never 0 points. Kinds of answers (`from:`) are one table in kinds.c; a kind is
 * one file and one row.
 */
#pragma once

#include "core/base/fields.h"
#include "rubrics/fact.h"

struct rubric_kind;

enum rubric_curve {
    RUBRIC_CURVE_LINEAR, /* straight from zero_at to full_at */
    RUBRIC_CURVE_LOG,    /* straight in the logarithm */
    RUBRIC_CURVE_POINTS, /* straight between the pairs of `through`: [value, share of the points] */
    RUBRIC_CURVE_STEPS,  /* the share of the last pair of `through` that was reached */
};

struct rubric_question {
    struct str id;
    struct str title;
    struct str task; /* empty: every task */
    double points;
    struct str from;
    const struct rubric_kind *kind;
    struct str metric;       /* from: metric */
    struct str fact;         /* from: resource */
    int rows;                /* enum fact_rows; from: metric */
    double zero_at, full_at; /* NAN when not given; zero_at > full_at: lower is better */
    int curve;               /* enum rubric_curve */
    struct number_pairs through;
    struct str guidance; /* from: human */
    int line;
};

struct rubric {
    int64_t schema;
    const struct rubric_question *questions;
    size_t count;
};

/* What a rubric may name. NULL-ended lists of zero-ended words. */
struct rubric_known {
    const char *const *tasks;
    const char *const *metrics;
};

/* `file` names the source in complaints. False with at least one line in `to`. */
bool rubric_parse(const struct field_source *from, struct str yaml,
                  const struct rubric_known *known, struct rubric *out);

/* A human's word, which overrides the suggestion. */
struct rubric_mark {
    const char *question;
    double points;
    const char *reason; /* may be empty */
    const char *by;
};

enum rubric_state {
    RUBRIC_SUGGESTED,
    RUBRIC_HUMAN_NEEDED, /* only a human can answer */
    RUBRIC_NOT_MEASURED, /* the fact is absent */
    RUBRIC_MARKED,       /* by a human */
};
const char *rubric_state_name(enum rubric_state state); /* "suggested", "human_needed", ... */

struct rubric_points {
    const char *id;
    const char *title;
    double points;    /* the mark, else the suggestion, else NAN */
    double suggested; /* NAN when none; stays beside a mark */
    double max;
    enum rubric_state state;
    const char *
        reason; /* measured value, rule, thresholds, n, interval; or what a human should look for */
    /* of points, suggestion and reason: staff when made from held-out rows, and what only a human
     * should look for; title, max and state are the team's to see */
    enum audience audience;
};

struct rubric_case {
    const char *task;
    const struct fact *facts;
    size_t fact_count;
    const struct rubric_mark *marks;
    size_t mark_count;
};

/* One row for each question of the task, in the rubric's order; *count says how many. */
struct rubric_points *rubric_judge(struct arena *arena, const struct rubric *rubric,
                                   const struct rubric_case *of, size_t *count);

/* Share of the points, 0..1, that `value` earns; value must be finite. */
double rubric_share(const struct rubric_question *question, double value);
