/* A search from the `search:` of a pipeline.yaml, or from words on the command line. */
#include "core/base/complaint.h"
#include "core/base/yaml.h"
#include "core/eval/metric_name.h"
#include "core/learn/search.h"
#include <math.h>

struct reading {
    struct arena *arena;
    const char *file;
    struct complaints *to;
    const struct recipe *recipe;
    struct search *search;
};

/* Each choice, or both ends of the range, must be allowed by the learner. */
static bool param_check(const struct recipe *recipe, const struct search_param *param,
                        struct fault *why)
{
    struct params params = params_default(recipe->params.specs, recipe->params.count);
    const struct param_spec *spec = params_find(&recipe->params, param->name);
    if (!spec)
        return params_set(&params, recipe->learner->name, param->name, S(""), why);
    for (size_t i = 0; i < param->choice_count; i++) {
        params.given[spec - params.specs] = false;
        if (!params_set(&params, recipe->learner->name, param->name, param->choices[i], why))
            return false;
    }
    if (param->choice_count)
        return true;
    if (spec->kind != PARAM_NUMBER && spec->kind != PARAM_INTEGER)
        return fault_set(why, BLAME_OPEN, "parameter %s is no number: list its values", spec->name);
    if (!(param->low < param->high) || (param->logarithmic && !(param->low > 0)))
        return fault_set(why, BLAME_OPEN, "parameter %s: low must be %sbelow high", spec->name,
                         param->logarithmic ? "above 0 and " : "");
    return (param->low >= spec->low && param->high <= spec->high) ||
           fault_set(why, BLAME_OPEN,
                     "parameter %s was searched from %g to %g, allowed is %g to %g", spec->name,
                     param->low, param->high, spec->low, spec->high);
}

static bool param_add(struct search *search, const struct recipe *recipe, struct search_param param,
                      struct fault *why)
{
    if (search->param_count == SEARCH_PARAMS_MOST)
        return fault_set(why, BLAME_OPEN, "more than %d parameters to search", SEARCH_PARAMS_MOST);
    for (size_t i = 0; i < search->param_count; i++)
        if (str_equal(search->params[i].name, param.name))
            return fault_set(why, BLAME_OPEN, "parameter \"%.*s\" is searched twice",
                             STR_ARGS(str_until(param.name, 60)));
    if (!param_check(recipe, &param, why))
        return false;
    const struct param_spec *spec = params_find(&recipe->params, param.name);
    param.whole = spec->kind == PARAM_INTEGER;
    search->params[search->param_count++] = param;
    return true;
}

/* "0.01..0.3" with ":log" behind it or without. */
static bool range_parse(struct str text, struct search_param *out)
{
    for (size_t i = 1; i + 2 < text.len; i++) {
        if (text.at[i] != '.' || text.at[i + 1] != '.')
            continue;
        struct str high = str_from(text, i + 2);
        out->logarithmic = str_ends(high, S(":log"));
        if (out->logarithmic)
            high = str_until(high, high.len - 4);
        return str_to_double(str_until(text, i), &out->low) && str_to_double(high, &out->high);
    }
    return false;
}

bool search_add(struct arena *arena, struct search *search, const struct recipe *recipe,
                struct str text, struct fault *why)
{
    size_t equals;
    if (!str_find(text, '=', &equals))
        return fault_set(why, BLAME_OPEN,
                         "\"%.*s\" has no values, write name=1,2,3 or name=0.01..0.3:log",
                         STR_ARGS(str_until(text, 60)));
    struct search_param param = { .name = str_keep(arena, str_until(text, equals)) };
    struct str rest = str_from(text, equals + 1), part;
    if (range_parse(rest, &param))
        return param_add(search, recipe, param, why);
    struct str *choices = arena_array(arena, struct str, SEARCH_CHOICES_MOST);
    while (str_cut(&rest, ',', &part)) {
        if (param.choice_count == SEARCH_CHOICES_MOST)
            return fault_set(why, BLAME_OPEN, "more than %d values", SEARCH_CHOICES_MOST);
        choices[param.choice_count++] = str_keep(arena, part);
    }
    param.choices = choices;
    return param_add(search, recipe, param, why);
}

bool search_method_find(struct str word, enum search_method *out)
{
    static const char *const words[] = { "tpe", "random", "grid" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_is(word, words[i])) {
            *out = (enum search_method)i;
            return true;
        }
    return false;
}

/* ---- pipeline.yaml ---- */

static bool want(struct reading *in, const struct yaml *node, enum yaml_kind kind, const char *what)
{
    return yaml_want(node, kind, in->file, what, in->to);
}

static void refuse_key(struct reading *in, const struct yaml *member, const char *const *known,
                       size_t count)
{
    complain_unknown(in->to, in->file, member->key_line, member->key,
                     &(struct known_words){ known, count });
}

static double number_of(struct reading *in, const struct yaml *node, const char *what)
{
    double value = NAN;
    if (want(in, node, YAML_SCALAR, what) && !str_to_double(node->text, &value))
        complain(in->to, in->file, node->line, "%s was \"%.*s\", must be a number", what,
                 STR_ARGS(str_until(node->text, 40)));
    return value;
}

