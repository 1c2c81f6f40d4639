/*
 * libholdout: read a table, train a learner, predict, measure. The same code that holdout-ml and
 * the grader use, as a C library (C99 and later, C++11 and later).
 *
 *     struct holdout_error error;
 *     struct holdout_table *train = holdout_table_read("train.csv", &error);
 *     struct holdout_training how = { .size = sizeof how, .target = "isFraud",
 *                                     .learner = "logistic" };
 *     struct holdout_model *model = train ? holdout_train(train, &how, &error) : NULL;
 *     if (!model)
 *         fprintf(stderr, "%s\n", error.text);
 *
 * Build with `cc -o train train.c $(pkg-config --cflags --libs holdout)`.
 *
 * For every function here:
 * - Failure: a function that can fail returns NULL or false and fills *error (may be NULL). It
 *   never ends the program, prints nothing, and a lack of memory is an error like any other. A
 *   NULL that is not said to be fine is HOLDOUT_BAD_ARGUMENT; an array of no elements may be NULL.
 *   A function that cannot fail gives 0 or NULL for a NULL handle.
 * - Threads: there is no global state (but see holdout_train on OpenBLAS). Different handles may be
 *   used at the same time; one handle by many threads as long as all of them take it as const.
 * - Ownership: what a function named ..._read, _new, _load, _train or _select gives is freed with
 *   the matching ..._free; every other pointer is borrowed and lives as long as its handle is
 *   neither changed nor freed.
 * - The same inputs and the same seed give the same bytes, with any number of threads.
 * - Text is UTF-8 and zero-ended. Rows and columns count from 0.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library, such as "0.1.0". */
const char *holdout_version(void);

/* The numbers are those that holdout-ml exits with. */
enum holdout_code {
    HOLDOUT_OK = 0,
    HOLDOUT_BAD_ARGUMENT = 64, /* unknown learner, parameter out of range, no such column */
    HOLDOUT_BAD_DATA = 65,     /* the file is damaged or does not fit; the text names the line */
    HOLDOUT_MISSING = 66,      /* the file cannot be opened */
    HOLDOUT_SYSTEM = 69,       /* the file cannot be written, the disk is full */
    HOLDOUT_BUG = 70,          /* our mistake: please report it */
    HOLDOUT_NO_MEMORY = 71,
};

struct holdout_error {
    enum holdout_code code; /* HOLDOUT_OK after success */
    char text[256];         /* one line, without a line end; "" after success */
};

/* ---- Tables ---------------------------------------------------------------------------------- */

/* Named columns of equal length. */
struct holdout_table;

/*
 * Types of columns. A column whose every filled cell is a number is one; one whose every filled
 * cell is a time in ISO 8601 is one too: seconds since 1970-01-01T00:00:00Z. All others are
 * categories.
 */
enum holdout_kind { HOLDOUT_NO_COLUMN = 0, HOLDOUT_NUMBER = 1, HOLDOUT_CATEGORY = 2 };

/*
 * Read a table: CSV with a header line (separator , ; tab or |, quotes as in RFC 4180, any line
 * ends; empty cells are missing) or JSON lines, an object a line; either may be packed by gzip or
 * zstd. A directory, such as /opt/ml/input/data/train, stands for the *.csv, *.jsonl and *.ndjson
 * files in it, also *.gz and *.zst of these, one below the other in the order of their names; their
 * columns must agree. A column named "id" is a category with the texts as they stand there, also
 * when these are numbers. O(bytes).
 */
struct holdout_table *holdout_table_read(const char *path, struct holdout_error *error);

/* How to read a table. Fields that are zero have the default said here; `size` is for later. */
struct holdout_reading {
    size_t size;    /* sizeof(struct holdout_reading) */
    const char *id; /* default "id" */
    const char
        *schema; /* path of a schema file, which pins the kinds of columns; see holdout-ml(1) */
    unsigned threads; /* default 1, more than 64 count as 64; the same table with any number */
};
struct holdout_table *holdout_table_read_as(const char *path, const struct holdout_reading *how,
                                            struct holdout_error *error);

/* A table without columns, for holdout_table_add_*. */
struct holdout_table *holdout_table_new(size_t rows, struct holdout_error *error);

/*
 * A new table with the rows at[0..count), in this order (a row may be named twice): to hold some
 * rows back for validation. An index beyond the last row is an error.
 */
