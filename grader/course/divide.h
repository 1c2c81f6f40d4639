/*
 * A table of examples divided into what teams may see and what they may not: the files of a task's
 * data/ and private/ directories. For a new course, and for a team that tries its model on examples
 * that it holds back itself.
 */
#pragma once

#include "core/base/fault.h"
#include "core/data/table.h"
#include "grader/course/course.h"

struct divide {
    const struct course_task *task; /* id, kind, target, id_column */
    double heldout;                 /* share of the rows that is held out */
    double open;                    /* share of these that is Public */
    size_t sample;                  /* rows of the public sample; 0: no sample is written */
    uint64_t seed;
};

struct divided {
    size_t train, sample, open, closed; /* rows */
    size_t doubled;                     /* left out: an equal row stands before */
};

/* Kinds whose examples are one table: all but detection, and clustering, which has no answers. */
bool divide_can(int kind);

/*
 * Write the files beneath the course's directory; directories are made. A table without the id
 * column gets drawn ids. Classes are spread alike, queries stay whole, of a forecast the last times
 * are held out. Faults are the data's (BLAME_STUDENT): too few rows, one class only, columns that
 * the kind needs.
 */
bool divide_write(struct arena *arena, int course_dir, const struct table *table,
                  const struct divide *how, struct divided *out, struct fault *why);
