/* Model files: hostile content behind a right checksum, and whole files as they come. What is read
   is described, predicts and explains, and prints as it was. */
#include "core/base/digest.h"
#include "core/learn/explain.h"
#include "core/learn/table_file.h"
#include <stdlib.h>

/* The columns of tests/fuzz/models.csv: ordinary, missing, unseen and extreme cells. */
static const char rows[] = "id,n,m,c,d,t,q,g,y,late,kind\n"
                           "1,1,,red,x,2024-01-01,a cat sat,u,1.5,yes,a\n"
                           "2,-3.5,2,,y,2024-01-02T12:00:00Z,the dog ran,v,2,no,b\n"
                           "3,0,1e300,blue,new,1970-01-01,,new,-4,yes,c\n"
                           "4,7,-1e300,green,x,2024-01-03,cat dog cat,u,1,no,a\n"
                           "5,2.25,3,red,,2024-01-04,x,,0,no,b\n";

/* The first bit says which: the rest is a file, or its content to be wrapped. */
static struct str wrapped(struct arena *arena, struct str content)
{
    struct text file = { .arena = arena };
    char hex[SHA256_HEX];
    text_add(&file, S("HOLDOUTM"));
    bytes_put_u32(&file, MODEL_VERSION);
    bytes_put_u64(&file, content.len);
    text_add(&file, content);
    sha256_of(text_str(&file), hex);
    text_add(&file, str_of(hex));
    return text_str(&file);
}

/* Straight to the learner: every loaded model gets here, whatever columns it asks for. */
static void predict_zeros(struct arena *arena, const struct model *model)
{
    size_t starts[3] = { 0 };
    struct csr none = { 2, model->features.width - model->features.dense, starts, NULL, NULL };
    struct inputs in = { .dense = matrix_new(arena, 2, model->features.dense),
                         .levels = model->features.levels,
                         .sparse = model->features.sparse ? &none : NULL,
                         .group_count = model->features.group_count };
    double *prediction = arena_array(arena, double, 2 * model_width(model));
    model->learner->predict(arena, model->fitted, &in, 1, prediction);
    calibration_apply(&model->calibration, prediction, 2);
}

/* By way of the features, where the model's columns are in the table. */
static void predict_rows(struct arena *arena, const struct model *model)
{
    struct csv_options how = table_pins(arena, S("id"), model);
    struct table table;
    struct fault why = { 0 };
    double *values;
    if (!csv_parse(arena, str_of(rows), &how, &table, &why)) {
        if (!why.text[0])
            abort();
        return;
    }
    values = arena_array(arena, double, table.rows *model_width(model));
    if (!model_predict(arena, model, &table, 1, values, &why) && !why.text[0])
        abort();
    if (!shapley_values(arena, model, &table, 1, &values, &why) && !why.text[0])
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    if (!size)
        return 0;
    struct arena *arena = arena_open(NULL);
    struct str rest = { (const char *)bytes + 1, size - 1 };
    struct str file = bytes[0] & 1 ? rest : wrapped(arena, rest);
    struct model model;
    struct fault why;
    if (model_parse(arena, file, &model, &why)) {
        struct text text = { .arena = arena };
        struct json_out out = { .text = &text };
        model_describe(&model, &out);
        predict_zeros(arena, &model);
        predict_rows(arena, &model);
        if (!str_equal(model_print(arena, &model), file))
            abort();
    }
    arena_drop(arena);
    return 0;
}