struct holdout_table *holdout_table_select(const struct holdout_table *table, const size_t *at,
                                           size_t count, struct holdout_error *error);

void holdout_table_free(struct holdout_table *table); /* NULL is fine */

size_t holdout_table_rows(const struct holdout_table *table);
size_t holdout_table_columns(const struct holdout_table *table);

/* The name of a column; NULL when there is no such column. */
const char *holdout_table_name(const struct holdout_table *table, size_t column);

/* Where the column `name` is; -1 when there is none. */
ptrdiff_t holdout_table_find(const struct holdout_table *table, const char *name);

/* HOLDOUT_NO_COLUMN when there is none. */
enum holdout_kind holdout_table_kind(const struct holdout_table *table, size_t column);

/*
 * What a column's cells mean, which decides the transforms that a learner gets for them by default.
 * Of number columns:
 *   HOLDOUT_MEANS_INTEGER   all are whole, were written so, and are within 2^53
 *   HOLDOUT_MEANS_TIME      seconds since 1970-01-01T00:00:00Z
 *   HOLDOUT_MEANS_NUMBER    any other
 * Of category columns:
 *   HOLDOUT_MEANS_TEXT      (nearly) all are distinct, or long: words to be looked into, no classes
 *   HOLDOUT_MEANS_CATEGORY  any other
 */
enum holdout_meaning {
    HOLDOUT_MEANS_NOTHING = 0, /* there is no such column */
    HOLDOUT_MEANS_NUMBER = 1,
    HOLDOUT_MEANS_CATEGORY = 2,
    HOLDOUT_MEANS_INTEGER = 3,
    HOLDOUT_MEANS_TIME = 4,
    HOLDOUT_MEANS_TEXT = 5,
};
enum holdout_meaning holdout_table_meaning(const struct holdout_table *table, size_t column);

/*
 * Say what a column means, such as times that you computed. A number column stays one and a
 * category column, too. Refused: integers that are not whole or beyond 2^53, times beyond the years
 * 1 to 9999. O(rows).
 */
bool holdout_table_set_meaning(struct holdout_table *table, size_t column,
                               enum holdout_meaning meaning, struct holdout_error *error);

/*
 * The values [rows] of a number column, NAN where the cell is missing. NULL when the column is a
 * category or does not exist.
 */
const double *holdout_table_numbers(const struct holdout_table *table, size_t column);

/*
 * The text of a cell of a category column; NULL when the cell is missing, the column is a number
 * or either does not exist.
 */
const char *holdout_table_text(const struct holdout_table *table, size_t column, size_t row);

/*
 * The levels of a category column: *count texts, each at holdout_table_level, and for each row its
 * level (codes[rows], -1 where missing). NULL when the column is not a category.
 */
const int32_t *holdout_table_codes(const struct holdout_table *table, size_t column, size_t *count);
const char *holdout_table_level(const struct holdout_table *table, size_t column, size_t level);

/*
 * Add a column behind the last one: a feature that you computed yourself.
 *   name          copied; a column of this name must not exist
 *   values[rows]  copied; NAN is missing, infinities are refused
 *   texts[rows]   copied; NULL is missing
 */
bool holdout_table_add_numbers(struct holdout_table *table, const char *name, const double *values,
                               struct holdout_error *error);
bool holdout_table_add_texts(struct holdout_table *table, const char *name,
                             const char *const *texts, struct holdout_error *error);

/* Take a column away. */
bool holdout_table_drop(struct holdout_table *table, const char *name, struct holdout_error *error);

/*
 * Write a CSV file, or JSON lines where the path ends in .jsonl or .ndjson: there whole or not at
 * all. Numbers are the shortest that read back equal.
 */
bool holdout_table_write(const struct holdout_table *table, const char *path,
                         struct holdout_error *error);

/* ---- Learners and models --------------------------------------------------------------------- */

/* A trained learner with the features that it was trained on. */
struct holdout_model;

