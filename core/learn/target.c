/* Reading the target's column as numbers or as classes. */
#include "core/learn/target.h"
#include "core/data/origin.h"
#include "core/learn/columns.h"
#include "core/learn/features.h"
#include <math.h>
#include <stdlib.h>

struct reading {
    struct arena *arena;
    const struct column *column;
    size_t rows;
    unsigned allowed;
    bool chosen; /* somebody said which kind it is */
    struct target *out;
};

static bool refuse_empty(const struct reading *in, size_t row, struct fault *why)
{
    return cell_fault(in->arena, in->column, row, why, "the target \"%.*s\" was empty",
                      STR_ARGS(str_until(in->column->name, 60)));
}

static bool refuse_classes(const struct reading *in, size_t count, struct fault *why)
{
    if (count > TARGET_CLASSES_MOST)
        return fault_set(why, BLAME_OPEN,
                         "the target \"%.*s\" has more than %zu classes: is it a number for a "
                         "regression",
                         STR_ARGS(str_until(in->column->name, 60)), TARGET_CLASSES_MOST);
    return fault_set(why, BLAME_OPEN, "the target \"%.*s\" has %s, the learner needs two",
                     STR_ARGS(str_until(in->column->name, 60)),
                     count == 1 ? "one class only" : "more than two classes");
}

/* Which kind `count` classes are, and whether the learner takes it. */
static bool classes_settle(const struct reading *in, size_t count, struct fault *why)
{
    if (count < 2 || count > TARGET_CLASSES_MOST ||
        !(in->allowed & (count == 2 ? TARGET_TWO_CLASSES : TARGET_CLASSES)))
        return refuse_classes(in, count, why);
    in->out->kind = count == 2 ? TARGET_TWO_CLASSES : TARGET_CLASSES;
    in->out->class_count = count;
    return true;
}

/* The distinct numbers, rising; stops at `most` + 1 of them. */
static size_t numbers_distinct(const struct reading *in, double *distinct, size_t most)
{
    size_t count = 0;
    for (size_t i = 0; i < in->rows && count <= most; i++) {
        double y = in->column->numbers[i];
        size_t at = count, low = 0;
        while (low < at) {
            size_t middle = (low + at) / 2;
            if (distinct[middle] < y)
                low = middle + 1;
            else
                at = middle;
        }
        if (at < count && distinct[at] == y)
            continue;
        memmove(distinct + at + 1, distinct + at, (count - at) * sizeof y);
        distinct[at] = y;
        count++;
    }
    return count;
}

static struct str print_number(struct arena *arena, double value)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_add_double(&out, NULL, value);
    return text_str(&text);
}

static int number_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool number_classes(const struct reading *in, const double *distinct, size_t count,
                           struct fault *why)
{
    if (!classes_settle(in, count, why))
        return false;
    struct str *classes = arena_array(in->arena, struct str, count);
    for (size_t k = 0; k < count; k++)
        classes[k] = print_number(in->arena, distinct[k]);
    in->out->classes = classes;
    for (size_t i = 0; i < in->rows; i++) {
        const double *found =
            bsearch(&in->column->numbers[i], distinct, count, sizeof *distinct, number_order);
        in->out->y[i] = (double)(found - distinct);
    }
    return true;
}

static bool numbers_read(const struct reading *in, struct fault *why)
{
    for (size_t i = 0; i < in->rows; i++)
        if (isnan(in->column->numbers[i]))
            return refuse_empty(in, i, why);
    double *distinct = arena_array(in->arena, double, TARGET_CLASSES_MOST + 2);
    bool numbers = in->allowed & TARGET_NUMBER;
    size_t count = numbers_distinct(in, distinct, numbers ? 2 : TARGET_CLASSES_MOST);
    if (!numbers && !in->chosen && count > TARGET_NUMBERS_MOST)
        return fault_set(why, BLAME_OPEN,
                         "the target \"%.*s\" has %s%zu different numbers, which the learner "
                         "would take as classes: say so (kind multiclass), or take a learner "
                         "for numbers",
                         STR_ARGS(str_until(in->column->name, 60)),
                         count > TARGET_CLASSES_MOST ? "over " : "",
                         count > TARGET_CLASSES_MOST ? TARGET_CLASSES_MOST : count);
    if (!numbers || (count == 2 && in->allowed & TARGET_TWO_CLASSES))
        return number_classes(in, distinct, count, why);
    in->out->kind = TARGET_NUMBER;
    memcpy(in->out->y, in->column->numbers, in->rows * sizeof *in->out->y);
    return true;
}

