/* Truth files of several labels a row, of rankings, of boxes in images. */
#include "core/eval/truth_parts.h"
#include <math.h>

bool truth_take_labels(struct reading *r, struct fault *why)
{
    struct truth *out = r->out;
    size_t columns = r->table.column_count, rows = r->table.rows, count = 0;
    const struct column **labels = arena_array(r->arena, const struct column *, columns);
    for (size_t i = 0; i < columns; i++)
        if (!reading_is_known(r, &r->table.columns[i]))
            labels[count++] = &r->table.columns[i];
    if (count == 0 || count > TRUTH_CLASSES_MOST)
        return reading_refuse_header(r, why, "%zu columns for labels, allowed are 1 to %d", count,
                                     TRUTH_CLASSES_MOST);
    struct str *names = arena_array(r->arena, struct str, count);
    double *target = arena_array(r->arena, double, count *rows);
    for (size_t k = 0; k < count; k++) {
        bool numbers = labels[k]->kind == COLUMN_NUMBER;
        names[k] = labels[k]->name;
        for (size_t row = 0; row < rows; row++) {
            double value = numbers ? labels[k]->numbers[row] : NAN;
            if (value != 0 && value != 1)
                return reading_refuse(r, row, why, "column \"%.*s\" held no 0 or 1",
                                      STR_ARGS(str_until(names[k], 60)));
            target[row * count + k] = value;
        }
    }
    out->kind = TRUTH_LABELS;
    out->class_count = count;
    out->classes = names;
    out->target = target;
    return truth_take_ids(r, why) && truth_take_usage(r, why);
}

/* A query and an item, NUL between them: no cell holds one. */
static bool pairs_take(struct reading *r, const struct column *item, struct fault *why)
{
    struct truth *out = r->out;
    struct text pair = { .arena = r->arena };
    uint32_t *group = arena_array(r->arena, uint32_t, r->table.rows);
    for (size_t row = 0; row < r->table.rows; row++) {
        if (r->id->codes[row] < 0 || item->codes[row] < 0)
            return reading_refuse(r, row, why, r->id->codes[row] < 0 ? "no query" : "no item");
        struct str query = r->id->levels[r->id->codes[row]], of = item->levels[item->codes[row]];
        pair.len = 0;
        text_add(&pair, query);
        text_char(&pair, '\0');
        text_add(&pair, of);
        if ((size_t)dictionary_add(&out->index, text_str(&pair)) != row)
            return reading_refuse(r, row, why, "item \"%.*s\" of query \"%.*s\" is there twice",
                                  STR_ARGS(str_until(of, 50)), STR_ARGS(str_until(query, 50)));
        group[row] = (uint32_t)r->id->codes[row];
    }
    out->ids = out->index.texts;
    out->group = group;
    out->group_count = r->id->level_count;
    out->groups = r->id->levels;
    return true;
}

/* Queries and images are measured whole. */
static bool one_usage(struct reading *r, enum usage *of, size_t unit, size_t row, enum usage usage,
                      struct fault *why)
{
    if (of[unit] == USAGE_ALL)
        of[unit] = usage;
    return of[unit] == usage ||
           reading_refuse(r, row, why, "\"%.*s\" is Public and Private, one of them is needed",
                          STR_ARGS(str_until(r->id->levels[unit], 60)));
}

bool truth_take_ranking(struct reading *r, struct fault *why)
{
    struct str target = r->form->target.len ? r->form->target : S("relevance");
    const struct column *item = reading_column(r, S("item"), true, why);
    const struct column *relevance = table_find(&r->table, target);
    if (!item)
        return false;
    if (!relevance || reading_is_known(r, relevance))
        return reading_refuse_header(r, why, "no column \"%.*s\"", STR_ARGS(str_until(target, 60)));
    for (size_t row = 0; row < r->table.rows; row++) {
        double value = relevance->kind == COLUMN_NUMBER ? relevance->numbers[row] : NAN;
        if (!(value >= 0))
            return reading_refuse(r, row, why, "column \"%.*s\" held no number from 0 on",
                                  STR_ARGS(str_until(target, 60)));
    }
    if (!pairs_take(r, item, why) || !truth_take_usage(r, why))
        return false;
    enum usage *of = arena_array(r->arena, enum usage, r->out->group_count);
    for (size_t row = 0; row < r->table.rows; row++)
        if (!one_usage(r, of, r->out->group[row], row, r->out->usage[row], why))
            return false;
    r->out->kind = TRUTH_RANKING;
    r->out->target = relevance->numbers;
    return true;
}