/* How to train. Fields that are zero have the default said here; `size` is for later versions. */
struct holdout_training {
    size_t size;                   /* sizeof(struct holdout_training) */
    const char *target;            /* the column to predict */
    const char *id;                /* default "id": never a feature, copied to the output */
    const char *learner;           /* "logistic", "ridge", ...: see `holdout-ml learners` */
    const char *const *params;     /* such as { "l2=0.1", "max_iter=50", NULL }, or NULL */
    const char *const *transforms; /* such as { "impute", "standard", "one_hot", NULL }, or NULL for
                                      the learner's usual ones */
    uint64_t seed;                 /* default 0 */
    unsigned threads;              /* default 1; more than 64 count as 64 */
    const char *const *drop;       /* columns that are no features, NULL past the last; or NULL */
    const char *kind;              /* "regression", "binary", "multiclass"; NULL: by the target */
    const char *time, *group,
        *weight;           /* columns, or NULL: when a row was, what it belongs to (query,
                                      series, entity), how much it counts */
    const char *calibrate; /* "platt" or "isotonic": probabilities that come true; or NULL */
};

/* The names of the learners, NULL past the last one. */
const char *holdout_learner_name(size_t at);

/*
 * Train on all columns but the target and the id. Rows whose target is missing are refused.
 * The first call sets OpenBLAS to one thread for the process, so that results do not depend on the
 * number of threads; `threads` are our own.
 */
struct holdout_model *holdout_train(const struct holdout_table *table,
                                    const struct holdout_training *how,
                                    struct holdout_error *error);

/* The model file is versioned, checksummed and the same on every machine. */
bool holdout_model_save(const struct holdout_model *model, const char *path,
                        struct holdout_error *error);

/* A damaged file, one of a newer version or something else is refused with HOLDOUT_BAD_DATA. */
struct holdout_model *holdout_model_load(const char *path, struct holdout_error *error);

void holdout_model_free(struct holdout_model *model); /* NULL is fine */

/*
 * What the model is, as a JSON object: learner, parameters, target, features, coefficients,
 * training figures.
 */
const char *holdout_model_describe(const struct holdout_model *model);

/*
 * Numbers that a prediction has a row: 1, or one a class where there are three or more. The
 * classes' names, in the order of their numbers or of their text; NULL past the last one and for
 * numbers.
 */
size_t holdout_model_outputs(const struct holdout_model *model);
const char *holdout_model_class(const struct holdout_model *model, size_t at);

/* Threads that later predictions use; 1 at first, more than 64 count as 64. The numbers are the
   same with any. */
void holdout_model_set_threads(struct holdout_model *model, unsigned threads);

/*
 * A row's numbers: the value of a numeric target; the probability of the second of two classes,
 * such as 1 of 0 and 1; of more classes the probability of each; of learners without a target the
 * cluster or the score (higher is stranger).
 *   table            holds the columns that the model was trained on, by name, in any order; more
 *                    are fine, the target is not needed
 *   out[row_count * holdout_model_outputs(model)], row by row; row_count =
 * holdout_table_rows(table)
 */
bool holdout_predict(const struct holdout_model *model, const struct holdout_table *table,
                     double *out, size_t row_count, struct holdout_error *error);

/*
 * Write `id,prediction`, the file that a grader wants: there whole or not at all.
 *   id               the column of `table` to copy; NULL is "id"
 *   prediction[row_count]  finite, in the order of the table's rows
 */
bool holdout_predictions_write(const struct holdout_table *table, const char *id,
                               const double *prediction, size_t row_count, const char *path,
                               struct holdout_error *error);

/* The same for a model's predictions, with its id and a column a class where it has several:
   prediction[row_count * holdout_model_outputs(model)]. */
bool holdout_model_predictions_write(const struct holdout_model *model,
                                     const struct holdout_table *table, const double *prediction,
                                     size_t row_count, const char *path,
                                     struct holdout_error *error);

/*
 * Shapley values: by how much each feature moved each row's raw score from the mean one; for
 * learners that have exact ones (linear models, trees), else an error.
 *   out[row_count * outputs * (features + 1)], row by row; the last of each is the mean score.
 * holdout_model_feature gives the features' names, NULL past the last one.
 */
const char *holdout_model_feature(const struct holdout_model *model, size_t at);
size_t holdout_model_features(const struct holdout_model *model);
bool holdout_explain(const struct holdout_model *model, const struct holdout_table *table,
                     double *out, size_t row_count, struct holdout_error *error);

/* ---- Features by themselves ------------------------------------------------------------------ */

/* Transforms that were fitted to a table. */
struct holdout_features;

/* What a learner sees of a table: dense columns, and behind them sparse ones. */
struct holdout_matrix;

