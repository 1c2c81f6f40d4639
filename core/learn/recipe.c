/* Recipes: defaults, changes one by one, and pipeline.yaml. */
#include "core/learn/recipe.h"
#include "core/base/yaml.h"
#include "core/learn/search.h"

struct recipe recipe_default(void)
{
    return (struct recipe){ .id = S("id"), .threads = 1 };
}

static void steps_default(struct recipe *recipe)
{
    unsigned takes = recipe->learner->takes;
    bool fill = !(takes & TAKES_MISSING);
    const struct transform *const all[] = {
        &transform_dates,
        fill ? &transform_impute : NULL,
        fill ? &transform_standard : NULL,
        takes & TAKES_LEVELS ? &transform_ordinal : &transform_one_hot,
        takes & TAKES_SPARSE ? &transform_tfidf : NULL,
    };
    recipe->step_count = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i])
            recipe->steps[recipe->step_count++] = transform_step_default(all[i]);
}

bool recipe_use_learner(struct recipe *recipe, const struct learner *learner)
{
    recipe->learner = learner;
    recipe->params = params_default(learner->params, learner->param_count);
    if (!recipe->steps_given)
        steps_default(recipe);
    return true;
}

bool recipe_set_learner(struct recipe *recipe, struct str name, struct fault *why)
{
    const struct learner *learner = learner_find(name, why);
    return learner && recipe_use_learner(recipe, learner);
}

bool recipe_set_kind(struct recipe *recipe, struct str word, struct fault *why)
{
    static const struct {
        const char *word;
        unsigned targets;
    } kinds[] = {
        { "regression", TARGET_NUMBER },
        { "binary", TARGET_TWO_CLASSES },
        { "multiclass", TARGET_TWO_CLASSES | TARGET_CLASSES },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_is(word, kinds[i].word)) {
            recipe->targets = kinds[i].targets;
            return true;
        }
    return fault_set(why, BLAME_OPEN,
                     "kind was \"%.*s\", allowed are regression, binary and multiclass",
                     STR_ARGS(str_until(word, 40)));
}

bool recipe_set_seed(struct recipe *recipe, struct str text, struct fault *why)
{
    uint64_t seed = 0;
    bool fits = text.len > 0;
    for (size_t i = 0; fits && i < text.len; i++)
        fits = text.at[i] >= '0' && text.at[i] <= '9' &&
               !__builtin_mul_overflow(seed, 10u, &seed) &&
               !__builtin_add_overflow(seed, (uint64_t)(text.at[i] - '0'), &seed);
    recipe->seed = seed;
    return fits || fault_set(why, BLAME_OPEN,
                             "seed was \"%.*s\", allowed is a whole number from 0 to 2^64 - 1",
                             STR_ARGS(str_until(text, 40)));
}

bool recipe_set_param(struct recipe *recipe, struct str assignment, struct fault *why)
{
    size_t equals;
    if (!str_find(assignment, '=', &equals))
        return fault_set(why, BLAME_OPEN, "parameter \"%.*s\" had no value, write name=value",
                         STR_ARGS(str_until(assignment, 60)));
    return params_set(&recipe->params, recipe->learner->name, str_until(assignment, equals),
                      str_from(assignment, equals + 1), why);
}

/* The next name=value of a list, with the words behind it that have no =. */
static bool cut_assignment(struct str *rest, struct str *out)
{
    struct str word, ahead = *rest;
    if (!str_cut(&ahead, ',', out))
        return false;
    *rest = ahead;
    while (str_cut(&ahead, ',', &word)) {
        size_t equals;
        if (str_find(word, '=', &equals))
            break;
        out->len = (size_t)(word.at + word.len - out->at);
        *rest = ahead;
    }
    return true;
}

static void set_columns(struct arena *arena, struct transform_step *step, struct str list)
{
    struct str *columns = arena_array(arena, struct str, list.len + 1), word;
    for (step->column_count = 0; str_cut(&list, ',', &word); step->column_count++)
        columns[step->column_count] = word;
    step->columns = columns;
}

