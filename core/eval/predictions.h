/*
 * The truth and prediction files. Rows are matched by id, in any order; ids are compared byte for
 * byte. All of a file's faults are counted, each with the line where it first occurred.
 *
 *   kind             truth                                   predictions
 *   binary, classes  id,<target>                             id,prediction; or id and one column a
 *                                                            class, named as the class
 *   number           id,<target>                             id,prediction
 *   forecast         id,<target>[,series][,time]             id[,prediction][,q0.1][,q0.5]...
 *   labels           id and a column a label, each 0 or 1    id and a column a label: scores
 *   ranking          query,item,relevance                    query,item,score
 *   clusters         id,<target>                             id,cluster
 *   boxes            id,class,x1,y1,x2,y2[,iscrowd]          id,class,score,x1,y1,x2,y2
 *
 * Truth may have a column Usage with Public or Private in each row; all rows of a query or an image
 * must have the same. Of a forecast without a column prediction, q0.5 is the prediction. Clusters
 * are any texts. An image is a row for each of its boxes, in any place; a row whose other cells are
 * empty is an image without boxes, and images without predictions need not be named there.
 * Predicted boxes of a class that the truth has not are kept apart: they count for no class.
 */
#pragma once

#include "core/base/fault.h"
#include "core/data/dictionary.h"
#include "core/eval/scored.h"

#define TRUTH_BYTES_MOST ((size_t)1 << 30)
#define PREDICTION_BYTES_MOST ((size_t)1 << 30)
#define TRUTH_CLASSES_MOST 1000 /* classes, or labels */
#define QUANTILES_MOST 199
#define BOXES_MOST ((size_t)5000000) /* in a file */
#define CLUSTER_BYTES_MOST 256       /* of a cluster's name */

enum usage { USAGE_ALL, USAGE_PUBLIC, USAGE_PRIVATE };

struct truth {
    enum truth_kind kind;
    size_t row_count;
    size_t class_count;        /* 0 for TRUTH_NUMBER and TRUTH_RANKING */
    const struct str *classes; /* [class_count] rising: as numbers if all are, else bytewise. Of two
                                  the second is the one whose probability is predicted. Labels:
                                  in the order of columns */
    const struct str *ids;     /* [row_count] in file order; of a ranking query, NUL, item */
    const double *target;      /* [row_count] number, or index into classes; TRUTH_LABELS
                                  [row_count * class_count]; TRUTH_BOXES NULL */
    const enum usage *usage;   /* [row_count] PUBLIC or PRIVATE; PUBLIC without that column */
    bool has_usage;
    size_t public_count, private_count;
    struct dictionary index; /* id to row */
    struct str target_name;
    /* As in struct scored. */
    const uint32_t *group;
    size_t group_count;
    const struct str *groups; /* [group_count] queries, series, entities: as they appear. Of one
                                 series group is NULL */
    const uint32_t *attribute;
    size_t attribute_count;
    const struct str *attributes; /* [attribute_count] as they appear */
    const double *time;
    const struct box *boxes;
    size_t box_count;
    const struct history *history; /* truth_add_history */
    const double *features;        /* truth_add_features */
    size_t feature_count;
};

struct truth_form {
    struct str file;      /* its name in faults; empty: "truth" */
    struct str id_column; /* empty: "id" */
    struct str target;    /* empty: the one column that is neither id nor Usage */
    unsigned kinds;       /* allowed ones, of enum truth_kind; 0: all. The first that fits is taken:
                             BINARY for two distinct values, CLASSES for text, NUMBER. With NUMBER
                             among them, numbers are classes only if all are 0 or 1. One of
                             TRUTH_SPECIAL is taken when it is the only one */
    bool is_forecast;     /* NUMBER: columns series and time may be there */
    struct str group;     /* a column: rows of one entity, such as a patient; empty: none */
    struct str attribute; /* a column for measures of fairness; empty: none */
};

/* Kinds of target by the words of course files and commands. */
struct truth_word {
    const char *word; /* "forecast" */
    unsigned kinds;   /* for the form */
    bool is_forecast;
};
extern const struct truth_word truth_words[]; /* ended by a word that is NULL */

/* Parse. Faults name the line. The result owes nothing to bytes. */
bool truth_parse(struct arena *arena, struct str bytes, const struct truth_form *form,
                 struct truth *out, struct fault *why);

/*
 * What forecasts are scaled by: the values before them, in a file with the columns <target> and, as
 * far as the truth has them, series and time (else the order of rows is that of time). season: m of
 * the seasonal naive forecast and of MASE, 1 for none. TRUTH_NUMBER only.
 */
bool truth_add_history(struct arena *arena, struct truth *truth, struct str bytes, struct str file,
                       size_t season, struct fault *why);

/*
 * What clusters were made from: a file with id and columns of numbers, a row for each of the
 * truth's (others are ignored). No cell of these may be missing. TRUTH_CLUSTERS only.
 */
bool truth_add_features(struct arena *arena, struct truth *truth, struct str bytes,
                        const struct truth_form *form, struct fault *why);

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
    PREDICTION_BOX,      /* a box whose second corner is left of or above its first */
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
    bool quantiles;       /* TRUTH_NUMBER: columns q0.1 ... may be there */
    bool discreet;        /* the text of a fault names rules and counts only: for held-out rows */
};

struct predictions {
    size_t row_count, width;
    const double *values; /* [row_count * width] in the truth's order; see struct scored. Columns a
                             class are divided by their sum; of two classes the second is kept */
    /* As in struct scored. */
    size_t quantile_count;
    const double *quantile_levels, *quantiles;
    size_t cluster_count;
    const struct str *clusters; /* [cluster_count] in the order of the truth's rows */
    const struct box *boxes;    /* image by image, in each in file order; width is 0 */
    size_t box_count;
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

/* Some of the rows (images), each once, with all that stands beside them. at[count]: rising. */
void scored_take(struct arena *arena, const struct scored *rows, const size_t *at, size_t count,
                 struct scored *out);

/*
 * The predictions as a file that predictions_parse reads back equal, under the truth's ids, behind
 * what `out` holds already. Boxes of classes that the truth has not are left out.
 */
void predictions_print_csv(struct text *out, const struct truth *truth,
                           const struct predictions *predictions);

/* Share of rows (images) with equal predictions, up to 1e-9 of their size; 0 when they are not of
   one shape. */
double predictions_share_equal(const struct predictions *a, const struct predictions *b);

/*
 * Predictions without an error, as the form asks for: whether a metric has a value at all. With
 * form->quantiles q0.1, q0.5 and q0.9, all of them the truth.
 */
void predictions_perfect(struct arena *arena, const struct truth *truth,
                         const struct prediction_form *form, struct predictions *out);
