/* The header of a prediction file: what each column is, by the kind of the truth. */
#include "core/data/number.h"
#include "core/eval/prediction_parts.h"
#include <stdlib.h>

static struct str id_name(const struct matching *m)
{
    return m->form->id_column.len ? m->form->id_column : S("id");
}

/* What the header must be. */
static void expected_print(const struct matching *m, struct text *out)
{
    const struct truth *truth = m->truth;
    struct str id = str_until(id_name(m), 40);
    switch (truth->kind) {
    case TRUTH_LABELS:
        text_print(out, "%.*s and a column for each of the %zu labels (%.*s%s)", STR_ARGS(id),
                   truth->class_count, STR_ARGS(str_until(truth->classes[0], 20)),
                   truth->class_count > 1 ? ", ..." : "");
        return;
    case TRUTH_RANKING:
        text_add(out, S("query,item,score"));
        return;
    case TRUTH_CLUSTERS:
        text_print(out, "%.*s,cluster", STR_ARGS(id));
        return;
    case TRUTH_BOXES:
        text_print(out, "%.*s,class,score,x1,y1,x2,y2", STR_ARGS(id));
        return;
    default:
        text_print(out, "%.*s,prediction", STR_ARGS(id));
    }
    if (truth->class_count)
        text_print(out, " or %.*s and a column for each of the %zu classes (%.*s, %.*s%s)",
                   STR_ARGS(id), truth->class_count, STR_ARGS(str_until(truth->classes[0], 20)),
                   STR_ARGS(str_until(truth->classes[1], 20)),
                   truth->class_count > 2 ? ", ..." : "");
    else if (m->form->quantiles)
        text_add(out, S(" and columns of quantiles such as q0.1, or these with q0.5"));
    if (truth->kind == TRUTH_CLASSES && m->form->each_class)
        text_add(out, S("; here it must be the latter"));
}

static bool columns_refuse(struct matching *m)
{
    struct text text = { .arena = m->arena };
    text_add(&text, S("the header must be "));
    expected_print(m, &text);
    m->faults->rules[PREDICTION_COLUMNS].count = 1;
    return fault_set(&m->faults->detail, BLAME_OPEN, "%s", text.at);
}

/* The one column of this name gets the role. */
static bool role_give(struct matching *m, struct str name, enum role role, size_t value)
{
    for (size_t i = 0; i < m->header.count; i++)
        if (str_equal(m->header.names[i], name)) {
            m->columns[i].role = role;
            m->columns[i].value = value;
            return true;
        }
    return false;
}

/* A column for each class or label, named as it. */
static bool class_columns(struct matching *m)
{
    const struct truth *truth = m->truth;
    uint8_t *taken = arena_array(m->arena, uint8_t, truth->class_count);
    if (m->header.count != truth->class_count + 1)
        return columns_refuse(m);
    for (size_t i = 0; i < m->header.count; i++) {
        if (m->columns[i].role == ROLE_ID)
            continue;
        size_t class = matching_class(m, m->header.names[i]);
        if (class == SIZE_MAX || taken[class]++)
            return columns_refuse(m);
        m->columns[i].role = ROLE_VALUE;
        m->columns[i].value = class;
    }
    m->width = truth->class_count;
    return true;
}

/* "q0.1" is a quantile. */
static bool level_of(struct str name, double *out)
{
    return name.len > 1 && name.at[0] == 'q' &&
           number_parse(str_from(name, 1), out) == NUMBER_FINE && *out > 0 && *out < 1;
}

static int level_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* id, perhaps prediction, and quantiles: row[0] is the prediction, levels rise behind it. */
static bool quantile_columns(struct matching *m)
{
    size_t count = 0, named = 1;
    double level, *levels = arena_array(m->arena, double, m->header.count + 1);
    for (size_t i = 0; i < m->header.count; i++)
        if (level_of(m->header.names[i], &level))
            levels[count++] = level;
    qsort(levels, count, sizeof *levels, level_order);
    for (size_t i = 1; i < count; i++)
        if (levels[i] == levels[i - 1])
            return columns_refuse(m);
    m->width = 1 + count;
    m->quantile_levels = levels;
    m->quantile_count = count;
    for (size_t i = 0; i < m->header.count; i++)
        if (level_of(m->header.names[i], &level)) {
            const double *at = bsearch(&level, levels, count, sizeof *levels, level_order);
            m->columns[i].role = ROLE_VALUE;
            m->columns[i].value = 1 + (size_t)(at - levels);
        }
    bool has_prediction = role_give(m, S("prediction"), ROLE_VALUE, 0), has_median = false;
    for (size_t i = 0; i < count; i++)
        has_median |= levels[i] == 0.5;
    named += has_prediction + count;
    return (count <= QUANTILES_MOST && named == m->header.count &&
            (has_prediction || has_median)) ||
           columns_refuse(m);
}

static bool one_column(struct matching *m)
{
    const struct truth *truth = m->truth;
    if (m->header.count != 2 || !role_give(m, S("prediction"), ROLE_VALUE, 0)) {
        if (truth->class_count)
            return class_columns(m);
        return truth->kind == TRUTH_NUMBER && m->form->quantiles ? quantile_columns(m)
                                                                 : columns_refuse(m);
    }
    m->width = 1;
    return !(truth->kind == TRUTH_CLASSES && m->form->each_class) || columns_refuse(m);
}

static bool ranking_columns(struct matching *m)
{
    m->width = 1;
    return (m->header.count == 3 && role_give(m, S("item"), ROLE_ITEM, 0) &&
            role_give(m, S("score"), ROLE_VALUE, 0)) ||
           columns_refuse(m);
}

static bool cluster_columns(struct matching *m)
{
    m->width = 1;
    return (m->header.count == 2 && role_give(m, S("cluster"), ROLE_CLUSTER, 0)) ||
           columns_refuse(m);
}

static bool box_columns(struct matching *m)
{
    static const char *const numbers[] = { "score", "x1", "y1", "x2", "y2" };
    bool all = m->header.count == 7 && role_give(m, S("class"), ROLE_CLASS, 0);
    m->width = 5;
    for (size_t i = 0; i < m->width; i++)
        all = all && role_give(m, str_of(numbers[i]), ROLE_VALUE, i);
    return all || columns_refuse(m);
}

bool matching_columns(struct matching *m)
{
    static const struct {
        enum truth_kind kind;
        const char *id; /* NULL: as the form says */
        bool (*columns)(struct matching *m);
    } layouts[] = {
        { TRUTH_LABELS, NULL, class_columns },
        { TRUTH_RANKING, "query", ranking_columns },
        { TRUTH_CLUSTERS, NULL, cluster_columns },
        { TRUTH_BOXES, NULL, box_columns },
        { 0, NULL, one_column },
    };
    size_t at = 0;
    while (layouts[at].kind && layouts[at].kind != m->truth->kind)
        at++;
    m->columns = arena_take_array(m->arena, m->header.cell_count, sizeof *m->columns);
    struct str id = layouts[at].id ? str_of(layouts[at].id) : id_name(m);
    return role_give(m, id, ROLE_ID, 0) ? layouts[at].columns(m) : columns_refuse(m);
}
