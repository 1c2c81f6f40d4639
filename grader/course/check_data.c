/* holdout check: the data of one task; above all that nothing held-out is among what teams get. */
#include "core/base/file.h"
#include "core/data/csv.h"
#include "core/data/dictionary.h"
#include "grader/course/check.h"
#include "grader/course/course_kind.h"
#include "grader/course/course_words.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* One CSV file of the task. */
struct part {
    const char *path; /* beneath the course */
    bool opened;      /* read as a table */
    bool loaded;      /* with ids */
    struct table table;
    struct dictionary ids;
};

struct checking {
    struct arena *arena;
    const struct course_task *task;
    const struct course_shape *shape;
    const struct part *solution; /* of labels its columns are the answers */
    struct complaints *to;
    size_t before; /* complaints about other tasks */
    int dir;
};

#define USAGE "Usage"

static const char *counted(struct checking *at, size_t count, const char *noun)
{
    return arena_print(at->arena, "%zu %s%s", count, noun, count == 1 ? "" : "s");
}

/* ---- loading ---- */

/* The id of a row; of a pair both, with a comma between. */
static struct str id_at(struct checking *at, const struct column *column, const struct column *item,
                        size_t row)
{
    struct str id = column_text(at->arena, column, row);
    if (!item || !id.len)
        return id;
    return str_of(arena_print(at->arena, "%.*s,%.*s", STR_ARGS(id),
                              STR_ARGS(column_text(at->arena, item, row))));
}

/* item: NULL where the id is one column. */
static bool ids_take(struct checking *at, struct part *part, const struct column *column,
                     const struct column *item)
{
    size_t doubled = 0, missing = column->missing_count + (item ? item->missing_count : 0);
    struct str example = S("");
    for (size_t i = 0; i < part->table.rows; i++) {
        struct str id = id_at(at, column, item, i);
        size_t before = part->ids.count;
        if (id.len && (size_t)dictionary_add(&part->ids, id) < before && !at->shape->repeats)
            example = doubled++ ? example : id;
    }
    if (doubled)
        complain(at->to, part->path, 0, "%s there already, \"%.*s\" for one",
                 counted(at, doubled, "id"), STR_ARGS(str_until(example, 60)));
    if (missing)
        complain(at->to, part->path, 0, "%s without id", counted(at, missing, "row"));
    return doubled == 0 && missing == 0;
}

static struct part part_open(struct checking *at, const char *folder, const char *name)
{
    const char *path = arena_print(at->arena, "%s/%s/%s", folder, at->task->id.at, name);
    struct part part = { .path = path, .ids = { .arena = at->arena } };
    struct csv_pin pins[] = { { at->task->id_column, COLUMN_CATEGORY },
                              { S(USAGE), COLUMN_CATEGORY },
                              { str_of(at->shape->item ? at->shape->item : ""), COLUMN_CATEGORY } };
    struct csv_options how = {
        .file = str_of(path), .pins = pins, .pin_count = at->shape->item ? 3 : 2, .two_kinds = true
    };
    struct fault why = { 0 };
    if (!file_exists(at->dir, path))
        complain(at->to, path, 0, "%s",
                 errno == EACCES ? "the file may not be read by you: check as root, or as the user "
                                   "that serves the course"
                                 : "the file is missing");
    else if (!csv_load(at->arena, at->dir, path, &how, &part.table, &why))
        complain(at->to, NULL, 0, "%s", why.text);
    else
        part.opened = true;
    return part;
}

static void part_ids_take(struct checking *at, struct part *part)
{
    if (!part->opened)
        return;
    const struct column *ids = table_find(&part->table, at->task->id_column);
    if (!ids)
        complain(at->to, part->path, 1, "the id column \"%s\" is missing", at->task->id_column.at);
    const char *item = at->shape->item;
    const struct column *items = item ? table_find(&part->table, str_of(item)) : NULL;
    if (item && !items)
        complain(at->to, part->path, 1, "the column \"%s\" is missing", item);
    if (part->table.rows == 0)
        complain(at->to, part->path, 0, "the file has no rows");
    part->loaded =
        ids && (!item || items) && ids_take(at, part, ids, items) && part->table.rows > 0;
}

/*
 * A name that neither train.csv nor solution.csv has is a mistake of course.yaml: one line there
 * instead of one for each file.
 */
