/* Telling two tables apart. */
#include "core/learn/domain.h"
#include "core/math/order.h"
#include "core/math/random.h"

#define LABEL " table " /* blanks around it: no file's column has them */

/* At most DOMAIN_ROWS_MOST rows, drawn, in their order. */
static void rows_draw(struct arena *arena, const struct table *table, uint64_t seed,
                      struct table *out)
{
    if (table->rows <= DOMAIN_ROWS_MOST) {
        *out = *table;
        return;
    }
    size_t *at = arena_array(arena, size_t, table->rows);
    struct random random = { seed };
    for (size_t i = 0; i < table->rows; i++)
        at[i] = i;
    random_shuffle(&random, at, table->rows);
    sort_indexes(at, DOMAIN_ROWS_MOST);
    table_select(arena, table, at, DOMAIN_ROWS_MOST, out);
}

static bool is_left_out(struct str name, const struct str *left_out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(name, left_out[i]))
            return true;
    return false;
}

/* The columns in common, and the label in front of them. */
static bool sides_make(struct arena *arena, const struct table tables[2],
                       const struct str *left_out, size_t count, struct table sides[2],
                       struct fault *why)
{
    struct column *columns[2];
    for (size_t s = 0; s < 2; s++) {
        double *label = arena_array(arena, double, tables[s].rows);
        for (size_t i = 0; i < tables[s].rows; i++)
            label[i] = (double)s;
        columns[s] = arena_array(arena, struct column, tables[0].column_count + 1);
        if (!column_of_numbers(arena, S(LABEL), label, tables[s].rows, &columns[s][0], why))
            return false;
        sides[s] = (struct table){ tables[s].rows, 1, columns[s] };
    }
    for (size_t c = 0; c < tables[0].column_count; c++) {
        const struct column *a = &tables[0].columns[c], *b = table_find(&tables[1], a->name);
        if (!b || a->kind == COLUMN_TEXT || b->kind == COLUMN_TEXT ||
            column_is_numeric(a) != column_is_numeric(b) || is_left_out(a->name, left_out, count))
            continue;
        columns[0][sides[0].column_count++] = *a;
        columns[1][sides[1].column_count++] = *b;
    }
    return sides[0].column_count > 1 ||
           fault_set(why, BLAME_OPEN, "the tables have no column in common to tell them apart by");
}

bool domain_classify(struct arena *arena, const struct table *a, const struct table *b,
                     const struct str *left_out, size_t count, uint64_t seed, unsigned threads,
                     struct validated *out, struct fault *why)
{
    static const char *const params[] = { "n_estimators=50", "max_depth=3" };
    const struct str names[] = { S("the first table"), S("the second table") };
    struct table drawn[2], sides[2], both;
    struct validator validator;
    struct recipe recipe = recipe_default();
    struct validation how = { .folds = DOMAIN_FOLDS, .metric = metric_find(S("roc_auc")) };
    if (a->rows < DOMAIN_FOLDS || b->rows < DOMAIN_FOLDS)
        return fault_set(why, BLAME_OPEN, "telling tables apart needs %d rows of each",
                         DOMAIN_FOLDS);
    rows_draw(arena, a, seed, &drawn[0]);
    rows_draw(arena, b, seed + 1, &drawn[1]);
    if (!sides_make(arena, drawn, left_out, count, sides, why) ||
        !table_stack(arena, sides, names, 2, &both, why))
        return false;
    recipe.target = S(LABEL);
    recipe.seed = seed;
    recipe.threads = threads;
    if (!recipe_set_learner(&recipe, S("gbdt"), why))
        return false;
    for (size_t i = 0; i < sizeof params / sizeof *params; i++)
        if (!recipe_set_param(&recipe, str_of(params[i]), why))
            return false;
    return validator_open(arena, &both, &recipe, &how, &validator, why) &&
           validator_run(arena, &validator, &recipe, NULL, out, why);
}
