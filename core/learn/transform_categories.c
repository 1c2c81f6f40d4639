/* Transforms of one category: columns of 0 and 1, codes, the filling of missing cells. */
#include "core/learn/levels.h"

#define ROWS_OF(fitting) ((fitting)->table->rows)

static const struct levels *levels_of(const struct node *node)
{
    return node->fitted;
}

static struct str name_of(const struct made *made, const struct node *node)
{
    return made->features->slots[node->inputs[0]].name;
}

static bool kept_bind(struct binding *binding, const struct node *node, struct fault *why)
{
    const int32_t *map;
    if (!levels_bind(binding->arena, levels_of(node), binding_texts(binding, node->inputs[0]),
                     binding->table->rows, &map, why))
        return false;
    binding->bound[node - binding->features->nodes] = map;
    return true;
}

static void kept_apply(const struct node *node, const struct block *block)
{
    (void)node;
    levels_apply(block->bound, block->in[0], block->out[0], block->rows);
}

static void kept_save(const struct node *node, struct text *out)
{
    levels_save(levels_of(node), out);
}

static void kept_load(struct bytes *in, struct node *node)
{
    node->fitted = arena_new(in->arena, struct levels);
    levels_load(in, node->fitted);
}

static void kept_describe(const struct node *node, struct json_out *out)
{
    levels_print(levels_of(node), out);
}

/* ---- one_hot ---- */

static bool one_hot_fit(struct fitting *fitting, const struct params *params, struct node *node,
                        struct fault *why)
{
    (void)why;
    const struct column *column = binding_texts(fitting->binding, node->inputs[0]);
    struct levels *levels = node->fitted = arena_new(fitting->arena, struct levels);
    bool rare;
    levels_fit(fitting->arena, column, ROWS_OF(fitting), param_integer(params, "min_frequency"),
               param_integer(params, "max_categories"), levels, &rare);
    if (param_is(params, "handle_unknown", "infrequent_if_exist"))
        levels->other = rare ? OTHER_LEVEL : OTHER_NONE;
    if (param_is(params, "handle_unknown", "error"))
        levels->other = OTHER_FAULT;
    levels->missing = column->missing_count > 0;
    return true;
}

static void one_hot_outputs(struct made *made, const struct node *node)
{
    made_slot(made, name_of(made, node), SLOT_HOT, levels_width(levels_of(node)));
}

static struct str one_hot_name(struct arena *arena, const struct node *node, struct str slot,
                               size_t k)
{
    struct str level = levels_text(levels_of(node), k);
    bool missing = levels_of(node)->missing && k + 1 == levels_width(levels_of(node));
    return str_of(missing ? arena_print(arena, "%.*s is missing", STR_ARGS(slot))
                          : arena_print(arena, "%.*s=%.*s", STR_ARGS(slot), STR_ARGS(level)));
}

static const char *const unknown_words[] = { "ignore", "infrequent_if_exist", "error", NULL };

static const struct param_spec one_hot_params[] = {
    { "min_frequency", "min_count", PARAM_INTEGER, 1, 1e9, "5", NULL,
      "rarer levels get no column" },
    { "max_categories", "most", PARAM_INTEGER, 1, 1e6, "100", NULL, "columns at most, commonest" },
    { "handle_unknown", NULL, PARAM_CHOICE, 0, 0, "ignore", unknown_words,
      "rare and unseen levels: all 0, a column of their own, or a fault when unseen" },
};

const struct transform transform_one_hot = {
    .name = "one_hot",
    .what = "a column of 0 and 1 for each common level; an unseen level is all 0",
    .on = SLOT_CATEGORY,
    .takes = SLOTS_TEXTS | SLOTS_NUMBERS,
    .reads = SLOTS_TEXTS,
    PARAMS_OF(one_hot_params),
    .fit = one_hot_fit,
    .outputs = one_hot_outputs,
    .bind = kept_bind,
    .apply = kept_apply,
    .column_name = one_hot_name,
    .save = kept_save,
    .load = kept_load,
    .describe = kept_describe,
};

/* ---- ordinal: for learners that take codes, with a code for missing where they need one ---- */

