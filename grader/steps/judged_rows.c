/* Truth and predictions, row by row. */
#include "grader/steps/judged_rows.h"
#include "core/data/csv.h"
#include "core/eval/metrics.h"

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
    struct csv_options how = { .file = S("sample.csv"), .pins = &pin, .pin_count = 1 };
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

struct str rows_print(struct arena *arena, const struct truth *truth,
                      const struct predictions *predictions)
{
    struct column *columns = arena_array(arena, struct column, predictions->width + 1);
    struct fault ignored;
    double *cells = arena_array(arena, double, truth->row_count);
    column_of_texts(arena, S("id"), truth->ids, truth->row_count, &columns[0]);
    for (size_t c = 0; c < predictions->width; c++) {
        for (size_t i = 0; i < truth->row_count; i++)
            cells[i] = predictions->values[i * predictions->width + c];
        struct str name = predictions->width == 1 ? S("prediction") : truth->classes[c];
        column_of_numbers(arena, name, cells, truth->row_count, &columns[c + 1], &ignored);
    }
    struct table table = { truth->row_count, predictions->width + 1, columns };
    struct text text = { .arena = arena };
    csv_print(&text, &table);
    return text_str(&text);
}