static bool read_assignments(struct arena *arena, struct transform_step *step, struct str list,
                             struct fault *why)
{
    struct str assignment;
    while (cut_assignment(&list, &assignment)) {
        size_t equals;
        if (!str_find(assignment, '=', &equals))
            return fault_set(why, BLAME_OPEN, "parameter \"%.*s\" had no value, write name=value",
                             STR_ARGS(str_until(assignment, 60)));
        struct str name = str_until(assignment, equals), value = str_from(assignment, equals + 1);
        if (str_is(name, "columns"))
            set_columns(arena, step, value);
        else if (!params_set(&step->params, step->transform->name, name, value, why))
            return false;
    }
    return true;
}

bool recipe_add_transform(struct arena *arena, struct recipe *recipe, struct str text, size_t count,
                          struct fault *why)
{
    size_t colon = text.len;
    str_find(text, ':', &colon);
    const struct transform *transform = transform_find(str_until(text, colon), why);
    if (!transform)
        return false;
    if (count == STEPS_MOST)
        return fault_set(why, BLAME_OPEN, "more than %d transforms", STEPS_MOST);
    recipe->steps[count] = transform_step_default(transform);
    recipe->step_count = count + 1;
    recipe->steps_given = true;
    return colon == text.len ||
           read_assignments(arena, &recipe->steps[count], str_from(text, colon + 1), why);
}

bool recipe_check(const struct recipe *recipe, struct fault *why)
{
    return !recipe->learner->check || recipe->learner->check(&recipe->params, why);
}

/* ---- pipeline.yaml ---- */

struct reading {
    struct arena *arena;
    const char *file;
    struct complaints *to;
    struct recipe *recipe;
};

static void refuse_unknown(struct reading *in, const struct yaml *member, const char *const *known,
                           size_t count)
{
    complain_unknown(in->to, in->file, member->key_line, member->key,
                     &(struct known_words){ known, count });
}

static bool want(struct reading *in, const struct yaml *node, enum yaml_kind kind, const char *what)
{
    return yaml_want(node, kind, in->file, what, in->to);
}

static struct str read_text(struct reading *in, const struct yaml *node, const char *what)
{
    if (!want(in, node, YAML_SCALAR, what))
        return S("");
    if (!node->text.len)
        complain(in->to, in->file, node->line, "%s was empty", what);
    return node->text;
}

static size_t read_names(struct reading *in, const struct yaml *list, const char *what,
                         const struct str **out)
{
    if (!want(in, list, YAML_LIST, what))
        return 0;
    struct str *names = arena_array(in->arena, struct str, list->count);
    for (size_t i = 0; i < list->count; i++)
        names[i] = read_text(in, &list->members[i], what);
    *out = names;
    if (!list->count)
        complain(in->to, in->file, list->line, "%s was an empty list", what);
    return list->count;
}

static void read_param(struct reading *in, const struct yaml *member, struct params *params,
                       const char *of)
{
    struct fault why;
    const char *what =
        arena_print(in->arena, "parameter %.*s of %s", STR_ARGS(str_until(member->key, 60)), of);
    if (want(in, member, YAML_SCALAR, what) &&
        !params_set(params, of, member->key, member->text, &why))
        complain(in->to, in->file, member->key_line, "%s", why.text);
}

/* A step's keys are name, columns and its parameters. */
static void read_step_params(struct reading *in, const struct yaml *map,
                             struct transform_step *step)
{
    const char *known[2 + 2 * PARAMS_MOST] = { "name", "columns" };
    size_t count = 2;
    for (size_t i = 0; i < step->params.count; i++) {
        known[count++] = step->params.specs[i].name;
        if (step->params.specs[i].alias)
            known[count++] = step->params.specs[i].alias;
    }
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml *member = &map->members[i];
        size_t at = 0;
        while (at < count && !str_is(member->key, known[at]))
            at++;
        if (at == count)
            refuse_unknown(in, member, known, count);
        else if (at >= 2)
            read_param(in, member, &step->params, step->transform->name);
    }
}

