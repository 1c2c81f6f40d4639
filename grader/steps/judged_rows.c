/* Truth and predictions, row by row. */
#include "grader/steps/judged_rows.h"
#include "core/data/csv.h"
#include "core/eval/metric_name.h"
#include "grader/course/course_kind.h"
#include <math.h>
#include <stdio.h>

#define SOLUTION_BYTES_MOST ((size_t)1 << 30)

bool judged_metric_find(struct str key, struct judged_metric *out)
{
    *out = (struct judged_metric){ .key = key.at };
    out->metric = metric_named(key, &out->k);
    return out->metric != NULL;
}

struct metric_options judged_options(const struct judged_metric *metric, enum usage usage)
{
    return (struct metric_options){ .clip = usage == USAGE_PRIVATE ? METRIC_CLIP_PRIVATE
                                                                   : METRIC_CLIP_PUBLIC,
                                    .without_interval = true,
                                    .k = metric->k };
}

static bool file_bytes(const struct grader *grader, const struct loaded *loaded,
                       const struct course_task *task, struct arena *arena, const char *folder,
                       const char *name, struct str *out, struct fault *why)
{
    const struct version_file *file = version_find(&loaded->version, folder, task->id, name);
    if (!file)
        return fault_set(why, BLAME_COURSE, "task %s has no %s/%s", task->id.at, folder, name);
    return artifacts_load(file->sealed ? &grader->sealed : &grader->artifacts, file->sha256, arena,
                          SOLUTION_BYTES_MOST, out, why);
}

bool rows_truth(const struct grader *grader, const struct loaded *loaded,
                const struct course_task *task, struct arena *arena, struct truth *out,
                struct fault *why)
{
    struct course_truth_files files = { .train = S("") };
    return file_bytes(grader, loaded, task, arena, "private", "solution.csv", &files.solution,
                      why) &&
           (!course_wants_history(task) ||
            file_bytes(grader, loaded, task, arena, "data", "train.csv", &files.train, why)) &&
           (!course_wants_features(task) || file_bytes(grader, loaded, task, arena, "private",
                                                       "heldout.csv", &files.heldout, why)) &&
           course_truth_parse(arena, task, &files, out, why);
}

bool rows_renamed(struct arena *arena, const struct truth *truth, const struct heldout *heldout,
                  struct truth *out, struct fault *why)
{
    struct str *ids = arena_array(arena, struct str, truth->row_count);
    for (size_t i = 0; i < heldout->row_count; i++) {
        int32_t row = dictionary_find(&truth->index, heldout->ids[i]);
        if (row < 0)
            return fault_set(why, BLAME_COURSE, "heldout.csv and solution.csv have other ids");
        ids[row] = heldout->new_ids[i];
    }
    *out = *truth;
    out->ids = ids;
    out->index = (struct dictionary){ .arena = arena };
    for (size_t i = 0; i < truth->row_count; i++)
        if (!ids[i].len || dictionary_add(&out->index, ids[i]) != (int32_t)i)
            return fault_set(why, BLAME_COURSE, "heldout.csv and solution.csv have other ids");
    return true;
}

/* A column of sample.csv as texts. */
static const struct column *sample_column(const struct table *table, struct str name,
                                          struct fault *why)
{
    const struct column *column = table_find(table, name);
    if (!column)
        fault_set(why, BLAME_COURSE, "sample.csv has no column %s", name.at);
    return column;
}

