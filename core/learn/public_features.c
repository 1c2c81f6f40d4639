/* libholdout: feature transforms by themselves. */
#include "core/learn/public.h"
#include <stdlib.h>

struct holdout_features {
    jmp_buf out;
    struct arena *arena;
    struct features features;
    unsigned threads;
};

struct holdout_matrix {
    jmp_buf out;
    struct arena *arena;
    struct inputs in;
};

/* What sees the features where no learner is named: it takes everything. */
static const struct learner anybody = {
    .name = "features",
    .targets = TARGET_NUMBER | TARGET_TWO_CLASSES | TARGET_CLASSES,
    .takes = TAKES_MISSING | TAKES_LEVELS | TAKES_SPARSE,
};

struct features_call {
    const struct holdout_table *table;
    const struct holdout_training *how;
    const struct holdout_features *with;
    struct holdout_features *features;
    struct holdout_matrix *matrix;
    struct arena *scratch;
    struct holdout_error *error;
};

/* Through their bytes, as a model's: what fitting leaves behind is not kept. */
static bool features_move(struct features_call *call, const struct features *from)
{
    struct text bytes = { .arena = call->scratch };
    features_save(from, &bytes);
    struct bytes in = { .arena = call->features->arena, .rest = text_str(&bytes) };
    features_load(&in, &call->features->features);
    return (!in.failed && !in.rest.len) ||
           public_refuse(call->error, HOLDOUT_BUG, "the fitted features could not be kept");
}

static bool target_find(struct features_call *call, const struct recipe *recipe, struct target *out,
                        struct fault *why)
{
    *out = (struct target){ .kind = TARGET_NONE };
    return !recipe->target.len || target_read(call->scratch, &call->table->table, recipe->target,
                                              recipe->learner, recipe->targets, out, why);
}

static bool fit_body(void *argument)
{
    struct features_call *call = argument;
    struct recipe recipe;
    struct features features;
    struct target target;
    struct fault why;
    if (!public_recipe(call->scratch, call->how, &anybody, &recipe, &why))
        return public_fault(call->error, HOLDOUT_BAD_ARGUMENT, &why);
    if (!target_find(call, &recipe, &target, &why) ||
        !features_fit(call->scratch, &call->table->table, &recipe, &target, &features, &why))
        return public_fault(call->error, HOLDOUT_BAD_DATA, &why);
    call->features->threads = recipe.threads;
    if (call->matrix &&
        !features_encode_training(call->matrix->arena, &features, &call->matrix->in, &why))
        return public_fault(call->error, HOLDOUT_BAD_DATA, &why);
    return features_move(call, &features);
}

/* out: NULL is the matrix's own. Nothing is allocated once it is made. */
static struct holdout_matrix *matrix_new_open(jmp_buf *out, struct holdout_error *error)
{
    struct holdout_matrix *matrix = calloc(1, sizeof *matrix);
    if (matrix)
        matrix->arena = arena_open(out ? out : &matrix->out);
    if (matrix && matrix->arena)
        return matrix;
    free(matrix);
    public_no_memory(error);
    return NULL;
}

void holdout_matrix_free(struct holdout_matrix *matrix)
{
    if (!matrix)
        return;
    arena_drop(matrix->arena);
    free(matrix);
}

static struct holdout_features *features_new(struct holdout_error *error)
{
    struct holdout_features *features = calloc(1, sizeof *features);
    if (features)
        features->arena = arena_open(&features->out);
    if (features && features->arena)
        return features;
    free(features);
    public_no_memory(error);
    return NULL;
}

void holdout_features_free(struct holdout_features *features)
{
    if (!features)
        return;
    arena_drop(features->arena);
    free(features);
}

/* All arenas of a call jump to one place: the features'. */
static bool fit_run(struct features_call *call)
{
    call->scratch = arena_open(&call->features->out);
    bool done = call->scratch ? public_guard(&call->features->out, fit_body, call, call->error)
                              : public_no_memory(call->error);
    arena_drop(call->scratch);
    return done;
}

struct holdout_features *holdout_features_fit(const struct holdout_table *table,
                                              const struct holdout_training *how,
                                              struct holdout_matrix **matrix,
                                              struct holdout_error *error)
{
    struct features_call call = { .table = table, .how = how, .error = error };
    if (!public_given(error, table, "table") || !public_training_check(how, error))
        return NULL;
    call.features = features_new(error);
    if (!call.features)
        return NULL;
    call.matrix = matrix ? matrix_new_open(&call.features->out, error) : NULL;
    bool done = (!matrix || call.matrix) && fit_run(&call);
    if (done) {
        if (matrix)
            *matrix = call.matrix;
        return call.features;
    }
    holdout_matrix_free(call.matrix);
    holdout_features_free(call.features);
    return NULL;
}

static bool transform_body(void *argument)
{
    struct features_call *call = argument;
    struct fault why;
    return features_encode_by(call->matrix->arena, &call->with->features, &call->table->table,
                              call->with->threads, &call->matrix->in, &why) ||
           public_fault(call->error, HOLDOUT_BAD_DATA, &why);
}

struct holdout_matrix *holdout_transform(const struct holdout_features *features,
                                         const struct holdout_table *table,
                                         struct holdout_error *error)
{
    struct features_call call = { .table = table, .with = features, .error = error };
    if (!public_given(error, features, "features") || !public_given(error, table, "table"))
        return NULL;
    call.matrix = matrix_new_open(NULL, error);
    if (!call.matrix)
        return NULL;
    if (public_guard(&call.matrix->out, transform_body, &call, error))
        return call.matrix;
    holdout_matrix_free(call.matrix);
    return NULL;
}

const char *holdout_features_name(const struct holdout_features *features, size_t column)
{
    return features && column < features->features.width ? features->features.names[column].at
                                                         : NULL;
}

size_t holdout_matrix_rows(const struct holdout_matrix *matrix)
{
    return matrix ? inputs_rows(&matrix->in) : 0;
}

size_t holdout_matrix_columns(const struct holdout_matrix *matrix)
{
    return matrix ? inputs_columns(&matrix->in) : 0;
}

const double *holdout_matrix_dense(const struct holdout_matrix *matrix, size_t *columns)
{
    if (columns)
        *columns = matrix ? matrix->in.dense.columns : 0;
    return matrix ? matrix->in.dense.at : NULL;
}

const double *holdout_matrix_sparse(const struct holdout_matrix *matrix, const size_t **starts,
                                    const uint32_t **columns_at)
{
    const struct csr *csr = matrix ? matrix->in.sparse : NULL;
    if (starts)
        *starts = csr ? csr->starts : NULL;
    if (columns_at)
        *columns_at = csr ? csr->columns_at : NULL;
    return csr && csr->columns ? csr->values : NULL;
}