static void read_step(struct reading *in, const struct yaml *node)
{
    struct recipe *recipe = in->recipe;
    if (node->kind == YAML_LIST) {
        want(in, node, YAML_MAP, "a transform");
        return;
    }
    const struct yaml *name = node->kind == YAML_MAP ? yaml_get(node, "name") : node;
    if (!name) {
        complain(in->to, in->file, node->line, "transform without a name");
        return;
    }
    struct fault why;
    struct str word = read_text(in, name, "name of a transform");
    if (!word.len)
        return;
    if (!recipe_add_transform(in->arena, recipe, word, recipe->step_count, &why)) {
        complain(in->to, in->file, name->line, "%s", why.text);
        return;
    }
    struct transform_step *step = &recipe->steps[recipe->step_count - 1];
    if (node->kind != YAML_MAP)
        return;
    read_step_params(in, node, step);
    const struct yaml *columns = yaml_get(node, "columns");
    if (columns)
        step->column_count = read_names(in, columns, "columns", &step->columns);
}

static void read_schema(struct reading *in, const struct yaml *node)
{
    if (want(in, node, YAML_SCALAR, "schema") && !str_is(node->text, "1"))
        complain(in->to, in->file, node->line, "schema was \"%.*s\", this version reads 1",
                 STR_ARGS(str_until(node->text, 20)));
}

static void read_target(struct reading *in, const struct yaml *node)
{
    in->recipe->target = read_text(in, node, "target");
}

static void read_id(struct reading *in, const struct yaml *node)
{
    in->recipe->id = read_text(in, node, "id");
}

static void read_drop(struct reading *in, const struct yaml *node)
{
    in->recipe->drop_count = read_names(in, node, "drop", &in->recipe->drop);
}

static void read_transforms(struct reading *in, const struct yaml *node)
{
    if (!want(in, node, YAML_LIST, "transforms"))
        return;
    in->recipe->step_count = 0;
    in->recipe->steps_given = true;
    for (size_t i = 0; i < node->count; i++)
        read_step(in, &node->members[i]);
}

static void read_learner(struct reading *in, const struct yaml *node)
{
    static const char *const known[] = { "name", "params" };
    if (node->kind == YAML_LIST) {
        want(in, node, YAML_MAP, "learner");
        return;
    }
    for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++)
        if (!str_is(node->members[i].key, "name") && !str_is(node->members[i].key, "params"))
            refuse_unknown(in, &node->members[i], known, 2);
    const struct yaml *name = node->kind == YAML_MAP ? yaml_get(node, "name") : node;
    if (!name) {
        complain(in->to, in->file, node->line, "learner without a name");
        return;
    }
    struct fault why;
    struct str word = read_text(in, name, "name of the learner");
    if (!word.len)
        return;
    if (!recipe_set_learner(in->recipe, word, &why)) {
        complain(in->to, in->file, name->line, "%s", why.text);
        return;
    }
    const struct yaml *params = node->kind == YAML_MAP ? yaml_get(node, "params") : NULL;
    if (!params || !want(in, params, YAML_MAP, "params"))
        return;
    for (size_t i = 0; i < params->count; i++)
        read_param(in, &params->members[i], &in->recipe->params, in->recipe->learner->name);
}

static void read_kind(struct reading *in, const struct yaml *node)
{
    struct fault why;
    struct str word = read_text(in, node, "kind");
    if (word.len && !recipe_set_kind(in->recipe, word, &why))
        complain(in->to, in->file, node->line, "%s", why.text);
}

