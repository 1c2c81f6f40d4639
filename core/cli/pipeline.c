/* holdout-ml pipeline: train and predict from pipeline.yaml in a SageMaker container's layout. */
#include "core/cli/command.h"
#include "core/cli/inputs.h"
#include "core/cli/recipe_options.h"
#include "core/learn/model.h"
#include <stdio.h>
#include <unistd.h>

#define BASE "/opt/ml"
#define HYPERPARAMETERS_BYTES_MOST 65536

/* Where everything is, beneath --base. */
static const char *place(struct call *call, const char *path)
{
    const char *base = call_get(call, "--base");
    return arena_print(call->arena, "%s/%s", base ? base : BASE, path);
}

/* Values are texts in SageMaker's files; plain numbers and truth values are taken too. */
static struct str value_text(struct arena *arena, const struct json *value)
{
    if (value->kind == JSON_TEXT)
        return value->text;
    if (value->kind == JSON_BOOL)
        return value->integer ? S("true") : S("false");
    if (value->kind == JSON_INT)
        return str_of(arena_print(arena, "%lld", (long long)value->integer));
    if (value->kind == JSON_DOUBLE)
        return str_of(arena_print(arena, "%.17g", value->number));
    return S("");
}

/* "seed" is ours, "sagemaker_..." and "_tuning..." are the platform's, all others the learner's. */
static bool apply(struct call *call, const struct json *member, struct recipe *recipe,
                  struct fault *why)
{
    struct str value = value_text(call->arena, member);
    if (str_starts(member->key, S("sagemaker_")) || str_starts(member->key, S("_tuning")))
        return true;
    if (str_is(member->key, "seed"))
        return recipe_set_seed(recipe, value, why);
    if (member->kind == JSON_LIST || member->kind == JSON_MAP || member->kind == JSON_NOTHING)
        return fault_set(why, BLAME_OPEN, "\"%.*s\" was not a text or a number",
                         STR_ARGS(str_until(member->key, 60)));
    struct params given = params_default(recipe->params.specs, recipe->params.count);
    if (!params_set(&given, recipe->learner->name, member->key, value, why))
        return false;
    for (size_t i = 0; i < given.count; i++)
        if (given.given[i]) { /* what the file says comes before what pipeline.yaml says */
            recipe->params.value[i] = given.value[i];
            recipe->params.set[i] = recipe->params.given[i] = true;
        }
    return true;
}

static int read_hyperparameters(struct call *call, struct recipe *recipe)
{
    const char *path = place(call, "input/config/hyperparameters.json");
    if (access(path, F_OK) != 0)
        return 0;
    struct str bytes;
    struct fault why;
    const struct json *map;
    int code = input_text(call, path, HYPERPARAMETERS_BYTES_MOST, &bytes);
    if (code)
        return code;
    if (!json_parse(call->arena, bytes, &map, &why))
        return call_fail(call, EX_CONFIG, "%s: %s", path, why.text);
    if (map->kind != JSON_MAP)
        return call_fail(call, EX_CONFIG, "%s: must be a JSON object", path);
    for (size_t i = 0; i < map->count; i++)
        if (!apply(call, &map->members[i], recipe, &why))
            return call_fail(call, EX_CONFIG, "%s: %s", path, why.text);
    return recipe_check(recipe, &why) ? 0 : call_fail(call, EX_CONFIG, "%s: %s", path, why.text);
}

static int train(struct call *call)
{
    const char *config = call_get(call, "--config");
    struct recipe recipe;
    struct table table;
    int code = recipe_file_read(call, config ? config : place(call, "code/pipeline.yaml"), &recipe);
    if (!code)
        code = read_hyperparameters(call, &recipe);
    if (!code)
        code = input_table(call, place(call, "input/data/train"), recipe.id, NULL, &table);
    if (!code)
        code = output_check(call, place(call, "model/model.holdout"));
    return code ? code : train_and_save(call, &table, &recipe, place(call, "model/model.holdout"));
}

static int predict(struct call *call)
{
    struct model model;
    struct table table;
    int code = input_model(call, place(call, "model/model.holdout"), &model);
    if (!code)
        code = input_table(call, place(call, "input/data/heldout"), model.id, &model, &table);
    return code
               ? code
               : predict_and_save(call, &model, &table, place(call, "output/data/predictions.csv"));
}

/* As SageMaker wants it: the reason in output/failure is the caller's business, stderr is ours. */
static int run(struct call *call)
{
    const char *word = call_word(call, 0);
    if (word && !call_word(call, 1) && strcmp(word, "train") == 0)
        return train(call);
    if (word && !call_word(call, 1) && strcmp(word, "predict") == 0)
        return predict(call);
    return call_fail(call, EX_USAGE, "one word is needed: train or predict");
}

static const struct option options[] = {
    { "--config", "FILE", "default " BASE "/code/pipeline.yaml", 0 },
    { "--base", "DIR", "the container's directory; default " BASE, 0 },
    { "--json", NULL, "one JSON document on stdout", 0 },
};

const struct command command_pipeline = {
    .name = "pipeline",
    .what = "train and predict from a pipeline.yaml, without code",
    .words = "train|predict",
    .example = "pipeline train --config /opt/ml/code/pipeline.yaml",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
