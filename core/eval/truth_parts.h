/*
 * The parts of truth_parse: a truth file while it is read, and how each kind of target is taken
 * from its columns. All give false after a fault.
 */
#pragma once

#include "core/data/csv.h"
#include "core/eval/predictions.h"

#define TRUTH_KNOWN_MOST 10

struct reading {
    struct arena *arena;
    struct str bytes, file;
    const struct truth_form *form;
    struct table table;
    const struct column *id, *target, *usage;
    const struct column *known[TRUTH_KNOWN_MOST]; /* that are not the target; NULL where absent */
    size_t known_count;
    struct truth *out;
};

/* "FILE:LINE: ..." for a row of the table, from 0. Returns false. */
bool reading_refuse(const struct reading *r, size_t row, struct fault *why, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* "FILE:1: ..." for the header. Returns false. */
bool reading_refuse_header(const struct reading *r, struct fault *why, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A column that is not the target; NULL when it is not there, with a fault where it is needed. */
const struct column *reading_column(struct reading *r, struct str name, bool needed,
                                    struct fault *why);
bool reading_is_known(const struct reading *r, const struct column *column);

/* Is the cell empty? */
bool reading_missing(const struct column *column, size_t row);

/* Distinct ids, row by row; the public and private rows. */
bool truth_take_ids(struct reading *r, struct fault *why);
bool truth_take_usage(struct reading *r, struct fault *why);
/* USAGE_PUBLIC without that column; a fault when it is another word. */
bool truth_usage_at(const struct reading *r, size_t row, enum usage *out, struct fault *why);

/* From truth_target.c: r->target as numbers or classes. */
bool truth_find_target(struct reading *r, struct fault *why);
bool truth_take_target(struct reading *r, struct fault *why);

/* A kind of target: which columns are read how, and what is made of them. */
bool truth_take_plain(struct reading *r, struct fault *why);
bool truth_take_labels(struct reading *r, struct fault *why);
bool truth_take_ranking(struct reading *r, struct fault *why);
bool truth_take_boxes(struct reading *r, struct fault *why);