static void read_calibrate(struct reading *in, const struct yaml *node)
{
    struct str word = read_text(in, node, "calibrate");
    if (word.len && !calibration_find(word, &in->recipe->calibration))
        complain(in->to, in->file, node->line,
                 "calibrate was \"%.*s\", allowed are platt and isotonic",
                 STR_ARGS(str_until(word, 40)));
}

static void read_time(struct reading *in, const struct yaml *node)
{
    in->recipe->time = read_text(in, node, "time");
}

static void read_group(struct reading *in, const struct yaml *node)
{
    in->recipe->group = read_text(in, node, "group");
}

static void read_weight(struct reading *in, const struct yaml *node)
{
    in->recipe->weight = read_text(in, node, "weight");
}

/* When the learner is known: recipe_parse comes back to it. */
static void read_search(struct reading *in, const struct yaml *node)
{
    if (!in->recipe->learner)
        return;
    struct search *search = arena_new(in->arena, struct search);
    search_read(in->arena, in->file, node, in->recipe, search, in->to);
    in->recipe->search = search;
}

/* The keys of a pipeline.yaml: add one here. */
static const struct key {
    const char *name;
    bool required;
    void (*read)(struct reading *in, const struct yaml *node);
} keys[] = {
    { "schema", true, read_schema },
    { "target", false, read_target },
    { "id", false, read_id },
    { "kind", false, read_kind },
    { "time", false, read_time },
    { "group", false, read_group },
    { "weight", false, read_weight },
    { "drop", false, read_drop },
    { "transforms", false, read_transforms },
    { "learner", true, read_learner },
    { "calibrate", false, read_calibrate },
    { "search", false, read_search }, /* behind learner: keys are read in the order of this table */
};

#define KEYS (sizeof keys / sizeof *keys)

static void refuse_unknown_keys(struct reading *in, const struct yaml *map)
{
    const char *names[KEYS];
    for (size_t k = 0; k < KEYS; k++)
        names[k] = keys[k].name;
    for (size_t i = 0; i < map->count; i++) {
        size_t k = 0;
        while (k < KEYS && !str_is(map->members[i].key, names[k]))
            k++;
        if (k == KEYS)
            refuse_unknown(in, &map->members[i], names, KEYS);
    }
}

/* What does not go together. */
static void recipe_complain(const struct recipe *recipe, const struct yaml *map, const char *file,
                            struct complaints *to)
{
    struct fault why;
    bool wanted = !recipe->learner || recipe->learner->targets != TARGET_NONE;
    if (wanted && !yaml_get(map, "target"))
        complain(to, file, 0, "key \"target\" is missing");
    if (!wanted && recipe->target.len)
        complain(to, file, yaml_get(map, "target")->line,
                 "%s learns without a target: write the column under drop to leave it out",
                 recipe->learner->name);
    if (recipe->target.len && str_equal(recipe->target, recipe->id))
        complain(to, file, 0, "target and id are the same column \"%.*s\"",
                 STR_ARGS(recipe->target));
    if (recipe->learner && !recipe_check(recipe, &why))
        complain(to, file, 0, "%s", why.text);
}

bool recipe_parse(struct arena *arena, const char *file, struct str bytes, struct recipe *out,
                  struct complaints *to)
{
    *out = recipe_default();
    size_t before = to->count;
    const struct yaml *map = yaml_parse(arena, file, bytes, to);
    if (!map)
        return false;
    struct reading in = { .arena = arena, .file = file, .to = to, .recipe = out };
    if (!want(&in, map, YAML_MAP, "the pipeline"))
        return false;
    refuse_unknown_keys(&in, map);
    for (size_t k = 0; k < KEYS; k++) {
        const struct yaml *member = yaml_get(map, keys[k].name);
        if (member)
            keys[k].read(&in, member);
        else if (keys[k].required)
            complain(to, file, 0, "key \"%s\" is missing", keys[k].name);
    }
    recipe_complain(out, map, file, to);
    return to->count == before;
}
