/* rubric.yaml: the keys of a question, and what a table cannot say. */
#include "rubrics/rubric.h"
#include "rubrics/kinds.h"
#include <math.h>
#include <stddef.h>

#define QUESTIONS_MOST 500
#define POINTS_MOST 1000
#define GUIDANCE_BYTES_MOST 4000

/* As written; becomes struct rubric_question. */
struct row {
    struct rubric_question question;
    int from; /* index of the kind; -1: not given or unknown */
    int rows; /* index in rows_words: one less than enum fact_rows */
};
struct rubric_file {
    int64_t schema;
    struct row *rows; /* FIELD_ROWS writes both */
    size_t count;
};
_Static_assert(offsetof(struct rubric_file, count) ==
                   offsetof(struct rubric_file, rows) + sizeof(void *),
               "as struct field_rows");

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define OF(member) offsetof(struct row, question.member)

static const char *const common_keys[] = { "id", "task", "title", "points", "from", NULL };
static const char *const rows_words[] = { "train", "sample", "public", "private", NULL };

static const struct field question_fields[] = {
    { .kind = FIELD_LINE, .offset = OF(line) },
    { .key = "id", .kind = FIELD_ID, .offset = OF(id), .required = true },
    { .key = "task", .kind = FIELD_TEXT, .offset = OF(task) },
    { .key = "title", .kind = FIELD_TEXT, .offset = OF(title), .required = true, .high = 500 },
    { .key = "points",
      .kind = FIELD_NUMBER,
      .offset = OF(points),
      .required = true,
      .high = POINTS_MOST },
    { .key = "from",
      .kind = FIELD_WORD,
      .offset = offsetof(struct row, from),
      .required = true,
      .words = rubric_kind_words },
    { .key = "metric", .kind = FIELD_TEXT, .offset = OF(metric) },
    { .key = "rows",
      .kind = FIELD_WORD,
      .offset = offsetof(struct row, rows),
      .words = rows_words },
    { .key = "fact", .kind = FIELD_TEXT, .offset = OF(fact) },
    { .key = "zero_at", .kind = FIELD_NUMBER, .offset = OF(zero_at) },
    { .key = "full_at", .kind = FIELD_NUMBER, .offset = OF(full_at) },
    { .key = "curve", .kind = FIELD_WORD, .offset = OF(curve), .words = rubric_curve_words },
    { .key = "through", .kind = FIELD_NUMBER_PAIRS, .offset = OF(through), .low = 2 },
    { .key = "guidance", .kind = FIELD_TEXT, .offset = OF(guidance), .high = GUIDANCE_BYTES_MOST },
};
static const struct row question_defaults = {
    .question = { .zero_at = NAN, .full_at = NAN, .points = NAN },
    .from = -1,
    .rows = ROWS_PUBLIC - 1,
};
static const struct field_table question_table = {
    .fields = question_fields,
    .count = COUNT(question_fields),
    .row_bytes = sizeof(struct row),
    .defaults = &question_defaults,
};
static const struct field file_fields[] = {
    { .key = "schema",
      .kind = FIELD_INT,
      .offset = offsetof(struct rubric_file, schema),
      .required = true,
      .low = 1,
      .high = 1 },
    { .key = "questions",
      .kind = FIELD_ROWS,
      .offset = offsetof(struct rubric_file, rows),
      .required = true,
      .table = &question_table },
};
static const struct field_table file_table = { .fields = file_fields, .count = COUNT(file_fields) };

/* Keys that another kind would take are no typing errors, but they do nothing here. */
static void keys_check(const struct rubric_checking *at, const struct yaml *map,
                       const struct row *row)
{
    const struct rubric_kind *kind = row->question.kind;
    for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++) {
        struct str key = map->members[i].key;
        bool known = false;
        for (size_t j = 0; j < COUNT(question_fields); j++)
            known |= question_fields[j].key && str_is(key, question_fields[j].key);
        if (known && words_find(key, common_keys) < 0 && words_find(key, kind->keys) < 0)
            complain(at->from->to, at->from->file, map->members[i].key_line,
                     "key \"%s\" does not go with from: %s%s", key.at, kind->name,
                     words_hint(at->from->arena, S(""), kind->keys));
    }
}

static void question_check(const struct rubric_checking *at, const struct yaml *map,
                           struct row *row)
{
    struct rubric_question *question = &row->question;
    if (question->id.len == 0)
        question->id = S("without id");
    if (question->task.len && words_find(question->task, at->known->tasks) < 0)
        complain(at->from->to, at->from->file, question->line, "question %s: unknown task \"%s\"%s",
                 question->id.at, question->task.at,
                 words_hint(at->from->arena, question->task, at->known->tasks));
    if (row->from < 0)
        return;
    question->kind = &rubric_kinds[row->from];
    question->from = str_of(question->kind->name);
    question->rows = row->rows + 1;
    keys_check(at, map, row);
    if (question->kind->check)
        question->kind->check(at, question);
}

static void ids_check(const struct rubric_checking *at, const struct rubric_question *all,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (id_check(all[i].id) && str_equal(all[i].id, all[j].id))
                complain(at->from->to, at->from->file, all[i].line,
                         "question %s was there already, in line %d", all[i].id.at, all[j].line);
}

bool rubric_parse(const struct field_source *from, struct str yaml,
                  const struct rubric_known *known, struct rubric *out)
{
    size_t before = from->to->count;
    struct rubric_file file = { 0 };
    struct rubric_checking at = { from, known };
    *out = (struct rubric){ 0 };
    const struct yaml *root = yaml_parse(from->arena, from->file, yaml, from->to);
    if (!root)
        return false;
    fields_read(from, root, &file_table, &file);
    if (file.count == 0 || file.count > QUESTIONS_MOST) {
        if (from->to->count == before)
            complain(from->to, from->file, root->line, "found %zu questions, allowed are 1 to %d",
                     file.count, QUESTIONS_MOST);
        return false;
    }
    const struct yaml *list = yaml_get(root, "questions");
    struct rubric_question *all = arena_array(from->arena, struct rubric_question, file.count);
    for (size_t i = 0; i < file.count; i++) {
        question_check(&at, &list->members[i], &file.rows[i]);
        all[i] = file.rows[i].question;
    }
    ids_check(&at, all, file.count);
    *out = (struct rubric){ file.schema, all, file.count };
    return from->to->count == before;
}
