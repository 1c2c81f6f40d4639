/* snapshot: the commit's files as artifacts, and submission.yaml read. */
#include "core/base/file.h"
#include "grader/course/baseline.h"
#include "grader/service/fetching.h"
#include "grader/pipeline.h"
#include "grader/repeat/replay.h"
#include "grader/source/snapshot_apart.h"
#include "grader/steps/turn.h"
#include <stdio.h>

static bool keep(void *at, struct str bytes, char sha256[SHA256_HEX], struct fault *why)
{
    return artifacts_put_later(at, bytes, sha256, why);
}

/* All lines as one message, as many as fit. */
static const char *lines_joined(struct run *run, const char *opening, const struct str *lines,
                                size_t count)
{
    struct text text = { .arena = run->arena };
    text_add(&text, str_of(opening));
    for (size_t i = 0; i < count && text.len < 4000; i++)
        text_print(&text, "\n%.*s", STR_ARGS(lines[i]));
    return text.at;
}

static bool tree_take(struct run *run, int mirror, struct fault *why)
{
    struct artifacts artifacts = run->grader->artifacts;
    struct fetching fetching = { .grader = run->grader };
    struct snapshot_apart how = {
        .mirror = mirror,
        .limits = { .bytes_total = (uint64_t)run->loaded->course.git.max_repo_mb << 20 },
        .put = { .put = keep, .at = &artifacts },
        .spawn = fetching_spawn(&fetching),
    };
    struct snapshot *tree = &run->snapshot.tree;
    bool ok = snapshot_take_apart(run->arena, &how, run->claim.commit.at, tree, why);
    fetching_end(&fetching);
    if (ok || !tree->problem_count)
        return ok;
    return run_fail_team(run, "snapshot",
                         lines_joined(run, "The repository cannot be graded as it is:",
                                      tree->problems, tree->problem_count),
                         why);
}

static const struct snapshot_file *file_find(const struct snapshot *tree, const char *path)
{
    for (size_t i = 0; i < tree->count; i++)
        if (str_is(tree->files[i].path, path))
            return &tree->files[i];
    return NULL;
}

/* The deliverable: the tag's, submission.yaml's, else the earliest open one of the task. */
static struct str deliverable_of(const struct run *run)
{
    const struct course *course = &run->loaded->course;
    struct str tag = S("refs/tags/"), ref = run->claim.ref, name, part;
    if (str_starts(ref, tag)) {
        struct str rest = str_from(ref, tag.len);
        while (str_cut(&rest, '/', &part)) {
            name = part;
            if (course_deliverable_find(course, name))
                return name;
        }
    }
    if (run->snapshot.file.deliverable.len)
        return run->snapshot.file.deliverable;
    const struct course_deliverable *open =
        course_deliverable_open(course, run->snapshot.file.task, run->claim.received_ms);
    return open ? open->id : S("");
}

static bool submission_read(struct run *run, struct fault *why)
{
    const struct snapshot_file *file = file_find(&run->snapshot.tree, "submission.yaml");
    if (!file)
        return run_fail_team(
            run, "submission",
            "There is no submission.yaml at the root of the repository. It tells "
            "which task this is and how to train and predict; these lines will do: "
            "schema: 1 / task: NAME / entry_points: {train: ./train, predict: "
            "./predict}.",
            why);
    struct complaints complaints = { .arena = run->arena };
    if (file->bytes > YAML_BYTES_MOST)
        return run_fail_team(run, "submission", "submission.yaml is over 64 KB.", why);
    if (!artifacts_load(&run->grader->artifacts, file->sha256, run->arena, YAML_BYTES_MOST,
                        &run->snapshot.submission_yaml, why))
        return false;
    if (!submission_parse(run->arena, run->snapshot.submission_yaml, &run->loaded->course,
                          &run->snapshot.file, &complaints))
        return run_fail_team(
            run, "submission",
            lines_joined(run, "submission.yaml has mistakes:", complaints.lines, complaints.kept),
            why);
    if (run->snapshot.file.entry_points.pipeline.len ||
        (run->snapshot.file.entry_points.train.len && run->snapshot.file.entry_points.predict.len))
        return true;
    return run_fail_team(run, "submission",
                         "submission.yaml does not say how to train and predict. Add entry_points: "
                         "{train: ./train, predict: ./predict}, or {pipeline: pipeline.yaml}.",
                         why);
}

static bool task_take(struct run *run, struct fault *why)
{
    const struct course *course = &run->loaded->course;
    const struct course_team *team = course_team_find(course, run->claim.team);
    run->task = course_task_find(course, run->snapshot.file.task);
    if (!run->task || (team && !course_has(&team->tasks, run->task->id))) {
        run->task = NULL;
        return run_fail_team(run, "submission",
                             arena_print(run->arena,
                                         "submission.yaml says task: %.*s, which is not a task of "
                                         "your team. teams.csv of the course lists your tasks.",
                                         STR_ARGS(run->snapshot.file.task)),
                             why);
    }
    if (run_is_again(run)) /* the submission stays what it was */
        return true;
    run->claim.task = run->task->id;
    run->claim.deliverable = deliverable_of(run);
    return store_submission_task(run->store, &run->claim, run->task->id.at,
                                 str_zero(run->arena, run->claim.deliverable), why) &&
           turn_check(run, why);
}

static bool repository_take(struct run *run, struct fault *why)
{
    char path[128];
    snprintf(path, sizeof path, "repos/%.*s", STR_ARGS(run->claim.team));
    scoped(fd) int mirror = dir_open(run->grader->state, path, why);
    return mirror >= 0 && tree_take(run, mirror, why);
}

static bool files_take(struct run *run, struct fault *why)
{
    bool found = false;
    if (run_is_again(run) && !replay_snapshot(run, &found, why))
        return false;
    return found ||
           (run_is_baseline(run) ? baseline_snapshot(run, why) : repository_take(run, why));
}

bool step_snapshot(struct run *run, struct fault *why)
{
    return files_take(run, why) && submission_read(run, why) && task_take(run, why);
}
