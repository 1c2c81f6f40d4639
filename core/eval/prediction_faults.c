/* What is wrong with predictions, in words. */
#include "core/eval/predictions.h"

/* singular and plural, as in "2 ids missing" */
static const struct {
    const char *name, *one, *many;
} rules[PREDICTION_RULES] = {
    [PREDICTION_CSV] = { "csv", "the file is not well-formed CSV",
                         "the file is not well-formed CSV" },
    [PREDICTION_COLUMNS] = { "columns", "the header has the wrong columns",
                             "the header has the wrong columns" },
    [PREDICTION_MISSING] = { "missing", "id missing", "ids missing" },
    [PREDICTION_DOUBLED] = { "doubled", "id there again", "ids there again" },
    [PREDICTION_UNKNOWN] = { "unknown", "unknown id", "unknown ids" },
    [PREDICTION_NOTHING] = { "not_a_value", "value not a number or class",
                             "values not a number or class" },
    [PREDICTION_INFINITE] = { "not_finite", "value not finite", "values not finite" },
    [PREDICTION_RANGE] = { "out_of_range", "value not a probability from 0 to 1",
                           "values not a probability from 0 to 1" },
    [PREDICTION_BOX] = { "box", "box whose corners are not x1 <= x2 and y1 <= y2",
                         "boxes whose corners are not x1 <= x2 and y1 <= y2" },
};

const char *prediction_rule_name(enum prediction_rule rule)
{
    return rules[rule].name;
}

static void rule_print(struct text *out, const struct prediction_faults *faults, size_t rule,
                       bool discreet)
{
    size_t count = faults->rules[rule].count, line = faults->rules[rule].line;
    struct str id = faults->rules[rule].id;
    text_print(out, "%zu %s", count, count == 1 ? rules[rule].one : rules[rule].many);
    if (discreet)
        return;
    text_print(out, " (%s", count == 1 ? "" : "first ");
    if (line)
        text_print(out, "in line %zu, ", line);
    text_print(out, "id \"%.*s\")", STR_ARGS(id));
}

struct str prediction_faults_print(struct arena *arena, const struct prediction_faults *faults,
                                   struct str file, bool discreet)
{
    struct text out = { .arena = arena };
    bool whole = faults->rules[PREDICTION_CSV].count || faults->rules[PREDICTION_COLUMNS].count;
    if (faults->rules[PREDICTION_CSV].count && !discreet) /* the reader named file and line */
        return str_keep(arena, str_of(faults->detail.text));
    text_print(&out, "%.*s: ", STR_ARGS(file));
    if (faults->rules[PREDICTION_COLUMNS].count) /* says what the task's files say too */
        text_add(&out, str_of(faults->detail.text));
    else if (whole)
        text_add(&out, str_of(rules[PREDICTION_CSV].one));
    size_t said = 0;
    for (size_t i = PREDICTION_MISSING; i < PREDICTION_RULES && !whole; i++)
        if (faults->rules[i].count) {
            text_add(&out, said++ ? S("; ") : S(""));
            rule_print(&out, faults, i, discreet);
        }
    return text_str(&out);
}