struct class_code {
    struct str text;
    int32_t code;
};

static int by_text(const void *a, const void *b)
{
    const struct class_code *x = a, *y = b;
    return str_order(x->text, y->text);
}

/* The levels that rows have, in the order of their text; SIZE_MAX when a cell is empty. */
static size_t codes_used(const struct reading *in, struct class_code *used, size_t *empty)
{
    size_t count = 0;
    uint8_t *seen = arena_array(in->arena, uint8_t, in->column->level_count);
    for (size_t i = 0; i < in->rows; i++) {
        int32_t code = in->column->codes[i];
        if (code < 0) {
            *empty = i;
            return SIZE_MAX;
        }
        if (!seen[code]++)
            used[count++] = (struct class_code){ in->column->levels[code], code };
        seen[code] = 1;
    }
    qsort(used, count, sizeof *used, by_text);
    return count;
}

static bool text_read(const struct reading *in, struct fault *why)
{
    size_t empty = 0, levels = in->column->level_count;
    if (!(in->allowed & (TARGET_TWO_CLASSES | TARGET_CLASSES)))
        return fault_set(why, BLAME_OPEN, "the target \"%.*s\" holds text, numbers are needed",
                         STR_ARGS(str_until(in->column->name, 60)));
    struct class_code *used = arena_array(in->arena, struct class_code, levels);
    size_t count = codes_used(in, used, &empty);
    if (count == SIZE_MAX)
        return refuse_empty(in, empty, why);
    if (!classes_settle(in, count, why))
        return false;
    struct str *classes = arena_array(in->arena, struct str, count);
    double *class_of = arena_array(in->arena, double, levels);
    for (size_t k = 0; k < count; k++) {
        if (used[k].text.len > LEVEL_BYTES_MOST)
            return fault_set(why, BLAME_OPEN, "a class of the target is longer than %zu bytes",
                             LEVEL_BYTES_MOST);
        classes[k] = str_keep(in->arena, used[k].text);
        class_of[used[k].code] = (double)k;
    }
    in->out->classes = classes;
    for (size_t i = 0; i < in->rows; i++)
        in->out->y[i] = class_of[in->column->codes[i]];
    return true;
}

static bool kind_refuse(const struct learner *learner, unsigned wanted, struct fault *why)
{
    return fault_set(why, BLAME_OPEN, "%s cannot learn %s", learner->name,
                     wanted & TARGET_NUMBER    ? "numbers (regression)"
                     : wanted & TARGET_CLASSES ? "three or more classes"
                                               : "two classes");
}

bool target_read(struct arena *arena, const struct table *table, struct str name,
                 const struct learner *learner, unsigned wanted, struct target *out,
                 struct fault *why)
{
    unsigned allowed = wanted ? learner->targets & wanted : learner->targets;
    *out = (struct target){ .kind = TARGET_NONE };
    if (table->rows == 0)
        return table_fault(table, why, "the training data has no rows");
    if (learner->targets == TARGET_NONE)
        return !name.len ||
               fault_set(why, BLAME_OPEN, "%s learns without a target: drop the column \"%.*s\"",
                         learner->name, STR_ARGS(str_until(name, 60)));
    if (!allowed)
        return kind_refuse(learner, wanted, why);
    const struct column *column = column_needed(table, name, "the target", why);
    if (!column)
        return false;
    out->y = arena_array(arena, double, table->rows);
    struct reading in = { arena, column, table->rows, allowed, wanted != 0, out };
    return column_is_numeric(column) ? numbers_read(&in, why) : text_read(&in, why);
}
