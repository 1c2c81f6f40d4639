/*
 * Where an answer comes from: the table of `from:` kinds and what a kind has to bring. A kind is
 * one file, from_NAME.c, and one row in kinds.c.
 */
#pragma once

#include "rubrics/rubric.h"

struct rubric_checking {
    const struct field_source *from;
    const struct rubric_known *known;
};

struct rubric_judging {
    struct arena *arena;
    const struct rubric_case *of;
};

struct rubric_kind {
    const char *name;
    const char *const *keys; /* NULL-ended: keys of a question beside the common ones */
    /* Complains about a question that cannot be judged. */
    void (*check)(const struct rubric_checking *at, const struct rubric_question *question);
    /* Fills state, suggested, reason and audience. */
    void (*judge)(const struct rubric_judging *at, const struct rubric_question *question,
                  struct rubric_points *out);
};

extern const struct rubric_kind rubric_kinds[];
extern const char *const rubric_kind_words[]; /* NULL-ended, in the same order */

void from_metric_check(const struct rubric_checking *at, const struct rubric_question *question);
void from_metric_judge(const struct rubric_judging *at, const struct rubric_question *question,
                       struct rubric_points *out);
void from_resource_check(const struct rubric_checking *at, const struct rubric_question *question);
void from_resource_judge(const struct rubric_judging *at, const struct rubric_question *question,
                         struct rubric_points *out);
void from_reproducible_judge(const struct rubric_judging *at,
                             const struct rubric_question *question, struct rubric_points *out);
void from_human_judge(const struct rubric_judging *at, const struct rubric_question *question,
                      struct rubric_points *out);

/* ---- shared by kinds ---- */

extern const char *const rubric_curve_words[]; /* NULL-ended, in the order of enum rubric_curve */

/* Complains about a curve without ends, without a slope, or where a logarithm fails. */
void curve_check(const struct rubric_checking *at, const struct rubric_question *question);
/* The rule in words: "from none at 0.5 to full points at 0.85". `unit` may be empty. */
const char *curve_words(struct arena *arena, const struct rubric_question *question,
                        const char *unit);
/* Suggests the curve's points for the fact. `name` begins the sentence. */
void curve_judge(const struct rubric_judging *at, const struct rubric_question *question,
                 const struct fact *fact, const char *name, struct rubric_points *out);
