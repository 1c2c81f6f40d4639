/* holdout-ml search: cross-validate a recipe, or try parameters and keep the best ones. */
#include "core/cli/command.h"
#include "core/cli/inputs.h"
#include "core/cli/recipe_options.h"
#include "core/eval/metric_name.h"
#include "core/learn/search.h"
#include <math.h>
#include <stdio.h>
#include <unistd.h>

/* A count of which there must be one at least; what was said elsewhere where it is not given. */
static bool some_count(struct call *call, const char *name, size_t most, size_t *out)
{
    uint64_t count;
    if (!call_count(call, name, *out, most, &count))
        return false;
    if (call_get(call, name) && !count) {
        call_fail(call, EX_USAGE, "%s was 0, one at least is needed", name);
        return false;
    }
    *out = (size_t)count;
    return true;
}

/* From --config and options; options come before what the file says of the search. */
static int read_search(struct call *call, struct recipe *recipe, struct search *search)
{
    struct fault why;
    const char *value;
    uint64_t count;
    if (call_get(call, "--metric"))
        search->metric = str_of(call_get(call, "--metric"));
    if (call_get(call, "--metric") && !metric_needed(call->arena, search->metric, &why))
        return call_fail(call, EX_USAGE, "--metric: %s", why.text);
    if (!some_count(call, "--trials", SEARCH_TRIALS_MOST, &search->trials) ||
        !some_count(call, "--folds", SPLIT_FOLDS_MOST, &search->folds) ||
        !some_count(call, "--repeats", SPLIT_FOLDS_MOST, &search->repeats))
        return EX_USAGE;
    if (!call_count(call, "--patience", search->patience, SEARCH_TRIALS_MOST, &count))
        return EX_USAGE;
    search->patience = count;
    if (call_get(call, "--method") &&
        !search_method_find(str_of(call_get(call, "--method")), &search->method))
        return call_fail(call, EX_USAGE, "--method was \"%s\", allowed are tpe, random and grid",
                         call_get(call, "--method"));
    for (size_t at = 0; (value = call_next(call, "--try", &at));)
        if (!search_add(call->arena, search, recipe, str_of(value), &why))
            return call_fail(call, EX_USAGE, "--try %s: %s", value, why.text);
    return 0;
}

static int read_all(struct call *call, struct recipe *recipe, struct search *search)
{
    const char *config = call_get(call, "--config");
    int code;
    *search = search_default();
    if (config) {
        code = recipe_file_read(call, config, recipe);
        if (!code && recipe->search)
            *search = *recipe->search;
    } else {
        code = recipe_options_read(call, recipe);
    }
    return code ? code : read_search(call, recipe, search);
}

static void print_values(const struct search *search, const struct trial *trial)
{
    for (size_t i = 0; i < search->param_count; i++)
        printf("%s%.*s=%.*s", i ? "  " : "", STR_ARGS(search->params[i].name),
               STR_ARGS(trial->values[i]));
}

static void show_progress(void *who, const struct search *search, const struct trial *trial,
                          size_t done, size_t of)
{
    (void)who, (void)search, (void)trial;
    fprintf(stderr, "\rtrial %zu of %zu%s", done, of, done == of ? "\n" : "");
}

static void trial_json(const struct search *search, const struct trial *trial, struct json_out *out)
{
    json_open_map(out, NULL);
    json_open_map(out, "params");
    for (size_t i = 0; i < search->param_count; i++)
        json_add_text(out, str_zero(out->text->arena, search->params[i].name), trial->values[i]);
    json_close_map(out);
    json_add_double(out, "value", trial->value);
    json_add_double(out, "low", trial->low);
    json_add_double(out, "high", trial->high);
    json_add_int(out, "folds", (int64_t)trial->fold_count);
    json_add_bool(out, "pruned", trial->pruned);
    json_close_map(out);
}

static int print_json(struct call *call, const struct search *search,
                      const struct search_result *result)
{
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_zero(&out, "metric", result->metric->name);
    json_add_int(&out, "best", (int64_t)result->best);
    json_open_list(&out, "trials");
    for (size_t t = 0; t < result->count; t++)
        trial_json(search, &result->trials[t], &out);
    json_close_list(&out);
    json_close_map(&out);
    return call_print(call, &text);
}

static int print_words(const struct search *search, const struct search_result *result)
{
    printf("%-6s  %-12s  %-24s  %s\n", "trial", result->metric->name, "95 % of the mean",
           "parameters");
    for (size_t t = 0; t < result->count; t++) {
        const struct trial *trial = &result->trials[t];
        char interval[40] = "given up";
        if (!trial->pruned)
            snprintf(interval, sizeof interval, "%.6g to %.6g", trial->low, trial->high);
        printf("%5zu%c  %-12.6g  %-24s  ", t + 1, t == result->best ? '*' : ' ', trial->value,
               interval);
        print_values(search, trial);
        putchar('\n');
    }
    return 0;
}

