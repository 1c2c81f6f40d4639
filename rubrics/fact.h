/*
 * Facts: named numbers with a unit, measured by the grader. What is not a fact has not been
 * measured. The names are one table in fact.c; metric.NAME holds any metric.
 */
#pragma once

#include "core/base/str.h"

enum fact_rows { ROWS_NONE, ROWS_TRAIN, ROWS_SAMPLE, ROWS_PUBLIC, ROWS_PRIVATE };
enum audience {
    AUDIENCE_PUBLIC,
    AUDIENCE_TEAM,
    AUDIENCE_STAFF
}; /* each includes the later ones' eyes */

struct fact {
    const char *name;
    double value;
    const char *unit; /* "" when none */
    double low, high; /* 95 % interval; NAN when none */
    int64_t n;        /* rows or repetitions behind it; 0: does not apply */
    enum fact_rows rows;
    enum audience audience;
};

const char *fact_rows_name(
    enum fact_rows rows); /* "none", "train", "sample", "public", "private" */
const char *audience_name(enum audience audience); /* "public", "team", "staff" */
bool fact_rows_find(struct str name, enum fact_rows *out);
bool audience_find(struct str name, enum audience *out);

/* What the table says of a name; NULL for unknown names. Any metric.NAME is known. */
struct fact_name {
    const char *name;
    const char *unit;
    const char *title; /* for a sentence: "processor time of training" */
};
const struct fact_name *fact_name_find(struct str name);
extern const char *const fact_words[]; /* NULL-ended: the table's names, for complaints */

/* The first fact of that name over those rows; NULL when not measured (or not a finite number). */
const struct fact *fact_find(const struct fact *facts, size_t count, struct str name,
                             enum fact_rows rows);

/* Four significant digits, whole numbers from 10000 on; never 2.5e+04. */
const char *fact_number(struct arena *arena, double number);
/* "0.8124 (95 % interval 0.79 to 0.83, 713 public rows)". */
const char *fact_print(struct arena *arena, const struct fact *fact);
/* The stricter of the fact's own audience and what its rows ask for: held-out rows are staff's. */
enum audience fact_audience(const struct fact *fact);