static size_t count_of(struct reading *in, const struct yaml *node, const char *what, size_t least,
                       size_t most)
{
    int64_t value = (int64_t)least;
    if (want(in, node, YAML_SCALAR, what) &&
        (!str_to_int(node->text, &value) || value < (int64_t)least || value > (int64_t)most)) {
        complain(in->to, in->file, node->line,
                 "%s was \"%.*s\", must be a whole number from %zu to %zu", what,
                 STR_ARGS(str_until(node->text, 40)), least, most);
        value = (int64_t)least;
    }
    return (size_t)value;
}

static bool flag_of(struct reading *in, const struct yaml *node, const char *what)
{
    if (want(in, node, YAML_SCALAR, what) && !str_is(node->text, "true") &&
        !str_is(node->text, "false"))
        complain(in->to, in->file, node->line, "%s was \"%.*s\", must be true or false", what,
                 STR_ARGS(str_until(node->text, 40)));
    return str_is(node->text, "true");
}

static void range_read(struct reading *in, const struct yaml *map, struct search_param *out)
{
    static const char *const known[] = { "low", "high", "log", "steps" };
    out->low = out->high = NAN;
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml *member = &map->members[i];
        if (str_is(member->key, "low"))
            out->low = number_of(in, member, "low");
        else if (str_is(member->key, "high"))
            out->high = number_of(in, member, "high");
        else if (str_is(member->key, "log"))
            out->logarithmic = flag_of(in, member, "log");
        else if (str_is(member->key, "steps"))
            out->steps = count_of(in, member, "steps", 1, SEARCH_CHOICES_MOST);
        else
            refuse_key(in, member, known, sizeof known / sizeof *known);
    }
}

static void param_read(struct reading *in, const struct yaml *node)
{
    struct search_param param = { .name = node->key };
    struct fault why;
    if (node->kind == YAML_MAP) {
        range_read(in, node, &param);
    } else if (want(in, node, YAML_LIST, "values of a parameter")) {
        struct str *choices = arena_array(in->arena, struct str, node->count);
        if (!node->count || node->count > SEARCH_CHOICES_MOST) {
            complain(in->to, in->file, node->line, "a list of 1 to %d values is needed",
                     SEARCH_CHOICES_MOST);
            return;
        }
        for (size_t i = 0; i < node->count; i++)
            if (want(in, &node->members[i], YAML_SCALAR, "a value of a parameter"))
                choices[i] = node->members[i].text;
        param.choices = choices;
        param.choice_count = node->count;
    } else {
        return;
    }
    if (!param_add(in->search, in->recipe, param, &why))
        complain(in->to, in->file, node->key_line, "%s", why.text);
}

static void read_method(struct reading *in, const struct yaml *node)
{
    if (node->kind != YAML_SCALAR || !search_method_find(node->text, &in->search->method))
        complain(in->to, in->file, node->line, "method must be tpe, random or grid");
}

static void read_trials(struct reading *in, const struct yaml *node)
{
    in->search->trials = count_of(in, node, "trials", 1, SEARCH_TRIALS_MOST);
}

static void read_folds(struct reading *in, const struct yaml *node)
{
    in->search->folds = count_of(in, node, "folds", 2, SPLIT_FOLDS_MOST);
}

static void read_repeats(struct reading *in, const struct yaml *node)
{
    in->search->repeats = count_of(in, node, "repeats", 1, SPLIT_FOLDS_MOST);
}

static void read_patience(struct reading *in, const struct yaml *node)
{
    in->search->patience = count_of(in, node, "patience", 1, SEARCH_TRIALS_MOST);
}

static void read_prune(struct reading *in, const struct yaml *node)
{
    in->search->prune = flag_of(in, node, "prune");
}

static void read_metric(struct reading *in, const struct yaml *node)
{
    if (!want(in, node, YAML_SCALAR, "metric"))
        return;
    struct fault why;
    in->search->metric = node->text;
    if (!metric_needed(in->arena, node->text, &why))
        complain(in->to, in->file, node->line, "%s", why.text);
}

static void read_params(struct reading *in, const struct yaml *node)
{
    if (!want(in, node, YAML_MAP, "params"))
        return;
    for (size_t i = 0; i < node->count; i++)
        param_read(in, &node->members[i]);
}

static const struct {
    const char *name;
    void (*read)(struct reading *in, const struct yaml *node);
} keys[] = {
    { "method", read_method },   { "trials", read_trials }, { "folds", read_folds },
    { "repeats", read_repeats }, { "metric", read_metric }, { "patience", read_patience },
    { "prune", read_prune },     { "params", read_params },
};
#define KEYS (sizeof keys / sizeof *keys)

void search_read(struct arena *arena, const char *file, const struct yaml *node,
                 const struct recipe *recipe, struct search *out, struct complaints *to)
{
    const char *names[KEYS];
    struct reading in = { arena, file, to, recipe, out };
    *out = search_default();
    if (!want(&in, node, YAML_MAP, "search"))
        return;
    for (size_t k = 0; k < KEYS; k++)
        names[k] = keys[k].name;
    for (size_t i = 0; i < node->count; i++) {
        size_t k = 0;
        while (k < KEYS && !str_is(node->members[i].key, keys[k].name))
            k++;
        if (k == KEYS)
            refuse_key(&in, &node->members[i], names, KEYS);
        else
            keys[k].read(&in, &node->members[i]);
    }
    if (!out->param_count && !yaml_get(node, "params"))
        complain(to, file, node->line, "search without params: nothing to search");
}
