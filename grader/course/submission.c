/* submission.yaml: its keys, what a table cannot say, and the text that a box sees. */
#include "grader/course/submission.h"
#include "core/base/json.h"
#include "grader/course/course_words.h"
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#define FILE_NAME "submission.yaml"
#define COMMAND_BYTES_MOST 1000
#define SETTINGS_MOST 100 /* hyperparameters: SageMaker's limit */

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TABLE(rows)                                                                                \
    {                                                                                              \
        .fields = (rows), .count = COUNT(rows)                                                     \
    }

/* As written; becomes struct submission_file. */
struct claim_row {
    struct str name;
    double value;
    struct number_list interval;
    int line;
};
struct claims_file {
    struct claim_row *metrics; /* FIELD_NAMED_ROWS writes both */
    size_t metric_count;
    struct str_pairs resources;
};
struct reading {
    struct submission_file file;
    struct claims_file claims;
};
_Static_assert(offsetof(struct claims_file, metric_count) == sizeof(void *),
               "as struct field_rows");

/* ---- the keys ---- */

#define COMMAND(name)                                                                              \
    {                                                                                              \
        .key = #name, .kind = FIELD_TEXT,                                                          \
        .offset = offsetof(struct submission_file, entry_points.name), .high = COMMAND_BYTES_MOST  \
    }
static const struct field entry_fields[] = {
    COMMAND(train),
    COMMAND(predict),
    COMMAND(serve),
    { .key = "pipeline",
      .kind = FIELD_PATH,
      .offset = offsetof(struct submission_file, entry_points.pipeline) },
};
static const struct field_table entry_table = TABLE(entry_fields);

static const struct field claim_fields[] = {
    { .kind = FIELD_NAME, .offset = offsetof(struct claim_row, name) },
    { .kind = FIELD_LINE, .offset = offsetof(struct claim_row, line) },
    { .key = "value", .kind = FIELD_NUMBER, .offset = offsetof(struct claim_row, value) },
    { .key = "interval",
      .kind = FIELD_NUMBERS,
      .offset = offsetof(struct claim_row, interval),
      .high = 2 },
};
static const struct claim_row claim_defaults = { .value = NAN };
static const struct field_table claim_table = {
    .fields = claim_fields,
    .count = COUNT(claim_fields),
    .row_bytes = sizeof(struct claim_row),
    .defaults = &claim_defaults,
};

static const struct field claims_fields[] = {
    { .key = "metric",
      .kind = FIELD_NAMED_ROWS,
      .offset = offsetof(struct claims_file, metrics),
      .table = &claim_table },
    { .key = "resources", .kind = FIELD_PAIRS, .offset = offsetof(struct claims_file, resources) },
};
static const struct field_table claims_table = TABLE(claims_fields);

#define WRITEUP(name)                                                                              \
    {                                                                                              \
        .key = #name, .kind = FIELD_PATH, .offset = offsetof(struct submission_file, writeup.name) \
    }
static const struct field writeup_fields[] = { WRITEUP(report), WRITEUP(architecture),
                                               WRITEUP(answers) };
static const struct field_table writeup_table = TABLE(writeup_fields);

#define IN_FILE(member) (offsetof(struct reading, file) + offsetof(struct submission_file, member))
static const struct field file_fields[] = {
    { .key = "schema",
      .kind = FIELD_INT,
      .offset = IN_FILE(schema),
      .required = true,
      .low = 1,
      .high = 1 },
    { .key = "task", .kind = FIELD_TEXT, .offset = IN_FILE(task), .required = true },
    { .key = "deliverable", .kind = FIELD_TEXT, .offset = IN_FILE(deliverable) },
    { .key = "environment", .kind = FIELD_TEXT, .offset = IN_FILE(environment) },
    { .key = "build", .kind = FIELD_TEXT, .offset = IN_FILE(build), .high = COMMAND_BYTES_MOST },
    { .key = "entry_points",
      .kind = FIELD_TABLE,
      .offset = offsetof(struct reading, file),
      .table = &entry_table },
    { .key = "hyperparameters", .kind = FIELD_PAIRS, .offset = IN_FILE(hyperparameters) },
    { .key = "claims",
      .kind = FIELD_TABLE,
      .offset = offsetof(struct reading, claims),
      .table = &claims_table },
    { .key = "writeup",
      .kind = FIELD_TABLE,
      .offset = offsetof(struct reading, file),
      .table = &writeup_table },
};
static const struct field_table file_table = TABLE(file_fields);

/* ---- what a table cannot say ---- */

struct checking {
    struct arena *arena;
    const struct course *course;
    const struct course_task *task; /* NULL: unknown */
    const struct yaml *root;
    struct complaints *to;
};