struct box_columns {
    const struct column *class, *x1, *y1, *x2, *y2, *crowd;
};

static bool box_columns_find(struct reading *r, struct box_columns *out, struct fault *why)
{
    return (out->class = reading_column(r, S("class"), true, why)) &&
           (out->x1 = reading_column(r, S("x1"), true, why)) &&
           (out->y1 = reading_column(r, S("y1"), true, why)) &&
           (out->x2 = reading_column(r, S("x2"), true, why)) &&
           (out->y2 = reading_column(r, S("y2"), true, why)) &&
           ((out->crowd = reading_column(r, S("iscrowd"), false, NULL)), true);
}

/* False when the row has no box; *empty says whether that is how an image without boxes looks. */
static bool box_at(const struct box_columns *c, size_t row, struct box *out, bool *empty)
{
    const struct column *ends[4] = { c->x1, c->y1, c->x2, c->y2 };
    size_t missing = c->class->codes[row] < 0;
    for (size_t i = 0; i < 4; i++)
        missing += reading_missing(ends[i], row);
    *empty = missing == 5;
    if (missing)
        return false;
    double crowd = c->crowd ? c->crowd->numbers[row] : 0;
    *out = (struct box){ .x1 = c->x1->numbers[row],
                         .y1 = c->y1->numbers[row],
                         .x2 = c->x2->numbers[row],
                         .y2 = c->y2->numbers[row],
                         .class = (uint32_t)c->class->codes[row],
                         .is_crowd = crowd == 1 };
    return out->x1 <= out->x2 && out->y1 <= out->y2 && (crowd == 0 || crowd == 1 || isnan(crowd));
}

static bool images_take(struct reading *r, struct fault *why)
{
    struct truth *out = r->out;
    size_t images = r->id->level_count;
    enum usage *of = arena_array(r->arena, enum usage, images), usage;
    for (size_t row = 0; row < r->table.rows; row++) {
        if (r->id->codes[row] < 0)
            return reading_refuse(r, row, why, "no id");
        if (!truth_usage_at(r, row, &usage, why) ||
            !one_usage(r, of, (size_t)r->id->codes[row], row, usage, why))
            return false;
    }
    for (size_t i = 0; i < images; i++) {
        dictionary_add(&out->index, r->id->levels[i]);
        out->private_count += of[i] == USAGE_PRIVATE;
    }
    out->row_count = images;
    out->public_count = images - out->private_count;
    out->ids = out->index.texts;
    out->usage = of;
    return true;
}

bool truth_take_boxes(struct reading *r, struct fault *why)
{
    struct box_columns columns = { 0 };
    struct truth *out = r->out;
    if (!box_columns_find(r, &columns, why) || !images_take(r, why))
        return false;
    size_t rows = r->table.rows;
    if (rows > BOXES_MOST)
        return reading_refuse(r, BOXES_MOST, why, "more than %zu boxes", BOXES_MOST);
    if (columns.class->level_count == 0 || columns.class->level_count > TRUTH_CLASSES_MOST)
        return fault_set(why, BLAME_OPEN, "%.*s: boxes of %zu classes, allowed are 1 to %d",
                         STR_ARGS(str_until(r->file, 70)), columns.class->level_count,
                         TRUTH_CLASSES_MOST);
    struct box *boxes = arena_array(r->arena, struct box, rows);
    for (size_t row = 0; row < rows; row++) {
        bool empty;
        if (box_at(&columns, row, &boxes[out->box_count], &empty))
            boxes[out->box_count++].image = (uint32_t)r->id->codes[row];
        else if (!empty)
            return reading_refuse(r, row, why, "no box: a class, x1 <= x2 and y1 <= y2 are needed");
    }
    out->kind = TRUTH_BOXES;
    out->boxes = boxes;
    out->class_count = columns.class->level_count;
    out->classes = columns.class->levels;
    return true;
}
