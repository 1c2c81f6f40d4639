/* libholdout: models. */
#include "core/base/file.h"
#include "core/learn/columns.h"
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
    struct holdout_error *error;
};

static void describe(struct holdout_model *model)
{
    struct text text = { .arena = model->arena };
    struct json_out out = { .text = &text };
    model_describe(&model->model, &out);
    model->description = text.at;
}

static bool read_lists(const struct holdout_training *how, struct recipe *recipe, struct fault *why)
{
    for (size_t i = 0; how->params && how->params[i]; i++)
        if (!recipe_set_param(recipe, str_of(how->params[i]), why))
            return false;
    for (size_t i = 0; how->transforms && how->transforms[i]; i++)
        if (!recipe_add_transform(recipe, str_of(how->transforms[i]), i, why))
            return false;
    return true;
}

static bool train_body(void *argument)
{
    struct model_call *call = argument;
    const struct holdout_training *how = call->how;
    struct recipe recipe = recipe_default();
    struct fault why;
    recipe.target = str_of(how->target);
    recipe.seed = how->seed;
    recipe.threads = how->threads ? how->threads : 1;
    if (how->id)
        recipe.id = str_of(how->id);
    if (!recipe_set_learner(&recipe, str_of(how->learner), &why) ||
        !read_lists(how, &recipe, &why) || !recipe_check(&recipe, &why) ||
        !column_needed(&call->table->table, recipe.target, "the target", &why))
        return public_fault(call->error, HOLDOUT_BAD_ARGUMENT, &why);
    if (!model_train(call->scratch, &call->table->table, &recipe, &call->model->model, &why))
        return public_fault(call->error, HOLDOUT_BAD_DATA, &why);
    /* Training leaves much behind: what stays moves to the model's own arena by way of its file. */
    struct str bytes = model_print(call->scratch, &call->model->model);
    if (!model_parse(call->model->arena, bytes, &call->model->model, &why))
        return public_fault(call->error, HOLDOUT_BUG, &why);
    describe(call->model);
    return true;
}

static bool training_check(const struct holdout_training *how, struct holdout_error *error)
{
    if (!how || how->size != sizeof *how)
        return public_refuse(error, HOLDOUT_BAD_ARGUMENT,
                             "size of struct holdout_training was %zu, this library has %zu: set "
                             ".size = sizeof(struct holdout_training)",
                             how ? how->size : 0, sizeof *how);
    if (!how->target || !how->learner)
        return public_refuse(error, HOLDOUT_BAD_ARGUMENT, "no %s was given",
                             how->target ? "learner" : "target");
    return true;
}

struct holdout_model *holdout_train(const struct holdout_table *table,
                                    const struct holdout_training *how, struct holdout_error *error)
{
    struct model_call call = { .table = table, .how = how, .error = error };
    if (!training_check(how, error))
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
    return public_scratch(&call.scratch, save_body, &call, error);
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
    return model->description;
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
    return model_predict(call->scratch, &call->with->model, &call->table->table, 1, call->out,
                         &why) ||
           public_fault(call->error, HOLDOUT_BAD_DATA, &why);
}

bool holdout_predict(const struct holdout_model *model, const struct holdout_table *table,
                     double *out, size_t row_count, struct holdout_error *error)
{
    struct model_call call = {
        .with = model, .table = table, .out = out, .row_count = row_count, .error = error
    };
    return public_scratch(&call.scratch, predict_body, &call, error);
}

static bool write_body(void *argument)
{
    struct model_call *call = argument;
    struct fault why;
    struct str id = call->id ? str_of(call->id) : S("id");
    if (!rows_check(call))
        return false;
    struct prediction_columns columns = { .width = 1, .values = call->prediction };
    if (!predictions_print(call->scratch, &call->table->table, id, &columns, &call->bytes, &why))
        return public_fault(call->error, HOLDOUT_BAD_DATA, &why);
    return file_save(AT_FDCWD, call->path, call->bytes, 0644, &why) ||
           public_fault(call->error, HOLDOUT_SYSTEM, &why);
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
    return public_scratch(&call.scratch, write_body, &call, error);
}