static bool ordinal_fit(struct fitting *fitting, const struct params *params, struct node *node,
                        struct fault *why)
{
    (void)why;
    const struct column *column = binding_texts(fitting->binding, node->inputs[0]);
    struct levels *levels = node->fitted = arena_new(fitting->arena, struct levels);
    bool rare;
    levels_fit(fitting->arena, column, ROWS_OF(fitting), param_integer(params, "min_frequency"),
               param_integer(params, "max_categories"), levels, &rare);
    if (!(fitting->wish.takes & TAKES_MISSING)) {
        levels->other = OTHER_LEVEL;
        levels->missing = column->missing_count > 0;
    }
    return true;
}

static void ordinal_outputs(struct made *made, const struct node *node)
{
    made_slot(made, name_of(made, node), SLOT_CODES, levels_width(levels_of(node)));
}

static const struct param_spec ordinal_params[] = {
    { "min_frequency", "min_count", PARAM_INTEGER, 1, 1e9, "1", NULL,
      "rarer levels are as never seen" },
    { "max_categories", "most", PARAM_INTEGER, 1, 1e7, "10000000", NULL,
      "levels at most, commonest" },
};

const struct transform transform_ordinal = {
    .name = "ordinal",
    .what = "a code for each level, for learners that take categories",
    .on = SLOT_CATEGORY,
    .takes = SLOTS_TEXTS | SLOTS_NUMBERS,
    .reads = SLOTS_TEXTS,
    PARAMS_OF(ordinal_params),
    .fit = ordinal_fit,
    .outputs = ordinal_outputs,
    .bind = kept_bind,
    .apply = kept_apply,
    .save = kept_save,
    .load = kept_load,
    .describe = kept_describe,
};

/* ---- fill: what impute is for categories ---- */

static bool fill_fit(struct fitting *fitting, const struct params *params, struct node *node,
                     struct fault *why)
{
    (void)why;
    const struct column *column = binding_texts(fitting->binding, node->inputs[0]);
    struct levels kept;
    struct str *text = node->fitted = arena_new(fitting->arena, struct str);
    bool rare;
    *text = S("missing");
    if (param_is(params, "strategy", "constant")) {
        if (param_is_given(params, "fill_value"))
            *text = str_keep(fitting->arena, param_text(params, "fill_value"));
        return true;
    }
    levels_fit(fitting->arena, column, ROWS_OF(fitting), 1, 1, &kept, &rare);
    if (kept.count)
        *text = kept.texts[0];
    return true;
}

static void fill_outputs(struct made *made, const struct node *node)
{
    made_slot(made, name_of(made, node), SLOT_CATEGORY, 1);
}

/* The column again, with one more level where it has not the filling. */
static bool fill_bind(struct binding *binding, const struct node *node, struct fault *why)
{
    (void)why;
    const struct column *from = binding_texts(binding, node->inputs[0]);
    const struct str *fill = node->fitted;
    struct column *out = arena_new(binding->arena, struct column);
    struct str *levels = arena_array(binding->arena, struct str, from->level_count + 1);
    int32_t *codes = arena_array(binding->arena, int32_t, binding->table->rows);
    size_t at = 0;
    if (from->level_count)
        memcpy(levels, from->levels, from->level_count * sizeof *levels);
    while (at < from->level_count && !str_equal(levels[at], *fill))
        at++;
    levels[at] = *fill;
    for (size_t i = 0; i < binding->table->rows; i++)
        codes[i] = from->codes[i] < 0 ? (int32_t)at : from->codes[i];
    *out = *from;
    out->missing_count = 0;
    out->codes = codes;
    out->levels = levels;
    out->level_count = at < from->level_count ? from->level_count : at + 1;
    binding->columns[node->first_output] = out;
    return true;
}

static void fill_save(const struct node *node, struct text *out)
{
    bytes_put_text(out, *(const struct str *)node->fitted);
}

static void fill_load(struct bytes *in, struct node *node)
{
    struct str *text = node->fitted = arena_new(in->arena, struct str);
    *text = bytes_text(in);
}

static void fill_describe(const struct node *node, struct json_out *out)
{
    json_add_text(out, "fill_value", *(const struct str *)node->fitted);
}

const struct transform transform_fill = {
    .name = "fill",
    .what = "fill missing categories",
    .on = SLOTS_TEXTS,
    .takes = SLOTS_TEXTS,
    .fit = fill_fit,
    .outputs = fill_outputs,
    .bind = fill_bind,
    .save = fill_save,
    .load = fill_load,
    .describe = fill_describe,
};
