/*
 * What a kind of task is like: which columns its files have, what its truth is, and what a course
 * gives beside the truth so that metrics can be measured.
 *
 *   kind        id          beside it  the answer in solution.csv             also there
 *   ranking     query       item       <target>, "relevance" where not given
 *   detection   <id>, may repeat: an image   class,x1,y1,x2,y2[,iscrowd]
 *   multilabel  <id>                   every column but id and Usage: a label
 *   forecast    <id>                   <target>                               time [series]
 *   all others  <id>                   <target>
 *
 * The history of a forecast is train.csv; what clusters were made from is heldout.csv.
 */
#pragma once

#include "core/eval/predictions.h"
#include "grader/course/course.h"

struct course_shape {
    const char *id;         /* the column's name is fixed; NULL: id_column of course.yaml */
    const char *item;       /* with it a row is a pair of both; NULL: it is the id alone */
    bool repeats;           /* an id may have several rows */
    bool has_target;        /* course.yaml says `target` */
    const char *target;     /* where it may be left out; NULL: it is needed */
    bool target_hidden;     /* train.csv need not have it */
    const char *answers[7]; /* NULL-ended: columns of the answer whose names are fixed */
    const char *beside[3];  /* NULL-ended: columns of features that solution.csv repeats; the first
                               one is needed */
    const char *prediction; /* the column of sample_submission.csv; NULL: one a label */
    const char *row;        /* what predictions have to hold, for teams that did otherwise */
};
const struct course_shape *course_shape(int kind);

/* Where an answer's boxes of train.csv stand. */
#define COURSE_BOXES "boxes.csv"

/* How its files are read. */
struct truth_form course_truth_form(const struct course_task *task);

/* Does one of its metrics need what came before, or what clusters were made from? */
bool course_wants_history(const struct course_task *task);
bool course_wants_features(const struct course_task *task);
/* Does the primary metric measure quantiles? No baseline predicts these. */
bool course_wants_quantiles(const struct course_task *task);

/*
 * The truth of a task with what its metrics need beside it. Faults are the course's and name file
 * and line.
 */
struct course_truth_files {
    struct str solution;
    struct str train;   /* read when it wants history */
    struct str heldout; /* read when it wants features */
};
bool course_truth_parse(struct arena *arena, const struct course_task *task,
                        const struct course_truth_files *files, struct truth *out,
                        struct fault *why);

/* Would whoever reads this column have the answers? Of labels the solution's columns are asked. */
bool course_is_answer(const struct course_task *task, struct str column);
