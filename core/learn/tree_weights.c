/* Weights of rows, constraints of columns. */
#include "core/learn/tree_weights.h"
#include "core/base/fault.h"

const double *tree_weights(struct arena *arena, const struct examples *examples, bool balanced,
                           double positive)
{
    size_t rows = inputs_rows(&examples->in), classes = examples->class_count;
    bool plain = !classes || (!balanced && positive >= 1 && positive <= 1);
    if (plain)
        return examples->weight;
    double *of_class = arena_array(arena, double, classes), total = 0;
    double *weights = arena_array(arena, double, rows);
    for (size_t i = 0; i < rows; i++) {
        weights[i] = examples->weight ? examples->weight[i] : 1;
        of_class[(size_t)examples->y[i]] += weights[i];
        total += weights[i];
    }
    for (size_t i = 0; i < rows; i++) {
        size_t class = (size_t)examples->y[i];
        if (balanced && of_class[class] > 0)
            weights[i] *= total / ((double)classes * of_class[class]);
        if (classes == 2 && class == 1)
            weights[i] *= positive;
    }
    return weights;
}

/* The column that a constraint names; false when there is none such. */
static bool column_find(const struct examples *examples, struct str name, size_t *column)
{
    size_t columns = examples->in.dense.columns;
    int64_t at;
    for (size_t c = 0; examples->names && c < columns; c++)
        if (str_equal(examples->names[c], name)) {
            *column = c;
            return true;
        }
    if (!str_to_int(name, &at) || at < 0 || (size_t)at >= columns)
        return false;
    *column = (size_t)at;
    return true;
}

static bool constraint_set(const struct examples *examples, struct str part, size_t at, int8_t *out,
                           struct fault *why)
{
    struct str name = str_trim(part), sign = name;
    size_t column = at;
    int64_t direction;
    for (size_t i = part.len; i-- > 0;)
        if (part.at[i] == ':') { /* names may hold one themselves */
            name = str_trim(str_until(part, i));
            sign = str_trim(str_from(part, i + 1));
            break;
        }
    bool named = name.at != sign.at;
    if (sign.len > 1 && sign.at[0] == '+')
        sign = str_from(sign, 1);
    if (!str_to_int(sign, &direction) || direction < -1 || direction > 1)
        return fault_set(why, BLAME_OPEN,
                         "monotone_constraints: \"%.*s\" is not 1, 0, -1 or COLUMN:1",
                         STR_ARGS(str_until(part, 60)));
    if (named ? !column_find(examples, name, &column) : column >= examples->in.dense.columns)
        return fault_set(why, BLAME_OPEN, "monotone_constraints: there is no column \"%.*s\"",
                         STR_ARGS(str_until(name, 60)));
    if (direction && examples->in.levels && examples->in.levels[column])
        return fault_set(why, BLAME_OPEN, "monotone_constraints: column %zu is a category", column);
    out[column] = (int8_t)direction;
    return true;
}

bool tree_monotone(struct arena *arena, const struct examples *examples, struct str text,
                   const int8_t **out, struct fault *why)
{
    text = str_trim(text);
    *out = NULL;
    if (text.len >= 2 && text.at[0] == '(' && text.at[text.len - 1] == ')')
        text = str_until(str_from(text, 1), text.len - 2); /* as XGBoost writes it */
    if (!text.len)
        return true;
    int8_t *monotone = arena_array(arena, int8_t, examples->in.dense.columns);
    struct str part;
    for (size_t at = 0; str_cut(&text, ',', &part); at++)
        if (!constraint_set(examples, part, at, monotone, why))
            return false;
    *out = monotone;
    return true;
}
