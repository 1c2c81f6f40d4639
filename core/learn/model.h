/*
 * A model: a trained learner together with its features, its target and how it was made. Trained
 * from a table and a recipe, saved in one file, applied to any table with the same columns.
 *
 * The file: "HOLDOUTM", u32 version of the format, u64 length of the content, the content, the
 * SHA-256 of all before it. Little-endian; the same bytes on every machine.
 */
#pragma once

#include "core/data/table.h"
#include "core/learn/calibration.h"
#include "core/learn/features.h"
#include "core/learn/recipe.h"
#include "core/learn/target.h"

#define MODEL_VERSION 2
#define MODEL_BYTES_MOST ((size_t)1 << 30)

struct model {
    const struct learner *learner;
    struct params params;
    struct str target, id;
    struct str time, group, weight; /* columns, or empty; weight matters in training alone */
    enum target_kind target_kind;
    size_t class_count;        /* 0 for numbers and none */
    const struct str *classes; /* [class_count]; of two the second one is what is predicted */
    struct features features;
    void *fitted;
    struct calibration calibration; /* of fitted's predictions */
    uint64_t seed;
    uint64_t rows;      /* trained on */
    struct str version; /* of holdout that trained it */
};

/*
 * Train. Faults: the target is not there, has missing cells, is of a kind that the learner does not
 * take, has one class only; a column does not fit its transforms; the table has no rows.
 */
bool model_train(struct arena *arena, const struct table *table, const struct recipe *recipe,
                 struct model *out, struct fault *why);

/* Numbers that a prediction has a row: 1, or class_count where that is over 2. */
size_t model_width(const struct model *model);

/* out[table->rows * model_width()], row by row: see learner.predict. */
bool model_predict(struct arena *arena, const struct model *model, const struct table *table,
                   unsigned threads, double *out, struct fault *why);

/* The file's bytes. Parsing refuses what is damaged, newer or of another kind. */
struct str model_print(struct arena *arena, const struct model *model);
bool model_parse(struct arena *arena, struct str bytes, struct model *out, struct fault *why);

/*
 * Move the model to another arena; *from, where it was trained, ends on the way, so that what
 * training left and what is kept are never there at once. False is our mistake.
 */
bool model_move(struct arena *arena, struct arena **from, struct model *model);

bool model_save(const struct model *model, struct arena *arena, const char *path,
                struct fault *why);
bool model_load(struct arena *arena, const char *path, struct model *out, struct fault *why);

/* One JSON object. */
void model_describe(const struct model *model, struct json_out *out);
