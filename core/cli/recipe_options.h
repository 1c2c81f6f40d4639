/*
 * Options that say what to train and how: the same for train, search and explain. A row of a
 * command's table is RECIPE_OPTIONS; recipe_options_read makes a recipe of what was given.
 */
#pragma once

#include "core/cli/command.h"
#include "core/learn/recipe.h"

#define RECIPE_OPTIONS                                                                             \
    { "--target", "COLUMN", "what to predict; not for learners such as kmeans", 0 },               \
        { "--learner", "NAME", "see holdout-ml learners", 0 },                                     \
        { "--param", "NAME=VALUE", "a parameter of the learner", OPTION_REPEATS },                 \
        { "--transform", "NAME", "in place of the learner's usual ones", OPTION_REPEATS },         \
        { "--drop", "COLUMN", "not a feature", OPTION_REPEATS },                                   \
        { "--id", "COLUMN", "the identifier, not a feature either; default id", 0 },               \
        { "--kind", "KIND", "regression, binary or multiclass; default by the target's column",    \
          0 },                                                                                     \
        { "--time", "COLUMN", "when a row was: for forecasts, lags, folds", 0 },                   \
        { "--group", "COLUMN", "which query, series or entity a row belongs to", 0 },              \
        { "--weight", "COLUMN", "how much a row counts in training", 0 },                          \
        { "--calibrate", "HOW", "platt or isotonic: probabilities that come true", 0 },            \
        { "--schema", "FILE", "a schema file: the kinds of the columns", 0 },                      \
        { "--seed", "N", "of everything random; default 0", 0 },                                   \
    {                                                                                              \
        "--threads", "N", "0: all processors; results are the same with any number; default 1", 0  \
    }

/* 0, or an exit code after a complaint. */
int recipe_options_read(struct call *call, struct recipe *out);

/* Or from --config FILE, a pipeline.yaml, whose complaints are said. */
int recipe_file_read(struct call *call, const char *path, struct recipe *out);
