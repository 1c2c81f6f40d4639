/* libholdout: models. */
#include "core/base/file.h"
#include "core/learn/columns.h"
#include "core/learn/evaluation.h"
#include "core/learn/explain.h"
#include "core/learn/public.h"
#include "core/learn/table_file.h"
#include <fcntl.h>
#include <stdlib.h>

static struct holdout_model *model_new(struct holdout_error *error)
{
    struct holdout_model *model = calloc(1, sizeof *model);
    if (model)
        model->arena = arena_open(&model->out);
    if (model && model->arena)
        return model;
    free(model);
    public_no_memory(error);
    return NULL;
}

void holdout_model_free(struct holdout_model *model)
{
    if (!model)
        return;
    arena_drop(model->arena);
    free(model);
}

struct model_call {
    struct holdout_model *model;
    struct arena *scratch;
    const struct holdout_table *table;
    const struct holdout_training *how;
    const struct holdout_model *with;
    const char *path, *id;
    double *out;
    const double *prediction;
    size_t row_count;
    struct str bytes;
    struct holdout_value *value;
    struct holdout_error *error;
};

static void describe(struct holdout_model *model)
{
    struct text text = { .arena = model->arena };
    struct json_out out = { .text = &text };
    model_describe(&model->model, &out);
    model->description = text.at;
}

static struct str text_or_empty(const char *text)
{
    return text ? str_of(text) : S("");
}

static bool read_lists(struct arena *arena, const struct holdout_training *how,
                       struct recipe *recipe, struct fault *why)
{
    size_t drops = 0;
    while (how->drop && how->drop[drops])
        drops++;
    struct str *drop = arena_array(arena, struct str, drops);
    for (size_t i = 0; i < drops; i++)
        drop[i] = str_of(how->drop[i]);
    recipe->drop = drop;
    recipe->drop_count = drops;
    for (size_t i = 0; how->params && how->params[i]; i++)
        if (!recipe_set_param(recipe, str_of(how->params[i]), why))
            return false;
    for (size_t i = 0; how->transforms && how->transforms[i]; i++)
        if (!recipe_add_transform(arena, recipe, str_of(how->transforms[i]), i, why))
            return false;
    return true;
}

bool public_recipe(struct arena *arena, const struct holdout_training *how,
                   const struct learner *otherwise, struct recipe *recipe, struct fault *why)
{
    *recipe = recipe_default();
    recipe->target = text_or_empty(how->target);
    recipe->time = text_or_empty(how->time);
    recipe->group = text_or_empty(how->group);
    recipe->weight = text_or_empty(how->weight);
    recipe->seed = how->seed;
    recipe->threads = public_threads(how->threads);
    if (how->id)
        recipe->id = str_of(how->id);
    if (how->calibrate && !calibration_find(str_of(how->calibrate), &recipe->calibration))
        return fault_set(why, BLAME_OPEN, "calibrate was \"%s\", allowed are platt and isotonic",
                         how->calibrate);
    if (how->learner ? !recipe_set_learner(recipe, str_of(how->learner), why)
                     : !recipe_use_learner(recipe, otherwise))
        return false;
    return (!how->kind || recipe_set_kind(recipe, str_of(how->kind), why)) &&
           read_lists(arena, how, recipe, why) && recipe_check(recipe, why);
}

/* The recipe of a call, whose target must be there where the learner has one. */
static bool recipe_of(struct model_call *call, struct recipe *recipe)
{
    struct fault why;
    if (!public_recipe(call->scratch, call->how, NULL, recipe, &why))
        return public_fault(call->error, HOLDOUT_BAD_ARGUMENT, &why);
    if (recipe->learner->targets == TARGET_NONE)
        return true;
    if (!recipe->target.len)
        return public_refuse(call->error, HOLDOUT_BAD_ARGUMENT, "no target was given");
    return column_needed(&call->table->table, recipe->target, "the target", &why) ||
           public_fault(call->error, HOLDOUT_BAD_ARGUMENT, &why);
}

static bool train_body(void *argument)
{
    struct model_call *call = argument;
    struct recipe recipe;
    struct fault why;
    if (!recipe_of(call, &recipe))
        return false;
    if (!model_train(call->scratch, &call->table->table, &recipe, &call->model->model, &why))
        return public_fault(call->error, HOLDOUT_BAD_DATA, &why);
    /* training leaves much behind: what stays moves to the model's own arena */
    if (!model_move(call->model->arena, &call->scratch, &call->model->model))
        return public_refuse(call->error, HOLDOUT_BUG, "the model could not be kept");
    describe(call->model);
    return true;
}

