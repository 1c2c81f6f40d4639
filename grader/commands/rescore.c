/* holdout rescore: results anew, beside the old ones, then applied or discarded as a whole. */
#include "core/base/file.h"
#include "grader/commands/again.h"
#include "grader/commands/rescore_print.h"
#include "grader/course/course.h"
#include "grader/store/board_rule.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct asked {
    const char *dir, *action, *batch;
    const char *task, *team, *since;
    bool rerun, leave, as_json;
};

static int fail(const char *text, const char *what)
{
    fprintf(stderr, "holdout rescore: %s%s\n", text, what);
    return EXIT_NO;
}

/* The newest batch has been computed, or does not go on by itself. */
static int until_ready(struct waiting *waiting)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct store_batch *batches;
    struct store_batch_count done;
    size_t count;
    if (again_followed(waiting) < 0)
        return -1;
    if (!store_batch_list(waiting->store, arena, "", &batches, &count, &why) ||
        (count && !store_batch_count(waiting->store, batches[0].id.at, &done, &why)))
        return command_fail("rescore", &why);
    if (!count || !str_is(batches[0].state, "computing"))
        return EXIT_DONE;
    if (batches[0].message.len && strncmp(waiting->told, batches[0].message.at, 20) != 0) {
        snprintf(waiting->told, sizeof waiting->told, "%.20s", batches[0].message.at);
        fprintf(stderr, "%s\n", batches[0].message.at);
    }
    if (isatty(2) && done.runs)
        fprintf(stderr, "\r%lld of %lld, %lld to be done again ", (long long)done.done,
                (long long)done.runs, (long long)done.queued);
    return -1;
}

static void wanted_add(struct json_out *out, int dir, const char *path)
{
    char sha256[SHA256_HEX];
    struct fault ignored = { 0 };
    scoped(fd) int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !sha256_file(fd, sha256, NULL, &ignored))
        return;
    json_open_map(out, NULL);
    json_add_zero(out, "path", path);
    json_add_zero(out, "sha256", sha256);
    json_close_map(out);
}

/* What the caller sees now, as far as that may be read: the grader waits until it is in force. */
static void wants_print(struct json_out *out, struct arena *arena, int dir, const char *task)
{
    static const char *const files[] = { "data/%s/train.csv", "private/%s/heldout.csv",
                                         "private/%s/solution.csv" };
    json_open_list(out, "wants");
    wanted_add(out, dir, "course.yaml");
    wanted_add(out, dir, "rubric.yaml");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *middle = strstr(files[i], "%s");
        wanted_add(
            out, dir,
            arena_print(arena, "%.*s%s%s", (int)(middle - files[i]), files[i], task, middle + 2));
    }
    json_close_list(out);
}

/* The course is right, and has this task and team. */
static int scope_check(const struct asked *asked, struct arena *arena, int dir,
                       const struct course_task **task)
{
    struct complaints complaints = { .arena = arena };
    struct course course;
    if (!course_load(arena, dir, &course, &complaints))
        return command_complain(&complaints);
    *task = asked->task ? course_task_find(&course, str_of(asked->task)) : NULL;
    if (!asked->task && course.task_count == 1)
        *task = &course.tasks[0];
    if (!*task) {
        fprintf(stderr, "holdout rescore: --task T is needed, one of the course's tasks\n");
        return EXIT_USAGE;
    }
    if (asked->team && !course_team_find(&course, str_of(asked->team)))
        return fail("teams.csv has no team ", asked->team);
    if (asked->since && course.board.release == COURSE_RELEASE_LADDER)
        return fail("with release: ladder all runs of a team are rescored, leave --since out", "");
    return EXIT_DONE;
}

static int live_check(const char *dir, const char *task)
{
    scoped_arena arena = arena_open(NULL);
    struct rescore_look look;
    int code = rescore_look(arena, dir, &look);
    for (size_t i = 0; code == EXIT_DONE && i < look.count; i++)
        if (str_is(look.batches[i].task, task) && !look.batches[i].ended_ms)
            code = fail("there is one already for this task; apply or discard it first: ",
                        look.batches[i].id.at);
    rescore_look_end(&look);
    return code;
}

static int start(const struct asked *asked)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    const struct course_task *task;
    int64_t since_ms = 0, seq;
    scoped(fd) int dir = dir_open(AT_FDCWD, asked->dir, &why);
    if (dir < 0)
        return command_fail("rescore", &why);
    int code = scope_check(asked, arena, dir, &task);
    if (code == EXIT_DONE && asked->since && !clock_parse(str_of(asked->since), &since_ms)) {
        fprintf(stderr, "holdout rescore: --since is no time such as 2026-02-10T18:00:00Z\n");
        code = EXIT_USAGE;
    }
    if (code != EXIT_DONE || (code = live_check(asked->dir, task->id.at)) != EXIT_DONE)
        return code;
    struct text body = { .arena = arena };
    struct json_out out = { .text = &body };
    json_open_map(&out, NULL);
    json_add_text(&out, "task", task->id);
    json_add_zero(&out, "team", asked->team ? asked->team : "");
    json_add_int(&out, "since_ms", since_ms);
    json_add_bool(&out, "rerun", asked->rerun);
    wants_print(&out, arena, dir, task->id.at);
    json_close_map(&out);
    struct again_asked event = { "rescore", "rescore", text_str(&body), until_ready };
    code = again_ask(asked->dir, &event, &seq);
    return code == EXIT_DONE ? rescore_show(asked->dir, "", asked->as_json) : code;
}

