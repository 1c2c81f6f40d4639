/*
 * Leaks: columns that alone tell the target so well that they are likely made from it, ids and row
 * numbers that tell anything of it, columns that equal it.
 *
 * How well one column tells the target is measured on rows that were not looked at: each half of
 * the rows (by turns) is told by what the other half shows, numbers in up to 50 bins of equal
 * counts, texts level by level, shrunk to the mean by half a row. The strength is
 *   2 classes   |2 AUC - 1|, the Gini coefficient: of the halves together, or of the number itself
 *   numbers     R squared: of the halves, or of the best line
 *   classes     1 - the error against always telling the commonest class
 * 0: nothing, 1: perfectly. Few rows tell much by accident: a column is found only when its
 * strength is also LEAK_SIGMAS standard deviations from that of a column that tells nothing (of
 * ranks for the Gini coefficient, Mann and Whitney 1947; sqrt(n) times the correlation; saved less
 * made errors over the root of both), which 1 such column in 1000 is at most. At most 200,000 rows,
 * evenly spaced, are looked at.
 */
#pragma once

#include "core/data/table.h"

#define LEAK_STRENGTH 0.96 /* an AUC of .98; R squared of .98 is asked of numbers */
#define LEAK_STRENGTH_NUMBERS 0.98
#define LEAK_STRENGTH_ID 0.1 /* of ids and row numbers, which should tell nothing */
#define LEAK_SIGMAS 3.5
#define LEAK_CLASSES_MOST 100

enum leak_kind {
    LEAK_NONE,
    LEAK_EQUAL,  /* the column is the target, cell by cell */
    LEAK_STRONG, /* it alone tells the target nearly perfectly */
    LEAK_ID,     /* the id tells about the target */
    LEAK_ORDER,  /* the number of the row does: the file is sorted */
};

/* "", "equals the target", ...: a sentence about a column. */
const char *leak_text(enum leak_kind kind);

struct leak {
    struct str column; /* empty for LEAK_ORDER */
    double strength;   /* NAN where a side has no cells */
    enum leak_kind kind;
};

/*
 * One finding for each column but the target, in the table's order, then one for the order of rows:
 * table->column_count in all. id may be empty. False: the target is not there, has no cell, or has
 * more than LEAK_CLASSES_MOST classes.
 */
bool leaks_find(struct arena *arena, const struct table *table, struct str target, struct str id,
                struct leak *out, struct fault *why);
