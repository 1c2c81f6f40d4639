/* holdout-ml train: a table and a recipe on the command line make a model file. */
#include "core/cli/command.h"
#include "core/cli/inputs.h"
#include "core/cli/recipe_options.h"
#include "core/learn/model.h"

static int run(struct call *call)
{
    struct recipe recipe;
    struct table table;
    int code = recipe_options_read(call, &recipe);
    if (!code)
        code = output_check(call, call_get(call, "--model"));
    if (!code)
        code = input_table(call, call_get(call, "--data"), recipe.id, NULL, &table);
    if (code)
        return code;
    return train_and_save(call, &table, &recipe, call_get(call, "--model"));
}

static const struct option options[] = {
    { "--data", "FILE", "the training table: a CSV file, or a directory of them", OPTION_REQUIRED },
    { "--model", "FILE", "the model file to write", OPTION_REQUIRED },
    RECIPE_OPTIONS,
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