/*
 * Fit the transforms of *how to all columns but target, id, weight and the dropped ones.
 *   how      learner: whose usual transforms are taken when none are given, and whose needs decide
 *            what is sparse; NULL: cells may stay missing, many one-hot columns and all of texts
 *            are sparse. target: NULL, or what target_encode and lags look at
 *   matrix   NULL, or out: the training rows; free it by itself
 */
struct holdout_features *holdout_features_fit(const struct holdout_table *table,
                                              const struct holdout_training *how,
                                              struct holdout_matrix **matrix,
                                              struct holdout_error *error);
void holdout_features_free(struct holdout_features *features); /* NULL is fine */

/* The rows of any table with the same columns. */
struct holdout_matrix *holdout_transform(const struct holdout_features *features,
                                         const struct holdout_table *table,
                                         struct holdout_error *error);
void holdout_matrix_free(struct holdout_matrix *matrix); /* NULL is fine */

/* The name of a column, such as "Home=rent"; NULL past the last one. */
const char *holdout_features_name(const struct holdout_features *features, size_t column);

size_t holdout_matrix_rows(const struct holdout_matrix *matrix);
size_t holdout_matrix_columns(const struct holdout_matrix *matrix); /* dense and sparse */

/* The dense columns: values[rows * *columns], row by row; NAN where a cell stayed missing. */
const double *holdout_matrix_dense(const struct holdout_matrix *matrix, size_t *columns);

/*
 * The sparse columns, compressed by rows: row i has (*starts)[i] .. (*starts)[i + 1] of the values,
 * in the columns (*columns_at)[...], counted from the first sparse one. NULL: there are none.
 */
const double *holdout_matrix_sparse(const struct holdout_matrix *matrix, const size_t **starts,
                                    const uint32_t **columns_at);

/* ---- Metrics --------------------------------------------------------------------------------- */

/* A metric with its 95 % interval; NAN where it is not defined. */
struct holdout_value {
    double value, low, high;
};

/* The names of the metrics, NULL past the last one. */
const char *holdout_metric_name(size_t at);

/*
 * Cross-validate: train on all but one of `folds` parts and measure on that one, each in turn. By
 * time where how->time is given, whole groups where how->group is, stratified by class else.
 *   metric  NULL: roc_auc, log_loss or rmse, by the target
 *   out     the mean over the folds and the 95 % interval of it (corrected resampled t)
 */
bool holdout_cross_validate(const struct holdout_table *table, const struct holdout_training *how,
                            size_t folds, const char *metric, struct holdout_value *out,
                            struct holdout_error *error);

/*
 * Measure predictions against the truth.
 *   metric           "roc_auc", "log_loss", "rmse", ...: see `holdout-ml metrics`
 *   truth[n]         numbers; 0 or 1 for metrics of two classes
 *   prediction[n]    finite
 */
bool holdout_measure(const char *metric, const double *truth, const double *prediction, size_t n,
                     struct holdout_value *out, struct holdout_error *error);

/*
 * Rows to measure. Fields that are zero have the default said here; `size` is for later versions.
 */
struct holdout_rows {
    size_t size; /* sizeof(struct holdout_rows) */
    size_t n;
    const double *truth;      /* [n] the number, the relevance, or the class from 0 on */
    const double *prediction; /* [n * width] finite, row by row */
    size_t width;             /* default 1; else class_count */
    size_t class_count;       /* default 2, for metrics of classes */
    const uint32_t *group;    /* [n] the query or series of each row, 0..group_count-1; or NULL */
    size_t group_count;
    bool without_interval;  /* low and high are NAN: much faster for some metrics */
    size_t resamples;       /* of bootstrap intervals; default by the number of rows */
    uint64_t seed;          /* of the bootstrap */
    const double *features; /* [n * feature_count] finite, row by row: of silhouette and its like */
    size_t feature_count;
};

/* As holdout_measure, for any of these rows. "ndcg@10" is "ndcg" of the first 10. */
bool holdout_measure_rows(const char *metric, const struct holdout_rows *rows,
                          struct holdout_value *out, struct holdout_error *error);

/*
 * The same for two files, as `holdout-ml evaluate`: rows are matched by id in any order; a missing,
 * doubled, unknown or non-finite row is an error with its line.
 *   rows             out: their number; may be NULL
 */
bool holdout_evaluate(const char *truth_path, const char *prediction_path, const char *metric,
                      struct holdout_value *out, size_t *rows, struct holdout_error *error);

#ifdef __cplusplus
}
#endif
