/*
 * The truth and prediction files. Truth: `id,<target>[,Usage]` with Usage Public or Private.
 * Predictions: `id,prediction`, or `id` and one column a class, named as the class. Rows are
 * matched by id, in any order; ids are compared byte for byte. All of a file's faults are counted,
 * each with the line where it first occurred.
 */
#pragma once

#include "core/base/fault.h"
#include "core/data/dictionary.h"
#include "core/eval/scored.h"

#define TRUTH_BYTES_MOST ((size_t)1 << 30)
#define PREDICTION_BYTES_MOST ((size_t)1 << 30)
#define TRUTH_CLASSES_MOST 1000

enum usage { USAGE_ALL, USAGE_PUBLIC, USAGE_PRIVATE };

struct truth {
    enum truth_kind kind;
    size_t row_count;
    size_t class_count;        /* 0 for TRUTH_NUMBER */
    const struct str *classes; /* [class_count] rising: as numbers if all are, else bytewise. Of two
                                  the second is the one whose probability is predicted */
    const struct str *ids;     /* [row_count] in file order */
    const double *target;      /* [row_count] number, or index into classes */
    const enum usage *usage;   /* [row_count] PUBLIC or PRIVATE; PUBLIC without that column */
    bool has_usage;
    size_t public_count, private_count;
    struct dictionary index; /* id to row */
};

struct truth_form {
    struct str file;      /* its name in faults; empty: "truth" */
    struct str id_column; /* empty: "id" */
    struct str target;    /* empty: the one column that is neither id nor Usage */
    unsigned kinds;       /* allowed ones, of enum truth_kind; 0: all. The first that fits is taken:
                             BINARY for two distinct values, CLASSES for text, NUMBER. With NUMBER
                             among them, numbers are classes only if all are 0 or 1 */
};

/* Parse. Faults name the line. The result owes nothing to bytes. */
bool truth_parse(struct arena *arena, struct str bytes, const struct truth_form *form,
                 struct truth *out, struct fault *why);

/* What can be wrong with predictions. */
enum prediction_rule {
    PREDICTION_CSV,      /* the file is not well-formed CSV */
    PREDICTION_COLUMNS,  /* the header is not the expected one */
    PREDICTION_MISSING,  /* an id of the truth is not there */
    PREDICTION_DOUBLED,  /* an id stands there more than once */
    PREDICTION_UNKNOWN,  /* an id that the truth does not have */
    PREDICTION_NOTHING,  /* not a number (not a class, where classes are predicted) */
    PREDICTION_INFINITE, /* NaN or infinite */
    PREDICTION_RANGE,    /* outside 0..1 where a probability is needed; or all classes 0 */
    PREDICTION_RULES,
};

struct prediction_faults {
    struct {
        size_t count;
        size_t line;   /* of the first; 0 for MISSING and COLUMNS */
        struct str id; /* of the first, as far as there is one; in the parse's arena */
    } rules[PREDICTION_RULES];
    struct fault detail; /* of CSV and COLUMNS: what the reader said */
};

struct prediction_form {
    struct str file;      /* its name in faults; empty: "predictions" */
    struct str id_column; /* empty: "id" */
    bool in_unit;         /* values must lie in 0..1 */
    bool each_class;      /* TRUTH_CLASSES: one column a class is needed, names are not enough */
    bool discreet;        /* the text of a fault names rules and counts only: for held-out rows */
};

struct predictions {
    size_t row_count, width;
    const double *values; /* [row_count * width] in the truth's order; see struct scored. Columns a
                             class are divided by their sum; of two classes the second is kept */
};

/*
 * Parse and match. False when anything is wrong: *faults (may be NULL) says what, *why in words:
 * `p.csv: 2 ids missing (the first is "17"); 1 value not finite (first in line 9, id "8")`.
 * O(bytes); memory for the truth's rows and the longest cell only.
 */
bool predictions_parse(struct arena *arena, struct str bytes, const struct truth *truth,
                       const struct prediction_form *form, struct predictions *out,
                       struct prediction_faults *faults, struct fault *why);

/* "missing", "doubled", ...: for facts and JSON. */
const char *prediction_rule_name(enum prediction_rule rule);

/* The faults in words, all of them; discreet: rules and counts only. */
struct str prediction_faults_print(struct arena *arena, const struct prediction_faults *faults,
                                   struct str file, bool discreet);

/* The rows of a usage side by side, in the truth's order; copies only what is needed. */
void scored_rows(struct arena *arena, const struct truth *truth,
                 const struct predictions *predictions, enum usage usage, struct scored *out);
