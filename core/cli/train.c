/* holdout-ml train: a table and a recipe on the command line make a model file. */
#include "core/cli/command.h"
#include "core/cli/inputs.h"
#include "core/learn/model.h"
#include <stdio.h>

/* Params, transforms and drops; 0 or an exit code. */
static int read_lists(struct call *call, struct recipe *recipe)
{
    struct fault why;
    const char *value;
    for (size_t at = 0; (value = call_next(call, "--param", &at));)
        if (!recipe_set_param(recipe, str_of(value), &why))
            return call_fail(call, EX_USAGE, "--param %s: %s", value, why.text);
    size_t count = 0;
    for (size_t at = 0; (value = call_next(call, "--transform", &at)); count++)
        if (!recipe_add_transform(recipe, str_of(value), count, &why))
            return call_fail(call, EX_USAGE, "--transform %s: %s", value, why.text);
    struct str *drop = arena_array(call->arena, struct str, call->count);
    for (size_t at = 0; (value = call_next(call, "--drop", &at));)
        drop[recipe->drop_count++] = str_of(value);
    recipe->drop = drop;
    return recipe_check(recipe, &why) ? 0 : call_fail(call, EX_USAGE, "--param: %s", why.text);
}

static int read_recipe(struct call *call, struct recipe *recipe)
{
    struct fault why;
    uint64_t threads;
    *recipe = recipe_default();
    recipe->target = str_of(call_get(call, "--target"));
    if (call_get(call, "--id"))
        recipe->id = str_of(call_get(call, "--id"));
    if (str_equal(recipe->id, recipe->target))
        return call_fail(call, EX_USAGE, "--target and --id are the same column \"%.*s\"",
                         STR_ARGS(recipe->id));
    if (!recipe_set_learner(recipe, str_of(call_get(call, "--learner")), &why))
        return call_fail(call, EX_USAGE, "--learner: %s", why.text);
    if (call_get(call, "--seed") &&
        !recipe_set_seed(recipe, str_of(call_get(call, "--seed")), &why))
        return call_fail(call, EX_USAGE, "--seed: %s", why.text);
    if (!call_count(call, "--threads", 1, 64, &threads))
        return EX_USAGE;
    recipe->threads = (unsigned)threads;
    return read_lists(call, recipe);
}

static int run(struct call *call)
{
    struct recipe recipe;
    struct table table;
    int code = read_recipe(call, &recipe);
    if (!code)
        code = input_table(call, call_get(call, "--data"), recipe.id, NULL, &table);
    if (code)
        return code;
    return train_and_save(call, &table, &recipe, call_get(call, "--model"));
}

static const struct option options[] = {
    { "--data", "FILE", "the training table: a CSV file, or a directory of them", OPTION_REQUIRED },
    { "--target", "COLUMN", "what to predict", OPTION_REQUIRED },
    { "--learner", "NAME", "see holdout-ml learners", OPTION_REQUIRED },
    { "--model", "FILE", "the model file to write", OPTION_REQUIRED },
    { "--param", "NAME=VALUE", "a parameter of the learner", OPTION_REPEATS },
    { "--transform", "NAME", "in place of impute, standard, one_hot", OPTION_REPEATS },
    { "--drop", "COLUMN", "not a feature", OPTION_REPEATS },
    { "--id", "COLUMN", "the identifier, not a feature either; default id", 0 },
    { "--seed", "N", "of everything random; default 0", 0 },
    { "--threads", "N", "to use; the model is the same with any number; default 1", 0 },
    { "--json", NULL, "describe the model as one JSON document on stdout", 0 },
};

const struct command command_train = {
    .name = "train",
    .what = "train a learner on a table",
    .example = "train --data train.csv --target bad --learner logistic --param C=0.5 "
               "--model model.holdout",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