static int decide(const struct asked *asked, const char *id)
{
    scoped_arena arena = arena_open(NULL);
    struct text body = { .arena = arena };
    struct json_out out = { .text = &body };
    int64_t seq;
    json_open_map(&out, NULL);
    json_add_zero(&out, "batch", id);
    json_add_zero(&out, "action", asked->action);
    json_add_bool(&out, "leave", asked->leave);
    json_close_map(&out);
    bool resumes = strcmp(asked->action, "resume") == 0;
    struct again_asked event = { "rescore", "batch", text_str(&body),
                                 resumes ? until_ready : again_followed };
    return again_ask(asked->dir, &event, &seq);
}

/* In which states it makes sense, and what it becomes. */
static const struct action {
    const char *name, *from, *to;
} actions[] = {
    { "pause", "computing", "paused" },
    { "resume", "paused ready", "computing ready" },
    { "apply", "ready", "applied" },
    { "discard", "computing paused ready", "discarded" },
};

static int act(const struct asked *asked, const struct action *action)
{
    scoped_arena arena = arena_open(NULL);
    struct rescore_look look;
    int code = rescore_look(arena, asked->dir, &look);
    const struct store_batch *batch = NULL;
    struct store_batch_count count = { 0 };
    struct fault why = { 0 };
    int64_t left = 0;
    if (code == EXIT_DONE && !(batch = rescore_pick(&look, asked->batch)))
        code = fail("no such rescore is under way; holdout rescore DIR status lists them", "");
    if (batch && (!store_batch_count(look.store, batch->id.at, &count, &why) ||
                  !store_board_left(look.store, batch->id.at, &left, &why)))
        code = command_fail("rescore", &why);
    rescore_look_end(&look);
    if (code != EXIT_DONE)
        return code;
    if (!strstr(action->from, batch->state.at))
        return fail("that does not go with one that is ", batch->state.at);
    if (strcmp(action->name, "apply") == 0 && count.trouble && !asked->leave)
        return fail("some runs could not be computed: resume it to try them again, or apply with "
                    "--leave to let these keep their old results",
                    "");
    if (strcmp(action->name, "apply") == 0 && left)
        return fail("the course has changed the task, and teams that are not in this one would "
                    "leave the board: discard it and start one without --team and --since",
                    "");
    code = decide(asked, batch->id.at);
    if (code == EXIT_DONE && asked->leave && count.trouble)
        fprintf(stderr,
                "%lld run%s the old result; where the course has changed what scores depend on, "
                "%s on no board until graded anew\n",
                (long long)count.trouble, count.trouble == 1 ? " keeps" : "s keep",
                count.trouble == 1 ? "it stands" : "they stand");
    return code == EXIT_DONE ? rescore_state_check(asked->dir, batch->id.at, action->to) : code;
}

/* Options that the word does not take would be passed over in silence. */
static int options_check(const struct asked *asked)
{
    const struct {
        bool given;
        const char *option, *word;
    } pairs[] = { { asked->task != NULL, "--task", "start" },
                  { asked->team != NULL, "--team", "start" },
                  { asked->since != NULL, "--since", "start" },
                  { asked->rerun, "--rerun", "start" },
                  { asked->leave, "--leave", "apply" } };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].given && strcmp(asked->action, pairs[i].word) != 0) {
            fprintf(stderr, "holdout rescore: %s goes with %s, not with %s\n", pairs[i].option,
                    pairs[i].word, asked->action);
            return EXIT_USAGE;
        }
    return EXIT_DONE;
}

static int rescore(const struct asked *asked)
{
    int code = options_check(asked);
    if (code != EXIT_DONE)
        return code;
    if (strcmp(asked->action, "start") == 0)
        return start(asked);
    if (strcmp(asked->action, "status") == 0)
        return rescore_list(asked->dir, asked->as_json);
    if (strcmp(asked->action, "show") == 0)
        return rescore_show(asked->dir, asked->batch, asked->as_json);
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(asked->action, actions[i].name) == 0)
            return act(asked, &actions[i]);
    static const char *const names[] = { "start",  "status", "show",   "pause",
                                         "resume", "apply",  "discard" };
    const char *nearest = words_nearest(str_of(asked->action), names, sizeof names / sizeof *names);
    fprintf(stderr, "holdout rescore: \"%s\" is none of its words%s%s\n", asked->action,
            nearest ? ", did you mean " : "", nearest ? nearest : "");
    return EXIT_USAGE;
}

int rescore_main(int argc, char **argv)
{
    struct asked asked = { .batch = "" };
    const struct option_row options[] = {
        { "task", "T", "start: the task (needed when there are several)", &asked.task, NULL },
        { "team", "T", "start: this team alone", &asked.team, NULL },
        { "since", "TIME", "start: what was received from then on", &asked.since, NULL },
        { "rerun", NULL, "start: train everything again, with this holdout", NULL, &asked.rerun },
        { "leave", NULL, "apply: runs in trouble keep their old results", NULL, &asked.leave },
        { "json", NULL, "one JSON document on stdout", NULL, &asked.as_json },
    };
    const struct usage usage = {
        .line = "holdout rescore DIR start|status|show|pause|resume|apply|discard [BATCH]",
        .about =
            "Computes the results of a task anew with the course's files as they are now: new\n"
            "metric, rubric, solution or data. Beside the old results: show tells what would\n"
            "change, apply puts all in place at once, discard none. Kept predictions are\n"
            "used; runs are done again only when what trains the model has changed.",
        .example = "  holdout rescore my-course start --task fraud\n"
                   "  holdout rescore my-course show\n"
                   "  holdout rescore my-course apply",
        .options = options,
        .option_count = sizeof options / sizeof *options,
        .least = 2,
        .most = 3,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    asked.dir = operands[0];
    asked.action = operands[1];
    asked.batch = count > 2 ? operands[2] : "";
    return rescore(&asked);
}
