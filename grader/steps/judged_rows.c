/* Truth and predictions, row by row. */
#include "grader/steps/judged_rows.h"
#include "core/data/csv.h"
#include "core/eval/metrics.h"
#include <math.h>
#include <stdio.h>

#define SAME 1e-9 /* relative difference up to which two predictions are equal */
#define SOLUTION_BYTES_MOST ((size_t)1 << 30)

static unsigned kinds_of(const struct course_task *task)
{
    switch (task->kind) {
    case COURSE_KIND_BINARY:
        return TRUTH_BINARY;
    case COURSE_KIND_MULTICLASS:
    case COURSE_KIND_TEXT:
        return TRUTH_CLASSES | TRUTH_BINARY;
    default:
        return TRUTH_NUMBER;
    }
}

static bool file_bytes(const struct grader *grader, const struct course_task *task,
                       struct arena *arena, const char *folder, const char *name, struct str *out,
                       struct fault *why)
{
    const struct version_file *file = version_find(&grader->version, folder, task->id, name);
    if (!file)
        return fault_set(why, BLAME_COURSE, "task %s has no %s/%s", task->id.at, folder, name);
    return artifacts_load(file->sealed ? &grader->sealed : &grader->artifacts, file->sha256, arena,
                          SOLUTION_BYTES_MOST, out, why);
}

bool rows_truth(const struct grader *grader, const struct course_task *task, struct arena *arena,
                struct truth *out, struct fault *why)
{
    struct str bytes;
    struct truth_form form = { .file = S("solution.csv"),
                               .id_column = task->id_column,
                               .target = task->target,
                               .kinds = kinds_of(task) };
    if (!file_bytes(grader, task, arena, "private", "solution.csv", &bytes, why))
        return false;
    if (truth_parse(arena, bytes, &form, out, why))
        return true;
    why->blame = BLAME_COURSE;
    return false;
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

bool rows_sample(const struct grader *grader, const struct course_task *task, struct arena *arena,
                 const struct truth *truth, struct truth *out, struct fault *why)
{
    struct str bytes;
    struct table table;
    struct csv_pin pin = { task->id_column, COLUMN_CATEGORY };
    struct csv_options how = {
        .file = S("sample.csv"), .pins = &pin, .pin_count = 1, .two_kinds = true
    };
    if (!file_bytes(grader, task, arena, "data", "sample.csv", &bytes, why))
        return false;
    bool ok = csv_parse(arena, bytes, &how, &table, why);
    const struct column *ids = ok ? table_find(&table, task->id_column) : NULL;
    if (!ids) {
        if (ok)
            fault_set(why, BLAME_COURSE, "sample.csv has no column %s", task->id_column.at);
        why->blame = BLAME_COURSE;
        return false;
    }
    struct str *names = arena_array(arena, struct str, table.rows);
    *out = *truth;
    out->row_count = table.rows;
    out->ids = names;
    out->index = (struct dictionary){ .arena = arena };
    for (size_t i = 0; i < table.rows; i++) {
        names[i] = column_text(arena, ids, i);
        if (dictionary_add(&out->index, names[i]) != (int32_t)i)
            return fault_set(why, BLAME_COURSE, "sample.csv has the same id twice");
    }
    return true;
}

struct prediction_form rows_form(const struct course_task *task)
{
    struct prediction_form form = { .file = S("predictions.csv"), .id_column = task->id_column };
    for (size_t i = 0; i < task->metric_count; i++) {
        const struct metric *metric = metric_find(task->metrics[i].key);
        form.in_unit |= metric && metric->in_unit;
        form.each_class |= metric && metric->each_class;
    }
    return form;
}

static bool range_check(const struct predictions *predictions, const struct truth *ids,
                        const struct prediction_form *form, struct fault *why)
{
    size_t count = 0, first = 0;
    for (size_t i = 0; i < predictions->row_count * predictions->width; i++)
        if (!(fabs(predictions->values[i]) <= ROWS_VALUE_MOST) && count++ == 0)
            first = i / predictions->width;
    if (count == 0)
        return true;
    fault_set(why, BLAME_OPEN, "%.*s: %zu value%s out of range, beyond %g",
              STR_ARGS(str_until(form->file, 70)), count, count == 1 ? "" : "s", ROWS_VALUE_MOST);
    size_t said = strlen(why->text);
    if (!form->discreet)
        snprintf(why->text + said, sizeof why->text - said, " (%sid \"%.*s\")",
                 count == 1 ? "" : "first ", STR_ARGS(str_until(ids->ids[first], 60)));
    return false;
}

bool rows_match(struct arena *arena, struct str csv, const struct truth *truth,
                const struct prediction_form *form, struct predictions *out, struct fault *why)
{
    return predictions_parse(arena, csv, truth, form, out, NULL, why) &&
           range_check(out, truth, form, why);
}

size_t rows_csv_most(const struct truth *truth)
{
    size_t columns = 1 + (truth->class_count ? truth->class_count : 1);
    return truth->row_count * columns * 64 + (64 << 10);
}

double rows_share_equal(const struct predictions *a, const struct predictions *b)
{
    size_t equal = 0;
    if (a->row_count != b->row_count || a->width != b->width)
        return 0;
    for (size_t row = 0; row < a->row_count; row++) {
        const double *x = a->values + row * a->width, *y = b->values + row * b->width;
        size_t same = 0;
        while (same < a->width && fabs(x[same] - y[same]) <= SAME * fmax(1, fabs(x[same])))
            same++;
        equal += same == a->width;
    }
    return a->row_count ? (double)equal / (double)a->row_count : 1;
}

/* One column; predicted classes by their names, as teams write them. */
static void column_make(struct arena *arena, const struct truth *truth,
                        const struct predictions *predictions, size_t at, struct column *out)
{
    size_t count = truth->row_count, width = predictions->width;
    struct str name = width == 1 ? S("prediction") : truth->classes[at];
    struct str *texts = arena_array(arena, struct str, count);
    double *cells = arena_array(arena, double, count);
    struct fault ignored;
    bool labels = truth->kind == TRUTH_CLASSES && width == 1;
    for (size_t i = 0; i < count; i++) {
        cells[i] = predictions->values[i * width + at];
        texts[i] = labels ? truth->classes[(size_t)cells[i]] : S("");
    }
    if (labels)
        column_of_texts(arena, name, texts, count, out);
    else
        column_of_numbers(arena, name, cells, count, out, &ignored);
}

struct str rows_print(struct arena *arena, const struct truth *truth,
                      const struct predictions *predictions, const char *task_digest)
{
    struct column *columns = arena_array(arena, struct column, predictions->width + 1);
    column_of_texts(arena, S("id"), truth->ids, truth->row_count, &columns[0]);
    for (size_t c = 0; c < predictions->width; c++)
        column_make(arena, truth, predictions, c, &columns[c + 1]);
    struct table table = { truth->row_count, predictions->width + 1, columns };
    struct text text = { .arena = arena };
    text_print(&text, "# task %s\n", task_digest);
    csv_print(&text, &table);
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