static bool name_check(struct checking *at, const struct part *train, const struct part *solution,
                       const char *key, struct str name)
{
    int line = strcmp(key, "target") == 0 ? at->task->target_line : at->task->id_line;
    if (!train->opened || table_find(&train->table, name) ||
        (solution->opened && table_find(&solution->table, name)))
        return true;
    const struct part *where =
        at->shape->target_hidden && strcmp(key, "target") == 0 ? solution : train;
    size_t count = where->table.column_count;
    const char **columns = arena_array(at->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        columns[i] = str_zero(at->arena, where->table.columns[i].name);
    complain(at->to, "course.yaml", line ? line : at->task->line,
             "task %s: %s \"%s\" is no column of %s%s", at->task->id.at, key, name.at, where->path,
             words_hint(at->arena, name, columns));
    return false;
}

/* ---- sets of ids ---- */

static void nothing_shared_check(struct checking *at, const struct part *a, const struct part *b,
                                 const char *meaning)
{
    size_t shared = 0, first = 0;
    for (size_t i = 0; a->loaded && b->loaded && i < a->ids.count; i++)
        if (dictionary_find(&b->ids, a->ids.texts[i]) >= 0)
            first = shared++ ? first : i;
    if (shared)
        complain(at->to, a->path, 0, "%s also in %s, \"%.60s\" for one: %s",
                 counted(at, shared, "id"), b->path, a->ids.texts[first].at, meaning);
}

/* Every id of a is in b. */
static void all_there_check(struct checking *at, const struct part *a, const struct part *b)
{
    size_t lost = 0, first = 0;
    for (size_t i = 0; a->loaded && b->loaded && i < a->ids.count; i++)
        if (dictionary_find(&b->ids, a->ids.texts[i]) < 0)
            first = lost++ ? first : i;
    if (lost)
        complain(at->to, a->path, 0, "%s not in %s, \"%.60s\" for one", counted(at, lost, "id"),
                 b->path, a->ids.texts[first].at);
}

/* ---- columns ---- */

/* Would whoever reads this column have the answers? */
static bool is_answer(const struct checking *at, struct str name)
{
    bool labels = at->task->kind == COURSE_KIND_MULTILABEL && at->solution->opened &&
                  !str_equal(name, at->task->id_column) && !str_is(name, USAGE);
    return course_is_answer(at->task, name) || (labels && table_find(&at->solution->table, name));
}

/* Columns of a, the answers aside, that b does not have. */
static void columns_check(struct checking *at, const struct part *a, const struct part *b)
{
    if (!a->loaded || !b->loaded)
        return;
    for (size_t i = 0; i < a->table.column_count; i++) {
        struct str name = a->table.columns[i].name;
        if (!is_answer(at, name) && !table_find(&b->table, name))
            complain(at->to, b->path, 1, "the column \"%s\" of %s is missing", name.at, a->path);
    }
}

static void no_target_check(struct checking *at, const struct part *part)
{
    for (size_t i = 0; part->loaded && i < part->table.column_count; i++)
        if (is_answer(at, part->table.columns[i].name))
            complain(at->to, part->path, 1,
                     "the target \"%s\" stands in this file: whoever gets it has the "
                     "answers",
                     part->table.columns[i].name.at);
}

static bool has_classes(const struct course_task *task)
{
    return task->kind == COURSE_KIND_BINARY || task->kind == COURSE_KIND_MULTICLASS ||
           task->kind == COURSE_KIND_TEXT;
}

static bool is_numeric(const struct course_task *task)
{
    return task->kind == COURSE_KIND_REGRESSION || task->kind == COURSE_KIND_FORECAST ||
           task->kind == COURSE_KIND_RANKING;
}

/* The target column, or NULL and a complaint. */
static const struct column *target_check(struct checking *at, const struct part *part)
{
    const struct column *target = part->loaded ? table_find(&part->table, at->task->target) : NULL;
    bool hidden = at->shape->target_hidden && part != at->solution;
    if (!part->loaded || !at->shape->has_target || (hidden && !target))
        return NULL;
    if (!target) {
        complain(at->to, part->path, 1, "the target \"%s\" is missing", at->task->target.at);
        return NULL;
    }
    if (target->missing_count)
        complain(at->to, part->path, 0, "%s without %s", counted(at, target->missing_count, "row"),
                 target->name.at);
    if (is_numeric(at->task) && !column_is_numeric(target))
        complain(at->to, part->path, 0, "%s holds text, allowed for kind %s are numbers",
                 target->name.at, course_kind_name(at->task->kind));
    for (size_t i = 0; at->task->kind == COURSE_KIND_BINARY && i < part->table.rows; i++) {
        struct str value = column_text(at->arena, target, i);
        if (value.len == 0 || str_is(value, "0") || str_is(value, "1"))
            continue;
        complain(at->to, part->path, 0, "%s was \"%.60s\", allowed for kind binary are 0 and 1",
                 target->name.at, value.at);
        break;
    }
    return target;
}

/* ---- the solution ---- */

struct class_counts {
    struct dictionary classes;
    size_t (*rows)[2]; /* Public, Private */
};

static void class_count(struct checking *at, const struct part *solution,
                        const struct column *target, const struct column *usage,
                        struct class_counts *out)
{
    *out = (struct class_counts){ .classes = { .arena = at->arena } };
    for (size_t i = 0; i < solution->table.rows; i++)
        dictionary_add(&out->classes, column_text(at->arena, target, i));
    out->rows = arena_take_array(at->arena, out->classes.count, sizeof *out->rows);
    for (size_t i = 0; i < solution->table.rows; i++) {
        int32_t class = dictionary_find(&out->classes, column_text(at->arena, target, i));
        out->rows[class][str_is(column_text(at->arena, usage, i), "Private")]++;
    }
}

static void classes_check(struct checking *at, const struct part *solution,
                          const struct column *target, const struct column *usage)
{
    static const char *const names[] = { "Public", "Private" };
    struct class_counts counts;
    class_count(at, solution, target, usage, &counts);
    if (counts.classes.count < 2)
        complain(at->to, solution->path, 0, "%s has one class only", target->name.at);
    for (size_t i = 0; i < counts.classes.count; i++)
        for (int part = 0; part < 2; part++)
            if (counts.rows[i][part] == 0)
                complain(at->to, solution->path, 0,
                         "class \"%s\" is in no %s row: the two parts cannot be compared",
                         counts.classes.texts[i].at, names[part]);
}

/* True when both kinds of rows are there and no other word is. */
static bool usage_check(struct checking *at, const struct part *solution,
                        const struct column *usage)
{
    size_t counts[2] = { 0 };
    for (size_t i = 0; i < solution->table.rows; i++) {
        struct str word = column_text(at->arena, usage, i);
        bool public = str_is(word, "Public"), private = str_is(word, "Private");
        if (!public && !private) {
            complain(at->to, solution->path, 0,
                     "Usage was \"%.60s\", allowed are Public and Private", word.at);
            return false;
        }
        counts[private]++;
    }
    if (!counts[0] || !counts[1])
        complain(at->to, solution->path, 0,
                 "%zu rows are Public and %zu Private, allowed is some of both", counts[0],
                 counts[1]);
    return counts[0] && counts[1];
}

/* Columns that the solution may have. */
static void columns_count_check(struct checking *at, const struct part *solution)
{
    const struct course_shape *shape = at->shape;
    struct text allowed = { .arena = at->arena };
    size_t count = 2;
    text_add(&allowed, at->task->id_column);
    if (shape->item)
        text_print(&allowed, ", %s", count++ ? shape->item : "");
    if (shape->has_target)
        text_print(&allowed, ", %s", count++ ? at->task->target.at : "");
    for (size_t i = 0; shape->answers[i]; i++)
        text_print(&allowed, ", %s", count++ ? shape->answers[i] : "");
    for (size_t i = 0; shape->beside[i]; i++)
        text_print(&allowed, ", %s", count++ ? shape->beside[i] : "");
    if (solution->table.column_count > count && at->task->kind != COURSE_KIND_MULTILABEL)
        complain(at->to, solution->path, 1, "found %zu columns, allowed are %s and Usage",
                 solution->table.column_count, allowed.at);
}

static void solution_check(struct checking *at, const struct part *solution)
{
    const struct column *target = target_check(at, solution);
    if (!solution->loaded)
        return;
    const struct column *usage = table_find(&solution->table, S(USAGE));
    if (!usage)
        complain(at->to, solution->path, 1, "the column \"Usage\" is missing");
    columns_count_check(at, solution);
    bool labelled = target && target->missing_count == 0;
    if (usage && usage_check(at, solution, usage) && labelled && has_classes(at->task))
        classes_check(at, solution, target, usage);
}

/* ---- what teams hand in ---- */

/* Classes, or labels, that the header has no column for. */
static size_t classes_lost(struct checking *at, const struct part *answer, const struct part *train)
{
    size_t lost = 0;
    const struct column *target = table_find(&train->table, at->task->target);
    for (size_t i = 0; target && i < train->table.rows; i++)
        lost += !table_find(&answer->table, column_text(at->arena, target, i));
    return target ? lost : 1;
}

/* Columns that predictions of the kind must have; the message for the first that is not there. */
static const char *header_lacks(struct checking *at, const struct part *answer)
{
    const struct table *table = &answer->table;
    const char *prediction = at->shape->prediction;
    for (size_t i = 0; at->task->kind == COURSE_KIND_MULTILABEL && at->solution->loaded &&
                       i < at->solution->table.column_count;
         i++)
        if (is_answer(at, at->solution->table.columns[i].name) &&
            !table_find(table, at->solution->table.columns[i].name))
            return at->solution->table.columns[i].name.at;
    for (size_t i = 0; i < 5 && at->shape->answers[i]; i++)
        if (!table_find(table, str_of(at->shape->answers[i])))
            return at->shape->answers[i];
    bool median = at->task->kind == COURSE_KIND_FORECAST && table_find(table, S("q0.5"));
    return prediction && !median && !table_find(table, str_of(prediction)) ? prediction : NULL;
}

/* The column of predictions, or one for each class or label. */
static void sample_submission_check(struct checking *at, const struct part *answer,
                                    const struct part *train)
{
    const char *lacks = answer->loaded ? header_lacks(at, answer) : NULL;
    bool by_class = has_classes(at->task) && at->task->kind != COURSE_KIND_BINARY;
    if (lacks && !(by_class && train->loaded && classes_lost(at, answer, train) == 0))
        complain(at->to, answer->path, 1, "found no column \"%s\"%s", lacks,
                 by_class ? " and not one for each class either" : "");
}

/* Forecasts: rows come in drawn order, so that each says when it is; and whose, if any says it. */
static void beside_check(struct checking *at, const struct part *train, const struct part *part)
{
    const char *const *names = at->shape->beside;
    for (size_t i = 0; part->loaded && names[i]; i++)
        if (!table_find(&part->table, str_of(names[i])) &&
            (i == 0 || (train->opened && table_find(&train->table, str_of(names[i])))))
            complain(at->to, part->path, 1, "the column \"%s\" is missing", names[i]);
}

/* ---- as evaluate will read it ---- */

static bool bytes_load(struct checking *at, const char *path, struct str *out)
{
    struct fault why = { 0 };
    if (file_load(at->arena, at->dir, path, TRUTH_BYTES_MOST, out, &why))
        return true;
    complain(at->to, NULL, 0, "%s", why.text);
    return false;
}

/* The truth of kinds whose columns were not looked at above. */
static void truth_check(struct checking *at, const struct part *train, const struct part *heldout)
{
    struct course_truth_files files;
    struct truth truth;
    struct fault why = { 0 };
    if (has_classes(at->task) || at->task->kind == COURSE_KIND_REGRESSION ||
        at->to->count > at->before)
        return;
    if (bytes_load(at, at->solution->path, &files.solution) &&
        bytes_load(at, train->path, &files.train) &&
        bytes_load(at, heldout->path, &files.heldout) &&
        !course_truth_parse(at->arena, at->task, &files, &truth, &why))
        complain(at->to, NULL, 0, "task %s: %s", at->task->id.at, why.text);
}

/* Detection: the boxes of train.csv's images. */
static void boxes_check(struct checking *at, const struct part *train)
{
    struct str bytes;
    struct truth truth;
    struct fault why = { 0 };
    const char *path = arena_print(at->arena, "data/%s/" COURSE_BOXES, at->task->id.at);
    struct truth_form form = course_truth_form(at->task);
    form.file = str_of(path);
    if (at->task->kind != COURSE_KIND_DETECTION || !bytes_load(at, path, &bytes))
        return;
    if (!truth_parse(at->arena, bytes, &form, &truth, &why)) {
        complain(at->to, NULL, 0, "%s", why.text);
        return;
    }
    struct part boxes = { .path = path, .opened = true, .loaded = true, .ids = truth.index };
    all_there_check(at, &boxes, train);
}

void check_data(int dir, const struct course_task *task, struct complaints *to)
{
    scoped_arena scratch = arena_open(NULL);
    struct part solution;
    struct checking at = { scratch, task, course_shape(task->kind), &solution, to, to->count, dir };
    struct part train = part_open(&at, "data", "train.csv");
    struct part sample = part_open(&at, "data", "sample.csv");
    struct part answer = part_open(&at, "data", "sample_submission.csv");
    struct part heldout = part_open(&at, "private", "heldout.csv");
    solution = part_open(&at, "private", "solution.csv");
    bool named =
        !at.shape->has_target || name_check(&at, &train, &solution, "target", task->target);
    if (!name_check(&at, &train, &solution, "id_column", task->id_column) || !named)
        return; /* every file would say it again */
    struct part *const all[] = { &train, &sample, &answer, &heldout, &solution };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        part_ids_take(&at, all[i]);
    target_check(&at, &train);
    no_target_check(&at, &heldout);
    no_target_check(&at, &sample);
    columns_check(&at, &train, &heldout);
    columns_check(&at, &heldout, &train);
    columns_check(&at, &heldout, &sample);
    nothing_shared_check(&at, &train, &heldout, "a model that learns ids knows these answers");
    nothing_shared_check(&at, &sample, &heldout, "the sample's log is shown in full");
    solution_check(&at, &solution);
    all_there_check(&at, &heldout, &solution);
    all_there_check(&at, &solution, &heldout);
    sample_submission_check(&at, &answer, &train);
    if (!at.shape->repeats) /* an image may have no box */
        all_there_check(&at, &sample, &answer);
    all_there_check(&at, &answer, &sample);
    struct part *const told[] = { &train, &sample, &heldout, &solution };
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        beside_check(&at, &train, told[i]);
    boxes_check(&at, &train);
    truth_check(&at, &train, &heldout);
}