/* The distinct ids of the table; pairs with NUL between, as the truth has them. */
static bool sample_ids(struct arena *arena, const struct course_task *task,
                       const struct table *table, struct truth *out, struct fault *why)
{
    const struct course_shape *shape = course_shape(task->kind);
    const struct column *ids = sample_column(table, task->id_column, why), *items = NULL;
    struct text pair = { .arena = arena };
    if (!ids || (shape->item && !(items = sample_column(table, str_of(shape->item), why))))
        return false;
    out->index = (struct dictionary){ .arena = arena };
    for (size_t i = 0; i < table->rows; i++) {
        pair.len = 0;
        text_add(&pair, column_text(arena, ids, i));
        if (items) {
            text_char(&pair, '\0');
            text_add(&pair, column_text(arena, items, i));
        }
        if (dictionary_add(&out->index, text_str(&pair)) != (int32_t)i && !shape->repeats)
            return fault_set(why, BLAME_COURSE, "sample.csv has the same %s twice",
                             items ? "item of a query" : "id");
    }
    out->ids = out->index.texts;
    out->row_count = out->index.count;
    return true;
}

bool rows_sample(const struct grader *grader, const struct loaded *loaded,
                 const struct course_task *task, struct arena *arena, const struct truth *truth,
                 struct truth *out, struct fault *why)
{
    struct str bytes;
    struct table table;
    const char *item = course_shape(task->kind)->item;
    struct csv_pin pins[] = { { task->id_column, COLUMN_CATEGORY },
                              { str_of(item ? item : ""), COLUMN_CATEGORY } };
    struct csv_options how = {
        .file = S("sample.csv"), .pins = pins, .pin_count = item ? 2 : 1, .two_kinds = true
    };
    *out = *truth;
    if (!file_bytes(grader, loaded, task, arena, "data", "sample.csv", &bytes, why))
        return false;
    if (csv_parse(arena, bytes, &how, &table, why) && sample_ids(arena, task, &table, out, why))
        return true;
    why->blame = BLAME_COURSE;
    return false;
}

struct prediction_form rows_form(const struct course_task *task)
{
    struct prediction_form form = { .file = S("predictions.csv"),
                                    .id_column = task->id_column,
                                    .quantiles = task->kind == COURSE_KIND_FORECAST };
    struct judged_metric metric;
    for (size_t i = 0; i < task->metric_count; i++)
        if (judged_metric_find(task->metrics[i].key, &metric)) {
            form.in_unit |= metric.metric->in_unit;
            form.each_class |= metric.metric->each_class;
        }
    return form;
}

/* Numbers beyond what is allowed, and the row or image of the first. */
struct beyond {
    size_t count, first;
};

static void numbers_look(struct beyond *beyond, const double *numbers, size_t count, size_t row)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs(numbers[i]) <= ROWS_VALUE_MOST) && beyond->count++ == 0)
            beyond->first = row;
}

static struct beyond predictions_look(const struct predictions *predictions)
{
    struct beyond beyond = { 0 };
    size_t width = predictions->width, quantiles = predictions->quantile_count;
    for (size_t i = 0; i < predictions->row_count; i++) {
        numbers_look(&beyond, predictions->values + i * width, width, i);
        numbers_look(&beyond, predictions->quantiles + i * quantiles, quantiles, i);
    }
    for (size_t i = 0; i < predictions->box_count; i++) {
        const struct box *box = &predictions->boxes[i];
        double numbers[] = { box->score, box->x1, box->y1, box->x2, box->y2 };
        numbers_look(&beyond, numbers, 5, box->image);
    }
    return beyond;
}

/* An id as people read it: of a ranking query,item. */
static struct str id_shown(struct arena *arena, struct str id)
{
    struct str shown = str_keep(arena, str_until(id, 60));
    char *at = (char *)shown.at; /* ours */
    for (size_t i = 0; i < shown.len; i++)
        at[i] = at[i] ? at[i] : ',';
    return shown;
}

static bool range_check(struct arena *arena, const struct predictions *predictions,
                        const struct truth *ids, const struct prediction_form *form,
                        struct fault *why)
{
    struct beyond beyond = predictions_look(predictions);
    if (beyond.count == 0)
        return true;
    fault_set(why, BLAME_OPEN, "%.*s: %zu value%s out of range, beyond %g",
              STR_ARGS(str_until(form->file, 70)), beyond.count, beyond.count == 1 ? "" : "s",
              ROWS_VALUE_MOST);
    size_t said = strlen(why->text);
    if (!form->discreet)
        snprintf(why->text + said, sizeof why->text - said, " (%sid \"%.*s\")",
                 beyond.count == 1 ? "" : "first ",
                 STR_ARGS(id_shown(arena, ids->ids[beyond.first])));
    return false;
}

