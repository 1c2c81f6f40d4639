/* Truth files: one target a row, a number or a class. */
#include "core/data/number.h"
#include "core/eval/truth_parts.h"
#include <math.h>
#include <stdlib.h>

bool truth_find_target(struct reading *r, struct fault *why)
{
    struct str wanted = r->form->target;
    for (size_t i = 0; i < r->table.column_count; i++) {
        const struct column *column = &r->table.columns[i];
        if (reading_is_known(r, column) || (wanted.len && !str_equal(column->name, wanted)))
            continue;
        if (r->target)
            return fault_set(
                why, BLAME_OPEN, "%.*s:1: columns \"%.*s\" and \"%.*s\" could both be the target",
                STR_ARGS(str_until(r->file, 70)), STR_ARGS(str_until(r->target->name, 40)),
                STR_ARGS(str_until(column->name, 40)));
        r->target = column;
    }
    if (r->target) {
        r->out->target_name = r->target->name;
        return true;
    }
    return fault_set(why, BLAME_OPEN, "%.*s:1: no column %s%.*s%s",
                     STR_ARGS(str_until(r->file, 70)), wanted.len ? "\"" : "for the target",
                     STR_ARGS(str_until(wanted, 60)), wanted.len ? "\"" : "");
}

static int number_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The distinct values rising, as far as TRUTH_CLASSES_MOST + 1; gives their number. */
static size_t distinct(const double *values, size_t n, double out[TRUTH_CLASSES_MOST + 1])
{
    size_t count = 0;
    for (size_t i = 0; i < n && count <= TRUTH_CLASSES_MOST; i++) {
        double value = values[i] + 0.0;
        if (bsearch(&value, out, count, sizeof *out, number_order))
            continue;
        size_t at = count++;
        for (; at > 0 && out[at - 1] > value; at--)
            out[at] = out[at - 1];
        out[at] = value;
    }
    return count;
}

static bool classes_count_check(struct reading *r, size_t count, struct fault *why)
{
    unsigned kinds = r->form->kinds ? r->form->kinds : ~0u;
    r->out->class_count = count;
    bool clusters = kinds == TRUTH_CLUSTERS;
    r->out->kind = clusters                               ? TRUTH_CLUSTERS
                   : count == 2 && (kinds & TRUTH_BINARY) ? TRUTH_BINARY
                                                          : TRUTH_CLASSES;
    if (count < 2 && !clusters)
        return fault_set(why, BLAME_OPEN, "%.*s: all rows are of one class",
                         STR_ARGS(str_until(r->file, 70)));
    if (!(kinds & r->out->kind))
        return fault_set(why, BLAME_OPEN, "%.*s: column \"%.*s\" has %zu classes, two are needed",
                         STR_ARGS(str_until(r->file, 70)), STR_ARGS(str_until(r->target->name, 60)),
                         count);
    return count <= TRUTH_CLASSES_MOST ||
           fault_set(why, BLAME_OPEN, "%.*s: column \"%.*s\" has more than %d classes",
                     STR_ARGS(str_until(r->file, 70)), STR_ARGS(str_until(r->target->name, 60)),
                     TRUTH_CLASSES_MOST);
}

static bool number_target(struct reading *r, struct fault *why)
{
    struct truth *out = r->out;
    unsigned kinds = r->form->kinds ? r->form->kinds : ~0u;
    double found[TRUTH_CLASSES_MOST + 1] = { 0 };
    size_t count = distinct(r->target->numbers, r->table.rows, found);
    bool zero_one = count <= 2;
    for (size_t i = 0; i < count && zero_one; i++)
        zero_one &= found[i] == 0 || found[i] == 1;
    if ((kinds & TRUTH_NUMBER) && !(zero_one && (kinds & TRUTH_BINARY))) {
        out->kind = TRUTH_NUMBER;
        out->target = r->target->numbers;
        return true;
    }
    if (zero_one && kinds != TRUTH_CLUSTERS) { /* also when only one of them occurs */
        found[0] = 0;
        found[1] = 1;
        count = 2;
    }
    if (!classes_count_check(r, count, why))
        return false;
    struct str *classes = arena_array(r->arena, struct str, count);
    for (size_t i = 0; i < count; i++) {
        char text[NUMBER_BYTES];
        classes[i] = str_keep(r->arena, (struct str){ text, number_print(found[i], text) });
    }
    double *target = arena_array(r->arena, double, r->table.rows);
    for (size_t row = 0; row < r->table.rows; row++) {
        const double *at =
            bsearch(&r->target->numbers[row], found, count, sizeof *found, number_order);
        target[row] = (double)(at - found);
    }
    out->classes = classes;
    out->target = target;
    return true;
}

static int text_order(const void *a, const void *b)
{
    return str_order(*(const struct str *)a, *(const struct str *)b);
}

