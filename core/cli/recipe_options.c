/* Options that say what to train and how. */
#include "core/cli/recipe_options.h"
#include "core/base/yaml.h"
#include "core/cli/inputs.h"

static bool is_given(const struct call *call, const char *name)
{
    return call_get(call, name) != NULL;
}

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
        if (!recipe_add_transform(call->arena, recipe, str_of(value), count, &why))
            return call_fail(call, EX_USAGE, "--transform %s: %s", value, why.text);
    struct str *drop = arena_array(call->arena, struct str, call->count);
    for (size_t at = 0; (value = call_next(call, "--drop", &at));)
        drop[recipe->drop_count++] = str_of(value);
    recipe->drop = drop;
    return recipe_check(recipe, &why) ? 0 : call_fail(call, EX_USAGE, "--param: %s", why.text);
}

static void read_column(const struct call *call, const char *option, struct str *out)
{
    if (is_given(call, option))
        *out = str_of(call_get(call, option));
}

/* Each of the columns has one part only. */
static int columns_differ(struct call *call, const struct recipe *recipe)
{
    const struct {
        const char *option;
        struct str column;
    } parts[] = { { "--target", recipe->target },
                  { "--id", recipe->id },
                  { "--time", recipe->time },
                  { "--group", recipe->group },
                  { "--weight", recipe->weight } };
    for (size_t a = 0; a < sizeof parts / sizeof *parts; a++)
        for (size_t b = 0; b < a; b++)
            if (parts[a].column.len && str_equal(parts[a].column, parts[b].column))
                return call_fail(call, EX_USAGE, "%s and %s are the same column \"%.*s\"",
                                 parts[b].option, parts[a].option, STR_ARGS(parts[a].column));
    return 0;
}

static int read_columns(struct call *call, struct recipe *recipe)
{
    read_column(call, "--target", &recipe->target);
    read_column(call, "--id", &recipe->id);
    read_column(call, "--time", &recipe->time);
    read_column(call, "--group", &recipe->group);
    read_column(call, "--weight", &recipe->weight);
    if (!recipe->target.len && recipe->learner->targets != TARGET_NONE)
        return call_fail(call, EX_USAGE, "--target COLUMN is missing, see holdout-ml %s --help",
                         call->command->name);
    if (recipe->target.len && recipe->learner->targets == TARGET_NONE)
        return call_fail(call, EX_USAGE,
                         "%s learns without a target: write --drop %.*s to leave the column out",
                         recipe->learner->name, STR_ARGS(recipe->target));
    return columns_differ(call, recipe);
}

static int read_words(struct call *call, struct recipe *recipe)
{
    struct fault why;
    if (is_given(call, "--kind") &&
        !recipe_set_kind(recipe, str_of(call_get(call, "--kind")), &why))
        return call_fail(call, EX_USAGE, "--kind: %s", why.text);
    if (is_given(call, "--calibrate") &&
        !calibration_find(str_of(call_get(call, "--calibrate")), &recipe->calibration))
        return call_fail(call, EX_USAGE, "--calibrate was \"%s\", allowed are platt and isotonic",
                         call_get(call, "--calibrate"));
    if (is_given(call, "--seed") &&
        !recipe_set_seed(recipe, str_of(call_get(call, "--seed")), &why))
        return call_fail(call, EX_USAGE, "--seed: %s", why.text);
    return 0;
}

int recipe_options_read(struct call *call, struct recipe *recipe)
{
    struct fault why;
    *recipe = recipe_default();
    if (!is_given(call, "--learner"))
        return call_fail(call, EX_USAGE, "--learner NAME is missing, see holdout-ml %s --help",
                         call->command->name);
    if (!recipe_set_learner(recipe, str_of(call_get(call, "--learner")), &why))
        return call_fail(call, EX_USAGE, "--learner: %s", why.text);
    int code = read_columns(call, recipe);
    code = code ? code : read_words(call, recipe);
    if (code)
        return code;
    if (!call_threads(call, &recipe->threads))
        return EX_USAGE;
    return read_lists(call, recipe);
}

int recipe_file_read(struct call *call, const char *path, struct recipe *recipe)
{
    struct str bytes;
    int code = input_text(call, path, YAML_BYTES_MOST + 1, &bytes);
    if (code)
        return code;
    struct complaints to = { .arena = call->arena };
    if (recipe_parse(call->arena, path, bytes, recipe, &to))
        return 0;
    for (size_t i = 0; i < to.kept; i++)
        call_fail(call, 0, "%.*s", STR_ARGS(to.lines[i]));
    return EX_CONFIG;
}