bool rows_match(struct arena *arena, struct str csv, const struct truth *truth,
                const struct prediction_form *form, struct predictions *out, struct fault *why)
{
    return predictions_parse(arena, csv, truth, form, out, NULL, why) &&
           range_check(arena, out, truth, form, why);
}

bool rows_suffice(const struct course_task *task, const struct truth *truth,
                  const struct predictions *predictions, struct fault *why)
{
    struct judged_metric metric;
    if (task->kind != COURSE_KIND_FORECAST)
        return true;
    struct scored rows = { .kind = truth->kind,
                           .history = truth->history,
                           .quantile_count = predictions->quantile_count,
                           .quantile_levels = predictions->quantile_levels };
    for (size_t i = 0; i < task->metric_count; i++) {
        if (!judged_metric_find(task->metrics[i].key, &metric) || !metric.metric->needs)
            continue;
        struct metric_options options = judged_options(&metric, USAGE_PUBLIC);
        const char *lacks = metric.metric->obstacle(&rows, &options);
        if (lacks)
            return fault_set(why, BLAME_OPEN, "predictions.csv: for %s %s", metric.key, lacks);
    }
    return true;
}

/* Cells of a row (of an image: BOXES_SHOWN boxes). */
static size_t cells_most(const struct course_task *task, const struct truth *truth)
{
    switch (task->kind) {
    case COURSE_KIND_FORECAST:
        return 2 + QUANTILES_MOST;
    case COURSE_KIND_DETECTION:
        return 7 * ROWS_BOXES_MOST;
    case COURSE_KIND_RANKING:
        return 3;
    case COURSE_KIND_CLUSTERING:
        return 2 + (CLUSTER_BYTES_MOST + 63) / 64;
    default:
        return 1 + (truth->class_count ? truth->class_count : 1);
    }
}

size_t rows_csv_most(const struct course_task *task, const struct truth *truth)
{
    size_t most = (64 << 10);
    for (size_t i = 0; task->kind == COURSE_KIND_RANKING && i < truth->row_count; i++)
        most += truth->ids[i].len;
    most += truth->row_count * cells_most(task, truth) * 64;
    return most < PREDICTION_BYTES_MOST ? most : PREDICTION_BYTES_MOST;
}

struct str rows_print(struct arena *arena, const struct truth *truth,
                      const struct predictions *predictions, const char *task_digest)
{
    struct text text = { .arena = arena };
    text_print(&text, "# task %s\n", task_digest);
    predictions_print_csv(&text, truth, predictions);
    return text_str(&text);
}

bool rows_read(struct arena *arena, struct str sealed, const struct truth *truth,
               const struct course_task *task, const char *task_digest, struct predictions *out)
{
    struct fault ignored;
    struct str line;
    struct prediction_form form = rows_form(task);
    form.id_column = S("id");
    return str_cut(&sealed, '\n', &line) &&
           str_is(line, arena_print(arena, "# task %s", task_digest)) &&
           predictions_parse(arena, sealed, truth, &form, out, NULL, &ignored);
}

bool rows_load(struct arena *arena, const struct rows_wanted *wanted, const char *sha256,
               struct scored *out, bool *fits, struct fault *why)
{
    struct str sealed;
    struct predictions predictions;
    if (!artifacts_load(&wanted->grader->sealed, sha256, arena, PREDICTION_BYTES_MOST, &sealed,
                        why))
        return false;
    *fits =
        rows_read(arena, sealed, wanted->truth, wanted->task, wanted->task_digest, &predictions);
    if (*fits)
        scored_rows(arena, wanted->truth, &predictions, wanted->usage, out);
    return true;
}