static bool text_target(struct reading *r, struct fault *why)
{
    size_t count = r->target->level_count;
    if (!classes_count_check(r, count, why))
        return false;
    struct str *classes = arena_array(r->arena, struct str, count);
    memcpy(classes, r->target->levels, count * sizeof *classes);
    qsort(classes, count, sizeof *classes, text_order);
    double *place = arena_array(r->arena, double, count);
    for (size_t i = 0; i < count; i++) {
        struct str *at =
            bsearch(&r->target->levels[i], classes, count, sizeof *classes, text_order);
        place[i] = (double)(at - classes);
    }
    double *target = arena_array(r->arena, double, r->table.rows);
    for (size_t row = 0; row < r->table.rows; row++)
        target[row] = place[r->target->codes[row]];
    r->out->classes = classes;
    r->out->target = target;
    return true;
}

bool truth_take_target(struct reading *r, struct fault *why)
{
    const struct column *target = r->target;
    bool is_number = column_is_numeric(target);
    for (size_t row = 0; target->missing_count && row < r->table.rows; row++)
        if (is_number ? isnan(target->numbers[row]) : target->codes[row] < 0)
            return reading_refuse(r, row, why, "no value in column \"%.*s\"",
                                  STR_ARGS(str_until(target->name, 60)));
    if (is_number)
        return number_target(r, why);
    if (r->form->kinds == TRUTH_NUMBER)
        for (size_t row = 0; row < r->table.rows; row++) {
            double value;
            struct str text = target->levels[target->codes[row]];
            if (number_parse(text, &value) != NUMBER_FINE)
                return reading_refuse(
                    r, row, why, "column \"%.*s\" held \"%.*s\", a number is needed",
                    STR_ARGS(str_until(target->name, 40)), STR_ARGS(str_until(text, 40)));
        }
    return text_target(r, why);
}

static int text_level_order(const void *a, const void *b)
{
    return text_order(*(const struct str *const *)a, *(const struct str *const *)b);
}

/* Times that are no numbers: their places in bytewise order, which is right for ISO 8601. */
static const double *time_places(struct reading *r, const struct column *time)
{
    const struct str **order = arena_array(r->arena, const struct str *, time->level_count);
    double *place = arena_array(r->arena, double, time->level_count);
    double *out = arena_array(r->arena, double, r->table.rows);
    for (size_t i = 0; i < time->level_count; i++)
        order[i] = &time->levels[i];
    qsort(order, time->level_count, sizeof(void *), text_level_order);
    for (size_t i = 0; i < time->level_count; i++)
        place[order[i] - time->levels] = (double)i;
    for (size_t row = 0; row < r->table.rows; row++)
        out[row] = place[time->codes[row]];
    return out;
}

/* A category column as numbers from 0: series, entities, levels of an attribute. */
static bool levels_take(struct reading *r, const struct column *column, const uint32_t **out,
                        struct fault *why)
{
    uint32_t *group = arena_array(r->arena, uint32_t, r->table.rows);
    for (size_t row = 0; row < r->table.rows; row++) {
        if (column->codes[row] < 0)
            return reading_refuse(r, row, why, "no %.*s", STR_ARGS(str_until(column->name, 60)));
        group[row] = (uint32_t)column->codes[row];
    }
    *out = group;
    return true;
}

static bool time_take(struct reading *r, const struct column *time, struct fault *why)
{
    for (size_t row = 0; row < r->table.rows; row++)
        if (reading_missing(time, row))
            return reading_refuse(r, row, why, "no time");
    r->out->time = time->kind == COLUMN_NUMBER ? time->numbers : time_places(r, time);
    return true;
}

/* The columns beside the target that the form names. */
struct beside {
    const struct column *group, *attribute, *time;
};

static bool beside_find(struct reading *r, struct beside *out, struct fault *why)
{
    const struct truth_form *form = r->form;
    if (form->is_forecast) {
        out->group = reading_column(r, S("series"), false, NULL);
        out->time = reading_column(r, S("time"), false, NULL);
    } else if (form->group.len && !(out->group = reading_column(r, form->group, true, why))) {
        return false;
    }
    return !form->attribute.len || (out->attribute = reading_column(r, form->attribute, true, why));
}

static bool beside_take(struct reading *r, const struct beside *beside, struct fault *why)
{
    struct truth *out = r->out;
    if (beside->group) {
        out->group_count = beside->group->level_count;
        out->groups = beside->group->levels;
    }
    if (beside->attribute) {
        out->attribute_count = beside->attribute->level_count;
        out->attributes = beside->attribute->levels;
    }
    if ((beside->group && !levels_take(r, beside->group, &out->group, why)) ||
        (beside->attribute && !levels_take(r, beside->attribute, &out->attribute, why)) ||
        (beside->time && !time_take(r, beside->time, why)))
        return false;
    if (r->form->is_forecast && out->group_count == 1)
        out->group = NULL; /* one series: its rows are not drawn as a whole */
    return true;
}

bool truth_take_plain(struct reading *r, struct fault *why)
{
    struct beside beside = { 0 };
    return beside_find(r, &beside, why) && truth_find_target(r, why) && truth_take_ids(r, why) &&
           truth_take_usage(r, why) && truth_take_target(r, why) && beside_take(r, &beside, why);
}
