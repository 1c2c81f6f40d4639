/* Baselines: asked for at the start, submitted as a pipeline of the core. */
#include "grader/course/baseline.h"
#include "core/base/json.h"
#include "core/learn/learner.h"
#include "grader/run.h"
#include "grader/steps/judged_rows.h"
#include "grader/course/version.h"
#include <stdio.h>

#define REF "baseline/"

static bool is_there(const struct store_team *teams, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(teams[i].id, id) == 0)
            return true;
    return false;
}

size_t baseline_teams_most(const struct course *course)
{
    size_t most = 0;
    for (size_t t = 0; t < course->task_count; t++)
        most += course->tasks[t].baselines.count;
    return most;
}

size_t baseline_teams(struct arena *arena, const struct course *course, struct store_team *out)
{
    size_t count = 0;
    for (size_t t = 0; t < course->task_count; t++) {
        const struct str_list *list = &course->tasks[t].baselines;
        for (size_t i = 0; i < list->count; i++) {
            const char *id = arena_print(arena, BASELINE_TEAM "%s", list->at[i].at);
            if (is_there(out, count, id))
                continue;
            out[count++] = (struct store_team){ .id = id,
                                                .name = list->at[i].at,
                                                .pseudonym = list->at[i].at,
                                                .repository = "",
                                                .staff = true };
        }
    }
    return count;
}

static bool ask(const struct grader *grader, const struct loaded *loaded, struct inbox *inbox,
                const struct course_task *task, struct str learner, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    const char *digest = version_task_digest(&loaded->version, task->id);
    json_open_map(&out, NULL);
    json_add_text(&out, "task", task->id);
    json_add_text(&out, "learner", learner);
    json_add_zero(&out, "digest", digest);
    json_close_map(&out);
    struct event_new event = { .kind = "baseline",
                               .actor = "grader",
                               .once = arena_print(arena, "baseline %s %s %s", task->id.at,
                                                   learner.at, digest),
                               .body = text_str(&text),
                               .at_ms = clock_utc_ms(&grader->clock) };
    return inbox_append(inbox, &event, NULL, why);
}

bool baselines_ask(const struct grader *grader, const struct loaded *loaded, struct inbox *inbox,
                   struct fault *why)
{
    for (size_t t = 0; t < loaded->course.task_count; t++) {
        const struct course_task *task = &loaded->course.tasks[t];
        for (size_t i = 0; i < task->baselines.count; i++)
            if (!ask(grader, loaded, inbox, task, task->baselines.at[i], why))
                return false;
    }
    return true;
}

bool baseline_take(const struct loaded *loaded, struct arena *arena, const struct event *event,
                   const struct json *body, struct store_push *out, struct fault *why)
{
    struct str learner = json_get_text(body, "learner", "");
    struct str digest = json_get_text(body, "digest", "");
    const struct course_task *task =
        course_task_find(&loaded->course, json_get_text(body, "task", ""));
    if (!task || !course_has(&task->baselines, learner))
        return fault_set(why, BLAME_OPEN,
                         "event %lld asks for a baseline that the course no "
                         "longer has",
                         (long long)event->seq);
    char hex[SHA256_HEX];
    sha256_of(str_of(arena_print(arena, "%s %s %s", task->id.at, learner.at, digest.at)), hex);
    *out = (struct store_push){
        .id = event->id.at,
        .seq = event->seq,
        .at_ms = event->at_ms,
        .not_seen_ms = event->at_ms,
        .team = arena_print(arena, BASELINE_TEAM "%s", learner.at),
        .task = task->id.at,
        .ref = arena_print(arena, REF "%s", learner.at),
        .commit = arena_print(arena, "%.40s", hex),
        .source = "baseline",
        .grade = true,
        .priority = BASELINE_PRIORITY,
    };
    return true;
}

bool run_is_baseline(const struct run *run)
{
    return str_is(run->claim.source, "baseline");
}

/* The kind as a pipeline says it, where it has to. */
static const char *kind_line(const struct course_task *task)
{
    switch (task->kind) {
    case COURSE_KIND_BINARY:
        return "kind: binary\n";
    case COURSE_KIND_MULTICLASS:
        return "kind: multiclass\n";
    case COURSE_KIND_REGRESSION:
    case COURSE_KIND_FORECAST:
        return "kind: regression\n";
    default:
        return "";
    }
}

static bool file_put(struct run *run, const char *path, const char *content,
                     struct snapshot_file *out, struct fault *why)
{
    struct str bytes = str_of(content);
    *out = (struct snapshot_file){ .path = str_of(path), .mode = 0644, .bytes = bytes.len };
    run->snapshot.tree.bytes_total += bytes.len;
    return artifacts_put_later(&run->grader->artifacts, bytes, out->sha256, why);
}

/* The learner with the task's season, where it has such a parameter. */
static const char *learner_line(struct run *run, const struct course_task *task, struct str name)
{
    struct fault unknown;
    const struct learner *learner = learner_find(name, &unknown);
    for (size_t i = 0; learner && task->season > 1 && i < learner->param_count; i++)
        if (strcmp(learner->params[i].name, "season_length") == 0)
            return arena_print(run->arena, "{name: %s, params: {season_length: %lld}}", name.at,
                               (long long)task->season);
    return name.at;
}

/* Of a forecast: when a row was, and whose it is. */
static bool columns_line(struct run *run, const struct course_task *task, const char **out,
                         struct fault *why)
{
    struct truth truth;
    *out = "";
    if (task->kind != COURSE_KIND_FORECAST)
        return true;
    *out = "time: time\n";
    if (!rows_truth(run->grader, run->loaded, task, run->arena, &truth, why))
        return false;
    if (truth.groups)
        *out = "time: time\ngroup: series\n";
    return true;
}

bool baseline_snapshot(struct run *run, struct fault *why)
{
    const char *columns;
    const struct course_task *task = course_task_find(&run->loaded->course, run->claim.task);
    struct str learner = str_from(run->claim.ref, sizeof REF - 1);
    if (!task)
        return fault_set(why, BLAME_COURSE, "the course no longer has the task %.*s",
                         STR_ARGS(run->claim.task));
    if (!columns_line(run, task, &columns, why))
        return false;
    struct snapshot *tree = &run->snapshot.tree;
    *tree =
        (struct snapshot){ .count = 2, .files = arena_array(run->arena, struct snapshot_file, 2) };
    snprintf(tree->commit, sizeof tree->commit, "%s", run->claim.commit.at);
    const char *pipeline =
        arena_print(run->arena, "schema: 1\ntarget: %s\nid: %s\n%s%slearner: %s\n", task->target.at,
                    task->id_column.at, kind_line(task), columns, learner_line(run, task, learner));
    const char *submission = arena_print(
        run->arena, "schema: 1\ntask: %s\nentry_points: {pipeline: pipeline.yaml}\n", task->id.at);
    return file_put(run, "pipeline.yaml", pipeline, &tree->files[0], why) &&
           file_put(run, "submission.yaml", submission, &tree->files[1], why);
}