static int line_of(const struct checking *at, const char *key)
{
    const struct yaml *value = yaml_get(at->root, key);
    return value ? value->key_line : 0;
}

static void task_check(struct checking *at, const struct submission_file *file)
{
    const char **words = arena_array(at->arena, const char *, at->course->task_count + 1);
    for (size_t i = 0; i < at->course->task_count; i++)
        words[i] = at->course->tasks[i].id.at;
    if (file->task.len == 0)
        return;
    at->task = course_task_find(at->course, file->task);
    if (!at->task)
        complain(at->to, FILE_NAME, line_of(at, "task"), "unknown task \"%s\"%s", file->task.at,
                 words_hint(at->arena, file->task, words));
}

static void deliverable_check(struct checking *at, const struct submission_file *file)
{
    const struct course *course = at->course;
    const char **words = arena_array(at->arena, const char *, course->deliverable_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < course->deliverable_count; i++)
        if (!at->task || course_has(&course->deliverables[i].tasks, at->task->id))
            words[count++] = course->deliverables[i].id.at;
    if (file->deliverable.len && words_find(file->deliverable, words) < 0)
        complain(at->to, FILE_NAME, line_of(at, "deliverable"),
                 "unknown deliverable \"%s\"%s; or leave the key out", file->deliverable.at,
                 words_hint(at->arena, file->deliverable, words));
}

static void environment_check(struct checking *at, const struct submission_file *file)
{
    const struct course *course = at->course;
    const char **words = arena_array(at->arena, const char *, course->environment_count + 1);
    for (size_t i = 0; i < course->environment_count; i++)
        words[i] = course->environments[i].name.at;
    if (words_find(file->environment, words) < 0)
        complain(at->to, FILE_NAME, line_of(at, "environment"), "unknown environment \"%s\"%s",
                 file->environment.at, words_hint(at->arena, file->environment, words));
}

/* Nothing at all is fine: a writeup has no program. What a deliverable needs is looked at later. */
static void entry_points_check(struct checking *at, const struct submission_file *file)
{
    int line = line_of(at, "entry_points");
    bool train = file->entry_points.train.len, predict = file->entry_points.predict.len;
    bool serve = file->entry_points.serve.len, pipeline = file->entry_points.pipeline.len;
    if (pipeline && (train || predict))
        complain(at->to, FILE_NAME, line,
                 "entry_points has pipeline and %s: give either pipeline, or train and predict",
                 train ? "train" : "predict");
    if (!pipeline && train && !predict && !serve)
        complain(
            at->to, FILE_NAME, line,
            "entry_points has train alone: add predict, the program that writes predictions.csv");
    if (!pipeline && !train && (predict || serve))
        complain(at->to, FILE_NAME, line,
                 "entry_points has no train: add the program that writes the model");
}

static void settings_check(struct checking *at, const struct submission_file *file)
{
    const struct str_pairs *all = &file->hyperparameters;
    if (all->count > SETTINGS_MOST)
        complain(at->to, FILE_NAME, line_of(at, "hyperparameters"),
                 "found %zu hyperparameters, allowed are %d", all->count, SETTINGS_MOST);
    for (size_t i = 0; i < all->count; i++) {
        if (!id_check(all->at[i].name))
            complain(at->to, FILE_NAME, all->at[i].line,
                     "hyperparameter \"%.*s\" was not named with letters, digits, _ . - alone",
                     STR_ARGS(str_until(all->at[i].name, 60)));
        if (all->at[i].value.len > COMMAND_BYTES_MOST)
            complain(at->to, FILE_NAME, all->at[i].line,
                     "hyperparameter %s was %zu bytes long, allowed are %d", all->at[i].name.at,
                     all->at[i].value.len, COMMAND_BYTES_MOST);
    }
}

static const char *const *claimable_words(struct checking *at)
{
    if (!at->task)
        return course_metric_words(at->arena, -1);
    const char **words = arena_array(at->arena, const char *, at->task->metric_count + 1);
    for (size_t i = 0; i < at->task->metric_count; i++)
        words[i] = at->task->metrics[i].key.at;
    return words;
}

static void claim_check(struct checking *at, const struct claim_row *row)
{
    const char *const *words = claimable_words(at);
    if (row->name.len == 0)
        return;
    if (words_find(row->name, words) < 0)
        complain(at->to, FILE_NAME, row->line, "claims.metric: unknown metric \"%s\"%s",
                 row->name.at, words_hint(at->arena, row->name, words));
    if (isnan(row->value) && row->interval.count == 0)
        complain(at->to, FILE_NAME, row->line,
                 "claims.metric.%s says nothing: give {value: 0.91, interval: [0.89, 0.93]}",
                 row->name.at);
    if (row->interval.count && row->interval.at[0] > row->interval.at[1])
        complain(at->to, FILE_NAME, row->line,
                 "claims.metric.%s.interval was [%g, %g]: the lower end comes first", row->name.at,
                 row->interval.at[0], row->interval.at[1]);
}