bool public_training_check(const struct holdout_training *how, struct holdout_error *error)
{
    if (!how || how->size != sizeof *how)
        return public_refuse(error, HOLDOUT_BAD_ARGUMENT,
                             "size of struct holdout_training was %zu, this library has %zu: set "
                             ".size = sizeof(struct holdout_training)",
                             how ? how->size : 0, sizeof *how);
    return true;
}

static bool training_check(const struct holdout_training *how, struct holdout_error *error)
{
    return public_training_check(how, error) &&
           (how->learner || public_refuse(error, HOLDOUT_BAD_ARGUMENT, "no learner was given"));
}

struct holdout_model *holdout_train(const struct holdout_table *table,
                                    const struct holdout_training *how, struct holdout_error *error)
{
    struct model_call call = { .table = table, .how = how, .error = error };
    if (!public_given(error, table, "table") || !training_check(how, error))
        return NULL;
    call.model = model_new(error);
    if (!call.model)
        return NULL;
    call.scratch = arena_open(&call.model->out);
    bool done = call.scratch ? public_guard(&call.model->out, train_body, &call, error)
                             : public_no_memory(error);
    arena_drop(call.scratch);
    if (done)
        return call.model;
    holdout_model_free(call.model);
    return NULL;
}

static bool save_body(void *argument)
{
    struct model_call *call = argument;
    struct fault why;
    return model_save(&call->with->model, call->scratch, call->path, &why) ||
           public_fault(call->error, HOLDOUT_SYSTEM, &why);
}

bool holdout_model_save(const struct holdout_model *model, const char *path,
                        struct holdout_error *error)
{
    struct model_call call = { .with = model, .path = path, .error = error };
    return public_given(error, model, "model") && public_given(error, path, "path") &&
           public_scratch(&call.scratch, save_body, &call, error);
}

static bool load_body(void *argument)
{
    struct model_call *call = argument;
    struct fault why;
    if (!model_load(call->model->arena, call->path, &call->model->model, &why))
        return public_fault(call->error, public_code_of_file(call->path), &why);
    describe(call->model);
    return true;
}

struct holdout_model *holdout_model_load(const char *path, struct holdout_error *error)
{
    struct model_call call = { .path = path, .error = error };
    if (!public_given(error, path, "path"))
        return NULL;
    call.model = model_new(error);
    if (!call.model)
        return NULL;
    if (public_guard(&call.model->out, load_body, &call, error))
        return call.model;
    holdout_model_free(call.model);
    return NULL;
}

const char *holdout_model_describe(const struct holdout_model *model)
{
    return model ? model->description : NULL;
}

static bool rows_check(const struct model_call *call)
{
    size_t rows = call->table->table.rows;
    return call->row_count == rows ||
           public_refuse(call->error, HOLDOUT_BAD_ARGUMENT,
                         "row_count was %zu, the table has %zu rows", call->row_count, rows);
}

static bool predict_body(void *argument)
{
    struct model_call *call = argument;
    struct fault why;
    if (!rows_check(call))
        return false;
    return model_predict(call->scratch, &call->with->model, &call->table->table,
                         public_threads(call->with->threads), call->out, &why) ||
           public_fault(call->error, HOLDOUT_BAD_DATA, &why);
}

/* A model, a table and room for what is told of its rows. */
static bool telling_check(const struct model_call *call)
{
    return public_given(call->error, call->with, "model") &&
           public_given(call->error, call->table, "table") &&
           (!call->row_count || public_given(call->error, call->out, "array to fill"));
}

bool holdout_predict(const struct holdout_model *model, const struct holdout_table *table,
                     double *out, size_t row_count, struct holdout_error *error)
{
    struct model_call call = {
        .with = model, .table = table, .out = out, .row_count = row_count, .error = error
    };
    return telling_check(&call) && public_scratch(&call.scratch, predict_body, &call, error);
}