/* Without parameters to try: the recipe itself. */
static int validate(struct call *call, const struct table *table, const struct recipe *recipe,
                    const struct search *search)
{
    struct validation how = { .folds = search->folds, .repeats = search->repeats };
    struct validator validator;
    struct validated result;
    struct fault why;
    if (search->metric.len && !(how.metric = metric_needed(call->arena, search->metric, &why)))
        return call_fail(call, EX_USAGE, "%s", why.text);
    if (!validator_open(call->arena, table, recipe, &how, &validator, &why) ||
        !validator_run(call->arena, &validator, recipe, NULL, &result, &why))
        return call_fail(call, EX_DATAERR, "%s", why.text);
    if (!call_get(call, "--json")) {
        printf("%s by cross-validation, %zu fold%s: %.6g, 95 %% %.6g to %.6g, one fold varies by "
               "%.3g\n",
               validator.metric->name, result.count, PLURAL(result.count), result.mean, result.low,
               result.high, result.deviation);
        return 0;
    }
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_zero(&out, "metric", validator.metric->name);
    json_add_double(&out, "value", result.mean);
    json_add_double(&out, "low", result.low);
    json_add_double(&out, "high", result.high);
    json_add_double(&out, "deviation", result.deviation);
    json_open_list(&out, "folds");
    for (size_t f = 0; f < result.count; f++)
        json_add_double(&out, NULL, result.values[f]);
    json_close_list(&out);
    json_close_map(&out);
    return call_print(call, &text);
}

static int search_and_save(struct call *call, const struct table *table, struct recipe *recipe,
                           const struct search *search)
{
    struct search_result result;
    struct fault why;
    struct search_watch watch = { .trial_done = show_progress };
    bool shown = isatty(STDERR_FILENO) && !call_get(call, "--json");
    if (!search_run(call->arena, table, recipe, search, shown ? &watch : NULL, &result, &why))
        return call_fail(call, EX_DATAERR, "%s", why.text);
    int code =
        call_get(call, "--json") ? print_json(call, search, &result) : print_words(search, &result);
    const char *path = call_get(call, "--model");
    struct model model;
    recipe->params = result.params;
    if (code || !path)
        return code;
    if (!model_train(call->arena, table, recipe, &model, &why))
        return call_fail(call, EX_DATAERR, "%s", why.text);
    if (!model_save(&model, call->arena, path, &why))
        return call_fail(call, EX_CANTCREAT, "%s", why.text);
    fprintf(stderr, "trained %s with the best parameters on all %zu row%s: %s\n",
            model.learner->name, table->rows, PLURAL(table->rows), path);
    return 0;
}

static int run(struct call *call)
{
    struct recipe recipe;
    struct search search;
    struct table table;
    int code = read_all(call, &recipe, &search);
    if (!code)
        code = output_check(call, call_get(call, "--model"));
    if (!code)
        code = input_table(call, call_get(call, "--data"), recipe.id, NULL, &table);
    if (code)
        return code;
    return search.param_count ? search_and_save(call, &table, &recipe, &search)
                              : validate(call, &table, &recipe, &search);
}

static const struct option options[] = {
    { "--data", "FILE", "the training table: a CSV file, or a directory of them", OPTION_REQUIRED },
    { "--config", "FILE", "a pipeline.yaml in place of the options that say what to train", 0 },
    { "--try", "NAME=VALUES", "3,4,6 or 0.01..0.3 or 0.01..0.3:log; none: only cross-validate",
      OPTION_REPEATS },
    { "--method", "HOW", "tpe, random or grid; default tpe", 0 },
    { "--trials", "N", "of tpe and random; default 30", 0 },
    { "--folds", "N", "of the cross-validation; default 5", 0 },
    { "--repeats", "N", "of the folds, drawn anew; default 1", 0 },
    { "--metric", "NAME", "default roc_auc, log_loss or rmse, by the target", 0 },
    { "--patience", "N", "end after so many trials without a better one; default never", 0 },
    { "--model", "FILE", "train the best on all rows and write it here", 0 },
    RECIPE_OPTIONS,
    { "--json", NULL, "all trials as one JSON document on stdout", 0 },
};

const struct command command_search = {
    .name = "search",
    .what = "cross-validate, and search for parameters",
    .example = "search --data train.csv --target bad --learner gbdt --try max_depth=3,4,6 "
               "--try learning_rate=0.02..0.3:log --model best.holdout",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