static void resource_check(struct checking *at, const struct str_pair *pair)
{
    static const char *const words[] = { "build_s",   "train_s", "predict_s",
                                         "memory_mb", "disk_mb", NULL };
    double number;
    if (words_find(pair->name, words) < 0)
        complain(at->to, FILE_NAME, pair->line, "claims.resources: unknown resource \"%s\"%s",
                 pair->name.at, words_hint(at->arena, pair->name, words));
    if (!str_to_double(pair->value, &number) || number < 0)
        complain(at->to, FILE_NAME, pair->line,
                 "claims.resources.%s was \"%s\", allowed is a number of at least 0", pair->name.at,
                 pair->value.at);
}

static void claims_take(struct checking *at, const struct claims_file *claims,
                        struct submission_file *file)
{
    struct submission_claim *out =
        arena_array(at->arena, struct submission_claim, claims->metric_count);
    for (size_t i = 0; i < claims->metric_count; i++) {
        const struct claim_row *row = &claims->metrics[i];
        bool range = row->interval.count == 2;
        claim_check(at, row);
        out[i] = (struct submission_claim){ row->name, row->value,
                                            range ? row->interval.at[0] : (double)NAN,
                                            range ? row->interval.at[1] : (double)NAN, row->line };
    }
    file->claims = out;
    file->claim_count = claims->metric_count;
    file->resources = claims->resources;
    for (size_t i = 0; i < claims->resources.count; i++)
        resource_check(at, &claims->resources.at[i]);
}

static int line_within(const struct yaml *root, const char *map, const char *key)
{
    const struct yaml *value = yaml_get(yaml_get(root, map), key);
    return value ? value->key_line : 0;
}

static struct submission_lines lines_find(const struct yaml *root)
{
    return (struct submission_lines){
        .train = line_within(root, "entry_points", "train"),
        .predict = line_within(root, "entry_points", "predict"),
        .serve = line_within(root, "entry_points", "serve"),
        .pipeline = line_within(root, "entry_points", "pipeline"),
        .report = line_within(root, "writeup", "report"),
        .architecture = line_within(root, "writeup", "architecture"),
        .answers = line_within(root, "writeup", "answers"),
    };
}

bool submission_parse(struct arena *arena, struct str yaml, const struct course *course,
                      struct submission_file *out, struct complaints *to)
{
    size_t before = to->count;
    struct reading reading = { .file = { .environment = S("default") } };
    const struct yaml *root = yaml_parse(arena, FILE_NAME, yaml, to);
    if (!root)
        return false;
    struct field_source from = { arena, FILE_NAME, to };
    fields_read(&from, root, &file_table, &reading);
    struct checking at = { arena, course, NULL, root, to };
    if (course) {
        task_check(&at, &reading.file);
        deliverable_check(&at, &reading.file);
        environment_check(&at, &reading.file);
    }
    entry_points_check(&at, &reading.file);
    settings_check(&at, &reading.file);
    claims_take(&at, &reading.claims, &reading.file);
    reading.file.lines = lines_find(root);
    *out = reading.file;
    return to->count == before;
}

/* ---- what a box sees ---- */

static int pair_order(const void *a, const void *b)
{
    return str_order(((const struct str_pair *)a)->name, ((const struct str_pair *)b)->name);
}

static void seen_add(struct json_out *out, const char *key, struct str value)
{
    if (value.len)
        json_add_text(out, key, value);
}

struct str submission_seen_text(struct arena *arena, const struct submission_file *file)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    size_t count = file->hyperparameters.count;
    struct str_pair *sorted = arena_array(arena, struct str_pair, count);
    if (count)
        memcpy(sorted, file->hyperparameters.at, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, pair_order);
    json_open_map(&out, NULL);
    json_add_int(&out, "schema", file->schema);
    seen_add(&out, "task", file->task);
    seen_add(&out, "environment", file->environment);
    seen_add(&out, "build", file->build);
    json_open_map(&out, "entry_points");
    seen_add(&out, "train", file->entry_points.train);
    seen_add(&out, "predict", file->entry_points.predict);
    seen_add(&out, "serve", file->entry_points.serve);
    seen_add(&out, "pipeline", file->entry_points.pipeline);
    json_close_map(&out);
    json_open_map(&out, "hyperparameters");
    for (size_t i = 0; i < count; i++)
        json_add_text(&out, sorted[i].name.at, sorted[i].value);
    json_close_map(&out);
    json_close_map(&out);
    text_char(&text, '\n');
    return text_str(&text);
}