static bool write_body(void *argument)
{
    struct model_call *call = argument;
    struct fault why;
    struct str id = call->id ? str_of(call->id) : S("id");
    struct prediction_columns columns = { .width = 1, .values = call->prediction };
    if (call->with) {
        id = call->with->model.id;
        columns.width = model_width(&call->with->model);
        columns.classes = call->with->model.classes;
    }
    if (!rows_check(call))
        return false;
    if (!predictions_print(call->scratch, &call->table->table, id, &columns, &call->bytes, &why))
        return public_fault(call->error, HOLDOUT_BAD_DATA, &why);
    return file_save(AT_FDCWD, call->path, call->bytes, 0644, &why) ||
           public_fault(call->error, HOLDOUT_SYSTEM, &why);
}

static bool write_check(const struct model_call *call)
{
    return public_given(call->error, call->table, "table") &&
           public_given(call->error, call->path, "path") &&
           (!call->row_count || public_given(call->error, call->prediction, "prediction"));
}

bool holdout_predictions_write(const struct holdout_table *table, const char *id,
                               const double *prediction, size_t row_count, const char *path,
                               struct holdout_error *error)
{
    struct model_call call = { .table = table,
                               .id = id,
                               .prediction = prediction,
                               .row_count = row_count,
                               .path = path,
                               .error = error };
    return write_check(&call) && public_scratch(&call.scratch, write_body, &call, error);
}

bool holdout_model_predictions_write(const struct holdout_model *model,
                                     const struct holdout_table *table, const double *prediction,
                                     size_t row_count, const char *path,
                                     struct holdout_error *error)
{
    struct model_call call = { .with = model,
                               .table = table,
                               .prediction = prediction,
                               .row_count = row_count,
                               .path = path,
                               .error = error };
    return public_given(error, model, "model") && write_check(&call) &&
           public_scratch(&call.scratch, write_body, &call, error);
}

size_t holdout_model_outputs(const struct holdout_model *model)
{
    return model ? model_width(&model->model) : 0;
}

const char *holdout_model_class(const struct holdout_model *model, size_t at)
{
    return model && at < model->model.class_count ? model->model.classes[at].at : NULL;
}

void holdout_model_set_threads(struct holdout_model *model, unsigned threads)
{
    if (model)
        model->threads = public_threads(threads);
}

size_t holdout_model_features(const struct holdout_model *model)
{
    return model ? model->model.features.width : 0;
}

const char *holdout_model_feature(const struct holdout_model *model, size_t at)
{
    return model && at < model->model.features.width ? model->model.features.names[at].at : NULL;
}

static bool explain_body(void *argument)
{
    struct model_call *call = argument;
    struct fault why;
    const struct model *model = &call->with->model;
    double *values;
    if (!rows_check(call))
        return false;
    if (!shapley_values(call->scratch, model, &call->table->table,
                        public_threads(call->with->threads), &values, &why))
        return public_fault(call->error, HOLDOUT_BAD_DATA, &why);
    if (call->row_count)
        memcpy(call->out, values,
               call->row_count * model_width(model) * (model->features.width + 1) * sizeof *values);
    return true;
}

bool holdout_explain(const struct holdout_model *model, const struct holdout_table *table,
                     double *out, size_t row_count, struct holdout_error *error)
{
    struct model_call call = {
        .with = model, .table = table, .out = out, .row_count = row_count, .error = error
    };
    return telling_check(&call) && public_scratch(&call.scratch, explain_body, &call, error);
}

static bool validate_body(void *argument)
{
    struct model_call *call = argument;
    struct validation how = { .folds = call->row_count };
    struct validator validator;
    struct validated result;
    struct recipe recipe;
    struct fault why;
    if (!recipe_of(call, &recipe))
        return false;
    if (call->id && !(how.metric = metric_needed(call->scratch, str_of(call->id), &why)))
        return public_fault(call->error, HOLDOUT_BAD_ARGUMENT, &why);
    if (!validator_open(call->scratch, &call->table->table, &recipe, &how, &validator, &why) ||
        !validator_run(call->scratch, &validator, &recipe, NULL, &result, &why))
        return public_fault(call->error, HOLDOUT_BAD_DATA, &why);
    *call->value = (struct holdout_value){ result.mean, result.low, result.high };
    return true;
}

bool holdout_cross_validate(const struct holdout_table *table, const struct holdout_training *how,
                            size_t folds, const char *metric, struct holdout_value *out,
                            struct holdout_error *error)
{
    struct model_call call = {
        .table = table, .how = how, .row_count = folds, .id = metric, .value = out, .error = error
    };
    return public_given(error, table, "table") && public_given(error, out, "value to fill") &&
           training_check(how, error) && public_scratch(&call.scratch, validate_body, &call, error);
}
