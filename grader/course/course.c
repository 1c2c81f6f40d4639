/* course.yaml: the tables of its keys, and what a table cannot say. */
#include "grader/course/course.h"
#include "core/base/file.h"
#include "grader/course/course_parts.h"
#include "grader/course/course_words.h"
#include "grader/course/deliverable.h"
#include "grader/source/address.h"
#include <stddef.h>

#define FILE_NAME COURSE_FILE
#define LIST_BYTES_MOST (4U << 20) /* teams.csv, roster.csv */
#define DAY_S 86400

struct course_file {
    int64_t schema;
    struct course course;
};

/* FIELD_ROWS writes a pointer and the count behind it. */
#define ROWS_ASSERT(type, rows, count)                                                             \
    _Static_assert(offsetof(type, count) == offsetof(type, rows) + sizeof(void *), #rows)
ROWS_ASSERT(struct course, environments, environment_count);
ROWS_ASSERT(struct course, tasks, task_count);
ROWS_ASSERT(struct course, deliverables, deliverable_count);
ROWS_ASSERT(struct course_task, metrics, metric_count);

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TABLE(rows)                                                                                \
    {                                                                                              \
        .fields = (rows), .count = COUNT(rows)                                                     \
    }

/* ---- the keys ---- */

static const struct field about_fields[] = {
    { .key = "id", .kind = FIELD_ID, .offset = offsetof(struct course, id), .required = true },
    { .key = "title", .kind = FIELD_TEXT, .offset = offsetof(struct course, title) },
    { .key = "timezone",
      .kind = FIELD_TEXT,
      .offset = offsetof(struct course, timezone),
      .high = 64 },
};
static const struct field_table about_table = TABLE(about_fields);

static const struct field trigger_fields[] = {
    { .key = "branch", .kind = FIELD_TEXT, .offset = offsetof(struct course_git, branch) },
    { .key = "tag", .kind = FIELD_TEXT, .offset = offsetof(struct course_git, tag) },
};
static const struct field_table trigger_table = TABLE(trigger_fields);

static const struct field git_fields[] = {
    { .key = "allow", .kind = FIELD_TEXTS, .offset = offsetof(struct course_git, allow) },
    { .key = "local",
      .kind = FIELD_TEXT,
      .offset = offsetof(struct course_git, local),
      .high = 1000 },
    { .key = "allow_private",
      .kind = FIELD_BOOL,
      .offset = offsetof(struct course_git, allow_private) },
    { .key = "trigger", .kind = FIELD_TABLE, .table = &trigger_table },
    { .key = "poll_s",
      .kind = FIELD_INT,
      .offset = offsetof(struct course_git, poll_s),
      .low = 1,
      .high = DAY_S },
    { .key = "ignore_authors",
      .kind = FIELD_TEXTS,
      .offset = offsetof(struct course_git, ignore_authors) },
    { .key = "debounce_s",
      .kind = FIELD_INT,
      .offset = offsetof(struct course_git, debounce_s),
      .low = 0,
      .high = 3600 },
    { .key = "max_repo_mb",
      .kind = FIELD_INT,
      .offset = offsetof(struct course_git, max_repo_mb),
      .low = 1,
      .high = 10000 },
};
static const struct field_table git_table = TABLE(git_fields);

static const struct field environment_fields[] = {
    { .kind = FIELD_NAME, .offset = offsetof(struct course_environment, name) },
    { .kind = FIELD_LINE, .offset = offsetof(struct course_environment, line) },
    { .key = "root",
      .kind = FIELD_TEXT,
      .offset = offsetof(struct course_environment, root),
      .required = true,
      .high = 1000 },
};
static const struct field_table environment_table = {
    .fields = environment_fields,
    .count = COUNT(environment_fields),
    .row_bytes = sizeof(struct course_environment),
};

#define LIMIT(name, most)                                                                          \
    {                                                                                              \
        .key = #name, .kind = FIELD_INT, .offset = offsetof(struct course_limits, name), .low = 1, \
        .high = (most)                                                                             \
    }
static const struct field limit_fields[] = {
    LIMIT(build_s, DAY_S),      LIMIT(train_s, 7 * DAY_S), LIMIT(predict_s, DAY_S),
    LIMIT(serve_s, 3600),       LIMIT(memory_mb, 1 << 22), LIMIT(pids, 32768),
    LIMIT(disk_mb, 1 << 22),    LIMIT(cpus, 1024),         LIMIT(runs_per_day, 10000),
    LIMIT(runs_total, 1000000),
};
static const struct field_table limit_table = TABLE(limit_fields);

static const struct field metric_fields[] = {
    { .kind = FIELD_LINE, .offset = offsetof(struct course_metric, line) },
    { .key = "key",
      .kind = FIELD_TEXT,
      .offset = offsetof(struct course_metric, key),
      .required = true },
    { .key = "primary", .kind = FIELD_BOOL, .offset = offsetof(struct course_metric, primary) },
};
static const struct field_table metric_table = {
    .fields = metric_fields,
    .count = COUNT(metric_fields),
    .row_bytes = sizeof(struct course_metric),
};

static const struct field task_fields[] = {
    { .kind = FIELD_LINE, .offset = offsetof(struct course_task, line) },
    { .key = "id", .kind = FIELD_ID, .offset = offsetof(struct course_task, id), .required = true },
    { .key = "title", .kind = FIELD_TEXT, .offset = offsetof(struct course_task, title) },
    { .key = "kind",
      .kind = FIELD_WORD,
      .offset = offsetof(struct course_task, kind),
      .required = true,
      .words = course_kind_words },
    { .key = "target", .kind = FIELD_TEXT, .offset = offsetof(struct course_task, target) },
    { .key = "id_column", .kind = FIELD_TEXT, .offset = offsetof(struct course_task, id_column) },
    { .key = "metrics",
      .kind = FIELD_ROWS,
      .offset = offsetof(struct course_task, metrics),
      .required = true,
      .table = &metric_table },
    { .key = "limits",
      .kind = FIELD_TABLE,
      .offset = offsetof(struct course_task, limits),
      .table = &limit_table },
    { .key = "seeds",
      .kind = FIELD_INT,
      .offset = offsetof(struct course_task, seeds),
      .low = 1,
      .high = 20 },
    { .key = "repeat", .kind = FIELD_BOOL, .offset = offsetof(struct course_task, repeat) },
    { .key = "season",
      .kind = FIELD_INT,
      .offset = offsetof(struct course_task, season),
      .low = 1,
      .high = 1000000 },
    { .key = "baselines", .kind = FIELD_TEXTS, .offset = offsetof(struct course_task, baselines) },
};
static const struct course_task task_defaults = {
    .kind = -1,
    .id_column = { "id", 2 },
    .seeds = 3,
    .repeat = true,
    .season = 1,
    .limits = { .build_s = 300,
                .train_s = 1800,
                .predict_s = 300,
                .serve_s = 60,
                .memory_mb = 4096,
                .pids = 256,
                .disk_mb = 2048,
                .cpus = 1,
                .runs_per_day = 5,
                .runs_total = 60 },
};
static const struct field_table task_table = {
    .fields = task_fields,
    .count = COUNT(task_fields),
    .row_bytes = sizeof(struct course_task),
    .defaults = &task_defaults,
};

static const char *const count_words[] = { DELIVER_RULES, NULL };
static const char *const late_words[] = { LATE_RULES, NULL };
static const char *const per_words[] = { "day", "hour", NULL };
static const struct field late_fields[] = {
    { .key = "rule",
      .kind = FIELD_WORD,
      .offset = offsetof(struct course_deliverable, late.rule),
      .required = true,
      .words = late_words },
    { .key = "days",
      .kind = FIELD_INT,
      .offset = offsetof(struct course_deliverable, late.days),
      .low = 0,
      .high = 365 },
    { .key = "percent",
      .kind = FIELD_NUMBER,
      .offset = offsetof(struct course_deliverable, late.percent),
      .low = 0,
      .high = 100 },
    { .key = "per",
      .kind = FIELD_WORD,
      .offset = offsetof(struct course_deliverable, late.per),
      .words = per_words },
    { .key = "floor",
      .kind = FIELD_NUMBER,
      .offset = offsetof(struct course_deliverable, late.floor),
      .low = 0,
      .high = 100 },
};
static const struct field_table late_table = TABLE(late_fields);

static const struct field deliverable_fields[] = {
    { .kind = FIELD_LINE, .offset = offsetof(struct course_deliverable, line) },
    { .key = "id",
      .kind = FIELD_ID,
      .offset = offsetof(struct course_deliverable, id),
      .required = true },
    { .key = "tasks",
      .kind = FIELD_TEXTS,
      .offset = offsetof(struct course_deliverable, tasks),
      .required = true },
    { .key = "due",
      .kind = FIELD_TIME,
      .offset = offsetof(struct course_deliverable, due_ms),
      .required = true },
    { .key = "needs",
      .kind = FIELD_FLAGS,
      .offset = offsetof(struct course_deliverable, needs),
      .required = true,
      .words = course_need_words },
    { .key = "grace",
      .kind = FIELD_INT,
      .offset = offsetof(struct course_deliverable, grace_min),
      .low = 0,
      .high = 10080 },
    { .key = "count",
      .kind = FIELD_WORD,
      .offset = offsetof(struct course_deliverable, count),
      .words = count_words },
    { .key = "late", .kind = FIELD_TABLE, .table = &late_table },
};
static const struct course_deliverable deliverable_defaults = {
    .late = { .rule = -1, .days = -1 },
};
static const struct field_table deliverable_table = {
    .fields = deliverable_fields,
    .count = COUNT(deliverable_fields),
    .row_bytes = sizeof(struct course_deliverable),
    .defaults = &deliverable_defaults,
};

static const char *const visibility_words[] = { "names", "pseudonym", "staff", NULL };
static const char *const release_words[] = { "rounded", "ladder", NULL };
static const struct field board_fields[] = {
    { .key = "visibility",
      .kind = FIELD_WORD,
      .offset = offsetof(struct course_board, visibility),
      .words = visibility_words },
    { .key = "release",
      .kind = FIELD_WORD,
      .offset = offsetof(struct course_board, release),
      .words = release_words },
    { .key = "digits",
      .kind = FIELD_INT,
      .offset = offsetof(struct course_board, digits),
      .low = 1,
      .high = 6 },
    { .key = "eta",
      .kind = FIELD_NUMBER,
      .offset = offsetof(struct course_board, eta),
      .low = 1e-6,
      .high = 0.5 },
};
static const struct field_table board_table = TABLE(board_fields);

static const struct field box_fields[] = {
    { .key = "allow_degraded",
      .kind = FIELD_BOOL,
      .offset = offsetof(struct course, allow_degraded) },
};
static const struct field_table box_table = TABLE(box_fields);

static const struct field cache_fields[] = {
    { .key = "max_mb",
      .kind = FIELD_INT,
      .offset = offsetof(struct course, cache_max_mb),
      .low = 0,
      .high = 1 << 26 },
};
static const struct field_table cache_table = TABLE(cache_fields);

static const struct field queue_fields[] = {
    { .key = "per_team",
      .kind = FIELD_INT,
      .offset = offsetof(struct course, per_team),
      .low = 1,
      .high = 64 },
};
static const struct field_table queue_table = TABLE(queue_fields);

#define IN_COURSE(member) offsetof(struct course_file, course) + offsetof(struct course, member)
static const struct field file_fields[] = {
    { .key = "schema",
      .kind = FIELD_INT,
      .offset = offsetof(struct course_file, schema),
      .required = true,
      .low = 1,
      .high = 1 },
    { .key = "course",
      .kind = FIELD_TABLE,
      .offset = offsetof(struct course_file, course),
      .required = true,
      .table = &about_table },
    { .key = "git",
      .kind = FIELD_TABLE,
      .offset = IN_COURSE(git),
      .required = true,
      .table = &git_table },
    { .key = "environments",
      .kind = FIELD_NAMED_ROWS,
      .offset = IN_COURSE(environments),
      .table = &environment_table },
    { .key = "box",
      .kind = FIELD_TABLE,
      .offset = offsetof(struct course_file, course),
      .table = &box_table },
    { .key = "cache",
      .kind = FIELD_TABLE,
      .offset = offsetof(struct course_file, course),
      .table = &cache_table },
    { .key = "queue",
      .kind = FIELD_TABLE,
      .offset = offsetof(struct course_file, course),
      .table = &queue_table },
    { .key = "disk_guard_mb",
      .kind = FIELD_INT,
      .offset = IN_COURSE(disk_guard_mb),
      .low = 0,
      .high = 1 << 26 },
    { .key = "keep", .kind = FIELD_TABLE, .offset = IN_COURSE(keep), .table = &course_keep_table },
    { .key = "tasks",
      .kind = FIELD_ROWS,
      .offset = IN_COURSE(tasks),
      .required = true,
      .table = &task_table },
    { .key = "deliverables",
      .kind = FIELD_ROWS,
      .offset = IN_COURSE(deliverables),
      .required = true,
      .table = &deliverable_table },
    { .key = "board", .kind = FIELD_TABLE, .offset = IN_COURSE(board), .table = &board_table },
    { .key = "announce",
      .kind = FIELD_TABLE,
      .offset = IN_COURSE(announce),
      .table = &course_announce_table },
};
static const struct field_table file_table = TABLE(file_fields);

/* ---- what a table cannot say ---- */

static int line_of(const struct yaml *map, const char *key)
{
    const struct yaml *value = yaml_get(map, key);
    return value ? value->key_line : 0;
}

/* A name as Git takes it for a branch or a tag; `*` may end a pattern. */
static bool is_ref_name(struct str name, bool pattern)
{
    struct str body = pattern && str_ends(name, S("*")) ? str_until(name, name.len - 1) : name;
    for (size_t i = 0; i < body.len; i++)
        if ((unsigned char)body.at[i] <= ' ' || strchr("~^:?*[\\\x7f", body.at[i]))
            return false;
    return name.len && name.at[0] != '-' && name.at[0] != '/';
}

static void trigger_check(const struct yaml *root, const struct course_git *git,
                          struct complaints *to)
{
    const struct yaml *trigger = yaml_get(yaml_get(root, "git"), "trigger");
    int line = trigger ? trigger->key_line : 0;
    if (!is_ref_name(git->branch, false))
        complain(to, FILE_NAME, line, "trigger.branch was \"%s\", allowed is the name of a branch",
                 git->branch.at);
    if (!is_ref_name(git->tag, true))
        complain(to, FILE_NAME, line,
                 "trigger.tag was \"%s\", allowed is a tag's name that may end with *",
                 git->tag.at);
}

static void git_check(struct arena *arena, const struct course_git *git, struct complaints *to)
{
    for (size_t i = 0; i < git->allow.count; i++) {
        struct fault why = { 0 };
        if (!address_pattern_check(arena, git->allow.at[i], &why))
            complain(to, FILE_NAME, git->allow.lines[i], "git.allow: %s", why.text);
    }
    for (size_t i = 0; i < git->ignore_authors.count; i++)
        if (!course_author_pattern(git->ignore_authors.at[i]))
            complain(to, FILE_NAME, git->ignore_authors.lines[i],
                     "git.ignore_authors was \"%s\", allowed is a name with * for any characters",
                     git->ignore_authors.at[i].at);
    if (git->allow.count > ADDRESS_PATTERNS_MOST)
        complain(to, FILE_NAME, git->allow.lines[0], "git.allow has %zu patterns, allowed are %d",
                 git->allow.count, ADDRESS_PATTERNS_MOST);
}

static void environments_check(struct arena *arena, struct course *course, struct complaints *to)
{
    if (course->environment_count == 0) {
        struct course_environment *host = arena_new(arena, struct course_environment);
        *host = (struct course_environment){ S("default"), S("host"), 0 };
        course->environments = host;
        course->environment_count = 1;
    }
    if (!course_environment_find(course, S("default")))
        complain(to, FILE_NAME, course->environments[0].line,
                 "environments has no \"default\": teams that name none get that one");
}

static void board_check(const struct yaml *root, const struct course_board *board,
                        struct complaints *to)
{
    int line = line_of(yaml_get(root, "board"), "eta");
    if (line && board->release == COURSE_RELEASE_ROUNDED)
        complain(to, FILE_NAME, line, "eta was given without release: ladder");
}

bool course_parse(struct arena *arena, struct str yaml, struct course *out, struct complaints *to)
{
    size_t before = to->count;
    struct course_file file = {
        .course = { .timezone = S("UTC"),
                    .per_team = 1,
                    .disk_guard_mb = 512,
                    .git = { .branch = S("main"),
                             .tag = S("submit/*"),
                             .poll_s = 60,
                             .max_repo_mb = 200 },
                    .cache_max_mb = 4096,
                    .keep = { .environments_days = 30 },
                    .board = { .visibility = COURSE_VISIBILITY_PSEUDONYM, .digits = 3 } },
    };
    course_git_defaults(arena, &file.course.git);
    const struct yaml *root = yaml_parse(arena, FILE_NAME, yaml, to);
    if (!root)
        return false;
    struct field_source from = { arena, FILE_NAME, to };
    fields_read(&from, root, &file_table, &file);
    struct course *course = &file.course;
    if (course->title.len == 0)
        course->title = course->id;
    git_check(arena, &course->git, to);
    trigger_check(root, &course->git, to);
    environments_check(arena, course, to);
    board_check(root, &course->board, to);
    course_keep_check(yaml_get(root, "keep"), &course->keep, to);
    course_announce_check(arena, yaml_get(root, "announce"), &course->announce, to);
    if (yaml_get(root, "tasks"))
        course_tasks_check(arena, yaml_get(root, "tasks"), course, to);
    course_deliverables_check(arena, yaml_get(root, "deliverables"), course, to);
    course_zone_load(arena, root, course, to);
    *out = *course;
    return to->count == before;
}

/* ---- the directory ---- */

/* A missing file is a complaint unless it may be missing. */
static bool file_parse(struct arena *arena, int dir, const char *name, bool optional,
                       struct str *out, struct complaints *to)
{
    struct fault why = { 0 };
    if (optional && !file_exists(dir, name)) {
        *out = S("");
        return true;
    }
    if (file_load(arena, dir, name, LIST_BYTES_MOST, out, &why))
        return true;
    complain(to, NULL, 0, "%s", why.text);
    return false;
}

bool course_load(struct arena *arena, int course_dir, struct course *out, struct complaints *to)
{
    size_t before = to->count;
    struct str yaml, teams, roster;
    *out = (struct course){ 0 };
    if (file_parse(arena, course_dir, FILE_NAME, false, &yaml, to))
        course_parse(arena, yaml, out, to);
    if (out->task_count == 0)
        return false; /* teams cannot be held against tasks that could not be read */
    out->teams_unread = true;
    if (file_parse(arena, course_dir, "teams.csv", false, &teams, to))
        course_teams_parse(arena, teams, out, to);
    if (file_parse(arena, course_dir, "roster.csv", true, &roster, to) && roster.len)
        course_roster_parse(arena, roster, out, to);
    return to->count == before;
}
